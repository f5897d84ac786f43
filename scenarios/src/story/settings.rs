//! What people set in a story, as the command does it.

use std::io;
use std::sync::Arc;

use importer::config::{Key, Proposal};
use importer::progress::Silent;
use importer::prompt::Prompt;
use importer::settings::command::{self, Surroundings};
use secrecy::SecretString;

use super::{Done, Story, said};
use crate::clock::ManualClock;

/// Nobody is at a terminal: what a story sets it has agreed to.
struct Nobody;

impl Prompt for Nobody {
    fn is_attended(&self) -> bool {
        false
    }

    fn ask(&mut self, question: &str, _: &str) -> io::Result<String> {
        Err(io::Error::other(format!("nobody can answer {question:?}")))
    }

    fn ask_secret(&mut self, question: &str) -> io::Result<SecretString> {
        Err(io::Error::other(format!("nobody can answer {question:?}")))
    }
}

fn key(name: &str) -> Result<&'static Key, String> {
    Key::named(name).ok_or_else(|| format!("there is no setting {name:?}"))
}

impl Story {
    /// Takes what people edit out of the file and saves it in the ledger.
    pub(super) fn leave_to_ledger(&mut self) -> Done {
        self.stage.settings.in_ledger = true;
        let proposed: Result<Vec<_>, String> = self
            .stage
            .edited()
            .into_iter()
            .map(|(name, value)| Ok(Proposal { key: key(name)?, value: Some(value) }))
            .collect();
        let settings = self.stage.people_settings().map_err(said)?;
        settings.save(&proposed?, self.clock.now()).map_err(said)
    }

    /// Sets a key as `importer settings set` does, or says why that was refused.
    pub(super) async fn set(&self, name: &str, value: String) -> Result<Done, String> {
        let settings = self.stage.people_settings().map_err(said)?;
        let around = Surroundings {
            clock: Arc::<ManualClock>::clone(&self.clock),
            observer: Arc::new(Silent),
            prompt: &mut Nobody,
            remarks: &mut io::sink(),
        };
        let set = command::set(&settings, key(name)?, Some(value), true, around).await;
        Ok(set.map(drop).map_err(said))
    }
}
