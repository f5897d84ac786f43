//! The settings that people change without touching a file (rule S1).

use jiff::Timestamp;

use super::{LedgerError, Tx};
use crate::config::{Saved, SavedValue, Stored};
use crate::domain::report::RunState;

impl Tx<'_> {
    /// All that are saved.
    pub fn saved_settings(&self) -> Result<Saved, LedgerError> {
        let mut saved = Saved::default();
        let mut statement = self.0.prepare("SELECT name, value, sealed, since FROM setting")?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let value = match row.get(2)? {
                Some(sealed) => Stored::Sealed(sealed),
                None => Stored::Plain(row.get(1)?),
            };
            let since: String = row.get(3)?;
            let since = since.parse().unwrap_or(Timestamp::UNIX_EPOCH);
            saved.0.insert(row.get(0)?, SavedValue { value, since });
        }
        Ok(saved)
    }

    /// Saves a setting under the full name of its key, in the place of what it was.
    pub fn save_setting(&self, name: &str, saved: &SavedValue) -> Result<(), LedgerError> {
        let (text, sealed) = match &saved.value {
            Stored::Plain(text) => (Some(text), None),
            Stored::Sealed(bytes) => (None, Some(bytes)),
        };
        self.0.execute(
            "INSERT OR REPLACE INTO setting (name, value, sealed, since) VALUES (?1, ?2, ?3, ?4)",
            (name, text, sealed, saved.since.to_string()),
        )?;
        Ok(())
    }

    /// Removes a setting; whether it was there.
    pub fn remove_setting(&self, name: &str) -> Result<bool, LedgerError> {
        Ok(self.0.execute("DELETE FROM setting WHERE name = ?1", (name,))? > 0)
    }

    /// Whether an import was ever completed.
    pub fn has_imported(&self) -> Result<bool, LedgerError> {
        let completed = "SELECT 1 FROM run WHERE state IN (?1, ?2)";
        let states = (RunState::Completed.name(), RunState::CompletedWithErrors.name());
        Ok(self.0.prepare(completed)?.exists(states)?)
    }
}
