//! The importer, the program: arguments in, outcome and exit code out.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write, stderr, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};
use importer::app::{Importer, StartError};
use importer::causes;
use importer::check::{Finding, Verdict};
use importer::cli::{Arguments, Command, Form, SettingsCommand, TableForm};
use importer::config::{Config, ConfigError};
use importer::console::{Console, ConsoleError, PasswordError};
use importer::desk::{self, DeskError, Rebinding, Records, Selection, WriteError};
use importer::domain::report::RunState;
use importer::init::{self, InitError};
use importer::log::Format;
use importer::plan::Effort;
use importer::ports::Clock;
use importer::progress::{self, Silent};
use importer::prompt::Person;
use importer::run::{Reading, Trigger};
use importer::schedule::Schedule;
use importer::serve::how_to_activate;
use importer::settings::command::{self, CommandError, Surroundings};
use importer::settings::{Settings, SettingsError};
use importer::sqlite::{Ledger, LedgerError};
use importer::summary::Summary;
use importer::system_clock::SystemClock;
use secrecy::ExposeSecret;
use serde::Serialize;

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
    Records(#[from] WriteError),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Settings(#[from] CommandError),
    #[error(transparent)]
    Init(#[from] InitError),
    #[error(transparent)]
    Console(#[from] ConsoleError),
    #[error("the outcome cannot be printed")]
    Output(#[from] io::Error),
    #[error("the outcome cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("cannot write the manual pages to {0}")]
    Manual(String, #[source] io::Error),
}

impl Failure {
    /// Whether all that failed is that somebody read no further, as `head` does.
    fn is_unread(&self) -> bool {
        let kind = match self {
            Self::Output(error) | Self::Records(WriteError::Output(error)) => Some(error.kind()),
            Self::Json(error) => error.io_error_kind(),
            _ => None,
        };
        kind == Some(io::ErrorKind::BrokenPipe)
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(ConfigError::Ledger(_))
            | Self::Settings(CommandError::Settings(SettingsError::Config(ConfigError::Ledger(
                _,
            )))) => 4,
            Self::Config(_)
            | Self::Start(StartError::Tls(_))
            | Self::Console(ConsoleError::Password(
                PasswordError::NoHash | PasswordError::Unusable,
            ))
            | Self::Settings(CommandError::Settings(
                SettingsError::Config(_) | SettingsError::Wrong(_) | SettingsError::Seal(_),
            )) => 3,
            Self::Ledger(LedgerError::Locked(_))
            | Self::Settings(CommandError::Ledger(LedgerError::Locked(_)))
            | Self::Desk(DeskError::Ledger(LedgerError::Locked(_))) => 5,
            _ => 4,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut log = Format::default();
    match carry_out(arguments, &mut log).await {
        Ok(code) => code,
        Err(failure) => {
            if failure.is_unread() {
                return ExitCode::SUCCESS;
            }
            log.end(&causes::in_one_line(&failure));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Does what a command asks for; `log` becomes what the settings say, once they are read.
async fn carry_out(arguments: Arguments, log: &mut Format) -> Result<ExitCode, Failure> {
    // A service says what it does; a command says what came of it.
    let level = if matches!(arguments.command, Command::Serve) { "info" } else { "warn" };
    let variables = |name: &str| std::env::var(name).ok();
    // These work on settings that are not complete yet, or on none.
    if matches!(arguments.command, Command::Init { .. } | Command::Settings { .. }) {
        log.start(level);
    }
    match arguments.command {
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "importer", &mut stdout());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Man { dir } => return manual(dir.as_deref()),
        Command::Init { force, form } => {
            let now = SystemClock.now();
            let done = init::init(&arguments.config, force, &variables, &mut Person, now)?;
            return say(&Told { done }, form);
        }
        Command::Settings { command } => {
            let settings =
                Settings::open(&arguments.config, &variables).map_err(CommandError::from)?;
            return change(&settings, command).await;
        }
        _ => {}
    }
    let config = match arguments.command {
        Command::Serve => Config::load_to_serve(&arguments.config, &variables)?,
        _ => Config::load(&arguments.config, &variables)?,
    };
    *log = config.log;
    log.start(level);
    match arguments.command {
        Command::Run { full, scheduled, form } => {
            let (trigger, reading) = match (full, scheduled) {
                (true, _) => (Trigger::Manual, Reading::Full),
                (_, true) => (Trigger::Scheduled, Reading::Changes),
                _ => (Trigger::Manual, Reading::Sweep),
            };
            run(config, trigger, reading, form.json).await
        }
        Command::Serve => serve(config).await,
        Command::Plan { form } => plan(config, form).await,
        Command::Verify { form } => verify(config, form).await,
        Command::Check { form } => check(config, form.json).await,
        Command::Status { form } => {
            let (ledger, schedule) =
                (Ledger::open(&config.ledger)?, Schedule::every(config.interval));
            let how = (!config.active).then(|| how_to_activate(&config));
            say(&desk::status(&ledger, schedule, how, SystemClock.now())?, form)
        }
        Command::Notify { test: true, form } => {
            print_findings(&quiet(config)?.test_notifications().await, form.json)
        }
        Command::Notify { test: false, form } => {
            say(&desk::outbox(&Ledger::open(&config.ledger)?)?, form)
        }
        Command::Runs { form } => say(&desk::runs(&Ledger::open(&config.ledger)?)?, form),
        Command::Show { run, which, form } => show(&config, run, which.into(), form),
        Command::Explain { id, offline, form } => {
            say(&quiet(config)?.explain(id, offline).await?, form)
        }
        Command::Link { salesforce_id, autotask_id, form } => {
            say(&quiet(config)?.link(salesforce_id, autotask_id).await?, form)
        }
        Command::Unmap { id, form } => say(&quiet(config)?.unmap(id).await?, form),
        Command::Remap { id, form } => say(&desk::remap(&Ledger::open(&config.ledger)?, id)?, form),
        Command::Approve { run, form } => {
            say(&desk::approve(&Ledger::open(&config.ledger)?, run, SystemClock.now())?, form)
        }
        Command::Forget { id, form } => {
            say(&desk::forget(&Ledger::open(&config.ledger)?, id)?, form)
        }
        Command::Rebind { yes, keep_links, form } => rebind(config, yes, keep_links, form).await,
        Command::Completions { .. }
        | Command::Man { .. }
        | Command::Init { .. }
        | Command::Settings { .. } => Ok(ExitCode::SUCCESS),
    }
}

async fn change(settings: &Settings, command: SettingsCommand) -> Result<ExitCode, Failure> {
    match command {
        SettingsCommand::Show { form } => {
            say(&command::show(settings).map_err(CommandError::from)?, form)
        }
        SettingsCommand::Set { key, value, yes, form } => {
            let around = Surroundings {
                clock: Arc::new(SystemClock),
                observer: progress::observer(),
                prompt: &mut Person,
                remarks: &mut stderr(),
            };
            let done = command::set(settings, key, value, yes, around).await?;
            say(&Told { done }, form)
        }
        SettingsCommand::Unset { key, form } => {
            let done = command::unset(settings, key, &SystemClock)?;
            say(&Told { done }, form)
        }
    }
}

/// An answer in words.
#[derive(Serialize)]
struct Told {
    done: String,
}

impl Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.done)
    }
}

/// An importer that shows no progress.
fn quiet(config: Config) -> Result<Importer, StartError> {
    Importer::new(config, Arc::new(SystemClock), Arc::new(Silent))
}

/// Gives an answer in the form that was asked for.
fn say<T: Display + Serialize>(answer: &T, form: Form) -> Result<ExitCode, Failure> {
    if form.json {
        print_json(answer)?;
    } else {
        write!(stdout(), "{answer}")?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn run(
    config: Config,
    trigger: Trigger,
    reading: Reading,
    json: bool,
) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), progress::observer())?;
    let outcome = importer.import_as(trigger, reading).await;
    if let Err(error) = importer.deliver().await {
        tracing::warn!(%error, "the outbox cannot be used; the next start delivers what is in it");
    }
    let report = outcome?;
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
    let importer = quiet(config)?;
    let Some(console) = Console::open(&importer).await? else {
        importer.serve(stop_signal()).await?;
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(token) = console.token() {
        // For whoever started it, and not for the log's readers, who may be others.
        let (address, token) = (console.address(), token.expose_secret());
        writeln!(
            stderr(),
            "the console is at http://{address}/ and lets in whoever has the token {token}"
        )?;
    }
    console.serve(&importer, stop_signal()).await?;
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

async fn plan(config: Config, form: TableForm) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), progress::observer())?;
    let (report, copy) = importer.plan().await?;
    let code = exit_code(report.state);
    let ledger = &copy.ledger;
    let effort = Effort::of(&report, &importer.ports.target.budget());
    drop(importer);
    let records = Records::of(ledger, report.run, Selection::All)?;
    let summary = Summary::of(report, ledger)?;
    let out = &mut BufWriter::new(stdout());
    if form.json {
        let plan = Planned { plan: &summary, effort, records: &records };
        serde_json::to_writer_pretty(&mut *out, &plan)?;
        writeln!(out)?;
    } else if form.csv {
        records.write_csv(out)?;
    } else {
        records.write_text(out)?;
        write!(out, "\n{effort}\n\n{summary}")?;
    }
    out.flush()?;
    Ok(code)
}

/// A plan in JSON.
#[derive(Serialize)]
struct Planned<'a> {
    plan: &'a Summary,
    effort: Effort,
    #[serde(flatten)]
    records: &'a Records<'a>,
}

fn show(
    config: &Config,
    run: i64,
    selection: Selection,
    form: TableForm,
) -> Result<ExitCode, Failure> {
    let ledger = Ledger::open(&config.ledger)?;
    let records = Records::of(&ledger, desk::existing(&ledger, run)?, selection)?;
    let out = &mut BufWriter::new(stdout());
    if form.json {
        serde_json::to_writer_pretty(&mut *out, &records)?;
        writeln!(out)?;
    } else if form.csv {
        records.write_csv(out)?;
    } else {
        records.write_text(out)?;
        if let Some(erased) = records.erased {
            writeln!(
                out,
                "the details of this run were erased on {}",
                erased.strftime("%Y-%m-%d")
            )?;
        }
        write!(out, "\n{}", records.report)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

async fn rebind(
    config: Config,
    yes: bool,
    keep_links: bool,
    form: Form,
) -> Result<ExitCode, Failure> {
    let importer = quiet(config)?;
    let rebinding = importer.rebinding().await?;
    if !rebinding.changes() {
        return say(&rebinding, form);
    }
    if !yes && !agrees(&rebinding, keep_links)? {
        writeln!(stderr(), "nothing was changed")?;
        return Ok(ExitCode::from(4));
    }
    say(&importer.rebind(&rebinding, keep_links)?, form)
}

/// Whether somebody at the terminal agrees to a rebinding.
fn agrees(rebinding: &Rebinding, keep_links: bool) -> Result<bool, Failure> {
    let mut out = stderr();
    write!(out, "{rebinding}")?;
    if !stdin().is_terminal() {
        let text = "nobody can be asked here; `--yes` rebinds without asking";
        return Err(DeskError::Refused(text.to_owned()).into());
    }
    let question = if keep_links {
        "Rebind and keep all links? Unless both sides kept their ids, imports will write to wrong records."
    } else {
        "Rebind and drop all of that?"
    };
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Writes the manual pages into a folder, or the first of them to stdout.
fn manual(dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let command = Arguments::command();
    match dir {
        None => clap_mangen::Man::new(command).render(&mut stdout())?,
        Some(dir) => std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(command, dir))
            .map_err(|error| Failure::Manual(dir.display().to_string(), error))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(config: Config, form: Form) -> Result<ExitCode, Failure> {
    let importer = Importer::new(config, Arc::new(SystemClock), progress::observer())?;
    let verified = importer.verify().await?;
    say(&verified, form)?;
    Ok(if verified.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

async fn check(config: Config, json: bool) -> Result<ExitCode, Failure> {
    print_findings(&quiet(config)?.check().await, json)
}

fn print_findings(findings: &[Finding], json: bool) -> Result<ExitCode, Failure> {
    if json {
        print_json(&findings)?;
    } else {
        for finding in findings {
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
        RunState::AwaitingApproval => 6,
        RunState::Running | RunState::Failed | RunState::SignInRefused | RunState::Interrupted => 4,
    })
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)?;
    Ok(writeln!(stdout(), "{text}")?)
}
