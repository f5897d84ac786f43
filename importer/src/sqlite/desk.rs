//! What commands ask of the ledger and change in it, beside the runs.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use super::spool::listed;
use super::{LedgerError, Listed, Tx, mirror};
use crate::domain::decision::Outcome;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::{Kind, UdfValue};
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
    /// When it ended, unless it is under way.
    pub ended: Option<Timestamp>,
    /// How many records it created, linked and updated.
    pub written: u64,
    /// How many were refused.
    pub refused: u64,
}

/// What a run decided about a record.
#[derive(Debug, Clone, PartialEq)]
pub struct PastDecision {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// How it ended.
    pub state: RunState,
    /// Of a contact: the account whose company it belongs to.
    pub account: Option<SalesforceId>,
    /// The decision.
    pub listed: Listed,
}

/// A pair that a person took apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmappedPair {
    /// The Autotask record.
    pub autotask_id: i64,
    /// Since when.
    pub since: String,
    /// The run that noticed; none where a command did it.
    pub noticed_by: Option<RunId>,
}

/// What the ledger knows of a record apart from the runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The Autotask record it is linked to.
    pub link: Option<i64>,
    /// The Autotask records a person dissociated it from.
    pub unmapped: Vec<UnmappedPair>,
    /// What a person decided, or a merge in Salesforce.
    pub chosen: Option<Said>,
    /// Whether a create of it may be under way.
    pub uncertain: bool,
    /// The parent account whose company is still to be set.
    pub awaits_parent: Option<SalesforceId>,
    /// What it waits for.
    pub waiting: Option<Waiting>,
    /// The Autotask record it was linked to before it was deleted, or merged, in Salesforce.
    pub ended: Option<i64>,
}

/// Why a record is not linked, or not as it should be, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// What became of it last.
    pub outcome: String,
    /// The rule behind that.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// When it is decided on anew whatever happens, if such a moment is set.
    pub not_before: Option<String>,
    /// Whether what it waits for has changed, so that the next import decides on it.
    pub is_due: bool,
}

/// What a record is before an import has decided on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// This Autotask record, as a person said.
    Record(i64),
    /// None of those there are, as a person said.
    New,
    /// The Autotask record of another that was merged into it.
    Inherited {
        /// The Autotask record.
        record: i64,
        /// The one that was merged into it.
        from: SalesforceId,
    },
}

/// What the mirror tells of an Autotask record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The run that read it last.
    pub run: RunId,
    /// What its user-defined field held then.
    pub holds: UdfValue,
}

