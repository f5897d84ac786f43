//! Salesforce contacts.

use jiff::Timestamp;

use super::accounts::{self, Account};
use super::draw::{Draw, Purpose};
use super::layout::{
    ACCOUNTS_IN_BLOCK, Block, Spelling, account_role as firm, contact_role as role,
};
use super::odd::ContactOddity;
use super::{people, text};

/// What is planted in a contact's name and account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactIdentity {
    /// Nothing.
    Ordinary,
    /// It has no account.
    Orphan,
    /// The Autotask company that its account is has a contact of that name.
    Exists {
        /// How that contact's name is spelled.
        spelling: Spelling,
        /// Whether that contact is active.
        is_active: bool,
    },
    /// The Autotask company that its account is has two contacts of that name.
    Ambiguous,
    /// Another Autotask company of the same name has a contact of that name.
    ExistsElsewhere,
    /// An earlier contact of the same account, or of an account that is the same company, has that name.
    SameName {
        /// That contact.
        of: u64,
        /// How the name is spelled.
        spelling: Spelling,
    },
    /// An earlier contact of another account with the same name has that name.
    SameNameInBranch {
        /// That contact.
        of: u64,
    },
    /// Its account is a duplicate of another one.
    OfDuplicate,
    /// Its account is two companies in Autotask.
    OfAmbiguous,
}

/// A Salesforce contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its place among the contacts.
    pub index: u64,
    /// What is planted in who it is.
    pub identity: ContactIdentity,
    /// What is planted in its values.
    pub oddity: Option<ContactOddity>,
    /// `AccountId`.
    pub account: Option<u64>,
    /// `OwnerId`.
    pub owner: u64,
    /// `Salutation`.
    pub salutation: Option<String>,
    /// `FirstName`.
    pub first_name: Option<String>,
    /// `LastName`.
    pub last_name: String,
    /// `Title`.
    pub title: Option<String>,
    /// `Email`.
    pub email: Option<String>,
    /// `Phone`.
    pub phone: Option<String>,
    /// `MobilePhone`.
    pub mobile_phone: Option<String>,
    /// `OtherPhone`.
    pub other_phone: Option<String>,
    /// `Fax`.
    pub fax: Option<String>,
    /// `MailingStreet`.
    pub street: Option<String>,
    /// `MailingCity`.
    pub city: Option<String>,
    /// `MailingState`.
    pub state: Option<String>,
    /// `MailingPostalCode`.
    pub postal_code: Option<String>,
    /// `MailingCountry`.
    pub country: Option<String>,
    /// `CreatedDate`.
    pub created: Timestamp,
    /// `LastModifiedDate` and `SystemModstamp`.
    pub modified: Timestamp,
}

/// The contact at an index, in a world without end.
pub(super) fn planned(seed: u64, index: u64) -> Contact {
    let block = Block::of_contact(seed, index);
    let role = block.role_of(index);
    let mut draw = Draw::new(seed, Purpose::Contact, index);
    let identity = identity(&block, role);
    let employer = Block::of_accounts(seed, block.number);
    let account = match identity {
        ContactIdentity::Orphan => None,
        _ => Some(employer.index_of(account_role(role, &mut draw))),
    };
    let firm = account.map(|account| accounts::planned(seed, account));
    let mut contact = drawn(&mut draw, index, firm.as_ref(), role == role::EXISTS_DECOMPOSED);
    contact.identity = identity;
    contact.oddity = oddity(&block, role);
    if let Some(oddity) = contact.oddity {
        oddity.apply(&mut contact);
    }
    match identity {
        ContactIdentity::SameName { of, spelling } => {
            take_name(&mut contact, &planned(seed, of), spelling);
        }
        ContactIdentity::SameNameInBranch { of } => {
            take_name(&mut contact, &planned(seed, of), Spelling::Exact);
        }
        _ => {}
    }
    contact
}

