//! The life of records: created, changed, deleted, restored and merged by Salesforce's rules.
//!
//! Two kinds of callers come here. The API may set what a user may set. A fixture may also set what Salesforce keeps
//! for itself (`CreatedDate`, `IsDeleted`, an id), because a test has to be able to describe any org.

use jiff::Timestamp;
use rusqlite::types::Value;

use super::ids::{AnyId, RecordId};
use super::render::moment;
use super::schema::{Field, FieldType, Object, ObjectKind};
use super::store::{Cell, FIRST_USER, RecordState, Store};
use super::value::{SaveError, from_text, stored_moment};

/// A field's name with the text given for it; `None` empties the field.
pub(crate) type Given = (String, Option<String>);

/// Who writes, when, and with which rights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Author {
    pub(crate) user: i64,
    pub(crate) now: Timestamp,
    pub(crate) rights: Rights,
}

/// What a writer may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// What a user may set through the API.
    Api,
    /// Everything a record has.
    Fixture,
}

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The record breaks a rule.
    #[error(transparent)]
    Refused(#[from] SaveError),
    /// The database failed.
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
}

impl Store {
    /// Creates a record.
    pub(crate) fn create(
        &self,
        object: ObjectKind,
        given: &[Given],
        author: Author,
    ) -> Result<RecordId, WriteError> {
        let mut record = Draft::new(self, self.schema().object(object), author);
        let number = match record.chosen_id(given)? {
            Some(number) => number,
            None => self.next_number(object)?,
        };
        record.take(given)?;
        record.default_on_create();
        record.check_required()?;
        record.check_references(number)?;
        let mut cells = record.cells;
        cells.extend(derived_name(object, &|column| cell(&cells, column)));
        let change = self.next_change()?;
        self.insert(object, number, &cells, change)?;
        Ok(RecordId::new(object.prefix(), number))
    }

    /// Changes fields of a record.
    pub(crate) fn change(
        &self,
        id: RecordId,
        given: &[Given],
        author: Author,
    ) -> Result<(), WriteError> {
        let object = self.existing(id)?;
        let mut record = Draft::new(self, self.schema().object(object), author);
        record.take(given)?;
        record.check_not_emptied()?;
        record.check_references(id.number)?;
        record.stamp();
        let mut cells = record.cells;
        let name =
            derived_name(object, &|column| match cells.iter().find(|(name, _)| name == column) {
                Some((_, value)) => Some(value.clone()),
                None => self.column_value(object, id.number, column).ok(),
            });
        cells.extend(name);
        let change = self.next_change()?;
        self.update(object, id.number, &cells, change)?;
        Ok(())
    }

    /// Moves a user's `LastLoginDate` and SystemModstamp.
    pub(crate) fn note_login(&self, user: i64, now: Timestamp) -> rusqlite::Result<()> {
        let now = Value::Integer(stored_moment(now));
        let cells = ["\"LastLoginDate\"", "\"SystemModstamp\""]
            .map(|column| (column.to_owned(), now.clone()));
        self.atomically(|| {
            let change = self.next_change()?;
            self.update(ObjectKind::User, user, &cells, change)
        })
    }

    /// Puts a record, and the contacts of an account, into the Recycle Bin.
    pub(crate) fn delete(&self, id: RecordId, author: Author) -> Result<(), WriteError> {
        let object = self.existing(id)?;
        if !object.deletable() {
            let message = format!("entity type cannot be deleted: {}", object.name());
            return Err(SaveError::new("INSUFFICIENT_ACCESS_OR_READONLY", message).into());
        }
        let change = self.next_change()?;
        if object == ObjectKind::Account {
            for contact in self.pointing(ObjectKind::Contact, "AccountId", id.number)? {
                self.update(ObjectKind::Contact, contact, &deletion(author), change)?;
            }
        }
        let (child, reference) = self_reference(object);
        for child_number in self.pointing(child, reference, id.number)? {
            let mut cells = vec![(format!("\"{reference}\""), Value::Null)];
            cells.extend(stamps(author));
            self.update(child, child_number, &cells, change)?;
        }
        self.update(object, id.number, &deletion(author), change)?;
        Ok(())
    }

