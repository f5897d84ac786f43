//! Which organization and database the ledger serves, and what of it means anything to others (rule R12).

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::{LedgerError, Tx};
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Pages;

/// The ledger's words for the two it belongs to.
const ORGANIZATION: &str = "Salesforce organization";
const DATABASE: &str = "Autotask";

/// Where the web pages of their records are.
const SALESFORCE_PAGES: &str = "Salesforce pages";
const AUTOTASK_PAGES: &str = "Autotask pages";

/// An organization and a database, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The Salesforce organization's id.
    pub organization: Option<String>,
    /// What sets the Autotask database apart.
    pub database: Option<String>,
}

/// How much of the ledger is about one organization and one database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// Linked pairs.
    pub links: u64,
    /// Pairs that a person took apart.
    pub unmapped: u64,
    /// Records that a person said something about.
    pub chosen: u64,
    /// Creates whose outcome is not known.
    pub uncertain: u64,
    /// Parents still to be set.
    pub parents: u64,
    /// Records that wait for something, and links whose Salesforce record is gone.
    pub waiting: u64,
    /// Autotask records whose keys are known.
    pub mirrored: u64,
}

impl Tx<'_> {
    /// Remembers which organization and database this ledger serves, or refuses others.
    pub fn bind(&self, organization: SalesforceId, database: &str) -> Result<(), LedgerError> {
        let known = self.binding()?;
        let named = [
            (ORGANIZATION, known.organization, organization.as_str()),
            (DATABASE, known.database, database),
        ];
        for (name, known, found) in named {
            match known {
                None => self.put(name, found)?,
                Some(known) => same(name, &known, found)?,
            }
        }
        Ok(())
    }

    /// Refuses a database that is not the one this ledger serves. One that serves none yet knows no record.
    pub fn serves(&self, database: &str) -> Result<(), LedgerError> {
        self.binding()?.database.map_or(Ok(()), |known| same(DATABASE, &known, database))
    }

    /// Which organization and database this ledger serves.
    pub fn binding(&self) -> Result<Binding, LedgerError> {
        Ok(Binding { organization: self.named(ORGANIZATION)?, database: self.named(DATABASE)? })
    }

    /// Remembers where both sides show their records.
    pub fn remember_pages(&self, pages: &Pages) -> Result<(), LedgerError> {
        let named = [(SALESFORCE_PAGES, &pages.salesforce), (AUTOTASK_PAGES, &pages.autotask)];
        for (name, address) in named {
            if let Some(address) = address {
                self.put(name, address)?;
            }
        }
        Ok(())
    }

    /// Where both sides show their records.
    pub fn pages(&self) -> Result<Pages, LedgerError> {
        Ok(Pages {
            salesforce: self.named(SALESFORCE_PAGES)?,
            autotask: self.named(AUTOTASK_PAGES)?,
        })
    }

    /// How much is known about the organization and database it serves.
    pub fn contents(&self) -> Result<Contents, LedgerError> {
        let count = |table: &str| -> Result<u64, LedgerError> {
            let sql = format!("SELECT count(*) FROM {table}");
            let rows: i64 = self.0.query_row(&sql, (), |row| row.get(0))?;
            Ok(rows.cast_unsigned())
        };
        Ok(Contents {
            links: count("link")?,
            unmapped: count("unmapped")?,
            chosen: count("chosen")?,
            uncertain: count("intent")?,
            parents: count("awaiting_parent")?,
            waiting: count("waiting")? + count("ended")? + count("replaced")?,
            mirrored: count("mirror")?,
        })
    }

    /// Makes the ledger serve another organization or database. Returns what was dropped.
    ///
    /// An id of one tenant means another record, or none, in another: whatever holds ids goes, unless somebody says
    /// that they are the same there. How far both sides have been read, what was approved and where pages are goes
    /// in any case, so that the next import reads everything. `to` names both.
    pub fn rebind(
        &self,
        to: &Binding,
        keep_links: bool,
        now: Timestamp,
    ) -> Result<Contents, LedgerError> {
        let was = self.binding()?;
        let dropped = if keep_links { Contents::default() } else { self.contents()? };
        if !keep_links {
            self.0.execute_batch(
                "DELETE FROM link; DELETE FROM unmapped; DELETE FROM chosen; DELETE FROM intent;
                 DELETE FROM awaiting_parent; DELETE FROM waiting; DELETE FROM ended; DELETE FROM replaced;
                 DELETE FROM mirror;",
            )?;
        }
        self.0.execute("DELETE FROM meta", ())?;
        for (name, value) in [(ORGANIZATION, &to.organization), (DATABASE, &to.database)] {
            if let Some(value) = value {
                self.put(name, value)?;
            }
        }
        self.0.execute(
            "INSERT INTO rebinding (moment, last_run, kept_links, was, became)
             VALUES (?1, (SELECT coalesce(max(id), 0) FROM run), ?2, ?3, ?4)",
            (now.to_string(), keep_links, serde_json::to_string(&was)?, serde_json::to_string(to)?),
        )?;
        Ok(dropped)
    }

    /// The last run whose ids mean nothing any more, as the ledger served others then.
    pub fn last_foreign_run(&self) -> Result<Option<RunId>, LedgerError> {
        let sql = "SELECT max(last_run) FROM rebinding WHERE kept_links = 0";
        Ok(self.0.query_row(sql, (), |row| row.get(0))?)
    }

    fn named(&self, name: &str) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT value FROM meta WHERE name = ?1";
        Ok(self.0.prepare_cached(sql)?.query_row((name,), |row| row.get(0)).optional()?)
    }

    fn put(&self, name: &str, value: &str) -> Result<(), LedgerError> {
        self.0.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", (name, value))?;
        Ok(())
    }
}

fn same(name: &str, known: &str, found: &str) -> Result<(), LedgerError> {
    if known == found {
        return Ok(());
    }
    Err(LedgerError::Elsewhere {
        known: format!("{name} {known}"),
        found: format!("{name} {found}"),
    })
}
