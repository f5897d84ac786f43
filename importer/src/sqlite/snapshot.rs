//! A copy of the ledger as it is at one moment, to try things out on (rule R7).

use std::path::Path;

use tempfile::TempDir;

use super::{Ledger, LedgerError};

/// A copy of a ledger. It is gone when it is dropped.
#[derive(Debug)]
pub struct Snapshot {
    /// The copy.
    pub ledger: Ledger,
    #[expect(dead_code, reason = "removes the copy when it is dropped")]
    folder: TempDir,
}

impl Ledger {
    /// Copies the ledger. Others may write to it meanwhile; the copy is of one moment. It lies beside the ledger, as
    /// that is where there has to be room for it.
    pub fn snapshot(&self) -> Result<Snapshot, LedgerError> {
        let beside = self.lock_file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = tempfile::Builder::new()
            .prefix(".importer-plan-")
            .tempdir_in(beside.unwrap_or(Path::new(".")))
            .map_err(LedgerError::Copy)?;
        let file = folder.path().join("ledger.db");
        self.connection().execute("VACUUM INTO ?1", (file.to_string_lossy(),))?;
        let ledger = Self::open(&file)?;
        // Nothing depends on the copy being there after a power cut.
        ledger.connection().pragma_update(None, "synchronous", "OFF")?;
        Ok(Snapshot { ledger, folder })
    }
}
