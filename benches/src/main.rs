//! The benchmarks that are programs: `cargo run --release -p benches -- large-account --help`.

use std::path::PathBuf;
use std::process::ExitCode;

use benches::Failure;
use benches::console;
use benches::large::{self, bare, part};
use clap::{Parser, Subcommand};

/// Measure the importer against both mocks
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Import a large account: first, idle, after 1 % changed, killed half-way and resumed
    LargeAccount(large::Arguments),
    /// Ask for the console's pages at a ledger of a large account, at rest and while an import is under way
    Console(console::Arguments),
    /// Import with these settings, and tell how it went as JSON lines
    #[command(hide = true)]
    Part {
        /// The settings
        config: PathBuf,
        /// How often
        #[arg(long, default_value_t = 1)]
        times: u32,
    },
    /// Send these requests, and tell how it went as JSON
    #[command(hide = true)]
    Bare {
        /// The requests, one a line
        file: PathBuf,
        /// Where to
        address: String,
        /// How many at a time
        connections: usize,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::LargeAccount(arguments) => large::run(&arguments).await?,
        Command::Console(arguments) => console::run(&arguments).await?,
        Command::Part { config, times } => part::run(&config, times).await?,
        Command::Bare { file, address, connections } => {
            bare::run(&file, &address, connections).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
