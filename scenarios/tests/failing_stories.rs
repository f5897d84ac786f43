//! Tells the stories of `features-that-fail/` and sees each of them fail, in the words it announces.

use std::path::{Path, PathBuf};

use scenarios::runner::{self, Arguments, Choice, Ending};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/features-that-fail");

fn file(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// Every scenario's name with the words it must fail with.
fn announced(file: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(file).expect("the file can be read");
    let mut stories = Vec::new();
    let mut name = None;
    for line in text.lines().map(str::trim) {
        if let Some(scenario) = line.strip_prefix("Scenario: ") {
            name = Some(scenario.to_owned());
        } else if let Some(words) = line.strip_prefix("# fails with: ") {
            stories
                .push((name.take().expect("a scenario stands above its words"), words.to_owned()));
        }
    }
    assert_eq!(name, None, "a story says not what it fails with");
    stories
}

async fn told(file: &Path) -> (Ending, String) {
    let arguments = Arguments {
        choice: Choice { paths: vec![file.display().to_string()], ..Choice::default() },
        ..Arguments::default()
    };
    let mut said = Vec::new();
    let ending = runner::run(&arguments, &mut said).await.expect("stories can be told");
    (ending, String::from_utf8(said).expect("what is said is text"))
}

#[tokio::test]
async fn every_story_that_must_fail_fails_in_its_own_words() {
    let file = file("values.feature");

    let (ending, said) = told(&file).await;

    let stories = announced(&file);
    assert!(stories.len() >= 9);
    assert_eq!(ending, Ending::Failed);
    for (name, words) in &stories {
        let (_, rest) = said
            .split_once(&format!("  {name} ("))
            .unwrap_or_else(|| panic!("{name:?} was not told:\n{said}"));
        let own = rest.split("    alone: ").next().unwrap_or_default();
        assert!(own.contains(words.as_str()), "{name:?} did not fail with {words:?}:\n{own}");
    }
    let all = stories.len();
    assert!(said.contains(&format!("{all} scenarios: 0 held, {all} failed")), "{said}");
}

#[tokio::test]
async fn every_wrong_story_is_refused_with_what_was_meant() {
    let file = file("wrong.feature");

    let (ending, said) = told(&file).await;

    assert_eq!(ending, Ending::Wrong);
    for (name, words) in announced(&file) {
        assert!(said.contains(&words), "{name:?} was not refused with {words:?}:\n{said}");
    }
}
