//! The outbox, on the real SQLite: what waits, for how long, and what is left of it afterwards (rule N5).

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the methods themselves are not general enough in their lifetimes"
)]

use importer::domain::recipients::Addressee;
use importer::sqlite::{Ledger, Outgoing, Parcel, Route};
use jiff::{SignedDuration, Timestamp, ToSpan};

fn ledger() -> (Ledger, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Ledger::open(&folder.path().join("importer.db")).unwrap(), folder)
}

fn begin() -> Timestamp {
    "2026-03-01T09:00:00Z".parse().unwrap()
}

fn after(span: SignedDuration) -> Timestamp {
    begin().checked_add(span).unwrap()
}

fn mail(id: &str, to: &[&str]) -> Outgoing {
    let addressee = |email: &&str| Addressee { name: String::new(), email: (*email).to_owned() };
    Outgoing {
        message_id: id.to_owned(),
        route: Route::Mail,
        addressees: to.iter().map(addressee).collect(),
    }
}

fn post(ledger: &Ledger, mails: &[Outgoing], now: Timestamp) {
    ledger.write(|tx| tx.post("{\"secret\":\"of the letter\"}", mails, now)).unwrap();
}

fn next(ledger: &Ledger, now: Timestamp) -> Option<Parcel> {
    ledger.write(|tx| tx.next_parcel(now)).unwrap()
}

fn waiting(ledger: &Ledger) -> u64 {
    ledger.write(|tx| tx.queue()).unwrap().waiting
}

/// All that the ledger's files hold, as far as it is text.
fn written(folder: &tempfile::TempDir) -> String {
    let connection = rusqlite::Connection::open(folder.path().join("importer.db")).unwrap();
    let mut text = String::new();
    for sql in ["SELECT letter FROM message", "SELECT addressees FROM delivery"] {
        let mut statement = connection.prepare(sql).unwrap();
        let mut rows = statement.query(()).unwrap();
        while let Some(row) = rows.next().unwrap() {
            text.push_str(&row.get::<_, String>(0).unwrap());
        }
    }
    text
}

#[test]
fn a_transaction_that_fails_posts_nothing() {
    let (ledger, _folder) = ledger();

    let failed: Result<(), _> = ledger.write(|tx| {
        tx.post("{}", &[mail("a", &["a@example.com"])], begin())?;
        Err(importer::sqlite::LedgerError::TooNew(0))
    });

    assert!(failed.is_err());
    assert_eq!(waiting(&ledger), 0);
}

#[test]
fn an_attempt_that_nothing_more_is_heard_of_is_repeated_later_with_the_same_id() {
    let (ledger, folder) = ledger();
    post(&ledger, &[mail("a", &["a@example.com"])], begin());
    let first = next(&ledger, begin()).unwrap();
    ledger.write(|tx| tx.attempt(first.id, after(SignedDuration::from_mins(1)))).unwrap();
    drop(ledger);

    // The process died while it was sending; another one starts.
    let ledger = Ledger::open(&folder.path().join("importer.db")).unwrap();
    let at_once = next(&ledger, begin());
    let later = next(&ledger, after(SignedDuration::from_mins(1))).unwrap();

    assert_eq!(at_once, None);
    assert_eq!((later.message_id, later.attempts), (first.message_id, 1));
}

#[test]
fn text_and_addresses_are_gone_once_nobody_waits_for_them() {
    let (ledger, folder) = ledger();
    post(&ledger, &[mail("a", &["a@example.com"]), mail("b", &["b@example.com"])], begin());

    let first = next(&ledger, begin()).unwrap();
    ledger.write(|tx| tx.accepted(first.id, begin())).unwrap();
    let halfway = written(&folder);
    let second = next(&ledger, begin()).unwrap();
    ledger.write(|tx| tx.refused(second.id, "550 no", begin())).unwrap();

    assert!(halfway.contains("of the letter") && halfway.contains("b@example.com"));
    assert!(!halfway.contains("a@example.com"), "{halfway}");
    assert_eq!(written(&folder), "[][]");
    assert_eq!(ledger.write(|tx| tx.undelivered()).unwrap(), ["550 no"]);
    assert_eq!(ledger.write(|tx| tx.undelivered()).unwrap(), Vec::<String>::new());
}

