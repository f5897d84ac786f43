//! The mock's own time: another clock's, moved ahead by as much as the control plane was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mock_kit::clock::Clock;

/// A clock that can be moved ahead while it runs.
#[derive(Debug)]
pub(crate) struct ShiftedClock {
    inner: Arc<dyn Clock>,
    ahead_milliseconds: AtomicI64,
}

impl ShiftedClock {
    pub(crate) fn new(inner: Arc<dyn Clock>) -> Self {
        Self { inner, ahead_milliseconds: AtomicI64::new(0) }
    }

    /// Moves the clock ahead.
    pub(crate) fn advance(&self, seconds: u32) {
        self.ahead_milliseconds.fetch_add(i64::from(seconds) * 1_000, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_milliseconds.load(Ordering::SeqCst));
        self.inner.now().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }

    async fn sleep(&self, pause: Duration) {
        self.inner.sleep(pause).await;
    }
}
