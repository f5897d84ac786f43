//! The ledger, in a file of its own for each test: what is remembered, what is refused, what adds up.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::path::PathBuf;

use importer::domain::decision::{Action, Decision, Detail, Outcome, Patch, Write};
use importer::domain::draft::{Base, Draft};
use importer::domain::fields::TargetField;
use importer::domain::ids::{CompanyId, RunId, SalesforceId};
use importer::domain::keys::KeyDigest;
use importer::domain::model::{Kind, UdfValue, Value};
use importer::domain::report::{Requests, RunState};
use importer::domain::rules::Rule;
use importer::sqlite::{Entry, Handover, Intent, Ledger, LedgerError, Link, Marks, MirrorRow, Tx};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;

/// A folder with a ledger's file in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite")
    }

    fn open(&self) -> Ledger {
        Ledger::open(&self.file()).unwrap()
    }

    /// The file as any other program sees it.
    fn raw(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }

    fn version(&self) -> i64 {
        self.raw().query_row("PRAGMA user_version", (), |row| row.get(0)).unwrap()
    }

    fn schema(&self) -> Vec<String> {
        let raw = self.raw();
        let mut statement = raw
            .prepare("SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY name")
            .unwrap();
        let lines = statement.query_map((), |row| row.get(0)).unwrap();
        lines.collect::<Result<_, _>>().unwrap()
    }
}

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn account(number: u32) -> SalesforceId {
    format!("001{number:012}").parse().unwrap()
}

fn decision(action: Action) -> Decision {
    Decision { action, rule: Rule::C1, reason: "no Autotask company has this key".to_owned() }
}

fn create() -> Decision {
    decision(Action::Create)
}

fn draft() -> Draft {
    Draft::default()
}

/// Spools a decision about an account; one that asks for nothing is an outcome at once.
fn spool(ledger: &Ledger, run: RunId, number: u32, decision: &Decision, parent: Option<u32>) {
    let outcome = match decision.action {
        Action::Nothing(outcome) => Some(outcome),
        _ => None,
    };
    let draft = draft();
    let entry = Entry {
        belongs_to: None,
        id: account(number),
        decision,
        target: None,
        account: None,
        parent: parent.map(account),
        duplicate_of: None,
        claims: true,
        name: KeyDigest(1),
        key: KeyDigest(i64::from(number)),
        draft: &draft,
    };
    ledger.write(|tx| tx.spool(run, Kind::Company, &entry, outcome)).unwrap();
}

fn running(ledger: &Ledger) -> Option<RunId> {
    ledger.write(|tx| tx.running()).unwrap()
}

fn next_open(ledger: &Ledger, run: RunId) -> Vec<SalesforceId> {
    let open = ledger.write(|tx| tx.next_open(run, Kind::Company, None, 100)).unwrap().decisions;
    open.into_iter().map(|spooled| spooled.id).collect()
}

#[test]
fn a_new_file_becomes_a_ledger_and_stays_one() {
    let place = Place::new();
    assert!(!place.file().exists());

    let ledger = place.open();

    let (version, schema) = (place.version(), place.schema());
    assert!(version >= 1);
    assert!(schema.iter().any(|line| line.starts_with("intent: CREATE TABLE")), "{schema:?}");
    assert_eq!(running(&ledger), None);
    assert!(ledger.write(|tx| tx.open_intents(Kind::Company)).unwrap().is_empty());
    drop(ledger);
    drop(place.open());
    assert_eq!((place.version(), place.schema()), (version, schema));
}

#[test]
fn an_empty_database_is_brought_to_the_newest_format_whole_or_not_at_all() {
    let place = Place::new();
    // A table that is in the way of one of the last.
    place.raw().execute_batch("CREATE TABLE mirror (x)").unwrap();
    let before = place.schema();

    let error = Ledger::open(&place.file()).unwrap_err();

    assert!(matches!(error, LedgerError::Open { .. }), "{error:?}");
    assert_eq!((place.version(), place.schema()), (0, before));
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    drop(place.open());
    place.raw().pragma_update(None, "user_version", 999).unwrap();
    let before = place.schema();

    let error = Ledger::open(&place.file()).unwrap_err();

    assert!(matches!(error, LedgerError::TooNew(999)), "{error:?}");
    assert!(error.to_string().contains("use that version"), "{error}");
    assert_eq!((place.version(), place.schema()), (999, before));
}

