//! The tenant's records as people see them in the product itself, for tests and for the control plane.
//!
//! What is written here follows the rules of the API, but fields may be left out, read-only fields may be set, and
//! every entity can be written. User-defined fields may be given as the API has them, a list of names and values, or
//! as a plain object.

mod fixture;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

pub use fixture::{Fixture, FixtureError};

use crate::entities::Entity;
use crate::filter;
use crate::instance::Instance;
use crate::query::all_columns;
use crate::refusal::{Refusal, quoted};
use crate::store::{
    Change, CheckpointError, Columns, Condition, PicklistValue, Tenant, UnsetUdfs, View, fold,
};
use crate::write::{self, Circumstances, Verb};

/// Why a record was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such record.
    #[error("there is no record {1} in {path}", path = .0.definition().path)]
    NoSuchRecord(Entity, i64),
    /// The rules of the API forbid it.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error("the tenant's database failed")]
    Database(#[from] rusqlite::Error),
}

impl From<Refusal> for RecordError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Storage(error) => Self::Database(error),
            refusal => Self::Refused(refusal.to_string()),
        }
    }
}

/// The records of a mock.
#[derive(Debug, Clone)]
pub struct Records {
    instance: Arc<Instance>,
}

impl Records {
    pub(crate) fn new(instance: Arc<Instance>) -> Self {
        Self { instance }
    }

    /// Makes a record and returns its id.
    pub fn insert(&self, entity: Entity, fields: &Json) -> Result<i64, RecordError> {
        let circumstances = self.instance.of_person();
        insert(&mut self.instance.tenant(), entity, &object(fields)?, &circumstances)
    }

    /// Changes the fields named; null clears.
    pub fn update(&self, entity: Entity, id: i64, fields: &Json) -> Result<(), RecordError> {
        let circumstances = self.instance.of_person();
        update(&mut self.instance.tenant(), entity, id, object(fields)?, &circumstances)
    }

    /// Deletes a record, whether the API could or not.
    pub fn delete(&self, entity: Entity, id: i64) -> Result<(), RecordError> {
        let circumstances = self.instance.of_person();
        let mut tenant = self.instance.tenant();
        if !tenant.exists(entity, id)? {
            return Err(RecordError::NoSuchRecord(entity, id));
        }
        write::delete(&mut tenant, entity, None, id, &circumstances)?;
        Ok(())
    }

    /// A record as the API shows it, with all user-defined fields.
    pub fn record(&self, entity: Entity, id: i64) -> Result<Option<Json>, RecordError> {
        let condition = Condition::sql("\"id\" = ?", vec![id.into()]);
        let tenant = self.instance.tenant();
        Ok(read(&tenant, entity, &condition, i64::MIN, 1)?.into_iter().next())
    }

    /// The value of a record's user-defined field; `None` if it is empty.
    pub fn udf(&self, entity: Entity, id: i64, name: &str) -> Result<Option<String>, RecordError> {
        let tenant = self.instance.tenant();
        let udf = definition_of(&tenant, entity, name)?;
        Ok(tenant.udf(entity, id, udf)?)
    }

    /// Sets a record's user-defined field.
    pub fn set_udf(
        &self,
        entity: Entity,
        id: i64,
        name: &str,
        value: &str,
    ) -> Result<(), RecordError> {
        self.update(entity, id, &json!({ "userDefinedFields": { name: value } }))
    }

    /// Clears a record's user-defined field, as a person does to take a pair apart.
    pub fn clear_udf(&self, entity: Entity, id: i64, name: &str) -> Result<(), RecordError> {
        self.update(entity, id, &json!({ "userDefinedFields": { name: null } }))
    }

    /// Makes a user-defined field for a line of text, unless there is one of that name, and returns its id.
    pub fn define_udf(&self, entity: Entity, name: &str) -> Result<i64, RecordError> {
        let circumstances = self.instance.of_person();
        define_udf(&mut self.instance.tenant(), entity, name, &circumstances)
    }

    /// Adds a value to a picklist field, or changes the one that is there.
    pub fn set_picklist_value(
        &self,
        entity: Entity,
        field: &str,
        value: &PicklistValue,
    ) -> Result<(), RecordError> {
        set_picklist_value(&mut self.instance.tenant(), entity, field, value)
    }

