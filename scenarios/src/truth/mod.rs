//! What Autotask must hold after a first import, worked out from the generated world and the rules alone.
//!
//! Nothing of the importer is used here, so a mistake in the importer shows as a difference. The rules are those of
//! `docs/rules.md`; the names of functions and comments cite them. Records are compared by what a person would read:
//! labels instead of picklist numbers, ISO codes instead of country ids.

mod compare;
pub(crate) mod identity;
pub(crate) mod values;

use std::collections::BTreeMap;

use mock_kit::world::World;

pub use compare::{Difference, Findings};
pub use identity::Outcome;
pub use values::{COMPANY_FIELDS, CONTACT_FIELDS, Fields};

use identity::Decided;

/// What the truth depends on besides the world: the settings of the import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// The resource that manages companies whose owner is found nowhere (C8), by its index in the world.
    pub default_manager: Option<u64>,
}

/// The truth about one world.
#[derive(Debug)]
pub struct Truth {
    world: World,
    terms: Terms,
    decided: Decided,
}

impl Truth {
    /// Works out what becomes of every account and contact.
    pub fn new(world: World, terms: Terms) -> Self {
        Self { world, terms, decided: Decided::new(&world, terms) }
    }

    /// The world it is about.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What becomes of the account at an index.
    pub fn account(&self, index: u64) -> Outcome {
        identity::at(&self.decided.accounts, index)
    }

    /// What becomes of the contact at an index.
    pub fn contact(&self, index: u64) -> Outcome {
        identity::at(&self.decided.contacts, index)
    }

    /// How many accounts have each outcome.
    pub fn account_counts(&self) -> BTreeMap<&'static str, u64> {
        counts(&self.decided.accounts)
    }

    /// How many contacts have each outcome.
    pub fn contact_counts(&self) -> BTreeMap<&'static str, u64> {
        counts(&self.decided.contacts)
    }
}

fn counts(outcomes: &[Outcome]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome.name()).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
