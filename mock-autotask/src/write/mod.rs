//! Creates, changes and deletions, each a transaction of its own.
//!
//! PATCH changes what it names, PUT also clears whatever writable field it does not name. Both carry the record's
//! id in the body, not in the path. Answers give the id alone. What a person
//! writes in the product itself follows the same rules, but may leave fields out and set read-only ones.

mod bulk;
mod draft;
mod effects;
mod rules;

use rusqlite::types::Value as Sql;
use serde_json::{Map, Value, json};

pub(crate) use bulk::Bulk;
pub(crate) use rules::is_active;

use crate::entities::{Entity, Kind, Unset};
use crate::json;
use crate::refusal::{Complaint, Refusal};
use crate::store::{Author, Event, Tenant, UdfChange};
use crate::time;
use draft::Draft;

/// The kind of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// POST: a new record.
    Create,
    /// PATCH: the fields named.
    Patch,
    /// PUT: all fields.
    Replace,
}

/// Ids given by hand are below this one, so that there are always further ones.
const MOST_ID: i64 = 1 << 53;

/// What a write needs to know besides its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// The present moment, in milliseconds since 1970.
    pub(crate) now: i64,
    /// Who writes: a client of the API, or a person in the product itself.
    pub(crate) author: Author,
    /// The resource in whose name the request comes.
    pub(crate) resource: i64,
    /// The resource that is impersonated, if any.
    pub(crate) impersonated: Option<i64>,
    /// User-defined fields made after this moment cannot be used yet.
    pub(crate) udfs_made_before: i64,
    /// A change of user-defined fields alone moves the record's modified date.
    pub(crate) udf_edit_moves_modified: bool,
    /// Inactive picklist values are taken.
    pub(crate) inactive_picklist_values: bool,
}

/// Carries a client's write out and returns the record's id. `parent` is the id in the path, where the path has one.
pub(crate) fn apply(
    tenant: &mut Tenant,
    entity: Entity,
    parent: Option<i64>,
    verb: Verb,
    body: &[u8],
    circumstances: &Circumstances,
) -> Result<i64, Refusal> {
    let body = match json::value(body)? {
        Value::Object(body) => body,
        Value::Null => return Err(Complaint::NoBody.into()),
        _ => return Err(Complaint::UnreadableBody("a JSON object is needed".to_owned()).into()),
    };
    apply_object(tenant, entity, parent, verb, &body, circumstances)
}

/// Carries a write out and returns the record's id.
pub(crate) fn apply_object(
    tenant: &mut Tenant,
    entity: Entity,
    parent: Option<i64>,
    verb: Verb,
    body: &Map<String, Value>,
    circumstances: &Circumstances,
) -> Result<i64, Refusal> {
    let draft = Draft::read(body, entity, tenant.catalogue(), circumstances.udfs_made_before)?;
    tenant.atomically(|tenant| match verb {
        Verb::Create => create(tenant, entity, parent, draft, circumstances),
        Verb::Patch | Verb::Replace => change(tenant, entity, parent, verb, draft, circumstances),
    })
}

fn create(
    tenant: &mut Tenant,
    entity: Entity,
    parent: Option<i64>,
    draft: Draft,
    circumstances: &Circumstances,
) -> Result<i64, Refusal> {
    let definition = entity.definition();
    let by_person = circumstances.author == Author::Person;
    check_parent(tenant, entity, parent)?;
    if !by_person {
        rules::check_required(&draft, entity, true)?;
    }
    rules::check_values(tenant, entity, None, &draft, circumstances)?;
    effects::check(tenant, entity, None, &draft)?;
    let mut values = initial_values(entity);
    effects::stamp_created(entity, &mut values, circumstances);
    if let Some(id) = draft.id.filter(|_| by_person) {
        if !(0..MOST_ID).contains(&id) {
            return Err(Complaint::Violation(format!("{id} is no id.")).into());
        }
        if tenant.exists(entity, id)? {
            return Err(
                Complaint::Violation(format!("{} {id} exists already.", definition.name)).into()
            );
        }
        values[0] = id.into();
    }
    for (place, value) in draft.values {
        if (by_person || !definition.fields[place].read_only) && value != Sql::Null {
            values[place] = value;
        }
    }
    if let Some(parent_of) = &definition.parent {
        let place = definition.place(parent_of.field);
        if let Some(parent) = parent {
            values[place] = parent.into();
        } else if values[place] == Sql::Null {
            return Err(Complaint::MissingField(parent_of.field).into());
        }
    }
    let udfs = udfs_of_new(tenant, entity, draft.udfs, circumstances);
    let id = tenant.insert(entity, &values, &udfs)?;
    effects::after_create(tenant, entity, id, &values)?;
    let name = effects::name_of(entity, &values);
    note(tenant, entity, id, "create", &name, None, circumstances)?;
    Ok(id)
}

