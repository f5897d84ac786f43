//! Values on their way in: from a client's text to what a column holds, or a refusal in the vendor's words.

use jiff::Timestamp;
use rusqlite::types::Value;

use super::ids::AnyId;
use super::schema::{Field, FieldType};

/// Why a record was not saved: one entry of a save result's errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {message}")]
pub struct SaveError {
    /// The vendor's status code.
    pub status: &'static str,
    /// What is wrong.
    pub message: String,
    /// The fields it is about.
    pub fields: Vec<String>,
}

impl SaveError {
    pub(crate) fn new(status: &'static str, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), fields: Vec::new() }
    }

    pub(crate) fn of_field(
        status: &'static str,
        field: &Field,
        message: impl Into<String>,
    ) -> Self {
        Self { status, message: message.into(), fields: vec![field.name.to_string()] }
    }
}

/// Turns the text given for a field into what its column holds. Empty text is no value.
pub(crate) fn from_text(field: &Field, text: &str) -> Result<Value, SaveError> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let wrong_type = || {
        let message = format!("{}: value not of required type: {text}", label(field));
        SaveError::of_field("INVALID_TYPE_ON_FIELD_IN_RECORD", field, message)
    };
    match field.kind {
        FieldType::Id | FieldType::Reference(_) => reference(field, text),
        FieldType::ForeignReference(_) => AnyId::parse(text)
            .map(|id| Value::Text(id.to_string()))
            .ok_or_else(|| malformed_id(field, text)),
        FieldType::Boolean => match text {
            "true" | "1" => Ok(Value::Integer(1)),
            "false" | "0" => Ok(Value::Integer(0)),
            _ => Err(wrong_type()),
        },
        FieldType::Int => text
            .trim()
            .parse::<i32>()
            .map(|int| Value::Integer(int.into()))
            .map_err(|_| wrong_type()),
        FieldType::Double | FieldType::Currency => {
            let number = text
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .ok_or_else(wrong_type)?;
            Ok(Value::Real(number))
        }
        FieldType::Date => text
            .get(..10)
            .unwrap_or(text)
            .parse::<jiff::civil::Date>()
            .map(|date| Value::Text(date.to_string()))
            .map_err(|_| wrong_type()),
        FieldType::DateTime => text
            .parse()
            .map(|moment| Value::Integer(stored_moment(moment)))
            .map_err(|_| wrong_type()),
        FieldType::Address(_) => Err(SaveError::of_field(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            field,
            format!("Unable to create/update fields: {}.", field.name),
        )),
        FieldType::Email if !looks_like_email(text) => Err(SaveError::of_field(
            "INVALID_EMAIL_ADDRESS",
            field,
            format!("{}: invalid email address: {text}", label(field)),
        )),
        _ => bounded_text(field, text),
    }
}

/// A moment as columns hold it: milliseconds, of which Salesforce keeps whole seconds.
pub(crate) fn stored_moment(moment: Timestamp) -> i64 {
    moment.as_second().saturating_mul(1_000)
}

fn reference(field: &Field, text: &str) -> Result<Value, SaveError> {
    let id = AnyId::parse(text).ok_or_else(|| malformed_id(field, text))?;
    let FieldType::Reference(to) = field.kind else { return Err(malformed_id(field, text)) };
    if id.prefix() != to.prefix() {
        return Err(malformed_id(field, text));
    }
    match id.in_this_org() {
        Some(record) => Ok(Value::Integer(record.number)),
        None => Err(SaveError::of_field(
            "INVALID_CROSS_REFERENCE_KEY",
            field,
            format!("invalid cross reference id: {text}"),
        )),
    }
}

fn malformed_id(field: &Field, text: &str) -> SaveError {
    SaveError::of_field(
        "MALFORMED_ID",
        field,
        format!("{}: id value of incorrect type: {text}", label(field)),
    )
}

/// Salesforce counts UTF-16 units.
fn bounded_text(field: &Field, text: &str) -> Result<Value, SaveError> {
    if text.encode_utf16().count() > field.length as usize {
        let message =
            format!("{}: data value too large: {text} (max length={})", label(field), field.length);
        return Err(SaveError::of_field("STRING_TOO_LONG", field, message));
    }
    // Two characters that are in UTF-8 but may not be in XML, so that no answer could carry them.
    Ok(Value::Text(text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")))
}

fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let domain_is_fine = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    !local.is_empty()
        && !local.contains('@')
        && domain_is_fine
        && !text.contains(char::is_whitespace)
}

/// The field's label: its name in words, without the `Id` of a reference.
pub(crate) fn label(field: &Field) -> String {
    let name = field.name.strip_suffix("__c").unwrap_or(&field.name);
    let mut label = String::with_capacity(name.len() + 4);
    let mut before = 'A';
    for c in name.chars() {
        if c == '_' {
            label.push(' ');
        } else {
            if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
                label.push(' ');
            }
            label.push(c);
        }
        before = c;
    }
    label.strip_suffix(" Id").map_or(label.clone(), |stem| format!("{stem} ID"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::schema::{ObjectKind, Schema};

    fn stored(name: &str, text: &str) -> Result<Value, &'static str> {
        let schema = Schema::standard();
        from_text(schema.object(ObjectKind::Contact).field(name).unwrap(), text)
            .map_err(|error| error.status)
    }

    #[test]
    fn text_becomes_what_the_column_holds() {
        assert_eq!(stored("LastName", "Müller"), Ok(Value::Text("Müller".into())));
        assert_eq!(stored("LastName", "a\u{ffff}\u{1}"), Ok(Value::Text("a\u{fffd}\u{1}".into())));
        assert_eq!(stored("FirstName", ""), Ok(Value::Null));
        assert_eq!(stored("Birthdate", "1983-07-07"), Ok(Value::Text("1983-07-07".into())));
        assert_eq!(stored("MailingLatitude", "9.9213206E7"), Ok(Value::Real(99_213_206.0)));
        assert_eq!(
            stored("EmailBouncedDate", "1970-01-01T00:00:01.999Z"),
            Ok(Value::Integer(1_000))
        );
        assert_eq!(stored("DoNotCall", "true"), Ok(Value::Integer(1)));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_vendors_code() {
        assert_eq!(stored("LastName", &"x".repeat(81)), Err("STRING_TOO_LONG"));
        assert_eq!(stored("LastName", &"😀".repeat(41)), Err("STRING_TOO_LONG"));
        assert_eq!(stored("Email", "nobody"), Err("INVALID_EMAIL_ADDRESS"));
        assert_eq!(stored("AccountId", "nonsense"), Err("MALFORMED_ID"));
        assert_eq!(stored("AccountId", "0035g0000000001"), Err("MALFORMED_ID"));
        assert_eq!(stored("AccountId", "0016F00002SasNY"), Err("INVALID_CROSS_REFERENCE_KEY"));
        assert_eq!(stored("Birthdate", "yesterday"), Err("INVALID_TYPE_ON_FIELD_IN_RECORD"));
    }

    #[test]
    fn labels_are_names_in_words() {
        let schema = Schema::standard();
        let account = schema.object(ObjectKind::Account);

        assert_eq!(label(account.field("BillingPostalCode").unwrap()), "Billing Postal Code");
        assert_eq!(label(account.field("OwnerId").unwrap()), "Owner ID");
    }
}
