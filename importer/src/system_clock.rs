//! The machine's clock.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::ports::Clock;

/// The time as the machine tells it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
#[expect(clippy::disallowed_methods, reason = "this is where the importer's time comes from")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }

    async fn deadline(&self, limit: Duration) {
        tokio::time::sleep(limit).await;
    }
}
