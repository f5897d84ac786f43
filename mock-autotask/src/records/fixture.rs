//! Fixtures: a tenant described in JSON.
//!
//! Records name one another by keys of the fixture's own: `"key": "nord"` on one, `"companyID": "@nord"` on another,
//! in any order within a list and in circles too. All records are loaded or none.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{RecordError, define_udf, insert, object, set_picklist_value, update};
use crate::entities::Entity;
use crate::store::{PicklistValue, Tenant};
use crate::write::Circumstances;

/// A tenant, or a part of one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Fixture {
    /// Names of user-defined fields for a line of text, by entity.
    user_defined_fields: BTreeMap<Entity, Vec<String>>,
    picklist_values: Vec<FieldValue>,
    resources: Vec<Map<String, Json>>,
    companies: Vec<Map<String, Json>>,
    contacts: Vec<Map<String, Json>>,
}

/// A value of a picklist field.
#[derive(Debug, Clone, Deserialize)]
struct FieldValue {
    entity: Entity,
    field: String,
    #[serde(flatten)]
    value: PicklistValue,
}

/// Why a fixture was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// A user-defined field or a picklist value cannot be added.
    #[error(transparent)]
    SetUp(RecordError),
    /// No record has that key.
    #[error("no record of the fixture has the key {0}")]
    NoSuchKey(String),
    /// A record cannot be written.
    #[error("{list} {place}: {error}")]
    Record {
        /// Which list it stands in.
        list: &'static str,
        /// Where, counted from 1.
        place: usize,
        /// Why not.
        error: RecordError,
    },
    /// The database failed.
    #[error("the tenant's database failed")]
    Database(#[from] rusqlite::Error),
}

/// What a record points to and cannot be given before that is there.
struct Waiting {
    entity: Entity,
    id: i64,
    fields: Map<String, Json>,
    place: usize,
}

impl Fixture {
    pub(crate) fn load(
        &self,
        tenant: &mut Tenant,
        circumstances: &Circumstances,
    ) -> Result<BTreeMap<String, i64>, FixtureError> {
        tenant.atomically(|tenant| {
            for (entity, names) in &self.user_defined_fields {
                for name in names {
                    define_udf(tenant, *entity, name, circumstances)
                        .map_err(FixtureError::SetUp)?;
                }
            }
            for FieldValue { entity, field, value } in &self.picklist_values {
                set_picklist_value(tenant, *entity, field, value).map_err(FixtureError::SetUp)?;
            }
            self.write_records(tenant, circumstances)
        })
    }

    fn write_records(
        &self,
        tenant: &mut Tenant,
        circumstances: &Circumstances,
    ) -> Result<BTreeMap<String, i64>, FixtureError> {
        let mut keys = BTreeMap::new();
        let mut waiting = Vec::new();
        let lists = [
            (Entity::Resource, &self.resources),
            (Entity::Company, &self.companies),
            (Entity::Contact, &self.contacts),
        ];
        for (entity, records) in lists {
            for (place, record) in (1..).zip(records) {
                let failed = |error| failed(entity, place, error);
                let mut fields = object(&record.clone().into()).map_err(failed)?;
                let key = fields.remove("key");
                let later = take_references(&mut fields, entity, &keys)?;
                let id = insert(tenant, entity, &fields, circumstances).map_err(failed)?;
                if let Some(key) = key.as_ref().and_then(Json::as_str) {
                    keys.insert(key.to_owned(), id);
                }
                if !later.is_empty() {
                    waiting.push(Waiting { entity, id, fields: later, place });
                }
            }
        }
        for Waiting { entity, id, mut fields, place } in waiting {
            resolve(&mut fields, &keys)?;
            update(tenant, entity, id, fields, circumstances)
                .map_err(|error| failed(entity, place, error))?;
        }
        Ok(keys)
    }
}

fn failed(entity: Entity, place: usize, error: RecordError) -> FixtureError {
    FixtureError::Record { list: entity.definition().path, place, error }
}

/// Whether a value names another record. Only fields that hold ids do: a name may well begin with an @.
fn reference<'v>(name: &str, value: &'v Json) -> Option<&'v str> {
    value.as_str().filter(|text| text.starts_with('@') && name.to_ascii_lowercase().ends_with("id"))
}

/// Puts ids in place of known keys. References within the same list wait until the whole list is there, and are
/// returned; references to another list must be known already.
fn take_references(
    fields: &mut Map<String, Json>,
    entity: Entity,
    keys: &BTreeMap<String, i64>,
) -> Result<Map<String, Json>, FixtureError> {
    let names: Vec<String> = fields
        .iter()
        .filter(|(name, value)| reference(name, value).is_some())
        .map(|(name, _)| name.clone())
        .collect();
    let mut later = Map::new();
    for name in names {
        let within = entity == Entity::Company && name.eq_ignore_ascii_case("parentCompanyID");
        if within {
            let value = fields.remove(&name).unwrap_or_default();
            later.insert(name, value);
        }
    }
    resolve(fields, keys)?;
    Ok(later)
}

fn resolve(
    fields: &mut Map<String, Json>,
    keys: &BTreeMap<String, i64>,
) -> Result<(), FixtureError> {
    for (name, value) in fields {
        if let Some(key) = reference(name, value) {
            let id = keys.get(&key[1..]).ok_or_else(|| FixtureError::NoSuchKey(key.to_owned()))?;
            *value = (*id).into();
        }
    }
    Ok(())
}
