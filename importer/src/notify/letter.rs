//! What is told of a run: the facts, cut to what a reader takes in, before they become text, HTML, CSV and JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{html, text};
use crate::domain::decision::Outcome;
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;
use crate::domain::notice::{Reason, Trigger};
use crate::domain::report::{RunReport, RunState};

/// One record in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it is called; empty where that is not known.
    pub name: String,
    /// Its Salesforce id.
    pub id: SalesforceId,
    /// The Autotask record it is.
    pub target: Option<i64>,
    /// What was written, or why nothing was.
    pub what: String,
}

/// The records of one kind that ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Accounts or contacts.
    pub kind: Kind,
    /// How they ended.
    pub outcome: Outcome,
    /// The first of them.
    pub lines: Vec<Line>,
    /// How many there are.
    pub total: u64,
}

impl List {
    /// What stands above it: "Created companies".
    pub(super) fn title(&self) -> String {
        let name = match self.outcome {
            Outcome::Created | Outcome::Linked | Outcome::Updated => self.kind.target_name(),
            _ => self.kind.source_name(),
        };
        let plural = if name == "company" { "companies".to_owned() } else { format!("{name}s") };
        let mut title = format!("{} {plural}", self.outcome);
        title[..1].make_ascii_uppercase();
        title
    }

    /// How many are not listed.
    pub(super) fn more(&self) -> u64 {
        self.total.saturating_sub(self.lines.len() as u64)
    }
}

/// What goes with a mail whose lists are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csv {
    /// The records.
    pub text: String,
    /// How many they are, and how many there would be.
    pub records: (u64, u64),
}

/// All that is told of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The run.
    pub report: RunReport,
    /// Who started it.
    pub trigger: Trigger,
    /// Why somebody hears of it.
    pub reasons: BTreeSet<Reason>,
    /// Records that were told to be refused and are not any more.
    pub no_longer_refused: u64,
    /// What it did, and what it did not do and why.
    pub lists: Vec<List>,
    /// All of them, if the lists are cut.
    pub csv: Option<Csv>,
    /// Where the run is shown.
    pub link: Option<String>,
}

/// A message as the outbox keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The file that goes with it: its name and text.
    pub file: Option<(String, String)>,
    /// What is posted to the webhook, as JSON.
    pub event: String,
}

impl News {
    /// Writes the letter.
    pub fn letter(&self) -> Letter {
        Letter {
            subject: self.subject(),
            text: text::render(self),
            html: html::render(self),
            file: self.csv.as_ref().map(|csv| (self.file_name(), csv.text.clone())),
            event: self.event(),
        }
    }

    pub(super) fn file_name(&self) -> String {
        format!("run-{}.csv", self.report.run)
    }

    /// How many records ended so.
    pub(super) fn count(&self, outcome: Outcome) -> u64 {
        self.report.accounts.of(outcome) + self.report.contacts.of(outcome)
    }

    /// The outcome in one line; no value of any record is part of it.
    pub(super) fn subject(&self) -> String {
        format!("Salesforce import: {}", self.headline())
    }

    fn headline(&self) -> String {
        match self.report.state {
            RunState::SignInRefused => "failed, the sign-in was refused".to_owned(),
            RunState::Failed => "failed".to_owned(),
            RunState::AwaitingApproval => "awaiting approval, nothing was written".to_owned(),
            RunState::Interrupted => format!("interrupted, {}", self.tally()),
            _ => self.tally(),
        }
    }

    /// "12 created, 3 updated, 1 refused".
    fn tally(&self) -> String {
        let mut parts = Vec::new();
        for outcome in [Outcome::Created, Outcome::Linked, Outcome::Updated, Outcome::Refused] {
            let count = self.count(outcome);
            if count > 0 {
                parts.push(format!("{count} {outcome}"));
            }
        }
        if parts.is_empty() {
            if self.no_longer_refused > 0 {
                return format!("{} no longer refused", self.no_longer_refused);
            }
            return "nothing new".to_owned();
        }
        parts.join(", ")
    }

    /// What happened, in a sentence or two.
    pub(super) fn opening(&self) -> Vec<String> {
        let who = match self.trigger {
            Trigger::Scheduled => "scheduled import",
            Trigger::Manual => "import that somebody started",
        };
        let run = self.report.run;
        let mut said = vec![match self.report.state {
            RunState::Completed => format!("The {who} (run {run}) is completed."),
            RunState::CompletedWithErrors => {
                format!("The {who} (run {run}) is completed, but some records were refused.")
            }
            RunState::AwaitingApproval => {
                format!(
                    "The {who} (run {run}) wrote nothing and awaits somebody's approval. What follows is what it \
                     would have done."
                )
            }
            RunState::Interrupted => format!(
                "The {who} (run {run}) was interrupted. The next import goes on from there."
            ),
            _ => format!("The {who} (run {run}) could not go on."),
        }];
        for reason in &self.reasons {
            said.extend(self.explain(*reason));
        }
        said
    }

