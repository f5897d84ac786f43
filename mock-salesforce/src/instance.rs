//! One running Salesforce: its org and everything that is not a record.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use mock_kit::clock::Clock;
use mock_kit::shifted_clock::ShiftedClock;
use mock_kit::tls::Tls;

use crate::answer_memory::AnswerMemory;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::login::{Credentials, Doorkeeper};
use crate::oauth::ConnectedApps;
use crate::org::{Org, OrgError};
use crate::session::Sessions;
use crate::settings::Settings;
use crate::soap::fault::Fault;
use crate::usage::{LongRequests, Usage};

/// What all connections of a mock share.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) org: Org,
    pub(crate) clock: Arc<ShiftedClock>,
    started_with: Beginning,
    sessions: Mutex<Sessions>,
    settings: Mutex<Settings>,
    doorkeeper: Mutex<Doorkeeper>,
    apps: Mutex<ConnectedApps>,
    usage: Mutex<Usage>,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    long_requests: Arc<Mutex<LongRequests>>,
    pub(crate) answer_memory: AnswerMemory,
}

/// What a mock was started with, and goes back to.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    pub(crate) doorkeeper: Doorkeeper,
    pub(crate) apps: ConnectedApps,
    pub(crate) seed: u64,
    pub(crate) tls: Option<Tls>,
}

impl Instance {
    pub(crate) fn new(org: Org, clock: Arc<ShiftedClock>, started_with: Beginning) -> Self {
        Self {
            org,
            clock,
            sessions: Mutex::new(Sessions::new(started_with.seed)),
            settings: Mutex::default(),
            doorkeeper: Mutex::new(started_with.doorkeeper.clone()),
            apps: Mutex::new(started_with.apps.clone()),
            usage: Mutex::default(),
            journal: Mutex::default(),
            faults: Mutex::new(Faults::new(started_with.seed)),
            long_requests: Arc::default(),
            answer_memory: AnswerMemory::default(),
            started_with,
        }
    }

    /// Makes everything as it was when the mock was started with an empty org. Checkpoints stay.
    pub(crate) fn reset(&self) -> Result<(), OrgError> {
        self.org.clear()?;
        self.sessions().close_all();
        self.configure(|settings| *settings = Settings::default());
        *self.doorkeeper() = self.started_with.doorkeeper.clone();
        *self.apps() = self.started_with.apps.clone();
        *self.usage() = Usage::default();
        *self.faults() = Faults::new(self.started_with.seed);
        self.journal().clear();
        self.clock.put_back();
        Ok(())
    }

    /// Lets another user of the org sign in; whether there is such a user.
    pub(crate) fn admit(
        &self,
        username: &str,
        password: &str,
        token: &str,
    ) -> Result<bool, OrgError> {
        let Some(user) = self.org.user_named(username)? else { return Ok(false) };
        let (password, token) = (password.to_owned(), token.to_owned());
        self.doorkeeper().admit(username, Credentials { user, password, token });
        Ok(true)
    }

    /// The certificates, where the mock serves TLS.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.started_with.tls.as_ref()
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }

    /// The settings, to look at.
    pub(crate) fn settings(&self) -> impl Deref<Target = Settings> + '_ {
        lock(&self.settings)
    }

    /// Changes settings; from then on they hold.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = lock(&self.settings);
        change(&mut settings);
        if let Some(tls) = self.tls() {
            tls.show(settings.certificate);
        }
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
