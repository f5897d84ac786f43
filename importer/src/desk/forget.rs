//! Erasing what is kept about a person (rule R9).

use std::fmt;

use serde::Serialize;

use super::{DeskError, Meant, RecordId, meant};
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;
use crate::sqlite::{Erased, Ledger};

/// What was erased about a record, and what stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub salesforce_id: SalesforceId,
    /// The Autotask record it is linked to, which stays known.
    pub autotask_id: Option<i64>,
    /// What was erased.
    #[serde(flatten)]
    pub erased: Erased,
}

impl fmt::Display for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = (self.kind.source_name(), self.salesforce_id);
        writeln!(
            f,
            "erased the values, remarks and reasons of {} decisions about {name} {id}",
            self.erased.decisions
        )?;
        if let Some(run) = self.erased.left_to {
            writeln!(
                f,
                "run {run} is under way and has decided about it; once that has ended, ask again"
            )?;
        }
        match self.autotask_id {
            Some(target) => writeln!(
                f,
                "what stays: that it was decided on, its id and that of Autotask {} {target}, and fingerprints of its \
                 values, which changes are noticed by",
                self.kind
            )?,
            None => writeln!(f, "what stays: that it was decided on, and its id")?,
        }
        writeln!(
            f,
            "both systems hold the record as before, and imports that find it changed keep details anew; logs and \
             what was printed are not touched"
        )
    }
}

/// Erases what runs kept of a record's values.
pub fn forget(ledger: &Ledger, id: RecordId) -> Result<Forgotten, DeskError> {
    let Meant { kind, salesforce_id } = ledger.read(|tx| match meant(tx, id)? {
        // An Autotask record that is linked to nothing may still stand in what was decided.
        Err(unknown) => match id {
            RecordId::Autotask(kind, number) => {
                let decided = tx.decided_at(kind, number)?;
                Ok(decided.map(|salesforce_id| Meant { kind, salesforce_id }).ok_or(unknown))
            }
            RecordId::Salesforce(_) => Ok(Err(unknown)),
        },
        known => Ok(known),
    })??;
    let erased = ledger.forget(kind, salesforce_id)?;
    let autotask_id = ledger.read(|tx| tx.link_of(kind, salesforce_id))?;
    Ok(Forgotten { kind, salesforce_id, autotask_id, erased })
}
