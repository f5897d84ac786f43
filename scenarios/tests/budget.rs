//! Autotask's hour: imports keep to their share of it, lose little time by it, and leave others theirs (rule R6).
//!
//! The mock has the vendor's limits, and the clock is the story's: hours pass in seconds. Every request the mock
//! receives is read from its journal with its moment, so that what a rolling hour held is counted here, not there.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use importer::app::Importer;
use importer::domain::budget::Budget;
use importer::domain::decision::Outcome;
use importer::domain::model::Kind;
use importer::domain::report::{RunReport, RunState};
use importer::ports::{Observer, Phase};
use mock_autotask::Limits;
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::stage::{Plan, Stage};

/// The share of the hour that imports use, in per cent: the default.
const SHARE: usize = 75;

/// Requests that are not counted by Autotask.
const FREE: &str = "ZoneInformation";

/// A question about the hour.
const QUESTION: &str = "ThresholdInformation";

/// For how long a request counts, in milliseconds.
const HOUR: i64 = 3_600_000;

/// What the import's observer saw.
#[derive(Default)]
struct Seen {
    /// The number of the journal's last entry that was read.
    last: u64,
    /// Records since.
    records: u64,
    /// When each request came that counts, in milliseconds.
    arrivals: Vec<i64>,
    questions: usize,
    refused: usize,
    /// The waits that were told.
    waits: Vec<Duration>,
}

/// What a test does in the middle of an import.
type Act = Box<dyn FnOnce(&Stage) + Send>;

/// Reads the mock's journal while an import runs, as it forgets all but the latest thousand entries.
struct Watcher {
    stage: Arc<Stage>,
    seen: Mutex<Seen>,
    /// What is done as the import begins to write contacts.
    at_contacts: Mutex<Option<Act>>,
    /// What is done at the import's first wait.
    at_wait: Mutex<Option<Act>>,
}

impl Watcher {
    fn of(stage: &Arc<Stage>) -> Arc<Self> {
        let (stage, seen) = (Arc::clone(stage), Mutex::default());
        Arc::new(Self { stage, seen, at_contacts: Mutex::default(), at_wait: Mutex::default() })
    }

    /// Takes over what came since the last time.
    fn look(&self) {
        let mut seen = self.seen.lock().unwrap();
        let journal = self.stage.autotask.journal();
        let missed = journal.first().is_some_and(|first| first.number > seen.last + 1);
        assert!(!missed, "the journal was read too late");
        let last = seen.last;
        for entry in journal.into_iter().filter(|entry| entry.number > last) {
            seen.last = entry.number;
            if entry.call != FREE {
                seen.arrivals.push(entry.at.as_millisecond());
                seen.questions += usize::from(entry.call == QUESTION);
                seen.refused += usize::from(entry.status == Some(429));
            }
        }
    }

    /// Everything, once the import has ended.
    fn seen(&self) -> Seen {
        self.look();
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        // Requests that came together are noted in the order in which they were answered.
        seen.arrivals.sort_unstable();
        seen
    }
}

impl Observer for Watcher {
    fn phase(&self, phase: Phase, _: Option<u64>) {
        if phase == Phase::Writing(Kind::Contact)
            && let Some(act) = self.at_contacts.lock().unwrap().take()
        {
            act(&self.stage);
        }
    }

    fn advance(&self, records: u64) {
        let is_due = {
            let mut seen = self.seen.lock().unwrap();
            seen.records += records;
            seen.records >= 200
        };
        if is_due {
            self.seen.lock().unwrap().records = 0;
            self.look();
        }
    }

    fn waits(&self, pause: Duration) {
        self.seen.lock().unwrap().waits.push(pause);
        if let Some(act) = self.at_wait.lock().unwrap().take() {
            act(&self.stage);
        }
    }

    fn budget(&self, budget: &Budget) {
        assert!(budget.used <= budget.limit, "{budget:?}");
    }
}

/// The most requests that came within any hour.
fn busiest_hour(arrivals: &[i64]) -> usize {
    let mut hour = VecDeque::new();
    let mut most = 0;
    for at in arrivals {
        hour.push_back(*at);
        while hour.pop_front_if(|first| *first <= at - HOUR).is_some() {}
        most = most.max(hour.len());
    }
    most
}

