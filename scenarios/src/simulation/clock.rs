//! Simulated time: tokio's own, paused. It moves to the next moment somebody waits for as soon as nobody has anything
//! to do, so hours pass in no time and nothing is missed.
//!
//! All waiting is tokio's: pauses, time limits, the pools of HTTP connections, the schedule. The importer has a clock of its own, which
//! people may set; the servers' is right.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock::BEGIN;

/// A clock in simulated time.
#[derive(Debug)]
pub(super) struct SimulatedClock {
    started: Instant,
    /// Milliseconds that it is ahead of the right time.
    ahead: AtomicI64,
}

impl SimulatedClock {
    /// A clock that starts now. Those that are to agree have to start at the same moment.
    #[expect(clippy::disallowed_methods, reason = "the simulation's time is tokio's")]
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), ahead: AtomicI64::new(0) }
    }

    /// Sets it, by so many seconds forward or back.
    pub(super) fn set(&self, seconds: i64) {
        self.ahead.fetch_add(seconds.saturating_mul(1_000), Ordering::SeqCst);
    }

    /// Whole milliseconds since the beginning, whatever people set.
    pub(super) fn passed(&self) -> Duration {
        let passed = self.started.elapsed();
        Duration::from_millis(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.passed()).unwrap_or(SignedDuration::MAX);
        let ahead = SignedDuration::from_millis(self.ahead.load(Ordering::SeqCst));
        let begin = Timestamp::from_second(BEGIN).unwrap_or(Timestamp::UNIX_EPOCH);
        begin.saturating_add(passed.saturating_add(ahead)).unwrap_or(Timestamp::MAX)
    }
}

/// Lets simulated time pass.
#[expect(clippy::disallowed_methods, reason = "the simulation's time is tokio's")]
pub(super) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

#[async_trait]
impl mock_kit::clock::Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.now()
    }

    async fn sleep(&self, pause: Duration) {
        pass(pause).await;
    }
}

#[async_trait]
impl importer::ports::Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.now()
    }

    async fn sleep(&self, pause: Duration) {
        pass(pause).await;
    }

    async fn wait_until(&self, moment: Timestamp) {
        // As the system's does: the clock may be set, and a minute at a time keeps up with that.
        loop {
            let Ok(left) = Duration::try_from(moment.duration_since(self.now())) else { return };
            if left.is_zero() {
                return;
            }
            pass(left.min(Duration::from_mins(1))).await;
        }
    }

    async fn deadline(&self, limit: Duration) {
        pass(limit).await;
    }
}
