//! What the console's pages ask of the ledger: a page at a time, so that a million records are no more than a few.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::spool::listed;
use super::{LedgerError, Listed, Tx};
use crate::domain::decision::Outcome;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Kind;
use crate::domain::report::{Requests, RunReport, RunState};

/// Where a page of records goes on.
pub type Mark = (Kind, SalesforceId);

/// Autotask records that are offered for one that is held.
const MOST_CANDIDATES: u32 = 20;

/// Decisions whose texts are looked at for one page, so that a search for what is rare answers as soon as any other.
const MOST_SEARCHED: u32 = 20_000;

/// A record that waits for somebody or something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub salesforce_id: SalesforceId,
    /// The rule behind its outcome.
    pub rule: String,
    /// Why it waits.
    pub reason: String,
    /// When it is decided on anew whatever happens.
    pub not_before: Option<Timestamp>,
    /// Whether the next import decides on it anyway.
    pub is_due: bool,
}

/// Records that wait for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alike {
    /// The rule.
    pub rule: String,
    /// The reason.
    pub reason: String,
    /// How many there are.
    pub records: u64,
}

/// A pair that somebody took apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Apart {
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub salesforce_id: SalesforceId,
    /// The Autotask record it was linked to.
    pub autotask_id: i64,
    /// Since when.
    pub since: String,
}

/// Which decisions of a run are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Only those that ended so.
    pub outcome: Option<Outcome>,
    /// Only those whose reason, or Salesforce id, has this text in it; ASCII letters in any case.
    pub text: &'a str,
}

/// A page of decisions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Excerpt {
    /// Those that a filter let through.
    pub records: Vec<Listed>,
    /// Where the next page goes on; none at the end. A search for a text may go on although it found few, or nothing.
    pub next: Option<Mark>,
}

