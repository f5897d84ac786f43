//! Fills a new org with the generator's world.
//!
//! The generator counts records from 0; here they get numbers in the same order, so ids sort as the generator counts.

use jiff::Timestamp;
use mock_kit::world::{Account, Contact, Size, User, World};

use crate::org::ids::RecordId;
use crate::org::records::{Author, Given, Rights};
use crate::org::schema::ObjectKind;
use crate::org::store::{FIRST_NUMBER, FIRST_USER, Store};
use crate::org::{Org, OrgError};

/// Records written in one transaction.
const BATCH: usize = 5_000;

/// When the org was set up and its users made, in seconds since 1970: on the second day of 2012, like the oldest
/// records of the generator.
const FOUNDED: i64 = 1_325_462_400;

/// The record number of the generator's record at `index`.
pub(crate) fn number(index: u64) -> i64 {
    FIRST_NUMBER.saturating_add(i64::try_from(index).unwrap_or(i64::MAX))
}

/// Writes the users, accounts and contacts of the world of `seed`.
pub(crate) fn fill(org: &Org, seed: u64, accounts: u64, contacts: u64) -> Result<(), OrgError> {
    if accounts == 0 && contacts == 0 {
        return Ok(());
    }
    let world = World::new(seed, Size { accounts, contacts, ..Size::default() });
    let users = world.users();
    write(org, ObjectKind::User, users.iter().map(user))?;
    write(org, ObjectKind::Account, world.accounts().map(|record| account(&record)))?;
    write(org, ObjectKind::Contact, world.contacts().map(|record| contact(&record)))
}

/// Writes records in batches; other callers get their turn in between.
fn write(
    org: &Org,
    object: ObjectKind,
    records: impl Iterator<Item = Fields>,
) -> Result<(), OrgError> {
    let author = Author {
        user: FIRST_USER,
        now: Timestamp::from_second(FOUNDED).unwrap_or(Timestamp::UNIX_EPOCH),
        rights: Rights::Fixture,
    };
    let mut records = records.peekable();
    while records.peek().is_some() {
        let store = org.store();
        let store: &Store = &store;
        store.atomically(|| {
            for record in records.by_ref().take(BATCH) {
                store.create(object, &record.0, author)?;
            }
            Ok::<(), OrgError>(())
        })?;
    }
    Ok(())
}

/// The fields of a record that is to be written.
#[derive(Default)]
struct Fields(Vec<Given>);

impl Fields {
    fn new(object: ObjectKind, index: u64) -> Self {
        Self::default().with("Id", &id(object, index))
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    fn stamped(self, created: Timestamp, modified: Timestamp) -> Self {
        let modified = modified.to_string();
        self.with("CreatedDate", &created.to_string())
            .with("LastModifiedDate", &modified)
            .with("SystemModstamp", &modified)
    }
}

fn id(object: ObjectKind, index: u64) -> String {
    RecordId::new(object.prefix(), number(index)).to_string()
}

fn user(user: &User) -> Fields {
    Fields::new(ObjectKind::User, user.index)
        .with("Username", &user.email)
        .with("Email", &user.email)
        .with("FirstName", &user.first_name)
        .with("LastName", &user.last_name)
        .with("IsActive", if user.is_active { "true" } else { "false" })
}

fn account(account: &Account) -> Fields {
    Fields::new(ObjectKind::Account, account.index)
        .with("OwnerId", &id(ObjectKind::User, account.owner))
        .maybe("ParentId", account.parent.map(|parent| id(ObjectKind::Account, parent)).as_deref())
        .with("Name", &account.name)
        .maybe("BillingStreet", account.street.as_deref())
        .maybe("BillingCity", account.city.as_deref())
        .maybe("BillingState", account.state.as_deref())
        .maybe("BillingPostalCode", account.postal_code.as_deref())
        .maybe("BillingCountry", account.country.as_deref())
        .maybe("Phone", account.phone.as_deref())
        .maybe("Fax", account.fax.as_deref())
        .maybe("Website", account.website.as_deref())
        .maybe("AccountNumber", account.account_number.as_deref())
        .maybe("AnnualRevenue", account.annual_revenue.map(|it| it.to_string()).as_deref())
        .maybe("NumberOfEmployees", account.employees.map(|it| it.to_string()).as_deref())
        .maybe("Sic", account.sic.as_deref())
        .maybe("TickerSymbol", account.ticker_symbol.as_deref())
        .maybe("Type", account.kind.as_deref())
        .maybe("Rating", account.rating.as_deref())
        .maybe("Industry", account.industry.as_deref())
        .maybe("Description", account.description.as_deref())
        .stamped(account.created, account.modified)
}

fn contact(contact: &Contact) -> Fields {
    Fields::new(ObjectKind::Contact, contact.index)
        .with("OwnerId", &id(ObjectKind::User, contact.owner))
        .maybe(
            "AccountId",
            contact.account.map(|account| id(ObjectKind::Account, account)).as_deref(),
        )
        .maybe("Salutation", contact.salutation.as_deref())
        .maybe("FirstName", contact.first_name.as_deref())
        .with("LastName", &contact.last_name)
        .maybe("Title", contact.title.as_deref())
        .maybe("Email", contact.email.as_deref())
        .maybe("Phone", contact.phone.as_deref())
        .maybe("MobilePhone", contact.mobile_phone.as_deref())
        .maybe("OtherPhone", contact.other_phone.as_deref())
        .maybe("Fax", contact.fax.as_deref())
        .maybe("MailingStreet", contact.street.as_deref())
        .maybe("MailingCity", contact.city.as_deref())
        .maybe("MailingState", contact.state.as_deref())
        .maybe("MailingPostalCode", contact.postal_code.as_deref())
        .maybe("MailingCountry", contact.country.as_deref())
        .stamped(contact.created, contact.modified)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org() -> Org {
        Org::new(Store::open(None, 1).unwrap(), mock_kit::clock::system())
    }

    #[test]
    fn the_org_holds_the_generators_records_in_its_order() {
        let org = org();

        fill(&org, 1, 60, 150).unwrap();

        let world = World::new(1, Size { accounts: 60, contacts: 150, ..Size::default() });
        let accounts = org.records(ObjectKind::Account).unwrap();
        assert_eq!(accounts.len(), 60);
        for (stored, made) in accounts.iter().zip(world.accounts()) {
            assert_eq!(stored["Id"], id(ObjectKind::Account, made.index));
            assert_eq!(stored["Name"], made.name);
            assert_eq!(stored["OwnerId"], id(ObjectKind::User, made.owner));
            let parent = made.parent.map(|parent| id(ObjectKind::Account, parent));
            assert_eq!(stored["ParentId"].as_str(), parent.as_deref());
        }
        assert_eq!(org.count(ObjectKind::Contact).unwrap(), 150);
    }

    #[test]
    fn an_org_without_accounts_and_contacts_gets_no_users_either() {
        let org = org();

        fill(&org, 1, 0, 0).unwrap();

        assert_eq!(org.count(ObjectKind::User).unwrap(), 0);
    }

    #[test]
    fn batches_leave_nothing_out() {
        let org = org();
        let accounts = BATCH as u64 + 3;

        fill(&org, 2, accounts, 0).unwrap();

        assert_eq!(org.count(ObjectKind::Account).unwrap(), accounts);
    }
}
