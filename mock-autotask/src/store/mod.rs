//! One tenant's records, in SQLite.
//!
//! [`Tenant`] reads and writes whatever it is told: it knows types and tables, but none of the API's rules. A write
//! that returned has reached the write-ahead log, so it survives the end of the process, however sudden.

mod catalogue;
mod checkpoints;
mod collation;
mod history;
mod recent;
mod render;
pub(crate) mod schema;

use std::path::Path;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

pub use catalogue::PicklistValue;
pub(crate) use catalogue::{Catalogue, UdfKind, UserDefinedField};
pub use checkpoints::CheckpointError;
pub(crate) use checkpoints::Checkpoints;
pub(crate) use collation::fold;
pub(crate) use history::Event;
pub use history::{Author, Change};
pub(crate) use recent::Bound;
pub use render::UnsetUdfs;
pub(crate) use render::{Columns, Page, View};

use crate::entities::Entity;

/// A value of a user-defined field; `None` clears it.
pub(crate) type UdfChange = (i64, Option<String>);

/// The condition part of a SELECT, with the values it compares with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    /// Only records behind this id. It stands apart from the rest because pages begin behind an id too: of two such
    /// bounds in one statement SQLite would use the first alone, and step over all records up to the other.
    pub(crate) after: Option<i64>,
    /// An SQL expression made of the schema's own names; `None` is true of every record.
    pub(crate) sql: Option<String>,
    /// The values for its parameters.
    pub(crate) values: Vec<Value>,
    /// Every record of which it is true lies within one of these; `None` where that is not known.
    pub(crate) within: Option<Vec<Bound>>,
}

impl Condition {
    /// A condition in SQL.
    pub(crate) fn sql(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { after: None, sql: Some(sql.into()), values, within: None }
    }

    /// The whole condition as SQL whose first parameter is the id it begins behind.
    fn whole(&self) -> String {
        format!("\"id\" > ? AND {}", self.sql.as_deref().unwrap_or("TRUE"))
    }

    /// The values for [`Self::whole`], where it begins behind an id at the least.
    fn all_values(&self, after: i64) -> impl Iterator<Item = Value> {
        let after = self.after.map_or(after, |bound| bound.max(after));
        [after.into()].into_iter().chain(self.values.iter().cloned())
    }
}

/// A tenant's database.
#[derive(Debug)]
pub(crate) struct Tenant {
    connection: Connection,
    catalogue: Catalogue,
    /// The id each entity gives next, by the entity's code. No id is given twice, not even after a deletion.
    next_ids: [i64; Entity::ALL.len()],
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite refused.
    #[error("the database cannot be opened")]
    Sqlite(#[from] rusqlite::Error),
    /// The file was made by something else, or by another version.
    #[error("the file is no database of this version of mock-autotask")]
    Foreign,
}

/// How long a write waits for another process that uses the same file.
const PATIENCE: Duration = Duration::from_secs(5);

/// A commit reaches the write-ahead log, which the end of the process cannot undo; a log of 32 MB is carried over into
/// the file in one go, and 32 MB of it are kept in memory.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768;";

impl Tenant {
    /// Opens a file, or a new database in memory. A new one is given its first records by `found`, and is not kept
    /// should that fail.
    pub(crate) fn open<E: From<OpenError> + From<rusqlite::Error>>(
        path: Option<&Path>,
        found: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<Self, E> {
        let connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(PATIENCE)?;
        collation::register(&connection)?;
        connection.set_prepared_statement_cache_capacity(128);
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
        let is_new = tables == 0;
        if !is_new && !schema::is_ours(&connection)? {
            return Err(OpenError::Foreign.into());
        }
        connection.execute_batch(PRAGMAS)?;
        let mut tenant = Self {
            connection,
            catalogue: Catalogue::default(),
            next_ids: Entity::ALL.map(|entity| entity.definition().first_id),
        };
        if is_new {
            tenant.atomically(|tenant| {
                tenant.create_tables()?;
                found(tenant)
            })?;
            // A tenant that was filled has all of it in the log.
            tenant.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
        }
        // One that an earlier version made lacks some.
        tenant.create_indexes()?;
        tenant.reload()?;
        tenant.count_ids()?;
        Ok(tenant)
    }

    /// Forgets everything: tables, ids and picklists are those of a new database.
    pub(crate) fn clear(&mut self) -> rusqlite::Result<()> {
        schema::drop_all(&self.connection)?;
        self.create_tables()?;
        self.count_ids()
    }

    /// Looks up which ids have been given: those that are there, and those that the history tells of.
    fn count_ids(&mut self) -> rusqlite::Result<()> {
        for entity in Entity::ALL {
            let definition = entity.definition();
            let latest: Option<i64> = self.connection.query_row(
                &format!(
                    "SELECT max((SELECT coalesce(max(\"id\"), -1) FROM \"{}\"),
                                (SELECT coalesce(max(record), -1) FROM history WHERE entity = ?))",
                    definition.path
                ),
                [schema::code(entity)],
                |row| row.get(0),
            )?;
            let next = latest.unwrap_or_default().saturating_add(1);
            self.next_ids[entity as usize] = next.max(definition.first_id);
        }
        Ok(())
    }