    /// The values of a picklist field.
    pub fn picklist(&self, entity: Entity, field: &str) -> Vec<PicklistValue> {
        let Some((_, field)) = entity.definition().field(field) else { return Vec::new() };
        self.instance.tenant().catalogue().picklist(entity, field.name).to_vec()
    }

    /// The number of records.
    pub fn count(&self, entity: Entity) -> Result<u64, RecordError> {
        let count = self.instance.tenant().count(entity, &Condition::default())?;
        Ok(count.unsigned_abs())
    }

    /// The records a filter finds, written as in the API's queries: at most `most` of them, in the order of their ids.
    pub fn find(
        &self,
        entity: Entity,
        filter: &Json,
        most: usize,
    ) -> Result<Vec<Json>, RecordError> {
        let refused = |complaint| RecordError::from(Refusal::from(complaint));
        let filter = filter::read(filter).map_err(refused)?;
        let tenant = self.instance.tenant();
        let condition =
            filter::compile(&filter, entity, tenant.catalogue(), i64::MAX).map_err(refused)?;
        Ok(read(&tenant, entity, &condition, i64::MIN, most)?)
    }

    /// The number of records with a text in a name, an e-mail address or a user-defined field, or as their id, and
    /// those of them behind an id.
    pub fn search(
        &self,
        entity: Entity,
        text: &str,
        after: i64,
        most: usize,
    ) -> Result<(u64, Vec<Json>), RecordError> {
        let condition = search_condition(entity, text.trim());
        let tenant = self.instance.tenant();
        let total = tenant.count(entity, &condition)?;
        Ok((total.unsigned_abs(), read(&tenant, entity, &condition, after, most)?))
    }

    /// The latest writes, latest first.
    pub fn history(&self, most: u32) -> Result<Vec<Change>, RecordError> {
        Ok(self.instance.tenant().history(None, most)?)
    }

    /// The latest writes of a record, latest first.
    pub fn history_of(
        &self,
        entity: Entity,
        id: i64,
        most: u32,
    ) -> Result<Vec<Change>, RecordError> {
        Ok(self.instance.tenant().history(Some((entity, id)), most)?)
    }

    /// How often a record of that name was created through the API: a company's name, a contact's first and last.
    pub fn creates_of(&self, entity: Entity, name: &str) -> Result<u64, RecordError> {
        Ok(self.instance.tenant().creates_of(entity, name)?.unsigned_abs())
    }

    /// Writes the records of a fixture, all or none, and returns the ids of those that have keys.
    pub fn load(&self, fixture: &Fixture) -> Result<BTreeMap<String, i64>, FixtureError> {
        fixture.load(&mut self.instance.tenant(), &self.instance.of_person())
    }

    /// Forgets all records and user-defined fields; what every tenant has is there again.
    pub fn clear(&self) -> Result<(), RecordError> {
        Ok(self.instance.clear()?)
    }

    /// Puts the tenant aside under a name.
    pub fn checkpoint(&self, name: &str) -> Result<(), CheckpointError> {
        self.instance.checkpoints().make(name, &self.instance.tenant())
    }

    /// Makes the tenant what it was at a checkpoint.
    pub fn rewind(&self, name: &str) -> Result<(), CheckpointError> {
        self.instance.checkpoints().rewind(name, &mut self.instance.tenant())
    }

    /// The names of the checkpoints there are.
    pub fn checkpoint_names(&self) -> Vec<String> {
        self.instance.checkpoints().names()
    }
}

fn insert(
    tenant: &mut Tenant,
    entity: Entity,
    fields: &Map<String, Json>,
    circumstances: &Circumstances,
) -> Result<i64, RecordError> {
    Ok(write::apply_object(tenant, entity, None, Verb::Create, fields, circumstances)?)
}

fn update(
    tenant: &mut Tenant,
    entity: Entity,
    id: i64,
    mut fields: Map<String, Json>,
    circumstances: &Circumstances,
) -> Result<(), RecordError> {
    if !tenant.exists(entity, id)? {
        return Err(RecordError::NoSuchRecord(entity, id));
    }
    fields.retain(|name, _| !name.eq_ignore_ascii_case("id"));
    fields.insert("id".to_owned(), id.into());
    write::apply_object(tenant, entity, None, Verb::Patch, &fields, circumstances)?;
    Ok(())
}

