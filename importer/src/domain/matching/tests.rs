//! Which Autotask record a Salesforce record is found to be.

use super::*;

fn id(text: &str) -> SalesforceId {
    text.parse().unwrap()
}

fn account() -> SalesforceId {
    id("001000000000001AAA")
}

fn person_id() -> SalesforceId {
    id("003000000000001AAA")
}

fn other() -> SalesforceId {
    id("001000000000002AAA")
}

fn company(number: i64, holds: UdfValue) -> CompanyCandidate {
    CompanyCandidate { company: CompanyId(number), holds }
}

fn contact(company: i64, holds: UdfValue) -> ContactCandidate {
    ContactCandidate {
        contact: ContactId(company * 10),
        company: CompanyId(company),
        holds,
        holder_account: None,
        company_account: None,
    }
}

fn contact_evidence(same_key: Vec<ContactCandidate>) -> ContactEvidence {
    ContactEvidence {
        link: None,
        carriers: vec![],
        account: account(),
        company: Some(CompanyId(1)),
        same_key,
        claimed_by: None,
        unmapped: vec![],
        chosen: None,
    }
}

#[test]
fn a_link_beats_a_carrier_and_a_carrier_beats_a_key() {
    let mut evidence = CompanyEvidence {
        same_key: vec![company(3, UdfValue::Empty)],
        ..CompanyEvidence::default()
    };
    assert_eq!(identify_company(account(), &evidence), Verdict::Same(CompanyId(3)));

    evidence.carriers = vec![CompanyId(2)];
    assert_eq!(identify_company(account(), &evidence), Verdict::Carries(CompanyId(2)));

    evidence.link = Some(CompanyId(1));
    assert_eq!(identify_company(account(), &evidence), Verdict::Linked(CompanyId(1)));
}

#[test]
fn two_companies_with_one_key_are_left_to_a_person() {
    let evidence = CompanyEvidence {
        same_key: vec![company(3, UdfValue::Empty), company(4, UdfValue::Id(other()))],
        ..CompanyEvidence::default()
    };

    let expected = Hold::Ambiguous(vec![CompanyId(3), CompanyId(4)]);
    assert_eq!(identify_company(account(), &evidence), Verdict::Held(Rule::C3, expected));
}

#[test]
fn two_companies_carrying_one_id_are_left_alone_even_when_one_is_linked() {
    let evidence = CompanyEvidence {
        link: Some(CompanyId(1)),
        carriers: vec![CompanyId(1), CompanyId(2)],
        ..CompanyEvidence::default()
    };

    let expected = Hold::CarriedTwice(vec![CompanyId(1), CompanyId(2)]);
    assert_eq!(identify_company(account(), &evidence), Verdict::Held(Rule::C6, expected));
}

#[test]
fn a_company_of_another_account_makes_this_one_its_duplicate() {
    let linked = CompanyEvidence {
        same_key: vec![company(3, UdfValue::Id(other()))],
        ..CompanyEvidence::default()
    };
    assert_eq!(identify_company(account(), &linked), Verdict::DuplicateOf(other()));

    let claimed = CompanyEvidence {
        same_key: vec![company(3, UdfValue::Empty)],
        claimed_by: Some(other()),
        ..CompanyEvidence::default()
    };
    assert_eq!(identify_company(account(), &claimed), Verdict::DuplicateOf(other()));
}

#[test]
fn a_text_that_is_no_id_is_never_overwritten() {
    let evidence = CompanyEvidence {
        same_key: vec![company(3, UdfValue::Other("see file".to_owned()))],
        ..CompanyEvidence::default()
    };

    let expected = Hold::OtherText(CompanyId(3), "see file".to_owned());
    assert_eq!(identify_company(account(), &evidence), Verdict::Held(Rule::C1, expected));
}

#[test]
fn the_contact_in_the_own_company_comes_before_one_elsewhere() {
    let evidence = contact_evidence(vec![contact(2, UdfValue::Empty), contact(1, UdfValue::Empty)]);

    assert_eq!(identify_contact(person_id(), &evidence), Verdict::Same(ContactId(10)));
}

#[test]
fn a_contact_in_another_company_of_the_name_matches_unless_that_is_anothers() {
    let free = contact(2, UdfValue::Empty);
    assert_eq!(
        identify_contact(person_id(), &contact_evidence(vec![free.clone()])),
        Verdict::Same(ContactId(20))
    );

    let taken = ContactCandidate { company_account: Some(other()), ..free };
    let expected = Hold::OthersCompany(ContactId(20), other());
    assert_eq!(
        identify_contact(person_id(), &contact_evidence(vec![taken])),
        Verdict::Held(Rule::K1, expected)
    );
}

#[test]
fn a_contact_linked_to_another_is_a_duplicate_within_the_account_and_held_across() {
    let holder = id("003000000000009AAA");
    let candidate = |holder_account| ContactCandidate {
        holder_account,
        company_account: Some(account()),
        ..contact(1, UdfValue::Id(holder))
    };

    let within = contact_evidence(vec![candidate(Some(account()))]);
    assert_eq!(identify_contact(person_id(), &within), Verdict::DuplicateOf(holder));

    for elsewhere in [Some(other()), None] {
        let across = contact_evidence(vec![candidate(elsewhere)]);
        let expected = Hold::OthersContact(ContactId(10), holder);
        assert_eq!(identify_contact(person_id(), &across), Verdict::Held(Rule::K1, expected));
    }
}

