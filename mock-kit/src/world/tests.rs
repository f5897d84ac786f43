use std::collections::BTreeMap;

use super::text::units;
use super::*;

fn demo() -> World {
    World::new(1, Size::of(2_000, 6_000))
}

/// How often each name was said.
fn count<T: Ord>(names: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

fn key_of(account: &Account) -> [String; 4] {
    let street = account.street.clone().unwrap_or_default();
    let line = street.split(['\r', '\n']).next().unwrap_or_default().to_owned();
    let parts = [
        (account.name.clone(), 100),
        (line, 128),
        (account.city.clone().unwrap_or_default(), 30),
        (account.state.clone().unwrap_or_default(), 40),
    ];
    parts.map(|(part, most)| text::fitting(&part, most).to_owned())
}

/// What is the same about two spellings; the tests' own and simple notion.
fn folded(parts: [String; 4]) -> [String; 4] {
    use unicode_normalization::UnicodeNormalization;
    parts.map(|part| {
        part.nfc()
            .collect::<String>()
            .to_lowercase()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    })
}

fn company_key(company: &Company) -> [String; 4] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    folded([
        company.name.clone(),
        text(&company.address1),
        text(&company.city),
        text(&company.state),
    ])
}

#[test]
fn a_small_world_is_the_beginning_of_a_large_one() {
    let (small, large) =
        (World::new(7, Size::of(10, 30)), World::new(7, Size::of(1_000_000, 3_000_000)));

    for index in 0..10 {
        let (one, other) = (small.account(index), large.account(index));
        assert_eq!((one.name, one.street, one.owner), (other.name, other.street, other.owner));
    }
    assert!(small.companies().zip(large.companies()).all(|(one, other)| one == other));
    assert!(small.accounts().all(|account| account.parent.is_none_or(|parent| parent < 10)));
    assert!(small.contacts().all(|contact| contact.account.is_none_or(|account| account < 10)));
    assert_eq!(large.account(999_999), large.account(999_999));
}

#[test]
fn another_seed_makes_another_world() {
    let (one, other) = (World::new(1, Size::of(40, 120)), World::new(2, Size::of(40, 120)));

    let same = one.accounts().zip(other.accounts()).filter(|(a, b)| a.name == b.name).count();
    assert!(same < 5, "{same} names are the same");
}

#[test]
fn a_world_without_accounts_has_orphans_only() {
    let world = World::new(1, Size { contacts: 50, ..Size::default() });

    assert!(world.contacts().all(|contact| contact.account.is_none()));
    assert_eq!(world.persons().count(), 0);
}

#[test]
fn every_kind_of_account_is_there_dozens_of_times() {
    let accounts: Vec<Account> = demo().accounts().collect();

    let oddities = count(accounts.iter().filter_map(|account| account.oddity));
    for oddity in AccountOddity::ALL {
        assert!(
            oddities.get(&oddity).is_some_and(|count| *count >= 24),
            "{oddity:?}: {oddities:?}"
        );
    }
    let identities = count(accounts.iter().map(|account| {
        let name = format!("{:?}", account.identity);
        name.split("of: ").next().unwrap_or_default().to_owned()
    }));
    for (identity, count) in &identities {
        assert!(*count >= 24, "{identity}: {count}");
    }
    let ordinary = identities["Ordinary"];
    assert!((800..1_400).contains(&ordinary), "{ordinary} of 2,000 are ordinary");
}

#[test]
fn every_kind_of_contact_is_there_dozens_of_times() {
    let contacts: Vec<Contact> = demo().contacts().collect();

    let oddities = count(contacts.iter().filter_map(|contact| contact.oddity));
    for oddity in ContactOddity::BY_TURNS.into_iter().chain([ContactOddity::NoFirstName]) {
        assert!(
            oddities.get(&oddity).is_some_and(|count| *count >= 24),
            "{oddity:?}: {oddities:?}"
        );
    }
    let identities = count(contacts.iter().map(|contact| {
        let name = format!("{:?}", contact.identity);
        name.split("of: ").next().unwrap_or_default().to_owned()
    }));
    for (identity, count) in &identities {
        assert!(*count >= 24, "{identity}: {count}");
    }
}

#[test]
fn every_kind_of_owner_owns_dozens_of_accounts() {
    let world = demo();
    let users = world.users();

    let kinds =
        count(world.accounts().map(|account| users[usize::try_from(account.owner).unwrap()].kind));

    assert_eq!(kinds.len(), 8);
    assert!(kinds.values().all(|count| *count >= 24), "{kinds:?}");
}

