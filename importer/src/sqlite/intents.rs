//! Links, and the intents that come before them (rule R4).
//!
//! Autotask has no idempotency key. An intent is committed before a create is sent and goes only when the create's
//! outcome is known, so that nothing is ever created twice.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{LedgerError, Tx};
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::mapping::Base;
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
    /// The values last decided on.
    pub base: Base,
}

impl Tx<'_> {
    /// Remembers that a create is about to be sent.
    pub fn intend(&self, run: RunId, kind: Kind, intent: &Intent) -> Result<(), LedgerError> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO intent VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute((
                kind,
                intent.id,
                run,
                intent.sent.to_string(),
                intent.account,
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
            "SELECT salesforce_id, sent, account, base FROM intent WHERE kind = ?1 ORDER BY salesforce_id",
        )?;
        let intents = statement.query_map((kind,), |row| {
            let (sent, base): (String, Vec<u8>) = (row.get(1)?, row.get(3)?);
            Ok(Intent {
                id: row.get(0)?,
                sent: sent.parse().unwrap_or(Timestamp::UNIX_EPOCH),
                account: row.get(2)?,
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
                "INSERT INTO link VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (kind, salesforce_id) DO UPDATE SET
                     target = excluded.target, account = excluded.account, base = excluded.base",
            )?
            .execute((kind, link.id, link.target, link.account, link.base.encode()))?;
        self.settle(kind, link.id)
    }

    /// The values last decided on for a linked record.
    pub fn base_of(&self, kind: Kind, id: SalesforceId) -> Result<Option<Base>, LedgerError> {
        let sql = "SELECT base FROM link WHERE kind = ?1 AND salesforce_id = ?2";
        let bytes: Option<Vec<u8>> =
            self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0)).optional()?;
        Ok(bytes.as_deref().map(Base::decode))
    }
}
