//! What is wrong when the ledger cannot be used, and what to do about it.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

/// What to do about an error of SQLite's.
pub(super) fn remedy(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "there is no room for the ledger: make some on its disk; what was committed is kept, and the next \
             import goes on from there"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "the ledger cannot be written: the user that the importer runs as has to be allowed to write its file, \
             those beside it that begin with its name, and its folder"
        }
        Some(ErrorCode::CannotOpen) => {
            "the ledger cannot be opened: the user that the importer runs as has to be allowed to read and write \
             its file and those beside it that begin with its name, and to make files in its folder"
        }
        Some(ErrorCode::NotADatabase) => {
            "the file is no ledger: name another one, `file` in [ledger], or put the ledger back from a backup"
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            "the ledger is damaged: put it back from a backup; without one move it away, and the next import finds \
             by the user-defined fields in Autotask what belongs together"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program has the ledger's file locked: wait until it is done, or end it"
        }
        Some(ErrorCode::SystemIoFailure) => {
            "the ledger cannot be read or written: look after its disk, which may be full or failing, and after \
             limits on the size of files; what was committed is kept, and the next import goes on from there"
        }
        _ => "the ledger cannot be used",
    }
}

/// The folder of a ledger's file is not there.
#[derive(Debug, thiserror::Error)]
#[error("there is no folder {0}: make it, or name another file, `file` in [ledger]")]
struct NoFolder(String);

/// A better reason than SQLite's for a file that it cannot open, if there is one.
pub(super) fn missing_folder(file: &Path) -> Option<Box<dyn std::error::Error + Send + Sync>> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    (!folder.is_dir()).then(|| NoFolder(folder.display().to_string()).into())
}

/// What to do about a lock file that cannot be used.
pub(super) fn lock_remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "the ledger's lock file, which lies beside it, cannot be written: the user that the importer runs as \
             has to be allowed to write it, and to make files in its folder"
        }
        io::ErrorKind::StorageFull => "there is no room for the ledger's lock file: make some",
        _ => "the ledger's lock file, which lies beside it, cannot be used",
    }
}

#[cfg(test)]
mod tests {
    use crate::sqlite::Ledger;

    #[test]
    fn each_commit_reaches_the_disk_before_it_counts() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("importer.db")).unwrap();
        let connection = ledger.connection();
        let pragma = |name: &str| {
            connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
        };

        assert_eq!(pragma("journal_mode").unwrap(), "wal".to_owned().into());
        assert_eq!(pragma("synchronous").unwrap(), 2.into(), "2 is FULL");
    }
}
