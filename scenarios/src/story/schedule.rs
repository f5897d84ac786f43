//! Time that passes in a story, and the imports that are due meanwhile (rule S3).

use std::time::Duration;

use importer::run::{Reading, Trigger};
use importer::schedule::Schedule;
use jiff::{SignedDuration, Timestamp};

use super::{Done, Story, said};

/// Minutes between two imports.
pub(super) const INTERVAL: Duration = Duration::from_mins(20);

/// The seconds of a day.
const DAY: i64 = 86_400;

/// The second of the day that a time such as `09:40` is.
fn second_of_day(time: &str) -> Option<i64> {
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some((hour * 60 + minute) * 60)
}

impl Story {
    /// Lets minutes pass. Where the importer is active, it imports whenever that is due: once every 20 minutes.
    pub(super) async fn let_pass(&mut self, minutes: u32) -> Done {
        let minutes = SignedDuration::from_mins(minutes.into());
        self.go_on_to(self.now().saturating_add(minutes).unwrap_or(Timestamp::MAX)).await
    }

    /// The same until the clock shows a time of day such as `09:40`.
    pub(super) async fn let_pass_until(&mut self, time: &str) -> Done {
        let wanted = second_of_day(time).ok_or_else(|| format!("{time:?} is no time of day"))?;
        let now = self.now();
        let left = (wanted - now.as_second()).rem_euclid(DAY);
        let then = now.as_second().saturating_add(left);
        self.go_on_to(Timestamp::from_second(then).map_err(said)?.max(now)).await
    }

    async fn go_on_to(&mut self, end: Timestamp) -> Done {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_has_hours_and_minutes_and_is_one() {
        assert_eq!(second_of_day("00:00"), Some(0));
        assert_eq!(second_of_day("09:40"), Some(34_800));
        for none in ["24:00", "09:60", "9", "-1:10", "09:40:00", "noon"] {
            assert_eq!(second_of_day(none), None, "{none}");
        }
    }
}
