//! The mapping table: which Salesforce field becomes which Autotask field, and how.
//!
//! This table is the only place that pairs the two sides. The query's field list, the drafts, what counts as a
//! change and the documentation all follow it.

use serde::{Deserialize, Serialize};

use super::model::Kind;

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $api:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each variant is the vendor's field of that name")]
        pub enum $name {
            $(#[serde(rename = $api)] $variant,)*
        }

        impl $name {
            /// All fields, in the order of their declaration.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$variant),*];

            /// How many fields there are.
            pub const COUNT: usize = [$($api),*].len();

            /// The field's name in the vendor's API.
            pub fn api_name(self) -> &'static str {
                match self {
                    $(Self::$variant => $api,)*
                }
            }

            /// The field of that name in the vendor's API, in any case.
            pub fn from_api_name(name: &str) -> Option<Self> {
                match name {
                    $($api => Some(Self::$variant),)*
                    _ => [$(($api, Self::$variant)),*]
                        .into_iter()
                        .find_map(|(api, field)| name.eq_ignore_ascii_case(api).then_some(field)),
                }
            }
        }
    };
}

fields! {
    /// A field of a Salesforce account or contact whose value is imported.
    SourceField {
        AccountNumber = "AccountNumber",
        AnnualRevenue = "AnnualRevenue",
        BillingCity = "BillingCity",
        BillingCountry = "BillingCountry",
        BillingPostalCode = "BillingPostalCode",
        BillingState = "BillingState",
        BillingStreet = "BillingStreet",
        Email = "Email",
        Fax = "Fax",
        FirstName = "FirstName",
        Industry = "Industry",
        LastName = "LastName",
        MailingCity = "MailingCity",
        MailingPostalCode = "MailingPostalCode",
        MailingState = "MailingState",
        MailingStreet = "MailingStreet",
        MobilePhone = "MobilePhone",
        Name = "Name",
        OtherPhone = "OtherPhone",
        Owner = "Owner",
        ParentId = "ParentId",
        Phone = "Phone",
        Rating = "Rating",
        Sic = "Sic",
        TickerSymbol = "TickerSymbol",
        Title = "Title",
        Type = "Type",
        Website = "Website",
    }
}

fields! {
    /// A field of an Autotask company or contact that an import writes.
    ///
    /// Names that both entities have (city, state, phone) are one field here; the record's [`Kind`] tells them
    /// apart.
    TargetField {
        CompanyName = "companyName",
        CompanyNumber = "companyNumber",
        AssetValue = "assetValue",
        Address1 = "address1",
        Address2 = "address2",
        City = "city",
        CountryId = "countryID",
        PostalCode = "postalCode",
        State = "state",
        Fax = "fax",
        Phone = "phone",
        SicCode = "sicCode",
        StockSymbol = "stockSymbol",
        CompanyType = "companyType",
        WebAddress = "webAddress",
        Classification = "classification",
        OwnerResourceId = "ownerResourceID",
        MarketSegmentId = "marketSegmentID",
        ParentCompanyId = "parentCompanyID",
        EmailAddress = "emailAddress",
        FaxNumber = "faxNumber",
        FirstName = "firstName",
        AlternatePhone = "alternatePhone",
        LastName = "lastName",
        ZipCode = "zipCode",
        AddressLine = "addressLine",
        AddressLine1 = "addressLine1",
        MobilePhone = "mobilePhone",
        Title = "title",
    }
}

/// How a Salesforce value becomes an Autotask value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convert {
    /// The text as it is.
    Text,
    /// The text before its first line break.
    FirstLine,
    /// The text after its first line break, with the breaks it still holds.
    FurtherLines,
    /// The text, or the configured placeholder where it is empty (V2, K4).
    TextOrPlaceholder,
    /// A decimal number, possibly with an exponent.
    Decimal,
    /// The picklist value with this label, else "Customer" (C9).
    LabelOrCustomer,
    /// The picklist value with this label, else the field is left alone (C9).
    LabelOrLeave,
    /// The picklist value with this label, else empty (C9).
    LabelOrEmpty,
    /// The country with this name, display name or ISO code, else the field is left alone (C10).
    Country,
    /// The active resource of the same name, else the default account manager (C8).
    Owner,
    /// The company that the parent account is linked to (C7).
    Parent,
}

impl Convert {
    /// What happens to a value, in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Text => "as it is",
            Self::FirstLine => "its first line",
            Self::FurtherLines => "its further lines",
            Self::TextOrPlaceholder => "as it is; a placeholder where a new record would have none",
            Self::Decimal => "as a decimal number",
            Self::LabelOrCustomer => {
                "the value with this label; of a new record, else \"Customer\""
            }
            Self::LabelOrLeave => "the value with this label; else left alone",
            Self::LabelOrEmpty => "the value with this label; else empty",
            Self::Country => "the country of this name or ISO code; else left alone",
            Self::Owner => {
                "the active resource of the same name; of a new record, else the default account manager"
            }
            Self::Parent => "the company that the parent account is linked to",
        }
    }

    /// Whether a new record gets a value where Salesforce has none.
    pub fn has_fallback(self) -> bool {
        matches!(self, Self::TextOrPlaceholder | Self::LabelOrCustomer | Self::Owner)
    }
}

