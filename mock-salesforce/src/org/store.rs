//! The org's database: tables, versions of rows, and the values an org has once.
//!
//! Every object has a table, keyed by the record's number, and a history of the same columns. Each write is a numbered
//! *change* of the org; a row knows the change it dates from (`since`), an old version also the change that ended it
//! (`until`). Old versions are kept only while a query cursor may still ask for them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::ids::{KeyPrefix, RecordId};
use super::meter::{Budget, Meter};
use super::schema::{ObjectKind, Schema};
use crate::soql::text::{self, COLLATION, LIKE_FUNCTION, Pattern};

/// The number of the user the mock's own credentials sign in, and of its profile.
pub(crate) const FIRST_USER: i64 = 1;

/// Numbers below this are not given to new records; the generator's records begin here.
pub(crate) const FIRST_NUMBER: i64 = 100;

/// A column and what goes into it.
pub(super) type Cell = (String, Value);

/// The database of one org.
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) connection: Connection,
    schema: Schema,
    organization: RecordId,
    meter: Meter,
}

impl Store {
    /// Opens the org in `file`, or a new one in memory. A new org gets the id of `organization_number`.
    pub(crate) fn open(file: Option<&Path>, organization_number: i64) -> rusqlite::Result<Self> {
        let mut connection = match file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA temp_store = FILE;",
        )?;
        connection.set_prepared_statement_cache_capacity(64);
        let meter = Meter::of(&mut connection)?;
        add_functions(&connection, &meter)?;
        let schema = Schema::standard();
        create_tables(&connection, &schema)?;
        connection.execute(
            "INSERT OR IGNORE INTO org (key, value) VALUES ('organization', ?1), ('change', 1)",
            [organization_number],
        )?;
        let number = connection.query_row(
            "SELECT value FROM org WHERE key = 'organization'",
            [],
            |row| row.get(0),
        )?;
        let organization = RecordId::new(KeyPrefix::ORGANIZATION, number);
        let mut store = Self { connection, schema, organization, meter };
        store.reload_schema()?;
        Ok(store)
    }

    /// Bounds the steps of what is done until the budget is dropped; without a number they are not bounded.
    pub(crate) fn budget(&self, steps: Option<u64>) -> Budget {
        self.meter.budget(steps)
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Reads from the database which fields there are, after it was opened or replaced.
    pub(super) fn reload_schema(&mut self) -> rusqlite::Result<()> {
        self.schema = Schema::standard();
        self.load_custom_fields()?;
        self.load_field_settings()
    }

    pub(super) fn schema_mut(&mut self) -> &mut Schema {
        &mut self.schema
    }

    pub(crate) fn organization(&self) -> RecordId {
        self.organization
    }

    /// Runs `work` so that all of its writes hold or none.
    pub(crate) fn atomically<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self.connection.unchecked_transaction()?;
        let outcome = work()?;
        transaction.commit()?;
        Ok(outcome)
    }

    /// The number of the org's latest change.
    pub(super) fn latest_change(&self) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached("SELECT value FROM org WHERE key = 'change'")?
            .query_row([], |row| row.get(0))
    }

    /// Begins the org's next change and returns its number.
    pub(super) fn next_change(&self) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached(
                "UPDATE org SET value = value + 1 WHERE key = 'change' RETURNING value",
            )?
            .query_row([], |row| row.get(0))
    }

    /// The number the next new record of `object` gets.
    pub(super) fn next_number(&self, object: ObjectKind) -> rusqlite::Result<i64> {
        let sql = format!(
            "SELECT max(coalesce(max(n), 0) + 1, {FIRST_NUMBER}) FROM \"{}\"",
            object.name()
        );
        self.connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))
    }

    pub(super) fn insert(
        &self,
        record: ObjectKind,
        number: i64,
        cells: &[Cell],
        change: i64,
    ) -> rusqlite::Result<()> {
        let columns: String = cells.iter().map(|(column, _)| [", ", column].concat()).collect();
        let marks = ", ?".repeat(cells.len());
        let sql =
            format!("INSERT INTO \"{}\" (n, since{columns}) VALUES (?, ?{marks})", record.name());
        let values = [Value::Integer(number), Value::Integer(change)];
        let values = values.iter().chain(cells.iter().map(|(_, value)| value));
        self.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        Ok(())
    }

    /// Gives a record new values, keeping its old version while a cursor may ask for it.
    pub(super) fn update(
        &self,
        object: ObjectKind,
        number: i64,
        cells: &[Cell],
        change: i64,
    ) -> rusqlite::Result<()> {
        let name = object.name();
        if self.has_cursors()? {
            let columns: String = self
                .schema
                .object(object)
                .fields
                .iter()
                .filter_map(|field| Some(format!(", {}", field.column()?)))
                .collect();
            self.connection
                .prepare_cached(&format!(
                    "INSERT INTO \"{name}_was\" (until, n, since{columns}) SELECT ?1, n, since{columns} FROM \"{name}\" WHERE n = ?2"
                ))?
                .execute(params![change, number])?;
        }
        let assignments: String =
            cells.iter().map(|(column, _)| [", ", column, " = ?"].concat()).collect();
        let values = cells.iter().map(|(_, value)| value.clone());
        let values =
            std::iter::once(Value::Integer(change)).chain(values).chain([Value::Integer(number)]);
        self.connection
            .prepare_cached(&format!("UPDATE \"{name}\" SET since = ?{assignments} WHERE n = ?"))?
            .execute(params_from_iter(values))?;
        Ok(())
    }

    fn has_cursors(&self) -> rusqlite::Result<bool> {
        self.connection.prepare_cached("SELECT 1 FROM query_cursor LIMIT 1")?.exists([])
    }

    /// Whether the record exists, and whether it is deleted.
    pub(crate) fn state(&self, record: RecordId) -> rusqlite::Result<RecordState> {
        let Some(object) = ObjectKind::of_prefix(record.prefix) else {
            return Ok(RecordState::Absent);
        };
        let deleted = if object.deletable() { "\"IsDeleted\"" } else { "0" };
        let sql = format!("SELECT {deleted} FROM \"{}\" WHERE n = ?1", object.name());
        let deleted: Option<bool> = self
            .connection
            .prepare_cached(&sql)?
            .query_row([record.number], |row| row.get(0))
            .optional()?;
        Ok(match deleted {
            None => RecordState::Absent,
            Some(true) => RecordState::Deleted,
            Some(false) => RecordState::Present,
        })
    }
}

