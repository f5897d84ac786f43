//! Finds what is wrong with stories before any is told: words that are no step, and what was probably meant.

use std::fmt;

use cucumber::gherkin::{Feature, Step as ToldStep, StepType};
use cucumber::{World, step};

use super::path_of;
use super::proofs::is_no_rule;
use super::selection::{backgrounds, scenarios, tags};
use super::vocabulary::{Step, nearest};
use crate::story::Story;

/// What is wrong with a story, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file.
    pub path: String,
    /// The line; 0 where the text says it.
    pub line: usize,
    /// What is wrong.
    pub text: String,
    /// What was probably meant.
    pub hint: Option<String>,
}

impl Mistake {
    pub(super) fn at(path: &str, line: usize, text: String) -> Self {
        Self { path: path.to_owned(), line, text, hint: None }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path)?;
        if self.line > 0 {
            write!(f, "{}:", self.line)?;
        }
        write!(f, " {}", self.text)?;
        self.hint.iter().try_for_each(|hint| write!(f, "\n    {hint}"))
    }
}

/// The steps of features that nobody knows, or several answer to, and scenarios without any.
pub(super) fn find(features: &[Feature]) -> Vec<Mistake> {
    let known = Story::collection();
    let mut mistakes: Vec<_> =
        features.iter().flat_map(|feature| of_feature(&known, feature)).collect();
    // The steps of an outline are looked at with every row of its examples.
    mistakes.sort();
    mistakes.dedup();
    mistakes
}

fn of_feature(known: &step::Collection<Story>, feature: &Feature) -> Vec<Mistake> {
    let all = || scenarios(feature).map(|(_, scenario)| scenario);
    let empty = all().filter(|scenario| scenario.steps.is_empty()).map(|scenario| Mistake {
        path: path_of(feature),
        line: scenario.position.line,
        text: format!("{:?} has no step", scenario.name),
        hint: Some("steps begin with Given, When, Then, And or But".to_owned()),
    });
    let tags = scenarios(feature).flat_map(|(rule, scenario)| {
        let wrong = tags(feature, rule, scenario).filter(|tag| is_no_rule(tag));
        wrong.map(|tag| Mistake {
            path: path_of(feature),
            line: scenario.position.line,
            text: format!("there is no rule {tag}"),
            hint: Some("tags that look like one name the rules of docs/rules.md".to_owned()),
        })
    });
    let steps = backgrounds(feature)
        .flat_map(|background| &background.steps)
        .chain(all().flat_map(|scenario| &scenario.steps));
    empty.chain(tags).chain(steps.filter_map(|step| of_step(known, feature, step))).collect()
}

fn of_step(known: &step::Collection<Story>, feature: &Feature, step: &ToldStep) -> Option<Mistake> {
    let (text, hint) = match known.find(step) {
        Ok(Some(_)) => (surplus_or_missing(step)?.to_owned(), None),
        Ok(None) => (format!("no step is called {:?}", step.value), hint(known, step)),
        Err(_) => (format!("several steps answer to {:?}", step.value), None),
    };
    Some(Mistake { path: path_of(feature), line: step.position.line, text, hint })
}

/// What stands below a step that takes none, or does not although the step needs it.
fn surplus_or_missing(step: &ToldStep) -> Option<&'static str> {
    let meant = Step::meant(&step.value)?;
    match (step.table.is_some(), meant.has_table()) {
        (true, false) => Some("this step takes no table"),
        (false, true) => Some("this step needs a table"),
        _ if step.docstring.is_some() => Some("this step takes no text in quotes below it"),
        _ => None,
    }
}

/// What was probably meant: the same words after another keyword, or words that are like them.
fn hint(known: &step::Collection<Story>, step: &ToldStep) -> Option<String> {
    let others = [(StepType::Given, "Given"), (StepType::When, "When"), (StepType::Then, "Then")];
    for (ty, keyword) in others {
        if matches!(known.find(&ToldStep { ty, ..step.clone() }), Ok(Some(_))) {
            return Some(format!("it stands after {keyword}, not after {:?}", step.ty));
        }
    }
    let meant = nearest(&step.value)?;
    Some(format!("did you mean: {} {}", meant.keywords(), meant.pattern))
}
