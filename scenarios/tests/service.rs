//! The service: imports at each tick, none in between, and none that would lock an account (rules S3, S4, R5).

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::sync::Arc;
use std::time::Duration;

use importer::app::Importer;
use importer::config::{Key, Proposal};
use importer::domain::report::RunState;
use importer::progress::Silent;
use importer::sqlite::{LedgerError, Past};
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::stage::{Plan, Stage};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A service that runs until it is stopped.
struct Service {
    importer: Importer,
    clock: Arc<ManualClock>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), LedgerError>>,
}

async fn stage(clock: &Arc<ManualClock>, size: Size) -> Stage {
    let mut stage =
        Stage::set(&Plan { seed: 5, size }, Arc::<ManualClock>::clone(clock)).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    stage
}

impl Service {
    fn start(stage: &Stage, clock: &Arc<ManualClock>) -> Self {
        let clock = Arc::clone(clock);
        let importer = stage.importer(Arc::<ManualClock>::clone(&clock), Arc::new(Silent)).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = importer.clone();
        let task = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            serving.serve(stopped).await
        });
        Self { importer, clock, stop, task }
    }

    fn runs(&self) -> Vec<Past> {
        self.importer.ledger.write(|tx| tx.runs(100)).unwrap()
    }

    /// Waits until so many runs have ended, or for a while if more must not come.
    #[expect(
        clippy::disallowed_methods,
        reason = "the service is another task, on a clock of its own"
    )]
    async fn until(&self, runs: usize) -> Vec<Past> {
        for _ in 0..2_000 {
            let past = self.runs();
            let ended = past.iter().all(|run| run.state != RunState::Running);
            // A run that is closed still holds the lock for a moment, and the service waits for a tick after that only.
            if past.len() >= runs && ended && self.importer.ledger.lock().is_ok() {
                return past;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{runs} runs did not come about: {:?}", self.runs());
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the service is another task, on a clock of its own"
    )]
    async fn pass(&self, time: Duration) {
        // A run that has ended in the ledger is not yet one whose service waits for the next tick.
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.clock.advance(time);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_at_the_start_and_then_one_at_each_tick() {
    let clock = Arc::new(ManualClock::default());
    let stage = stage(&clock, Size::of(4, 4)).await;
    let service = Service::start(&stage, &clock);

    service.until(1).await;
    service.pass(Duration::from_mins(19)).await;
    assert_eq!(service.runs().len(), 1, "the clock began at a tick; the next is not due");
    service.pass(Duration::from_mins(1)).await;
    service.until(2).await;
    // Three ticks pass at once, as for a machine that slept.
    service.pass(Duration::from_hours(1)).await;
    let runs = service.until(3).await;

    assert_eq!(runs.len(), 3, "missed ticks are made up by one import");
    assert!(runs.iter().all(|run| run.state == RunState::Completed), "{runs:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_between_two_ticks_imports_nothing_by_itself() {
    let clock = Arc::new(ManualClock::default());
    let stage = stage(&clock, Size::of(2, 2)).await;
    let first = Service::start(&stage, &clock);
    first.until(1).await;
    first.stop().await;

    let second = Service::start(&stage, &clock);
    second.pass(Duration::from_mins(5)).await;

    assert_eq!(second.runs().len(), 1);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_are_left_alone_for_an_hour() {
    let clock = Arc::new(ManualClock::default());
    let mut stage = stage(&clock, Size::of(2, 2)).await;
    stage.settings.password.push('x');
    let service = Service::start(&stage, &clock);

    let runs = service.until(1).await;
    for _ in 0..2 {
        service.pass(Duration::from_mins(20)).await;
    }
    let logins = stage.salesforce.calls()["login"];
    service.pass(Duration::from_mins(20)).await;
    service.until(2).await;

    assert_eq!(runs[0].state, RunState::SignInRefused);
    assert_eq!(logins, 1, "no login within the hour");
    assert_eq!(stage.salesforce.calls()["login"], 2);
    service.stop().await;
}

/// Saves a setting as another process would.
fn save(stage: &Stage, clock: &ManualClock, name: &str, value: Option<&str>) {
    let key = Key::named(name).unwrap();
    let proposal = Proposal { key, value: value.map(str::to_owned) };
    stage.people_settings().unwrap().save(&[proposal], clock.now()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_imports_by_itself_only_while_it_is_active_and_notices_at_the_next_tick() {
    let clock = Arc::new(ManualClock::default());
    let mut stage = stage(&clock, Size::of(2, 2)).await;
    stage.settings.in_ledger = true;
    for (name, value) in stage.edited() {
        save(&stage, &clock, name, Some(&value));
    }
    let service = Service::start(&stage, &clock);

    service.pass(Duration::from_mins(40)).await;
    assert_eq!(service.runs().len(), 0, "nobody said that it is active");
    service.importer.import().await.unwrap();
    assert_eq!(service.until(1).await.len(), 1, "Launch works all the same");
    save(&stage, &clock, "active", Some("true"));
    service.pass(Duration::from_mins(19)).await;
    assert_eq!(service.runs().len(), 1, "not before the next tick");
    service.pass(Duration::from_mins(1)).await;
    service.until(2).await;
    save(&stage, &clock, "active", None);
    service.pass(Duration::from_hours(1)).await;

    assert_eq!(service.runs().len(), 2, "it is not active any more");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_password_is_tried_at_the_next_tick() {
    let clock = Arc::new(ManualClock::default());
    let mut stage = stage(&clock, Size::of(2, 2)).await;
    stage.settings.in_ledger = true;
    let edited = stage.edited();
    for (name, value) in &edited {
        save(&stage, &clock, name, Some(value));
    }
    save(&stage, &clock, "salesforce.password", Some("wrong"));
    save(&stage, &clock, "active", Some("true"));
    let service = Service::start(&stage, &clock);
    let refused = service.until(1).await;

    let right = edited.iter().find(|(name, _)| *name == "salesforce.password").unwrap();
    save(&stage, &clock, "salesforce.password", Some(&right.1));
    service.pass(Duration::from_mins(20)).await;
    let runs = service.until(2).await;

    assert_eq!(refused[0].state, RunState::SignInRefused);
    assert_eq!(runs[0].state, RunState::Completed, "{runs:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_import_ends_after_its_batch_and_the_next_goes_on() {
    let clock = Arc::new(ManualClock::default());
    let stage = stage(&clock, Size::of(600, 900)).await;
    let service = Service::start(&stage, &clock);
    while stage.autotask.calls().get("POST Companies").is_none_or(|creates| *creates < 20) {
        tokio::task::yield_now().await;
    }

    let ledger = Arc::clone(&service.importer.ledger);
    service.stop().await;
    let interrupted = ledger.write(|tx| tx.runs(1)).unwrap();
    let again = Service::start(&stage, &clock);
    again.pass(Duration::from_mins(20)).await;
    let runs = again.until(2).await;
    again.stop().await;

    assert_eq!(interrupted[0].state, RunState::Interrupted);
    assert!(interrupted[0].written > 0, "what was under way was finished: {interrupted:?}");
    let failure = ledger.write(|tx| tx.report(runs[0].id)).unwrap().failure;
    assert_eq!(runs[0].state, RunState::Completed, "{runs:?}: {failure:?}");
    let rows = stage.rest().all("Companies").await.unwrap();
    let mut carried: Vec<_> = rows
        .iter()
        .filter_map(|row| scenarios::rest::udf_of(row, "Salesforce Company ID"))
        .collect();
    let all = carried.len();
    carried.sort_unstable();
    carried.dedup();
    assert_eq!(carried.len(), all, "no account is there twice");
}
