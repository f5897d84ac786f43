//! Many records at once, for generators: no rule is looked at, and nothing is noted in the history.

use rusqlite::types::Value as Sql;

use super::effects;
use super::{Circumstances, initial_values};
use crate::entities::Entity;
use crate::store::{Tenant, UdfChange};

impl Tenant {
    /// Writes many records in one transaction, as fast as the database takes them. Ids grow as they do for a client.
    ///
    /// Nothing is validated: what is written must be right. Indexes are made anew afterwards, which costs time in
    /// proportion to all records there are; for a handful of records the ordinary way is cheaper.
    pub(crate) fn bulk<T, E: From<rusqlite::Error>>(
        &mut self,
        circumstances: Circumstances,
        work: impl FnOnce(&mut Bulk<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.atomically(|tenant| {
            tenant.drop_indexes()?;
            let done = work(&mut Bulk { tenant, circumstances })?;
            tenant.create_indexes()?;
            Ok(done)
        })
    }
}

/// A transaction that takes many records.
#[derive(Debug)]
pub(crate) struct Bulk<'t> {
    tenant: &'t mut Tenant,
    circumstances: Circumstances,
}

impl Bulk<'_> {
    /// Adds a record and returns its id. Fields are given by their names on the wire, user-defined fields by the ids
    /// of their definitions; what is not named is what a create leaves there. A company gets its primary location.
    ///
    /// Booleans are the integers 0 and 1, moments are milliseconds since 1970. An `id` may be given, and is then
    /// taken instead of the next one. A user-defined field is made by adding its definition (`name`, `udfType` from
    /// [`Definition::udf_type`](crate::entities::Definition::udf_type)).
    ///
    /// # Panics
    ///
    /// If the entity has no such field.
    pub(crate) fn add(
        &mut self,
        entity: Entity,
        fields: &[(&str, Sql)],
        udfs: &[UdfChange],
    ) -> rusqlite::Result<i64> {
        let definition = entity.definition();
        let mut values = initial_values(entity);
        effects::stamp_created(entity, &mut values, &self.circumstances);
        for (name, value) in fields {
            values[definition.place(name)] = value.clone();
        }
        let id = self.tenant.insert(entity, &values, udfs)?;
        if entity == Entity::Company {
            effects::add_primary_location(self.tenant, id, &values)?;
        }
        Ok(id)
    }
}
