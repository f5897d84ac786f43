//! What a run that had decided on everything leaves to the next: how far it had read, and what it did not carry out.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::console::Mark;
use super::{LedgerError, Marks, Tx};
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Kind;

/// A run that had decided on all it read and may write, and how far it had read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The run.
    pub run: RunId,
    /// How far imports have come once all it decided is carried out.
    pub marks: Marks,
}

const HANDOVER: &str = "handover";

/// What the reason of a decision begins with that its run did not carry out.
pub(super) const ENDED_BEFORE: &str = "the run ended before: ";

/// The decisions that a run did not carry out. Their drafts are kept for as long as they are handed over.
const LEFT: &str = "outcome = 'deferred'
    AND outcome IN ('duplicate', 'held', 'orphan', 'deferred', 'un-mapped', 'gone', 'refused') AND draft IS NOT NULL";

impl Tx<'_> {
    /// What the last import that was cut off leaves to the next.
    pub fn handover(&self) -> Result<Option<Handover>, LedgerError> {
        // One that another version wrote otherwise is nothing to go on with.
        Ok(self.meta(HANDOVER).unwrap_or_default())
    }

    /// Says what is left to the next import if this one is cut off from here on, or that nothing is.
    pub fn hand_over(&self, handover: Option<&Handover>) -> Result<(), LedgerError> {
        if let Some(handover) = handover {
            return self.set_meta(HANDOVER, handover);
        }
        self.0.execute("DELETE FROM meta WHERE name = ?1", (HANDOVER,))?;
        Ok(())
    }

    /// Whether a run has handed its decisions over.
    pub(super) fn hands_over(&self, run: RunId) -> Result<bool, LedgerError> {
        Ok(self.handover()?.is_some_and(|handover| handover.run == run))
    }

    /// Makes up to so many decisions that a run did not carry out decisions of another, in the order of kinds and ids,
    /// after a mark. Returns the last; none where nothing was left.
    pub fn take_over(
        &self,
        from: RunId,
        to: RunId,
        after: Option<Mark>,
        most: u32,
    ) -> Result<Option<Mark>, LedgerError> {
        let mut left = self.0.prepare_cached(&format!(
            "SELECT kind, salesforce_id, draft FROM decision INDEXED BY decision_rare
             WHERE run = ?1 AND (kind, salesforce_id) > (?2, ?3) AND {LEFT}
             ORDER BY kind, salesforce_id LIMIT ?4"
        ))?;
        let mut take = self.0.prepare_cached(
            "INSERT INTO decision (run, kind, salesforce_id, planned, outcome, rule, reason, target, account, belongs_to,
                                   parent, duplicate_of, claims, name, key, draft, detail)
             SELECT ?2, kind, salesforce_id, planned, NULL, rule, substr(reason, length(?5) + 1), target, account, belongs_to,
                    parent, duplicate_of, claims, name, key, draft, detail
             FROM decision WHERE run = ?1 AND kind = ?3 AND salesforce_id = ?4",
        )?;
        let (kind, id) = super::console::place(after);
        let mut rows = left.query((from, kind, id, most))?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let (kind, id): (Kind, SalesforceId) = (row.get(0)?, row.get(1)?);
            let draft = serde_json::from_str(&row.get::<_, String>(2)?)?;
            take.execute(params![from, to, kind, id, ENDED_BEFORE])?;
            self.keep_name(kind, id, &draft)?;
            self.count_read(to, kind, 1, 0)?;
            last = Some((kind, id));
        }
        Ok(last)
    }

    /// Drops a decision that was taken over, if there is one: its record is read, and decided on anew.
    pub fn drop_open(&self, run: RunId, kind: Kind, id: SalesforceId) -> Result<(), LedgerError> {
        let sql = "DELETE FROM decision WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3 AND outcome IS NULL";
        match self.0.prepare_cached(sql)?.execute((run, kind, id))? {
            0 => Ok(()),
            _ => self.count_read(run, kind, -1, 0),
        }
    }

    /// Erases up to so many drafts of what a run did not carry out, after a mark. Returns the last; none where nothing was
    /// left.
    pub fn drop_drafts(
        &self,
        run: RunId,
        after: Option<Mark>,
        most: u32,
    ) -> Result<Option<Mark>, LedgerError> {
        let mut left = self.0.prepare_cached(&format!(
            "SELECT kind, salesforce_id FROM decision INDEXED BY decision_rare
             WHERE run = ?1 AND (kind, salesforce_id) > (?2, ?3) AND {LEFT}
             ORDER BY kind, salesforce_id LIMIT ?4"
        ))?;
        let mut erase = self.0.prepare_cached(
            "UPDATE decision SET draft = NULL WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3",
        )?;
        let (kind, id) = super::console::place(after);
        let marks = left.query_map((run, kind, id, most), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let marks = marks.collect::<Result<Vec<Mark>, _>>()?;
        for (kind, id) in &marks {
            erase.execute((run, kind, id))?;
        }
        Ok(marks.last().copied())
    }

    /// Whether a decision about a record is handed over to the next import.
    pub(super) fn is_handed_over(&self, kind: Kind, id: SalesforceId) -> Result<bool, LedgerError> {
        let Some(handover) = self.handover()? else { return Ok(false) };
        let sql = "SELECT draft IS NOT NULL FROM decision WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3";
        let there =
            self.0.prepare_cached(sql)?.query_row((handover.run, kind, id), |row| row.get(0));
        Ok(there.optional()?.unwrap_or(false))
    }
}
