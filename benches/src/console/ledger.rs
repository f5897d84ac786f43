//! A ledger as a large account has it after many runs: written row by row, as nobody wants to wait for the imports.

use std::path::Path;

use importer::ports::Clock;
use importer::system_clock::SystemClock;
use jiff::SignedDuration;
use mock_salesforce::{generated_account_id, generated_contact_id};
use rusqlite::{Connection, params};

use crate::Failure;

/// The generator's records begin at 0; those of the ledger are others.
const FIRST: u64 = 10_000_000;

/// Records that a later run decided on.
const CHANGED: u64 = 60;

/// Records that wait, for each outcome.
const WAITING: [(&str, &str, u64); 4] =
    [("held", "C3", 300), ("refused", "C8", 5_000), ("deferred", "K3", 5_000), ("gone", "U4", 200)];

/// Pairs that are taken apart.
const APART: u64 = 500;

/// Some of what is in the ledger, to ask for.
pub(super) struct Known {
    first: String,
    held: String,
    runs: u64,
}

impl Known {
    /// The addresses that are measured.
    pub(super) fn pages(&self) -> Vec<String> {
        let Self { first, held, runs } = self;
        let fixed = [
            "/",
            "/runs",
            "/attention",
            "/attention/held",
            "/attention/refused",
            "/mapping",
            "/notifications",
            "/settings",
            "/metrics",
            "/api/v1/status",
            "/api/v1/runs",
            "/api/v1/attention",
        ];
        let named = [
            "/runs/1".to_owned(),
            "/runs/1?outcome=held".to_owned(),
            "/runs/1?text=names%20a%20resource".to_owned(),
            format!("/runs/{runs}"),
            format!("/record?id={first}"),
            format!("/record?id={held}"),
            "/api/v1/runs/1/records?limit=500".to_owned(),
        ];
        fixed.into_iter().map(str::to_owned).chain(named).collect()
    }
}

/// A record of either kind: one account, then three contacts of it.
fn record(number: u64) -> (i64, String) {
    let index = FIRST + number / 4;
    if number.is_multiple_of(4) {
        (0, generated_account_id(index))
    } else {
        (1, generated_contact_id(FIRST + number))
    }
}

/// Fills a new ledger.
pub(super) fn fill(file: &Path, links: u64, runs: u64) -> Result<Known, Failure> {
    let mut connection = Connection::open(file)?;
    let tx = connection.transaction()?;
    {
        let mut link =
            tx.prepare("INSERT INTO link VALUES (?1, ?2, ?3, NULL, ?4, zeroblob(180))")?;
        let mut mirror = tx.prepare("INSERT INTO mirror VALUES (?1, ?2, 0, ?3, ?3, 2, ?4, 1)")?;
        let mut decision = tx.prepare(
            "INSERT INTO decision VALUES (?1, ?2, ?3, ?4, ?4, 'C1', 'no Autotask company has its key', ?5,
                 NULL, NULL, NULL, NULL, 0, ?6, ?6, NULL, '{}')",
        )?;
        let mut waiting = tx.prepare(
            "INSERT INTO waiting VALUES (?1, ?2, ?3, ?4, ?5, NULL, NULL, ?6, ?6, 1, NULL, 0, 0)",
        )?;
        let mut unmapped = tx.prepare(
            "INSERT INTO unmapped VALUES (?1, ?2, ?3, ?3, '2026-01-01T00:00:00Z', NULL, NULL, x'')",
        )?;
        for number in 0..links {
            let ((kind, id), target) = (record(number), (1_000 + number).cast_signed());
            link.execute(params![kind, id, target, target])?;
            mirror.execute(params![kind, target, target, id])?;
            decision.execute(params![1, kind, id, "created", target, target])?;
        }
        let mut number = links;
        for (outcome, rule, records) in WAITING {
            for nth in 0..records {
                let (kind, id) = record(number);
                let reason = format!("its owner names a resource that is not there ({})", nth % 40);
                waiting.execute(params![kind, id, outcome, rule, reason, number.cast_signed()])?;
                decision.execute(params![
                    1,
                    kind,
                    id,
                    outcome,
                    None::<i64>,
                    number.cast_signed()
                ])?;
                number += 1;
            }
        }
        for _ in 0..APART {
            let (kind, id) = record(number);
            unmapped.execute(params![kind, id, number.cast_signed()])?;
            number += 1;
        }
        for run in 2..=runs {
            for nth in 0..CHANGED {
                let changed = (run * 7_919 + nth * 104_729) % links.max(1);
                let ((kind, id), target) = (record(changed), (1_000 + changed).cast_signed());
                let values = params![run.cast_signed(), kind, id, "updated", target, target];
                decision.execute(values)?;
            }
        }
    }
    history(&tx, links, runs)?;
    tx.commit()?;
    connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")?;
    let held = record(links).1;
    Ok(Known { first: record(0).1, held, runs })
}

/// The runs, twenty minutes apart, and how they counted.
fn history(tx: &Connection, links: u64, runs: u64) -> Result<(), Failure> {
    let mut run = tx.prepare(
        "INSERT INTO run (id, state, started, ended, salesforce_requests, autotask_requests, accounts_read,
             contacts_read) VALUES (?1, 'completed', ?2, ?3, 4, 9, ?4, ?4)",
    )?;
    let mut count = tx.prepare("INSERT INTO kept_count VALUES (?1, ?2, ?3, ?4)")?;
    let mut kept = tx.prepare("INSERT INTO kept_run VALUES (?1, NULL)")?;
    let all = SignedDuration::from_mins(20 * i64::try_from(runs)?);
    let first = SystemClock.now().saturating_sub(all)?;
    for number in 1..=runs {
        let began = first.saturating_add(SignedDuration::from_mins(20 * i64::try_from(number)?))?;
        let ended = began.saturating_add(SignedDuration::from_secs(40))?;
        let id = number.cast_signed();
        let (outcome, records) =
            if number == 1 { ("created", links) } else { ("updated", CHANGED) };
        run.execute(params![id, began.to_string(), ended.to_string(), records.cast_signed() / 2])?;
        for kind in [0, 1] {
            count.execute(params![id, kind, outcome, records.cast_signed() / 2])?;
        }
        kept.execute([id])?;
    }
    Ok(())
}
