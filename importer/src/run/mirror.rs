//! Reads the ids and keys of Autotask's records into the ledger.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::{KINDS, Reading, Run, Stop, is_over};
use crate::domain::ids::SalesforceId;
use crate::domain::keys::{CompanyKey, ContactKey, KeyDigest};
use crate::domain::model::{Kind, TargetRecord, UdfValue};
use crate::ports::{FULL_PAGE, Find, Phase};
use crate::sqlite::{MirrorMark, MirrorRow};

/// Ids asked for in one query.
const AT_A_TIME: usize = 500;

/// A linked record whose answer did not show the Salesforce id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt {
    id: SalesforceId,
    target: i64,
}

/// What Autotask says it changed is asked for from this long before it was last asked.
const SLACK: SignedDuration = SignedDuration::from_secs(10);

impl Run<'_> {
    /// Whether all records of a kind are to be read, or only what changed.
    pub(super) fn sweep_is_due(&self, kind: Kind) -> Result<bool, Stop> {
        let now = self.ports.clock.now();
        let mark = self.ledger.read(|tx| tx.mirror_mark(kind))?;
        let is_due = mark.is_none_or(|mark| is_over(mark.swept, self.settings.sweep_every, now));
        Ok(self.reading != Reading::Changes || is_due)
    }

    /// Brings the mirror of a kind up to date: reads all records, or what changed since that was last done.
    pub(super) async fn refresh_mirror(&self, kind: Kind, sweep: bool) -> Result<(), Stop> {
        self.ports.observer.phase(Phase::ReadingTarget(kind), None);
        let mark = self.ledger.read(|tx| tx.mirror_mark(kind))?.filter(|_| !sweep);
        let asked = self.ports.clock.now();
        let (mut after, mut doubts, mut since) = (None, Vec::new(), None);
        loop {
            let find = match mark {
                None => Find::After(after),
                Some(mark) => Find::Changed { after, above: mark.above, since: mark.since },
            };
            let page = self.ports.target.find(kind, &find).await?;
            since = since.or_else(|| self.target_time_at(asked));
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
            if page.len() < FULL_PAGE {
                break;
            }
        }
        if mark.is_none() {
            self.ledger.write(|tx| tx.forget_unseen(self.id, kind))?;
        }
        // Autotask need not say again that it changed what was linked again since.
        let contradicted = self.ledger.read(|tx| tx.contradicted(kind))?.into_iter();
        let contradicted = contradicted.map(|(id, target)| Doubt { id, target });
        doubts.extend(contradicted.filter(|doubt| !doubts.contains(doubt)).collect::<Vec<_>>());
        self.confirm(kind, &doubts).await?;
        let now = self.ports.clock.now();
        self.ledger.write(|tx| {
            tx.set_mirror_mark(
                kind,
                MirrorMark {
                    above: tx.highest_mirrored(kind)?.max(mark.map_or(0, |mark| mark.above)),
                    since: since.unwrap_or(asked).saturating_sub(SLACK).unwrap_or(asked),
                    swept: mark.map_or(now, |mark| mark.swept),
                },
            )
        })?;
        tracing::debug!(run.id = self.id.0, %kind, sweep, "the mirror is current");
        Ok(())
    }

    /// Autotask's time at a moment of ours, as its latest answer tells.
    fn target_time_at(&self, moment: Timestamp) -> Option<Timestamp> {
        let since = self.ports.clock.now().duration_since(moment);
        self.ports.target.time()?.saturating_sub(since).ok()
    }

    /// Reads what this run itself changed, and others meanwhile, so that the next import has nothing to read of it.
    pub(super) async fn catch_up(&self) -> Result<(), Stop> {
        if !self.wrote.load(Ordering::Relaxed) {
            return Ok(());
        }
        for kind in KINDS {
            match self.refresh_mirror(kind, false).await {
                // The next import does it.
                Err(Stop::Target(error)) => tracing::debug!(%error, "the mirror is not current"),
                other => other?,
            }
        }
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
            let somebody_waits = tx.somebody_waits()?;
            for record in records {
                let row = self.row(kind, record);
                if somebody_waits {
                    tx.wake_mirrored(kind, &row)?;
                }
                tx.mirror(self.id, kind, &row)?;
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
                if let Some(record) = carrying.iter().find(|record| carries(record, doubt)) {
                    let row = self.row(kind, record);
                    self.ledger.write(|tx| tx.mirror(self.id, kind, &row))?;
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
