//! Keeps what happened to each scenario, step by step, and shows it as soon as it is over.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use cucumber::event::{Cucumber, Feature as FeatureEvent, RetryableScenario, Rule as RuleEvent};
use cucumber::event::{Hook, Scenario as ScenarioEvent, Step as StepEvent, StepError};
use cucumber::gherkin::{Feature, Scenario, Step};
use cucumber::{Event, cli, parser, writer};
use jiff::Timestamp;

use super::console::{self, Style};
use super::path_of;
use super::telling::{Key, Left, Panics, key_of, locked};
use crate::story::{Evidence, RunSeen, Story};

/// One scenario that was told, or was not.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) feature: String,
    pub(super) rule: Option<String>,
    pub(super) name: String,
    pub(super) tags: Vec<String>,
    pub(super) steps: Vec<ToldStep>,
    pub(super) verdict: Verdict,
    pub(super) took: Duration,
    pub(super) evidence: Evidence,
}

/// What came of a scenario.
#[derive(Debug)]
pub(super) enum Verdict {
    Held,
    Failed {
        /// The step that did not hold, if it was one.
        step: Option<usize>,
        error: String,
    },
    NotRun(String),
}

/// A step that was told, or was not reached.
#[derive(Debug)]
pub(super) struct ToldStep {
    pub(super) words: String,
    pub(super) line: usize,
    pub(super) table: Vec<Vec<String>>,
    /// When it began, and how long it took.
    pub(super) told: Option<(Timestamp, Duration)>,
}

impl Told {
    fn new(feature: &Feature, rule: Option<&str>, scenario: &Scenario) -> Self {
        let of_rule = feature.rules.iter().find(|candidate| Some(candidate.name.as_str()) == rule);
        let tags = feature.tags.iter().chain(of_rule.iter().flat_map(|rule| &rule.tags));
        Self {
            path: path_of(feature),
            line: scenario.position.line,
            feature: feature.name.clone(),
            rule: rule.map(str::to_owned),
            name: scenario.name.clone(),
            tags: tags.chain(&scenario.tags).cloned().collect(),
            steps: Vec::new(),
            verdict: Verdict::Held,
            took: Duration::ZERO,
            evidence: Evidence::default(),
        }
    }

    /// One that an importer from outside cannot be told.
    pub(super) fn not_run(
        feature: &Feature,
        rule: Option<&str>,
        scenario: &Scenario,
        why: String,
    ) -> Self {
        let mut told = Self::new(feature, rule, scenario);
        told.verdict = Verdict::NotRun(why);
        told.steps = scenario.steps.iter().map(ToldStep::new).collect();
        told
    }

    /// Where it stands, as `scenarios run` takes it.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }

    /// The runs of the importer that began in this step.
    pub(super) fn runs_of(&self, step: usize) -> impl Iterator<Item = &RunSeen> {
        let begin = self.steps[step].told.map(|(begin, _)| begin);
        let next = self.steps.get(step + 1).and_then(|next| next.told).map(|(begin, _)| begin);
        self.evidence.runs.iter().filter(move |run| {
            begin.is_some_and(|begin| begin <= run.machine_time)
                && next.is_none_or(|next| run.machine_time < next)
        })
    }
}

impl ToldStep {
    fn new(step: &Step) -> Self {
        Self {
            words: format!("{} {}", step.keyword.trim(), step.value),
            line: step.position.line,
            table: step.table.as_ref().map(|table| table.rows.clone()).unwrap_or_default(),
            told: None,
        }
    }
}

/// All that was told, and the first trouble with showing it.
#[derive(Debug, Default)]
pub(super) struct Kept {
    told: Vec<Told>,
    trouble: Option<io::Error>,
}

impl Kept {
    pub(super) fn into_result(self) -> io::Result<Vec<Told>> {
        self.trouble.map_or(Ok(self.told), Err)
    }
}

/// The writer `cucumber` tells what happens.
pub(super) struct Recorder<'a> {
    kept: Arc<Mutex<Kept>>,
    under_way: BTreeMap<Key, (Told, SystemTime)>,
    left: Left,
    panics: Panics,
    style: Style,
    out: &'a mut (dyn Write + Send),
}

impl<'a> Recorder<'a> {
    pub(super) fn new(
        left: Left,
        panics: Panics,
        style: Style,
        out: &'a mut (dyn Write + Send),
    ) -> Self {
        Self { kept: Arc::default(), under_way: BTreeMap::new(), left, panics, style, out }
    }

