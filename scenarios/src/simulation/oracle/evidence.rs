//! What there is to judge by: the records of both sides with their past, and what the ledger claims.

use std::collections::BTreeMap;

use importer::domain::model::Kind;
use importer::domain::report::RunReport;
use importer::sqlite::{Ledger, Standing};
use jiff::Timestamp;
use mock_autotask::{Author, Change, Entity};
use serde_json::{Value as Json, json};

use super::super::memory::Row;
use super::super::world::{ID_FIELDS, World};

/// A Salesforce record.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) id: String,
    pub(super) is_account: bool,
    /// What it is.
    pub(super) row: Row,
    /// What it was, and since when; the last is what it is.
    pub(super) past: Vec<(Timestamp, Row)>,
    /// What the ledger claims.
    pub(super) standing: Standing,
}

impl Source {
    pub(super) fn entity(&self) -> Entity {
        if self.is_account { Entity::Company } else { Entity::Contact }
    }

    /// In words, for findings.
    pub(super) fn name(&self) -> String {
        let kind = if self.is_account { "account" } else { "contact" };
        format!("{kind} {}", self.id)
    }

    /// Whether people see it: it is not in the recycle bin.
    pub(super) fn is_there(&self) -> bool {
        self.row.get("IsDeleted").and_then(Json::as_bool) != Some(true)
    }

    /// What the ledger claims of one that is not in order, to be put behind a finding.
    pub(super) fn claim(&self) -> String {
        let waiting = self.standing.waiting.as_ref();
        let claim =
            waiting.map(|it| format!("; it is claimed to be {}: {}", it.outcome, it.reason));
        claim.unwrap_or_default()
    }

    pub(super) fn refers_to(&self, field: &str) -> Option<&str> {
        self.row.get(field).and_then(Json::as_str)
    }
}

/// An Autotask record.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) entity: Entity,
    pub(super) id: i64,
    /// Whether it has not been deleted.
    pub(super) is_there: bool,
    /// What each write made of it, oldest first; never empty.
    pub(super) past: Vec<State>,
}

/// An Autotask record after a write.
#[derive(Debug)]
pub(super) struct State {
    /// The write's number in the tenant's history.
    pub(super) number: i64,
    pub(super) at: Timestamp,
    pub(super) by_person: bool,
    /// The fields that the write changed; none for the first.
    pub(super) changed: Row,
    pub(super) fields: Row,
}

impl Target {
    pub(super) fn now(&self) -> Option<&Row> {
        self.past.last().map(|state| &state.fields)
    }

    pub(super) fn id_field(&self) -> &'static str {
        id_field(self.entity)
    }

    /// The Salesforce id it carries.
    pub(super) fn carries(&self) -> Option<&str> {
        carried(self.now()?, self.entity)
    }

    pub(super) fn name(&self) -> String {
        let kind = if self.entity == Entity::Company { "company" } else { "contact" };
        format!("{kind} {}", self.id)
    }
}

/// The user-defined field of an entity that has the Salesforce id.
pub(super) fn id_field(entity: Entity) -> &'static str {
    let found = ID_FIELDS.into_iter().find(|(of, _)| *of == entity);
    found.map_or("", |(_, field)| field)
}

/// The Salesforce id that a record of these fields carries.
pub(super) fn carried(fields: &Row, entity: Entity) -> Option<&str> {
    fields.get(id_field(entity)).and_then(Json::as_str).filter(|id| !id.is_empty())
}

/// Everything.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) sources: BTreeMap<String, Source>,
    pub(super) targets: BTreeMap<(Entity, i64), Target>,
    /// When the importer looked for records that might be the same as new ones.
    pub(super) looks: Vec<(Entity, Timestamp)>,
    /// The runs, oldest first.
    pub(super) reports: Vec<RunReport>,
    /// What the numbers in picklists and references mean, by field.
    pub(super) meanings: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// Resources that were active all the time, by first and last name.
    pub(super) steady: BTreeMap<String, u32>,
    /// All resources, by id.
    pub(super) resources: BTreeMap<i64, String>,
    /// The full names of Salesforce's users.
    pub(super) users: BTreeMap<String, String>,
}

impl Evidence {
    pub(super) fn read(world: &mut World) -> Result<Self, String> {
        let ledger = Ledger::open(&world.process.ledger_file()).map_err(|it| it.to_string())?;
        let mut evidence = Self {
            sources: sources(world, &ledger)?,
            targets: targets(world)?,
            looks: world.memory.looks.clone(),
            reports: ledger.read(|tx| tx.reports(None, u32::MAX)).map_err(|it| it.to_string())?,
            meanings: meanings(world)?,
            steady: BTreeMap::new(),
            resources: BTreeMap::new(),
            users: users(world)?,
        };
        evidence.reports.reverse();
        evidence.read_resources(world)?;
        Ok(evidence)
    }

    fn read_resources(&mut self, world: &World) -> Result<(), String> {
        for row in all(world, Entity::Resource)? {
            let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default();
            let name = format!("{} {}", text("firstName").trim(), text("lastName").trim());
            let id = row.get("id").and_then(Json::as_i64).unwrap_or_default();
            let records = world.autotask.records();
            let past = records.history_of(Entity::Resource, id, 2).map_err(|it| it.to_string())?;
            let was_edited = past.iter().any(|change| change.action == "update");
            // One that was edited may have been inactive for a while; nobody of that name is steady then.
            *self.steady.entry(name.clone()).or_default() += if was_edited { 1_000 } else { 1 };
            self.resources.insert(id, name);
        }
        Ok(())
    }

