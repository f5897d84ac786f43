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
            ));
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
}