#[test]
fn while_a_server_is_down_it_is_asked_for_one_mail_not_for_each() {
    let (ledger, _folder) = ledger();
    for id in ["a", "b", "c"] {
        post(&ledger, &[mail(id, &["a@example.com"])], begin());
    }
    let first = next(&ledger, begin()).unwrap();

    let later = after(SignedDuration::from_mins(4));
    ledger.write(|tx| tx.postpone(first.id, "no connection", later)).unwrap();

    assert_eq!(next(&ledger, after(SignedDuration::from_mins(3))), None);
    assert_eq!(ledger.write(|tx| tx.next_due()).unwrap(), Some(later));
}

#[test]
fn what_is_too_old_or_too_much_is_given_up_and_reported() {
    let (ledger, _folder) = ledger();
    post(&ledger, &[mail("old", &["a@example.com"])], begin());
    let now = begin().checked_add((5 * 24).hours()).unwrap();
    ledger.write(|tx| tx.give_up_old(now)).unwrap();
    let kept_until_then = waiting(&ledger);

    let mails: Vec<_> = (0..1_001).map(|n| mail(&n.to_string(), &["a@example.com"])).collect();
    post(&ledger, &mails, after(SignedDuration::from_hours(5 * 24 + 1)));

    assert_eq!(kept_until_then, 1);
    assert_eq!(waiting(&ledger), 1_000);
    let problems = ledger.write(|tx| tx.undelivered()).unwrap();
    assert!(problems[0].contains("too long") && problems[1].contains("too many"), "{problems:?}");
}

#[test]
fn one_process_sends_at_a_time() {
    let (ledger, folder) = ledger();
    let other = Ledger::open(&folder.path().join("importer.db")).unwrap();

    let mine = ledger.lock_outbox().unwrap();

    assert!(mine.is_some() && other.lock_outbox().unwrap().is_none());
    drop(mine);
    assert!(other.lock_outbox().unwrap().is_some());
}

#[test]
fn nobody_is_told_of_somebody_who_is_forgotten() {
    let (ledger, folder) = ledger();
    let id: importer::domain::ids::SalesforceId = "0035g00000AbCdEAAV".parse().unwrap();
    let letter = format!("{{\"text\":\"- Ada Berg ({id})\"}}");
    ledger.write(|tx| tx.post(&letter, &[mail("a", &["a@example.com"])], begin())).unwrap();
    post(&ledger, &[mail("b", &["b@example.com"])], begin());

    ledger.forget(importer::domain::model::Kind::Contact, id).unwrap();

    assert_eq!(waiting(&ledger), 1);
    assert!(!written(&folder).contains("Ada Berg"));
    assert!(ledger.write(|tx| tx.undelivered()).unwrap()[0].contains("to be forgotten"));
}

#[test]
fn a_mail_to_several_becomes_one_to_each() {
    let (ledger, _folder) = ledger();
    post(&ledger, &[mail("a", &["a@example.com", "b@example.com"])], begin());
    let both = next(&ledger, begin()).unwrap();

    ledger.write(|tx| tx.split(&both, begin())).unwrap();

    let mut found = Vec::new();
    while let Some(one) = next(&ledger, begin()) {
        found.push((one.message_id, one.addressees[0].email.clone(), one.addressees.len()));
        ledger.write(|tx| tx.accepted(one.id, begin())).unwrap();
    }
    let expected = [("1.a", "a@example.com", 1), ("2.a", "b@example.com", 1)];
    assert_eq!(found, expected.map(|(id, to, number)| (id.to_owned(), to.to_owned(), number)));
}
