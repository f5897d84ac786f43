//! What e-mails look like, to the letter. `REWRITE_GOLDEN=1 cargo test -p importer --test letters` rewrites the files in
//! `tests/golden`; read the difference before it is committed.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::fs;
use std::path::Path;

use importer::domain::decision::Outcome;
use importer::domain::ids::RunId;
use importer::domain::model::Kind;
use importer::domain::notice::{Reason, Trigger};
use importer::domain::report::{Counts, Read, Requests, RunReport, RunState};
use importer::notify::{Csv, Line, List, News};

fn counts(counted: &[(Outcome, u64)]) -> Counts {
    let mut counts = Counts::default();
    for (outcome, number) in counted {
        counts.add(*outcome, *number);
    }
    counts
}

fn line(name: &str, target: Option<i64>, what: &str) -> Line {
    let id = "0015g00000AbCdEAAV".parse().unwrap();
    Line { name: name.to_owned(), id, target, what: what.to_owned() }
}

fn list(outcome: Outcome, total: u64, lines: Vec<Line>) -> List {
    List { kind: Kind::Company, outcome, lines, total }
}

fn report(state: RunState, accounts: &[(Outcome, u64)], failure: Option<&str>) -> RunReport {
    RunReport {
        run: RunId(12),
        state,
        started: "2026-03-01T09:20:00Z".parse().unwrap(),
        ended: "2026-03-01T09:23:30Z".parse().unwrap(),
        accounts: counts(accounts),
        contacts: counts(&[(Outcome::Unchanged, 40)]),
        read: Read { accounts: 117, contacts: 40, deleted: 0 },
        requests: Requests { salesforce: 5, autotask: 60 },
        warnings: vec![],
        failure: failure.map(str::to_owned),
    }
}

fn news(report: RunReport, reasons: &[Reason]) -> News {
    News {
        report,
        trigger: Trigger::Scheduled,
        reasons: reasons.iter().copied().collect(),
        no_longer_refused: 0,
        lists: vec![],
        csv: None,
        link: None,
    }
}

/// An import with something of everything, whose lists are cut, with names that mean harm.
fn eventful() -> News {
    let counted = [
        (Outcome::Created, 12),
        (Outcome::Updated, 3),
        (Outcome::Unchanged, 100),
        (Outcome::Held, 1),
        (Outcome::Refused, 1),
    ];
    let mut report = report(RunState::CompletedWithErrors, &counted, None);
    report.warnings =
        vec!["the recipient Ada Away (resource 7) is inactive in Autotask".to_owned()];
    News {
        lists: vec![
            list(
                Outcome::Refused,
                1,
                vec![line(
                    "<script>alert(1)</script>",
                    None,
                    "Data violation: <b>no</b> \"way\". (R2)",
                )],
            ),
            list(
                Outcome::Created,
                12,
                vec![
                    line("Nord GmbH & Söhne 🏭", Some(101), "phone was empty and got \"unknown\""),
                    line("Two\r\nBcc: lines@example.com", Some(102), ""),
                    line("", Some(103), ""),
                ],
            ),
            list(Outcome::Updated, 3, vec![line("שלום בע\"מ", Some(9), "phone, city")]),
            list(
                Outcome::Held,
                1,
                vec![line("Süd AG", None, "several companies have the same key: 4, 5 (C3)")],
            ),
        ],
        csv: Some(Csv { text: "kind,outcome\r\n".to_owned(), records: (16, 17) }),
        link: Some("https://importer.example.com/runs/12".to_owned()),
        ..news(report, &[Reason::Written, Reason::Refusals])
    }
}

fn check(name: &str, news: &News) {
    let letter = news.letter();
    let event: serde_json::Value = serde_json::from_str(&letter.event).unwrap();
    let event = serde_json::to_string_pretty(&event).unwrap();
    let text = format!("Subject: {}\n\n{}", letter.subject, letter.text);
    for (extension, found) in [("txt", &text), ("html", &letter.html), ("json", &event)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let file = folder.join(format!("{name}.{extension}"));
        if std::env::var_os("REWRITE_GOLDEN").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, found).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        // The order of an object's keys is not told apart: it depends on who else builds serde_json.
        let (found, expected) = match extension {
            "json" => {
                [found, &expected].map(|text| serde_json::from_str(text).unwrap_or_default()).into()
            }
            _ => (serde_json::json!(found), serde_json::json!(expected)),
        };
        assert_eq!(found, expected, "{} differs", file.display());
    }
}

#[test]
fn an_import_with_something_of_everything() {
    let news = eventful();

    check("eventful", &news);
    let letter = news.letter();
    assert_eq!(letter.subject, "Salesforce import: 12 created, 3 updated, 1 refused");
    assert!(!letter.html.contains("<script"), "a name is no markup");
    assert!(!letter.html.contains("src=") && !letter.html.contains("url("), "nothing is loaded");
}

#[test]
fn an_import_that_could_not_go_on() {
    let why = "Salesforce refused the sign-in: INVALID_LOGIN (check the password and the token)";
    let failed = report(RunState::SignInRefused, &[], Some(why));

    check("failed", &news(failed, &[Reason::Fault]));
}

#[test]
fn an_import_that_awaits_approval() {
    let why =
        "it would create 0, change 400 and take apart 0 of 500 linked records; nothing was written";
    let waits = report(RunState::AwaitingApproval, &[(Outcome::Updated, 400)], Some(why));

    check("awaiting-approval", &news(waits, &[Reason::FaultLasts]));
}

#[test]
fn an_import_that_found_nothing_and_ends_some_trouble() {
    let quiet = report(RunState::Completed, &[(Outcome::Unchanged, 3)], None);
    let quiet = News {
        trigger: Trigger::Manual,
        no_longer_refused: 1,
        ..news(quiet, &[Reason::Manual, Reason::FaultOver, Reason::RefusalsOver])
    };

    check("over", &quiet);
}
