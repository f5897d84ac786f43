//! Decides which Autotask record a Salesforce record already is.
//!
//! The order of trust is fixed: a link we wrote ourselves, then an Autotask record that carries the Salesforce id,
//! then a key that agrees. A key that fits two records is never guessed at. Everything here is a pure function of
//! its arguments, so a wrong match can be reproduced from the records alone.

use std::fmt;

use super::ids::{CompanyId, ContactId, SalesforceId};
use super::model::UdfValue;
use super::rules::Rule;

/// An Autotask record that a person dissociated from this Salesforce record (rule U1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnMapped<Id> {
    /// The record.
    pub target: Id,
    /// Whether the Salesforce record still has the key it had then.
    pub same_key: bool,
}

/// What a person decided about a record that was held (rule C3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice<Id> {
    /// It is this record, whose user-defined field holds this; `None` if there is no such record.
    This(Id, Option<UdfValue>),
    /// Nobody had to: this record was linked to the one that was merged into it, and its field holds this (rule R8).
    Inherited(Id, SalesforceId, Option<UdfValue>),
    /// It is none of those there are.
    New,
}

impl<Id> Choice<Id> {
    /// What follows from the choice. What is linked to another record stays linked to it.
    fn verdict(&self, of: SalesforceId) -> Verdict<Id>
    where
        Id: Copy,
    {
        match self {
            Self::New => Verdict::ChosenNew,
            Self::This(id, None) => Verdict::Held(Rule::C3, Hold::NotThere(*id)),
            Self::Inherited(id, elder, None) => Verdict::InheritedGone(*id, *elder),
            Self::This(id, Some(UdfValue::Other(text)))
            | Self::Inherited(id, _, Some(UdfValue::Other(text))) => {
                Verdict::Held(Rule::C1, Hold::OtherText(*id, text.clone()))
            }
            Self::This(id, Some(UdfValue::Id(other)))
            | Self::Inherited(id, _, Some(UdfValue::Id(other)))
                if *other != of =>
            {
                Verdict::Held(Rule::C1, Hold::Taken(*id, *other))
            }
            Self::This(id, Some(_)) => Verdict::Chosen(*id),
            Self::Inherited(id, elder, Some(_)) => Verdict::Inherited(*id, *elder),
        }
    }
}

/// Whether a record stays un-mapped, and from which (rules U1, U2).
///
/// It does while it has the key it had then, and, whatever its key, while nothing but an un-mapped record has that:
/// no second record with one key is ever made.
fn stays_unmapped<Id: Copy + PartialEq>(unmapped: &[UnMapped<Id>], same_key: &[Id]) -> Option<Id> {
    if let Some(pair) = unmapped.iter().find(|pair| pair.same_key) {
        return Some(pair.target);
    }
    let is_unmapped = |id: &Id| unmapped.iter().any(|pair| pair.target == *id);
    let only_unmapped = same_key.iter().all(is_unmapped);
    same_key.first().copied().filter(|_| only_unmapped)
}

/// An Autotask company that might be the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyCandidate {
    /// The company.
    pub company: CompanyId,
    /// What its user-defined field holds; a link in the ledger counts as if it held that id.
    pub holds: UdfValue,
}

/// All that is known when an account is to be identified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompanyEvidence {
    /// The company the ledger links it to.
    pub link: Option<CompanyId>,
    /// The companies whose user-defined field holds the account's id.
    pub carriers: Vec<CompanyId>,
    /// The companies with the account's key, the tenant's own (0) left out.
    pub same_key: Vec<CompanyCandidate>,
    /// Another account of this import that has the same key and was decided on first.
    pub claimed_by: Option<SalesforceId>,
    /// The companies it is un-mapped from.
    pub unmapped: Vec<UnMapped<CompanyId>>,
    /// What a person decided.
    pub chosen: Option<Choice<CompanyId>>,
}

/// Which record something already is, or why it is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<Id> {
    /// The ledger knows: this record.
    Linked(Id),
    /// This record carries the id although the ledger does not know it: adopted.
    Carries(Id),
    /// This record has the same key and is nobody's yet.
    Same(Id),
    /// Another Salesforce record with the same key is, or becomes, that record.
    DuplicateOf(SalesforceId),
    /// A person has to say.
    Held(Rule, Hold<Id>),
    /// A person dissociated it from this record, and no other has its key.
    UnMapped(Id),
    /// A person said that it is this record.
    Chosen(Id),
    /// This record was linked to the one that was merged into it.
    Inherited(Id, SalesforceId),
    /// The one that was merged into it was linked to this record, which is not there any more.
    InheritedGone(Id, SalesforceId),
    /// A person said that it is none of those there are.
    ChosenNew,
    /// None there: to be created.
    New,
}

