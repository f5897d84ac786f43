//! Values on their way out: how Salesforce writes what a column holds.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use rusqlite::types::ValueRef;
use serde_json::Value as Json;

use super::ids::RecordId;
use super::schema::FieldType;

/// Writes times as `2008-03-01T01:52:35.000Z`.
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// A moment as Salesforce writes it.
pub(crate) fn moment(milliseconds: i64) -> String {
    let mut text = String::with_capacity(24);
    let moment = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    PRINTER.print_timestamp(&moment, &mut text).expect("writing to a string does not fail");
    text
}

/// A double as Java's `Double.toString` writes it: `1.0`, `0.19`, `9.9213206E7`.
pub(crate) fn double(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        let scientific = format!("{number:E}");
        let (digits, exponent) =
            scientific.split_once('E').expect("a number written with E has one");
        let point = if digits.contains('.') { "" } else { ".0" };
        return format!("{digits}{point}E{exponent}");
    }
    let plain = number.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// What a column holds, as the text of its element; `None` for no value.
///
/// Text goes to `text` as it is and has to be escaped there; everything else is written to `out`.
pub(crate) fn write<'v>(
    kind: FieldType,
    value: ValueRef<'v>,
    out: &mut Vec<u8>,
    text: impl FnOnce(&mut Vec<u8>, &'v [u8]),
) {
    match (kind, value) {
        (_, ValueRef::Null) => {}
        (FieldType::Reference(to), ValueRef::Integer(number)) => {
            RecordId::new(to.prefix(), number).write(out);
        }
        (FieldType::Boolean, ValueRef::Integer(value)) => {
            out.extend_from_slice(if value == 0 { b"false" } else { b"true" });
        }
        (FieldType::DateTime, ValueRef::Integer(milliseconds)) => {
            out.extend_from_slice(moment(milliseconds).as_bytes());
        }
        (_, ValueRef::Integer(number)) => out.extend_from_slice(number.to_string().as_bytes()),
        (_, ValueRef::Real(number)) => out.extend_from_slice(double(number).as_bytes()),
        (_, ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => text(out, bytes),
    }
}

/// What a column holds, as JSON.
pub(crate) fn json(kind: FieldType, value: ValueRef<'_>) -> Json {
    match (kind, value) {
        (_, ValueRef::Null) => Json::Null,
        (FieldType::Boolean, ValueRef::Integer(value)) => Json::from(value != 0),
        (FieldType::Int, ValueRef::Integer(value)) => Json::from(value),
        (_, ValueRef::Real(value)) => Json::from(value),
        (kind, value) => {
            let mut bytes = Vec::new();
            write(kind, value, &mut bytes, std::vec::Vec::extend_from_slice);
            Json::from(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_java_writes_them() {
        for (number, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (1.5, "1.5"),
            (0.19, "0.19"),
            (9_999_999.0, "9999999.0"),
            (99_213_206.0, "9.9213206E7"),
            (90_000_000.0, "9.0E7"),
            (1e7, "1.0E7"),
            (0.001, "0.001"),
            (0.000_12, "1.2E-4"),
            (-1_234_567_890.5, "-1.2345678905E9"),
            (1e21, "1.0E21"),
        ] {
            assert_eq!(double(number), text);
        }
    }

    #[test]
    fn moments_have_three_digits_of_a_second() {
        assert_eq!(moment(1_204_336_355_000), "2008-03-01T01:52:35.000Z");
        assert_eq!(moment(1_204_336_355_120), "2008-03-01T01:52:35.120Z");
    }
}
