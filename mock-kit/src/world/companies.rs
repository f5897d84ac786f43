//! Autotask companies that are there before an import.

use super::accounts::{self, Account, INDUSTRIES, KEY_LENGTHS, RATINGS, TYPES};
use super::draw::{Draw, Purpose};
use super::layout::{Block, COMPANIES_IN_BLOCK, KeyPart, Spelling, account_role as role};
use super::places::{self, Place};
use super::{people, text};

/// What a company has to do with the accounts of the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompanyIdentity {
    /// Nothing.
    Own,
    /// It has an account's key.
    Same {
        /// That account.
        account: u64,
        /// How the values are spelled.
        spelling: Spelling,
    },
    /// It has an account's key, and so has another company.
    Ambiguous {
        /// That account.
        account: u64,
    },
    /// It has an account's key, but for this part.
    Near {
        /// That account.
        account: u64,
        /// In what it differs.
        differs: KeyPart,
    },
}

/// An Autotask company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Its place among the companies.
    pub index: u64,
    /// What it has to do with the accounts.
    pub identity: CompanyIdentity,
    /// `isActive`.
    pub is_active: bool,
    /// The resource that is its account manager.
    pub owner: u64,
    /// `companyName`.
    pub name: String,
    /// `address1`.
    pub address1: Option<String>,
    /// `address2`.
    pub address2: Option<String>,
    /// `city`.
    pub city: Option<String>,
    /// `state`.
    pub state: Option<String>,
    /// `postalCode`.
    pub postal_code: Option<String>,
    /// The ISO code of the country.
    pub country: Option<String>,
    /// `phone`.
    pub phone: String,
    /// `fax`.
    pub fax: Option<String>,
    /// `webAddress`.
    pub web_address: Option<String>,
    /// `companyNumber`.
    pub company_number: Option<String>,
    /// The label of the company type.
    pub kind: String,
    /// The label of the classification.
    pub classification: Option<String>,
    /// The label of the market segment.
    pub market_segment: Option<String>,
}

/// The role of the account that a place in a block of companies has to do with.
fn role_of(place: u64) -> Option<u64> {
    match place {
        0 => Some(role::EXISTS),
        1 => Some(role::EXISTS_IN_CASE),
        2 => Some(role::EXISTS_IN_BLANKS),
        3 => Some(role::EXISTS_DECOMPOSED),
        4 => Some(role::EXISTS_INACTIVE),
        5 => Some(role::EXISTS_CUT),
        6 | 7 => Some(role::AMBIGUOUS),
        8..=11 => Some(role::NEAR_COMPANY + place - 8),
        _ => None,
    }
}

/// The place in its block of the company that belongs to the account of a role.
pub(super) fn place_for(role: u64) -> Option<u64> {
    (0..COMPANIES_IN_BLOCK).find(|place| role_of(*place) == Some(role))
}

/// The company at an index.
pub(super) fn company(seed: u64, index: u64) -> Company {
    let mut draw = Draw::new(seed, Purpose::Company, index);
    let place = index % COMPANIES_IN_BLOCK;
    let Some(role) = role_of(place) else {
        let place = places::any(&mut draw);
        let mut own = drawn(&mut draw, index, place);
        own.country = Some(place.iso.to_owned());
        return own;
    };
    let block = Block::of_accounts(seed, index / COMPANIES_IN_BLOCK);
    let account = accounts::planned(seed, block.index_of(role));
    let location = account.place(&mut draw);
    let mut company = drawn(&mut draw, index, location);
    company.is_active = role != role::EXISTS_INACTIVE;
    company.identity = match (place, account.identity) {
        (6 | 7, _) => CompanyIdentity::Ambiguous { account: account.index },
        (_, accounts::AccountIdentity::NearCompany(differs)) => {
            CompanyIdentity::Near { account: account.index, differs }
        }
        (_, accounts::AccountIdentity::Exists { spelling, .. }) => {
            CompanyIdentity::Same { account: account.index, spelling }
        }
        _ => CompanyIdentity::Own,
    };
    let spelling = match company.identity {
        CompanyIdentity::Same { spelling, .. } => spelling,
        // The second of two is spelled as someone else would have typed it.
        CompanyIdentity::Ambiguous { .. } if place == 7 => Spelling::Case,
        _ => Spelling::Exact,
    };
    let own = (company.name.clone(), company.address1.clone());
    take_key(&mut company, &account, spelling);
    if let CompanyIdentity::Near { differs, .. } = company.identity {
        let other = places::elsewhere(
            &mut draw,
            company.city.as_deref().unwrap_or_default(),
            company.state.as_deref().unwrap_or_default(),
        );
        match differs {
            KeyPart::Name => company.name = own.0,
            KeyPart::Street => company.address1 = own.1,
            KeyPart::City => company.city = Some(other.city.to_owned()),
            KeyPart::State => {
                company.state = Some(other.state.to_owned()).filter(|state| !state.is_empty());
            }
        }
    }
    company
}

/// Gives a company an account's key, as Autotask would hold it.
fn take_key(company: &mut Company, account: &Account, spelling: Spelling) {
    let held = |text: &str, part: usize| {
        let most = KEY_LENGTHS[part];
        text::respell(text::fitting(text, most), spelling, most)
    };
    let street = account.street.as_deref().unwrap_or_default();
    let line = street.split(['\r', '\n']).next().unwrap_or_default();
    let some = |text: &str, part: usize| (!text.is_empty()).then(|| held(text, part));
    company.name = held(&account.name, 0);
    company.address1 = some(line, 1);
    company.city = some(account.city.as_deref().unwrap_or_default(), 2);
    company.state = some(account.state.as_deref().unwrap_or_default(), 3);
}

/// A company without what is planted in it.
fn drawn(draw: &mut Draw, index: u64, place: &Place) -> Company {
    let name = place.firm(draw, index);
    let domain = text::slug(&name);
    Company {
        index,
        identity: CompanyIdentity::Own,
        is_active: true,
        owner: *draw.pick(&people::managers()),
        address1: Some(place.street(draw)),
        address2: draw.maybe(10, |draw| format!("Floor {}", draw.between(1, 20))),
        city: Some(place.city.to_owned()),
        state: Some(place.state.to_owned()).filter(|state| !state.is_empty()),
        postal_code: draw.maybe(70, |draw| place.postal_code(draw)),
        country: draw.maybe(60, |_| place.iso.to_owned()),
        phone: place.telephone(draw),
        fax: draw.maybe(30, |draw| place.telephone(draw)),
        web_address: draw.maybe(50, |_| format!("www.{domain}.example.com")),
        company_number: draw.maybe(30, |draw| draw.figures("AT-#####")),
        kind: (*draw.pick(TYPES)).to_owned(),
        classification: draw.maybe(40, |draw| (*draw.pick(RATINGS)).to_owned()),
        market_segment: draw.maybe(40, |draw| (*draw.pick(INDUSTRIES)).to_owned()),
        name,
    }
}
