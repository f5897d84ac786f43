//! Reads Autotask record by record and lists every difference from the truth.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use mock_autotask::{generated_company_id, generated_contact_id};
use mock_salesforce::{generated_account_id, generated_contact_id as generated_source_contact_id};
use serde_json::Value as Json;

use super::Truth;
use super::values::{COMPANY, COMPANY_FIELDS, CONTACT_FIELDS, Fields, SALESFORCE_ID, Staff};
use crate::rest::{COMPANY_ID, CONTACT_ID, Rest, RestError, Row, id_of, udf_of};

/// Differences that are kept in full; further ones are only counted.
const MOST_DIFFERENCES: usize = 1_000;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The record, in words.
    pub record: String,
    /// The field, or what else is wrong.
    pub field: String,
    /// What must be there.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| match value {
            Some(value) => format!("{value:?}"),
            None => "nothing".to_owned(),
        };
        let (expected, found) = (shown(&self.expected), shown(&self.found));
        write!(f, "{}, {}: expected {expected}, there is {found}", self.record, self.field)
    }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Companies that were looked at.
    pub companies: u64,
    /// Contacts that were looked at.
    pub contacts: u64,
    /// How many differences there are.
    pub count: u64,
    /// The first thousand of them.
    pub differences: Vec<Difference>,
}

impl Findings {
    fn add(&mut self, record: &str, field: &str, expected: Option<&str>, found: Option<&str>) {
        self.count += 1;
        if self.differences.len() < MOST_DIFFERENCES {
            self.differences.push(Difference {
                record: record.to_owned(),
                field: field.to_owned(),
                expected: expected.map(str::to_owned),
                found: found.map(str::to_owned),
            });
        }
    }

    fn compare(&mut self, record: &str, names: &[&'static str], expected: &Fields, found: &Fields) {
        for name in names.iter().chain(&[SALESFORCE_ID, COMPANY]) {
            let (expected, found) = (expected.get(name), found.get(name));
            if expected != found {
                self.add(record, name, expected.map(String::as_str), found.map(String::as_str));
            }
        }
    }
}

/// What the tenant's numbers mean.
#[derive(Debug)]
struct Dictionary {
    labels: HashMap<(String, String), String>,
    countries: HashMap<i64, String>,
    /// The Salesforce id each company was made for.
    made_for: HashMap<i64, String>,
}

impl Dictionary {
    async fn read(rest: &Rest) -> Result<Self, RestError> {
        let mut labels = HashMap::new();
        for field in rest.fields("Companies").await? {
            let name = field.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
            for value in field.get("picklistValues").and_then(Json::as_array).into_iter().flatten()
            {
                if let (Some(number), Some(label)) =
                    (value["value"].as_str(), value["label"].as_str())
                {
                    labels.insert((name.clone(), number.to_owned()), label.to_owned());
                }
            }
        }
        let text = |row: &Row| row.get("countryCode").and_then(Json::as_str).map(str::to_owned);
        let countries = rest.all("Countries").await?;
        let countries = countries.iter().filter_map(|row| Some((id_of(row), text(row)?))).collect();
        Ok(Self { labels, countries, made_for: HashMap::new() })
    }

