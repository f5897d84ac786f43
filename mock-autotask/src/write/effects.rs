//! What a write brings about beyond the fields it names, and the rules that span fields, entity by entity.

use rusqlite::types::Value as Sql;

use super::draft::Draft;
use super::{Circumstances, initial_values};
use crate::entities::Entity;
use crate::refusal::{Complaint, Refusal};
use crate::store::{Condition, Tenant};

/// Refuses a draft that breaks a rule of its entity. `record` is what is there, for a change.
pub(super) fn check(
    tenant: &Tenant,
    entity: Entity,
    record: Option<&[Sql]>,
    draft: &Draft,
) -> Result<(), Refusal> {
    match entity {
        Entity::UserDefinedFieldDefinition => check_udf_definition(tenant, record, draft),
        _ => Ok(()),
    }
}

fn check_udf_definition(
    tenant: &Tenant,
    record: Option<&[Sql]>,
    draft: &Draft,
) -> Result<(), Refusal> {
    let definition = Entity::UserDefinedFieldDefinition.definition();
    let value = |name: &str| {
        let place = definition.place(name);
        draft
            .values
            .get(&place)
            .or_else(|| record.map(|record| &record[place]))
            .cloned()
            .unwrap_or(Sql::Null)
    };
    for fixed in ["udfType", "dataType"] {
        if record.is_some_and(|record| record[definition.place(fixed)] != value(fixed)) {
            return Err(Complaint::ReadOnly(fixed).into());
        }
    }
    let (Sql::Text(name), Sql::Integer(udf_type)) = (value("name"), value("udfType")) else {
        return Ok(());
    };
    let Some(entity) = Entity::from_udf_type(udf_type) else { return Ok(()) };
    let id = record.map(|record| record[0].clone());
    let others = tenant
        .catalogue()
        .user_defined_fields(entity)
        .filter(|udf| Some(Sql::Integer(udf.id)) != id);
    let lower = name.to_lowercase();
    let (mut active, mut taken) = (0, false);
    for other in others {
        active += usize::from(other.is_active);
        taken |= other.name.to_lowercase() == lower;
    }
    if taken {
        return Err(Complaint::NameTaken { entity: definition.name, name }.into());
    }
    let most = entity.definition().most_udfs;
    if value("isActive") != Sql::Integer(0) && active >= most {
        let name = entity.definition().name;
        return Err(Complaint::Violation(format!(
            "The {name} entity is limited to {most} active user-defined fields."
        ))
        .into());
    }
    if value("isEncrypted") == Sql::Integer(1) && value("isProtected") != Sql::Integer(1) {
        return Err(Complaint::Violation(
            "An encrypted user-defined field must be protected.".to_owned(),
        )
        .into());
    }
    match value("mergeVariableName") {
        Sql::Text(variable) if !variable.is_empty() && !variable.starts_with("var") => {
            Err(Complaint::Violation("mergeVariableName must start with \"var\".".to_owned())
                .into())
        }
        _ => Ok(()),
    }
}

/// Sets what the server itself says of a new record.
pub(super) fn stamp_created(entity: Entity, values: &mut [Sql], circumstances: &Circumstances) {
    let definition = entity.definition();
    for field in
        ["createDate", "lastActivityDate", "lastModifiedDate", "lastTrackedModifiedDateTime"]
    {
        if let Some((place, _)) = definition.field(field) {
            values[place] = circumstances.now.into();
        }
    }
    if let Some((place, _)) = definition.field("createdByResourceID") {
        values[place] = circumstances.impersonated.unwrap_or(circumstances.resource).into();
    }
    if let (Some((place, _)), Some(_)) =
        (definition.field("impersonatorCreatorResourceID"), circumstances.impersonated)
    {
        values[place] = circumstances.resource.into();
    }
}

/// What follows a create.
pub(super) fn after_create(
    tenant: &mut Tenant,
    entity: Entity,
    id: i64,
    values: &[Sql],
) -> Result<(), Refusal> {
    match entity {
        Entity::Company => {
            add_primary_location(tenant, id, values)?;
        }
        Entity::Contact | Entity::CompanyLocation => keep_one_primary(tenant, entity, id)?,
        _ => {}
    }
    Ok(())
}