    /// Records that carry an id.
    pub(super) fn carriers(&self, source: &Source) -> Vec<&Target> {
        let carries = |target: &&Target| {
            target.is_there
                && target.entity == source.entity()
                && target.carries() == Some(source.id.as_str())
        };
        self.targets.values().filter(carries).collect()
    }

    /// The one record that carries an id.
    pub(super) fn carrier(&self, source: &Source) -> Option<&Target> {
        let carriers = self.carriers(source);
        let [one] = carriers[..] else { return None };
        Some(one)
    }
}

fn sources(world: &mut World, ledger: &Ledger) -> Result<BTreeMap<String, Source>, String> {
    let (org, now) = (world.salesforce.org(), world.clock.now());
    world.memory.see_salesforce(&org, now);
    let mut sources = BTreeMap::new();
    for (id, past) in &world.memory.sources {
        let Some((_, row)) = past.last() else { continue };
        let is_account = id.starts_with("001");
        let kind = if is_account { Kind::Company } else { Kind::Contact };
        let known = id.parse().map_err(|_| format!("{id} is no id"))?;
        let standing = ledger.read(|tx| tx.standing(kind, known)).map_err(|it| it.to_string())?;
        let (row, past) = (row.clone(), past.clone());
        sources.insert(id.clone(), Source { id: id.clone(), is_account, row, past, standing });
    }
    Ok(sources)
}

fn all(world: &World, entity: Entity) -> Result<Vec<Row>, String> {
    let filter = json!([{ "op": "gte", "field": "id", "value": 0 }]);
    let found = world.autotask.records().find(entity, &filter, usize::MAX);
    let rows = found.map_err(|it| it.to_string())?.into_iter();
    Ok(rows.filter_map(|row| row.as_object().cloned()).collect())
}

/// A row with its user-defined fields among the others.
fn flat(mut row: Row) -> Row {
    let Some(Json::Array(udfs)) = row.remove("userDefinedFields") else { return row };
    for udf in udfs {
        if let Some(name) = udf["name"].as_str() {
            row.insert(name.to_owned(), udf["value"].clone());
        }
    }
    row
}

fn targets(world: &World) -> Result<BTreeMap<(Entity, i64), Target>, String> {
    let mut rows: BTreeMap<(Entity, i64), (bool, Row)> = BTreeMap::new();
    for (key, row) in &world.memory.deleted {
        rows.insert(*key, (false, flat(row.clone())));
    }
    for (entity, _) in ID_FIELDS {
        for row in all(world, entity)? {
            let id = row.get("id").and_then(Json::as_i64).unwrap_or_default();
            rows.insert((entity, id), (true, flat(row)));
        }
    }
    let mut changes: BTreeMap<(Entity, i64), Vec<Change>> = BTreeMap::new();
    for change in world.autotask.records().history(u32::MAX).map_err(|it| it.to_string())? {
        changes.entry((change.entity, change.id)).or_default().push(change);
    }
    let mut targets = BTreeMap::new();
    for ((entity, id), (is_there, row)) in rows {
        let past = past(row, changes.remove(&(entity, id)).unwrap_or_default());
        if !past.is_empty() {
            targets.insert((entity, id), Target { entity, id, is_there, past });
        }
    }
    Ok(targets)
}

/// What each write made of a record, from what it is and what changed, latest first.
fn past(mut row: Row, changes: Vec<Change>) -> Vec<State> {
    let mut past = Vec::new();
    for change in changes {
        if change.action == "delete" {
            continue;
        }
        let told = change.changes.and_then(|told| told.as_object().cloned()).unwrap_or_default();
        let before = row.clone();
        for (name, both) in &told {
            row.insert(name.clone(), both[0].clone());
        }
        past.push(State {
            number: change.number,
            at: change.at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            by_person: change.author == Author::Person,
            changed: told,
            fields: before,
        });
    }
    past.reverse();
    past
}

fn meanings(world: &World) -> Result<BTreeMap<&'static str, BTreeMap<String, String>>, String> {
    let records = world.autotask.records();
    let mut meanings = BTreeMap::new();
    for field in ["companyType", "classification", "marketSegmentID"] {
        let values = records.picklist(Entity::Company, field).into_iter();
        meanings.insert(field, values.map(|value| (value.value, value.label)).collect());
    }
    let countries = all(world, Entity::Country)?.into_iter().filter_map(|row| {
        let code = row.get("countryCode").and_then(Json::as_str)?.to_owned();
        Some((row.get("id")?.to_string(), code))
    });
    meanings.insert("countryID", countries.collect());
    Ok(meanings)
}

fn users(world: &World) -> Result<BTreeMap<String, String>, String> {
    let users = world.salesforce.org().records(mock_salesforce::ObjectKind::User);
    let users = users.map_err(|it| it.to_string())?;
    let text = |row: &Row, name: &str| {
        row.get(name).and_then(Json::as_str).unwrap_or_default().trim().to_owned()
    };
    let named = users.iter().map(|row| {
        (text(row, "Id"), format!("{} {}", text(row, "FirstName"), text(row, "LastName")))
    });
    Ok(named.collect())
}
