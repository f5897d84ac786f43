//! Draws a simulation from a seed: a small org with all that makes imports go wrong, and hours in which people and
//! machines do what they do.
//!
//! Names, places and people come from short lists, so that keys clash by themselves.

use std::collections::BTreeMap;
use std::ops::Range;

use mock_autotask::Entity;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value as Json, json};

use super::faults;
use super::script::{Deed, Fields, HostName, Object, Script, Step};
use crate::interruption::Moment;

/// How large a simulation is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How long deeds go on.
    pub minutes: u64,
    /// Accounts at the beginning.
    pub accounts: u64,
}

/// The longest time without a check.
const QUIET_EVERY: u64 = 7 * 24 * 60;

/// Between two imports, in milliseconds.
const TICK: u64 = 20 * 60 * 1_000;

const NAMES: &[&str] = &[
    "Nord GmbH",
    "NORD  gmbh",
    "Süd & Söhne AG",
    "Harbour <Trading> Ltd",
    "Mill Lane Bakery",
    "Übersee Kontor KG",
    "Quay Logistics",
    "Sm\u{69}\u{308}th \"Bros\" 😀",
    "null",
    "Peak Outdoor Supplies of a very long name that goes on and on until no field of Autotask has any room left for it at all",
];
const STREETS: &[&str] =
    &["1 High Street", "1  HIGH street", "2 Quay Road\nRear building", "Am Markt 3", ""];
const CITIES: &[&str] = &["York", "Leeds", "Köln"];
const FIRST_NAMES: &[&str] = &["Kim", "KIM", "Lee", "Zoë", ""];
const LAST_NAMES: &[&str] = &["Archer", "Baker", "Çelik", "Dörr", "Evans"];
const COUNTRIES: &[&str] = &["Germany", "United Kingdom", "us", "Atlantis", ""];
const TYPES: &[&str] = &["Customer", "prospect", "Vendor", "Competitor", ""];
const RATINGS: &[&str] = &["Hot", "warm", "Lukewarm", ""];
const INDUSTRIES: &[&str] = &["Banking", "Energy", "Falconry", ""];
/// Users of Salesforce, and what they are called. Some have namesakes among the resources.
const USERS: &[[&str; 2]] = &[["Ann", "Archer"], ["Bo", "Baker"], ["Cy", "Nobody"]];
const RESOURCES: &[[&str; 2]] = &[["Ann", "Archer"], ["Bo", "Baker"], ["Dee", "Default"]];

impl Script {
    /// The simulation of a seed.
    pub fn draw(seed: u64, extent: Extent) -> Self {
        let mut draw = Draw::new(seed, extent);
        draw.beginning();
        draw.course();
        let mut steps = draw.steps;
        steps.sort_by_key(|step| step.at);
        let Extent { minutes, .. } = extent;
        let settings = BTreeMap::new();
        Self { seed, settings, minutes, quiet_every: QUIET_EVERY.min(minutes), steps }
    }
}

struct Draw {
    random: ChaCha8Rng,
    extent: Extent,
    steps: Vec<Step>,
    accounts: Vec<String>,
    contacts: Vec<String>,
    companies: Vec<String>,
    persons: Vec<String>,
}

