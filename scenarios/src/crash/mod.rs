//! Cuts an import off at each request and each commit, and sees the next one finish the work (rule R4).
//!
//! Every request and every commit of an import is a place to cut: the process ends just before it or just after. Every
//! answer is lost once, after the server took the request; every write takes effect minutes after its connection
//! dropped, or its answer comes to nothing in other ways. After each, somebody launches an import, others follow 20
//! minutes apart, and in the end Autotask and the ledger's links have to be what they are after an import that nothing
//! disturbed.
//!
//! `stories` does the same with the imports of stories.

mod history;
mod play;
mod state;
mod stories;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use mock_autotask::Effect;

pub use history::History;
pub use play::Undisturbed;
pub use state::State;

use crate::interruption::{Fate, Moment};
use crate::runner::{Choice, Ending};
use play::Spoilt;

/// Why something could not be tried, or did not end as it has to.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// Calls that change records, as the mock names them.
const WRITES: [&str; 4] = [
    "POST Companies",
    "POST Companies/{id}/Contacts",
    "PATCH Companies",
    "PATCH Companies/{id}/Contacts",
];

/// What `scenarios crash` is told.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(after_help = "\
Without a PATH, tags or a rule it interrupts one import that has everything to do; else those of stories, \
which have to hold all the same.

Examples:
  scenarios crash
  scenarios crash built-in --sample 3
  scenarios crash mine.feature:12
  scenarios crash --rule U1 --rule K5
  scenarios crash mine.feature:12 --at 'after request 7'

Exit codes: 0 every interrupted import was finished and every story held, 1 some were or did not, \
2 a scenario or an argument is wrong or every story was left out, 3 the environment is wrong.")]
pub struct Arguments {
    /// The stories that are meant.
    #[command(flatten)]
    pub choice: Choice,
    /// Places tried of each kind, evenly spread, in each story; all of them if left out
    #[arg(long, value_name = "N")]
    pub sample: Option<NonZero<usize>>,
    /// Only the place of this name, as a failure shows it
    #[arg(long, value_name = "PLACE", conflicts_with = "sample")]
    pub at: Option<String>,
    /// Imports at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<usize>>,
    /// What the generated data of stories come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

impl Arguments {
    /// Imports at a time.
    fn jobs(&self) -> usize {
        self.jobs.map_or_else(processors, NonZero::get)
    }

    /// Whether a place is meant.
    fn means(&self, place: &Place) -> bool {
        self.at.as_ref().is_none_or(|at| *at == place.to_string())
    }
}

/// A place at which something happens to an import.
#[derive(Debug, Clone)]
pub struct Place(What);

#[derive(Debug, Clone)]
enum What {
    Fate(Fate),
    Spoilt(Spoilt),
}

impl Place {
    fn of(fate: Fate) -> Self {
        Self(What::Fate(fate))
    }

    /// What becomes of the process there, if it is that.
    fn fate(&self) -> Option<Fate> {
        match &self.0 {
            What::Fate(fate) => Some(*fate),
            What::Spoilt(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            What::Fate(Fate::Undisturbed) => f.write_str("nowhere"),
            What::Fate(Fate::Cut(moment)) => match moment {
                Moment::BeforeRequest(nth) => write!(f, "before request {nth}"),
                Moment::AfterRequest(nth) => write!(f, "after request {nth}"),
                Moment::BeforeCommit(nth) => write!(f, "before commit {nth}"),
                Moment::AfterCommit(nth) => write!(f, "after commit {nth}"),
                Moment::Dropped => f.write_str("when a connection drops"),
            },
            What::Fate(Fate::Lost(nth)) => write!(f, "at the answer to request {nth}"),
            What::Spoilt(Spoilt { call, after, .. }) => write!(f, "at {call} number {}", after + 1),
        }
    }
}

/// Places of one kind.
#[derive(Debug)]
pub struct Kind {
    /// What happens there.
    pub what: &'static str,
    /// All of them.
    pub places: Vec<Place>,
}

impl Undisturbed {
    /// Each request and commit, before and after.
    pub fn cuts(&self) -> Vec<Kind> {
        let kind = |what, places, moment: fn(u64) -> Moment| Kind {
            what,
            places: (1..=places).map(|nth| Place(What::Fate(Fate::Cut(moment(nth))))).collect(),
        };
        vec![
            kind("cuts before a request", self.requests, Moment::BeforeRequest),
            kind("cuts after a request", self.requests, Moment::AfterRequest),
            kind("cuts before a commit", self.commits, Moment::BeforeCommit),
            kind("cuts after a commit", self.commits, Moment::AfterCommit),
        ]
    }

    /// Each answer.
    pub fn losses(&self) -> Vec<Kind> {
        let places = (1..=self.requests).map(|nth| Place(What::Fate(Fate::Lost(nth))));
        vec![Kind { what: "answers lost", places: places.collect() }]
    }