#[test]
fn what_is_no_ledger_is_named() {
    let place = Place::new();
    std::fs::write(place.file(), "This is a letter, and no database at all. ".repeat(100)).unwrap();

    for file in [place.file(), place.folder.path().join("no/such/folder/ledger.sqlite")] {
        let error = Ledger::open(&file).unwrap_err();

        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }
    assert!(std::fs::read_to_string(place.file()).unwrap().starts_with("This is a letter"));
}

#[test]
fn one_import_at_a_time_holds_the_lock() {
    let place = Place::new();
    let (one, other) = (place.open(), place.open());
    let lock = one.lock().unwrap();

    assert!(matches!(other.lock(), Err(LedgerError::Locked(None))));
    assert!(matches!(one.lock(), Err(LedgerError::Locked(None))));
    let run = one.write(|tx| tx.begin_run(noon())).unwrap();
    let error = other.lock().unwrap_err();
    assert!(matches!(error, LedgerError::Locked(Some(running)) if running == run));
    assert_eq!(error.to_string(), format!("another import is running: run {run}"));

    drop(lock);
    let lock = other.lock().unwrap();
    assert!(one.lock().is_err());
    drop(lock);
    assert!(one.lock().is_ok());
}

#[test]
fn a_ledger_serves_one_organization_and_one_database() {
    let place = Place::new();
    let bind = |ledger: &Ledger, organization: &str, database: &str| {
        ledger.write(|tx| tx.bind(organization.parse().unwrap(), database))
    };
    let ledger = place.open();
    bind(&ledger, "00D000000000001AAA", "database 30595").unwrap();
    drop(ledger);
    let ledger = place.open();

    bind(&ledger, "00D000000000001AAA", "database 30595").unwrap();
    let error = bind(&ledger, "00D000000000002AAA", "database 30595").unwrap_err();

    assert!(matches!(error, LedgerError::Elsewhere { .. }), "{error:?}");
    let words = error.to_string();
    assert!(
        words.contains("00D000000000001AAA") && words.contains("00D000000000002AAA"),
        "{words}"
    );
    bind(&ledger, "00D000000000001AAA", "database 30595").unwrap();
    bind(&ledger, "00D000000000001AAA", "database 1").unwrap_err();
}

#[test]
fn work_that_fails_leaves_nothing() {
    let place = Place::new();
    let ledger = place.open();

    let failed: Result<(), _> = ledger.write(|tx| {
        tx.begin_run(noon())?;
        Err(LedgerError::TooNew(0))
    });

    assert!(failed.is_err());
    assert_eq!(running(&ledger), None);
}

fn intent(number: u32) -> Intent {
    Intent {
        id: account(number),
        sent: noon(),
        account: Some(account(1_000 + number)),
        key: KeyDigest(i64::MIN + i64::from(number)),
        base: Base::default(),
    }
}

fn link(number: u32, target: i64) -> Link {
    Link { id: account(number), target, account: None, key: KeyDigest(-1), base: Base::default() }
}

