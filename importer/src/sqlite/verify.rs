//! What `verify` asks of a copy of the ledger, once both sides were read into it (rule R11).

use rusqlite::Params;

use super::{LedgerError, Tx};
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Kind;

/// A record that a comparison found otherwise than the rules ask for, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub id: SalesforceId,
    /// The Autotask record.
    pub target: Option<i64>,
    /// The outcome an import would end it with; empty for what no import would touch.
    pub outcome: String,
    /// Why.
    pub reason: String,
}

impl Tx<'_> {
    /// Remembers, for as long as this connection lives, that a record is in Salesforce.
    pub fn see(
        &self,
        kind: Kind,
        ids: impl Iterator<Item = SalesforceId>,
    ) -> Result<(), LedgerError> {
        self.0.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS seen (
                 kind INTEGER NOT NULL, salesforce_id TEXT NOT NULL, PRIMARY KEY (kind, salesforce_id)
             ) WITHOUT ROWID",
        )?;
        let mut see = self.0.prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2)")?;
        for id in ids {
            see.execute((kind, id))?;
        }
        Ok(())
    }

    /// What an import would do that no import before has reported: a refused record is to be made or changed, and one
    /// that waits still waits for the reason it waited for.
    pub fn undone(&self, run: RunId, most: u32) -> Result<Vec<Found>, LedgerError> {
        self.found(
            "SELECT decision.kind, decision.salesforce_id, decision.target, decision.planned, decision.reason
             FROM decision LEFT JOIN waiting ON waiting.kind = decision.kind
                 AND waiting.salesforce_id = decision.salesforce_id AND waiting.rule <> 'R3'
             WHERE decision.run = ?1 AND decision.planned NOT IN ('unchanged', 'orphan')
               AND CASE WHEN decision.planned IN ('created', 'linked', 'updated')
                        THEN coalesce(waiting.outcome, '') <> 'refused'
                        ELSE waiting.outcome IS NOT decision.planned END
             ORDER BY decision.kind, decision.salesforce_id LIMIT ?2",
            (run, most),
        )
    }

    /// Links whose Salesforce record is not there, neither in sight nor in the recycle bin.
    pub fn vanished(&self, most: u32) -> Result<Vec<Found>, LedgerError> {
        self.found(
            "SELECT kind, salesforce_id, target, '', 'linked, but Salesforce does not show it' FROM link
             WHERE NOT EXISTS (SELECT 1 FROM temp.seen
                 WHERE seen.kind = link.kind AND seen.salesforce_id = link.salesforce_id)
             ORDER BY kind, salesforce_id LIMIT ?1",
            (most,),
        )
    }

    /// Autotask records that carry the id of a record which is linked to another.
    pub fn carried_elsewhere(&self, most: u32) -> Result<Vec<Found>, LedgerError> {
        self.found(
            "SELECT mirror.kind, link.salesforce_id, mirror.id, '',
                    'carries the id of a record that is linked to ' || link.target
             FROM mirror JOIN link ON link.kind = mirror.kind AND link.salesforce_id = mirror.text
             WHERE mirror.holds = 2 AND mirror.id <> link.target
               AND NOT (mirror.kind = 0 AND mirror.id = 0)
             ORDER BY mirror.kind, mirror.id LIMIT ?1",
            (most,),
        )
    }

    /// How many records wait, each reported by an earlier import.
    pub fn reported(&self) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM waiting WHERE rule <> 'R3'";
        let waiting: i64 = self.0.query_row(sql, (), |row| row.get(0))?;
        Ok(waiting.cast_unsigned())
    }

    fn found(&self, sql: &str, values: impl Params) -> Result<Vec<Found>, LedgerError> {
        let mut statement = self.0.prepare(sql)?;
        let rows = statement.query_map(values, |row| {
            Ok(Found {
                kind: row.get(0)?,
                id: row.get(1)?,
                target: row.get(2)?,
                outcome: row.get(3)?,
                reason: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
