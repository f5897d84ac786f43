//! A clock that moves only when it is told to, or when somebody pauses on it.
//!
//! Importer and mocks of a story share it, so hours pass in no time: once nothing but pauses is going on, the clock
//! moves to the end of the shortest. Time limits never run out on it: a story's requests are answered or their
//! connections closed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// When stories and simulations begin: a Monday morning, long after the generated records were changed.
pub(crate) const BEGIN: i64 = 1_767_603_600;

/// Whoever pauses gives way so often without another pause beginning or ending before the clock moves: often enough
/// for a request on its way to arrive, where all run on one thread.
const QUIET: u32 = 32;

/// The clock of one story.
#[derive(Debug, Default)]
pub struct ManualClock {
    /// Milliseconds since the story began.
    passed: AtomicI64,
    /// When the pauses end, each with a number of its own.
    pauses: Mutex<BTreeSet<(i64, u64)>>,
    /// Pauses that have begun and ended.
    changes: AtomicU64,
}

/// A pause, until it is dropped.
struct Pause<'c> {
    clock: &'c ManualClock,
    entry: (i64, u64),
}

impl<'c> Pause<'c> {
    fn begin(clock: &'c ManualClock, pause: Duration) -> Self {
        let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let number = clock.changes.fetch_add(1, Ordering::SeqCst);
        let entry = (clock.passed.load(Ordering::SeqCst).saturating_add(pause), number);
        clock.pauses().insert(entry);
        Self { clock, entry }
    }

    fn is_over(&self) -> bool {
        self.clock.passed.load(Ordering::SeqCst) >= self.entry.0
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.clock.pauses().remove(&self.entry);
        self.clock.changes.fetch_add(1, Ordering::SeqCst);
    }
}

impl ManualClock {
    /// The present moment.
    pub fn now(&self) -> Timestamp {
        let passed = SignedDuration::from_millis(self.passed.load(Ordering::SeqCst));
        let begin = Timestamp::from_second(BEGIN).unwrap_or(Timestamp::UNIX_EPOCH);
        begin.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.passed.fetch_add(by, Ordering::SeqCst);
    }

    async fn pause(&self, pause: Duration) {
        let pause = Pause::begin(self, pause);
        let (mut quiet, mut seen) = (0, self.changes.load(Ordering::SeqCst));
        while !pause.is_over() {
            tokio::task::yield_now().await;
            let changes = self.changes.load(Ordering::SeqCst);
            quiet = if changes == seen { quiet + 1 } else { 0 };
            seen = changes;
            if quiet >= QUIET {
                self.move_on();
            }
        }
    }

    /// Moves to the end of the shortest pause that is not over.
    fn move_on(&self) {
        let pauses = self.pauses();
        let now = self.passed.load(Ordering::SeqCst);
        if let Some((end, _)) = pauses.range((now + 1, 0)..).next() {
            self.passed.fetch_max(*end, Ordering::SeqCst);
            self.changes.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn pauses(&self) -> MutexGuard<'_, BTreeSet<(i64, u64)>> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl mock_kit::clock::Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.now()
    }

    async fn sleep(&self, pause: Duration) {
        self.pause(pause).await;
    }
}

#[async_trait]
impl importer::ports::Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.now()
    }

    async fn sleep(&self, pause: Duration) {
        self.pause(pause).await;
    }

    async fn wait_until(&self, moment: Timestamp) {
        // Only a story's "20 minutes pass" moves it there, so whoever waits gives way until then.
        while self.now() < moment {
            tokio::task::yield_now().await;
        }
    }

    async fn deadline(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pause_moves_the_clock_to_its_end() {
        let clock = ManualClock::default();
        let before = clock.now();

        clock.pause(Duration::from_mins(20)).await;

        assert_eq!(clock.now().duration_since(before), SignedDuration::from_mins(20));
    }

    #[tokio::test]
    async fn pauses_at_the_same_time_do_not_add_up() {
        let clock = ManualClock::default();
        let before = clock.now();
        let hour = Duration::from_hours(1);

        futures_util::join!(clock.pause(hour), clock.pause(hour));

        assert_eq!(clock.now().duration_since(before), SignedDuration::from_hours(1));
    }
    #[tokio::test]
    async fn a_short_pause_is_over_before_a_long_one_that_began_earlier() {
        let clock = ManualClock::default();
        let before = clock.now();
        let passed = async |pause| {
            clock.pause(pause).await;
            clock.now().duration_since(before)
        };

        let (long, short) =
            futures_util::join!(passed(Duration::from_hours(1)), passed(Duration::from_secs(1)));

        assert_eq!(long, SignedDuration::from_hours(1));
        assert_eq!(short, SignedDuration::from_secs(1));
    }

    #[tokio::test]
    async fn a_pause_that_is_given_up_moves_nothing() {
        let clock = ManualClock::default();
        let before = clock.now();
        let given_up = async {
            tokio::select! {
                biased;
                () = clock.pause(Duration::from_secs(1)) => {}
                () = std::future::ready(()) => {}
            }
        };

        given_up.await;
        clock.pause(Duration::from_mins(1)).await;

        assert_eq!(clock.now().duration_since(before), SignedDuration::from_mins(1));
    }
}
