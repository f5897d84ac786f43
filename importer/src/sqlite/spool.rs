//! The spool: what a run decided about each record, before and after it is carried out.

use rusqlite::{OptionalExtension, Row, params};

use super::{LedgerError, Tx};
use crate::domain::decision::{Decision, Detail, Outcome, Patch};
use crate::domain::draft::Draft;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::keys::KeyDigest;
use crate::domain::model::Kind;
use crate::domain::report::Mention;
use crate::domain::rules::Rule;

/// A decision on its way into the spool.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// The record decided on.
    pub id: SalesforceId,
    /// What was decided.
    pub decision: &'a Decision,
    /// The Autotask record it is about.
    pub target: Option<i64>,
    /// Of a contact: the account whose company it belongs to.
    pub account: Option<SalesforceId>,
    /// Of a contact: its account in Salesforce.
    pub belongs_to: Option<SalesforceId>,
    /// Of an account: its parent, which is written first.
    pub parent: Option<SalesforceId>,
    /// The record this one is a duplicate of.
    pub duplicate_of: Option<SalesforceId>,
    /// Whether others with the same key are duplicates of this one.
    pub claims: bool,
    /// The digest of the company's name.
    pub name: KeyDigest,
    /// The digest of the key.
    pub key: KeyDigest,
    /// What is to be written.
    pub draft: &'a Draft,
}

/// A decision that is still to be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Spooled {
    /// The record decided on.
    pub id: SalesforceId,
    /// Whether it is to become inactive, as its Salesforce record was deleted.
    pub deactivates: bool,
    /// The Autotask record it is about, if there is one already.
    pub target: Option<i64>,
    /// Of a contact: the account whose company it belongs to.
    pub account: Option<SalesforceId>,
    /// Of a contact: its account in Salesforce.
    pub belongs_to: Option<SalesforceId>,
    /// Of an account: its parent.
    pub parent: Option<SalesforceId>,
    /// The digest of the company's name.
    pub name: KeyDigest,
    /// The digest of the key.
    pub key: KeyDigest,
    /// What is to be written.
    pub draft: Draft,
}

/// Decisions that are to be carried out next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NextOpen {
    /// The decisions.
    pub decisions: Vec<Spooled>,
    /// So many of them, the first, are in the order of ids; the rest are children of those.
    pub in_order: usize,
}

/// Which open decisions are meant, by one value, and the index that finds them.
#[derive(Clone, Copy)]
struct Choice {
    index: &'static str,
    condition: &'static str,
}

/// Those after an id.
const ANY: Choice = Choice { index: "decision_open", condition: "salesforce_id > ?4" };

/// Those after an id whose parent is not open.
const FREE: Choice = Choice {
    index: "decision_open",
    condition: "salesforce_id > ?4 AND NOT EXISTS (
         SELECT 1 FROM decision AS elder
         WHERE elder.run = ?1 AND elder.kind = ?2 AND elder.salesforce_id = child.parent
           AND elder.salesforce_id <> child.salesforce_id AND elder.outcome IS NULL)",
};

/// Those with this parent.
const CHILDREN: Choice = Choice { index: "decision_parent", condition: "parent = ?4" };

/// A decision as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The record, its outcome and why.
    pub mention: Mention,
    /// The Autotask record, if there is one.
    pub target: Option<i64>,
    /// What happened to its values.
    pub detail: Detail,
}

