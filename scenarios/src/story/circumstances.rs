//! What all stories of one run have in common: the seed, and which importer they are told to.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use mock_kit::clock::Clock;
use mock_kit::world::Size;

use super::Retold;
use crate::runner::black_box::Command;
use crate::stage::{Plan, Stage, StageError};

/// What stories are told under. Clones share their troubles.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// What generated data come from.
    pub(super) seed: u64,
    /// An importer from outside; without one, ours runs in this process.
    pub(super) black_box: Option<Arc<Command>>,
    /// What happens to the importer, where a story is told again for that.
    pub(super) retold: Option<Arc<Retold>>,
    troubles: Arc<Mutex<Vec<String>>>,
}

tokio::task_local! {
    static CIRCUMSTANCES: Circumstances;
}

/// Awaits something, so that stories begun in it are told under these circumstances.
pub async fn told_under<F: Future>(circumstances: Circumstances, telling: F) -> F::Output {
    CIRCUMSTANCES.scope(circumstances, telling).await
}

impl Circumstances {
    /// Circumstances that nothing has gone wrong in yet.
    pub fn new(seed: u64, black_box: Option<Command>) -> Self {
        Self { seed, black_box: black_box.map(Arc::new), retold: None, troubles: Arc::default() }
    }

    /// Circumstances under which this happens to the importer.
    pub fn retold(seed: u64, retold: &Arc<Retold>) -> Self {
        Self { retold: Some(Arc::clone(retold)), ..Self::new(seed, None) }
    }

    /// Those of the present run.
    pub(super) fn present() -> Self {
        CIRCUMSTANCES.try_with(Clone::clone).unwrap_or_default()
    }

    /// Sets a stage with so much on it. A story that is told again and again is told in memory.
    pub(super) async fn set(&self, size: Size, clock: Arc<dyn Clock>) -> Result<Stage, StageError> {
        let plan = Plan { seed: self.seed, size };
        if self.retold.is_some() {
            Stage::set_in_memory(&plan, clock).await
        } else {
            Stage::set(&plan, clock).await
        }
    }

    /// Notes that this machine does not do what stories need; that is no story's fault.
    pub(super) fn trouble(&self, text: &str) {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }

    /// What this machine did not do.
    pub fn troubles(&self) -> Vec<String> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
