//! `docs/rules.md` tells the truth about its proofs: every rule has stories, some of which interrupt an import, and the table
//! of them is current; what it calls a test is there, and no story is tagged with a rule that does not exist.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cucumber::gherkin::{Feature, GherkinEnv};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The rows of the rules' tables: ids and proof. One row may be about several rules.
fn rules() -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let (text, _) = text.split_once("<!-- stories: ").unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        match cells[..] {
            [ids, _, proof] => Some((ids.trim_start_matches("| ").to_owned(), proof.to_owned())),
            [ids, _] => Some((ids.to_owned(), String::new())),
            _ => None,
        }
    });
    let is_rule = |id: &str| {
        let mut letters = id.chars();
        letters.next().is_some_and(|c| "SCKVURN".contains(c))
            && letters.next().is_some_and(|c| c.is_ascii_digit())
    };
    rows.filter(|(ids, _)| is_rule(ids)).collect()
}

/// The rules of a row: `C1`, `S3, S4` or `N1–N5`.
fn ids(row: &str) -> Vec<String> {
    row.split(", ")
        .flat_map(|part| match part.split_once('–') {
            None => vec![part.to_owned()],
            Some((first, last)) => {
                let (letter, from) = first.split_at(1);
                let number = |text: &str| text.trim_start_matches(letter).parse::<u32>().unwrap();
                (number(from)..=number(last)).map(|n| format!("{letter}{n}")).collect()
            }
        })
        .collect()
}

/// The tag of stories in which something is interrupted. `runner::interruptions` sees that they are those.
const INTERRUPTION: &str = "interruption";

/// The tags of each story, without their `@`.
fn tags_of_stories() -> Vec<BTreeSet<String>> {
    let mut stories = Vec::new();
    for entry in fs::read_dir(root().join("scenarios/features")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let feature = Feature::parse(&text, GherkinEnv::default()).unwrap();
        let of_rules = feature.rules.iter().flat_map(|rule| &rule.scenarios);
        stories.extend(feature.scenarios.iter().chain(of_rules).map(|story| {
            let tags = feature.tags.iter().chain(&story.tags);
            tags.cloned().collect()
        }));
    }
    stories
}

fn tags() -> BTreeSet<String> {
    let mut tags: BTreeSet<_> = tags_of_stories().into_iter().flatten().collect();
    tags.remove(INTERRUPTION);
    tags
}

#[test]
fn every_rule_has_stories_and_says_so() {
    let (rules, tags) = (rules(), tags());
    assert!(rules.len() > 30, "the table could not be read: {rules:?}");

    for (row, proof) in &rules {
        for id in ids(row) {
            assert!(tags.contains(&id), "no story has the tag of {id}");
            assert!(proof.contains("stories"), "{id} has stories; its proof is {proof}");
        }
    }
}

#[test]
fn every_rule_has_a_story_in_which_an_import_is_interrupted() {
    let stories = tags_of_stories();
    let interrupted = stories.iter().filter(|tags| tags.contains(INTERRUPTION));
    let interrupted: BTreeSet<_> = interrupted.flatten().cloned().collect();

    for id in rules().keys().flat_map(|row| ids(row)) {
        assert!(interrupted.contains(&id), "no story of {id} bears the tag @{INTERRUPTION}");
    }
}

#[test]
fn the_table_of_stories_is_current() {
    let page = fs::read_to_string(root().join("docs/rules.md")).unwrap();

    assert_eq!(
        scenarios::runner::with_proofs(&page).as_ref(),
        Some(&page),
        "`cargo run -p scenarios -- rules --page docs/rules.md` renews it"
    );
}

#[test]
fn every_tag_is_a_rule() {
    let known: BTreeSet<_> = rules().keys().flat_map(|row| ids(row)).collect();

    for tag in tags() {
        assert!(
            known.contains(&tag),
            "a story is tagged @{tag}, which docs/rules.md does not know"
        );
    }
}

#[test]
fn every_rule_is_proved_or_says_that_it_does_not_hold_yet() {
    let text = fs::read_to_string(root().join("docs/rules.md")).unwrap();

    for (row, proof) in rules() {
        let line = text.lines().find(|line| line.starts_with(&format!("| {row} |"))).unwrap();
        assert!(
            !proof.is_empty() || line.contains("**Not yet**") || line.contains("**not yet**"),
            "{row} names no proof and does not say that it does not hold yet"
        );
    }
}

#[test]
fn the_files_it_names_are_there() {
    for (row, proof) in rules() {
        for name in proof.split('`').skip(1).step_by(2) {
            let is_there = match name.split_once("::") {
                // A module of the importer, or one folder of modules deeper.
                Some((folder, module)) => {
                    let path = root().join("importer/src").join(folder);
                    path.join(format!("{module}.rs")).exists() || path.join(module).exists()
                }
                None if name.contains('/') => root().join(name).exists(),
                None => {
                    let path = root().join("importer/src").join(name);
                    path.is_dir() || path.with_extension("rs").exists()
                }
            };
            assert!(is_there, "{row} names `{name}`, which is not there");
        }
    }
}
