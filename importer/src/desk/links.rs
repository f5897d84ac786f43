//! Which record is which, as people say (rules C3, U3).

use std::fmt;

use serde::Serialize;

use super::{Choice, DeskError, Meant, RecordId, kind_of, meant, refused};
use crate::app::Importer;
use crate::domain::ids::{CompanyId, SalesforceId};
use crate::domain::model::{Kind, UdfValue};
use crate::ports::{Change, Find, IdField};
use crate::sqlite::{Ledger, LedgerError, Tx};

/// What a held record is, as somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub salesforce_id: SalesforceId,
    /// The Autotask record it is; none for a new one.
    pub autotask_id: Option<i64>,
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, salesforce_id, autotask_id } = self;
        match autotask_id {
            Some(target) => {
                writeln!(f, "the next import links {salesforce_id} to Autotask {kind} {target}")
            }
            None => {
                writeln!(f, "the next import creates a new Autotask {kind} for {salesforce_id}")
            }
        }
    }
}

/// A pair that was taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TakenApart {
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub salesforce_id: SalesforceId,
    /// The Autotask record.
    pub autotask_id: i64,
    /// Whether the user-defined field was cleared in Autotask; not so where it held nothing, or another id.
    pub cleared: bool,
}

impl fmt::Display for TakenApart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, salesforce_id, autotask_id, .. } = self;
        writeln!(f, "{salesforce_id} and Autotask {kind} {autotask_id} are dissociated")
    }
}

/// A record that is eligible again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remapped {
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub salesforce_id: SalesforceId,
}

impl fmt::Display for Remapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the next import decides about {} anew", self.salesforce_id)
    }
}

/// Why a record cannot be chosen, by what the ledger knows.
fn objection(
    tx: &Tx<'_>,
    kind: Kind,
    id: SalesforceId,
    target: Option<i64>,
) -> Result<Option<String>, LedgerError> {
    if let Some(linked) = tx.link_of(kind, id)? {
        return Ok(Some(format!(
            "{id} is linked to Autotask {kind} {linked} already; `importer unmap {id}` ends that"
        )));
    }
    let Some(target) = target else { return Ok(None) };
    if let Some(other) = tx.link_at(kind, target)? {
        return Ok(Some(format!(
            "Autotask {kind} {target} is linked to {other} already; `importer unmap {other}` ends that"
        )));
    }
    let other = tx.chosen_by(kind, target)?.filter(|other| *other != id);
    Ok(other.map(|other| format!("somebody decided already that {other} is {kind} {target}")))
}

/// Makes an un-mapped or gone record eligible again (rule U3).
pub fn remap(ledger: &Ledger, id: RecordId) -> Result<Remapped, DeskError> {
    ledger.write(|tx| {
        let Meant { kind, salesforce_id } = match meant(tx, id)? {
            Ok(meant) => meant,
            Err(unknown) => return Ok(Err(unknown)),
        };
        if tx.remap(kind, salesforce_id)? {
            return Ok(Ok(Remapped { kind, salesforce_id }));
        }
        Ok(refused(format!(
            "{salesforce_id} is neither un-mapped nor gone; `importer explain {salesforce_id}` tells what it is"
        )))
    })?
}

impl Importer {
    /// Settles which Autotask record a held one is (rule C3). The next import acts on it.
    ///
    /// Autotask is asked whether there is such a record: a mistyped number is a wrong customer's.
    pub async fn link(&self, id: SalesforceId, choice: Choice) -> Result<Chosen, DeskError> {
        let kind = kind_of(id)?;
        let target = match choice {
            Choice::This(target) => Some(target),
            Choice::New => None,
        };
        if let Some(objection) = self.ledger.read(|tx| objection(tx, kind, id, target))? {
            return refused(objection);
        }
        let database = match target {
            Some(target) => Some(self.inspect(kind, id, target).await?),
            None => None,
        };
        self.ledger.write(|tx| {
            // An import, or somebody else, may have been quicker.
            if let Some(objection) = objection(tx, kind, id, target)? {
                return Ok(refused(objection));
            }
            database.iter().try_for_each(|database| tx.serves(database))?;
            tx.choose(kind, id, target)?;
            Ok(Ok(Chosen { kind, salesforce_id: id, autotask_id: target }))
        })?
    }

