//! A clock that never waits: pauses pass at once and are noted, deadlines pass when a test says so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use importer::ports::Clock;
use jiff::Timestamp;
use tokio::sync::Notify;

#[derive(Debug)]
pub(crate) struct TestClock {
    now: Mutex<Timestamp>,
    pauses: Mutex<Vec<Duration>>,
    overdue: Notify,
    stands_still: bool,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::at_noon(false))
    }

    /// A clock on which no pause ever passes; they are noted all the same.
    #[allow(dead_code, reason = "some tests that share this file only ever let time pass")]
    pub(crate) fn standing_still() -> Arc<Self> {
        Arc::new(Self::at_noon(true))
    }

    fn at_noon(stands_still: bool) -> Self {
        Self {
            now: Mutex::new("2026-03-01T12:00:00Z".parse().unwrap()),
            pauses: Mutex::default(),
            overdue: Notify::new(),
            stands_still,
        }
    }

    /// The pauses so far, in seconds.
    pub(crate) fn pauses(&self) -> Vec<u64> {
        self.pauses.lock().unwrap().iter().map(Duration::as_secs).collect()
    }

    /// Lets every deadline pass that is waited for.
    pub(crate) fn pass_deadlines(&self) {
        self.overdue.notify_waiters();
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, pause: Duration) {
        self.pauses.lock().unwrap().push(pause);
        if self.stands_still {
            std::future::pending::<()>().await;
        }
        let mut now = self.now.lock().unwrap();
        *now = now.saturating_add(pause).unwrap();
    }

    async fn wait_until(&self, _: Timestamp) {
        // Nothing here is scheduled.
        std::future::pending::<()>().await;
    }

    async fn deadline(&self, _: Duration) {
        self.overdue.notified().await;
    }
}
