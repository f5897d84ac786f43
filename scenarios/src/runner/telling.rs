//! Hands features to the `cucumber` crate, and gets back what happened.
//!
//! Parallel telling, hooks, JUnit and JSON are the crate's. While it tells, it silences panics, so those of a mock's
//! own tasks would leave no trace; they are kept here and fail the run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};

use cucumber::event::ScenarioFinished;
use cucumber::gherkin::{Feature, Scenario};
use cucumber::{Parser, World, WriterExt, cli, parser, writer};
use futures_util::{FutureExt, stream};
use tokio::sync::Mutex as TurnMutex;

use super::console::Style;
use super::record::{Recorder, Told};
use super::{Arguments, RunError, black_box, junit, path_of};
use crate::story::{Circumstances, Evidence, Story, told_under};

/// What came of telling.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) told: Vec<Told>,
    pub(super) junit: Vec<u8>,
    pub(super) json: Vec<u8>,
    /// Panics outside of steps.
    pub(super) panics: Vec<String>,
    /// Why mocks or importers could not be started.
    pub(super) troubles: Vec<String>,
}

/// A scenario among others: its file and line.
pub(super) type Key = (String, usize);

pub(super) fn key_of(feature: &Feature, scenario: &Scenario) -> Key {
    (path_of(feature), scenario.position.line)
}

/// What scenarios leave behind, by scenario.
pub(super) type Left = Arc<Mutex<BTreeMap<Key, Evidence>>>;

/// Something several writers share.
pub(super) fn locked<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A writer that panicked half-way has at worst left out a line.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells all scenarios of these features.
pub(super) async fn tell(
    features: Vec<Feature>,
    arguments: &Arguments,
    black_box: Option<black_box::Command>,
    style: Style,
    out: &mut (dyn Write + Send),
) -> Result<Came, RunError> {
    // The panic hook is the process's, so one run at a time has it.
    static TURN: TurnMutex<()> = TurnMutex::const_new(());
    let _turn = TURN.lock().await;
    let (junit_report, json) = (Buffer::default(), Buffer::default());
    let (left, panics) = (Left::default(), Panics::default());
    let recorder = Recorder::new(Arc::clone(&left), panics.clone(), style, out);
    let told = recorder.told();
    let circumstances = Circumstances::new(arguments.seed, black_box);
    let cucumber = Story::cucumber::<&str>()
        .with_parser::<_, Vec<Feature>>(Parsed)
        .max_concurrent_scenarios(usize::from(arguments.jobs))
        .with_writer(
            recorder
                .tee::<Story, _>(writer::JUnit::for_tee(junit_report.clone(), 0))
                .tee::<Story, _>(writer::Json::for_tee(json.clone()))
                .normalized()
                .fail_on_skipped(),
        )
        .after(move |feature, _, scenario, finished, story| {
            let left = Arc::clone(&left);
            async move {
                let Some(story) = story else { return };
                let evidence = story.evidence().await;
                locked(&left).insert(key_of(feature, scenario), evidence);
                // A hook fails a story in no other way.
                if let (ScenarioFinished::StepPassed, Err(why)) = (finished, story.outstanding()) {
                    panic::resume_unwind(Box::new(why));
                }
            }
            .boxed_local()
        })
        .with_default_cli();
    told_under(circumstances.clone(), cucumber.run(features)).await;
    let told = std::mem::take(&mut *locked(&told)).into_result()?;
    let panics = panics.heard();
    let troubles = circumstances.troubles();
    let junit = junit::well_formed(&String::from_utf8_lossy(&junit_report.taken())).into_bytes();
    Ok(Came { told, junit, json: json.taken(), panics, troubles })
}

/// Features that were read before.
#[derive(Debug)]
struct Parsed;

impl Parser<Vec<Feature>> for Parsed {
    type Cli = cli::Empty;
    type Output = stream::Iter<std::vec::IntoIter<parser::Result<Feature>>>;

    fn parse(self, features: Vec<Feature>, _: cli::Empty) -> Self::Output {
        stream::iter(features.into_iter().map(Ok).collect::<Vec<_>>())
    }
}

/// A report while it is written.
#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn taken(&self) -> Vec<u8> {
        std::mem::take(&mut *locked(&self.0))
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Panics that no step reports.
#[derive(Debug, Clone, Default)]
pub(crate) struct Panics(Arc<Mutex<Vec<String>>>);

impl Panics {
    /// Puts a hook into the place of the one there is. Where that is the one that keeps silent, `cucumber` puts back the
    /// one there was before both.
    pub(crate) fn listen(&self) {
        let panics = Arc::clone(&self.0);
        panic::set_hook(Box::new(move |info| {
            if !is_step(info) {
                locked(&panics).push(info.to_string());
            }
        }));
    }

    /// What was heard so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        locked(&self.0).clone()
    }
}

/// Whether it is how a step says that something is wrong.
fn is_step(info: &PanicHookInfo<'_>) -> bool {
    let file = info.location().map(|location| location.file().replace('\\', "/"));
    file.is_some_and(|file| file.contains("scenarios/src/story/") || file.starts_with("src/story/"))
}
