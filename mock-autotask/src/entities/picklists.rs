//! The picklist values a new tenant starts with.
//!
//! They are copied into the database once; from then on the tenant's own values count, which differ from one tenant
//! to the next at the vendor too. Clients match labels, not numbers, and leave inactive values alone.

use super::Entity;

/// A value of a new tenant's picklist.
#[derive(Debug, Clone, Copy)]
pub struct Initial {
    /// What records carry.
    pub value: &'static str,
    /// What people read.
    pub label: &'static str,
    /// Records may be given it.
    pub active: bool,
    /// It came with the product.
    pub system: bool,
}

/// A value that came with the product.
const fn system(value: &'static str, label: &'static str) -> Initial {
    Initial { value, label, active: true, system: true }
}

/// A value the tenant added.
const fn custom(value: &'static str, label: &'static str) -> Initial {
    Initial { value, label, active: true, system: false }
}

/// A value the tenant has retired.
const fn retired(value: &'static str, label: &'static str) -> Initial {
    Initial { value, label, active: false, system: false }
}

/// The value of `licenseType` that marks a user who may only use the API.
pub const API_USER_LICENSE: i64 = 7;

/// All picklists of a new tenant, by entity and field.
pub static INITIAL: &[(Entity, &str, &[Initial])] = &[
    (Entity::Company, "companyType", COMPANY_TYPES),
    (Entity::Company, "classification", CLASSIFICATIONS),
    (Entity::Company, "marketSegmentID", MARKET_SEGMENTS),
    (Entity::Company, "territoryID", TERRITORIES),
    (Entity::Company, "competitorID", &[custom("29683401", "Contoso Managed Services")]),
    (
        Entity::Company,
        "billToAddressToUse",
        &[system("1", "Account"), system("2", "Parent Account")],
    ),
    (Entity::Company, "invoiceMethod", &[system("1", "Email"), system("2", "Print")]),
    (Entity::Company, "apiVendorID", &[]),
    (Entity::Company, "purchaseOrderTemplateID", &[]),
    (Entity::Contact, "namePrefix", NAME_PREFIXES),
    (Entity::Contact, "nameSuffix", NAME_SUFFIXES),
    (Entity::Contact, "apiVendorID", &[]),
    (Entity::Resource, "licenseType", LICENSE_TYPES),
    (
        Entity::Resource,
        "resourceType",
        &[system("Employee", "Employee"), system("Contractor", "Contractor")],
    ),
    (Entity::Resource, "userType", USER_TYPES),
    (Entity::Resource, "payrollType", &[system("1", "Salary"), system("2", "Hourly")]),
    (Entity::Resource, "locationID", &[custom("90682", "Headquarters")]),
    (
        Entity::Resource,
        "emailTypeCode",
        &[system("PRIMARY", "Primary"), system("PERSONAL", "Personal")],
    ),
    (
        Entity::Resource,
        "emailTypeCode2",
        &[system("PRIMARY", "Primary"), system("PERSONAL", "Personal")],
    ),
    (
        Entity::Resource,
        "emailTypeCode3",
        &[system("PRIMARY", "Primary"), system("PERSONAL", "Personal")],
    ),
    (
        Entity::Resource,
        "numberFormat",
        &[system("X,XXX.XX", "X,XXX.XX"), system("X.XXX,XX", "X.XXX,XX")],
    ),
    (
        Entity::Resource,
        "dateFormat",
        &[system("MM/dd/yyyy", "MM/dd/yyyy"), system("dd.MM.yyyy", "dd.MM.yyyy")],
    ),
    (Entity::Resource, "timeFormat", &[system("hh:mm a", "hh:mm a"), system("HH:mm", "HH:mm")]),
    (Entity::Resource, "greeting", NAME_PREFIXES),
    (Entity::Resource, "gender", &[]),
    (Entity::Resource, "suffix", &[]),
    (Entity::Resource, "travelAvailabilityPct", &[system("0%", "0%"), system("100%", "100%")]),
    (Entity::Country, "addressFormatID", &[system("1", "United States"), system("2", "Europe")]),
    (Entity::Country, "purchaseOrderTemplateID", &[]),
    (
        Entity::UserDefinedFieldDefinition,
        "udfType",
        &[system("1", "Company"), system("2", "Contact")],
    ),
    (Entity::UserDefinedFieldDefinition, "dataType", UDF_DATA_TYPES),
    (Entity::UserDefinedFieldDefinition, "displayFormat", &[system("1", "Default")]),
];

const COMPANY_TYPES: &[Initial] = &[
    system("1", "Customer"),
    system("2", "Lead"),
    system("3", "Prospect"),
    system("4", "Dead"),
    system("6", "Cancellation"),
    system("7", "Vendor"),
    system("8", "Partner"),
    custom("10", "Technology Partner"),
    retired("11", "Installation Partner"),
];

/// The values are ids of classification icons.
pub const CLASSIFICATIONS: &[Initial] = &[
    system("200", "Hot"),
    system("201", "Warm"),
    system("202", "Cold"),
    custom("203", "Key Account"),
    retired("204", "Delinquent"),
];

const MARKET_SEGMENTS: &[Initial] = &[
    custom("29683456", "Banking"),
    custom("29683457", "Construction"),
    custom("29683458", "Consulting"),
    custom("29683459", "Education"),
    custom("29683460", "Electronics"),
    custom("29683461", "Energy"),
    custom("29683462", "Finance"),
    custom("29683463", "Healthcare"),
    custom("29683464", "Insurance"),
    custom("29683465", "Manufacturing"),
    custom("29683466", "Media"),
    custom("29683467", "Retail"),
    custom("29683468", "Technology"),
    custom("29683469", "Transportation"),
    retired("29683470", "Telecommunications"),
];

const TERRITORIES: &[Initial] =
    &[custom("29683453", "East"), custom("29683454", "West"), retired("29683455", "Overseas")];

const NAME_PREFIXES: &[Initial] =
    &[system("1", "Mr."), system("2", "Mrs."), system("3", "Ms."), system("4", "Dr.")];

const NAME_SUFFIXES: &[Initial] = &[system("1", "Jr."), system("2", "Sr."), system("3", "III")];

const LICENSE_TYPES: &[Initial] = &[
    system("1", "Administrator"),
    system("2", "Manager"),
    system("3", "Full User"),
    system("4", "Time & Attendance Only"),
    system("7", "API User (API-only)"),
];

const USER_TYPES: &[Initial] =
    &[system("10", "Full Access"), system("11", "Project Access"), system("17", "API User")];

const UDF_DATA_TYPES: &[Initial] = &[
    system("1", "Text (Single Line)"),
    system("2", "Text (Multi-Line)"),
    system("3", "Number"),
    system("4", "Date"),
    system("5", "List"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picklist_field_has_a_list_and_every_list_a_field() {
        for entity in Entity::ALL {
            for field in entity.definition().fields {
                let listed = INITIAL.iter().any(|(e, f, _)| *e == entity && *f == field.name);
                assert_eq!(listed, field.picklist, "{entity:?}.{}", field.name);
            }
        }
    }
}
