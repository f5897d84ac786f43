//! Finds lines that the parser would take for a description although they were meant as a part of the story.
//!
//! Gherkin lets free text stand below a heading. A mistyped `Scenario:` or `Given` is such text to the parser, with all
//! that follows it up to the next keyword: the story would hold without having been told.

use super::mistakes::Mistake;

/// Headings that steps follow, such as `Scenario:`.
const TELLING: [&str; 5] =
    ["Background", "Scenario", "Example", "Scenario Outline", "Scenario Template"];

/// Headings that other headings follow.
const GROUPING: [&str; 4] = ["Feature", "Ability", "Business Need", "Rule"];

/// Headings that a table follows.
const LISTING: [&str; 2] = ["Examples", "Scenarios"];

const STEPS: [&str; 6] = ["Given", "When", "Then", "And", "But", "*"];

/// Words that free text begins with, and that differ from a keyword in a letter or two.
const ORDINARY: [&str; 12] =
    ["The", "They", "Them", "Than", "These", "Give", "Gives", "Even", "Hen", "Ten", "Men", "Seven"];

/// A heading longer than that is none that was mistyped.
const LONGEST_HEADING: usize = 24;

/// What a line may stand below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Below {
    Nothing,
    Grouping,
    Telling,
    Listing,
    /// A step, its table or text, or a row of examples: no free text stands there.
    Step,
}

/// The first line of a story that is no part of it and was probably meant to be.
pub(super) fn misread(path: &str, text: &str) -> Option<Mistake> {
    // The parser knows the keywords of other languages, this does not.
    if text.lines().any(|line| line.trim_start().starts_with("# language:")) {
        return None;
    }
    let mut below = Below::Nothing;
    for (line, number) in outside_of_texts(text) {
        match stands(line, below) {
            Ok(then) => below = then,
            Err((text, hint)) => {
                return Some(Mistake { path: path.to_owned(), line: number, text, hint });
            }
        }
    }
    None
}

/// The lines of a story with their numbers, without blanks around them and without the texts that steps are given.
pub(super) fn outside_of_texts(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut open = None;
    text.lines().map(str::trim).zip(1..).filter(move |(line, _)| {
        let mark = ["\"\"\"", "```"].into_iter().find(|mark| line.starts_with(mark));
        let is_outside = open.is_none() && mark.is_none();
        open = if open.is_none() { mark } else { open.filter(|open| mark != Some(*open)) };
        is_outside
    })
}

/// What the line after this one stands below, or what is wrong with this one, and what was probably meant.
fn stands(line: &str, below: Below) -> Result<Below, (String, Option<String>)> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(below);
    }
    if line.starts_with('@') {
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        return match words.find(|word| !word.starts_with('@')) {
            Some(word) => Err((format!("{word:?} is no tag: each begins with @"), None)),
            // Nothing but a heading makes sense below tags.
            None => Ok(if below == Below::Nothing { below } else { Below::Step }),
        };
    }
    if line.starts_with('|') {
        return match below {
            Below::Step | Below::Listing => Ok(Below::Step),
            _ => Err(("this table belongs to no step".to_owned(), None)),
        };
    }
    let heading = line.split_once(':').map(|(heading, _)| heading.trim_end());
    for (headings, then) in
        [(&TELLING[..], Below::Telling), (&GROUPING, Below::Grouping), (&LISTING, Below::Listing)]
    {
        if heading.is_some_and(|heading| headings.contains(&heading)) {
            return Ok(then);
        }
    }
    let first = line.split_whitespace().next().unwrap_or_default();
    if STEPS.contains(&first) {
        return match below {
            Below::Telling | Below::Step => Ok(Below::Step),
            _ => Err((
                format!("{line:?} belongs to no scenario"),
                Some("a step stands below Background, Scenario or Scenario Outline".to_owned()),
            )),
        };
    }
    let hint = heading.and_then(meant_heading).map(|heading| format!("{heading}:"));
    let hint = hint.or_else(|| meant_step(first, below).map(str::to_owned));
    let hint = hint.map(|keyword| format!("did you mean: {keyword}"));
    let is_free = matches!(below, Below::Grouping | Below::Telling | Below::Listing);
    match hint {
        None if is_free && !line.split_whitespace().any(is_tag) => Ok(below),
        None if is_free => Err((
            format!("no line begins like {line:?} here"),
            Some("a line of tags begins with @".to_owned()),
        )),
        hint => Err((format!("no line begins like {line:?} here"), hint)),
    }
}

fn is_tag(word: &str) -> bool {
    word.strip_prefix('@').is_some_and(|name| !name.is_empty())
}

