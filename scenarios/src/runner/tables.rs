//! Finds table rows with more cells than their headings: the parser drops what is over and says nothing.

use cucumber::gherkin::{Feature, Table};

use super::mistakes::Mistake;
use super::selection::{backgrounds, scenarios};

/// The first row of a feature's tables that has cells without a heading. `text` is what the feature was read from.
pub(super) fn too_long(path: &str, text: &str, feature: &Feature) -> Option<Mistake> {
    let rows = tables(feature).flat_map(|table| rows_of(text, table));
    let (line, cells, headings) = rows.filter(|(_, cells, headings)| cells > headings).min()?;
    let text = format!("this row has {cells} cells, and the first row of its table {headings}");
    Some(Mistake::at(path, line, text))
}

fn tables(feature: &Feature) -> impl Iterator<Item = &Table> {
    let all = || scenarios(feature).map(|(_, scenario)| scenario);
    let before = backgrounds(feature).flat_map(|background| &background.steps);
    let steps = before.chain(all().flat_map(|scenario| &scenario.steps));
    let examples = all().flat_map(|scenario| &scenario.examples);
    let of_steps = steps.filter_map(|step| step.table.as_ref());
    of_steps.chain(examples.filter_map(|examples| examples.table.as_ref()))
}

/// The rows of a table as they are written: line, number of cells, and number of cells of the first.
fn rows_of(text: &str, table: &Table) -> impl Iterator<Item = (usize, usize, usize)> {
    let headings = table.row_width();
    let lines = text.lines().zip(1..).skip(table.position.line.saturating_sub(1));
    let rows = lines.filter(|(line, _)| line.trim_start().starts_with('|'));
    rows.take(table.rows.len()).map(move |(line, number)| (number, cells(line), headings))
}

/// The cells of a row: between bars, of which one after a backslash is part of a cell.
fn cells(row: &str) -> usize {
    let mut is_escaped = false;
    let bars = row.chars().filter(|c| {
        let is_bar = *c == '|' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_bar
    });
    bars.count().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use cucumber::gherkin::GherkinEnv;

    use super::*;

    fn found(text: &str) -> Option<(usize, String)> {
        let feature = Feature::parse(text, GherkinEnv::default()).unwrap();
        too_long("f", text, &feature).map(|mistake| (mistake.line, mistake.text))
    }

    #[test]
    fn a_row_with_cells_that_have_no_heading_is_found_wherever_it_stands() {
        let line = |text| found(text).map(|(line, _)| line);

        assert_eq!(
            found("Feature: F\n  Scenario: S\n    Given a\n      | a |\n      | b | c |\n"),
            Some((5, "this row has 2 cells, and the first row of its table 1".to_owned()))
        );
        assert_eq!(
            line(
                "Feature: F\n\n  Background:\n    Given a\n    # more\n    | a | b |\n\n    | c | d | e |\n\n  Scenario: S\n    Given b\n"
            ),
            Some(8)
        );
        assert_eq!(
            line(
                "Feature: F\n  Rule: R\n    Scenario Outline: S\n      Given <a>\n      Examples:\n        | a |\n        | b | c |\n"
            ),
            Some(7)
        );
    }

    #[test]
    fn bars_within_cells_are_none() {
        let text = "Feature: F\n  Scenario: S\n    Given a\n      | a | b |\n      | c\\|d | \\\\|\n    Then c\n      | a |\n      | \\\\\\| |\n";

        assert_eq!(found(text), None);
    }
}
