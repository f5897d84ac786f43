//! What commands do with a ledger that others write to at the same time, and what becomes of it over the years.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "support/ledger.rs"]
mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use importer::desk::{self, RecordId, Records, Selection};
use importer::domain::decision::Outcome;
use importer::domain::ids::RunId;
use importer::domain::model::{Kind, Pages};
use importer::domain::report::RunState;
use importer::schedule::Schedule;
use importer::sqlite::{Binding, Filter, LedgerError};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use support::{
    Place, account, at, begin, carrying, close, conclude, counted, decide, decide_all, link,
};

const NINETY_DAYS: SignedDuration = SignedDuration::from_hours(90 * 24);

fn march() -> Timestamp {
    at("2026-03-01T12:00:00Z")
}

/// More than ninety days later.
fn july() -> Timestamp {
    at("2026-07-01T12:00:00Z")
}

#[test]
fn whoever_reads_waits_for_nobody_who_writes() {
    let place = Place::new();
    let run = begin(&place.open(), march());
    let writer = Connection::open(place.file()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE run SET failure = 'not yet';").unwrap();

    // Had it to wait, it would be for ten seconds and in vain: the writer is this thread.
    let ledger = place.open();
    let report = ledger.read(|tx| tx.report(run)).unwrap();

    assert_eq!(report.failure, None, "what is not committed is not there");
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(ledger.read(|tx| tx.report(run)).unwrap().failure.as_deref(), Some("not yet"));
}

#[test]
fn two_processes_that_begin_a_ledger_at_once_both_have_it() {
    for _ in 0..20 {
        let place = Place::new();

        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..3).map(|_| scope.spawn(|| place.open())).collect();
            for ledger in opened {
                drop(ledger.join().unwrap());
            }
        });
    }
}

#[test]
fn looking_whether_a_run_is_under_way_keeps_no_import_from_beginning() {
    let place = Place::new();
    let ledger = place.open();
    begin(&ledger, march());
    let done = AtomicBool::new(false);

    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let other = place.open();
                while !done.load(Ordering::Relaxed) {
                    other.under_way().unwrap();
                }
            });
        }
        let taken = (0..2_000).all(|_| ledger.lock().is_ok());
        done.store(true, Ordering::Relaxed);

        assert!(taken, "an import took a look for another import");
    });
}

#[test]
fn a_run_is_under_way_while_its_lock_is_held_and_no_longer() {
    let place = Place::new();
    let (ledger, other) = (place.open(), place.open());
    assert_eq!(other.under_way().unwrap(), None, "there is not even a lock file");
    let lock = ledger.lock().unwrap();
    assert_eq!(other.under_way().unwrap(), None, "it has not begun");

    let run = begin(&ledger, march());

    assert_eq!(other.under_way().unwrap(), Some(run));
    assert!(matches!(other.lock(), Err(LedgerError::Locked(Some(running))) if running == run));
    drop(lock);
    assert_eq!(other.under_way().unwrap(), None, "a crash leaves the row behind, not the lock");
    let schedule = Schedule::every(std::time::Duration::from_mins(20));
    let status = desk::status(&other, schedule, None, march()).unwrap();
    assert!(status.to_string().contains("N/A"), "{status}");
}

#[test]
fn counts_are_as_they_were_once_the_details_are_gone() {
    let place = Place::new();
    let ledger = place.open();
    let old = begin(&ledger, march());
    decide_all(&ledger, old, 0..=2_499, "Nord");
    conclude(&ledger, old, 0, 70);
    ledger.write(|tx| tx.count_unchanged(old, Kind::Company, 40)).unwrap();
    // A crash: the next run closes it.
    let next = begin(&ledger, march());
    close(&ledger, next, RunState::Completed, march());
    let recent = begin(&ledger, july());
    decide(&ledger, recent, 1, "Nord");
    conclude(&ledger, recent, 1, 71);
    close(&ledger, recent, RunState::Completed, july());
    let before = ledger.read(|tx| tx.report(old)).unwrap();

    let erased = ledger.erase_old(july(), NINETY_DAYS).unwrap();

    assert_eq!(erased, 2_500);
    let after = ledger.read(|tx| tx.report(old)).unwrap();
    assert_eq!((after.accounts.total(), &after), (2_540, &before));
    let listed = desk::runs(&ledger).unwrap().0;
    assert_eq!(listed.iter().map(|run| run.written).collect::<Vec<_>>(), [1, 0, 1]);
    let old = Records::of(&ledger, old, Selection::All).unwrap();
    assert_eq!(old.erased, Some(july()));
    assert!(ledger.read(|tx| tx.history(Kind::Company, account(5))).unwrap().is_empty());
    assert_eq!(counted(&ledger, recent, Outcome::Linked), 1);
    assert_eq!(Records::of(&ledger, recent, Selection::All).unwrap().erased, None);
    assert_eq!(ledger.erase_old(july(), NINETY_DAYS).unwrap(), 0, "once is enough");
}

