//! Which Autotask record each Salesforce record is, by C1 to C4 and K1 to K4.

use std::collections::{BTreeMap, HashMap};

use mock_kit::world::{Account, Company, Contact, Person, World};
use unicode_normalization::UnicodeNormalization;

use super::Terms;
use super::values::{self, lengths};

/// What becomes of a Salesforce record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A new record is made for it.
    Created,
    /// It is the existing Autotask record at this index of the world.
    Linked(u64),
    /// It is the same as the earlier Salesforce record at this index.
    DuplicateOf(u64),
    /// A person has to say which record it is.
    Held,
    /// It is a contact without account.
    Orphan,
    /// It is a contact that waits for its account.
    Deferred,
    /// Autotask would not take it.
    Refused,
}

impl Outcome {
    /// The outcome in the words of R1.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Linked(_) => "linked",
            Self::DuplicateOf(_) => "duplicate",
            Self::Held => "held",
            Self::Orphan => "orphan",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
        }
    }
}

/// A company after the import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Firm {
    /// One that was there before, by its index in the world.
    Existing(u64),
    /// The one made for the account at this index.
    New(u64),
}

/// All decisions of an import.
#[derive(Debug, Default)]
pub(super) struct Decided {
    pub(super) accounts: Vec<Outcome>,
    pub(super) contacts: Vec<Outcome>,
    /// The account that each existing company is linked to.
    pub(super) company_links: BTreeMap<u64, u64>,
    /// The contact that each existing person is linked to.
    pub(super) person_links: BTreeMap<u64, u64>,
}

impl Decided {
    pub(super) fn new(world: &World, terms: Terms) -> Self {
        let mut decided = Self::default();
        decided.decide_accounts(world, terms);
        decided.decide_contacts(world);
        decided
    }

    fn decide_accounts(&mut self, world: &World, terms: Terms) {
        let mut there: HashMap<[String; 4], Vec<u64>> = HashMap::new();
        for company in world.companies() {
            there.entry(company_key(&company)).or_default().push(company.index);
        }
        let staff = values::Staff::of(world, terms);
        let mut first: HashMap<[String; 4], u64> = HashMap::new();
        for account in world.accounts() {
            let key = account_key(&account);
            let outcome = match (first.get(&key), there.get(&key).map_or(&[][..], Vec::as_slice)) {
                (Some(lead), _) => Outcome::DuplicateOf(*lead),
                (None, []) if staff.manager_of(&account).is_none() => Outcome::Refused,
                (None, []) => Outcome::Created,
                (None, [company]) => Outcome::Linked(*company),
                (None, _) => Outcome::Held,
            };
            if let Outcome::Linked(company) = outcome {
                self.company_links.insert(company, account.index);
            }
            if matches!(outcome, Outcome::Linked(_) | Outcome::Created) {
                first.insert(key, account.index);
            }
            self.accounts.push(outcome);
        }
    }

    /// The company an account ends up as, and the account that stands for it where it is a duplicate.
    pub(super) fn firm(&self, account: u64) -> Option<(Firm, u64)> {
        match at(&self.accounts, account) {
            Outcome::Created => Some((Firm::New(account), account)),
            Outcome::Linked(company) => Some((Firm::Existing(company), account)),
            Outcome::DuplicateOf(lead) => self.firm(lead),
            _ => None,
        }
    }

    fn decide_contacts(&mut self, world: &World) {
        let mut people = People::default();
        for person in world.persons() {
            let company = world.company(person.company);
            let key = contact_key(&company.name, &person.first_name, &person.last_name);
            people.add(key, Candidate::of(&person));
        }
        for contact in world.contacts() {
            let outcome = match contact.account.map(|account| self.firm(account)) {
                None => Outcome::Orphan,
                Some(None) => Outcome::Deferred,
                Some(Some((firm, account))) => {
                    let name = match firm {
                        Firm::Existing(company) => world.company(company).name,
                        Firm::New(account) => world.account(account).name,
                    };
                    self.decide_contact(&mut people, &contact, &name, (firm, account))
                }
            };
            if let Outcome::Linked(person) = outcome {
                self.person_links.insert(person, contact.index);
            }
            self.contacts.push(outcome);
        }
    }

