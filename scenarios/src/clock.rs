//! A clock that moves only when it is told to, or when somebody pauses on it.
//!
//! Importer and mocks of a story share it, so hours pass in no time. A pause moves it to the pause's end; nobody has
//! to wait. Time limits never run out on it: a story's requests are answered or their connections closed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// When stories begin: a Monday morning, long after the generated records were changed.
const BEGIN: i64 = 1_767_603_600;

/// The clock of one story.
#[derive(Debug, Default)]
pub struct ManualClock {
    passed: AtomicI64,
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
        let end = self
            .now()
            .saturating_add(SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX));
        tokio::task::yield_now().await;
        // Others may have paused at the same time: the clock goes to the latest end, not to the sum of pauses.
        if let Ok(end) = end {
            let left = end.duration_since(self.now());
            self.advance(left.try_into().unwrap_or(Duration::ZERO));
        }
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
}
