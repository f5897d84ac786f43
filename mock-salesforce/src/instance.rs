//! One running Salesforce: its org and everything that is not a record.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use mock_kit::clock::Clock;

use crate::faults::Faults;
use crate::journal::Journal;
use crate::login::Doorkeeper;
use crate::oauth::ConnectedApps;
use crate::org::Org;
use crate::session::Sessions;
use crate::settings::Settings;
use crate::shifted_clock::ShiftedClock;
use crate::soap::fault::Fault;
use crate::usage::{LongRequests, Usage};

/// What all connections of a mock share.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) org: Org,
    pub(crate) clock: Arc<ShiftedClock>,
    sessions: Mutex<Sessions>,
    settings: Mutex<Settings>,
    doorkeeper: Mutex<Doorkeeper>,
    apps: Mutex<ConnectedApps>,
    usage: Mutex<Usage>,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    long_requests: Arc<Mutex<LongRequests>>,
}

impl Instance {
    pub(crate) fn new(
        org: Org,
        clock: Arc<ShiftedClock>,
        doorkeeper: Doorkeeper,
        seed: u64,
    ) -> Self {
        Self {
            org,
            clock,
            sessions: Mutex::new(Sessions::new(seed)),
            settings: Mutex::default(),
            doorkeeper: Mutex::new(doorkeeper),
            apps: Mutex::default(),
            usage: Mutex::default(),
            journal: Mutex::default(),
            faults: Mutex::default(),
            long_requests: Arc::default(),
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

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    /// The clock as the port.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::<ShiftedClock>::clone(&self.clock)
    }

    /// Counts a request that takes its time, until what is returned is dropped.
    pub(crate) fn under_way(&self, since: Timestamp) -> UnderWay {
        let number = lock(&self.long_requests).begin(since);
        UnderWay { requests: Arc::clone(&self.long_requests), number }
    }

    /// Refuses a request while too many long ones are under way.
    pub(crate) fn check_long_requests(&self, now: Timestamp) -> Result<(), Fault> {
        let limit = self.settings().long_requests;
        lock(&self.long_requests).check(now, limit)
    }
}

/// A request that is being carried out.
#[derive(Debug)]
pub(crate) struct UnderWay {
    requests: Arc<Mutex<LongRequests>>,
    number: u64,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        lock(&self.requests).end(self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
