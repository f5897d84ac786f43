//! The ids of both systems, each a type of its own so that they cannot be swapped.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Salesforce record id in its 18-character form (rule C5).
///
/// The first 15 characters are case-sensitive; the last three encode which of them are capitals, so that systems
/// which ignore case can still tell two ids apart. Both forms of one id are equal here.
///
/// ```
/// use importer::domain::ids::SalesforceId;
///
/// let short: SalesforceId = "0016F00002SasNY".parse()?;
/// assert_eq!(short, "0016F00002SasNYQAZ".parse()?);
/// assert_ne!(short, "0016F00002sasNY".parse()?);
/// # Ok::<(), importer::domain::ids::NotAnId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SalesforceId([u8; 18]);

/// The text is no Salesforce id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no Salesforce id: it needs 15 or 18 letters and digits")]
pub struct NotAnId(pub String);

impl SalesforceId {
    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters and digits get past the parser.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The first three characters, which tell the kind of record: `001` for accounts, `003` for contacts.
    pub fn key_prefix(&self) -> &str {
        self.as_str().get(..3).unwrap_or_default()
    }

    /// Whether the last three characters are what the first fifteen ask for.
    ///
    /// Ids that Salesforce sends always pass; a text that somebody typed into a field may not.
    pub fn has_valid_suffix(&self) -> bool {
        suffix(&self.0[..15]) == self.0[15..]
    }
}

fn suffix(first15: &[u8]) -> [u8; 3] {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut out = [0; 3];
    for (place, group) in first15.chunks(5).enumerate() {
        let capitals = group
            .iter()
            .enumerate()
            .filter(|(_, character)| character.is_ascii_uppercase())
            .fold(0, |bits, (position, _)| bits | 1 << position);
        out[place] = ALPHABET[capitals];
    }
    out
}

impl FromStr for SalesforceId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes = text.as_bytes();
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return Err(NotAnId(text.to_owned()));
        }
        let mut id = [0; 18];
        match bytes.len() {
            15 => {
                id[..15].copy_from_slice(bytes);
                id[15..].copy_from_slice(&suffix(bytes));
            }
            18 => id.copy_from_slice(bytes),
            _ => return Err(NotAnId(text.to_owned())),
        }
        Ok(Self(id))
    }
}

impl fmt::Display for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SalesforceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SalesforceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! autotask_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

autotask_id! {
    /// The id of an Autotask company. Id 0 is the tenant's own company and never a customer (rule C1).
    CompanyId
}
autotask_id! {
    /// The id of an Autotask contact.
    ContactId
}
autotask_id! {
    /// The id of an Autotask resource, a person who works with Autotask.
    ResourceId
}
autotask_id! {
    /// The ledger's number of one run.
    RunId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_follows_the_capitals_of_each_group_of_five() {
        for (short, long) in [
            ("0016F00002SasNY", "0016F00002SasNYQAZ"),
            ("01g1E00009HWXuZ", "01g1E00009HWXuZQAX"),
            ("001000000000001", "001000000000001AAA"),
        ] {
            let id: SalesforceId = short.parse().unwrap();

            assert_eq!(id.as_str(), long);
            assert!(id.has_valid_suffix());
        }
    }

    #[test]
    fn ids_that_differ_in_case_only_are_different_ids() {
        let upper: SalesforceId = "001000000000ABC".parse().unwrap();
        let lower: SalesforceId = "001000000000abc".parse().unwrap();

        assert_ne!(upper, lower);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "0014000000004jrtjsQaQQ", "001 00000000001", "00100000000000ü"] {
            assert_eq!(text.parse::<SalesforceId>(), Err(NotAnId(text.to_owned())));
        }
    }

    #[test]
    fn the_first_three_characters_tell_the_kind() {
        let id: SalesforceId = "0016F00002SasNY".parse().unwrap();

        assert_eq!(id.key_prefix(), "001");
    }

    #[test]
    fn a_mistyped_suffix_is_seen() {
        let id: SalesforceId = "0016F00002SasNYAAA".parse().unwrap();

        assert!(!id.has_valid_suffix());
    }

    #[test]
    fn an_id_reads_as_its_18_characters_everywhere() {
        let id: SalesforceId = "0016F00002SasNY".parse().unwrap();

        assert_eq!(id.to_string(), "0016F00002SasNYQAZ");
        assert_eq!(format!("{id:?}"), "0016F00002SasNYQAZ");
        assert_eq!(CompanyId(5).to_string(), "5");
    }
}
