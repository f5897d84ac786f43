//! What the tenant says about its fields, picklists, resources and countries.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::call::{CallError, Repeat};
use super::{Autotask, entity};
use crate::domain::fields::TargetField;
use crate::domain::ids::ResourceId;
use crate::domain::metadata::{FieldInfo, Metadata, PicklistValue};
use crate::domain::model::{Country, Kind, Resource};

#[derive(Deserialize)]
pub(super) struct Fields {
    pub(super) fields: Vec<Field>,
}

impl Fields {
    /// What is said of the fields that are written.
    pub(super) fn known(&self) -> BTreeMap<TargetField, FieldInfo> {
        let known = |field: &Field| Some((TargetField::from_api_name(&field.name)?, field.info()));
        self.fields.iter().filter_map(known).collect()
    }
}

/// A field as `entityInformation` describes it; user-defined fields have fewer properties.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Field {
    pub(super) name: String,
    data_type: String,
    length: i64,
    is_required: bool,
    is_read_only: bool,
    pub(super) picklist_values: Option<Vec<Choice>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Choice {
    /// A text, although records hold the number.
    value: Json,
    #[serde(default)]
    label: Option<String>,
    #[serde(default = "active")]
    is_active: bool,
}

fn active() -> bool {
    true
}

impl Choice {
    pub(super) fn number(&self) -> Option<i64> {
        match &self.value {
            Json::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        }
    }

    pub(super) fn label(&self) -> &str {
        self.label.as_deref().unwrap_or_default()
    }
}

impl Field {
    fn info(&self) -> FieldInfo {
        let choice = |choice: &Choice| {
            Some(PicklistValue {
                value: choice.number()?,
                label: choice.label().to_owned(),
                is_active: choice.is_active,
            })
        };
        FieldInfo {
            length: usize::try_from(self.length)
                .ok()
                .filter(|length| *length > 0 && self.data_type.eq_ignore_ascii_case("string")),
            is_required: self.is_required,
            is_read_only: self.is_read_only,
            picklist: self.picklist_values.iter().flatten().filter_map(choice).collect(),
        }
    }
}

impl Autotask {
    pub(super) async fn read_metadata(&self) -> Result<Metadata, CallError> {
        let mut metadata = Metadata::default();
        for kind in [Kind::Company, Kind::Contact] {
            let described = self.fields(entity(kind)).await?;
            let known = Fields { fields: described }.known();
            match kind {
                Kind::Company => metadata.company = known,
                Kind::Contact => metadata.contact = known,
            }
        }
        let people = self.fields("Resources").await?;
        let everyone = self.all_of("Resources", &[Vec::new()]).await?;
        metadata.resources = everyone.iter().filter_map(|row| resource(row, &people)).collect();
        let countries = self.all_of("Countries", &[Vec::new()]).await?;
        // A reference to one that is not active is refused, like one to nothing.
        let active = countries.iter().filter(|row| row.get("isActive") != Some(&Json::Bool(false)));
        metadata.countries = active.filter_map(country).collect();
        Ok(metadata)
    }

    pub(super) async fn fields(&self, entity: &str) -> Result<Vec<Field>, CallError> {
        let path = format!("{entity}/entityInformation/fields");
        let answer: Fields = self.call(Method::GET, &path, None, Repeat::Always).await?;
        Ok(answer.fields)
    }
}

fn text(row: &Map<String, Json>, name: &str) -> String {
    row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn resource(row: &Map<String, Json>, described: &[Field]) -> Option<Resource> {
    Some(Resource {
        id: ResourceId(row.get("id")?.as_i64()?),
        first_name: text(row, "firstName"),
        last_name: text(row, "lastName"),
        email: text(row, "email"),
        is_active: row.get("isActive").and_then(Json::as_bool).unwrap_or(true),
        is_api_only: ["licenseType", "userType"].iter().any(|name| says_api(row, described, name)),
    })
}

/// Whether a picklist field's label says that the resource is an API user. The numbers differ between tenants.
fn says_api(row: &Map<String, Json>, described: &[Field], name: &str) -> bool {
    let Some(value) = row.get(name).and_then(Json::as_i64) else { return false };
    described
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case(name))
        .flat_map(|field| field.picklist_values.iter().flatten())
        .find(|choice| choice.number() == Some(value))
        .is_some_and(|choice| {
            choice.label().split(|c: char| !c.is_alphanumeric()).any(|word| word == "API")
        })
}

fn country(row: &Map<String, Json>) -> Option<Country> {
    Some(Country {
        id: row.get("id")?.as_i64()?,
        code: text(row, "countryCode"),
        name: text(row, "name"),
        display_name: text(row, "displayName"),
    })
}
