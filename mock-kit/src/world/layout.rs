//! The make-up of a block: which roles its records play, and where each role stands.
//!
//! Every block of accounts has the same roles in an order of its own. Followers (a duplicate, a branch, a contact of
//! the same name) always stand behind the record they follow, so that the one that came first has the lower id.

use super::draw::{Draw, Purpose};

/// Accounts in a block.
pub const ACCOUNTS_IN_BLOCK: u64 = 40;
/// Contacts in a block: three for each account.
pub const CONTACTS_IN_BLOCK: u64 = 120;
/// Autotask companies that belong to a block of accounts.
pub const COMPANIES_IN_BLOCK: u64 = 16;
/// Autotask contacts that belong to a block of contacts.
pub const PERSONS_IN_BLOCK: u64 = 14;

/// How a copy of a text is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// To the letter.
    Exact,
    /// With capitals for small letters and the other way round.
    Case,
    /// With blanks around it and double ones in it.
    Blanks,
    /// With accents apart from their letters (Unicode NFD).
    Decomposed,
}

/// One of the four values that tell companies apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPart {
    /// The name.
    Name,
    /// The first line of the address.
    Street,
    /// The city.
    City,
    /// The state.
    State,
}

impl KeyPart {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Name, Self::Street, Self::City, Self::State];
}

/// The roles of accounts, by their places in [`ACCOUNT_ORDER`]'s numbering.
pub(super) mod account_role {
    pub(in super::super) const LEAD_OF_DUPLICATES: u64 = 0;
    pub(in super::super) const DUPLICATE_IN_CASE: u64 = 1;
    pub(in super::super) const DUPLICATE_IN_BLANKS: u64 = 2;
    pub(in super::super) const EXISTS: u64 = 3;
    pub(in super::super) const DUPLICATE_OF_EXISTING: u64 = 4;
    pub(in super::super) const EXISTS_IN_CASE: u64 = 5;
    pub(in super::super) const EXISTS_IN_BLANKS: u64 = 6;
    pub(in super::super) const EXISTS_DECOMPOSED: u64 = 7;
    pub(in super::super) const EXISTS_INACTIVE: u64 = 8;
    pub(in super::super) const EXISTS_CUT: u64 = 9;
    pub(in super::super) const AMBIGUOUS: u64 = 10;
    /// Four roles, one for each part of the key.
    pub(in super::super) const NEAR_COMPANY: u64 = 11;
    pub(in super::super) const NEAR_COMPANY_CITY: u64 = NEAR_COMPANY + 2;
    pub(in super::super) const NEAR_COMPANY_LAST: u64 = NEAR_COMPANY + 3;
    pub(in super::super) const LEAD_OF_NEAR: u64 = 15;
    pub(in super::super) const NEAR_ACCOUNT: u64 = 16;
    pub(in super::super) const NEAR_ACCOUNT_TOO: u64 = 17;
    pub(in super::super) const LEAD_OF_BRANCH: u64 = 18;
    pub(in super::super) const BRANCH: u64 = 19;
    pub(in super::super) const TOP: u64 = 20;
    pub(in super::super) const CHILD: u64 = 21;
    pub(in super::super) const GRANDCHILD: u64 = 22;
    pub(in super::super) const CYCLE: u64 = 23;
    pub(in super::super) const CYCLE_BACK: u64 = 24;
    /// The child of the same role in the block before.
    pub(in super::super) const LINK_OF_CHAIN: u64 = 25;
    /// The first of the ordinary accounts.
    pub(in super::super) const ORDINARY: u64 = 26;
}