    /// Takes a record, and the contacts deleted with it, out of the Recycle Bin.
    pub(crate) fn undelete(&self, id: RecordId, author: Author) -> Result<(), WriteError> {
        let object = ObjectKind::of_prefix(id.prefix).filter(|object| object.deletable());
        let (Some(object), RecordState::Deleted) = (object, self.state(id)?) else {
            return Err(
                SaveError::new("UNDELETE_FAILED", "Entity is not in the recycle bin").into()
            );
        };
        let deleted_in = self.column_value(object, id.number, "since")?;
        let change = self.next_change()?;
        let mut cells = vec![
            ("\"IsDeleted\"".to_owned(), Value::Integer(0)),
            ("\"MasterRecordId\"".to_owned(), Value::Null),
        ];
        cells.extend(stamps(author));
        if object == ObjectKind::Account {
            let sql = "SELECT n FROM Contact WHERE AccountId = ?1 AND IsDeleted = 1 AND since = ?2";
            for contact in self.numbers(sql, &[Value::Integer(id.number), deleted_in])? {
                self.update(ObjectKind::Contact, contact, &cells, change)?;
            }
        }
        self.update(object, id.number, &cells, change)?;
        Ok(())
    }

    /// Makes `losers` part of `master`: what pointed to them points to it, and they are deleted. Returns the records
    /// that were moved.
    pub(crate) fn merge(
        &self,
        master: RecordId,
        given: &[Given],
        losers: &[RecordId],
        author: Author,
    ) -> Result<Vec<RecordId>, WriteError> {
        let object = self.existing(master)?;
        if !object.deletable() || losers.is_empty() || losers.len() > 2 || losers.contains(&master)
        {
            return Err(SaveError::new(
                "INVALID_ID_FIELD",
                "a merge takes one or two other records of one object",
            )
            .into());
        }
        for loser in losers {
            if self.existing(*loser)? != object {
                return Err(SaveError::new(
                    "INVALID_ID_FIELD",
                    "records of different objects cannot be merged",
                )
                .into());
            }
        }
        self.change(master, given, author)?;
        let change = self.next_change()?;
        let mut moved = Vec::new();
        let (child, reference) = self_reference(object);
        let mut references = vec![(child, reference)];
        if object == ObjectKind::Account {
            references.push((ObjectKind::Contact, "AccountId"));
        }
        for loser in losers {
            for (child, reference) in &references {
                for number in self.pointing(*child, reference, loser.number)? {
                    if *child == object && number == master.number {
                        continue;
                    }
                    let mut cells =
                        vec![(format!("\"{reference}\""), Value::Integer(master.number))];
                    cells.extend(stamps(author));
                    self.update(*child, number, &cells, change)?;
                    moved.push(RecordId::new(child.prefix(), number));
                }
            }
            let mut cells = vec![("\"MasterRecordId\"".to_owned(), Value::Integer(master.number))];
            cells.extend(deletion(author));
            self.update(object, loser.number, &cells, change)?;
        }
        Ok(moved)
    }

