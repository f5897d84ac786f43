//! Which built-in stories prove which rule: the table in `docs/rules.md`, from the stories' own tags.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::LazyLock;

use cucumber::gherkin::{Feature, GherkinEnv, Scenario};

use super::interruptions;
use super::selection::{scenarios, tags};
use super::vocabulary::FEATURES;

/// Where the generated part of `docs/rules.md` begins and ends.
const BEGIN: &str =
    "<!-- stories: written by `cargo run -p scenarios -- rules --page docs/rules.md` -->\n";
const END: &str = "<!-- stories: end -->\n";

/// The page of the rules.
const PAGE: &str = include_str!("../../../docs/rules.md");

/// The letters that ids of rules begin with, in the order of the page.
const LETTERS: &str = "CKVURSN";

/// The id of a rule, such as `C1`; ordered as the page has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct RuleId {
    letter: usize,
    number: u32,
}

impl RuleId {
    fn of(text: &str) -> Option<Self> {
        let (letter, number) = text.split_at_checked(1)?;
        Some(Self { letter: LETTERS.find(letter)?, number: number.parse().ok()? })
    }

    fn text(self) -> String {
        let letter = LETTERS.get(self.letter..=self.letter).unwrap_or_default();
        format!("{letter}{}", self.number)
    }
}

/// The ids of all rules, in the order of their page: rows begin with `C1`, `S3, S4` or `N1–N5`.
pub(super) fn known_rules() -> &'static [String] {
    static KNOWN: LazyLock<Vec<String>> = LazyLock::new(|| {
        let tables = PAGE.split(BEGIN).next().unwrap_or_default();
        let cells = tables.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        cells.flat_map(|cell| cell.split(", ")).flat_map(range).map(RuleId::text).collect()
    });
    &KNOWN
}

/// The rules that a cell such as `C1` or `N1–N5` names.
fn range(text: &str) -> Vec<RuleId> {
    let (first, last) = text.split_once('–').unwrap_or((text, text));
    let Some((first, last)) = RuleId::of(first).zip(RuleId::of(last)) else { return Vec::new() };
    (first.number..=last.number).map(|number| RuleId { number, ..first }).collect()
}

/// Whether a tag is spelled like a rule, or nearly so, and none.
pub(super) fn is_no_rule(tag: &str) -> bool {
    let plain = tag.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_uppercase();
    RuleId::of(&plain)
        .is_some_and(|rule| tag != rule.text() || !known_rules().iter().any(|it| it == tag))
}

/// The stories that bear a rule's tag: how many there are, each row of an outline counted, how many of them interrupt
/// something, and the names by file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Proof {
    stories: usize,
    interrupted: usize,
    names: BTreeMap<String, BTreeSet<String>>,
}

/// The rules that the built-in stories prove, with those stories.
fn proofs() -> BTreeMap<RuleId, Proof> {
    let mut proofs: BTreeMap<RuleId, Proof> = BTreeMap::new();
    for (file, text) in FEATURES {
        let Ok(feature) = Feature::parse(text, GherkinEnv::default()) else { continue };
        for (rule, scenario) in scenarios(&feature) {
            let tags = tags(&feature, rule, scenario);
            let interrupts = tags.clone().any(|tag| tag == interruptions::TAG);
            for rule in tags.filter_map(|tag| RuleId::of(tag)).collect::<BTreeSet<_>>() {
                let proof = proofs.entry(rule).or_default();
                proof.stories += count(scenario);
                proof.interrupted += if interrupts { count(scenario) } else { 0 };
                proof.names.entry((*file).to_owned()).or_default().insert(scenario.name.clone());
            }
        }
    }
    proofs
}

/// How many stories a scenario is: an outline is one for each row of its examples.
fn count(scenario: &Scenario) -> usize {
    let tables = scenario.examples.iter().filter_map(|examples| examples.table.as_ref());
    let rows: usize = tables.map(|table| table.rows.len().saturating_sub(1)).sum();
    if scenario.examples.is_empty() { 1 } else { rows }
}

/// The table of rules and the stories that prove them, as Markdown: those of the page's tables, and those that have
/// stories.
fn table(rules: &BTreeSet<RuleId>) -> String {
    let proofs = proofs();
    let rules: BTreeSet<_> = rules.iter().chain(proofs.keys()).copied().collect();
    let none = Proof::default();
    let mut table =
        "\n| rule | stories | interrupted | which |\n| --- | ---: | ---: | --- |\n".to_owned();
    for rule in rules {
        let Proof { stories, interrupted, names } = proofs.get(&rule).unwrap_or(&none);
        let of_file = |(file, names): (&String, &BTreeSet<String>)| {
            let names: Vec<_> = names.iter().map(|name| escaped(name)).collect();
            format!("`{file}`: {}", names.join("; "))
        };
        let names: Vec<_> = names.iter().map(of_file).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| {} | {stories} | {interrupted} | {} |",
            rule.text(),
            names.join("<br>")
        );
    }
    table
}

/// A name as a cell of a table shows it.
fn escaped(name: &str) -> String {
    name.replace('|', "\\|").replace('<', "&lt;")
}

/// The rules and the built-in stories that prove them, for a terminal.
pub fn rules() -> String {
    let mut text = String::new();
    for (rule, Proof { stories, interrupted, names }) in proofs() {
        let _ = writeln!(text, "{}  {stories}, {interrupted} of them interrupted", rule.text());
        for (file, names) in names {
            for name in names {
                let _ = writeln!(text, "      {file}  {name}");
            }
        }
    }
    text
}

/// A page with its table of stories made new; `None` if it has no place for one.
pub fn with_proofs(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let first_cells = before.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let rules = first_cells.filter_map(RuleId::of).collect();
    Some(format!("{before}{BEGIN}{}\n{END}{after}", table(&rules)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_in_the_order_of_the_page_and_by_number() {
        let mut rules: Vec<_> =
            ["N1", "C10", "S1", "C9"].iter().filter_map(|text| RuleId::of(text)).collect();
        rules.sort();

        let texts: Vec<_> = rules.into_iter().map(RuleId::text).collect();
        assert_eq!(texts, ["C9", "C10", "S1", "N1"]);
        assert_eq!(RuleId::of("own-importer"), None);
        assert_eq!(RuleId::of(""), None);
    }

    #[test]
    fn all_rules_are_known_once_in_their_order() {
        let rules = known_rules();

        assert!(rules.len() >= 45, "{rules:?}");
        assert_eq!(rules.first().map(String::as_str), Some("C1"));
        for rule in ["C10", "N5", "S3"] {
            assert_eq!(rules.iter().filter(|known| *known == rule).count(), 1, "{rule}");
        }
        for tag in ["C11", "K99", "c1", "C1,", "C01"] {
            assert!(is_no_rule(tag), "{tag}");
        }
        assert!(!is_no_rule("C10") && !is_no_rule("slow") && !is_no_rule("X1"));
    }

    #[test]
    fn a_page_shows_rules_without_stories_too() {
        assert_eq!(with_proofs("# A page\n"), None);
        let page = with_proofs(&format!("| C99 | a rule | x |\n{BEGIN}old\n{END}end\n")).unwrap();

        assert!(page.contains("| C99 | 0 | 0 |  |\n"), "{page}");
        assert!(page.contains("| C1 | "), "{page}");
        assert!(!page.contains("old\n"));
        assert_eq!(with_proofs(&page), Some(page));
    }
}
