//! What Autotask would hold of a Salesforce record: a [`Draft`].
//!
//! A draft says for each field not only the value but how it came about, because a placeholder may fill a new
//! record but must never replace a value that is there (V4). What was cut, replaced or not found is kept as
//! [`Remark`]s for the report, and the Salesforce values as fingerprints ([`Base`]) to compare later ones with.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use twox_hash::XxHash3_64;

use super::fields::TargetField;
use super::ids::{CompanyId, SalesforceId};
use super::model::Value;
use super::rules::Rule;

/// What one field of a draft holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mapped {
    /// A value from Salesforce.
    Set(Value),
    /// A value of ours, for new records and empty required fields only.
    Fallback(Value),
    /// Salesforce has no value.
    Empty,
    /// The field is not touched, whatever it holds.
    Leave,
    /// Autotask asks for a value and there is none; a new record is refused with this reason.
    Missing(String),
}

impl Mapped {
    /// The value a new record would get.
    pub fn for_create(&self) -> Option<&Value> {
        match self {
            Self::Set(value) | Self::Fallback(value) => Some(value),
            Self::Empty | Self::Leave | Self::Missing(_) => None,
        }
    }
}

/// Something about a value that the report tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "remark")]
pub enum Remark {
    /// A value was longer than its field (V1).
    Cut {
        /// The field.
        field: TargetField,
        /// The whole value.
        value: String,
        /// How much of it was kept, in UTF-16 units.
        kept: usize,
    },
    /// An empty value was replaced by a placeholder (V2, K4).
    Placeholder {
        /// The field.
        field: TargetField,
        /// The placeholder.
        used: String,
    },
    /// No active picklist value bears the label (C9), or no country the name (C10).
    NotFound {
        /// The field.
        field: TargetField,
        /// The text looked for.
        value: String,
    },
    /// The owner is no resource that may own companies (C8).
    OwnerFallback {
        /// The owner's name.
        owner: String,
        /// Why not.
        because: OwnerProblem,
    },
    /// Characters that cannot be carried were replaced by U+FFFD (V6).
    Replaced {
        /// The field.
        field: TargetField,
    },
    /// A value is no number.
    NotANumber {
        /// The field.
        field: TargetField,
        /// The text.
        value: String,
    },
}

/// Why a Salesforce owner does not become account manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerProblem {
    /// No active resource that may own companies has this name.
    NoneOfThatName,
    /// Several have.
    SeveralOfThatName,
}

impl Remark {
    /// The rule behind the remark.
    pub fn rule(&self) -> Rule {
        match self {
            Self::Cut { .. } => Rule::V1,
            Self::Placeholder { field: TargetField::FirstName, .. } => Rule::K4,
            Self::Placeholder { .. } => Rule::V2,
            Self::NotFound { field: TargetField::CountryId, .. } => Rule::C10,
            Self::NotFound { .. } => Rule::C9,
            Self::OwnerFallback { .. } => Rule::C8,
            Self::Replaced { .. } | Self::NotANumber { .. } => Rule::V6,
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { field, value, kept } => {
                write!(f, "{} cut to {kept} characters: {value:?}", field.api_name())
            }
            Self::Placeholder { field, used } => {
                write!(f, "{} was empty and got {used:?}", field.api_name())
            }
            Self::NotFound { field, value } => {
                write!(f, "{}: Autotask has no active value {value:?}", field.api_name())
            }
            Self::OwnerFallback { owner, because: OwnerProblem::NoneOfThatName } => {
                write!(f, "the owner {owner} is no active Autotask resource that may own companies")
            }
            Self::OwnerFallback { owner, because: OwnerProblem::SeveralOfThatName } => {
                write!(f, "several active Autotask resources are named {owner}, like the owner")
            }
            Self::Replaced { field } => {
                write!(f, "{}: characters that cannot be carried were replaced", field.api_name())
            }
            Self::NotANumber { field, value } => {
                write!(f, "{}: {value:?} is no number", field.api_name())
            }
        }
    }
}

/// What Autotask would hold of a Salesforce record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Each field the tenant has, and what becomes of it.
    pub fields: BTreeMap<TargetField, Mapped>,
    /// What the report tells about the values.
    pub remarks: Vec<Remark>,
    /// The Salesforce values this was made from, to compare later ones with.
    pub base: Base,
    /// Fields of whose Salesforce value nothing is known: what they hold here is for new records alone (V7).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unknown: BTreeSet<TargetField>,
}

