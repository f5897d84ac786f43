//! What the ledger knows of a record that is to be identified.
//!
//! These questions are asked for every record, so they name their index: without statistics SQLite takes `kind = ?` of
//! a primary key for more selective than it is, and would read all records of a kind for each one.

use rusqlite::{OptionalExtension, Row};

use super::waiting::Waits;
use super::{LedgerError, Tx, mirror};
use crate::domain::ids::{CompanyId, ContactId, RunId, SalesforceId};
use crate::domain::keys::KeyDigest;
use crate::domain::matching::{
    Choice, CompanyCandidate, CompanyEvidence, ContactCandidate, ContactEvidence, UnMapped,
};
use crate::domain::model::{Kind, UdfValue};

/// Where the contacts of an account belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// In the company the account is linked to.
    Linked {
        /// The account; for a duplicate, the one it is a duplicate of.
        account: SalesforceId,
        /// The company.
        company: CompanyId,
        /// The digest of the company's name.
        name: KeyDigest,
    },
    /// In the company this run is about to create or link for the account.
    Planned {
        /// The account; for a duplicate, the one it is a duplicate of.
        account: SalesforceId,
        /// The company, where it is there already and only the link is to be made.
        company: Option<CompanyId>,
        /// The digest of the company's name.
        name: KeyDigest,
    },
    /// Nowhere yet, for this reason (rule K3).
    Nowhere(String),
}

/// What was decided about an account, as far as its contacts depend on it.
struct Decided {
    /// What became of it; none while it is to be carried out.
    outcome: Option<String>,
    claims: bool,
    name: KeyDigest,
    duplicate_of: Option<SalesforceId>,
    target: Option<i64>,
    reason: String,
}

/// A chain of duplicates is followed so far. Longer ones cannot come about: a duplicate points to what claims.
const LONGEST_CHAIN: usize = 8;

