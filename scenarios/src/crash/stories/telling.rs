//! Tells one story, step by step, with something done to its importer.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use cucumber::World;
use cucumber::step::Collection;
use futures_util::FutureExt;
use importer::sqlite::Ledger;

use super::super::Trouble;
use super::super::state::{State, state};
use super::classes::Class;
use crate::runner::{Single, panic_words};
use crate::story::{Circumstances, Retold, RunSeen, Story, told_under};

/// A story with what is known of its steps.
pub(super) struct Script<'s> {
    pub(super) story: &'s Single,
    pub(super) classes: Vec<Class>,
    pub(super) known: &'s Collection<Story>,
    pub(super) seed: u64,
}

/// What came of telling a story.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// Claims that were not true, by their steps.
    pub(super) untrue: Vec<(usize, String)>,
    /// The deed that could not be done, with which the telling ended.
    pub(super) impossible: Option<(usize, String)>,
    /// What there is in the end.
    pub(super) end: State,
    /// What the importer's runs did.
    pub(super) runs: Vec<RunSeen>,
}

impl Script<'_> {
    /// Tells the story as it stands: each claim counts.
    pub(super) async fn told(&self, retold: &Arc<Retold>) -> Result<Telling, Trouble> {
        self.tell(retold, &|_| true).await
    }

    /// Tells it with only these claims.
    pub(super) async fn retold(
        &self,
        retold: &Arc<Retold>,
        judged: &BTreeSet<usize>,
    ) -> Result<Telling, Trouble> {
        self.tell(retold, &|step| judged.contains(&step)).await
    }

    async fn tell(
        &self,
        retold: &Arc<Retold>,
        is_judged: &dyn Fn(usize) -> bool,
    ) -> Result<Telling, Trouble> {
        let circumstances = Circumstances::retold(self.seed, retold);
        told_under(circumstances, async {
            let mut story = <Story as World>::new().await?;
            let mut telling = Telling::default();
            for (index, class) in self.classes.iter().enumerate() {
                if *class != Class::Deed && !is_judged(index) {
                    continue;
                }
                match (self.step(&mut story, index).await, class) {
                    (Ok(()), _) => {}
                    (Err(text), Class::Deed) => {
                        telling.impossible = Some((index, text));
                        break;
                    }
                    (Err(text), _) => telling.untrue.push((index, text)),
                }
            }
            telling.end = end(&story).await?;
            telling.runs = story.runs();
            Ok(telling)
        })
        .await
    }

    async fn step(&self, story: &mut Story, index: usize) -> Result<(), String> {
        let step = &self.story.steps[index];
        let unknown = || format!("no step is called {:?}", step.value);
        let found = self.known.find(step).map_err(|error| error.to_string())?;
        let (step, _, _, context) = found.ok_or_else(unknown)?;
        let told = AssertUnwindSafe(step(story, context)).catch_unwind().await;
        told.map_err(|panic| panic_words(panic.as_ref()))
    }
}

async fn end(story: &Story) -> Result<State, Trouble> {
    let (stage, [accounts, contacts]) = story.end();
    state(stage, &Ledger::open(&stage.ledger_file())?, &accounts, &contacts).await
}
