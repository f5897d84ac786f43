//! Stories: what an import must do, told in steps with a fixed vocabulary, which `docs/scenarios.md` lists.
//!
//! Every scenario has a pair of mocks, a ledger and a clock of its own. The importer runs in this process but talks
//! to the mocks over HTTP alone, and what is there afterwards is read over REST.

mod autotask;
mod cells;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod given;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod mail;
mod run;
mod salesforce;
mod settings;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod then;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod when;

use std::collections::BTreeMap;
use std::sync::Arc;

use mock_autotask::Entity;
use serde_json::json;

use crate::clock::ManualClock;
use crate::stage::{Plan, Stage, StageError};
use run::LastRun;

/// What a step comes to: nothing, or what is wrong.
type Done = Result<(), String>;

/// Who manages companies in stories that say nothing else.
const DEFAULT_MANAGER: (&str, &str) = ("Dana", "Default");

/// One story while it is told.
#[derive(Debug, cucumber::World)]
#[world(init = Self::new)]
pub struct Story {
    stage: Stage,
    clock: Arc<ManualClock>,
    /// Salesforce ids of accounts by the names the story uses.
    accounts: BTreeMap<String, String>,
    /// Salesforce ids of contacts by the names the story uses.
    contacts: BTreeMap<String, String>,
    /// Salesforce ids of users by their names.
    users: BTreeMap<String, String>,
    /// Autotask ids of companies and contacts by the names the story uses.
    companies: BTreeMap<String, i64>,
    persons: BTreeMap<String, i64>,
    /// Faults the story has planted so far.
    planted: usize,
    last_run: Option<LastRun>,
    /// Why the importer did not run at all, if it did not.
    refusal: Option<String>,
}

impl Story {
    async fn new() -> Result<Self, StageError> {
        let clock = Arc::new(ManualClock::default());
        let mocks_clock = Arc::<ManualClock>::clone(&clock);
        let mut stage = Stage::set(&Plan::default(), mocks_clock).await?;
        let (first, last) = DEFAULT_MANAGER;
        let email = "dana@example.com";
        let manager = json!({ "firstName": first, "lastName": last, "email": email });
        stage.autotask.records().insert(Entity::Resource, &manager)?;
        stage.settings.default_account_manager = format!("{first} {last}");
        Ok(Self {
            stage,
            clock,
            accounts: BTreeMap::new(),
            contacts: BTreeMap::new(),
            users: BTreeMap::new(),
            companies: BTreeMap::new(),
            persons: BTreeMap::new(),
            planted: 0,
            last_run: None,
            refusal: None,
        })
    }

    fn spoil_salesforce(&mut self, rule: mock_salesforce::FaultRule) {
        self.planted += 1;
        self.stage.salesforce.spoil(rule);
    }

    fn spoil_autotask(&mut self, rule: mock_autotask::FaultRule) {
        self.planted += 1;
        self.stage.autotask.spoil(rule);
    }

    /// The Salesforce id of the record a story knows by this name.
    fn salesforce_id(&self, name: &str) -> Option<String> {
        self.accounts.get(name).or_else(|| self.contacts.get(name)).cloned()
    }
}

/// An error with its causes, for a step's result.
fn said(error: impl std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    message
}