#[test]
fn intents_survive_until_their_outcome_is_known() {
    let place = Place::new();
    let ledger = place.open();
    let run = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    for number in [3, 1, 2] {
        ledger.write(|tx| tx.intend(run, Kind::Company, &intent(number))).unwrap();
    }
    ledger.write(|tx| tx.intend(run, Kind::Contact, &intent(9))).unwrap();
    // The process ends here.
    drop(ledger);
    let ledger = place.open();
    let open = |kind| ledger.write(|tx| tx.open_intents(kind)).unwrap();

    assert_eq!(open(Kind::Company), [intent(1), intent(2), intent(3)]);
    assert_eq!(open(Kind::Contact), [intent(9)]);
    assert!(ledger.write(|tx| tx.has_intent(Kind::Company, account(2))).unwrap());
    assert!(!ledger.write(|tx| tx.has_intent(Kind::Contact, account(2))).unwrap());

    ledger.write(|tx| tx.link(Kind::Company, &link(2, 70))).unwrap();
    ledger.write(|tx| tx.settle(Kind::Company, account(3))).unwrap();
    ledger.write(|tx| tx.begin_run(noon())).unwrap();
    assert_eq!(open(Kind::Company), [intent(1)]);
    assert_eq!(ledger.write(|tx| tx.link_of(Kind::Company, account(2))).unwrap(), Some(70));
    assert_eq!(ledger.write(|tx| tx.link_at(Kind::Company, 70)).unwrap(), Some(account(2)));
}

#[test]
fn two_salesforce_records_are_never_linked_to_one_autotask_record() {
    let place = Place::new();
    let ledger = place.open();
    ledger.write(|tx| tx.link(Kind::Company, &link(1, 70))).unwrap();

    let second = ledger.write(|tx| tx.link(Kind::Company, &link(2, 70)));

    assert!(matches!(second, Err(LedgerError::Sqlite(_))), "{second:?}");
    // A contact may have the company's number, and a link may move.
    ledger.write(|tx| tx.link(Kind::Contact, &link(2, 70))).unwrap();
    ledger.write(|tx| tx.link(Kind::Company, &link(1, 71))).unwrap();
    ledger.write(|tx| tx.link(Kind::Company, &link(2, 70))).unwrap();
    assert_eq!(ledger.write(|tx| tx.link_at(Kind::Company, 71)).unwrap(), Some(account(1)));
}

#[test]
fn a_run_left_open_is_interrupted_and_what_it_had_not_done_deferred() {
    let place = Place::new();
    let ledger = place.open();
    let first = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    spool(&ledger, first, 1, &create(), None);
    spool(&ledger, first, 2, &create(), None);
    spool(&ledger, first, 3, &decision(Action::Nothing(Outcome::Held)), None);
    let done = Detail::default();
    ledger
        .write(|tx| tx.conclude(first, Kind::Company, account(1), &create(), Some(70), &done))
        .unwrap();
    // The process ends here.
    drop(ledger);
    let ledger = place.open();
    let later = "2026-03-01T12:20:00Z".parse().unwrap();

    let second = ledger.write(|tx| tx.begin_run(later)).unwrap();

    assert!(second > first);
    assert_eq!(running(&ledger), Some(second));
    let report = ledger.write(|tx| tx.report(first)).unwrap();
    assert_eq!(report.state, RunState::Interrupted);
    assert_eq!((report.started, report.ended), (noon(), later));
    assert_eq!(report.failure.as_deref(), Some("the process ended before the run did"));
    let counted =
        [Outcome::Created, Outcome::Deferred, Outcome::Held].map(|one| report.accounts.of(one));
    assert_eq!(counted, [1, 1, 1]);
    assert_eq!(report.accounts.total(), 3);
    assert!(next_open(&ledger, first).is_empty());
    let deferred = ledger
        .write(|tx| tx.decisions(first, Kind::Company, Some(Outcome::Deferred), None, 10))
        .unwrap();
    let [deferred] = deferred.try_into().unwrap();
    assert_eq!(deferred.mention.id, account(2));
    assert!(deferred.mention.text.starts_with("the run ended before"), "{deferred:?}");
}

