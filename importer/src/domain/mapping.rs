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
            if hidden && !line.convert.has_fallback() {
                continue;
            }
            let source = source_text(line, values, owner).filter(|_| !hidden);
            let mapped = self.convert(line, info, source.as_deref(), owner, &mut draft.remarks);
            draft.put(line.target, source.as_deref(), mapped);
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
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::metadata::PicklistValue;
    use crate::domain::model::{Country, Resource};
    use proptest::prelude::*;

    fn text_field(length: usize, is_required: bool) -> FieldInfo {
        FieldInfo { length: Some(length), is_required, ..FieldInfo::default() }
    }

    fn picklist(labels: &[(i64, &str, bool)]) -> FieldInfo {
        let choice = |&(value, label, is_active): &(i64, &str, bool)| PicklistValue {
            value,
            label: label.to_owned(),
            is_active,
        };
        FieldInfo { picklist: labels.iter().map(choice).collect(), ..FieldInfo::default() }
    }

    fn resource(id: i64, first: &str, last: &str) -> Resource {
        Resource {
            id: ResourceId(id),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            email: String::new(),
            is_active: true,
            is_api_only: false,
        }
    }

    fn metadata() -> Metadata {
        use TargetField as T;
        Metadata {
            company: BTreeMap::from([
                (T::CompanyName, text_field(10, true)),
                (T::Address1, text_field(128, false)),
                (T::Address2, text_field(128, false)),
                (T::AssetValue, FieldInfo::default()),
                (T::CountryId, FieldInfo::default()),
                (T::Phone, text_field(25, true)),
                (T::OwnerResourceId, FieldInfo::default()),
                (
                    T::CompanyType,
                    picklist(&[(1, "Customer", true), (7, "Vendor", true), (9, "Press", false)]),
                ),
                (T::Classification, picklist(&[(4, "Hot", true)])),
                (T::MarketSegmentId, picklist(&[(5, "Banking", true)])),
            ]),
            contact: BTreeMap::from([
                (T::FirstName, text_field(50, true)),
                (T::LastName, text_field(50, true)),
            ]),
            resources: vec![
                resource(11, "Ada", "Berg"),
                resource(12, "Jo", "Lund"),
                resource(13, "Jo", "Lund"),
                Resource { is_api_only: true, ..resource(14, "Api", "User") },
                Resource { is_active: false, ..resource(15, "Old", "Hand") },
            ],
            countries: vec![Country {
                id: 81,
                code: "DE".to_owned(),
                name: "Germany".to_owned(),
                display_name: "Deutschland".to_owned(),
            }],
        }
    }

    fn account(values: &[(SourceField, &str)]) -> Account {
        let mut account = Account {
            deleted: None,
            id: "001000000000001AAA".parse().unwrap(),
            system_modstamp: jiff::Timestamp::UNIX_EPOCH,
            owner: PersonName { first: Some("Ada".to_owned()), last: Some("Berg".to_owned()) },
            parent: None,
            values: SourceValues::default(),
        };
        for (field, value) in values {
            account.values.set(*field, *value);
        }
        account
    }

    fn draft(values: &[(SourceField, &str)]) -> Draft {
        let settings = MappingSettings {
            default_account_manager: Some(ResourceId(99)),
            ..MappingSettings::default()
        };
        Mapper::new(&metadata(), &settings).map_account(&account(values), None)
    }

    fn owned_by(first: &str, last: &str, default: Option<ResourceId>) -> Mapped {
        let mut account = account(&[]);
        account.owner = PersonName { first: Some(first.to_owned()), last: Some(last.to_owned()) };
        let settings =
            MappingSettings { default_account_manager: default, ..MappingSettings::default() };
        Mapper::new(&metadata(), &settings).map_account(&account, None).fields
            [&TargetField::OwnerResourceId]
            .clone()
    }

    #[test]
    fn a_long_value_is_cut_between_characters_and_the_cut_is_told() {
        let draft = draft(&[(SourceField::Name, "123456789😀")]);

        assert_eq!(draft.text(TargetField::CompanyName), "123456789");
        let expected = Remark::Cut {
            field: TargetField::CompanyName,
            value: "123456789😀".to_owned(),
            kept: 9,
        };
        assert!(draft.remarks.contains(&expected));
    }

    #[test]
    fn a_value_of_exactly_the_length_is_kept_whole() {
        let draft = draft(&[(SourceField::Name, "12345678😀"), (SourceField::Phone, "1")]);

        assert_eq!(draft.text(TargetField::CompanyName), "12345678😀");
        assert_eq!(draft.remarks, []);
    }

    #[test]
    fn the_first_line_of_a_street_is_address_1_and_the_rest_address_2() {
        for (street, first, rest) in [
            ("Ring 1", "Ring 1", ""),
            ("Ring 1\nHof 2\nTor 3", "Ring 1", "Hof 2\nTor 3"),
            ("Ring 1\r\nHof 2\r\nTor 3", "Ring 1", "Hof 2\r\nTor 3"),
            ("Ring 1\rHof 2", "Ring 1", "Hof 2"),
            ("Ring 1\nHof 2\r\nTor 3", "Ring 1", "Hof 2\r\nTor 3"),
            ("\nHof 2", "", "Hof 2"),
        ] {
            let draft = draft(&[(SourceField::BillingStreet, street)]);

            assert_eq!(draft.text(TargetField::Address1), first, "{street:?}");
            assert_eq!(draft.text(TargetField::Address2), rest, "{street:?}");
        }
    }

    #[test]
    fn a_company_without_a_phone_gets_the_placeholder_as_a_fallback() {
        let draft = draft(&[]);

        assert_eq!(
            draft.fields[&TargetField::Phone],
            Mapped::Fallback(Value::Text("unknown".to_owned()))
        );
    }

    #[test]
    fn text_survives_unless_it_cannot_be_carried() {
        let odd = " null &amp; <b>\u{202e}😀\t";
        assert_eq!(draft(&[(SourceField::BillingStreet, odd)]).text(TargetField::Address1), odd);

        let draft = draft(&[(SourceField::BillingStreet, "a\u{1}b\u{fffe}")]);
        assert_eq!(draft.text(TargetField::Address1), "a\u{fffd}b\u{fffd}");
        assert!(draft.remarks.contains(&Remark::Replaced { field: TargetField::Address1 }));
    }

    #[test]
    fn numbers_with_exponents_are_numbers() {
        let draft = draft(&[(SourceField::AnnualRevenue, "9.9213206E7")]);

        assert_eq!(
            draft.fields[&TargetField::AssetValue],
            Mapped::Set(Value::Decimal(99_213_206.0))
        );
    }

    #[test]
    fn picklists_are_found_by_active_label_in_any_case() {
        let found = draft(&[
            (SourceField::Type, "VENDOR"),
            (SourceField::Rating, " hot"),
            (SourceField::Industry, "banking"),
        ]);
        assert_eq!(found.fields[&TargetField::CompanyType], Mapped::Set(Value::Integer(7)));
        assert_eq!(found.fields[&TargetField::Classification], Mapped::Set(Value::Integer(4)));
        assert_eq!(found.fields[&TargetField::MarketSegmentId], Mapped::Set(Value::Integer(5)));

        let not = draft(&[
            (SourceField::Type, "Press"),
            (SourceField::Rating, "Tepid"),
            (SourceField::Industry, "Apparel"),
        ]);
        assert_eq!(not.fields[&TargetField::CompanyType], Mapped::Fallback(Value::Integer(1)));
        assert_eq!(not.fields[&TargetField::Classification], Mapped::Leave);
        assert_eq!(not.fields[&TargetField::MarketSegmentId], Mapped::Empty);
    }

    #[test]
    fn a_country_is_known_by_name_display_name_or_code() {
        for name in ["germany", "Deutschland", "de", " DE "] {
            let draft = draft(&[(SourceField::BillingCountry, name)]);
            assert_eq!(
                draft.fields[&TargetField::CountryId],
                Mapped::Set(Value::Integer(81)),
                "{name}"
            );
        }
        let unknown = draft(&[(SourceField::BillingCountry, "Atlantis")]);
        assert_eq!(unknown.fields[&TargetField::CountryId], Mapped::Leave);
    }

    #[test]
    fn the_owner_is_the_one_active_resource_of_exactly_that_name() {
        let default = Some(ResourceId(99));
        assert_eq!(owned_by(" Ada ", "Berg", default), Mapped::Set(Value::Integer(11)));
        for (first, last) in
            [("ada", "Berg"), ("Jo", "Lund"), ("Api", "User"), ("Old", "Hand"), ("", "Berg")]
        {
            let fallback = Mapped::Fallback(Value::Integer(99));
            assert_eq!(owned_by(first, last, default), fallback, "{first} {last}");
        }
        assert!(matches!(owned_by("Jo", "Lund", None), Mapped::Missing(_)));
    }

    #[test]
    fn only_a_change_on_both_sides_of_the_mapping_is_a_change() {
        let before = draft(&[
            (SourceField::Name, "0123456789 and more"),
            (SourceField::Industry, "Apparel"),
        ]);

        let beyond_the_cut = draft(&[(SourceField::Name, "0123456789 and less")]);
        assert_eq!(beyond_the_cut.changed_since(&before.base), []);

        let renamed = draft(&[(SourceField::Name, "Other"), (SourceField::Industry, "Banking")]);
        assert_eq!(
            renamed.changed_since(&before.base),
            [TargetField::CompanyName, TargetField::MarketSegmentId]
        );
    }

    proptest! {
        #[test]
        fn a_cut_never_exceeds_the_length_nor_breaks_a_character(text in any::<String>(), length in 0usize..40) {
            let kept = cut_at(&text, length).map_or(text.as_str(), |at| &text[..at]);

            prop_assert!(kept.encode_utf16().count() <= length);
            prop_assert!(text.starts_with(kept));
            if kept.len() < text.len() {
                let next = text[kept.len()..].chars().next().unwrap();
                prop_assert!(kept.encode_utf16().count() + next.len_utf16() > length);
            }
        }
    }

    #[test]
    fn a_hidden_field_is_left_alone_but_a_required_one_gets_its_fallback() {
        let hidden = [SourceField::Phone, SourceField::BillingStreet].into();
        let (metadata, settings) = (metadata(), MappingSettings::default());
        let account = account(&[(SourceField::BillingStreet, "Ring 1"), (SourceField::Phone, "1")]);

        let draft = Mapper::new(&metadata, &settings).hiding(&hidden).map_account(&account, None);

        assert!(!draft.fields.contains_key(&TargetField::Address1));
        let placeholder = Mapped::Fallback(Value::Text("unknown".to_owned()));
        assert_eq!(draft.fields.get(&TargetField::Phone), Some(&placeholder));
    }
}
