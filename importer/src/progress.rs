//! Shows a run's progress: a bar on a terminal, lines anywhere else. Always on stderr.
//!
//! Both tell the records done, the rate, the requests used of Autotask's hour, and the time left. That is the longer of
//! two: what the records left take at the rate so far, and what their requests take at what the hour allows (R6).

use std::io::{IsTerminal, Write, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use jiff::Timestamp;

use crate::domain::budget::Budget;
use crate::domain::model::Kind;
use crate::ports::{Clock, Observer, Phase};
use crate::system_clock::SystemClock;

/// The observer for people at this process's stderr.
pub fn observer() -> Arc<dyn Observer> {
    let clock = Arc::new(SystemClock);
    if stderr().is_terminal() {
        Arc::new(Bar { clock, shown: Mutex::default() })
    } else {
        Arc::new(Lines::new(clock, Box::new(stderr())))
    }
}

/// An observer that shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn phase(&self, _: Phase, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
}

/// The phase in words.
pub(crate) fn title(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting => "connecting",
        Phase::Settling => "looking for creates without an answer",
        Phase::ReadingTarget(Kind::Company) => "reading Autotask companies",
        Phase::ReadingTarget(Kind::Contact) => "reading Autotask contacts",
        Phase::Deciding(Kind::Company) => "reading Salesforce accounts",
        Phase::Deciding(Kind::Contact) => "reading Salesforce contacts",
        Phase::Writing(Kind::Company) => "writing companies",
        Phase::Writing(Kind::Contact) => "writing contacts",
    }
}

/// How far a phase has come.
#[derive(Debug)]
struct Pace {
    phase: Phase,
    total: Option<u64>,
    done: u64,
    began: Timestamp,
    /// How long of this the run has waited for Autotask's hour.
    waited: Duration,
    budget: Option<Budget>,
}

impl Pace {
    fn begin(phase: Phase, total: Option<u64>, now: Timestamp) -> Self {
        Self { phase, total, done: 0, began: now, waited: Duration::ZERO, budget: None }
    }

    /// How long the phase has worked, waits left out.
    fn worked(&self, now: Timestamp) -> Duration {
        let passed = Duration::try_from(now.duration_since(self.began)).unwrap_or_default();
        passed.saturating_sub(self.waited)
    }

    /// How long the records take that are left, where that can be told.
    fn left(&self, now: Timestamp) -> Option<Duration> {
        let left = self.total?.saturating_sub(self.done);
        if left == 0 || self.done == 0 {
            return None;
        }
        let seconds = self.worked(now).as_secs_f64() * to_f64(left) / to_f64(self.done);
        let at_this_rate = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let hourly = match (&self.budget, self.phase) {
            // A record is a request, as good as exactly: a look at hundreds of them together is another.
            (Some(budget), Phase::Writing(_)) => budget.time_for(left),
            _ => Duration::ZERO,
        };
        Some(at_this_rate.max(hourly))
    }

    /// Rate, requests and time left, as far as they are known.
    fn words(&self, now: Timestamp) -> String {
        let mut parts = Vec::new();
        let worked = self.worked(now).as_secs_f64();
        if worked >= 1.0 && self.done > 0 {
            parts.push(format!("{:.1}/s", to_f64(self.done) / worked));
        }
        if let Some(Budget { used, allowed, .. }) = self.budget {
            parts.push(format!("{} requests this hour", of(used, allowed)));
        }
        if let Some(left) = self.left(now) {
            parts.push(format!("{} left", rough(left)));
        }
        parts.join(", ")
    }

    fn wait(&mut self, pause: Duration) -> String {
        self.waited += pause;
        let used = self.budget.as_ref().map(|budget| of(budget.used, budget.allowed));
        format!(
            "waiting {} for Autotask's hour, {} requests used",
            rough(pause),
            used.unwrap_or_default()
        )
    }
}

/// A number that is shown or divided, not counted with.
#[expect(clippy::cast_precision_loss, reason = "records are fewer than 2^52")]
fn to_f64(number: u64) -> f64 {
    number as f64
}

fn of(used: u64, allowed: u64) -> String {
    // A tenant without a limit names a number that says nothing.
    if allowed > 100_000_000 {
        return HumanCount(used).to_string();
    }
    format!("{} of {}", HumanCount(used), HumanCount(allowed))
}

/// A duration as a person says it.
fn rough(duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    match duration.as_secs() {
        seconds @ ..90 => format!("{seconds} s"),
        90..5_400 => format!("{minutes} min"),
        _ => format!("{} h {:02} min", minutes / 60, minutes % 60),
    }
}

/// One bar for the phase at hand.
struct Bar {
    clock: Arc<dyn Clock>,
    shown: Mutex<Option<(ProgressBar, Pace)>>,
}

impl Bar {
    fn shown(&self) -> MutexGuard<'_, Option<(ProgressBar, Pace)>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Bar {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        let template = match total {
            Some(_) => "{msg:<38} {wide_bar} {human_pos}/{human_len} {prefix}",
            None => "{msg:<38} {spinner} {human_pos} {prefix}",
        };
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(title(phase));
        bar.enable_steady_tick(Duration::from_millis(100));
        let mut shown = self.shown();
        let mut pace = Pace::begin(phase, total, self.clock.now());
        if let Some((earlier, last)) = shown.take() {
            earlier.finish_and_clear();
            pace.budget = last.budget;
        }
        *shown = Some((bar, pace));
    }

    fn advance(&self, records: u64) {
        if let Some((bar, pace)) = self.shown().as_mut() {
            pace.done += records;
            bar.set_message(title(pace.phase));
            bar.set_prefix(pace.words(self.clock.now()));
            bar.inc(records);
        }
    }

    fn budget(&self, budget: &Budget) {
        if let Some((bar, pace)) = self.shown().as_mut() {
            pace.budget = Some(budget.clone());
            bar.set_prefix(pace.words(self.clock.now()));
        }
    }

    fn waits(&self, pause: Duration) {
        if let Some((bar, pace)) = self.shown().as_mut() {
            bar.set_message(pace.wait(pause));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((bar, _)) = self.shown().take() {
            bar.finish_and_clear();
        }
    }
}

