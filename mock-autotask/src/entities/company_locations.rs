//! Locations of companies, written through their company.
//!
//! Unconfirmed and chosen: creating a company makes its primary location from the company's own address. Lengths
//! are those of the company's fields.

use super::field::{Field, Reference, Unset, boolean, double, integer, long, text};
use super::{Definition, Entity, Parent};

const TAX_REGION: Reference = Reference::Elsewhere { name: "TaxRegion", ids: &[] };

pub(super) static COMPANY_LOCATIONS: Definition = Definition {
    path: "CompanyLocations",
    name: "CompanyLocation",
    fields: FIELDS,
    can_create: true,
    can_update: true,
    can_delete: true,
    parent: Some(Parent {
        entity: Entity::Company,
        path: "Companies",
        segment: "Locations",
        field: "companyID",
    }),
    udf_type: None,
    most_udfs: 0,
    webhooks: false,
    first_id: 2_001,
    modified: None,
};

const FIELDS: &[Field] = &[
    long("id").required().read_only(),
    text("address1", 128),
    text("address2", 128),
    text("alternatePhone1", 25),
    text("alternatePhone2", 25),
    text("city", 30),
    integer("companyID").required().read_only().refers_to(Reference::To(Entity::Company)),
    integer("countryID").refers_to(Reference::To(Entity::Country)),
    text("description", 1000),
    text("fax", 25),
    boolean("isActive").unset(Unset::Number(1)),
    boolean("isPrimary"),
    boolean("isTaxExempt"),
    text("name", 100).required(),
    boolean("overrideCompanyTaxSettings"),
    text("phone", 25),
    text("postalCode", 10),
    double("roundtripDistance"),
    text("state", 40),
    integer("taxRegionID").refers_to(TAX_REGION),
];
