//! What waits for somebody.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::decision::Outcome;
use crate::domain::ids::RunId;
use crate::domain::report::RunState;
use crate::sqlite::{Alike, LedgerError, Mark, Open, Tx};

/// Reasons for refusals that are listed.
const REASONS: u32 = 50;

/// What waits for somebody, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attention {
    /// The last import, if it awaits approval.
    pub awaits_approval: Option<RunId>,
    /// Whether an approval is given already, and not used yet.
    pub is_approved: bool,
    /// Records of which somebody has to say which Autotask record they are.
    pub held: u64,
    /// Records that were refused.
    pub refused: u64,
    /// Pairs that somebody took apart.
    pub un_mapped: u64,
    /// Records whose Autotask record is gone.
    pub gone: u64,
    /// Why records were refused, the most frequent reason first.
    pub refused_by_reason: Vec<Alike>,
}

/// A held record, with the Autotask records that have its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The record.
    #[serde(flatten)]
    pub open: Open,
    /// The Autotask records, as last read.
    pub candidates: Vec<i64>,
}

/// Counts what waits for somebody.
pub fn attention(tx: &Tx<'_>, now: Timestamp) -> Result<Attention, LedgerError> {
    let last = tx.last_ended_import()?.map(|run| tx.report(run)).transpose()?;
    let awaits = last.filter(|run| run.state == RunState::AwaitingApproval);
    Ok(Attention {
        awaits_approval: awaits.map(|report| report.run),
        is_approved: tx.approved(now)?.is_some(),
        held: tx.count_open(Outcome::Held)?,
        refused: tx.count_open(Outcome::Refused)?,
        un_mapped: tx.count_apart()?,
        gone: tx.count_open(Outcome::Gone)?,
        refused_by_reason: tx.open_by_reason(Outcome::Refused, REASONS)?,
    })
}

/// Held records after a mark, in the order of their ids.
pub fn held(tx: &Tx<'_>, after: Option<Mark>, most: u32) -> Result<Vec<Held>, LedgerError> {
    let open = tx.open(Outcome::Held, None, after, most)?;
    let with_candidates = |open: Open| {
        let candidates = tx.candidates(open.kind, open.salesforce_id)?;
        Ok(Held { open, candidates })
    };
    open.into_iter().map(with_candidates).collect()
}
