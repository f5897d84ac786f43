//! What a draft says and remembers.

use super::*;

#[test]
fn a_base_survives_the_ledger() {
    let mut draft = Draft::default();
    draft.put(TargetField::City, Some("Kiel"), Mapped::Set(Value::Text("Kiel".to_owned())));
    draft.put(TargetField::AssetValue, Some("9.0E7"), Mapped::Set(Value::Decimal(9.0e7)));
    draft.put(TargetField::Fax, None, Mapped::Empty);
    draft.put(TargetField::Title, Some("untouched"), Mapped::Leave);

    let back = Base::decode(&draft.base.encode());

    assert_eq!(back, draft.base);
    assert!(back.holds(TargetField::AssetValue, Some(&Value::Decimal(9.0e7))));
    assert!(back.holds(TargetField::Fax, None) && back.holds(TargetField::Title, None));
}

#[test]
fn a_draft_survives_the_spool() {
    let mut draft = Draft::default();
    draft.put(TargetField::City, Some("Kiel"), text("Kiel"));
    draft.put(TargetField::AssetValue, Some("9.0E7"), Mapped::Set(Value::Decimal(9.0e7)));
    draft.put(TargetField::Fax, None, Mapped::Empty);

    let spooled = serde_json::to_string(&draft).unwrap();

    assert_eq!(serde_json::from_str::<Draft>(&spooled).unwrap(), draft);
    assert!(serde_json::from_str::<Base>("\"?\"").is_err());
}

#[test]
fn every_field_has_its_place_in_the_ledgers_numbering() {
    for (number, field) in TargetField::ALL.iter().enumerate() {
        assert_eq!(*field as usize, number);
        assert!(number < usize::from(TAKEN_OVER), "{field:?} leaves no room for the mark");
    }
}

fn text(value: &str) -> Mapped {
    Mapped::Set(Value::Text(value.to_owned()))
}

fn base(values: &[(TargetField, &str)]) -> Base {
    let mut draft = Draft::default();
    for (field, value) in values {
        draft.put(*field, Some(value), text(value));
    }
    draft.base
}

#[test]
fn what_is_not_mapped_any_more_is_forgotten_and_what_is_left_alone_is_kept() {
    let before = base(&[
        (TargetField::City, "Kiel"),
        (TargetField::Fax, "1"),
        (TargetField::Classification, "Hot"),
        (TargetField::State, "SH"),
    ]);
    let mut now = Draft::default();
    now.put(TargetField::City, Some("Bremen"), text("Bremen"));
    now.put(TargetField::Fax, None, Mapped::Empty);
    now.put(TargetField::Classification, Some("Tepid"), Mapped::Leave);

    let after = before.after(&now);

    let expected = base(&[
        (TargetField::City, "Bremen"),
        (TargetField::Classification, "Hot"),
        (TargetField::State, "SH"),
    ]);
    assert_eq!(after, expected);
}

/// A company that was linked keeps its type where Salesforce has one that Autotask does not know. Once Salesforce has the one
/// that would have been the fallback, that is a change.
#[test]
fn a_value_that_was_a_fallback_before_has_changed() {
    let customer = Value::Integer(1);
    let of = |label: &str, mapped: Mapped| {
        let mut draft = Draft::default();
        draft.put(TargetField::CompanyType, Some(label), mapped);
        draft
    };
    let before = of("Competitor", Mapped::Fallback(customer.clone())).base;

    let now = of("Customer", Mapped::Set(customer.clone()));
    let other = of("Rival", Mapped::Fallback(customer.clone()));

    assert_eq!(now.changed_since(&before), [TargetField::CompanyType]);
    assert_eq!(other.changed_since(&before), []);
    assert_eq!(now.changed_since(&now.base), []);
}

/// A hidden field stays as it is known to have been: that nothing is seen of it is no change (V7), and once it is seen again
/// it has not changed either.
#[test]
fn what_nothing_is_known_of_has_not_changed_and_is_remembered() {
    let before = base(&[(TargetField::City, "Kiel"), (TargetField::Phone, "1")]);
    let mut now = Draft::default();
    now.put(TargetField::City, Some("Bremen"), text("Bremen"));
    now.put_unknown(TargetField::Phone, Mapped::Fallback(Value::Text("unknown".to_owned())));

    assert_eq!(now.changed_since(&before), [TargetField::City]);
    assert_eq!(
        before.after(&now),
        base(&[(TargetField::City, "Bremen"), (TargetField::Phone, "1")])
    );
    let spooled = serde_json::to_string(&now).unwrap();
    assert_eq!(serde_json::from_str::<Draft>(&spooled).unwrap(), now);
}

#[test]
fn one_field_can_be_taken_from_another_base() {
    let (kiel, bremen) = (
        base(&[(TargetField::City, "Kiel"), (TargetField::Fax, "1")]),
        base(&[(TargetField::City, "Bremen")]),
    );

    assert_eq!(
        kiel.clone().with(TargetField::City, &bremen),
        base(&[(TargetField::City, "Bremen"), (TargetField::Fax, "1")])
    );
    assert_eq!(kiel.with(TargetField::Fax, &bremen), base(&[(TargetField::City, "Kiel")]));
}

