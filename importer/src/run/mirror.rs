//! Reads the ids and keys of Autotask's records into the ledger.

use super::{Run, Stop};
use crate::domain::matching::{CompanyKey, ContactKey, KeyDigest};
use crate::domain::model::{Kind, TargetRecord};
use crate::ports::{Find, Phase};
use crate::sqlite::MirrorRow;

impl Run<'_> {
    /// Reads all records of a kind, page by page.
    pub(super) async fn refresh_mirror(&self, kind: Kind) -> Result<(), Stop> {
        self.ports.observer.phase(Phase::ReadingTarget(kind), None);
        let mut after = None;
        loop {
            let page = self.ports.target.find(kind, &Find::After(after)).await?;
            let Some(last) = page.last().map(|record| record.id).filter(|last| Some(*last) > after)
            else {
                break;
            };
            self.remember(kind, &page)?;
            self.ports.observer.advance(page.len() as u64);
            after = Some(last);
        }
        let left = self.ledger.write(|tx| tx.forget_unseen(self.id, kind))?;
        tracing::debug!(run.id = self.id.0, %kind, records = left, "the mirror is current");
        Ok(())
    }

    /// Takes over what was just read.
    pub(super) fn remember(&self, kind: Kind, records: &[TargetRecord]) -> Result<(), Stop> {
        self.ledger.write(|tx| {
            records.iter().try_for_each(|record| tx.mirror(self.id, kind, &self.row(kind, record)))
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
