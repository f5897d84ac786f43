//! The command line: arguments and help texts, no behaviour.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand};

use crate::config::Key;
use crate::domain::decision::Outcome;
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;

/// Keep Autotask companies and contacts current with Salesforce accounts and contacts
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 completed, 1 completed with errors, 2 wrong usage, \
    3 wrong settings, 4 failed (or `check` found something wrong), 5 another import is running, 6 awaiting approval.\nLog: set RUST_LOG, for example to importer=debug."
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
        /// Compare all of both sides, for what reading changes cannot see
        #[arg(long)]
        full: bool,
        /// Read only what changed, as the service does at each tick: for a scheduler of your own
        #[arg(long, conflicts_with = "full")]
        scheduled: bool,
        /// Print the outcome as JSON
        #[arg(long)]
        json: bool,
    },
    /// Import as scheduled until told to stop (Ctrl-C, SIGTERM)
    Serve,
    /// Show the last import and when the next is due
    Status {
        /// Print it as JSON
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
    /// List the latest runs
    Runs {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a run did, record by record
    Show {
        /// The run's number
        run: i64,
        /// Only records with this outcome, "refused" for example
        #[arg(long, value_parser = outcome)]
        outcome: Option<Outcome>,
        /// Print the records as CSV
        #[arg(long)]
        csv: bool,
    },
    /// Explain why a record is, or is not, in Autotask
    Explain {
        /// A Salesforce id, or company:NUMBER or contact:NUMBER for an Autotask record
        id: RecordId,
    },
    /// Settle a held record: say which Autotask record it is, or that it is a new one
    #[command(after_help = "The next import goes on from there.")]
    Link {
        /// The Salesforce id of the account or contact
        salesforce_id: SalesforceId,
        /// The id of the Autotask company or contact, or "new"
        autotask_id: Choice,
    },
    /// Dissociate a linked pair, as clearing the user-defined field in Autotask does
    Unmap {
        /// A Salesforce id, or company:NUMBER or contact:NUMBER for an Autotask record
        id: RecordId,
    },
    /// Let the next import change as much as this run would have
    #[command(
        after_help = "It decides afresh, and writes unless a count exceeds the approved one by more than a \
                            tenth. The approval lapses after 24 hours."
    )]
    Approve {
        /// The number of a run that awaits approval
        run: i64,
    },
    /// Make an un-mapped pair, or one whose Autotask record is gone, eligible again
    Remap {
        /// A Salesforce id
        salesforce_id: SalesforceId,
    },
    /// Try both connections and all that an import needs, and write nothing
    Check {
        /// Print the findings as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show and change the settings that people edit
    Settings {
        /// What to do with them
        #[command(subcommand)]
        command: SettingsCommand,
    },
    /// Write a commented importer.toml, and ask for what is needed on a terminal
    #[command(after_help = "Example: importer --config /etc/importer/importer.toml init")]
    Init {
        /// Write it in the place of one that is there
        #[arg(long)]
        force: bool,
    },
}

/// What `importer settings` does.
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// List every key: its value, where that comes from, and what is wrong with it
    Show {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a key in the ledger, if it is right and neither file nor environment have it
    #[command(
        after_help = "A secret is asked for on a terminal and read from stdin elsewhere.\n\nExamples:\n  \
                            importer settings set salesforce.user integration@example.com\n  \
                            importer settings set salesforce.password < password.txt\n  \
                            importer settings set default_account_manager \"Angela Richer\"\n  \
                            importer settings set active true"
    )]
    Set {
        /// The key: salesforce.user, notifications.quiet, or the name alone for those of [settings]
        #[arg(value_parser = key)]
        key: &'static Key,
        /// Its value; not for a secret
        value: Option<String>,
        /// Agree to what the first import would do
        #[arg(long)]
        yes: bool,
    },
    /// Remove a key from the ledger, so that its default holds
    #[command(after_help = "Example: importer settings unset interval_minutes")]
    Unset {
        /// The key
        #[arg(value_parser = key)]
        key: &'static Key,
    },
}

fn key(name: &str) -> Result<&'static Key, String> {
    Key::named(name)
        .ok_or_else(|| format!("there is no key `{name}`; `importer settings show` lists them"))
}

/// A record of either system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordId {
    /// A Salesforce record.
    Salesforce(SalesforceId),
    /// An Autotask record.
    Autotask(Kind, i64),
}

impl FromStr for RecordId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((kind, number)) = text.split_once(':') else {
            return text.parse().map(Self::Salesforce).map_err(|_| {
                format!("`{text}` is neither a Salesforce id nor company:NUMBER or contact:NUMBER")
            });
        };
        let kind = match kind {
            "company" => Kind::Company,
            "contact" => Kind::Contact,
            other => return Err(format!("`{other}` is neither company nor contact")),
        };
        let number = number.parse().map_err(|_| format!("`{number}` is no number"))?;
        Ok(Self::Autotask(kind, number))
    }
}

/// What a held record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This Autotask record.
    This(i64),
    /// None of those there are.
    New,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "new" => Ok(Self::New),
            _ => text
                .parse()
                .ok()
                .filter(|id| *id > 0)
                .map(Self::This)
                .ok_or_else(|| format!("`{text}` is neither an Autotask id nor \"new\"")),
        }
    }
}

fn outcome(name: &str) -> Result<Outcome, String> {
    Outcome::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Outcome::ALL.iter().map(|outcome| outcome.name()).collect();
        format!("the outcomes are {}", names.join(", "))
    })
}
