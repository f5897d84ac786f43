//! The importer's service with its console on a stage, as `importer serve` runs it. What people edit is in its ledger, so
//! that the console can change it, and the mails it sends can be read on a page.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use importer::app::Importer;
use importer::config::{ConfigError, Given, Key, Proposal};
use importer::console::{Console, ConsoleError};
use importer::ports::Clock;
use importer::progress::Silent;
use importer::settings::{Settings, SettingsError};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

use crate::mail_page::MailPage;
use crate::stage::{Stage, StageError, importer_of};

/// Who gets the mails: somebody whom every tenant has.
const RECIPIENT: &str = "Autotask Administrator";

/// Why there is no service, or how it failed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// It does not accept its settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// They cannot be saved.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// It cannot be put together.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The console did not start, or the service failed.
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// This machine has no free port.
    #[error("this machine has no free port")]
    Machine(#[from] io::Error),
    /// It ended in a panic.
    #[error("the service broke off")]
    Broken(#[from] JoinError),
}

/// The service, its console and the page of mails.
pub struct Service {
    /// The console's address, without path.
    pub console: String,
    /// What to sign in with.
    pub token: SecretString,
    /// Where the mails are.
    pub mails: MailPage,
    /// The importer it runs.
    pub importer: Importer,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), ConsoleError>>,
}

impl Service {
    /// Starts it on the stage's ledger. It imports when it is told to: nobody has made it active.
    pub async fn start(stage: &Stage, clock: Arc<dyn Clock>) -> Result<Self, ServiceError> {
        let address = free_address().await?;
        let toml = format!(
            "{}\n{}\n[console]\nlisten = \"{address}\"\npublic_url = \"http://{address}\"\n",
            stage.places_toml(),
            stage.smtp_toml()
        );
        let settings = Settings::of(Given::parse(&toml, &stage.settings_file(), &|_| None)?)?;
        settings.save(&edited(stage), clock.now())?;
        let importer = importer_of(settings.config()?, clock, Arc::new(Silent))?;
        let missing = || io::Error::other("the settings ask for no console");
        let console = Console::open(&importer).await?.ok_or_else(missing)?;
        let token = console.token().map(ExposeSecret::expose_secret).unwrap_or_default().into();
        let mails = MailPage::start(stage.mail.mails()).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serves = importer.clone();
        let serving = tokio::spawn(async move {
            console.serve(&serves, async { stopped.await.unwrap_or_default() }).await
        });
        Ok(Self { console: format!("http://{address}"), token, mails, importer, stop, serving })
    }

    /// Ends it, as a signal would.
    pub async fn stop(self) -> Result<(), ServiceError> {
        // It has ended by itself if nobody listens, and tells why.
        let _ = self.stop.send(());
        Ok(self.serving.await??)
    }
}

/// An address that nobody listens at. It has to be known beforehand, as mails lead to it.
async fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").await?.local_addr()
}

/// What people would set.
fn edited(stage: &Stage) -> Vec<Proposal> {
    let mut edited = stage.edited();
    edited.push(("notifications.recipients", RECIPIENT.to_owned()));
    let proposal = |(name, value): (&str, String)| {
        Some(Proposal { key: Key::named(name)?, value: Some(value) })
    };
    edited.into_iter().filter_map(proposal).collect()
}
