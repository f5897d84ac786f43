//! What has to be known to tell people of a run: how its records are called, who is to hear of it, and what they
//! were told before (rules N1 to N4).

use rusqlite::OptionalExtension;
use twox_hash::XxHash3_64;

use super::spool::listed;
use super::{LedgerError, Listed, Tx};
use crate::domain::decision::Outcome;
use crate::domain::draft::Draft;
use crate::domain::fields::TargetField;
use crate::domain::ids::{ResourceId, RunId, SalesforceId};
use crate::domain::model::{Kind, Resource};
use crate::domain::notice::Memory;

/// A name is kept up to this many characters.
const LONGEST_NAME: usize = 120;

/// How the refusals of a run compare with what was told before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Records that were not told, or for another reason.
    pub new: u64,
    /// Records that were told with the same reason.
    pub still: u64,
    /// Records that were told and are not refused any more.
    pub over: u64,
}

impl Tx<'_> {
    /// Remembers how a record of the run under way is called.
    pub(super) fn keep_name(
        &self,
        kind: Kind,
        id: SalesforceId,
        draft: &Draft,
    ) -> Result<(), LedgerError> {
        let name = match kind {
            Kind::Company => draft.text(TargetField::CompanyName).to_owned(),
            Kind::Contact => {
                let parts = [TargetField::FirstName, TargetField::LastName];
                parts.map(|field| draft.text(field)).join(" ")
            }
        };
        let name: String = name.trim().chars().take(LONGEST_NAME).collect();
        self.0
            .prepare_cached("INSERT OR REPLACE INTO record_name VALUES (?1, ?2, ?3)")?
            .execute((kind, id, name))?;
        Ok(())
    }

    /// Forgets how records are called: the run is over and was told.
    pub fn forget_names(&self) -> Result<(), LedgerError> {
        self.0.execute("DELETE FROM record_name", ())?;
        Ok(())
    }

    /// Forgets how a record is called, and what waits to be told and names it: nobody is told of somebody who is to be
    /// forgotten (rule R9).
    pub(super) fn forget_telling(&self, kind: Kind, id: SalesforceId) -> Result<(), LedgerError> {
        let name = "DELETE FROM record_name WHERE kind = ?1 AND salesforce_id = ?2";
        self.0.execute(name, (kind, id))?;
        self.give_up_naming(id)
    }

    /// Decisions of the run under way that ended so, in the order of ids, after the one named, with their names.
    pub fn named_decisions(
        &self,
        run: RunId,
        kind: Kind,
        outcome: Outcome,
        after: Option<SalesforceId>,
        most: u32,
    ) -> Result<Vec<(Listed, String)>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT decision.kind, decision.salesforce_id, outcome, rule, reason, target, detail,
                    record_name.name
             FROM decision LEFT JOIN record_name
                 ON record_name.kind = ?2 AND record_name.salesforce_id = decision.salesforce_id
             WHERE run = ?1 AND decision.kind = ?2 AND outcome = ?3
               AND decision.salesforce_id > coalesce(?4, '')
             ORDER BY decision.salesforce_id LIMIT ?5",
        )?;
        let mut rows = statement.query((run, kind, outcome.name(), after, most))?;
        let mut named = Vec::new();
        while let Some(row) = rows.next()? {
            named.push((listed(row)?, row.get::<_, Option<String>>(7)?.unwrap_or_default()));
        }
        Ok(named)
    }

    /// Compares a run's refusals with those that were told. A record that the run did not look at is refused as
    /// before, unless the run looked at every record there is.
    pub fn refusals(&self, run: RunId, looked_at_all: bool) -> Result<Refusals, LedgerError> {
        let mut refusals = Refusals::default();
        let mut told = self.0.prepare_cached(
            "SELECT reason FROM told_refusal WHERE kind = ?1 AND salesforce_id = ?2",
        )?;
        self.for_each_refused(run, |kind, id, reason| {
            let known: Option<i64> = told.query_row((kind, id), |row| row.get(0)).optional()?;
            if known == Some(reason) {
                refusals.still += 1;
            } else {
                refusals.new += 1;
            }
            Ok(())
        })?;
        let over: i64 = self.0.query_row(OVER, (run, looked_at_all), |row| row.get(0))?;
        Ok(Refusals { over: over.cast_unsigned(), ..refusals })
    }

    /// Remembers a run's refusals as told, and forgets those that are over.
    pub fn told_refusals(&self, run: RunId, looked_at_all: bool) -> Result<(), LedgerError> {
        let over = OVER.replace("SELECT count(*)", "DELETE");
        self.0.execute(&over, (run, looked_at_all))?;
        let mut tell =
            self.0.prepare_cached("INSERT OR REPLACE INTO told_refusal VALUES (?1, ?2, ?3)")?;
        self.for_each_refused(run, |kind, id, reason| {
            tell.execute((kind, id, reason))?;
            Ok(())
        })
    }

    fn for_each_refused(
        &self,
        run: RunId,
        mut each: impl FnMut(Kind, SalesforceId, i64) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut refused = self.0.prepare_cached(
            "SELECT kind, salesforce_id, reason FROM decision WHERE run = ?1 AND outcome = 'refused'",
        )?;
        let mut rows = refused.query((run,))?;
        while let Some(row) = rows.next()? {
            let digest = XxHash3_64::oneshot(row.get_ref(2)?.as_bytes().unwrap_or_default());
            each(row.get(0)?, row.get(1)?, digest.cast_signed())?;
        }
        Ok(())
    }

    /// What was told before.
    pub fn told(&self) -> Result<Memory, LedgerError> {
        let sql = "SELECT value FROM meta WHERE name = 'told'";
        let text: Option<String> = self.0.query_row(sql, (), |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
    }

    /// Remembers what has been told.
    pub fn remember_told(&self, memory: &Memory) -> Result<(), LedgerError> {
        let text = serde_json::to_string(memory)?;
        self.0.execute("INSERT OR REPLACE INTO meta VALUES ('told', ?1)", (text,))?;
        Ok(())
    }

    /// Remembers the resources that are to hear of runs, in the place of those known before.
    pub fn keep_recipients(&self, resources: &[&Resource]) -> Result<(), LedgerError> {
        self.0.execute("DELETE FROM recipient", ())?;
        let mut keep = self.0.prepare("INSERT INTO recipient VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for person in resources {
            let Resource { id, first_name, last_name, email, is_active, .. } = person;
            keep.execute((id.0, first_name, last_name, email, is_active))?;
        }
        Ok(())
    }

    /// The resources that are to hear of runs, as last read.
    pub fn recipients(&self) -> Result<Vec<Resource>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, first, last, email, is_active FROM recipient ORDER BY id",
        )?;
        let people = statement.query_map((), |row| {
            Ok(Resource {
                id: ResourceId(row.get(0)?),
                first_name: row.get(1)?,
                last_name: row.get(2)?,
                email: row.get(3)?,
                is_active: row.get(4)?,
                is_api_only: false,
            })
        })?;
        Ok(people.collect::<Result<_, _>>()?)
    }
}

/// The refusals that were told and are over. Written so that `DELETE` can stand for `SELECT count(*)`.
const OVER: &str = "SELECT count(*) FROM told_refusal
    WHERE NOT EXISTS (SELECT 1 FROM decision WHERE run = ?1 AND decision.kind = told_refusal.kind
                      AND decision.salesforce_id = told_refusal.salesforce_id AND outcome = 'refused')
      AND (?2 OR EXISTS (SELECT 1 FROM decision WHERE run = ?1 AND decision.kind = told_refusal.kind
                         AND decision.salesforce_id = told_refusal.salesforce_id))";