#[test]
fn details_go_portion_by_portion() {
    let place = Place::new();
    let ledger = place.open();
    let run = begin(&ledger, march());
    decide_all(&ledger, run, 1..=5, "Nord");
    close(&ledger, run, RunState::Completed, march());
    let portion = || {
        let old = ledger.read(|tx| tx.with_details_before(july())).unwrap();
        old.map(|run| ledger.write(|tx| tx.erase_details(run, july(), 2)).unwrap())
    };

    let portions = [portion(), portion(), portion(), portion()];

    assert_eq!(portions, [Some(2), Some(2), Some(1), None]);
}

#[test]
fn what_is_forgotten_is_in_no_file_any_more() {
    let place = Place::new();
    let ledger = place.open();
    for (number, name) in [(1, "Zebedee Lindqvist Partners"), (2, "Someone Else Limited")] {
        let run = begin(&ledger, march());
        decide(&ledger, run, number, name);
        close(&ledger, run, RunState::Failed, march());
    }
    let run = begin(&ledger, march());
    decide(&ledger, run, 1, "Zebedee Lindqvist Partners");
    conclude(&ledger, run, 1, 70);
    close(&ledger, run, RunState::Completed, march());
    assert!(place.holds("Zebedee") && place.holds("Bonn on Rhine"));

    let forgotten = desk::forget(&ledger, RecordId::Autotask(Kind::Company, 70)).unwrap();

    assert!(!place.holds("Zebedee") && !place.holds("Bonn on Rhine"));
    assert!(place.holds("Someone Else"), "others are not forgotten");
    assert_eq!((forgotten.erased.decisions, forgotten.autotask_id), (2, Some(70)));
    let history = ledger.read(|tx| tx.history(Kind::Company, account(1))).unwrap();
    assert_eq!(history.len(), 2, "that it was decided on stays");
    assert_eq!(counted(&ledger, run, Outcome::Linked), 1);
}

#[test]
fn a_run_under_way_is_not_robbed_of_what_it_is_about_to_write() {
    let place = Place::new();
    let (ledger, other) = (place.open(), place.open());
    let lock = ledger.lock().unwrap();
    let run = begin(&ledger, march());
    decide(&ledger, run, 1, "Nord GmbH");

    let forgotten = desk::forget(&other, RecordId::Salesforce(account(1))).unwrap();

    assert_eq!((forgotten.erased.decisions, forgotten.erased.left_to), (0, Some(run)));
    assert!(forgotten.to_string().contains("ask again"), "{forgotten}");
    let open = ledger.read(|tx| tx.next_open(run, Kind::Company, None, 9)).unwrap().decisions;
    assert!(!open[0].draft.fields.is_empty());
    drop(lock);
}

#[test]
fn what_a_person_took_apart_stays_so_whatever_a_run_noticed_at_the_same_time() {
    let place = Place::new();
    let ledger = place.open();
    ledger.write(|tx| tx.link(Kind::Company, &link(1, 70))).unwrap();
    let run = begin(&ledger, march());
    ledger.write(|tx| tx.mirror(run, Kind::Company, &carrying(1, 70))).unwrap();
    // The run sees the field cleared before the command gets to say so, and then is held by the guard.
    ledger.write(|tx| tx.unmap(Some(run), Kind::Company, account(1), march())).unwrap();

    let apart = ledger.write(|tx| tx.take_apart(Kind::Company, account(1), 70, march())).unwrap();
    close(&ledger, run, RunState::AwaitingApproval, march());

    assert!(apart);
    assert_eq!(ledger.read(|tx| tx.link_of(Kind::Company, account(1))).unwrap(), None);
    let standing = ledger.read(|tx| tx.standing(Kind::Company, account(1))).unwrap();
    assert_eq!(standing.unmapped[0].autotask_id, 70);
    let mirrored = ledger.read(|tx| tx.mirrored(Kind::Company, 70)).unwrap().unwrap();
    assert_eq!(mirrored.holds.id(), None, "nobody takes it for linked");
}

#[test]
fn a_pair_that_has_become_another_meanwhile_is_not_taken_apart() {
    let place = Place::new();
    let ledger = place.open();
    ledger.write(|tx| tx.link(Kind::Company, &link(1, 71))).unwrap();

    let apart = ledger.write(|tx| tx.take_apart(Kind::Company, account(1), 70, march())).unwrap();

    assert!(!apart);
    assert_eq!(ledger.read(|tx| tx.link_of(Kind::Company, account(1))).unwrap(), Some(71));
}

fn binding(organization: u32, database: u32) -> Binding {
    Binding {
        organization: Some(format!("00D{organization:012}AAA")),
        database: Some(format!("database {database}")),
    }
}

/// A ledger that has served an organization and a database.
fn serving(place: &Place) -> (importer::sqlite::Ledger, RunId) {
    let ledger = place.open();
    let run = begin(&ledger, march());
    decide(&ledger, run, 1, "Nord");
    conclude(&ledger, run, 1, 70);
    ledger
        .write(|tx| {
            tx.bind(binding(1, 1).organization.unwrap().parse().unwrap(), "database 1")?;
            tx.remember_pages(&Pages {
                autotask: Some("https://ww2".to_owned()),
                salesforce: None,
            })?;
            tx.mirror(run, Kind::Company, &carrying(1, 70))?;
            tx.choose(Kind::Company, account(2), Some(71))?;
            tx.await_parent(account(3), Some(account(4)))?;
            tx.link(Kind::Company, &link(5, 75))?;
            tx.unmap(None, Kind::Company, account(5), march())?;
            tx.approve(importer::domain::guard::Extent::default(), march())
        })
        .unwrap();
    close(&ledger, run, RunState::Completed, march());
    (ledger, run)
}

