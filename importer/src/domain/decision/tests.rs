//! What is decided about one record, and what is written of it.

use super::*;
use crate::domain::ids::CompanyId;

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn draft(fields: &[(TargetField, Mapped)]) -> Draft {
    Draft { fields: fields.iter().cloned().collect(), ..Draft::default() }
}

fn live(fields: &[(TargetField, &str)]) -> Values {
    fields.iter().map(|(field, value)| (*field, Some(text(value)))).collect()
}

fn update_of(
    draft: &Draft,
    fields: &[TargetField],
    base: &Base,
    live: &Values,
    policies: &str,
) -> Patch {
    let policies = Policies::default().with_fields(policies).unwrap();
    patch_for_update(Kind::Company, draft, (fields, base), live, &policies)
}

/// A draft whose city was Kiel when it was last decided on and is Bremen now.
fn moved_from_kiel_to_bremen() -> (Draft, Base) {
    let mut before = Draft::default();
    before.put(TargetField::City, Some("Kiel"), Mapped::Set(text("Kiel")));
    let mut now = Draft::default();
    now.put(TargetField::City, Some("Bremen"), Mapped::Set(text("Bremen")));
    (now, before.base)
}

#[test]
fn an_edit_in_autotask_wins_where_the_policy_says_so() {
    let (draft, base) = moved_from_kiel_to_bremen();
    let update = |city: &str, policy: &str| {
        let live = live(&[(TargetField::City, city)]);
        !update_of(&draft, &[TargetField::City], &base, &live, policy).is_empty()
    };

    assert!(update("edited", ""), "Salesforce wins by default");
    assert!(!update("edited", "company.city=autotask"));
    assert!(update("Kiel", "company.city=autotask"), "nobody edited it");
    assert!(!update("Kiel", "company.city=fill-empty"));
    assert!(update("", "company.city=fill-empty"));
}

#[test]
fn linking_fills_only_what_is_empty_where_the_policy_says_so() {
    let draft = draft(&[
        (TargetField::City, Mapped::Set(text("Kiel"))),
        (TargetField::State, Mapped::Set(text("SH"))),
        (TargetField::Fax, Mapped::Set(text("1"))),
    ]);
    let live =
        live(&[(TargetField::City, "Bonn"), (TargetField::State, "NW"), (TargetField::Fax, "")]);
    let all = Policies::linking_by(Policy::FillEmpty);
    let city = Policies::default().with_fields("company.city=fill-empty").unwrap();

    let written = |policies| {
        let patch = patch_for_link(Kind::Company, &draft, &live, policies);
        patch.into_keys().collect::<Vec<_>>()
    };

    assert_eq!(written(&all), [TargetField::Fax]);
    assert_eq!(written(&city), [TargetField::State, TargetField::Fax]);
}

#[test]
fn a_linked_record_without_a_change_is_left_alone() {
    let verdict = Verdict::Linked(CompanyId(5));

    let decision = decide(Kind::Company, &verdict, &Draft::default(), Some(&Base::default()));

    assert_eq!(decision.action, Action::Nothing(Outcome::Unchanged));
    assert_eq!(decision.rule, Rule::V5);
}

#[test]
fn a_new_record_without_a_required_value_is_refused_with_the_reason() {
    let draft = draft(&[(TargetField::OwnerResourceId, Mapped::Missing("nobody".to_owned()))]);

    let decision = decide::<CompanyId>(Kind::Company, &Verdict::New, &draft, None);

    assert_eq!(decision.action, Action::Nothing(Outcome::Refused));
    assert_eq!(decision.reason, "nobody");
}

#[test]
fn linking_sets_what_differs_and_clears_nothing() {
    let draft = draft(&[
        (TargetField::City, Mapped::Set(text("Kiel"))),
        (TargetField::State, Mapped::Set(text("SH"))),
        (TargetField::Fax, Mapped::Empty),
        (TargetField::Phone, Mapped::Fallback(text("unknown"))),
    ]);
    let live = live(&[
        (TargetField::City, "Bonn"),
        (TargetField::State, "SH"),
        (TargetField::Fax, "1"),
        (TargetField::Phone, "2"),
    ]);

    let patch = patch_for_link(Kind::Company, &draft, &live, &Policies::default());

    let expected = Write { was: Some(text("Bonn")), now: Some(text("Kiel")) };
    assert_eq!(patch, Patch::from([(TargetField::City, expected)]));
}

#[test]
fn linking_fills_an_empty_required_field_with_the_placeholder() {
    let draft = draft(&[(TargetField::Phone, Mapped::Fallback(text("unknown")))]);

    let empty = live(&[(TargetField::Phone, "")]);
    let patch = patch_for_link(Kind::Company, &draft, &empty, &Policies::default());

    assert_eq!(patch[&TargetField::Phone].now, Some(text("unknown")));
}

#[test]
fn a_whole_number_is_the_same_as_its_decimal() {
    let draft = draft(&[(TargetField::AssetValue, Mapped::Set(Value::Decimal(9.0)))]);
    let live = Values::from([(TargetField::AssetValue, Some(Value::Integer(9)))]);

    let patch = patch_for_link(Kind::Company, &draft, &live, &Policies::default());

    assert_eq!(patch, Patch::new());
}

#[test]
fn an_update_touches_only_the_fields_that_changed() {
    let draft = draft(&[
        (TargetField::City, Mapped::Set(text("Kiel"))),
        (TargetField::State, Mapped::Set(text("SH"))),
    ]);
    let live = live(&[(TargetField::City, "Bonn"), (TargetField::State, "edited")]);

    let patch = update_of(&draft, &[TargetField::City], &Base::default(), &live, "");

    assert_eq!(patch.keys().collect::<Vec<_>>(), [&TargetField::City]);
}

#[test]
fn an_emptied_value_clears_only_what_was_applied() {
    let draft = draft(&[(TargetField::Fax, Mapped::Empty)]);
    let fields = [TargetField::Fax];

    let live = live(&[(TargetField::Fax, "1")]);
    let never_applied = update_of(&draft, &fields, &Base::default(), &live, "");

    assert_eq!(never_applied, Patch::new());
}