/// How long so many requests take at least, two at a time, if no hour may hold more than `allowed` of the `limit`.
///
/// The hour alone would let the first `allowed` go at once, as many again an hour later, and so on. But the server
/// delays its answers by half a second once half of the limit is used and by a second from three quarters on, as the
/// vendor says of itself, so that a client that sends each request as early as it may still takes its time for it.
/// This plays that client; it knows nothing of the importer, and loses no time on anything but hour and delays.
fn least(requests: usize, allowed: usize, limit: usize) -> Duration {
    let mut starts: Vec<i64> = Vec::with_capacity(requests);
    let mut free_at = [0_i64; 2];
    let mut oldest = 0;
    for number in 0..requests {
        let thread = usize::from(free_at[1] < free_at[0]);
        let an_hour_after = number.checked_sub(allowed).map_or(0, |earlier| starts[earlier] + HOUR);
        let at = free_at[thread].max(an_hour_after);
        while oldest < number && starts[oldest] <= at - HOUR {
            oldest += 1;
        }
        let used = number - oldest + 1;
        let delay = match used * 4 {
            used if used >= 3 * limit => 1_000,
            used if used >= 2 * limit => 500,
            _ => 0,
        };
        starts.push(at);
        free_at[thread] = at + delay;
    }
    Duration::from_millis(free_at.into_iter().max().unwrap_or(0).unsigned_abs())
}

/// Both mocks with the vendor's limits, Autotask's with so many requests an hour.
async fn stage(clock: &Arc<ManualClock>, size: Size, limit: u32) -> Arc<Stage> {
    let plan = Plan { seed: 11, size };
    let mut stage = Stage::set(&plan, Arc::<ManualClock>::clone(clock)).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    let limits = Limits { requests_per_hour: Some(limit), ..Limits::vendor() };
    stage.autotask.configure(|settings| settings.limits = limits);
    Arc::new(stage)
}

fn importer(stage: &Stage, clock: &Arc<ManualClock>, watcher: &Arc<Watcher>) -> Importer {
    stage.importer(Arc::<ManualClock>::clone(clock), Arc::<Watcher>::clone(watcher)).unwrap()
}

#[track_caller]
fn assert_complete(report: &RunReport, size: Size) {
    assert!(
        matches!(report.state, RunState::Completed | RunState::CompletedWithErrors),
        "{report} {:?}",
        report.failure
    );
    assert_eq!((report.accounts.total(), report.contacts.total()), (size.accounts, size.contacts));
}

/// A first import of 6,667 accounts with 20,000 contacts at the vendor's 10,000 requests an hour takes about a minute
/// without optimisation. Otherwise a fifth of both, which takes as many hours.
#[tokio::test]
async fn a_first_import_keeps_to_its_share_and_takes_little_longer_than_it_must() {
    let is_full = std::env::var("BUDGET").is_ok_and(|which| which == "full");
    let (accounts, contacts, limit) =
        if is_full { (6_667, 20_000, 10_000) } else { (1_334, 4_000, 2_000) };
    if !is_full {
        println!("left out: 20,000 contacts at 10,000 requests an hour; BUDGET=full does them");
    }
    let clock = Arc::new(ManualClock::default());
    let size = Size::of(accounts, contacts);
    let stage = stage(&clock, size, limit).await;
    let watcher = Watcher::of(&stage);
    let importer = importer(&stage, &clock, &watcher);

    let report = importer.import().await.unwrap();

    assert_complete(&report, size);
    let seen = watcher.seen();
    let limit = limit as usize;
    let allowed = limit * SHARE / 100;
    let took = Duration::try_from(report.ended.duration_since(report.started)).unwrap();
    let least = least(seen.arrivals.len() - seen.questions, allowed, limit);
    let busiest = busiest_hour(&seen.arrivals);
    println!(
        "{} requests, {} of them questions; at most {busiest} of {allowed} in an hour; {} min, at least {} min",
        seen.arrivals.len(),
        seen.questions,
        took.as_secs_f64() / 60.0,
        least.as_secs_f64() / 60.0
    );
    assert_eq!(seen.refused, 0, "no request was one too many");
    assert!(busiest <= allowed, "{busiest} requests in an hour, {allowed} are the share");
    assert!(busiest > allowed * 9 / 10, "{busiest} in an hour: the share is not used");
    assert!(least >= Duration::from_hours(2), "{least:?} is no test of waiting");
    assert!(took >= least.mul_f64(0.98), "{took:?} is less than possible: {least:?}");
    assert!(took <= least.mul_f64(1.05), "{took:?} is more than 5 per cent over {least:?}");
}

