//! The records of both sides, in the words of each.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fields::{SourceField, TargetField};
use super::ids::{CompanyId, ResourceId, SalesforceId};

/// Which pair of record types is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A Salesforce account and the Autotask company it becomes.
    Company,
    /// A Salesforce contact and the Autotask contact it becomes.
    Contact,
}

impl Kind {
    /// The kind of the Salesforce record with this id.
    pub fn of(id: SalesforceId) -> Option<Self> {
        match id.key_prefix() {
            "001" => Some(Self::Company),
            "003" => Some(Self::Contact),
            _ => None,
        }
    }

    /// What Salesforce calls such a record.
    pub fn source_name(self) -> &'static str {
        match self {
            Self::Company => "account",
            Self::Contact => "contact",
        }
    }

    /// What Autotask calls such a record.
    pub fn target_name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Contact => "contact",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.target_name())
    }
}

/// The imported field values of one Salesforce record. A field that is nil or was not asked for is absent, as is an
/// empty one.
///
/// All of them lie in one text: there are as many records as an org has, of twenty values each.
#[derive(Clone)]
pub struct SourceValues {
    text: String,
    /// Where each field's value begins and ends.
    places: Vec<(usize, usize)>,
}

/// What the values of most records take, in bytes.
const USUAL_LENGTH: usize = 256;

impl Default for SourceValues {
    fn default() -> Self {
        Self { text: String::with_capacity(USUAL_LENGTH), places: vec![(0, 0); SourceField::COUNT] }
    }
}

impl SourceValues {
    /// The value of a field, `None` when it has none.
    pub fn get(&self, field: SourceField) -> Option<&str> {
        let (begin, end) = self.places[field as usize];
        self.text.get(begin..end).filter(|text| !text.is_empty())
    }

    /// Sets a field's value.
    pub fn set(&mut self, field: SourceField, value: &str) {
        let begin = self.text.len();
        self.text.push_str(value);
        self.places[field as usize] = (begin, self.text.len());
    }

    fn all(&self) -> impl Iterator<Item = Option<&str>> {
        self.places.iter().map(|(begin, end)| self.text.get(*begin..*end))
    }
}

impl PartialEq for SourceValues {
    fn eq(&self, other: &Self) -> bool {
        self.all().eq(other.all())
    }
}

impl Eq for SourceValues {}

impl fmt::Debug for SourceValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = SourceField::ALL.iter().filter_map(|field| Some((field, self.get(*field)?)));
        f.debug_map().entries(values).finish()
    }
}

/// A person's name as Salesforce keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonName {
    /// First name, which Salesforce does not require.
    pub first: Option<String>,
    /// Last name.
    pub last: Option<String>,
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.first, &self.last) {
            (Some(first), Some(last)) => write!(f, "{first} {last}"),
            (Some(only), None) | (None, Some(only)) => f.write_str(only),
            (None, None) => f.write_str("nobody"),
        }
    }
}

/// That a record was deleted in Salesforce (rule R8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// The record it was merged into, if that is why it is gone.
    pub merged_into: Option<SalesforceId>,
}

/// A Salesforce account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: SalesforceId,
    /// Whether it was deleted, and how.
    pub deleted: Option<Deletion>,
    /// When it, or something Salesforce derives from it, last changed.
    pub system_modstamp: Timestamp,
    /// Who owns it.
    pub owner: PersonName,
    /// The account it belongs to.
    pub parent: Option<SalesforceId>,
    /// The values to import.
    pub values: SourceValues,
}

/// A Salesforce contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceContact {
    /// Its id.
    pub id: SalesforceId,
    /// Whether it was deleted, and how.
    pub deleted: Option<Deletion>,
    /// When it last changed.
    pub system_modstamp: Timestamp,
    /// The account it belongs to; a contact without one is an orphan (K2).
    pub account: Option<SalesforceId>,
    /// The values to import.
    pub values: SourceValues,
}

/// A value of an Autotask field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// An id, a picklist value or another whole number.
    Integer(i64),
    /// A decimal number.
    Decimal(f64),
    /// A text.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Decimal(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Values of Autotask fields. A field that is missing is not spoken of; `None` means empty.
pub type Values = BTreeMap<TargetField, Option<Value>>;

