//! Texts that differ without meaning anything else, and texts that ask for care.

use unicode_normalization::UnicodeNormalization;

use super::Spelling;

/// The text as another person would have typed it, as long as the field takes it; the same where it would not fit.
pub(super) fn respell(text: &str, spelling: Spelling, most: usize) -> String {
    let other = match spelling {
        Spelling::Exact => return text.to_owned(),
        Spelling::Case => swap_case(text),
        Spelling::Blanks => widen(text),
        Spelling::Decomposed => text.nfd().collect(),
    };
    if units(&other) <= most { other } else { text.to_owned() }
}

/// Capitals for small letters and the other way round, where nothing is lost by it.
pub(super) fn swap_case(text: &str) -> String {
    text.chars().map(|c| swapped(c).unwrap_or(c)).collect()
}

fn swapped(c: char) -> Option<char> {
    let only = |mut letters: Box<dyn Iterator<Item = char>>| match (letters.next(), letters.next())
    {
        (Some(letter), None) => Some(letter),
        _ => None,
    };
    let other = if c.is_lowercase() {
        only(Box::new(c.to_uppercase()))?
    } else {
        only(Box::new(c.to_lowercase()))?
    };
    let back = if c.is_lowercase() {
        only(Box::new(other.to_lowercase()))?
    } else {
        only(Box::new(other.to_uppercase()))?
    };
    (back == c).then_some(other)
}

/// Blanks around the text, and two for each one in it.
fn widen(text: &str) -> String {
    format!("  {} ", text.replace(' ', "  "))
}

/// The length as both vendors count it: in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// As much of the text as a field of `most` units holds, ending before a character that would not fit.
pub(super) fn fitting(text: &str, most: usize) -> &str {
    let mut length = 0;
    for (at, character) in text.char_indices() {
        length += character.len_utf16();
        if length > most {
            return &text[..at];
        }
    }
    text
}

/// A text that begins with `text` and is longer than `limit` units, but no longer than `most`.
pub(super) fn overlong(text: &str, filler: &str, limit: usize, most: usize) -> String {
    let mut long = text.to_owned();
    while units(&long) <= limit {
        long.push(' ');
        long.push_str(filler);
    }
    fitting(&long, most).trim_end().to_owned()
}

/// A text whose last character within `limit` units needs two of them, so that a cut there would tear it apart.
pub(super) fn torn_at(text: &str, limit: usize, most: usize) -> String {
    let mut long = fitting(text, limit - 1).to_owned();
    while units(&long) < limit - 1 {
        long.push('x');
    }
    long.push_str("🏭🏭 and more");
    fitting(&long, most).to_owned()
}

/// The letters and figures of a text, small, for addresses on the net.
pub(super) fn slug(text: &str) -> String {
    let slug: String = text
        .nfd()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .take(30)
        .collect();
    if slug.is_empty() { "firm".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_means_the_same_and_looks_different() {
        assert_eq!(respell("Süd & Co", Spelling::Case, 100), "sÜD & cO");
        assert_eq!(respell("Süd & Co", Spelling::Blanks, 100), "  Süd  &  Co ");
        assert_eq!(respell("Süd", Spelling::Decomposed, 100), "Su\u{308}d");
        assert_eq!(respell("Süd & Co", Spelling::Blanks, 10), "Süd & Co");
    }

    #[test]
    fn letters_whose_case_does_not_come_back_stay_as_they_are() {
        assert_eq!(swap_case("Straße"), "sTRAßE");
        assert_eq!(swap_case("İş"), "İŞ");
    }

    #[test]
    fn long_texts_are_longer_than_the_one_side_and_fit_the_other() {
        let long = overlong("Nord GmbH", "Holding", 100, 255);
        assert!((101..=255).contains(&units(&long)));

        let torn = torn_at("Nord GmbH", 100, 255);
        assert!(units(&torn) > 100);
        assert_eq!(units(fitting(&torn, 100)), 99);
    }
}
