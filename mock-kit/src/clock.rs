//! The time as the mocks see it.
//!
//! A mock asks this port and nothing else, so a session's life time, a rolling hour or an answer's delay can be
//! played through without waiting. Scenarios hand in a clock they share with the importer.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Where a mock gets the time from.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Completes once `pause` has passed on this clock.
    async fn sleep(&self, pause: Duration);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the mocks' time comes from")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the mocks' time comes from")]
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// The machine's clock, as the port.
pub fn system() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}
