//! Why a record is, or is not, in Autotask (rule R9).

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::live::{Holds, Known};
use super::records::Record;
use super::{DeskError, Live, Meant, RecordId, meant, refused};
use crate::app::Importer;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::{Kind, Pages};
use crate::domain::report::RunState;
use crate::sqlite::{
    LedgerError, Mirrored, PastDecision, Said, Standing, Tx, UnmappedPair, Waiting,
};

/// One side of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side<Id> {
    /// The record.
    pub id: Id,
    /// Its page for people, where that is known. Autotask's addresses are unconfirmed.
    pub page: Option<String>,
}

/// What a run decided about the record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decided {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// How it ended.
    pub state: RunState,
    /// Whether the ledger served another organization or database then, so that the ids mean nothing now.
    pub foreign: bool,
    /// What the rule says, in a line.
    pub rule_text: &'static str,
    /// Of a contact: the account whose company it belongs to.
    pub account: Option<SalesforceId>,
    /// The decision.
    #[serde(flatten)]
    pub record: Record,
}

/// All that is known of a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Account and company, or contact and contact.
    pub kind: Kind,
    /// The Salesforce record, unless no run has ever said that the Autotask record is one.
    pub salesforce: Option<Side<SalesforceId>>,
    /// The Autotask record: the linked one, else the one it was taken apart from, else the one asked for.
    pub autotask: Option<Side<i64>>,
    /// What holds now, by the ledger.
    pub standing: Standing,
    /// The run that read the Autotask record last.
    pub last_read: Option<RunId>,
    /// What Autotask shows at this moment.
    pub live: Live,
    /// What follows from that for the imports to come.
    pub consequence: Option<String>,
    /// What was decided, oldest first. Runs that left the record unchanged are not among them.
    pub decisions: Vec<Decided>,
    #[serde(skip)]
    held_when_read: Option<Holds>,
}

impl Importer {
    /// Explains a record, by the ledger and, unless `offline`, by what Autotask shows of it at this moment.
    pub async fn explain(&self, id: RecordId, offline: bool) -> Result<Explanation, DeskError> {
        let mut explained = self.ledger.read(|tx| by_ledger(tx, id))??;
        let Explanation { kind, .. } = explained;
        explained.live = match &explained.autotask {
            _ if offline => Live::NotAsked,
            None => Live::NoRecord,
            Some(side) => self.look_at(kind, side.id, explained.known()).await,
        };
        if explained.salesforce.is_none()
            && explained.last_read.is_none()
            && !matches!(explained.live, Live::There { .. })
            && let Some(Side { id, .. }) = explained.autotask
        {
            return match explained.live {
                Live::Gone => {
                    refused(format!("there is no {kind} {id} in Autotask, and no run has read one"))
                }
                Live::Unknown { because } => refused(format!(
                    "no run has read {kind} {id}, and Autotask cannot be asked: {because}"
                )),
                _ => refused(format!(
                    "no run has read {kind} {id}; without --offline Autotask is asked"
                )),
            };
        }
        explained.consequence = explained.live.consequence(kind, explained.known());
        let pages = self.ports.pages();
        if let (Some(side), Some(_)) = (&mut explained.autotask, &pages.autotask) {
            side.page = pages.of_target(kind, side.id);
        }
        Ok(explained)
    }
}

/// What the ledger alone tells.
fn by_ledger(tx: &Tx<'_>, id: RecordId) -> Result<Result<Explanation, DeskError>, LedgerError> {
    let pages = tx.pages()?;
    let (kind, number) = match (meant(tx, id)?, id) {
        (Ok(meant), _) => return of_pair(tx, meant, id, &pages).map(Ok),
        (Err(unknown), RecordId::Salesforce(_)) => return Ok(Err(unknown)),
        (Err(_), RecordId::Autotask(kind, number)) => (kind, number),
    };
    match tx.decided_at(kind, number)? {
        Some(salesforce_id) => of_pair(tx, Meant { kind, salesforce_id }, id, &pages),
        None => with_target(tx, of_stranger(kind), Some(number), &pages),
    }
    .map(Ok)
}