impl Draft {
    /// The text of a field as a new record would hold it; empty where it has none.
    pub fn text(&self, field: TargetField) -> &str {
        match self.fields.get(&field).and_then(Mapped::for_create) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// Sets what becomes of a field, and remembers the Salesforce value it was made from.
    pub fn put(&mut self, field: TargetField, source: Option<&str>, mapped: Mapped) {
        if let Some(source) = source.filter(|_| mapped != Mapped::Leave) {
            let print = Fingerprint {
                source: fingerprint_text(source),
                mapped: fingerprint_value(mapped.for_create()),
            };
            self.base.0.insert(field, print);
        }
        self.fields.insert(field, mapped);
    }

    /// Gives a field that nothing is known of a value for new records, if there is one (rule V7).
    pub fn put_unknown(&mut self, field: TargetField, mapped: Mapped) {
        if mapped != Mapped::Empty {
            self.fields.insert(field, mapped);
            self.unknown.insert(field);
        }
    }

    /// Sets the parent company, once it is known which one the parent account is (rule C7).
    pub fn set_parent(&mut self, account: SalesforceId, company: CompanyId) {
        let field = TargetField::ParentCompanyId;
        if self.fields.contains_key(&field) {
            self.put(field, Some(account.as_str()), Mapped::Set(Value::Integer(company.0)));
        }
    }

    /// Why a new record cannot be made from this draft, if it cannot, and the rule that says so.
    pub fn refusal(&self) -> Option<(Rule, &str)> {
        self.fields.iter().find_map(|(field, mapped)| match (field, mapped) {
            (TargetField::OwnerResourceId, Mapped::Missing(reason)) => {
                Some((Rule::C8, reason.as_str()))
            }
            (_, Mapped::Missing(reason)) => Some((Rule::C9, reason.as_str())),
            _ => None,
        })
    }

    /// The fields whose Salesforce value differs from the one last decided on, and whose mapped value does too.
    ///
    /// Both must differ: a picklist label added in Autotask is no change in Salesforce (V3), and a change beyond
    /// the length a value is cut at is no change in Autotask (V5). A value that was a fallback before is one all the same,
    /// as the fallback may never have been written.
    pub fn changed_since(&self, base: &Base) -> Vec<TargetField> {
        let differs = |field: &TargetField, mapped: &Mapped| {
            let (now, then) = (self.base.0.get(field), base.0.get(field));
            let may_be_new = matches!(mapped, Mapped::Set(_)) && falls_back(*field);
            now.map(|print| print.source) != then.map(|print| print.source)
                && (may_be_new
                    || now.map_or(0, |print| print.mapped) != then.map_or(0, |print| print.mapped))
        };
        self.fields
            .iter()
            .filter(|(field, mapped)| !matches!(mapped, Mapped::Leave) && differs(field, mapped))
            .filter(|(field, _)| !self.unknown.contains(field))
            .map(|(field, _)| *field)
            .collect()
    }
}

/// Whether a value in Salesforce that Autotask does not have may have become one that it has.
fn falls_back(field: TargetField) -> bool {
    matches!(field, TargetField::CompanyType | TargetField::OwnerResourceId)
}

/// Fingerprints of the Salesforce values last decided on, field by field (V3's *base*).
///
/// Stored with each link. A fingerprint is 64 bits of XXH3 of the value before and after mapping: enough to see a
/// change, a fraction of the values' size, and nothing personal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base(BTreeMap<TargetField, Fingerprint>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fingerprint {
    source: u64,
    mapped: u64,
}

/// Set in a field's number where mapping changed nothing, so that one fingerprint says both.
const TAKEN_OVER: u8 = 0x80;

impl Base {
    /// The same values, but for one field, which is as this other base has it.
    #[must_use]
    pub fn with(mut self, field: TargetField, other: &Self) -> Self {
        match other.0.get(&field) {
            Some(print) => _ = self.0.insert(field, *print),
            None => _ = self.0.remove(&field),
        }
        self
    }

    /// Whether this value is the one that was applied to the field.
    pub fn holds(&self, field: TargetField, value: Option<&Value>) -> bool {
        self.0.get(&field).map_or(value.is_none(), |print| print.mapped == fingerprint_value(value))
    }

    /// The values once a draft has been applied: those it spoke of, and what was known of fields it left alone.
    #[must_use]
    pub fn after(mut self, draft: &Draft) -> Self {
        for (field, mapped) in &draft.fields {
            match draft.base.0.get(field) {
                Some(print) => _ = self.0.insert(*field, *print),
                None if *mapped == Mapped::Leave || draft.unknown.contains(field) => {}
                None => _ = self.0.remove(field),
            }
        }
        self
    }

    /// The compact form for the ledger: for each field that has a value 9 bytes, or 17 where mapping changed the value.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 17);
        for (field, print) in &self.0 {
            let is_taken_over = print.source == print.mapped;
            bytes.push(*field as u8 | if is_taken_over { TAKEN_OVER } else { 0 });
            bytes.extend_from_slice(&print.source.to_le_bytes());
            if !is_taken_over {
                bytes.extend_from_slice(&print.mapped.to_le_bytes());
            }
        }
        bytes
    }

    /// Reads [`Base::encode`]'s form, up to what is not whole. Fields this version does not know are dropped.
    pub fn decode(mut bytes: &[u8]) -> Self {
        let mut prints = BTreeMap::new();
        while let Some((first, rest)) = bytes.split_first() {
            let Some((source, rest)) = rest.split_first_chunk::<8>() else { break };
            let taken_over = (first & TAKEN_OVER != 0).then_some((source, rest));
            let Some((mapped, rest)) = taken_over.or_else(|| rest.split_first_chunk::<8>()) else {
                break;
            };
            if let Some(field) = TargetField::ALL.get(usize::from(first & !TAKEN_OVER)) {
                let (source, mapped) = (u64::from_le_bytes(*source), u64::from_le_bytes(*mapped));
                prints.insert(*field, Fingerprint { source, mapped });
            }
            bytes = rest;
        }
        Self(prints)
    }
}

/// In a draft's JSON a base is the text of its compact form.
impl Serialize for Base {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(self.encode()))
    }
}

impl<'de> Deserialize<'de> for Base {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text.as_bytes()).map_err(D::Error::custom)?;
        Ok(Self::decode(&bytes))
    }
}

fn fingerprint_text(text: &str) -> u64 {
    XxHash3_64::oneshot(text.as_bytes())
}

fn fingerprint_value(value: Option<&Value>) -> u64 {
    match value {
        None => 0,
        Some(Value::Text(text)) => fingerprint_text(text),
        Some(Value::Integer(number)) => XxHash3_64::oneshot_with_seed(1, &number.to_le_bytes()),
        Some(Value::Decimal(number)) => XxHash3_64::oneshot_with_seed(2, &number.to_le_bytes()),
    }
}

#[cfg(test)]
mod tests;
