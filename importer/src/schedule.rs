//! When the next import is due: a function of the time alone (rules S3, S4, R5).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Imports at fixed moments: with 20 minutes at :00, :20 and :40 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    interval: i64,
}

impl Schedule {
    /// A schedule with this interval, at least a minute.
    pub fn every(interval: Duration) -> Self {
        let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX);
        Self { interval: seconds.clamp(60, 366 * 86_400) }
    }

    /// The last moment up to `now` at which an import was due.
    pub fn last_tick(&self, now: Timestamp) -> Timestamp {
        let second = now.as_second();
        Timestamp::from_second(second - second.rem_euclid(self.interval)).unwrap_or(now)
    }

    /// The first moment after `now` at which an import is due.
    pub fn next_tick(&self, now: Timestamp) -> Timestamp {
        let next = self.last_tick(now).as_second().saturating_add(self.interval);
        Timestamp::from_second(next).unwrap_or(Timestamp::MAX)
    }

    /// Whether ticks were missed since the last import began. However many they were, one import makes up for them.
    pub fn is_overdue(&self, last_import: Option<Timestamp>, now: Timestamp) -> bool {
        last_import.is_none_or(|last| last < self.last_tick(now))
    }
}

/// How long refused credentials are left alone after this many refusals in a row: both vendors lock accounts.
pub fn pause_after_refusals(refusals: u32) -> SignedDuration {
    match refusals {
        0 => SignedDuration::ZERO,
        1 => SignedDuration::from_hours(1),
        2 => SignedDuration::from_hours(6),
        _ => SignedDuration::from_hours(24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn twenty_minutes_are_full_twenty_and_forty() {
        let schedule = Schedule::every(Duration::from_mins(20));

        assert_eq!(schedule.next_tick(at("2026-03-01T09:40:00Z")), at("2026-03-01T10:00:00Z"));
        assert_eq!(schedule.next_tick(at("2026-03-01T09:39:59.9Z")), at("2026-03-01T09:40:00Z"));
        assert_eq!(schedule.last_tick(at("2026-03-01T09:40:00Z")), at("2026-03-01T09:40:00Z"));
    }

    #[test]
    fn many_missed_ticks_are_one_import() {
        let schedule = Schedule::every(Duration::from_mins(20));
        let now = at("2026-03-01T09:45:00Z");

        assert!(schedule.is_overdue(None, now));
        assert!(schedule.is_overdue(Some(at("2026-02-01T00:00:00Z")), now));
        assert!(!schedule.is_overdue(Some(at("2026-03-01T09:41:00Z")), now));
    }

    #[test]
    fn refused_credentials_are_tried_after_one_hour_six_hours_and_then_daily() {
        let hours: Vec<_> =
            (0..5).map(|refusals| pause_after_refusals(refusals).as_hours()).collect();

        assert_eq!(hours, [0, 1, 6, 24, 24]);
    }
}
