//! Checkpoints: the whole org put aside, and taken up again.
//!
//! A checkpoint is a database of its own that SQLite keeps in a temporary file once it outgrows its cache, so putting
//! aside a large org costs disk, not memory. Checkpoints end with the mock.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::schema::{ObjectKind, Schema};
use super::store::{Store, create_tables};

/// Checkpoints kept at once.
const MOST_CHECKPOINTS: usize = 16;

/// Pages copied in one go.
const PAGES: i32 = 10_000;

/// The checkpoints of an org, by name.
#[derive(Debug, Default)]
pub(super) struct Checkpoints(BTreeMap<String, Connection>);

/// Why a checkpoint was not made, or not found.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// There are as many as the mock keeps.
    #[error("there are {MOST_CHECKPOINTS} checkpoints already")]
    TooMany,
    /// No checkpoint has that name.
    #[error("there is no checkpoint named {0}")]
    Unknown(String),
    /// The database failed.
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
}

impl Checkpoints {
    /// Puts the org aside under a name, in place of what was there.
    pub(super) fn make(&mut self, name: &str, store: &Store) -> Result<(), CheckpointError> {
        if self.0.len() >= MOST_CHECKPOINTS && !self.0.contains_key(name) {
            return Err(CheckpointError::TooMany);
        }
        let mut aside = Connection::open("")?;
        copy(&store.connection, &mut aside)?;
        self.0.insert(name.to_owned(), aside);
        Ok(())
    }

    /// Makes the org what it was at a checkpoint, which stays.
    pub(super) fn rewind(&self, name: &str, store: &mut Store) -> Result<(), CheckpointError> {
        let aside = self.0.get(name).ok_or_else(|| CheckpointError::Unknown(name.to_owned()))?;
        copy(aside, &mut store.connection)?;
        store.reload_schema()?;
        Ok(())
    }

    /// The names there are.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

fn copy(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    Backup::new(from, to)?.run_to_completion(PAGES, std::time::Duration::ZERO, None)
}

impl Store {
    /// Forgets all records, custom fields and cursors. The organization keeps its id.
    pub(super) fn clear(&mut self) -> rusqlite::Result<()> {
        let drops = ObjectKind::ALL.map(|object| {
            let name = object.name();
            format!("DROP TABLE \"{name}\"; DROP TABLE \"{name}_was\";")
        });
        self.connection.execute_batch(&format!(
            "BEGIN; DELETE FROM query_cursor; DELETE FROM custom_field; DELETE FROM field_setting; {} COMMIT;",
            drops.concat()
        ))?;
        create_tables(&self.connection, &Schema::standard())?;
        self.reload_schema()
    }
}
