//! Reads the ids and keys of Autotask's records into the ledger.

use super::{Run, Stop};
use crate::domain::ids::SalesforceId;
use crate::domain::keys::{CompanyKey, ContactKey, KeyDigest};
use crate::domain::model::{Kind, TargetRecord, UdfValue};
use crate::ports::{Find, Phase};
use crate::sqlite::MirrorRow;

/// Ids asked for in one query.
const AT_A_TIME: usize = 500;

/// A linked record whose answer did not show the Salesforce id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt {
    id: SalesforceId,
    target: i64,
}

impl Run<'_> {
    /// Reads all records of a kind, page by page.
    pub(super) async fn refresh_mirror(&self, kind: Kind) -> Result<(), Stop> {
        self.ports.observer.phase(Phase::ReadingTarget(kind), None);
        let (mut after, mut doubts) = (None, Vec::new());
        loop {
            let page = self.ports.target.find(kind, &Find::After(after)).await?;
            let Some(last) = page.last().map(|record| record.id).filter(|last| Some(*last) > after)
            else {
                break;
            };
            doubts.extend(self.remember(kind, &page)?);
            self.ports.observer.advance(page.len() as u64);
            if self.ports.stop.is_requested() {
                return Err(Stop::Asked);
            }
            after = Some(last);
        }
        let left = self.ledger.write(|tx| tx.forget_unseen(self.id, kind))?;
        self.confirm(kind, &doubts).await?;
        tracing::debug!(run.id = self.id.0, %kind, records = left, "the mirror is current");
        Ok(())
    }

    /// Takes over what was just read. Linked records that did not show their Salesforce id are returned: they may
    /// have been un-mapped, or the answer may have left the field out.
    pub(super) fn remember(
        &self,
        kind: Kind,
        records: &[TargetRecord],
    ) -> Result<Vec<Doubt>, Stop> {
        let doubts = self.ledger.write(|tx| {
            let mut doubts = Vec::new();
            for record in records {
                tx.mirror(self.id, kind, &self.row(kind, record))?;
                if let Some(id) = tx.link_at(kind, record.id)?
                    && record.salesforce_id.id() != Some(id)
                {
                    doubts.push(Doubt { id, target: record.id });
                }
            }
            Ok(doubts)
        })?;
        Ok(doubts)
    }

    /// Finds out which doubtful records were un-mapped (rule U1): those that neither a query for the id finds nor a
    /// read of the record itself shows with it.
    pub(super) async fn confirm(&self, kind: Kind, doubts: &[Doubt]) -> Result<(), Stop> {
        for doubts in doubts.chunks(AT_A_TIME) {
            let ids = doubts.iter().map(|doubt| doubt.id).collect();
            let carrying = self.ports.target.find(kind, &Find::Carrying(ids)).await?;
            let carries = |record: &TargetRecord, doubt: &Doubt| {
                record.id == doubt.target && record.salesforce_id.id() == Some(doubt.id)
            };
            for doubt in doubts {
                if carrying.iter().any(|record| carries(record, doubt)) {
                    continue;
                }
                let found = self.ports.target.find(kind, &Find::One(doubt.target)).await?;
                match found.into_iter().next() {
                    Some(record) if carries(&record, doubt) => {}
                    Some(record) => self.unmap(kind, *doubt, record)?,
                    None => self.ledger.write(|tx| tx.forget_mirrored(kind, doubt.target))?,
                }
            }
        }
        Ok(())
    }

    fn unmap(&self, kind: Kind, doubt: Doubt, record: TargetRecord) -> Result<(), Stop> {
        let salesforce_id = match record.salesforce_id {
            UdfValue::Unknown => UdfValue::Empty,
            known => known,
        };
        let row = self.row(kind, &TargetRecord { salesforce_id, ..record });
        tracing::info!(run.id = self.id.0, %kind, target = doubt.target, "a pair was un-mapped in Autotask");
        self.ledger.write(|tx| {
            tx.unmap(Some(self.id), kind, doubt.id, self.ports.clock.now())?;
            tx.mirror(self.id, kind, &row)
        })?;
        Ok(())
    }

    /// What the mirror keeps of a record.
    pub(super) fn row(&self, kind: Kind, record: &TargetRecord) -> MirrorRow {
        let (name, key) = match kind {
            Kind::Company => {
                let key = CompanyKey::of_record(record);
                (key.name_digest(), key.digest())
            }
            Kind::Contact => (KeyDigest(0), self.contact_key(record).digest()),
        };
        let salesforce_id = record.salesforce_id.clone();
        MirrorRow { id: record.id, company: record.company, name, key, salesforce_id }
    }

    fn contact_key(&self, record: &TargetRecord) -> ContactKey {
        ContactKey::of_record(record, &self.settings.contact_first_name_placeholder)
    }
}
