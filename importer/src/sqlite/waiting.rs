//! Records that wait: not linked, or not as they should be, and what makes the next import look at them again.
//!
//! An import reads only what changed in Salesforce. A record whose decision depends on something else (its account, a
//! company with its key, time) is kept here; whatever changes that marks it *due*, and the next import reads it by id.

use jiff::{Timestamp, ToSpan};
use rusqlite::OptionalExtension;

use super::{LedgerError, Tx};
use crate::domain::decision::Outcome;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::keys::KeyDigest;
use crate::domain::model::Kind;

/// The outcomes with which a record waits.
const WAIT: &str = "('duplicate', 'held', 'deferred', 'un-mapped', 'gone', 'refused')";

/// What was last decided about a record that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) outcome: String,
    pub(super) reason: String,
    pub(super) duplicate_of: Option<SalesforceId>,
}

impl Tx<'_> {
    /// What was last decided about a record that waits.
    pub(super) fn waits(&self, kind: Kind, id: SalesforceId) -> Result<Option<Waits>, LedgerError> {
        let sql = "SELECT outcome, reason, duplicate_of FROM waiting WHERE kind = ?1 AND salesforce_id = ?2";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Waits { outcome: row.get(0)?, reason: row.get(1)?, duplicate_of: row.get(2)? })
        };
        Ok(self.0.prepare_cached(sql)?.query_row((kind, id), read).optional()?)
    }

    /// Whether any record waits.
    pub fn somebody_waits(&self) -> Result<bool, LedgerError> {
        Ok(self.0.prepare_cached("SELECT 1 FROM waiting LIMIT 1")?.exists(())?)
    }

    /// Forgets that a record waits: nothing is open about it any more.
    pub fn stop_waiting(&self, kind: Kind, id: SalesforceId) -> Result<(), LedgerError> {
        let sql = "DELETE FROM waiting WHERE kind = ?1 AND salesforce_id = ?2";
        self.0.prepare_cached(sql)?.execute((kind, id))?;
        Ok(())
    }

    /// Has the next import look at a record again, whether it waits or not.
    pub fn wake(&self, kind: Kind, id: SalesforceId, reason: &str) -> Result<(), LedgerError> {
        self.0
            .prepare_cached(
                "INSERT INTO waiting (kind, salesforce_id, outcome, rule, reason, name, key, tries, due, asked)
                 VALUES (?1, ?2, ?3, 'R3', ?4, 0, 0, 0, 1, 0)
                 ON CONFLICT (kind, salesforce_id) DO UPDATE SET due = 1, asked = 0",
            )?
            .execute((kind, id, Outcome::Deferred.name(), reason))?;
        Ok(())
    }

    /// Marks what waits for a record with this key: one came, went, or was taken.
    pub fn wake_key(&self, kind: Kind, key: KeyDigest) -> Result<(), LedgerError> {
        // Asked for every record that is read: without naming its index, SQLite reads all that waits of the kind.
        let sql = "UPDATE waiting INDEXED BY waiting_key SET due = 1 WHERE kind = ?1 AND key = ?2 AND due = 0";
        self.0.prepare_cached(sql)?.execute((kind, key))?;
        Ok(())
    }

    /// Marks what waits for a record with the key of this one, which waits itself.
    pub fn wake_waiting_key(&self, kind: Kind, id: SalesforceId) -> Result<(), LedgerError> {
        let sql = "SELECT key FROM waiting WHERE kind = ?1 AND salesforce_id = ?2";
        let key: Option<KeyDigest> =
            self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0)).optional()?;
        key.map_or(Ok(()), |key| self.wake_key(kind, key))
    }

    /// Marks the contacts that wait and whose company has, or had, this name.
    pub(super) fn wake_contacts_named(&self, name: KeyDigest) -> Result<(), LedgerError> {
        let sql = "UPDATE waiting INDEXED BY waiting_name SET due = 1 WHERE kind = 1 AND name = ?1 AND due = 0";
        self.0.prepare_cached(sql)?.execute((name,))?;
        Ok(())
    }

    /// Marks the contacts that wait for this account to have a company, or for one it is the same as.
    pub fn wake_contacts(&self, account: SalesforceId) -> Result<(), LedgerError> {
        let sql = "UPDATE waiting SET due = 1
                   WHERE due = 0 AND (belongs_to = ?1 OR belongs_to IN
                       (SELECT salesforce_id FROM waiting WHERE duplicate_of = ?1 AND kind = 0))";
        self.0.prepare_cached(sql)?.execute((account,))?;
        Ok(())
    }

    /// Marks what is due by now: refusals whose pause is over, and all of them if `refused` says so, as something
    /// changed that they may depend on.
    pub fn wake_due(&self, now: Timestamp, refused: bool) -> Result<(), LedgerError> {
        let sql = "UPDATE waiting SET due = 1 WHERE not_before <= ?1 AND due = 0";
        self.0.execute(sql, (now.to_string(),))?;
        if refused {
            let sql = "UPDATE waiting SET due = 1 WHERE outcome = ?1 AND due = 0";
            self.0.execute(sql, (Outcome::Refused.name(),))?;
        }
        Ok(())
    }

    /// The next records that are due and that this run has neither read again nor decided on, in the order of ids.
    pub fn take_due(
        &self,
        run: RunId,
        kind: Kind,
        most: u32,
    ) -> Result<Vec<SalesforceId>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT salesforce_id FROM waiting INDEXED BY waiting_due
             WHERE kind = ?2 AND due = 1 AND asked <> ?1 AND NOT EXISTS (
                 SELECT 1 FROM decision WHERE run = ?1 AND decision.kind = ?2
                 AND decision.salesforce_id = waiting.salesforce_id)
             ORDER BY salesforce_id LIMIT ?3",
        )?;
        let ids = statement.query_map((run, kind, most), |row| row.get(0))?;
        let ids = ids.collect::<Result<Vec<SalesforceId>, _>>()?;
        let sql = "UPDATE waiting SET due = 0, asked = ?1 WHERE kind = ?2 AND salesforce_id = ?3";
        let mut asked = self.0.prepare_cached(sql)?;
        for id in &ids {
            asked.execute((run, kind, id))?;
        }
        Ok(ids)
    }

    /// Remembers that this run decides on a record that may wait: what is marked from now on is news.
    pub(super) fn answer(
        &self,
        run: RunId,
        kind: Kind,
        id: SalesforceId,
    ) -> Result<(), LedgerError> {
        let sql = "UPDATE waiting SET due = 0, asked = ?1
                   WHERE kind = ?2 AND salesforce_id = ?3 AND due = 1";
        self.0.prepare_cached(sql)?.execute((run, kind, id))?;
        Ok(())
    }

    /// Marks again what a run looked at that was not completed.
    pub(super) fn ask_again(&self, run: RunId) -> Result<(), LedgerError> {
        self.0.execute("UPDATE waiting SET due = 1 WHERE asked = ?1 AND due = 0", (run,))?;
        Ok(())
    }

    /// A record that waits as the duplicate of another, the first of them.
    pub fn duplicate_of(
        &self,
        kind: Kind,
        id: SalesforceId,
    ) -> Result<Option<SalesforceId>, LedgerError> {
        let sql = "SELECT min(salesforce_id) FROM waiting INDEXED BY waiting_duplicate
                   WHERE duplicate_of = ?2 AND kind = ?1";
        Ok(self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0))?)
    }

    /// Forgets, of records that were read again, those that did not come.
    pub fn forget_vanished(
        &self,
        run: RunId,
        kind: Kind,
        asked: &[SalesforceId],
    ) -> Result<(), LedgerError> {
        let mut forget = self.0.prepare_cached(
            "DELETE FROM waiting WHERE kind = ?2 AND salesforce_id = ?3 AND asked = ?1 AND NOT EXISTS (
                 SELECT 1 FROM decision WHERE run = ?1 AND decision.kind = ?2 AND decision.salesforce_id = ?3)",
        )?;
        for id in asked {
            forget.execute((run, kind, id))?;
        }
        Ok(())
    }

    /// Remembers a record that waits as soon as that is decided, so that what changes later in the same run marks it
    /// like any other.
    pub fn begin_waiting(
        &self,
        run: RunId,
        kind: Kind,
        id: SalesforceId,
    ) -> Result<(), LedgerError> {
        let sql = format!(
            "INSERT INTO waiting
                 (kind, salesforce_id, outcome, rule, reason, belongs_to, duplicate_of, name, key, tries, due, asked)
             SELECT kind, salesforce_id, outcome, rule, reason, belongs_to, duplicate_of, name, key, 0, 0, run
             FROM decision WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3 AND outcome IN {WAIT}
             ON CONFLICT (kind, salesforce_id) DO UPDATE SET
                 outcome = excluded.outcome, rule = excluded.rule, reason = excluded.reason,
                 belongs_to = excluded.belongs_to, duplicate_of = excluded.duplicate_of,
                 name = excluded.name, key = excluded.key"
        );
        self.0.prepare_cached(&sql)?.execute((run, kind, id))?;
        Ok(())
    }

    /// Takes over what a run decided and carried out: when each record that waits is decided on anew, and which wait no
    /// more.
    ///
    /// A refused record is decided on anew after an hour, then six, then daily (R2). One whose create may still take
    /// effect is due at once, and so is a duplicate of a record that has another key by now.
    pub(super) fn settle_waiting(&self, run: RunId, now: Timestamp) -> Result<(), LedgerError> {
        let after =
            |hours: i64| now.saturating_add(hours.hours()).unwrap_or(Timestamp::MAX).to_string();
        // By kind and id, so that what waits is looked up for each decision, and not the other way round.
        for kind in [Kind::Company, Kind::Contact] {
            let sql = format!(
                "DELETE FROM waiting WHERE kind = ?2 AND salesforce_id IN (
                     SELECT salesforce_id FROM decision WHERE run = ?1 AND kind = ?2 AND outcome NOT IN {WAIT})"
            );
            self.0.execute(&sql, (run, kind))?;
            self.0.execute(
                "UPDATE waiting SET
                     tries = iif(outcome = 'refused', tries + 1, 0),
                     not_before = CASE WHEN outcome <> 'refused' THEN NULL
                                       WHEN tries = 0 THEN ?3 WHEN tries = 1 THEN ?4 ELSE ?5 END,
                     due = due OR rule = 'R4' OR (duplicate_of IS NOT NULL AND EXISTS (
                         SELECT 1 FROM link WHERE link.kind = waiting.kind
                         AND link.salesforce_id = waiting.duplicate_of AND link.key <> waiting.key)),
                     asked = 0
                 WHERE kind = ?2 AND salesforce_id IN (
                     SELECT salesforce_id FROM decision WHERE run = ?1 AND kind = ?2 AND outcome IS NOT NULL)",
                (run, kind, after(1), after(6), after(24)),
            )?;
        }
        Ok(())
    }
}
