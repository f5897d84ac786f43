//! A story that is told again, its importer interrupted at one place and started again until nothing of that is left to
//! do (`scenarios crash`).
//!
//! Requests and commits are counted through the whole story, imports alone: what people do at the command line is not
//! cut. A process that ends is started again by the step that started it, a minute later, and once more after the
//! minutes in which Autotask may still be working on a create, if one is open.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use importer::desk;
use importer::domain::decision::Outcome;
use importer::domain::model::Kind;
use importer::domain::report::{RunReport, RunState};
use importer::run::{Reading, Trigger};
use importer::sqlite::LedgerError;
use mock_autotask::Limits;

use super::{Done, RunSeen, Story, said};
use crate::clock::ManualClock;
use crate::interruption::{Disturbance, Fate};
use crate::stage::Stage;

/// How long after its end a process is started again.
const RESTART: Duration = Duration::from_mins(1);

/// How long Autotask may be working on a create that nobody heard of again, and a little more.
const SETTLED: Duration = Duration::from_mins(7);

/// How often a process is started again until nothing is open.
const MOST_STARTS: u32 = 6;

/// How an import ended by itself.
pub(super) type Ended = Result<RunReport, LedgerError>;

/// What happens to the importer in a story that is told again, and how far it has come.
#[derive(Debug)]
pub struct Retold {
    disturbance: Arc<Disturbance>,
    /// The import, counted from 0, that is made twice although nothing disturbs it.
    repeated: Option<usize>,
    /// Whether nothing at all happens, and imports are only counted.
    is_as_told: bool,
    /// The imports as they were without that.
    before: Vec<Made>,
    imports: Mutex<Vec<Made>>,
}

/// How many requests and commits imports had made, when one of them was over, and what that one waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Requests to both systems.
    pub requests: u64,
    /// Commits to the ledger.
    pub commits: u64,
    /// Whether it awaits approval.
    pub awaits_approval: bool,
}

impl Retold {
    /// Nothing happens; requests and commits are counted.
    pub fn as_told() -> Arc<Self> {
        Self::new(Fate::Undisturbed, None, true, &[])
    }

    /// One place of the story's imports, which are these, has this fate.
    pub fn with(fate: Fate, imports: &[Made]) -> Arc<Self> {
        Self::new(fate, None, false, imports)
    }

    /// Nothing is disturbed, but of these imports this one is made twice.
    pub fn repeating(import: usize, imports: &[Made]) -> Arc<Self> {
        Self::new(Fate::Undisturbed, Some(import), false, imports)
    }

    fn new(fate: Fate, repeated: Option<usize>, is_as_told: bool, before: &[Made]) -> Arc<Self> {
        let (disturbance, before) = (Disturbance::new(fate), before.to_vec());
        Arc::new(Self { disturbance, repeated, is_as_told, before, imports: Mutex::default() })
    }

    /// Whether the place was reached.
    pub fn has_happened(&self) -> bool {
        self.disturbance.has_happened()
    }

    /// The imports so far.
    pub fn imports(&self) -> Vec<Made> {
        self.imports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that an import is over; its number.
    fn made(&self, ended: Option<&Ended>) -> usize {
        let (requests, commits) = self.disturbance.counted();
        let awaits_approval = ended.is_some_and(awaits_approval);
        let mut imports = self.imports.lock().unwrap_or_else(PoisonError::into_inner);
        imports.push(Made { requests, commits, awaits_approval });
        imports.len() - 1
    }

    /// Whether an import awaited approval without an interruption.
    fn awaited_approval(&self, import: usize) -> bool {
        self.before.get(import).is_some_and(|made| made.awaits_approval)
    }
}

fn awaits_approval(ended: &Ended) -> bool {
    ended.as_ref().is_ok_and(|report| report.state == RunState::AwaitingApproval)
}

impl Story {
    /// The stage with everything on it, and the Salesforce ids of the accounts and contacts that the story told of. The
    /// story is over: nothing keeps anybody from reading any more.
    pub fn end(&self) -> (&Stage, [Vec<String>; 2]) {
        self.stage.autotask.heal();
        self.stage.autotask.configure(|settings| {
            settings.zone_url = None;
            settings.limits = Limits::default();
        });
        let ids = [&self.accounts, &self.contacts].map(|known| known.values().cloned().collect());
        (&self.stage, ids)
    }

