//! A world with a past: what an import has seen already, and all that happened since.
//!
//! The second import has everything to do that can be left half done: 30 accounts and 60 contacts that are new or
//! changed, with chains of parents, a cycle, duplicates, a held account, records to link and to update, pairs that
//! somebody took apart, a contact that moved, and an edit in Autotask to keep.

use importer::sqlite::Ledger;
use mock_autotask::Entity;
use mock_salesforce::ObjectKind;
use serde_json::{Value as Json, json};

use super::Trouble;
use super::state::{State, state};
use crate::rest::{COMPANY_ID, CONTACT_ID, Row, id_of, udf_of};
use crate::stage::Stage;

/// Accounts of the first import; each has two contacts.
const OLD: usize = 12;

/// Accounts that are there at the second import only; each has two contacts too.
const NEW: usize = 18;

/// The records of a world, by their Salesforce ids in the order they were made.
#[derive(Debug, Default)]
pub struct History {
    accounts: Vec<String>,
    contacts: Vec<String>,
}

impl History {
    /// Tells of everything before the first import.
    pub fn first(stage: &Stage) -> Result<Self, Trouble> {
        for number in [2, 3] {
            company(stage, &format!("Old {number}"))?;
        }
        let mut history = Self::default();
        for number in 0..OLD {
            let parent = (number % 3 == 1).then(|| history.accounts[number - 1].clone());
            history.account(stage, &format!("Old {number}"), parent.as_deref())?;
            for person in 0..2 {
                history.contact(stage, Some(number), &format!("Old{number}p{person}"))?;
            }
        }
        Ok(history)
    }

    /// Tells of everything between the first import and the second.
    pub async fn second(&mut self, stage: &Stage) -> Result<(), Trouble> {
        self.arrivals(stage)?;
        self.changes(stage)?;
        self.edits_in_autotask(stage).await
    }

    fn arrivals(&mut self, stage: &Stage) -> Result<(), Trouble> {
        for _ in 0..2 {
            company(stage, "New 11")?;
        }
        let there = company(stage, "New 9")?;
        company(stage, "New 10")?;
        person(stage, there, "New9p0")?;
        for number in 0..NEW {
            // A chain of five below an old company, and a parent that comes later than its child.
            let parent = match number {
                0 => Some(self.accounts[0].clone()),
                1..=4 => self.accounts.last().cloned(),
                15 => Some(self.accounts[1].clone()),
                _ => None,
            };
            // Two new ones with one key, and one with the key of an old one.
            let name = match number {
                7 => "New 6".to_owned(),
                8 => "Old 4".to_owned(),
                _ => format!("New {number}"),
            };
            self.account(stage, &name, parent.as_deref())?;
            for person in 0..2 {
                // One contact twice, and one without an account.
                let last = match (number, person) {
                    (5, 1) => "New5p0".to_owned(),
                    _ => format!("New{number}p{person}"),
                };
                let account = (number != 16 || person != 1).then_some(OLD + number);
                self.contact(stage, account, &last)?;
            }
        }
        for (child, parent) in [(12, 13), (13, 12), (14, 17)] {
            let parent = self.accounts[OLD + parent].clone();
            change(stage, &self.accounts[OLD + child], &json!({ "ParentId": parent }))?;
        }
        Ok(())
    }

    fn changes(&self, stage: &Stage) -> Result<(), Trouble> {
        for (number, account) in self.accounts[..OLD].iter().enumerate() {
            let fields = match number {
                0..=5 => json!({ "Phone": format!("+44 20 7946 1{number:03}") }),
                6 => json!({ "Name": "Old 6 renamed" }),
                7 => json!({ "ParentId": self.accounts[OLD + 3] }),
                8 => {
                    json!({ "BillingCity": "Leeds", "BillingStreet": "1 New Street\nRear building" })
                }
                // Changed, but in nothing that goes to Autotask.
                _ => json!({ "Description": "called" }),
            };
            change(stage, account, &fields)?;
        }
        for (number, contact) in self.contacts[..2 * OLD].iter().enumerate() {
            let fields = match number {
                0..=9 => json!({ "Title": format!("Director {number}") }),
                10 => json!({ "AccountId": self.accounts[1], "Phone": "+44 20 7946 0999" }),
                11 => json!({ "LastName": "Renamed" }),
                _ => json!({ "Description": "called" }),
            };
            change(stage, contact, &fields)?;
        }
        Ok(())
    }

    async fn edits_in_autotask(&self, stage: &Stage) -> Result<(), Trouble> {
        let companies = stage.rest().all("Companies").await?;
        let contacts = stage.rest().all("Contacts").await?;
        let records = stage.autotask.records();
        let cleared = |field: &str| json!({ "userDefinedFields": { field: null } });
        for account in [9, 10] {
            let id = carrier(&companies, COMPANY_ID, &self.accounts[account])?;
            records.update(Entity::Company, id, &cleared(COMPANY_ID))?;
        }
        let apart = carrier(&contacts, CONTACT_ID, &self.contacts[16])?;
        records.update(Entity::Contact, apart, &cleared(CONTACT_ID))?;
        let kept = carrier(&companies, COMPANY_ID, &self.accounts[5])?;
        records.update(Entity::Company, kept, &json!({ "webAddress": "kept.example.com" }))?;
        Ok(())
    }

    fn account(&mut self, stage: &Stage, name: &str, parent: Option<&str>) -> Result<(), Trouble> {
        let fields = json!({
            "Name": name,
            "BillingStreet": "5 High Street",
            "BillingCity": "York",
            "BillingState": "Yorkshire",
            "Phone": "+44 20 7946 0000",
            "ParentId": parent,
        });
        self.accounts.push(stage.salesforce.org().insert(ObjectKind::Account, &fields)?);
        Ok(())
    }

    fn contact(
        &mut self,
        stage: &Stage,
        account: Option<usize>,
        last_name: &str,
    ) -> Result<(), Trouble> {
        let fields = json!({
            "FirstName": "Kim",
            "LastName": last_name,
            "Email": format!("{}@example.com", last_name.to_lowercase()),
            "AccountId": account.map(|number| self.accounts[number].clone()),
        });
        self.contacts.push(stage.salesforce.org().insert(ObjectKind::Contact, &fields)?);
        Ok(())
    }

    /// What there is in the end.
    pub async fn end(&self, stage: &Stage, ledger: &Ledger) -> Result<State, Trouble> {
        state(stage, ledger, &self.accounts, &self.contacts).await
    }
}

fn company(stage: &Stage, name: &str) -> Result<i64, Trouble> {
    let fields = json!({
        "companyName": name,
        "address1": "5 High Street",
        "city": "York",
        "state": "Yorkshire",
        "phone": "+44 20 7946 0001",
        "companyType": 1,
        "ownerResourceID": 4,
    });
    Ok(stage.autotask.records().insert(Entity::Company, &fields)?)
}

fn person(stage: &Stage, company: i64, last_name: &str) -> Result<(), Trouble> {
    let fields =
        json!({ "companyID": company, "firstName": "Kim", "lastName": last_name, "isActive": 1 });
    stage.autotask.records().insert(Entity::Contact, &fields)?;
    Ok(())
}

fn change(stage: &Stage, id: &str, fields: &Json) -> Result<(), Trouble> {
    Ok(stage.salesforce.org().update(id, fields)?)
}

fn carrier(rows: &[Row], field: &str, id: &str) -> Result<i64, Trouble> {
    let found = rows.iter().find(|row| udf_of(row, field) == Some(id));
    Ok(id_of(found.ok_or_else(|| format!("nothing carries {id}"))?))
}
