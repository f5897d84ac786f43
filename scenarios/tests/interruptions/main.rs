//! An import that is cut off anywhere is finished by the next: nothing is lost, nothing is there twice (rule R4).
//!
//! Every request and every commit of an import is a place to cut: the process ends just before it or just after. Every
//! answer is lost once, after the server took the request; every write takes effect minutes after its connection
//! dropped, or its answer comes to nothing in other ways. After each, somebody launches an import, others follow 20
//! minutes apart, and in the end Autotask and the ledger's links have to be what they are after an import that nothing
//! disturbed. `INTERRUPTIONS=full` takes every place; otherwise it is a sample, and what was left out is said.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod cut;
#[path = "../support/history.rs"]
mod history;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use importer::app::Importer;
use importer::config::Config;
use importer::domain::decision::Outcome as O;
use importer::domain::report::{RunReport, RunState};
use importer::progress::Silent;
use importer::sqlite::Ledger;
use jiff::Timestamp;
use mock_autotask::{Effect, FaultRule};
use scenarios::clock::ManualClock;
use scenarios::stage::{Plan, Stage};

use cut::{Disturbance, Fate, Moment, Unwound};
use history::History;

/// Imports after a cut until everything that can be imported is.
const MOST_IMPORTS: u32 = 6;

/// Places of each kind that a sample has.
const SAMPLE: usize = 5;

/// Calls that change records, as the mock names them.
const WRITES: [&str; 4] = [
    "POST Companies",
    "POST Companies/{id}/Contacts",
    "PATCH Companies",
    "PATCH Companies/{id}/Contacts",
];

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

type State = BTreeMap<String, u32>;

/// A stage with a past, at the moment before its second import.
struct Play {
    stage: Stage,
    history: History,
    clock: Arc<ManualClock>,
    /// Whether the mock has something to do later.
    delays: bool,
}

impl Play {
    async fn begin() -> Self {
        let clock = Arc::new(ManualClock::default());
        let patient = Arc::new(Patient(Arc::clone(&clock)));
        let mut stage = Stage::set(&Plan::default(), patient).await.unwrap();
        "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
        let history = History::first(&stage);
        let mut play = Self { stage, history, clock, delays: false };
        play.pass(Duration::from_mins(1)).await;
        let report = play.import(Fate::Undisturbed).await.0.unwrap();
        assert_eq!(report.state, RunState::Completed, "{report}");
        play.pass(Duration::from_mins(10)).await;
        play.history.second(&play.stage).await;
        play.pass(Duration::from_mins(10)).await;
        play
    }

    fn ledger(&self) -> std::path::PathBuf {
        self.stage.settings_file().with_file_name("importer.db")
    }

    /// One import by a new process, which has this fate.
    async fn import(&self, fate: Fate) -> (Option<RunReport>, Arc<Disturbance>) {
        let disturbance = Disturbance::new(fate);
        let config =
            Config::parse(&self.stage.importer_toml(), &self.stage.settings_file(), &|_| None)
                .unwrap();
        let clock = Arc::<ManualClock>::clone(&self.clock);
        let mut importer =
            Importer::on(&disturbance.connector(), config, clock, Arc::new(Silent)).unwrap();
        importer.ledger = Arc::new(
            Ledger::heard(&self.ledger(), Arc::<Disturbance>::clone(&disturbance)).unwrap(),
        );
        let watching = Arc::clone(&disturbance);
        let process = tokio::spawn(async move {
            tokio::select! {
                biased;
                () = watching.over() => None,
                report = importer.import() => Some(report),
            }
        });
        let report = match process.await {
            Ok(report) => report.map(Result::unwrap),
            Err(error) => {
                assert!(error.into_panic().is::<Unwound>(), "the import panicked by itself");
                None
            }
        };
        (report, disturbance)
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
    async fn go_on(&self, what: &str) {
        self.pass(Duration::from_mins(1)).await;
        self.import(Fate::Undisturbed).await.0.unwrap();
        for _ in 0..MOST_IMPORTS {
            self.pass(Duration::from_mins(20)).await;
            let report = self.import(Fate::Undisturbed).await.0.unwrap();
            assert_eq!(report.state, RunState::Completed, "{what}: {report}");
            let nothing_written = [O::Created, O::Linked, O::Updated]
                .into_iter()
                .all(|outcome| report.accounts.of(outcome) + report.contacts.of(outcome) == 0);
            if nothing_written {
                return;
            }
        }
        panic!("{what}: the imports after it write something each time");
    }

    async fn end(&self) -> State {
        self.history.end(&self.stage, &Ledger::open(&self.ledger()).unwrap()).await
    }

    /// How often each write was called since the stage was set, without the queries.
    fn writes(&self) -> BTreeMap<&'static str, u64> {
        let calls = self.stage.autotask.calls();
        WRITES.map(|call| (call, calls.get(call).copied().unwrap_or_default())).into()
    }
}

