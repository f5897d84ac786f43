//! What all stories of one run have in common: the seed, and which importer they are told to.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use crate::runner::black_box::Command;

/// What stories are told under. Clones share their troubles.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// What generated data come from.
    pub(super) seed: u64,
    /// An importer from outside; without one, ours runs in this process.
    pub(super) black_box: Option<Arc<Command>>,
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
        Self { seed, black_box: black_box.map(Arc::new), troubles: Arc::default() }
    }

    /// Those of the present run.
    pub(super) fn present() -> Self {
        CIRCUMSTANCES.try_with(Clone::clone).unwrap_or_default()
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
