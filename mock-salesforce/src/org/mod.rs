//! The org: its records, and the rules they live by.
//!
//! [`Org`] is the handle by which a test or a fixture looks into a running mock and changes what is there, without
//! the checks a client meets. Clients go through the calls.

mod checkpoints;
mod cursors;
mod custom;
mod field_settings;
mod fields;
mod fixture;
pub(crate) mod ids;
mod meter;
mod picklists;
pub(crate) mod records;
pub(crate) mod render;
pub(crate) mod schema;
pub(crate) mod store;
pub(crate) mod value;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mock_kit::clock::Clock;
use rusqlite::OptionalExtension;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

pub use checkpoints::CheckpointError;
use checkpoints::Checkpoints;
pub(crate) use cursors::{Cursor, CursorOrigin};
pub use custom::{CustomField, CustomFieldError, CustomFieldType};
pub use field_settings::{FieldSettings, FieldSettingsError};
use fixture::Fixture;
pub use fixture::FixtureError;
use ids::{AnyId, RecordId};
use records::{Author, Given, Rights, WriteError};
pub use schema::ObjectKind;
use store::{FIRST_USER, Store};
pub use value::SaveError;

/// Why an [`Org`] could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum OrgError {
    /// The record breaks a rule of the org.
    #[error(transparent)]
    Refused(#[from] SaveError),
    /// The given fields are not a JSON object.
    #[error("a record is given as a JSON object, not as {0}")]
    NotAnObject(Json),
    /// The text is no id of this org.
    #[error("{0} is no id of a record of this org")]
    NoSuchId(String),
    /// The database failed.
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
}

impl From<WriteError> for OrgError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(error) => Self::Refused(error),
            WriteError::Database(error) => Self::Database(error),
        }
    }
}

/// A handle on the org of a running mock.
#[derive(Debug, Clone)]
pub struct Org {
    store: Arc<Mutex<Store>>,
    checkpoints: Arc<Mutex<Checkpoints>>,
    clock: Arc<dyn Clock>,
}

