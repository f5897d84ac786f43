//! How much may be asked of Autotask, and how long so many requests take at that (rules R6, R7).
//!
//! Autotask counts the requests of a rolling hour. So they come in bursts: what was sent within minutes is free again
//! within minutes, an hour later, and a sum divided by a rate would be wrong by up to that hour.

use std::time::Duration;

/// What every request costs a place for.
const HOUR: Duration = Duration::from_hours(1);

/// A minute, in which what is to come free is counted.
const MINUTE: Duration = Duration::from_mins(1);

/// The rolling hour at some moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// Requests that count, those of other integrations included.
    pub used: u64,
    /// How many the import lets them become.
    pub allowed: u64,
    /// At how many Autotask refuses everybody.
    pub limit: u64,
    /// Of those that count, how many no longer do after the first minute from now, the second, and so on. What other
    /// integrations have used is not among them: they are taken to go on as they did.
    pub frees: Vec<u64>,
}

impl Budget {
    /// That of a target that takes any number of requests.
    pub fn unlimited() -> Self {
        Self { allowed: u64::MAX, limit: u64::MAX, ..Self::default() }
    }

    /// Requests that may be sent at once.
    pub fn room(&self) -> u64 {
        self.allowed.saturating_sub(self.used)
    }

    /// How long so many requests have to take because of the hour, to the minute.
    ///
    /// ```
    /// use importer::domain::budget::Budget;
    /// use std::time::Duration;
    ///
    /// let untouched = Budget { allowed: 7_500, limit: 10_000, ..Budget::default() };
    /// assert_eq!(untouched.time_for(7_500), Duration::ZERO);
    /// assert_eq!(untouched.time_for(7_501), Duration::from_hours(1));
    /// ```
    pub fn time_for(&self, requests: u64) -> Duration {
        if requests <= self.room() {
            return Duration::ZERO;
        }
        let others = self.used.saturating_sub(self.frees.iter().sum());
        let mine = self.allowed.saturating_sub(others);
        if mine == 0 {
            // Nothing is known but that everything is free again after an hour.
            let hours = (requests - 1) / self.allowed.max(1);
            return HOUR.saturating_mul(u32::try_from(hours).unwrap_or(u32::MAX)) + HOUR;
        }
        let hours = HOUR.saturating_mul(u32::try_from((requests - 1) / mine).unwrap_or(u32::MAX));
        let mut wanting = ((requests - 1) % mine + 1).saturating_sub(self.room());
        let mut rest = Duration::ZERO;
        for freed in &self.frees {
            if wanting == 0 {
                break;
            }
            wanting = wanting.saturating_sub(*freed);
            rest += MINUTE;
        }
        hours.saturating_add(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 7,000 of 7,500 are used: 5,000 within a minute ten minutes ago, 2,000 by others.
    fn burst() -> Budget {
        let mut frees = vec![0; 60];
        frees[49] = 5_000;
        Budget { used: 7_000, allowed: 7_500, limit: 10_000, frees }
    }

    #[test]
    fn what_fits_into_the_hour_takes_no_time() {
        assert_eq!(burst().time_for(0), Duration::ZERO);
        assert_eq!(burst().time_for(500), Duration::ZERO);
    }

    #[test]
    fn more_has_to_wait_for_the_burst_to_be_an_hour_old() {
        assert_eq!(burst().time_for(501), Duration::from_mins(50));
        assert_eq!(burst().time_for(5_500), Duration::from_mins(50));
    }

    #[test]
    fn what_others_use_is_not_there_in_any_later_hour() {
        assert_eq!(burst().time_for(5_501), Duration::from_hours(1));
        assert_eq!(burst().time_for(6_001), Duration::from_mins(60 + 50));
        assert_eq!(burst().time_for(11_001), Duration::from_hours(2));
    }

    #[test]
    fn where_others_use_all_of_it_an_hour_is_what_can_be_promised() {
        let full = Budget { used: 9_000, allowed: 7_500, limit: 10_000, frees: vec![0; 60] };

        assert_eq!(full.time_for(1), Duration::from_hours(1));
        assert_eq!(full.time_for(7_500), Duration::from_hours(1));
        assert_eq!(full.time_for(7_501), Duration::from_hours(2));
        assert_eq!(Budget::default().time_for(1), Duration::from_hours(1));
    }

    #[test]
    fn a_target_without_a_limit_takes_any_number_at_once() {
        let unlimited = Budget::unlimited();

        assert_eq!(unlimited.time_for(u64::MAX), Duration::ZERO);
        assert_eq!(unlimited.limit, u64::MAX, "nobody is refused");
    }
}