/// The role of the account a contact belongs to.
fn account_role(role: u64, draw: &mut Draw) -> u64 {
    match role {
        role::EXISTS | role::EXISTS_NAMELESS => firm::EXISTS,
        role::EXISTS_IN_CASE => firm::EXISTS_IN_CASE,
        role::EXISTS_IN_BLANKS => firm::EXISTS_IN_BLANKS,
        role::EXISTS_DECOMPOSED => firm::EXISTS_DECOMPOSED,
        role::EXISTS_INACTIVE => firm::EXISTS_INACTIVE,
        role::AMBIGUOUS => firm::EXISTS_CUT,
        role::EXISTS_ELSEWHERE => firm::NEAR_COMPANY_CITY,
        role::LEAD_IN_HEAD_OFFICE => firm::LEAD_OF_BRANCH,
        role::SAME_NAME_IN_BRANCH => firm::BRANCH,
        role::LEAD_WITH_DUPLICATES | role::SAME_NAME_IN_CASE => firm::LEAD_OF_DUPLICATES,
        role::SAME_NAME_IN_DUPLICATE | role::OF_DUPLICATE => firm::DUPLICATE_IN_CASE,
        role::LEAD_IN_ORDINARY | role::SAME_NAME_IN_BLANKS => firm::ORDINARY,
        role::OF_DUPLICATE_OF_EXISTING => firm::DUPLICATE_OF_EXISTING,
        role::OF_AMBIGUOUS | role::OF_AMBIGUOUS_TOO => firm::AMBIGUOUS,
        _ => draw.below(u32::try_from(ACCOUNTS_IN_BLOCK).unwrap_or(1)).into(),
    }
}

fn identity(block: &Block, role: u64) -> ContactIdentity {
    let exists = |spelling| ContactIdentity::Exists { spelling, is_active: true };
    let same_name =
        |lead, spelling| ContactIdentity::SameName { of: block.index_of(lead), spelling };
    match role {
        role::EXISTS | role::EXISTS_NAMELESS => exists(Spelling::Exact),
        role::EXISTS_IN_CASE => exists(Spelling::Case),
        role::EXISTS_IN_BLANKS => exists(Spelling::Blanks),
        role::EXISTS_DECOMPOSED => exists(Spelling::Decomposed),
        role::EXISTS_INACTIVE => {
            ContactIdentity::Exists { spelling: Spelling::Exact, is_active: false }
        }
        role::AMBIGUOUS => ContactIdentity::Ambiguous,
        role::EXISTS_ELSEWHERE => ContactIdentity::ExistsElsewhere,
        role::SAME_NAME_IN_BRANCH => {
            ContactIdentity::SameNameInBranch { of: block.index_of(role::LEAD_IN_HEAD_OFFICE) }
        }
        role::SAME_NAME_IN_CASE => same_name(role::LEAD_WITH_DUPLICATES, Spelling::Case),
        role::SAME_NAME_IN_DUPLICATE => same_name(role::LEAD_WITH_DUPLICATES, Spelling::Exact),
        role::SAME_NAME_IN_BLANKS => same_name(role::LEAD_IN_ORDINARY, Spelling::Blanks),
        role::OF_DUPLICATE | role::OF_DUPLICATE_OF_EXISTING => ContactIdentity::OfDuplicate,
        role::OF_AMBIGUOUS | role::OF_AMBIGUOUS_TOO => ContactIdentity::OfAmbiguous,
        _ if role::ORPHANS.contains(&role) => ContactIdentity::Orphan,
        _ => ContactIdentity::Ordinary,
    }
}

/// What is odd about the contact that plays a role: a third of the ordinary ones have an oddity, each in turn.
fn oddity(block: &Block, role: u64) -> Option<ContactOddity> {
    if role::NAMELESS.contains(&role) || role == role::EXISTS_NAMELESS {
        return Some(ContactOddity::NoFirstName);
    }
    if role < role::NAMELESS.end || !role.is_multiple_of(3) {
        return None;
    }
    let turns = u64::try_from(ContactOddity::BY_TURNS.len()).unwrap_or(1);
    let turn = block.number.wrapping_mul(31).wrapping_add(role / 3) % turns;
    Some(ContactOddity::BY_TURNS[usize::try_from(turn).unwrap_or_default()])
}

