//! The console of an importer between both mocks, at a ledger as a large account has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use importer::app::Importer;
use importer::config::Config;
use importer::console::Console;
use importer::progress::Silent;
use importer::sqlite::Ledger;
use importer::system_clock::SystemClock;
use mock_autotask::MockAutotask;
use mock_salesforce::MockSalesforce;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::browser::Browser;
use super::ledger;
use crate::Failure;

/// The password of the console, in a benchmark that nobody else sees.
const PASSWORD: &str = "benchmark";

/// A console that answers, and somebody who is signed in to it.
pub struct Opened {
    /// Who is signed in.
    pub browser: Browser,
    /// The addresses that are measured.
    pub(super) pages: Vec<String>,
    ledger: PathBuf,
    stop: oneshot::Sender<()>,
    service: JoinHandle<Result<(), String>>,
    _mocks: (MockSalesforce, MockAutotask),
    _folder: TempDir,
}

impl Opened {
    /// Fills a ledger with so many links and runs, for a Salesforce with so many accounts that are not in it, and three
    /// times as many contacts.
    pub async fn at(links: u64, runs: u64, accounts: u64) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let salesforce = crate::salesforce(accounts, accounts * 3).await?;
        let autotask = crate::autotask(accounts / 10, accounts / 10).await?;
        // Records are linked already.
        crate::define_id_fields(&autotask)?;
        let text = format!(
            "{}[console]\nlisten = \"127.0.0.1:0\"\npassword = \"{PASSWORD}\"\n",
            crate::settings(&salesforce, &autotask, "", "")
        );
        let config = Config::parse(&text, &folder.path().join("importer.toml"), &|_| None)?;
        let file = config.ledger.clone();
        drop(Ledger::open(&file)?);
        let pages = ledger::fill(&file, links, runs)?.pages();
        let importer = Importer::new(config, Arc::new(SystemClock), Arc::new(Silent))?;
        let console = Console::open(&importer).await?.ok_or("there is no console")?;
        let address = console.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let service = tokio::spawn(async move {
            let served = console.serve(&importer, async { stopped.await.unwrap_or_default() });
            served.await.map_err(|error| error.to_string())
        });
        let browser = Browser::sign_in(address, PASSWORD).await?;
        let mocks = (salesforce, autotask);
        Ok(Self { browser, pages, ledger: file, stop, service, _mocks: mocks, _folder: folder })
    }

    /// The ledger's file.
    pub(super) fn ledger(&self) -> &Path {
        &self.ledger
    }

    /// Has the console end as a service does. The ledger goes with it.
    pub async fn close(self) -> Result<(), Failure> {
        self.stop.send(()).map_err(|()| "the service has ended")?;
        Ok(self.service.await??)
    }
}