#[test]
fn duplicates_follow_an_account_of_the_same_key() {
    let world = demo();

    for account in world.accounts() {
        if let AccountIdentity::Duplicate { of, .. } = account.identity {
            assert!(of < account.index);
            assert_eq!(
                folded(key_of(&account)),
                folded(key_of(&world.account(of))),
                "{}",
                account.index
            );
        }
    }
}

#[test]
fn near_accounts_and_near_companies_differ_in_what_they_say_alone() {
    let world = demo();
    let differing = |one: [String; 4], other: [String; 4]| -> Vec<usize> {
        (0..4).filter(|part| one[*part] != other[*part]).collect()
    };

    for account in world.accounts() {
        if let AccountIdentity::NearAccount { of, differs } = account.identity {
            let found = differing(folded(key_of(&account)), folded(key_of(&world.account(of))));
            assert_eq!(found, [differs as usize], "{}", account.index);
        }
    }
    for company in world.companies() {
        if let CompanyIdentity::Near { account, differs } = company.identity {
            let found = differing(company_key(&company), folded(key_of(&world.account(account))));
            assert_eq!(found, [differs as usize], "{}", company.index);
        }
    }
}

#[test]
fn companies_that_exist_have_their_accounts_key() {
    let world = demo();
    let mut other_form = 0;

    for company in world.companies() {
        if let CompanyIdentity::Same { account, spelling } = company.identity {
            let account = world.account(account);
            assert_eq!(company_key(&company), folded(key_of(&account)), "{}", company.index);
            let is_other = company.name != account.name || company.city != account.city;
            other_form += usize::from(spelling != Spelling::Exact && is_other);
        }
    }

    assert!(other_form >= 120, "{other_form} companies are spelled differently");
}

#[test]
fn values_fit_the_fields_of_the_side_they_are_on() {
    let world = demo();
    let fits =
        |text: &Option<String>, most: usize| text.as_deref().is_none_or(|text| units(text) <= most);

    for account in world.accounts() {
        let is_fitting = units(&account.name) <= 255
            && fits(&account.street, 255)
            && fits(&account.city, 40)
            && fits(&account.state, 80)
            && fits(&account.postal_code, 20)
            && fits(&account.phone, 40)
            && fits(&account.fax, 40)
            && fits(&account.ticker_symbol, 20);
        assert!(is_fitting, "{account:?}");
    }
    for contact in world.contacts() {
        let is_fitting = units(&contact.last_name) <= 80
            && fits(&contact.first_name, 40)
            && fits(&contact.title, 128)
            && fits(&contact.email, 80)
            && fits(&contact.phone, 40)
            && fits(&contact.other_phone, 40)
            && fits(&contact.street, 255)
            && fits(&contact.city, 40)
            && fits(&contact.postal_code, 20);
        assert!(is_fitting, "{contact:?}");
    }
    for company in world.companies() {
        let is_fitting = units(&company.name) <= 100
            && fits(&company.address1, 128)
            && fits(&company.city, 30)
            && fits(&company.state, 40)
            && fits(&company.postal_code, 10)
            && units(&company.phone) <= 25;
        assert!(is_fitting, "{company:?}");
    }
}

#[test]
fn persons_work_for_companies_that_are_there() {
    for world in [
        demo(),
        World::new(1, Size::of(10, 30)),
        World::new(1, Size { companies: 3, ..Size::of(10, 300) }),
    ] {
        assert!(world.persons().all(|person| person.company < world.size().companies));
    }
}

#[test]
fn firms_of_one_name_are_rare_however_large_the_world_is() {
    for (accounts, seed) in [(1_000, 1), (60_000, 2)] {
        let world = World::new(seed, Size::of(accounts, 0));
        let alone = world.accounts().filter(|account| {
            matches!(account.identity, AccountIdentity::Ordinary | AccountIdentity::Exists { .. })
        });
        let names = count(alone.map(|account| account.name));
        let firms: usize = names.values().sum();
        let shared: usize = names.values().map(|alike| alike - 1).sum();
        assert!(shared * 20 < firms, "{shared} of {firms} bear the name of another");
        assert!(names.values().all(|alike| *alike <= 25), "one name is everywhere");
    }
}
