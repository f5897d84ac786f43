//! Shows how two tables differ: row by row and, where a row is nearly there, field by field.

use super::cells;

/// How the rows that are there differ from the expected ones. Their order does not matter.
pub(super) fn shown(
    headings: &[String],
    expected: &[Vec<String>],
    there: &[Vec<String>],
) -> String {
    let (mut missing, mut surplus) = (expected.to_vec(), there.to_vec());
    let mut lines = Vec::new();
    missing.retain(|row| match surplus.iter().position(|other| other == row) {
        Some(same) => {
            lines.push((' ', surplus.remove(same)));
            false
        }
        None => true,
    });
    while let Some((wanted, found)) = nearest(&missing, &surplus) {
        let (wanted, found) = (missing.remove(wanted), surplus.remove(found));
        let cells = wanted.iter().zip(&found).map(|(wanted, found)| {
            if wanted == found {
                found.clone()
            } else {
                format!("{}, expected {}", named(found), named(wanted))
            }
        });
        lines.push(('≠', cells.collect()));
    }
    lines.extend(missing.into_iter().map(|row| ('-', row)));
    lines.extend(surplus.into_iter().map(|row| ('+', row)));
    let rows: Vec<_> = lines.iter().map(|(_, row)| row.clone()).collect();
    let table = cells::shown(headings, &rows);
    let marks = std::iter::once(' ').chain(lines.iter().map(|(mark, _)| *mark));
    let marked =
        table.lines().zip(marks).map(|(line, mark)| format!("  {mark} {}\n", line.trim_start()));
    let legend = [
        ('≠', "not as expected"),
        ('-', "expected and not there"),
        ('+', "there and not expected"),
    ];
    let used = legend.iter().filter(|(mark, _)| lines.iter().any(|(used, _)| used == mark));
    let legend: Vec<_> = used.map(|(mark, meaning)| format!("{mark} {meaning}")).collect();
    format!("{}  ({})", marked.collect::<String>(), legend.join(", "))
}

fn named(cell: &str) -> String {
    if cell.is_empty() { "nothing".to_owned() } else { cell.to_owned() }
}

/// The two rows that have the most cells in common; at least one.
fn nearest(missing: &[Vec<String>], surplus: &[Vec<String>]) -> Option<(usize, usize)> {
    let common = |a: &[String], b: &[String]| {
        a.iter().zip(b).filter(|(a, b)| a == b && !a.is_empty()).count()
    };
    let pairs = missing.iter().enumerate().flat_map(|(wanted, row)| {
        surplus.iter().enumerate().map(move |(found, other)| (common(row, other), wanted, found))
    });
    // Of pairs with as much in common, the first.
    let best =
        pairs.filter(|(common, _, _)| *common > 0).max_by_key(|(common, wanted, found)| {
            (*common, std::cmp::Reverse(*wanted), std::cmp::Reverse(*found))
        })?;
    Some((best.1, best.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn rows_are_the_same_nearly_there_missing_or_too_many() {
        let headings = table(&[&["name", "city", "phone"]]).remove(0);
        let expected =
            table(&[&["Nord", "Berlin", "1"], &["Süd", "Bonn", "2"], &["West", "", "3"]]);
        let there = table(&[&["Süd", "Bonn", ""], &["Nord", "Berlin", "1"], &["Ost", "", "4"]]);

        let shown = shown(&headings, &expected, &there);

        let lines: Vec<_> = shown
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "| name | city | phone |",
                "| Nord | Berlin | 1 |",
                "≠ | Süd | Bonn | nothing, expected 2 |",
                "- | West | | 3 |",
                "+ | Ost | | 4 |",
                "(≠ not as expected, - expected and not there, + there and not expected)"
            ]
        );
    }
}
