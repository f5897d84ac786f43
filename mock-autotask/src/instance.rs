//! The one running tenant: what every request shares.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mock_kit::clock::Clock;
use mock_kit::shifted_clock::ShiftedClock;
use mock_kit::tls::Tls;
use tokio::task::JoinSet;

use crate::credentials::Credentials;
use crate::entities::FIRST_RESOURCE;
use crate::faults::Faults;
use crate::founding::{self, API_RESOURCE};
use crate::journal::Journal;
use crate::limits::Traffic;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::store::{Author, Checkpoints, Tenant, View};
use crate::turns::{TenantGuard, Turn, Turns};
use crate::write::Circumstances;

/// What every request shares.
#[derive(Debug)]
pub(crate) struct Instance {
    turns: Turns,
    checkpoints: Mutex<Checkpoints>,
    settings: Mutex<Settings>,
    traffic: Mutex<Traffic>,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    /// Wrong secrets in a row.
    failures: Mutex<u32>,
    /// Calls that take effect after their connection was closed.
    late: Mutex<JoinSet<()>>,
    pub(crate) clock: Arc<ShiftedClock>,
    /// When the mock was started, in milliseconds since 1970.
    started: i64,
    started_with: Beginning,
}

/// What a mock was started with, and goes back to.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) credentials: Credentials,
    pub(crate) settings: Settings,
    pub(crate) seed: u64,
    pub(crate) tls: Option<Tls>,
}

impl Instance {
    pub(crate) fn new(tenant: Tenant, clock: Arc<ShiftedClock>, started_with: Beginning) -> Self {
        Self {
            turns: Turns::new(tenant),
            checkpoints: Mutex::default(),
            settings: Mutex::new(started_with.settings.clone()),
            traffic: Mutex::default(),
            journal: Mutex::default(),
            faults: Mutex::new(Faults::new(started_with.seed)),
            failures: Mutex::default(),
            late: Mutex::default(),
            started: clock.now().as_millisecond(),
            clock,
            started_with,
        }
    }

    /// Makes everything as it was when the mock was started with an empty tenant. Checkpoints stay.
    pub(crate) fn reset(&self) -> rusqlite::Result<()> {
        self.late().abort_all();
        self.clear()?;
        self.configure(|settings| *settings = self.started_with.settings.clone());
        *lock(&self.failures) = 0;
        self.traffic().forget();
        *self.faults() = Faults::new(self.started_with.seed);
        self.journal().clear();
        self.clock.put_back();
        Ok(())
    }

    /// Forgets all records; what every tenant has is there again.
    pub(crate) fn clear(&self) -> rusqlite::Result<()> {
        let circumstances = self.of_person();
        self.tenant().atomically(|tenant| {
            tenant.clear()?;
            founding::found(tenant, circumstances)
        })
    }

    /// The API user's credentials.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.started_with.credentials
    }

    /// The certificates, where the mock serves TLS.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.started_with.tls.as_ref()
    }

    /// The number clients tell databases apart by: tenants of other seeds are other databases.
    pub(crate) fn database_number(&self) -> u64 {
        30_595 + self.started_with.seed.wrapping_sub(1) % 65_536
    }

    /// The database without standing in line, for as long as the guard lives; never across an await.
    pub(crate) fn tenant(&self) -> TenantGuard<'_> {
        self.turns.tenant()
    }

    /// Waits until it is this request's turn at the database.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        self.turns.next().await
    }

    pub(crate) fn checkpoints(&self) -> MutexGuard<'_, Checkpoints> {
        lock(&self.checkpoints)
    }

    /// The settings, to look at.
    pub(crate) fn settings(&self) -> impl Deref<Target = Settings> + '_ {
        lock(&self.settings)
    }

    /// Changes settings; from then on they hold. A user who is unlocked may err as often as before.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = lock(&self.settings);
        let was_locked = settings.locked;
        change(&mut settings);
        if was_locked && !settings.locked {
            *lock(&self.failures) = 0;
        }
        if let Some(tls) = self.tls() {
            tls.show(settings.certificate);
        }
    }

    pub(crate) fn traffic(&self) -> MutexGuard<'_, Traffic> {
        lock(&self.traffic)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn late(&self) -> MutexGuard<'_, JoinSet<()>> {
        lock(&self.late)
    }

    /// The clock as the port.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::<ShiftedClock>::clone(&self.clock)
    }

    /// The present moment, in milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Refuses a request whose credentials are not the API user's.
    pub(crate) fn admit(&self, headers: &http::HeaderMap) -> Result<(), Refusal> {
        let mut settings = lock(&self.settings);
        self.credentials().admit(headers, &mut settings, &mut lock(&self.failures))?;
        if settings.zone_url.is_some() {
            return Err(Refusal::Unauthorized("the database lives in another zone"));
        }
        let ready = self.started + i64::from(settings.user_delay_seconds) * 1_000;
        if self.now() < ready {
            return Err(Refusal::Unauthorized("the user is new and does not work yet"));
        }
        Ok(())
    }

    /// Counts a request in, or refuses it, and waits as long as the server takes at this load.
    pub(crate) async fn enter(&self, endpoint: &'static str) -> Result<Slot<'_>, Refusal> {
        let delay = {
            let settings = self.settings();
            self.traffic().enter(endpoint, self.now(), &settings.limits)?
        };
        let slot = Slot { instance: self, endpoint };
        if delay > Duration::ZERO {
            self.clock.sleep(delay).await;
        }
        Ok(slot)
    }

    /// How answers show records at the moment.
    pub(crate) fn view(&self) -> View {
        let settings = self.settings();
        View {
            made_before: settings.udfs_made_before(self.now()),
            unset: settings.unset_udfs,
            hides_company: settings.inactive_contacts_read_company_0,
        }
    }

    /// What a write of the API user needs to know.
    pub(crate) fn of_client(&self, impersonated: Option<i64>) -> Circumstances {
        circumstances(&self.settings(), self.now(), Author::Client, API_RESOURCE, impersonated)
    }

    /// What a write of a person in the product itself needs to know.
    pub(crate) fn of_person(&self) -> Circumstances {
        circumstances(&self.settings(), self.now(), Author::Person, FIRST_RESOURCE, None)
    }
}

pub(crate) fn circumstances(
    settings: &Settings,
    now: i64,
    author: Author,
    resource: i64,
    impersonated: Option<i64>,
) -> Circumstances {
    let udfs_made_before = match author {
        Author::Client => settings.udfs_made_before(now),
        Author::Person => i64::MAX,
    };
    Circumstances {
        now,
        author,
        resource,
        impersonated,
        udfs_made_before,
        udf_edit_moves_modified: settings.udf_edit_moves_modified,
        inactive_picklist_values: settings.inactive_picklist_values,
    }
}

/// A call under way on an endpoint, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot<'i> {
    instance: &'i Instance,
    endpoint: &'static str,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let settings = self.instance.settings();
        let now = self.instance.now();
        self.instance.traffic().leave(self.endpoint, now, &settings.limits);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
