//! Keeps `docs/scenarios.md` true: every step is documented with an example of itself. Every scenario names the rules it
//! proves; `tests/rules.rs` sees that they are rules.

use std::fs;
use std::path::{Path, PathBuf};

use cucumber::World;
use cucumber::gherkin::{Feature, GherkinEnv};
use scenarios::runner::{self, Step};
use scenarios::story::Story;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
        .to_owned()
}

fn files(folder: &Path, ending: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            texts.extend(files(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            texts.push(fs::read_to_string(path).expect("the file can be read"));
        }
    }
    texts
}

#[test]
fn the_page_lists_the_steps_as_they_are() {
    let page =
        fs::read_to_string(workspace().join("docs/scenarios.md")).expect("the page can be read");

    let renewed = runner::renewed(&page).expect("the page has a place for the steps");

    assert!(
        renewed == page,
        "docs/scenarios.md is not current: `cargo run -p scenarios -- steps --page docs/scenarios.md`"
    );
}

#[test]
fn every_step_says_what_it_does_and_has_an_example_of_itself() {
    assert!(Step::all().len() > 45, "the steps are not read right");
    let steps = Story::collection();
    for step in Step::all() {
        let pattern = step.pattern;
        assert!(!step.says().is_empty(), "{pattern:?} does not say what it does");
        let example = step.example().unwrap_or_else(|| panic!("{pattern:?} has no example"));
        let text = format!("Feature: F\n  Scenario: S\n{example}\n");
        let feature = Feature::parse(&text, GherkinEnv::default())
            .unwrap_or_else(|error| panic!("the example of {pattern:?} is no story: {error}"));
        let told = &feature.scenarios[0].steps;
        for told in told {
            let known = steps.find(told).expect("one step answers to it");
            assert!(known.is_some(), "{pattern:?} has an example that is no step: {}", told.value);
        }
        let shows_itself = told.iter().any(|told| Step::meant(&told.value) == Some(step));
        assert!(shows_itself, "{pattern:?} has an example of something else: {example}");
    }
}

#[test]
fn every_scenario_names_a_rule() {
    for feature in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("features"), "feature") {
        let lines: Vec<&str> = feature.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[1].starts_with("Scenario")) {
            assert!(pair[0].starts_with('@'), "no rule is named above {:?}", pair[1]);
        }
    }
}