/// The contact without what is planted in it.
fn drawn(draw: &mut Draw, index: u64, firm: Option<&Account>, is_accented: bool) -> Contact {
    let (created, modified) = accounts::moments(draw);
    let place = match firm {
        Some(firm) => firm.place(draw),
        None => super::places::any(draw),
    };
    let (first_name, last_name) = if is_accented {
        let (first, last) = *draw.pick(&[
            ("Jürgen", "Müller"),
            ("Zoë", "Lefèvre"),
            ("André", "Núñez"),
            ("Åsa", "Čapek"),
        ]);
        (first.to_owned(), last.to_owned())
    } else {
        (place.first_name(draw), place.last_name(draw))
    };
    let domain = firm.map_or_else(|| "mail".to_owned(), |firm| text::slug(&firm.name));
    let own_address = firm.is_none() || draw.chance(10);
    let firms = |value: Option<&Option<String>>| value.cloned().flatten();
    Contact {
        index,
        identity: ContactIdentity::Ordinary,
        oddity: None,
        account: firm.map(|firm| firm.index),
        owner: draw.below(people::count()).into(),
        salutation: draw.maybe(60, |draw| (*draw.pick(&["Mr.", "Ms.", "Dr."])).to_owned()),
        title: draw.maybe(75, |draw| (*draw.pick(TITLES)).to_owned()),
        email: draw.maybe(85, |_| {
            format!("{}.{}@{domain}.example.com", text::slug(&first_name), text::slug(&last_name))
        }),
        phone: draw.maybe(80, |draw| place.telephone(draw)),
        mobile_phone: draw.maybe(50, |draw| place.telephone(draw)),
        other_phone: draw.maybe(15, |draw| place.telephone(draw)),
        fax: draw.maybe(15, |draw| place.telephone(draw)),
        street: if own_address {
            Some(place.street(draw))
        } else {
            firms(firm.map(|firm| &firm.street))
        },
        city: if own_address {
            Some(place.city.to_owned())
        } else {
            firms(firm.map(|firm| &firm.city))
        },
        state: if own_address {
            Some(place.state.to_owned()).filter(|state| !state.is_empty())
        } else {
            firms(firm.map(|firm| &firm.state))
        },
        postal_code: if own_address {
            Some(place.postal_code(draw))
        } else {
            firms(firm.map(|firm| &firm.postal_code))
        },
        country: if own_address {
            Some(place.country.to_owned())
        } else {
            firms(firm.map(|firm| &firm.country))
        },
        first_name: Some(first_name),
        last_name,
        created,
        modified,
    }
}

const TITLES: &[&str] = &[
    "CEO",
    "CFO",
    "Head of Purchasing",
    "Office Manager",
    "IT Manager",
    "Buyer",
    "Facility Manager",
    "Assistant to the Board",
    "Geschäftsführerin",
    "Directeur général",
    "Sales Representative",
    "Engineer",
];

/// Gives a contact the name of another one.
fn take_name(contact: &mut Contact, lead: &Contact, spelling: Spelling) {
    contact.first_name =
        lead.first_name.as_deref().map(|name| text::respell(name, spelling, FIRST_NAME_LENGTH));
    contact.last_name = text::respell(&lead.last_name, spelling, LAST_NAME_LENGTH);
}

/// Salesforce's length of a first name, which is shorter than Autotask's.
pub(super) const FIRST_NAME_LENGTH: usize = 40;
/// Autotask's length of a last name, which is shorter than Salesforce's.
pub(super) const LAST_NAME_LENGTH: usize = 50;

impl Contact {
    /// The contact with nothing but what Salesforce itself requires or keeps.
    pub(super) fn sparse(&self) -> Self {
        Self {
            salutation: None,
            first_name: None,
            title: None,
            email: None,
            phone: None,
            mobile_phone: None,
            other_phone: None,
            fax: None,
            street: None,
            city: None,
            state: None,
            postal_code: None,
            country: None,
            ..self.clone()
        }
    }
}