/// What the user-defined field for the Salesforce id holds, as far as an answer told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UdfValue {
    /// The field, or the whole collection, was not in the answer. This never means "cleared" (U1).
    Unknown,
    /// The field was there and empty.
    Empty,
    /// The Salesforce id of an account in a company's field, of a contact in a contact's.
    Id(SalesforceId),
    /// A text that is no such id. It is reported and never overwritten (C1).
    Other(String),
}

impl UdfValue {
    /// Reads the text of the field of a company or contact.
    pub fn from_text(kind: Kind, text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("") => Self::Empty,
            Some(text) => match text.parse::<SalesforceId>() {
                Ok(id) if id.has_valid_suffix() && Kind::of(id) == Some(kind) => Self::Id(id),
                _ => Self::Other(text.to_owned()),
            },
        }
    }

    /// The id it holds, if it holds one.
    pub fn id(&self) -> Option<SalesforceId> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Unknown | Self::Empty | Self::Other(_) => None,
        }
    }
}

/// A company or contact as Autotask holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetRecord {
    /// Its id.
    pub id: i64,
    /// The company it is, or, for a contact, belongs to. 0 is seen for some inactive contacts and means nothing then.
    pub company: CompanyId,
    /// Whether it is active. An inactive record is matched and updated all the same.
    pub is_active: bool,
    /// The user-defined field that links it to a Salesforce record.
    pub salesforce_id: UdfValue,
    /// The fields an import may write, as far as they were asked for.
    pub values: Values,
}

impl TargetRecord {
    /// A field's text; empty where it has none.
    pub fn text(&self, field: TargetField) -> &str {
        match self.values.get(&field) {
            Some(Some(Value::Text(text))) => text,
            _ => "",
        }
    }
}

/// An Autotask resource: somebody who may own companies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Where to reach them.
    pub email: String,
    /// Whether they still work there.
    pub is_active: bool,
    /// Whether this is an API-only user, which Autotask does not accept as an owner (C8).
    pub is_api_only: bool,
}

impl Resource {
    /// First and last name, as people write them.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name.trim(), self.last_name.trim()).trim().to_owned()
    }

    /// Whether a company can be given to them (C8).
    pub fn may_own_companies(&self) -> bool {
        self.is_active && !self.is_api_only
    }
}

/// An Autotask country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Country {
    /// Its id, as `countryID` holds it.
    pub id: i64,
    /// Its two-letter ISO code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The name it is shown by.
    pub display_name: String,
}

/// Where both sides show a record to people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pages {
    /// Salesforce's address.
    pub salesforce: Option<String>,
    /// Autotask's.
    pub autotask: Option<String>,
}

impl Pages {
    /// The page of a Salesforce record.
    pub fn of_source(&self, id: SalesforceId) -> Option<String> {
        self.salesforce.as_ref().map(|server| format!("{server}/{id}"))
    }

