//! Importer and mocks meet on the wire only: no crate of the one side depends on a crate of the other.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value as Json;

/// Who must not lead to whom, over any number of steps.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "importer",
        &["mock-kit", "mock-salesforce", "mock-autotask", "scenarios", "benches", BROWSER],
    ),
    (
        "mock-kit",
        &["importer", "mock-salesforce", "mock-autotask", "scenarios", "benches", BROWSER],
    ),
    ("mock-salesforce", &["importer", "mock-autotask", "scenarios", "benches", BROWSER]),
    ("mock-autotask", &["importer", "mock-salesforce", "scenarios", "benches", BROWSER]),
    ("scenarios", &["browser", BROWSER]),
    ("benches", &["browser", BROWSER]),
];

/// What drives a browser. The tests in a browser have it for themselves, so that all else is built without.
const BROWSER: &str = "thirtyfour";

/// The crates each member of a workspace depends on: normally, for its tests, or for its build.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn arrows(metadata: &Json) -> Arrows {
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Json| value["name"].as_str().unwrap_or_default().to_owned();
    let packages = list(&metadata["packages"]);
    packages
        .iter()
        .map(|package| (name(package), list(&package["dependencies"]).iter().map(name).collect()))
        .collect()
}

/// Everything a crate leads to.
fn reached<'a>(arrows: &'a Arrows, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(next) = open.pop() {
        for target in arrows.get(next).into_iter().flatten() {
            if reached.insert(target.as_str()) {
                open.push(target);
            }
        }
    }
    reached
}

fn forbidden_arrows(arrows: &Arrows) -> Vec<String> {
    let mut found = Vec::new();
    for (from, forbidden) in FORBIDDEN {
        let reached = reached(arrows, from);
        let wrong = forbidden.iter().filter(|target| reached.contains(**target));
        found.extend(wrong.map(|target| format!("{from} -> {target}")));
    }
    found
}

#[test]
fn no_arrow_leads_from_one_side_to_the_other() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let arrows = arrows(&serde_json::from_slice(&output.stdout).unwrap());

    for (member, _) in FORBIDDEN {
        assert!(arrows.contains_key(*member), "{member} is no member of the workspace any more");
    }
    assert!(reached(&arrows, "scenarios").contains("importer"), "the arrows are not read right");
    assert!(reached(&arrows, "browser").contains(BROWSER), "the arrows are not read right");
    assert_eq!(forbidden_arrows(&arrows), Vec::<String>::new());
}

#[test]
fn an_arrow_of_any_kind_and_over_any_number_of_steps_is_seen() {
    for kind in [Json::Null, "dev".into(), "build".into()] {
        let metadata = serde_json::json!({ "packages": [
            { "name": "importer", "dependencies": [{ "name": "helper", "kind": kind }] },
            { "name": "helper", "dependencies": [{ "name": "mock-kit", "kind": null }] },
        ]});

        assert_eq!(forbidden_arrows(&arrows(&metadata)), ["importer -> mock-kit"]);
    }
}
