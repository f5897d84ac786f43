//! How far imports have read, on both sides (rule R3).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{LedgerError, Tx};
use crate::domain::fields::SourceField;
use crate::domain::ids::RunId;
use crate::domain::metadata::Metadata;
use crate::domain::model::Kind;
use crate::ports::IdFields;

/// How far completed imports have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// The Salesforce server time below which everything is decided.
    pub watermark: Option<Timestamp>,
    /// When all of Salesforce was last compared.
    pub compared: Option<Timestamp>,
    /// What decisions depended on besides the records: settings and metadata, as a fingerprint.
    pub basis: u64,
}

/// How far the mirror of one kind of Autotask record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorMark {
    /// The greatest id that was read.
    pub above: i64,
    /// When it was last brought up to date, by Autotask's clock.
    pub since: Timestamp,
    /// When all of it was last read, by our clock.
    pub swept: Timestamp,
}

/// What Autotask accepts, and when that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownMetadata {
    /// What it accepts.
    pub metadata: Metadata,
    /// When that was read.
    pub read: Timestamp,
    /// The user-defined fields that were there.
    pub id_fields: IdFields,
}

const MARKS: &str = "marks";
const METADATA: &str = "metadata";

fn mirror_mark(kind: Kind) -> &'static str {
    match kind {
        Kind::Company => "mirror of companies",
        Kind::Contact => "mirror of contacts",
    }
}

fn hidden_fields(kind: Kind) -> &'static str {
    match kind {
        Kind::Company => "hidden fields of accounts",
        Kind::Contact => "hidden fields of contacts",
    }
}

impl Tx<'_> {
    /// A value of the ledger as a whole.
    pub(super) fn meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, LedgerError> {
        let sql = "SELECT value FROM meta WHERE name = ?1";
        let text: Option<String> =
            self.0.prepare_cached(sql)?.query_row((name,), |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// Sets a value of the ledger as a whole.
    pub(super) fn set_meta(&self, name: &str, value: &impl Serialize) -> Result<(), LedgerError> {
        let text = serde_json::to_string(value)?;
        self.0.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", (name, text))?;
        Ok(())
    }

    /// How far completed imports have come.
    pub fn marks(&self) -> Result<Marks, LedgerError> {
        Ok(self.meta(MARKS)?.unwrap_or_default())
    }

    /// How far the mirror has come, if it was read at all.
    pub fn mirror_mark(&self, kind: Kind) -> Result<Option<MirrorMark>, LedgerError> {
        self.meta(mirror_mark(kind))
    }

    /// Remembers how far the mirror has come.
    pub fn set_mirror_mark(&self, kind: Kind, mark: MirrorMark) -> Result<(), LedgerError> {
        self.set_meta(mirror_mark(kind), &mark)
    }

    /// What Autotask accepts, as it was last read.
    pub fn known_metadata(&self) -> Result<Option<KnownMetadata>, LedgerError> {
        // One that an older version wrote otherwise is read anew.
        Ok(self.meta(METADATA).unwrap_or_default())
    }

    /// Remembers what Autotask accepts, or that it is to be read anew.
    pub fn set_known_metadata(&self, known: Option<&KnownMetadata>) -> Result<(), LedgerError> {
        if let Some(known) = known {
            return self.set_meta(METADATA, known);
        }
        self.0.execute("DELETE FROM meta WHERE name = ?1", (METADATA,))?;
        Ok(())
    }

    /// The fields that the Salesforce user did not see when records of a kind were last read.
    pub fn hidden_fields(&self, kind: Kind) -> Result<BTreeSet<SourceField>, LedgerError> {
        // What another version wrote otherwise is found out anew.
        Ok(self.meta(hidden_fields(kind)).unwrap_or_default().unwrap_or_default())
    }

    /// Remembers the fields that the Salesforce user does not see.
    pub fn set_hidden_fields(
        &self,
        kind: Kind,
        hidden: &BTreeSet<SourceField>,
    ) -> Result<(), LedgerError> {
        self.set_meta(hidden_fields(kind), hidden)
    }

    /// Takes over what a completed run decided: from now on it counts as done.
    pub fn advance(&self, run: RunId, marks: Marks, now: Timestamp) -> Result<(), LedgerError> {
        self.set_meta(MARKS, &marks)?;
        self.hand_over(None)?;
        self.settle_waiting(run, now)
    }

    /// Counts records that a run looked at, or takes some back; and deleted ones.
    pub fn count_read(
        &self,
        run: RunId,
        kind: Kind,
        read: i64,
        deleted: i64,
    ) -> Result<(), LedgerError> {
        let sql = match kind {
            Kind::Company => {
                "UPDATE run SET accounts_read = accounts_read + ?2, deleted = deleted + ?3 WHERE id = ?1"
            }
            Kind::Contact => {
                "UPDATE run SET contacts_read = contacts_read + ?2, deleted = deleted + ?3 WHERE id = ?1"
            }
        };
        self.0.prepare_cached(sql)?.execute((run, read, deleted))?;
        Ok(())
    }
}
