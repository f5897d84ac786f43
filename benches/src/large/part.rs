//! One importer in a process of its own, so that its memory and its processor time are its alone, and so that it can be
//! killed.

use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use importer::app::Importer;
use importer::config::Config;
use importer::domain::budget::Budget;
use importer::domain::report::RunReport;
use importer::ports::{Clock, Observer, Phase};
use importer::progress;
use importer::run::Reading;
use importer::system_clock::SystemClock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

use crate::Failure;

/// How an import went, as its process saw it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// What the importer reports.
    pub report: RunReport,
    /// How long it took.
    pub seconds: f64,
    /// What the process has worked so far, on all cores, where the machine tells.
    pub processor_seconds: Option<f64>,
    /// The most memory the process has had so far, where the machine tells.
    pub peak_bytes: Option<u64>,
    /// How long each phase took, in the order they came.
    pub phases: Vec<(String, f64)>,
}

/// When each phase began; everything is passed on.
struct Phases {
    clock: SystemClock,
    inner: Arc<dyn Observer>,
    begun: Mutex<Vec<(String, Timestamp)>>,
}

impl Observer for Phases {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.push((format!("{phase:?}"), self.clock.now()));
        self.inner.phase(phase, total);
    }

    fn advance(&self, records: u64) {
        self.inner.advance(records);
    }

    fn budget(&self, budget: &Budget) {
        self.inner.budget(budget);
    }

    fn waits(&self, pause: Duration) {
        self.inner.waits(pause);
    }
}

impl Phases {
    /// How long each phase since the last call took, the last of them until now.
    fn take(&self, now: Timestamp) -> Vec<(String, f64)> {
        let begun = std::mem::take(&mut *self.begun.lock().unwrap_or_else(PoisonError::into_inner));
        let ends = begun.iter().skip(1).map(|(_, moment)| *moment).chain([now]);
        let lasted = |(name, from): &(String, Timestamp), to| (name.clone(), seconds(*from, to));
        begun.iter().zip(ends).map(|(phase, end)| lasted(phase, end)).collect()
    }
}

/// The seconds between two moments.
pub fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// Imports as the schedule does, so often, and prints each as a line of JSON.
pub async fn run(config: &Path, times: u32) -> Result<(), Failure> {
    let config = Config::parse(&fs::read_to_string(config)?, config, &|_| None)?;
    let phases = Arc::new(Phases {
        clock: SystemClock,
        inner: progress::observer(),
        begun: Mutex::default(),
    });
    let observer: Arc<dyn Observer> = Arc::<Phases>::clone(&phases);
    let importer = Importer::new(config, Arc::new(SystemClock), observer)?;
    for _ in 0..times {
        let began = SystemClock.now();
        let report = importer.import_reading(Reading::Changes).await?;
        let ended = SystemClock.now();
        let part = Part {
            report,
            seconds: seconds(began, ended),
            processor_seconds: processor_seconds(),
            peak_bytes: peak_bytes(),
            phases: phases.take(ended),
        };
        writeln!(stdout(), "{}", serde_json::to_string(&part)?)?;
    }
    Ok(())
}

/// The most memory this process has had (`VmHWM`).
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

/// What this process has worked, counted by Linux in hundredths of a second.
pub(super) fn processor_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold blanks; the numbers follow it.
    let mut numbers = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || numbers.next()?.parse::<u32>().ok();
    Some(f64::from(ticks()? + ticks()?) / 100.0)
}

/// Starts an importer as a process.
pub fn spawn(config: &Path, times: u32) -> Result<Child, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("part").arg(config).args(["--times", &times.to_string()]);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?)
}

/// Imports so often in a process of its own.
pub async fn import(config: &Path, times: u32) -> Result<Vec<Part>, Failure> {
    let output = spawn(config, times)?.wait_with_output().await?;
    if !output.status.success() {
        return Err(format!("the importer's process ended with {}", output.status).into());
    }
    let lines = String::from_utf8(output.stdout)?;
    Ok(lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}
