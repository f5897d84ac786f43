//! Runs: begun, closed, counted.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::handover::ENDED_BEFORE;
use super::{LedgerError, Tx};
use crate::domain::decision::Outcome;
use crate::domain::ids::RunId;
use crate::domain::model::Kind;
use crate::domain::report::{Counts, Read, Requests, RunReport, RunState};

impl Tx<'_> {
    /// The run that has not ended.
    pub fn running(&self) -> Result<Option<RunId>, LedgerError> {
        let sql = "SELECT max(id) FROM run WHERE state = ?1";
        Ok(self.0.query_row(sql, (RunState::Running.name(),), |row| row.get(0))?)
    }

    /// When the last import began; plans do not count.
    pub fn last_import(&self) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT max(started) FROM run WHERE state <> ?1";
        let started: Option<String> =
            self.0.query_row(sql, (RunState::Planned.name(),), |row| row.get(0))?;
        Ok(started.and_then(|text| text.parse().ok()))
    }

    /// Closes runs that a crash left open, and begins a new one. To be called by whoever holds the lock.
    pub fn begin_run(&self, now: Timestamp) -> Result<RunId, LedgerError> {
        while let Some(run) = self.running()? {
            let why = "the process ended before the run did";
            // When its last create was sent is not known; it may have been just now.
            self.0.execute("UPDATE intent SET sent = ?2 WHERE run = ?1", (run, now.to_string()))?;
            self.close_run(run, RunState::Interrupted, now, Requests::default(), &[], Some(why))?;
        }
        self.0.execute(
            "INSERT INTO run (state, started) VALUES (?1, ?2)",
            (RunState::Running.name(), now.to_string()),
        )?;
        Ok(RunId(self.0.last_insert_rowid()))
    }

    /// Closes a run. What it had decided and not yet carried out waits for the next, which goes on with it where it was
    /// handed over, and else reads it again; pairs that it found taken apart count only if the guard let it go on,
    /// else the next run finds them again.
    pub fn close_run(
        &self,
        run: RunId,
        state: RunState,
        now: Timestamp,
        requests: Requests,
        warnings: &[String],
        failure: Option<&str>,
    ) -> Result<(), LedgerError> {
        let passed = "SELECT passed_guard FROM run WHERE id = ?1";
        let passed: bool = self.0.query_row(passed, (run,), |row| row.get(0))?;
        let hands_over = self.hands_over(run)?;
        if hands_over && passed {
            self.settle_waiting(run, now)?;
        }
        self.0.execute(
            "UPDATE decision SET outcome = ?2, draft = iif(?3, draft, NULL), reason = ?4 || reason
             WHERE run = ?1 AND outcome IS NULL",
            (run, Outcome::Deferred.name(), hands_over, ENDED_BEFORE),
        )?;
        if !matches!(state, RunState::Completed | RunState::CompletedWithErrors) {
            self.ask_again(run)?;
        }
        if !passed {
            self.undo_unmapping(run)?;
        }
        self.0.execute(
            "UPDATE run SET state = ?2, ended = ?3, salesforce_requests = ?4, autotask_requests = ?5,
                            warnings = ?6, failure = ?7
             WHERE id = ?1",
            (
                run,
                state.name(),
                now.to_string(),
                requests.salesforce.cast_signed(),
                requests.autotask.cast_signed(),
                serde_json::to_string(warnings)?,
                failure,
            ),
        )?;
        Ok(())
    }

    /// Ends all that a run has decided as if it had been carried out.
    pub fn end_as_planned(&self, run: RunId) -> Result<(), LedgerError> {
        let sql = "UPDATE decision SET outcome = planned WHERE run = ?1 AND outcome IS NULL";
        self.0.execute(sql, (run,))?;
        Ok(())
    }

    /// How many records of a kind ended with each outcome.
    pub fn counts(&self, run: RunId, kind: Kind) -> Result<Counts, LedgerError> {
        if let Some(kept) = self.kept_counts(run, kind)? {
            return Ok(kept);
        }
        let mut counts = Counts::default();
        let unchanged: Option<i64> = self
            .0
            .query_row(
                "SELECT records FROM unchanged WHERE run = ?1 AND kind = ?2",
                (run, kind),
                |row| row.get(0),
            )
            .optional()?;
        counts.add(Outcome::Unchanged, unchanged.unwrap_or(0).cast_unsigned());
        // SQLite would sort them all to group them, in as much memory as its cache may take.
        let mut statement = self.0.prepare_cached(
            "SELECT outcome FROM decision WHERE run = ?1 AND kind = ?2 AND outcome IS NOT NULL",
        )?;
        let mut rows = statement.query((run, kind))?;
        while let Some(row) = rows.next()? {
            let name = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            if let Some(outcome) = Outcome::from_name(name) {
                counts.add(outcome, 1);
            }
        }
        Ok(counts)
    }

    /// The report of a run.
    pub fn report(&self, run: RunId) -> Result<RunReport, LedgerError> {
        let moment = |text: Option<String>| {
            text.and_then(|text| text.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH)
        };
        let (state, started, ended, requests, warnings, failure, read) = self.0.query_row(
            "SELECT state, started, ended, salesforce_requests, autotask_requests, warnings, failure,
                    accounts_read, contacts_read, deleted
             FROM run WHERE id = ?1",
            (run,),
            |row| {
                let requests = Requests {
                    salesforce: row.get::<_, i64>(3)?.cast_unsigned(),
                    autotask: row.get::<_, i64>(4)?.cast_unsigned(),
                };
                let state: String = row.get(0)?;
                let warnings: String = row.get(5)?;
                let number = |place| Ok::<_, rusqlite::Error>(row.get::<_, i64>(place)?.cast_unsigned());
                let read = Read { accounts: number(7)?, contacts: number(8)?, deleted: number(9)? };
                Ok((state, row.get(1)?, row.get(2)?, requests, warnings, row.get(6)?, read))
            },
        )?;
        Ok(RunReport {
            run,
            state: RunState::from_name(&state).unwrap_or(RunState::Running),
            started: moment(started),
            ended: moment(ended),
            accounts: self.counts(run, Kind::Company)?,
            contacts: self.counts(run, Kind::Contact)?,
            read,
            requests,
            warnings: serde_json::from_str(&warnings)?,
            failure,
        })
    }
}