#[test]
fn a_claim_of_this_import_counts_like_a_link() {
    let first = id("003000000000009AAA");

    let within =
        ContactEvidence { claimed_by: Some((first, account())), ..contact_evidence(vec![]) };
    assert_eq!(identify_contact(person_id(), &within), Verdict::DuplicateOf(first));

    let across = ContactEvidence { claimed_by: Some((first, other())), ..contact_evidence(vec![]) };
    let expected = Hold::ClaimedElsewhere(first);
    assert_eq!(identify_contact(person_id(), &across), Verdict::Held(Rule::K1, expected));
}

#[test]
fn an_unmapped_pair_is_neither_linked_again_nor_made_again() {
    let unmapped = |same_key| vec![UnMapped { target: CompanyId(3), same_key }];
    let mut evidence = CompanyEvidence {
        carriers: vec![CompanyId(3)],
        same_key: vec![company(3, UdfValue::Empty)],
        unmapped: unmapped(true),
        ..CompanyEvidence::default()
    };
    assert_eq!(identify_company(account(), &evidence), Verdict::UnMapped(CompanyId(3)));

    // The company was renamed in Autotask.
    evidence.same_key = vec![];
    assert_eq!(identify_company(account(), &evidence), Verdict::UnMapped(CompanyId(3)));

    // The account was given a key of its own.
    evidence.unmapped = unmapped(false);
    assert_eq!(identify_company(account(), &evidence), Verdict::New);

    // And back: the un-mapped company would be doubled.
    evidence.same_key = vec![company(3, UdfValue::Empty)];
    assert_eq!(identify_company(account(), &evidence), Verdict::UnMapped(CompanyId(3)));
}

#[test]
fn an_unmapped_record_is_free_for_another_once_its_key_changes() {
    let mut evidence = CompanyEvidence {
        same_key: vec![company(3, UdfValue::Empty), company(4, UdfValue::Empty)],
        unmapped: vec![UnMapped { target: CompanyId(3), same_key: true }],
        ..CompanyEvidence::default()
    };
    assert_eq!(identify_company(account(), &evidence), Verdict::UnMapped(CompanyId(3)));

    evidence.unmapped[0].same_key = false;
    assert_eq!(identify_company(account(), &evidence), Verdict::Same(CompanyId(4)));

    let mut person = contact_evidence(vec![contact(1, UdfValue::Empty)]);
    person.unmapped = vec![UnMapped { target: ContactId(10), same_key: true }];
    assert_eq!(identify_contact(person_id(), &person), Verdict::UnMapped(ContactId(10)));
}

#[test]
fn a_persons_choice_settles_what_was_held_unless_the_record_is_anothers() {
    let mut evidence = CompanyEvidence {
        same_key: vec![company(3, UdfValue::Empty), company(4, UdfValue::Empty)],
        chosen: Some(Choice::This(CompanyId(4), Some(UdfValue::Empty))),
        ..CompanyEvidence::default()
    };
    assert_eq!(identify_company(account(), &evidence), Verdict::Chosen(CompanyId(4)));

    evidence.chosen = Some(Choice::New);
    assert_eq!(identify_company(account(), &evidence), Verdict::ChosenNew);

    evidence.chosen = Some(Choice::This(CompanyId(4), Some(UdfValue::Id(other()))));
    let taken = Hold::Taken(CompanyId(4), other());
    assert_eq!(identify_company(account(), &evidence), Verdict::Held(Rule::C1, taken));
}

#[test]
fn a_company_that_carries_the_accounts_id_can_be_chosen_for_it() {
    let evidence = |choice| CompanyEvidence { chosen: Some(choice), ..CompanyEvidence::default() };
    let own = Some(UdfValue::Id(account()));

    let chosen = evidence(Choice::This(CompanyId(4), own.clone()));
    assert_eq!(identify_company(account(), &chosen), Verdict::Chosen(CompanyId(4)));

    let inherited = evidence(Choice::Inherited(CompanyId(4), other(), own));
    let expected = Verdict::Inherited(CompanyId(4), other());
    assert_eq!(identify_company(account(), &inherited), expected);

    let gone = evidence(Choice::Inherited(CompanyId(4), other(), None));
    let expected = Verdict::InheritedGone(CompanyId(4), other());
    assert_eq!(identify_company(account(), &gone), expected);
}

#[test]
fn a_choice_of_what_is_not_there_or_holds_a_text_is_left_to_a_person() {
    let text = || UdfValue::Other("see file".to_owned());
    for (choice, rule, hold) in [
        (Choice::This(CompanyId(4), None), Rule::C3, Hold::NotThere(CompanyId(4))),
        (
            Choice::This(CompanyId(4), Some(text())),
            Rule::C1,
            Hold::OtherText(CompanyId(4), "see file".to_owned()),
        ),
        (
            Choice::Inherited(CompanyId(4), account(), Some(UdfValue::Id(other()))),
            Rule::C1,
            Hold::Taken(CompanyId(4), other()),
        ),
    ] {
        let evidence = CompanyEvidence { chosen: Some(choice), ..CompanyEvidence::default() };

        assert_eq!(identify_company(account(), &evidence), Verdict::Held(rule, hold));
    }
}

