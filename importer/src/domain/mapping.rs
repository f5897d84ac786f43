//! Turns a Salesforce record into what Autotask would hold of it (rules C8 to C10, K4, V1, V2, V6).

use std::collections::BTreeSet;

use super::draft::{Draft, Mapped, OwnerProblem, Remark};
use super::fields::{Convert, Mapping, SourceField, TargetField, table};
use super::ids::{CompanyId, ResourceId};
use super::metadata::{FieldInfo, Metadata};
use super::model::{Account, Kind, PersonName, SourceContact, SourceValues, Value};

/// The settings a mapping depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingSettings {
    /// Who manages companies whose Salesforce owner is no Autotask resource (C8).
    pub default_account_manager: Option<ResourceId>,
    /// What a company without a phone number gets (V2).
    pub company_phone_placeholder: String,
    /// What a contact without a first name gets (K4).
    pub contact_first_name_placeholder: String,
}

impl Default for MappingSettings {
    fn default() -> Self {
        Self {
            default_account_manager: None,
            company_phone_placeholder: "unknown".to_owned(),
            contact_first_name_placeholder: "-".to_owned(),
        }
    }
}

/// What a mapping needs besides the record.
#[derive(Debug, Clone, Copy)]
pub struct Mapper<'a> {
    metadata: &'a Metadata,
    settings: &'a MappingSettings,
    hidden: &'a BTreeSet<SourceField>,
}

/// Nothing is hidden.
static NOTHING: BTreeSet<SourceField> = BTreeSet::new();

impl<'a> Mapper<'a> {
    /// A mapper for this tenant and these settings.
    pub fn new(metadata: &'a Metadata, settings: &'a MappingSettings) -> Self {
        Self { metadata, settings, hidden: &NOTHING }
    }

    /// The same mapper, for records of which these fields could not be read (rule V7).
    #[must_use]
    pub fn hiding(self, hidden: &'a BTreeSet<SourceField>) -> Self {
        Self { hidden, ..self }
    }

    /// Maps an account to the company it becomes. `parent` is the company its parent account is.
    pub fn map_account(&self, account: &Account, parent: Option<CompanyId>) -> Draft {
        let mut draft = self.map(Kind::Company, &account.values, &account.owner);
        if let (Some(id), Some(parent)) = (account.parent, parent) {
            draft.set_parent(id, parent);
        }
        draft
    }

    /// Maps a Salesforce contact to the Autotask contact it becomes.
    pub fn map_contact(&self, contact: &SourceContact) -> Draft {
        self.map(Kind::Contact, &contact.values, &PersonName::default())
    }

    fn map(&self, kind: Kind, values: &SourceValues, owner: &PersonName) -> Draft {
        let mut draft = Draft::default();
        for line in table(kind).iter().copied() {
            let Some(info) =
                self.metadata.field(kind, line.target).filter(|info| !info.is_read_only)
            else {
                continue;
            };
            let hidden = self.hidden.contains(&line.source);
            let source = source_text(line, values, owner).filter(|_| !hidden);
            let mapped = self.convert(line, info, source.as_deref(), owner, &mut draft.remarks);
            if hidden {
                draft.put_unknown(line.target, mapped);
            } else {
                draft.put(line.target, source.as_deref(), mapped);
            }
        }
        draft
    }

