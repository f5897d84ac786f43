//! Links that ended in Salesforce, and contacts that are made anew in another company (rules R8, K5).

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{LedgerError, Tx};
use crate::domain::ids::{CompanyId, RunId, SalesforceId};
use crate::domain::model::Kind;

/// A contact that is made anew, and the one it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// The Salesforce contact.
    pub id: SalesforceId,
    /// The Autotask contact it was linked to.
    pub old: i64,
    /// The company of that one.
    pub company: CompanyId,
}

impl Tx<'_> {
    /// Ends a link because its Salesforce record is gone. Who waits for the same key may take its place.
    pub fn end_link(
        &self,
        kind: Kind,
        id: SalesforceId,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.0.execute(
            "INSERT OR REPLACE INTO ended (kind, salesforce_id, target, since, account, key, base)
             SELECT kind, salesforce_id, target, ?3, account, key, base FROM link
             WHERE kind = ?1 AND salesforce_id = ?2",
            (kind, id, now.to_string()),
        )?;
        self.wake_link_key(kind, id)?;
        self.0.execute("DELETE FROM link WHERE kind = ?1 AND salesforce_id = ?2", (kind, id))?;
        Ok(())
    }

    /// Ends a link because its record was merged into another, which takes its place.
    pub fn bequeath(
        &self,
        run: RunId,
        kind: Kind,
        (id, heir): (SalesforceId, SalesforceId),
        target: i64,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.end_link(kind, id, now)?;
        self.inherit(run, kind, (id, heir), target)
    }

    /// Gives up what a record that is gone was to be linked to. The one that it was merged into takes its place, unless
    /// that is linked.
    pub fn renounce(
        &self,
        run: RunId,
        kind: Kind,
        id: SalesforceId,
        heir: Option<SalesforceId>,
    ) -> Result<(), LedgerError> {
        let sql = "DELETE FROM chosen WHERE kind = ?1 AND salesforce_id = ?2 RETURNING target";
        let chosen: Option<Option<i64>> =
            self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0)).optional()?;
        let Some(target) = chosen.flatten() else { return Ok(()) };
        match heir {
            Some(heir) if self.link_of(kind, heir)?.is_none() => {
                self.inherit(run, kind, (id, heir), target)
            }
            _ => self.wake_mirrored_key(kind, target),
        }
    }

    /// Has a record take the place of another. What this run had decided about it, it decides anew.
    fn inherit(
        &self,
        run: RunId,
        kind: Kind,
        (id, heir): (SalesforceId, SalesforceId),
        target: i64,
    ) -> Result<(), LedgerError> {
        self.0.execute(
            "INSERT OR REPLACE INTO chosen (kind, salesforce_id, target, heir_of) VALUES (?1, ?2, ?3, ?4)",
            (kind, heir, target, id),
        )?;
        self.decide_again(run, kind, heir, &format!("{id}, which was merged into it, was linked"))
    }

    /// Remembers that a record is there in Salesforce. One that was deleted and restored has its link again, as it was,
    /// unless another has its Autotask record: what people wrote there meanwhile is an edit like any other (V3), a field
    /// that they cleared takes the pair apart (U1), and what they deleted is gone (U4). Returns whether it is so.
    pub fn revive(&self, run: RunId, kind: Kind, id: SalesforceId) -> Result<bool, LedgerError> {
        let sql = "SELECT 1 FROM ended WHERE kind = ?1 AND salesforce_id = ?2";
        if !self.0.prepare_cached(sql)?.exists((kind, id))? {
            return Ok(false);
        }
        // What a person chose for another, or that one inherited from a third, comes first.
        let restored = self.0.execute(
            "INSERT OR IGNORE INTO link (kind, salesforce_id, target, account, key, base)
             SELECT ended.kind, ended.salesforce_id, ended.target, account, ended.key, base
             FROM ended LEFT JOIN mirror ON mirror.kind = ended.kind AND mirror.id = ended.target
             WHERE ended.kind = ?1 AND ended.salesforce_id = ?2 AND base IS NOT NULL
               AND NOT (coalesce(holds, 0) = 2 AND text <> ended.salesforce_id)
               AND NOT EXISTS (SELECT 1 FROM chosen
                   WHERE chosen.kind = ended.kind AND chosen.target = ended.target
                     AND heir_of IS NOT ended.salesforce_id)",
            (kind, id),
        )?;
        let sql = "DELETE FROM ended WHERE kind = ?1 AND salesforce_id = ?2";
        self.0.execute(sql, (kind, id))?;
        if restored == 0 {
            return Ok(false);
        }
        // It is linked: what else it was to be is nobody's, and what it left is its own.
        self.renounce(run, kind, id, None)?;
        self.disinherit(run, kind, id)?;
        self.linked_again(run)?;
        if kind == Kind::Company {
            self.wake_contacts(id)?;
        }
        Ok(true)
    }

    /// Takes from the heirs of a record what they were to take over from it.
    fn disinherit(&self, run: RunId, kind: Kind, id: SalesforceId) -> Result<(), LedgerError> {
        let sql = "DELETE FROM chosen WHERE kind = ?1 AND heir_of = ?2 RETURNING salesforce_id";
        let mut statement = self.0.prepare_cached(sql)?;
        let heirs = statement.query_map((kind, id), |row| row.get(0))?;
        let heirs = heirs.collect::<Result<Vec<SalesforceId>, _>>()?;
        heirs.into_iter().try_for_each(|heir| {
            self.decide_again(
                run,
                kind,
                heir,
                &format!("{id}, which was merged into it, was restored"),
            )
        })
    }

    /// Forgets what this run decided about a record, so that it decides anew.
    fn decide_again(
        &self,
        run: RunId,
        kind: Kind,
        id: SalesforceId,
        reason: &str,
    ) -> Result<(), LedgerError> {
        let decided = self.0.execute(
            "DELETE FROM decision WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3",
            (run, kind, id),
        )?;
        if decided > 0 {
            self.count_read(run, kind, -1, 0)?;
        }
        self.wake(kind, id, reason)
    }

    /// The Autotask record that a Salesforce record is linked to, or was until it was deleted.
    pub fn last_link_of(&self, kind: Kind, id: SalesforceId) -> Result<Option<i64>, LedgerError> {
        let sql = "SELECT target FROM link WHERE kind = ?1 AND salesforce_id = ?2
                   UNION ALL SELECT target FROM ended WHERE kind = ?1 AND salesforce_id = ?2 LIMIT 1";
        Ok(self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0)).optional()?)
    }

    /// Begins to make a contact anew: it is linked to the old one no more.
    pub fn begin_replacement(&self, replaced: &Replaced) -> Result<(), LedgerError> {
        let Replaced { id, old, company } = replaced;
        self.0
            .execute("INSERT OR REPLACE INTO replaced VALUES (?1, ?2, ?3)", (id, old, company))?;
        self.0.execute("DELETE FROM link WHERE kind = 1 AND salesforce_id = ?1", (id,))?;
        Ok(())
    }

    /// What a contact was before it is made anew.
    pub fn replaced_by(&self, id: SalesforceId) -> Result<Option<Replaced>, LedgerError> {
        Ok(self.replacements("salesforce_id = ?1", (id,))?.into_iter().next())
    }

    /// Contacts that were made anew and whose old ones are still to be made inactive.
    pub fn unfinished_replacements(&self) -> Result<Vec<Replaced>, LedgerError> {
        let linked = "EXISTS (SELECT 1 FROM link WHERE kind = 1
                      AND link.salesforce_id = replaced.salesforce_id)";
        self.replacements(linked, ())
    }

    fn replacements(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Replaced>, LedgerError> {
        let sql = format!("SELECT salesforce_id, old, company FROM replaced WHERE {condition}");
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(values, |row| {
            Ok(Replaced { id: row.get(0)?, old: row.get(1)?, company: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Remembers that the old contact is out of the way.
    pub fn finish_replacement(&self, id: SalesforceId) -> Result<(), LedgerError> {
        self.0.execute("DELETE FROM replaced WHERE salesforce_id = ?1", (id,))?;
        Ok(())
    }
}
