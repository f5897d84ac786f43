//! How requests were answered, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

/// The classes of answers: none at all, then by the first digit of the status.
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// Counts requests by the class of their answers' status. It may outlive the clients that count with it.
#[derive(Debug, Default)]
pub struct Tally([AtomicU64; CLASSES.len()]);

impl Tally {
    /// Counts a request with the status of its answer, if there was one.
    pub(super) fn count(&self, status: Option<StatusCode>) {
        let class = status.map_or(0, |status| usize::from(status.as_u16() / 100));
        // Statuses beyond 599 mean nothing to anybody.
        let class = class.min(CLASSES.len() - 1);
        self.0[class].fetch_add(1, Ordering::Relaxed);
    }

    /// The classes that occurred, with how often they did.
    pub fn classes(&self) -> Vec<(&'static str, u64)> {
        let numbers = self.0.iter().map(|number| number.load(Ordering::Relaxed));
        CLASSES.into_iter().zip(numbers).filter(|(_, number)| *number > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_class_and_missing_ones_too() {
        let tally = Tally::default();

        for status in [200, 204, 429, 500, 999] {
            tally.count(StatusCode::from_u16(status).ok());
        }
        tally.count(None);

        assert_eq!(tally.classes(), [("none", 1), ("2xx", 2), ("4xx", 1), ("5xx", 2)]);
    }
}
