//! The real service of the demo: what people edit is in its ledger, so that the console can change it, and the mails it
//! sends can be read on a page.

use std::net::SocketAddr;
use std::sync::Arc;

use importer::app::Importer;
use importer::config::{Given, Key, Proposal};
use importer::console::{Console, ConsoleError};
use importer::ports::Clock;
use importer::progress::Silent;
use importer::settings::Settings;
use importer::system_clock::SystemClock;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::DemoError;
use crate::mail_page::MailPage;
use crate::stage::Stage;

/// Who gets the mails: somebody whom every tenant has.
const RECIPIENT: &str = "Autotask Administrator";

/// The service, its console and the page of mails.
pub(super) struct Service {
    /// The console's address, without path.
    pub(super) console: String,
    /// What to sign in with.
    pub(super) token: SecretString,
    /// Where the mails are.
    pub(super) mails: MailPage,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), ConsoleError>>,
}

impl Service {
    /// Starts it on the ledger of the imports before. It imports when it is told to: nobody has made it active.
    pub(super) async fn start(stage: &Stage) -> Result<Self, DemoError> {
        let address = free_address().await?;
        let toml = format!(
            "{}\n{}\n[console]\nlisten = \"{address}\"\npublic_url = \"http://{address}\"\n",
            stage.places_toml(),
            stage.smtp_toml()
        );
        let settings = Settings::of(Given::parse(&toml, &stage.settings_file(), &|_| None)?)?;
        settings.save(&edited(stage), SystemClock.now())?;
        let importer = Importer::new(settings.config()?, Arc::new(SystemClock), Arc::new(Silent))?;
        let missing = || std::io::Error::other("the settings ask for no console");
        let console = Console::open(&importer).await?.ok_or_else(missing)?;
        let token = console.token().map(ExposeSecret::expose_secret).unwrap_or_default().into();
        let mails = MailPage::start(stage.mail.mails()).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            console.serve(&importer, async { stopped.await.unwrap_or_default() }).await
        });
        Ok(Self { console: format!("http://{address}"), token, mails, stop, serving })
    }

    /// Ends it, as a signal would.
    pub(super) async fn stop(self) -> Result<(), DemoError> {
        // It has ended by itself if nobody listens, and tells why.
        let _ = self.stop.send(());
        self.serving.await.map_err(std::io::Error::other)??;
        Ok(())
    }
}

/// An address that nobody listens at. It has to be known beforehand, as mails lead to it.
async fn free_address() -> std::io::Result<SocketAddr> {
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
