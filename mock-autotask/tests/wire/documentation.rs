//! What docs/mock-autotask.md says is so: each test it names exists, each flag and each setting is in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use mock_autotask::Settings;
use mock_autotask::cli::Arguments;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    std::fs::read_to_string(here().join("../docs/mock-autotask.md")).unwrap()
}

/// All Rust files below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The tests there are, as `module::name`.
fn tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["src", "tests", "../mock-kit/src"] {
        sources(&here().join(folder), &mut files);
    }
    let mut tests = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let folder = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let module = if stem == "mod" { folder } else { stem };
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some((_, rest)) = line.split_once("fn ")
                && std::mem::take(&mut is_test)
            {
                let name = rest.split('(').next().unwrap();
                tests.insert(format!("{module}::{name}"));
            }
        }
    }
    tests
}

#[test]
fn every_test_the_document_names_exists() {
    let tests = tests();
    let document = document();
    let coverage = document.split("## Coverage").nth(1).unwrap();
    let named: BTreeSet<&str> = coverage
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.contains("::") && !code.contains(['(', ' ']))
        .collect();

    let missing: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();

    assert!(named.len() > 60, "the table has lost its tests: {}", named.len());
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}

#[test]
fn every_row_of_the_coverage_tables_has_a_test_or_is_unsupported() {
    let document = document();
    let coverage = document.split("## Coverage").nth(1).unwrap();
    let rows = coverage.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    for row in rows.filter(|row| !row.starts_with("| Behaviour")) {
        let shown =
            row.contains("::") || row.contains("apigrate/run") || row.contains("| unsupported");
        assert!(shown, "no test in: {row}");
    }
}

#[test]
fn every_flag_and_every_setting_is_explained() {
    let document = document();
    for argument in Arguments::command().get_arguments() {
        let Some(flag) = argument.get_long() else { continue };
        assert!(document.contains(&format!("`--{flag}")), "--{flag}");
    }
    let settings = serde_json::to_value(Settings::default()).unwrap();
    for name in settings.as_object().unwrap().keys() {
        assert!(document.contains(&format!("| `{name}` |")), "{name}");
    }
    for name in settings["limits"].as_object().unwrap().keys() {
        assert!(document.contains(&format!("| `limits.{name}` |")), "limits.{name}");
    }
}

#[test]
fn the_control_planes_description_has_every_setting() {
    let text = std::fs::read_to_string(here().join("assets/openapi.json")).unwrap();
    let described: serde_json::Value = serde_json::from_str(&text).unwrap();
    let described = &described["components"]["schemas"]["Settings"]["properties"];
    let names = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>()
    };
    let settings = serde_json::to_value(Settings::default()).unwrap();

    assert_eq!(names(described), names(&settings));
    assert_eq!(names(&described["limits"]["properties"]), names(&settings["limits"]));
}