/// What an undisturbed import leaves, and of how many requests, commits and writes it is made.
struct Undisturbed {
    end: State,
    requests: u64,
    commits: u64,
    writes: BTreeMap<&'static str, u64>,
}

impl Undisturbed {
    async fn see() -> Self {
        let play = Play::begin().await;
        let before = play.writes();
        let (report, disturbance) = play.import(Fate::Undisturbed).await;
        let report = report.unwrap();
        assert_has_everything(&report);
        let writes = play.writes().into_iter().map(|(call, made)| (call, made - before[call]));
        let writes = writes.collect();
        let (requests, commits) = disturbance.counted();
        play.go_on("nothing").await;
        Self { end: play.end().await, requests, commits, writes }
    }
}

/// An import in which something never happens proves nothing of it.
fn assert_has_everything(report: &RunReport) {
    assert_eq!(report.state, RunState::Completed, "{report}");
    for outcome in [O::Created, O::Linked, O::Updated, O::Duplicate, O::Held, O::UnMapped] {
        assert!(report.accounts.of(outcome) > 0, "no account was {outcome}: {report}");
    }
    for outcome in [O::Created, O::Linked, O::Updated, O::Duplicate, O::Orphan, O::UnMapped] {
        assert!(report.contacts.of(outcome) > 0, "no contact was {outcome}: {report}");
    }
}

fn assert_same(expected: &State, found: &State, what: &str) {
    let missing: Vec<_> = expected.iter().filter(|(row, n)| found.get(*row) != Some(n)).collect();
    let extra: Vec<_> = found.iter().filter(|(row, n)| expected.get(*row) != Some(n)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{what}: missing {missing:#?}, extra {extra:#?}"
    );
}

fn is_full() -> bool {
    std::env::var("INTERRUPTIONS").is_ok_and(|value| value == "full")
}

/// All places, or some of each kind, evenly spread and with the last among them; says how many.
fn chosen<T: Clone>(what: &str, places: &[T]) -> Vec<T> {
    let chosen: Vec<T> = if is_full() || places.len() <= SAMPLE {
        places.to_vec()
    } else {
        (1..=SAMPLE).map(|part| places[part * places.len() / SAMPLE - 1].clone()).collect()
    };
    let left_out = places.len() - chosen.len();
    let all = places.len();
    say(&format!("{what}: {} of {all} taken, {left_out} left out", chosen.len()));
    chosen
}

/// Says something past the test harness, which keeps what is printed of tests that succeed to itself.
fn say(text: &str) {
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// Plays each of these on a world of its own, several at a time, each on a thread of its own.
fn play_each<T: Debug + Sync>(places: &[T], play: impl AsyncFn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(place) = places.get(next.fetch_add(1, Ordering::SeqCst)) {
                    alone(play(place));
                }
            });
        }
    });
}

/// Runs a future on this thread and no other, so that an import is as much the same each time as it can be.
fn alone<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// One import of this fate, and those that finish what it left.
async fn disturbed(undisturbed: &Undisturbed, fate: Fate) {
    let play = Play::begin().await;

    let (report, disturbance) = play.import(fate).await;
    play.go_on(&format!("{fate:?}")).await;

    assert!(disturbance.has_happened(), "{fate:?} was not reached");
    assert_eq!(report.is_none(), matches!(fate, Fate::Cut(_)), "{fate:?}");
    assert_same(&undisturbed.end, &play.end().await, &format!("{fate:?}"));
}