impl Tx<'_> {
    /// The reports of runs, newest first, of those before one if it is named.
    pub fn reports(&self, before: Option<RunId>, most: u32) -> Result<Vec<RunReport>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id FROM run WHERE id < coalesce(?1, id + 1) ORDER BY id DESC LIMIT ?2",
        )?;
        let ids = statement.query_map((before, most), |row| row.get(0))?;
        let ids = ids.collect::<Result<Vec<RunId>, _>>()?;
        ids.into_iter().map(|id| self.report(id)).collect()
    }

    /// Decisions of a run that a filter lets through, in the order of kinds and ids, after a mark.
    pub fn filtered(
        &self,
        run: RunId,
        filter: Filter<'_>,
        after: Option<Mark>,
        most: u32,
    ) -> Result<Excerpt, LedgerError> {
        let (index, by_outcome) = of_outcome(filter.outcome);
        let (kind, id) = place(after);
        let outcome = filter.outcome.map(Outcome::name);
        let end = if filter.text.is_empty() {
            None
        } else {
            self.end_of_search(run, filter.outcome, after)?
        };
        let (last_kind, last_id) = end
            .map_or((Kind::Contact, AFTER_ALL_IDS.to_owned()), |(kind, id)| (kind, id.to_string()));
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT kind, salesforce_id, outcome, rule, reason, target, detail FROM decision {index}
             WHERE run = ?1 AND (kind, salesforce_id) > (?2, ?3) AND (kind, salesforce_id) <= (?7, ?8)
               AND {by_outcome}
               AND (?5 = '' OR instr(lower(reason), lower(?5)) OR salesforce_id = ?5)
             ORDER BY kind, salesforce_id LIMIT ?6"
        ))?;
        let range = params![
            run,
            kind,
            id,
            outcome,
            filter.text,
            most.saturating_add(1),
            last_kind,
            last_id
        ];
        let mut rows = statement.query(range)?;
        let mut found = Excerpt { records: Vec::new(), next: end };
        while let Some(row) = rows.next()? {
            if found.records.len() == most as usize {
                found.next = found.records.last().map(|last| (last.mention.kind, last.mention.id));
                break;
            }
            found.records.push(listed(row)?);
        }
        Ok(found)
    }

    /// The last decision that a search looks at, unless it comes to the run's end.
    fn end_of_search(
        &self,
        run: RunId,
        outcome: Option<Outcome>,
        after: Option<Mark>,
    ) -> Result<Option<Mark>, LedgerError> {
        let (index, by_outcome) = of_outcome(outcome);
        let (kind, id) = place(after);
        let sql = format!(
            "SELECT kind, salesforce_id FROM decision {index}
             WHERE run = ?1 AND (kind, salesforce_id) > (?2, ?3) AND {by_outcome}
             ORDER BY kind, salesforce_id LIMIT 1 OFFSET ?5"
        );
        let last = (run, kind, id, outcome.map(Outcome::name), MOST_SEARCHED - 1);
        let mut statement = self.0.prepare_cached(&sql)?;
        Ok(statement.query_row(last, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// How many records wait with an outcome.
    pub fn count_open(&self, outcome: Outcome) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM waiting WHERE outcome = ?1";
        let number: i64 =
            self.0.prepare_cached(sql)?.query_row((outcome.name(),), |row| row.get(0))?;
        Ok(number.cast_unsigned())
    }

    /// Records that wait with an outcome, of one reason if it is named, after a mark.
    pub fn open(
        &self,
        outcome: Outcome,
        reason: Option<&str>,
        after: Option<Mark>,
        most: u32,
    ) -> Result<Vec<Open>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT kind, salesforce_id, rule, reason, not_before, due FROM waiting
             WHERE outcome = ?1 AND reason = coalesce(?2, reason) AND (kind, salesforce_id) > (?3, ?4)
             ORDER BY kind, salesforce_id LIMIT ?5",
        )?;
        let (kind, id) = place(after);
        let rows = statement.query_map((outcome.name(), reason, kind, id, most), open)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The reasons for which records wait with an outcome, the most frequent first.
    pub fn open_by_reason(&self, outcome: Outcome, most: u32) -> Result<Vec<Alike>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT rule, reason, count(*) FROM waiting WHERE outcome = ?1
             GROUP BY rule, reason ORDER BY count(*) DESC, reason LIMIT ?2",
        )?;
        let rows = statement.query_map((outcome.name(), most), |row| {
            Ok(Alike {
                rule: row.get(0)?,
                reason: row.get(1)?,
                records: row.get::<_, i64>(2)?.cast_unsigned(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The Autotask records that have the key of a record that waits, as last read.
    pub fn candidates(&self, kind: Kind, id: SalesforceId) -> Result<Vec<i64>, LedgerError> {
        let sql = match kind {
            Kind::Company => {
                "SELECT mirror.id FROM waiting JOIN mirror ON mirror.kind = 0 AND mirror.key = waiting.key
                 WHERE waiting.kind = 0 AND waiting.salesforce_id = ?1 AND mirror.id <> 0
                 ORDER BY mirror.id LIMIT ?2"
            }
            Kind::Contact => {
                "SELECT mirror.id FROM waiting
                     JOIN mirror AS company ON company.kind = 0 AND company.name = waiting.name
                     JOIN mirror ON mirror.kind = 1 AND mirror.company = company.id AND mirror.key = waiting.key
                 WHERE waiting.kind = 1 AND waiting.salesforce_id = ?1
                 ORDER BY mirror.id LIMIT ?2"
            }
        };
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map((id, MOST_CANDIDATES), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Pairs that were taken apart, after a mark.
    pub fn apart(&self, after: Option<Mark>, most: u32) -> Result<Vec<Apart>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT kind, salesforce_id, target, since FROM unmapped
             WHERE (kind, salesforce_id) > (?1, ?2) ORDER BY kind, salesforce_id LIMIT ?3",
        )?;
        let (kind, id) = place(after);
        let rows = statement.query_map((kind, id, most), |row| {
            Ok(Apart {
                kind: row.get(0)?,
                salesforce_id: row.get(1)?,
                autotask_id: row.get(2)?,
                since: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many pairs were taken apart.
    pub fn count_apart(&self) -> Result<u64, LedgerError> {
        let number: i64 = self
            .0
            .prepare_cached("SELECT count(*) FROM unmapped")?
            .query_row((), |row| row.get(0))?;
        Ok(number.cast_unsigned())
    }

    /// How many runs there were of each state.
    pub fn runs_by_state(&self) -> Result<Vec<(RunState, u64)>, LedgerError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT state, count(*) FROM run GROUP BY state ORDER BY state")?;
        let rows = statement.query_map((), |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        let mut states = Vec::new();
        for row in rows {
            let (name, runs) = row?;
            states.extend(RunState::from_name(&name).map(|state| (state, runs)));
        }
        Ok(states)
    }

    /// The requests of all runs that have ended.
    pub fn all_requests(&self) -> Result<Requests, LedgerError> {
        let sql = "SELECT coalesce(sum(salesforce_requests), 0), coalesce(sum(autotask_requests), 0) FROM run";
        Ok(self.0.prepare_cached(sql)?.query_row((), |row| {
            Ok(Requests {
                salesforce: row.get::<_, i64>(0)?.cast_unsigned(),
                autotask: row.get::<_, i64>(1)?.cast_unsigned(),
            })
        })?)
    }

    /// When the last import ended that was completed.
    pub fn last_completed(&self) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT max(ended) FROM run WHERE state IN (?1, ?2)";
        let states = (RunState::Completed.name(), RunState::CompletedWithErrors.name());
        let ended: Option<String> =
            self.0.prepare_cached(sql)?.query_row(states, |row| row.get(0))?;
        Ok(ended.and_then(|text| text.parse().ok()))
    }

    /// Has the next import decide anew on all records that were refused for a reason. Returns how many there are.
    pub fn retry_refused(&self, reason: &str) -> Result<u64, LedgerError> {
        let sql = "UPDATE waiting SET due = 1, asked = 0 WHERE outcome = ?1 AND reason = ?2";
        let records = self.0.execute(sql, (Outcome::Refused.name(), reason))?;
        Ok(records as u64)
    }
}

/// Whether few records of a run end so, for which there is an index.
fn is_rare(outcome: Outcome) -> bool {
    use Outcome as O;
    match outcome {
        O::Created | O::Linked | O::Updated | O::Unchanged => false,
        O::Duplicate | O::Held | O::Orphan | O::Deferred | O::UnMapped | O::Gone | O::Refused => {
            true
        }
    }
}

/// Sorts after every Salesforce id: those are ASCII letters and digits.
const AFTER_ALL_IDS: &str = "~";

/// The index for decisions with an outcome, the fourth parameter, and the condition for them: any, if none is named.
fn of_outcome(outcome: Option<Outcome>) -> (&'static str, &'static str) {
    match outcome {
        None => ("", "?4 IS NULL AND outcome IS NOT NULL"),
        Some(outcome) if is_rare(outcome) => (
            "INDEXED BY decision_rare",
            "outcome = ?4
             AND outcome IN ('duplicate', 'held', 'orphan', 'deferred', 'un-mapped', 'gone', 'refused')",
        ),
        Some(_) => ("", "outcome = ?4"),
    }
}

/// What comes after a mark, or all of it: no id is empty.
pub(super) fn place(after: Option<Mark>) -> (Kind, String) {
    after.map_or((Kind::Company, String::new()), |(kind, id)| (kind, id.to_string()))
}

fn open(row: &Row<'_>) -> rusqlite::Result<Open> {
    Ok(Open {
        kind: row.get(0)?,
        salesforce_id: row.get(1)?,
        rule: row.get(2)?,
        reason: row.get(3)?,
        not_before: row.get::<_, Option<String>>(4)?.and_then(|text| text.parse().ok()),
        is_due: row.get(5)?,
    })
}
