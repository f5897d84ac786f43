//! The planted mistakes of `scenarios/mistakes` are still mistakes of the importer as it is: each can be made, says which
//! rule it breaks, and stands in `docs/mistakes.md` with what found it. `.ci/mistakes` makes them.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// So many at least are planted.
const FEWEST: usize = 60;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A patch: its file, the rule it breaks and how.
struct Planted {
    path: PathBuf,
    number: String,
    rule: String,
    mistake: String,
    text: String,
}

fn planted() -> Vec<Planted> {
    let files = fs::read_dir(root().join("scenarios/mistakes")).unwrap();
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let head = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("{} has no line {name}", path.display())).to_owned()
        };
        let name = path.file_stem().unwrap().to_str().unwrap();
        let number = name.split('-').next().unwrap().to_owned();
        Planted { rule: head("Rule: "), mistake: head("Mistake: "), number, text, path }
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn each_can_still_be_made() {
    let planted = planted();

    assert!(planted.len() >= FEWEST, "{} mistakes are planted", planted.len());
    for Planted { path, .. } in &planted {
        let mut git = Command::new("git");
        let git = git.arg("apply").arg("--check").arg(path).current_dir(root());
        let checked = git.output().expect("git is there");
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(
            checked.status.success(),
            "{} no longer applies; make the mistake anew in the importer as it is now:\n{said}",
            path.display()
        );
    }
}

#[test]
fn each_is_in_the_importer_alone_and_has_a_number_of_its_own() {
    let planted = planted();

    let numbers: BTreeSet<_> = planted.iter().map(|planted| &planted.number).collect();
    assert_eq!(numbers.len(), planted.len());
    for Planted { path, text, .. } in &planted {
        let files = text.lines().filter_map(|line| line.strip_prefix("+++ b/"));
        for file in files {
            assert!(file.starts_with("importer/src/"), "{} changes {file}", path.display());
        }
    }
}

#[test]
fn each_breaks_a_rule_there_is() {
    let rules = fs::read_to_string(root().join("docs/rules.md")).unwrap();

    for Planted { path, rule, .. } in planted() {
        assert!(rules.contains(&format!("\n| {rule} | ")), "{}: {rule}", path.display());
    }
}

#[test]
fn each_is_on_the_page_with_what_found_it() {
    let page = fs::read_to_string(root().join("docs/mistakes.md")).unwrap();

    for Planted { number, rule, mistake, .. } in planted() {
        let row = format!("| {number} | {rule} | {mistake} | ");
        let found = page.lines().find_map(|line| line.strip_prefix(&row));
        let found = found.unwrap_or_else(|| panic!("docs/mistakes.md lacks {row}"));
        assert!(
            found.starts_with("story: ") || found.starts_with("simulation"),
            "nothing finds {number}: {found}"
        );
    }
}
