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