    /// The page of an Autotask record, by Autotask's `ExecuteCommand`. That these commands take these parameters is
    /// unconfirmed.
    pub fn of_target(&self, kind: Kind, id: i64) -> Option<String> {
        let command = match kind {
            Kind::Company => "OpenAccount&AccountID",
            Kind::Contact => "OpenContact&ContactID",
        };
        let server = self.autotask.as_ref()?;
        Some(format!("{server}/Autotask/AutotaskExtend/ExecuteCommand.aspx?Code={command}={id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "001000000000001AAA";

    #[test]
    fn the_id_tells_accounts_and_contacts_from_everything_else() {
        let kind = |id: &str| Kind::of(id.parse().unwrap());

        assert_eq!(kind(ACCOUNT), Some(Kind::Company));
        assert_eq!(kind("003000000000001AAA"), Some(Kind::Contact));
        assert_eq!(kind("005000000000001AAA"), None);
    }

    #[test]
    fn each_side_has_its_own_word_for_a_record() {
        let names = |kind: Kind| (kind.source_name(), kind.target_name());

        assert_eq!(names(Kind::Company), ("account", "company"));
        assert_eq!(names(Kind::Contact), ("contact", "contact"));
        assert_eq!(Kind::Company.to_string(), "company");
    }

    #[test]
    fn an_empty_text_is_no_value() {
        let mut values = SourceValues::default();
        values.set(SourceField::Name, "Nord");
        values.set(SourceField::Fax, "");

        assert_eq!(values.get(SourceField::Name), Some("Nord"));
        assert_eq!(values.get(SourceField::Fax), None);
        assert_eq!(values.get(SourceField::Phone), None);
    }

    #[test]
    fn values_are_equal_however_they_came_about() {
        let of = |given: &[(SourceField, &str)]| {
            let mut values = SourceValues::default();
            for (field, value) in given {
                values.set(*field, value);
            }
            values
        };
        let (name, phone) = (SourceField::Name, SourceField::Phone);
        let values = of(&[(name, "Nord"), (phone, "1")]);

        assert_eq!(values, of(&[(phone, "222"), (name, "Nord"), (phone, "1")]));
        assert_ne!(values, of(&[(name, "Nord")]));
        assert_ne!(values, of(&[(name, "Nord"), (phone, "2")]));
        assert_eq!(format!("{values:?}"), r#"{Name: "Nord", Phone: "1"}"#);
    }

    #[test]
    fn a_person_is_called_by_the_names_there_are() {
        let called = |first: Option<&str>, last: Option<&str>| {
            PersonName { first: first.map(str::to_owned), last: last.map(str::to_owned) }
                .to_string()
        };

        assert_eq!(called(Some("Ada"), Some("Berg")), "Ada Berg");
        assert_eq!(called(None, Some("Berg")), "Berg");
        assert_eq!(called(Some("Ada"), None), "Ada");
        assert_eq!(called(None, None), "nobody");
    }

    #[test]
    fn a_value_is_shown_as_it_is() {
        assert_eq!(Value::Integer(5).to_string(), "5");
        assert_eq!(Value::Decimal(5.5).to_string(), "5.5");
        assert_eq!(Value::Text("Kiel".to_owned()).to_string(), "Kiel");
    }

    #[test]
    fn only_an_id_of_its_kind_with_the_right_suffix_is_taken_for_one() {
        let id = ACCOUNT.parse().unwrap();
        let other = |text: &str| UdfValue::Other(text.to_owned());

        for text in [ACCOUNT, " 001000000000001 "] {
            assert_eq!(
                UdfValue::from_text(Kind::Company, Some(text)),
                UdfValue::Id(id),
                "{text:?}"
            );
        }
        for text in ["001000000000001AAB", "003000000000001AAA", "see file"] {
            assert_eq!(UdfValue::from_text(Kind::Company, Some(text)), other(text));
        }
        for text in [None, Some(""), Some(" ")] {
            assert_eq!(UdfValue::from_text(Kind::Company, text), UdfValue::Empty, "{text:?}");
        }
        assert_eq!(UdfValue::from_text(Kind::Contact, Some(ACCOUNT)), other(ACCOUNT));
    }

    #[test]
    fn nothing_but_an_id_links() {
        let id = ACCOUNT.parse().unwrap();

        assert_eq!(UdfValue::Id(id).id(), Some(id));
        for none in [UdfValue::Unknown, UdfValue::Empty, UdfValue::Other(ACCOUNT.to_owned())] {
            assert_eq!(none.id(), None, "{none:?}");
        }
    }

    #[test]
    fn what_is_no_text_reads_as_an_empty_one() {
        let record = TargetRecord {
            id: 5,
            company: CompanyId(5),
            is_active: true,
            salesforce_id: UdfValue::Empty,
            values: Values::from([
                (TargetField::City, Some(Value::Text("Kiel".to_owned()))),
                (TargetField::State, None),
                (TargetField::CountryId, Some(Value::Integer(81))),
            ]),
        };

        assert_eq!(record.text(TargetField::City), "Kiel");
        for field in [TargetField::State, TargetField::CountryId, TargetField::Fax] {
            assert_eq!(record.text(field), "");
        }
    }

    #[test]
    fn a_record_has_a_page_where_its_server_is_known() {
        let id = ACCOUNT.parse().unwrap();
        let pages = Pages {
            salesforce: Some("https://sf.example.com".to_owned()),
            autotask: Some("https://at.example.com".to_owned()),
        };

        let source = pages.of_source(id).unwrap();
        assert_eq!(source, "https://sf.example.com/001000000000001AAA");
        for (kind, command) in
            [(Kind::Company, "OpenAccount&AccountID=5"), (Kind::Contact, "OpenContact&ContactID=5")]
        {
            let page = pages.of_target(kind, 5).unwrap();
            assert!(page.starts_with("https://at.example.com/Autotask/"), "{page}");
            assert!(page.ends_with(command), "{page}");
        }
        assert_eq!(Pages::default().of_source(id), None);
        assert_eq!(Pages::default().of_target(Kind::Company, 5), None);
    }
}
