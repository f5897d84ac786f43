//! Salesforce accounts.

use jiff::{SignedDuration, Timestamp};

use super::draw::{Draw, Purpose};
use super::layout::{Block, KeyPart, Spelling, account_role as role};
use super::odd::AccountOddity;
use super::places::{self, Place};
use super::{people, text};

/// What is planted in an account's four values that tell companies apart, and in its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountIdentity {
    /// Nothing.
    Ordinary,
    /// An Autotask company has the same key.
    Exists {
        /// How the company's values are spelled.
        spelling: Spelling,
        /// Whether the company is active.
        is_active: bool,
    },
    /// Two Autotask companies have the same key.
    Ambiguous,
    /// An Autotask company differs in exactly this.
    NearCompany(KeyPart),
    /// An earlier account has the same key.
    Duplicate {
        /// That account.
        of: u64,
        /// How the values are spelled.
        spelling: Spelling,
    },
    /// An earlier account differs in exactly this.
    NearAccount {
        /// That account.
        of: u64,
        /// In what it differs.
        differs: KeyPart,
    },
    /// An earlier account has the same name, in another city.
    Branch {
        /// That account.
        of: u64,
    },
    /// The account is part of a hierarchy.
    Child,
    /// The account is its own grandparent.
    Cycle,
}

/// A Salesforce account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its place among the accounts.
    pub index: u64,
    /// What is planted in who it is.
    pub identity: AccountIdentity,
    /// What is planted in its values.
    pub oddity: Option<AccountOddity>,
    /// The user who owns it.
    pub owner: u64,
    /// The account it belongs to.
    pub parent: Option<u64>,
    /// `Name`.
    pub name: String,
    /// `BillingStreet`.
    pub street: Option<String>,
    /// `BillingCity`.
    pub city: Option<String>,
    /// `BillingState`.
    pub state: Option<String>,
    /// `BillingPostalCode`.
    pub postal_code: Option<String>,
    /// `BillingCountry`.
    pub country: Option<String>,
    /// `Phone`.
    pub phone: Option<String>,
    /// `Fax`.
    pub fax: Option<String>,
    /// `Website`.
    pub website: Option<String>,
    /// `AccountNumber`.
    pub account_number: Option<String>,
    /// `AnnualRevenue`.
    pub annual_revenue: Option<f64>,
    /// `NumberOfEmployees`.
    pub employees: Option<u32>,
    /// `Sic`.
    pub sic: Option<String>,
    /// `TickerSymbol`.
    pub ticker_symbol: Option<String>,
    /// `Type`.
    pub kind: Option<String>,
    /// `Rating`.
    pub rating: Option<String>,
    /// `Industry`.
    pub industry: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `CreatedDate`.
    pub created: Timestamp,
    /// `LastModifiedDate` and `SystemModstamp`.
    pub modified: Timestamp,
}

/// Labels of company types that Autotask tenants have from the start.
pub(super) const TYPES: &[&str] =
    &["Customer", "Prospect", "Lead", "Vendor", "Partner", "Technology Partner"];
pub(super) const RATINGS: &[&str] = &["Hot", "Warm", "Cold"];
/// Industries of Salesforce that are market segments in Autotask too.
pub(super) const INDUSTRIES: &[&str] = &[
    "Banking",
    "Construction",
    "Consulting",
    "Education",
    "Electronics",
    "Energy",
    "Finance",
    "Healthcare",
    "Insurance",
    "Manufacturing",
    "Media",
    "Retail",
    "Technology",
    "Transportation",
];

/// Autotask's lengths of the four values that tell companies apart: name, first address line, city, state.
pub(super) const KEY_LENGTHS: [usize; 4] = [100, 128, 30, 40];

/// The account at an index, in a world without end.
pub(super) fn planned(seed: u64, index: u64) -> Account {
    let block = Block::of_account(seed, index);
    let role = block.role_of(index);
    let identity = identity(&block, role);
    let mut account = drawn(seed, index, role);
    account.identity = identity;
    account.parent = parent(seed, &block, role);
    account.oddity = oddity(&block, role, identity);
    if let Some(oddity) = account.oddity {
        oddity.apply(&mut account);
    }
    match identity {
        AccountIdentity::Duplicate { of, spelling } => {
            take_key(&mut account, &planned(seed, of), spelling);
        }
        AccountIdentity::NearAccount { of, differs } => {
            let mut own = account.clone();
            take_key(&mut account, &planned(seed, of), Spelling::Exact);
            differ(&mut account, &mut own, differs);
        }
        AccountIdentity::Branch { of } => account.name = planned(seed, of).name,
        _ => {}
    }
    account
}

