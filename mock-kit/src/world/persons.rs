//! Autotask contacts that are there before an import.

use super::companies;
use super::contacts::{self, FIRST_NAME_LENGTH, LAST_NAME_LENGTH};
use super::draw::{Draw, Purpose};
use super::layout::{
    Block, COMPANIES_IN_BLOCK, PERSONS_IN_BLOCK, Spelling, account_role as firm,
    contact_role as role,
};
use super::{places, text};

/// What a person has to do with the Salesforce contacts of the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonIdentity {
    /// Nothing.
    Own,
    /// It has the name of a contact of the account that its company is.
    Same {
        /// That contact.
        contact: u64,
        /// How the name is spelled.
        spelling: Spelling,
    },
    /// The same, and its company has another person of that name.
    Ambiguous {
        /// That contact.
        contact: u64,
    },
    /// It has the name of a contact of an account whose name its company has, but which is another company.
    Elsewhere {
        /// That contact.
        contact: u64,
    },
}

/// An Autotask contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Its place among the persons.
    pub index: u64,
    /// What it has to do with the Salesforce contacts.
    pub identity: PersonIdentity,
    /// The company it belongs to.
    pub company: u64,
    /// `isActive`.
    pub is_active: bool,
    /// `firstName`.
    pub first_name: String,
    /// `lastName`.
    pub last_name: String,
    /// `title`.
    pub title: Option<String>,
    /// `emailAddress`.
    pub email: Option<String>,
    /// `phone`.
    pub phone: Option<String>,
    /// `mobilePhone`.
    pub mobile_phone: Option<String>,
    /// `addressLine`.
    pub address_line: Option<String>,
    /// `city`.
    pub city: Option<String>,
}

/// The contact's role, and the role of the account whose company the person belongs to.
fn roles_of(place: u64) -> Option<(u64, u64)> {
    match place {
        0 => Some((role::EXISTS, firm::EXISTS)),
        1 => Some((role::EXISTS_IN_CASE, firm::EXISTS_IN_CASE)),
        2 => Some((role::EXISTS_IN_BLANKS, firm::EXISTS_IN_BLANKS)),
        3 => Some((role::EXISTS_DECOMPOSED, firm::EXISTS_DECOMPOSED)),
        4 => Some((role::EXISTS_INACTIVE, firm::EXISTS_INACTIVE)),
        5 | 6 => Some((role::AMBIGUOUS, firm::EXISTS_CUT)),
        7 => Some((role::EXISTS_NAMELESS, firm::EXISTS)),
        8 => Some((role::EXISTS_ELSEWHERE, firm::NEAR_COMPANY_CITY)),
        _ => None,
    }
}

/// The person at an index, in a world without end.
pub(super) fn planned(seed: u64, index: u64) -> Person {
    let mut draw = Draw::new(seed, Purpose::Person, index);
    let (block, place) = (index / PERSONS_IN_BLOCK, index % PERSONS_IN_BLOCK);
    let location = places::any(&mut draw);
    let mut person = Person {
        index,
        identity: PersonIdentity::Own,
        company: block
            .saturating_mul(COMPANIES_IN_BLOCK)
            .saturating_add(place.min(COMPANIES_IN_BLOCK - 1)),
        is_active: true,
        first_name: location.first_name(&mut draw),
        last_name: location.last_name(&mut draw),
        title: draw.maybe(50, |_| "Contact of old".to_owned()),
        email: None,
        phone: draw.maybe(60, |draw| location.telephone(draw)),
        mobile_phone: draw.maybe(40, |draw| location.telephone(draw)),
        address_line: draw.maybe(40, |draw| location.street(draw)),
        city: draw.maybe(40, |_| location.city.to_owned()),
    };
    if let Some((contact_role, account_role)) = roles_of(place) {
        take_name(&mut person, seed, block, place, (contact_role, account_role));
    }
    let address =
        format!("{}.{}{index}", text::slug(&person.first_name), text::slug(&person.last_name));
    person.email = draw.maybe(70, |_| format!("{address}@example.com"));
    person
}

/// Gives a person the name of a contact, in the company where the contact will be looked for.
fn take_name(person: &mut Person, seed: u64, block: u64, place: u64, roles: (u64, u64)) {
    let contact = contacts::planned(seed, Block::of_contacts(seed, block).index_of(roles.0));
    let (spelling, is_active) = match contact.identity {
        contacts::ContactIdentity::Exists { spelling, is_active } => (spelling, is_active),
        _ => (Spelling::Exact, true),
    };
    person.identity = match place {
        5 | 6 => PersonIdentity::Ambiguous { contact: contact.index },
        8 => PersonIdentity::Elsewhere { contact: contact.index },
        _ => PersonIdentity::Same { contact: contact.index, spelling },
    };
    person.is_active = is_active;
    let first = contact.first_name.as_deref().unwrap_or("-");
    person.first_name = text::respell(first, spelling, FIRST_NAME_LENGTH);
    person.last_name = text::respell(
        text::fitting(&contact.last_name, LAST_NAME_LENGTH),
        spelling,
        LAST_NAME_LENGTH,
    );
    if let Some(place) = companies::place_for(roles.1) {
        person.company = block.saturating_mul(COMPANIES_IN_BLOCK).saturating_add(place);
    }
}
