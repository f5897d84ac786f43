//! The ledger: what the importer must not forget, in one SQLite file.
//!
//! It knows which Autotask record each Salesforce record is, what every run decided, and which creates may be under
//! way. Work is done in short transactions, never across an await: [`Ledger::write`] commits all of a closure's
//! changes or none. One import at a time holds the ledger's lock, which ends with the process.

mod desk;
mod ended;
mod evidence;
mod guard;
mod intents;
mod marks;
mod mirror;
mod runs;
mod schema;
mod settings;
mod snapshot;
mod spool;
mod waiting;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, Transaction, TransactionBehavior};

use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::keys::KeyDigest;
use crate::domain::model::Kind;

pub use desk::{Past, Standing};
pub use ended::Replaced;
pub use evidence::Home;
pub use intents::{Intent, Link};
pub use marks::{KnownMetadata, Marks, MirrorMark};
pub use mirror::MirrorRow;
pub use snapshot::Snapshot;
pub use spool::{Entry, Listed, Spooled};

/// Why the ledger could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened.
    #[error("cannot open the ledger {file}")]
    Open {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A newer version of the importer wrote it.
    #[error("a newer version of the importer wrote this ledger (format {0}); use that version")]
    TooNew(i64),
    /// Another import holds it.
    #[error("another import is running{}", .0.map(|run| format!(": run {run}")).unwrap_or_default())]
    Locked(Option<RunId>),
    /// It belongs to another organization or database.
    #[error(
        "this ledger belongs to {known}, and the settings lead to {found}; nothing was written"
    )]
    Elsewhere {
        /// What the ledger knows.
        known: String,
        /// What the settings lead to.
        found: String,
    },
    /// SQLite reports an error: the disk is full, the file damaged.
    #[error("the ledger cannot be used")]
    Sqlite(#[from] rusqlite::Error),
    /// What the ledger holds cannot be read.
    #[error("the ledger holds something that cannot be read")]
    Damaged(#[from] serde_json::Error),
    /// There is no room for a copy of it.
    #[error("the ledger cannot be copied to plan on; there has to be room beside it")]
    Copy(#[source] io::Error),
    /// The lock cannot be taken.
    #[error("the ledger's lock file cannot be used")]
    Lock(#[source] io::Error),
}

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
    lock_file: PathBuf,
}

/// The right to import, until it is dropped or the process ends.
#[derive(Debug)]
pub struct RunLock(#[expect(dead_code, reason = "held for its lock")] File);

impl Ledger {
    /// Opens the ledger in `file`, creating or upgrading it as needed.
    pub fn open(file: &Path) -> Result<Self, LedgerError> {
        let failed = |cause: Box<dyn std::error::Error + Send + Sync>| LedgerError::Open {
            file: file.to_owned(),
            cause,
        };
        let mut connection = Connection::open(file).map_err(|error| failed(error.into()))?;
        connection
            .busy_timeout(Duration::from_secs(10))
            .and_then(|()| connection.pragma_update(None, "journal_mode", "WAL"))
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .and_then(|()| connection.pragma_update(None, "cache_size", -65_536))
            .map_err(|error| failed(error.into()))?;
        connection.set_prepared_statement_cache_capacity(64);
        match schema::migrate(&mut connection) {
            Err(LedgerError::Sqlite(error)) => return Err(failed(error.into())),
            other => other?,
        }
        let mut lock_file = file.as_os_str().to_owned();
        lock_file.push(".lock");
        Ok(Self { connection: Mutex::new(connection), lock_file: lock_file.into() })
    }

    /// Takes the right to import, or says which run has it.
    pub fn lock(&self) -> Result<RunLock, LedgerError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock_file)
            .map_err(LedgerError::Lock)?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock(file)),
            Err(TryLockError::WouldBlock) =>
            {
                #[expect(
                    clippy::redundant_closure_for_method_calls,
                    reason = "the method itself is not general enough in its lifetime"
                )]
                Err(LedgerError::Locked(self.write(|tx| tx.running())?))
            }
            Err(TryLockError::Error(error)) => Err(LedgerError::Lock(error)),
        }
    }

    /// Does some work as one transaction: all of it, or nothing when it fails.
    pub fn write<T>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let mut connection = self.connection();
        // One that reads first and writes later would be refused at once while another process writes.
        let tx = Tx(connection.transaction_with_behavior(TransactionBehavior::Immediate)?);
        let value = work(&tx)?;
        tx.0.commit()?;
        Ok(value)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ledger within one transaction.
#[derive(Debug)]
pub struct Tx<'c>(Transaction<'c>);

impl Tx<'_> {
    /// Remembers which organization and database this ledger serves, or refuses others (rule R12).
    pub fn bind(&self, name: &str, value: &str) -> Result<(), LedgerError> {
        self.0.execute("INSERT OR IGNORE INTO meta VALUES (?1, ?2)", (name, value))?;
        let known: String =
            self.0
                .query_row("SELECT value FROM meta WHERE name = ?1", (name,), |row| row.get(0))?;
        if known == value {
            return Ok(());
        }
        Err(LedgerError::Elsewhere {
            known: format!("{name} {known}"),
            found: format!("{name} {value}"),
        })
    }
}

impl ToSql for Kind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(match self {
            Self::Company => 0_i64,
            Self::Contact => 1,
        }))
    }
}

impl FromSql for Kind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self::Company),
            1 => Ok(Self::Contact),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}

impl ToSql for SalesforceId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

impl FromSql for SalesforceId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::from_str(value.as_str()?).map_err(FromSqlError::other)
    }
}

macro_rules! number_in_sql {
    ($($name:path),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.0))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map($name)
            }
        }
    )*};
}

number_in_sql!(RunId, KeyDigest, crate::domain::ids::CompanyId, crate::domain::ids::ContactId);
