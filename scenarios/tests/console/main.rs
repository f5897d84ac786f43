//! The console: a service with its pages on a port of its own, and a plain HTTP client that knows cookies and forms.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod api;
mod client;
mod deeds;
mod door;
mod machines;
mod mapping;
mod notification;
mod saving;
mod setting_up;

use std::sync::Arc;
use std::time::Duration;

use importer::app::Importer;
use importer::config::Given;
use importer::console::{Console, ConsoleError};
use importer::domain::report::RunState;
use importer::progress::Silent;
use importer::sqlite::Past;
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::stage::{Plan, Stage};
use secrecy::ExposeSecret;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use client::Client;

const PASSWORD: &str = "correct horse battery";

/// A service with a console.
struct Service {
    stage: Stage,
    clock: Arc<ManualClock>,
    importer: Importer,
    client: Client,
    token: Option<String>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ConsoleError>>,
}

/// Mocks with so much in them, and settings of which nothing is in the ledger.
async fn stage(size: Size) -> (Stage, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let plan = Plan { seed: 3, size };
    let mut stage = Stage::set(&plan, Arc::<ManualClock>::clone(&clock)).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    (stage, clock)
}

impl Service {
    /// Starts with these lines in the table `[console]`, and imports nothing by itself unless it is told to.
    async fn start(stage: Stage, clock: Arc<ManualClock>, console: &str) -> Self {
        let toml = stage.importer_toml().replace("active = true", "active = false");
        let toml = format!("{toml}\n[console]\nlisten = \"127.0.0.1:0\"\n{console}");
        Self::with_file(stage, clock, &toml).await
    }

    /// Starts with a settings file, in which something may be missing yet.
    async fn with_file(stage: Stage, clock: Arc<ManualClock>, toml: &str) -> Self {
        let given = Given::parse(toml, &stage.settings_file(), &|_| None).unwrap();
        let config = given.config_begun(given.saved().unwrap()).unwrap();
        let importer =
            Importer::new(config, Arc::<ManualClock>::clone(&clock), Arc::new(Silent)).unwrap();
        let console = Console::open(&importer).await.unwrap().unwrap();
        let client = Client::new(console.address());
        let token = console.token().map(|token| token.expose_secret().to_owned());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = importer.clone();
        let task = tokio::spawn(async move {
            console.serve(&serving, async { stopped.await.unwrap_or_default() }).await
        });
        Self { stage, clock, importer, client, token, stop, task }
    }

    /// The same with a password, and somebody signed in with it.
    async fn with_somebody(size: Size) -> Self {
        let (stage, clock) = stage(size).await;
        Self::signed_in(stage, clock).await
    }

    async fn signed_in(stage: Stage, clock: Arc<ManualClock>) -> Self {
        let mut service = Self::start(stage, clock, &format!("password = \"{PASSWORD}\"\n")).await;
        service.client.sign_in(PASSWORD).await;
        service
    }

    fn runs(&self) -> Vec<Past> {
        self.importer.ledger.read(|tx| tx.runs(100)).unwrap()
    }

    /// Launches an import and waits for its end.
    async fn import(&mut self) -> Past {
        let before = self.runs().len();
        let launched = self.client.post("/launch", &[]).await;
        assert_eq!(launched.status, 303, "{}", launched.body);
        self.until_ended(before + 1).await
    }

    /// Waits until so many runs have ended.
    #[expect(
        clippy::disallowed_methods,
        reason = "the service is another task, on a clock of its own"
    )]
    async fn until_ended(&self, runs: usize) -> Past {
        for _ in 0..4_000 {
            let past = self.runs();
            let ended = past.iter().all(|run| run.state != RunState::Running);
            if past.len() >= runs && ended && self.importer.ledger.lock().is_ok() {
                return past[0].clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{runs} runs did not come about: {:?}", self.runs());
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}
