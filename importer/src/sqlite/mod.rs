//! The ledger: what the importer must not forget, in one SQLite file.
//!
//! It knows which Autotask record each Salesforce record is, what every run decided, and which creates may be under
//! way. Work is done in short transactions, never across an await: [`Ledger::write`] commits all of a closure's
//! changes or none, [`Ledger::read`] shows one moment beside whoever writes. One import at a time holds the ledger's
//! lock, which ends with the process.

mod commits;
mod console;
mod desk;
mod ended;
mod evidence;
mod guard;
mod handover;
mod intents;
mod marks;
mod mirror;
mod outbox;
mod parents;
mod progress;
mod rebind;
mod retention;
mod runs;
mod schema;
mod settings;
mod snapshot;
mod spool;
mod telling;
mod trouble;
mod verify;
mod waiting;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, Transaction, TransactionBehavior};

use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::keys::KeyDigest;
use crate::domain::model::Kind;

pub use commits::{Commits, Unheard};
pub use console::{Alike, Apart, Excerpt, Filter, Mark, Open};
pub use desk::{Mirrored, Past, PastDecision, Said, Standing, UnmappedPair, Waiting};
pub use ended::Replaced;
pub use evidence::Home;
pub use handover::Handover;
pub use intents::{Intent, Link};
pub use marks::{KnownMetadata, Marks, MirrorMark};
pub use mirror::MirrorRow;
pub use outbox::{OutboxLock, Outgoing, Parcel, Pending, Queue, Route};
pub use parents::ParentsAt;
pub use progress::{Progress, Recorder};
pub use rebind::{Binding, Contents};
pub use retention::Erased;
pub use snapshot::Snapshot;
pub use spool::{Entry, Listed, NextOpen, Spooled};
pub use telling::Refusals;
pub use verify::Found;

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
    #[error("{}", trouble::remedy(.0))]
    Sqlite(#[from] rusqlite::Error),
    /// What the ledger holds cannot be read.
    #[error(
        "the ledger holds something that cannot be read: it may be damaged, so put it back from a backup"
    )]
    Damaged(#[from] serde_json::Error),
    /// There is no room for a copy of it.
    #[error("the ledger cannot be copied to plan on; there has to be room beside it")]
    Copy(#[source] io::Error),
    /// The lock cannot be taken.
    #[error("{}", trouble::lock_remedy(.0))]
    Lock(#[source] io::Error),
}

/// Looks at the lock that an import puts up with before it takes them for another import.
const LOOKS_ENDURED: u32 = 10_000;

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
    commits: Arc<dyn Commits>,
    lock_file: PathBuf,
}

/// The right to import, until it is dropped or the process ends.
#[derive(Debug)]
pub struct RunLock(#[expect(dead_code, reason = "held for its lock")] File);

impl Ledger {
    /// Opens the ledger in `file`, creating or upgrading it as needed.
    pub fn open(file: &Path) -> Result<Self, LedgerError> {
        Self::heard(file, Arc::new(Unheard))
    }

    /// The same, and `commits` is told of each commit.
    pub fn heard(file: &Path, commits: Arc<dyn Commits>) -> Result<Self, LedgerError> {
        let failed = |error: rusqlite::Error| LedgerError::Open {
            file: file.to_owned(),
            cause: trouble::missing_folder(file)
                .unwrap_or_else(|| LedgerError::Sqlite(error).into()),
        };
        let mut connection = Connection::open(file).map_err(failed)?;
        // Every commit reaches the disk before it counts: an intent that a power cut took back could be sent twice.
        connection
            .busy_timeout(Duration::from_secs(10))
            // So that a decision with its draft fits into a page; counts for a file that is made now.
            .and_then(|()| connection.pragma_update(None, "page_size", 8_192))
            .and_then(|()| write_ahead(&connection))
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .and_then(|()| connection.pragma_update(None, "cache_size", -65_536))
            // Keys are spread over all pages of an index, so many commits change the same page: the longer the log may
            // grow (64 MB), the fewer times each page is written back.
            .and_then(|()| connection.pragma_update(None, "wal_autocheckpoint", 8_192))
            // What is deleted is somebody's data, so it is overwritten and not only left out.
            .and_then(|()| connection.pragma_update(None, "secure_delete", true))
            // Else a statement that might use an index of some rows only (`WHERE kind = 0`) is planned anew for each
            // value it is given.
            .and_then(|()| {
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
            })
            .map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        match schema::migrate(&mut connection) {
            Err(LedgerError::Sqlite(error)) => return Err(failed(error)),
            other => other?,
        }
        let mut lock_file = file.as_os_str().to_owned();
        lock_file.push(".lock");
        Ok(Self { connection: Mutex::new(connection), commits, lock_file: lock_file.into() })
    }

    /// Takes the right to import, or says which run has it.
    pub fn lock(&self) -> Result<RunLock, LedgerError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock_file)
            .map_err(LedgerError::Lock)?;
        for _ in 0..LOOKS_ENDURED {
            match file.try_lock() {
                Ok(()) => return Ok(RunLock(file)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(LedgerError::Lock(error)),
            }
            // Whoever only looks shares the lock, and for a moment; whoever imports never does.
            match file.try_lock_shared() {
                Ok(()) => file.unlock().map_err(LedgerError::Lock)?,
                // Without a run, an import is about to begin one, or a program that this process just started holds the
                // lock of one that has ended until it is itself.
                Err(TryLockError::WouldBlock) => match self.last_begun()? {
                    None => {}
                    run => return Err(LedgerError::Locked(run)),
                },
                Err(TryLockError::Error(error)) => return Err(LedgerError::Lock(error)),
            }
            std::thread::yield_now();
        }
        Err(LedgerError::Locked(self.last_begun()?))
    }

    /// The run under way, in this process or another. Looking stands in nobody's way: an import that is about to
    /// begin tells a look from another import.
    pub fn under_way(&self) -> Result<Option<RunId>, LedgerError> {
        // A crash leaves the run's row behind, but not the lock.
        let Some(run) = self.last_begun()? else { return Ok(None) };
        let file = match File::open(&self.lock_file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(LedgerError::Lock)?,
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(run)),
            Err(TryLockError::Error(error)) => Err(LedgerError::Lock(error)),
        }
    }

    fn last_begun(&self) -> Result<Option<RunId>, LedgerError> {
        self.read(|tx| tx.running())
    }

    /// Looks something up, all of it as of one moment. Waits for nobody who writes, in this process but for the
    /// end of a transaction.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let mut connection = self.connection();
        let tx = Tx(connection.transaction_with_behavior(TransactionBehavior::Deferred)?);
        let changes = tx.0.total_changes();
        let value = work(&tx)?;
        debug_assert_eq!(changes, tx.0.total_changes(), "what reads does not write");
        Ok(value)
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
        self.commits.before();
        tx.0.commit()?;
        self.commits.after();
        Ok(value)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has the file keep a write-ahead log. Whoever begins a ledger at the same moment keeps SQLite from it, which then does
/// not wait but refuses.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mut refused = 0;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == rusqlite::ErrorCode::DatabaseBusy && refused < LOOKS_ENDURED =>
            {
                refused += 1;
                std::thread::yield_now();
            }
            other => return other,
        }
    }
}

/// The ledger within one transaction.
#[derive(Debug)]
pub struct Tx<'c>(Transaction<'c>);

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
