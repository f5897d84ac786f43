//! What waits to be told to people (rule N5).

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::sqlite::{Ledger, LedgerError, Pending};

/// Notifications that are listed.
const MOST_WAITING: u32 = 100;

/// Notifications that wait, the next first.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Outbox(pub Vec<Pending>);

impl fmt::Display for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return writeln!(f, "nothing waits; `importer notify --test` sends a test");
        }
        for one in &self.0 {
            let shown = |moment: Timestamp| moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
            let to = if one.addressees.is_empty() {
                "webhook".to_owned()
            } else {
                one.addressees.join(", ")
            };
            let (made, attempts, due) = (shown(one.made), one.attempts, shown(one.due));
            writeln!(f, "{made}  {to}: tried {attempts} times, next at {due}")?;
            if let Some(problem) = &one.problem {
                writeln!(f, "    {problem}")?;
            }
        }
        Ok(())
    }
}

/// What waits to be told to people.
pub fn outbox(ledger: &Ledger) -> Result<Outbox, LedgerError> {
    ledger.read(|tx| Ok(Outbox(tx.pending(MOST_WAITING)?)))
}