/// The values of a new record's user-defined fields: those named, and the defaults of the others.
fn udfs_of_new(
    tenant: &Tenant,
    entity: Entity,
    mut udfs: Vec<UdfChange>,
    circumstances: &Circumstances,
) -> Vec<UdfChange> {
    for udf in tenant.catalogue().usable_udfs(entity, circumstances.udfs_made_before) {
        if let Some(value) = &udf.default_value
            && !udfs.iter().any(|(id, _)| *id == udf.id)
        {
            udfs.push((udf.id, Some(value.clone())));
        }
    }
    udfs.retain(|(_, value)| value.is_some());
    udfs
}

fn note(
    tenant: &Tenant,
    entity: Entity,
    id: i64,
    action: &'static str,
    name: &str,
    changes: Option<Value>,
    circumstances: &Circumstances,
) -> rusqlite::Result<()> {
    let Circumstances { now: at, author, .. } = *circumstances;
    tenant.note(Event { at, author, entity, id, action, name, changes })
}

/// What a new record holds before anything is said of it.
pub(crate) fn initial_values(entity: Entity) -> Vec<Sql> {
    let fields = entity.definition().fields.iter();
    fields
        .map(|field| match field.unset {
            Unset::Null => Sql::Null,
            Unset::Empty => Sql::Text(String::new()),
            Unset::Text(text) => Sql::Text(text.to_owned()),
            Unset::Number(number) => Sql::Integer(number),
        })
        .collect()
}

fn change(
    tenant: &mut Tenant,
    entity: Entity,
    parent: Option<i64>,
    verb: Verb,
    mut draft: Draft,
    circumstances: &Circumstances,
) -> Result<i64, Refusal> {
    let definition = entity.definition();
    let id = draft.id.ok_or(Complaint::MissingField("id"))?;
    check_parent(tenant, entity, parent)?;
    let mut record = tenant.record(entity, id)?.ok_or(Complaint::NoMatchingRecord("update"))?;
    if let (Some(parent_of), Some(parent)) = (&definition.parent, parent)
        && record[definition.place(parent_of.field)] != Sql::Integer(parent)
    {
        return Err(Complaint::NoMatchingRecord("update").into());
    }
    if circumstances.author == Author::Client {
        keep_read_only(entity, &record, &mut draft)?;
    }
    rules::check_required(&draft, entity, verb == Verb::Replace)?;
    if verb == Verb::Replace {
        name_everything(tenant, entity, id, &mut draft, circumstances)?;
    }
    rules::check_values(tenant, entity, Some(id), &draft, circumstances)?;
    effects::check(tenant, entity, Some(&record), &draft)?;
    let mut changes: Vec<(usize, Sql)> = draft.values.into_iter().collect();
    for (place, value) in &mut changes {
        if *value == Sql::Null && definition.fields[*place].kind == Kind::Boolean {
            *value = Sql::Integer(0);
        }
    }
    let told = told_changes(tenant, entity, &record, &changes, &draft.udfs)?;
    let moves = !changes.is_empty() || circumstances.udf_edit_moves_modified;
    if let Some(modified) = definition.modified.filter(|_| moves) {
        let place = definition.place(modified);
        if changes.iter().all(|(named, _)| *named != place) {
            changes.push((place, circumstances.now.into()));
        }
    }
    tenant.update(entity, id, &changes, &draft.udfs)?;
    effects::after_change(tenant, entity, id, &changes)?;
    for (place, value) in changes {
        record[place] = value;
    }
    let name = effects::name_of(entity, &record);
    note(tenant, entity, id, "update", &name, Some(told), circumstances)?;
    Ok(id)
}