impl Tx<'_> {
    /// Counts records that stay as they are; a negative number takes some back.
    pub fn count_unchanged(&self, run: RunId, kind: Kind, records: i64) -> Result<(), LedgerError> {
        self.0.execute(
            "INSERT INTO unchanged VALUES (?1, ?2, ?3)
             ON CONFLICT (run, kind) DO UPDATE SET records = records + excluded.records",
            (run, kind, records),
        )?;
        Ok(())
    }

    /// Spools a decision. One that asks for nothing is an outcome at once.
    pub fn spool(
        &self,
        run: RunId,
        kind: Kind,
        entry: &Entry<'_>,
        outcome: Option<Outcome>,
    ) -> Result<(), LedgerError> {
        let Entry { decision, draft, .. } = entry;
        self.answer(run, kind, entry.id)?;
        self.keep_name(kind, entry.id, draft)?;
        let body = if outcome.is_none() { Some(serde_json::to_string(draft)?) } else { None };
        let detail = Detail::of(draft, decision.rule);
        self.0
            .prepare_cached(
                "INSERT OR REPLACE INTO decision
                     (run, kind, salesforce_id, outcome, rule, reason, target, account, duplicate_of, claims,
                      name, key, draft, detail, parent, planned, belongs_to)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )?
            .execute(params![
                run,
                kind,
                entry.id,
                outcome.map(Outcome::name),
                decision.rule.id(),
                &decision.reason,
                entry.target,
                entry.account,
                entry.duplicate_of,
                entry.claims,
                entry.name,
                entry.key,
                body,
                text_of(&detail)?,
                entry.parent,
                decision.action.outcome().name(),
                entry.belongs_to,
            ])?;
        Ok(())
    }

    /// How many decisions are still to be carried out.
    pub fn open_decisions(&self, run: RunId, kind: Kind) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM decision WHERE run = ?1 AND kind = ?2 AND outcome IS NULL";
        let open: i64 = self.0.query_row(sql, (run, kind), |row| row.get(0))?;
        Ok(open.cast_unsigned())
    }

    /// The next decisions to be carried out: those whose parents are not among what is still to be carried out, in the
    /// order of ids from after one on and, once that was the last, from the first again; then their children, as far as
    /// there is room. Where each waits for another, the first come all the same.
    pub fn next_open(
        &self,
        run: RunId,
        kind: Kind,
        after: Option<SalesforceId>,
        most: u32,
    ) -> Result<NextOpen, LedgerError> {
        let place = after.as_ref().map_or("", SalesforceId::as_str);
        let mut decisions = self.open_where(FREE, (run, kind, most, place))?;
        if decisions.is_empty() && after.is_some() {
            // Those that were passed over may be free by now.
            decisions = self.open_where(FREE, (run, kind, most, ""))?;
        }
        if decisions.is_empty() {
            decisions = self.open_where(ANY, (run, kind, most, ""))?;
            return Ok(NextOpen { in_order: decisions.len(), decisions });
        }
        let in_order = decisions.len();
        let mut parent = 0;
        while let Some(elder) = decisions.get(parent).map(|spooled| spooled.id) {
            let room = most.saturating_sub(u32::try_from(decisions.len()).unwrap_or(most));
            if room == 0 || kind == Kind::Contact {
                break;
            }
            decisions.extend(self.open_where(CHILDREN, (run, kind, room, elder.as_str()))?);
            parent += 1;
        }
        Ok(NextOpen { decisions, in_order })
    }

    /// Open decisions of a choice, in the order of ids; the last value is what the choice is made by.
    fn open_where(
        &self,
        Choice { index, condition }: Choice,
        values: (RunId, Kind, u32, &str),
    ) -> Result<Vec<Spooled>, LedgerError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT salesforce_id, target, account, name, key, draft, parent,
                    rule = 'R8' AND planned = 'updated', belongs_to
             FROM decision AS child INDEXED BY {index}
             WHERE run = ?1 AND kind = ?2 AND outcome IS NULL AND {condition}
             ORDER BY salesforce_id LIMIT ?3"
        ))?;
        let mut rows = statement.query(values)?;
        let mut open = Vec::new();
        while let Some(row) = rows.next()? {
            let draft: Option<String> = row.get(5)?;
            open.push(Spooled {
                id: row.get(0)?,
                deactivates: row.get(7)?,
                target: row.get(1)?,
                account: row.get(2)?,
                name: row.get(3)?,
                key: row.get(4)?,
                draft: serde_json::from_str(draft.as_deref().unwrap_or("{}"))?,
                parent: row.get(6)?,
                belongs_to: row.get(8)?,
            });
        }
        Ok(open)
    }

    /// Records what became of a decision.
    pub fn conclude(
        &self,
        run: RunId,
        kind: Kind,
        id: SalesforceId,
        end: &Decision,
        target: Option<i64>,
        detail: &Detail,
    ) -> Result<(), LedgerError> {
        self.0
            .prepare_cached(
                "UPDATE decision SET outcome = ?4, rule = ?5, reason = ?6, target = coalesce(?7, target),
                                     detail = ?8, draft = NULL
                 WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3",
            )?
            .execute((
                run,
                kind,
                id,
                end.action.outcome().name(),
                end.rule.id(),
                &end.reason,
                target,
                text_of(detail)?,
            ))?;
        self.begin_waiting(run, kind, id)
    }

    /// Adds a value that was written after a record's outcome was known. One that stayed as it was is updated now, and
    /// so is one that the run had not read.
    pub fn amend(
        &self,
        run: RunId,
        kind: Kind,
        id: SalesforceId,
        end: &Decision,
        (target, written): (i64, &Patch),
    ) -> Result<(), LedgerError> {
        let sql = "SELECT detail FROM decision WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3";
        let known: Option<Option<String>> =
            self.0.prepare_cached(sql)?.query_row((run, kind, id), |row| row.get(0)).optional()?;
        if known.is_none() {
            self.count_read(run, kind, 1, 0)?;
            self.0
                .prepare_cached(
                    "INSERT INTO decision (run, kind, salesforce_id, planned, outcome, rule, reason, target,
                                           claims, name, key)
                     VALUES (?1, ?2, ?3, ?4, ?4, '', '', ?5, 0, 0, 0)",
                )?
                .execute((run, kind, id, Outcome::Unchanged.name(), target))?;
        }
        let mut detail: Detail = serde_json::from_str(known.flatten().as_deref().unwrap_or("{}"))?;
        detail.written.extend(written.iter().map(|(field, write)| (*field, write.clone())));
        self.0
            .prepare_cached(
                "UPDATE decision SET detail = ?4,
                     outcome = iif(outcome = ?8, ?5, outcome), rule = iif(outcome = ?8, ?6, rule),
                     reason = iif(outcome = ?8, ?7, reason)
                 WHERE run = ?1 AND kind = ?2 AND salesforce_id = ?3",
            )?
            .execute((
                run,
                kind,
                id,
                text_of(&detail)?,
                end.action.outcome().name(),
                end.rule.id(),
                &end.reason,
                Outcome::Unchanged.name(),
            ))?;
        Ok(())
    }

    /// Decisions of a run, in the order of ids, after the one named. With `outcome`, only those that ended so.
    pub fn decisions(
        &self,
        run: RunId,
        kind: Kind,
        outcome: Option<Outcome>,
        after: Option<SalesforceId>,
        most: u32,
    ) -> Result<Vec<Listed>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT kind, salesforce_id, outcome, rule, reason, target, detail FROM decision
             WHERE run = ?1 AND kind = ?2 AND outcome = coalesce(?3, outcome)
               AND salesforce_id > coalesce(?4, '') ORDER BY salesforce_id LIMIT ?5",
        )?;
        let mut rows = statement.query((run, kind, outcome.map(Outcome::name), after, most))?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(listed(row)?);
        }
        Ok(list)
    }
}

/// A row of `kind, salesforce_id, outcome, rule, reason, target, detail`.
pub(super) fn listed(row: &Row<'_>) -> Result<Listed, LedgerError> {
    let detail: Option<String> = row.get(6)?;
    Ok(Listed {
        mention: mention(row)?,
        target: row.get(5)?,
        detail: serde_json::from_str(detail.as_deref().unwrap_or("{}"))?,
    })
}

fn mention(row: &Row<'_>) -> rusqlite::Result<Mention> {
    let (outcome, rule): (String, String) = (row.get(2)?, row.get(3)?);
    Ok(Mention {
        kind: row.get(0)?,
        id: row.get(1)?,
        outcome: Outcome::from_name(&outcome).unwrap_or(Outcome::Deferred),
        rule: Rule::from_id(&rule).unwrap_or(Rule::R2),
        text: row.get(4)?,
    })
}

/// The detail as JSON, or nothing where there is nothing to tell.
fn text_of(detail: &Detail) -> Result<Option<String>, LedgerError> {
    if *detail == Detail::default() { Ok(None) } else { Ok(Some(serde_json::to_string(detail)?)) }
}