/// The heading that is spelled nearly like this.
fn meant_heading(text: &str) -> Option<&'static str> {
    if text.len() > LONGEST_HEADING {
        return None;
    }
    let headings = TELLING.into_iter().chain(GROUPING).chain(LISTING);
    let differs =
        |heading: &str| strsim::damerau_levenshtein(&heading.to_lowercase(), &text.to_lowercase());
    headings
        .map(|heading| (differs(heading), heading))
        .filter(|(by, _)| *by <= 2)
        .min()
        .map(|it| it.1)
}

/// The keyword of steps that is spelled nearly like this word.
fn meant_step(word: &str, below: Below) -> Option<&'static str> {
    if ORDINARY.contains(&word) {
        return None;
    }
    // Free text goes on in small letters; where a step stands, one was meant.
    let is_small = word.starts_with(char::is_lowercase);
    let near = |keyword: &str| match keyword.len() {
        5.. => 2,
        4 => 1,
        // Too many words are nearly And or But.
        _ => 0,
    };
    let steps = STEPS.into_iter().filter(|keyword| *keyword != "*");
    let mut steps = steps.filter(|keyword| {
        let by = strsim::damerau_levenshtein(&keyword.to_lowercase(), &word.to_lowercase());
        by <= near(keyword) && (!is_small || by == 0)
    });
    steps.next().filter(|_| !is_small || matches!(below, Below::Telling | Below::Step))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line that is wrong, and the hint.
    fn found(text: &str) -> Option<(usize, Option<String>)> {
        misread("f", text).map(|mistake| (mistake.line, mistake.hint))
    }

    fn meant(line: usize, keyword: &str) -> (usize, Option<String>) {
        (line, Some(format!("did you mean: {keyword}")))
    }

    #[test]
    fn free_text_stands_below_headings() {
        let text = "# a comment\n@C1\nFeature: F\n  As an MSP: we want\n  The same, given that and then some.\n\n  \
                    Background:\n    Why so.\n    Given a\n\n  @K1 @K2 # why\n  Scenario Outline: S\n    These are free.\n    \
                    Given <b>\n      \"\"\"\n      Gvien | Scenarrio: in a text\n      \"\"\"\n    * c\n      | d |\n\n    \
                    Examples: of d\n      Below examples, too.\n      | b |\n      | 1 |\n\n  Rule: R\n    Free.\n    Example: \
                    E\n      Then e\n";
        assert_eq!(misread("f", text), None);
    }

    #[test]
    fn a_mistyped_heading_is_found_wherever_it_stands() {
        assert_eq!(found("Featre: F\n  Scenario: S\n    Given a\n"), Some(meant(1, "Feature:")));
        assert_eq!(found("Feature: F\n  Scenarrio: S\n    Given a\n"), Some(meant(2, "Scenario:")));
        assert_eq!(found("Feature: F\n  scenario: S\n    Given a\n"), Some(meant(2, "Scenario:")));
        let further = "Feature: F\n  Scenario: S\n    Given a\n  Scenario Outlin: T\n    Given b\n";
        assert_eq!(found(further), Some(meant(4, "Scenario Outline:")));
        let examples =
            "Feature: F\n  Scenario Outline: S\n    Given <a>\n    Exmples:\n      | a |\n";
        assert_eq!(found(examples), Some(meant(4, "Examples:")));
    }

    #[test]
    fn a_mistyped_step_is_found_before_and_among_others() {
        for (word, keyword) in [
            ("Gvien", "Given"),
            ("Whn", "When"),
            ("Thne", "Then"),
            ("given", "Given"),
            ("and", "And"),
        ] {
            let first = format!("Feature: F\n  Scenario: S\n    {word} a\n    Then b\n");
            let later = format!("Feature: F\n  Scenario: S\n    Given b\n    {word} a\n");
            assert_eq!(found(&first), Some(meant(3, keyword)), "{word}");
            assert_eq!(found(&later), Some(meant(4, keyword)), "{word}");
        }
        let other = found("Feature: F\n  Scenario: S\n    Given b\n    Perhaps a\n");
        assert_eq!(other, Some((4, None)));
    }

    #[test]
    fn steps_and_tables_and_tags_without_a_place_are_found() {
        assert_eq!(found("Feature: F\n  Given a\n").map(|it| it.0), Some(2));
        assert_eq!(found("Feature: F\n  Scenario: S\n    | a |\n").map(|it| it.0), Some(3));
        assert_eq!(found("Feature: F\n  C1 @K1\n  Scenario: S\n").map(|it| it.0), Some(2));
        assert_eq!(found("Feature: F\n  @K1 C1\n  Scenario: S\n").map(|it| it.0), Some(2));
        assert_eq!(found("Feature: F\n  # @K1 C1\n  Mail to a@example.com\n"), None);
    }

    #[test]
    fn another_language_is_the_parsers() {
        assert_eq!(found("# language: de\nFunktionalität: F\n  Szenario: S\n"), None);
    }
}
