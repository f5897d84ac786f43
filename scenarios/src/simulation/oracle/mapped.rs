//! What a Salesforce record's values are in Autotask, by the mapping and by C2, C9, C10, K4, V1 and V6: written apart
//! from the importer.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::memory::Row;
use crate::truth::identity::same;
use crate::truth::values::{CLASSIFICATIONS, SEGMENTS, TYPES, country, cut, label, lengths, lines};

/// A field's value, as a person would read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mapped {
    /// This.
    Value(String),
    /// Nothing.
    Empty,
    /// Something that Autotask has no word for.
    Unknown,
}

pub(super) type Fields = BTreeMap<&'static str, Mapped>;

fn text<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    row.get(name).and_then(Json::as_str).filter(|text| !text.is_empty())
}

fn value(text: Option<String>) -> Mapped {
    text.filter(|text| !text.is_empty()).map_or(Mapped::Empty, Mapped::Value)
}

/// A word that is looked up.
fn word(given: Option<&str>, found: Option<String>) -> Mapped {
    match (given, found) {
        (None, _) => Mapped::Empty,
        (Some(_), None) => Mapped::Unknown,
        (Some(_), Some(found)) => Mapped::Value(found),
    }
}

/// What a company is told of an account, without owner and parent.
pub(super) fn account(row: &Row) -> Fields {
    let (first, further) = lines(text(row, "BillingStreet"));
    let texts = [
        ("companyName", text(row, "Name")),
        ("companyNumber", text(row, "AccountNumber")),
        ("address1", first),
        ("address2", further),
        ("city", text(row, "BillingCity")),
        ("postalCode", text(row, "BillingPostalCode")),
        ("state", text(row, "BillingState")),
        ("phone", text(row, "Phone")),
        ("webAddress", text(row, "Website")),
    ];
    let mut fields: Fields = texts
        .into_iter()
        .map(|(name, text)| (name, value(text.map(|text| cut(text, lengths::company(name))))))
        .collect();
    let given = |name| text(row, name);
    fields.insert("countryID", word(given("BillingCountry"), country(given("BillingCountry"))));
    for (field, name, list) in [
        ("companyType", "Type", TYPES),
        ("classification", "Rating", CLASSIFICATIONS),
        ("marketSegmentID", "Industry", SEGMENTS),
    ] {
        fields.insert(field, word(given(name), label(list, given(name))));
    }
    fields
}

/// What an Autotask contact is told of a contact.
pub(super) fn contact(row: &Row) -> Fields {
    let (first, further) = lines(text(row, "MailingStreet"));
    let texts = [
        ("firstName", text(row, "FirstName")),
        ("lastName", text(row, "LastName")),
        ("emailAddress", text(row, "Email")),
        ("title", text(row, "Title")),
        ("phone", text(row, "Phone")),
        ("mobilePhone", text(row, "MobilePhone")),
        ("addressLine", first),
        ("addressLine1", further),
        ("city", text(row, "MailingCity")),
        ("zipCode", text(row, "MailingPostalCode")),
    ];
    texts
        .into_iter()
        .map(|(name, text)| (name, value(text.map(|text| cut(text, lengths::contact(name))))))
        .collect()
}

/// What makes an account the same as another (C2).
pub(super) fn account_key(row: &Row) -> [String; 4] {
    let fields = account(row);
    ["companyName", "address1", "city", "state"].map(|name| match fields.get(name) {
        Some(Mapped::Value(text)) => same(text),
        _ => String::new(),
    })
}

/// What makes a company the same as an account.
pub(super) fn company_key(row: &Row) -> [String; 4] {
    ["companyName", "address1", "city", "state"]
        .map(|name| same(text(row, name).unwrap_or_default()))
}

/// What makes a contact the same as another of the same company; the placeholder equals nothing (K4).
pub(super) fn person_key(first: &str, last: &str) -> [String; 2] {
    let first = same(first);
    [if first == "-" { String::new() } else { first }, same(last)]
}

/// The same of a Salesforce contact.
pub(super) fn contact_key(row: &Row) -> [String; 2] {
    let fields = contact(row);
    let part = |name: &str| match fields.get(name) {
        Some(Mapped::Value(text)) => text.clone(),
        _ => String::new(),
    };
    person_key(&part("firstName"), &part("lastName"))
}

/// The same of an Autotask contact.
pub(super) fn target_person_key(row: &Row) -> [String; 2] {
    let part = |name: &str| text(row, name).unwrap_or_default();
    person_key(part("firstName"), part("lastName"))
}