    /// What was told, for looking at it afterwards.
    pub(super) fn told(&self) -> Arc<Mutex<Kept>> {
        Arc::clone(&self.kept)
    }

    fn scenario(
        &mut self,
        feature: &Feature,
        rule: Option<&str>,
        scenario: &Scenario,
        event: ScenarioEvent<Story>,
        at: SystemTime,
    ) {
        let key = key_of(feature, scenario);
        if matches!(event, ScenarioEvent::Started) {
            self.under_way.insert(key, (Told::new(feature, rule, scenario), at));
            return;
        }
        let Some((told, began)) = self.under_way.get_mut(&key) else { return };
        match event {
            ScenarioEvent::Background(step, event) | ScenarioEvent::Step(step, event) => {
                told.step(&step, event, at);
            }
            ScenarioEvent::Hook(_, Hook::Failed(_, info)) => {
                told.verdict = Verdict::Failed { step: None, error: panic_words(&*info) };
            }
            ScenarioEvent::Finished => {
                told.took = at.duration_since(*began).unwrap_or_default();
                let reached = told.steps.len();
                let background = feature.background.iter().flat_map(|background| &background.steps);
                let of_rule =
                    feature.rules.iter().find(|candidate| Some(candidate.name.as_str()) == rule);
                let of_rule = of_rule.and_then(|rule| rule.background.as_ref());
                let steps =
                    background.chain(of_rule.iter().flat_map(|b| &b.steps)).chain(&scenario.steps);
                told.steps.extend(steps.skip(reached).map(ToldStep::new));
                self.finished(&key);
            }
            _ => {}
        }
    }

    fn finished(&mut self, key: &Key) {
        let Some((mut told, _)) = self.under_way.remove(key) else { return };
        told.evidence = locked(&self.left).remove(key).unwrap_or_default();
        let shown = console::told(&told, &self.style, self.out);
        let mut kept = locked(&self.kept);
        if let Err(trouble) = shown {
            kept.trouble.get_or_insert(trouble);
        }
        kept.told.push(told);
    }
}

impl Told {
    fn step(&mut self, step: &Step, event: StepEvent<Story>, at: SystemTime) {
        let took = |step: &mut ToldStep| {
            if let Some((began, took)) = &mut step.told {
                let passed = timestamp(at).duration_since(*began);
                *took = Duration::try_from(passed).unwrap_or_default();
            }
        };
        match event {
            StepEvent::Started => {
                let told = Some((timestamp(at), Duration::ZERO));
                self.steps.push(ToldStep { told, ..ToldStep::new(step) });
            }
            StepEvent::Passed(..) => {
                self.steps.last_mut().map(took);
            }
            StepEvent::Skipped => {}
            StepEvent::Failed(_, _, _, error) => {
                self.steps.last_mut().map(took);
                let error = match error {
                    StepError::Panic(info) => panic_words(&*info),
                    other => other.to_string(),
                };
                self.verdict = Verdict::Failed { step: self.steps.len().checked_sub(1), error };
            }
        }
    }
}

/// What a panic said.
pub(crate) fn panic_words(info: &(dyn std::any::Any + Send)) -> String {
    let text = info.downcast_ref::<String>().cloned();
    text.or_else(|| info.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "it panicked without a word".to_owned())
}

fn timestamp(at: SystemTime) -> Timestamp {
    Timestamp::try_from(at).unwrap_or(Timestamp::MAX)
}

impl cucumber::Writer<Story> for Recorder<'_> {
    type Cli = cli::Empty;

    async fn handle_event(&mut self, event: parser::Result<Event<Cucumber<Story>>>, _: &Self::Cli) {
        // Features are read before; there is nothing left to go wrong with them.
        let Ok(event) = event else { return };
        let at = event.at;
        match event.into_inner() {
            Cucumber::Started => self.panics.listen(),
            Cucumber::Feature(
                feature,
                FeatureEvent::Scenario(scenario, RetryableScenario { event, .. }),
            ) => {
                self.scenario(&feature, None, &scenario, event, at);
            }
            Cucumber::Feature(
                feature,
                FeatureEvent::Rule(
                    rule,
                    RuleEvent::Scenario(scenario, RetryableScenario { event, .. }),
                ),
            ) => self.scenario(&feature, Some(&rule.name), &scenario, event, at),
            _ => {}
        }
    }
}

impl writer::NonTransforming for Recorder<'_> {}
