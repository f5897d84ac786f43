//! Looks again at what a batch is about to touch, with one query where that is possible.
//!
//! The mirror is never trusted for a write: what others changed, created or cleared since it was read counts.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::{Run, Stop};
use crate::domain::decision::Decision;
use crate::domain::fields::TargetField;
use crate::domain::ids::CompanyId;
use crate::domain::keys::KeyDigest;
use crate::domain::model::{Kind, TargetRecord};
use crate::ports::{Find, Lookalikes, MOST_VALUES};
use crate::sqlite::{LedgerError, Spooled, Tx};

/// The records that a batch is about to touch, by their ids.
pub(super) type Live = BTreeMap<i64, TargetRecord>;

/// What one query has to name to see all that a batch is about to touch.
#[derive(Debug, Default)]
pub(super) struct Ask {
    ids: Vec<i64>,
    names: BTreeSet<String>,
    companies: BTreeSet<CompanyId>,
}

impl Ask {
    fn values(&self) -> usize {
        self.ids.len() + self.names.len() + self.companies.len()
    }
}

/// As many of these decisions, from the first on, as one query can look at again, and what it asks for.
pub(super) fn fitting(
    tx: &Tx<'_>,
    kind: Kind,
    mut batch: Vec<Spooled>,
) -> Result<(Vec<Spooled>, Ask), LedgerError> {
    let mut ask = Ask::default();
    let mut named: BTreeMap<KeyDigest, Vec<CompanyId>> = BTreeMap::new();
    for place in 0..batch.len() {
        let spooled = &batch[place];
        let mut more = Ask::default();
        match (spooled.target, kind) {
            (Some(target), _) => more.ids.push(target),
            (None, Kind::Company) => {
                more.names.insert(spooled.draft.text(TargetField::CompanyName).to_owned());
            }
            (None, Kind::Contact) => {
                let companies = match named.entry(spooled.name) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => place.insert(tx.companies_named(spooled.name)?),
                };
                more.companies.extend(companies.iter());
                // Its own company, which may have another name in Autotask.
                let own = spooled.account.map(|account| tx.link_of(Kind::Company, account));
                more.companies.extend(own.transpose()?.flatten().map(CompanyId));
                more.names.insert(spooled.draft.text(TargetField::LastName).to_owned());
            }
        }
        more.names.retain(|name| !name.is_empty() && !ask.names.contains(name));
        more.companies.retain(|company| !ask.companies.contains(company));
        // One record alone is looked at with as many queries as that takes.
        if place > 0 && ask.values() + more.values() > MOST_VALUES {
            batch.truncate(place);
            break;
        }
        ask.ids.extend(more.ids);
        ask.names.extend(more.names);
        ask.companies.extend(more.companies);
    }
    Ok((batch, ask))
}

impl Run<'_> {
    /// Reads what the batch is about to touch: the records it links or changes, and, for what it creates, those
    /// that might be the same. The mirror takes it all over.
    pub(super) async fn look_again(&self, kind: Kind, ask: Ask) -> Result<Live, Stop> {
        let Ask { ids, names, companies } = ask;
        let names = Vec::from_iter(names);
        let lookalikes = match kind {
            Kind::Company => Lookalikes::Companies(names),
            Kind::Contact if companies.is_empty() => Lookalikes::Contacts(vec![], vec![]),
            Kind::Contact => Lookalikes::Contacts(Vec::from_iter(companies), names),
        };
        if ids.is_empty() && lookalikes.values() == 0 {
            return Ok(Live::new());
        }
        let found = self.ports.target.find(kind, &Find::Again(ids.clone(), lookalikes)).await?;
        let live: Live = found.into_iter().map(|record| (record.id, record)).collect();
        self.ledger.write(|tx| {
            let mut gone = ids.iter().filter(|id| !live.contains_key(*id));
            gone.try_for_each(|id| tx.forget_mirrored(kind, *id))
        })?;
        let records: Vec<_> = live.values().cloned().collect();
        let doubts = self.remember(kind, &records)?;
        self.confirm(kind, &doubts).await?;
        Ok(live)
    }

    /// Reads the records that deciding anew turned to and the first look had not read.
    pub(super) async fn look_at_missing<'d>(
        &self,
        kind: Kind,
        decisions: impl Iterator<Item = &'d Decision>,
        live: &mut Live,
    ) -> Result<(), Stop> {
        let targets = decisions.filter_map(|decision| decision.action.target());
        let missing: Vec<i64> = targets.filter(|id| !live.contains_key(id)).collect();
        if !missing.is_empty() {
            let found = self.ports.target.find(kind, &Find::Ids(missing)).await?;
            live.extend(found.into_iter().map(|record| (record.id, record)));
        }
        Ok(())
    }
}