    /// Each write, taking effect late.
    pub fn late_writes(&self) -> Vec<Kind> {
        let late = Effect::DropThenApply { milliseconds: 5 * 60 * 1_000 };
        vec![
            self.each_write("late writes", &late, false),
            self.each_write("late writes of a process that ended", &late, true),
        ]
    }

    /// Each write, its answer coming to nothing.
    pub fn unanswered_writes(&self) -> Vec<Kind> {
        let gateway = Effect::Status { status: 502, body: "<h1>Bad Gateway</h1>".to_owned() };
        vec![
            self.each_write("writes that never arrive", &Effect::DropBefore, false),
            self.each_write("answers of a gateway", &gateway, false),
            self.each_write("answers cut short", &Effect::Truncate { bytes: 5 }, false),
        ]
    }

    fn each_write(&self, what: &'static str, effect: &Effect, is_cut: bool) -> Kind {
        let mut places = Vec::new();
        for (call, made) in &self.writes {
            for after in 0..u32::try_from(*made).unwrap_or(u32::MAX) {
                let spoilt = Spoilt { call, after, effect: effect.clone(), is_cut };
                places.push(Place(What::Spoilt(spoilt)));
            }
        }
        Kind { what, places }
    }

    async fn attempt(&self, place: &Place) -> Result<(), Trouble> {
        match &place.0 {
            What::Fate(fate) => self.disturbed(*fate).await,
            What::Spoilt(spoilt) => self.spoilt(spoilt).await,
        }
    }

    /// Tries each place in a world of its own, so many at a time, each on a thread of its own. Returns those after
    /// which the work was not finished.
    pub fn try_each(&self, places: &[Place], jobs: usize) -> Vec<(Place, Trouble)> {
        let attempts = in_parallel(places, jobs, |place| alone(self.attempt(place)));
        let failures = places.iter().zip(attempts);
        failures.filter_map(|(place, attempt)| Some((place.clone(), attempt.err()?))).collect()
    }
}

/// Does something to each of these, so many at a time, each on a thread of its own. The results are in their order.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::SeqCst);
                    let Some(item) = items.get(place) else { return };
                    let result = work(item);
                    results.lock().unwrap_or_else(PoisonError::into_inner).insert(place, result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// Runs a future on this thread and no other, so that an import is as much the same each time as it can be.
pub fn alone<T>(future: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}

/// So many of these, evenly spread and with the last among them; all if there are no more.
pub fn sample<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most {
        return all.to_vec();
    }
    (1..=most).map(|part| all[part * all.len() / most - 1].clone()).collect()
}

/// As many jobs as the machine has processors.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, NonZero::get)
}

/// Tries what the arguments name and tells what came of it.
pub fn crash(arguments: &Arguments, out: &mut dyn Write) -> Result<Ending, Trouble> {
    if arguments.choice.is_made() {
        stories::tell(arguments, out)
    } else {
        standard(arguments, out)
    }
}

/// Interrupts the import that has everything to do.
fn standard(arguments: &Arguments, out: &mut dyn Write) -> Result<Ending, Trouble> {
    let undisturbed = alone(Undisturbed::see())?;
    let writes: u64 = undisturbed.writes.values().sum();
    writeln!(
        out,
        "an import of {} requests, {writes} of them writes, and {} commits",
        undisturbed.requests, undisturbed.commits
    )?;
    let jobs = arguments.jobs();
    let most = arguments.sample.map_or(usize::MAX, NonZero::get);
    let kinds = [
        undisturbed.cuts(),
        undisturbed.losses(),
        undisturbed.late_writes(),
        undisturbed.unanswered_writes(),
    ];
    let (mut failed, mut tried) = (0, 0);
    for Kind { what, places } in kinds.into_iter().flatten() {
        let mut chosen = sample(&places, most);
        chosen.retain(|place| arguments.means(place));
        tried += chosen.len();
        let failures = undisturbed.try_each(&chosen, jobs);
        failed += failures.len();
        tell(what, places.len(), chosen.len(), &failures, out)?;
    }
    let (end, ending) = match (tried, failed) {
        (0, _) => ("there is no such place", Ending::Wrong),
        (_, 0) => ("every import was finished", Ending::Held),
        _ => ("some were not finished", Ending::Failed),
    };
    writeln!(out, "{end}")?;
    Ok(ending)
}

fn tell(
    what: &str,
    all: usize,
    chosen: usize,
    failures: &[(Place, Trouble)],
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "{what}: {chosen} of {all} taken, {} left out", all - chosen)?;
    if !failures.is_empty() {
        write!(out, ", {} not finished", failures.len())?;
    }
    writeln!(out)?;
    for (place, trouble) in failures {
        writeln!(out, "  {place}: {trouble}")?;
    }
    Ok(())
}
