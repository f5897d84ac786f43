//! Custom fields: declared by a fixture, kept with the org, and from then on fields like any other.

use std::borrow::Cow;

use rusqlite::params;

use super::schema::{Field, FieldType, ObjectKind, UseInQueries};
use super::store::Store;

/// The type of a custom field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomFieldType {
    /// Text of one line, up to 255 characters.
    Text,
    /// Text of several lines; beyond 255 characters it can be neither filtered nor sorted by.
    TextArea,
    /// One of several values, though others are stored too.
    Picklist,
    /// True or false.
    Checkbox,
    /// A number with decimals.
    Number,
    /// A day.
    Date,
    /// A moment.
    DateTime,
}

impl CustomFieldType {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Text, "text"),
        (Self::TextArea, "textArea"),
        (Self::Picklist, "picklist"),
        (Self::Checkbox, "checkbox"),
        (Self::Number, "number"),
        (Self::Date, "date"),
        (Self::DateTime, "dateTime"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("text", |(_, name)| name)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    const fn field_type(self) -> FieldType {
        match self {
            Self::Text => FieldType::Text,
            Self::TextArea => FieldType::TextArea,
            Self::Picklist => FieldType::Picklist(&[]),
            Self::Checkbox => FieldType::Boolean,
            Self::Number => FieldType::Double,
            Self::Date => FieldType::Date,
            Self::DateTime => FieldType::DateTime,
        }
    }
}

/// A field the org's administrator has added.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomField {
    /// The API name, ending in `__c`.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: CustomFieldType,
    /// The most characters it holds, for text.
    #[serde(default = "usual_length")]
    pub length: u32,
}

const fn usual_length() -> u32 {
    255
}

/// The name is none a custom field can have, or taken.
#[derive(Debug, thiserror::Error)]
pub enum CustomFieldError {
    /// Not letters, digits and underscores with `__c` at the end.
    #[error("{0} is no name for a custom field: letters, digits and underscores, then __c")]
    BadName(String),
    /// The object has a field of that name.
    #[error("there is a field {0} already")]
    Taken(String),
    /// The database failed.
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
}

impl Store {
    /// Adds a field to an object and its history.
    pub(super) fn add_custom_field(
        &mut self,
        object: ObjectKind,
        custom: &CustomField,
    ) -> Result<(), CustomFieldError> {
        if !is_custom_name(&custom.name) {
            return Err(CustomFieldError::BadName(custom.name.clone()));
        }
        if self.schema().object(object).field(&custom.name).is_some() {
            return Err(CustomFieldError::Taken(custom.name.clone()));
        }
        let field = field(custom);
        let definition = field.column_definition().unwrap_or_default();
        let table = object.name();
        self.atomically(|| {
            self.connection.execute_batch(&format!(
                "ALTER TABLE \"{table}\" ADD COLUMN {definition}; ALTER TABLE \"{table}_was\" ADD COLUMN {definition};"
            ))?;
            self.connection.execute(
                "INSERT INTO custom_field (object, name, type, length) VALUES (?1, ?2, ?3, ?4)",
                params![table, custom.name, custom.kind.name(), custom.length],
            )
        })?;
        self.schema_mut().add_field(object, field);
        Ok(())
    }

    /// Makes the custom fields of an org that is opened again known to its schema.
    pub(super) fn load_custom_fields(&mut self) -> rusqlite::Result<()> {
        let found = {
            let mut statement = self
                .connection
                .prepare("SELECT object, name, type, length FROM custom_field ORDER BY rowid")?;
            let rows = statement.query_map([], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get(3)?,
                ))
            })?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        for (object, name, kind, length) in found {
            if let (Some(object), Some(kind)) =
                (ObjectKind::named(&object), CustomFieldType::named(&kind))
            {
                self.schema_mut().add_field(object, field(&CustomField { name, kind, length }));
            }
        }
        Ok(())
    }
}

fn field(custom: &CustomField) -> Field {
    let long = custom.kind == CustomFieldType::TextArea && custom.length > 255;
    let text = matches!(
        custom.kind,
        CustomFieldType::Text | CustomFieldType::TextArea | CustomFieldType::Picklist
    );
    Field {
        name: Cow::Owned(custom.name.clone()),
        kind: custom.kind.field_type(),
        length: if text { custom.length } else { 0 },
        digits: if custom.kind == CustomFieldType::Number { (18, 2) } else { (0, 0) },
        nillable: true,
        writable: true,
        use_in_queries: if long { UseInQueries::SelectOnly } else { UseInQueries::FilterAndSort },
        relationship: None,
        visible: true,
        own_picklist: None,
    }
}

fn is_custom_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix("__c") else { return false };
    stem.len() <= 40
        && stem.starts_with(|c: char| c.is_ascii_alphabetic())
        && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_safe_in_sql_are_names() {
        for name in ["Region__c", "a1_b__c"] {
            assert!(is_custom_name(name), "{name}");
        }
        for name in ["Region", "__c", "1a__c", "a\"b__c", "a b__c", "ä__c", ""] {
            assert!(!is_custom_name(name), "{name}");
        }
    }
}