/// What follows a change.
pub(super) fn after_change(
    tenant: &mut Tenant,
    entity: Entity,
    id: i64,
    changes: &[(usize, Sql)],
) -> Result<(), Refusal> {
    let definition = entity.definition();
    let primary = match entity {
        Entity::Contact => definition.place("primaryContact"),
        Entity::CompanyLocation => definition.place("isPrimary"),
        _ => return Ok(()),
    };
    if changes.contains(&(primary, Sql::Integer(1))) {
        keep_one_primary(tenant, entity, id)?;
    }
    Ok(())
}

/// Gives a new company its primary location, which has the company's own address.
pub(crate) fn add_primary_location(
    tenant: &mut Tenant,
    company: i64,
    values: &[Sql],
) -> rusqlite::Result<i64> {
    let (from, to) = (Entity::Company.definition(), Entity::CompanyLocation.definition());
    let mut location = initial_values(Entity::CompanyLocation);
    for field in
        ["address1", "address2", "city", "state", "postalCode", "countryID", "phone", "fax"]
    {
        location[to.place(field)] = values[from.place(field)].clone();
    }
    location[to.place("name")] = values[from.place("companyName")].clone();
    location[to.place("companyID")] = company.into();
    location[to.place("isPrimary")] = 1.into();
    tenant.insert(Entity::CompanyLocation, &location, &[])
}

/// Takes the mark of the primary contact or location from all others of the same company.
fn keep_one_primary(tenant: &mut Tenant, entity: Entity, id: i64) -> Result<(), Refusal> {
    let definition = entity.definition();
    let primary = if entity == Entity::Contact { "primaryContact" } else { "isPrimary" };
    let Some(record) = tenant.record(entity, id)? else { return Ok(()) };
    if record[definition.place(primary)] != Sql::Integer(1) {
        return Ok(());
    }
    let others = Condition::sql(
        format!("\"companyID\" = ? AND \"id\" <> ? AND \"{primary}\" = 1"),
        vec![record[definition.place("companyID")].clone(), id.into()],
    );
    for other in tenant.ids(entity, &others)? {
        tenant.update(entity, other, &[(definition.place(primary), 0.into())], &[])?;
    }
    Ok(())
}

/// Refuses to delete what other records lean on: the primary of its kind, and a company that is not empty.
pub(super) fn check_delete(tenant: &Tenant, entity: Entity, record: &[Sql]) -> Result<(), Refusal> {
    let definition = entity.definition();
    let leaned_on = match entity {
        Entity::Contact => record[definition.place("primaryContact")] == Sql::Integer(1),
        Entity::CompanyLocation => record[definition.place("isPrimary")] == Sql::Integer(1),
        Entity::Company => {
            let points_here =
                |field: &str| Condition::sql(format!("\"{field}\" = ?"), vec![record[0].clone()]);
            record[0] == Sql::Integer(0)
                || tenant.count(Entity::Contact, &points_here("companyID"))? > 0
                || tenant.count(Entity::Company, &points_here("parentCompanyID"))? > 0
        }
        _ => false,
    };
    if leaned_on { Err(Complaint::StillReferenced(definition.name).into()) } else { Ok(()) }
}

/// What people call a record.
pub(super) fn name_of(entity: Entity, values: &[Sql]) -> String {
    let fields: &[&str] = match entity {
        Entity::Company => &["companyName"],
        Entity::Contact | Entity::Resource => &["firstName", "lastName"],
        Entity::Country => &["displayName"],
        Entity::UserDefinedFieldListItem => &["valueForDisplay"],
        Entity::CompanyLocation
        | Entity::CompanyCategory
        | Entity::ClassificationIcon
        | Entity::UserDefinedFieldDefinition => &["name"],
    };
    let mut name = String::new();
    for field in fields {
        if let Sql::Text(text) = &values[entity.definition().place(field)] {
            if !name.is_empty() {
                name.push(' ');
            }
            name.push_str(text);
        }
    }
    name
}
