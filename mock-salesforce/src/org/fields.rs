//! The standard fields of Account, Contact and User, in the order of a recorded describe.
//!
//! Lengths and flags are those of a present-day org. `HasOptedOutOfEmail` and `DoNotCall` are not in the recorded
//! describe, but orgs with the usual page layouts have them.

use std::borrow::Cow;

use super::picklists;
use super::schema::{Field, FieldType, ObjectKind, UseInQueries};

/// The fields every org has on `object`.
pub(crate) fn standard(object: ObjectKind) -> Vec<Field> {
    match object {
        ObjectKind::Account => account(),
        ObjectKind::Contact => contact(),
        ObjectKind::User => user(),
    }
}

fn account() -> Vec<Field> {
    vec![
        id(),
        boolean("IsDeleted").required().read_only(),
        reference("MasterRecordId", "MasterRecord", ObjectKind::Account).read_only(),
        text("Name", 255).required(),
        picklist("Type", 40, picklists::TYPE),
        foreign_reference("RecordTypeId", "RecordType", "RecordType"),
        reference("ParentId", "Parent", ObjectKind::Account),
        textarea("BillingStreet", 255),
        text("BillingCity", 40),
        text("BillingState", 80),
        text("BillingPostalCode", 20),
        text("BillingCountry", 80),
        double("BillingLatitude", 18, 15),
        double("BillingLongitude", 18, 15),
        picklist("BillingGeocodeAccuracy", 40, picklists::GEOCODE_ACCURACY),
        address("BillingAddress", "Billing"),
        textarea("ShippingStreet", 255),
        text("ShippingCity", 40),
        text("ShippingState", 80),
        text("ShippingPostalCode", 20),
        text("ShippingCountry", 80),
        double("ShippingLatitude", 18, 15),
        double("ShippingLongitude", 18, 15),
        picklist("ShippingGeocodeAccuracy", 40, picklists::GEOCODE_ACCURACY),
        address("ShippingAddress", "Shipping"),
        phone("Phone", 40),
        phone("Fax", 40),
        text("AccountNumber", 40),
        url("Website", 255),
        url("PhotoUrl", 255).read_only(),
        text("Sic", 20),
        picklist("Industry", 40, picklists::INDUSTRY),
        currency("AnnualRevenue", 18, 0),
        int("NumberOfEmployees"),
        picklist("Ownership", 40, picklists::OWNERSHIP),
        text("TickerSymbol", 20),
        textarea("Description", 32000).not_filterable(),
        picklist("Rating", 40, picklists::RATING),
        text("Site", 80),
        reference("OwnerId", "Owner", ObjectKind::User).required(),
        datetime("CreatedDate").required().read_only(),
        reference("CreatedById", "CreatedBy", ObjectKind::User).required().read_only(),
        datetime("LastModifiedDate").required().read_only(),
        reference("LastModifiedById", "LastModifiedBy", ObjectKind::User).required().read_only(),
        datetime("SystemModstamp").required().read_only(),
        date("LastActivityDate").read_only(),
        datetime("LastViewedDate").read_only(),
        datetime("LastReferencedDate").read_only(),
        boolean("IsPartner").required().read_only(),
        boolean("IsCustomerPortal").required().read_only(),
        text("ChannelProgramName", 255).read_only().not_filterable(),
        text("ChannelProgramLevelName", 255).read_only().not_filterable(),
        text("Jigsaw", 20),
        Field { relationship: Some("JigsawCompany"), ..text("JigsawCompanyId", 20).read_only() },
        picklist("CleanStatus", 40, picklists::CLEAN_STATUS),
        picklist("AccountSource", 40, picklists::SOURCE),
        text("DunsNumber", 9),
        text("Tradestyle", 255),
        text("NaicsCode", 8),
        text("NaicsDesc", 120),
        text("YearStarted", 4),
        text("SicDesc", 80),
        foreign_reference("DandbCompanyId", "DandbCompany", "DandBCompany"),
        foreign_reference("OperatingHoursId", "OperatingHours", "OperatingHours"),
    ]
}

fn contact() -> Vec<Field> {
    vec![
        id(),
        boolean("IsDeleted").required().read_only(),
        reference("MasterRecordId", "MasterRecord", ObjectKind::Contact).read_only(),
        reference("AccountId", "Account", ObjectKind::Account),
        text("LastName", 80).required(),
        text("FirstName", 40),
        picklist("Salutation", 40, picklists::SALUTATION),
        text("Name", 121).required().read_only(),
        textarea("OtherStreet", 255),
        text("OtherCity", 40),
        text("OtherState", 80),
        text("OtherPostalCode", 20),
        text("OtherCountry", 80),
        double("OtherLatitude", 18, 15),
        double("OtherLongitude", 18, 15),
        picklist("OtherGeocodeAccuracy", 40, picklists::GEOCODE_ACCURACY),
        address("OtherAddress", "Other"),
        textarea("MailingStreet", 255),
        text("MailingCity", 40),
        text("MailingState", 80),
        text("MailingPostalCode", 20),
        text("MailingCountry", 80),
        double("MailingLatitude", 18, 15),
        double("MailingLongitude", 18, 15),
        picklist("MailingGeocodeAccuracy", 40, picklists::GEOCODE_ACCURACY),
        address("MailingAddress", "Mailing"),
        phone("Phone", 40),
        phone("Fax", 40),
        phone("MobilePhone", 40),
        phone("HomePhone", 40),
        phone("OtherPhone", 40),
        phone("AssistantPhone", 40),
        reference("ReportsToId", "ReportsTo", ObjectKind::Contact),
        email("Email", 80),
        text("Title", 128),
        text("Department", 80),
        text("AssistantName", 40),
        picklist("LeadSource", 255, picklists::SOURCE),
        date("Birthdate"),
        textarea("Description", 32000).not_filterable(),
        reference("OwnerId", "Owner", ObjectKind::User).required(),
        datetime("CreatedDate").required().read_only(),
        reference("CreatedById", "CreatedBy", ObjectKind::User).required().read_only(),
        datetime("LastModifiedDate").required().read_only(),
        reference("LastModifiedById", "LastModifiedBy", ObjectKind::User).required().read_only(),
        datetime("SystemModstamp").required().read_only(),
        date("LastActivityDate").read_only(),
        datetime("LastCURequestDate").read_only(),
        datetime("LastCUUpdateDate").read_only(),
        datetime("LastViewedDate").read_only(),
        datetime("LastReferencedDate").read_only(),
        text("EmailBouncedReason", 255),
        datetime("EmailBouncedDate"),
        boolean("HasOptedOutOfEmail").required(),
        boolean("DoNotCall").required(),
        boolean("IsEmailBounced").required().read_only(),
        url("PhotoUrl", 255).read_only(),
        text("Jigsaw", 20),
        Field { relationship: Some("JigsawContact"), ..text("JigsawContactId", 20).read_only() },
        picklist("CleanStatus", 40, picklists::CLEAN_STATUS),
        foreign_reference("IndividualId", "Individual", "Individual"),
    ]
}

