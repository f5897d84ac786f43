//! A write's body as typed values.
//!
//! Names are taken in whatever case, unknown ones are ignored without a word, as at the vendor; the one exception
//! is a user-defined field sent as if it were a field.

use std::collections::BTreeMap;

use rusqlite::types::Value as Sql;
use serde_json::{Map, Value};

use crate::entities::{Entity, Field, Kind};
use crate::filter::get;
use crate::metadata::UDF_LENGTH;
use crate::refusal::{Complaint, quoted};
use crate::store::{Catalogue, UdfChange, UdfKind, UserDefinedField};
use crate::time;

/// What a write asks for.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The record's id, where the body has one.
    pub(super) id: Option<i64>,
    /// The fields named, by their place in the field list; null clears.
    pub(super) values: BTreeMap<usize, Sql>,
    /// The user-defined fields named, by the ids of their definitions.
    pub(super) udfs: Vec<UdfChange>,
}

impl Draft {
    /// Reads a body.
    pub(super) fn read(
        body: &Map<String, Value>,
        entity: Entity,
        catalogue: &Catalogue,
        udfs_made_before: i64,
    ) -> Result<Self, Complaint> {
        let definition = entity.definition();
        let mut draft = Self::default();
        for (name, value) in body {
            match definition.field(name) {
                Some((0, field)) => match typed(field, value)? {
                    Sql::Integer(id) => draft.id = Some(id),
                    _ => draft.id = None,
                },
                Some((place, field)) => {
                    draft.values.insert(place, typed(field, value)?);
                }
                None if catalogue.usable_udf(entity, name, udfs_made_before).is_some() => {
                    return Err(Complaint::UnknownField {
                        field: quoted(name),
                        entity: definition.name,
                    });
                }
                None => {}
            }
        }
        match get(body, "userDefinedFields") {
            None | Some(Value::Null) => {}
            Some(_) if definition.udf_type.is_none() => {}
            Some(Value::Array(items)) => {
                for item in items {
                    draft.udfs.push(udf_change(item, entity, catalogue, udfs_made_before)?);
                }
            }
            Some(other) => return Err(wrong_token("userDefinedFields", "array", other)),
        }
        Ok(draft)
    }
}

fn udf_change(
    item: &Value,
    entity: Entity,
    catalogue: &Catalogue,
    made_before: i64,
) -> Result<UdfChange, Complaint> {
    let Some(item) = item.as_object() else {
        return Err(wrong_token("userDefinedFields", "object", item));
    };
    let Some(name) = get(item, "name").and_then(Value::as_str) else {
        return Err(Complaint::EmptyField("userDefinedFields.name"));
    };
    let Some(udf) = catalogue.usable_udf(entity, name, made_before) else {
        return Err(Complaint::UnknownField {
            field: quoted(name),
            entity: entity.definition().name,
        });
    };
    let value = match get(item, "value") {
        None | Some(Value::Null) => None,
        Some(value) => Some(text(name, value)?)
            .filter(|text| !text.is_empty())
            .map(|text| udf_value(udf, text))
            .transpose()?,
    };
    Ok((udf.id, value))
}

/// A text as a user-defined field stores it.
fn udf_value(udf: &UserDefinedField, text: String) -> Result<String, Complaint> {
    let not_convertible = |wanted| Complaint::NotConvertible {
        field: quoted(&udf.name),
        wanted,
        text: quoted(&text),
    };
    match udf.kind {
        UdfKind::Text if text.encode_utf16().count() > usize::from(UDF_LENGTH) => {
            Err(Complaint::TooLong(quoted(&udf.name)))
        }
        UdfKind::Number if !text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
            Err(not_convertible("double"))
        }
        UdfKind::Date => {
            time::parse(&text).map(time::print).ok_or_else(|| not_convertible("DateTime"))
        }
        UdfKind::List => {
            let item = udf.items.iter().find(|item| item.is_active && item.id.to_string() == text);
            match item {
                Some(_) => Ok(text),
                None => Err(Complaint::NoSuchPicklistValue {
                    field: quoted(&udf.name),
                    value: quoted(&text),
                }),
            }
        }
        UdfKind::Text | UdfKind::Number => Ok(text),
    }
}

