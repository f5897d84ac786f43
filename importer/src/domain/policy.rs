//! Which side wins where both have a value, field by field (rules V3, V4).

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Serialize;

use super::fields::{TargetField, table};
use super::model::Kind;

/// Who wins where a field differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Salesforce, whenever its value changes.
    #[default]
    Salesforce,
    /// Autotask, once somebody edited the field there: until then, Salesforce's changes are taken over.
    Autotask,
    /// Autotask, whatever it holds: only an empty field is filled.
    FillEmpty,
}

impl Policy {
    /// The policy's name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Salesforce => "salesforce",
            Self::Autotask => "autotask",
            Self::FillEmpty => "fill-empty",
        }
    }
}

/// A text that names no policy, or no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPolicy {
    /// Not a policy.
    #[error("`{0}` is no policy; there are salesforce, autotask and fill-empty")]
    Policy(String),
    /// Not a field.
    #[error(
        "`{0}` is no field that is imported; fields are named like company.phone or contact.title"
    )]
    Field(String),
    /// Not an entry.
    #[error("`{0}` is no entry like company.phone=autotask")]
    Entry(String),
}

impl FromStr for Policy {
    type Err = BadPolicy;

    fn from_str(text: &str) -> Result<Self, BadPolicy> {
        [Self::Salesforce, Self::Autotask, Self::FillEmpty]
            .into_iter()
            .find(|policy| policy.name() == text.trim())
            .ok_or_else(|| BadPolicy::Policy(text.trim().to_owned()))
    }
}

/// The policies of all fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Policies {
    /// What holds when an existing Autotask record is linked first: `Salesforce` or `FillEmpty`.
    pub first_link: Policy,
    fields: BTreeMap<(Kind, TargetField), Policy>,
}

impl Policies {
    /// What holds on first linking; every field follows Salesforce afterwards.
    pub fn linking_by(first_link: Policy) -> Self {
        Self { first_link, fields: BTreeMap::new() }
    }

    /// The policy of a field.
    pub fn of(&self, kind: Kind, field: TargetField) -> Policy {
        self.fields.get(&(kind, field)).copied().unwrap_or_default()
    }

    /// Reads the fields' policies: `company.phone=autotask, contact.title=fill-empty`.
    pub fn with_fields(mut self, text: &str) -> Result<Self, BadPolicy> {
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let bad = || BadPolicy::Entry(entry.to_owned());
            let (name, policy) = entry.split_once('=').ok_or_else(bad)?;
            let (kind, field) = name.trim().split_once('.').ok_or_else(bad)?;
            let unknown = || BadPolicy::Field(name.trim().to_owned());
            let kind = match kind {
                "company" => Kind::Company,
                "contact" => Kind::Contact,
                _ => return Err(unknown()),
            };
            let field = TargetField::from_api_name(field)
                .filter(|field| table(kind).iter().any(|line| line.target == *field))
                .ok_or_else(unknown)?;
            self.fields.insert((kind, field), policy.parse()?);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_without_an_entry_follow_salesforce() {
        let policies = Policies::default()
            .with_fields("company.phone=autotask, contact.title = fill-empty")
            .unwrap();

        assert_eq!(policies.of(Kind::Company, TargetField::Phone), Policy::Autotask);
        assert_eq!(policies.of(Kind::Contact, TargetField::Phone), Policy::Salesforce);
        assert_eq!(policies.of(Kind::Contact, TargetField::Title), Policy::FillEmpty);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, wrong) in [
            ("company.phone=mine", BadPolicy::Policy("mine".to_owned())),
            ("company.title=autotask", BadPolicy::Field("company.title".to_owned())),
            ("person.phone=autotask", BadPolicy::Field("person.phone".to_owned())),
            ("phone", BadPolicy::Entry("phone".to_owned())),
        ] {
            assert_eq!(Policies::default().with_fields(text), Err(wrong));
        }
    }

    #[test]
    fn an_entry_of_nothing_is_no_entry() {
        assert_eq!(Policies::default().with_fields(" , "), Ok(Policies::default()));
    }
}