    /// Makes the indexes that are not there.
    pub(crate) fn create_indexes(&self) -> rusqlite::Result<()> {
        schema::create_indexes(&self.connection)
    }

    /// Drops the indexes, which makes writing many records faster and everything else slower.
    pub(crate) fn drop_indexes(&self) -> rusqlite::Result<()> {
        schema::drop_indexes(&self.connection)
    }

    fn create_tables(&mut self) -> rusqlite::Result<()> {
        schema::create(&self.connection)?;
        catalogue::fill_picklists(&self.connection)?;
        self.reload()
    }

    fn reload(&mut self) -> rusqlite::Result<()> {
        self.catalogue = Catalogue::load(&self.connection)?;
        Ok(())
    }

    /// The tenant's picklists and user-defined fields.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Begins a transaction that [`Self::commit`] ends.
    pub(crate) fn begin(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        Ok(())
    }

    /// Ends a transaction; if that fails, nothing of it is kept.
    pub(crate) fn commit(&mut self) -> rusqlite::Result<()> {
        let committed = self.connection.prepare_cached("COMMIT")?.execute(());
        if let Err(error) = committed {
            self.connection.execute_batch("ROLLBACK")?;
            self.reload()?;
            return Err(error);
        }
        Ok(())
    }

    /// Does several things as one: all of them are kept, or none.
    pub(crate) fn atomically<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let run = |tenant: &Self, sql| tenant.connection.prepare_cached(sql)?.execute(());
        run(self, "SAVEPOINT work")?;
        match work(self) {
            Ok(done) => {
                run(self, "RELEASE work")?;
                Ok(done)
            }
            Err(error) => {
                self.connection.execute_batch("ROLLBACK TO work; RELEASE work")?;
                self.reload()?;
                Err(error)
            }
        }
    }

    /// Inserts a record with a new id, or with the one it brings, and returns the id.
    ///
    /// `values` are those of all fields, in the order of the field list; the id's is null for a new one.
    pub(crate) fn insert(
        &mut self,
        entity: Entity,
        values: &[Value],
        udfs: &[UdfChange],
    ) -> rusqlite::Result<i64> {
        let next = &mut self.next_ids[entity as usize];
        let id = match values.first() {
            Some(Value::Integer(id)) => *id,
            _ => *next,
        };
        *next = (*next).max(id.saturating_add(1));
        let first = Value::Integer(id);
        let values = [&first].into_iter().chain(values.iter().skip(1));
        self.connection
            .prepare_cached(&schema::of(entity).insert)?
            .execute(params_from_iter(values))?;
        self.set_udfs(entity, id, udfs)?;
        self.after_change(entity)?;
        Ok(id)
    }

    /// Changes some fields of a record.
    pub(crate) fn update(
        &mut self,
        entity: Entity,
        id: i64,
        changes: &[(usize, Value)],
        udfs: &[UdfChange],
    ) -> rusqlite::Result<()> {
        if !changes.is_empty() {
            let definition = entity.definition();
            let assignments: Vec<String> = changes
                .iter()
                .map(|(place, _)| format!("\"{}\" = ?", definition.fields[*place].name))
                .collect();
            let sql = format!(
                "UPDATE \"{}\" SET {} WHERE \"id\" = ?",
                definition.path,
                assignments.join(", ")
            );
            let id = Value::Integer(id);
            let values = changes.iter().map(|(_, value)| value).chain([&id]);
            self.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        }
        self.set_udfs(entity, id, udfs)?;
        self.after_change(entity)
    }