    /// Records whose SystemModstamp lies between two whole minutes, both included, with that moment. At most one more
    /// than `most`, so that the caller can tell too many from enough.
    pub(crate) fn changed(
        &self,
        object: ObjectKind,
        deleted: bool,
        start: i64,
        end: i64,
        most: usize,
    ) -> rusqlite::Result<Vec<(i64, i64)>> {
        let state = if object.deletable() {
            format!("\"IsDeleted\" = {}", i64::from(deleted))
        } else {
            "1".to_owned()
        };
        let sql = format!(
            "SELECT n, \"SystemModstamp\" FROM \"{}\" WHERE \"SystemModstamp\" BETWEEN ?1 AND ?2 AND {state} ORDER BY n LIMIT ?3",
            object.name()
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement.query_map([start, end, most], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// A record's modification stamps, to be written again with a change that shall not move them.
    pub(super) fn stamps_of(&self, id: RecordId) -> rusqlite::Result<Vec<Given>> {
        let Some(object) = ObjectKind::of_prefix(id.prefix) else { return Ok(Vec::new()) };
        let stamps = ["LastModifiedDate", "SystemModstamp"].map(|column| {
            let value = self.column_value(object, id.number, column)?;
            let Value::Integer(milliseconds) = value else { return Ok(None) };
            Ok(Some((column.to_owned(), Some(moment(milliseconds)))))
        });
        stamps.into_iter().filter_map(Result::transpose).collect()
    }

    /// The object of a record that exists and is not deleted.
    fn existing(&self, id: RecordId) -> Result<ObjectKind, WriteError> {
        let refused = |status, message| Err(SaveError::new(status, message).into());
        match (self.state(id)?, ObjectKind::of_prefix(id.prefix)) {
            (RecordState::Present, Some(object)) => Ok(object),
            (RecordState::Deleted, _) => refused("ENTITY_IS_DELETED", "entity is deleted"),
            _ => refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        }
    }

    /// The living records of `child` whose field points to `number`.
    fn pointing(&self, child: ObjectKind, field: &str, number: i64) -> rusqlite::Result<Vec<i64>> {
        let sql = format!(
            "SELECT n FROM \"{}\" WHERE \"{field}\" = ?1 AND \"IsDeleted\" = 0 ORDER BY n",
            child.name()
        );
        self.numbers(&sql, &[Value::Integer(number)])
    }

    fn numbers(&self, sql: &str, values: &[Value]) -> rusqlite::Result<Vec<i64>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?.collect()
    }

    fn column_value(
        &self,
        object: ObjectKind,
        number: i64,
        column: &str,
    ) -> rusqlite::Result<Value> {
        let sql = format!("SELECT {column} FROM \"{}\" WHERE n = ?1", object.name());
        self.connection.prepare_cached(&sql)?.query_row([number], |row| row.get(0))
    }
}

/// The field by which records of an object form a hierarchy.
const fn self_reference(object: ObjectKind) -> (ObjectKind, &'static str) {
    match object {
        ObjectKind::Account => (ObjectKind::Account, "ParentId"),
        ObjectKind::Contact => (ObjectKind::Contact, "ReportsToId"),
        ObjectKind::User => (ObjectKind::User, "ManagerId"),
    }
}

fn stamps(author: Author) -> [Cell; 3] {
    let now = Value::Integer(stored_moment(author.now));
    [
        ("\"LastModifiedDate\"".to_owned(), now.clone()),
        ("\"LastModifiedById\"".to_owned(), Value::Integer(author.user)),
        ("\"SystemModstamp\"".to_owned(), now),
    ]
}

fn deletion(author: Author) -> Vec<Cell> {
    let mut cells = vec![("\"IsDeleted\"".to_owned(), Value::Integer(1))];
    cells.extend(stamps(author));
    cells
}

fn cell(cells: &[Cell], column: &str) -> Option<Value> {
    cells.iter().find(|(name, _)| name == column).map(|(_, value)| value.clone())
}

/// A person's Name, which Salesforce puts together from its parts.
fn derived_name(object: ObjectKind, value: &dyn Fn(&str) -> Option<Value>) -> Option<Cell> {
    if object == ObjectKind::Account {
        return None;
    }
    let parts = ["\"FirstName\"", "\"LastName\""].map(value);
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    Some(("\"Name\"".to_owned(), Value::Text(texts.join(" "))))
}

/// A record's new values while they are checked.
struct Draft<'s> {
    store: &'s Store,
    object: &'s Object,
    author: Author,
    cells: Vec<Cell>,
}

impl<'s> Draft<'s> {
    fn new(store: &'s Store, object: &'s Object, author: Author) -> Self {
        Self { store, object, author, cells: Vec::new() }
    }

    /// The number of the id a fixture chose for a new record.
    fn chosen_id(&self, given: &[Given]) -> Result<Option<i64>, WriteError> {
        let Some((_, Some(id))) = given.iter().find(|(name, _)| name.eq_ignore_ascii_case("Id"))
        else {
            return Ok(None);
        };
        if self.author.rights == Rights::Api {
            return Err(SaveError::new(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                "cannot specify Id in an insert call",
            )
            .into());
        }
        let record = AnyId::parse(id)
            .and_then(AnyId::in_this_org)
            .filter(|record| record.prefix == self.object.kind.prefix())
            .ok_or_else(|| {
                let prefix = String::from_utf8_lossy(&self.object.kind.prefix().0).into_owned();
                SaveError::new(
                    "MALFORMED_ID",
                    format!(
                        "ids of this org's {} begin with {prefix}5g: {id}",
                        self.object.kind.name()
                    ),
                )
            })?;
        if self.store.state(record)? != RecordState::Absent {
            return Err(SaveError::new(
                "DUPLICATE_VALUE",
                format!("a record with the id {id} exists"),
            )
            .into());
        }
        Ok(Some(record.number))
    }

    fn take(&mut self, given: &[Given]) -> Result<(), WriteError> {
        for (name, text) in given {
            let field = self.object.field(name).ok_or_else(|| {
                let message = format!(
                    "No such column '{name}' on sobject of type {}",
                    self.object.kind.name()
                );
                SaveError::new("INVALID_FIELD", message)
            })?;
            if field.kind == FieldType::Id {
                continue;
            }
            let Some(column) =
                field.column().filter(|_| field.writable || self.author.rights == Rights::Fixture)
            else {
                let message = format!(
                    "Unable to create/update fields: {}. Please check the security settings of this field and verify \
                     that it is read/write for your profile or permission set.",
                    field.name
                );
                return Err(
                    SaveError::of_field("INVALID_FIELD_FOR_INSERT_UPDATE", field, message).into()
                );
            };
            let value = text.as_deref().map_or(Ok(Value::Null), |text| from_text(field, text))?;
            self.cells.retain(|(known, _)| *known != column);
            self.cells.push((column, value));
        }
        Ok(())
    }

