//! What an administrator has changed about fields: whether the integration's user sees them, and their picklists.
//!
//! A field that is not visible is not there for clients: no describe names it, no query or write may. It keeps its
//! values, which fixtures and the control plane go on reading and writing.

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::schema::{FieldType, ObjectKind};
use super::store::Store;

/// Changes to one field. What is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FieldSettings {
    /// Whether clients see the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// The values of a picklist, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picklist: Option<Vec<String>>,
}

/// A field cannot be changed so.
#[derive(Debug, thiserror::Error)]
pub enum FieldSettingsError {
    /// The object has no such field.
    #[error("{object} has no field {field}")]
    NoSuchField {
        /// The object.
        object: &'static str,
        /// The name that is none.
        field: String,
    },
    /// Only picklists have values to choose from.
    #[error("{0} is no picklist")]
    NoPicklist(String),
    /// Clients cannot do without it.
    #[error("{0} cannot be hidden")]
    AlwaysVisible(String),
    /// The database failed.
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
}

impl Store {
    /// Changes a field, and keeps the change with the org.
    pub(super) fn set_field(
        &mut self,
        object: ObjectKind,
        name: &str,
        settings: &FieldSettings,
    ) -> Result<(), FieldSettingsError> {
        let known = self.schema().object(object).field(name).ok_or_else(|| {
            FieldSettingsError::NoSuchField { object: object.name(), field: name.to_owned() }
        })?;
        if settings.picklist.is_some() && !matches!(known.kind, FieldType::Picklist(_)) {
            return Err(FieldSettingsError::NoPicklist(known.name.to_string()));
        }
        if settings.visible == Some(false) && (known.kind == FieldType::Id || known.name == "Name")
        {
            return Err(FieldSettingsError::AlwaysVisible(known.name.to_string()));
        }
        let name = known.name.to_string();
        let picklist =
            settings.picklist.as_ref().map(|values| serde_json::json!(values).to_string());
        self.connection.execute(
            "INSERT INTO field_setting (object, name, visible, picklist) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (object, name) DO UPDATE SET
                visible = coalesce(excluded.visible, visible), picklist = coalesce(excluded.picklist, picklist)",
            params![object.name(), name, settings.visible, picklist],
        )?;
        self.schema_mut().change_field(object, &name, settings);
        Ok(())
    }

    /// Makes the changes of an org that is opened again known to its schema.
    pub(super) fn load_field_settings(&mut self) -> rusqlite::Result<()> {
        let found = {
            let mut statement = self
                .connection
                .prepare("SELECT object, name, visible, picklist FROM field_setting")?;
            let rows = statement.query_map([], |row| {
                let picklist: Option<String> = row.get(3)?;
                let picklist = picklist.and_then(|values| serde_json::from_str(&values).ok());
                let settings = FieldSettings { visible: row.get(2)?, picklist };
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, settings))
            })?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        for (object, name, settings) in found {
            if let Some(object) = ObjectKind::named(&object) {
                self.schema_mut().change_field(object, &name, &settings);
            }
        }
        Ok(())
    }
}
