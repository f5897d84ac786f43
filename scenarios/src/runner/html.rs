//! The report for people: one page that needs nothing else, with a matrix of rules and scenarios and a timeline of
//! each.

use std::collections::BTreeSet;

use askama::Template;

use super::console::{Style, concerned, time};
use super::proofs::known_rules;
use super::record::{Told, Verdict};
use super::{Arguments, RunError};
use crate::story::RunSeen;

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    total: usize,
    held: usize,
    failed: usize,
    not_run: usize,
    seconds: String,
    seed: u64,
    importer: Option<String>,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// Rules that no scenario proves.
    unproved: Vec<String>,
    /// What did not hold.
    failures: Vec<Mark>,
    features: Vec<FeatureShown>,
}

/// A rule, and the scenarios of each feature that prove it.
struct Row {
    rule: String,
    count: usize,
    cells: Vec<Vec<Mark>>,
}

/// A scenario in the matrix.
struct Mark {
    number: usize,
    state: &'static str,
    name: String,
}

struct FeatureShown {
    name: String,
    path: String,
    scenarios: Vec<ScenarioShown>,
}

struct ScenarioShown {
    number: usize,
    state: &'static str,
    word: &'static str,
    name: String,
    tags: Vec<String>,
    milliseconds: u128,
    why: Option<String>,
    error: Option<String>,
    alone: String,
    steps: Vec<StepShown>,
    explained: Vec<(String, String)>,
}

struct StepShown {
    state: &'static str,
    line: usize,
    words: String,
    table: Vec<Vec<String>>,
    milliseconds: Option<u128>,
    runs: Vec<RunShown>,
}

struct RunShown {
    /// Whether it is shown at once: the last one before a failure.
    is_open: bool,
    began: String,
    ended: String,
    outcome: String,
    earlier_requests: usize,
    requests: Vec<RequestShown>,
    decisions: Vec<DecisionShown>,
    /// Whom e-mails were for, and their subjects.
    mails: Vec<(String, String)>,
    output: Option<String>,
}

struct RequestShown {
    at: String,
    system: &'static str,
    call: String,
    answer: String,
    about: String,
    is_bad: bool,
}

struct DecisionShown {
    subject: String,
    outcome: String,
    rule: &'static str,
    text: String,
}

/// The page.
pub(super) fn page(told: &[Told], arguments: &Arguments) -> Result<String, RunError> {
    let style = Style::of(arguments);
    let count = |state: &str| told.iter().filter(|told| state_of(told) == state).count();
    let seconds = told.iter().map(|told| told.took.as_secs_f64()).sum::<f64>();
    let columns = columns(told);
    let (rows, unproved): (Vec<_>, Vec<_>) =
        rows(told, &columns).into_iter().partition(|row| row.count > 0);
    let failures = told.iter().enumerate().filter(|(_, told)| state_of(told) == "failed");
    let page = Page {
        total: told.len(),
        held: count("held"),
        failed: count("failed"),
        not_run: count("not-run"),
        seconds: format!("{seconds:.1}"),
        seed: arguments.seed,
        importer: arguments.importer.clone(),
        rows,
        unproved: unproved.into_iter().map(|row| row.rule).collect(),
        failures: failures.map(mark).collect(),
        features: features(told, &columns, &style),
        columns: columns.iter().map(|(path, _)| short(path)).collect(),
    };
    Ok(page.render()?)
}

fn state_of(told: &Told) -> &'static str {
    match told.verdict {
        Verdict::Held => "held",
        Verdict::Failed { .. } => "failed",
        Verdict::NotRun(_) => "not-run",
    }
}

/// The features in the order of their files: path and name.
fn columns(told: &[Told]) -> Vec<(String, String)> {
    let columns: BTreeSet<_> =
        told.iter().map(|told| (told.path.clone(), told.feature.clone())).collect();
    columns.into_iter().collect()
}

/// A path's file, without its ending.
fn short(path: &str) -> String {
    let file = path.rsplit(['/', '\\', ':']).next().unwrap_or(path);
    file.strip_suffix(".feature").unwrap_or(file).to_owned()
}

