//! Values on their way out: how Salesforce writes what a column holds.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::Offset;
use rusqlite::types::ValueRef;
use serde_json::Value as Json;

use super::ids::RecordId;
use super::schema::FieldType;

/// A moment as Salesforce writes it: `2008-03-01T01:52:35.000Z`.
pub(crate) fn moment(milliseconds: i64) -> String {
    let mut text = Vec::with_capacity(24);
    write_moment(milliseconds, &mut text);
    String::from_utf8(text).expect("figures and punctuation are text")
}

fn write_moment(milliseconds: i64, out: &mut Vec<u8>) {
    let moment = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let moment = Offset::UTC.to_datetime(moment);
    let figures = [
        (i32::from(moment.year()), 4, b'-'),
        (i32::from(moment.month()), 2, b'-'),
        (i32::from(moment.day()), 2, b'T'),
        (i32::from(moment.hour()), 2, b':'),
        (i32::from(moment.minute()), 2, b':'),
        (i32::from(moment.second()), 2, b'.'),
        (i32::from(moment.millisecond()), 3, b'Z'),
    ];
    for (number, width, after) in figures {
        write_figures(number.unsigned_abs(), width, out);
        out.push(after);
    }
}

/// Writes the last `width` figures of a number.
fn write_figures(number: u32, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        let figure = number / 10_u32.pow(place) % 10;
        out.push(b'0' + u8::try_from(figure).expect("a single figure fits"));
    }
}

/// A double as Java's `Double.toString` writes it: `1.0`, `0.19`, `9.9213206E7`.
fn write_double(number: f64, out: &mut Vec<u8>) {
    let size = number.abs();
    let begin = out.len();
    let is_plain = size == 0.0 || (1e-3..1e7).contains(&size);
    let written = if is_plain { write!(out, "{number}") } else { write!(out, "{number:E}") };
    written.expect("writing to a vector does not fail");
    if out[begin..].contains(&b'.') {
        return;
    }
    let end_of_digits =
        out[begin..].iter().position(|byte| *byte == b'E').map_or(out.len(), |place| begin + place);
    out.splice(end_of_digits..end_of_digits, *b".0");
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
        (FieldType::DateTime, ValueRef::Integer(milliseconds)) => write_moment(milliseconds, out),
        (_, ValueRef::Integer(number)) => out.extend_from_slice(number.to_string().as_bytes()),
        (_, ValueRef::Real(number)) => write_double(number, out),
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
            let mut written = Vec::new();
            write_double(number, &mut written);
            assert_eq!(String::from_utf8(written).unwrap(), text);
        }
    }

    #[test]
    fn moments_have_three_digits_of_a_second() {
        assert_eq!(moment(1_204_336_355_000), "2008-03-01T01:52:35.000Z");
        assert_eq!(moment(1_204_336_355_120), "2008-03-01T01:52:35.120Z");
    }
}
