//! One running Salesforce: its org and everything that is not a record.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mock_kit::clock::Clock;

use crate::login::Doorkeeper;
use crate::oauth::ConnectedApps;
use crate::org::Org;
use crate::session::Sessions;
use crate::settings::Settings;
use crate::usage::Usage;

/// What all connections of a mock share.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) org: Org,
    pub(crate) clock: Arc<dyn Clock>,
    sessions: Mutex<Sessions>,
    settings: Mutex<Settings>,
    doorkeeper: Mutex<Doorkeeper>,
    apps: Mutex<ConnectedApps>,
    usage: Mutex<Usage>,
    calls: Mutex<BTreeMap<String, u64>>,
}

/// Calls are counted under at most so many names; clients may send any.
const MOST_NAMES: usize = 200;

impl Instance {
    pub(crate) fn new(org: Org, clock: Arc<dyn Clock>, doorkeeper: Doorkeeper, seed: u64) -> Self {
        Self {
            org,
            clock,
            sessions: Mutex::new(Sessions::new(seed)),
            settings: Mutex::default(),
            doorkeeper: Mutex::new(doorkeeper),
            apps: Mutex::default(),
            usage: Mutex::default(),
            calls: Mutex::default(),
        }
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }

    pub(crate) fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    pub(crate) fn doorkeeper(&self) -> MutexGuard<'_, Doorkeeper> {
        lock(&self.doorkeeper)
    }

    pub(crate) fn apps(&self) -> MutexGuard<'_, ConnectedApps> {
        lock(&self.apps)
    }

    pub(crate) fn usage(&self) -> MutexGuard<'_, Usage> {
        lock(&self.usage)
    }

    /// Counts a call by its name.
    pub(crate) fn note_call(&self, name: &str) {
        let mut calls = lock(&self.calls);
        if let Some(count) = calls.get_mut(name) {
            *count += 1;
        } else if calls.len() < MOST_NAMES {
            calls.insert(name.to_owned(), 1);
        }
    }

    /// How often each call was made.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        lock(&self.calls).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
