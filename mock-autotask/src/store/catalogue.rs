//! What a tenant has set up: its picklists and its user-defined fields.
//!
//! Every write is checked against these, so they are kept in memory beside the database and read again whenever
//! one of their tables has changed.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::schema;
use crate::entities::{Entity, picklists};

/// One value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PicklistValue {
    /// What records carry, as metadata spells it.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Its place in the list.
    #[serde(default)]
    pub sort_order: i64,
    /// Records may be given it.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// It came with the product.
    #[serde(default)]
    pub is_system: bool,
}

fn yes() -> bool {
    true
}

/// What a user-defined field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UdfKind {
    /// Text of one line or of several.
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// One of the values of a list.
    List,
}

impl UdfKind {
    /// The kind a value of `dataType` names.
    pub(crate) fn from_data_type(data_type: i64) -> Option<Self> {
        match data_type {
            1 | 2 => Some(Self::Text),
            3 => Some(Self::Number),
            4 => Some(Self::Date),
            5 => Some(Self::List),
            _ => None,
        }
    }

    /// The word `entityInformation/userDefinedFields` uses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Text | Self::List => "string",
            Self::Number => "double",
            Self::Date => "datetime",
        }
    }
}

/// A user-defined field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserDefinedField {
    /// The id of its definition.
    pub(crate) id: i64,
    /// The entity whose records carry it.
    pub(crate) entity: Entity,
    /// Its name, which is also its label.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: UdfKind,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// What a create leaves in it.
    pub(crate) default_value: Option<String>,
    /// People must fill it in; the API need not.
    pub(crate) is_required: bool,
    /// It is in use.
    pub(crate) is_active: bool,
    /// Its values are stored encrypted, so that no filter finds them.
    pub(crate) is_encrypted: bool,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created: i64,
    /// The values it may have, where it is a list.
    pub(crate) items: Vec<ListItem>,
}

/// One value of a list-type user-defined field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListItem {
    /// What records carry.
    pub(crate) id: i64,
    /// What people read.
    pub(crate) label: String,
    /// Records may be given it.
    pub(crate) is_active: bool,
}

/// A tenant's picklists and user-defined fields.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    picklists: BTreeMap<(Entity, &'static str), Vec<PicklistValue>>,
    user_defined_fields: Vec<UserDefinedField>,
}

impl Catalogue {
    /// Reads both from the database.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            picklists: load_picklists(connection)?,
            user_defined_fields: load_user_defined_fields(connection)?,
        })
    }

    /// The values of a picklist field, in their order.
    pub(crate) fn picklist(&self, entity: Entity, field: &'static str) -> &[PicklistValue] {
        self.picklists.get(&(entity, field)).map_or(&[], Vec::as_slice)
    }

    /// The user-defined fields of an entity, in the order they were made; inactive ones too.
    pub(crate) fn user_defined_fields(
        &self,
        entity: Entity,
    ) -> impl Iterator<Item = &UserDefinedField> {
        self.user_defined_fields.iter().filter(move |udf| udf.entity == entity)
    }

    /// The user-defined fields in use that were made before a moment, in milliseconds since 1970.
    pub(crate) fn usable_udfs(
        &self,
        entity: Entity,
        made_before: i64,
    ) -> impl Iterator<Item = &UserDefinedField> {
        self.user_defined_fields(entity)
            .filter(move |udf| udf.is_active && udf.created <= made_before)
    }

    /// One of [`Self::usable_udfs`], by its name in whatever case.
    pub(crate) fn usable_udf(
        &self,
        entity: Entity,
        name: &str,
        made_before: i64,
    ) -> Option<&UserDefinedField> {
        let name = name.to_lowercase();
        self.usable_udfs(entity, made_before).find(|udf| udf.name.to_lowercase() == name)
    }
}

/// Writes a new tenant's picklists.
pub(crate) fn fill_picklists(connection: &Connection) -> rusqlite::Result<()> {
    let mut insert = connection.prepare(
        "INSERT INTO picklist_value (entity, field, value, label, sort_order, is_active, is_system)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (entity, field, values) in picklists::INITIAL {
        for (value, place) in values.iter().zip(1_i64..) {
            insert.execute((
                schema::code(*entity),
                field,
                value.value,
                value.label,
                place,
                value.active,
                value.system,
            ))?;
        }
    }
    Ok(())
}

fn load_picklists(
    connection: &Connection,
) -> rusqlite::Result<BTreeMap<(Entity, &'static str), Vec<PicklistValue>>> {
    let mut read = connection.prepare(
        "SELECT value, label, sort_order, is_active, is_system FROM picklist_value
         WHERE entity = ? AND field = ? ORDER BY sort_order, value",
    )?;
    let mut picklists = BTreeMap::new();
    for entity in Entity::ALL {
        for field in entity.definition().fields.iter().filter(|field| field.picklist) {
            let values = read
                .query_map((schema::code(entity), field.name), |row| {
                    Ok(PicklistValue {
                        value: row.get(0)?,
                        label: row.get(1)?,
                        sort_order: row.get(2)?,
                        is_active: row.get(3)?,
                        is_system: row.get(4)?,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            picklists.insert((entity, field.name), values);
        }
    }
    Ok(picklists)
}

fn load_user_defined_fields(connection: &Connection) -> rusqlite::Result<Vec<UserDefinedField>> {
    let mut read = connection.prepare(
        r#"SELECT "id", "udfType", "name", "dataType", "description", "defaultValue", "isRequired", "isActive",
                  "isEncrypted", "createDate" FROM "UserDefinedFieldDefinitions" ORDER BY "id""#,
    )?;
    let mut items = connection.prepare(
        r#"SELECT "id", "valueForDisplay", "isActive" FROM "UserDefinedFieldListItems"
           WHERE "udfFieldId" = ? ORDER BY "id""#,
    )?;
    let mut rows = read.query(())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (Some(entity), Some(kind)) =
            (Entity::from_udf_type(row.get(1)?), UdfKind::from_data_type(row.get(3)?))
        else {
            continue;
        };
        let id: i64 = row.get(0)?;
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        found.push(UserDefinedField {
            id,
            entity,
            name: row.get(2)?,
            kind,
            description: text(row.get(4)?),
            default_value: text(row.get(5)?),
            is_required: row.get::<_, Option<bool>>(6)?.unwrap_or_default(),
            is_active: row.get::<_, Option<bool>>(7)?.unwrap_or_default(),
            is_encrypted: row.get::<_, Option<bool>>(8)?.unwrap_or_default(),
            created: row.get::<_, Option<i64>>(9)?.unwrap_or_default(),
            items: items
                .query_map([id], |row| {
                    Ok(ListItem { id: row.get(0)?, label: row.get(1)?, is_active: row.get(2)? })
                })?
                .collect::<rusqlite::Result<_>>()?,
        });
    }
    Ok(found)
}
