//! Reads a story line by line before the parser does, and finds what that would take for free text.
//!
//! Gherkin lets free text stand below a heading. A mistyped `Scenario:` or `Given` is such text to the parser, with all
//! that follows it up to the next keyword: the story would hold without having been told.

use std::collections::BTreeSet;

use cucumber::gherkin::Feature;

use super::mistakes::Mistake;
use super::selection::{backgrounds, scenarios};
use super::vocabulary::{Step, is_like};

/// Headings that steps follow, such as `Scenario:`.
const TELLING: [&str; 5] =
    [BACKGROUND, "Scenario", "Example", "Scenario Outline", "Scenario Template"];

/// The heading of steps that go before those of each scenario.
const BACKGROUND: &str = "Background";

/// Headings of a whole file.
const FILE: [&str; 3] = ["Feature", "Ability", "Business Need"];

/// The heading of some of its scenarios.
const RULE: &str = "Rule";

/// Headings that a table follows.
const LISTING: [&str; 2] = ["Examples", "Scenarios"];

const STEPS: [&str; 6] = ["Given", "When", "Then", "And", "But", "*"];

/// A heading longer than that is none that was mistyped.
const LONGEST_HEADING: usize = 24;

/// So many words may stand before a step where its keyword belongs: a mistyped one, a bullet or a number.
const WORDS_BEFORE: usize = 2;

/// A line of a story, by its number and without blanks around it.
pub(super) type Line<'t> = (usize, &'t str);

/// What a story consists of, as far as it can be seen line by line.
#[derive(Debug, Default)]
pub(super) struct Lines<'t> {
    headings: Vec<usize>,
    steps: Vec<usize>,
    /// The rows of each table.
    pub(super) tables: Vec<Vec<Line<'t>>>,
}

/// What a line may stand below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Below {
    Nothing,
    Tags,
    /// A heading of other headings: `Feature:` or `Rule:`.
    Grouping,
    Telling,
    Listing,
    /// A step, its table or text, or a row of examples: no free text stands there.
    Step,
}

/// What is wrong with a line, and what was probably meant.
type Wrong = (usize, String, Option<String>);

fn wrong<T>(number: usize, text: impl Into<String>, hint: Option<&str>) -> Result<T, Wrong> {
    Err((number, text.into(), hint.map(str::to_owned)))
}

/// What a text consists of, or the first line that is no part of it and was probably meant to be. None where the
/// keywords are those of another language, which the parser knows and this does not.
pub(super) fn read<'t>(path: &str, text: &'t str) -> Result<Option<Lines<'t>>, Mistake> {
    if language(text).is_some_and(|language| language != "en") {
        return Ok(None);
    }
    let read = Reader::new().read(text);
    read.map(Some).map_err(|(line, text, hint)| Mistake { path: path.to_owned(), line, text, hint })
}

/// The language that a story says it is written in: a comment before everything else.
pub(super) fn language(text: &str) -> Option<&str> {
    let comments = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut comments = comments.map_while(|line| line.strip_prefix('#'));
    comments.find_map(|comment| {
        let named = comment.trim().strip_prefix("language")?.trim_start().strip_prefix(':')?;
        Some(named.trim()).filter(|language| !language.is_empty() && !language.contains(' '))
    })
}

/// A line that is a part of the story and that the parser passed over.
pub(super) fn passed_over(path: &str, lines: &Lines<'_>, feature: &Feature) -> Option<Mistake> {
    let told = || scenarios(feature).map(|(_, scenario)| scenario);
    let examples = told().flat_map(|scenario| &scenario.examples);
    let headings = backgrounds(feature)
        .map(|background| background.position.line)
        .chain(feature.rules.iter().map(|rule| rule.position.line))
        .chain(told().map(|scenario| scenario.position.line))
        .chain(examples.map(|examples| examples.position.line))
        .chain([feature.position.line]);
    let steps = backgrounds(feature)
        .flat_map(|background| &background.steps)
        .chain(told().flat_map(|scenario| &scenario.steps));
    let parsed: BTreeSet<_> = headings.chain(steps.map(|step| step.position.line)).collect();
    let mut seen = lines.headings.iter().chain(&lines.steps);
    let line = seen.find(|line| !parsed.contains(line))?;
    Some(Mistake::at(path, *line, "the story cannot be read with this line in it".to_owned()))
}

struct Reader<'t> {
    lines: Lines<'t>,
    below: Below,
    /// The heading that has no step yet.
    open: Option<Line<'t>>,
    has_feature: bool,
    /// Whether a background or a scenario stands above, in the same rule.
    has_telling: bool,
    /// The mark that ends the text below a step, and where that begins.
    quotes: Option<(&'static str, usize)>,
}

