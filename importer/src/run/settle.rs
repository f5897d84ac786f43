//! Finds out what became of creates whose answers were lost (rule R4).

use std::collections::BTreeSet;

use super::{Run, Stop};
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;
use crate::ports::{Find, Phase};
use crate::sqlite::{Intent, Link};

/// Ids asked for in one query.
const AT_A_TIME: usize = 500;

impl Run<'_> {
    /// Settles what an earlier run left open: what carries the id was created and is linked; what is not there is
    /// free to be created once the server can no longer be working on it.
    pub(super) async fn settle(&mut self, kind: Kind) -> Result<(), Stop> {
        let open = self.ledger.read(|tx| tx.open_intents(kind))?;
        if open.is_empty() {
            return Ok(());
        }
        self.ports.observer.phase(Phase::Settling, Some(open.len() as u64));
        for intents in open.chunks(AT_A_TIME) {
            let found = self.look_up(kind, intents).await?;
            let now = self.ports.clock.now();
            self.ledger.write(|tx| {
                for intent in intents {
                    let age = now.duration_since(intent.sent).unsigned_abs();
                    if let Some(link) = found.iter().find(|link| link.id == intent.id) {
                        tx.link(kind, link)?;
                    } else if age >= self.settings.settle_after {
                        tx.settle(kind, intent.id)?;
                    }
                }
                Ok(())
            })?;
            self.found.extend(found.iter().map(|link| link.id));
            self.ports.observer.advance(intents.len() as u64);
        }
        Ok(())
    }

    /// The creates among these that took effect. One that took effect twice is left to rule C6.
    pub(super) async fn look_up(&self, kind: Kind, intents: &[Intent]) -> Result<Vec<Link>, Stop> {
        let ids = intents.iter().map(|intent| intent.id).collect();
        let found = self.ports.target.find(kind, &Find::Carrying(ids)).await?;
        // Whether others among them were un-mapped is seen when the mirror is read.
        self.remember(kind, &found)?;
        let replaced: BTreeSet<(SalesforceId, i64)> = self.ledger.read(|tx| {
            let mut replaced = BTreeSet::new();
            for intent in intents.iter().filter(|_| kind == Kind::Contact) {
                replaced.extend(tx.replaced_by(intent.id)?.map(|one| (one.id, one.old)));
            }
            Ok(replaced)
        })?;
        let links = intents.iter().filter_map(|intent| {
            // A contact that another is made in place of may still carry the id (K5).
            let mut carrying = found.iter().filter(|record| {
                record.salesforce_id.id() == Some(intent.id)
                    && !replaced.contains(&(intent.id, record.id))
            });
            match (carrying.next(), carrying.next()) {
                (Some(only), None) => Some(Link {
                    id: intent.id,
                    target: only.id,
                    account: intent.account,
                    key: intent.key,
                    base: intent.base.clone(),
                }),
                _ => None,
            }
        });
        Ok(links.collect())
    }
}
