//! The importer, the program: arguments in, outcome and exit code out.

use std::error::Error;
use std::io::{BufWriter, IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use importer::app::{Importer, StartError};
use importer::check::Verdict;
use importer::cli::{Arguments, Command, SettingsCommand};
use importer::config::{Config, ConfigError};
use importer::desk::{self, DeskError};
use importer::domain::decision::Outcome;
use importer::domain::ids::RunId;
use importer::domain::report::RunState;
use importer::init::{self, InitError};
use importer::plan::{self, Effort, PlanError};
use importer::ports::Clock;
use importer::progress::{self, Silent};
use importer::prompt::Person;
use importer::run::Reading;
use importer::settings::command::{self, CommandError, Surroundings};
use importer::settings::{Settings, SettingsError};
use importer::sqlite::{Ledger, LedgerError};
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
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Settings(#[from] CommandError),
    #[error(transparent)]
    Init(#[from] InitError),
    #[error("the outcome cannot be printed")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// Whether all that failed is that somebody read no further, as `head` does.
    fn is_unread(&self) -> bool {
        let (Self::Output(error)
        | Self::Plan(PlanError::Output(error))
        | Self::Desk(DeskError::Output(error))) = self
        else {
            return false;
        };
        error.kind() == std::io::ErrorKind::BrokenPipe
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(ConfigError::Ledger(_))
            | Self::Settings(CommandError::Settings(SettingsError::Config(ConfigError::Ledger(
                _,
            )))) => 4,
            Self::Config(_)
            | Self::Start(StartError::Tls(_))
            | Self::Settings(CommandError::Settings(
                SettingsError::Config(_) | SettingsError::Wrong(_) | SettingsError::Seal(_),
            )) => 3,
            Self::Ledger(LedgerError::Locked(_))
            | Self::Settings(CommandError::Ledger(LedgerError::Locked(_)))
            | Self::Desk(DeskError::Ledger(LedgerError::Locked(_))) => 5,
            Self::Ledger(_)
            | Self::Start(StartError::Ledger(_))
            | Self::Plan(_)
            | Self::Desk(_)
            | Self::Settings(_)
            | Self::Init(_)
            | Self::Output(_) => 4,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A service says what it does; a command says what came of it.
    let level = if matches!(arguments.command, Command::Serve) { "info" } else { "warn" };
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("importer={level}")));
    let ansi = stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(stderr).init();
    match carry_out(arguments).await {
        Ok(code) => code,
        Err(failure) => {
            if failure.is_unread() {
                return ExitCode::SUCCESS;
            }
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
    let variables = |name: &str| std::env::var(name).ok();
    // These work on settings that are not complete yet.
    match arguments.command {
        Command::Init { force } => {
            let now = SystemClock.now();
            return say(&init::init(&arguments.config, force, &variables, &mut Person, now)?);
        }
        Command::Settings { command } => {
            let settings =
                Settings::open(&arguments.config, &variables).map_err(CommandError::from)?;
            return change(&settings, command).await;
        }
        _ => {}
    }
    let config = Config::load(&arguments.config, &variables)?;
    match arguments.command {
        Command::Init { .. } | Command::Settings { .. } => Ok(ExitCode::SUCCESS),
        Command::Run { full, scheduled, json } => {
            let reading = match (full, scheduled) {
                (true, _) => Reading::Full,
                (_, true) => Reading::Changes,
                _ => Reading::Sweep,
            };
            run(config, reading, json).await
        }
        Command::Serve => serve(config).await,
        Command::Status { json } => status(config, json),
        Command::Plan { json, csv } => plan(config, json, csv).await,
        Command::Check { json } => check(config, json).await,
        Command::Runs { json } => runs(&Ledger::open(&config.ledger)?, json),
        Command::Show { run, outcome, csv } => {
            let ledger = Ledger::open(&config.ledger)?;
            show(&ledger, desk::existing(&ledger, run)?, outcome, csv)
        }
        Command::Explain { id } => {
            desk::explain(&Ledger::open(&config.ledger)?, id, &mut stdout())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Link { salesforce_id, autotask_id } => {
            say(&desk::link(&Ledger::open(&config.ledger)?, salesforce_id, autotask_id)?)
        }
        Command::Remap { salesforce_id } => {
            say(&desk::remap(&Ledger::open(&config.ledger)?, salesforce_id)?)
        }
        Command::Approve { run } => {
            let importer = Importer::new(config, Arc::new(SystemClock), Arc::new(Silent))?;
            say(&desk::approve(&importer, run)?)
        }
        Command::Unmap { id } => {
            let importer = Importer::new(config, Arc::new(SystemClock), Arc::new(Silent))?;
            say(&importer.unmap(id).await?)
        }
    }
}

async fn change(settings: &Settings, command: SettingsCommand) -> Result<ExitCode, Failure> {
    match command {
        SettingsCommand::Show { json } => {
            let shown = command::show(settings).map_err(CommandError::from)?;
            if json {
                print_json(&shown)?;
            } else {
                write!(stdout(), "{shown}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        SettingsCommand::Set { key, value, yes } => {
            let around = Surroundings {
                clock: Arc::new(SystemClock),
                observer: progress::observer(),
                prompt: &mut Person,
                remarks: &mut stderr(),
            };
            say(&command::set(settings, key, value, yes, around).await?)
        }
        SettingsCommand::Unset { key } => say(&command::unset(settings, key, &SystemClock)?),
    }
}

async fn run(config: Config, reading: Reading, json: bool) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), progress::observer())?;
    let report = importer.import_reading(reading).await?;
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

async fn serve(config: Config) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), Arc::new(Silent))?;
    importer.serve(stop_signal()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Completes on Ctrl-C or, where there is such a thing, SIGTERM.
async fn stop_signal() {
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Without a handler the signal ends the process, which the next start makes up for.
    let _ = tokio::signal::ctrl_c().await;
}

fn status(config: Config, json: bool) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), Arc::new(Silent))?;
    let status = desk::status(&importer)?;
    if json {
        print_json(&status)?;
    } else {
        writeln!(stdout(), "{status}")?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn plan(config: Config, json: bool, csv: bool) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), progress::observer())?;
    let (report, copy) = importer.plan().await?;
    let code = exit_code(report.state);
    let ledger = &copy.ledger;
    let effort = Effort::of(&report, &importer.ports.target.budget());
    drop(importer);
    let out = &mut BufWriter::new(stdout());
    if json {
        let summary = Summary::of(report, ledger)?;
        print_json(&serde_json::json!({ "plan": summary, "effort": effort }))?;
    } else if csv {
        plan::print_csv(ledger, report.run, None, out)?;
    } else {
        plan::print(ledger, report.run, None, out)?;
        write!(out, "\n{effort}\n\n{}", Summary::of(report, ledger)?)?;
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

fn say(text: &str) -> Result<ExitCode, Failure> {
    writeln!(stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

fn runs(ledger: &Ledger, json: bool) -> Result<ExitCode, Failure> {
    if json {
        print_json(&desk::runs_listed(ledger)?)?;
    } else {
        desk::runs(ledger, &mut stdout())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(
    ledger: &Ledger,
    run: RunId,
    outcome: Option<Outcome>,
    csv: bool,
) -> Result<ExitCode, Failure> {
    let out = &mut BufWriter::new(stdout());
    if csv {
        plan::print_csv(ledger, run, outcome, out)?;
    } else {
        plan::print(ledger, run, outcome, out)?;
        let report = ledger.write(|tx| tx.report(run))?;
        write!(out, "\n{report}")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn exit_code(state: RunState) -> ExitCode {
    ExitCode::from(match state {
        RunState::Completed | RunState::Planned => 0,
        RunState::CompletedWithErrors => 1,
        RunState::AwaitingApproval => 6,
        RunState::Running | RunState::Failed | RunState::SignInRefused | RunState::Interrupted => 4,
    })
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(LedgerError::from)?;
    Ok(writeln!(stdout(), "{text}")?)
}
