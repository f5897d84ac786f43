//! Compares all of both sides with what the rules ask for (rule R11).
//!
//! Both sides are read in full into a copy of the ledger, and everything is decided there as an import would decide it:
//! what an import would write is what is missing or stale. Beyond that the links themselves are held against what
//! Autotask and Salesforce show. Nothing is written, and no import is disturbed.

use std::fmt;

use serde::Serialize;

use super::DeskError;
use crate::app::Importer;
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;
use crate::domain::report::{Read, Requests, RunState};
use crate::run::Reading;
use crate::sqlite::Found;

/// Differences of one sort that are listed; more are most likely one trouble.
const LISTED: u32 = 1_000;

/// How a record differs from what the rules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// It is not in Autotask and should be.
    Missing,
    /// It is in Autotask and not linked.
    NotLinked,
    /// Autotask lacks a change of Salesforce's.
    Stale,
    /// It is linked, and its Salesforce record is not to be seen.
    Vanished,
    /// Another Autotask record carries its id.
    Twice,
    /// A person has to look at it, and no import has said so yet.
    Unreported,
}

impl Sort {
    fn words(self) -> &'static str {
        match self {
            Self::Missing => "missing in Autotask",
            Self::NotLinked => "not linked",
            Self::Stale => "stale",
            Self::Vanished => "vanished from Salesforce",
            Self::Twice => "carried twice",
            Self::Unreported => "not reported yet",
        }
    }

    fn of_outcome(outcome: &str) -> Self {
        match outcome {
            "created" => Self::Missing,
            "linked" => Self::NotLinked,
            "updated" => Self::Stale,
            _ => Self::Unreported,
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// How it differs.
    pub sort: Sort,
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub salesforce_id: SalesforceId,
    /// The Autotask record.
    pub autotask_id: Option<i64>,
    /// What is wrong.
    pub text: String,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// What it read.
    pub read: Read,
    /// The requests it made.
    pub requests: Requests,
    /// Records that are not as they should be and that imports have reported: held, refused and the like.
    pub reported: u64,
    /// What no import has reported, at most a thousand of each sort.
    pub differences: Vec<Difference>,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Difference { sort, kind, salesforce_id, autotask_id, text } in &self.differences {
            let target = autotask_id.map(|id| format!(" → {id}")).unwrap_or_default();
            let kind = kind.source_name();
            writeln!(f, "{:<24} {kind:<8}{salesforce_id}{target}: {text}", sort.words())?;
        }
        writeln!(
            f,
            "{} accounts and {} contacts compared: {} differences; {} more records wait for what imports have reported",
            self.read.accounts,
            self.read.contacts,
            self.differences.len(),
            self.reported
        )
    }
}

impl Importer {
    /// Compares all of both sides with what the rules ask for, and writes nothing.
    pub async fn verify(&self) -> Result<Verified, DeskError> {
        let (report, copy) = self.compare(Reading::Full).await?;
        if report.state != RunState::Planned {
            let failure = report.failure.unwrap_or_else(|| report.state.to_string());
            return Err(DeskError::Refused(format!("the comparison could not go on: {failure}")));
        }
        let (reported, undone) =
            copy.ledger.read(|tx| Ok((tx.reported()?, tx.undone(report.run, LISTED)?)))?;
        let mut differences: Vec<_> = undone
            .into_iter()
            .map(|found| difference(Sort::of_outcome(&found.outcome), found))
            .collect();
        let others = copy.ledger.read(|tx| {
            Ok([
                (Sort::Vanished, tx.vanished(LISTED)?),
                (Sort::Twice, tx.carried_elsewhere(LISTED)?),
            ])
        })?;
        for (sort, found) in others {
            differences.extend(found.into_iter().map(|found| difference(sort, found)));
        }
        Ok(Verified { read: report.read, requests: report.requests, reported, differences })
    }
}

fn difference(sort: Sort, found: Found) -> Difference {
    let Found { kind, id, target, reason, .. } = found;
    Difference { sort, kind, salesforce_id: id, autotask_id: target, text: reason }
}
