//! What people ask about records and runs, and decide about them (rules C3, U3, R9, R10, R12, S5).
//!
//! Each question has one typed answer, which reads well as text and as JSON. Nothing here prints, and nothing but a
//! rebinding needs the lock that imports take: all of it works beside a running service. Whatever goes to Autotask goes
//! there only if the settings lead to the database the ledger serves.

mod approval;
mod asked;
mod attention;
mod explain;
mod forget;
mod links;
mod live;
mod mapping;
mod outbox;
mod rebind;
mod recipients;
mod records;
mod runs;
mod status;
mod verify;

use serde::Serialize;

use crate::app::Importer;
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;
use crate::ports::{SourceError, TargetError};
use crate::sqlite::{LedgerError, Tx};

pub use approval::{Approved, approve};
pub use asked::{Choice, RecordId, salesforce_id};
pub use attention::{Attention, Held, attention, held};
pub use explain::{Decided, Explanation, Side};
pub use forget::{Forgotten, forget};
pub use links::{Chosen, Remapped, TakenApart, remap};
pub use live::Live;
pub use mapping::MappingTable;
pub use outbox::{Outbox, outbox};
pub use rebind::{Rebinding, Rebound};
pub use recipients::{Freshness, Person, Presence, people};
pub use records::{Record, Records, Selection, WriteError};
pub use runs::{Runs, existing, runs};
pub use status::{Running, Status, status};
pub use verify::{Difference, Sort, Verified};

/// Why something asked for could not be done.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It makes no sense. The text says what would.
    #[error("{0}")]
    Refused(String),
    /// Autotask could not be asked.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Salesforce could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

fn refused<T>(text: impl Into<String>) -> Result<T, DeskError> {
    Err(DeskError::Refused(text.into()))
}

fn kind_of(id: SalesforceId) -> Result<Kind, DeskError> {
    Kind::of(id).map_or_else(
        || refused(format!("{id} is neither an account (001…) nor a contact (003…)")),
        Ok,
    )
}

/// A Salesforce record or an Autotask record, whichever is known to be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Meant {
    kind: Kind,
    salesforce_id: SalesforceId,
}

/// The Salesforce record that is meant: the one itself, or the one that the Autotask record is, or was, linked to.
fn meant(tx: &Tx<'_>, id: RecordId) -> Result<Result<Meant, DeskError>, LedgerError> {
    let (kind, number) = match id {
        RecordId::Salesforce(id) => {
            return Ok(kind_of(id).map(|kind| Meant { kind, salesforce_id: id }));
        }
        RecordId::Autotask(kind, number) => (kind, number),
    };
    let known = match tx.link_at(kind, number)? {
        None => tx.unmapped_at(kind, number)?,
        linked => linked,
    };
    Ok(match known {
        Some(salesforce_id) => Ok(Meant { kind, salesforce_id }),
        None => refused(format!("Autotask {kind} {number} is linked to no Salesforce record")),
    })
}

impl Importer {
    /// Finds the Autotask database that the settings lead to, and refuses one that the ledger does not serve.
    async fn reach_autotask(&self) -> Result<String, DeskError> {
        let database = self.ports.target.connect().await?;
        self.ledger.read(|tx| tx.serves(&database))?;
        Ok(database)
    }
}