/// A line for each phase, one for every so many records, and one for each wait.
struct Lines {
    clock: Arc<dyn Clock>,
    shown: Mutex<(Box<dyn Write + Send>, Option<Pace>)>,
}

/// Records between two lines.
const RECORDS_A_LINE: u64 = 2_000;

impl Lines {
    fn new(clock: Arc<dyn Clock>, out: Box<dyn Write + Send>) -> Self {
        Self { clock, shown: Mutex::new((out, None)) }
    }

    /// Changes the phase at hand, and writes the line that is made of it. Nobody is left to tell when stderr is gone.
    fn show(&self, line: impl FnOnce(&mut Option<Pace>) -> Option<String>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, pace) = &mut *shown;
        if let Some(line) = line(pace) {
            let _ = writeln!(out, "{line}");
        }
    }
}

impl Observer for Lines {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        self.show(|pace| {
            let earlier = pace.replace(Pace::begin(phase, total, self.clock.now()));
            if let (Some(pace), Some(earlier)) = (pace, earlier) {
                pace.budget = earlier.budget;
            }
            Some(match total {
                Some(total) => format!("{}: {total}", title(phase)),
                None => title(phase).to_owned(),
            })
        });
    }

    fn advance(&self, records: u64) {
        self.show(|pace| {
            let pace = pace.as_mut()?;
            let before = pace.done;
            pace.done += records;
            if before / RECORDS_A_LINE == pace.done / RECORDS_A_LINE {
                return None;
            }
            let words = pace.words(self.clock.now());
            let comma = if words.is_empty() { "" } else { ", " };
            Some(format!("  {}{comma}{words}", pace.done))
        });
    }

    fn budget(&self, budget: &Budget) {
        self.show(|pace| {
            pace.as_mut()?.budget = Some(budget.clone());
            None
        });
    }

    fn waits(&self, pause: Duration) {
        self.show(|pace| {
            let pace = pace.as_mut()?;
            let done = pace.done;
            Some(format!("  {done}, {}", pace.wait(pause)))
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use async_trait::async_trait;

    use super::*;

    /// A clock that is set by hand.
    #[derive(Debug, Default)]
    struct Hands(AtomicI64);

    impl Hands {
        fn pass(&self, seconds: i64) {
            self.0.fetch_add(seconds, Ordering::SeqCst);
        }
    }

    #[async_trait]
    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
        }
        async fn sleep(&self, _: Duration) {}
        async fn wait_until(&self, _: Timestamp) {}
        async fn deadline(&self, _: Duration) {}
    }

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// All 7,460 requests of the hour were used this minute or before, and come free with the last.
    fn used_up(used: u64) -> Budget {
        let mut frees = vec![0; 60];
        frees[59] = used;
        Budget { used, allowed: 7_460, limit: 10_000, frees }
    }

    #[test]
    fn lines_tell_records_rate_requests_and_time_left() {
        let (clock, paper) = (Arc::new(Hands::default()), Paper::default());
        let lines = Lines::new(Arc::<Hands>::clone(&clock), Box::new(paper.clone()));

        lines.phase(Phase::Connecting, None);
        lines.phase(Phase::Writing(Kind::Contact), Some(20_000));
        lines.advance(1_000);
        clock.pass(400);
        lines.budget(&used_up(2_100));
        lines.advance(1_000);
        lines.budget(&used_up(7_460));
        lines.waits(Duration::from_secs(3_200));
        clock.pass(3_200);
        lines.budget(&used_up(0));
        lines.advance(2_000);

        // 18,000 are left: 5,360 have room, 7,460 an hour later, the rest two hours later. At 5 a second they would
        // take an hour. The wait does not count for the rate.
        assert_eq!(
            String::from_utf8(paper.0.lock().unwrap().clone()).unwrap(),
            "connecting\n\
             writing contacts: 20000\n  \
             2000, 5.0/s, 2,100 of 7,460 requests this hour, 2 h 00 min left\n  \
             2000, waiting 54 min for Autotask's hour, 7,460 of 7,460 requests used\n  \
             4000, 10.0/s, 0 of 7,460 requests this hour, 2 h 00 min left\n"
        );
    }

    #[test]
    fn without_a_limit_that_matters_the_rate_tells_the_time_left() {
        let mut pace =
            Pace::begin(Phase::Deciding(Kind::Company), Some(10_000), Timestamp::UNIX_EPOCH);
        pace.done = 2_000;
        let now = Timestamp::from_second(20).unwrap();

        assert_eq!(pace.words(now), "100.0/s, 80 s left");
        pace.budget =
            Some(Budget { used: 12, allowed: 1_610_612_735, limit: 2_147_483_647, frees: vec![] });
        assert_eq!(pace.words(now), "100.0/s, 12 requests this hour, 80 s left");
        pace.done = 10_000;
        assert_eq!(pace.left(now), None);
    }

    #[test]
    fn durations_are_said_roughly() {
        let said = [0, 89, 90, 3_600, 5_399, 5_400, 90_000].map(|s| rough(Duration::from_secs(s)));

        assert_eq!(said, ["0 s", "89 s", "2 min", "60 min", "90 min", "1 h 30 min", "25 h 00 min"]);
    }
}
