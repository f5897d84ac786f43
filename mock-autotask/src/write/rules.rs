//! What a record must satisfy to be written: required fields, lengths, picklists, references.
//!
//! A missing required field is reported alone, one per attempt; other violations come together, in the order of
//! the field list.

use rusqlite::types::Value as Sql;

use super::Circumstances;
use super::draft::Draft;
use crate::entities::picklists::API_USER_LICENSE;
use crate::entities::{Entity, Field, Kind, Reference};
use crate::refusal::{Complaint, Refusal, quoted};
use crate::store::{Author, Tenant};

/// Refuses a draft that leaves required fields out (`complete`: of those it does not name, too) or empty.
pub(super) fn check_required(
    draft: &Draft,
    entity: Entity,
    complete: bool,
) -> Result<(), Complaint> {
    for (place, field) in entity.definition().fields.iter().enumerate() {
        if !field.required || field.read_only {
            continue;
        }
        match draft.values.get(&place) {
            None if complete => return Err(Complaint::MissingField(field.name)),
            Some(Sql::Null) => return Err(Complaint::EmptyField(field.name)),
            Some(Sql::Text(text)) if text.trim().is_empty() => {
                return Err(Complaint::EmptyField(field.name));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses values that are too long, not in their picklist or that point at nothing.
pub(super) fn check_values(
    tenant: &Tenant,
    entity: Entity,
    id: Option<i64>,
    draft: &Draft,
    circumstances: &Circumstances,
) -> Result<(), Refusal> {
    let definition = entity.definition();
    let mut complaints = Vec::new();
    for (place, value) in &draft.values {
        let field = &definition.fields[*place];
        if field.read_only && circumstances.author == Author::Client {
            continue;
        }
        complaints.extend(check_value(tenant, entity, id, field, value, circumstances)?);
    }
    if complaints.iter().any(|complaint| matches!(complaint, Complaint::TooLong(_))) {
        complaints.push(if id.is_some() { Complaint::NotUpdated } else { Complaint::NotCreated });
    }
    if complaints.is_empty() { Ok(()) } else { Err(Refusal::Complaints(complaints)) }
}

fn check_value(
    tenant: &Tenant,
    entity: Entity,
    id: Option<i64>,
    field: &Field,
    value: &Sql,
    circumstances: &Circumstances,
) -> Result<Option<Complaint>, Refusal> {
    let text = match value {
        Sql::Text(text) => text.clone(),
        Sql::Integer(number) => number.to_string(),
        Sql::Null | Sql::Real(_) | Sql::Blob(_) => return Ok(None),
    };
    if let Kind::Text(length) = field.kind
        && text.encode_utf16().count() > usize::from(length)
    {
        return Ok(Some(Complaint::TooLong(field.name.to_owned())));
    }
    if field.picklist {
        let known = tenant.catalogue().picklist(entity, field.name).iter();
        let usable = text.is_empty()
            || known.into_iter().any(|known| {
                known.value == text && (known.is_active || circumstances.inactive_picklist_values)
            });
        return Ok((!usable).then(|| Complaint::NoSuchPicklistValue {
            field: field.name.to_owned(),
            value: quoted(&text),
        }));
    }
    if let (Some(reference), Sql::Integer(target)) = (field.reference, value)
        && !is_usable(tenant, entity, id, reference, *target)?
    {
        return Ok(Some(Complaint::BadReference { field: field.name, entity: reference.name() }));
    }
    if entity == Entity::Contact
        && field.name == "isActive"
        && !matches!(value, Sql::Integer(0 | 1))
    {
        return Ok(Some(Complaint::NoSuchPicklistValue {
            field: field.name.to_owned(),
            value: quoted(&text),
        }));
    }
    Ok(None)
}

/// Whether a reference may point at a record: resources must be active people, categories and countries active; a
/// company may point at an inactive company, but not at itself.
fn is_usable(
    tenant: &Tenant,
    entity: Entity,
    id: Option<i64>,
    reference: Reference,
    target: i64,
) -> rusqlite::Result<bool> {
    let to = match reference {
        Reference::Elsewhere { ids, .. } => return Ok(ids.contains(&target)),
        Reference::To(to) => to,
    };
    if to == entity && id == Some(target) {
        return Ok(false);
    }
    if !matches!(to, Entity::Resource | Entity::CompanyCategory | Entity::Country) {
        return tenant.exists(to, target);
    }
    Ok(is_active(tenant, to, target)?
        && (to != Entity::Resource
            || tenant.number(to, target, "licenseType")? != Some(API_USER_LICENSE)))
}

/// Whether a record is there and active.
pub(crate) fn is_active(tenant: &Tenant, entity: Entity, id: i64) -> rusqlite::Result<bool> {
    Ok(tenant.number(entity, id, "isActive")? == Some(1))
}
