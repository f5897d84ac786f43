//! Salesforce record ids: what they look like, and which record of this org they mean.
//!
//! A record is its object's key prefix and a number; the id is only a way to write the two. So no id is stored, a
//! reference is an integer in the database, and `ORDER BY Id` is the order of the numbers (base 62 with digits before
//! capitals before small letters sorts as text sorts). The checksum letters 16 to 18 exist for readers that lose case.

use std::fmt;

/// The two characters after the key prefix that tell instances of Salesforce apart: this org lives on one.
const INSTANCE: &[u8; 2] = b"5g";

/// How many base-62 digits hold the record's number.
const DIGITS: usize = 10;

const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The first three characters of an id: what kind of thing it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyPrefix(pub(crate) [u8; 3]);

impl KeyPrefix {
    pub(crate) const ORGANIZATION: Self = Self(*b"00D");
    pub(crate) const PROFILE: Self = Self(*b"00e");
    pub(crate) const QUERY_CURSOR: Self = Self(*b"01g");
}

/// The id of one record of this org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecordId {
    pub(crate) prefix: KeyPrefix,
    pub(crate) number: i64,
}

impl RecordId {
    pub(crate) const fn new(prefix: KeyPrefix, number: i64) -> Self {
        Self { prefix, number }
    }

    /// The case-sensitive form of 15 characters.
    pub(crate) fn short(self) -> String {
        self.characters()[..15].iter().map(|&byte| char::from(byte)).collect()
    }

    fn characters(self) -> [u8; 18] {
        let mut id = [b'0'; 18];
        id[..3].copy_from_slice(&self.prefix.0);
        id[3..5].copy_from_slice(INSTANCE);
        let mut rest = self.number.unsigned_abs();
        for place in id[5..15].iter_mut().rev() {
            let digit = usize::try_from(rest % 62).expect("a remainder below 62 fits");
            *place = BASE_62[digit];
            rest /= 62;
        }
        let checksum = checksum(&id[..15]);
        id[15..].copy_from_slice(&checksum);
        id
    }

    /// Appends the 18 characters of the id to `out`.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.characters());
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.characters().iter().try_for_each(|&byte| fmt::Write::write_char(f, char::from(byte)))
    }
}

/// Any well-formed id, of this org or of another, in its 15 significant characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AnyId([u8; 15]);

impl AnyId {
    /// Reads an id of 15 characters, or of 18 whose checksum agrees.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let significant: [u8; 15] = bytes.get(..15)?.try_into().ok()?;
        if !significant.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        match bytes.len() {
            15 => Some(Self(significant)),
            18 if bytes[15..].eq_ignore_ascii_case(&checksum(&significant)) => {
                Some(Self(significant))
            }
            _ => None,
        }
    }

    pub(crate) fn prefix(self) -> KeyPrefix {
        KeyPrefix([self.0[0], self.0[1], self.0[2]])
    }

    /// The record of this org the id could name; `None` for an id of another instance.
    pub(crate) fn in_this_org(self) -> Option<RecordId> {
        if self.0[3..5] != INSTANCE[..] {
            return None;
        }
        Some(RecordId::new(self.prefix(), self.number()?))
    }

    fn number(self) -> Option<i64> {
        self.0[15 - DIGITS..].iter().try_fold(0_i64, |number, byte| {
            let digit = BASE_62.iter().position(|candidate| candidate == byte)?;
            number.checked_mul(62)?.checked_add(i64::try_from(digit).ok()?)
        })
    }

    /// Where the id stands among the numbers of the records with key prefix `prefix`: before all of them, after all
    /// of them, or at a number. For comparisons with `<` and `>`.
    pub(crate) fn place_among(self, prefix: KeyPrefix) -> i64 {
        let mut head = [0; 5];
        head[..3].copy_from_slice(&prefix.0);
        head[3..].copy_from_slice(INSTANCE);
        match self.0[..5].cmp(&head) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => self.number().unwrap_or(i64::MAX),
            std::cmp::Ordering::Greater => i64::MAX,
        }
    }
}

impl fmt::Display for AnyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checksum = checksum(&self.0);
        self.0
            .iter()
            .chain(&checksum)
            .try_for_each(|&byte| fmt::Write::write_char(f, char::from(byte)))
    }
}

fn checksum(significant: &[u8]) -> [u8; 3] {
    let mut sum = [b'A'; 3];
    for (group, letter) in significant.chunks(5).zip(&mut sum) {
        let capitals = (0..).zip(group).filter(|(_, byte)| byte.is_ascii_uppercase());
        *letter = CHECKSUM[capitals.fold(0_usize, |bits, (place, _)| bits | 1 << place)];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_ids_carry_the_checksum_computed_here() {
        for recorded in
            ["0016F00002SasNYQAZ", "01g1E00009HWXuZQAX", "00680000016vtCNAAY", "005T0000000eI4DIAU"]
        {
            let id = AnyId::parse(&recorded[..15]).unwrap();

            assert_eq!(id.to_string(), recorded);
        }
    }

    #[test]
    fn an_id_of_this_org_reads_back_to_its_record_in_both_lengths() {
        let id = RecordId::new(KeyPrefix(*b"001"), 123_456_789);

        assert_eq!(AnyId::parse(&id.to_string()).unwrap().in_this_org(), Some(id));
        assert_eq!(AnyId::parse(&id.short()).unwrap().in_this_org(), Some(id));
    }

    #[test]
    fn a_wrong_checksum_a_wrong_length_and_punctuation_are_no_ids() {
        for text in
            ["0016F00002SasNYQAA", "0016F00002SasN", "0016F00002SasNYQ", "0016F00002Sas-Y", ""]
        {
            assert_eq!(AnyId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ids_sort_as_their_numbers_do() {
        let ids: Vec<String> = [0, 9, 10, 35, 36, 61, 62, 1_000_000]
            .map(|number| RecordId::new(KeyPrefix(*b"003"), number).to_string())
            .into();

        assert!(ids.is_sorted(), "{ids:?}");
    }

    #[test]
    fn an_id_of_another_instance_names_no_record_here_but_has_its_place() {
        let foreign = AnyId::parse("0016F00002SasNY").unwrap();

        assert_eq!(foreign.in_this_org(), None);
        assert_eq!(foreign.place_among(KeyPrefix(*b"001")), i64::MAX);
        assert_eq!(foreign.place_among(KeyPrefix(*b"003")), -1);
    }
}
