//! What a person at the command line asks about records, and decides about them (rules C3, U3, R9).

use std::fmt;
use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use crate::app::Importer;
use crate::cli::{Choice, RecordId};
use crate::domain::ids::{CompanyId, RunId, SalesforceId};
use crate::domain::model::{Kind, Value};
use crate::domain::report::{RunReport, RunState};
use crate::ports::{Change, Find, IdField, TargetError};
use crate::sqlite::{Ledger, LedgerError, Listed, Past};

/// Why something asked for could not be done.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It makes no sense. The text says what would.
    #[error("{0}")]
    Refused(String),
    /// Autotask could not be asked.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Nobody reads the answer.
    #[error("the answer cannot be printed")]
    Output(#[from] io::Error),
}

fn refused<T>(text: impl Into<String>) -> Result<T, DeskError> {
    Err(DeskError::Refused(text.into()))
}

fn kind_of(id: SalesforceId) -> Result<Kind, DeskError> {
    Kind::of(id).map_or_else(
        || refused(format!("{id} is neither an account (001…) nor a contact (003…)")),
        Ok,
    )
}

/// The Salesforce record that is meant.
fn find(ledger: &Ledger, id: RecordId) -> Result<(Kind, SalesforceId), DeskError> {
    match id {
        RecordId::Salesforce(id) => Ok((kind_of(id)?, id)),
        RecordId::Autotask(kind, number) => match ledger.write(|tx| tx.link_at(kind, number))? {
            Some(id) => Ok((kind, id)),
            None => refused(format!("Autotask {kind} {number} is linked to no Salesforce record")),
        },
    }
}

/// Runs that are listed.
const MOST_RUNS: u32 = 50;

/// The latest runs, newest first.
pub fn runs_listed(ledger: &Ledger) -> Result<Vec<Past>, LedgerError> {
    ledger.write(|tx| tx.runs(MOST_RUNS))
}

/// Prints the latest runs.
pub fn runs(ledger: &Ledger, out: &mut impl Write) -> Result<(), DeskError> {
    writeln!(out, "{:>6}  {:<20}  {:>8}  {:>8}  state", "run", "started", "written", "refused")?;
    for run in runs_listed(ledger)? {
        let started = run.started.strftime("%Y-%m-%d %H:%M:%S");
        let (id, written, refused) = (run.id.0, run.written, run.refused);
        writeln!(out, "{id:>6}  {started:<20}  {written:>8}  {refused:>8}  {}", run.state)?;
    }
    Ok(())
}

/// What `importer status` tells (rule S5).
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The run under way.
    pub running: Option<RunId>,
    /// The last import that ended.
    pub last_import: Option<RunReport>,
    /// Whether imports are made as scheduled.
    pub active: bool,
    /// What to do if they are not and should be.
    #[serde(skip)]
    pub how_to_activate: String,
    /// When `importer serve` begins the next, if it runs; none while it is not active.
    pub next_scheduled: Option<Timestamp>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |moment: Timestamp| moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        match &self.last_import {
            Some(report) => {
                writeln!(f, "Last import:           {}, {}", shown(report.started), report.state)?;
            }
            None => writeln!(f, "Last import:           N/A")?,
        }
        if let Some(run) = self.running {
            writeln!(f, "Running:               run {run}")?;
        }
        let next = if let Some(next) = self.next_scheduled {
            writeln!(f, "Active:                yes")?;
            format!("{} (if `importer serve` runs)", shown(next))
        } else {
            writeln!(f, "Active:                no; {}", self.how_to_activate)?;
            "N/A".to_owned()
        };
        write!(f, "Next scheduled import: {next}")
    }
}

/// The last import and the next.
pub fn status(importer: &Importer) -> Result<Status, DeskError> {
    // A run is under way only while somebody holds the lock; a crash leaves its row behind.
    let running = match importer.ledger.lock() {
        Err(LedgerError::Locked(run)) => run,
        other => other.map(|_| None)?,
    };
    let last_import = importer.ledger.write(|tx| {
        let ended = tx
            .runs(MOST_RUNS)?
            .into_iter()
            .find(|run| !matches!(run.state, RunState::Planned | RunState::Running));
        ended.map(|run| tx.report(run.id)).transpose()
    })?;
    let active = importer.config().active;
    let next_scheduled = active.then(|| importer.schedule().next_tick(importer.ports.clock.now()));
    let how_to_activate = importer.how_to_activate();
    Ok(Status { running, last_import, active, how_to_activate, next_scheduled })
}

/// Whether there was such a run, or what to do.
pub fn existing(ledger: &Ledger, run: i64) -> Result<RunId, DeskError> {
    let run = RunId(run);
    if ledger.write(|tx| tx.has_run(run))? {
        return Ok(run);
    }
    refused(format!("there was no run {run}; `importer runs` lists them"))
}