fn of_stranger(kind: Kind) -> Explanation {
    Explanation {
        kind,
        salesforce: None,
        autotask: None,
        standing: Standing::default(),
        last_read: None,
        live: Live::NotAsked,
        consequence: None,
        decisions: Vec::new(),
        held_when_read: None,
    }
}

fn of_pair(
    tx: &Tx<'_>,
    meant: Meant,
    asked: RecordId,
    pages: &Pages,
) -> Result<Explanation, LedgerError> {
    let Meant { kind, salesforce_id } = meant;
    let standing = tx.standing(kind, salesforce_id)?;
    let foreign = tx.last_foreign_run()?;
    let history = tx.history(kind, salesforce_id)?;
    let decisions = history.into_iter().map(|past| decided(past, foreign)).collect();
    let asked = match asked {
        RecordId::Autotask(_, number) => Some(number),
        RecordId::Salesforce(_) => None,
    };
    let apart = standing.unmapped.last().map(|pair| pair.autotask_id);
    let target = asked.or(standing.link).or(apart);
    let page = pages.of_source(salesforce_id);
    let explained = Explanation {
        salesforce: Some(Side { id: salesforce_id, page }),
        standing,
        decisions,
        ..of_stranger(kind)
    };
    with_target(tx, explained, target, pages)
}

fn with_target(
    tx: &Tx<'_>,
    explained: Explanation,
    target: Option<i64>,
    pages: &Pages,
) -> Result<Explanation, LedgerError> {
    let Some(id) = target else { return Ok(explained) };
    let mirrored = tx.mirrored(explained.kind, id)?;
    let page = pages.of_target(explained.kind, id);
    let (last_read, held_when_read) = match mirrored {
        Some(Mirrored { run, holds }) => (Some(run), Some(holds.into())),
        None => (None, None),
    };
    Ok(Explanation { autotask: Some(Side { id, page }), last_read, held_when_read, ..explained })
}

fn decided(past: PastDecision, foreign: Option<RunId>) -> Decided {
    let PastDecision { run, started, state, account, listed } = past;
    let rule_text = listed.mention.rule.text();
    let foreign = foreign.is_some_and(|last| run <= last);
    Decided { run, started, state, foreign, rule_text, account, record: listed.into() }
}

impl Explanation {
    /// How the ledger knows the Autotask record that is shown.
    fn known(&self) -> Known {
        let (Some(source), Some(target)) = (&self.salesforce, &self.autotask) else {
            return Known::Free;
        };
        if self.standing.link == Some(target.id) {
            return Known::Linked(source.id);
        }
        let apart = self.standing.unmapped.iter().any(|pair| pair.autotask_id == target.id);
        if apart { Known::Unmapped(source.id) } else { Known::Free }
    }

    fn fmt_standing(&self, f: &mut fmt::Formatter<'_>, id: SalesforceId) -> fmt::Result {
        let (source, target) = (self.kind.source_name(), self.kind.target_name());
        match self.standing.link {
            Some(link) => writeln!(f, "{source} {id} is linked to Autotask {target} {link}")?,
            None => writeln!(f, "{source} {id} is linked to no Autotask {target}")?,
        }
        for UnmappedPair { autotask_id, since, noticed_by } in &self.standing.unmapped {
            let who = noticed_by
                .map_or_else(|| "by a command".to_owned(), |run| format!("noticed by run {run}"));
            writeln!(
                f,
                "un-mapped from {target} {autotask_id} since {since}, {who} (U1); `importer remap {id}` ends that"
            )?;
        }
        match self.standing.chosen {
            Some(Said::Record(record)) => {
                writeln!(
                    f,
                    "somebody decided that it is {target} {record}; the next import acts on that"
                )?;
            }
            Some(Said::New) => {
                writeln!(
                    f,
                    "somebody decided that it is a new {target}; the next import acts on that"
                )?;
            }
            Some(Said::Inherited { record, from }) => {
                writeln!(
                    f,
                    "{from}, which was merged into it, was linked to {target} {record} (R8)"
                )?;
            }
            None => {}
        }
        if self.standing.uncertain {
            writeln!(f, "its create was sent and not answered (R4); the next import looks for it")?;
        }
        if let Some(former) = self.standing.ended {
            writeln!(
                f,
                "it was {target} {former} before it was deleted or merged in Salesforce (R8)"
            )?;
        }
        if let Some(Waiting { outcome, rule, reason, not_before, is_due }) = &self.standing.waiting
        {
            let until = match not_before {
                _ if *is_due => "; the next import decides on it anew".to_owned(),
                Some(moment) => {
                    format!("; it is decided on anew when that changes, or after {moment}")
                }
                None => "; it is decided on anew when that changes".to_owned(),
            };
            writeln!(f, "it is {outcome}, {rule}: {reason}{until}")?;
        }
        if let Some(parent) = self.standing.awaits_parent {
            writeln!(
                f,
                "its parent, account {parent}, is to be set as soon as that is linked (C7)"
            )?;
        }
        Ok(())
    }

