//! What a ledger's file is made of.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::Failure;

/// Tables that tell of runs; all others grow with the org.
const HISTORY: [&str; 7] =
    ["run", "unchanged", "decision", "kept_count", "kept_run", "progress", "rebinding"];

/// The bytes of a ledger, indexes with their tables.
#[derive(Debug, Clone, Default)]
pub(super) struct Bytes {
    /// By table.
    pub tables: BTreeMap<String, u64>,
    /// Linked records.
    pub links: u64,
}

impl Bytes {
    /// Measures a ledger that nobody writes to.
    pub(super) fn of(file: &Path) -> Result<Self, Failure> {
        let ledger = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut statement = ledger.prepare(
            "SELECT coalesce(tbl_name, dbstat.name), sum(pgsize)
             FROM dbstat LEFT JOIN sqlite_schema ON sqlite_schema.name = dbstat.name
             WHERE aggregate = TRUE GROUP BY 1",
        )?;
        let tables = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let tables: Vec<(String, i64)> = tables.collect::<Result<_, _>>()?;
        let links: i64 = ledger.query_row("SELECT count(*) FROM link", (), |row| row.get(0))?;
        Ok(Self {
            tables: tables.into_iter().map(|(name, it)| (name, it.cast_unsigned())).collect(),
            links: links.cast_unsigned(),
        })
    }

    /// What grows with the org: links, mirror, what waits.
    pub(super) fn lasting(&self) -> u64 {
        let lasting = self.tables.iter().filter(|(name, _)| !HISTORY.contains(&name.as_str()));
        lasting.map(|(_, bytes)| bytes).sum()
    }
}
