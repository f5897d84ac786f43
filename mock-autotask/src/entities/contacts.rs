//! Contacts, read at the root and written through their company.
//!
//! `isActive` is a number here, 0 or 1, where companies have a boolean. `companyID` comes from the path of the
//! create and cannot be changed afterwards.

use super::field::{Field, Reference, Unset, boolean, datetime, integer, long, text};
use super::{Definition, Entity, Parent};

pub(super) static CONTACTS: Definition = Definition {
    path: "Contacts",
    name: "Contact",
    fields: FIELDS,
    can_create: true,
    can_update: true,
    can_delete: true,
    parent: Some(Parent {
        entity: Entity::Company,
        path: "Companies",
        segment: "Contacts",
        field: "companyID",
    }),
    udf_type: Some(2),
    most_udfs: 100,
    webhooks: true,
    first_id: 30_682_900,
    modified: Some("lastModifiedDate"),
};

const FIELDS: &[Field] = &[
    long("id").required().read_only(),
    integer("companyID").required().read_only().refers_to(Reference::To(Entity::Company)).webhook(),
    text("firstName", 50).required().webhook(),
    text("lastName", 50).required().webhook(),
    text("middleInitial", 50).webhook().unset(Unset::Null),
    text("title", 50).webhook().unset(Unset::Null),
    text("addressLine", 128).webhook().unset(Unset::Null),
    text("addressLine1", 128).webhook().unset(Unset::Null),
    text("city", 32).webhook().unset(Unset::Null),
    text("state", 40).webhook().unset(Unset::Null),
    text("zipCode", 16).webhook().unset(Unset::Null),
    text("emailAddress", 254).webhook(),
    text("emailAddress2", 254).webhook().unset(Unset::Null),
    text("emailAddress3", 254).webhook().unset(Unset::Null),
    boolean("receivesEmailNotifications").webhook(),
    text("phone", 25).webhook(),
    text("extension", 10).webhook(),
    text("alternatePhone", 32).webhook(),
    text("mobilePhone", 25).webhook(),
    text("faxNumber", 25).webhook(),
    text("note", 50).webhook(),
    datetime("lastActivityDate").read_only().webhook(),
    text("roomNumber", 50).webhook(),
    integer("isActive").required().webhook().unset(Unset::Number(1)),
    datetime("createDate").read_only(),
    datetime("lastModifiedDate").read_only().webhook(),
    text("additionalAddressInformation", 100).webhook(),
    text("externalID", 50).webhook(),
    integer("countryID").refers_to(Reference::To(Entity::Country)).webhook(),
    boolean("isOptedOutFromBulkEmail").not_queryable().webhook(),
    datetime("bulkEmailOptOutTime").read_only(),
    boolean("surveyOptOut").read_only().not_queryable().webhook(),
    integer("namePrefix").picklist().webhook(),
    integer("nameSuffix").picklist().webhook(),
    text("facebookUrl", 200).webhook(),
    text("twitterUrl", 200).webhook(),
    text("linkedInUrl", 200).webhook(),
    boolean("primaryContact").webhook(),
    integer("companyLocationID").refers_to(Reference::To(Entity::CompanyLocation)).webhook(),
    boolean("solicitationOptOut").read_only().not_queryable().webhook(),
    datetime("solicitationOptOutTime").read_only(),
    integer("apiVendorID").read_only().picklist(),
    integer("impersonatorCreatorResourceID").read_only().refers_to(Reference::To(Entity::Resource)),
];
