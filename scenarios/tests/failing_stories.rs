//! Tells the stories of `features-that-fail/` and sees each of them fail, in the words it announces.

use std::io;
use std::sync::{Arc, Mutex};

use cucumber::writer::{self, Coloring, Stats};
use cucumber::{World, WriterExt};
use scenarios::story::Story;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/features-that-fail");

/// What was said, for looking at it afterwards.
#[derive(Debug, Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked while writing").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every scenario's name with the words it must fail with.
fn announced() -> Vec<(String, String)> {
    let mut stories = Vec::new();
    for file in std::fs::read_dir(FOLDER).expect("the folder is there") {
        let text = std::fs::read_to_string(file.expect("the folder can be read").path())
            .expect("the file can be read");
        let mut name = None;
        for line in text.lines().map(str::trim) {
            if let Some(scenario) = line.strip_prefix("Scenario: ") {
                name = Some(scenario.to_owned());
            } else if let Some(words) = line.strip_prefix("# fails with: ") {
                stories.push((
                    name.take().expect("a scenario stands above its words"),
                    words.to_owned(),
                ));
            }
        }
        assert_eq!(name, None, "a story says not what it fails with");
    }
    stories
}

#[tokio::test]
async fn every_story_that_must_fail_fails_in_its_own_words() {
    let said = Said::default();
    let writer = writer::Basic::raw(said.clone(), Coloring::Never, 0)
        .summarized()
        .normalized()
        .fail_on_skipped();

    let told = Story::cucumber().with_writer(writer).with_default_cli().run(FOLDER).await;

    let stories = announced();
    assert!(stories.len() >= 8);
    assert_eq!(told.failed_steps(), stories.len());
    let said = String::from_utf8(said.0.lock().unwrap().clone()).unwrap();
    for (name, words) in &stories {
        let (_, rest) = said.split_once(&format!("Scenario: {name}")).unwrap();
        let own = rest.split("Scenario: ").next().unwrap();
        assert!(own.contains(words.as_str()), "{name:?} did not fail with {words:?}:\n{own}");
    }
}
