//! One import, from taking the lock to closing the run.
//!
//! Everything is decided and spooled before the first write (`decide`). Then each batch is looked at again in
//! Autotask, decided anew from what is there at that moment, and carried out (`apply`). A run can be cut off
//! anywhere: what it had decided is decided again by the next, and a create that may have been sent is looked up
//! (`settle`) before it can be sent again.

mod again;
mod apply;
mod connect;
mod decide;
mod deleted;
mod fingerprint;
mod mirror;
mod moved;
mod parents;
mod settings;
mod settle;
mod takeover;
mod write;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::causes;
use crate::domain::decision::Outcome;
use crate::domain::guard::Extent;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::mapping::Mapper;
use crate::domain::model::Kind;
pub use crate::domain::notice::Trigger;
use crate::domain::report::{Requests, RunReport, RunState};
use crate::notify::Audience;
use crate::ports::{Ports, SourceError, TargetError, Window};
use crate::sqlite::{Handover, Ledger, LedgerError, Marks, Tx};

pub use settings::{AccountManager, ImportSettings, OnDelete, OnMove};

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Target(TargetError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{0}")]
    Settings(String),
    #[error("it was asked to stop; the next import goes on from here")]
    Asked,
    #[error(
        "it would create {}, change {} and take apart {} of {linked} linked records; nothing was written. \
         `importer show {run}` lists them, `importer approve {run}` lets the next import do it",
        .extent.created, .extent.updated, .extent.unmapped
    )]
    Guarded { run: RunId, extent: Extent, linked: u64 },
}

impl From<TargetError> for Stop {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Stopped => Self::Asked,
            error => Self::Target(error),
        }
    }
}

impl Stop {
    /// How the run ends.
    fn state(&self) -> RunState {
        match self {
            Self::Source(SourceError::SignInRefused { .. })
            | Self::Target(TargetError::SignInRefused { .. }) => RunState::SignInRefused,
            Self::Asked => RunState::Interrupted,
            Self::Guarded { .. } => RunState::AwaitingApproval,
            _ => RunState::Failed,
        }
    }

    /// The whole chain of causes in one line, with what to do about it where that is known.
    fn explanation(&self) -> String {
        let text = causes::in_one_line(self);
        match self {
            Self::Source(SourceError::SignInRefused { remedy, .. })
            | Self::Target(TargetError::SignInRefused { remedy, .. }) => {
                format!("{text} ({remedy})")
            }
            _ => text,
        }
    }
}

/// Whether a run writes to Autotask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Import,
    /// It ends once everything is decided (rule R7).
    Plan,
}

/// How much a run reads. The first one reads everything, and so does each whose comparison is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// What changed on both sides: the schedule's imports.
    Changes,
    /// What changed in Salesforce, and all of Autotask, so that pairs taken apart are noticed (U1): what a person
    /// launches.
    Sweep,
    /// Both sides in full.
    Full,
}

/// Imports or plans once, as far as it goes. A run that could not go on is a report too; an error means that not
/// even the ledger can say what happened.
pub async fn run(
    ports: &Ports,
    ledger: &Ledger,
    settings: &ImportSettings,
    mode: Mode,
    reading: Reading,
    (trigger, audience): (Trigger, &Audience),
) -> Result<RunReport, LedgerError> {
    let _lock = ledger.lock()?;
    let id = ledger.write(|tx| {
        let now = ports.clock.now();
        let cut_off = tx.running()?;
        let id = tx.begin_run(now)?;
        // Who started the one that was cut off is not known any more.
        cut_off.map_or(Ok(()), |run| audience.conclude(tx, run, Trigger::Scheduled, false, now))?;
        Ok(id)
    })?;
    tracing::info!(run.id = id.0, ?mode, ?reading, "a run begins");
    let before = (ports.source.requests(), ports.target.requests());
    let mut run = Run {
        id,
        ports,
        ledger,
        settings,
        mode,
        reading,
        audience,
        warnings: Vec::new(),
        wrote: AtomicBool::new(false),
        unanswered: AtomicU32::new(0),
        took_over: false,
        found: BTreeSet::new(),
    };
    let end = run.go().await;
    let requests = Requests {
        salesforce: ports.source.requests() - before.0,
        autotask: ports.target.requests() - before.1,
    };
    let closed = ledger.write(|tx| run.close(tx, trigger, &end, requests));
    // A ledger that failed may fail again when the run is closed; what went wrong first is what counts.
    if let Err(Stop::Ledger(error)) = end {
        return Err(error);
    }
    let report = closed?;
    // What is old goes once the run is over; what fails here, the next run makes up for.
    if let Err(error) = ledger.erase_old(ports.clock.now(), settings.keep_details) {
        tracing::warn!(run.id = id.0, %error, "old details could not be erased");
    }
    tracing::info!(run.id = id.0, state = %report.state, "the run has ended");
    Ok(report)
}

