//! Letting an import change much (rule R10).

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::{DeskError, existing, refused};
use crate::domain::guard::Extent;
use crate::domain::ids::RunId;
use crate::sqlite::Ledger;

/// An approval that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// The run that awaited it.
    pub run: RunId,
    /// How much an import may change now, and a tenth more.
    pub extent: Extent,
}

impl fmt::Display for Approved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Extent { created, updated, unmapped } = self.extent;
        writeln!(
            f,
            "within 24 hours an import may create {created}, change {updated} and take apart {unmapped} records, \
             and a tenth more"
        )
    }
}

/// Lets the next import change as much as a run that awaits approval would have.
pub fn approve(ledger: &Ledger, run: i64, now: Timestamp) -> Result<Approved, DeskError> {
    let run = existing(ledger, run)?;
    ledger.write(|tx| {
        let Some(extent) = tx.kept_extent(run)? else {
            return Ok(refused(format!(
                "run {run} does not await approval; `importer runs` lists those that do"
            )));
        };
        tx.approve(extent, now)?;
        Ok(Ok(Approved { run, extent }))
    })?
}