#[test]
fn every_record_is_counted_once() {
    let place = Place::new();
    let ledger = place.open();
    let run = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    let other = Decision::nothing(Outcome::Held, Rule::C3, "two have this key");
    // Each outcome, and one record decided on twice.
    for (number, outcome) in (1..).zip(Outcome::ALL) {
        spool(&ledger, run, number, &decision(Action::Nothing(outcome)), None);
    }
    spool(&ledger, run, 1, &other, None);
    spool(&ledger, run, 50, &create(), None);
    ledger.write(|tx| tx.count_unchanged(run, Kind::Company, 500)).unwrap();
    ledger.write(|tx| tx.count_unchanged(run, Kind::Company, 70)).unwrap();
    ledger.write(|tx| tx.count_unchanged(run, Kind::Contact, 9)).unwrap();

    // One that the run had not read gets its parent company; so does one whose outcome is told already.
    let parent = Patch::from([(
        TargetField::ParentCompanyId,
        Write { was: None, now: Some(Value::Integer(7)) },
    )]);
    let updated =
        decision(Action::Update { target: 80, fields: vec![TargetField::ParentCompanyId] });
    for number in [60, 3] {
        ledger
            .write(|tx| tx.amend(run, Kind::Company, account(number), &updated, (80, &parent)))
            .unwrap();
    }

    assert_eq!(ledger.write(|tx| tx.open_decisions(run, Kind::Company)).unwrap(), 1);
    let refused = Decision::nothing(Outcome::Refused, Rule::R2, "Autotask refused it");
    ledger
        .write(|tx| {
            tx.conclude(run, Kind::Company, account(50), &refused, None, &Detail::default())
        })
        .unwrap();
    let requests = Requests { salesforce: 3, autotask: 11 };
    let warnings = ["one".to_owned()];
    ledger
        .write(|tx| tx.close_run(run, RunState::Completed, noon(), requests, &warnings, None))
        .unwrap();

    let report = ledger.write(|tx| tx.report(run)).unwrap();
    let counted = Outcome::ALL.map(|outcome| report.accounts.of(outcome));
    // Created (1) became held; unchanged is one spooled and 570 counted; the one that was not read is updated.
    assert_eq!(counted, [0, 1, 2, 571, 1, 2, 1, 1, 1, 1, 2]);
    assert_eq!((report.accounts.total(), report.read.accounts), (11 + 1 + 570 + 1, 1));
    assert_eq!((report.contacts.of(Outcome::Unchanged), report.contacts.total()), (9, 9));
    assert_eq!((report.requests, report.warnings), (requests, warnings.to_vec()));
    assert_eq!(running(&ledger), None);
    let amended = ledger
        .write(|tx| tx.decisions(run, Kind::Company, Some(Outcome::Updated), None, 9))
        .unwrap();
    assert!(amended.iter().all(|one| one.detail.written == parent), "{amended:?}");
}

/// Carries out what is open, so many at a time: the batches in which it came.
fn carried_out(ledger: &Ledger, run: RunId, most: u32) -> Vec<Vec<SalesforceId>> {
    let (mut after, mut batches) = (None, Vec::new());
    loop {
        let open = ledger.read(|tx| tx.next_open(run, Kind::Company, after, most)).unwrap();
        let batch: Vec<_> = open.decisions.iter().map(|spooled| spooled.id).collect();
        after = batch.iter().take(open.in_order).next_back().copied();
        if batch.is_empty() {
            return batches;
        }
        for id in &batch {
            ledger
                .write(|tx| {
                    tx.conclude(run, Kind::Company, *id, &create(), None, &Detail::default())
                })
                .unwrap();
        }
        batches.push(batch);
    }
}

#[test]
fn parents_come_before_children_and_a_circle_comes_all_the_same() {
    let place = Place::new();
    let ledger = place.open();
    let run = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    spool(&ledger, run, 1, &create(), Some(3));
    spool(&ledger, run, 2, &create(), None);
    spool(&ledger, run, 3, &create(), Some(2));
    spool(&ledger, run, 8, &create(), Some(9));
    spool(&ledger, run, 9, &create(), Some(8));

    let batches = carried_out(&ledger, run, 100);

    assert_eq!(batches, [vec![account(2), account(3), account(1)], vec![account(8), account(9)]]);
}

#[test]
fn what_is_passed_over_comes_once_nothing_is_left_after_it() {
    let place = Place::new();
    let ledger = place.open();
    let run = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    for (number, parent) in
        [(1, Some(6)), (2, None), (3, None), (4, Some(5)), (5, Some(4)), (6, None)]
    {
        spool(&ledger, run, number, &create(), parent);
    }

    let batches = carried_out(&ledger, run, 2);

    // The child of 6 comes with it, although it was passed over; the circle comes when nothing else is left.
    let expected = [[2, 3].map(account), [6, 1].map(account), [4, 5].map(account)];
    assert_eq!(batches, expected);
}