#[test]
fn a_carrier_that_is_unmapped_leaves_the_other_one() {
    let company = CompanyEvidence {
        carriers: vec![CompanyId(1), CompanyId(2)],
        unmapped: vec![UnMapped { target: CompanyId(1), same_key: true }],
        ..CompanyEvidence::default()
    };
    assert_eq!(identify_company(account(), &company), Verdict::Carries(CompanyId(2)));

    let contact = ContactEvidence {
        carriers: vec![ContactId(1), ContactId(2)],
        unmapped: vec![UnMapped { target: ContactId(1), same_key: true }],
        ..contact_evidence(vec![])
    };
    assert_eq!(identify_contact(person_id(), &contact), Verdict::Carries(ContactId(2)));
}

#[test]
fn for_contacts_too_a_link_beats_a_carrier_and_a_carrier_a_choice() {
    let mut evidence = contact_evidence(vec![contact(1, UdfValue::Empty)]);
    evidence.chosen = Some(Choice::New);
    assert_eq!(identify_contact(person_id(), &evidence), Verdict::ChosenNew);

    evidence.carriers = vec![ContactId(20)];
    assert_eq!(identify_contact(person_id(), &evidence), Verdict::Carries(ContactId(20)));

    evidence.link = Some(ContactId(30));
    assert_eq!(identify_contact(person_id(), &evidence), Verdict::Linked(ContactId(30)));

    evidence.carriers = vec![ContactId(20), ContactId(30)];
    let expected = Hold::CarriedTwice(vec![ContactId(20), ContactId(30)]);
    assert_eq!(identify_contact(person_id(), &evidence), Verdict::Held(Rule::C6, expected));
}

#[test]
fn two_contacts_with_one_key_are_left_to_a_person() {
    let second = ContactCandidate { contact: ContactId(11), ..contact(1, UdfValue::Empty) };
    let evidence = contact_evidence(vec![contact(1, UdfValue::Empty), second]);

    let expected = Hold::Ambiguous(vec![ContactId(10), ContactId(11)]);
    assert_eq!(identify_contact(person_id(), &evidence), Verdict::Held(Rule::C3, expected));
}

#[test]
fn a_claim_of_another_account_leaves_the_contact_in_the_own_company() {
    let first = id("003000000000009AAA");
    let evidence = ContactEvidence {
        claimed_by: Some((first, other())),
        ..contact_evidence(vec![contact(1, UdfValue::Empty)])
    };

    assert_eq!(identify_contact(person_id(), &evidence), Verdict::Same(ContactId(10)));
}

#[test]
fn a_contact_is_free_where_its_company_is_the_accounts_or_nobodys() {
    for company_account in [Some(account()), None] {
        let free = ContactCandidate { company_account, ..contact(1, UdfValue::Unknown) };
        let evidence = contact_evidence(vec![free]);

        assert_eq!(identify_contact(person_id(), &evidence), Verdict::Same(ContactId(10)));
    }
}

#[test]
fn a_contact_that_holds_a_text_is_left_to_a_person() {
    let evidence = contact_evidence(vec![contact(1, UdfValue::Other("see file".to_owned()))]);

    let expected = Hold::OtherText(ContactId(10), "see file".to_owned());
    assert_eq!(identify_contact(person_id(), &evidence), Verdict::Held(Rule::C1, expected));
}

#[test]
fn an_unmapped_contact_is_free_for_another_once_its_key_changes() {
    let mut evidence =
        contact_evidence(vec![contact(1, UdfValue::Empty), contact(2, UdfValue::Empty)]);
    evidence.unmapped = vec![UnMapped { target: ContactId(10), same_key: false }];

    assert_eq!(identify_contact(person_id(), &evidence), Verdict::Same(ContactId(20)));
}

#[test]
fn a_hold_names_the_records_that_a_person_has_to_look_at() {
    let twice = || vec![ContactId(10), ContactId(20)];
    for (hold, words) in [
        (Hold::Ambiguous(twice()), ["10, 20", "same key"]),
        (Hold::CarriedTwice(twice()), ["10, 20", "carry"]),
        (Hold::NotThere(ContactId(10)), ["10", "not there"]),
        (Hold::Taken(ContactId(10), other()), ["10", "001000000000002AAA"]),
        (Hold::OtherText(ContactId(10), "see file".to_owned()), ["10", "see file"]),
        (Hold::OthersContact(ContactId(10), other()), ["10", "001000000000002AAA"]),
        (Hold::OthersCompany(ContactId(10), other()), ["10", "001000000000002AAA"]),
        (Hold::ClaimedElsewhere(other()), ["another account", "001000000000002AAA"]),
    ] {
        let text = hold.to_string();

        for word in words {
            assert!(text.contains(word), "{text} without {word}");
        }
    }
}
