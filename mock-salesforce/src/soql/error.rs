//! A query's refusal in the vendor's form: what was wrong and the place in the text.

use std::fmt;

use super::ast::Position;

/// How many characters of a long line are shown before and after the error.
const SHOWN_AROUND: usize = 100;

/// Which of the vendor's codes a refusal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is not SOQL, or not SOQL the mock knows.
    MalformedQuery,
    /// A field or relationship that does not exist, or a value that does not suit its field.
    InvalidField,
    /// An object that does not exist.
    InvalidType,
    /// An operator or id that the field does not take.
    InvalidQueryFilterOperator,
}

impl ErrorKind {
    /// The exception code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MalformedQuery => "MALFORMED_QUERY",
            Self::InvalidField => "INVALID_FIELD",
            Self::InvalidType => "INVALID_TYPE",
            Self::InvalidQueryFilterOperator => "INVALID_QUERY_FILTER_OPERATOR",
        }
    }
}

/// Why a query was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoqlError {
    /// The vendor's code.
    pub kind: ErrorKind,
    /// What is wrong, without the place.
    pub message: String,
    /// Where it is wrong; `None` where the vendor names no place.
    pub at: Option<Position>,
}

impl SoqlError {
    pub(crate) fn new(kind: ErrorKind, at: Position, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), at: Some(at) }
    }

    pub(crate) fn malformed(at: Position, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::MalformedQuery, at, message)
    }

    pub(crate) fn field(at: Position, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidField, at, message)
    }

    pub(crate) fn unsupported(at: Position, what: impl fmt::Display) -> Self {
        Self::malformed(at, format!("mock-salesforce does not support {what}"))
    }

    /// The message as Salesforce words it: the line of the query, a caret under the place, the place in figures.
    pub fn explain(&self, query: &str) -> String {
        let Some(at) = self.at else { return self.message.clone() };
        let line: Vec<char> =
            query.split('\n').nth(at.row.saturating_sub(1)).unwrap_or("").chars().collect();
        let place = at.column.saturating_sub(1).min(line.len());
        let from =
            if line.len() > 2 * SHOWN_AROUND { place.saturating_sub(SHOWN_AROUND) } else { 0 };
        let to = if line.len() > 2 * SHOWN_AROUND {
            (place + SHOWN_AROUND).min(line.len())
        } else {
            line.len()
        };
        let shown: String = line[from..to].iter().collect();
        let caret = " ".repeat(place - from);
        format!(
            "\n{shown}\n{caret}^\nERROR at Row:{}:Column:{}\n{}",
            at.row, at.column, self.message
        )
    }
}

impl fmt::Display for SoqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.message)
    }
}

impl std::error::Error for SoqlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place_as_recorded() {
        let query = "select adfId, Name, Account.Name from Contact";
        let error = SoqlError::field(Position { row: 1, column: 8 }, "No such column");

        assert_eq!(
            error.explain(query),
            "\nselect adfId, Name, Account.Name from Contact\n       ^\nERROR at Row:1:Column:8\nNo such column"
        );
    }

    #[test]
    fn a_long_line_is_shown_around_the_place_only() {
        let query = format!("{}!{}", "a".repeat(5_000), "b".repeat(5_000));
        let error = SoqlError::malformed(Position { row: 1, column: 5_001 }, "x");

        let text = error.explain(&query);

        assert!(text.len() < 400);
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines[1].as_bytes()[lines[2].len() - 1], b'!');
    }
}
