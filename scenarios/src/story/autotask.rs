//! The Autotask side of stories: records as tables describe them, and as a person would read them.
//!
//! Columns bear the API's names. Where the API has a number that stands for something, a cell has what it stands for:
//! a picklist's label, a country's name, a resource's first and last name, a company's name.

use std::collections::{BTreeMap, BTreeSet};

use mock_autotask::Entity;
use serde_json::{Map, Number, Value as Json};

use super::cells::{self, Row};
use super::{Done, Story, difference, said};
use crate::rest::{COMPANY_ID, CONTACT_ID, Row as Record, id_of, udf_of};

/// What the numbers of one entity mean.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    /// Types of fields by their names.
    types: BTreeMap<String, String>,
    /// What numbers of a field stand for.
    words: BTreeMap<String, BTreeMap<String, String>>,
}

impl Meanings {
    /// What a value of a field stands for.
    fn read(&self, field: &str, value: Option<&Json>) -> Option<String> {
        let text = match value? {
            Json::Null => return None,
            Json::String(text) => text.clone(),
            Json::Bool(flag) => flag.to_string(),
            Json::Number(number) if field == "isActive" => (number.as_i64() != Some(0)).to_string(),
            other => other.to_string(),
        };
        let words = self.words.get(field);
        Some(words.and_then(|words| words.get(&text)).cloned().unwrap_or(text))
    }

    /// The value of a field that stands for this.
    fn write(&self, field: &str, text: String) -> Result<Json, String> {
        let number = |text: &str| text.parse::<Number>().map(Json::Number);
        if let Some(words) = self.words.get(field) {
            let found = words.iter().find(|(_, word)| **word == text);
            let (value, _) = found.ok_or_else(|| format!("{field} has no value {text:?}"))?;
            return number(value).map_err(|_| format!("{field} has no number for {text:?}"));
        }
        let kind = self.types.get(field).ok_or_else(|| format!("there is no field {field:?}"))?;
        match (kind.as_str(), text.as_str()) {
            ("string" | "datetime", _) => Ok(Json::String(text)),
            ("boolean", "true") => Ok(Json::Bool(true)),
            ("boolean", "false") => Ok(Json::Bool(false)),
            ("integer", "true") => Ok(Json::from(1)),
            ("integer", "false") => Ok(Json::from(0)),
            _ => number(&text).map_err(|_| format!("{field} cannot hold {text:?}")),
        }
    }
}

/// The name of the user-defined field that a column stands for, where it stands for one.
fn is_udf(column: &str) -> bool {
    column.contains(' ')
}

