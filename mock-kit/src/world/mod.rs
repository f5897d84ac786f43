//! Believable firms and people from a seed, on both sides of an import.
//!
//! Each record is a pure function of the seed and its index: a million of them need no memory, and two programs that
//! were started with the same seed agree without having met. Records come in blocks of a fixed make-up (`layout`).
//! About half of a block is ordinary; the rest are the cases that make imports go wrong, and each record tells what
//! was planted in it. What the Autotask side has in common with the Salesforce side depends on nothing but the seed
//! and the index either, so a side need not know how large the other is.
//!
//! A world says what is there, not what an import should make of it.

mod accounts;
mod companies;
mod contacts;
mod draw;
mod layout;
mod odd;
mod people;
mod persons;
mod places;
mod text;

pub use accounts::{Account, AccountIdentity};
pub use companies::{Company, CompanyIdentity};
pub use contacts::{Contact, ContactIdentity};
pub use layout::{
    ACCOUNTS_IN_BLOCK, COMPANIES_IN_BLOCK, CONTACTS_IN_BLOCK, KeyPart, PERSONS_IN_BLOCK, Spelling,
};
pub use odd::{AccountOddity, ContactOddity};
pub use people::{OwnerKind, Resource, User};
pub use persons::{Person, PersonIdentity};

/// How many records a world has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Salesforce accounts.
    pub accounts: u64,
    /// Salesforce contacts.
    pub contacts: u64,
    /// Autotask companies that are there before an import.
    pub companies: u64,
    /// Autotask contacts that are there before an import.
    pub persons: u64,
}

impl Size {
    /// So many accounts and contacts, and the Autotask records that belong to as many.
    pub fn of(accounts: u64, contacts: u64) -> Self {
        let share =
            |count: u64, block: u64, other: u64| count.div_ceil(block).saturating_mul(other);
        Self {
            accounts,
            contacts,
            companies: share(accounts, ACCOUNTS_IN_BLOCK, COMPANIES_IN_BLOCK),
            persons: share(contacts, CONTACTS_IN_BLOCK, PERSONS_IN_BLOCK),
        }
    }
}

/// A seed and a size: all that is needed to tell what any record looks like.
///
/// ```
/// use mock_kit::world::{Size, World};
///
/// let (one, other) = (World::new(7, Size::of(2_000, 6_000)), World::new(7, Size::of(10, 30)));
///
/// assert_eq!(one.account(3).name, other.account(3).name);
/// assert_eq!(one.company(5), other.company(5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct World {
    seed: u64,
    size: Size,
}

impl World {
    /// The world of a seed, in a size.
    pub fn new(seed: u64, size: Size) -> Self {
        Self { seed, size }
    }

    /// How many records it has.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The Salesforce users who own accounts.
    pub fn users(&self) -> Vec<User> {
        people::users(self.seed)
    }

    /// The Autotask resources. The last one is meant to be the default account manager.
    pub fn resources(&self) -> Vec<Resource> {
        people::resources(self.seed)
    }

    /// The Salesforce account at an index.
    pub fn account(&self, index: u64) -> Account {
        let mut account = accounts::planned(self.seed, index);
        account.parent = account.parent.filter(|parent| *parent < self.size.accounts);
        account
    }

    /// The Salesforce contact at an index.
    pub fn contact(&self, index: u64) -> Contact {
        let mut contact = contacts::planned(self.seed, index);
        if let Some(account) = contact.account.filter(|account| *account >= self.size.accounts) {
            contact.account = account.checked_rem(self.size.accounts);
            contact.identity =
                contact.account.map_or(ContactIdentity::Orphan, |_| ContactIdentity::Ordinary);
        }
        contact
    }

    /// The Autotask company at an index.
    pub fn company(&self, index: u64) -> Company {
        companies::company(self.seed, index)
    }

    /// The Autotask contact at an index.
    pub fn person(&self, index: u64) -> Person {
        let mut person = persons::planned(self.seed, index);
        if person.company >= self.size.companies {
            person.company %= self.size.companies.max(1);
            person.identity = PersonIdentity::Own;
        }
        person
    }

    /// All Salesforce accounts, in the order of their indices.
    pub fn accounts(&self) -> impl Iterator<Item = Account> {
        let world = *self;
        (0..self.size.accounts).map(move |index| world.account(index))
    }

    /// All Salesforce contacts, in the order of their indices.
    pub fn contacts(&self) -> impl Iterator<Item = Contact> {
        let world = *self;
        (0..self.size.contacts).map(move |index| world.contact(index))
    }

    /// All Autotask companies, in the order of their indices.
    pub fn companies(&self) -> impl Iterator<Item = Company> {
        let world = *self;
        (0..self.size.companies).map(move |index| world.company(index))
    }

    /// All Autotask contacts, in the order of their indices.
    pub fn persons(&self) -> impl Iterator<Item = Person> {
        let world = *self;
        let count = if self.size.companies == 0 { 0 } else { self.size.persons };
        (0..count).map(move |index| world.person(index))
    }
}

#[cfg(test)]
mod tests;
