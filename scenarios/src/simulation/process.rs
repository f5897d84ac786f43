//! The importer's process in a simulation: started, cut off, started again. Only its ledger lives on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use importer::app::Importer;
use importer::config::Config;
use importer::launch::{self, Launched, Launcher};
use importer::notify::Postman;
use importer::ports::Mailer;
use importer::progress::Silent;
use importer::sqlite::Ledger;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::clock::{SimulatedClock, pass};
use super::journal::Journal;
use super::mail::Mailbox;
use super::network::Network;
use crate::interruption::{Disturbance, Fate, Moment};

/// What a process is started with each time.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) network: Arc<Network>,
    pub(super) clock: Arc<SimulatedClock>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) journal: Journal,
    /// The settings it finds each time.
    pub(super) config: Config,
    pub(super) folder: PathBuf,
}

/// The process that is there at the moment.
struct Alive {
    launcher: Launcher,
    disturbance: Arc<Disturbance>,
    stop: Arc<Notify>,
}

/// What somebody in front of the machine knows and wants.
#[derive(Default)]
struct Desk {
    alive: Option<Alive>,
    /// How long it is not started again when it has ended.
    down: Duration,
    /// It ended as no process may.
    trouble: Option<String>,
}

/// A process that is started again whenever it has ended.
pub(super) struct Process {
    machine: Arc<Machine>,
    desk: Arc<Mutex<Desk>>,
    supervisor: Option<JoinHandle<()>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(supervisor) = &self.supervisor {
            supervisor.abort();
        }
    }
}

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Stopped,
    Cut,
    /// In a way that no process may end.
    Wrongly(String),
}

impl Process {
    /// A process on this machine, not started yet.
    pub(super) fn new(machine: Machine) -> Self {
        Self { machine: Arc::new(machine), desk: Arc::default(), supervisor: None }
    }

    /// Starts it, and starts it again whenever it has ended.
    pub(super) fn start(&mut self) {
        let work = supervise(Arc::clone(&self.machine), Arc::clone(&self.desk));
        self.supervisor = Some(tokio::spawn(work));
    }

    pub(super) fn ledger_file(&self) -> PathBuf {
        ledger_file(&self.machine.folder)
    }

    /// Has an import begin at once, if the process is there.
    pub(super) async fn launch(&self) -> Option<Launched> {
        let launcher = self.desk().alive.as_ref().map(|alive| alive.launcher.clone())?;
        Some(launcher.launch().await)
    }

    /// Has the process end at a request or commit that is to come.
    pub(super) fn doom(&self, moment: Moment, down: Duration) {
        let mut desk = self.desk();
        desk.down = down;
        if let Some(alive) = &desk.alive {
            alive.disturbance.doom(moment);
        }
    }

    /// Ends the process at once.
    pub(super) fn kill(&self, down: Duration) {
        let mut desk = self.desk();
        desk.down = down;
        if let Some(alive) = &desk.alive {
            alive.disturbance.end();
        }
    }

    /// Stops the process as an operator does.
    pub(super) fn stop(&self, down: Duration) {
        let mut desk = self.desk();
        desk.down = down;
        if let Some(alive) = &desk.alive {
            alive.stop.notify_one();
        }
    }

    /// No end is planned for the process any more.
    pub(super) fn spare(&self) {
        if let Some(alive) = &self.desk().alive {
            alive.disturbance.spare();
        }
    }

    /// How a process ended that ended as none may.
    pub(super) fn trouble(&self) -> Option<String> {
        self.desk().trouble.clone()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        lock(&self.desk)
    }
}

async fn supervise(machine: Arc<Machine>, desk: Arc<Mutex<Desk>>) {
    loop {
        let end = live(&machine, &desk).await;
        machine.journal.note(format!("process {end:?}"));
        let down = {
            let mut desk = lock(&desk);
            desk.alive = None;
            if let End::Wrongly(trouble) = end {
                desk.trouble.get_or_insert(trouble);
            }
            desk.down
        };
        pass(down.max(Duration::from_secs(1))).await;
    }
}

/// One life of the process.
async fn live(machine: &Machine, desk: &Mutex<Desk>) -> End {
    machine.journal.note("process begins");
    let disturbance = Disturbance::new(Fate::Undisturbed);
    let importer = match begin(machine, &disturbance) {
        Ok(importer) => importer,
        Err(trouble) => return End::Wrongly(trouble),
    };
    let (launcher, orders) = launch::channel(&importer);
    let stop = Arc::new(Notify::new());
    let alive = Alive { launcher, disturbance: Arc::clone(&disturbance), stop: Arc::clone(&stop) };
    lock(desk).alive = Some(alive);
    let work =
        async move { importer.serve_orders(async move { stop.notified().await }, orders).await };
    match disturbance.live(work).await {
        Ok(None) => End::Cut,
        Ok(Some(Ok(()))) => End::Stopped,
        Ok(Some(Err(error))) => End::Wrongly(error.to_string()),
        Err(error) => End::Wrongly(error.to_string()),
    }
}

fn begin(machine: &Machine, disturbance: &Arc<Disturbance>) -> Result<Importer, String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let network = Arc::clone(&machine.network);
    let connector = disturbance.connector(move |to| {
        let dialled = Arc::clone(&network).dial(to);
        async move { dialled.await.map(TokioIo::new) }
    });
    let (config, clock) = (machine.config.clone(), Arc::<SimulatedClock>::clone(&machine.clock));
    let mut importer =
        Importer::on(&connector, config, clock, Arc::new(Silent)).map_err(|error| said(&error))?;
    let commits = Arc::<Disturbance>::clone(disturbance);
    let ledger = Ledger::heard(&ledger_file(&machine.folder), commits);
    importer.ledger = Arc::new(ledger.map_err(|error| said(&error))?);
    let mailer = Arc::<Mailbox>::clone(&machine.mailbox) as Arc<dyn Mailer>;
    let clock = Arc::<SimulatedClock>::clone(&machine.clock);
    importer.postman =
        Arc::new(Postman::new(Arc::clone(&importer.ledger), clock, Some(mailer), None));
    Ok(importer)
}

fn ledger_file(folder: &Path) -> PathBuf {
    folder.join("importer.db")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
