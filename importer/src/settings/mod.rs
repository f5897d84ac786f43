//! The settings that people change: shown, checked and saved, for the command line and whatever else faces people
//! (rules S1 to S3).
//!
//! What file or environment have is managed there and refused here, so that there is one truth. Everything else is in
//! the ledger, secrets sealed. Nothing is saved that is known to be wrong; what only Autotask can tell is asked there
//! ([`review`]), as far as it answers.

pub mod command;
mod review;
mod show;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::{Importer, StartError};
use crate::config::{
    Config, ConfigError, Entry, Given, Key, Origin, Problem, Proposal, Saved, SavedValue,
    SealError, Shape, Stored, Variables,
};
use crate::ports::{Clock, Observer};
use crate::sqlite::{Ledger, LedgerError};

pub use review::{Review, needs_autotask, review};
pub use show::Shown;

/// Something about a value that keeps it from being saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The value's key.
    pub key: &'static Key,
    /// What is wrong, and what would be right.
    pub text: String,
}

/// Why settings cannot be shown or changed. Nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be used at all.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The key is none that can be set this way.
    #[error("`{}` is set in importer.toml or as {} only{}", .0.full_name(), .0.variable(), instead(.0))]
    NotEditable(&'static Key),
    /// File or environment have it.
    #[error("`{}` is managed in {origin}: change it there, or remove it there to set it here", .key.full_name())]
    Managed {
        /// The key.
        key: &'static Key,
        /// Where it stands.
        origin: Origin,
    },
    /// Values are wrong.
    #[error("{}", .0.iter().map(|objection| objection.text.as_str()).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<Objection>),
    /// A secret cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// What to do instead of setting a key that stands in the file only.
fn instead(key: &Key) -> &'static str {
    match key.name {
        "security_token" => "; a password that is set this way has the token at its end",
        _ => "",
    }
}

/// The settings of one file and its ledger.
#[derive(Debug, Clone)]
pub struct Settings {
    given: Given,
    ledger: Arc<Ledger>,
}

impl Settings {
    /// Reads file and environment, and opens the ledger.
    pub fn open(file: &Path, variables: Variables<'_>) -> Result<Self, SettingsError> {
        Self::of(Given::load(file, variables)?)
    }

    /// The settings of what file and environment say.
    pub fn of(given: Given) -> Result<Self, SettingsError> {
        let ledger = Arc::new(Ledger::open(&given.ledger())?);
        Ok(Self { given, ledger })
    }

    fn saved(&self) -> Result<Saved, LedgerError> {
        self.ledger.read(|tx| tx.saved_settings())
    }

    /// All keys with their values, where those come from, and what is wrong with them.
    pub fn entries(&self) -> Result<Vec<Entry>, SettingsError> {
        let saved = self.saved()?;
        let mut entries = self.given.entries(&saved);
        if let Err(ConfigError::Wrong { problems, .. }) = self.given.config(saved) {
            for entry in &mut entries {
                let problem = problems.iter().find(|problem| problem.about == Some(entry.key));
                entry.problem = problem.map(|problem| problem.text.clone());
            }
        }
        Ok(entries)
    }

    /// The settings as an import needs them.
    pub fn config(&self) -> Result<Config, ConfigError> {
        self.given.config(self.saved()?)
    }

    /// The settings as far as they go, with what is missing named in them.
    pub fn config_begun(&self) -> Result<Config, ConfigError> {
        self.given.config_begun(self.saved()?)
    }

    /// The settings as an import would need them with these values saved.
    pub fn config_with(&self, proposed: &[Proposal]) -> Result<Config, SettingsError> {
        let saved = self.saved()?;
        self.given.config_with(saved, proposed).map_err(SettingsError::from)
    }

    /// Whether a key can be set here at all.
    pub fn allows(&self, key: &'static Key) -> Result<(), SettingsError> {
        self.allowed(key, &self.saved()?)
    }

    fn allowed(&self, key: &'static Key, saved: &Saved) -> Result<(), SettingsError> {
        if !key.is_editable() {
            return Err(SettingsError::NotEditable(key));
        }
        let origin = self.given.origin(key, saved);
        if origin.is_managed() {
            return Err(SettingsError::Managed { key, origin });
        }
        Ok(())
    }

