//! The two user-defined fields that hold Salesforce ids: found, or created once (rule S2).

use std::time::Duration;

use http::Method;
use serde_json::{Map, Value as Json, json};

use super::call::{CallError, Repeat};
use super::metadata::{Choice, Field, Fields};
use super::{Autotask, Written, entity};
use crate::domain::model::Kind;

const DEFINITIONS: &str = "UserDefinedFieldDefinitions";

/// How often a new field is looked for before the run gives up, and the pause in between: together two minutes.
const LOOKS: u32 = 24;
const PAUSE: Duration = Duration::from_secs(5);

impl Autotask {
    /// Returns the field's name if it is not there, and creates it if told to.
    pub(super) async fn missing_id_field(
        &self,
        kind: Kind,
        create: bool,
    ) -> Result<Option<String>, CallError> {
        let name = self.access.id_fields.of(kind);
        let described = self.fields(DEFINITIONS).await?;
        let belongs_to = choice(&described, "udfType", &words_for(kind))
            .or((kind == Kind::Company).then_some(1))
            .ok_or_else(|| {
                CallError::IdField(format!(
                    "Autotask does not tell which type of user-defined field belongs to a {kind}; create the \
                     text field {name:?} by hand"
                ))
            })?;
        let text = choice(&described, "dataType", &["text", "string"]).unwrap_or(1);
        if let Some(definition) = self.definition(name, belongs_to).await? {
            check(name, kind, &definition, &described)?;
            return Ok(None);
        }
        if let Some(older) =
            self.access.older_company_field.as_ref().filter(|_| kind == Kind::Company)
            && self.definition(older, belongs_to).await?.is_some()
        {
            return Err(offer(older, name));
        }
        if !create {
            return Ok(Some(name.to_owned()));
        }
        let body = json!({
            "id": 0,
            "name": name,
            "udfType": belongs_to,
            "dataType": text,
            "isActive": true,
            "description": format!("The Salesforce record this {kind} is kept current from"),
        });
        let _: Written =
            self.call(Method::POST, DEFINITIONS, Some(&body), Repeat::IfNotDone).await?;
        self.await_field(kind, name).await?;
        Ok(Some(name.to_owned()))
    }

    /// The definition of the field of this name on records of this type.
    async fn definition(
        &self,
        name: &str,
        belongs_to: i64,
    ) -> Result<Option<Map<String, Json>>, CallError> {
        let condition = vec![json!({ "op": "eq", "field": "name", "value": name })];
        let found = self.all_of(DEFINITIONS, &[condition]).await?;
        Ok(found.into_iter().find(|definition| {
            definition.get("udfType").and_then(Json::as_i64) == Some(belongs_to)
        }))
    }

    /// Waits until a new field can be used, which may take a while.
    async fn await_field(&self, kind: Kind, name: &str) -> Result<(), CallError> {
        let path = format!("{}/entityInformation/userDefinedFields", entity(kind));
        for _ in 0..LOOKS {
            let answer: Fields = self.call(Method::GET, &path, None, Repeat::Always).await?;
            if answer.fields.iter().any(|field| field.name.eq_ignore_ascii_case(name)) {
                return Ok(());
            }
            self.http.clock().sleep(PAUSE).await;
        }
        Err(CallError::IdField(format!(
            "the new user-defined field {name:?} cannot be used yet; start the import again in some minutes"
        )))
    }
}

/// What to do about a field that another program left: going on without it would make companies again that it knows.
fn offer(older: &str, ours: &str) -> CallError {
    CallError::IdField(format!(
        "Autotask has the user-defined field {older:?} for companies, which the retired Salesforce Extension left; \
         say whether the Salesforce ids are in there: to go on with it, `importer settings set company_id_field \
         {older:?}`; to have a new field made, `importer settings set company_id_field {ours:?}` (or \
         `company_id_field` under [settings])"
    ))
}

/// An existing field has to be active and hold text.
fn check(
    name: &str,
    kind: Kind,
    definition: &Map<String, Json>,
    described: &[Field],
) -> Result<(), CallError> {
    if definition.get("isActive").and_then(Json::as_bool) == Some(false) {
        return Err(CallError::IdField(format!(
            "the user-defined field {name:?} of {kind} records is inactive; activate it in Autotask"
        )));
    }
    let data_type = definition.get("dataType").and_then(Json::as_i64);
    let label = described
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case("dataType"))
        .flat_map(|field| field.picklist_values.iter().flatten())
        .find(|choice| choice.number() == data_type)
        .map_or("", |choice| choice.label());
    let lower = label.to_lowercase();
    let is_text = data_type == Some(1) || lower.contains("text") || lower.contains("string");
    if !is_text && data_type.is_some() {
        return Err(CallError::IdField(format!(
            "the user-defined field {name:?} of {kind} records holds {label:?} and must hold text; rename it, or \
             choose another name in the settings"
        )));
    }
    Ok(())
}

/// The value of a picklist whose label has one of these words.
fn choice(described: &[Field], field: &str, words: &[&str]) -> Option<i64> {
    described
        .iter()
        .filter(|described| described.name.eq_ignore_ascii_case(field))
        .flat_map(|described| described.picklist_values.iter().flatten())
        .filter(|choice| {
            let label = choice.label().to_lowercase();
            label.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
        })
        .find_map(Choice::number)
}

fn words_for(kind: Kind) -> [&'static str; 4] {
    match kind {
        Kind::Company => ["company", "companies", "account", "organization"],
        Kind::Contact => ["contact", "contacts", "contact", "contacts"],
    }
}
