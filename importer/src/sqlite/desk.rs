//! What commands ask of the ledger and change in it, beside the runs.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::spool::listed;
use super::{LedgerError, Listed, Tx};
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Kind;
use crate::domain::report::RunState;

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Past {
    /// The run.
    pub id: RunId,
    /// How it ended.
    pub state: RunState,
    /// When it began.
    pub started: Timestamp,
    /// How many records it created, linked and updated.
    pub written: u64,
    /// How many were refused.
    pub refused: u64,
}

/// What the ledger knows of a record apart from the runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The Autotask record it is linked to.
    pub link: Option<i64>,
    /// The Autotask records a person dissociated it from, and since when.
    pub unmapped: Vec<(i64, String)>,
    /// What a person decided: this record, or none of those there are.
    pub chosen: Option<Option<i64>>,
    /// Whether a create of it may be under way.
    pub uncertain: bool,
    /// The parent account whose company is still to be set.
    pub awaits_parent: Option<SalesforceId>,
}

impl Tx<'_> {
    /// The latest runs, newest first.
    pub fn runs(&self, most: u32) -> Result<Vec<Past>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, state, started,
                    (SELECT count(*) FROM decision WHERE run = run.id
                     AND outcome IN ('created', 'linked', 'updated')),
                    (SELECT count(*) FROM decision WHERE run = run.id AND outcome = 'refused')
             FROM run ORDER BY id DESC LIMIT ?1",
        )?;
        let runs = statement.query_map((most,), |row| {
            let (state, started): (String, String) = (row.get(1)?, row.get(2)?);
            Ok(Past {
                id: row.get(0)?,
                state: RunState::from_name(&state).unwrap_or(RunState::Running),
                started: started.parse().unwrap_or(Timestamp::UNIX_EPOCH),
                written: row.get::<_, i64>(3)?.cast_unsigned(),
                refused: row.get::<_, i64>(4)?.cast_unsigned(),
            })
        })?;
        Ok(runs.collect::<Result<_, _>>()?)
    }

    /// Whether there was such a run.
    pub fn has_run(&self, run: RunId) -> Result<bool, LedgerError> {
        Ok(self.0.prepare_cached("SELECT 1 FROM run WHERE id = ?1")?.exists((run,))?)
    }

    /// All that was decided about a record, run by run, oldest first. Runs that left it unchanged are not listed.
    pub fn history(
        &self,
        kind: Kind,
        id: SalesforceId,
    ) -> Result<Vec<(RunId, Listed)>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT kind, salesforce_id, coalesce(outcome, planned), rule, reason, target, detail, run.id
             FROM run JOIN decision ON decision.run = run.id AND kind = ?1 AND salesforce_id = ?2
             ORDER BY run.id",
        )?;
        let mut rows = statement.query((kind, id))?;
        let mut history = Vec::new();
        while let Some(row) = rows.next()? {
            history.push((row.get(7)?, listed(row)?));
        }
        Ok(history)
    }

    /// What is known of a record apart from the runs.
    pub fn standing(&self, kind: Kind, id: SalesforceId) -> Result<Standing, LedgerError> {
        let mut unmapped = self
            .0
            .prepare("SELECT target, since FROM unmapped WHERE kind = ?1 AND salesforce_id = ?2")?;
        let unmapped = unmapped.query_map((kind, id), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let chosen = "SELECT target FROM chosen WHERE kind = ?1 AND salesforce_id = ?2";
        let parent = "SELECT parent FROM awaiting_parent WHERE salesforce_id = ?1 AND ?2 = 0";
        Ok(Standing {
            link: self.link_of(kind, id)?,
            unmapped: unmapped.collect::<Result<_, _>>()?,
            chosen: self.0.query_row(chosen, (kind, id), |row| row.get(0)).optional()?,
            uncertain: self.has_intent(kind, id)?,
            awaits_parent: self.0.query_row(parent, (id, kind), |row| row.get(0)).optional()?,
        })
    }

    /// Remembers a person's decision: this record, or a new one.
    pub fn choose(
        &self,
        kind: Kind,
        id: SalesforceId,
        target: Option<i64>,
    ) -> Result<(), LedgerError> {
        self.0.execute(
            "INSERT OR REPLACE INTO chosen (kind, salesforce_id, target) VALUES (?1, ?2, ?3)",
            (kind, id, target),
        )?;
        self.wake(kind, id, "somebody decided what it is")
    }

    /// The record that a person decided is this Autotask record.
    pub fn chosen_by(&self, kind: Kind, target: i64) -> Result<Option<SalesforceId>, LedgerError> {
        let sql = "SELECT salesforce_id FROM chosen WHERE kind = ?1 AND target = ?2";
        Ok(self.0.query_row(sql, (kind, target), |row| row.get(0)).optional()?)
    }

    /// Makes un-mapped pairs, and a link whose record is gone, eligible again. Returns whether there were any.
    pub fn remap(&self, kind: Kind, id: SalesforceId) -> Result<bool, LedgerError> {
        let pairs = self
            .0
            .execute("DELETE FROM unmapped WHERE kind = ?1 AND salesforce_id = ?2", (kind, id))?;
        let gone = self.0.execute(
            "DELETE FROM link WHERE kind = ?1 AND salesforce_id = ?2
             AND NOT EXISTS (SELECT 1 FROM mirror WHERE mirror.kind = ?1 AND mirror.id = target)",
            (kind, id),
        )?;
        if pairs + gone == 0 {
            return Ok(false);
        }
        self.wake(kind, id, "it is to be decided on anew")?;
        Ok(true)
    }
}
