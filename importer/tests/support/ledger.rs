//! A ledger in a folder of its own, with runs that decided something.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use importer::domain::decision::{Action, Decision, Detail, Outcome, Patch, Write};
use importer::domain::draft::{Base, Draft, Mapped, Remark};
use importer::domain::fields::TargetField;
use importer::domain::ids::{RunId, SalesforceId};
use importer::domain::keys::KeyDigest;
use importer::domain::model::{Kind, UdfValue, Value};
use importer::domain::report::{Requests, RunState};
use importer::domain::rules::Rule;
use importer::sqlite::{Entry, Ledger, Link, MirrorRow};
use jiff::Timestamp;
use tempfile::TempDir;

pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("ledger.sqlite")
    }

    pub(crate) fn open(&self) -> Ledger {
        Ledger::open(&self.file()).unwrap()
    }

    /// Whether a text is in any of the ledger's files.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.0.path()).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn account(number: u32) -> SalesforceId {
    format!("001{number:012}").parse().unwrap()
}

/// Begins a run.
pub(crate) fn begin(ledger: &Ledger, now: Timestamp) -> RunId {
    ledger.write(|tx| tx.begin_run(now)).unwrap()
}

/// Ends it.
pub(crate) fn close(ledger: &Ledger, run: RunId, state: RunState, now: Timestamp) {
    ledger
        .write(|tx| {
            tx.close_run(run, state, now, Requests::default(), &[], None)?;
            tx.keep_counts()
        })
        .unwrap();
}

/// Decides that an account of this name is to be created, and spools that.
pub(crate) fn decide(ledger: &Ledger, run: RunId, number: u32, name: &str) {
    decide_all(ledger, run, number..=number, name);
}

/// Decides the same about several accounts at once.
pub(crate) fn decide_all(
    ledger: &Ledger,
    run: RunId,
    mut numbers: RangeInclusive<u32>,
    name: &str,
) {
    let mut draft = Draft::default();
    let value = Value::Text(name.to_owned());
    draft.put(TargetField::CompanyName, Some(name), Mapped::Set(value));
    draft.remarks.push(Remark::NotFound { field: TargetField::CountryId, value: name.to_owned() });
    let decision = Decision {
        action: Action::Create,
        rule: Rule::C1,
        reason: format!("no Autotask company is {name}"),
    };
    let entry = |number| Entry {
        id: account(number),
        decision: &decision,
        target: None,
        account: None,
        belongs_to: None,
        parent: None,
        duplicate_of: None,
        claims: true,
        name: KeyDigest(7),
        key: KeyDigest(8),
        draft: &draft,
    };
    ledger
        .write(|tx| {
            numbers.try_for_each(|number| tx.spool(run, Kind::Company, &entry(number), None))
        })
        .unwrap();
}

/// Concludes that: the company is linked, and its city was replaced.
pub(crate) fn conclude(ledger: &Ledger, run: RunId, number: u32, target: i64) {
    let city = |name: &str| Some(Value::Text(name.to_owned()));
    let write = Write { was: city("Bonn on Rhine"), now: city("Kiel") };
    let detail = Detail { written: Patch::from([(TargetField::City, write)]), ..Detail::default() };
    let end = Decision {
        action: Action::Link { target },
        rule: Rule::C1,
        reason: format!("Autotask company {target} has the same key"),
    };
    ledger
        .write(|tx| {
            tx.conclude(run, Kind::Company, account(number), &end, Some(target), &detail)?;
            tx.link(Kind::Company, &link(number, target))
        })
        .unwrap();
}

pub(crate) fn link(number: u32, target: i64) -> Link {
    let base = Base::default();
    Link { id: account(number), target, account: None, key: KeyDigest(8), base }
}

/// What the mirror keeps of a company that carries an account's id.
pub(crate) fn carrying(number: u32, id: i64) -> MirrorRow {
    MirrorRow {
        id,
        company: importer::domain::ids::CompanyId(id),
        name: KeyDigest(7),
        key: KeyDigest(8),
        salesforce_id: UdfValue::Id(account(number)),
    }
}

/// The run's counts of one outcome.
pub(crate) fn counted(ledger: &Ledger, run: RunId, outcome: Outcome) -> u64 {
    ledger.read(|tx| tx.counts(run, Kind::Company)).unwrap().of(outcome)
}