/// The roles of contacts.
pub(super) mod contact_role {
    pub(in super::super) const EXISTS: u64 = 0;
    pub(in super::super) const EXISTS_IN_CASE: u64 = 1;
    pub(in super::super) const EXISTS_IN_BLANKS: u64 = 2;
    pub(in super::super) const EXISTS_DECOMPOSED: u64 = 3;
    pub(in super::super) const EXISTS_INACTIVE: u64 = 4;
    pub(in super::super) const AMBIGUOUS: u64 = 5;
    pub(in super::super) const EXISTS_NAMELESS: u64 = 6;
    pub(in super::super) const EXISTS_ELSEWHERE: u64 = 7;
    pub(in super::super) const LEAD_IN_HEAD_OFFICE: u64 = 8;
    pub(in super::super) const SAME_NAME_IN_BRANCH: u64 = 9;
    pub(in super::super) const LEAD_WITH_DUPLICATES: u64 = 10;
    pub(in super::super) const SAME_NAME_IN_CASE: u64 = 11;
    pub(in super::super) const SAME_NAME_IN_DUPLICATE: u64 = 12;
    pub(in super::super) const LEAD_IN_ORDINARY: u64 = 13;
    pub(in super::super) const SAME_NAME_IN_BLANKS: u64 = 14;
    pub(in super::super) const OF_DUPLICATE: u64 = 15;
    pub(in super::super) const OF_DUPLICATE_OF_EXISTING: u64 = 16;
    pub(in super::super) const OF_AMBIGUOUS: u64 = 17;
    pub(in super::super) const OF_AMBIGUOUS_TOO: u64 = 18;
    /// Four roles.
    pub(in super::super) const ORPHANS: std::ops::Range<u64> = 19..23;
    /// Three roles.
    pub(in super::super) const NAMELESS: std::ops::Range<u64> = 23..26;
}

/// Which roles must come in order: the first of each list has the lowest place of them all.
const ACCOUNT_ORDER: &[&[u64]] = {
    use account_role as role;
    &[
        &[role::LEAD_OF_DUPLICATES, role::DUPLICATE_IN_CASE, role::DUPLICATE_IN_BLANKS],
        &[role::EXISTS, role::DUPLICATE_OF_EXISTING],
        &[role::LEAD_OF_NEAR, role::NEAR_ACCOUNT, role::NEAR_ACCOUNT_TOO],
        &[role::LEAD_OF_BRANCH, role::BRANCH],
    ]
};

const CONTACT_ORDER: &[&[u64]] = {
    use contact_role as role;
    &[
        &[role::LEAD_IN_HEAD_OFFICE, role::SAME_NAME_IN_BRANCH],
        &[role::LEAD_WITH_DUPLICATES, role::SAME_NAME_IN_CASE, role::SAME_NAME_IN_DUPLICATE],
        &[role::LEAD_IN_ORDINARY, role::SAME_NAME_IN_BLANKS],
    ]
};

/// Where each role of one block stands.
#[derive(Debug)]
pub(super) struct Block {
    /// Index of the block's first record.
    first: u64,
    /// The place of each role.
    places: Vec<u64>,
    /// The number of the block.
    pub(super) number: u64,
}

impl Block {
    /// The block the account at `index` belongs to.
    pub(super) fn of_account(seed: u64, index: u64) -> Self {
        Self::of_accounts(seed, index / ACCOUNTS_IN_BLOCK)
    }

    /// A block of accounts.
    pub(super) fn of_accounts(seed: u64, number: u64) -> Self {
        let draw = Draw::new(seed, Purpose::AccountBlock, number);
        Self::new(draw, number, ACCOUNTS_IN_BLOCK, ACCOUNT_ORDER)
    }

    /// The block the contact at `index` belongs to.
    pub(super) fn of_contact(seed: u64, index: u64) -> Self {
        Self::of_contacts(seed, index / CONTACTS_IN_BLOCK)
    }

    /// A block of contacts.
    pub(super) fn of_contacts(seed: u64, number: u64) -> Self {
        let draw = Draw::new(seed, Purpose::ContactBlock, number);
        Self::new(draw, number, CONTACTS_IN_BLOCK, CONTACT_ORDER)
    }

    fn new(mut draw: Draw, number: u64, size: u64, order: &[&[u64]]) -> Self {
        let mut places: Vec<u64> = (0..size).collect();
        draw.shuffle(&mut places);
        for group in order {
            let place = |role: u64| usize::try_from(role).expect("blocks are small");
            let first = group.iter().copied().min_by_key(|role| places[place(*role)]);
            if let (Some(lead), Some(first)) = (group.first(), first) {
                places.swap(place(*lead), place(first));
            }
        }
        Self { first: number.saturating_mul(size), places, number }
    }

    /// The index of the record that plays a role.
    pub(super) fn index_of(&self, role: u64) -> u64 {
        let place = usize::try_from(role).ok().and_then(|role| self.places.get(role));
        self.first.saturating_add(*place.expect("every role has a place"))
    }

    /// The role of the record at an index.
    pub(super) fn role_of(&self, index: u64) -> u64 {
        let found = self.places.iter().position(|place| self.first.saturating_add(*place) == index);
        found.and_then(|role| u64::try_from(role).ok()).expect("every place has a role")
    }
}