/// Whether there is such a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordState {
    Absent,
    Deleted,
    Present,
}

/// Patterns kept taken apart.
const MOST_PATTERNS: usize = 1_000;

fn add_functions(connection: &Connection, meter: &Meter) -> rusqlite::Result<()> {
    rusqlite::vtab::array::load_module(connection)?;
    let charged = meter.clone();
    connection.create_collation(COLLATION, move |a, b| {
        charged.charge_comparison();
        text::compare(a, b)
    })?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let charged = meter.clone();
    let known = RefCell::new(HashMap::new());
    connection.create_scalar_function(LIKE_FUNCTION, 2, flags, move |context| {
        let text = context.get_raw(0).as_str_or_null()?;
        let pattern = context.get_raw(1).as_str_or_null()?;
        let (Some(text), Some(pattern)) = (text, pattern) else { return Ok(None) };
        charged.charge_match(text, pattern);
        // Not SQLite's auxiliary data, which it looks through one by one: a query may have thousands of patterns.
        let mut known = known.borrow_mut();
        if let Some(pattern) = known.get(pattern) {
            return Ok(Some(Pattern::fits(pattern, text)));
        }
        if known.len() >= MOST_PATTERNS {
            known.clear();
        }
        let taken_apart = known.entry(pattern.to_owned()).or_insert_with(|| Pattern::new(pattern));
        Ok(Some(taken_apart.fits(text)))
    })
}

const COMMON_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS org (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS custom_field (
        object TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, length INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS field_setting (
        object TEXT NOT NULL, name TEXT NOT NULL, visible INTEGER, picklist TEXT, PRIMARY KEY (object, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS query_cursor (
        cursor INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL, made INTEGER NOT NULL,
        snapshot INTEGER NOT NULL, size INTEGER NOT NULL, deleted INTEGER NOT NULL, query TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS query_cursor_chunk (
        cursor INTEGER NOT NULL REFERENCES query_cursor ON DELETE CASCADE, chunk INTEGER NOT NULL,
        numbers BLOB NOT NULL, PRIMARY KEY (cursor, chunk));";

/// For finding children, and for the sub-queries that ask for them.
const REFERENCE_INDEXES: &str = r#"
    CREATE INDEX IF NOT EXISTS "Contact_AccountId" ON "Contact" ("AccountId");
    CREATE INDEX IF NOT EXISTS "Account_ParentId" ON "Account" ("ParentId") WHERE "ParentId" IS NOT NULL;
    CREATE INDEX IF NOT EXISTS "Contact_ReportsToId" ON "Contact" ("ReportsToId") WHERE "ReportsToId" IS NOT NULL;"#;

/// Creates the tables that are not there yet.
pub(super) fn create_tables(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    let objects = ObjectKind::ALL.map(|object| {
        let name = object.name();
        let columns = schema.object(object).column_definitions().join(", ");
        let deleted = if object.deletable() {
            format!(
                "CREATE INDEX IF NOT EXISTS \"{name}_deleted\" ON \"{name}\" (\"SystemModstamp\") WHERE \"IsDeleted\" = 1;"
            )
        } else {
            String::new()
        };
        format!(
            "CREATE TABLE IF NOT EXISTS \"{name}\" (n INTEGER PRIMARY KEY, since INTEGER NOT NULL, {columns});
             CREATE TABLE IF NOT EXISTS \"{name}_was\" (n INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, {columns});
             CREATE INDEX IF NOT EXISTS \"{name}_was_n\" ON \"{name}_was\" (n, until);
             CREATE INDEX IF NOT EXISTS \"{name}_SystemModstamp\" ON \"{name}\" (\"SystemModstamp\");
             {deleted}"
        )
    });
    let sql = format!("BEGIN; {COMMON_TABLES} {} {REFERENCE_INDEXES} COMMIT;", objects.concat());
    connection.execute_batch("PRAGMA foreign_keys = ON;")?;
    connection.execute_batch(&sql)
}