impl Tx<'_> {
    /// The latest runs, newest first.
    pub fn runs(&self, most: u32) -> Result<Vec<Past>, LedgerError> {
        self.runs_before(None, most)
    }

    /// Runs, newest first, of those before one if it is named.
    pub fn runs_before(&self, before: Option<RunId>, most: u32) -> Result<Vec<Past>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, state, started, ended FROM run WHERE id < coalesce(?1, id + 1)
             ORDER BY id DESC LIMIT ?2",
        )?;
        let mut rows = statement.query((before, most))?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let (accounts, contacts) =
                (self.counts(id, Kind::Company)?, self.counts(id, Kind::Contact)?);
            let count = |outcome| accounts.of(outcome) + contacts.of(outcome);
            let written = [Outcome::Created, Outcome::Linked, Outcome::Updated].map(count);
            runs.push(Past {
                id,
                state: state(row, 1)?,
                started: moment(row, 2)?,
                ended: row.get::<_, Option<String>>(3)?.and_then(|text| text.parse().ok()),
                written: written.into_iter().sum(),
                refused: count(Outcome::Refused),
            });
        }
        Ok(runs)
    }

    /// The last run that has ended and was no plan.
    pub fn last_ended_import(&self) -> Result<Option<RunId>, LedgerError> {
        let sql = "SELECT max(id) FROM run WHERE state NOT IN (?1, ?2)";
        let not = (RunState::Running.name(), RunState::Planned.name());
        Ok(self.0.query_row(sql, not, |row| row.get(0))?)
    }

    /// When a run began.
    pub fn begun(&self, run: RunId) -> Result<Timestamp, LedgerError> {
        let sql = "SELECT started FROM run WHERE id = ?1";
        Ok(self.0.query_row(sql, (run,), |row| moment(row, 0))?)
    }

    /// Whether there was such a run.
    pub fn has_run(&self, run: RunId) -> Result<bool, LedgerError> {
        Ok(self.0.prepare_cached("SELECT 1 FROM run WHERE id = ?1")?.exists((run,))?)
    }

    /// All that was decided about a record, run by run, oldest first. Runs that left it unchanged are not listed.
    pub fn history(&self, kind: Kind, id: SalesforceId) -> Result<Vec<PastDecision>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT kind, salesforce_id, coalesce(outcome, planned), rule, reason, target, detail,
                    run.id, run.started, run.state, account
             FROM run JOIN decision ON decision.run = run.id AND kind = ?1 AND salesforce_id = ?2
             ORDER BY run.id",
        )?;
        let mut rows = statement.query((kind, id))?;
        let mut history = Vec::new();
        while let Some(row) = rows.next()? {
            history.push(PastDecision {
                run: row.get(7)?,
                started: moment(row, 8)?,
                state: state(row, 9)?,
                account: row.get(10)?,
                listed: listed(row)?,
            });
        }
        Ok(history)
    }

    /// What is known of a record apart from the runs.
    pub fn standing(&self, kind: Kind, id: SalesforceId) -> Result<Standing, LedgerError> {
        let mut unmapped = self.0.prepare(
            "SELECT target, since, run FROM unmapped WHERE kind = ?1 AND salesforce_id = ?2 ORDER BY since",
        )?;
        let unmapped = unmapped.query_map((kind, id), |row| {
            Ok(UnmappedPair {
                autotask_id: row.get(0)?,
                since: row.get(1)?,
                noticed_by: row.get(2)?,
            })
        })?;
        let chosen = "SELECT target, heir_of FROM chosen WHERE kind = ?1 AND salesforce_id = ?2";
        let parent = "SELECT parent FROM awaiting_parent WHERE salesforce_id = ?1 AND ?2 = 0";
        let link = self.link_of(kind, id)?;
        Ok(Standing {
            link,
            unmapped: unmapped.collect::<Result<_, _>>()?,
            chosen: self
                .0
                .query_row(chosen, (kind, id), |row| {
                    Ok(match (row.get(0)?, row.get(1)?) {
                        (Some(record), Some(from)) => Said::Inherited { record, from },
                        (Some(record), None) => Said::Record(record),
                        (None, _) => Said::New,
                    })
                })
                .optional()?,
            uncertain: self.has_intent(kind, id)?,
            awaits_parent: self.0.query_row(parent, (id, kind), |row| row.get(0)).optional()?,
            waiting: self.waiting_of(kind, id)?,
            ended: if link.is_some() { None } else { self.last_link_of(kind, id)? },
        })
    }

    fn waiting_of(&self, kind: Kind, id: SalesforceId) -> Result<Option<Waiting>, LedgerError> {
        let sql = "SELECT outcome, rule, reason, not_before, due FROM waiting
                   WHERE kind = ?1 AND salesforce_id = ?2";
        let read = |row: &Row<'_>| {
            Ok(Waiting {
                outcome: row.get(0)?,
                rule: row.get(1)?,
                reason: row.get(2)?,
                not_before: row.get(3)?,
                is_due: row.get(4)?,
            })
        };
        Ok(self.0.query_row(sql, (kind, id), read).optional()?)
    }

    /// The Salesforce record that a person dissociated an Autotask record from, the latest if there are several.
    pub fn unmapped_at(
        &self,
        kind: Kind,
        target: i64,
    ) -> Result<Option<SalesforceId>, LedgerError> {
        let sql = "SELECT salesforce_id FROM unmapped WHERE kind = ?1 AND target = ?2
                   ORDER BY since DESC LIMIT 1";
        Ok(self.0.query_row(sql, (kind, target), |row| row.get(0)).optional()?)
    }

    /// The Salesforce record about which something was decided that names this Autotask record, the latest.
    pub fn decided_at(&self, kind: Kind, target: i64) -> Result<Option<SalesforceId>, LedgerError> {
        let foreign = self.last_foreign_run()?.unwrap_or(RunId(0));
        let sql = "SELECT salesforce_id FROM run JOIN decision INDEXED BY decision_target
                       ON decision.run = run.id AND kind = ?1 AND target = ?2
                   WHERE run.id > ?3 ORDER BY run.id DESC LIMIT 1";
        Ok(self.0.query_row(sql, (kind, target, foreign), |row| row.get(0)).optional()?)
    }

    /// What the mirror tells of an Autotask record.
    pub fn mirrored(&self, kind: Kind, id: i64) -> Result<Option<Mirrored>, LedgerError> {
        let sql = "SELECT seen, holds, text FROM mirror WHERE kind = ?1 AND id = ?2";
        let read = |row: &Row<'_>| {
            Ok(Mirrored { run: row.get(0)?, holds: mirror::decode(row.get(1)?, row.get(2)?) })
        };
        Ok(self.0.query_row(sql, (kind, id), read).optional()?)
    }

    /// Ends a link because a person said so, whatever a run under way makes of it meanwhile: one that noticed first
    /// may still take back what it noticed, what a person said stays. Returns whether the pair is apart now, which
    /// it is not if the record has been linked to another one since.
    pub fn take_apart(
        &self,
        kind: Kind,
        id: SalesforceId,
        target: i64,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        match self.link_of(kind, id)? {
            Some(linked) if linked == target => self.unmap(None, kind, id, now)?,
            Some(_) => return Ok(false),
            None => {
                let said = "UPDATE unmapped SET run = NULL
                            WHERE kind = ?1 AND salesforce_id = ?2 AND target = ?3";
                self.0.execute(said, (kind, id, target))?;
            }
        }
        // Autotask's modified date may not move when the field is cleared, so nobody would read it anew.
        let cleared = "UPDATE mirror SET holds = 1, text = NULL
                       WHERE kind = ?1 AND id = ?2 AND holds = 2 AND text = ?3";
        self.0.execute(cleared, (kind, target, id))?;
        Ok(true)
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

    /// Makes un-mapped pairs, and a link whose record is gone, its own or an inherited one, eligible again. Returns
    /// whether there were any.
    pub fn remap(&self, kind: Kind, id: SalesforceId) -> Result<bool, LedgerError> {
        let pairs = self
            .0
            .execute("DELETE FROM unmapped WHERE kind = ?1 AND salesforce_id = ?2", (kind, id))?;
        let is_gone =
            "NOT EXISTS (SELECT 1 FROM mirror WHERE mirror.kind = ?1 AND mirror.id = target)";
        let link = format!("DELETE FROM link WHERE kind = ?1 AND salesforce_id = ?2 AND {is_gone}");
        let gone = self.0.execute(&link, (kind, id))?;
        let inherited = format!(
            "DELETE FROM chosen WHERE kind = ?1 AND salesforce_id = ?2 AND heir_of IS NOT NULL AND {is_gone}"
        );
        let renounced = self.0.execute(&inherited, (kind, id))?;
        if pairs + gone + renounced == 0 {
            return Ok(false);
        }
        self.wake(kind, id, "it is to be decided on anew")?;
        Ok(true)
    }
}

fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<RunState> {
    let name: String = row.get(column)?;
    Ok(RunState::from_name(&name).unwrap_or(RunState::Running))
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let text: String = row.get(column)?;
    Ok(text.parse().unwrap_or(Timestamp::UNIX_EPOCH))
}