    fn convert(
        &self,
        line: Mapping,
        info: &FieldInfo,
        source: Option<&str>,
        owner: &PersonName,
        remarks: &mut Vec<Remark>,
    ) -> Mapped {
        let field = line.target;
        match (line.convert, source) {
            (Convert::Owner, _) => self.owner(owner, remarks),
            // Whether there is a parent is known here; which company it is, is not.
            (Convert::Parent, Some(_)) => Mapped::Leave,
            (Convert::LabelOrCustomer, label) => company_type(info, label, remarks),
            (Convert::TextOrPlaceholder, text)
                if info.is_required && text.is_none_or(|text| text.trim().is_empty()) =>
            {
                let used = self.placeholder(field).to_owned();
                remarks.push(Remark::Placeholder { field, used: used.clone() });
                Mapped::Fallback(Value::Text(used))
            }
            (_, None) => Mapped::Empty,
            (Convert::Decimal, Some(text)) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Mapped::Set(Value::Decimal(number)),
                _ => {
                    remarks.push(Remark::NotANumber { field, value: text.to_owned() });
                    Mapped::Leave
                }
            },
            (Convert::LabelOrLeave, Some(label)) => {
                found(field, label, info.by_label(label), Mapped::Leave, remarks)
            }
            (Convert::LabelOrEmpty, Some(label)) => {
                found(field, label, info.by_label(label), Mapped::Empty, remarks)
            }
            (Convert::Country, Some(name)) => {
                found(field, name, self.metadata.country(name), Mapped::Leave, remarks)
            }
            (
                Convert::Text
                | Convert::TextOrPlaceholder
                | Convert::FirstLine
                | Convert::FurtherLines,
                Some(text),
            ) => Mapped::Set(Value::Text(fit(text, field, info, remarks))),
        }
    }

    fn placeholder(&self, field: TargetField) -> &str {
        match field {
            TargetField::FirstName => &self.settings.contact_first_name_placeholder,
            _ => &self.settings.company_phone_placeholder,
        }
    }

    /// Rule C8.
    fn owner(&self, owner: &PersonName, remarks: &mut Vec<Remark>) -> Mapped {
        let (first, last) =
            (owner.first.as_deref().unwrap_or(""), owner.last.as_deref().unwrap_or(""));
        let named = self.metadata.owners_named(first, last);
        let because = match named.as_slice() {
            [only] => return Mapped::Set(Value::Integer(only.id.0)),
            [] => OwnerProblem::NoneOfThatName,
            _ => OwnerProblem::SeveralOfThatName,
        };
        let remark = Remark::OwnerFallback { owner: owner.to_string(), because };
        match self.settings.default_account_manager {
            Some(manager) => {
                remarks.push(remark);
                Mapped::Fallback(Value::Integer(manager.0))
            }
            None => Mapped::Missing(format!("{remark}, and no default account manager is set")),
        }
    }
}

/// The part of a record that a line of the mapping table looks at.
fn source_text(line: Mapping, values: &SourceValues, owner: &PersonName) -> Option<String> {
    let text = match line.source {
        SourceField::Owner => return Some(format!("{:?}", (&owner.first, &owner.last))),
        field => values.get(field)?,
    };
    let part = match line.convert {
        Convert::FirstLine => text.split(['\r', '\n']).next(),
        Convert::FurtherLines => text.find(['\r', '\n']).map(|at| {
            let rest = &text[at..];
            rest.strip_prefix("\r\n").unwrap_or(&rest[1..])
        }),
        _ => Some(text),
    };
    part.filter(|part| !part.is_empty()).map(str::to_owned)
}

/// Rule C9 for the company type, which Autotask requires.
fn company_type(info: &FieldInfo, label: Option<&str>, remarks: &mut Vec<Remark>) -> Mapped {
    if let Some(label) = label {
        if let Some(value) = info.by_label(label) {
            return Mapped::Set(Value::Integer(value));
        }
        remarks.push(Remark::NotFound { field: TargetField::CompanyType, value: label.to_owned() });
    }
    match info.by_label("Customer") {
        Some(customer) => Mapped::Fallback(Value::Integer(customer)),
        None => {
            Mapped::Missing("Autotask has no active company type labelled \"Customer\"".to_owned())
        }
    }
}

fn found(
    field: TargetField,
    text: &str,
    value: Option<i64>,
    otherwise: Mapped,
    remarks: &mut Vec<Remark>,
) -> Mapped {
    if let Some(value) = value {
        return Mapped::Set(Value::Integer(value));
    }
    remarks.push(Remark::NotFound { field, value: text.to_owned() });
    otherwise
}

/// Makes a text fit its field: no character that cannot be carried (V6), no longer than the field (V1).
fn fit(text: &str, field: TargetField, info: &FieldInfo, remarks: &mut Vec<Remark>) -> String {
    let bad = |c: char| {
        (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
    };
    let mut fitting = text.to_owned();
    if text.contains(bad) {
        fitting = text.replace(bad, "\u{FFFD}");
        remarks.push(Remark::Replaced { field });
    }
    if let Some(kept) = info.length.and_then(|length| cut_at(&fitting, length)) {
        let whole = fitting.clone();
        fitting.truncate(kept);
        remarks.push(Remark::Cut { field, value: whole, kept: fitting.encode_utf16().count() });
    }
    fitting
}

/// Where, in bytes, a text longer than `length` UTF-16 units must be cut; `None` when it fits.
fn cut_at(text: &str, length: usize) -> Option<usize> {
    let mut units = 0;
    text.char_indices().find_map(|(at, character)| {
        units += character.len_utf16();
        (units > length).then_some(at)
    })
}

#[cfg(test)]
mod tests;
