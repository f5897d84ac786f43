//! Companies.
//!
//! Company 0 is the tenant's own and exists from the start. Companies cannot be deleted through the API.
//!
//! Unconfirmed and chosen: an omitted `isActive` makes an active company; `address1` and `address2` take 128 units
//! (the help page of 2026 says 150); billing address fields stay read-only.

use super::field::{
    Field, Reference, Unset, boolean, datetime, double, integer, long, short, text,
};
use super::resources::FIRST_RESOURCE;
use super::{Definition, Entity};

const TAX_REGION: Reference = Reference::Elsewhere { name: "TaxRegion", ids: &[] };
const CURRENCY: Reference = Reference::Elsewhere { name: "Currency", ids: &[1] };
const QUOTE_TEMPLATE: Reference = Reference::Elsewhere { name: "QuoteTemplate", ids: &[1] };
const INVOICE_TEMPLATE: Reference = Reference::Elsewhere { name: "InvoiceTemplate", ids: &[102] };

pub(super) static COMPANIES: Definition = Definition {
    path: "Companies",
    name: "Company",
    fields: FIELDS,
    can_create: true,
    can_update: true,
    can_delete: false,
    parent: None,
    udf_type: Some(1),
    most_udfs: 200,
    webhooks: true,
    first_id: 29_683_500,
    modified: Some("lastTrackedModifiedDateTime"),
};

const FIELDS: &[Field] = &[
    long("id").required().read_only(),
    text("companyName", 100).required().webhook(),
    text("address1", 128).webhook().unset(Unset::Null),
    text("address2", 128).webhook().unset(Unset::Null),
    text("city", 30).webhook(),
    text("state", 40).webhook(),
    text("postalCode", 10).webhook(),
    text("phone", 25).required().webhook(),
    text("alternatePhone1", 25).webhook(),
    text("alternatePhone2", 25).webhook(),
    text("fax", 25).webhook(),
    text("webAddress", 255).webhook().unset(Unset::Null),
    short("companyType").required().picklist().webhook().unset(Unset::Number(1)),
    integer("classification").picklist().webhook(),
    integer("ownerResourceID")
        .required()
        .refers_to(Reference::To(Entity::Resource))
        .webhook()
        .unset(Unset::Number(FIRST_RESOURCE)),
    integer("territoryID").picklist().webhook(),
    integer("marketSegmentID").picklist().webhook(),
    integer("competitorID").picklist().webhook(),
    integer("parentCompanyID").refers_to(Reference::To(Entity::Company)).webhook(),
    text("stockSymbol", 10).not_queryable().webhook(),
    text("stockMarket", 10).not_queryable().webhook(),
    text("sicCode", 32).not_queryable().webhook(),
    double("assetValue").not_queryable().webhook(),
    text("companyNumber", 50).webhook(),
    datetime("createDate").read_only(),
    datetime("lastActivityDate").read_only().webhook(),
    boolean("isActive").webhook().unset(Unset::Number(1)),
    boolean("isTaskFireActive").read_only().webhook(),
    boolean("isClientPortalActive").read_only().webhook(),
    integer("taxRegionID").refers_to(TAX_REGION).webhook(),
    boolean("isTaxExempt").webhook(),
    text("taxID", 50).webhook(),
    text("additionalAddressInformation", 100).webhook(),
    integer("countryID").refers_to(Reference::To(Entity::Country)).webhook(),
    integer("billToAddressToUse").read_only().picklist().unset(Unset::Number(1)),
    text("billToAttention", 50),
    text("billingAddress1", 150).read_only(),
    text("billingAddress2", 150).read_only(),
    text("billToCity", 50).read_only(),
    text("billToState", 128).read_only(),
    text("billToZipCode", 50).read_only(),
    integer("billToCountryID").read_only().refers_to(Reference::To(Entity::Country)),
    text("billToAdditionalAddressInformation", 100).read_only(),
    integer("invoiceMethod").picklist(),
    boolean("invoiceNonContractItemsToParentCompany"),
    integer("quoteTemplateID").refers_to(QUOTE_TEMPLATE).unset(Unset::Number(1)),
    integer("quoteEmailMessageID").unset(Unset::Number(2)),
    integer("invoiceTemplateID").refers_to(INVOICE_TEMPLATE).unset(Unset::Number(102)),
    integer("invoiceEmailMessageID").unset(Unset::Number(1)),
    integer("currencyID").refers_to(CURRENCY).webhook().unset(Unset::Number(1)),
    integer("billToCompanyLocationID").refers_to(Reference::To(Entity::CompanyLocation)),
    double("surveyCompanyRating").read_only(),
    integer("createdByResourceID").read_only().refers_to(Reference::To(Entity::Resource)),
    integer("apiVendorID").read_only().picklist(),
    boolean("isEnabledForComanaged"),
    integer("impersonatorCreatorResourceID").read_only().refers_to(Reference::To(Entity::Resource)),
    datetime("lastTrackedModifiedDateTime").read_only().webhook(),
    integer("purchaseOrderTemplateID").picklist(),
    integer("companyCategoryID")
        .refers_to(Reference::To(Entity::CompanyCategory))
        .unset(Unset::Number(1)),
];