impl Org {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store: Arc::new(Mutex::new(store)), checkpoints: Arc::default(), clock }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn author(&self) -> Author {
        Author { user: FIRST_USER, now: self.clock.now(), rights: Rights::Fixture }
    }

    /// The id of the organization, in 18 characters.
    pub fn organization_id(&self) -> String {
        self.store().organization().to_string()
    }

    /// Creates a record from a JSON object of its fields and returns its id.
    ///
    /// Fields that Salesforce keeps for itself may be given too: `Id` (of this org's form), `CreatedDate`,
    /// `SystemModstamp`, `IsDeleted`. What is left out is filled in as Salesforce would.
    pub fn insert(&self, object: ObjectKind, fields: &Json) -> Result<String, OrgError> {
        let given = given(fields)?;
        let store = self.store();
        store.atomically(|| Ok(store.create(object, &given, self.author())?.to_string()))
    }

    /// Creates an account; see [`Org::insert`].
    pub fn insert_account(&self, fields: &Json) -> Result<String, OrgError> {
        self.insert(ObjectKind::Account, fields)
    }

    /// Creates a contact; see [`Org::insert`].
    pub fn insert_contact(&self, fields: &Json) -> Result<String, OrgError> {
        self.insert(ObjectKind::Contact, fields)
    }

    /// Creates a user; see [`Org::insert`].
    pub fn insert_user(&self, fields: &Json) -> Result<String, OrgError> {
        self.insert(ObjectKind::User, fields)
    }

    /// Puts the whole org aside under a name.
    pub fn checkpoint(&self, name: &str) -> Result<(), CheckpointError> {
        self.checkpoints().make(name, &self.store())
    }

    /// Makes the org what it was at a checkpoint. Cursors of that time live again, later ones are gone.
    pub fn rewind(&self, name: &str) -> Result<(), CheckpointError> {
        self.checkpoints().rewind(name, &mut self.store())
    }

    /// The names of the checkpoints there are.
    pub fn checkpoint_names(&self) -> Vec<String> {
        self.checkpoints().names()
    }

    fn checkpoints(&self) -> MutexGuard<'_, Checkpoints> {
        self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all records, custom fields and cursors; only the user who may sign in is there afterwards.
    pub fn clear(&self) -> Result<(), OrgError> {
        let user = RecordId::new(ObjectKind::User.prefix(), FIRST_USER).to_string();
        let known = self.record(&user)?;
        self.store().clear()?;
        if let Some(user) = known {
            self.insert_user(&Json::Object(user))?;
        }
        Ok(())
    }

    /// Loads an org, or a part of one, from JSON: `customFields`, `fields`, `users`, `accounts`, `contacts`. A record may have a
    /// `key`, and others point to it with `"@key"`. Returns the ids of the records that have keys.
    pub fn load(&self, fixture: &Json) -> Result<BTreeMap<String, String>, FixtureError> {
        let fixture = Fixture::deserialize(fixture)?;
        fixture.load(&mut self.store(), self.author())
    }

    /// Adds a custom field to an object.
    pub fn add_custom_field(
        &self,
        object: ObjectKind,
        field: &CustomField,
    ) -> Result<(), CustomFieldError> {
        self.store().add_custom_field(object, field)
    }

    /// Changes what an administrator can change about a field: its visibility to clients, its picklist.
    pub fn set_field(
        &self,
        object: ObjectKind,
        name: &str,
        settings: &FieldSettings,
    ) -> Result<(), FieldSettingsError> {
        self.store().set_field(object, name, settings)
    }

    /// Changes the given fields of a record; its SystemModstamp moves unless it is given too.
    pub fn update(&self, id: &str, fields: &Json) -> Result<(), OrgError> {
        let given = given(fields)?;
        let store = self.store();
        store.atomically(|| Ok(store.change(known_id(id)?, &given, self.author())?))
    }

    /// Deletes a record into the Recycle Bin.
    pub fn delete(&self, id: &str) -> Result<(), OrgError> {
        let store = self.store();
        store.atomically(|| Ok(store.delete(known_id(id)?, self.author())?))
    }

    /// Restores a record from the Recycle Bin.
    pub fn undelete(&self, id: &str) -> Result<(), OrgError> {
        let store = self.store();
        store.atomically(|| Ok(store.undelete(known_id(id)?, self.author())?))
    }

    /// Merges records into `master`.
    pub fn merge(&self, master: &str, losers: &[&str]) -> Result<(), OrgError> {
        let losers = losers.iter().map(|id| known_id(id)).collect::<Result<Vec<_>, _>>()?;
        let store = self.store();
        store.atomically(|| {
            store
                .merge(known_id(master)?, &[], &losers, self.author())
                .map(drop)
                .map_err(Into::into)
        })
    }

    /// Notes that a user signed in, which moves SystemModstamp but not `LastModifiedDate`.
    pub(crate) fn note_login(&self, user: i64) -> rusqlite::Result<()> {
        self.store().note_login(user, self.clock.now())
    }

    /// All fields of a record, deleted ones included; `None` if there never was such a record.
    pub fn record(&self, id: &str) -> Result<Option<Map<String, Json>>, OrgError> {
        let Some(record) = AnyId::parse(id).and_then(AnyId::in_this_org) else { return Ok(None) };
        let Some(object) = ObjectKind::of_prefix(record.prefix) else { return Ok(None) };
        let mut found = self.store().list(object, "n = ?1", &[&record.number])?;
        Ok(found.pop())
    }

    /// All records of an object by id, deleted ones included. Meant for small orgs.
    pub fn records(&self, object: ObjectKind) -> Result<Vec<Map<String, Json>>, OrgError> {
        Ok(self.store().list(object, "1", &[])?)
    }

    /// Records whose name, e-mail address or id has `text` in it, in the order of their ids: how many there are, and at
    /// most `limit` of them after the first `offset`.
    pub fn search(
        &self,
        object: ObjectKind,
        text: &str,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<Map<String, Json>>), OrgError> {
        let figure = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let email = if object == ObjectKind::Account { "NULL" } else { "\"Email\"" };
        let like = crate::soql::text::LIKE_FUNCTION;
        let found = if text.trim().is_empty() {
            "(1 OR ?1 OR ?2)".to_owned()
        } else {
            format!("({like}(\"Name\", ?1) OR {like}({email}, ?1) OR n = ?2)")
        };
        let pattern = format!("%{}%", crate::soql::text::escaped(text));
        let number =
            AnyId::parse(text.trim()).and_then(AnyId::in_this_org).map_or(-1, |id| id.number);
        let store = self.store();
        let sql = format!("SELECT count(*) FROM \"{}\" WHERE {found}", object.name());
        let total: i64 =
            store
                .connection
                .query_row(&sql, rusqlite::params![pattern, number], |row| row.get(0))?;
        let page = format!(
            "n IN (SELECT n FROM \"{}\" WHERE {found} ORDER BY n LIMIT ?3 OFFSET ?4)",
            object.name()
        );
        let values = rusqlite::params![pattern, number, figure(limit), figure(offset)];
        Ok((total.unsigned_abs(), store.list(object, &page, values)?))
    }

    /// The record number of the user who signs in by that name.
    pub(crate) fn user_named(&self, username: &str) -> Result<Option<i64>, OrgError> {
        let sql = format!(
            "SELECT n FROM \"User\" WHERE \"Username\" COLLATE {} IS ?1 ORDER BY n LIMIT 1",
            crate::soql::text::COLLATION
        );
        let store = self.store();
        let found = store.connection.query_row(&sql, [username.trim()], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// The number of an object's records, without deleted ones.
    pub fn count(&self, object: ObjectKind) -> Result<u64, OrgError> {
        // Both figures come out of indexes; what is there could only be counted by looking at every record.
        let name = object.name();
        let deleted = if object.deletable() {
            format!("(SELECT count(*) FROM \"{name}\" WHERE \"IsDeleted\" = 1)")
        } else {
            "0".to_owned()
        };
        let sql = format!("SELECT (SELECT count(*) FROM \"{name}\") - {deleted}");
        let count: i64 = self.store().connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

impl Store {
    /// The records that fulfil a fixed piece of SQL.
    fn list(
        &self,
        object: ObjectKind,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> rusqlite::Result<Vec<Map<String, Json>>> {
        let fields = &self.schema().object(object).fields;
        let stored: Vec<_> =
            fields.iter().filter_map(|field| Some((field, field.column()?))).collect();
        let columns: String = stored.iter().map(|(_, column)| [", ", column].concat()).collect();
        let sql =
            format!("SELECT n{columns} FROM \"{}\" WHERE {condition} ORDER BY n", object.name());
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(values)?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            let id = RecordId::new(object.prefix(), row.get(0)?);
            let mut record = Map::from_iter([("Id".to_owned(), Json::from(id.to_string()))]);
            for (place, (field, _)) in (1..).zip(&stored) {
                record
                    .insert(field.name.to_string(), render::json(field.kind, row.get_ref(place)?));
            }
            records.push(record);
        }
        Ok(records)
    }
}

fn known_id(id: &str) -> Result<RecordId, OrgError> {
    AnyId::parse(id).and_then(AnyId::in_this_org).ok_or_else(|| OrgError::NoSuchId(id.to_owned()))
}

fn given(fields: &Json) -> Result<Vec<Given>, OrgError> {
    let Json::Object(fields) = fields else { return Err(OrgError::NotAnObject(fields.clone())) };
    Ok(fields.iter().map(|(name, value)| (name.clone(), text_of(value))).collect())
}

/// A JSON value as the text it would have been sent as.
fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