    /// Refuses what cannot be linked, as Autotask shows it. Returns which database that is.
    async fn inspect(
        &self,
        kind: Kind,
        id: SalesforceId,
        target: i64,
    ) -> Result<String, DeskError> {
        if target == 0 {
            return refused("company 0 is the tenant's own, which no account is ever linked to");
        }
        let database = self.reach_autotask().await?;
        let found = self.ports.target.find(kind, &Find::One(target)).await?;
        let Some(record) = found.first() else {
            return refused(format!("there is no {kind} {target} in Autotask"));
        };
        if !record.is_active {
            return refused(format!(
                "Autotask {kind} {target} is inactive; make it active there before it is linked"
            ));
        }
        match &record.salesforce_id {
            UdfValue::Id(other) if *other != id => refused(format!(
                "Autotask {kind} {target} carries the id of {other}; clear its user-defined field there before it is \
                 linked to another"
            )),
            UdfValue::Other(text) => refused(format!(
                "the user-defined field of Autotask {kind} {target} holds {text:?}, which is no {} id and is never \
                 overwritten; clear it there first",
                kind.source_name()
            )),
            _ => Ok(database),
        }
    }

    /// Dissociates a linked pair: clears the user-defined field in Autotask and remembers that (rule U3).
    ///
    /// Autotask comes first: should this end in between, the next look at the pair finds the field cleared, which
    /// says the same (U1). An import under way may be about to update the record, and then does so for the last
    /// time; it does not link it again.
    pub async fn unmap(&self, id: RecordId) -> Result<TakenApart, DeskError> {
        let database = self.ports.target.connect().await?;
        let (Meant { kind, salesforce_id }, linked) = self.ledger.read(|tx| {
            // Within one moment, so that an id goes only to the database it belongs to.
            tx.serves(&database)?;
            match meant(tx, id)? {
                Ok(meant) => {
                    let linked = tx.link_of(meant.kind, meant.salesforce_id)?;
                    Ok(Ok((meant, linked)))
                }
                Err(unknown) => Ok(Err(unknown)),
            }
        })??;
        let Some(target) = linked else {
            return refused(format!("{salesforce_id} is linked to no Autotask {kind}"));
        };
        let cleared = self.clear(kind, salesforce_id, target).await?;
        let apart = self.ledger.write(|tx| {
            tx.serves(&database)?;
            tx.take_apart(kind, salesforce_id, target, self.ports.clock.now())
        })?;
        if !apart {
            return refused(format!(
                "meanwhile an import linked {salesforce_id} to another {kind}; ask again if that is to end too"
            ));
        }
        Ok(TakenApart { kind, salesforce_id, autotask_id: target, cleared })
    }

    /// Clears the user-defined field, if it holds this id as far as Autotask shows it. Returns whether it did.
    async fn clear(&self, kind: Kind, id: SalesforceId, target: i64) -> Result<bool, DeskError> {
        let found = self.ports.target.find(kind, &Find::One(target)).await?;
        let Some(record) = found.first() else { return Ok(false) };
        match &record.salesforce_id {
            UdfValue::Empty | UdfValue::Other(_) => return Ok(false),
            UdfValue::Id(held) if *held != id => return Ok(false),
            UdfValue::Id(_) | UdfValue::Unknown => {}
        }
        if kind == Kind::Contact && record.company == CompanyId(0) {
            return refused(format!(
                "Autotask does not tell the company of contact {target}; clear its user-defined field there"
            ));
        }
        let company = record.company;
        let change = Change::of_id(target, company, IdField::Clear);
        self.ports.target.update(kind, &change).await?;
        Ok(true)
    }
}