fn user() -> Vec<Field> {
    vec![
        id(),
        text("Username", 80).required(),
        text("LastName", 80).required(),
        text("FirstName", 40),
        text("Name", 121).required().read_only(),
        text("CompanyName", 80),
        text("Division", 80),
        text("Department", 80),
        text("Title", 80),
        textarea("Street", 255),
        text("City", 40),
        text("State", 80),
        text("PostalCode", 20),
        text("Country", 80),
        email("Email", 128).required(),
        phone("Phone", 40),
        phone("Fax", 40),
        phone("MobilePhone", 40),
        phone("Extension", 40),
        text("Alias", 8).required(),
        text("CommunityNickname", 40),
        boolean("IsActive").required(),
        text("TimeZoneSidKey", 40).required(),
        foreign_reference("UserRoleId", "UserRole", "UserRole"),
        text("LocaleSidKey", 40).required(),
        text("EmailEncodingKey", 40).required(),
        foreign_reference("ProfileId", "Profile", "Profile").required(),
        text("UserType", 40).read_only(),
        text("LanguageLocaleKey", 40).required(),
        text("EmployeeNumber", 20),
        reference("ManagerId", "Manager", ObjectKind::User),
        datetime("LastLoginDate").read_only(),
        datetime("CreatedDate").required().read_only(),
        reference("CreatedById", "CreatedBy", ObjectKind::User).required().read_only(),
        datetime("LastModifiedDate").required().read_only(),
        reference("LastModifiedById", "LastModifiedBy", ObjectKind::User).required().read_only(),
        datetime("SystemModstamp").required().read_only(),
    ]
}

fn field(name: &'static str, kind: FieldType, length: u32) -> Field {
    Field {
        name: Cow::Borrowed(name),
        kind,
        length,
        digits: (0, 0),
        nillable: true,
        writable: true,
        use_in_queries: UseInQueries::FilterAndSort,
        relationship: None,
        visible: true,
        own_picklist: None,
    }
}

fn id() -> Field {
    field("Id", FieldType::Id, 18).required().read_only()
}

fn reference(name: &'static str, relationship: &'static str, to: ObjectKind) -> Field {
    Field { relationship: Some(relationship), ..field(name, FieldType::Reference(to), 18) }
}

fn foreign_reference(name: &'static str, relationship: &'static str, to: &'static str) -> Field {
    Field { relationship: Some(relationship), ..field(name, FieldType::ForeignReference(to), 18) }
}

fn text(name: &'static str, length: u32) -> Field {
    field(name, FieldType::Text, length)
}

fn textarea(name: &'static str, length: u32) -> Field {
    field(name, FieldType::TextArea, length)
}

fn phone(name: &'static str, length: u32) -> Field {
    field(name, FieldType::Phone, length)
}

fn url(name: &'static str, length: u32) -> Field {
    field(name, FieldType::Url, length)
}

fn email(name: &'static str, length: u32) -> Field {
    field(name, FieldType::Email, length)
}

fn picklist(name: &'static str, length: u32, values: &'static [&'static str]) -> Field {
    field(name, FieldType::Picklist(values), length)
}

fn boolean(name: &'static str) -> Field {
    field(name, FieldType::Boolean, 0)
}

fn int(name: &'static str) -> Field {
    field(name, FieldType::Int, 0)
}

fn double(name: &'static str, precision: u32, scale: u32) -> Field {
    Field { digits: (precision, scale), ..field(name, FieldType::Double, 0) }
}

fn currency(name: &'static str, precision: u32, scale: u32) -> Field {
    Field { digits: (precision, scale), ..field(name, FieldType::Currency, 0) }
}

fn date(name: &'static str) -> Field {
    field(name, FieldType::Date, 0)
}

fn datetime(name: &'static str) -> Field {
    field(name, FieldType::DateTime, 0)
}

fn address(name: &'static str, stem: &'static str) -> Field {
    field(name, FieldType::Address(stem), 0).read_only().not_sortable()
}

impl Field {
    fn required(self) -> Self {
        Self { nillable: false, ..self }
    }

    fn read_only(self) -> Self {
        Self { writable: false, ..self }
    }

    /// Long text: neither filtered nor sorted by.
    fn not_filterable(self) -> Self {
        Self { use_in_queries: UseInQueries::SelectOnly, ..self }
    }

    fn not_sortable(self) -> Self {
        Self { use_in_queries: UseInQueries::Filter, ..self }
    }
}