impl<'t> Reader<'t> {
    fn new() -> Self {
        Self {
            lines: Lines::default(),
            below: Below::Nothing,
            open: None,
            has_feature: false,
            has_telling: false,
            quotes: None,
        }
    }

    fn read(mut self, text: &'t str) -> Result<Lines<'t>, Wrong> {
        for (line, number) in text.lines().zip(1..) {
            self.line(number, line)?;
        }
        if let Some((_, number)) = self.quotes {
            return wrong(number, "the text that begins here does not end", None);
        }
        if !self.has_feature {
            return wrong(0, "there is no feature in it", None);
        }
        Ok(self.lines)
    }

    fn line(&mut self, number: usize, whole: &'t str) -> Result<(), Wrong> {
        let line = whole.trim();
        if let Some((mark, _)) = self.quotes {
            if line.starts_with(mark) {
                self.quotes = None;
            }
            return Ok(());
        }
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let before = whole.chars().take_while(|c| !c.is_ascii_graphic());
        only_spaces(number, before)?;
        if self.below == Below::Step
            && let Some(mark) = ["\"\"\"", "```"].into_iter().find(|mark| line.starts_with(mark))
        {
            self.quotes = Some((mark, number));
            return Ok(());
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        if line.starts_with('@') {
            self.tags(number, line)
        } else if line.starts_with('|') && self.below != Below::Grouping {
            self.row(number, line)
        } else if let Some((heading, _)) = line.split_once(':').filter(|(text, _)| is_heading(text))
        {
            self.heading((number, line), heading)
        } else if STEPS.contains(&first) && self.below != Below::Grouping {
            self.step((number, line), first)
        } else {
            self.free(number, line, first)
        }
    }

    fn tags(&mut self, number: usize, line: &str) -> Result<(), Wrong> {
        only_spaces(number, line.chars())?;
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        if let Some(word) = words.find(|word| !is_tag(word)) {
            return wrong(number, format!("{word:?} is no tag: each begins with @"), None);
        }
        self.below = Below::Tags;
        Ok(())
    }

    fn row(&mut self, number: usize, line: &'t str) -> Result<(), Wrong> {
        match self.below {
            Below::Step if self.lines.tables.last().is_some_and(|rows| !rows.is_empty()) => {}
            Below::Step | Below::Listing => self.lines.tables.push(Vec::new()),
            _ => return wrong(number, "this table belongs to no step", None),
        }
        if let Some(rows) = self.lines.tables.last_mut() {
            rows.push((number, line));
        }
        self.below = Below::Step;
        Ok(())
    }

    /// Ends a table: what comes next is none of its rows.
    fn end_table(&mut self) {
        if self.lines.tables.last().is_some_and(|rows| !rows.is_empty()) {
            self.lines.tables.push(Vec::new());
        }
    }

    fn heading(&mut self, line: Line<'t>, heading: &str) -> Result<(), Wrong> {
        let number = line.0;
        if heading.ends_with(char::is_whitespace) {
            return wrong(number, "a colon stands right behind the keyword", None);
        }
        if let Some((number, open)) = self.open {
            let name = open.split_once(':').map_or(open, |(_, name)| name.trim());
            let hint = "steps begin with Given, When, Then, And or But";
            return wrong(number, format!("{name:?} has no step"), Some(hint));
        }
        let is_file = FILE.contains(&heading);
        if is_file == self.has_feature {
            let text =
                if is_file { "a file has one feature" } else { "a file begins with Feature:" };
            return wrong(number, text, None);
        }
        if heading == BACKGROUND && self.has_telling {
            return wrong(number, "a Background stands once, before the first scenario", None);
        }
        if is_file || heading == RULE {
            (self.below, self.has_telling) = (Below::Grouping, false);
        } else if LISTING.contains(&heading) {
            self.below = Below::Listing;
        } else {
            (self.below, self.has_telling, self.open) = (Below::Telling, true, Some(line));
        }
        self.has_feature = true;
        self.end_table();
        self.lines.headings.push(number);
        Ok(())
    }

    fn step(&mut self, (number, line): Line<'t>, first: &str) -> Result<(), Wrong> {
        let hint = "a step stands below Background, Scenario or Scenario Outline";
        match line.strip_prefix(first) {
            Some("") => return wrong(number, format!("{first} has no words"), None),
            Some(rest) if !rest.starts_with(' ') => {
                return wrong(number, format!("a space stands behind {first}"), None);
            }
            _ if !matches!(self.below, Below::Telling | Below::Step) => {
                return wrong(number, format!("{line:?} belongs to no scenario"), Some(hint));
            }
            _ => {}
        }
        (self.below, self.open) = (Below::Step, None);
        self.end_table();
        self.lines.steps.push(number);
        Ok(())
    }

    /// What is neither: free text, where that may stand and nothing else was meant.
    fn free(&mut self, number: usize, line: &str, first: &str) -> Result<(), Wrong> {
        let is_free = matches!(self.below, Below::Grouping | Below::Telling | Below::Listing);
        let heading = line.split_once(':').map_or(line, |(heading, _)| heading);
        let meant = meant_heading(heading.trim_end())
            .map(|heading| format!("did you mean: {heading}:"))
            .or_else(|| meant_step(line))
            .or_else(|| {
                let keyword = near_keyword(first).filter(|_| !is_free)?;
                Some(format!("did you mean: {keyword}"))
            })
            .or_else(|| {
                let is_tags = line.split_whitespace().all(|word| is_tag(word) || is_rule(word));
                is_tags.then(|| "each tag begins with @".to_owned())
            });
        if is_free && meant.is_none() {
            return Ok(());
        }
        wrong(number, format!("no line begins like {line:?} here"), meant.as_deref())
    }
}

/// Refuses blanks that the parser takes for text.
fn only_spaces(number: usize, mut chars: impl Iterator<Item = char>) -> Result<(), Wrong> {
    match chars.find(|c| is_odd_blank(*c)).map(u32::from) {
        Some(odd) => {
            wrong(number, format!("this line has U+{odd:04X} in it, which is no space"), None)
        }
        None => Ok(()),
    }
}

/// A blank, or a character that shows nothing, which the parser takes for text.
fn is_odd_blank(c: char) -> bool {
    (c.is_whitespace() && !matches!(c, ' ' | '\t'))
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

fn is_heading(text: &str) -> bool {
    let text = text.trim_end();
    text == RULE || [&TELLING[..], &FILE, &LISTING].concat().contains(&text)
}

fn is_tag(word: &str) -> bool {
    word.strip_prefix('@').is_some_and(|name| !name.is_empty())
}

/// Whether a word looks like the id of a rule.
fn is_rule(word: &str) -> bool {
    let (letter, number) = word.split_at_checked(1).unwrap_or_default();
    letter.starts_with(|c: char| c.is_ascii_uppercase())
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
}

/// The heading that is spelled nearly like this.
fn meant_heading(text: &str) -> Option<&'static str> {
    if text.len() > LONGEST_HEADING {
        return None;
    }
    let headings = TELLING.into_iter().chain(FILE).chain(LISTING).chain([RULE]);
    let differs = |heading: &'static str| {
        let by = strsim::damerau_levenshtein(&heading.to_lowercase(), &text.to_lowercase());
        // Many words are nearly a short one.
        let most = match heading.len() {
            ..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        (by <= most).then_some((by, heading))
    };
    headings.filter_map(differs).min().map(|(_, heading)| heading)
}

/// The step that a line of free text has in it, or nearly has behind a word that is nearly a keyword.
fn meant_step(line: &str) -> Option<String> {
    let mut rest = line;
    for _ in 0..=WORDS_BEFORE {
        if let Some(step) = Step::meant(rest) {
            return Some(format!("did you mean: {} {rest}", step.keywords()));
        }
        rest = rest.split_once(char::is_whitespace)?.1.trim_start();
    }
    let (first, rest) = line.split_once(char::is_whitespace)?;
    let keyword = near_keyword(first).filter(|_| is_like(rest))?;
    Some(format!("did you mean: {keyword}"))
}

/// The keyword of steps that is this word, or spelled nearly like it.
fn near_keyword(word: &str) -> Option<&'static str> {
    let near = |keyword: &&str| {
        let by = strsim::damerau_levenshtein(&keyword.to_lowercase(), &word.to_lowercase());
        by <= if keyword.len() > 4 { 2 } else { 1 }
    };
    STEPS.into_iter().filter(|keyword| *keyword != "*").find(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line that is wrong, and what is said of it.
    fn found(text: &str) -> Option<(usize, String)> {
        let mistake = read("f", text).err()?;
        Some((mistake.line, mistake.hint.unwrap_or(mistake.text)))
    }

    fn line(text: &str) -> Option<usize> {
        found(text).map(|(line, _)| line)
    }

    fn meant(line: usize, what: &str) -> (usize, String) {
        (line, format!("did you mean: {what}"))
    }

    #[test]
    fn free_text_stands_below_headings() {
        let text = "# a comment\n@C1\nFeature: F\n  As an MSP: we want\n  URL: https://example.com/a:b, Role: any\n  \
                    Giving is good, and\n  and so on; ask @anna.\n  * a bullet\n  Given that and then some.\n  | a |\n\n  \
                    Background:\n    Why so: ```x```\n    \"\"\" a quotation\n    Given a\n\n  @K1\n  @K2 # why\n  Scenario \
                    Outline: S\n    Five accounts that are new\n    and have a phone\n    Given <b>\n      \"\"\"\n      Gvien \
                    | Scenarrio: in a text\n      \"\"\"\n    * c\n      | d |\n\n    @slow\n    Examples: of d\n      Below \
                    examples, too.\n      | b |\n      # more\n      | 1 |\n\n  Rule: R\n    Free.\n    Background:\n      Given \
                    a\n    Example: E\n      Then e\n";
        let lines = read("f", text).unwrap().unwrap();

        assert_eq!(lines.steps.len(), 5);
        assert_eq!(lines.headings.len(), 7);
        assert_eq!(lines.tables.iter().filter(|rows| !rows.is_empty()).count(), 2);
        assert_eq!(found("\tFeature: F\r\n  Scenario: S\r\n\tGiven a"), None);
    }

    #[test]
    fn a_mistyped_heading_is_found_wherever_it_stands() {
        for (text, number, heading) in [
            ("Featre: F\n  Scenario: S\n    Given a\n", 1, "Feature:"),
            ("Feature: F\n  Scenarrio: S\n    Given a\n", 2, "Scenario:"),
            ("Feature: F\n  scenario: S\n    Given a\n", 2, "Scenario:"),
            ("Feature: F\n  rule: S\n", 2, "Rule:"),
            (
                "Feature: F\n  Scenario: S\n    Given a\n  Scenario Outlin: T\n",
                4,
                "Scenario Outline:",
            ),
            (
                "Feature: F\n  Scenario Outline: S\n    Given <a>\n    Exmples:\n      | a |\n",
                4,
                "Examples:",
            ),
        ] {
            assert_eq!(found(text), Some(meant(number, heading)), "{text}");
        }
        assert_eq!(line("Feature: F\n  Scenario : S\n"), Some(2));
    }

    #[test]
    fn a_mistyped_step_is_found_before_and_among_others() {
        for (word, keyword) in
            [("Gvien", "Given"), ("Whn", "When"), ("Thne", "Then"), ("and", "And")]
        {
            let later = format!("Feature: F\n  Scenario: S\n    Given b\n    {word} a\n");
            assert_eq!(found(&later), Some(meant(4, keyword)), "{word}");
        }
        for first in [
            "Whn the importer runs",
            "the importer runs",
            "1) When the importer runs",
            "- the importer runs",
        ] {
            let text = format!("Feature: F\n  Scenario: S\n    {first}\n    Then b\n");
            assert_eq!(found(&text), Some(meant(3, "When the importer runs")), "{first}");
        }
        let nearly = "Feature: F\n  Scenario: S\n    Gvien these Salesforce acounts\n      | Name |\n    Then b\n";
        assert_eq!(found(nearly), Some(meant(3, "Given")));
        assert_eq!(line("Feature: F\n  Scenario: S\n    Given b\n    Perhaps a\n"), Some(4));
        assert_eq!(line("Feature: F\n  Scenario: S\n    Given\ta\n"), Some(3));
        assert_eq!(line("Feature: F\n  Scenario: S\n    When\n    Then b\n"), Some(3));
        assert_eq!(line("Feature: F\n  Scenario: S\n    \u{a0}Given b\n"), Some(3));
    }

    #[test]
    fn what_stands_in_no_place_is_found() {
        for (text, number) in [
            ("Feature: F\n  Given the importer runs\n", 2),
            ("Feature: F\n  Scenario: S\n    | a |\n", 3),
            ("Feature: F\n  C1 @K1\n  Scenario: S\n", 2),
            ("Feature: F\n  @K1 C1\n  Scenario: S\n", 2),
            ("Feature: F\n  @K1\n  Given a\n", 3),
            ("Feature: F\n  @K1\u{a0}@K2\n  Scenario: S\n", 2),
            ("Feature: F\n  Scenario: S\n  Rule: R\n    Example: E\n      Given a\n", 2),
            ("Feature: F\n  Scenario: S\n    Given a\n  Background:\n    Given b\n", 4),
            ("Feature: F\n  Background:\n    Given a\n  Background:\n    Given b\n", 4),
            ("Feature: F\nFeature: G\n", 2),
            ("Scenario: S\n  Given a\n", 1),
            ("Feature: F\n  Scenario: S\n    Given a\n      \"\"\"\n      b\n", 4),
            ("# nothing\n", 0),
        ] {
            assert_eq!(line(text), Some(number), "{text}");
        }
    }

    #[test]
    fn another_language_is_the_parsers() {
        for header in ["# language: de", "#language:de", "# a comment\n# language : de "] {
            let text = format!("{header}\nFunktionalität: F\n  Szenario: S\n");
            assert!(read("f", &text).unwrap().is_none(), "{header}");
        }
        assert_eq!(line("# language: en\nFeature: F\n  Scenarrio: S\n"), Some(3));
        assert_eq!(line("Feature: F\n  # language: de\n  Scenarrio: S\n"), Some(3));
    }
}
