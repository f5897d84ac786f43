//! The journal: which calls came, what they were about and how they ended.
//!
//! It holds no password, token or session id, since it never sees one: of a login it notes the user name, of a query
//! the query, of a write how many records of which object. A refusal comes with what the client was told and, where
//! that hides the reason, with the reason too.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;

use crate::faults::Effect;
use crate::soap::envelope::Element;

/// Entries kept; older ones are forgotten, their counts are not.
const MOST_ENTRIES: usize = 1_000;

/// Calls are counted under at most so many names; clients may send any.
const MOST_NAMES: usize = 200;

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
    /// The fault the client was told, or which records were refused and why.
    pub fault: Option<String>,
    /// Why, where the fault does not say so.
    pub reason: Option<String>,
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
        } else if self.counts.len() < MOST_NAMES {
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

/// What a call is about, in few words.
pub(crate) fn description(call: &Element) -> String {
    const TELLING: [&str; 4] = ["username", "queryString", "queryLocator", "sObjectType"];
    let told = call.children.iter().find(|child| TELLING.contains(&child.name.as_str()));
    let told = told.map(|child| child.text.trim().to_owned());
    let text = told.unwrap_or_else(|| match call.children.first() {
        Some(first) => {
            let object = first
                .children
                .iter()
                .find(|child| child.name == "type")
                .map(|kind| kind.text.trim());
            format!("{} {}", call.children.len(), object.unwrap_or(&first.name))
        }
        None => String::new(),
    });
    text.chars().take(LONGEST_DESCRIPTION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soap::envelope;

    fn about(call: &str) -> String {
        let request = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>{call}</e:Body></e:Envelope>"
        );
        description(&envelope::read(request.as_bytes()).unwrap().call)
    }

    #[test]
    fn a_description_tells_the_call_and_no_secret() {
        assert_eq!(
            about("<login><username>me</username><password>secret</password></login>"),
            "me"
        );
        assert_eq!(
            about("<query><queryString>SELECT Id FROM Account</queryString></query>"),
            "SELECT Id FROM Account"
        );
        assert_eq!(
            about("<create><sObjects><type>Account</type></sObjects><sObjects/></create>"),
            "2 Account"
        );
        assert_eq!(
            about("<setPassword><userId>005</userId><password>secret</password></setPassword>"),
            "2 userId"
        );
        assert_eq!(about("<logout/>"), "");
        assert_eq!(
            about(&format!("<query><queryString>{}</queryString></query>", "x".repeat(5_000)))
                .len(),
            500
        );
    }

    #[test]
    fn entries_are_bounded_and_counts_go_on() {
        let mut journal = Journal::default();
        for _ in 0..1_500 {
            journal.note(JournalEntry {
                number: 0,
                at: Timestamp::UNIX_EPOCH,
                client: IpAddr::from([127, 0, 0, 1]),
                call: "query".to_owned(),
                about: String::new(),
                status: Some(200),
                fault: None,
                reason: None,
                effect: None,
            });
        }

        assert_eq!(
            journal.entries().map(|entry| entry.number).collect::<Vec<_>>(),
            (501..=1_500).collect::<Vec<_>>()
        );
        assert_eq!(journal.counts()["query"], 1_500);
    }
}
