//! What the guard counts, and what was approved (rule R10).

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Params};
use serde::{Deserialize, Serialize};

use super::{LedgerError, Tx};
use crate::domain::decision::Outcome;
use crate::domain::guard::Extent;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Kind;
use crate::domain::report::RunState;

/// An approval lapses after this long.
const LAPSES: SignedDuration = SignedDuration::from_hours(24);

/// The last run that linked pairs again as they were, until a later one goes on with what it finds.
const LINKED_AGAIN: &str = "run that linked pairs again";

#[derive(Serialize, Deserialize)]
struct Approval {
    extent: Extent,
    given: Timestamp,
}

impl Tx<'_> {
    fn count(&self, sql: &str, values: impl Params) -> Result<u64, LedgerError> {
        let number: i64 = self.0.query_row(sql, values, |row| row.get(0))?;
        Ok(number.cast_unsigned())
    }

    /// How many pairs a run found taken apart.
    fn unmapped(&self, run: RunId) -> Result<u64, LedgerError> {
        self.count("SELECT count(*) FROM unmapped WHERE run = ?1", (run,))
    }

    /// How many records are linked.
    pub fn links(&self) -> Result<u64, LedgerError> {
        self.count("SELECT count(*) FROM link", ())
    }

    /// How much a run would change, or would have, had it gone on. A create that an earlier run sent, and of which it never
    /// heard, is not new: the guard let that run send it.
    pub fn extent(&self, run: RunId) -> Result<Extent, LedgerError> {
        let planned = "SELECT count(*) FROM decision
                       WHERE run = ?1 AND planned = ?2 AND outcome IS NULL AND NOT EXISTS (
                           SELECT 1 FROM waiting WHERE waiting.kind = decision.kind
                           AND waiting.salesforce_id = decision.salesforce_id AND waiting.rule = 'R4')";
        Ok(Extent {
            created: self.count(planned, (run, Outcome::Created.name()))?,
            updated: self.count(planned, (run, Outcome::Updated.name()))?,
            unmapped: self.unmapped(run)?,
        })
    }

    /// How many records were linked before a run noticed un-mappings, and whether an import was ever completed.
    pub fn linked_before(&self, run: RunId) -> Result<(u64, bool), LedgerError> {
        let completed = "SELECT 1 FROM run WHERE state IN (?1, ?2)";
        let states = (RunState::Completed.name(), RunState::CompletedWithErrors.name());
        Ok((self.links()? + self.unmapped(run)?, self.0.prepare(completed)?.exists(states)?))
    }

    /// Remembers that the guard let a run go on.
    pub fn pass_guard(&self, run: RunId) -> Result<(), LedgerError> {
        self.0.execute("UPDATE run SET passed_guard = 1 WHERE id = ?1", (run,))?;
        if self.meta::<RunId>(LINKED_AGAIN)?.is_some_and(|before| before < run) {
            self.0.execute("DELETE FROM meta WHERE name = ?1", (LINKED_AGAIN,))?;
        }
        Ok(())
    }

    /// Links again what a run took apart and then did not go on with. The next run looks at it again, whatever it reads.
    pub(super) fn undo_unmapping(&self, run: RunId) -> Result<(), LedgerError> {
        self.0.execute(
            "INSERT INTO link (kind, salesforce_id, target, account, key, base)
             SELECT kind, salesforce_id, target, account, key, base FROM unmapped WHERE run = ?1
             ON CONFLICT DO NOTHING",
            (run,),
        )?;
        if self.0.execute("DELETE FROM unmapped WHERE run = ?1", (run,))? > 0 {
            self.linked_again(run)?;
        }
        Ok(())
    }

    /// Remembers that a run linked pairs again as they were. The next looks at those that the mirror contradicts,
    /// whatever it reads.
    pub(super) fn linked_again(&self, run: RunId) -> Result<(), LedgerError> {
        self.set_meta(LINKED_AGAIN, &run)
    }

    /// The linked records that the mirror shows without their Salesforce ids, as they were linked again since; with their
    /// Autotask records.
    pub fn contradicted(&self, kind: Kind) -> Result<Vec<(SalesforceId, i64)>, LedgerError> {
        if self.meta::<RunId>(LINKED_AGAIN)?.is_none() {
            return Ok(Vec::new());
        }
        let mut statement = self.0.prepare(
            "SELECT salesforce_id, target FROM link
             JOIN mirror ON mirror.kind = link.kind AND mirror.id = link.target
             WHERE link.kind = ?1 AND holds <> 0 AND text IS NOT salesforce_id",
        )?;
        let rows = statement.query_map((kind,), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Remembers that somebody agrees to as much as a run would have changed.
    pub fn approve(&self, extent: Extent, now: Timestamp) -> Result<(), LedgerError> {
        let text = serde_json::to_string(&Approval { extent, given: now })?;
        self.0.execute("INSERT OR REPLACE INTO meta VALUES ('approval', ?1)", (text,))?;
        Ok(())
    }

    /// What is approved at this moment.
    pub fn approved(&self, now: Timestamp) -> Result<Option<Extent>, LedgerError> {
        let sql = "SELECT value FROM meta WHERE name = 'approval'";
        let text: Option<String> = self.0.query_row(sql, (), |row| row.get(0)).optional()?;
        let Some(text) = text else { return Ok(None) };
        let Approval { extent, given } = serde_json::from_str(&text)?;
        Ok((now.duration_since(given) < LAPSES).then_some(extent))
    }

    /// Forgets the approval, once it has served.
    pub fn use_up_approval(&self) -> Result<(), LedgerError> {
        self.0.execute("DELETE FROM meta WHERE name = 'approval'", ())?;
        Ok(())
    }

    /// Remembers how much a run would have changed.
    pub fn keep_extent(&self, run: RunId, extent: Extent) -> Result<(), LedgerError> {
        let name = format!("extent of run {run}");
        let text = serde_json::to_string(&extent)?;
        self.0.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", (name, text))?;
        Ok(())
    }

    /// How much a run that awaits approval would have changed.
    pub fn kept_extent(&self, run: RunId) -> Result<Option<Extent>, LedgerError> {
        let sql = "SELECT value FROM meta WHERE name = ?1";
        let name = format!("extent of run {run}");
        let text: Option<String> = self.0.query_row(sql, (name,), |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }
}