/// Others begin in the middle of an import. What they use is learnt, and left to them.
#[tokio::test]
async fn what_others_use_comes_off_the_share_as_soon_as_it_is_known() {
    let clock = Arc::new(ManualClock::default());
    let size = Size::of(300, 2_500);
    let stage = stage(&clock, size, 2_000).await;
    let watcher = Watcher::of(&stage);
    let importer = importer(&stage, &clock, &watcher);
    let began = Arc::new(Mutex::new(i64::MAX));
    let noted = Arc::clone(&began);
    *watcher.at_contacts.lock().unwrap() = Some(Box::new(move |stage| {
        *noted.lock().unwrap() = stage.autotask.now().as_millisecond();
        stage.autotask.configure(|settings| settings.limits.other_requests = 400);
    }));

    let report = importer.import().await.unwrap();

    assert_complete(&report, size);
    let seen = watcher.seen();
    let began = *began.lock().unwrap();
    let since: Vec<i64> = seen.arrivals.iter().copied().filter(|at| *at > began).collect();
    println!(
        "{} requests, {} with others about; {:?}",
        seen.arrivals.len(),
        since.len(),
        seen.waits
    );
    assert!(since.len() > 2_000, "{} requests are no test", since.len());
    assert_eq!(seen.refused, 0);
    assert!(busiest_hour(&seen.arrivals) <= 1_500);
    assert!(busiest_hour(&since) <= 1_500 - 400, "{} in an hour", busiest_hour(&since));
}

/// A process that starts in a used-up hour knows nothing of it; the one before was stopped as it waited.
#[tokio::test]
async fn a_restart_in_a_used_up_hour_keeps_to_the_share() {
    let clock = Arc::new(ManualClock::default());
    let size = Size::of(300, 2_000);
    let stage = stage(&clock, size, 2_000).await;
    let watcher = Watcher::of(&stage);
    let first = importer(&stage, &clock, &watcher);
    let stop = first.ports.stop.clone();
    *watcher.at_wait.lock().unwrap() = Some(Box::new(move |_| stop.request()));

    let stopped = first.import().await.unwrap();
    drop(first);
    let before = stage.autotask.requests_last_hour();
    let second = importer(&stage, &clock, &watcher);
    let report = second.import().await.unwrap();

    let took = Duration::try_from(stopped.ended.duration_since(stopped.started)).unwrap();
    assert_eq!(stopped.state, RunState::Interrupted, "{stopped}");
    assert!(took < Duration::from_mins(20), "it stopped at once, not after {took:?}");
    // The first had decided on all of them, and the second carries out what is left.
    assert_eq!(
        (stopped.accounts.total(), stopped.contacts.total()),
        (size.accounts, size.contacts)
    );
    assert!(report.contacts.of(Outcome::Created) > 400, "{report}");
    let rest = second.import().await.unwrap();
    assert_eq!(
        rest.contacts.of(Outcome::Created) + rest.accounts.of(Outcome::Created),
        0,
        "{rest}"
    );
    let seen = watcher.seen();
    let busiest = busiest_hour(&seen.arrivals);
    println!("{before} requests before the restart, {busiest} in the busiest hour");
    assert!(before > 1_200, "{before} requests are no used-up hour");
    assert_eq!(seen.refused, 0);
    assert!(busiest <= 1_500, "{busiest} requests in an hour, 1500 are the share");
}
