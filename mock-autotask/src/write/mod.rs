//! Creates, changes and deletions, each a transaction of its own.
//!
//! PATCH changes what it names, PUT also clears whatever writable field it does not name. Both carry the record's
//! id in the body, not in the path. Answers give the id alone.

mod draft;
mod effects;
mod rules;

use rusqlite::types::Value as Sql;
use serde_json::Value;

pub(crate) use draft::typed;

use crate::entities::{Entity, Kind, Unset};
use crate::json;
use crate::refusal::{Complaint, Refusal};
use crate::store::{Tenant, UdfChange};
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

/// What a write needs to know besides its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// The present moment, in milliseconds since 1970.
    pub(crate) now: i64,
    /// The resource in whose name the request comes.
    pub(crate) resource: i64,
    /// The resource that is impersonated, if any.
    pub(crate) impersonated: Option<i64>,
    /// User-defined fields made after this moment cannot be used yet.
    pub(crate) udfs_made_before: i64,
    /// A change of user-defined fields alone moves the record's modified date.
    pub(crate) udf_edit_moves_modified: bool,
}

/// Carries a write out and returns the record's id. `parent` is the id in the path, where the path has one.
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
    let draft = Draft::read(&body, entity, tenant.catalogue(), circumstances.udfs_made_before)?;
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
    check_parent(tenant, entity, parent)?;
    rules::check_required(&draft, entity, true)?;
    rules::check_values(tenant, entity, None, &draft)?;
    effects::check(tenant, entity, None, &draft)?;
    let mut values = initial_values(entity);
    for (place, value) in draft.values {
        if !definition.fields[place].read_only && value != Sql::Null {
            values[place] = value;
        }
    }
    if let (Some(parent_of), Some(parent)) = (&definition.parent, parent) {
        values[definition.place(parent_of.field)] = parent.into();
    }
    effects::stamp_created(entity, &mut values, circumstances);
    let mut udfs = draft.udfs;
    let defaults =
        tenant.catalogue().usable_udfs(entity, circumstances.udfs_made_before).filter_map(|udf| {
            let named = udfs.iter().any(|(id, _)| *id == udf.id);
            udf.default_value.clone().filter(|_| !named).map(|value| (udf.id, Some(value)))
        });
    let defaults: Vec<UdfChange> = defaults.collect();
    udfs.extend(defaults);
    udfs.retain(|(_, value)| value.is_some());
    let id = tenant.insert(entity, &values, &udfs)?;
    effects::after_create(tenant, entity, id, &values)?;
    Ok(id)
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
    let record = tenant.record(entity, id)?.ok_or(Complaint::NoMatchingRecord("update"))?;
    if let (Some(parent_of), Some(parent)) = (&definition.parent, parent)
        && record[definition.place(parent_of.field)] != Sql::Integer(parent)
    {
        return Err(Complaint::NoMatchingRecord("update").into());
    }
    for (place, value) in &draft.values {
        let field = &definition.fields[*place];
        if field.read_only && *value != Sql::Null && *value != record[*place] {
            return Err(Complaint::ReadOnly(field.name).into());
        }
    }
    draft.values.retain(|place, _| !definition.fields[*place].read_only);
    rules::check_required(&draft, entity, verb == Verb::Replace)?;
    if verb == Verb::Replace {
        name_everything(tenant, entity, id, &mut draft, circumstances)?;
    }
    rules::check_values(tenant, entity, Some(id), &draft)?;
    effects::check(tenant, entity, Some(&record), &draft)?;
    let mut changes: Vec<(usize, Sql)> = draft.values.into_iter().collect();
    for (place, value) in &mut changes {
        if *value == Sql::Null && definition.fields[*place].kind == Kind::Boolean {
            *value = Sql::Integer(0);
        }
    }
    let moves = !changes.is_empty() || circumstances.udf_edit_moves_modified;
    if let Some(modified) = definition.modified.filter(|_| moves) {
        changes.push((definition.place(modified), circumstances.now.into()));
    }
    tenant.update(entity, id, &changes, &draft.udfs)?;
    effects::after_change(tenant, entity, id, &changes)?;
    Ok(id)
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

/// Deletes a record below its parent and returns its id.
pub(crate) fn delete(
    tenant: &mut Tenant,
    entity: Entity,
    parent: i64,
    id: i64,
) -> Result<i64, Refusal> {
    let definition = entity.definition();
    tenant.atomically(|tenant| {
        let missing = Complaint::NoMatchingRecord("delete");
        let Some(record) = tenant.record(entity, id)? else { return Err(missing.into()) };
        if let Some(parent_of) = &definition.parent
            && record[definition.place(parent_of.field)] != Sql::Integer(parent)
        {
            return Err(missing.into());
        }
        effects::check_delete(entity, &record)?;
        tenant.delete(entity, id)?;
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