impl Tx<'_> {
    /// The Autotask record a Salesforce record is linked to.
    pub fn link_of(&self, kind: Kind, id: SalesforceId) -> Result<Option<i64>, LedgerError> {
        let sql = "SELECT target FROM link WHERE kind = ?1 AND salesforce_id = ?2";
        Ok(self.0.prepare_cached(sql)?.query_row((kind, id), |row| row.get(0)).optional()?)
    }

    /// Whether the mirror knows a record.
    pub fn is_mirrored(&self, kind: Kind, id: i64) -> Result<bool, LedgerError> {
        let sql = "SELECT 1 FROM mirror WHERE kind = ?1 AND id = ?2";
        Ok(self.0.prepare_cached(sql)?.exists((kind, id))?)
    }

    /// The records whose user-defined field holds this id, company 0 left out.
    fn carriers(&self, kind: Kind, id: SalesforceId) -> Result<Vec<i64>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id FROM mirror INDEXED BY mirror_text
             WHERE kind = ?1 AND holds = 2 AND text = ?2 AND NOT (kind = 0 AND id = 0)
               AND NOT EXISTS (SELECT 1 FROM replaced WHERE ?1 = 1 AND salesforce_id = ?2 AND old = id)",
        )?;
        let ids = statement.query_map((kind, id), |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// What is known of the account with this key.
    pub fn company_evidence(
        &self,
        run: RunId,
        account: SalesforceId,
        key: KeyDigest,
    ) -> Result<CompanyEvidence, LedgerError> {
        let mut candidates = self.0.prepare_cached(
            "SELECT mirror.id, holds, text,
                    coalesce(link.salesforce_id, (SELECT salesforce_id FROM chosen
                                                  WHERE chosen.kind = 0 AND chosen.target = mirror.id)),
                    EXISTS (SELECT 1 FROM ended WHERE ended.kind = 0 AND ended.salesforce_id = mirror.text)
             FROM mirror INDEXED BY mirror_key LEFT JOIN link ON link.kind = mirror.kind AND link.target = mirror.id
             WHERE mirror.kind = 0 AND mirror.key = ?1 AND mirror.id <> 0 ORDER BY mirror.id",
        )?;
        let same_key = candidates.query_map((key,), |row| {
            Ok(CompanyCandidate { company: row.get(0)?, holds: holds(row, 1)? })
        })?;
        let claimed_by = self
            .0
            .prepare_cached(
                "SELECT salesforce_id FROM decision INDEXED BY decision_claim
                 WHERE run = ?1 AND kind = 0 AND key = ?2 AND claims = 1 AND salesforce_id < ?3 LIMIT 1",
            )?
            .query_row((run, key, account), |row| row.get(0))
            .optional()?;
        let claimed_by = match claimed_by {
            Some(first) => Some(first),
            None => self.linked_with_key(run, Kind::Company, account, key, None)?,
        };
        Ok(CompanyEvidence {
            link: self.link_of(Kind::Company, account)?.map(CompanyId),
            carriers: self.carriers(Kind::Company, account)?.into_iter().map(CompanyId).collect(),
            same_key: same_key.collect::<Result<_, _>>()?,
            claimed_by,
            unmapped: self.unmapped_from(Kind::Company, account, key, CompanyId)?,
            chosen: self.chosen(Kind::Company, account, CompanyId)?,
        })
    }

    /// What is known of the contact with this key, which belongs to an account with this company, if it has one
    /// already, of this name. Whoever renamed the company in Autotask did not take its people out of it.
    pub fn contact_evidence(
        &self,
        run: RunId,
        contact: SalesforceId,
        account: SalesforceId,
        company: Option<CompanyId>,
        (key, name): (KeyDigest, KeyDigest),
    ) -> Result<ContactEvidence, LedgerError> {
        let mut candidates = self.0.prepare_cached(
            "SELECT person.id, person.company, person.holds, person.text,
                    coalesce(link.salesforce_id, (SELECT salesforce_id FROM chosen
                                                  WHERE chosen.kind = 1 AND chosen.target = person.id)),
                    EXISTS (SELECT 1 FROM ended WHERE ended.kind = 1 AND ended.salesforce_id = person.text),
                    (SELECT link.account WHERE NOT EXISTS (
                         SELECT 1 FROM strayed WHERE strayed.salesforce_id = link.salesforce_id)),
                    (SELECT salesforce_id FROM link WHERE kind = 0 AND target = person.company),
                    (SELECT text FROM mirror WHERE kind = 0 AND id = person.company AND holds = 2
                     AND NOT EXISTS (SELECT 1 FROM ended WHERE ended.kind = 0 AND salesforce_id = mirror.text)),
                    (SELECT salesforce_id FROM decision INDEXED BY decision_target
                     WHERE run = ?1 AND kind = 0 AND target = person.company AND claims = 1)
             FROM (SELECT id FROM mirror INDEXED BY mirror_name
                   WHERE kind = 0 AND name = ?3 AND id <> 0 AND id IS NOT ?5
                   UNION ALL SELECT ?5) AS firm
             CROSS JOIN mirror AS person INDEXED BY mirror_person
                 ON person.kind = 1 AND person.company = firm.id AND person.key = ?2
             LEFT JOIN link ON link.kind = 1 AND link.target = person.id
             WHERE NOT EXISTS (SELECT 1 FROM replaced WHERE salesforce_id = ?4 AND old = person.id)
             ORDER BY person.id",
        )?;
        let same_key = candidates.query_map((run, key, name, contact, company), |row| {
            let (linked, carried, planned): (Option<_>, Option<_>, Option<_>) =
                (row.get(7)?, row.get(8)?, row.get(9)?);
            Ok(ContactCandidate {
                contact: row.get(0)?,
                company: row.get(1)?,
                holds: holds(row, 2)?,
                holder_account: row.get(6)?,
                company_account: linked.or(carried).or(planned),
            })
        })?;
        let claimed_by = self
            .0
            .prepare_cached(
                "SELECT salesforce_id, account FROM decision INDEXED BY decision_claim
                 WHERE run = ?1 AND kind = 1 AND key = ?2 AND name = ?3 AND claims = 1 AND salesforce_id < ?4
                 ORDER BY account <> ?5 LIMIT 1",
            )?
            .query_row((run, key, name, contact, account), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let claimed_by = match claimed_by {
            Some(first) => Some(first),
            None => self
                .linked_with_key(run, Kind::Contact, contact, key, Some(account))?
                .map(|first| (first, account)),
        };
        Ok(ContactEvidence {
            link: self.link_of(Kind::Contact, contact)?.map(ContactId),
            carriers: self.carriers(Kind::Contact, contact)?.into_iter().map(ContactId).collect(),
            account,
            company,
            same_key: same_key.collect::<Result<_, _>>()?,
            claimed_by,
            unmapped: self.unmapped_from(Kind::Contact, contact, key, ContactId)?,
            chosen: self.chosen(Kind::Contact, contact, ContactId)?,
        })
    }

    /// What a person decided about a record.
    fn chosen<Id>(
        &self,
        kind: Kind,
        id: SalesforceId,
        typed: fn(i64) -> Id,
    ) -> Result<Option<Choice<Id>>, LedgerError> {
        let sql = "SELECT target, heir_of FROM chosen WHERE kind = ?1 AND salesforce_id = ?2";
        let choice: Option<(Option<i64>, Option<SalesforceId>)> = self
            .0
            .prepare_cached(sql)?
            .query_row((kind, id), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((choice, heir_of)) = choice else { return Ok(None) };
        let Some(target) = choice else { return Ok(Some(Choice::New)) };
        let there = self
            .0
            .prepare_cached(
                "SELECT holds, text, link.salesforce_id,
                        EXISTS (SELECT 1 FROM ended WHERE ended.kind = ?1 AND ended.salesforce_id = mirror.text)
                 FROM mirror LEFT JOIN link ON link.kind = mirror.kind AND link.target = mirror.id
                 WHERE mirror.kind = ?1 AND mirror.id = ?2",
            )?
            .query_row((kind, target), |row| holds(row, 0))
            .optional()?;
        Ok(Some(match heir_of {
            Some(elder) => Choice::Inherited(typed(target), elder, there),
            None => Choice::This(typed(target), there),
        }))
    }

    /// A linked record that had this key when it was last decided on, and has it still: what it is linked to may have
    /// been edited in Autotask since. Of contacts, one that still belongs to the same account.
    fn linked_with_key(
        &self,
        run: RunId,
        kind: Kind,
        id: SalesforceId,
        key: KeyDigest,
        account: Option<SalesforceId>,
    ) -> Result<Option<SalesforceId>, LedgerError> {
        let sql = "SELECT salesforce_id FROM link INDEXED BY link_key
                   WHERE kind = ?2 AND key = ?3 AND salesforce_id <> ?4 AND account IS ?5
                     AND NOT EXISTS (SELECT 1 FROM strayed WHERE strayed.salesforce_id = link.salesforce_id)
                     AND NOT EXISTS (SELECT 1 FROM decision
                         WHERE run = ?1 AND decision.kind = ?2
                           AND decision.salesforce_id = link.salesforce_id AND decision.key <> ?3)
                   ORDER BY salesforce_id LIMIT 1";
        let first = (run, kind, key, id, account);
        Ok(self.0.prepare_cached(sql)?.query_row(first, |row| row.get(0)).optional()?)
    }

    /// The records that a person dissociated from this one, and whether it still has the key it had then.
    fn unmapped_from<Id>(
        &self,
        kind: Kind,
        id: SalesforceId,
        key: KeyDigest,
        typed: fn(i64) -> Id,
    ) -> Result<Vec<UnMapped<Id>>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT target, key = ?3 FROM unmapped WHERE kind = ?1 AND salesforce_id = ?2",
        )?;
        let pairs = statement.query_map((kind, id, key), |row| {
            Ok(UnMapped { target: typed(row.get(0)?), same_key: row.get(1)? })
        })?;
        Ok(pairs.collect::<Result<_, _>>()?)
    }

    /// Where the contacts of an account belong.
    pub fn home(&self, run: RunId, account: SalesforceId) -> Result<Home, LedgerError> {
        let mut account = account;
        for _ in 0..LONGEST_CHAIN {
            let decided = self.decided(run, account)?;
            if let Some(company) = self.link_of(Kind::Company, account)? {
                // A name that this run changes counts as changed; a company that is gone does not count at all.
                return Ok(match self.mirrored_name(company)? {
                    Some(mirrored) => {
                        let name = decided.map_or(mirrored, |decided| decided.name);
                        Home::Linked { account, company: CompanyId(company), name }
                    }
                    None => Home::Nowhere(format!(
                        "company {company}, which account {account} is linked to, is gone"
                    )),
                });
            }
            let Some(decided) = decided else {
                match self.waits(Kind::Company, account)? {
                    Some(Waits { duplicate_of: Some(first), .. }) => {
                        account = first;
                        continue;
                    }
                    Some(Waits { outcome, reason, .. }) => {
                        let reason = format!("its account {account} is {outcome}: {reason}");
                        return Ok(Home::Nowhere(reason));
                    }
                    None => {
                        return Ok(Home::Nowhere(format!(
                            "its account {account} was not read; if that is not in Salesforce any more, clear the field \
                             of the Autotask company that carries its id"
                        )));
                    }
                }
            };
            match decided {
                Decided { duplicate_of: Some(first), .. } => account = first,
                Decided { outcome: None, claims: true, name, target, .. } => {
                    let company = target.map(CompanyId);
                    return Ok(Home::Planned { account, company, name });
                }
                Decided { outcome, reason, .. } => {
                    let outcome = outcome.unwrap_or_default();
                    let reason = format!("its account {account} is {outcome}: {reason}");
                    return Ok(Home::Nowhere(reason));
                }
            }
        }
        Ok(Home::Nowhere(format!("account {account} is one of a long chain of duplicates")))
    }

    /// What a run decided about an account, unless it left that unchanged.
    fn decided(&self, run: RunId, account: SalesforceId) -> Result<Option<Decided>, LedgerError> {
        let sql = "SELECT outcome, claims, name, duplicate_of, target, reason FROM decision
                   WHERE run = ?1 AND kind = 0 AND salesforce_id = ?2";
        let read = |row: &Row<'_>| {
            Ok(Decided {
                outcome: row.get(0)?,
                claims: row.get(1)?,
                name: row.get(2)?,
                duplicate_of: row.get(3)?,
                target: row.get(4)?,
                reason: row.get(5)?,
            })
        };
        Ok(self.0.prepare_cached(sql)?.query_row((run, account), read).optional()?)
    }

    /// A contact of a company with this key, other than the one named.
    pub fn namesake(
        &self,
        company: CompanyId,
        key: KeyDigest,
        other_than: i64,
    ) -> Result<Option<i64>, LedgerError> {
        let sql = "SELECT min(id) FROM mirror INDEXED BY mirror_person
                   WHERE kind = 1 AND company = ?1 AND key = ?2 AND id <> ?3";
        Ok(self.0.prepare_cached(sql)?.query_row((company, key, other_than), |row| row.get(0))?)
    }

    /// The digest of a company's name in Autotask.
    pub fn mirrored_name(&self, company: i64) -> Result<Option<KeyDigest>, LedgerError> {
        let sql = "SELECT name FROM mirror WHERE kind = 0 AND id = ?1";
        Ok(self.0.prepare_cached(sql)?.query_row((company,), |row| row.get(0)).optional()?)
    }
}

/// What a candidate holds: the id the ledger links it to, or is about to as that was chosen or inherited, else what its
/// user-defined field says. The columns are `holds`, `text`, the link's id, and whether the id it holds is that of a record
/// deleted in Salesforce, which is as good as none; from `first` on.
fn holds(row: &Row<'_>, first: usize) -> rusqlite::Result<UdfValue> {
    let (linked, ended): (Option<SalesforceId>, bool) = (row.get(first + 2)?, row.get(first + 3)?);
    Ok(match linked {
        Some(id) => UdfValue::Id(id),
        None if ended => UdfValue::Empty,
        None => mirror::decode(row.get(first)?, row.get(first + 1)?),
    })
}
