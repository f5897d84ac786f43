//! The command line: arguments and help texts, no behaviour.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::Key;
pub use crate::desk::{Choice, RecordId};
use crate::desk::{Selection, salesforce_id};
use crate::domain::decision::Outcome;
use crate::domain::ids::SalesforceId;

/// Keep Autotask companies and contacts current with Salesforce accounts and contacts
#[derive(Debug, Parser)]
#[command(
    name = "importer",
    version,
    about,
    after_help = "Begin with `importer check`, then `importer plan`, then `importer run`.\n\n\
    Exit codes: 0 completed, 1 completed with errors, 2 wrong usage, \
    3 wrong settings, 4 failed (or `check` found something wrong), 5 another import is running, 6 awaiting approval.\n\
    Log: set RUST_LOG, for example to importer=debug."
)]
pub struct Arguments {
    /// The settings
    #[arg(long, value_name = "FILE", default_value = "importer.toml", global = true)]
    pub config: PathBuf,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import accounts and contacts once
    #[command(after_help = "Examples:
  importer run
  importer run --full
  importer run --scheduled --json > outcome.json")]
    Run {
        /// Compare all of both sides, for what reading changes cannot see
        #[arg(long)]
        full: bool,
        /// Read only what changed, as the service does at each tick: for a scheduler of your own
        #[arg(long, conflicts_with = "full")]
        scheduled: bool,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Import as scheduled until told to stop (Ctrl-C, SIGTERM)
    #[command(after_help = "Examples:
  importer serve
  RUST_LOG=importer=debug importer serve")]
    Serve,
    /// Show the last import, the one under way and its progress, and when the next is due
    #[command(after_help = "Examples:
  importer status
  watch importer status
  importer status --json")]
    Status {
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Show what an import would do, record by record, and write nothing to Autotask
    #[command(after_help = "Examples:
  importer plan
  importer plan --csv > plan.csv")]
    Plan {
        /// How it answers
        #[command(flatten)]
        form: TableForm,
    },
    /// List the latest runs
    #[command(after_help = "Examples:
  importer runs
  importer runs --json")]
    Runs {
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Show what a run did, record by record
    #[command(after_help = "Examples:
  importer show 12
  importer show 12 --outcome refused
  importer show 12 --overwritten --csv > overwritten.csv

Records that stayed as they were are counted only. Details are kept for a while (`keep_days`), counts for good.")]
    Show {
        /// The run's number
        run: i64,
        /// What is shown
        #[command(flatten)]
        which: Which,
        /// How it answers
        #[command(flatten)]
        form: TableForm,
    },
    /// Explain why a record is, or is not, in Autotask
    #[command(after_help = "Examples:
  importer explain 0016F00002SasNYQAZ
  importer explain contact:30684512 --json
  importer explain company:1021 --offline

Tells what the record is now, and what each run decided about it, with the rule and the values. Autotask is asked \
about the record as it is at this moment; where it cannot be, the answer says so.")]
    Explain {
        /// A Salesforce id of 15 or 18 characters, or company:NUMBER or contact:NUMBER for an Autotask record
        id: RecordId,
        /// Ask the ledger only
        #[arg(long)]
        offline: bool,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Settle a held record: say which Autotask record it is, or that it is a new one
    #[command(after_help = "Examples:
  importer link 0016F00002SasNYQAZ 1021
  importer link 0016F00002SasNYQAZ new

The next import goes on from there. Autotask is asked whether there is such a record.")]
    Link {
        /// The Salesforce id of the account or contact
        #[arg(value_parser = salesforce_id)]
        salesforce_id: SalesforceId,
        /// The id of the Autotask company or contact, or "new"
        autotask_id: Choice,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Dissociate a linked pair, as clearing the user-defined field in Autotask does
    #[command(after_help = "Examples:
  importer unmap 0016F00002SasNYQAZ
  importer unmap company:1021

Clears the user-defined field in Autotask. The pair is neither updated nor linked again until `importer remap`.")]
    Unmap {
        /// A Salesforce id, or company:NUMBER or contact:NUMBER for an Autotask record
        id: RecordId,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Make an un-mapped pair, or one whose Autotask record is gone, eligible again
    #[command(after_help = "Examples:
  importer remap 0016F00002SasNYQAZ
  importer remap company:1021")]
    Remap {
        /// A Salesforce id, or company:NUMBER or contact:NUMBER for an Autotask record
        id: RecordId,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Let the next import change as much as this run would have
    #[command(after_help = "Examples:
  importer show 12
  importer approve 12

It decides afresh, and writes unless a count exceeds the approved one by more than a tenth. The approval lapses after \
24 hours.")]
    Approve {
        /// The number of a run that awaits approval
        run: i64,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Let the ledger serve the Salesforce organization and Autotask database that the settings lead to now
    #[command(after_help = "Examples:
  importer rebind
  importer rebind --yes --json
  importer rebind --keep-links

Signs in to both, shows what the ledger serves and what the settings lead to, and asks. Links and all else that holds \
ids of the former ones is dropped, as the same ids mean other records elsewhere. Waits for no import: one under way \
has to end first.")]
    Rebind {
        /// Do not ask
        #[arg(long)]
        yes: bool,
        /// Keep the links: both sides have the ids they had. Only for a sandbox refreshed from the former organization,
        /// or a database that was moved or renamed; anywhere else, imports then write to wrong records
        #[arg(long)]
        keep_links: bool,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Erase what runs kept of a record's values, as a person may ask
    #[command(after_help = "Examples:
  importer forget 0036F00002SasNYQAZ
  importer forget contact:30684512

Its reasons, remarks and values go, in all runs. That it was decided on, its ids and fingerprints of its values stay, \
as without them it would be imported anew.")]
    Forget {
        /// A Salesforce id, or company:NUMBER or contact:NUMBER for an Autotask record
        id: RecordId,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Show what waits to be told to people, or send them a test
    #[command(after_help = "Nothing is lost while a mail server is down.
Examples:
  importer notify
  importer notify --test")]
    Notify {
        /// Send an e-mail to each recipient, and post to the webhook, to see whether they arrive
        #[arg(long)]
        test: bool,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Compare all of both sides with what the rules ask for, and list every difference
    #[command(after_help = "Examples:
  importer verify
  importer verify --json

Reads all of both systems and writes nothing. What imports have reported already (held, refused and the like) is \
counted, not listed. The exit code is 4 where there are differences.")]
    Verify {
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Try both connections and all that an import needs, and write nothing
    #[command(after_help = "Examples:
  importer check
  importer check --json")]
    Check {
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Print a script that completes commands in a shell
    #[command(after_help = "Examples:
  importer completions bash > /etc/bash_completion.d/importer
  importer completions zsh > ~/.zfunc/_importer")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages
    #[command(after_help = "Examples:
  importer man --dir /usr/local/share/man/man1
  importer man | man -l -")]
    Man {
        /// The folder for a page of each command; without it, the first page goes to stdout
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Show and change the settings that people edit
    #[command(after_help = "Examples:
  importer settings show
  importer settings set active true")]
    Settings {
        /// What to do with them
        #[command(subcommand)]
        command: SettingsCommand,
    },
    /// Write a commented importer.toml, and ask for what is needed on a terminal
    #[command(after_help = "Examples:
  importer init
  importer --config /etc/importer/importer.toml init")]
    Init {
        /// Write it in the place of one that is there
        #[arg(long)]
        force: bool,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
}

/// What `importer settings` does.
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// List every key: its value, where that comes from, and what is wrong with it
    #[command(after_help = "Examples:
  importer settings show
  importer settings show --json")]
    Show {
        /// How it answers
        #[command(flatten)]
        form: Form,
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
        /// The key: salesforce.user, notifications.quiet, or the name alone for those of the table `settings`
        #[arg(value_parser = key)]
        key: &'static Key,
        /// Its value; not for a secret
        value: Option<String>,
        /// Agree to what the first import would do
        #[arg(long)]
        yes: bool,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
    /// Remove a key from the ledger, so that its default holds
    #[command(after_help = "Examples:
  importer settings unset interval_minutes")]
    Unset {
        /// The key
        #[arg(value_parser = key)]
        key: &'static Key,
        /// How it answers
        #[command(flatten)]
        form: Form,
    },
}

fn key(name: &str) -> Result<&'static Key, String> {
    Key::named(name)
        .ok_or_else(|| format!("there is no key `{name}`; `importer settings show` lists them"))
}

/// How an answer is given.
#[derive(Debug, Clone, Copy, Args)]
pub struct Form {
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// How a list of records is given.
#[derive(Debug, Clone, Copy, Args)]
pub struct TableForm {
    /// Answer in JSON
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print the records as CSV
    #[arg(long)]
    pub csv: bool,
}

/// Which records are shown.
#[derive(Debug, Clone, Copy, Args)]
pub struct Which {
    /// Only records with this outcome, "refused" for example
    #[arg(long, value_parser = outcome)]
    outcome: Option<Outcome>,
    /// The values that first linkings and updates replaced, instead of the records
    #[arg(long, conflicts_with = "outcome")]
    overwritten: bool,
}

impl From<Which> for Selection {
    fn from(which: Which) -> Self {
        match which {
            Which { overwritten: true, .. } => Self::Overwritten,
            Which { outcome: Some(outcome), .. } => Self::Outcome(outcome),
            Which { .. } => Self::All,
        }
    }
}

fn outcome(name: &str) -> Result<Outcome, String> {
    Outcome::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Outcome::ALL.iter().map(|outcome| outcome.name()).collect();
        format!("the outcomes are {}", names.join(", "))
    })
}
