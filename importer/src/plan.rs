//! What a run did, or a plan would do, record by record, as people and programs read it (rules R1, R7).

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

use crate::domain::decision::Outcome;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Kind;
use crate::domain::report::{Mention, RunReport};
use crate::sqlite::{Ledger, LedgerError};

/// Records read from the ledger at a time.
const AT_A_TIME: u32 = 500;

/// What Autotask lets all integrations together do in an hour.
const REQUESTS_AN_HOUR: u64 = 10_000;

/// Records looked at again with one request before they are written.
const LOOKED_AT_TOGETHER: u64 = 200;

/// How much an import would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Effort {
    /// Records that would be written.
    pub writes: u64,
    /// Requests to Autotask: the writes, reading both sides again, and looking at what is written.
    pub requests: u64,
    /// Minutes, if Autotask's hourly limit is all that counts.
    pub minutes: u64,
}

impl Effort {
    /// The effort of what a plan says; planning itself made the requests for reading.
    pub fn of(report: &RunReport) -> Self {
        let written = [Outcome::Created, Outcome::Linked, Outcome::Updated];
        let count = |outcome| report.accounts.of(outcome) + report.contacts.of(outcome);
        let writes: u64 = written.into_iter().map(count).sum();
        let requests = report.requests.autotask + writes + 2 * writes.div_ceil(LOOKED_AT_TOGETHER);
        Self { writes, requests, minutes: (requests * 60).div_ceil(REQUESTS_AN_HOUR) }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "An import would write {} records with about {} requests, at least {} minutes at Autotask's hourly limit.",
            self.writes, self.requests, self.minutes
        )
    }
}

/// Calls `each` with every record of a run that does not stay as it is, or those with one outcome.
fn for_each(
    ledger: &Ledger,
    run: RunId,
    outcome: Option<Outcome>,
    mut each: impl FnMut(&Mention, Option<i64>) -> io::Result<()>,
) -> Result<(), PlanError> {
    for kind in [Kind::Company, Kind::Contact] {
        let mut after: Option<SalesforceId> = None;
        loop {
            let page = ledger.write(|tx| tx.decisions(run, kind, outcome, after, AT_A_TIME))?;
            let Some(last) = page.last() else { break };
            after = Some(last.mention.id);
            for listed in &page {
                each(&listed.mention, listed.target)?;
            }
        }
    }
    Ok(())
}

/// Why a plan cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Nobody reads it.
    #[error("the plan cannot be printed")]
    Output(#[from] io::Error),
}

/// Prints the records as lines.
pub fn print(
    ledger: &Ledger,
    run: RunId,
    outcome: Option<Outcome>,
    out: &mut impl Write,
) -> Result<(), PlanError> {
    for_each(ledger, run, outcome, |mention, target| {
        let target = target.map(|id| format!(" → {id}")).unwrap_or_default();
        let Mention { kind, id, outcome, rule, text } = mention;
        writeln!(out, "{outcome:<10} {:<8}{id}{target} {}: {text}", kind.source_name(), rule.id())
    })
}

/// Prints the records as CSV (RFC 4180).
pub fn print_csv(
    ledger: &Ledger,
    run: RunId,
    outcome: Option<Outcome>,
    out: &mut impl Write,
) -> Result<(), PlanError> {
    write!(out, "kind,salesforce_id,outcome,autotask_id,rule,reason\r\n")?;
    for_each(ledger, run, outcome, |mention, target| {
        let target = target.map(|id| id.to_string()).unwrap_or_default();
        let Mention { kind, id, outcome, rule, text } = mention;
        let text = text.replace('"', "\"\"");
        write!(out, "{},{id},{outcome},{target},{},\"{text}\"\r\n", kind.source_name(), rule.id())
    })
}
