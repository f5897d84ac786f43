//! Who changed what, and when: one row for every create, change and deletion, kept with the records.

use rusqlite::Row;
use serde::Serialize;
use serde_json::Value as Json;

use super::{Tenant, schema};
use crate::entities::Entity;
use crate::time;

/// In whose name something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Author {
    /// A client of the API.
    Client,
    /// A person in the product itself, played by the control plane or a test.
    Person,
}

/// One write, as told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Its number, counted from 1.
    pub number: i64,
    /// When it happened, as the API writes moments.
    pub at: String,
    /// Who did it.
    pub author: Author,
    /// The record's entity.
    pub entity: Entity,
    /// The record's id.
    pub id: i64,
    /// `create`, `update` or `delete`.
    pub action: String,
    /// What the record was called afterwards.
    pub name: String,
    /// What was changed: each field with its old and its new value.
    pub changes: Option<Json>,
}

/// One write, to be noted.
#[derive(Debug)]
pub(crate) struct Event<'e> {
    pub(crate) at: i64,
    pub(crate) author: Author,
    pub(crate) entity: Entity,
    pub(crate) id: i64,
    pub(crate) action: &'static str,
    pub(crate) name: &'e str,
    pub(crate) changes: Option<Json>,
}

const COLUMNS: &str = "number, at, author, entity, record, action, name, changes";

impl Tenant {
    /// Notes a write.
    pub(crate) fn note(&self, event: Event<'_>) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO history (at, author, entity, record, action, name, changes)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                event.at,
                event.author == Author::Person,
                schema::code(event.entity),
                event.id,
                event.action,
                event.name,
                event.changes.map(|changes| changes.to_string()),
            ))?;
        Ok(())
    }

    /// The latest writes, latest first; of one record, where one is named.
    pub(crate) fn history(
        &self,
        record: Option<(Entity, i64)>,
        most: u32,
    ) -> rusqlite::Result<Vec<Change>> {
        let (condition, entity, id) = match record {
            Some((entity, id)) => ("entity = ?1 AND record = ?2", schema::code(entity), id),
            None => ("?1 = ?2", 0, 0),
        };
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM history WHERE {condition} ORDER BY number DESC LIMIT ?3"
            ))?
            .query_map((entity, id, most), change)?
            .collect()
    }

    /// How often a record of that name was created through the API, in whatever case.
    pub(crate) fn creates_of(&self, entity: Entity, name: &str) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached(
                "SELECT count(*) FROM history
                 WHERE entity = ? AND action = 'create' AND author = FALSE AND name = ?",
            )?
            .query_row((schema::code(entity), name), |row| row.get(0))
    }
}

fn change(row: &Row<'_>) -> rusqlite::Result<Change> {
    let code: i64 = row.get(3)?;
    let entity = Entity::ALL.into_iter().find(|entity| schema::code(*entity) == code);
    let changes: Option<String> = row.get(7)?;
    Ok(Change {
        number: row.get(0)?,
        at: time::print(row.get(1)?),
        author: if row.get(2)? { Author::Person } else { Author::Client },
        entity: entity.ok_or(rusqlite::Error::IntegralValueOutOfRange(3, code))?,
        id: row.get(4)?,
        action: row.get(5)?,
        name: row.get(6)?,
        changes: changes.and_then(|changes| serde_json::from_str(&changes).ok()),
    })
}