/// A run under way.
struct Run<'a> {
    id: RunId,
    ports: &'a Ports,
    ledger: &'a Ledger,
    settings: &'a ImportSettings,
    mode: Mode,
    reading: Reading,
    audience: &'a Audience,
    warnings: Vec<String>,
    /// Whether anything was written to Autotask.
    wrote: AtomicBool,
    /// Changes that Autotask did not answer.
    unanswered: AtomicU32,
    /// Whether decisions of an earlier run are among this one's.
    took_over: bool,
    /// Records that an earlier run created and whose answers it never had.
    found: BTreeSet<SalesforceId>,
}

const KINDS: [Kind; 2] = [Kind::Company, Kind::Contact];

impl Run<'_> {
    /// The whole import. Returns how far it came, which counts once the run is closed.
    async fn go(&mut self) -> Result<Marks, Stop> {
        let until = self.connect().await?;
        let metadata = self.metadata().await?;
        let now = self.ports.clock.now();
        let told = self.ledger.write(|tx| self.audience.read_recipients(tx, &metadata, now))?;
        self.warnings.extend(told);
        let mapping = self.settings.for_mapping(&metadata).map_err(Stop::Settings)?;
        let mapper = Mapper::new(&metadata, &mapping);
        for kind in KINDS {
            self.settle(kind).await?;
        }
        let (window, mut marks) = self.window(until, self.settings.basis(&metadata))?;
        for kind in KINDS {
            self.refresh_mirror(kind, self.sweep_is_due(kind)?).await?;
        }
        let hidden = self.decide_accounts(&mapper, window).await?;
        let of_accounts = self.note_hidden(Kind::Company, &hidden)?;
        let hidden = self.decide_contacts(&mapper, window).await?;
        let of_contacts = self.note_hidden(Kind::Contact, &hidden)?;
        if (of_accounts || of_contacts) && self.reading != Reading::Full {
            // Records whose hidden fields changed meanwhile look as old as before: the next import compares them all.
            marks.compared = None;
        }
        if self.mode == Mode::Plan {
            return Ok(marks);
        }
        self.pass_guard(marks)?;
        self.finish_replacements().await?;
        self.apply(Kind::Company).await?;
        self.apply_parents(&metadata).await?;
        self.apply(Kind::Contact).await?;
        self.finish_replacements().await?;
        self.catch_up().await?;
        Ok(marks)
    }

    /// What is read of Salesforce, and how far everything is decided once this run is completed (rule R3).
    fn window(&mut self, until: Timestamp, basis: u64) -> Result<(Window, Marks), Stop> {
        let now = self.ports.clock.now();
        let handover = self.handed_over(basis)?;
        let mut before = self.ledger.read(|tx| tx.marks())?;
        let known = handover.map_or(before, |handover| handover.marks);
        let is_due = |last: Option<Timestamp>| {
            last.is_none_or(|last| is_over(last, self.settings.compare_every, now))
        };
        if known.watermark.is_none() || is_due(known.compared) {
            self.reading = Reading::Full;
        }
        before = self.take_over(handover)?.unwrap_or(before);
        let is_full = self.reading == Reading::Full;
        // What a person launches, and what works on another basis, may succeed where earlier imports were refused.
        let refused = self.reading != Reading::Changes || basis != before.basis;
        self.ledger.write(|tx| tx.wake_due(now, refused))?;
        let overlap = SignedDuration::try_from(self.settings.overlap).unwrap_or_default();
        let from = before.watermark.filter(|_| !is_full);
        let window = Window {
            from: from.map(|from| from.saturating_sub(overlap).unwrap_or(Timestamp::MIN)),
            until,
            deleted: before.watermark.is_some(),
        };
        let compared = if is_full { Some(now) } else { before.compared };
        Ok((window, Marks { watermark: Some(until), compared, basis }))
    }

    /// Closes the run; one that was completed counts from now on.
    fn close(
        &self,
        tx: &Tx<'_>,
        trigger: Trigger,
        end: &Result<Marks, Stop>,
        requests: Requests,
    ) -> Result<RunReport, LedgerError> {
        let now = self.ports.clock.now();
        let failure = end.as_ref().err().map(Stop::explanation);
        if failure.is_none() && self.mode == Mode::Plan {
            tx.end_as_planned(self.id)?;
        }
        let refused = tx.counts(self.id, Kind::Company)?.of(Outcome::Refused)
            + tx.counts(self.id, Kind::Contact)?.of(Outcome::Refused);
        let state = match (end, self.mode) {
            (Err(stop), _) => stop.state(),
            (Ok(_), Mode::Plan) => RunState::Planned,
            (Ok(_), Mode::Import) if refused > 0 => RunState::CompletedWithErrors,
            (Ok(_), Mode::Import) => RunState::Completed,
        };
        if let (Ok(marks), Mode::Import) = (end, self.mode) {
            tx.advance(self.id, *marks, now)?;
            tx.use_up_approval()?;
        }
        if refused > 0 || failure.is_some() {
            // What Autotask accepts may have changed.
            tx.set_known_metadata(None)?;
        }
        tx.close_run(self.id, state, now, requests, &self.warnings, failure.as_deref())?;
        tx.keep_counts()?;
        if self.mode == Mode::Import {
            let is_full = self.reading == Reading::Full;
            self.audience.conclude(tx, self.id, trigger, is_full, now)?;
        }
        tx.report(self.id)
    }

    /// Ends the run before its first write if it would change too much (rule R10). From here on, what it does not carry
    /// out is left to the next.
    fn pass_guard(&self, marks: Marks) -> Result<(), Stop> {
        let now = self.ports.clock.now();
        let (extent, linked, is_held) = self.ledger.write(|tx| {
            let extent = tx.extent(self.id)?;
            // All links are counted for that, so not by each import that changes little.
            let (linked, completed_before) = if self.settings.guard.may_hold(extent) {
                tx.linked_before(self.id)?
            } else {
                (0, false)
            };
            let holds = completed_before && self.settings.guard.holds(extent, linked);
            let approved = tx.approved(now)?.is_some_and(|approved| extent.is_covered_by(approved));
            if holds && !approved {
                tx.keep_extent(self.id, extent)?;
                tx.end_as_planned(self.id)?;
                tx.hand_over(None)?;
            } else {
                tx.pass_guard(self.id)?;
                tx.hand_over(Some(&Handover { run: self.id, marks }))?;
            }
            Ok((extent, linked, holds && !approved))
        })?;
        if is_held {
            return Err(Stop::Guarded { run: self.id, extent, linked });
        }
        Ok(())
    }
}

/// Whether something that is done `every` so often, and was done last at `last`, is due.
fn is_over(last: Timestamp, every: Duration, now: Timestamp) -> bool {
    now.duration_since(last) >= SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX)
}
