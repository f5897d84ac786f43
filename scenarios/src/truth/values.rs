//! What the fields of a company or contact must hold, by the mapping and by C8 to C10, K4, V1, V2, V4 and V6.

use std::collections::BTreeMap;

use mock_autotask::{generated_company_id, generated_resource_id};
use mock_kit::world::{Account, Company, Contact, Person, World};
use mock_salesforce::{generated_account_id, generated_contact_id};

use super::identity::{Firm, Outcome};
use super::{Terms, Truth};

/// A record's fields by name, as a person would read them; what is empty is not among them.
pub type Fields = BTreeMap<&'static str, String>;

/// Under this name the user-defined field with the Salesforce id stands among the fields.
pub(super) const SALESFORCE_ID: &str = "Salesforce id";
/// A new contact's company, which has no id yet: the Salesforce id of its account.
pub(super) const COMPANY: &str = "company";

/// The fields of a company that are compared.
pub const COMPANY_FIELDS: &[&str] = &[
    "companyName",
    "companyNumber",
    "assetValue",
    "address1",
    "address2",
    "city",
    "countryID",
    "postalCode",
    "state",
    "fax",
    "phone",
    "sicCode",
    "stockSymbol",
    "companyType",
    "webAddress",
    "classification",
    "ownerResourceID",
    "marketSegmentID",
    "parentCompanyID",
    "isActive",
];

/// The fields of a contact that are compared.
pub const CONTACT_FIELDS: &[&str] = &[
    "emailAddress",
    "faxNumber",
    "firstName",
    "alternatePhone",
    "lastName",
    "city",
    "zipCode",
    "state",
    "addressLine",
    "addressLine1",
    "mobilePhone",
    "phone",
    "title",
    "isActive",
];

/// Autotask's lengths of text fields, as a live database reported them in 2021.
pub(crate) mod lengths {
    /// The length of a company's field.
    pub(crate) fn company(field: &str) -> usize {
        match field {
            "companyName" => 100,
            "address1" | "address2" => 128,
            "city" => 30,
            "state" => 40,
            "postalCode" | "stockSymbol" => 10,
            "phone" | "fax" => 25,
            "webAddress" => 255,
            "companyNumber" => 50,
            "sicCode" => 32,
            _ => usize::MAX,
        }
    }

    /// The length of a contact's field.
    pub(crate) fn contact(field: &str) -> usize {
        match field {
            "firstName" | "lastName" | "title" => 50,
            "addressLine" | "addressLine1" => 128,
            "city" | "alternatePhone" => 32,
            "state" => 40,
            "zipCode" => 16,
            "phone" | "mobilePhone" | "faxNumber" => 25,
            "emailAddress" => 254,
            _ => usize::MAX,
        }
    }
}

/// As much of a text as a field of so many UTF-16 units holds; no character is torn apart (V1).
pub(crate) fn cut(text: &str, most: usize) -> String {
    let mut units = 0;
    text.chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= most
        })
        .collect()
}

/// A street's first line, and everything behind its first line break.
pub(crate) fn lines(street: Option<&str>) -> (Option<&str>, Option<&str>) {
    let Some(street) = street else { return (None, None) };
    let some = |text: &'_ str| !text.is_empty();
    match street.find(['\r', '\n']) {
        None => (Some(street).filter(|text| some(text)), None),
        Some(at) => {
            let (first, rest) = street.split_at(at);
            let rest = rest.strip_prefix("\r\n").unwrap_or_else(|| &rest[1..]);
            (Some(first).filter(|text| some(text)), Some(rest).filter(|text| some(text)))
        }
    }
}

/// Labels of company types in use, as tenants have them from the start.
pub(crate) const TYPES: &[&str] = &[
    "Customer",
    "Lead",
    "Prospect",
    "Dead",
    "Cancellation",
    "Vendor",
    "Partner",
    "Technology Partner",
];
/// Labels of classifications in use.
pub(crate) const CLASSIFICATIONS: &[&str] = &["Hot", "Warm", "Cold", "Key Account"];
/// Labels of market segments in use.
pub(crate) const SEGMENTS: &[&str] = &[
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
/// The countries a generated account may name: name, display name and ISO code.
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("United States", "United States", "US"),
    ("Germany", "Germany", "DE"),
    ("United Kingdom", "United Kingdom", "GB"),
    ("Canada", "Canada", "CA"),
    ("Australia", "Australia", "AU"),
    ("Austria", "Austria", "AT"),
    ("Switzerland", "Switzerland", "CH"),
    ("France", "France", "FR"),
    ("Czechia", "Czech Republic", "CZ"),
    ("Korea, Republic of", "South Korea", "KR"),
];

/// The label in the list that reads like this one, whatever the case (C9).
pub(crate) fn label(list: &[&str], text: Option<&str>) -> Option<String> {
    let text = text?.trim().to_lowercase();
    list.iter().find(|label| label.to_lowercase() == text).map(|label| (*label).to_owned())
}

