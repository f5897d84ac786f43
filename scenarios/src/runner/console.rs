//! Shows on the terminal what was told: one line a scenario, and for one that failed all that is known about it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cucumber::gherkin::Feature;

use super::record::{Told, Verdict};
use super::selection::{scenarios, tags};
use super::{Arguments, path_of};
use crate::story::{Explained, Request, RunSeen};

/// Requests that a failure shows: the last ones of the run before it, of each system.
const LAST_REQUESTS: [(&str, usize); 2] = [("Salesforce", 4), ("Autotask", 10)];

/// Characters of what a request was about that fit.
const ABOUT: usize = 120;

/// What the lines to repeat a scenario need.
#[derive(Debug, Clone, Default)]
pub(super) struct Style {
    seed: u64,
    importer: Option<String>,
}

impl Style {
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self { seed: arguments.seed, importer: arguments.importer.clone() }
    }

    /// The line that tells one scenario alone.
    pub(super) fn alone(&self, told: &Told) -> String {
        let place = shlex::try_quote(&told.place()).map_or_else(|_| told.place(), Into::into);
        let mut line = format!("scenarios run {place} --seed {}", self.seed);
        if let Some(importer) = &self.importer {
            let importer = shlex::try_quote(importer).map_or_else(|_| importer.clone(), Into::into);
            line = format!("{line} --importer {importer}");
        }
        line
    }
}

/// Shows a scenario that is over.
pub(super) fn told(told: &Told, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let milliseconds = told.took.as_millis();
    match &told.verdict {
        Verdict::Held => {
            writeln!(out, "held    {}  {} ({milliseconds} ms)", told.place(), told.name)?;
        }
        Verdict::NotRun(why) => writeln!(out, "not run {}  {}: {why}", told.place(), told.name)?,
        Verdict::Failed { step, error } => {
            writeln!(out, "\nFAILED  {}  {} ({milliseconds} ms)", told.place(), told.name)?;
            failed(told, *step, error, out)?;
            writeln!(out, "\n    alone: {}\n", style.alone(told))?;
        }
    }
    out.flush()
}

fn failed(told: &Told, failed: Option<usize>, error: &str, out: &mut dyn Write) -> io::Result<()> {
    for (index, step) in told.steps.iter().enumerate() {
        let mark = match failed {
            Some(failed) if index == failed => '✗',
            _ if step.told.is_none() => ' ',
            _ => '✓',
        };
        writeln!(out, "  {mark} {:>4}  {}", step.line, step.words)?;
        if Some(index) == failed {
            indented(error, "          ", out)?;
        }
    }
    if failed.is_none() {
        indented(error, "    ", out)?;
    }
    if let Some(run) = told.evidence.runs.last() {
        last_requests(run, out)?;
        if let Some(output) = &run.output {
            writeln!(out, "\n    what the importer printed last:")?;
            indented(output, "      ", out)?;
        }
    }
    for Explained { name, text } in concerned(told, failed, error) {
        writeln!(out, "\n    importer explain, for {name:?}:")?;
        indented(text, "      ", out)?;
    }
    Ok(())
}

/// Shows what a run asked both systems last.
pub(crate) fn last_requests(run: &RunSeen, out: &mut dyn Write) -> io::Result<()> {
    if run.requests.is_empty() {
        return writeln!(out, "\n    the last run made no request");
    }
    writeln!(out, "\n    last requests of the run at {}, {}:", time(run.began), run.outcome)?;
    for request in LAST_REQUESTS.iter().flat_map(|(system, most)| last_of(run, system, *most)) {
        let about: String = request.about.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = about.chars().take(ABOUT).collect();
        let more = if cut.len() < about.len() { "…" } else { "" };
        let (system, call, answer) = (request.system, &request.call, &request.answer);
        writeln!(out, "      {} {system:<10} {call} → {answer}  {cut}{more}", time(request.at))?;
    }
    Ok(())
}

fn last_of<'r>(run: &'r RunSeen, system: &str, most: usize) -> Vec<&'r Request> {
    let of_system: Vec<_> =
        run.requests.iter().filter(|request| request.system == system).collect();
    of_system[of_system.len().saturating_sub(most)..].to_vec()
}

/// What is explained about the records that a failure is about: those it names, else all there are.
pub(super) fn concerned<'t>(
    told: &'t Told,
    failed: Option<usize>,
    error: &str,
) -> Vec<&'t Explained> {
    let step = failed.and_then(|failed| told.steps.get(failed));
    let cells = step.into_iter().flat_map(|step| step.table.iter().flatten());
    let is_named = |explained: &&Explained| {
        let name = explained.name.as_str();
        step.is_some_and(|step| step.words.contains(name))
            || error.contains(name)
            || cells.clone().any(|cell| cell.contains(name))
    };
    let all = &told.evidence.explained;
    let named: Vec<_> = all.iter().filter(is_named).collect();
    if named.is_empty() { all.iter().take(3).collect() } else { named }
}

fn indented(text: &str, by: &str, out: &mut dyn Write) -> io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "{by}{line}"))
}

/// A moment of a story, as its tables would have it.
pub(super) fn time(at: jiff::Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// Shows what came of all scenarios.
pub(super) fn summary(
    told: &[Told],
    panics: &[String],
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut reasons: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in told {
        if let Verdict::NotRun(why) = &told.verdict {
            reasons.entry(why).or_default().push(told);
        }
    }
    for (why, told) in &reasons {
        writeln!(out, "\nnot run, {why}:")?;
        told.iter().try_for_each(|told| writeln!(out, "  {}  {}", told.place(), told.name))?;
    }
    let failed: Vec<_> =
        told.iter().filter(|told| matches!(told.verdict, Verdict::Failed { .. })).collect();
    if !failed.is_empty() {
        writeln!(out, "\nfailed:")?;
        failed.iter().try_for_each(|told| writeln!(out, "  {}", style.alone(told)))?;
    }
    for panic in panics {
        writeln!(out, "\na mock panicked: {panic}")?;
    }
    let not_run = reasons.values().map(Vec::len).sum::<usize>();
    let held = told.len() - failed.len() - not_run;
    writeln!(
        out,
        "\n{} scenarios: {held} held, {} failed, {not_run} not run (seed {})",
        told.len(),
        failed.len(),
        style.seed
    )?;
    out.flush()
}

/// Lists scenarios with their tags.
pub(super) fn list(features: &[Feature], out: &mut dyn Write) -> io::Result<()> {
    for feature in features {
        writeln!(out, "{}  {}", path_of(feature), feature.name)?;
        for (rule, scenario) in scenarios(feature) {
            let tags = tags(feature, rule, scenario).map(|tag| format!("@{tag}"));
            let tags: Vec<_> = tags.collect();
            writeln!(
                out,
                "  {:>5}  {:<12}  {}",
                scenario.position.line,
                tags.join(" "),
                scenario.name
            )?;
        }
    }
    Ok(())
}
