//! Fixtures: an org described in JSON.
//!
//! Records name one another by keys of the fixture's own: `"key": "nord"` on one, `"AccountId": "@nord"` on another,
//! in any order and in circles too. All records are loaded or none.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::custom::{CustomField, CustomFieldError};
use super::field_settings::{FieldSettings, FieldSettingsError};
use super::ids::RecordId;
use super::records::{Author, Given};
use super::schema::ObjectKind;
use super::store::Store;
use super::{OrgError, text_of};

/// An org, or a part of one.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Fixture {
    /// Custom fields by object.
    custom_fields: BTreeMap<String, Vec<CustomField>>,
    /// Changes to fields, by object and name.
    fields: BTreeMap<String, BTreeMap<String, FieldSettings>>,
    users: Vec<Map<String, Json>>,
    accounts: Vec<Map<String, Json>>,
    contacts: Vec<Map<String, Json>>,
}

/// Why a fixture was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// It is no fixture.
    #[error("the fixture cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// There is no such object.
    #[error("there is no object {0} to add fields to")]
    NoSuchObject(String),
    /// A custom field cannot be added.
    #[error(transparent)]
    Field(#[from] CustomFieldError),
    /// A field cannot be changed so.
    #[error(transparent)]
    Setting(#[from] FieldSettingsError),
    /// No record has that key.
    #[error("no record of the fixture has the key {0}")]
    NoSuchKey(String),
    /// A record cannot be written.
    #[error("{object} {place}: {error}")]
    Record {
        /// Which list it stands in.
        object: &'static str,
        /// Where, counted from 1.
        place: usize,
        /// Why not.
        error: OrgError,
    },
    /// The database failed.
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
}

/// A record that waits for the records it points to.
struct Waiting {
    id: RecordId,
    references: Vec<Given>,
    place: (&'static str, usize),
}

impl Fixture {
    /// Loads the fixture and returns the ids of the records that have keys.
    pub(super) fn load(
        &self,
        store: &mut Store,
        author: Author,
    ) -> Result<BTreeMap<String, String>, FixtureError> {
        for (name, fields) in &self.custom_fields {
            let object =
                ObjectKind::named(name).ok_or_else(|| FixtureError::NoSuchObject(name.clone()))?;
            for field in fields {
                store.add_custom_field(object, field)?;
            }
        }
        for (name, fields) in &self.fields {
            let object =
                ObjectKind::named(name).ok_or_else(|| FixtureError::NoSuchObject(name.clone()))?;
            for (field, settings) in fields {
                store.set_field(object, field, settings)?;
            }
        }
        let store = &*store;
        store.atomically(|| {
            let mut keys = BTreeMap::new();
            let mut waiting = Vec::new();
            let lists = [
                (ObjectKind::User, &self.users),
                (ObjectKind::Account, &self.accounts),
                (ObjectKind::Contact, &self.contacts),
            ];
            for (object, records) in lists {
                for (place, record) in (1..).zip(records) {
                    let (id, references) = create(store, object, place, record, author)?;
                    if let Some(key) = record.get("key").and_then(Json::as_str) {
                        keys.insert(key.to_owned(), id.to_string());
                    }
                    waiting.push(Waiting { id, references, place: (object.name(), place) });
                }
            }
            for record in waiting {
                connect(store, record, &keys, author)?;
            }
            Ok(keys)
        })
    }
}

/// Creates a record without what it points to.
fn create(
    store: &Store,
    object: ObjectKind,
    place: usize,
    record: &Map<String, Json>,
    author: Author,
) -> Result<(RecordId, Vec<Given>), FixtureError> {
    let given = record
        .iter()
        .filter(|(name, _)| *name != "key")
        .map(|(name, value)| (name.clone(), text_of(value)));
    // Only fields that hold ids can point to records: a name may well begin with an @.
    let (references, fields): (Vec<Given>, Vec<Given>) = given.partition(|(name, text)| {
        name.to_ascii_lowercase().ends_with("id")
            && text.as_ref().is_some_and(|text| text.starts_with('@'))
    });
    let id = store.create(object, &fields, author).map_err(|error| FixtureError::Record {
        object: object.name(),
        place,
        error: error.into(),
    })?;
    Ok((id, references))
}

/// Adds what a record points to, leaving its stamps as they are.
fn connect(
    store: &Store,
    record: Waiting,
    keys: &BTreeMap<String, String>,
    author: Author,
) -> Result<(), FixtureError> {
    if record.references.is_empty() {
        return Ok(());
    }
    let mut given = store.stamps_of(record.id)?;
    for (name, text) in record.references {
        let key = text.unwrap_or_default();
        let id = keys.get(&key[1..]).ok_or_else(|| FixtureError::NoSuchKey(key.clone()))?;
        given.push((name, Some(id.clone())));
    }
    let (object, place) = record.place;
    store.change(record.id, &given, author).map_err(|error| FixtureError::Record {
        object,
        place,
        error: error.into(),
    })
}
