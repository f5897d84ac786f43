//! How a story writes values into the cells of its tables.

use std::collections::BTreeSet;

use cucumber::gherkin;

/// A row of a table: its values by the headings of their columns. `None` is an empty cell.
pub(super) type Row = Vec<(String, Option<String>)>;

/// Reads the rows below a table's headings. `id_of` knows the Salesforce ids of records by their names.
pub(super) fn rows(
    step: &gherkin::Step,
    id_of: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Row>, String> {
    let table = step.table.as_ref().ok_or("this step needs a table")?;
    let (headings, rows) = table.rows.split_first().ok_or("the table is empty")?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = headings.iter().find(|heading| !seen.insert(*heading)) {
        return Err(format!("the heading {twice:?} stands twice"));
    }
    let read = |row: &Vec<String>| {
        let cells = headings.iter().zip(row);
        cells.map(|(heading, cell)| Ok((heading.clone(), value(cell, id_of)?))).collect()
    };
    rows.iter().map(read).collect()
}

/// Reads a table of two columns without headings: fields and their values.
pub(super) fn fields(
    step: &gherkin::Step,
    id_of: &dyn Fn(&str) -> Option<String>,
) -> Result<Row, String> {
    let table = step.table.as_ref().ok_or("this step needs a table")?;
    let read = |row: &Vec<String>| match &row[..] {
        [field, cell] => Ok((field.clone(), value(cell, id_of)?)),
        _ => Err("the table must have two columns: a field and its value".to_owned()),
    };
    table.rows.iter().map(read).collect()
}

/// Reads one cell.
fn value(cell: &str, id_of: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    if cell.is_empty() {
        return Ok(None);
    }
    if cell.starts_with('"') {
        let inner = quoted(cell)?;
        return unmarked(&inner).map(Some);
    }
    if let Some(inner) = cell.strip_prefix("(the id of ").and_then(|rest| rest.strip_suffix(')')) {
        let name = quoted(inner)?;
        return id_of(&name)
            .map(Some)
            .ok_or_else(|| format!("no Salesforce record is known as {name:?}"));
    }
    if let Some(inner) = cell.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if let Some((times, text)) = inner.split_once(" times ") {
            let times: u16 =
                times.parse().map_err(|_| format!("{times:?} is no number of times"))?;
            return Ok(Some(quoted(text)?.repeat(times.into())));
        }
        if inner.starts_with(|c: char| c.is_ascii_digit()) && inner.ends_with('"') {
            return Err(format!("{cell} is no text so many times over: write (3 times \"ab\")"));
        }
    }
    Ok(Some(cell.to_owned()))
}

/// The text between double quotes, to the letter.
fn quoted(text: &str) -> Result<String, String> {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.map(str::to_owned).ok_or_else(|| format!("{text} must stand in double quotes"))
}

/// Puts characters in the place of their marks: `{CR}`, `{LF}`, `{TAB}` and, by number, `{U+0308}`.
fn unmarked(text: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (mark, after) =
            after.split_once('}').ok_or_else(|| format!("a mark is open in {text:?}"))?;
        plain.push_str(before);
        plain.push(character(mark).ok_or_else(|| format!("{{{mark}}} is no mark"))?);
        rest = after;
    }
    plain.push_str(rest);
    Ok(plain)
}

fn character(mark: &str) -> Option<char> {
    match mark {
        "CR" => Some('\r'),
        "LF" => Some('\n'),
        "TAB" => Some('\t'),
        number => char::from_u32(u32::from_str_radix(number.strip_prefix("U+")?, 16).ok()?),
    }
}

/// Shows rows as a table.
pub(super) fn shown(headings: &[String], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} "));
        format!("    |{}|\n", cells.collect::<Vec<_>>().join("|"))
    };
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}{rows}", line(headings))
}

/// A value as a cell shows it: in quotes where it would otherwise be misread.
pub(super) fn cell(value: Option<&str>) -> String {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return String::new() };
    let is_marked =
        |c: char| c.is_control() || c == '{' || unicode_normalization::char::is_combining_mark(c);
    if value.trim() == value && !value.starts_with(['"', '(']) && !value.contains(is_marked) {
        return value.to_owned();
    }
    let mark = |c: char| match c {
        '\r' => "{CR}".to_owned(),
        '\n' => "{LF}".to_owned(),
        '\t' => "{TAB}".to_owned(),
        c if is_marked(c) => format!("{{U+{:04X}}}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", value.chars().map(mark).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str) -> Result<Option<String>, String> {
        value(cell, &|name| (name == "Nord").then(|| "001".to_owned()))
    }

    #[test]
    fn cells_are_plain_quoted_repeated_or_ids() {
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("Nord GmbH"), Ok(Some("Nord GmbH".to_owned())));
        assert_eq!(read(r#""  a{CR}{LF}b "c" ""#), Ok(Some("  a\r\nb \"c\" ".to_owned())));
        assert_eq!(read(r#""Su{U+0308}d""#), Ok(Some("Su\u{308}d".to_owned())));
        assert_eq!(read(r#"(3 times "ab")"#), Ok(Some("ababab".to_owned())));
        assert_eq!(read(r#"(the id of "Nord")"#), Ok(Some("001".to_owned())));
        assert_eq!(read("(in brackets)"), Ok(Some("(in brackets)".to_owned())));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(read("\"open").is_err());
        assert!(read("\"{open\"").is_err());
        assert!(read("\"{ZWJ}\"").is_err());
        assert!(read("(the id of \"Süd\")").is_err());
        assert!(read("(3 times ab)").is_err());
        assert!(read("(3 tiems \"ab\")").is_err());
    }

    #[test]
    fn what_is_shown_reads_back() {
        for value in
            ["Nord", " Nord", "a\r\n\tb", "{curly}", "Su\u{308}d", "\"quoted\"", "(3 times)"]
        {
            assert_eq!(read(&cell(Some(value))), Ok(Some(value.to_owned())), "{value:?}");
        }
    }
}
