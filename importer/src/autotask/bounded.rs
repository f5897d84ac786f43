//! JSON from outside, into a tree of bounded size.
//!
//! A tree takes many times the memory of its text: `[0,0,0,…]` grows sixteenfold. Depth is bounded by `serde_json`
//! itself, the length of the text by the HTTP client; the number of values is bounded here.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

/// No answer has more values: 500 rows of 4,000 fields each.
const MOST_VALUES: u64 = 2_000_000;

/// Reads a text that is one JSON value.
pub(super) fn read(text: &[u8]) -> Result<Json, serde_json::Error> {
    let left = Cell::new(MOST_VALUES);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Counted(&left).deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// A value, counted with all within it.
#[derive(Clone, Copy)]
struct Counted<'c>(&'c Cell<u64>);

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| {
            D::Error::custom(format!("the answer has more than {MOST_VALUES} values"))
        })?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            object.insert(name, entries.next_value_seed(self)?);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_serde_json_reads() {
        for text in [
            "null",
            " [true, 1, -1, 1.5, 18446744073709551615, \"a\\u00e9\\n\", {}, [], {\"a\": {\"b\": [null]}}] ",
            "{\"a\": 1, \"a\": 2}",
            "{\"a\":",
            "[1] 2",
            "",
            "\u{feff}{}",
            "nul",
            "1e999",
        ] {
            let plain = serde_json::from_str::<Json>(text);

            let read = read(text.as_bytes());

            assert_eq!(read.ok(), plain.ok(), "{text}");
        }
    }

    #[test]
    fn what_nests_ten_thousand_deep_is_refused() {
        for text in ["[".repeat(10_000), "{\"a\":".repeat(10_000)] {
            assert!(read(text.as_bytes()).unwrap_err().to_string().contains("recursion limit"));
        }
    }

    #[test]
    fn countless_values_are_refused() {
        let many =
            |number: u64| format!("[0{}]", ",0".repeat(usize::try_from(number).unwrap() - 1));

        assert!(read(many(MOST_VALUES - 1).as_bytes()).is_ok());
        let error = read(many(MOST_VALUES).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("more than 2000000 values"), "{error}");
    }
}