fn rows(told: &[Told], columns: &[(String, String)]) -> Vec<Row> {
    let mut rules = known_rules().to_vec();
    for tag in told.iter().flat_map(|told| &told.tags) {
        if !rules.contains(tag) {
            rules.push(tag.clone());
        }
    }
    if told.iter().any(|told| told.tags.is_empty()) {
        rules.push(NO_RULE.to_owned());
    }
    let row = |rule: String| {
        let cells = columns.iter().map(|(path, _)| {
            let proofs = told.iter().enumerate();
            let proofs = proofs.filter(|(_, told)| told.path == *path && is_about(told, &rule));
            proofs.map(mark).collect::<Vec<_>>()
        });
        let cells: Vec<_> = cells.collect();
        Row { count: cells.iter().map(Vec::len).sum(), rule, cells }
    };
    rules.into_iter().map(row).collect()
}

/// The row of scenarios without a tag.
const NO_RULE: &str = "no rule";

fn is_about(told: &Told, rule: &str) -> bool {
    if rule == NO_RULE { told.tags.is_empty() } else { told.tags.iter().any(|tag| tag == rule) }
}

fn mark((number, told): (usize, &Told)) -> Mark {
    Mark { number, state: state_of(told), name: told.name.clone() }
}

fn features(told: &[Told], columns: &[(String, String)], style: &Style) -> Vec<FeatureShown> {
    let shown = columns.iter().map(|(path, name)| FeatureShown {
        name: name.clone(),
        path: path.clone(),
        scenarios: told
            .iter()
            .enumerate()
            .filter(|(_, told)| told.path == *path)
            .map(|(number, told)| scenario(number, told, style))
            .collect(),
    });
    shown.collect()
}

fn scenario(number: usize, told: &Told, style: &Style) -> ScenarioShown {
    let (failed, error, why) = match &told.verdict {
        Verdict::Held => (None, None, None),
        Verdict::Failed { step, error } => (*step, Some(error.clone()), None),
        Verdict::NotRun(why) => (None, None, Some(why.clone())),
    };
    let explained = error.iter().flat_map(|error| concerned(told, failed, error));
    let state = state_of(told);
    ScenarioShown {
        number,
        state,
        word: if state == "not-run" { "not run" } else { state },
        name: match &told.rule {
            Some(rule) => format!("{rule}: {}", told.name),
            None => told.name.clone(),
        },
        tags: told.tags.clone(),
        milliseconds: told.took.as_millis(),
        why,
        explained: explained.map(|e| (e.name.clone(), e.text.clone())).collect(),
        error,
        alone: style.alone(told),
        steps: (0..told.steps.len()).map(|index| step(told, index, failed)).collect(),
    }
}

fn step(told: &Told, index: usize, failed: Option<usize>) -> StepShown {
    let step = &told.steps[index];
    StepShown {
        state: match step.told {
            _ if failed == Some(index) => "failed",
            Some(_) => "held",
            None => "not-run",
        },
        line: step.line,
        words: step.words.clone(),
        table: step.table.clone(),
        milliseconds: step.told.map(|(_, took)| took.as_millis()),
        runs: told.runs_of(index).map(|seen| run(seen, is_last_of_failed(told, seen))).collect(),
    }
}

fn is_last_of_failed(told: &Told, run: &RunSeen) -> bool {
    state_of(told) == "failed"
        && told.evidence.runs.last().is_some_and(|last| std::ptr::eq(last, run))
}

fn run(run: &RunSeen, is_open: bool) -> RunShown {
    RunShown {
        is_open,
        began: time(run.began),
        ended: time(run.ended),
        outcome: run.outcome.clone(),
        earlier_requests: run.earlier_requests,
        requests: run
            .requests
            .iter()
            .map(|request| RequestShown {
                at: time(request.at),
                system: request.system,
                call: request.call.clone(),
                answer: request.answer.clone(),
                about: request.about.clone(),
                is_bad: request.is_bad,
            })
            .collect(),
        decisions: run
            .decisions
            .iter()
            .map(|decision| DecisionShown {
                subject: format!("{} {}", decision.kind, decision.name),
                outcome: decision.outcome.clone(),
                rule: decision.rule,
                text: decision.text.clone(),
            })
            .collect(),
        mails: run.mails.iter().map(|mail| (mail.to.clone(), mail.subject.clone())).collect(),
        output: run.output.clone().filter(|output| !output.is_empty()),
    }
}