/// The ISO code of a country given by a name or by the code (C10).
pub(crate) fn country(text: Option<&str>) -> Option<String> {
    let text = text?.trim().to_lowercase();
    let found = COUNTRIES.iter().find(|(name, display_name, code)| {
        [name, display_name, code].iter().any(|known| known.to_lowercase() == text)
    });
    found.map(|(_, _, code)| (*code).to_owned())
}

/// Who owns what (C8).
#[derive(Debug)]
pub(super) struct Staff {
    /// For each Salesforce user, the one resource of that name that may own companies.
    managers: Vec<Option<u64>>,
    default: Option<u64>,
}

impl Staff {
    pub(super) fn of(world: &World, terms: Terms) -> Self {
        let resources = world.resources();
        let manager = |first: &str, last: &str| {
            let mut named = resources.iter().filter(|resource| {
                resource.is_active
                    && !resource.is_api_only
                    && resource.first_name.trim() == first.trim()
                    && resource.last_name.trim() == last.trim()
            });
            match (named.next(), named.next()) {
                (Some(only), None) => Some(only.index),
                _ => None,
            }
        };
        let users = world.users();
        let managers =
            users.iter().map(|user| manager(&user.first_name, &user.last_name)).collect();
        Self { managers, default: terms.default_manager }
    }

    /// The resource that has the owner's name.
    fn found(&self, account: &Account) -> Option<u64> {
        let owner = usize::try_from(account.owner).ok()?;
        self.managers.get(owner).copied().flatten()
    }

    /// Whoever will manage the account's company.
    pub(super) fn manager_of(&self, account: &Account) -> Option<u64> {
        self.found(account).or(self.default)
    }
}

/// Fields that are put together one by one.
#[derive(Debug, Default)]
struct Draft(Fields);

impl Draft {
    fn set(&mut self, field: &'static str, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.0.insert(field, value);
        }
    }
}

/// What Salesforce itself says of an account, without any fallback.
fn from_account(staff: &Staff, account: &Account) -> Fields {
    let mut draft = Draft::default();
    let (first, further) = lines(account.street.as_deref());
    let texts = [
        ("companyName", Some(account.name.as_str())),
        ("companyNumber", account.account_number.as_deref()),
        ("address1", first),
        ("address2", further),
        ("city", account.city.as_deref()),
        ("postalCode", account.postal_code.as_deref()),
        ("state", account.state.as_deref()),
        ("fax", account.fax.as_deref()),
        ("phone", account.phone.as_deref()),
        ("sicCode", account.sic.as_deref()),
        ("stockSymbol", account.ticker_symbol.as_deref()),
        ("webAddress", account.website.as_deref()),
    ];
    for (field, text) in texts {
        draft.set(field, text.map(|text| cut(text, lengths::company(field))));
    }
    draft.set("assetValue", account.annual_revenue.map(|revenue| revenue.to_string()));
    draft.set("countryID", country(account.country.as_deref()));
    draft.set("companyType", label(TYPES, account.kind.as_deref()));
    draft.set("classification", label(CLASSIFICATIONS, account.rating.as_deref()));
    draft.set("marketSegmentID", label(SEGMENTS, account.industry.as_deref()));
    draft.set("ownerResourceID", staff.found(account).map(resource));
    draft.0
}

/// What Salesforce itself says of a contact.
fn from_contact(contact: &Contact) -> Fields {
    let mut draft = Draft::default();
    let (first, further) = lines(contact.street.as_deref());
    let texts = [
        ("emailAddress", contact.email.as_deref()),
        ("faxNumber", contact.fax.as_deref()),
        ("firstName", contact.first_name.as_deref()),
        ("alternatePhone", contact.other_phone.as_deref()),
        ("lastName", Some(contact.last_name.as_str())),
        ("city", contact.city.as_deref()),
        ("zipCode", contact.postal_code.as_deref()),
        ("state", contact.state.as_deref()),
        ("addressLine", first),
        ("addressLine1", further),
        ("mobilePhone", contact.mobile_phone.as_deref()),
        ("phone", contact.phone.as_deref()),
        ("title", contact.title.as_deref()),
    ];
    for (field, text) in texts {
        draft.set(field, text.map(|text| cut(text, lengths::contact(field))));
    }
    draft.0
}