#[test]
fn an_import_cut_off_at_any_request_or_commit_is_finished_by_the_next() {
    let undisturbed = alone(Undisturbed::see());
    let Undisturbed { requests, commits, .. } = undisturbed;
    assert!(requests > 60 && commits > 20, "the import is too small: {requests} and {commits}");
    let mut moments = Vec::new();
    let mut choose = |what, places, moment: fn(u64) -> Moment| {
        moments.extend(chosen(what, &(1..=places).map(moment).collect::<Vec<_>>()));
    };
    choose("cuts before a request", requests, Moment::BeforeRequest);
    choose("cuts after a request", requests, Moment::AfterRequest);
    choose("cuts before a commit", commits, Moment::BeforeCommit);
    choose("cuts after a commit", commits, Moment::AfterCommit);

    play_each(&moments, async |moment| disturbed(&undisturbed, Fate::Cut(*moment)).await);
}

#[test]
fn an_import_that_loses_any_one_answer_is_finished_all_the_same() {
    let undisturbed = alone(Undisturbed::see());
    let requests: Vec<_> = (1..=undisturbed.requests).collect();
    let requests = chosen("answers lost", &requests);

    play_each(&requests, async |request| disturbed(&undisturbed, Fate::Lost(*request)).await);
}

/// A write goes wrong, and the process ends with its connection or goes on.
#[derive(Debug, Clone)]
struct Spoilt {
    call: &'static str,
    after: u32,
    effect: Effect,
    is_cut: bool,
}

async fn spoilt(undisturbed: &Undisturbed, spoilt: &Spoilt) {
    let mut play = Play::begin().await;
    play.delays = matches!(spoilt.effect, Effect::DropThenApply { .. });
    let rule =
        FaultRule { after: spoilt.after, ..FaultRule::next(spoilt.call, spoilt.effect.clone()) };
    play.stage.autotask.spoil(rule);

    let fate = if spoilt.is_cut { Fate::Cut(Moment::Dropped) } else { Fate::Undisturbed };
    let (report, _) = play.import(fate).await;
    play.go_on(&format!("{spoilt:?}")).await;

    assert_eq!(report.is_none(), spoilt.is_cut, "{spoilt:?}");
    let happened = play.stage.autotask.journal().iter().any(|entry| entry.effect.is_some());
    assert!(happened, "{spoilt:?} did not happen");
    assert_same(&undisturbed.end, &play.end().await, &format!("{spoilt:?}"));
}

/// Every write of an import, spoilt in this way.
fn each_write(what: &str, undisturbed: &Undisturbed, effect: &Effect, is_cut: bool) -> Vec<Spoilt> {
    let mut all = Vec::new();
    for (call, made) in &undisturbed.writes {
        for after in 0..u32::try_from(*made).unwrap() {
            all.push(Spoilt { call, after, effect: effect.clone(), is_cut });
        }
    }
    assert!(all.len() > 50, "the import writes too little: {:?}", undisturbed.writes);
    chosen(what, &all)
}

#[test]
fn a_write_that_takes_effect_five_minutes_after_its_connection_dropped_is_not_repeated() {
    let undisturbed = alone(Undisturbed::see());
    let late = Effect::DropThenApply { milliseconds: 5 * 60 * 1_000 };
    let mut writes = each_write("late writes", &undisturbed, &late, false);
    writes.extend(each_write("late writes of a process that ended", &undisturbed, &late, true));

    play_each(&writes, async |write| spoilt(&undisturbed, write).await);
}

#[test]
fn a_write_whose_answer_comes_to_nothing_is_neither_lost_nor_repeated() {
    let undisturbed = alone(Undisturbed::see());
    let bad_gateway = Effect::Status { status: 502, body: "<h1>Bad Gateway</h1>".to_owned() };
    let mut writes =
        each_write("writes that never arrive", &undisturbed, &Effect::DropBefore, false);
    writes.extend(each_write("answers of a gateway", &undisturbed, &bad_gateway, false));
    let short = Effect::Truncate { bytes: 5 };
    writes.extend(each_write("answers cut short", &undisturbed, &short, false));

    play_each(&writes, async |write| spoilt(&undisturbed, write).await);
}
