//! What a simulation remembers of its course, as the vendors' records show only how it ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mock_autotask::{Entity, JournalEntry};
use mock_salesforce::{ObjectKind, Org};
use serde_json::{Map, Value as Json};

/// A record as the vendor's API shows it.
pub(super) type Row = Map<String, Json>;

/// The course so far.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What each account and contact was, and since when; the last is what it is.
    pub(super) sources: BTreeMap<String, Vec<(Timestamp, Row)>>,
    /// Autotask records that people deleted, as they were last.
    pub(super) deleted: BTreeMap<(Entity, i64), Row>,
    /// When the importer last looked for records that might be the same as those it is about to create: each time.
    pub(super) looks: Vec<(Entity, Timestamp)>,
    /// Requests that changed something in Autotask, refused ones included.
    pub(super) writes: u64,
    /// The last run whose mails were looked at.
    pub(super) told_until: i64,
    /// How often a mail may have been accepted without the importer noting it.
    pub(super) chances_to_send_again: u32,
    /// The number of the last entry of Autotask's journal.
    seen: u64,
}

impl Memory {
    /// Remembers how Salesforce's records are now.
    pub(super) fn see_salesforce(&mut self, org: &Org, now: Timestamp) {
        for object in [ObjectKind::Account, ObjectKind::Contact] {
            for row in org.records(object).unwrap_or_default() {
                let Some(id) = row.get("Id").and_then(Json::as_str) else { continue };
                let past = self.sources.entry(id.to_owned()).or_default();
                if past.last().is_none_or(|(_, last)| *last != row) {
                    past.push((now, row));
                }
            }
        }
    }

    /// Remembers an Autotask record that is gone.
    pub(super) fn see_deleted(&mut self, entity: Entity, id: i64, there: Option<Json>) {
        if let Some(Json::Object(row)) = there {
            self.deleted.insert((entity, id), row);
        }
    }

    /// Whether the entry of this number in Autotask's journal was not seen before. They come in order.
    pub(super) fn is_new(&mut self, number: u64) -> bool {
        let is_new = number > self.seen;
        self.seen = number.max(self.seen);
        is_new
    }

    /// Remembers a request to Autotask.
    pub(super) fn see_request(&mut self, entry: &JournalEntry) {
        let writes = ["POST ", "PATCH ", "PUT ", "DELETE "];
        if writes.iter().any(|verb| entry.call.starts_with(verb)) {
            self.writes += 1;
        }
        let answered = entry.status == Some(200) && entry.effect.is_none();
        let looks = [
            (Entity::Company, "QUERY Companies/query", "companyName"),
            (Entity::Contact, "QUERY Contacts/query", "lastName"),
        ];
        for (entity, call, field) in looks {
            if answered && entry.call == call && entry.about.contains(field) {
                self.looks.push((entity, entry.at));
            }
        }
    }
}