/// Refuses changes of read-only fields, and forgets those that repeat what is there.
fn keep_read_only(entity: Entity, record: &[Sql], draft: &mut Draft) -> Result<(), Complaint> {
    let fields = entity.definition().fields;
    for (place, value) in &draft.values {
        if fields[*place].read_only && *value != Sql::Null && *value != record[*place] {
            return Err(Complaint::ReadOnly(fields[*place].name));
        }
    }
    draft.values.retain(|place, _| !fields[*place].read_only);
    Ok(())
}

/// What a change alters, for the history: each field with its old and its new value.
fn told_changes(
    tenant: &Tenant,
    entity: Entity,
    record: &[Sql],
    changes: &[(usize, Sql)],
    udfs: &[UdfChange],
) -> rusqlite::Result<Value> {
    let mut told = Map::new();
    for (place, value) in changes {
        let field = &entity.definition().fields[*place];
        if record[*place] != *value {
            let both = [&record[*place], value].map(|value| told_value(field.kind, value));
            told.insert(field.name.to_owned(), json!(both));
        }
    }
    let Sql::Integer(id) = record[0] else { return Ok(told.into()) };
    for (definition, value) in udfs {
        let before = tenant.udf(entity, id, *definition)?;
        let udf = tenant.catalogue().user_defined_fields(entity).find(|udf| udf.id == *definition);
        if let Some(udf) = udf
            && before != *value
        {
            told.insert(udf.name.clone(), json!([before, value]));
        }
    }
    Ok(told.into())
}

fn told_value(kind: Kind, value: &Sql) -> Value {
    match (kind, value) {
        (Kind::Boolean, Sql::Integer(number)) => json!(*number != 0),
        (Kind::DateTime, Sql::Integer(moment)) => json!(time::print(*moment)),
        (_, Sql::Integer(number)) => json!(number),
        (_, Sql::Real(number)) => json!(number),
        (_, Sql::Text(text)) => json!(text),
        (_, Sql::Null | Sql::Blob(_)) => Value::Null,
    }
}

/// Names in a PUT whatever writable field it left out, to be cleared.
fn name_everything(
    tenant: &Tenant,
    entity: Entity,
    id: i64,
    draft: &mut Draft,
    circumstances: &Circumstances,
) -> rusqlite::Result<()> {
    for (place, field) in entity.definition().fields.iter().enumerate().skip(1) {
        if !field.read_only {
            draft.values.entry(place).or_insert(Sql::Null);
        }
    }
    for udf in tenant.catalogue().usable_udfs(entity, circumstances.udfs_made_before) {
        let named = draft.udfs.iter().any(|(definition, _)| *definition == udf.id);
        if !named && tenant.udf(entity, id, udf.id)?.is_some() {
            draft.udfs.push((udf.id, None));
        }
    }
    Ok(())
}

/// Deletes a record, below its parent where one is named, and returns its id.
pub(crate) fn delete(
    tenant: &mut Tenant,
    entity: Entity,
    parent: Option<i64>,
    id: i64,
    circumstances: &Circumstances,
) -> Result<i64, Refusal> {
    let definition = entity.definition();
    tenant.atomically(|tenant| {
        let missing = Complaint::NoMatchingRecord("delete");
        let Some(record) = tenant.record(entity, id)? else { return Err(missing.into()) };
        if let (Some(parent_of), Some(parent)) = (&definition.parent, parent)
            && record[definition.place(parent_of.field)] != Sql::Integer(parent)
        {
            return Err(missing.into());
        }
        effects::check_delete(tenant, entity, &record)?;
        tenant.delete(entity, id)?;
        let name = effects::name_of(entity, &record);
        note(tenant, entity, id, "delete", &name, None, circumstances)?;
        Ok(id)
    })
}

fn check_parent(tenant: &Tenant, entity: Entity, parent: Option<i64>) -> Result<(), Refusal> {
    match (&entity.definition().parent, parent) {
        (Some(of), Some(id)) if !tenant.exists(of.entity, id)? => {
            Err(Complaint::BadReference { field: of.field, entity: of.entity.definition().name }
                .into())
        }
        _ => Ok(()),
    }
}
