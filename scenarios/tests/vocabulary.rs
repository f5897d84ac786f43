//! Keeps `docs/scenarios.md` and `docs/rules.md` true: every step is documented with an example, every rule that claims stories has
//! some, every tag is a rule.

use std::collections::BTreeMap;
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

/// The rules that `docs/rules.md` has a row for, and whether stories are among their proofs.
fn rules() -> BTreeMap<String, bool> {
    let page = fs::read_to_string(workspace().join("docs/rules.md")).expect("the page can be read");
    let mut rules = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let (Some(ids), Some(proof)) = (cells.first(), cells.last()) else { continue };
        for id in ids.split(", ").flat_map(range) {
            rules.insert(id, cells.len() >= 3 && proof.contains("stories"));
        }
    }
    rules
}

/// `U1–U3` is three rules, `C1` is one, anything else is none.
fn range(text: &str) -> Vec<String> {
    let parse = |id: &str| {
        let (letter, number) = id.split_at_checked(1)?;
        let is_rule = letter.chars().all(|c| c.is_ascii_uppercase());
        is_rule.then_some((letter.to_owned(), number.parse::<u32>().ok()?))
    };
    let (first, last) = text.split_once('–').unwrap_or((text, text));
    match (parse(first), parse(last)) {
        (Some((letter, first)), Some((_, last))) => {
            (first..=last).map(|number| format!("{letter}{number}")).collect()
        }
        _ => Vec::new(),
    }
}

/// How many scenarios bear each tag.
fn tags() -> BTreeMap<String, usize> {
    let mut tags = BTreeMap::new();
    for feature in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("features"), "feature") {
        for line in feature.lines().map(str::trim).filter(|line| line.starts_with('@')) {
            for tag in line.split_whitespace() {
                *tags.entry(tag.trim_start_matches('@').to_owned()).or_default() += 1;
            }
        }
    }
    tags
}

#[test]
fn every_rule_that_claims_stories_has_some() {
    let (rules, tags) = (rules(), tags());

    let claiming: Vec<&String> =
        rules.iter().filter(|(_, claims)| **claims).map(|(rule, _)| rule).collect();
    assert!(claiming.len() > 10, "the rules are not read right: {claiming:?}");
    let without: Vec<_> = claiming.into_iter().filter(|rule| !tags.contains_key(*rule)).collect();
    assert!(without.is_empty(), "no story proves {without:?}");
}

#[test]
fn every_tag_is_a_rule_and_every_scenario_has_one() {
    let rules = rules();
    for tag in tags().keys() {
        assert!(rules.contains_key(tag), "@{tag} is no rule of docs/rules.md");
    }
    for feature in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("features"), "feature") {
        let lines: Vec<&str> = feature.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[1].starts_with("Scenario")) {
            assert!(pair[0].starts_with('@'), "no rule is named above {:?}", pair[1]);
        }
    }
}