impl Story {
    /// What the numbers of an entity mean at the moment.
    pub(super) async fn meanings(&self, entity: Entity) -> Result<Meanings, String> {
        let rest = self.stage.rest();
        let mut meanings = Meanings::default();
        for field in rest.fields(entity.definition().path).await.map_err(said)? {
            let text =
                |name: &str| field.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
            let name = text("name");
            let labels: BTreeMap<String, String> = field
                .get("picklistValues")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(|value| {
                    Some((value["value"].as_str()?.to_owned(), value["label"].as_str()?.to_owned()))
                })
                .collect();
            if !labels.is_empty() {
                meanings.words.insert(name.clone(), labels);
            }
            meanings.types.insert(name, text("dataType"));
        }
        let names =
            |rows: Vec<Record>, fields: &'static [&'static str]| -> BTreeMap<String, String> {
                let name = |row: &Record| {
                    let parts =
                        fields.iter().filter_map(|field| row.get(*field).and_then(Json::as_str));
                    parts.collect::<Vec<_>>().join(" ")
                };
                rows.iter().map(|row| (id_of(row).to_string(), name(row))).collect()
            };
        let companies = names(rest.all("Companies").await.map_err(said)?, &["companyName"]);
        let resources =
            names(rest.all("Resources").await.map_err(said)?, &["firstName", "lastName"]);
        let countries = names(rest.all("Countries").await.map_err(said)?, &["displayName"]);
        meanings.words.insert("companyID".to_owned(), companies.clone());
        meanings.words.insert("parentCompanyID".to_owned(), companies);
        meanings.words.insert("ownerResourceID".to_owned(), resources);
        meanings.words.insert("countryID".to_owned(), countries);
        Ok(meanings)
    }

    /// The user-defined fields of the tenant, and those that the importer is to make by default.
    async fn udfs(&self) -> Result<BTreeSet<String>, String> {
        let path = Entity::UserDefinedFieldDefinition.definition().path;
        let rows = self.stage.rest().all(path).await.map_err(said)?;
        let names = rows.iter().filter_map(|row| row.get("name").and_then(Json::as_str));
        Ok(names.chain([COMPANY_ID, CONTACT_ID]).map(str::to_owned).collect())
    }

    /// Puts a record into the tenant.
    pub(super) async fn add_to_autotask(&mut self, entity: Entity, row: Row) -> Done {
        let known_as =
            row.iter().find(|(column, _)| column == "known as").and_then(|(_, name)| name.clone());
        let fields = self.autotask_fields(entity, row).await?;
        let text = |field: &str| fields.get(field).and_then(Json::as_str);
        let parts = [text("companyName"), text("firstName"), text("lastName")];
        let name =
            known_as.unwrap_or_else(|| parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
        let records = self.stage.autotask.records();
        let id = records.insert(entity, &Json::Object(fields)).map_err(said)?;
        match entity {
            Entity::Company => self.companies.insert(name, id),
            Entity::Contact => self.persons.insert(name, id),
            _ => None,
        };
        Ok(())
    }

    /// Changes a record of the tenant as a person does.
    pub(super) async fn change_in_autotask(
        &mut self,
        entity: Entity,
        name: &str,
        row: Row,
    ) -> Done {
        let id = self.autotask_id(entity, name).await?;
        let fields = self.autotask_fields(entity, row).await?;
        self.stage.autotask.records().update(entity, id, &Json::Object(fields)).map_err(said)
    }

    /// Deletes a record of the tenant as a person does.
    pub(super) async fn delete_in_autotask(&mut self, entity: Entity, name: &str) -> Done {
        let id = self.autotask_id(entity, name).await?;
        self.stage.autotask.records().delete(entity, id).map_err(said)
    }

    /// The id of a record the story told of, or of the only one of that name.
    pub(super) async fn autotask_id(&self, entity: Entity, name: &str) -> Result<i64, String> {
        let known = if entity == Entity::Company { &self.companies } else { &self.persons };
        if let Some(id) = known.get(name) {
            return Ok(*id);
        }
        let rows = self.stage.rest().all(entity.definition().path).await.map_err(said)?;
        let is_named = |row: &&Record| {
            let text = |field: &str| row.get(field).and_then(Json::as_str);
            let parts = [text("companyName"), text("firstName"), text("lastName")];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ") == name
        };
        let mut named = rows.iter().filter(is_named);
        match (named.next(), named.next()) {
            (Some(only), None) => Ok(id_of(only)),
            (None, _) => Err(format!("Autotask has no {name:?}")),
            (Some(_), Some(_)) => Err(format!("Autotask has several {name:?}")),
        }
    }

    async fn autotask_fields(&self, entity: Entity, row: Row) -> Result<Map<String, Json>, String> {
        let meanings = self.meanings(entity).await?;
        let (mut fields, mut udfs) = (Map::new(), Map::new());
        for (column, value) in row {
            if column == "known as" {
                continue;
            }
            if is_udf(&column) {
                self.stage.autotask.records().define_udf(entity, &column).map_err(said)?;
                udfs.insert(column, value.map_or(Json::Null, Json::String));
                continue;
            }
            let company = value.as_deref().and_then(|name| self.companies.get(name));
            let value = match (column.as_str(), company, value) {
                ("companyID" | "parentCompanyID", Some(id), _) => Json::from(*id),
                (_, _, Some(text)) => meanings.write(&column, text)?,
                (_, _, None) if meanings.types.contains_key(&column) => Json::Null,
                (_, _, None) => return Err(format!("there is no field {column:?}")),
            };
            fields.insert(column, value);
        }
        if !udfs.is_empty() {
            fields.insert("userDefinedFields".to_owned(), Json::Object(udfs));
        }
        Ok(fields)
    }

    /// Checks that Autotask holds exactly these records, as far as the table's columns go. The tenant's own company
    /// does not count.
    pub(super) async fn check_autotask(
        &self,
        entity: Entity,
        headings: &[String],
        rows: &[Row],
    ) -> Done {
        let meanings = self.meanings(entity).await?;
        let records = self.stage.rest().all(entity.definition().path).await.map_err(said)?;
        let read = |record: &Record, column: &String| {
            if is_udf(column) {
                return cells::cell(udf_of(record, column));
            }
            cells::cell(meanings.read(column, record.get(column)).as_deref())
        };
        let udfs = self.udfs().await?;
        let is_known = |column: &String| {
            if is_udf(column) { udfs.contains(column) } else { meanings.types.contains_key(column) }
        };
        if let Some(column) = headings.iter().find(|column| !is_known(column)) {
            return Err(format!("there is no field {column:?}"));
        }
        let others =
            records.iter().filter(|record| entity != Entity::Company || id_of(record) != 0);
        let mut found: Vec<Vec<String>> = others
            .map(|record| headings.iter().map(|column| read(record, column)).collect())
            .collect();
        let shown =
            |row: &Row| row.iter().map(|(_, value)| cells::cell(value.as_deref())).collect();
        let mut expected: Vec<Vec<String>> = rows.iter().map(shown).collect();
        found.sort();
        expected.sort();
        if found == expected {
            return Ok(());
        }
        let shown = difference::shown(headings, &expected, &found);
        Err(format!("Autotask's records differ\n{shown}"))
    }
}
