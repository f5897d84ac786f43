//! Counts API requests over the last 24 hours.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::writer::Xml;

/// Requests are counted by the quarter of an hour, so that counting costs the same however many there are.
const SLOT: i64 = 900;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What LimitInfoHeader says when there is no limit.
const UNLIMITED: u64 = 5_000_000;

/// The requests of the last day.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    slots: BTreeMap<i64, u64>,
}

impl Usage {
    /// Counts a request, or refuses it if the day's requests are used up.
    pub(crate) fn check(&mut self, now: Timestamp, limit: Option<u64>) -> Result<(), Fault> {
        if limit.is_some_and(|limit| self.count(now) >= limit) {
            let message = "TotalRequests Limit exceeded.";
            return Err(Fault::api(
                "REQUEST_LIMIT_EXCEEDED",
                message,
                FaultDetail::UnexpectedError,
            )
            .because("the last 24 hours have used up the setting dailyRequests"));
        }
        *self.slots.entry(now.as_second().div_euclid(SLOT)).or_default() += 1;
        Ok(())
    }

    /// The requests of the last day.
    pub(crate) fn count(&mut self, now: Timestamp) -> u64 {
        let oldest = now.as_second().saturating_sub(DAY.as_secs()).div_euclid(SLOT);
        self.slots = self.slots.split_off(&(oldest + 1));
        self.slots.values().sum()
    }

    /// The header every answer but login's carries.
    pub(crate) fn header(&mut self, now: Timestamp, limit: Option<u64>) -> Xml {
        let mut xml = Xml::default();
        xml.raw("<LimitInfoHeader><limitInfo>");
        xml.element("current", &self.count(now).to_string());
        xml.element("limit", &limit.unwrap_or(UNLIMITED).to_string());
        xml.element("type", "API REQUESTS");
        xml.raw("</limitInfo></LimitInfoHeader>");
        xml
    }
}

/// How long a request runs before it counts as a long one.
const LONG: SignedDuration = SignedDuration::from_secs(20);

/// The requests under way that take their time.
#[derive(Debug, Default)]
pub(crate) struct LongRequests {
    since: BTreeMap<u64, Timestamp>,
    last: u64,
}

impl LongRequests {
    /// Notes that a request is under way; the number is for its end.
    pub(crate) fn begin(&mut self, now: Timestamp) -> u64 {
        self.last += 1;
        self.since.insert(self.last, now);
        self.last
    }

    pub(crate) fn end(&mut self, number: u64) {
        self.since.remove(&number);
    }

    /// Refuses another request while as many long ones run as may.
    pub(crate) fn check(&self, now: Timestamp, limit: Option<usize>) -> Result<(), Fault> {
        let long = self.since.values().filter(|since| now.duration_since(**since) >= LONG).count();
        if limit.is_none_or(|limit| long < limit) {
            return Ok(());
        }
        let message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
        Err(Fault::api("REQUEST_LIMIT_EXCEEDED", message, FaultDetail::UnexpectedError).because(
            "as many requests as the setting longRequests have run for 20 seconds or more",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_forgotten_after_a_day_and_refused_above_the_limit() {
        let at = |hours: i64| Timestamp::from_second(hours * 3_600).unwrap();
        let mut usage = Usage::default();

        assert!(usage.check(at(100), Some(2)).is_ok());
        assert!(usage.check(at(110), Some(2)).is_ok());
        assert_eq!(usage.check(at(120), Some(2)).unwrap_err().code, "REQUEST_LIMIT_EXCEEDED");
        assert!(usage.check(at(125), Some(2)).is_ok());
        assert_eq!(usage.count(at(125)), 2);
    }

    #[test]
    fn only_requests_of_twenty_seconds_count_as_long() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let mut requests = LongRequests::default();
        let first = requests.begin(at(0));
        requests.begin(at(5));

        assert!(requests.check(at(19), Some(1)).is_ok());
        assert_eq!(requests.check(at(20), Some(1)).unwrap_err().code, "REQUEST_LIMIT_EXCEEDED");
        assert!(requests.check(at(20), Some(2)).is_ok());
        assert!(requests.check(at(99), None).is_ok());
        requests.end(first);
        assert!(requests.check(at(20), Some(1)).is_ok());
    }
}
