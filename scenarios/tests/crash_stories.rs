//! `scenarios crash` with stories: each is told with its importer interrupted at each place, and what cannot survive that
//! is found.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What each of the stories begins with.
const BEGINNING: &str = "Feature: My own
  Background:
    Given these Salesforce accounts
      | Name      | Phone   |
      | Nord GmbH | 555-100 |
";

struct Mine(TempDir);

impl Mine {
    fn new(stories: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.feature"), format!("{BEGINNING}{stories}")).unwrap();
        Self(folder)
    }

    fn crash(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_scenarios"))
            .arg("crash")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }
}

fn said(output: &Output) -> String {
    let [said, complained] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    format!("{said}{complained}")
}

/// A number before some words.
fn number(said: &str, words: &str) -> usize {
    let (before, _) =
        said.split_once(words).unwrap_or_else(|| panic!("{words:?} is not in\n{said}"));
    before.rsplit([' ', '\n']).next().unwrap().parse().unwrap()
}

#[test]
fn a_story_that_is_true_whatever_happens_holds_at_every_place() {
    let mine = Mine::new(
        "
  @C1 @N1
  Scenario: It is created once
    Given the notification recipients are \"Dana Default\"
    When the importer runs
    Then the account \"Nord GmbH\" is created by rule C1
    And the run counts 1 account as created
    And \"dana@example.com\" has received 1 e-mail
    And Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of \"Nord GmbH\") |
",
    );

    let output = mine.crash(&["mine.feature"]);

    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("held     mine.feature:8  It is created once: 1 imports"), "{said}");
    assert!(said.contains("2 claims judged, 2 not, as they are about one run"), "{said}");
    assert!(number(&said, " places: ") > 100, "{said}");
    assert!(said.contains(" 0 left out, 0 not reached; 2 claims not judged"), "{said}");
}

/// Two minutes after its import the story claims that all is done. That cannot be where a create's answer was lost:
/// for six minutes the importer does not know what became of it, and the story's other import is one of the next day.
const HASTY: &str = "
  @R4
  Scenario: All is done within minutes
    Given it is 09:04
    And the importer is active
    When the importer runs
    And these Salesforce accounts
      | Name   |
      | Süd AG |
    And it is 09:07
    Then Autotask has these companies
      | companyName |
      | Nord GmbH   |
";

#[test]
fn a_claim_that_an_interruption_makes_untrue_is_found_and_can_be_told_alone() {
    let mine = Mine::new(HASTY);

    let output = mine.crash(&["mine.feature"]);
    let said = said(&output);
    let alone = said.split_once("alone: scenarios crash mine.feature:8 --at '");
    let (_, rest) = alone.unwrap_or_else(|| panic!("nothing is found:\n{said}"));
    let (place, _) = rest.split_once('\'').unwrap();
    let alone = mine.crash(&["mine.feature:8", "--at", place]);

    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("FAILED   mine.feature:8  All is done within minutes"), "{said}");
    assert!(said.contains("line 16: Then Autotask has these companies"), "{said}");
    assert!(said.contains("+ | Süd AG"), "{said}");
    let said = self::said(&alone);
    assert_eq!(alone.status.code(), Some(1), "{said}");
    assert_eq!(number(&said, " taken, "), 1, "{said}");
}

#[test]
fn what_depends_on_how_often_the_importer_runs_is_not_judged() {
    let mine = Mine::new(
        "
  @C7
  Scenario: A plan is true before an import only
    When the importer runs
    And these Salesforce accounts
      | Name   |
      | Süd AG |
    And somebody plans an import
    Then the account \"Süd AG\" is created
",
    );

    let output = mine.crash(&["mine.feature", "--sample", "1"]);

    let said = said(&output);
    assert!(said.contains("0 claims judged, 1 not, as they depend on how often it runs"), "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
}

#[test]
fn stories_that_cannot_be_interrupted_are_left_out_with_the_reason() {
    let mine = Mine::new(
        "
  @R4
  Scenario: Its own
    Given the answer to the create of the company \"Nord GmbH\" is lost
    When the importer runs

  @S5
  Scenario: No import
    When somebody asks for the status
    Then the answer says \"N/A\"
",
    );

    let output = mine.crash(&["mine.feature"]);

    let said = said(&output);
    assert!(said.contains("Its own: it has an interruption or a refusal of its own"), "{said}");
    assert!(said.contains("No import: the importer does not import in it"), "{said}");
    assert_eq!(output.status.code(), Some(2), "nothing was told: {said}");
}

#[test]
fn exit_codes_are_those_of_run() {
    let mine = Mine::new(
        "  @C1\n  Scenario: It fails\n    When the importer runs\n    Then Autotask has no companies\n",
    );
    let code = |arguments: &[&str]| mine.crash(arguments).status.code();

    assert_eq!(code(&["mine.feature"]), Some(1), "it does not hold without an interruption");
    assert_eq!(code(&["mine.feature", "--tags", "@mistyped"]), Some(2));
    assert_eq!(code(&["mine.feature", "--at", "x", "--sample", "3"]), Some(2));
    assert_eq!(code(&["missing.feature"]), Some(3));
    assert_eq!(code(&["built-in:missing.feature"]), Some(2));
}
