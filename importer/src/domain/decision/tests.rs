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
    assert_eq!((decision.rule, decision.reason.as_str()), (Rule::C8, "nobody"));
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

#[test]
fn an_applied_value_that_is_emptied_is_cleared() {
    let mut before = Draft::default();
    before.put(TargetField::Fax, Some("1"), Mapped::Set(text("1")));
    let now = draft(&[(TargetField::Fax, Mapped::Empty)]);

    let live = live(&[(TargetField::Fax, "1")]);
    let patch = update_of(&now, &[TargetField::Fax], &before.base, &live, "");

    let expected = Write { was: Some(text("1")), now: None };
    assert_eq!(patch, Patch::from([(TargetField::Fax, expected)]));
}

#[test]
fn an_update_never_replaces_a_value_by_a_placeholder() {
    let draft = draft(&[(TargetField::Phone, Mapped::Fallback(text("unknown")))]);
    let written = |phone: &str| {
        let live = live(&[(TargetField::Phone, phone)]);
        let patch = update_of(&draft, &[TargetField::Phone], &Base::default(), &live, "");
        patch.into_values().next().and_then(|write| write.now)
    };

    assert_eq!(written("2"), None);
    assert_eq!(written(""), Some(text("unknown")));
}

#[test]
fn a_field_that_was_not_in_the_answer_is_not_taken_for_empty() {
    let draft = draft(&[(TargetField::Phone, Mapped::Fallback(text("unknown")))]);

    let patch = patch_for_link(Kind::Company, &draft, &Values::default(), &Policies::default());

    assert_eq!(patch, Patch::new());
}

#[test]
fn an_update_names_the_record_and_what_changed() {
    let (draft, base) = moved_from_kiel_to_bremen();

    let decision = decide(Kind::Company, &Verdict::Linked(CompanyId(5)), &draft, Some(&base));

    let fields = vec![TargetField::City];
    assert_eq!(decision.action, Action::Update { target: 5, fields });
    assert_eq!(decision.rule, Rule::V3);
    assert_eq!(decision.reason, "changed in Salesforce: city");
}

#[test]
fn a_match_by_key_follows_the_rule_of_its_kind() {
    for (kind, rule) in [(Kind::Company, Rule::C1), (Kind::Contact, Rule::K1)] {
        let same = decide(kind, &Verdict::Same(CompanyId(5)), &Draft::default(), None);
        let new = decide::<CompanyId>(kind, &Verdict::New, &Draft::default(), None);

        assert_eq!((same.action, same.rule), (Action::Link { target: 5 }, rule));
        assert_eq!((new.action, new.rule), (Action::Create, rule));
    }
}

#[test]
fn what_an_elder_left_and_somebody_deleted_is_gone() {
    let elder = "001000000000001AAA".parse().unwrap();
    let verdict = Verdict::InheritedGone(7_i64, elder);

    let decision = decide(Kind::Company, &verdict, &Draft::default(), None);

    assert_eq!((decision.action, decision.rule), (Action::Nothing(Outcome::Gone), Rule::U4));
    for part in ["001000000000001AAA", "company 7", "not there any more"] {
        assert!(decision.reason.contains(part), "{}", decision.reason);
    }
}

#[test]
fn an_action_knows_the_record_it_is_about_and_how_that_ends() {
    let fields = vec![TargetField::City];
    for (action, target, outcome, creates) in [
        (Action::Create, None, Outcome::Created, true),
        (Action::Link { target: 5 }, Some(5), Outcome::Linked, false),
        (Action::Update { target: 5, fields }, Some(5), Outcome::Updated, false),
        (Action::Recreate { old: 5 }, Some(5), Outcome::Created, true),
        (Action::Deactivate { target: 5 }, Some(5), Outcome::Updated, false),
        (Action::Nothing(Outcome::Held), None, Outcome::Held, false),
    ] {
        assert_eq!(action.target(), target, "{action:?}");
        assert_eq!(action.outcome(), outcome, "{action:?}");
        assert_eq!(action.creates(), creates, "{action:?}");
    }
}

#[test]
fn every_outcome_is_known_by_its_name() {
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
    }
    assert_eq!(Outcome::from_name("lost"), None);
}

#[test]
fn the_id_is_written_unless_it_is_there() {
    let id: SalesforceId = "001000000000001AAA".parse().unwrap();
    let other: SalesforceId = "001000000000002AAA".parse().unwrap();

    assert!(!needs_id(&UdfValue::Id(id), id));
    for holds in [UdfValue::Empty, UdfValue::Unknown, UdfValue::Id(other)] {
        assert!(needs_id(&holds, id), "{holds:?}");
    }
}

#[test]
fn what_was_compared_is_told_where_keys_decided() {
    let company = draft(&[
        (TargetField::CompanyName, Mapped::Set(text("Nord"))),
        (TargetField::City, Mapped::Set(text("Kiel"))),
        (TargetField::Fax, Mapped::Set(text("1"))),
    ]);
    let contact = draft(&[(TargetField::LastName, Mapped::Set(text("Berg")))]);
    let told =
        |draft: &Draft, rule| Detail::of(draft, rule).compared.into_iter().collect::<Vec<_>>();
    let values = |values: &[(TargetField, &str)]| {
        values.iter().map(|(field, text)| (*field, (*text).to_owned())).collect::<Vec<_>>()
    };

    let four = values(&[
        (TargetField::CompanyName, "Nord"),
        (TargetField::Address1, ""),
        (TargetField::City, "Kiel"),
        (TargetField::State, ""),
    ]);
    assert_eq!(told(&company, Rule::C3), four);
    let two = values(&[(TargetField::FirstName, ""), (TargetField::LastName, "Berg")]);
    assert_eq!(told(&contact, Rule::K1), two);
    assert_eq!(told(&company, Rule::V3), []);
}