fn define_udf(
    tenant: &mut Tenant,
    entity: Entity,
    name: &str,
    circumstances: &Circumstances,
) -> Result<i64, RecordError> {
    if let Some(udf) = tenant.catalogue().usable_udf(entity, name, i64::MAX) {
        return Ok(udf.id);
    }
    let Some(udf_type) = entity.definition().udf_type else {
        let path = entity.definition().path;
        return Err(RecordError::Refused(format!("{path} have no user-defined fields")));
    };
    let fields = object(&json!({ "name": name, "udfType": udf_type, "dataType": 1 }))?;
    insert(tenant, Entity::UserDefinedFieldDefinition, &fields, circumstances)
}

fn set_picklist_value(
    tenant: &mut Tenant,
    entity: Entity,
    field: &str,
    value: &PicklistValue,
) -> Result<(), RecordError> {
    match entity.definition().field(field) {
        Some((_, field)) if field.picklist => {
            Ok(tenant.set_picklist_value(entity, field.name, value)?)
        }
        _ => {
            let path = entity.definition().path;
            Err(RecordError::Refused(format!("{path} have no picklist field {}", quoted(field))))
        }
    }
}

fn definition_of(tenant: &Tenant, entity: Entity, name: &str) -> Result<i64, RecordError> {
    let udf = tenant.catalogue().usable_udf(entity, name, i64::MAX).map(|udf| udf.id);
    udf.ok_or_else(|| {
        RecordError::Refused(format!("there is no user-defined field {}", quoted(name)))
    })
}

/// The fields of a record, with its user-defined fields as the API has them.
fn object(fields: &Json) -> Result<Map<String, Json>, RecordError> {
    let Json::Object(fields) = fields else {
        return Err(RecordError::Refused("the fields of a record are a JSON object".to_owned()));
    };
    let mut fields = fields.clone();
    for (name, value) in &mut fields {
        if let Json::Object(udfs) = value
            && name.eq_ignore_ascii_case("userDefinedFields")
        {
            let pairs = udfs.iter().map(|(name, value)| json!({ "name": name, "value": value }));
            *value = pairs.collect();
        }
    }
    Ok(fields)
}

/// Records with all their fields, the user-defined ones always among them.
fn read(
    tenant: &Tenant,
    entity: Entity,
    condition: &Condition,
    after: i64,
    most: usize,
) -> rusqlite::Result<Vec<Json>> {
    let view = View { made_before: i64::MAX, unset: UnsetUdfs::Empty, hides_company: false };
    let columns: Columns = all_columns(tenant, entity, view).with_empty_udfs();
    let page = tenant.page(&columns, condition, after, most)?;
    let items = [b"[", page.items.as_slice(), b"]"].concat();
    Ok(serde_json::from_slice(&items).expect("what the mock writes is JSON"))
}

fn search_condition(entity: Entity, text: &str) -> Condition {
    if text.is_empty() {
        return Condition::default();
    }
    let definition = entity.definition();
    let told =
        ["companyName", "firstName", "lastName", "emailAddress", "email", "userName", "name"];
    let mut parts = Vec::new();
    let mut values = Vec::new();
    for field in told.iter().filter_map(|name| definition.field(name)) {
        parts.push(format!("contains_text(\"{}\", ?)", field.1.name));
        values.push(fold(text).into());
    }
    if definition.udf_type.is_some() {
        parts.push(
            "\"id\" IN (SELECT record FROM udf_value WHERE entity = ? AND contains_text(value, ?))"
                .to_owned(),
        );
        values.extend([(entity as i64).into(), fold(text).into()]);
    }
    if let Ok(id) = text.parse::<i64>() {
        parts.push("\"id\" = ?".to_owned());
        values.push(id.into());
    }
    let sql =
        if parts.is_empty() { "FALSE".to_owned() } else { format!("({})", parts.join(" OR ")) };
    Condition::sql(sql, values)
}
