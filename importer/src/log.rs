//! The log: lines for people or objects for programs, on stderr.
//!
//! `RUST_LOG` says how much. Nothing that is logged holds a body, a credential or a person's data, at any level.

use std::io::{IsTerminal, Write, stderr};
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// A line of text for each event, for people.
    #[default]
    Text,
    /// A JSON object on a line for each event, for programs.
    Json,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("`{other}` is neither `text` nor `json`")),
        }
    }
}

impl Format {
    /// Begins to log, from `level` on unless `RUST_LOG` says otherwise.
    pub fn start(self, level: &str) {
        let filter = EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| EnvFilter::new(format!("importer={level}")));
        let ansi = stderr().is_terminal();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
        match self {
            Self::Text => log.with_ansi(ansi).init(),
            Self::Json => log.json().flatten_event(true).with_current_span(false).init(),
        }
    }

    /// Says why the program ends early.
    pub fn end(self, failure: &str) {
        match self {
            // Nobody is left to tell when stderr is gone.
            Self::Text => _ = writeln!(stderr(), "error: {failure}"),
            Self::Json => tracing::error!("{failure}"),
        }
    }
}
