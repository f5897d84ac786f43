//! Checkpoints: the whole tenant put aside, and taken up again.
//!
//! A checkpoint is a database of its own that SQLite keeps in a temporary file once it outgrows its cache, so putting
//! aside a large tenant costs disk, not memory. Checkpoints end with the mock.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::Tenant;

/// Checkpoints kept at once.
const MOST_CHECKPOINTS: usize = 16;

/// Pages copied in one go.
const PAGES: i32 = 10_000;

/// The checkpoints of a tenant, by name.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints(BTreeMap<String, Connection>);

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
    #[error("the tenant's database failed")]
    Database(#[from] rusqlite::Error),
}

impl Checkpoints {
    /// Puts the tenant aside under a name, in place of what was there.
    pub(crate) fn make(&mut self, name: &str, tenant: &Tenant) -> Result<(), CheckpointError> {
        if self.0.len() >= MOST_CHECKPOINTS && !self.0.contains_key(name) {
            return Err(CheckpointError::TooMany);
        }
        let mut aside = Connection::open("")?;
        copy(&tenant.connection, &mut aside)?;
        self.0.insert(name.to_owned(), aside);
        Ok(())
    }

    /// Makes the tenant what it was at a checkpoint, which stays.
    pub(crate) fn rewind(&self, name: &str, tenant: &mut Tenant) -> Result<(), CheckpointError> {
        let aside = self.0.get(name).ok_or_else(|| CheckpointError::Unknown(name.to_owned()))?;
        copy(aside, &mut tenant.connection)?;
        tenant.reload()?;
        tenant.count_ids()?;
        Ok(())
    }

    /// The names there are.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

fn copy(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    Backup::new(from, to)?.run_to_completion(PAGES, std::time::Duration::ZERO, None)
}
