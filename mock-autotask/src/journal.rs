//! The journal: which calls came, what they were about and how they ended.
//!
//! It holds no secret, since those travel in headers and the journal keeps none. Of a query it notes the filter, of a
//! write the body, each cut to a few hundred characters. What the vendor does not tell its clients stands here: the
//! reason of a 401, and the conditions of a filter that were dropped because their operator is unknown.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;

use crate::faults::Effect;

/// Entries kept; older ones are forgotten, their counts are not.
const MOST_ENTRIES: usize = 1_000;

/// Characters of a description that are kept.
const LONGEST_DESCRIPTION: usize = 500;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// Its number, counted from 1.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// Where it came from.
    pub client: IpAddr,
    /// Its name.
    pub call: String,
    /// What it was about.
    pub about: String,
    /// The HTTP status of the answer; none if the connection was dropped.
    pub status: Option<u16>,
    /// The errors the client was told.
    pub errors: Vec<String>,
    /// What the client was not told: why it was refused, or what of its request was ignored.
    pub warning: Option<String>,
    /// What went wrong on purpose.
    pub effect: Option<Effect>,
}

/// The calls of a mock.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<JournalEntry>,
    counts: BTreeMap<String, u64>,
    written: u64,
}

impl Journal {
    /// Notes a call; its number is set here.
    pub(crate) fn note(&mut self, entry: JournalEntry) {
        self.written += 1;
        if let Some(count) = self.counts.get_mut(&entry.call) {
            *count += 1;
        } else {
            self.counts.insert(entry.call.clone(), 1);
        }
        if self.entries.len() == MOST_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(JournalEntry { number: self.written, ..entry });
    }

    /// The entries kept, oldest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter()
    }

    /// How often each call was made.
    pub(crate) fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// A request's text, cut to what is kept of it.
pub(crate) fn description(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * LONGEST_DESCRIPTION)]);
    text.chars().take(LONGEST_DESCRIPTION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_bounded_and_counts_go_on() {
        let mut journal = Journal::default();
        for _ in 0..1_500 {
            journal.note(JournalEntry {
                number: 0,
                at: Timestamp::UNIX_EPOCH,
                client: IpAddr::from([127, 0, 0, 1]),
                call: "POST Companies".to_owned(),
                about: description(&b"x".repeat(100_000)),
                status: Some(200),
                errors: Vec::new(),
                warning: None,
                effect: None,
            });
        }

        assert_eq!(
            journal.entries().map(|entry| entry.number).collect::<Vec<_>>(),
            (501..=1_500).collect::<Vec<_>>()
        );
        assert_eq!(journal.counts()["POST Companies"], 1_500);
        assert!(journal.entries().all(|entry| entry.about.len() == 500));
    }
}