/// Why a match is left to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold<Id> {
    /// Several records have the key (C3).
    Ambiguous(Vec<Id>),
    /// Several records carry the Salesforce id (C6).
    CarriedTwice(Vec<Id>),
    /// The record that a person chose is not there.
    NotThere(Id),
    /// The record that a person chose is linked to another Salesforce record.
    Taken(Id, SalesforceId),
    /// The record with the key carries something that is no such Salesforce id (C1).
    OtherText(Id, String),
    /// The contact with the key is linked to another contact, of another account (K1).
    OthersContact(Id, SalesforceId),
    /// The contact with the key belongs to a company that is linked to another account (K1).
    OthersCompany(Id, SalesforceId),
    /// Another contact of this import, at another account of the same name, has the key (K1).
    ClaimedElsewhere(SalesforceId),
}

impl<Id: fmt::Display> fmt::Display for Hold<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ids: &[Id]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Ambiguous(ids) => {
                write!(f, "several Autotask records have the same key: {}", list(ids))
            }
            Self::CarriedTwice(ids) => {
                write!(f, "several Autotask records carry this Salesforce id: {}", list(ids))
            }
            Self::NotThere(id) => write!(f, "Autotask record {id}, which was chosen, is not there"),
            Self::Taken(id, other) => {
                write!(f, "Autotask record {id}, which was chosen, is linked to {other}")
            }
            Self::OtherText(id, text) => {
                write!(
                    f,
                    "Autotask record {id} has the same key, but its Salesforce id field holds {text:?}"
                )
            }
            Self::OthersContact(id, other) => {
                write!(
                    f,
                    "Autotask contact {id} of a company of the same name is linked to {other}"
                )
            }
            Self::OthersCompany(id, other) => {
                write!(
                    f,
                    "Autotask contact {id} has the same key, but its company is linked to account {other}"
                )
            }
            Self::ClaimedElsewhere(other) => {
                write!(
                    f,
                    "{other}, a contact of another account of the same name, has the same key"
                )
            }
        }
    }
}

/// Decides which company an account is (rules C1, C3, C4, C6, U1, U2).
pub fn identify_company(account: SalesforceId, evidence: &CompanyEvidence) -> Verdict<CompanyId> {
    let is_unmapped = |id: CompanyId| evidence.unmapped.iter().any(|pair| pair.target == id);
    let carriers: Vec<_> =
        evidence.carriers.iter().copied().filter(|company| !is_unmapped(*company)).collect();
    if carriers.len() > 1 {
        return Verdict::Held(Rule::C6, Hold::CarriedTwice(carriers));
    }
    if let Some(company) = evidence.link {
        return Verdict::Linked(company);
    }
    if let [company] = carriers[..] {
        return Verdict::Carries(company);
    }
    if let Some(choice) = &evidence.chosen {
        return choice.verdict(account);
    }
    let keys: Vec<_> = evidence.same_key.iter().map(|one| one.company).collect();
    if let Some(company) = stays_unmapped(&evidence.unmapped, &keys) {
        return Verdict::UnMapped(company);
    }
    if let Some(first) = evidence.claimed_by {
        return Verdict::DuplicateOf(first);
    }
    let candidates: Vec<_> =
        evidence.same_key.iter().filter(|one| !is_unmapped(one.company)).collect();
    match candidates.as_slice() {
        [] => Verdict::New,
        [CompanyCandidate { company, holds: UdfValue::Empty | UdfValue::Unknown }] => {
            Verdict::Same(*company)
        }
        [CompanyCandidate { company, holds: UdfValue::Other(text) }] => {
            Verdict::Held(Rule::C1, Hold::OtherText(*company, text.clone()))
        }
        // An account's own id was met among the carriers; this is another's.
        [CompanyCandidate { holds: UdfValue::Id(other), .. }] => {
            debug_assert_ne!(*other, account);
            Verdict::DuplicateOf(*other)
        }
        several => Verdict::Held(
            Rule::C3,
            Hold::Ambiguous(several.iter().map(|one| one.company).collect()),
        ),
    }
}

