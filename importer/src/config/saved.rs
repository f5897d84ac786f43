//! The settings that the ledger holds, as it holds them.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

/// What the ledger holds for one key.
#[derive(Clone, PartialEq, Eq)]
pub enum Stored {
    /// A text, as a file would have it.
    Plain(String),
    /// A secret that is sealed.
    Sealed(Vec<u8>),
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.debug_tuple("Plain").field(text).finish(),
            Self::Sealed(_) => f.write_str("Sealed"),
        }
    }
}

/// A setting that somebody saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedValue {
    /// Its value.
    pub value: Stored,
    /// When it was saved.
    pub since: Timestamp,
}

/// All that are saved, by the full names of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved(pub BTreeMap<String, SavedValue>);

impl Saved {
    /// Those of one table.
    pub fn of_section(&self, section: &str) -> impl Iterator<Item = (&String, &SavedValue)> {
        let is_of = move |name: &str| name.split_once('.').is_some_and(|(of, _)| of == section);
        self.0.iter().filter(move |(name, _)| is_of(name))
    }
}