/// What a company was before the import.
fn from_company(company: &Company) -> Fields {
    let mut draft = Draft::default();
    let texts = [
        ("companyName", Some(&company.name)),
        ("companyNumber", company.company_number.as_ref()),
        ("address1", company.address1.as_ref()),
        ("address2", company.address2.as_ref()),
        ("city", company.city.as_ref()),
        ("countryID", company.country.as_ref()),
        ("postalCode", company.postal_code.as_ref()),
        ("state", company.state.as_ref()),
        ("fax", company.fax.as_ref()),
        ("phone", Some(&company.phone)),
        ("companyType", Some(&company.kind)),
        ("webAddress", company.web_address.as_ref()),
        ("classification", company.classification.as_ref()),
        ("marketSegmentID", company.market_segment.as_ref()),
    ];
    for (field, text) in texts {
        draft.set(field, text.cloned());
    }
    draft.set("ownerResourceID", Some(resource(company.owner)));
    draft.set("isActive", Some(company.is_active.to_string()));
    draft.0
}

/// What a person was before the import.
fn from_person(person: &Person) -> Fields {
    let mut draft = Draft::default();
    let texts = [
        ("emailAddress", person.email.as_ref()),
        ("firstName", Some(&person.first_name)),
        ("lastName", Some(&person.last_name)),
        ("city", person.city.as_ref()),
        ("addressLine", person.address_line.as_ref()),
        ("mobilePhone", person.mobile_phone.as_ref()),
        ("phone", person.phone.as_ref()),
        ("title", person.title.as_ref()),
    ];
    for (field, text) in texts {
        draft.set(field, text.cloned());
    }
    draft.set("isActive", Some(person.is_active.to_string()));
    draft.0
}

fn resource(index: u64) -> String {
    generated_resource_id(index).to_string()
}

impl Truth {
    pub(super) fn staff(&self) -> Staff {
        Staff::of(&self.world, self.terms)
    }

    /// What the company made for an account must hold: Salesforce's values, and fallbacks where there is none.
    pub(super) fn new_company(&self, staff: &Staff, account: &Account) -> Fields {
        let mut fields = from_account(staff, account);
        let fallbacks = [
            ("phone", Some("unknown".to_owned())),
            ("companyType", Some("Customer".to_owned())),
            ("ownerResourceID", self.terms.default_manager.map(resource)),
            ("isActive", Some("true".to_owned())),
            ("parentCompanyID", self.parent_of(account)),
            (SALESFORCE_ID, Some(generated_account_id(account.index))),
        ];
        for (field, fallback) in fallbacks {
            if let Some(fallback) = fallback {
                fields.entry(field).or_insert(fallback);
            }
        }
        fields
    }

    /// What an existing company must hold: Salesforce's values where it is linked, its own everywhere else (V4).
    pub(super) fn existing_company(&self, staff: &Staff, company: &Company) -> Fields {
        let mut fields = from_company(company);
        if let Some(account) = self.decided.company_links.get(&company.index) {
            let account = self.world.account(*account);
            fields.extend(from_account(staff, &account));
            fields.extend(self.parent_of(&account).map(|parent| ("parentCompanyID", parent)));
            fields.insert(SALESFORCE_ID, generated_account_id(account.index));
        }
        fields
    }

    /// What the contact made for a Salesforce contact must hold.
    pub(super) fn new_contact(&self, contact: &Contact) -> Fields {
        let mut fields = from_contact(contact);
        fields.entry("firstName").or_insert_with(|| "-".to_owned());
        fields.insert("isActive", "true".to_owned());
        fields.insert(SALESFORCE_ID, generated_contact_id(contact.index));
        let firm = contact.account.and_then(|account| self.decided.firm(account));
        fields.extend(firm.map(|(firm, _)| (COMPANY, name_of(firm))));
        fields
    }

    /// What an existing contact must hold.
    pub(super) fn existing_contact(&self, person: &Person) -> Fields {
        let mut fields = from_person(person);
        if let Some(contact) = self.decided.person_links.get(&person.index) {
            let contact = self.world.contact(*contact);
            fields.extend(from_contact(&contact));
            fields.insert(SALESFORCE_ID, generated_contact_id(contact.index));
        }
        fields.insert(COMPANY, name_of(Firm::Existing(person.company)));
        fields
    }

    /// The company of the parent account (C7).
    fn parent_of(&self, account: &Account) -> Option<String> {
        self.decided.firm(account.parent?).map(|(firm, _)| name_of(firm))
    }

    /// Accounts for which the import makes a company.
    pub(super) fn created_accounts(&self) -> impl Iterator<Item = u64> {
        created(&self.decided.accounts)
    }

    /// Contacts for which the import makes a contact.
    pub(super) fn created_contacts(&self) -> impl Iterator<Item = u64> {
        created(&self.decided.contacts)
    }
}

fn created(outcomes: &[Outcome]) -> impl Iterator<Item = u64> {
    (0..).zip(outcomes).filter(|(_, outcome)| **outcome == Outcome::Created).map(|(index, _)| index)
}

/// A company's id where it had one before the import, else the Salesforce id it was made for.
pub(super) fn name_of(firm: Firm) -> String {
    match firm {
        Firm::Existing(company) => generated_company_id(company).to_string(),
        Firm::New(account) => generated_account_id(account),
    }
}
