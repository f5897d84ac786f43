//! A running mock, from options to the server.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use mock_kit::clock::{self, Clock};
use mock_kit::server::{Listener, Server};
use mock_kit::tls::{Tls, TlsError};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::faults::{ActiveRule, FaultRule};
use crate::instance::{Beginning, Instance};
use crate::journal::JournalEntry;
use crate::login::{Credentials, Doorkeeper};
use crate::oauth::{ConnectedApp, PublicKey};
use crate::org::ids::{KeyPrefix, RecordId};
use crate::org::schema::ObjectKind;
use crate::org::store::{FIRST_USER, Store};
use crate::org::{FixtureError, Org, OrgError};
use crate::seed;
use crate::server::Front;
use crate::settings::Settings;
use mock_kit::shifted_clock::ShiftedClock;

/// What a mock is started with.
#[derive(Clone)]
pub struct Options {
    /// The file the org is kept in; without one it lives in memory and ends with the mock.
    pub database: Option<PathBuf>,
    /// Decides the generated data, the organization's id and the session ids.
    pub seed: u64,
    /// Accounts to generate, unless the file has an org already.
    pub accounts: u64,
    /// Contacts to generate, unless the file has an org already.
    pub contacts: u64,
    /// Loaded into a new org, besides what is generated; see [`Org::load`].
    pub fixture: Option<Json>,
    /// The name of the user who may sign in.
    pub user: String,
    /// Their password.
    pub password: String,
    /// Their security token.
    pub token: String,
    /// The client id of the connected app every org has.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The key its assertions are verified with.
    pub jwt_key: Option<PublicKey>,
    /// Serve TLS, with certificates for these hosts.
    pub tls_hosts: Option<Vec<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            database: None,
            seed: 1,
            accounts: 0,
            contacts: 0,
            fixture: None,
            user: "integration@example.com".to_owned(),
            password: "mock-password".to_owned(),
            token: "MockSecurityToken".to_owned(),
            client_id: "mock-client-id".to_owned(),
            client_secret: "mock-client-secret".to_owned(),
            jwt_key: None,
            tls_hosts: None,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("database", &self.database)
            .field("seed", &self.seed)
            .field("accounts", &self.accounts)
            .field("contacts", &self.contacts)
            .field("user", &self.user)
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
    #[error("the database cannot be opened")]
    Database(#[from] rusqlite::Error),
    /// The first records could not be written.
    #[error("the org could not be filled")]
    Fill(#[from] OrgError),
    /// The fixture is not one, or breaks a rule of the org.
    #[error("the fixture could not be loaded")]
    Fixture(#[from] FixtureError),
    /// The certificates could not be made.
    #[error("there can be no TLS")]
    Tls(#[from] TlsError),
}

/// A Salesforce that is listening. It stops when dropped.
#[derive(Debug)]
pub struct MockSalesforce {
    instance: Arc<Instance>,
    server: Server,
}

impl MockSalesforce {
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
        let Options {
            database,
            seed,
            accounts,
            contacts,
            fixture,
            user,
            password,
            token,
            client_id,
            client_secret,
            jwt_key,
            tls_hosts,
        } = options;
        let tls = tls_hosts.map(|hosts| Tls::new(&hosts, clock.now())).transpose()?;
        let [a, b, c, d, ..] = seed.to_le_bytes();
        let organization = u32::from_le_bytes([a, b, c, d]).into();
        let store = Store::open(database.as_deref(), organization)?;
        let clock = Arc::new(ShiftedClock::new(clock));
        let org = Org::new(store, Arc::<ShiftedClock>::clone(&clock));
        if introduce(&org, &user)? {
            seed::fill(&org, seed, accounts, contacts)?;
            if let Some(fixture) = fixture {
                org.load(&fixture)?;
            }
        }
        let mut doorkeeper = Doorkeeper::default();
        doorkeeper.admit(&user, Credentials { user: FIRST_USER, password, token });
        let app = ConnectedApp {
            client_id,
            client_secret,
            run_as: Some(user),
            key: jwt_key,
            approved: true,
            scope: "api".to_owned(),
        };
        let apps = BTreeMap::from([(app.client_id.clone(), app)]);
        let beginning = Beginning { doorkeeper, apps, seed, tls };
        let instance = Arc::new(Instance::new(org, clock, beginning));
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

    /// The org behind the server.
    pub fn org(&self) -> Org {
        self.instance.org.clone()
    }

    /// What the org's administrator has set.
    pub fn settings(&self) -> Settings {
        self.instance.settings().clone()
    }

    /// Changes what the org's administrator has set.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.instance.configure(change);
    }

    /// Adds a connected app, or replaces the one of its client id.
    pub fn register_app(&self, app: ConnectedApp) {
        self.instance.apps().insert(app.client_id.clone(), app);
    }

    /// How often each call was made, by its name.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.instance.journal().counts().clone()
    }

    /// The latest calls, oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.instance.journal().entries().cloned().collect()
    }

    /// Forgets the journal and its counts.
    pub fn forget_journal(&self) {
        self.instance.journal().clear();
    }

    /// Calls that went wrong so far because somebody let them.
    pub fn spoilt_calls(&self) -> u64 {
        self.instance.faults().spoilt()
    }

    /// Lets something go wrong. The number is for taking the rule back; none for a rule beyond the thousandth, which is
    /// not kept.
    pub fn spoil(&self, rule: FaultRule) -> Option<u64> {
        self.instance.faults().add(rule)
    }

    /// What goes wrong, and how often it has.
    pub fn faults(&self) -> Vec<ActiveRule> {
        self.instance.faults().list().to_vec()
    }

    /// Takes a rule back; whether there was one.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.instance.faults().remove(id)
    }