fn identity(block: &Block, role: u64) -> AccountIdentity {
    let exists = |spelling| AccountIdentity::Exists { spelling, is_active: true };
    let duplicate =
        |lead, spelling| AccountIdentity::Duplicate { of: block.index_of(lead), spelling };
    let near = |turn: u64| AccountIdentity::NearAccount {
        of: block.index_of(role::LEAD_OF_NEAR),
        differs: KeyPart::ALL
            [usize::from((block.number.wrapping_mul(2).wrapping_add(turn)).to_le_bytes()[0] % 4)],
    };
    match role {
        role::DUPLICATE_IN_CASE => duplicate(role::LEAD_OF_DUPLICATES, Spelling::Case),
        role::DUPLICATE_IN_BLANKS => duplicate(role::LEAD_OF_DUPLICATES, Spelling::Blanks),
        role::DUPLICATE_OF_EXISTING => duplicate(role::EXISTS, Spelling::Exact),
        role::EXISTS | role::EXISTS_CUT => exists(Spelling::Exact),
        role::EXISTS_IN_CASE => exists(Spelling::Case),
        role::EXISTS_IN_BLANKS => exists(Spelling::Blanks),
        role::EXISTS_DECOMPOSED => exists(Spelling::Decomposed),
        role::EXISTS_INACTIVE => {
            AccountIdentity::Exists { spelling: Spelling::Exact, is_active: false }
        }
        role::AMBIGUOUS => AccountIdentity::Ambiguous,
        role::NEAR_COMPANY..=role::NEAR_COMPANY_LAST => {
            let part = usize::try_from(role - role::NEAR_COMPANY).unwrap_or_default();
            AccountIdentity::NearCompany(KeyPart::ALL[part])
        }
        role::NEAR_ACCOUNT => near(0),
        role::NEAR_ACCOUNT_TOO => near(1),
        role::BRANCH => AccountIdentity::Branch { of: block.index_of(role::LEAD_OF_BRANCH) },
        role::CHILD | role::GRANDCHILD | role::LINK_OF_CHAIN => AccountIdentity::Child,
        role::CYCLE | role::CYCLE_BACK => AccountIdentity::Cycle,
        _ => AccountIdentity::Ordinary,
    }
}

fn parent(seed: u64, block: &Block, role: u64) -> Option<u64> {
    match role {
        role::CHILD => Some(block.index_of(role::TOP)),
        role::GRANDCHILD => Some(block.index_of(role::CHILD)),
        role::CYCLE => Some(block.index_of(role::CYCLE_BACK)),
        role::CYCLE_BACK => Some(block.index_of(role::CYCLE)),
        // Eight links make a chain; the next one begins at the top again.
        role::LINK_OF_CHAIN if !block.number.is_multiple_of(8) => {
            Some(Block::of_accounts(seed, block.number - 1).index_of(role::LINK_OF_CHAIN))
        }
        _ => None,
    }
}

/// What is odd about the account that plays a role: half of the roles have an oddity, each in turn.
fn oddity(block: &Block, role: u64, identity: AccountIdentity) -> Option<AccountOddity> {
    if role == role::EXISTS_CUT {
        return Some(AccountOddity::LongName);
    }
    if !role.is_multiple_of(2) {
        return None;
    }
    let turns = u64::try_from(AccountOddity::ALL.len()).unwrap_or(1);
    let turn = block.number.wrapping_mul(13).wrapping_add(role / 2) % turns;
    let oddity = AccountOddity::ALL[usize::try_from(turn).unwrap_or_default()];
    let keeps_key = role == role::EXISTS_DECOMPOSED
        || matches!(
            identity,
            AccountIdentity::Duplicate { .. }
                | AccountIdentity::NearAccount { .. }
                | AccountIdentity::NearCompany(_)
                | AccountIdentity::Branch { .. }
        );
    Some(oddity).filter(|oddity| !(keeps_key && oddity.is_in_key()))
}