    /// K1: candidates in the contact's company first, then in other companies of the same name.
    fn decide_contact(
        &self,
        people: &mut People,
        contact: &Contact,
        company_name: &str,
        (firm, account): (Firm, u64),
    ) -> Outcome {
        let first = contact.first_name.as_deref().unwrap_or_default();
        let key = contact_key(company_name, first, &contact.last_name);
        let known = people.0.entry(key).or_default();
        let own = known.iter().filter(|candidate| candidate.firm == firm).count();
        let mut nearest = known.iter_mut().filter(|candidate| own == 0 || candidate.firm == firm);
        match (nearest.next(), nearest.next()) {
            (None, _) => {
                let taken = Some((contact.index, account));
                known.push(Candidate { person: None, firm, taken });
                Outcome::Created
            }
            (Some(candidate), None) => match candidate.taken {
                Some((holder, its_account)) if its_account == account => {
                    Outcome::DuplicateOf(holder)
                }
                Some(_) => Outcome::Held,
                None if self.is_linked_to_other(candidate.firm, account) => Outcome::Held,
                None => match candidate.person {
                    Some(person) => {
                        candidate.taken = Some((contact.index, account));
                        Outcome::Linked(person)
                    }
                    None => Outcome::Held,
                },
            },
            (Some(_), Some(_)) => Outcome::Held,
        }
    }

    fn is_linked_to_other(&self, firm: Firm, account: u64) -> bool {
        match firm {
            Firm::Existing(company) => {
                self.company_links.get(&company).is_some_and(|other| *other != account)
            }
            Firm::New(other) => other != account,
        }
    }
}

/// A contact in Autotask that another one might be.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// Its index in the world, unless the import made it.
    person: Option<u64>,
    firm: Firm,
    /// The Salesforce contact it is linked to, and that one's account.
    taken: Option<(u64, u64)>,
}

impl Candidate {
    fn of(person: &Person) -> Self {
        Self { person: Some(person.index), firm: Firm::Existing(person.company), taken: None }
    }
}

/// The contacts in Autotask by company name, first and last name.
#[derive(Debug, Default)]
struct People(HashMap<[String; 3], Vec<Candidate>>);

impl People {
    fn add(&mut self, key: [String; 3], candidate: Candidate) {
        self.0.entry(key).or_default().push(candidate);
    }
}

/// The outcome at an index; what is not there waits for ever.
pub(super) fn at(outcomes: &[Outcome], index: u64) -> Outcome {
    let found = usize::try_from(index).ok().and_then(|index| outcomes.get(index));
    found.copied().unwrap_or(Outcome::Deferred)
}

fn account_key(account: &Account) -> [String; 4] {
    let (line, _) = values::lines(account.street.as_deref());
    let parts = [
        (Some(account.name.as_str()), "companyName"),
        (line, "address1"),
        (account.city.as_deref(), "city"),
        (account.state.as_deref(), "state"),
    ];
    parts.map(|(text, field)| same(&values::cut(text.unwrap_or_default(), lengths::company(field))))
}

fn company_key(company: &Company) -> [String; 4] {
    let text = |text: &Option<String>| same(text.as_deref().unwrap_or_default());
    [same(&company.name), text(&company.address1), text(&company.city), text(&company.state)]
}

/// The placeholder for a missing first name equals none (K4).
fn contact_key(company_name: &str, first: &str, last: &str) -> [String; 3] {
    let company = same(&values::cut(company_name, lengths::company("companyName")));
    let first = same(&values::cut(first, lengths::contact("firstName")));
    let last = same(&values::cut(last, lengths::contact("lastName")));
    [company, if first == "-" { String::new() } else { first }, last]
}

/// What two spellings of one text have in common (C2).
pub(crate) fn same(text: &str) -> String {
    let folded: String = text.nfc().flat_map(char::to_lowercase).nfc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}