    fn set_default(&mut self, column: &str, value: Value) {
        let column = format!("\"{column}\"");
        if !self.cells.iter().any(|(known, _)| *known == column) {
            self.cells.push((column, value));
        }
    }

    fn default_on_create(&mut self) {
        let now = Value::Integer(stored_moment(self.author.now));
        let user = Value::Integer(self.author.user);
        for column in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
            self.set_default(column, now.clone());
        }
        for column in ["CreatedById", "LastModifiedById"] {
            self.set_default(column, user.clone());
        }
        if self.object.kind == ObjectKind::User {
            self.default_user();
        } else {
            self.set_default("OwnerId", user);
        }
        let object = self.object;
        for field in
            object.fields.iter().filter(|field| field.kind == FieldType::Boolean && !field.nillable)
        {
            self.set_default(&field.name, Value::Integer(0));
        }
    }

    /// What a user has without anybody setting it; a fixture need only name the person.
    fn default_user(&mut self) {
        self.set_default("UserType", Value::Text("Standard".to_owned()));
        self.set_default("IsActive", Value::Integer(1));
        if self.author.rights == Rights::Api {
            return;
        }
        let text = |text: &str| Value::Text(text.to_owned());
        let last_name = match cell(&self.cells, "\"LastName\"") {
            Some(Value::Text(name)) => name,
            _ => "user".to_owned(),
        };
        let slug: String = last_name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        self.set_default("Username", Value::Text(format!("{slug}@example.com")));
        self.set_default("Email", Value::Text(format!("{slug}@example.com")));
        self.set_default("Alias", Value::Text(slug.chars().take(8).collect()));
        self.set_default("TimeZoneSidKey", text("GMT"));
        self.set_default("LocaleSidKey", text("en_US"));
        self.set_default("LanguageLocaleKey", text("en_US"));
        self.set_default("EmailEncodingKey", text("UTF-8"));
        let profile = RecordId::new(super::ids::KeyPrefix::PROFILE, FIRST_USER);
        self.set_default("ProfileId", Value::Text(profile.to_string()));
    }

    fn stamp(&mut self) {
        for (column, value) in stamps(self.author) {
            // A fixture may have set them itself.
            if !self.cells.iter().any(|(known, _)| *known == column) {
                self.cells.push((column, value));
            }
        }
    }

    fn check_required(&self) -> Result<(), WriteError> {
        let missing = |field: &&Field| {
            field.writable
                && !field.nillable
                && field.column().is_some_and(|column| {
                    matches!(cell(&self.cells, &column), None | Some(Value::Null))
                })
        };
        refuse_missing(self.object.fields.iter().filter(missing))
    }

    fn check_not_emptied(&self) -> Result<(), WriteError> {
        let emptied = |field: &&Field| {
            !field.nillable
                && field
                    .column()
                    .is_some_and(|column| cell(&self.cells, &column) == Some(Value::Null))
        };
        refuse_missing(self.object.fields.iter().filter(emptied))
    }

    /// References must lead to records that exist, and may not lead back to the record itself.
    fn check_references(&self, own_number: i64) -> Result<(), WriteError> {
        if self.author.rights == Rights::Fixture {
            return Ok(());
        }
        for field in &self.object.fields {
            let (FieldType::Reference(to), Some(column)) = (field.kind, field.column()) else {
                continue;
            };
            let Some(Value::Integer(number)) = cell(&self.cells, &column) else { continue };
            let target = RecordId::new(to.prefix(), number);
            match self.store.state(target)? {
                RecordState::Present => {}
                RecordState::Deleted => {
                    return Err(SaveError::of_field(
                        "ENTITY_IS_DELETED",
                        field,
                        "entity is deleted",
                    )
                    .into());
                }
                RecordState::Absent => {
                    let message = format!("invalid cross reference id: {target}");
                    return Err(
                        SaveError::of_field("INVALID_CROSS_REFERENCE_KEY", field, message).into()
                    );
                }
            }
            if to == self.object.kind && number == own_number && field.name != "MasterRecordId" {
                let message = "attempt to make a record its own parent";
                return Err(SaveError::of_field("CIRCULAR_DEPENDENCY", field, message).into());
            }
        }
        Ok(())
    }
}

fn refuse_missing<'f>(missing: impl Iterator<Item = &'f Field>) -> Result<(), WriteError> {
    let missing: Vec<String> = missing.map(|field| field.name.to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", missing.join(", "));
    Err(SaveError { status: "REQUIRED_FIELD_MISSING", message, fields: missing }.into())
}