/// One line of the mapping table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// Where the value comes from.
    pub source: SourceField,
    /// Where it goes.
    pub target: TargetField,
    /// What happens in between.
    pub convert: Convert,
}

const fn map(source: SourceField, target: TargetField, convert: Convert) -> Mapping {
    Mapping { source, target, convert }
}

/// Account → company.
const COMPANY: &[Mapping] = {
    use {SourceField as S, TargetField as T};
    &[
        map(S::Name, T::CompanyName, Convert::Text),
        map(S::AccountNumber, T::CompanyNumber, Convert::Text),
        map(S::AnnualRevenue, T::AssetValue, Convert::Decimal),
        map(S::BillingStreet, T::Address1, Convert::FirstLine),
        map(S::BillingStreet, T::Address2, Convert::FurtherLines),
        map(S::BillingCity, T::City, Convert::Text),
        map(S::BillingCountry, T::CountryId, Convert::Country),
        map(S::BillingPostalCode, T::PostalCode, Convert::Text),
        map(S::BillingState, T::State, Convert::Text),
        map(S::Fax, T::Fax, Convert::Text),
        map(S::Phone, T::Phone, Convert::TextOrPlaceholder),
        map(S::Sic, T::SicCode, Convert::Text),
        map(S::TickerSymbol, T::StockSymbol, Convert::Text),
        map(S::Type, T::CompanyType, Convert::LabelOrCustomer),
        map(S::Website, T::WebAddress, Convert::Text),
        map(S::Rating, T::Classification, Convert::LabelOrLeave),
        map(S::Owner, T::OwnerResourceId, Convert::Owner),
        map(S::Industry, T::MarketSegmentId, Convert::LabelOrEmpty),
        map(S::ParentId, T::ParentCompanyId, Convert::Parent),
    ]
};

/// Contact → contact.
const CONTACT: &[Mapping] = {
    use {SourceField as S, TargetField as T};
    &[
        map(S::Email, T::EmailAddress, Convert::Text),
        map(S::Fax, T::FaxNumber, Convert::Text),
        map(S::FirstName, T::FirstName, Convert::TextOrPlaceholder),
        map(S::OtherPhone, T::AlternatePhone, Convert::Text),
        map(S::LastName, T::LastName, Convert::Text),
        map(S::MailingCity, T::City, Convert::Text),
        map(S::MailingPostalCode, T::ZipCode, Convert::Text),
        map(S::MailingState, T::State, Convert::Text),
        map(S::MailingStreet, T::AddressLine, Convert::FirstLine),
        map(S::MailingStreet, T::AddressLine1, Convert::FurtherLines),
        map(S::MobilePhone, T::MobilePhone, Convert::Text),
        map(S::Phone, T::Phone, Convert::Text),
        map(S::Title, T::Title, Convert::Text),
    ]
};

/// The mapping table of one kind of record.
pub fn table(kind: Kind) -> &'static [Mapping] {
    match kind {
        Kind::Company => COMPANY,
        Kind::Contact => CONTACT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_known_by_its_api_name_in_any_case() {
        assert_eq!(TargetField::from_api_name("COUNTRYID"), Some(TargetField::CountryId));
        assert_eq!(SourceField::from_api_name("BillingCity"), Some(SourceField::BillingCity));
        assert_eq!(TargetField::from_api_name("shoeSize"), None);
    }

    #[test]
    fn what_happens_to_a_value_is_said_and_differs() {
        let lines = || [Kind::Company, Kind::Contact].into_iter().flat_map(table);

        for line in lines() {
            let text = line.convert.text();
            assert!(text.contains(' '), "{text:?}");
            assert!(lines().all(|it| (it.convert.text() == text) == (it.convert == line.convert)));
        }
    }

    #[test]
    fn no_field_of_autotask_is_filled_twice() {
        for kind in [Kind::Company, Kind::Contact] {
            let mut targets: Vec<_> = table(kind).iter().map(|line| line.target).collect();
            targets.sort_unstable();
            targets.dedup();

            assert_eq!(targets.len(), table(kind).len(), "{kind}");
        }
    }

    #[test]
    fn a_new_company_gets_an_owner_a_type_and_a_phone_whatever_salesforce_has() {
        use TargetField as T;
        let filled = |kind| {
            let lines = table(kind).iter().filter(|line| line.convert.has_fallback());
            lines.map(|line| line.target).collect::<Vec<_>>()
        };

        assert_eq!(filled(Kind::Company), [T::Phone, T::CompanyType, T::OwnerResourceId]);
        assert_eq!(filled(Kind::Contact), [T::FirstName]);
    }
}
