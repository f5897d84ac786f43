//! The mirror: ids, keys and user-defined fields of Autotask's records, as last read.

use rusqlite::OptionalExtension;

use super::{LedgerError, Tx};
use crate::domain::ids::{CompanyId, RunId};
use crate::domain::keys::KeyDigest;
use crate::domain::model::{Kind, UdfValue};

/// What the mirror keeps of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorRow {
    /// Its id.
    pub id: i64,
    /// The company it is or belongs to.
    pub company: CompanyId,
    /// Of a company, the digest of its name; 0 for a contact.
    pub name: KeyDigest,
    /// The digest of its key.
    pub key: KeyDigest,
    /// What its user-defined field holds.
    pub salesforce_id: UdfValue,
}

fn encode(value: &UdfValue) -> (i64, Option<&str>) {
    match value {
        UdfValue::Unknown => (0, None),
        UdfValue::Empty => (1, None),
        UdfValue::Id(id) => (2, Some(id.as_str())),
        UdfValue::Other(text) => (3, Some(text)),
    }
}

/// What a row of the mirror says about the user-defined field.
pub(super) fn decode(holds: i64, text: Option<String>) -> UdfValue {
    match (holds, text) {
        (1, _) => UdfValue::Empty,
        (2 | 3, Some(text)) => match text.parse() {
            Ok(id) if holds == 2 => UdfValue::Id(id),
            _ => UdfValue::Other(text),
        },
        _ => UdfValue::Unknown,
    }
}

impl Tx<'_> {
    /// Remembers a record as this run read it. A collection that was missing from the answer does not erase what
    /// was known of it.
    pub fn mirror(&self, run: RunId, kind: Kind, row: &MirrorRow) -> Result<(), LedgerError> {
        let (holds, text) = encode(&row.salesforce_id);
        self.0
            .prepare_cached(
                "INSERT INTO mirror (kind, id, company, name, key, holds, text, seen)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (kind, id) DO UPDATE SET
                     company = excluded.company, name = excluded.name, key = excluded.key,
                     holds = iif(excluded.holds = 0, holds, excluded.holds),
                     text = iif(excluded.holds = 0, text, excluded.text),
                     seen = excluded.seen",
            )?
            .execute((kind, row.id, row.company, row.name, row.key, holds, text, run))?;
        Ok(())
    }

    /// Marks the records that wait for one with the key of this row, or with the key the mirror knows it by, and those
    /// whose ids the row carries, or carried, if the row tells anything new.
    pub fn wake_mirrored(&self, kind: Kind, row: &MirrorRow) -> Result<(), LedgerError> {
        let (holds, text) = encode(&row.salesforce_id);
        let sql = "SELECT key, name, text, key = ?3 AND company = ?4 AND name = ?5 AND (?6 = 0 OR (holds = ?6 AND text IS ?7))
                   FROM mirror WHERE kind = ?1 AND id = ?2";
        let known: Option<(KeyDigest, KeyDigest, Option<String>, bool)> = self
            .0
            .prepare_cached(sql)?
            .query_row((kind, row.id, row.key, row.company, row.name, holds, text), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        match known {
            Some((.., true)) => return Ok(()),
            Some((key, name, carried, false)) => {
                self.wake_carried(kind, carried.as_deref())?;
                self.wake_key(kind, key)?;
                if kind == Kind::Company && name != row.name {
                    self.wake_contacts_named(name)?;
                    self.wake_contacts_named(row.name)?;
                }
            }
            None => {}
        }
        self.wake_carried(kind, text)?;
        self.wake_key(kind, row.key)
    }

    /// Marks the record with this id, if it waits: how many Autotask records carry the id may decide what it is (C6).
    fn wake_carried(&self, kind: Kind, id: Option<&str>) -> Result<(), LedgerError> {
        let sql = "UPDATE waiting SET due = 1 WHERE kind = ?1 AND salesforce_id = ?2 AND due = 0";
        self.0.prepare_cached(sql)?.execute((kind, id))?;
        Ok(())
    }

    /// Marks what waits for a record with the key that the mirror knows this one by.
    pub(super) fn wake_mirrored_key(&self, kind: Kind, id: i64) -> Result<(), LedgerError> {
        let sql = "SELECT key FROM mirror WHERE kind = ?1 AND id = ?2";
        let key: Option<KeyDigest> =
            self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0)).optional()?;
        key.map_or(Ok(()), |key| self.wake_key(kind, key))
    }

    /// Forgets a record that is not there any more. Who waits for its key, or for its id, may be free now.
    pub fn forget_mirrored(&self, kind: Kind, id: i64) -> Result<(), LedgerError> {
        let sql = "SELECT key, text FROM mirror WHERE kind = ?1 AND id = ?2";
        let known: Option<(KeyDigest, Option<String>)> = self
            .0
            .prepare_cached(sql)?
            .query_row((kind, id), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((key, carried)) = known {
            self.wake_key(kind, key)?;
            self.wake_carried(kind, carried.as_deref())?;
        }
        self.0.execute("DELETE FROM mirror WHERE kind = ?1 AND id = ?2", (kind, id))?;
        Ok(())
    }

    /// Forgets the records that this run, which read them all, did not see. Returns how many are left.
    pub fn forget_unseen(&self, run: RunId, kind: Kind) -> Result<u64, LedgerError> {
        self.0.execute(
            "UPDATE waiting SET due = 1 WHERE kind = ?1 AND due = 0
             AND (key IN (SELECT key FROM mirror WHERE kind = ?1 AND seen <> ?2)
                  OR salesforce_id IN (SELECT text FROM mirror WHERE kind = ?1 AND seen <> ?2))",
            (kind, run),
        )?;
        self.0.execute("DELETE FROM mirror WHERE kind = ?1 AND seen <> ?2", (kind, run))?;
        let left: i64 =
            self.0.query_row("SELECT count(*) FROM mirror WHERE kind = ?1", (kind,), |row| {
                row.get(0)
            })?;
        Ok(left.cast_unsigned())
    }

    /// Remembers that a record's user-defined field was cleared.
    pub fn mirror_cleared(&self, kind: Kind, id: i64) -> Result<(), LedgerError> {
        let (holds, text) = encode(&UdfValue::Empty);
        let sql = "UPDATE mirror SET holds = ?3, text = ?4 WHERE kind = ?1 AND id = ?2";
        self.0.prepare_cached(sql)?.execute((kind, id, holds, text))?;
        Ok(())
    }

    /// The company a contact belongs to.
    pub fn mirrored_company(&self, contact: i64) -> Result<Option<CompanyId>, LedgerError> {
        let sql = "SELECT company FROM mirror WHERE kind = 1 AND id = ?1";
        Ok(self.0.prepare_cached(sql)?.query_row((contact,), |row| row.get(0)).optional()?)
    }

    /// The greatest id of a kind, 0 where there is none.
    pub fn highest_mirrored(&self, kind: Kind) -> Result<i64, LedgerError> {
        let sql = "SELECT coalesce(max(id), 0) FROM mirror WHERE kind = ?1";
        Ok(self.0.query_row(sql, (kind,), |row| row.get(0))?)
    }

    /// The companies of this name.
    pub fn companies_named(&self, name: KeyDigest) -> Result<Vec<CompanyId>, LedgerError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT id FROM mirror WHERE kind = 0 AND name = ?1 AND id <> 0")?;
        let ids = statement.query_map((name,), |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }
}
