//! The importer, the program: arguments in, outcome and exit code out.

use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use importer::app::{Importer, StartError};
use importer::cli::{Arguments, Command};
use importer::config::{Config, ConfigError};
use importer::domain::report::RunState;
use importer::progress;
use importer::sqlite::LedgerError;
use importer::summary::Summary;
use importer::system_clock::SystemClock;
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
    #[error("the outcome cannot be printed")]
    Output(#[from] std::io::Error),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Start(StartError::Tls(_)) => 3,
            Self::Ledger(LedgerError::Locked(_)) => 5,
            Self::Ledger(_) | Self::Start(StartError::Ledger(_)) | Self::Output(_) => 4,
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
    }
}

async fn run(config: Config, json: bool) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), progress::observer())?;
    let report = importer.import().await?;
    let code = match report.state {
        RunState::Completed => 0,
        RunState::CompletedWithErrors => 1,
        RunState::Running | RunState::Failed | RunState::Interrupted => 4,
    };
    let summary = Summary::of(report, &importer.ledger)?;
    drop(importer);
    if json {
        let text = serde_json::to_string_pretty(&summary).map_err(LedgerError::from)?;
        writeln!(stdout(), "{text}")?;
    } else {
        write!(stdout(), "{summary}")?;
    }
    Ok(ExitCode::from(code))
}
