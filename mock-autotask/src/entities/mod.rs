//! The entities the mock serves: their names, their fields and what may be done with them.
//!
//! Everything else (tables, filters, validation, metadata answers) is derived from these tables, so a field is
//! changed in one place. Field lengths and flags are those a live database reported in 2021, in the words of the
//! REST API. An entity's name in messages is singular ("Company"), its path is plural ("Companies").

mod classification_icons;
mod companies;
mod company_categories;
mod company_locations;
mod contacts;
mod countries;
mod field;
mod resources;
mod user_defined_fields;

pub mod picklists;

use serde::{Deserialize, Serialize};

pub(crate) use countries::COUNTRIES;
pub use field::{Field, Kind, Reference, Unset};
pub(crate) use resources::FIRST_RESOURCE;

/// An entity of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Entity {
    /// Companies, which the SOAP API called accounts.
    Company,
    /// Contacts, read at the root and written through their company.
    Contact,
    /// Locations, read at the root and written through their company.
    CompanyLocation,
    /// Categories of companies.
    CompanyCategory,
    /// The tenant's own people, API users among them.
    Resource,
    /// Countries.
    Country,
    /// The icons a company's classification shows.
    ClassificationIcon,
    /// Definitions of user-defined fields.
    UserDefinedFieldDefinition,
    /// The values of list-type user-defined fields.
    UserDefinedFieldListItem,
}

/// What may be done with an entity, and where.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the vendor's metadata has them")]
pub struct Definition {
    /// Its segment in paths.
    pub path: &'static str,
    /// Its name in messages and metadata.
    pub name: &'static str,
    /// Its fields, `id` first.
    pub fields: &'static [Field],
    /// Records can be created.
    pub can_create: bool,
    /// Records can be changed.
    pub can_update: bool,
    /// Records can be deleted.
    pub can_delete: bool,
    /// Where writes go, if not to the root.
    pub parent: Option<Parent>,
    /// Records carry user-defined fields of this type (a value of `udfType`).
    pub udf_type: Option<i64>,
    /// How many user-defined fields may be active at once.
    pub most_udfs: usize,
    /// The vendor has webhooks for it (the mock has none).
    pub webhooks: bool,
    /// The first id a create gives.
    pub first_id: i64,
    /// The field that says when a record was last changed.
    pub modified: Option<&'static str>,
}

/// The record a child entity is written through.
#[derive(Debug)]
pub struct Parent {
    /// The parent's entity.
    pub entity: Entity,
    /// The parent's segment in the child's path.
    pub path: &'static str,
    /// The child's segment behind the parent's id.
    pub segment: &'static str,
    /// The child's field that holds the parent's id.
    pub field: &'static str,
}

impl Entity {
    /// All entities.
    pub const ALL: [Self; 9] = [
        Self::Company,
        Self::Contact,
        Self::CompanyLocation,
        Self::CompanyCategory,
        Self::Resource,
        Self::Country,
        Self::ClassificationIcon,
        Self::UserDefinedFieldDefinition,
        Self::UserDefinedFieldListItem,
    ];

    /// What may be done with it.
    pub fn definition(self) -> &'static Definition {
        match self {
            Self::Company => &companies::COMPANIES,
            Self::Contact => &contacts::CONTACTS,
            Self::CompanyLocation => &company_locations::COMPANY_LOCATIONS,
            Self::CompanyCategory => &company_categories::COMPANY_CATEGORIES,
            Self::Resource => &resources::RESOURCES,
            Self::Country => &countries::DEFINITION,
            Self::ClassificationIcon => &classification_icons::CLASSIFICATION_ICONS,
            Self::UserDefinedFieldDefinition => &user_defined_fields::DEFINITIONS,
            Self::UserDefinedFieldListItem => &user_defined_fields::LIST_ITEMS,
        }
    }

    /// The entity with this path segment, in whatever case.
    pub fn from_path(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.definition().path.eq_ignore_ascii_case(segment))
    }

    /// The entity whose records carry user-defined fields of this type.
    pub fn from_udf_type(udf_type: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.definition().udf_type == Some(udf_type))
    }
}

impl From<Entity> for String {
    fn from(entity: Entity) -> Self {
        entity.definition().path.to_owned()
    }
}

impl TryFrom<String> for Entity {
    type Error = String;

    fn try_from(path: String) -> Result<Self, String> {
        Self::from_path(&path).ok_or_else(|| format!("there is no entity {path}"))
    }
}

impl Definition {
    /// A field and its place in [`Definition::fields`], by name in whatever case.
    pub fn field(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name.eq_ignore_ascii_case(name))
    }

    /// The place of a field the code itself names.
    ///
    /// # Panics
    ///
    /// If there is no such field.
    pub fn place(&self, name: &str) -> usize {
        self.field(name).map(|(place, _)| place).expect("the code names fields that exist")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entity_starts_with_its_id_and_names_each_field_once() {
        for entity in Entity::ALL {
            let fields = entity.definition().fields;
            assert_eq!(fields[0].name, "id", "{entity:?}");
            for (place, field) in fields.iter().enumerate() {
                assert_eq!(
                    entity.definition().place(field.name),
                    place,
                    "{entity:?}.{}",
                    field.name
                );
            }
        }
    }

    #[test]
    fn paths_are_found_in_any_case() {
        assert_eq!(Entity::from_path("COMPANIES"), Some(Entity::Company));
        assert_eq!(Entity::from_path("companie"), None);
    }
}
