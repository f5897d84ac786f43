//! Reads JSON as leniently as the vendor's reader does: texts may stand in single quotes.

use std::borrow::Cow;

use serde_json::Value;

use crate::refusal::{Complaint, quoted};

/// Reads a request's JSON, where no bytes at all are null.
pub(crate) fn value(bytes: &[u8]) -> Result<Value, Complaint> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes)
        .or_else(|error| serde_json::from_slice(&double_quoted(bytes)).map_err(|_| error))
        .map_err(|error| Complaint::UnreadableBody(quoted(&error.to_string())))
}

/// The same JSON with its single-quoted texts in double quotes.
fn double_quoted(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'\'') {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut inside = None;
    let mut bytes = bytes.iter().copied();
    while let Some(byte) = bytes.next() {
        match (inside, byte) {
            (None, b'\'' | b'"') => {
                inside = Some(byte);
                out.push(b'"');
            }
            (Some(quote), byte) if byte == quote => {
                inside = None;
                out.push(b'"');
            }
            (Some(_), b'"') => out.extend_from_slice(b"\\\""),
            (Some(_), b'\\') => match bytes.next() {
                Some(b'\'') => out.push(b'\''),
                escaped => {
                    out.push(b'\\');
                    out.extend(escaped);
                }
            },
            (_, byte) => out.push(byte),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn single_quoted_texts_are_read() {
        let read = value(br#"{'filter':[{'op':'eq','field':"it's",'value':'say "no", it\'s'}]}"#);

        assert_eq!(
            read.unwrap(),
            json!({"filter": [{"op": "eq", "field": "it's", "value": "say \"no\", it's"}]})
        );
    }

    #[test]
    fn what_is_no_json_is_refused() {
        assert!(value(b"{'a':").is_err());
        assert!(value(b"\xff").is_err());
        assert!(value("[".repeat(100_000).as_bytes()).is_err());
    }
}
