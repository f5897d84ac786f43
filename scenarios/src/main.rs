//! scenarios, the program: `demo` gives a tour of the importer against both mocks, `run` tells stories to it, `simulate`
//! lets it live in simulated time, `crash` cuts it off; `steps` and `rules` list what the stories are told in and prove.

use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use importer::causes;
use scenarios::{crash, demo, runner, simulation};

/// Show and prove what the importer does, against mocks of both vendors
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start both mocks, import twice, check Autotask record by record, and tour the service
    Demo(demo::Arguments),
    /// Tell stories to an importer and say which hold
    Run(runner::Arguments),
    /// Cut an import, or those of stories, off at each request and commit, and see the next one finish the work
    Crash(crash::Arguments),
    /// Let importers live through hours of edits, faults and crashes, and check what they did
    Simulate(simulation::Arguments),
    /// List the steps that stories are told in
    Steps {
        /// Renew the list in this page instead of printing it
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
    /// List the rules, each with the built-in stories that prove it
    Rules {
        /// Renew the table in this page instead of printing it
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
}

/// The exit code for an environment that does not do what is needed, as `run` has it.
const ENVIRONMENT: u8 = 3;

/// The exit code for arguments that are wrong.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let came = match Arguments::parse().command {
        Command::Demo(arguments) => demo(&arguments).await,
        Command::Run(arguments) => run(&arguments).await,
        Command::Crash(arguments) => crash(&arguments).await,
        Command::Simulate(arguments) => simulate(&arguments).await,
        Command::Steps { page } => listed(page.as_deref(), runner::page, runner::renewed),
        Command::Rules { page } => listed(page.as_deref(), runner::rules, runner::with_proofs),
    };
    came.unwrap_or_else(|(error, code)| {
        let message = causes::in_one_line(error.as_ref());
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(stderr(), "error: {message}");
        code
    })
}

/// An exit code, or an error with its own.
type Came = Result<ExitCode, (Box<dyn Error>, ExitCode)>;

async fn demo(arguments: &demo::Arguments) -> Came {
    // Without a handler the signal ends the process, and what was shown is gone with it.
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    match demo::show(arguments, &mut stdout(), stop).await {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        Err(error) => Err((error.into(), ExitCode::FAILURE)),
    }
}

async fn run(arguments: &runner::Arguments) -> Came {
    match runner::run(arguments, &mut stdout()).await {
        Ok(ending) => Ok(ExitCode::from(ending.code())),
        Err(error) => Err(blamed(error.is_usage(), error.into())),
    }
}

async fn crash(arguments: &crash::Arguments) -> Came {
    let arguments = arguments.clone();
    let work = move || crash::crash(&arguments, &mut stdout());
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(ending)) => Ok(ExitCode::from(ending.code())),
        Ok(Err(error)) => {
            let is_usage = error.downcast_ref().is_some_and(runner::RunError::is_usage);
            Err(blamed(is_usage, error))
        }
        Err(error) => Err((error.into(), ExitCode::FAILURE)),
    }
}

async fn simulate(arguments: &simulation::Arguments) -> Came {
    // Each simulation has a runtime of its own.
    let arguments = arguments.clone();
    let work = move || simulation::simulate(&arguments, &mut stdout());
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(true)) => Ok(ExitCode::SUCCESS),
        Ok(Ok(false)) => Ok(ExitCode::FAILURE),
        Ok(Err(error)) => Err(blamed(error.is_usage(), error.into())),
        Err(error) => Err((error.into(), ExitCode::FAILURE)),
    }
}

/// An error with the exit code for arguments that are wrong, or for an environment that is.
fn blamed(is_usage: bool, error: Box<dyn Error>) -> (Box<dyn Error>, ExitCode) {
    (error, ExitCode::from(if is_usage { USAGE } else { ENVIRONMENT }))
}

/// Prints a list, or renews it in a page.
fn listed(page: Option<&Path>, list: fn() -> String, renewed: fn(&str) -> Option<String>) -> Came {
    let listed = || match page {
        None => Ok::<_, Box<dyn Error>>(write!(stdout(), "{}", list())?),
        Some(file) => {
            let failed =
                |what: &str, error| format!("{} cannot be {what}: {error}", file.display());
            let text = std::fs::read_to_string(file).map_err(|error| failed("read", error))?;
            let renewed = renewed(&text);
            let renewed = renewed.ok_or("the page has no place for the list")?;
            Ok(std::fs::write(file, renewed).map_err(|error| failed("written", error))?)
        }
    };
    listed().map(|()| ExitCode::SUCCESS).map_err(|error| (error, ExitCode::from(ENVIRONMENT)))
}