impl Draw {
    fn new(seed: u64, extent: Extent) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            extent,
            steps: Vec::new(),
            accounts: Vec::new(),
            contacts: Vec::new(),
            companies: Vec::new(),
            persons: Vec::new(),
        }
    }

    fn below(&mut self, most: u64) -> u64 {
        self.random.random_range(0..most.max(1))
    }

    fn within(&mut self, range: Range<u64>) -> u64 {
        self.random.random_range(range)
    }

    /// So many times in a hundred.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn one<'l>(&mut self, list: &'l [&'l str]) -> &'l str {
        list.choose(&mut self.random).copied().unwrap_or_default()
    }

    fn do_at(&mut self, at: u64, deed: Deed) {
        self.steps.push(Step { at, deed });
    }

    /// What is there before the first import.
    fn beginning(&mut self) {
        for (number, [first, last]) in (0..).zip(USERS) {
            let fields = json!({ "FirstName": first, "LastName": last, "Alias": last,
                "Username": format!("{last}@example.com"), "Email": format!("{last}@example.com") });
            self.in_salesforce(0, &format!("u{number}"), Object::User, fields);
        }
        for (number, [first, last]) in (0..).zip(RESOURCES) {
            let fields = json!({ "firstName": first, "lastName": last,
                "email": format!("{first}@example.com") });
            self.in_autotask(0, &format!("r{number}"), Entity::Resource, fields);
        }
        for _ in 0..self.extent.accounts.div_ceil(2) {
            self.company(0);
        }
        for _ in 0..self.extent.accounts.div_ceil(3) {
            self.person(0);
        }
        for _ in 0..self.extent.accounts {
            self.account(0);
        }
        for _ in 0..self.extent.accounts * 3 / 2 {
            self.contact(0);
        }
    }

    /// What is done while imports go on.
    fn course(&mut self) {
        let end = self.extent.minutes * 60_000;
        // An eventful day, and after a week of those one a day.
        let days = self.extent.minutes.div_ceil(24 * 60);
        let deeds = (12 + self.extent.accounts * 2) * days.min(7) + days.saturating_sub(7) * 6;
        let mut moments: Vec<u64> = (0..deeds).map(|_| self.moment(end)).collect();
        moments.sort_unstable();
        for at in moments {
            match self.below(100) {
                0..38 => self.salesforce_deed(at),
                38..62 => self.autotask_deed(at),
                62..84 => self.fault(at),
                _ => self.operation(at),
            }
        }
    }

    /// Any moment, or one in an import.
    fn moment(&mut self, end: u64) -> u64 {
        if self.chance(40) {
            return self.below(end);
        }
        let tick = self.within(0..(end / TICK).max(1)) * TICK;
        tick + self.below(6_000)
    }

    fn salesforce_deed(&mut self, at: u64) {
        match self.below(100) {
            0..16 => self.account(at),
            16..32 => self.contact(at),
            32..56 => {
                if let Some(key) = self.any_account() {
                    let fields = self.some_of_account(&key);
                    self.do_at(at, Deed::SalesforceEdit { key, fields });
                }
            }
            56..80 => {
                if let Some(key) = self.any_contact() {
                    let fields = self.some_of_contact();
                    self.do_at(at, Deed::SalesforceEdit { key, fields });
                }
            }
            80..88 => {
                if let Some(key) = self.any_source() {
                    self.do_at(at, Deed::SalesforceDelete { key: key.clone() });
                    if self.chance(40) {
                        let later = at + self.below(2 * TICK);
                        self.do_at(later, Deed::SalesforceRestore { key });
                    }
                }
            }
            _ => {
                let pair = if self.chance(50) {
                    self.any_account().zip(self.any_account())
                } else {
                    self.any_contact().zip(self.any_contact())
                };
                if let Some((master, loser)) = pair.filter(|(one, other)| one != other) {
                    self.do_at(at, Deed::SalesforceMerge { master, loser });
                }
            }
        }
    }

    fn autotask_deed(&mut self, at: u64) {
        match self.below(100) {
            0..14 => self.company(at),
            14..26 => self.person(at),
            26..54 => {
                if let Some(record) = self.any_target() {
                    let fields = self.edit_in_autotask(&record);
                    self.do_at(at, Deed::AutotaskEdit { record, fields });
                }
            }
            54..76 => {
                if let Some(record) = self.any_source() {
                    self.do_at(at, Deed::AutotaskClear { record });
                }
            }
            76..88 => {
                if let Some(record) = self.any_target() {
                    self.do_at(at, Deed::AutotaskDelete { record });
                }
            }
            88..94 => {
                if let Some((record, id_of)) = self.any_target().zip(self.any_source()) {
                    self.do_at(at, Deed::AutotaskType { record, id_of });
                }
            }
            _ => {
                let record = format!("r{}", self.below(RESOURCES.len() as u64));
                let fields = object(json!({ "isActive": self.chance(50) }));
                self.do_at(at, Deed::AutotaskEdit { record, fields });
            }
        }
    }

    fn fault(&mut self, at: u64) {
        if self.chance(60) {
            let rule = faults::autotask(&mut self.random);
            self.do_at(at, Deed::AutotaskFault { rule });
        } else {
            let rule = faults::salesforce(&mut self.random);
            self.do_at(at, Deed::SalesforceFault { rule });
        }
    }

    fn operation(&mut self, at: u64) {
        let down = if self.chance(80) { self.below(60) } else { self.below(3_600) };
        match self.below(100) {
            0..20 => self.do_at(at, Deed::Launch),
            20..50 => {
                let nth = self.within(1..40);
                let moment = match self.below(4) {
                    0 => Moment::BeforeRequest(nth),
                    1 => Moment::AfterRequest(nth),
                    2 => Moment::BeforeCommit(nth),
                    _ => Moment::AfterCommit(nth),
                };
                self.do_at(at, Deed::Crash { moment, down });
            }
            50..58 => self.do_at(at, Deed::Kill { down }),
            58..64 => self.do_at(at, Deed::Stop { down }),
            64..70 => {
                let seconds = self.random.random_range(-3_600..3_600);
                self.do_at(at, Deed::SetClock { seconds });
            }
            70..82 => {
                let host = if self.chance(60) { HostName::Autotask } else { HostName::Salesforce };
                let back = at + 1_000 * (1 + self.below(1_800));
                self.do_at(at, Deed::Cut { host, lost: true });
                self.do_at(back, Deed::Cut { host, lost: false });
            }
            82..86 => self.do_at(at, Deed::EndSessions),
            86..91 => {
                let back = at + 1_000 * (1 + self.below(3_600));
                let requests = self.random.random_range(7_000..10_000);
                self.do_at(at, Deed::OtherRequests { requests });
                self.do_at(back, Deed::OtherRequests { requests: 0 });
            }
            91..96 => {
                let back = at + 1_000 * (1 + self.below(7_200));
                self.do_at(at, Deed::MailServer { down: true });
                self.do_at(back, Deed::MailServer { down: false });
            }
            _ => {
                let mails = self.random.random_range(1..3);
                self.do_at(at, Deed::LoseReceipts { mails });
            }
        }
    }

    fn in_salesforce(&mut self, at: u64, key: &str, object: Object, fields: Json) {
        let (key, fields) = (key.to_owned(), self::object(fields));
        self.do_at(at, Deed::SalesforceCreate { key, object, fields });
    }

    fn in_autotask(&mut self, at: u64, key: &str, entity: Entity, fields: Json) {
        let (key, fields) = (key.to_owned(), object(fields));
        self.do_at(at, Deed::AutotaskCreate { key, entity, fields });
    }

    fn account(&mut self, at: u64) {
        let mut fields = Fields::new();
        for place in 0..14 {
            let (name, value) = self.account_field(place, "");
            fields.insert(name.to_owned(), value);
        }
        let key = format!("a{}", self.accounts.len());
        self.do_at(
            at,
            Deed::SalesforceCreate { key: key.clone(), object: Object::Account, fields },
        );
        self.accounts.push(key);
    }

    fn contact(&mut self, at: u64) {
        let mut fields = Fields::new();
        for place in 0..10 {
            let (name, value) = self.contact_field(place);
            fields.insert(name.to_owned(), value);
        }
        let key = format!("c{}", self.contacts.len());
        self.do_at(
            at,
            Deed::SalesforceCreate { key: key.clone(), object: Object::Contact, fields },
        );
        self.contacts.push(key);
    }

    fn company(&mut self, at: u64) {
        let key = format!("x{}", self.companies.len());
        let street = self.one(STREETS).lines().next().unwrap_or_default().to_owned();
        let name: String = self.one(NAMES).chars().take(100).collect();
        let fields = json!({
            "companyName": name, "address1": street, "city": self.one(CITIES), "state": self.one(&["Kent", ""]),
            "phone": self.phone(), "companyType": 1, "ownerResourceID": 4,
            "isActive": !self.chance(10),
        });
        self.in_autotask(at, &key, Entity::Company, fields);
        self.companies.push(key);
    }

    fn person(&mut self, at: u64) {
        let Some(company) = self.any_company() else { return };
        let key = format!("p{}", self.persons.len());
        let first = match self.one(FIRST_NAMES) {
            "" => "-",
            first => first,
        };
        let fields = json!({
            "companyID": format!("@{company}"), "firstName": first, "lastName": self.one(LAST_NAMES),
            "isActive": u8::from(!self.chance(10)), "phone": self.phone(),
        });
        self.in_autotask(at, &key, Entity::Contact, fields);
        self.persons.push(key);
    }

    fn phone(&mut self) -> String {
        format!("+44 20 7946 {:04}", self.below(10_000))
    }

    /// One of the fields of an account, by its place in a list, and a value.
    fn account_field(&mut self, place: u64, of: &str) -> (&'static str, Json) {
        let or_none = |text: String| if text.is_empty() { Json::Null } else { text.into() };
        match place {
            0 => ("Name", self.one(NAMES).into()),
            1 => ("BillingStreet", or_none(self.one(STREETS).to_owned())),
            2 => ("BillingCity", self.one(CITIES).into()),
            3 => ("BillingState", or_none(self.one(&["Kent", ""]).to_owned())),
            4 => {
                let phone = if self.chance(20) { String::new() } else { self.phone() };
                ("Phone", or_none(phone))
            }
            5 => ("OwnerId", format!("@u{}", self.below(USERS.len() as u64)).into()),
            6 => {
                let parent = self.any_account().filter(|parent| parent != of);
                let parent = parent.filter(|_| self.chance(40));
                ("ParentId", parent.map_or(Json::Null, |parent| format!("@{parent}").into()))
            }
            7 => ("BillingCountry", or_none(self.one(COUNTRIES).to_owned())),
            8 => ("Type", or_none(self.one(TYPES).to_owned())),
            9 => ("Rating", or_none(self.one(RATINGS).to_owned())),
            10 => ("Industry", or_none(self.one(INDUSTRIES).to_owned())),
            11 => ("Website", or_none(self.some_text("https://example.com/", 3))),
            12 => ("AccountNumber", or_none(self.some_text("N-", 4))),
            _ => ("BillingPostalCode", or_none(self.some_text("", 6))),
        }
    }

    fn contact_field(&mut self, place: u64) -> (&'static str, Json) {
        let or_none = |text: String| if text.is_empty() { Json::Null } else { text.into() };
        match place {
            0 => ("FirstName", or_none(self.one(FIRST_NAMES).to_owned())),
            1 => ("LastName", self.one(LAST_NAMES).into()),
            2 => {
                let account = self.any_account().filter(|_| self.chance(88));
                ("AccountId", account.map_or(Json::Null, |account| format!("@{account}").into()))
            }
            3 => ("Email", or_none(self.some_text("mail@example.", 3))),
            4 => ("Title", or_none(self.some_text("Head of ", 2))),
            5 => ("Phone", self.phone().into()),
            6 => ("MobilePhone", or_none(self.some_text("+49 ", 5))),
            7 => ("MailingStreet", or_none(self.one(STREETS).to_owned())),
            8 => ("MailingCity", self.one(CITIES).into()),
            _ => ("MailingPostalCode", or_none(self.some_text("", 5))),
        }
    }

    /// Nothing, or the beginning and a few digits.
    fn some_text(&mut self, beginning: &str, digits: u32) -> String {
        if self.chance(30) {
            return String::new();
        }
        format!("{beginning}{}", self.below(10_u64.pow(digits)))
    }

    fn some_of_account(&mut self, key: &str) -> Fields {
        let mut fields = Fields::new();
        for _ in 0..self.within(1..4) {
            let place = self.below(14);
            let (name, value) = self.account_field(place, key);
            fields.insert(name.to_owned(), value);
        }
        fields
    }

    fn some_of_contact(&mut self) -> Fields {
        let mut fields = Fields::new();
        for _ in 0..self.within(1..4) {
            let place = self.below(10);
            let (name, value) = self.contact_field(place);
            fields.insert(name.to_owned(), value);
        }
        fields
    }

    fn edit_in_autotask(&mut self, record: &str) -> Fields {
        let is_person = record.starts_with(['c', 'p']);
        let edit = match (is_person, self.below(6)) {
            (true, 0) => json!({ "lastName": self.one(LAST_NAMES) }),
            (true, 1) => json!({ "title": "edited by hand" }),
            (true, 2) => json!({ "isActive": u8::from(self.chance(50)) }),
            (false, 0) => json!({ "companyName": "Renamed by hand" }),
            (false, 1) => json!({ "city": self.one(CITIES) }),
            (false, 2) => json!({ "isActive": self.chance(50) }),
            (false, 3) => json!({ "webAddress": "by.hand.example.com" }),
            _ => json!({ "phone": self.phone() }),
        };
        object(edit)
    }

    fn any_account(&mut self) -> Option<String> {
        self.accounts.choose(&mut self.random).cloned()
    }

    fn any_contact(&mut self) -> Option<String> {
        self.contacts.choose(&mut self.random).cloned()
    }

    fn any_source(&mut self) -> Option<String> {
        if self.chance(50) { self.any_account() } else { self.any_contact() }
    }

    /// A company made by hand, or that of an account.
    fn any_company(&mut self) -> Option<String> {
        if self.chance(60) || self.accounts.is_empty() {
            return self.companies.choose(&mut self.random).cloned();
        }
        self.any_account()
    }

    /// Any record in Autotask.
    fn any_target(&mut self) -> Option<String> {
        match self.below(4) {
            0 => self.companies.choose(&mut self.random).cloned(),
            1 => self.persons.choose(&mut self.random).cloned(),
            _ => self.any_source(),
        }
    }
}

/// The fields that a JSON object has.
fn object(fields: Json) -> Fields {
    match fields {
        Json::Object(fields) => fields,
        _ => Fields::new(),
    }
}
