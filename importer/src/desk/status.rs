//! The last import, the one under way, and the next (rule S5).

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::DeskError;
use crate::domain::ids::RunId;
use crate::domain::report::RunReport;
use crate::schedule::Schedule;
use crate::sqlite::{Ledger, Progress, Queue};

/// How things stand.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The run under way.
    pub running: Option<Running>,
    /// The last import that ended.
    pub last_import: Option<RunReport>,
    /// Whether imports are made as scheduled.
    pub active: bool,
    /// What to do if they are not and should be.
    #[serde(skip)]
    pub how_to_activate: Option<String>,
    /// When `importer serve` begins the next, if it runs; none while it is not active.
    pub next_scheduled: Option<Timestamp>,
    /// What waits to be told to people.
    pub notifications: Queue,
}

/// A run under way, in this process or another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Running {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// How far it is, once it has told.
    pub progress: Option<Progress>,
}

fn shown(moment: Timestamp) -> impl fmt::Display {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.last_import {
            Some(RunReport { run, started, state, .. }) => {
                writeln!(f, "Last import:           {}, run {run}, {state}", shown(*started))?;
            }
            None => writeln!(f, "Last import:           N/A")?,
        }
        if let Some(running) = &self.running {
            running.fmt(f)?;
        }
        let next = match (self.next_scheduled, &self.how_to_activate) {
            (Some(next), _) => {
                writeln!(f, "Active:                yes")?;
                format!("{} (if `importer serve` runs)", shown(next))
            }
            (None, how) => {
                writeln!(f, "Active:                no; {}", how.as_deref().unwrap_or_default())?;
                "N/A".to_owned()
            }
        };
        writeln!(f, "Next scheduled import: {next}")?;
        let queue = &self.notifications;
        if let Some(oldest) = queue.oldest {
            let (waiting, oldest) = (queue.waiting, shown(oldest));
            write!(f, "Notifications:         {waiting} waiting, the oldest since {oldest}")?;
            match &queue.problem {
                Some(problem) => writeln!(f, ": {problem}")?,
                None => writeln!(f)?,
            }
        }
        if queue.undelivered > 0 {
            let lost = queue.undelivered;
            writeln!(f, "Not delivered:         {lost} notifications in the last 90 days")?;
        }
        Ok(())
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Running:               run {}, since {}", self.run, shown(self.started))?;
        let Some(Progress { phase, since, done, total, requests, .. }) = &self.progress else {
            return Ok(());
        };
        write!(f, "                       {phase}, {done}")?;
        if let Some(total) = total {
            write!(f, " of {total}")?;
        }
        writeln!(f, ", since {}", shown(*since))?;
        let (salesforce, autotask) = (requests.salesforce, requests.autotask);
        writeln!(
            f,
            "                       {salesforce} requests to Salesforce, {autotask} to Autotask"
        )
    }
}

/// Tells how things stand at a moment.
///
/// Imports are made as scheduled, unless `how_to_activate` says what to do about that.
pub fn status(
    ledger: &Ledger,
    schedule: Schedule,
    how_to_activate: Option<String>,
    now: Timestamp,
) -> Result<Status, DeskError> {
    let under_way = ledger.under_way()?;
    let (running, last_import, notifications) = ledger.read(|tx| {
        let running = match under_way {
            Some(run) => {
                Some(Running { run, started: tx.begun(run)?, progress: tx.progress(run)? })
            }
            None => None,
        };
        let last = tx.last_ended_import()?.map(|run| tx.report(run)).transpose()?;
        Ok((running, last, tx.queue()?))
    })?;
    let active = how_to_activate.is_none();
    let next_scheduled = active.then(|| schedule.next_tick(now));
    Ok(Status { running, last_import, active, how_to_activate, next_scheduled, notifications })
}
