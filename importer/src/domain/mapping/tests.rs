//! What Autotask would hold of a record.

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
        account.values.set(*field, value);
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
    let expected =
        Remark::Cut { field: TargetField::CompanyName, value: "123456789😀".to_owned(), kept: 9 };
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

    assert_eq!(draft.fields[&TargetField::AssetValue], Mapped::Set(Value::Decimal(99_213_206.0)));
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
    let before =
        draft(&[(SourceField::Name, "0123456789 and more"), (SourceField::Industry, "Apparel")]);

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
    assert_eq!(draft.unknown, [TargetField::Phone].into());
}

#[test]
fn a_hidden_field_that_autotask_does_not_ask_for_is_not_even_emptied() {
    let hidden = [SourceField::Phone].into();
    let (mut metadata, settings) = (metadata(), MappingSettings::default());
    metadata.company.insert(TargetField::Phone, text_field(25, false));

    let draft = Mapper::new(&metadata, &settings).hiding(&hidden).map_account(&account(&[]), None);

    assert!(!draft.fields.contains_key(&TargetField::Phone));
    assert!(draft.unknown.is_empty());
}

#[test]
fn a_contact_without_a_first_name_gets_the_placeholder_and_that_is_told() {
    let (metadata, settings) = (metadata(), MappingSettings::default());
    let mut contact = SourceContact {
        id: "003000000000001AAA".parse().unwrap(),
        deleted: None,
        system_modstamp: jiff::Timestamp::UNIX_EPOCH,
        account: None,
        values: SourceValues::default(),
    };
    contact.values.set(SourceField::LastName, "Berg");
    contact.values.set(SourceField::FirstName, " ");

    let draft = Mapper::new(&metadata, &settings).map_contact(&contact);

    let placeholder = Mapped::Fallback(Value::Text("-".to_owned()));
    assert_eq!(draft.fields[&TargetField::FirstName], placeholder);
    assert_eq!(draft.text(TargetField::LastName), "Berg");
    let remark = Remark::Placeholder { field: TargetField::FirstName, used: "-".to_owned() };
    assert_eq!(draft.remarks, [remark]);
}

#[test]
fn no_placeholder_is_put_where_autotask_asks_for_no_value() {
    let mut metadata = metadata();
    metadata.company.insert(TargetField::Phone, text_field(25, false));
    let settings = MappingSettings::default();

    let draft = Mapper::new(&metadata, &settings).map_account(&account(&[]), None);

    assert_eq!(draft.fields[&TargetField::Phone], Mapped::Empty);
}

#[test]
fn a_field_that_can_only_be_read_is_left_out() {
    let mut metadata = metadata();
    let read_only = FieldInfo { is_read_only: true, ..text_field(10, true) };
    metadata.company.insert(TargetField::CompanyName, read_only);
    let settings = MappingSettings::default();

    let account = account(&[(SourceField::Name, "Nord")]);
    let draft = Mapper::new(&metadata, &settings).map_account(&account, None);

    assert!(!draft.fields.contains_key(&TargetField::CompanyName));
}

#[test]
fn the_parent_is_left_alone_until_it_is_known_which_company_it_is() {
    let mut metadata = metadata();
    metadata.company.insert(TargetField::ParentCompanyId, FieldInfo::default());
    let settings = MappingSettings::default();
    let mapper = Mapper::new(&metadata, &settings);
    let parent_of = |account: &Account, company| {
        mapper.map_account(account, company).fields[&TargetField::ParentCompanyId].clone()
    };
    let alone = account(&[]);
    let mut child = account(&[(SourceField::ParentId, "001000000000002AAA")]);
    child.parent = Some("001000000000002AAA".parse().unwrap());

    assert_eq!(parent_of(&alone, None), Mapped::Empty);
    assert_eq!(parent_of(&child, None), Mapped::Leave);
    assert_eq!(parent_of(&child, Some(CompanyId(7))), Mapped::Set(Value::Integer(7)));
}

#[test]
fn what_is_no_number_is_told_and_the_field_left_alone() {
    for odd in ["many", "inf", "NaN", "1e999"] {
        let draft = draft(&[(SourceField::AnnualRevenue, odd)]);

        assert_eq!(draft.fields[&TargetField::AssetValue], Mapped::Leave, "{odd}");
        let remark = Remark::NotANumber { field: TargetField::AssetValue, value: odd.to_owned() };
        assert!(draft.remarks.contains(&remark), "{odd}");
    }
}

#[test]
fn line_breaks_and_tabs_are_text_and_other_control_characters_are_not() {
    let info = FieldInfo::default();
    let fitted = |text| fit(text, TargetField::Address2, &info, &mut Vec::new());

    assert_eq!(fitted("a b\tc\nd\re\u{7f}"), "a b\tc\nd\re\u{7f}");
    assert_eq!(fitted("\0\u{8}\u{b}\u{c}\u{1f}\u{ffff}"), "\u{fffd}".repeat(6));
}

#[test]
fn without_a_type_called_customer_a_company_of_unknown_type_is_refused() {
    let mut metadata = metadata();
    metadata.company.insert(TargetField::CompanyType, picklist(&[(7, "Vendor", true)]));
    let settings = MappingSettings {
        default_account_manager: Some(ResourceId(99)),
        ..MappingSettings::default()
    };

    let draft = Mapper::new(&metadata, &settings).map_account(&account(&[]), None);

    let (rule, reason) = draft.refusal().unwrap();
    assert_eq!(rule, crate::domain::rules::Rule::C9);
    assert!(reason.contains("Customer"), "{reason}");
}

#[test]
fn why_the_owner_does_not_manage_the_company_is_told() {
    let refused_because = |first, last| match owned_by(first, last, None) {
        Mapped::Missing(reason) => reason,
        other => panic!("{first} {last} became {other:?}"),
    };

    let several = refused_because("Jo", "Lund");
    assert!(
        several.starts_with("several active Autotask resources are named Jo Lund"),
        "{several}"
    );
    for (first, last) in [("No", "One"), ("Api", "User"), ("Old", "Hand")] {
        let none = refused_because(first, last);
        assert!(none.starts_with(&format!("the owner {first} {last} is no active")), "{none}");
    }
}