/// An Autotask contact that might be the Salesforce contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactCandidate {
    /// The contact.
    pub contact: ContactId,
    /// The company it belongs to.
    pub company: CompanyId,
    /// What its user-defined field holds; a link in the ledger counts as if it held that id.
    pub holds: UdfValue,
    /// The account that Salesforce contact belongs to, once duplicates are resolved; known for what we linked.
    pub holder_account: Option<SalesforceId>,
    /// The account its company is linked to.
    pub company_account: Option<SalesforceId>,
}

/// All that is known when a contact is to be identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactEvidence {
    /// The contact the ledger links it to.
    pub link: Option<ContactId>,
    /// The contacts whose user-defined field holds the contact's id.
    pub carriers: Vec<ContactId>,
    /// The account it belongs to; for a duplicate account, the one it is a duplicate of.
    pub account: SalesforceId,
    /// The company that account is, unless this import is still to create it.
    pub company: Option<CompanyId>,
    /// The contacts with the same first and last name in companies of the same name.
    pub same_key: Vec<ContactCandidate>,
    /// Another contact of this import with the same key, decided on first, and its account.
    pub claimed_by: Option<(SalesforceId, SalesforceId)>,
    /// The contacts it is un-mapped from.
    pub unmapped: Vec<UnMapped<ContactId>>,
    /// What a person decided.
    pub chosen: Option<Choice<ContactId>>,
}

/// Decides which Autotask contact a Salesforce contact is (rules K1, C3, C4, C6, U1, U2).
pub fn identify_contact(contact: SalesforceId, evidence: &ContactEvidence) -> Verdict<ContactId> {
    let is_unmapped = |id: ContactId| evidence.unmapped.iter().any(|pair| pair.target == id);
    let carriers: Vec<_> =
        evidence.carriers.iter().copied().filter(|contact| !is_unmapped(*contact)).collect();
    if carriers.len() > 1 {
        return Verdict::Held(Rule::C6, Hold::CarriedTwice(carriers));
    }
    if let Some(contact) = evidence.link {
        return Verdict::Linked(contact);
    }
    if let [carrier] = carriers[..] {
        return Verdict::Carries(carrier);
    }
    if let Some(choice) = &evidence.chosen {
        return choice.verdict(contact);
    }
    let keys: Vec<_> = evidence.same_key.iter().map(|one| one.contact).collect();
    if let Some(contact) = stays_unmapped(&evidence.unmapped, &keys) {
        return Verdict::UnMapped(contact);
    }
    let (own, elsewhere): (Vec<_>, Vec<_>) = evidence
        .same_key
        .iter()
        .filter(|one| !is_unmapped(one.contact))
        .partition(|one| Some(one.company) == evidence.company);
    // A claim is a candidate that this import is about to link or create.
    match evidence.claimed_by {
        Some((first, account)) if account == evidence.account => {
            return Verdict::DuplicateOf(first);
        }
        Some((first, _)) if own.is_empty() => {
            return Verdict::Held(Rule::K1, Hold::ClaimedElsewhere(first));
        }
        _ => {}
    }
    let nearest = if own.is_empty() { elsewhere } else { own };
    match nearest.as_slice() {
        [] => Verdict::New,
        [only] => same_contact(evidence.account, only),
        several => Verdict::Held(
            Rule::C3,
            Hold::Ambiguous(several.iter().map(|one| one.contact).collect()),
        ),
    }
}

fn same_contact(account: SalesforceId, candidate: &ContactCandidate) -> Verdict<ContactId> {
    let contact = candidate.contact;
    match (&candidate.holds, candidate.company_account) {
        (UdfValue::Other(text), _) => {
            Verdict::Held(Rule::C1, Hold::OtherText(contact, text.clone()))
        }
        (UdfValue::Id(other), _) if candidate.holder_account == Some(account) => {
            Verdict::DuplicateOf(*other)
        }
        (UdfValue::Id(other), _) => Verdict::Held(Rule::K1, Hold::OthersContact(contact, *other)),
        (UdfValue::Empty | UdfValue::Unknown, Some(owner)) if owner != account => {
            Verdict::Held(Rule::K1, Hold::OthersCompany(contact, owner))
        }
        (UdfValue::Empty | UdfValue::Unknown, _) => Verdict::Same(contact),
    }
}

#[cfg(test)]
mod tests;
