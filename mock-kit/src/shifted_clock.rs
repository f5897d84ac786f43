//! The mock's own time: another clock's, moved ahead by as much as the control plane was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

/// A clock that can be moved ahead while it runs. What sleeps on it notices, and wakes up in time.
#[derive(Debug)]
pub struct ShiftedClock {
    inner: Arc<dyn Clock>,
    ahead_milliseconds: AtomicI64,
    moved: Notify,
}

impl ShiftedClock {
    /// A clock that begins as this other one is.
    pub fn new(inner: Arc<dyn Clock>) -> Self {
        Self { inner, ahead_milliseconds: AtomicI64::new(0), moved: Notify::new() }
    }

    /// Moves the clock ahead.
    pub fn advance(&self, seconds: u32) {
        self.ahead_milliseconds.fetch_add(i64::from(seconds) * 1_000, Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// How far it is ahead of the clock it goes by.
    pub fn ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.ahead_milliseconds.load(Ordering::SeqCst))
    }

    /// Goes by the other clock again.
    pub fn put_back(&self) {
        self.ahead_milliseconds.store(0, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        self.inner.now().checked_add(self.ahead()).unwrap_or(Timestamp::MAX)
    }

    async fn sleep(&self, pause: Duration) {
        let until = self.now().checked_add(pause).unwrap_or(Timestamp::MAX);
        loop {
            let moved = self.moved.notified();
            let Ok(left) = Duration::try_from(until.duration_since(self.now())) else { return };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                biased;
                () = moved => {}
                () = self.inner.sleep(left) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[tokio::test]
    async fn moving_the_clock_ahead_wakes_who_sleeps_on_it() {
        let clock = Arc::new(ShiftedClock::new(clock::system()));
        let before = clock.now();
        let sleeper = tokio::spawn({
            let clock = Arc::clone(&clock);
            async move { clock.sleep(Duration::from_hours(1)).await }
        });
        tokio::task::yield_now().await;

        clock.advance(1_800);
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(1_800);

        sleeper.await.unwrap();
        assert!(clock.now().duration_since(before) >= SignedDuration::from_hours(1));
        clock.put_back();
        assert_eq!(clock.ahead(), SignedDuration::ZERO);
    }
}
