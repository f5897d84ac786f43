//! What becomes of details as time passes, or when somebody asks: they go, the counts stay (rule R9).

use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{Ledger, LedgerError, Tx};
use crate::domain::decision::Outcome;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Kind;
use crate::domain::report::{Counts, RunState};

/// Decisions erased in one transaction.
const PORTION: u32 = 1_000;

/// Portions erased at the end of one import. What is left then is the next one's.
const PORTIONS: u32 = 200;

/// What stands in the place of a reason that was erased.
const ERASED: &str = "erased on request";

/// What was erased about a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Decisions that keep no values any more.
    pub decisions: u64,
    /// A run under way that has decided about the record, and was left alone.
    pub left_to: Option<RunId>,
}

impl Ledger {
    /// Erases the details of runs that ended too long ago: portion by portion, so that nobody else waits long. Returns
    /// how many decisions went.
    pub fn erase_old(&self, now: Timestamp, keep_for: SignedDuration) -> Result<u64, LedgerError> {
        let Ok(moment) = now.checked_sub(keep_for) else { return Ok(0) };
        let mut erased = 0;
        for _ in 0..PORTIONS {
            let Some(run) = self.read(|tx| tx.with_details_before(moment))? else { break };
            erased += self.write(|tx| tx.erase_details(run, now, PORTION))?;
        }
        Ok(erased)
    }

    /// Erases what runs kept of a record's values (rule R9), in the file too: what is deleted there is overwritten.
    pub fn forget(&self, kind: Kind, id: SalesforceId) -> Result<Erased, LedgerError> {
        let under_way = self.under_way()?;
        let erased = self.write(|tx| tx.erase_details_of(kind, id, under_way))?;
        // Pages as they were before are in the log of changes until that is written back.
        let folded: Result<i64, _> =
            self.connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0));
        if !matches!(folded, Ok(0)) {
            tracing::debug!("the log of changes is in use, and written back later");
        }
        Ok(erased)
    }
}

impl Tx<'_> {
    /// Keeps the counts of all runs that have ended.
    pub fn keep_counts(&self) -> Result<(), LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id FROM run WHERE state <> ?1 AND NOT EXISTS (SELECT 1 FROM kept_run WHERE kept_run.run = run.id)
             ORDER BY id",
        )?;
        let runs = statement.query_map((RunState::Running.name(),), |row| row.get(0))?;
        let runs: Vec<RunId> = runs.collect::<Result<_, _>>()?;
        let mut keep =
            self.0.prepare_cached("INSERT OR REPLACE INTO kept_count VALUES (?1, ?2, ?3, ?4)")?;
        for run in runs {
            for kind in [Kind::Company, Kind::Contact] {
                let counts = self.counts(run, kind)?;
                for outcome in Outcome::ALL {
                    let records = counts.of(outcome).cast_signed();
                    if records > 0 {
                        keep.execute((run, kind, outcome.name(), records))?;
                    }
                }
            }
            self.0.execute("INSERT INTO kept_run VALUES (?1, NULL)", (run,))?;
        }
        Ok(())
    }

    /// The counts of a run, if they are kept apart from its details.
    pub(super) fn kept_counts(
        &self,
        run: RunId,
        kind: Kind,
    ) -> Result<Option<Counts>, LedgerError> {
        let kept = "SELECT 1 FROM kept_run WHERE run = ?1";
        if !self.0.prepare_cached(kept)?.exists((run,))? {
            return Ok(None);
        }
        let sql = "SELECT outcome, records FROM kept_count WHERE run = ?1 AND kind = ?2";
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query((run, kind))?;
        let mut counts = Counts::default();
        while let Some(row) = rows.next()? {
            let (name, records): (String, i64) = (row.get(0)?, row.get(1)?);
            if let Some(outcome) = Outcome::from_name(&name) {
                counts.add(outcome, records.cast_unsigned());
            }
        }
        Ok(Some(counts))
    }

    /// When the details of a run went, if they did.
    pub fn details_erased(&self, run: RunId) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT erased FROM kept_run WHERE run = ?1";
        let erased: Option<Option<String>> =
            self.0.prepare_cached(sql)?.query_row((run,), |row| row.get(0)).optional()?;
        Ok(erased.flatten().and_then(|text| text.parse().ok()))
    }

    /// The oldest run that ended before a moment, has details, and whose counts are kept apart from them.
    pub fn with_details_before(&self, moment: Timestamp) -> Result<Option<RunId>, LedgerError> {
        let oldest = "SELECT run.id FROM kept_run JOIN run ON run.id = kept_run.run
                      WHERE kept_run.erased IS NULL AND run.ended < ?1 ORDER BY kept_run.run LIMIT 1";
        let mut statement = self.0.prepare_cached(oldest)?;
        Ok(statement.query_row((moment.to_string(),), |row| row.get(0)).optional()?)
    }

    /// Erases up to so many decisions of a run whose counts are kept. Returns how many there were.
    pub fn erase_details(&self, run: RunId, now: Timestamp, most: u32) -> Result<u64, LedgerError> {
        // Without its decisions, how far it had read is nothing to go on from.
        if self.hands_over(run)? {
            self.hand_over(None)?;
        }
        let portion = "DELETE FROM decision WHERE run = ?1 AND (kind, salesforce_id) IN
                       (SELECT kind, salesforce_id FROM decision WHERE run = ?1 LIMIT ?2)";
        let erased = self.0.prepare_cached(portion)?.execute((run, most))? as u64;
        if erased < u64::from(most) {
            let done = "UPDATE kept_run SET erased = ?2 WHERE run = ?1";
            self.0.execute(done, (run, now.to_string()))?;
            self.0.execute("DELETE FROM unchanged WHERE run = ?1", (run,))?;
        }
        Ok(erased)
    }

    /// Erases what runs kept of a record: reasons, remarks, values, drafts, digests of its key. That it was decided
    /// on stays. The run under way still works with what it decided, so that is left alone.
    fn erase_details_of(
        &self,
        kind: Kind,
        id: SalesforceId,
        under_way: Option<RunId>,
    ) -> Result<Erased, LedgerError> {
        self.forget_telling(kind, id)?;
        // The next import would have gone on with it, and has to read it again.
        if self.is_handed_over(kind, id)? {
            self.wake(kind, id, ERASED)?;
        }
        let decisions = self.0.execute(
            "UPDATE decision SET reason = ?4, detail = NULL, draft = NULL, name = 0, key = 0, claims = 0
             WHERE run IN (SELECT id FROM run WHERE id IS NOT ?3) AND kind = ?1 AND salesforce_id = ?2",
            (kind, id, under_way, ERASED),
        )?;
        // Should it be restored, it is recognised by its Autotask record.
        let ended = "UPDATE ended SET account = NULL, key = NULL, base = NULL
                     WHERE kind = ?1 AND salesforce_id = ?2";
        self.0.execute(ended, (kind, id))?;
        let waits = "UPDATE waiting SET reason = ?3 WHERE kind = ?1 AND salesforce_id = ?2";
        self.0.execute(waits, (kind, id, ERASED))?;
        let sql = "SELECT 1 FROM decision WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3";
        let left_to = match under_way {
            Some(run) if self.0.prepare_cached(sql)?.exists((run, kind, id))? => Some(run),
            _ => None,
        };
        Ok(Erased { decisions: decisions as u64, left_to })
    }
}
