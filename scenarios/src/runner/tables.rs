//! Finds rows of tables with other cells than the first row has, or without an end. The parser drops cells without a
//! heading and says nothing; of others it does not say where they are.

use super::lines::Line;
use super::mistakes::Mistake;

/// The first row of a story's tables that does not fit the first of its table.
pub(super) fn uneven(path: &str, tables: &[Vec<Line<'_>>]) -> Option<Mistake> {
    let wrong = |line, text| Some(Mistake::at(path, line, text));
    for rows in tables {
        let mut headings = None;
        for (number, row) in rows {
            if has_lone_backslash(row) {
                return wrong(*number, "a backslash in a cell is written as two".to_owned());
            }
            let Some(cells) = cells(row) else {
                return wrong(*number, "this row has no | at its end".to_owned());
            };
            let headings = *headings.get_or_insert(cells);
            if cells != headings {
                let text = format!(
                    "this is no table: this row has {cells} cells, and the first row of its table {headings}"
                );
                return wrong(*number, text);
            }
        }
    }
    None
}

/// Whether a backslash stands before something that it cannot stand before.
fn has_lone_backslash(row: &str) -> bool {
    let mut chars = row.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && !matches!(chars.next(), Some('\\' | '|' | 'n')) {
            return true;
        }
    }
    false
}

/// How many cells a row has, if it ends: between bars, of which one after a backslash is part of a cell.
fn cells(row: &str) -> Option<usize> {
    let (mut is_escaped, mut ends, mut bars) = (false, false, 0_usize);
    for c in row.chars() {
        let is_bar = c == '|' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        bars += usize::from(is_bar);
        ends = is_bar;
    }
    ends.then_some(bars.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::super::lines::read;
    use super::*;

    fn mistake(text: &str) -> Option<Mistake> {
        let text = format!("Feature: F\n  Scenario Outline: S\n{text}");
        uneven("f", &read("f", &text).unwrap().unwrap().tables)
    }

    fn found(text: &str) -> Option<usize> {
        mistake(text).map(|mistake| mistake.line)
    }

    #[test]
    fn a_row_with_more_or_fewer_cells_is_found_wherever_it_stands() {
        let text = "    Given a\n      | a |\n      | b | c |\n";
        let told = mistake(text).unwrap().text;
        assert!(told.contains("2 cells") && told.ends_with("its table 1"), "{told}");

        assert_eq!(found(text), Some(5));
        assert_eq!(found("    Given a\n    # more\n    | a | b |\n\n    | c |\n"), Some(7));
        assert_eq!(found("    Given <b>\n    Examples:\n      | a |\n      | b | c |\n"), Some(6));
        assert_eq!(found("    Given a\n      | a | b\n"), Some(4));
        assert_eq!(found("    Given a\n      | C:\\temp |\n"), Some(4));
    }

    #[test]
    fn tables_after_each_other_need_not_have_the_same_cells() {
        assert_eq!(found("    Given a\n      | a | b |\n    And c\n      | d |\n"), None);
    }

    #[test]
    fn bars_within_cells_and_texts_are_none() {
        let text = "    Given a\n      | a | b |\n      | c\\|d | \\\\|\n    Then c\n      | a |\n      | \\\\\\| |\n";
        assert_eq!(found(text), None);
        assert_eq!(found("    Given a\n      \"\"\"\n      | a\n      \"\"\"\n"), None);
    }
}