#[test]
fn nothing_that_holds_an_id_survives_a_rebinding() {
    let place = Place::new();
    let (ledger, run) = serving(&place);

    let dropped = ledger.write(|tx| tx.rebind(&binding(1, 2), false, july())).unwrap();

    assert_eq!(
        (dropped.links, dropped.unmapped, dropped.chosen, dropped.parents, dropped.mirrored),
        (1, 1, 1, 1, 1)
    );
    assert_eq!(ledger.read(|tx| tx.contents()).unwrap(), importer::sqlite::Contents::default());
    assert_eq!(ledger.read(|tx| tx.approved(march())).unwrap(), None);
    assert_eq!(ledger.read(|tx| tx.pages()).unwrap(), Pages::default());
    assert_eq!(ledger.read(|tx| tx.binding()).unwrap(), binding(1, 2));
    assert!(ledger.read(|tx| tx.serves("database 1")).is_err());
    assert_eq!(counted(&ledger, run, Outcome::Linked), 1, "old runs stay listed");
    assert_eq!(ledger.read(|tx| tx.last_foreign_run()).unwrap(), Some(run));
    assert_eq!(ledger.read(|tx| tx.decided_at(Kind::Company, 70)).unwrap(), None);
}

#[test]
fn links_are_kept_only_if_somebody_says_that_ids_are_the_same() {
    let place = Place::new();
    let (ledger, _) = serving(&place);

    ledger.write(|tx| tx.rebind(&binding(2, 1), true, july())).unwrap();

    assert_eq!(ledger.read(|tx| tx.link_of(Kind::Company, account(1))).unwrap(), Some(70));
    assert_eq!(ledger.read(|tx| tx.approved(march())).unwrap(), None);
    assert_eq!(ledger.read(|tx| tx.last_foreign_run()).unwrap(), None);
    assert_eq!(ledger.read(|tx| tx.binding()).unwrap(), binding(2, 1));
}

#[test]
fn values_that_were_replaced_are_listed_in_each_form() {
    let place = Place::new();
    let ledger = place.open();
    let run = begin(&ledger, march());
    decide(&ledger, run, 1, "Nord");
    conclude(&ledger, run, 1, 70);
    decide(&ledger, run, 2, "Süd");
    close(&ledger, run, RunState::Completed, march());
    let records = Records::of(&ledger, run, Selection::Overwritten).unwrap();
    let (mut text, mut csv) = (Vec::new(), Vec::new());

    records.write_text(&mut text).unwrap();
    records.write_csv(&mut csv).unwrap();
    let json = serde_json::to_value(&records).unwrap();

    let id = account(1);
    assert_eq!(
        String::from_utf8(text).unwrap(),
        format!("account {id} → 70 city: \"Bonn on Rhine\" became \"Kiel\"\n")
    );
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        format!(
            "kind,salesforce_id,autotask_id,field,was,now\r\naccount,{id},70,city,\"Bonn on Rhine\",\"Kiel\"\r\n"
        )
    );
    assert_eq!(json["overwritten"].as_array().unwrap().len(), 1);
    assert_eq!(json["overwritten"][0]["now"], "Kiel");
}

#[test]
fn a_search_looks_at_some_records_at_a_time_and_finds_them_all() {
    let place = Place::new();
    let ledger = place.open();
    let run = begin(&ledger, march());
    decide_all(&ledger, run, 1..=45_000, "Nord");
    decide_all(&ledger, run, 100..=105, "Süd");
    decide(&ledger, run, 44_999, "Süd");
    ledger.write(|tx| tx.end_as_planned(run)).unwrap();

    let filter = Filter { outcome: Some(Outcome::Created), text: "no autotask company is süd" };
    let mut after = None;
    let mut pages = Vec::new();
    loop {
        let page = ledger.read(|tx| tx.filtered(run, filter, after, 4)).unwrap();
        pages.push(page.records.len());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    // Four at a time, then as far as one search goes, and again: the last one is almost at the end.
    assert_eq!(pages, [4, 2, 0, 1]);
    let mut found = Vec::new();
    let records = Records::of(&ledger, run, Selection::All).unwrap();
    records
        .mentioning("is Süd".to_owned())
        .for_each(|record| {
            found.push(record.salesforce_id);
            Ok::<_, LedgerError>(())
        })
        .unwrap();
    let expected: Vec<_> = (100..=105).chain([44_999]).map(account).collect();
    assert_eq!(found, expected);
    // Without a text there is nothing to search: each page is full.
    let all = Filter::default();
    let page = ledger.read(|tx| tx.filtered(run, all, None, 30_000)).unwrap();
    assert_eq!((page.records.len(), page.next.is_some()), (30_000, true));
}