#[test]
fn only_the_value_that_was_applied_counts_as_held() {
    let kiel = base(&[(TargetField::City, "Kiel")]);
    let city = |name: &str| Value::Text(name.to_owned());

    assert!(kiel.holds(TargetField::City, Some(&city("Kiel"))));
    assert!(!kiel.holds(TargetField::City, Some(&city("Bonn"))));
    assert!(!kiel.holds(TargetField::City, None));
    assert!(!kiel.holds(TargetField::Fax, Some(&city("1"))), "nothing was applied");
}

#[test]
fn a_base_of_a_later_version_is_read_as_far_as_it_is_known() {
    let mut bytes = base(&[(TargetField::City, "Kiel")]).encode();
    bytes.extend_from_slice(&[255; 17]);

    assert_eq!(Base::decode(&bytes), base(&[(TargetField::City, "Kiel")]));
}

#[test]
fn a_value_that_mapping_left_alone_takes_one_fingerprint_and_two_are_read_all_the_same() {
    let plain = base(&[(TargetField::City, "Kiel")]);
    let short = plain.encode();
    assert_eq!(short.len(), 9);

    let mut long = vec![short[0] & 0x7f];
    long.extend_from_slice(&short[1..]);
    long.extend_from_slice(&short[1..]);
    assert_eq!(Base::decode(&long), plain);

    let mut draft = Draft::default();
    draft.put(TargetField::City, Some("Cologne"), Mapped::Set(Value::Text("Köln".into())));
    assert_eq!(draft.base.encode().len(), 17);
    assert_eq!(Base::decode(&draft.base.encode()), draft.base);
    assert_eq!(Base::decode(&draft.base.encode()[..16]), Base::default(), "not whole");
}

#[test]
fn a_parent_is_set_where_the_tenant_has_the_field() {
    let account = "001000000000001AAA".parse().unwrap();
    let mut draft = Draft::default();

    draft.set_parent(account, CompanyId(7));
    assert_eq!(draft, Draft::default());

    draft.put(TargetField::ParentCompanyId, Some(account.as_str()), Mapped::Leave);
    draft.set_parent(account, CompanyId(7));
    let parent = Mapped::Set(Value::Integer(7));
    assert_eq!(draft.fields[&TargetField::ParentCompanyId], parent);
    assert_eq!(draft.changed_since(&Base::default()), [TargetField::ParentCompanyId]);
}

#[test]
fn a_missing_value_refuses_a_new_record_by_the_rule_of_its_field() {
    let refusal = |field| {
        let mut draft = Draft::default();
        draft.put(TargetField::City, None, Mapped::Empty);
        draft.put(field, None, Mapped::Missing("none there".to_owned()));
        draft.refusal().map(|(rule, reason)| (rule, reason.to_owned()))
    };

    let because = |rule| Some((rule, "none there".to_owned()));
    assert_eq!(refusal(TargetField::OwnerResourceId), because(Rule::C8));
    assert_eq!(refusal(TargetField::CompanyType), because(Rule::C9));
    assert_eq!(Draft::default().refusal(), None);
}

#[test]
fn a_remark_names_its_rule_and_tells_the_field_and_the_value() {
    let (field, value) = (TargetField::City, "Kiel".to_owned());
    let owner = |because| Remark::OwnerFallback { owner: "Jo Lund".to_owned(), because };
    for (remark, rule, words) in [
        (Remark::Cut { field, value: value.clone(), kept: 2 }, Rule::V1, ["city", "2", "Kiel"]),
        (
            Remark::Placeholder { field: TargetField::FirstName, used: "-".to_owned() },
            Rule::K4,
            ["firstName", "empty", "\"-\""],
        ),
        (
            Remark::Placeholder { field: TargetField::Phone, used: "-".to_owned() },
            Rule::V2,
            ["phone", "empty", "\"-\""],
        ),
        (
            Remark::NotFound { field: TargetField::CountryId, value: value.clone() },
            Rule::C10,
            ["countryID", "no active value", "Kiel"],
        ),
        (
            Remark::NotFound { field: TargetField::Classification, value: value.clone() },
            Rule::C9,
            ["classification", "no active value", "Kiel"],
        ),
        (owner(OwnerProblem::NoneOfThatName), Rule::C8, ["owner", "Jo Lund", "no active"]),
        (owner(OwnerProblem::SeveralOfThatName), Rule::C8, ["owner", "Jo Lund", "several"]),
        (Remark::Replaced { field }, Rule::V6, ["city", "characters", "replaced"]),
        (Remark::NotANumber { field, value }, Rule::V6, ["city", "Kiel", "no number"]),
    ] {
        let text = remark.to_string();

        assert_eq!(remark.rule(), rule, "{text}");
        for word in words {
            assert!(text.contains(word), "{text} without {word}");
        }
    }
}