    /// Deletes a record; whether it was there.
    pub(crate) fn delete(&mut self, entity: Entity, id: i64) -> rusqlite::Result<bool> {
        let deleted = self.connection.prepare_cached(&schema::of(entity).delete)?.execute([id])?;
        self.connection
            .prepare_cached("DELETE FROM udf_value WHERE entity = ? AND record = ?")?
            .execute([schema::code(entity), id])?;
        self.after_change(entity)?;
        Ok(deleted > 0)
    }

    /// Whether a record is there.
    pub(crate) fn exists(&self, entity: Entity, id: i64) -> rusqlite::Result<bool> {
        self.connection.prepare_cached(&schema::of(entity).exists)?.exists([id])
    }

    /// The value of a record's field that holds numbers; the code itself names the field.
    pub(crate) fn number(
        &self,
        entity: Entity,
        id: i64,
        field: &'static str,
    ) -> rusqlite::Result<Option<i64>> {
        let sql =
            format!("SELECT \"{field}\" FROM \"{}\" WHERE \"id\" = ?", entity.definition().path);
        let found: Option<Option<i64>> =
            self.connection.prepare_cached(&sql)?.query_row([id], |row| row.get(0)).optional()?;
        Ok(found.flatten())
    }

    /// All values of a record, in the order of the field list.
    pub(crate) fn record(&self, entity: Entity, id: i64) -> rusqlite::Result<Option<Vec<Value>>> {
        let count = entity.definition().fields.len();
        self.connection
            .prepare_cached(&schema::of(entity).select)?
            .query_row([id], |row| (0..count).map(|place| row.get(place)).collect())
            .optional()
    }

    /// The number of records of which a condition is true.
    pub(crate) fn count(&self, entity: Entity, condition: &Condition) -> rusqlite::Result<i64> {
        let sql = format!(
            "SELECT count(*) FROM \"{}\" WHERE {}",
            entity.definition().path,
            condition.whole()
        );
        self.connection
            .prepare_cached(&sql)?
            .query_row(params_from_iter(condition.all_values(i64::MIN)), |row| row.get(0))
    }

    /// The ids of the records of which a condition is true.
    pub(crate) fn ids(&self, entity: Entity, condition: &Condition) -> rusqlite::Result<Vec<i64>> {
        let sql = format!(
            "SELECT \"id\" FROM \"{}\" WHERE {} ORDER BY \"id\"",
            entity.definition().path,
            condition.whole()
        );
        self.connection
            .prepare_cached(&sql)?
            .query_map(params_from_iter(condition.all_values(i64::MIN)), |row| row.get(0))?
            .collect()
    }

    /// The value of a user-defined field in a record.
    pub(crate) fn udf(
        &self,
        entity: Entity,
        id: i64,
        definition: i64,
    ) -> rusqlite::Result<Option<String>> {
        self.connection
            .prepare_cached(
                "SELECT value FROM udf_value WHERE entity = ? AND record = ? AND definition = ?",
            )?
            .query_row([schema::code(entity), id, definition], |row| row.get(0))
            .optional()
    }

    /// Adds a value to a picklist, or changes the one that is there.
    pub(crate) fn set_picklist_value(
        &mut self,
        entity: Entity,
        field: &'static str,
        value: &PicklistValue,
    ) -> rusqlite::Result<()> {
        self.connection.execute(
            "INSERT OR REPLACE INTO picklist_value
                 (entity, field, value, label, sort_order, is_active, is_system) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                schema::code(entity),
                field,
                &value.value,
                &value.label,
                value.sort_order,
                value.is_active,
                value.is_system,
            ),
        )?;
        self.reload()
    }

    fn set_udfs(&self, entity: Entity, id: i64, udfs: &[UdfChange]) -> rusqlite::Result<()> {
        for (definition, value) in udfs {
            let code = schema::code(entity);
            match value {
                Some(value) => self
                    .connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO udf_value (entity, record, definition, value) VALUES (?, ?, ?, ?)",
                    )?
                    .execute((code, id, definition, value))?,
                None => self
                    .connection
                    .prepare_cached("DELETE FROM udf_value WHERE entity = ? AND record = ? AND definition = ?")?
                    .execute((code, id, definition))?,
            };
        }
        Ok(())
    }

    fn after_change(&mut self, entity: Entity) -> rusqlite::Result<()> {
        if matches!(entity, Entity::UserDefinedFieldDefinition | Entity::UserDefinedFieldListItem) {
            self.reload()?;
        }
        Ok(())
    }
}