    /// What the importer's runs did.
    pub fn runs(self) -> Vec<RunSeen> {
        self.runs
    }

    /// One import of a story that is told again, however often its process has to be started.
    pub(super) async fn import_retold(
        &self,
        retold: &Retold,
        trigger: Trigger,
        reading: Reading,
    ) -> Result<Ended, String> {
        if retold.has_happened() {
            let ended = self.import_and_deliver(&self.own_importer()?, trigger, reading).await?;
            retold.made(Some(&ended));
            return Ok(ended);
        }
        let ended = self.unless_stuck(self.process(retold, trigger, reading)).await??;
        let import = retold.made(ended.as_ref());
        match ended {
            Some(ended) if !retold.has_happened() && retold.repeated != Some(import) => Ok(ended),
            _ => self.started_again(trigger, reading, retold.awaited_approval(import)).await,
        }
    }

    /// The import of a process that may come to an end before its time; there is nothing then.
    async fn process(
        &self,
        retold: &Retold,
        trigger: Trigger,
        reading: Reading,
    ) -> Result<Option<Ended>, String> {
        let clock = Arc::<ManualClock>::clone(&self.clock);
        let importer = self.stage.doomed_importer(&retold.disturbance, clock).map_err(said)?;
        let work = async move {
            let ended = importer.import_as(trigger, reading).await;
            importer.deliver().await.map(|()| ended)
        };
        let ended = retold.disturbance.live(work).await.map_err(said)?;
        ended.transpose().map_err(said)
    }

    /// Imports until it is known of every create whether it was carried out. What the first import may do unasked may
    /// need somebody's approval once another has completed, who gives it; unless it needed that anyway.
    async fn started_again(
        &self,
        trigger: Trigger,
        reading: Reading,
        awaited_approval: bool,
    ) -> Result<Ended, String> {
        self.clock.advance(RESTART);
        for _ in 0..MOST_STARTS {
            let importer = self.own_importer()?;
            let ended = self.import_and_deliver(&importer, trigger, reading).await?;
            let open = importer.ledger.read(|tx| {
                Ok(tx.open_intents(Kind::Company)?.len() + tx.open_intents(Kind::Contact)?.len())
            });
            match &ended {
                Ok(report) if awaits_approval(&ended) && !awaited_approval => {
                    desk::approve(&importer.ledger, report.run.0, self.clock.now())
                        .map_err(said)?;
                }
                _ if open.map_err(said)? == 0 => return Ok(ended),
                _ => self.clock.advance(SETTLED),
            }
        }
        Err("the imports after the interruption leave open whether something was created"
            .to_owned())
    }

    /// Whether the story is told again with something done to its importer, so that what one import did counts less
    /// than what is there.
    pub(super) fn is_retold(&self) -> bool {
        self.circumstances.retold.as_ref().is_some_and(|retold| !retold.is_as_told)
    }

    /// What must be true of a record after an import that was interrupted, where one that was not had this outcome: that
    /// it is linked, or waits for the same reason.
    pub(super) fn check_standing(
        &self,
        kind: Kind,
        id: &str,
        expected: Outcome,
        rule: Option<&str>,
    ) -> Done {
        let id = id.parse().map_err(said)?;
        let ledger = self.own_importer()?.ledger;
        let standing = ledger.read(|tx| tx.standing(kind, id)).map_err(said)?;
        if leads_to_a_link(expected) {
            return match standing.link {
                Some(_) => Ok(()),
                None => Err(format!("{id} is not linked, as it has to be once it is {expected}")),
            };
        }
        let last = ledger.read(|tx| tx.history(kind, id)).map_err(said)?;
        let last = last.last().map(|past| &past.listed.mention);
        let (outcome, by) = match (&standing.waiting, last) {
            (Some(waiting), _) => (waiting.outcome.clone(), waiting.rule.clone()),
            (None, Some(last)) => (last.outcome.name().to_owned(), last.rule.id().to_owned()),
            (None, None) => return Err(format!("nothing is known of {id}")),
        };
        if outcome == expected.name() && rule.is_none_or(|rule| rule == by) {
            return Ok(());
        }
        Err(format!("{id} is {outcome} by rule {by}, and has to be {expected}"))
    }
}

/// Whether a record of this outcome is linked.
fn leads_to_a_link(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Created | Outcome::Linked | Outcome::Updated | Outcome::Unchanged)
}
