//! How SOQL compares text: without regard to case, in every script.
//!
//! SQLite's own NOCASE and LIKE know ASCII only, so the org's connection gets a collation and a function from here.

use std::cmp::Ordering;

/// The collation's name in SQL.
pub(crate) const COLLATION: &str = "SOQL";

/// The name in SQL of the function behind LIKE, called with the value and the pattern.
pub(crate) const LIKE_FUNCTION: &str = "soql_like";

/// Compares two texts as ORDER BY and `<` do.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    folded(a).cmp(folded(b))
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// A LIKE pattern taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    AnyNumber,
    One,
    Exactly(char),
}

impl Pattern {
    /// Reads a pattern in which `\` makes the next character literal.
    pub(crate) fn new(pattern: &str) -> Self {
        let mut parts = Vec::new();
        let mut characters = pattern.chars();
        while let Some(c) = characters.next() {
            match c {
                '%' => parts.push(Part::AnyNumber),
                '_' => parts.push(Part::One),
                '\\' => parts.extend(
                    characters.next().into_iter().flat_map(char::to_lowercase).map(Part::Exactly),
                ),
                c => parts.extend(c.to_lowercase().map(Part::Exactly)),
            }
        }
        Self(parts)
    }

    /// Whether the whole of `text` fits. At worst as many steps as the product of both lengths.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = folded(text).collect();
        let (mut at, mut part) = (0, 0);
        let mut resume: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(part) {
                Some(Part::AnyNumber) => {
                    resume = Some((at, part + 1));
                    part += 1;
                }
                Some(Part::One) => (at, part) = (at + 1, part + 1),
                Some(Part::Exactly(c)) if *c == text[at] => (at, part) = (at + 1, part + 1),
                _ => {
                    let Some((from, then)) = resume else { return false };
                    resume = Some((from + 1, then));
                    (at, part) = (from + 1, then);
                }
            }
        }
        self.0[part..].iter().all(|part| *part == Part::AnyNumber)
    }
}

/// The text as a part of a pattern that matches it alone.
pub(crate) fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_equal_whatever_its_case_in_every_script() {
        assert_eq!(compare("ÄRZTE Straße", "ärzte straße"), Ordering::Equal);
        assert_eq!(compare("abc", "ABD"), Ordering::Less);
    }

    #[test]
    fn patterns_fit_whole_texts() {
        for (pattern, text, fits) in [
            ("Nord%", "NORD GmbH", true),
            ("%gmbh", "Nord GmbH", true),
            ("N_rd", "Nörd", true),
            ("N_rd", "Nrd", false),
            ("%o%d%", "Nord", true),
            ("nord", "nord ", false),
            (r"50\%", "50%", true),
            (r"50\%", "50 percent", false),
            (r"a\_b", "axb", false),
            (r"a\\b", r"a\b", true),
            ("%", "", true),
            ("_", "", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_pattern_of_many_wildcards_is_decided_soon() {
        let pattern = Pattern::new(&format!("{}b", "%a".repeat(200)));

        assert!(!pattern.fits(&"a".repeat(4_000)));
    }
}
