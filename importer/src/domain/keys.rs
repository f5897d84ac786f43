//! What makes two records the same, reduced to what counts (rules C1, C2, K1).

use twox_hash::XxHash3_64;
use unicode_normalization::UnicodeNormalization;

use super::draft::Draft;
use super::fields::TargetField;
use super::model::TargetRecord;

/// A text reduced to what makes two spellings the same (rule C2).
///
/// Unicode NFC, no case, no outer blanks, inner runs of blanks folded into one. Punctuation and legal forms stay,
/// because "Nord GmbH" and "Nord AG" are different customers. A key is for comparing only and is never written to
/// either system.
///
/// ```
/// use importer::domain::keys::MatchKey;
///
/// assert_eq!(MatchKey::new(" Nord-Süd  GmbH"), MatchKey::new("nord-süd gmbh"));
/// assert_ne!(MatchKey::new("Nord GmbH"), MatchKey::new("Nord AG"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchKey(String);

impl MatchKey {
    /// Reduces a text.
    pub fn new(text: &str) -> Self {
        let mut key = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            if !key.is_empty() {
                key.push(' ');
            }
            if word.is_ascii() {
                key.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
            } else {
                key.extend(word.nfc().flat_map(char::to_lowercase));
            }
        }
        // Lower case of a composed letter can be decomposed again (U+0130), hence once more at the end.
        if key.is_ascii() { Self(key) } else { Self(key.nfc().collect()) }
    }

    /// Whether nothing is left of the text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Several [`MatchKey`]s as one number, the form the ledger keeps and looks up.
///
/// Two different keys share a digest once in 2⁶⁴ pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyDigest(pub i64);

impl KeyDigest {
    /// The digest of the given parts, in this order.
    fn of(parts: &[&MatchKey]) -> Self {
        let mut joined = String::new();
        for part in parts {
            joined.push_str(&part.0);
            // No key holds a line feed: it is blank, and blanks are folded.
            joined.push('\n');
        }
        Self(XxHash3_64::oneshot(joined.as_bytes()).cast_signed())
    }
}

/// What makes two companies the same: name, first address line, city and state (rule C1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyKey {
    name: MatchKey,
    address1: MatchKey,
    city: MatchKey,
    state: MatchKey,
}

impl CompanyKey {
    /// The key of a company with these values, as Autotask stores them.
    pub fn new(name: &str, address1: &str, city: &str, state: &str) -> Self {
        Self {
            name: MatchKey::new(name),
            address1: MatchKey::new(address1),
            city: MatchKey::new(city),
            state: MatchKey::new(state),
        }
    }

    /// The key of the company a draft makes.
    pub fn of_draft(draft: &Draft) -> Self {
        let text = |field| draft.text(field);
        Self::new(
            text(TargetField::CompanyName),
            text(TargetField::Address1),
            text(TargetField::City),
            text(TargetField::State),
        )
    }

    /// The key of a company as Autotask holds it.
    pub fn of_record(record: &TargetRecord) -> Self {
        let text = |field| record.text(field);
        Self::new(
            text(TargetField::CompanyName),
            text(TargetField::Address1),
            text(TargetField::City),
            text(TargetField::State),
        )
    }

    /// The whole key as a number.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(&[&self.name, &self.address1, &self.city, &self.state])
    }

    /// The name alone as a number: contacts are matched by it (rule K1).
    pub fn name_digest(&self) -> KeyDigest {
        KeyDigest::of(&[&self.name])
    }
}

/// What makes two contacts of one company name the same: first and last name (rule K1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactKey {
    first: MatchKey,
    last: MatchKey,
}

impl ContactKey {
    /// The key of a contact. A first name that is only the placeholder counts as none (rule K4).
    pub fn new(first: &str, last: &str, placeholder: &str) -> Self {
        let (first, placeholder) = (MatchKey::new(first), MatchKey::new(placeholder));
        Self {
            first: if first == placeholder { MatchKey(String::new()) } else { first },
            last: MatchKey::new(last),
        }
    }

    /// The key of the contact a draft makes.
    pub fn of_draft(draft: &Draft, placeholder: &str) -> Self {
        let text = |field| draft.text(field);
        Self::new(text(TargetField::FirstName), text(TargetField::LastName), placeholder)
    }

    /// The key of a contact as Autotask holds it.
    pub fn of_record(record: &TargetRecord, placeholder: &str) -> Self {
        let text = |field| record.text(field);
        Self::new(text(TargetField::FirstName), text(TargetField::LastName), placeholder)
    }

    /// The key as a number.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(&[&self.first, &self.last])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_blanks_and_composition_do_not_count_but_punctuation_does() {
        assert_eq!(
            MatchKey::new("  Müller\t\u{a0}& SÖHNE "),
            MatchKey::new("mu\u{308}ller & söhne")
        );
        assert_ne!(MatchKey::new("Müller & Söhne"), MatchKey::new("Müller und Söhne"));
        assert_ne!(MatchKey::new("A.B."), MatchKey::new("AB"));
        assert!(MatchKey::new(" \u{2003}\n").is_empty());
        assert!(!MatchKey::new(".").is_empty());
    }

    #[test]
    fn each_of_the_four_parts_counts() {
        let key = CompanyKey::new("Nord", "Ring 1", "Kiel", "SH");

        assert_eq!(key.digest(), CompanyKey::new("NORD ", "ring  1", "kiel", "sh").digest());
        for different in [
            CompanyKey::new("Süd", "Ring 1", "Kiel", "SH"),
            CompanyKey::new("Nord", "Ring 2", "Kiel", "SH"),
            CompanyKey::new("Nord", "Ring 1", "Bonn", "SH"),
            CompanyKey::new("Nord", "Ring 1", "Kiel", ""),
            CompanyKey::new("Nord Ring 1", "", "Kiel", "SH"),
        ] {
            assert_ne!(key.digest(), different.digest(), "{different:?}");
        }
    }

    #[test]
    fn a_placeholder_equals_no_first_name() {
        assert_eq!(ContactKey::new("-", "Berg", "-"), ContactKey::new("", "Berg", "-"));
        assert_ne!(ContactKey::new("Ada", "Berg", "-"), ContactKey::new("", "Berg", "-"));
    }

    #[test]
    fn a_letter_whose_lower_case_is_composed_differently_equals_itself() {
        assert_eq!(MatchKey::new("\u{130}zmir"), MatchKey::new("i\u{307}zmir"));
        assert_eq!(MatchKey::new("\u{c5}ker \u{212b}"), MatchKey::new("\u{e5}ker a\u{30a}"));
    }

    #[test]
    fn both_names_of_a_contact_count_and_each_in_its_place() {
        let key = |first, last| ContactKey::new(first, last, "-").digest();

        assert_eq!(key("ADA", "berg "), key("Ada", "Berg"));
        assert_ne!(key("Ada", "Berg"), key("Berg", "Ada"));
        assert_ne!(key("Ada", "Berg"), key("Ada", "Bergh"));
    }

    #[test]
    fn contacts_are_matched_by_the_name_of_their_company_alone() {
        let key = CompanyKey::new("Nord", "Ring 1", "Kiel", "SH");

        assert_eq!(key.name_digest(), CompanyKey::new("NORD", "", "Bonn", "").name_digest());
        assert_ne!(key.name_digest(), CompanyKey::new("Süd", "Ring 1", "Kiel", "SH").name_digest());
    }
}
