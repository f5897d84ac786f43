//! Fills a new tenant with the generator's world: resources, companies and contacts that partly are what a Salesforce
//! org of the same seed has, too.
//!
//! The generator counts records from 0; here they get ids in the same order, beginning with the first id a tenant
//! gives anyway.

use std::collections::BTreeMap;

use mock_kit::world::{Company, Person, Resource, Size, World};
use rusqlite::types::Value as Sql;

use crate::entities::picklists::API_USER_LICENSE;
use crate::entities::{COUNTRIES, Entity};
use crate::store::{Catalogue, Tenant};
use crate::write::{Bulk, Circumstances};

/// The id of the generator's resource at `index`, counted from 0.
pub fn generated_resource_id(index: u64) -> i64 {
    id(Entity::Resource, index)
}

/// The id of the generator's company at `index`, counted from 0.
pub fn generated_company_id(index: u64) -> i64 {
    id(Entity::Company, index)
}

/// The id of the generator's contact at `index`, counted from 0.
pub fn generated_contact_id(index: u64) -> i64 {
    id(Entity::Contact, index)
}

fn id(entity: Entity, index: u64) -> i64 {
    entity.definition().first_id.saturating_add(i64::try_from(index).unwrap_or(i64::MAX))
}

/// Writes the resources, companies and contacts of the world of `seed`.
pub(crate) fn fill(
    tenant: &mut Tenant,
    circumstances: Circumstances,
    seed: u64,
    companies: u64,
    contacts: u64,
) -> rusqlite::Result<()> {
    let world = World::new(seed, Size { companies, persons: contacts, ..Size::default() });
    let labels = Labels::of(tenant.catalogue());
    tenant.bulk(circumstances, |bulk| {
        for resource in world.resources() {
            add_resource(bulk, &resource)?;
        }
        for company in world.companies() {
            add_company(bulk, &labels, company)?;
        }
        for person in world.persons() {
            add_person(bulk, person)?;
        }
        Ok(())
    })
}

/// The values behind the labels of the picklists that the generator uses.
#[derive(Debug)]
struct Labels(BTreeMap<(&'static str, String), Sql>);

impl Labels {
    fn of(catalogue: &Catalogue) -> Self {
        let mut labels = BTreeMap::new();
        for field in ["companyType", "classification", "marketSegmentID"] {
            for value in catalogue.picklist(Entity::Company, field) {
                let number = value.value.parse::<i64>().map_or(Sql::Null, Sql::Integer);
                labels.insert((field, value.label.clone()), number);
            }
        }
        Self(labels)
    }

    fn value(&self, field: &'static str, label: Option<String>) -> Sql {
        let Some(label) = label else { return Sql::Null };
        self.0.get(&(field, label)).cloned().unwrap_or(Sql::Null)
    }
}

/// The id of the country with this ISO code.
fn country(code: Option<&str>) -> Sql {
    let place = code.and_then(|code| COUNTRIES.iter().position(|country| country.0 == code));
    match place.and_then(|place| u64::try_from(place).ok()) {
        Some(place) => id(Entity::Country, place).into(),
        None => Sql::Null,
    }
}

/// A text where there is one; what a create leaves in the field where there is none.
fn texts<'n>(fields: impl IntoIterator<Item = (&'n str, Option<String>)>) -> Vec<(&'n str, Sql)> {
    fields.into_iter().filter_map(|(name, text)| text.map(|text| (name, Sql::Text(text)))).collect()
}

fn add_resource(bulk: &mut Bulk<'_>, resource: &Resource) -> rusqlite::Result<i64> {
    let license = if resource.is_api_only { API_USER_LICENSE } else { 3 };
    let mut fields = texts([
        ("firstName", Some(resource.first_name.clone())),
        ("lastName", Some(resource.last_name.clone())),
        ("email", Some(resource.email.clone())),
        ("userName", Some(resource.user_name.clone())),
    ]);
    fields.push(("id", generated_resource_id(resource.index).into()));
    fields.push(("isActive", i64::from(resource.is_active).into()));
    fields.push(("licenseType", license.into()));
    fields.push(("userType", if resource.is_api_only { 17 } else { 10 }.into()));
    bulk.add(Entity::Resource, &fields, &[])
}

fn add_company(bulk: &mut Bulk<'_>, labels: &Labels, company: Company) -> rusqlite::Result<i64> {
    let country = country(company.country.as_deref());
    let mut fields = texts([
        ("companyName", Some(company.name)),
        ("address1", company.address1),
        ("address2", company.address2),
        ("city", company.city),
        ("state", company.state),
        ("postalCode", company.postal_code),
        ("phone", Some(company.phone)),
        ("fax", company.fax),
        ("webAddress", company.web_address),
        ("companyNumber", company.company_number),
    ]);
    fields.push(("id", generated_company_id(company.index).into()));
    fields.push(("isActive", i64::from(company.is_active).into()));
    fields.push(("ownerResourceID", generated_resource_id(company.owner).into()));
    fields.push(("countryID", country));
    fields.push(("companyType", labels.value("companyType", Some(company.kind))));
    fields.push(("classification", labels.value("classification", company.classification)));
    fields.push(("marketSegmentID", labels.value("marketSegmentID", company.market_segment)));
    bulk.add(Entity::Company, &fields, &[])
}

fn add_person(bulk: &mut Bulk<'_>, person: Person) -> rusqlite::Result<i64> {
    let mut fields = texts([
        ("firstName", Some(person.first_name)),
        ("lastName", Some(person.last_name)),
        ("title", person.title),
        ("emailAddress", person.email),
        ("phone", person.phone),
        ("mobilePhone", person.mobile_phone),
        ("addressLine", person.address_line),
        ("city", person.city),
    ]);
    fields.push(("id", generated_contact_id(person.index).into()));
    fields.push(("companyID", generated_company_id(person.company).into()));
    fields.push(("isActive", i64::from(person.is_active).into()));
    bulk.add(Entity::Contact, &fields, &[])
}