/// The account without what is planted in it.
fn drawn(seed: u64, index: u64, role: u64) -> Account {
    let mut draw = Draw::new(seed, Purpose::Account, index);
    let place = if role == role::EXISTS_DECOMPOSED {
        places::accented(&mut draw)
    } else {
        places::any(&mut draw)
    };
    let name = place.firm(&mut draw, index);
    let domain = text::slug(&name);
    let (created, modified) = moments(&mut draw);
    Account {
        index,
        identity: AccountIdentity::Ordinary,
        oddity: None,
        owner: draw.below(people::count()).into(),
        parent: None,
        street: Some(place.street(&mut draw)),
        city: Some(place.city.to_owned()),
        state: some(place.state),
        postal_code: Some(place.postal_code(&mut draw)),
        country: draw.maybe(92, |_| place.country.to_owned()),
        phone: Some(place.telephone(&mut draw)),
        fax: draw.maybe(25, |draw| place.telephone(draw)),
        website: draw.maybe(80, |_| format!("https://www.{domain}.example.com")),
        account_number: draw.maybe(60, |draw| draw.figures("CD######")),
        annual_revenue: draw.maybe(50, revenue),
        employees: draw.maybe(50, |draw| draw.between(1, 12_000)),
        sic: draw.maybe(20, |draw| draw.figures("####")),
        ticker_symbol: draw.maybe(10, |draw| draw.figures("@@@")),
        kind: draw.maybe(85, |draw| (*draw.pick(TYPES)).to_owned()),
        rating: draw.maybe(60, |draw| (*draw.pick(RATINGS)).to_owned()),
        industry: draw.maybe(70, |draw| (*draw.pick(INDUSTRIES)).to_owned()),
        description: draw.maybe(30, |_| format!("{name} has been a customer since {created:.10}.")),
        name,
        created,
        modified,
    }
}

/// When a record was created and last changed: between 2012 and the middle of 2025.
pub(super) fn moments(draw: &mut Draw) -> (Timestamp, Timestamp) {
    const YEAR_2012: i64 = 1_325_376_000;
    const TWELVE_YEARS: u32 = 12 * 365 * 86_400;
    const ONE_YEAR: u32 = 365 * 86_400;
    let created = YEAR_2012 + i64::from(draw.below(TWELVE_YEARS));
    let created = Timestamp::from_second(created).unwrap_or(Timestamp::UNIX_EPOCH);
    let after = SignedDuration::from_secs(draw.below(ONE_YEAR).into());
    (created, created.saturating_add(after).unwrap_or(created))
}

/// From some ten thousands to some hundred millions.
fn revenue(draw: &mut Draw) -> f64 {
    let figures = f64::from(draw.between(10, 9_999));
    figures * 10_f64.powi(i32::try_from(draw.between(3, 5)).unwrap_or(3))
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Gives an account the key of another one.
fn take_key(account: &mut Account, lead: &Account, spelling: Spelling) {
    let respelled = |text: &Option<String>, part: usize| {
        text.as_deref().map(|text| text::respell(text, spelling, KEY_LENGTHS[part]))
    };
    account.name = text::respell(&lead.name, spelling, KEY_LENGTHS[0]);
    account.street = respelled(&lead.street, 1);
    account.city = respelled(&lead.city, 2);
    account.state = respelled(&lead.state, 3);
}

/// Gives an account one part of the key that differs from what is there.
fn differ(account: &mut Account, own: &mut Account, part: KeyPart) {
    let other = |now: &Option<String>, own: Option<String>, fallback: &str| {
        own.filter(|own| Some(own) != now.as_ref()).or_else(|| Some(fallback.to_owned()))
    };
    match part {
        KeyPart::Name => account.name.clone_from(&own.name),
        KeyPart::Street => account.street = own.street.take(),
        KeyPart::City => account.city = other(&account.city, own.city.take(), "Elsewhere"),
        KeyPart::State => account.state = other(&account.state, own.state.take(), "XX"),
    }
}

impl Account {
    /// The account with nothing but what Salesforce itself requires or keeps.
    pub(super) fn sparse(&self) -> Self {
        Self {
            street: None,
            city: None,
            state: None,
            postal_code: None,
            country: None,
            phone: None,
            fax: None,
            website: None,
            account_number: None,
            annual_revenue: None,
            employees: None,
            sic: None,
            ticker_symbol: None,
            kind: None,
            rating: None,
            industry: None,
            description: None,
            ..self.clone()
        }
    }

    /// The place's manner of writing telephone numbers and names, for records that belong to this one.
    pub(super) fn place(&self, draw: &mut Draw) -> &'static Place {
        places::named(self.city.as_deref().unwrap_or_default()).unwrap_or_else(|| places::any(draw))
    }
}
