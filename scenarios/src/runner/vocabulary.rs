//! The steps stories are told in: which there are, which one was probably meant, and the page that lists them.
//!
//! All of it comes from the steps' own attributes and doc comments, which the build takes into the program.

use std::fmt::Write;
use std::sync::LazyLock;

use cucumber_expressions::Expression;
use regex::Regex;

mod embedded {
    use super::Step;

    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

pub(super) use embedded::FEATURES;

/// Below this likeness a step is no guess at what was meant.
const LIKE: f64 = 0.4;

/// From this likeness on, words are a step that was mistyped.
const HARDLY_ELSE: f64 = 0.75;

/// The language tag of examples in doc comments.
const EXAMPLE: &str = "```gherkin\n";

/// One step, as its function declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What it may stand after: `given`, `when`, `then`.
    pub keywords: &'static [&'static str],
    /// Its words, with `{string}`, `{int}` and `{word}` in the places of what a story fills in.
    pub pattern: &'static str,
    /// Whether the words have such places.
    is_expression: bool,
    /// What it does, and an example.
    doc: &'static str,
    /// The file of its function below `src/story`.
    pub file: &'static str,
}

impl Step {
    /// All steps.
    pub fn all() -> &'static [Self] {
        embedded::STEPS
    }

    /// The step that words mean.
    pub fn meant(words: &str) -> Option<&'static Self> {
        static MATCHERS: LazyLock<Vec<Option<Regex>>> =
            LazyLock::new(|| Step::all().iter().map(Step::matcher).collect());
        let matches = |(step, matcher): &(&Self, &Option<Regex>)| {
            matcher.as_ref().map_or(step.pattern == words, |matcher| matcher.is_match(words))
        };
        Self::all().iter().zip(MATCHERS.iter()).find(matches).map(|(step, _)| step)
    }

    /// What finds the words of a step that has places to fill in.
    fn matcher(&self) -> Option<Regex> {
        if self.is_expression { Expression::regex(self.pattern).ok() } else { None }
    }

    /// What it does, without the example.
    pub fn says(&self) -> String {
        let before = self.doc.split("```").next().unwrap_or_default();
        before.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The example in its doc comment.
    pub fn example(&self) -> Option<&'static str> {
        let (_, example) = self.doc.split_once(EXAMPLE)?;
        example.split("```").next().map(str::trim_end)
    }

    /// Whether a table stands below it, as in its example.
    pub fn has_table(&self) -> bool {
        self.example()
            .is_some_and(|example| example.lines().any(|line| line.trim_start().starts_with('|')))
    }

    /// The keywords as stories write them.
    pub fn keywords(&self) -> String {
        let words = self.keywords.iter().map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{}{rest}", first.to_uppercase())
        });
        words.collect::<Vec<_>>().join(" or ")
    }
}

/// The step that was probably meant by words no step has.
pub(super) fn nearest(words: &str) -> Option<&'static Step> {
    most_like(words).filter(|(likeness, _)| *likeness >= LIKE).map(|(_, step)| step)
}

/// Whether words are so nearly a step that they can hardly be anything else.
pub(super) fn is_like(words: &str) -> bool {
    most_like(words).is_some_and(|(likeness, _)| likeness >= HARDLY_ELSE)
}

fn most_like(words: &str) -> Option<(f64, &'static Step)> {
    let shape = shape(words);
    let likeness =
        |step: &Step| strsim::normalized_damerau_levenshtein(&shape, &self::shape(step.pattern));
    Step::all().iter().map(|step| (likeness(step), step)).max_by(|a, b| a.0.total_cmp(&b.0))
}

/// Words without what a story fills in: texts in quotes, numbers, and the marks that patterns have in their places.
fn shape(words: &str) -> String {
    let mut shape = String::new();
    for (index, part) in words.split('"').enumerate() {
        if index % 2 == 0 { shape.push_str(part) } else { shape.push_str("{}") }
    }
    let marks = [("{string}", "{}"), ("{int}", "{}"), ("{word}", "{}"), ("(s)", "s")];
    for (mark, plain) in marks {
        shape = shape.replace(mark, plain);
    }
    let word =
        |word: &str| if word.parse::<u64>().is_ok() { "{}".to_owned() } else { word.to_owned() };
    shape.split_whitespace().map(word).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The groups of the page: headings, and the keyword that steps of the group have first.
const GROUPS: [(&str, &str); 3] =
    [("How things are", "given"), ("What happens", "when"), ("What must be there", "then")];

/// All steps with what they do and an example each, as Markdown.
pub fn page() -> String {
    let mut page = String::new();
    for (heading, keyword) in GROUPS {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\n### {heading}");
        let of_group = |step: &&Step| step.keywords.first() == Some(&keyword);
        for step in Step::all().iter().filter(of_group) {
            let _ =
                write!(page, "\n#### {}\n\n{}: {}\n", step.pattern, step.keywords(), step.says());
            if let Some(example) = step.example() {
                let _ = write!(page, "\n{EXAMPLE}{example}\n```\n");
            }
        }
    }
    page
}

/// Where the generated part of `docs/scenarios.md` begins and ends.
const BEGIN: &str =
    "<!-- steps: written by `cargo run -p scenarios -- steps --page docs/scenarios.md` -->\n";
const END: &str = "<!-- steps: end -->\n";

/// A page with its list of steps made new; `None` if it has no place for one.
pub fn renewed(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{}\n{END}{after}", self::page()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_probably_meant_is_found_whatever_was_filled_in() {
        let found = |words| nearest(words).map(|step| step.pattern);

        assert_eq!(found("the importer run"), Some("the importer runs"));
        assert_eq!(
            found("the acount \"A long name, with words of its own\" is held by rule C3"),
            Some("the account {string} is {word} by rule {word}")
        );
        assert_eq!(
            found("the run counts 12 account as created"),
            Some("the run counts {int} account(s) as {word}")
        );
        assert_eq!(found("xyzzy"), None);
    }

    #[test]
    fn a_page_without_marks_is_left_alone() {
        assert_eq!(renewed("# A page\n"), None);
        let page = renewed(&format!("# A page\n{BEGIN}old\n{END}\nend\n")).unwrap();

        assert!(page.contains("#### the importer runs\n"));
        assert!(!page.contains("old\n"));
        assert!(page.ends_with("\nend\n"));
        assert_eq!(renewed(&page), Some(page));
    }
}