#[test]
fn what_an_answer_left_out_does_not_erase_what_is_known() {
    let place = Place::new();
    let ledger = place.open();
    let run = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    let row = |id, salesforce_id| MirrorRow {
        id,
        company: CompanyId(id),
        name: KeyDigest(5),
        key: KeyDigest(6),
        salesforce_id,
    };
    let mirror = |row| ledger.write(|tx| tx.mirror(run, Kind::Company, &row)).unwrap();
    let carriers = || {
        let evidence =
            |tx: &importer::sqlite::Tx<'_>| tx.company_evidence(run, account(1), KeyDigest(6));
        ledger.write(evidence).unwrap().carriers
    };

    mirror(row(70, UdfValue::Id(account(1))));
    mirror(row(70, UdfValue::Unknown));
    assert_eq!(carriers(), [CompanyId(70)]);
    mirror(row(70, UdfValue::Empty));
    assert_eq!(carriers(), []);
    mirror(row(71, UdfValue::Id(account(1))));
    assert_eq!(carriers(), [CompanyId(71)]);

    let next = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    let row = row(71, UdfValue::Unknown);
    ledger.write(|tx| tx.mirror(next, Kind::Company, &row)).unwrap();
    assert_eq!(ledger.write(|tx| tx.forget_unseen(next, Kind::Company)).unwrap(), 1);
    assert!(!ledger.write(|tx| tx.is_mirrored(Kind::Company, 70)).unwrap());
    assert!(ledger.write(|tx| tx.is_mirrored(Kind::Company, 71)).unwrap());
}

#[test]
fn a_pair_that_was_dissociated_is_remembered_with_the_key_it_had() {
    let place = Place::new();
    let ledger = place.open();
    let run = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    ledger.write(|tx| tx.link(Kind::Company, &link(1, 70))).unwrap();

    ledger.write(|tx| tx.unmap(None, Kind::Company, account(1), noon())).unwrap();

    assert_eq!(ledger.write(|tx| tx.link_of(Kind::Company, account(1))).unwrap(), None);
    for (key, same_key) in [(-1, true), (-2, false)] {
        let evidence =
            |tx: &importer::sqlite::Tx<'_>| tx.company_evidence(run, account(1), KeyDigest(key));
        let pairs = ledger.write(evidence).unwrap().unmapped;
        let pairs: Vec<_> = pairs.iter().map(|pair| (pair.target, pair.same_key)).collect();
        assert_eq!(pairs, [(CompanyId(70), same_key)]);
    }
}

#[test]
fn what_a_run_that_may_write_leaves_undone_becomes_the_next_ones() {
    let place = Place::new();
    let ledger = place.open();
    let first = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    for number in 1..=5 {
        spool(&ledger, first, number, &create(), None);
    }
    let marks = Marks { watermark: Some(noon()), compared: Some(noon()), basis: 7 };
    ledger
        .write(|tx| {
            tx.pass_guard(first)?;
            tx.hand_over(Some(&Handover { run: first, marks }))?;
            tx.conclude(first, Kind::Company, account(2), &create(), None, &Detail::default())
        })
        .unwrap();

    // A crash leaves the first open; the second takes over what is left of it, three at a time.
    let second = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    assert_eq!(ledger.read(|tx| tx.handover()).unwrap(), Some(Handover { run: first, marks }));
    let mut after = None;
    let mut portions = 0;
    loop {
        after = ledger.write(|tx| tx.take_over(first, second, after, 3)).unwrap();
        if after.is_none() {
            break;
        }
        portions += 1;
    }
    assert_eq!(portions, 2);
    assert_eq!(next_open(&ledger, second), [1, 3, 4, 5].map(account));
    let reports = ledger.read(|tx| Ok((tx.report(first)?, tx.report(second)?))).unwrap();
    assert_eq!(reports.0.accounts.of(Outcome::Deferred), 4, "each record of a run has an outcome");
    assert_eq!(reports.1.read.accounts, 4, "and counts as looked at");

    // One of them is read again, and decided on anew.
    ledger.write(|tx| tx.drop_open(second, Kind::Company, account(4))).unwrap();
    ledger.write(|tx| tx.drop_open(second, Kind::Company, account(9))).unwrap();
    assert_eq!(next_open(&ledger, second), [1, 3, 5].map(account));
    assert_eq!(ledger.read(|tx| tx.report(second)).unwrap().read.accounts, 3);

    // Drafts hold what people are called: none stays once it is taken over.
    let mark = |number| Some((Kind::Company, account(number)));
    let erase = |after| ledger.write(|tx| tx.drop_drafts(first, after, 3)).unwrap();
    assert_eq!([erase(None), erase(mark(4)), erase(mark(5))], [mark(4), mark(5), None]);
    assert_eq!(ledger.write(|tx| tx.take_over(first, second, None, 3)).unwrap(), None);
}