    /// Looks at values, without asking anybody: whether they can be set here, and what is wrong with them.
    pub fn check(&self, proposed: &[Proposal]) -> Result<(), SettingsError> {
        self.check_against(&self.saved()?, proposed)
    }

    fn check_against(&self, saved: &Saved, proposed: &[Proposal]) -> Result<(), SettingsError> {
        for Proposal { key, value } in proposed {
            // What is saved beside what file or environment say, and does not count, may be removed.
            if value.is_some() || !saved.0.contains_key(&key.full_name()) {
                self.allowed(key, saved)?;
            }
        }
        let mut wrong: Vec<_> = proposed.iter().filter_map(objection).collect();
        if let Err(problems) = self.given.config_so_far(saved.clone(), proposed) {
            let about = |key: &Key| {
                proposed.iter().any(|proposal| proposal.key == key && proposal.value.is_some())
            };
            wrong.extend(problems.into_iter().filter_map(
                |Problem { about: key, text, .. }| {
                    let key = key.filter(|key| about(key))?;
                    Some(Objection { key, text })
                },
            ));
        }
        if wrong.is_empty() { Ok(()) } else { Err(SettingsError::Wrong(wrong)) }
    }

    /// Saves values, all of them or none. A running service takes them over at its next tick.
    pub fn save(&self, proposed: &[Proposal], now: Timestamp) -> Result<(), SettingsError> {
        let seal = self.given.seal();
        self.ledger.write(|tx| {
            let prepared = self.check_against(&tx.saved_settings()?, proposed).and_then(|()| {
                let value = |Proposal { key, value }: &Proposal| {
                    let Some(text) = value else { return Ok((key.full_name(), None)) };
                    let value = match key.shape {
                        Shape::Secret => Stored::Sealed(seal.seal(&key.full_name(), text)?),
                        _ => Stored::Plain(text.trim().to_owned()),
                    };
                    Ok((key.full_name(), Some(SavedValue { value, since: now })))
                };
                proposed.iter().map(value).collect::<Result<Vec<_>, SettingsError>>()
            });
            let values = match prepared {
                Ok(values) => values,
                Err(error) => return Ok(Err(error)),
            };
            for (name, value) in values {
                match value {
                    Some(value) => tx.save_setting(&name, &value)?,
                    None => _ = tx.remove_setting(&name)?,
                }
            }
            Ok(Ok(()))
        })?
    }

    /// Whether saving these values would make imports scheduled before there ever was one: somebody should see first
    /// what it would do, as companies cannot be deleted through Autotask's API (rule S3).
    pub fn begins_imports(&self, proposed: &[Proposal]) -> Result<bool, SettingsError> {
        let activates = proposed.iter().any(|Proposal { key, value }| {
            key.section == "settings"
                && key.name == "active"
                && value.as_deref().map(str::trim) == Some("true")
        });
        Ok(activates && !self.ledger.read(|tx| tx.has_imported())?)
    }

    /// An importer with these values, even if nobody has set up Salesforce yet: to ask Autotask with. `None` if not
    /// even that much is there.
    pub fn asker(
        &self,
        proposed: &[Proposal],
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Option<Importer>, SettingsError> {
        let Ok(config) = self.given.config_so_far(self.saved()?, proposed) else { return Ok(None) };
        match Importer::new(config, clock, observer) {
            Ok(importer) => Ok(Some(importer)),
            Err(StartError::Ledger(error)) => Err(error.into()),
            Err(StartError::Tls(_)) => Ok(None),
        }
    }
}

/// What is wrong with a value that a file could have, but nobody should set any more.
fn objection(Proposal { key, value }: &Proposal) -> Option<Objection> {
    let is_empty = value.as_deref()?.trim().is_empty() && key.default != Some("");
    is_empty.then(|| {
        let name = key.full_name();
        let text = format!("`{name}` cannot be empty; `importer settings unset {name}` removes it");
        Objection { key, text }
    })
}
