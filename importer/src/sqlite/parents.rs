//! Companies whose parents are still to be set (rule C7).
//!
//! In an org there may be thousands whose parents never become companies: held ones, deleted ones. Looking at all of them
//! anew each time would make an import that has nothing to do take as long as the org is large. So the ledger counts what
//! parents depend on as it changes, by triggers, and they are looked at where the count has moved.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{LedgerError, Tx};
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;

/// How much had changed that parents depend on, when they began to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentsAt(i64);

impl Tx<'_> {
    /// Whether a parent may have become one that can be set since all of them were looked at: since links, duplicates,
    /// companies or what waits changed, or since a refusal was long enough ago.
    pub fn parents_to_look_at(&self, now: Timestamp) -> Result<Option<ParentsAt>, LedgerError> {
        let sql = "SELECT number FROM parent_change
                   WHERE number <> seen OR EXISTS (SELECT 1 FROM awaiting_parent WHERE not_before <= ?1)";
        let mut statement = self.0.prepare_cached(sql)?;
        let number = statement.query_row((now.to_string(),), |row| row.get(0)).optional()?;
        Ok(number.map(ParentsAt))
    }

    /// Remembers that all parents were looked at, from that moment on.
    pub fn parents_looked_at(&self, ParentsAt(number): ParentsAt) -> Result<(), LedgerError> {
        self.0.prepare_cached("UPDATE parent_change SET seen = ?1")?.execute((number,))?;
        Ok(())
    }

    /// Remembers that an account's parent company is still to be set, or that nothing is (`None`).
    pub fn await_parent(
        &self,
        id: SalesforceId,
        parent: Option<SalesforceId>,
    ) -> Result<(), LedgerError> {
        let Some(parent) = parent else {
            let sql = "DELETE FROM awaiting_parent WHERE salesforce_id = ?1";
            self.0.prepare_cached(sql)?.execute((id,))?;
            return Ok(());
        };
        self.0
            .prepare_cached(
                "INSERT INTO awaiting_parent (salesforce_id, parent) VALUES (?1, ?2)
                 ON CONFLICT (salesforce_id) DO UPDATE SET parent = excluded.parent,
                     not_before = iif(parent = excluded.parent, not_before, NULL)",
            )?
            .execute((id, parent))?;
        Ok(())
    }

    /// Whether an account's parent company is still to be set.
    pub fn awaits_parent(&self, kind: Kind, id: SalesforceId) -> Result<bool, LedgerError> {
        let sql = "SELECT 1 FROM awaiting_parent WHERE salesforce_id = ?1";
        Ok(kind == Kind::Company && self.0.prepare_cached(sql)?.exists((id,))?)
    }

    /// Whether Autotask refused this parent a while ago, and it is not to be tried yet.
    pub fn is_parent_refused(
        &self,
        id: SalesforceId,
        parent: SalesforceId,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let sql = "SELECT 1 FROM awaiting_parent
                   WHERE salesforce_id = ?1 AND parent = ?2 AND not_before > ?3";
        Ok(self.0.prepare_cached(sql)?.exists((id, parent, now.to_string()))?)
    }

    /// Leaves a refused parent alone for a while.
    pub fn retry_parent(&self, id: SalesforceId, not_before: Timestamp) -> Result<(), LedgerError> {
        self.0.execute(
            "UPDATE awaiting_parent SET not_before = ?2 WHERE salesforce_id = ?1",
            (id, not_before.to_string()),
        )?;
        Ok(())
    }

    /// Linked accounts whose parent company is still to be set, after the one named: the account, its company, and
    /// its parent account.
    pub fn awaiting_parents(
        &self,
        now: Timestamp,
        after: Option<SalesforceId>,
        most: u32,
    ) -> Result<Vec<(SalesforceId, i64, SalesforceId)>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT awaiting.salesforce_id, target, parent FROM awaiting_parent AS awaiting
             JOIN link ON link.kind = 0 AND link.salesforce_id = awaiting.salesforce_id
             WHERE awaiting.salesforce_id > coalesce(?2, '') AND coalesce(not_before, '') <= ?1
             ORDER BY awaiting.salesforce_id LIMIT ?3",
        )?;
        let rows = statement.query_map((now.to_string(), after, most), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
