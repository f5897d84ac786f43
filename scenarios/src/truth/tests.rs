use mock_kit::world::{AccountIdentity, ContactIdentity, Size};

use super::*;

fn truth() -> Truth {
    let world = World::new(1, Size::of(2_000, 6_000));
    let manager = world.resources().last().map(|resource| resource.index);
    Truth::new(world, Terms { default_manager: manager })
}

/// The first record of each kind that a mistaken oracle would judge differently.
#[test]
fn what_is_planted_in_accounts_is_what_becomes_of_them() {
    let truth = truth();

    for account in truth.world.accounts() {
        let outcome = truth.account(account.index);
        let is_right = match account.identity {
            AccountIdentity::Exists { .. } => matches!(outcome, Outcome::Linked(_)),
            AccountIdentity::Ambiguous => outcome == Outcome::Held,
            AccountIdentity::Duplicate { of, .. } => outcome == Outcome::DuplicateOf(of),
            _ => outcome == Outcome::Created,
        };
        assert!(is_right, "{:?} became {outcome:?}: {account:?}", account.identity);
    }
}

#[test]
fn what_is_planted_in_contacts_is_what_becomes_of_them() {
    let truth = truth();

    for contact in truth.world.contacts() {
        let outcome = truth.contact(contact.index);
        let is_right = match contact.identity {
            ContactIdentity::Orphan => outcome == Outcome::Orphan,
            ContactIdentity::Exists { .. } | ContactIdentity::ExistsElsewhere => {
                matches!(outcome, Outcome::Linked(_))
            }
            ContactIdentity::Ambiguous | ContactIdentity::SameNameInBranch { .. } => {
                outcome == Outcome::Held
            }
            ContactIdentity::SameName { of, .. } => outcome == Outcome::DuplicateOf(of),
            ContactIdentity::OfDuplicate => outcome == Outcome::Created,
            ContactIdentity::OfAmbiguous => outcome == Outcome::Deferred,
            // Chance may have put an ordinary contact into an account that is held.
            ContactIdentity::Ordinary => matches!(outcome, Outcome::Created | Outcome::Deferred),
        };
        assert!(is_right, "{:?} became {outcome:?}: {contact:?}", contact.identity);
    }
}

#[test]
fn every_record_has_one_outcome() {
    let truth = truth();

    assert_eq!(truth.account_counts().values().sum::<u64>(), 2_000);
    assert_eq!(truth.contact_counts().values().sum::<u64>(), 6_000);
    assert_eq!(truth.contact_counts()["orphan"], 200);
}

#[test]
fn without_a_default_manager_accounts_of_strangers_are_refused() {
    let world = World::new(1, Size::of(400, 0));

    let truth = Truth::new(world, Terms::default());

    let refused = truth.account_counts()["refused"];
    assert!((20..200).contains(&refused), "{refused} of 400");
}

#[test]
fn streets_are_split_at_the_first_line_break_alone() {
    let split = |street| values::lines(Some(street));

    assert_eq!(split("1 Main St"), (Some("1 Main St"), None));
    assert_eq!(
        split("1 Main St\r\nFloor 2\r\nc/o X"),
        (Some("1 Main St"), Some("Floor 2\r\nc/o X"))
    );
    assert_eq!(split("1 Main St\n\nc/o X"), (Some("1 Main St"), Some("\nc/o X")));
}

#[test]
fn a_cut_never_tears_a_character() {
    assert_eq!(values::cut("ab🚀c", 3), "ab");
    assert_eq!(values::cut("ab🚀c", 4), "ab🚀");
}
