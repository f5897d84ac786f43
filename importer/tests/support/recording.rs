//! The recorded answers of the real service, where they are at hand.

use std::fmt::Write;
use std::path::PathBuf;

/// Where the recordings are.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("REFERENCE_DIR")
        .map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference"),
            PathBuf::from,
        )
        .join("salesforce-wire")
}

/// A recording's text; `None` where there are no recordings, which is then said. One that is missing among others
/// is an error.
pub(crate) fn recording(name: &str) -> Option<String> {
    if !folder().is_dir() {
        println!("not run: the recording {name} is not at hand (REFERENCE_DIR)");
        return None;
    }
    Some(std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| {
        panic!("{name} is missing among the recordings: {error}");
    }))
}

/// The answers in a recording that its client kept as parsed, each put back into an envelope, in the order of the
/// calls.
pub(crate) fn answers_in(yaml: &str) -> Vec<String> {
    let lines: Vec<_> = yaml.lines().collect();
    lines
        .split(|line| line.starts_with("---"))
        .filter(|document| !document.is_empty())
        .map(|document| {
            let tree: Vec<_> = document.iter().copied().filter(|line| indent(line) >= 4).collect();
            format!(
                concat!(
                    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
                    r#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">"#,
                    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
                ),
                elements(&tree)
            )
        })
        .collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Lines `:name: value`, their children indented below them, as elements. A list repeats its element.
fn elements(lines: &[&str]) -> String {
    let mut xml = String::new();
    let mut rest = lines;
    while let [first, below @ ..] = rest {
        let deep = below
            .iter()
            .take_while(|line| indent(line) > indent(first) || line.trim_start().starts_with("- "));
        let (children, next) = below.split_at(deep.count());
        rest = next;
        let (name, value) = first
            .trim_start()
            .strip_prefix(':')
            .and_then(|line| line.split_once(':'))
            .unwrap_or_else(|| panic!("{first:?} is no `:name: value`"));
        let texts: Vec<_> =
            children.iter().map_while(|line| line.trim_start().strip_prefix("- ")).collect();
        let contents = if texts.is_empty() && !children.is_empty() {
            vec![elements(children)]
        } else if texts.is_empty() {
            vec![value.trim().trim_matches('"').to_owned()]
        } else {
            texts.into_iter().map(str::to_owned).collect()
        };
        for content in contents {
            let nil = if content.is_empty() { r#" xsi:nil="true""# } else { "" };
            write!(xml, "<{name}{nil}>{content}</{name}>").unwrap();
        }
    }
    xml
}
