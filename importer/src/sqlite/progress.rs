//! How far the run under way is, for whoever asks from another process (rule S5).
//!
//! The run's observer writes it down, at most once a second. It is told for information only: what goes wrong here
//! is passed over, and nothing waits for it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, TransactionBehavior};
use serde::Serialize;

use super::{Ledger, LedgerError, Tx};
use crate::domain::budget::Budget;
use crate::domain::ids::RunId;
use crate::domain::report::Requests;
use crate::ports::{Observer, Phase, Ports};
use crate::progress::title;

/// The least time between two notes, but for the beginning of a phase.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What it is busy with.
    pub phase: String,
    /// Since when.
    pub since: Timestamp,
    /// Records of the phase that are done with.
    pub done: u64,
    /// All of them, where that is known.
    pub total: Option<u64>,
    /// Requests of the run so far.
    pub requests: Requests,
    /// When this was noted.
    pub updated: Timestamp,
}

impl Tx<'_> {
    /// How far a run is, as it noted last.
    pub fn progress(&self, run: RunId) -> Result<Option<Progress>, LedgerError> {
        let sql =
            "SELECT phase, since, done, total, salesforce_requests, autotask_requests, updated
                   FROM progress WHERE run = ?1";
        let moment = |text: String| text.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let progress = self.0.prepare_cached(sql)?.query_row((run,), |row| {
            Ok(Progress {
                phase: row.get(0)?,
                since: moment(row.get(1)?),
                done: row.get::<_, i64>(2)?.cast_unsigned(),
                total: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
                requests: Requests {
                    salesforce: row.get::<_, i64>(4)?.cast_unsigned(),
                    autotask: row.get::<_, i64>(5)?.cast_unsigned(),
                },
                updated: moment(row.get(6)?),
            })
        });
        Ok(progress.optional()?)
    }

    /// Notes how far the run that has not ended is.
    fn note_progress(&self, progress: &Progress) -> Result<(), LedgerError> {
        let Some(run) = self.running()? else { return Ok(()) };
        self.0
            .prepare_cached(
                "INSERT OR REPLACE INTO progress VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                run,
                &progress.phase,
                progress.since.to_string(),
                progress.done.cast_signed(),
                progress.total.map(u64::cast_signed),
                progress.requests.salesforce.cast_signed(),
                progress.requests.autotask.cast_signed(),
                progress.updated.to_string(),
            ))?;
        Ok(())
    }
}

/// Notes a run's progress in the ledger, and passes on what it is told.
pub struct Recorder {
    ledger: Arc<Ledger>,
    ports: Ports,
    state: Mutex<State>,
}

struct State {
    progress: Progress,
    /// What had been asked before the run began.
    before: Requests,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// A recorder for runs with these ports, whose observer is told everything too.
    pub fn new(ledger: Arc<Ledger>, ports: Ports) -> Self {
        let progress = Progress {
            phase: String::new(),
            since: Timestamp::UNIX_EPOCH,
            done: 0,
            total: None,
            requests: Requests::default(),
            updated: Timestamp::UNIX_EPOCH,
        };
        let state = Mutex::new(State { progress, before: Requests::default() });
        Self { ledger, ports, state }
    }

    fn requests(&self) -> Requests {
        let Ports { source, target, .. } = &self.ports;
        Requests { salesforce: source.requests(), autotask: target.requests() }
    }

    fn note(&self, state: &mut State, now: Timestamp) {
        let requests = self.requests();
        state.progress.requests = Requests {
            salesforce: requests.salesforce.saturating_sub(state.before.salesforce),
            autotask: requests.autotask.saturating_sub(state.before.autotask),
        };
        state.progress.updated = now;
        if let Err(error) = self.ledger.note(&state.progress) {
            tracing::debug!(%error, "the progress cannot be noted");
        }
    }
}

impl Ledger {
    /// Notes the progress, unless the ledger is in use at this moment: then the next note tells more.
    fn note(&self, progress: &Progress) -> Result<(), LedgerError> {
        let mut connection = match self.connection.try_lock() {
            Ok(connection) => connection,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        let tx = Tx(connection.transaction_with_behavior(TransactionBehavior::Immediate)?);
        tx.note_progress(progress)?;
        Ok(tx.0.commit()?)
    }
}

impl Observer for Recorder {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        {
            let now = self.ports.clock.now();
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if phase == Phase::Connecting {
                state.before = self.requests();
            }
            let progress = &mut state.progress;
            title(phase).clone_into(&mut progress.phase);
            (progress.since, progress.done, progress.total) = (now, 0, total);
            self.note(&mut state, now);
        }
        self.ports.observer.phase(phase, total);
    }

    fn advance(&self, records: u64) {
        {
            let now = self.ports.clock.now();
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.progress.done += records;
            if now.duration_since(state.progress.updated) >= PAUSE {
                self.note(&mut state, now);
            }
        }
        self.ports.observer.advance(records);
    }

    fn budget(&self, budget: &Budget) {
        self.ports.observer.budget(budget);
    }

    fn waits(&self, pause: Duration) {
        self.ports.observer.waits(pause);
    }
}
