//! A running mock, from options to the server.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use mock_kit::clock::{self, Clock};
use mock_kit::server::{Listener, Server};
use mock_kit::tls::{Tls, TlsError};
use tokio::net::TcpListener;

use crate::credentials::Credentials;
use crate::faults::FaultRule;
use crate::founding;
use crate::instance::{Beginning, Instance, circumstances};
use crate::journal::JournalEntry;
use crate::limits::Limits;
use crate::records::{Fixture, FixtureError, RecordError, Records};
use crate::seed;
use crate::server::Front;
use crate::settings::Settings;
use crate::store::{Author, OpenError, Tenant};
use crate::write::Circumstances;
use mock_kit::shifted_clock::ShiftedClock;

/// What a mock is started with.
#[derive(Clone)]
pub struct Options {
    /// The file the tenant is kept in; without one it lives in memory and ends with the mock.
    pub database: Option<PathBuf>,
    /// Decides the generated data, and which calls a fault spoils that is about a share of them.
    pub seed: u64,
    /// Companies to generate, unless the file has a tenant already.
    pub companies: u64,
    /// Contacts to generate, unless the file has a tenant already.
    pub contacts: u64,
    /// Resources to generate, at the least: generated companies bring their owners with them.
    pub resources: u64,
    /// Records to load, unless the file has a tenant already.
    pub fixture: Option<Fixture>,
    /// The API user's name.
    pub user: String,
    /// Their secret.
    pub secret: String,
    /// The integration's code.
    pub integration_code: String,
    /// How much clients may ask of the server.
    pub limits: Limits,
    /// Serve TLS, with certificates for these hosts.
    pub tls_hosts: Option<Vec<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            database: None,
            seed: 1,
            companies: 0,
            contacts: 0,
            resources: 0,
            fixture: None,
            user: "api@example.com".to_owned(),
            secret: "mock-secret".to_owned(),
            integration_code: "MOCKINTEGRATIONCODE".to_owned(),
            limits: Limits::off(),
            tls_hosts: None,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("database", &self.database)
            .field("seed", &self.seed)
            .field("companies", &self.companies)
            .field("contacts", &self.contacts)
            .field("resources", &self.resources)
            .field("user", &self.user)
            .field("limits", &self.limits)
            .field("tls_hosts", &self.tls_hosts)
            .finish_non_exhaustive()
    }
}

/// Why a mock did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("the address cannot be listened on")]
    Listen(#[from] io::Error),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The first records could not be written.
    #[error("the tenant could not be filled")]
    Fill(#[from] rusqlite::Error),
    /// The fixture breaks a rule of the tenant.
    #[error("the fixture could not be loaded")]
    Fixture(#[from] FixtureError),
    /// There are no certificates to show.
    #[error("TLS cannot be served")]
    Tls(#[from] TlsError),
}

/// An Autotask that is listening. It stops when dropped.
#[derive(Debug)]
pub struct MockAutotask {
    instance: Arc<Instance>,
    server: Server,
}

impl MockAutotask {
    /// Starts a mock on a free port of the loopback address, with the machine's clock.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        Self::start_on(TcpListener::bind("127.0.0.1:0").await?, clock::system(), options)
    }

    /// Starts a mock on a listener and a clock of one's own.
    pub fn start_on(
        listener: impl Listener,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, StartError> {
        let Options { database, seed, user, secret, integration_code, limits, tls_hosts, .. } =
            options;
        let Options { companies, contacts, resources, fixture, .. } = options;
        let tls = tls_hosts.map(|hosts| Tls::new(&hosts, clock.now())).transpose()?;
        let clock = Arc::new(ShiftedClock::new(clock));
        let settings = Settings { limits, ..Settings::default() };
        let tenant = Tenant::open(database.as_deref(), |tenant| {
            let now = clock.now().as_millisecond();
            let circumstances =
                circumstances(&settings, now, Author::Person, founding::API_RESOURCE, None);
            founding::found(tenant, circumstances)?;
            fill(tenant, circumstances, World { seed, companies, contacts, resources })?;
            if let Some(fixture) = fixture {
                fixture.load(tenant, &circumstances)?;
            }
            Ok::<(), StartError>(())
        })?;
        let credentials = Credentials { user, secret, integration_code };
        let beginning = Beginning { credentials, settings, seed, tls };
        let instance = Arc::new(Instance::new(tenant, clock, beginning));
        let front = |scheme| Arc::new(Front { instance: Arc::clone(&instance), scheme });
        let server = if let Some(tls) = instance.tls() {
            Server::start(tls.listener(listener), front("https"))?
        } else {
            let scheme = listener.scheme();
            Server::start(listener, front(scheme))?
        };
        Ok(Self { instance, server })
    }

    /// The address, as a URL without a trailing slash.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The tenant's records, as people see them in the product itself.
    pub fn records(&self) -> Records {
        Records::new(Arc::clone(&self.instance))
    }

    /// What the tenant's administrator has set.
    pub fn settings(&self) -> Settings {
        self.instance.settings().clone()
    }

    /// Changes what the tenant's administrator has set.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.instance.configure(change);
    }

    /// How often each call was made, by its name.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.instance.journal().counts().clone()
    }

    /// The latest calls, oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.instance.journal().entries().cloned().collect()
    }

    /// The requests of the past hour, those of other integrations included.
    pub fn requests_last_hour(&self) -> u64 {
        let settings = self.instance.settings();
        self.instance.traffic().used(self.instance.now(), &settings.limits)
    }

    /// Calls that went wrong so far because somebody let them.
    pub fn spoilt_calls(&self) -> u64 {
        self.instance.faults().spoilt()
    }

    /// Lets something go wrong. Rules beyond the thousandth are not kept.
    pub fn spoil(&self, rule: FaultRule) {
        self.instance.faults().add(rule);
    }

    /// Lets nothing go wrong any more.
    pub fn heal(&self) {
        self.instance.faults().clear();
    }

    /// The mock's time.
    pub fn now(&self) -> Timestamp {
        self.instance.clock.now()
    }

    /// Moves the mock's clock ahead of the one it was given.
    pub fn advance_clock(&self, seconds: u32) {
        self.instance.clock.advance(seconds);
    }

    /// Makes everything as it was when the mock was started with an empty tenant: records, settings, lock-out, faults,
    /// counts, clock. Checkpoints stay.
    pub fn reset(&self) -> Result<(), RecordError> {
        Ok(self.instance.reset()?)
    }

    /// The certificate of the authority to trust, in PEM, where the mock serves TLS.
    pub fn authority(&self) -> Option<&str> {
        self.instance.tls().map(Tls::authority)
    }
}

/// What a generated tenant holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) companies: u64,
    pub(crate) contacts: u64,
    pub(crate) resources: u64,
}

/// Fills an empty tenant; one that is to have nothing stays empty.
pub(crate) fn fill(
    tenant: &mut Tenant,
    circumstances: Circumstances,
    world: World,
) -> rusqlite::Result<()> {
    let World { seed, companies, contacts, resources } = world;
    if companies == 0 && contacts == 0 && resources == 0 {
        return Ok(());
    }
    seed::fill(tenant, circumstances, seed, companies, contacts)?;
    founding::hire(tenant, circumstances, resources)
}

impl Drop for MockAutotask {
    fn drop(&mut self) {
        self.instance.late().abort_all();
    }
}
