//! Resources: the tenant's own people.
//!
//! Owners of companies must be active and must not be API-only users, which `licenseType` tells apart.

use super::Definition;
use super::field::{Field, Reference, Unset, boolean, datetime, double, integer, long, text};

const ROLE: Reference = Reference::Elsewhere { name: "Role", ids: &[] };

/// The resource every tenant begins with: its administrator.
pub(crate) const FIRST_RESOURCE: i64 = 4;

pub(super) static RESOURCES: Definition = Definition {
    path: "Resources",
    name: "Resource",
    fields: FIELDS,
    can_create: false,
    can_update: true,
    can_delete: false,
    parent: None,
    udf_type: None,
    most_udfs: 0,
    webhooks: false,
    first_id: 29_682_885,
    modified: None,
};

const FIELDS: &[Field] = &[
    long("id").required().read_only(),
    boolean("isActive").required().unset(Unset::Number(1)),
    text("email", 254).required(),
    text("email2", 254),
    text("email3", 254),
    text("emailTypeCode", 20).required().picklist().unset(Unset::Text("PRIMARY")),
    text("emailTypeCode2", 20).picklist(),
    text("emailTypeCode3", 20).picklist(),
    text("firstName", 50).required(),
    text("gender", 1).picklist(),
    integer("greeting").picklist(),
    text("homePhone", 25),
    text("initials", 32),
    text("lastName", 50).required(),
    integer("locationID").required().read_only().picklist().unset(Unset::Number(90_682)),
    text("middleName", 50),
    text("mobilePhone", 25),
    text("officeExtension", 10),
    text("officePhone", 25),
    text("resourceType", 15).required().picklist().unset(Unset::Text("Employee")),
    text("suffix", 10).picklist(),
    text("title", 50),
    text("travelAvailabilityPct", 15).picklist(),
    text("userName", 32).required(),
    integer("userType").required().read_only().picklist().unset(Unset::Number(10)),
    long("defaultServiceDeskRoleID").not_queryable().refers_to(ROLE),
    text("dateFormat", 20).read_only().picklist().unset(Unset::Text("MM/dd/yyyy")),
    text("timeFormat", 20).read_only().picklist().unset(Unset::Text("hh:mm a")),
    integer("payrollType").required().picklist().unset(Unset::Number(1)),
    text("numberFormat", 20).required().picklist().unset(Unset::Text("X,XXX.XX")),
    text("accountingReferenceID", 100),
    double("internalCost").read_only(),
    datetime("hireDate").required().read_only(),
    double("surveyResourceRating").read_only(),
    integer("licenseType").required().read_only().picklist().unset(Unset::Number(1)),
];
