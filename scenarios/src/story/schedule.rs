//! Time that passes in a story, and the imports that are due meanwhile (rule S3).

use std::time::Duration;

use importer::run::{Reading, Trigger};
use importer::schedule::Schedule;
use jiff::{SignedDuration, Timestamp};

use super::{Done, Story};

/// Minutes between two imports.
const INTERVAL: Duration = Duration::from_mins(20);

impl Story {
    /// Lets minutes pass. Where the importer is active, it imports whenever that is due: once every 20 minutes.
    pub(super) async fn let_pass(&mut self, minutes: u32) -> Done {
        let minutes = SignedDuration::from_mins(minutes.into());
        let end = self.now().saturating_add(minutes).unwrap_or(Timestamp::MAX);
        while self.is_active {
            let due = Schedule::every(INTERVAL).next_tick(self.now());
            if due > end {
                break;
            }
            self.go_to(due);
            self.run_as(Trigger::Scheduled, Reading::Changes).await?;
        }
        self.go_to(end);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.stage.autotask.now()
    }

    /// Lets time pass until then. The clock of an importer from outside is not ours to move; its servers' are.
    fn go_to(&self, moment: Timestamp) {
        let left = Duration::try_from(moment.duration_since(self.now())).unwrap_or_default();
        if self.circumstances.black_box.is_some() {
            self.advance_mocks(u32::try_from(left.as_secs()).unwrap_or(u32::MAX) + 1);
        } else {
            self.clock.advance(left);
        }
    }
}
