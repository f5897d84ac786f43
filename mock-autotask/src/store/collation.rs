//! How the vendor's database compares text: without regard to case and trailing blanks, accents count.

use std::cmp::Ordering;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

/// The collation's name in the schema.
pub(crate) const COLLATION: &str = "AUTOTASK";

/// Whether a folded text fits a folded pattern.
type Test = fn(&str, &str) -> bool;

/// Teaches a connection the collation and the functions `begins_with`, `ends_with` and `contains_text`.
///
/// The functions take the text first and the folded pattern second; blanks in a pattern count.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_collation(COLLATION, compare)?;
    let functions: [(&str, Test); 3] = [
        ("begins_with", |text, pattern| text.starts_with(pattern)),
        ("ends_with", |text, pattern| text.trim_end_matches(' ').ends_with(pattern)),
        ("contains_text", |text, pattern| text.contains(pattern)),
    ];
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, test) in functions {
        connection.create_scalar_function(name, 2, flags, move |arguments: &mut Context<'_>| {
            let text: Option<String> = arguments.get(0)?;
            let pattern: String = arguments.get(1)?;
            Ok(text.map(|text| test(&fold(&text), &pattern)))
        })?;
    }
    Ok(())
}

/// Compares two texts as the vendor's database does.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_end_matches(' '), right.trim_end_matches(' '));
    if left.is_ascii() && right.is_ascii() {
        return left
            .bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()));
    }
    left.chars().flat_map(char::to_lowercase).cmp(right.chars().flat_map(char::to_lowercase))
}

/// A text with its case taken away.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_trailing_blanks_do_not_count() {
        assert_eq!(compare("Nord GmbH", "NORD gmbh  "), Ordering::Equal);
        assert_eq!(compare("MÜLLER", "müller "), Ordering::Equal);
    }

    #[test]
    fn accents_leading_blanks_and_inner_blanks_count() {
        assert_ne!(compare("Muller", "Müller"), Ordering::Equal);
        assert_ne!(compare(" Nord", "Nord"), Ordering::Equal);
        assert_ne!(compare("Nord  Süd", "Nord Süd"), Ordering::Equal);
    }

    #[test]
    fn order_is_that_of_the_lower_case_letters() {
        assert_eq!(compare("apple", "Banana"), Ordering::Less);
        assert_eq!(compare("Zebra", "älter"), Ordering::Less);
    }
}