/// Prints all that is known about a record: what it is now, and what each run decided about it, with the rule and
/// the values.
pub fn explain(ledger: &Ledger, id: RecordId, out: &mut impl Write) -> Result<(), DeskError> {
    let (kind, id) = find(ledger, id)?;
    let (standing, history) =
        ledger.write(|tx| Ok((tx.standing(kind, id)?, tx.history(kind, id)?)))?;
    let (source, target) = (kind.source_name(), kind.target_name());
    match standing.link {
        Some(link) => writeln!(out, "{source} {id} is linked to Autotask {target} {link}")?,
        None => writeln!(out, "{source} {id} is linked to no Autotask {target}")?,
    }
    for (record, since) in &standing.unmapped {
        writeln!(
            out,
            "un-mapped from {target} {record} since {since} (U1); `importer remap {id}` ends that"
        )?;
    }
    match standing.chosen {
        Some(Some(record)) => writeln!(out, "somebody decided that it is {target} {record}")?,
        Some(None) => writeln!(out, "somebody decided that it is a new {target}")?,
        None => {}
    }
    if standing.uncertain {
        writeln!(out, "its create was sent and not answered (R4); the next import looks for it")?;
    }
    if let Some(parent) = standing.awaits_parent {
        writeln!(out, "its parent, account {parent}, is to be set as soon as that is linked (C7)")?;
    }
    if history.is_empty() {
        writeln!(out, "no run found anything to do or to report about it")?;
    }
    for (run, listed) in &history {
        write!(out, "run {run}: {}", Line(listed))?;
    }
    Ok(())
}

/// A decision, its remarks and what it wrote.
struct Line<'a>(&'a Listed);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listed { mention, target, detail } = self.0;
        let target =
            target.map(|id| format!(" (Autotask {} {id})", mention.kind)).unwrap_or_default();
        writeln!(f, "{}{target}, {}: {}", mention.outcome, mention.rule.id(), mention.text)?;
        for remark in &detail.remarks {
            writeln!(f, "    {}: {remark}", remark.rule().id())?;
        }
        for (field, write) in &detail.written {
            let shown = |value: &Option<Value>| {
                value.as_ref().map_or_else(
                    || "nothing".to_owned(),
                    |value| format!("{:?}", value.to_string()),
                )
            };
            writeln!(
                f,
                "    {}: {} became {}",
                field.api_name(),
                shown(&write.was),
                shown(&write.now)
            )?;
        }
        Ok(())
    }
}

/// Settles which Autotask record a held one is (rule C3). The next import acts on it.
pub fn link(ledger: &Ledger, id: SalesforceId, choice: Choice) -> Result<String, DeskError> {
    let kind = kind_of(id)?;
    let target = match choice {
        Choice::This(target) => Some(target),
        Choice::New => None,
    };
    ledger.write(|tx| {
        if let Some(linked) = tx.link_of(kind, id)? {
            return Ok(refused(format!(
                "{id} is linked to Autotask {kind} {linked} already; `importer unmap {id}` ends that"
            )));
        }
        if let Some(target) = target
            && let Some(other) = tx.link_at(kind, target)?
        {
            return Ok(refused(format!("Autotask {kind} {target} is linked to {other} already")));
        }
        if let Some(target) = target
            && let Some(other) = tx.chosen_by(kind, target)?.filter(|other| *other != id)
        {
            return Ok(refused(format!("somebody decided already that {other} is {kind} {target}")));
        }
        tx.choose(kind, id, target)?;
        Ok(Ok(match target {
            Some(target) => format!("the next import links {id} to Autotask {kind} {target}"),
            None => format!("the next import creates a new Autotask {kind} for {id}"),
        }))
    })?
}

/// Lets the next import change as much as a run that awaits approval would have (rule R10).
pub fn approve(importer: &Importer, run: i64) -> Result<String, DeskError> {
    let ledger = &importer.ledger;
    let run = existing(ledger, run)?;
    let now = importer.ports.clock.now();
    ledger.write(|tx| {
        let Some(extent) = tx.kept_extent(run)? else {
            return Ok(refused(format!("run {run} does not await approval")));
        };
        tx.approve(extent, now)?;
        Ok(Ok(format!(
            "within 24 hours an import may create {}, change {} and take apart {} records, and a tenth more",
            extent.created, extent.updated, extent.unmapped
        )))
    })?
}

/// Makes an un-mapped or gone record eligible again (rule U3).
pub fn remap(ledger: &Ledger, id: SalesforceId) -> Result<String, DeskError> {
    let kind = kind_of(id)?;
    if ledger.write(|tx| tx.remap(kind, id))? {
        return Ok(format!("the next import decides about {id} anew"));
    }
    refused(format!("{id} is neither un-mapped nor gone; `importer explain {id}` tells what it is"))
}

impl Importer {
    /// Dissociates a linked pair: clears the user-defined field in Autotask and remembers that (rule U3).
    pub async fn unmap(&self, id: RecordId) -> Result<String, DeskError> {
        let _lock = self.ledger.lock()?;
        let (kind, id) = find(&self.ledger, id)?;
        let Some(target) = self.ledger.write(|tx| tx.link_of(kind, id))? else {
            return refused(format!("{id} is linked to no Autotask {kind}"));
        };
        let found = self.ports.target.find(kind, &Find::One(target)).await?;
        if let Some(record) = found.first() {
            if kind == Kind::Contact && record.company == CompanyId(0) {
                return refused(format!(
                    "Autotask does not tell the company of contact {target}; clear its user-defined field there"
                ));
            }
            let company = record.company;
            let change = Change::of_id(target, company, IdField::Clear);
            self.ports.target.update(kind, &change).await?;
        }
        self.ledger.write(|tx| tx.unmap(None, kind, id, self.ports.clock.now()))?;
        Ok(format!("{id} and Autotask {kind} {target} are dissociated"))
    }
}
