//! One importer in a process of its own, so that its memory and its processor time are its alone, and so that it can be
//! killed.

use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use importer::app::Importer;
use importer::config::Config;
use importer::domain::report::RunReport;
use importer::ports::{Clock, Observer};
use importer::run::Reading;
use importer::system_clock::SystemClock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

use super::watch::{Lasted, Sample, Watch};
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
    pub phases: Vec<Lasted>,
    /// How far it was, and how much memory it had, as time went by.
    pub samples: Vec<Sample>,
}

/// The seconds between two moments.
pub fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// Imports as the schedule does, so often, and prints each as a line of JSON.
pub async fn run(config: &Path, times: u32) -> Result<(), Failure> {
    let config = Config::parse(&fs::read_to_string(config)?, config, &|_| None)?;
    let watch = Arc::new(Watch::default());
    let observer: Arc<dyn Observer> = Arc::<Watch>::clone(&watch);
    let importer = Importer::new(config, Arc::new(SystemClock), observer)?;
    for _ in 0..times {
        let began = SystemClock.now();
        let import = importer.import_reading(Reading::Changes);
        let (report, samples) = watch.sample_during(began, import).await;
        let (report, ended) = (report?, SystemClock.now());
        let part = Part {
            report,
            seconds: seconds(began, ended),
            processor_seconds: processor_seconds(),
            peak_bytes: peak_bytes(),
            phases: watch.take_phases(ended),
            samples,
        };
        writeln!(stdout(), "{}", serde_json::to_string(&part)?)?;
    }
    Ok(())
}

/// The most memory this process has had.
pub(super) fn peak_bytes() -> Option<u64> {
    memory("VmHWM:")
}

/// A line of what Linux tells of this process's memory, in bytes.
pub(super) fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
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