    /// Lets nothing go wrong any more.
    pub fn heal(&self) {
        self.instance.faults().clear();
    }

    /// Lets another user of the org sign in, until the mock is reset; whether there is such a user.
    pub fn admit(&self, username: &str, password: &str, token: &str) -> Result<bool, OrgError> {
        self.instance.admit(username, password, token)
    }

    /// Ends all sessions: the next call of every client is refused with `INVALID_SESSION_ID`.
    pub fn end_sessions(&self) {
        self.instance.sessions().close_all();
    }

    /// The mock's time.
    pub fn now(&self) -> Timestamp {
        self.instance.clock.now()
    }

    /// Moves the mock's clock ahead of the one it was given.
    pub fn advance_clock(&self, seconds: u32) {
        self.instance.clock.advance(seconds);
    }

    /// Makes everything as it was when the mock was started with an empty org: records, settings, sessions, lock-outs,
    /// faults, counts, clock. Checkpoints stay.
    pub fn reset(&self) -> Result<(), OrgError> {
        self.instance.reset()
    }

    /// Replaces the org's records by generated ones.
    pub fn generate(&self, seed: u64, accounts: u64, contacts: u64) -> Result<(), OrgError> {
        self.instance.org.clear()?;
        seed::fill(&self.instance.org, seed, accounts, contacts)
    }

    /// The certificate of the authority to trust, in PEM, where the mock serves TLS.
    pub fn authority(&self) -> Option<&str> {
        self.instance.tls().map(Tls::authority)
    }
}

/// Puts the user who may sign in into the org; whether the org is new.
fn introduce(org: &Org, username: &str) -> Result<bool, OrgError> {
    let user = RecordId::new(ObjectKind::User.prefix(), FIRST_USER).to_string();
    if org.record(&user)?.is_some() {
        org.update(&user, &json!({ "Username": username }))?;
        return Ok(false);
    }
    org.insert_user(&json!({
        "Id": user,
        "Username": username,
        "FirstName": "Integration",
        "LastName": "User",
        "Email": "integration@example.com",
        "Alias": "integ",
    }))?;
    Ok(true)
}

/// The id of the generator's account at `index`, counted from 0.
pub fn generated_account_id(index: u64) -> String {
    generated_id(ObjectKind::Account.prefix(), index)
}

/// The id of the generator's contact at `index`, counted from 0.
pub fn generated_contact_id(index: u64) -> String {
    generated_id(ObjectKind::Contact.prefix(), index)
}

/// The id of the generator's user at `index`, counted from 0.
pub fn generated_user_id(index: u64) -> String {
    generated_id(ObjectKind::User.prefix(), index)
}

fn generated_id(prefix: KeyPrefix, index: u64) -> String {
    RecordId::new(prefix, seed::number(index)).to_string()
}
