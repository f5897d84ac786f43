//! Links, and the intents that come before them (rule R4).
//!
//! Autotask has no idempotency key. An intent is committed before a create is sent and goes only when the create's
//! outcome is known, so that nothing is ever created twice.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{LedgerError, Tx};
use crate::domain::draft::Base;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::keys::KeyDigest;
use crate::domain::model::Kind;

/// A create that may be under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The Salesforce record.
    pub id: SalesforceId,
    /// When the create was about to be sent.
    pub sent: Timestamp,
    /// Of a contact: the account whose company it is made in.
    pub account: Option<SalesforceId>,
    /// The digest of its key.
    pub key: KeyDigest,
    /// The values it carries.
    pub base: Base,
}

/// Which Autotask record a Salesforce record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The Salesforce record.
    pub id: SalesforceId,
    /// The Autotask record.
    pub target: i64,
    /// Of a contact: the account whose company it was linked in.
    pub account: Option<SalesforceId>,
    /// The digest of the key last decided on.
    pub key: KeyDigest,
    /// The values last decided on.
    pub base: Base,
}

impl Tx<'_> {
    /// Remembers that a create is about to be sent.
    pub fn intend(&self, run: RunId, kind: Kind, intent: &Intent) -> Result<(), LedgerError> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO intent VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute((
                kind,
                intent.id,
                run,
                intent.sent.to_string(),
                intent.account,
                intent.key,
                intent.base.encode(),
            ))?;
        Ok(())
    }

    /// Forgets an intent whose outcome is known.
    pub fn settle(&self, kind: Kind, id: SalesforceId) -> Result<(), LedgerError> {
        self.0
            .prepare_cached("DELETE FROM intent WHERE kind = ?1 AND salesforce_id = ?2")?
            .execute((kind, id))?;
        Ok(())
    }

    /// The intents whose outcome is not known, in the order of ids.
    pub fn open_intents(&self, kind: Kind) -> Result<Vec<Intent>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT salesforce_id, sent, account, base, key FROM intent WHERE kind = ?1 ORDER BY salesforce_id",
        )?;
        let intents = statement.query_map((kind,), |row| {
            let (sent, base): (String, Vec<u8>) = (row.get(1)?, row.get(3)?);
            Ok(Intent {
                id: row.get(0)?,
                sent: sent.parse().unwrap_or(Timestamp::UNIX_EPOCH),
                account: row.get(2)?,
                key: row.get(4)?,
                base: Base::decode(&base),
            })
        })?;
        Ok(intents.collect::<Result<_, _>>()?)
    }

    /// Whether a create for this record may still be under way.
    pub fn has_intent(&self, kind: Kind, id: SalesforceId) -> Result<bool, LedgerError> {
        let sql = "SELECT 1 FROM intent WHERE kind = ?1 AND salesforce_id = ?2";
        Ok(self.0.prepare_cached(sql)?.exists((kind, id))?)
    }

    /// Remembers a link, which also settles the record's intent.
    pub fn link(&self, kind: Kind, link: &Link) -> Result<(), LedgerError> {
        self.0
            .prepare_cached(
                "INSERT INTO link VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (kind, salesforce_id) DO UPDATE SET
                     target = excluded.target, account = excluded.account, key = excluded.key,
                     base = excluded.base",
            )?
            .execute((kind, link.id, link.target, link.account, link.key, link.base.encode()))?;
        self.0
            .prepare_cached("DELETE FROM chosen WHERE kind = ?1 AND salesforce_id = ?2")?
            .execute((kind, link.id))?;
        if kind == Kind::Company {
            self.wake_contacts(link.id)?;
        }
        self.settle(kind, link.id)
    }

    /// Remembers what was decided on for a linked record. A link that somebody ended meanwhile stays ended.
    pub fn relink(&self, kind: Kind, link: &Link) -> Result<(), LedgerError> {
        let sql = "SELECT 1 FROM link WHERE kind = ?1 AND salesforce_id = ?2 AND (key <> ?3 OR account IS NOT ?4)";
        if self.0.prepare_cached(sql)?.exists((kind, link.id, link.key, link.account))? {
            self.wake_link_key(kind, link.id)?;
        }
        self.0
            .prepare_cached(
                "UPDATE link SET account = ?3, key = ?4, base = ?5
                 WHERE kind = ?1 AND salesforce_id = ?2 AND target = ?6",
            )?
            .execute((kind, link.id, link.account, link.key, link.base.encode(), link.target))?;
        Ok(())
    }

    /// Marks what waits for a record with the key that this linked one has or had.
    pub(super) fn wake_link_key(&self, kind: Kind, id: SalesforceId) -> Result<(), LedgerError> {
        let sql = "SELECT key FROM link WHERE kind = ?1 AND salesforce_id = ?2";
        let key: Option<KeyDigest> =
            self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0)).optional()?;
        key.map_or(Ok(()), |key| self.wake_key(kind, key))
    }

    /// The account a linked contact belonged to when it was last decided on.
    pub fn account_of(&self, contact: SalesforceId) -> Result<Option<SalesforceId>, LedgerError> {
        let sql = "SELECT account FROM link WHERE kind = 1 AND salesforce_id = ?1";
        let account: Option<Option<SalesforceId>> =
            self.0.prepare_cached(sql)?.query_row((contact,), |row| row.get(0)).optional()?;
        Ok(account.flatten())
    }

    /// Remembers the account a linked contact belongs to now. Its duplicates in the former one are none any more.
    pub fn move_link(
        &self,
        contact: SalesforceId,
        account: SalesforceId,
    ) -> Result<(), LedgerError> {
        self.wake_link_key(Kind::Contact, contact)?;
        let sql = "UPDATE link SET account = ?2 WHERE kind = 1 AND salesforce_id = ?1";
        self.0.prepare_cached(sql)?.execute((contact, account))?;
        Ok(())
    }

    /// Remembers that a contact belongs to no account, or to this one, which has no company. If it is linked in another,
    /// its duplicates there are none any more.
    pub fn stray(
        &self,
        contact: SalesforceId,
        account: Option<SalesforceId>,
    ) -> Result<(), LedgerError> {
        let sql = "INSERT OR IGNORE INTO strayed SELECT salesforce_id FROM link
                   WHERE kind = 1 AND salesforce_id = ?1 AND account IS NOT ?2";
        if self.0.prepare_cached(sql)?.execute((contact, account))? > 0 {
            self.wake_link_key(Kind::Contact, contact)?;
        }
        Ok(())
    }

    /// Remembers that a contact belongs to an account that has a company.
    pub fn settle_down(&self, contact: SalesforceId) -> Result<(), LedgerError> {
        let sql = "DELETE FROM strayed WHERE salesforce_id = ?1";
        if self.0.prepare_cached(sql)?.execute((contact,))? > 0 {
            self.wake_link_key(Kind::Contact, contact)?;
        }
        Ok(())
    }

    /// The values last decided on for a linked record.
    pub fn base_of(&self, kind: Kind, id: SalesforceId) -> Result<Option<Base>, LedgerError> {
        let sql = "SELECT base FROM link WHERE kind = ?1 AND salesforce_id = ?2";
        let bytes: Option<Vec<u8>> =
            self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0)).optional()?;
        Ok(bytes.as_deref().map(Base::decode))
    }

    /// The Salesforce record an Autotask record is linked to.
    pub fn link_at(&self, kind: Kind, target: i64) -> Result<Option<SalesforceId>, LedgerError> {
        let sql = "SELECT salesforce_id FROM link WHERE kind = ?1 AND target = ?2";
        Ok(self.0.prepare_cached(sql)?.query_row((kind, target), |row| row.get(0)).optional()?)
    }

    /// Ends a link because a person dissociated the pair, and remembers that (rule U1).
    pub fn unmap(
        &self,
        run: Option<RunId>,
        kind: Kind,
        id: SalesforceId,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.0.execute(
            "INSERT OR REPLACE INTO unmapped
             SELECT kind, salesforce_id, target, key, ?3, ?4, account, base
             FROM link WHERE kind = ?1 AND salesforce_id = ?2",
            (kind, id, now.to_string(), run),
        )?;
        self.wake_link_key(kind, id)?;
        self.0.execute("DELETE FROM link WHERE kind = ?1 AND salesforce_id = ?2", (kind, id))?;
        self.wake(kind, id, "its pair was taken apart")
    }

    /// Remembers one field's new value as decided on.
    pub fn rebase(&self, kind: Kind, id: SalesforceId, base: &Base) -> Result<(), LedgerError> {
        let sql = "UPDATE link SET base = ?3 WHERE kind = ?1 AND salesforce_id = ?2";
        self.0.prepare_cached(sql)?.execute((kind, id, base.encode()))?;
        Ok(())
    }
}
