//! The picklist values of a fresh org. Which list `Account.Type` has differs between orgs: this is the newer one.

/// `Account.Type`.
pub(crate) const TYPE: &[&str] = &[
    "Prospect",
    "Customer - Direct",
    "Customer - Channel",
    "Channel Partner / Reseller",
    "Installation Partner",
    "Technology Partner",
    "Other",
];

/// `Account.Industry`.
pub(crate) const INDUSTRY: &[&str] = &[
    "Agriculture",
    "Apparel",
    "Banking",
    "Biotechnology",
    "Chemicals",
    "Communications",
    "Construction",
    "Consulting",
    "Education",
    "Electronics",
    "Energy",
    "Engineering",
    "Entertainment",
    "Environmental",
    "Finance",
    "Food & Beverage",
    "Government",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Machinery",
    "Manufacturing",
    "Media",
    "Not For Profit",
    "Recreation",
    "Retail",
    "Shipping",
    "Technology",
    "Telecommunications",
    "Transportation",
    "Utilities",
    "Other",
];

/// `Account.Rating`.
pub(crate) const RATING: &[&str] = &["Hot", "Warm", "Cold"];

/// `Account.Ownership`.
pub(crate) const OWNERSHIP: &[&str] = &["Public", "Private", "Subsidiary", "Other"];

/// `Account.AccountSource` and `Contact.LeadSource`.
pub(crate) const SOURCE: &[&str] =
    &["Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"];

/// `Contact.Salutation`.
pub(crate) const SALUTATION: &[&str] = &["Mr.", "Ms.", "Mrs.", "Dr.", "Prof."];

/// How exactly an address was located.
pub(crate) const GEOCODE_ACCURACY: &[&str] = &[
    "Address",
    "NearAddress",
    "Block",
    "Street",
    "ExtendedZip",
    "Zip",
    "Neighborhood",
    "City",
    "County",
    "State",
    "Unknown",
];

/// The state of a record in data cleaning.
pub(crate) const CLEAN_STATUS: &[&str] = &[
    "Matched",
    "Different",
    "Acknowledged",
    "NotFound",
    "Inactive",
    "Pending",
    "SelectMatch",
    "Skipped",
];