#[test]
fn parents_are_looked_at_again_where_something_they_depend_on_changed() {
    let place = Place::new();
    let ledger = place.open();
    let run = ledger.write(|tx| tx.begin_run(noon())).unwrap();
    let is_due = |at: Timestamp| {
        let seen = ledger.read(|tx| tx.parents_to_look_at(at)).unwrap();
        seen.map(|seen| ledger.write(|tx| tx.parents_looked_at(seen)).unwrap()).is_some()
    };
    let after = |change: &dyn Fn(&Tx<'_>) -> Result<(), LedgerError>| {
        ledger.write(change).unwrap();
        [is_due(noon()), is_due(noon())]
    };
    let once = [true, false];
    assert_eq!([is_due(noon()), is_due(noon())], once);
    let (child, parent) = (link(1, 11), link(2, 12));
    let row = |id| MirrorRow {
        id,
        company: CompanyId(0),
        name: KeyDigest(1),
        key: KeyDigest(1),
        salesforce_id: UdfValue::Empty,
    };

    assert_eq!(after(&|tx| tx.link(Kind::Company, &child)), once);
    assert_eq!(after(&|tx| tx.await_parent(child.id, Some(account(3)))), once);
    assert_eq!(after(&|tx| tx.await_parent(child.id, Some(parent.id))), once);
    assert_eq!(after(&|tx| tx.mirror(run, Kind::Company, &row(12))), once);
    assert_eq!(after(&|tx| tx.link(Kind::Company, &parent)), once);
    assert_eq!(after(&|tx| tx.link(Kind::Company, &link(2, 13))), once, "of another company");

    // What else an import does leaves them alone.
    assert_eq!(after(&|tx| tx.relink(Kind::Company, &link(2, 13))), [false; 2]);
    assert_eq!(after(&|tx| tx.link(Kind::Contact, &link(5, 15))), [false; 2]);
    assert_eq!(after(&|tx| tx.mirror(run, Kind::Company, &row(12))), [false; 2], "as before");
    assert_eq!(after(&|tx| tx.mirror(run, Kind::Contact, &row(15))), [false; 2]);

    // A refused one waits for its time; what begins while they are looked at is for the next time.
    let later = noon() + SignedDuration::from_hours(1);
    assert_eq!(after(&|tx| tx.retry_parent(child.id, later)), [false; 2]);
    assert!(is_due(later));
    ledger.write(|tx| tx.retry_parent(child.id, later + SignedDuration::from_hours(1))).unwrap();
    ledger.write(|tx| tx.link(Kind::Company, &link(6, 16))).unwrap();
    let seen = ledger.read(|tx| tx.parents_to_look_at(noon())).unwrap().unwrap();
    ledger.write(|tx| tx.link(Kind::Company, &link(7, 17))).unwrap();
    ledger.write(|tx| tx.parents_looked_at(seen)).unwrap();
    assert_eq!([is_due(noon()), is_due(noon())], once);
}
