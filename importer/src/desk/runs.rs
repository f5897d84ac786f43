//! The runs there were.

use std::fmt;

use serde::Serialize;

use super::{DeskError, refused};
use crate::domain::ids::RunId;
use crate::sqlite::{Ledger, LedgerError, Past};

/// Runs that are listed.
const MOST_RUNS: u32 = 50;

/// The latest runs, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Runs(pub Vec<Past>);

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>6}  {:<20}  {:>8}  {:>8}  state", "run", "started", "written", "refused")?;
        for Past { id, state, started, written, refused, .. } in &self.0 {
            let (id, started) = (id.0, started.strftime("%Y-%m-%d %H:%M:%S"));
            writeln!(f, "{id:>6}  {started:<20}  {written:>8}  {refused:>8}  {state}")?;
        }
        Ok(())
    }
}

/// Lists the latest runs.
pub fn runs(ledger: &Ledger) -> Result<Runs, LedgerError> {
    ledger.read(|tx| tx.runs(MOST_RUNS)).map(Runs)
}

/// Whether there was such a run, or what to do.
pub fn existing(ledger: &Ledger, run: i64) -> Result<RunId, DeskError> {
    let run = RunId(run);
    if ledger.read(|tx| tx.has_run(run))? {
        return Ok(run);
    }
    refused(format!("there was no run {run}; `importer runs` lists them"))
}
