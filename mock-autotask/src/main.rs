//! mock-autotask, the program: see [`mock_autotask::cli`] for its arguments.

use std::error::Error;
use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Parser;
use mock_autotask::MockAutotask;
use mock_autotask::cli::Arguments;
use mock_kit::clock;
use mock_kit::program::StopSignal;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
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

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(arguments.listen).await?;
    let authority_file = arguments.tls.clone();
    let mock = MockAutotask::start_on(listener, clock::system(), arguments.into_options())?;
    if let (Some(file), Some(authority)) = (authority_file, mock.authority()) {
        std::fs::write(file, authority)?;
    }
    let stop = StopSignal::expected()?;
    writeln!(stdout(), "listening on {}", mock.url())?;
    stdout().flush()?;
    stop.received().await?;
    Ok(())
}
