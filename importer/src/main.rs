//! The importer, the program: arguments in, outcome and exit code out.

use std::error::Error;
use std::io::{BufWriter, Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use importer::app::{Importer, StartError};
use importer::check::Verdict;
use importer::cli::{Arguments, Command};
use importer::config::{Config, ConfigError};
use importer::domain::report::RunState;
use importer::plan::{self, Effort, PlanError};
use importer::progress::{self, Silent};
use importer::sqlite::LedgerError;
use importer::summary::Summary;
use importer::system_clock::SystemClock;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// Why the program ends early. Each variant has its exit code.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("the outcome cannot be printed")]
    Output(#[from] std::io::Error),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Start(StartError::Tls(_)) => 3,
            Self::Ledger(LedgerError::Locked(_)) => 5,
            Self::Ledger(_)
            | Self::Start(StartError::Ledger(_))
            | Self::Plan(_)
            | Self::Output(_) => 4,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("importer=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).init();
    match carry_out(arguments).await {
        Ok(code) => code,
        Err(failure) => {
            let mut text = failure.to_string();
            let mut cause = failure.source();
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            // Nobody is left to tell when stderr is gone.
            let _ = writeln!(stderr(), "error: {text}");
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn carry_out(arguments: Arguments) -> Result<ExitCode, Failure> {
    let config = Config::load(&arguments.config, &|name| std::env::var(name).ok())?;
    match arguments.command {
        Command::Run { json } => run(config, json).await,
        Command::Plan { json, csv } => plan(config, json, csv).await,
        Command::Check { json } => check(config, json).await,
    }
}

async fn run(config: Config, json: bool) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), progress::observer())?;
    let report = importer.import().await?;
    let code = exit_code(report.state);
    let summary = Summary::of(report, &importer.ledger)?;
    drop(importer);
    if json {
        print_json(&summary)?;
    } else {
        write!(stdout(), "{summary}")?;
    }
    Ok(code)
}

async fn plan(config: Config, json: bool, csv: bool) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), progress::observer())?;
    let report = importer.plan().await?;
    let code = exit_code(report.state);
    let ledger = Arc::clone(&importer.ledger);
    drop(importer);
    let out = &mut BufWriter::new(stdout());
    if json {
        let effort = Effort::of(&report);
        let summary = Summary::of(report, &ledger)?;
        print_json(&serde_json::json!({ "plan": summary, "effort": effort }))?;
    } else if csv {
        plan::print_csv(&ledger, &report, out)?;
    } else {
        plan::print(&ledger, &report, out)?;
        write!(out, "\n{}", Summary::of(report, &ledger)?)?;
    }
    out.flush()?;
    Ok(code)
}

async fn check(config: Config, json: bool) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), Arc::new(Silent))?;
    let findings = importer.check().await;
    if json {
        print_json(&findings)?;
    } else {
        for finding in &findings {
            writeln!(stdout(), "{finding}")?;
        }
    }
    let wrong = findings.iter().any(|finding| finding.verdict == Verdict::Wrong);
    Ok(if wrong { ExitCode::from(4) } else { ExitCode::SUCCESS })
}

fn exit_code(state: RunState) -> ExitCode {
    ExitCode::from(match state {
        RunState::Completed | RunState::Planned => 0,
        RunState::CompletedWithErrors => 1,
        RunState::Running | RunState::Failed | RunState::Interrupted => 4,
    })
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(LedgerError::from)?;
    Ok(writeln!(stdout(), "{text}")?)
}
