//! Companies and contacts as JSON, read and written.

use serde_json::{Map, Value as Json, json};

use super::call::CallError;
use crate::domain::fields::{Convert, TargetField, table};
use crate::domain::ids::{CompanyId, SalesforceId};
use crate::domain::model::{Kind, TargetRecord, UdfValue, Value, Values};
use crate::ports::{Change, IdField, NewRecord};

/// Reads one row of a query.
pub(super) fn read(
    kind: Kind,
    id_field: &str,
    row: &Map<String, Json>,
) -> Result<TargetRecord, CallError> {
    let number = |name: &str| row.get(name).and_then(Json::as_i64);
    let id = number("id")
        .ok_or_else(|| CallError::Unreadable(format!("a {kind} without a numeric id")))?;
    let company = match kind {
        Kind::Company => id,
        Kind::Contact => number("companyID").unwrap_or(0),
    };
    let values: Values = table(kind)
        .iter()
        .filter_map(|line| {
            Some((line.target, value(line.convert, row.get(line.target.api_name())?)))
        })
        .collect();
    Ok(TargetRecord {
        id,
        company: CompanyId(company),
        // A boolean for companies, 0 or 1 for contacts.
        is_active: match row.get("isActive") {
            Some(Json::Bool(active)) => *active,
            Some(other) => other.as_i64() != Some(0),
            None => true,
        },
        salesforce_id: user_defined(kind, row.get("userDefinedFields"), id_field),
        values,
    })
}

/// A field's value. Numbers are seen in text fields and the other way round.
fn value(convert: Convert, json: &Json) -> Option<Value> {
    let text = match json {
        Json::Null => return None,
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match convert {
        Convert::Text | Convert::TextOrPlaceholder | Convert::FirstLine | Convert::FurtherLines => {
            Some(Value::Text(text))
        }
        Convert::Decimal => text.parse().ok().map(Value::Decimal),
        Convert::LabelOrCustomer
        | Convert::LabelOrLeave
        | Convert::LabelOrEmpty
        | Convert::Country
        | Convert::Owner
        | Convert::Parent => text.parse().ok().map(Value::Integer),
    }
}

/// The user-defined field that holds the Salesforce id. The collection, or the field in it, may be left out of an
/// answer, which says nothing about its value.
fn user_defined(kind: Kind, collection: Option<&Json>, id_field: &str) -> UdfValue {
    let field = collection.and_then(Json::as_array).and_then(|fields| {
        fields.iter().find(|field| {
            field
                .get("name")
                .and_then(Json::as_str)
                .is_some_and(|name| name.eq_ignore_ascii_case(id_field))
        })
    });
    match field.map(|field| field.get("value")) {
        None | Some(None) => UdfValue::Unknown,
        Some(Some(Json::String(text))) => UdfValue::from_text(kind, Some(text)),
        Some(Some(Json::Null)) => UdfValue::Empty,
        Some(Some(other)) => UdfValue::from_text(kind, Some(&other.to_string())),
    }
}

fn user_defined_fields(id_field: &str, id: Option<SalesforceId>) -> Json {
    json!([{ "name": id_field, "value": id }])
}

/// Whether a record is active, as its kind spells it.
fn activity(kind: Kind, active: bool) -> Json {
    match kind {
        Kind::Company => json!(active),
        Kind::Contact => json!(i32::from(active)),
    }
}

/// The body that creates a record; `id_field` is the user-defined field that holds Salesforce ids.
pub fn new_record(kind: Kind, id_field: &str, record: &NewRecord) -> Json {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(0));
    body.insert("isActive".to_owned(), activity(kind, true));
    for (field, value) in &record.fields {
        body.insert(field.api_name().to_owned(), json!(value));
    }
    let carried = user_defined_fields(id_field, Some(record.salesforce_id));
    body.insert("userDefinedFields".to_owned(), carried);
    Json::Object(body)
}

/// The body that changes a record.
pub(super) fn change(kind: Kind, id_field: &str, change: &Change) -> Json {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(change.id));
    for (field, write) in &change.fields {
        body.insert(TargetField::api_name(*field).to_owned(), json!(write.now));
    }
    if change.deactivate {
        body.insert("isActive".to_owned(), activity(kind, false));
    }
    let carried = match change.id_field {
        IdField::Keep => return Json::Object(body),
        IdField::Set(id) => Some(id),
        IdField::Clear => None,
    };
    body.insert("userDefinedFields".to_owned(), user_defined_fields(id_field, carried));
    Json::Object(body)
}
