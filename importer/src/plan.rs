//! How much an import would take (rule R7). What it would do, record by record, is [`crate::desk::Records`].

use std::fmt;

use serde::Serialize;

use crate::domain::budget::Budget;
use crate::domain::decision::Outcome;
use crate::domain::report::RunReport;

/// Records looked at again with one request before they are written.
const LOOKED_AT_TOGETHER: u64 = 200;

/// How much an import would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Effort {
    /// Records that would be written.
    pub writes: u64,
    /// Requests to Autotask: the writes, reading both sides again, and looking at what is written.
    pub requests: u64,
    /// Requests an hour that the import keeps to.
    pub requests_an_hour: u64,
    /// Minutes it takes at least because of that: what has room in the present hour takes none.
    pub minutes: u64,
}

impl Effort {
    /// The effort of what a plan says; planning itself made the requests for reading. The hour is as planning left it.
    pub fn of(report: &RunReport, hour: &Budget) -> Self {
        let written = [Outcome::Created, Outcome::Linked, Outcome::Updated];
        let count = |outcome| report.accounts.of(outcome) + report.contacts.of(outcome);
        let writes: u64 = written.into_iter().map(count).sum();
        let requests = report.requests.autotask + writes + 2 * writes.div_ceil(LOOKED_AT_TOGETHER);
        let minutes = hour.time_for(requests).as_secs().div_ceil(60);
        Self { writes, requests, requests_an_hour: hour.allowed, minutes }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "An import would write {} records with about {} requests. At the {} an hour it keeps to, it takes at least \
             {} minutes.",
            self.writes, self.requests, self.requests_an_hour, self.minutes
        )
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::ids::RunId;
    use crate::domain::report::{Counts, Read, Requests, RunState};

    #[test]
    fn the_effort_is_what_the_hour_has_room_for() {
        let mut contacts = Counts::default();
        contacts.add(Outcome::Created, 20_000);
        let report = RunReport {
            read: Read::default(),
            requests: Requests { salesforce: 20, autotask: 60 },
            contacts,
            run: RunId(1),
            state: RunState::Planned,
            started: Timestamp::UNIX_EPOCH,
            ended: Timestamp::UNIX_EPOCH,
            accounts: Counts::default(),
            warnings: vec![],
            failure: None,
        };
        let hour = |allowed| Budget { allowed, limit: 10_000, ..Budget::default() };

        let effort = Effort::of(&report, &hour(7_500));

        assert_eq!((effort.writes, effort.requests, effort.minutes), (20_000, 20_260, 120));
        assert_eq!(Effort::of(&report, &hour(2_500)).minutes, 8 * 60);
        assert_eq!(Effort::of(&report, &hour(25_000)).minutes, 0);
    }
}
