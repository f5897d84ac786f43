//! `scenarios run` as people use it: stories of their own in a folder of their own, its exit codes, reports and words.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use mock_kit::clock::{Clock, SystemClock};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStdout;
use yaml_rust2::{Yaml, YamlLoader};

/// One story that holds, one that does not.
const STORIES: &str = "Feature: My own rules

  Background:
    Given these Salesforce accounts
      | Name      | Phone   |
      | Nord GmbH | 555-100 |

  @C1 @mine
  Scenario: It holds
    When the importer runs
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |

  Rule: Of my own
    @V5 @slow
    Scenario Outline: It fails for <phone>
      When the importer runs
      Then Autotask has these companies
        | companyName | phone   |
        | Nord GmbH   | <phone> |

      Examples:
        | phone   |
        | 555-102 |
        | 555-103 |
";

struct Mine(TempDir);

impl Mine {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.feature"), text).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_scenarios");
        Command::new(program)
            .arg("run")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn stories_of_ones_own_are_chosen_by_tags_rules_and_lines() {
    let mine = Mine::new(STORIES);
    let listed = |arguments: &[&str]| {
        let output = mine.run(&[arguments, &["--list"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
        said(&output).lines().skip(1).map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(listed(&["mine.feature"]).len(), 3);
    assert_eq!(listed(&["."]).len(), 3);
    assert_eq!(listed(&["mine.feature:17"]).len(), 2, "an outline's own line means all its rows");
    assert_eq!(
        listed(&["mine.feature", "mine.feature:9"])
            .iter()
            .filter(|line| line.contains("It holds"))
            .count(),
        1
    );
    assert_eq!(
        listed(&["mine.feature", "--tags", "@mine and not @slow"]),
        ["9  @C1 @mine     It holds"]
    );
    assert_eq!(listed(&["mine.feature", "--rule", "v5"]).len(), 2);
    assert_eq!(listed(&["mine.feature:26"]), ["26  @V5 @slow     It fails for 555-103"]);
    assert!(listed(&[]).len() > 100, "the built-in stories are there without a path");
}

#[test]
fn exit_codes_tell_held_from_failed_wrong_and_a_bad_environment() {
    let mine = Mine::new(STORIES);
    let code = |arguments: &[&str]| mine.run(arguments).status.code();

    assert_eq!(code(&["mine.feature:9"]), Some(0));
    assert_eq!(code(&["mine.feature"]), Some(1));
    assert_eq!(code(&["mine.feature", "--tags", "@mistyped"]), Some(2));
    assert_eq!(code(&["mine.feature", "--tags", "@C1 nor"]), Some(2));
    assert_eq!(code(&["missing.feature"]), Some(3));
    assert_eq!(code(&["built-in:missing.feature"]), Some(2));
    assert_eq!(code(&["mine.feature", "--html", "missing/page.html"]), Some(3));
    assert_eq!(code(&["mine.feature", "--importer", "an 'open quote"]), Some(2));
    assert_eq!(code(&["mine.feature", "--importer", "./no-such-importer"]), Some(3));
}

#[test]
fn a_wrong_story_is_refused_with_file_line_and_what_was_meant_before_any_is_told() {
    let text =
        STORIES.replace("When the importer runs\n    Then", "When the importer rnus\n    Then");
    let mine = Mine::new(&text);
    let unreadable =
        Mine::new("Feature: F\n  Scenario: S\n    Given a table\n      | a | b |\n      | c |\n");

    let output = mine.run(&["."]);
    let not_gherkin = unreadable.run(&["mine.feature"]);

    assert_eq!(output.status.code(), Some(2));
    let words = said(&output);
    assert!(words.contains("mine.feature:10: no step is called \"the importer rnus\""), "{words}");
    assert!(words.contains("did you mean: When the importer runs"), "{words}");
    assert!(!words.contains("held"), "{words}");
    assert_eq!(not_gherkin.status.code(), Some(2));
    assert!(
        said(&not_gherkin).contains("mine.feature:5: this is no table"),
        "{}",
        said(&not_gherkin)
    );
}

#[test]
fn a_story_without_steps_is_wrong() {
    let wrong = |text: &str, words: &str| {
        let output = Mine::new(text).run(&["mine.feature"]);
        assert!(said(&output).contains(words), "{}", said(&output));
        assert_eq!(output.status.code(), Some(2));
    };

    wrong("Feature: F\n  Scenario: S\n", "mine.feature:2: \"S\" has no step");
    let mistyped = "Feature: F\n  Scenario: S\n    Wenn the importer runs\n";
    wrong(mistyped, "mine.feature:3: no line begins like \"Wenn the importer runs\"");
    wrong(mistyped, "did you mean: When the importer runs");
}

#[test]
fn a_failure_shows_fields_requests_the_importers_own_words_and_how_to_repeat_it() {
    let mine = Mine::new(STORIES);

    let output = mine.run(&["mine.feature:25", "--seed", "7"]);

    let words = said(&output);
    for part in [
        "≠ | Nord GmbH   | 555-100, expected 555-102 |",
        "POST Companies → 200",
        "query → 200",
        "importer explain, for \"Nord GmbH\":",
        "C1: no Autotask company has this key",
        "alone: scenarios run mine.feature:25 --seed 7",
        "1 scenarios: 0 held, 1 failed, 0 not run (seed 7)",
    ] {
        assert!(words.contains(part), "{part:?} is not in\n{words}");
    }
}

#[test]
fn reports_are_written_for_programs_and_for_people() {
    let mine = Mine::new(&STORIES.replace("My own rules", "My <b>own</b> rules"));

    let output =
        mine.run(&["mine.feature", "--junit", "j.xml", "--json", "s.json", "--html", "page.html"]);

    assert_eq!(output.status.code(), Some(1));
    let junit = fs::read_to_string(mine.file("j.xml")).unwrap();
    assert!(junit.contains("tests=\"3\"") && junit.contains("failures=\"2\""), "{junit}");
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(mine.file("s.json")).unwrap()).unwrap();
    assert!(json.to_string().contains("It fails for 555-103"));
    let page = fs::read_to_string(mine.file("page.html")).unwrap();
    for outside in ["src=", "<link", "url(", "@import", "href=\"http", "fetch("] {
        assert!(!page.contains(outside), "the page needs something else: {outside}");
    }
    assert!(!page.contains("<b>own</b>"), "what stories say is text, not HTML");
    let text = page.replace("&#34;", "\"").replace("&#38;", "&");
    for part in ["It holds", "expected 555-103", "POST Companies", "account Nord GmbH", "V5"] {
        assert!(text.contains(part), "{part:?} is not on the page");
    }
}

#[test]
fn the_seed_decides_the_order() {
    let mine = Mine::new(STORIES);
    let order = |seed: &str| {
        let scenarios = ["built-in:unmapping.feature", "built-in:settings.feature"];
        let output = mine.run(&[&scenarios[..], &["--shuffle", "--seed", seed]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let held = |line: &str| {
            line.strip_prefix("held  ")?.rsplit_once(" (").map(|(held, _)| held.to_owned())
        };
        said(&output).lines().filter_map(held).collect::<Vec<_>>()
    };

    let first = order("1");

    assert_eq!(order("1"), first);
    assert_ne!(order("2"), first);
}

#[test]
fn the_seed_decides_what_is_generated() {
    // No company is called so: the difference shows what there is.
    let mine = Mine::new(
        "Feature: F\n  Scenario: S\n    Given a generated world of 10 accounts and 10 contacts\n    When the importer runs\n    Then Autotask has no companies\n",
    );
    let there = |seed: &str| {
        let output = mine.run(&["mine.feature", "--seed", seed]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        said(&output).lines().filter(|line| line.contains("+ |")).collect::<String>()
    };

    let first = there("1");

    assert!(!first.is_empty());
    assert_eq!(there("1"), first);
    assert_ne!(there("2"), first);
}

/// Reads on until a line that begins so.
async fn until(lines: &mut Lines<BufReader<ChildStdout>>, begin: &str) -> String {
    let reading = async {
        loop {
            let line =
                lines.next_line().await.unwrap().unwrap_or_else(|| panic!("no line {begin:?}"));
            if line.starts_with(begin) {
                return line;
            }
        }
    };
    tokio::select! {
        biased;
        line = reading => line,
        () = SystemClock.sleep(Duration::from_mins(2)) => panic!("no line begins with {begin:?}"),
    }
}

#[tokio::test]
async fn watching_tells_stories_again_when_their_file_changes() {
    let mine = Mine::new(STORIES);
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_scenarios"))
        .args(["run", "mine.feature", "--rule", "C1", "--watch"])
        .current_dir(mine.0.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();

    until(&mut lines, "1 scenarios: 1 held").await;
    until(&mut lines, "watching").await;
    fs::write(
        mine.file("mine.feature"),
        STORIES.replace("| 555-100 |\n\n  Rule", "| 555-199 |\n\n  Rule"),
    )
    .unwrap();

    until(&mut lines, "1 scenarios: 0 held, 1 failed").await;
    until(&mut lines, "watching").await;
    fs::remove_file(mine.file("mine.feature")).unwrap();

    until(&mut lines, "mine.feature cannot be read: ").await;
    until(&mut lines, "watching").await;
    fs::write(mine.file("mine.feature"), STORIES).unwrap();

    until(&mut lines, "1 scenarios: 1 held").await;
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn the_workflow_can_be_called_and_tells_stories() {
    let text = fs::read_to_string(workspace().join(".github/workflows/scenarios.yml")).unwrap();

    let workflow = &YamlLoader::load_from_str(&text).unwrap()[0];

    let inputs = &workflow["on"]["workflow_call"]["inputs"];
    for input in ["project", "ref", "stories", "arguments"] {
        assert_eq!(inputs[input]["type"].as_str(), Some("string"), "{input}");
    }
    let steps = workflow["jobs"]["scenarios"]["steps"].as_vec().unwrap();
    let runs: Vec<_> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert!(runs.iter().any(|run| run.contains("scenarios run")), "{runs:?}");
    // An input that stood in a script would be run as part of it.
    assert!(runs.iter().all(|run| !run.contains("${{")), "{runs:?}");
}

#[test]
fn the_examples_for_pipelines_are_yaml() {
    let page = fs::read_to_string(workspace().join("docs/scenarios.md")).unwrap();

    let examples: Vec<_> =
        page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();

    assert_eq!(examples.len(), 2);
    let github = &YamlLoader::load_from_str(examples[0]).unwrap()[0]["jobs"]["stories"];
    let gitlab = &YamlLoader::load_from_str(examples[1]).unwrap()[0]["stories"];
    assert!(github["uses"].as_str().unwrap().contains(".github/workflows/scenarios.yml"));
    assert!(github["with"]["project"].as_str().is_some());
    assert!(matches!(gitlab["script"], Yaml::Array(_)));
    assert_eq!(gitlab["artifacts"]["reports"]["junit"].as_str(), Some("junit.xml"));
}