/// A JSON value as a field stores it, with the leniency of the vendor's JSON reader: numbers may come as texts and
/// texts as numbers, but true and false are neither.
pub(crate) fn typed(field: &Field, value: &Value) -> Result<Sql, Complaint> {
    if value.is_null() {
        return Ok(Sql::Null);
    }
    match field.kind {
        Kind::Text(_) => text(field.name, value).map(Sql::Text),
        Kind::Boolean => match value {
            Value::Bool(flag) => Ok(Sql::Integer((*flag).into())),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Sql::Integer(1)),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Sql::Integer(0)),
            other => Err(wrong_token(field.name, "boolean", other)),
        },
        Kind::DateTime => match value {
            Value::String(text) if text.is_empty() => Ok(Sql::Null),
            Value::String(text) => time::parse(text)
                .map(Sql::Integer)
                .ok_or_else(|| not_convertible(field.name, "DateTime", text)),
            other => Err(wrong_token(field.name, "date", other)),
        },
        Kind::Double => match value {
            Value::Number(number) => Ok(number.as_f64().map_or(Sql::Null, Sql::Real)),
            Value::String(text) if text.is_empty() => Ok(Sql::Null),
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Sql::Real(number)),
                _ => Err(not_convertible(field.name, "double", text)),
            },
            other => Err(wrong_token(field.name, "double", other)),
        },
        Kind::Short | Kind::Integer | Kind::Long => whole_number(field, value),
    }
}

fn whole_number(field: &Field, value: &Value) -> Result<Sql, Complaint> {
    let number = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => return Ok(Sql::Null),
        Value::String(text) => text.trim().to_owned(),
        other => return Err(wrong_token(field.name, "integer", other)),
    };
    let range = field.kind.whole_numbers().expect("the field's kind is a whole number");
    // A fraction of zeros is a whole number too.
    let whole = number.split_once('.').map_or(number.as_str(), |(whole, fraction)| {
        if fraction.bytes().all(|digit| digit == b'0') { whole } else { number.as_str() }
    });
    match whole.parse::<i64>() {
        Ok(number) if range.contains(&number) => Ok(Sql::Integer(number)),
        Ok(_) => Err(out_of_range(field, &number)),
        Err(_) if value.is_number() => Err(out_of_range(field, &number)),
        Err(_) => Err(not_convertible(field.name, "integer", &number)),
    }
}

fn text(field: &str, value: &Value) -> Result<String, Complaint> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(true) => Ok("True".to_owned()),
        Value::Bool(false) => Ok("False".to_owned()),
        other => Err(wrong_token(field, "string", other)),
    }
}

fn wrong_token(field: &str, wanted: &'static str, found: &Value) -> Complaint {
    let found = match found {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Float",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "StartArray",
        Value::Object(_) => "StartObject",
    };
    Complaint::WrongToken { field: quoted(field), wanted, found }
}

fn not_convertible(field: &str, wanted: &'static str, text: &str) -> Complaint {
    Complaint::NotConvertible { field: quoted(field), wanted, text: quoted(text) }
}

fn out_of_range(field: &Field, number: &str) -> Complaint {
    let wanted = match field.kind {
        Kind::Short => "an Int16",
        Kind::Long => "an Int64",
        _ => "an Int32",
    };
    Complaint::OutOfRange { field: field.name.to_owned(), wanted, number: quoted(number) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn company(name: &str) -> &'static Field {
        Entity::Company.definition().field(name).unwrap().1
    }

    #[test]
    fn numbers_may_come_as_texts_and_texts_as_numbers() {
        assert_eq!(typed(company("companyType"), &json!("3")), Ok(Sql::Integer(3)));
        assert_eq!(typed(company("companyType"), &json!(3.0)), Ok(Sql::Integer(3)));
        assert_eq!(typed(company("postalCode"), &json!(12061)), Ok(Sql::Text("12061".to_owned())));
        assert_eq!(typed(company("assetValue"), &json!("1.5")), Ok(Sql::Real(1.5)));
    }

    #[test]
    fn booleans_and_numbers_are_not_mixed_up() {
        let is_active = Entity::Contact.definition().field("isActive").unwrap().1;

        assert_eq!(
            typed(is_active, &json!(true)).unwrap_err().to_string(),
            "Error reading integer. Unexpected token: Boolean. Path 'isActive'."
        );
        assert_eq!(
            typed(company("isActive"), &json!(1)).unwrap_err().to_string(),
            "Error reading boolean. Unexpected token: Integer. Path 'isActive'."
        );
    }

    #[test]
    fn a_number_beyond_its_type_is_refused() {
        for number in [json!(40_000), json!(-40_000), json!(1e300), json!(1.5), json!("40000")] {
            assert!(
                matches!(typed(company("companyType"), &number), Err(Complaint::OutOfRange { .. })),
                "{number}"
            );
        }
        assert!(matches!(
            typed(company("companyType"), &json!("x")),
            Err(Complaint::NotConvertible { .. })
        ));
    }
}
