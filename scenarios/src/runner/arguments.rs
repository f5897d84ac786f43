//! The arguments of `scenarios run`.

use std::path::PathBuf;

use cucumber::gherkin::tagexpr::TagOperation;

/// Stories told at a time if nothing else is said: more gain nothing.
const AT_A_TIME: u16 = 8;

/// Which stories are meant.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Choice {
    /// Files, folders, one scenario as `FILE:LINE`, or `built-in`
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Only scenarios whose tags fit, for example '@C1 and not @slow'
    #[arg(long, value_name = "EXPRESSION")]
    pub tags: Option<TagOperation>,
    /// Only scenarios that prove this rule, for example K2; more than once for several
    #[arg(long, value_name = "RULE")]
    pub rule: Vec<String>,
}

/// What `scenarios run` is told.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Without a PATH the built-in stories are told.\n\n\
    Exit codes: 0 all scenarios held, 1 some failed, 2 a scenario or an argument is wrong and nothing was told, \
    3 the environment is wrong.")]
pub struct Arguments {
    /// The stories; without a PATH, the built-in ones
    #[command(flatten)]
    pub choice: Choice,
    /// Scenarios told at a time
    #[arg(long, value_name = "N", default_value_t = AT_A_TIME, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    pub junit: Option<PathBuf>,
    /// Write a report in Cucumber's JSON
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    pub json: Option<PathBuf>,
    /// Write a page for people
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    pub html: Option<PathBuf>,
    /// What generated data and the order of --shuffle come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Tell them in an order that comes from the seed
    #[arg(long)]
    pub shuffle: bool,
    /// Tell them to another importer: the command that imports once (see docs/black-box.md)
    #[arg(long, value_name = "COMMAND")]
    pub importer: Option<String>,
    /// Show which scenarios are meant, with their tags, and tell none
    #[arg(long)]
    pub list: bool,
    /// Tell them again whenever a file changes
    #[arg(long, conflicts_with = "list")]
    pub watch: bool,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            choice: Choice::default(),
            jobs: AT_A_TIME,
            junit: None,
            json: None,
            html: None,
            seed: 0,
            shuffle: false,
            importer: None,
            list: false,
            watch: false,
        }
    }
}

impl Choice {
    /// Whether anything was asked for.
    pub fn is_made(&self) -> bool {
        !self.paths.is_empty() || self.tags.is_some() || !self.rule.is_empty()
    }

    /// What was asked for, in words.
    pub(super) fn meant(&self) -> String {
        let mut words = if self.paths.is_empty() {
            "the built-in stories".to_owned()
        } else {
            self.paths.join(" ")
        };
        if !self.rule.is_empty() {
            words = format!("{words} for rule {}", self.rule.join(" or "));
        }
        if self.tags.is_some() {
            words.push_str(" and these --tags");
        }
        words
    }
}
