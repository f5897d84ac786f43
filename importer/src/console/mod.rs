//! The console: what the service shows to people in a browser, and lets them do (rules S1, S3 to S5, C3, R9, R10, U3).
//!
//! Pages are written here, on the server; a little script keeps the progress of a run current, and everything works
//! without it. Facts and deeds are those of [`crate::desk`] and [`crate::settings`], beside a running import: the console
//! reads the ledger over connections of its own, a page at a time. The service alone imports; whoever launches asks it
//! ([`crate::launch`]).

mod api;
mod door;
mod metrics;
mod pages;
mod password;
mod plan;
mod progress;
mod random;
mod routes;
mod server;
mod session;
mod tenant;
mod throttle;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::Importer;
use crate::config::Proposal;
use crate::launch::{self, Launcher};
use crate::ports::Clock;
use crate::progress::Silent;
use crate::settings::{Settings, SettingsError};
use crate::sqlite::{Ledger, LedgerError};
use door::Door;
use pages::trouble::Trouble;
use password::Credential;
use plan::FirstPlan;
use session::{FormKey, Sessions};
use tenant::Known;
use throttle::Throttle;

pub use password::PasswordError;
pub use random::NoRandomness;

/// Browsers that watch a run at the same time.
const MOST_WATCHERS: usize = 16;

/// Why there is no console.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// It cannot listen.
    #[error("the console cannot listen at {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// Nobody could sign in.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// This machine has no randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The settings cannot be shown.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// A console that listens, for the service that it is about to belong to.
pub struct Console {
    listener: TcpListener,
    address: SocketAddr,
    credential: Credential,
    token: Option<SecretString>,
    api_token: Option<SecretString>,
    door: Door,
}

/// What the pages are made from.
struct Desk {
    /// The ledger, over a connection that no import waits for.
    ledger: Arc<Ledger>,
    settings: Settings,
    launcher: Launcher,
    clock: Arc<dyn Clock>,
    door: Door,
    credential: Credential,
    throttle: Mutex<Throttle>,
    /// What programs show, if the settings have it.
    api_token: Option<SecretString>,
    /// Apart from the other, so that a program with a wrong token keeps nobody from signing in.
    api_throttle: Mutex<Throttle>,
    sessions: Mutex<Sessions>,
    forms: FormKey,
    watchers: Arc<Semaphore>,
    first_plan: Mutex<FirstPlan>,
    /// What Autotask said of its people and fields. Whoever asks holds it until there is an answer, so that it is
    /// asked once.
    tenant: tokio::sync::Mutex<Option<Known>>,
    /// When this service began.
    began: Timestamp,
}

impl Console {
    /// The console that the settings ask for, listening; none if they ask for none.
    pub async fn open(importer: &Importer) -> Result<Option<Self>, ConsoleError> {
        let config = importer.config();
        let Some(access) = &config.console else { return Ok(None) };
        let (credential, token) = Credential::of(access)?;
        let failed = |error| ConsoleError::Listen(access.listen, error);
        let listener = TcpListener::bind(access.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let url = config.console_url.as_ref();
        let door = Door {
            name: url.and_then(http::Uri::host).map(str::to_owned),
            secure: url.and_then(http::Uri::scheme_str) == Some("https"),
            port: address.port(),
        };
        if !address.ip().is_loopback() && !door.secure {
            tracing::warn!(
                %address,
                "the console can be reached from other machines, and passwords travel unencrypted: put a server with \
                 TLS in front, and set console.public_url to its https address"
            );
        }
        let api_token = access.api_token.clone();
        Ok(Some(Self { listener, address, credential, token, api_token, door }))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to sign in with, where nobody has set a password.
    pub fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// Runs the service, as [`Importer::serve`] does, with its console.
    pub async fn serve(
        self,
        importer: &Importer,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), ConsoleError> {
        let (launcher, orders) = launch::channel(importer);
        let clock = Arc::clone(&importer.ports.clock);
        let config = importer.config();
        let desk = Desk {
            ledger: Arc::new(Ledger::open(&config.ledger)?),
            settings: Settings::of(config.given().clone())?,
            launcher,
            clock: Arc::clone(&clock),
            door: self.door,
            credential: self.credential,
            throttle: Mutex::default(),
            api_token: self.api_token,
            api_throttle: Mutex::default(),
            sessions: Mutex::default(),
            forms: FormKey::new()?,
            watchers: Arc::new(Semaphore::new(MOST_WATCHERS)),
            first_plan: Mutex::default(),
            tenant: tokio::sync::Mutex::default(),
            began: clock.now(),
        };
        let router = routes::router(Arc::new(desk));
        tracing::info!(address = %self.address, "the console listens");
        // On threads of its own; dropping the set ends it with the service.
        let mut pages = JoinSet::new();
        pages.spawn(server::serve(self.listener, router, clock));
        Ok(importer.serve_orders(stop, orders).await?)
    }
}

impl Desk {
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn api_throttle(&self) -> MutexGuard<'_, Throttle> {
        self.api_throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first_plan(&self) -> MutexGuard<'_, FirstPlan> {
        self.first_plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service's importer with the settings as they are saved now. They have to be complete.
    async fn importer(self: &Arc<Self>) -> Result<Importer, Trouble> {
        self.blocking(|desk| {
            let importer = desk.launcher.importer();
            importer
                .renewed()
                .map(|renewed| renewed.unwrap_or(importer))
                .map_err(SettingsError::from)
        })
        .await
    }

    /// An importer that explains records. To ask Autotask too, its settings have to be complete.
    async fn explainer(self: &Arc<Self>, offline: bool) -> Result<Importer, Trouble> {
        let mut importer = if offline { self.launcher.importer() } else { self.importer().await? };
        // The service's own connection may be busy with an import.
        importer.ledger = Arc::clone(&self.ledger);
        Ok(importer)
    }

    /// An importer to ask Autotask with, even if Salesforce is not set up yet; it has these values besides what is
    /// saved. `None` if Autotask's access is not set.
    async fn asker(self: &Arc<Self>, proposed: Vec<Proposal>) -> Result<Option<Importer>, Trouble> {
        self.blocking(move |desk| {
            let importer = desk.launcher.importer();
            if proposed.is_empty()
                && let Ok(renewed) = importer.renewed()
            {
                // This one knows what of Autotask's hour is used.
                return Ok(Some(renewed.unwrap_or(importer)));
            }
            desk.settings.asker(&proposed, Arc::clone(&desk.clock), Arc::new(Silent))
        })
        .await
    }

    /// Does work that waits for the disk, on a thread for that.
    async fn blocking<T: Send + 'static, E: Into<Trouble> + Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Trouble> {
        let desk = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&desk)).await {
            Ok(done) => done.map_err(Into::into),
            Err(error) => Err(Trouble::internal(error)),
        }
    }
}
