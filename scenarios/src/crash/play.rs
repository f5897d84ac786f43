//! One import with a fate, and those that finish what it left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use importer::domain::decision::Outcome as O;
use importer::domain::report::{RunReport, RunState};
use importer::sqlite::Ledger;
use jiff::Timestamp;
use mock_autotask::{Effect, FaultRule};

use super::history::History;
use super::state::{State, difference};
use super::{Trouble, WRITES};
use crate::clock::ManualClock;
use crate::interruption::{Disturbance, Fate, Moment};
use crate::stage::{Plan, Stage};

/// Imports after a cut until everything that can be imported is.
const MOST_IMPORTS: u32 = 6;

/// The mock's view of the clock: what it does later, it does once the clock has got there, and nothing moves for it.
#[derive(Debug)]
struct Patient(Arc<ManualClock>);

#[async_trait]
impl mock_kit::clock::Clock for Patient {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    #[expect(clippy::disallowed_methods, reason = "it waits for another task to move the clock")]
    async fn sleep(&self, pause: Duration) {
        let end = self.now() + pause;
        while self.now() < end {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A write that goes wrong; the process ends with its connection or goes on.
#[derive(Debug, Clone)]
pub(super) struct Spoilt {
    pub(super) call: &'static str,
    pub(super) after: u32,
    pub(super) effect: Effect,
    pub(super) is_cut: bool,
}

/// A stage with a past, at the moment before its second import.
struct Play {
    stage: Stage,
    history: History,
    clock: Arc<ManualClock>,
    /// Whether the mock has something to do later.
    delays: bool,
}

impl Play {
    async fn begin() -> Result<Self, Trouble> {
        let clock = Arc::new(ManualClock::default());
        let patient = Arc::new(Patient(Arc::clone(&clock)));
        let mut stage = Stage::set_in_memory(&Plan::default(), patient).await?;
        "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
        let history = History::first(&stage)?;
        let mut play = Self { stage, history, clock, delays: false };
        play.pass(Duration::from_mins(1)).await;
        play.completed().await?;
        play.pass(Duration::from_mins(10)).await;
        play.history.second(&play.stage).await?;
        play.pass(Duration::from_mins(10)).await;
        Ok(play)
    }

    /// One import by a new process, which has this fate. There is no report where the process ended.
    async fn import(&self, fate: Fate) -> Result<(Option<RunReport>, Arc<Disturbance>), Trouble> {
        let disturbance = Disturbance::new(fate);
        let clock = Arc::<ManualClock>::clone(&self.clock);
        let importer = self.stage.doomed_importer(&disturbance, clock)?;
        let report = disturbance.live(async move { importer.import().await }).await?;
        Ok((report.transpose()?, disturbance))
    }

    /// An import that nothing disturbs.
    async fn completed(&self) -> Result<RunReport, Trouble> {
        let (report, _) = self.import(Fate::Undisturbed).await?;
        let report = report.ok_or("an import without a fate ended early")?;
        if report.state == RunState::Completed {
            Ok(report)
        } else {
            Err(format!("an import in good order has not completed: {report}").into())
        }
    }

    /// Time passes, and what is due on the mock's side happens.
    #[expect(clippy::disallowed_methods, reason = "the mock's task has to get its turn")]
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        if self.delays {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Imports until nothing changes any more: somebody launches one a minute after the cut, then they go on as
    /// scheduled.
    async fn go_on(&self) -> Result<(), Trouble> {
        self.pass(Duration::from_mins(1)).await;
        self.import(Fate::Undisturbed).await?;
        for _ in 0..MOST_IMPORTS {
            self.pass(Duration::from_mins(20)).await;
            let report = self.completed().await?;
            let written = [O::Created, O::Linked, O::Updated].into_iter();
            let written =
                written.map(|outcome| report.accounts.of(outcome) + report.contacts.of(outcome));
            if written.sum::<u64>() == 0 {
                return Ok(());
            }
        }
        Err("the imports after it write something each time".into())
    }

    async fn end(&self) -> Result<State, Trouble> {
        self.history.end(&self.stage, &Ledger::open(&self.stage.ledger_file())?).await
    }

    /// How often each write was called since the stage was set, without the queries.
    fn writes(&self) -> BTreeMap<&'static str, u64> {
        let calls = self.stage.autotask.calls();
        WRITES.map(|call| (call, calls.get(call).copied().unwrap_or_default())).into()
    }
}

/// What an undisturbed import leaves, and of how many requests, commits and writes it is made.
#[derive(Debug)]
pub struct Undisturbed {
    end: State,
    /// Its requests.
    pub requests: u64,
    /// Its commits.
    pub commits: u64,
    /// Its writes, by call.
    pub writes: BTreeMap<&'static str, u64>,
}

impl Undisturbed {
    /// Imports without a disturbance.
    pub async fn see() -> Result<Self, Trouble> {
        let play = Play::begin().await?;
        let before = play.writes();
        let (report, disturbance) = play.import(Fate::Undisturbed).await?;
        check_has_everything(&report.ok_or("it ended early")?)?;
        let writes = play.writes().into_iter().map(|(call, made)| (call, made - before[call]));
        let writes = writes.collect();
        let (requests, commits) = disturbance.counted();
        play.go_on().await?;
        Ok(Self { end: play.end().await?, requests, commits, writes })
    }

    /// An import of this fate, and those that finish what it left.
    pub(super) async fn disturbed(&self, fate: Fate) -> Result<(), Trouble> {
        let play = Play::begin().await?;

        let (report, disturbance) = play.import(fate).await?;
        play.go_on().await?;

        if !disturbance.has_happened() || report.is_none() != matches!(fate, Fate::Cut(_)) {
            return Err("it did not happen".into());
        }
        difference(&self.end, &play.end().await?)
    }

    /// An import one of whose writes is spoilt, and those that finish what it left.
    pub(super) async fn spoilt(&self, spoilt: &Spoilt) -> Result<(), Trouble> {
        let mut play = Play::begin().await?;
        play.delays = matches!(spoilt.effect, Effect::DropThenApply { .. });
        let rule = FaultRule::next(spoilt.call, spoilt.effect.clone());
        play.stage.autotask.spoil(FaultRule { after: spoilt.after, ..rule });

        let fate = if spoilt.is_cut { Fate::Cut(Moment::Dropped) } else { Fate::Undisturbed };
        let (report, _) = play.import(fate).await?;
        play.go_on().await?;

        let happened = play.stage.autotask.journal().iter().any(|entry| entry.effect.is_some());
        if !happened || report.is_none() != spoilt.is_cut {
            return Err("it did not happen".into());
        }
        difference(&self.end, &play.end().await?)
    }
}

/// An import in which something never happens proves nothing of it.
fn check_has_everything(report: &RunReport) -> Result<(), Trouble> {
    let accounts = [O::Created, O::Linked, O::Updated, O::Duplicate, O::Held, O::UnMapped];
    let contacts = [O::Created, O::Linked, O::Updated, O::Duplicate, O::Orphan, O::UnMapped];
    let has_all = report.state == RunState::Completed
        && accounts.into_iter().all(|outcome| report.accounts.of(outcome) > 0)
        && contacts.into_iter().all(|outcome| report.contacts.of(outcome) > 0);
    if has_all { Ok(()) } else { Err(format!("not everything happens in it: {report}").into()) }
}