    fn explain(&self, reason: Reason) -> Option<String> {
        Some(match reason {
            Reason::FaultLasts => {
                "This is as it was a day ago. You are told once a day until it is over.".to_owned()
            }
            Reason::Fault => {
                "While this lasts, you are told of it once a day, and once when it is over."
                    .to_owned()
            }
            Reason::FaultOver => {
                "Imports come to their end again; what you were told of before is over.".to_owned()
            }
            Reason::RefusalsLast => {
                "The same records are refused for the same reasons as a day ago.".to_owned()
            }
            Reason::RefusalsOver => format!(
                "Of the records that were refused before, {} {} not refused any more.",
                self.no_longer_refused,
                if self.no_longer_refused == 1 { "is" } else { "are" }
            ),
            Reason::Manual | Reason::Routine | Reason::Written | Reason::Refusals => return None,
        })
    }

    /// The table of counts: outcome, accounts, contacts, and their sums at the end.
    pub(super) fn counts(&self) -> Vec<(String, u64, u64)> {
        let (accounts, contacts) = (&self.report.accounts, &self.report.contacts);
        let mut rows: Vec<_> = Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome.to_string(), accounts.of(outcome), contacts.of(outcome)))
            .filter(|(_, accounts, contacts)| accounts + contacts > 0)
            .collect();
        rows.push(("read".to_owned(), accounts.total(), contacts.total()));
        rows
    }

    /// What the lists leave out, and where it is.
    pub(super) fn left_out(&self) -> Option<String> {
        let csv = self.csv.as_ref()?;
        let (there, all) = csv.records;
        let file = self.file_name();
        Some(if there == all {
            format!(
                "The lists are cut. {file}, which goes with this e-mail, holds all {all} records."
            )
        } else {
            format!(
                "The lists are cut. {file}, which goes with this e-mail, holds the first {there} of {all} records."
            )
        })
    }

    /// Where all of it is to be seen.
    pub(super) fn command(&self) -> String {
        format!("importer show {}", self.report.run)
    }

    /// When the run began, and how long it took.
    pub(super) fn times(&self) -> String {
        let began = shown(self.report.started);
        let seconds = self.report.ended.duration_since(self.report.started).as_secs().max(0);
        match seconds {
            0..120 => format!("{began}, {seconds} seconds"),
            _ => format!("{began}, {} minutes", seconds / 60),
        }
    }

    /// What a program hears: the same facts.
    fn event(&self) -> String {
        let list = |list: &List| {
            let records: Vec<_> = list.lines.iter().map(record).collect();
            serde_json::json!({
                "kind": list.kind.source_name(),
                "outcome": list.outcome,
                "total": list.total,
                "records": records,
            })
        };
        serde_json::json!({
            "event": "import",
            "trigger": self.trigger,
            "reasons": self.reasons,
            "summary": self.headline(),
            "report": self.report,
            "noLongerRefused": self.no_longer_refused,
            "lists": self.lists.iter().map(list).collect::<Vec<_>>(),
            "link": self.link,
        })
        .to_string()
    }
}

fn record(line: &Line) -> serde_json::Value {
    serde_json::json!({
        "salesforceId": line.id,
        "autotaskId": line.target,
        "name": line.name,
        "text": line.what,
    })
}

fn shown(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// The CSV file as it grows (RFC 4180), up to a size.
#[derive(Debug)]
pub(super) struct CsvText {
    text: String,
    records: u64,
    is_full: bool,
}

/// Bytes of a CSV file. Many servers refuse mails of more than 10 MiB, and base64 takes a third more.
const LONGEST_CSV: usize = 1024 * 1024;

impl CsvText {
    pub(super) fn new() -> Self {
        // Excel takes a file without this mark for one in the machine's own code page.
        let text = "\u{feff}kind,outcome,name,salesforce_id,autotask_id,what\r\n".to_owned();
        Self { text, records: 0, is_full: false }
    }

    /// Adds a record; returns whether there was room for it.
    pub(super) fn add(&mut self, kind: Kind, outcome: Outcome, line: &Line) -> bool {
        let before = self.text.len();
        let target = line.target.map(|id| id.to_string()).unwrap_or_default();
        let _ = write!(
            self.text,
            "{},{outcome},{},{},{target},{}\r\n",
            kind.source_name(),
            cell(&line.name),
            line.id,
            cell(&line.what)
        );
        if self.text.len() > LONGEST_CSV {
            self.text.truncate(before);
            self.is_full = true;
            return false;
        }
        self.records += 1;
        true
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn finish(self, all: u64) -> Csv {
        Csv { text: self.text, records: (self.records, all) }
    }
}

/// A text in quotes. What a spreadsheet would take for a formula gets an apostrophe before it.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str) -> Line {
        let id = "0015g00000AbCdEAAV".parse().unwrap();
        Line { name: name.to_owned(), id, target: Some(7), what: "phone".to_owned() }
    }

    #[test]
    fn a_file_is_full_at_a_mebibyte_and_holds_whole_records() {
        let mut csv = CsvText::new();
        let long = line(&"ü".repeat(100_000));
        while csv.add(Kind::Company, Outcome::Created, &long) {}
        let csv = csv.finish(99);

        assert_eq!(csv.records, (5, 99));
        assert!(csv.text.len() <= LONGEST_CSV && csv.text.ends_with("\"phone\"\r\n"));
    }

    #[test]
    fn a_name_that_a_spreadsheet_would_calculate_stays_a_text() {
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("Nord GmbH"), "\"Nord GmbH\"");
    }
}
