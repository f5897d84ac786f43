//! What the command line tells about a run: its counts, and the records that somebody has to look at.

use std::fmt;

use serde::Serialize;

use crate::domain::decision::Outcome;
use crate::domain::model::Kind;
use crate::domain::report::{Mention, RunReport};
use crate::sqlite::{Ledger, LedgerError};

/// Records named for each outcome; the ledger knows all of them.
const NAMED: u32 = 10;

/// The outcomes that ask for somebody's attention.
const ATTENTION: [Outcome; 4] = [Outcome::Refused, Outcome::Held, Outcome::Deferred, Outcome::Gone];

/// A run's report with the first records of each outcome that asks for attention.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The report.
    #[serde(flatten)]
    pub report: RunReport,
    /// The records.
    pub attention: Vec<Mention>,
}

impl Summary {
    /// Reads the records a report should name.
    pub fn of(report: RunReport, ledger: &Ledger) -> Result<Self, LedgerError> {
        let attention = ledger.read(|tx| {
            let mut named = Vec::new();
            for outcome in ATTENTION {
                for kind in [Kind::Company, Kind::Contact] {
                    let listed = tx.decisions(report.run, kind, Some(outcome), None, NAMED)?;
                    named.extend(listed.into_iter().map(|listed| listed.mention));
                }
            }
            Ok(named)
        })?;
        Ok(Self { report, attention })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)?;
        for outcome in ATTENTION {
            for kind in [Kind::Company, Kind::Contact] {
                let named = self
                    .attention
                    .iter()
                    .filter(|mention| mention.outcome == outcome && mention.kind == kind);
                let mut number = 0;
                for mention in named {
                    if number == 0 {
                        writeln!(f, "\n{outcome} {}s", kind.source_name())?;
                    }
                    number += 1;
                    writeln!(f, "  {} {}: {}", mention.id, mention.rule.id(), mention.text)?;
                }
                let more = self.report.counts(kind).of(outcome).saturating_sub(number);
                if more > 0 {
                    writeln!(f, "  and {more} more")?;
                }
            }
        }
        if let Some(failure) = &self.report.failure {
            writeln!(f, "\nit could not go on: {failure}")?;
        }
        Ok(())
    }
}