    fn fmt_live(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Side { id, .. }) = self.autotask else { return Ok(()) };
        let kind = self.kind;
        if let (Some(run), Some(holds)) = (self.last_read, &self.held_when_read) {
            writeln!(
                f,
                "last read in run {run}, when the user-defined field of {kind} {id} {}",
                Past(holds)
            )?;
        }
        match &self.live {
            Live::NotAsked | Live::NoRecord => {}
            Live::Unknown { because } => {
                writeln!(f, "Autotask cannot be asked at this moment: {because}")?;
            }
            Live::Gone => writeln!(f, "at this moment there is no {kind} {id} in Autotask")?,
            Live::There { is_active, holds } => {
                let activity = if *is_active { "active" } else { "inactive" };
                writeln!(
                    f,
                    "at this moment {kind} {id} is {activity}, and its user-defined field {holds}"
                )?;
            }
        }
        match &self.consequence {
            Some(consequence) => writeln!(f, "{consequence}"),
            None => Ok(()),
        }
    }
}

/// What a field held, in the past tense.
struct Past<'a>(&'a Holds);

impl fmt::Display for Past<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Holds::Hidden => f.write_str("was not shown"),
            Holds::Empty => f.write_str("was empty"),
            Holds::Id(id) => write!(f, "held {id}"),
            Holds::Text(text) => write!(f, "held {text:?}"),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.salesforce, &self.autotask) {
            (Some(source), _) => self.fmt_standing(f, source.id)?,
            (None, Some(target)) => {
                let (kind, id) = (self.kind, target.id);
                writeln!(f, "Autotask {kind} {id} is not linked to any Salesforce record")?;
                if self.last_read.is_none() {
                    writeln!(f, "no run has read it")?;
                }
            }
            (None, None) => {}
        }
        self.fmt_live(f)?;
        let pages = [
            self.salesforce.as_ref().and_then(|side| side.page.as_ref()),
            self.autotask.as_ref().and_then(|side| side.page.as_ref()),
        ];
        for page in pages.into_iter().flatten() {
            writeln!(f, "  {page}")?;
        }
        if self.salesforce.is_some() && self.decisions.is_empty() {
            writeln!(f, "no run that is remembered found anything to do or to report about it")?;
        }
        self.decisions.iter().try_for_each(|decided| decided.fmt(f))
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let started = self.started.strftime("%Y-%m-%d %H:%M:%S UTC");
        write!(f, "run {}, {started}", self.run)?;
        if self.foreign {
            write!(f, ", before the ledger was rebound")?;
        }
        if self.state == RunState::Planned {
            write!(f, ", a plan")?;
        }
        let Record { outcome, rule, reason, autotask_id, kind, .. } = &self.record;
        let target = autotask_id.map(|id| format!(" (Autotask {kind} {id})")).unwrap_or_default();
        writeln!(f, ": {outcome}{target}, {}: {reason}", rule.id())?;
        writeln!(f, "    {}: {}", rule.id(), self.rule_text)?;
        if let Some(account) = self.account {
            writeln!(f, "    of account {account}")?;
        }
        self.record.fmt_values(f)
    }
}