    /// A record as a person would read it.
    fn readable(&self, row: &Row, names: &[&'static str], udf: &str) -> Fields {
        let mut fields = Fields::new();
        for &name in names {
            let text = match row.get(name) {
                None | Some(Json::Null) => continue,
                Some(Json::String(text)) => text.clone(),
                Some(Json::Bool(flag)) => flag.to_string(),
                Some(Json::Number(number)) => self.number(name, number),
                Some(other) => other.to_string(),
            };
            if !text.is_empty() {
                fields.insert(name, text);
            }
        }
        if let Some(id) = udf_of(row, udf) {
            fields.insert(SALESFORCE_ID, id.to_owned());
        }
        fields
    }

    fn number(&self, field: &str, number: &serde_json::Number) -> String {
        let whole = number.as_i64();
        match (field, whole) {
            ("assetValue", _) => number.as_f64().unwrap_or_default().to_string(),
            ("isActive", Some(flag)) => (flag != 0).to_string(),
            ("countryID", Some(id)) => {
                self.countries.get(&id).cloned().unwrap_or_else(|| number.to_string())
            }
            _ => {
                let key = (field.to_owned(), number.to_string());
                self.labels.get(&key).cloned().unwrap_or_else(|| number.to_string())
            }
        }
    }

    /// A company's id, or the Salesforce id that the import made it for.
    fn company(&self, id: i64) -> String {
        self.made_for.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

impl Truth {
    /// Compares everything in Autotask with what must be there.
    pub async fn check(&self, rest: &Rest) -> Result<Findings, RestError> {
        let mut findings = Findings::default();
        let mut dictionary = Dictionary::read(rest).await?;
        self.check_companies(rest, &mut dictionary, &mut findings).await?;
        self.check_contacts(rest, &dictionary, &mut findings).await?;
        Ok(findings)
    }

    async fn check_companies(
        &self,
        rest: &Rest,
        dictionary: &mut Dictionary,
        findings: &mut Findings,
    ) -> Result<(), RestError> {
        let mut missing: BTreeMap<String, u64> =
            self.created_accounts().map(|index| (generated_account_id(index), index)).collect();
        let mut existing = Existing::new(generated_company_id, self.world.size().companies);
        let staff = self.staff();
        let mut parents = Vec::new();
        let mut after = -1;
        loop {
            let page = rest.page("Companies", after).await?;
            let Some(last) = page.last() else { break };
            after = id_of(last);
            for row in page.iter().filter(|row| id_of(row) != 0) {
                findings.companies += 1;
                let id = id_of(row);
                let mut found = dictionary.readable(row, COMPANY_FIELDS, COMPANY_ID);
                let account = found.get(SALESFORCE_ID).and_then(|id| missing.remove(id));
                let Some((record, mut expected)) =
                    self.expected_company(&staff, existing.take(id), account)
                else {
                    let name = found.get("companyName").map(String::as_str);
                    findings.add(&format!("company {id}"), "the record itself", None, name);
                    continue;
                };
                if account.is_some() {
                    dictionary.made_for.extend(found.get(SALESFORCE_ID).map(|it| (id, it.clone())));
                }
                // A parent may be a company that comes later.
                let pair = (expected.remove("parentCompanyID"), found.remove("parentCompanyID"));
                if pair != (None, None) {
                    parents.push((record.clone(), pair));
                }
                findings.compare(&record, COMPANY_FIELDS, &expected, &found);
            }
        }
        for (record, (expected, found)) in parents {
            let found = found.map(|id| dictionary.company(id.parse().unwrap_or(-1)));
            if expected != found {
                findings.add(&record, "parentCompanyID", expected.as_deref(), found.as_deref());
            }
        }
        for (id, index) in missing {
            let name = self.world.account(index).name;
            findings.add(&format!("account {id}"), "its company", Some(&name), None);
        }
        existing.report("company", findings);
        Ok(())
    }

    /// The truth about a company: one that was there before, or else the one made for an account.
    fn expected_company(
        &self,
        staff: &Staff,
        index: Option<u64>,
        account: Option<u64>,
    ) -> Option<(String, Fields)> {
        if let Some(index) = index {
            let company = self.world.company(index);
            let record =
                format!("company {} ({:?})", generated_company_id(index), company.identity);
            return Some((record, self.existing_company(staff, &company)));
        }
        let account = self.world.account(account?);
        let id = generated_account_id(account.index);
        let record =
            format!("company of account {id} ({:?}, {:?})", account.identity, account.oddity);
        Some((record, self.new_company(staff, &account)))
    }

    async fn check_contacts(
        &self,
        rest: &Rest,
        dictionary: &Dictionary,
        findings: &mut Findings,
    ) -> Result<(), RestError> {
        let mut missing: BTreeMap<String, u64> = self
            .created_contacts()
            .map(|index| (generated_source_contact_id(index), index))
            .collect();
        let mut existing = Existing::new(generated_contact_id, self.world.persons().count() as u64);
        let mut after = -1;
        loop {
            let page = rest.page("Contacts", after).await?;
            let Some(last) = page.last() else { break };
            after = id_of(last);
            for row in &page {
                findings.contacts += 1;
                let id = id_of(row);
                let mut found = dictionary.readable(row, CONTACT_FIELDS, CONTACT_ID);
                let company = row.get("companyID").and_then(Json::as_i64).unwrap_or(-1);
                found.insert(COMPANY, dictionary.company(company));
                let contact = found.get(SALESFORCE_ID).and_then(|id| missing.remove(id));
                let Some((record, expected)) = self.expected_contact(existing.take(id), contact)
                else {
                    let name = found.get("lastName").map(String::as_str);
                    findings.add(&format!("contact {id}"), "the record itself", None, name);
                    continue;
                };
                findings.compare(&record, CONTACT_FIELDS, &expected, &found);
            }
        }
        for (id, index) in missing {
            let name = self.world.contact(index).last_name;
            findings.add(
                &format!("Salesforce contact {id}"),
                "its Autotask contact",
                Some(&name),
                None,
            );
        }
        existing.report("contact", findings);
        Ok(())
    }

    fn expected_contact(
        &self,
        index: Option<u64>,
        contact: Option<u64>,
    ) -> Option<(String, Fields)> {
        if let Some(index) = index {
            let person = self.world.person(index);
            let record = format!("contact {} ({:?})", generated_contact_id(index), person.identity);
            return Some((record, self.existing_contact(&person)));
        }
        let contact = self.world.contact(contact?);
        let id = generated_source_contact_id(contact.index);
        let record = format!("contact of {id} ({:?}, {:?})", contact.identity, contact.oddity);
        Some((record, self.new_contact(&contact)))
    }
}

/// The records that were there before the import and have to be there still.
#[derive(Debug)]
struct Existing {
    first: i64,
    seen: Vec<bool>,
}

impl Existing {
    fn new(id: fn(u64) -> i64, count: u64) -> Self {
        Self { first: id(0), seen: vec![false; usize::try_from(count).unwrap_or_default()] }
    }

    /// The index of the record with this id, if it was there before.
    fn take(&mut self, id: i64) -> Option<u64> {
        let place = usize::try_from(id.checked_sub(self.first)?).ok()?;
        *self.seen.get_mut(place)? = true;
        u64::try_from(place).ok()
    }

    fn report(&self, what: &str, findings: &mut Findings) {
        for (id, seen) in (self.first..).zip(&self.seen) {
            if !seen {
                findings.add(&format!("{what} {id}"), "the record itself", Some("is there"), None);
            }
        }
    }
}
