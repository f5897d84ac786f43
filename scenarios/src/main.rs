//! scenarios, the program: `demo` gives a tour of the importer against both mocks.

use std::error::Error;
use std::io::stdout;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use scenarios::demo;

/// Show what the importer does, against mocks of both vendors
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start both mocks, import twice, and check Autotask record by record
    Demo(demo::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Demo(arguments) = Arguments::parse().command;
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let mut message = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &demo::Arguments) -> Result<bool, Box<dyn Error>> {
    let mut out = stdout();
    let (held, stage) = demo::tour(arguments, &mut out).await?;
    if !arguments.once {
        demo::leave_up(&stage, &mut out)?;
        tokio::signal::ctrl_c().await?;
    }
    Ok(held)
}
