//! The command line: arguments and help texts, no behaviour.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Keep Autotask companies and contacts current with Salesforce accounts and contacts
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 completed, 1 completed with errors, 2 wrong usage, \
    3 wrong settings, 4 failed (or `check` found something wrong), 5 another import is running.\nLog: set RUST_LOG, for example to importer=debug."
)]
pub struct Arguments {
    /// The settings
    #[arg(long, value_name = "FILE", default_value = "importer.toml")]
    pub config: PathBuf,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import accounts and contacts once
    Run {
        /// Print the outcome as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what an import would do, record by record, and write nothing to Autotask
    Plan {
        /// Print the plan as JSON
        #[arg(long, conflicts_with = "csv")]
        json: bool,
        /// Print the records as CSV
        #[arg(long)]
        csv: bool,
    },
    /// Try both connections and all that an import needs, and write nothing
    Check {
        /// Print the findings as JSON
        #[arg(long)]
        json: bool,
    },
}
