//! What every new tenant has before anyone works with it: countries, icons, categories, an administrator, the API
//! user and the tenant's own company, which is company 0.

use rusqlite::types::Value as Sql;

use crate::entities::picklists::{API_USER_LICENSE, CLASSIFICATIONS};
use crate::entities::{COUNTRIES, Entity, FIRST_RESOURCE};
use crate::store::{Condition, Tenant};
use crate::write::{Bulk, Circumstances};

/// The resource that the API user is.
pub(crate) const API_RESOURCE: i64 = 29_682_884;

/// The company that the tenant itself is.
const OWN_COMPANY: i64 = 0;

/// Writes what a new tenant has.
pub(crate) fn found(tenant: &mut Tenant, circumstances: Circumstances) -> rusqlite::Result<()> {
    tenant.bulk(circumstances, |bulk| {
        add_lists(bulk)?;
        bulk.add(
            Entity::Resource,
            &[
                ("id", FIRST_RESOURCE.into()),
                ("firstName", text("Autotask")),
                ("lastName", text("Administrator")),
                ("userName", text("administrator")),
                ("email", text("administrator@example.com")),
                ("initials", text("AA")),
            ],
            &[],
        )?;
        bulk.add(
            Entity::Resource,
            &[
                ("id", API_RESOURCE.into()),
                ("firstName", text("API")),
                ("lastName", text("User")),
                ("userName", text("api")),
                ("userType", 17.into()),
                ("licenseType", API_USER_LICENSE.into()),
            ],
            &[],
        )?;
        bulk.add(
            Entity::Company,
            &[
                ("id", OWN_COMPANY.into()),
                ("companyName", text("Mock Tenant")),
                ("phone", text("555-555-0100")),
            ],
            &[],
        )?;
        Ok(())
    })
}

/// Adds resources that own nothing, until there are as many as wanted.
pub(crate) fn hire(
    tenant: &mut Tenant,
    circumstances: Circumstances,
    wanted: u64,
) -> rusqlite::Result<()> {
    let there = tenant.count(Entity::Resource, &Condition::default())?.unsigned_abs();
    tenant.bulk(circumstances, |bulk| {
        for number in there..wanted {
            let fields = [
                ("firstName", text("Resource")),
                ("lastName", text(&number.to_string())),
                ("userName", text(&format!("resource{number}"))),
                ("email", text(&format!("resource{number}@example.com"))),
            ];
            bulk.add(Entity::Resource, &fields, &[])?;
        }
        Ok(())
    })
}

fn add_lists(bulk: &mut Bulk<'_>) -> rusqlite::Result<()> {
    for (code, name, display_name) in COUNTRIES {
        let is_default = i64::from(*code == "US");
        let fields = [
            ("countryCode", text(code)),
            ("name", text(name)),
            ("displayName", text(display_name)),
            ("isActive", 1.into()),
            ("isDefaultCountry", is_default.into()),
            ("addressFormatID", if is_default == 1 { 1 } else { 2 }.into()),
        ];
        bulk.add(Entity::Country, &fields, &[])?;
    }
    for icon in CLASSIFICATIONS {
        let file = icon.label.to_lowercase().replace(' ', "_");
        let fields = [
            ("id", icon.value.parse::<i64>().unwrap_or_default().into()),
            ("name", text(icon.label)),
            ("description", text(icon.label)),
            ("isActive", i64::from(icon.active).into()),
            ("isSystem", i64::from(icon.system).into()),
            ("relativeUrl", text(&format!("/images/icons/classification/{file}.svg"))),
        ];
        bulk.add(Entity::ClassificationIcon, &fields, &[])?;
    }
    for (name, is_active, is_default) in [("Standard", 1, 1), ("Partner", 1, 0), ("Retired", 0, 0)]
    {
        let fields = [
            ("name", text(name)),
            ("nickname", text(name)),
            ("isActive", is_active.into()),
            ("isGlobalDefault", is_default.into()),
        ];
        bulk.add(Entity::CompanyCategory, &fields, &[])?;
    }
    Ok(())
}

fn text(text: &str) -> Sql {
    Sql::Text(text.to_owned())
}
