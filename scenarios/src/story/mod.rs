//! Stories: what an import must do, told in steps with a fixed vocabulary, which `docs/scenarios.md` lists.
//!
//! Every scenario has a pair of mocks, a ledger and a clock of its own. The importer runs in this process but talks
//! to the mocks over HTTP alone, and what is there afterwards is read over REST.

mod autotask;
mod cells;
mod circumstances;
mod difference;
mod evidence;
mod generated;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod given;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod mail;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod outages;
mod outside;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod people;
mod retold;
mod run;
mod salesforce;
mod schedule;
mod settings;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod tenant;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod then;
mod under_way;
#[expect(clippy::needless_pass_by_value, reason = "steps are handed what was captured")]
mod when;

use std::collections::BTreeMap;
use std::sync::Arc;

use importer::causes;
use mock_autotask::Entity;
use mock_kit::world::Size;
use serde_json::json;
use tokio::task::JoinSet;

use crate::clock::ManualClock;
use crate::stage::{Stage, StageError};
use crate::truth::Truth;
use outside::OutsideRun;
use run::LastRun;

pub use circumstances::{Circumstances, told_under};
pub use evidence::{Decision, Evidence, Explained, Mail, Request, RunSeen};
pub use retold::{Made, Retold};

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
    circumstances: Circumstances,
    /// Salesforce ids of accounts by the names the story uses.
    accounts: BTreeMap<String, String>,
    /// Salesforce ids of contacts by the names the story uses.
    contacts: BTreeMap<String, String>,
    /// Salesforce ids of users by their names.
    users: BTreeMap<String, String>,
    /// Autotask ids of companies and contacts by the names the story uses.
    companies: BTreeMap<String, i64>,
    persons: BTreeMap<String, i64>,
    /// What must become of the generated world, where there is one.
    truth: Option<Truth>,
    /// Faults the story has planted so far.
    planted: u64,
    /// Whether imports begin by themselves when they are due.
    is_active: bool,
    /// An import that does not come to its end.
    under_way: JoinSet<()>,
    last_run: Option<LastRun>,
    /// The last run of an importer from outside.
    outside_run: Option<OutsideRun>,
    /// All runs so far.
    runs: Vec<RunSeen>,
    /// Why the importer did not run at all, if it did not.
    refusal: Option<String>,
    /// What the last command printed.
    answer: String,
}

impl Story {
    async fn new() -> Result<Self, StageError> {
        let circumstances = Circumstances::present();
        let begun = Self::begin(&circumstances).await;
        if let Err(trouble) = &begun {
            circumstances.trouble(&said(trouble));
        }
        begun
    }

    async fn begin(circumstances: &Circumstances) -> Result<Self, StageError> {
        let clock = Arc::new(ManualClock::default());
        let mocks_clock: Arc<dyn mock_kit::clock::Clock> = match circumstances.black_box {
            None => Arc::<ManualClock>::clone(&clock),
            Some(_) => mock_kit::clock::system(),
        };
        let mut stage = circumstances.set(Size::default(), mocks_clock).await?;
        let (first, last) = DEFAULT_MANAGER;
        let email = "dana@example.com";
        let manager = json!({ "firstName": first, "lastName": last, "email": email });
        stage.autotask.records().insert(Entity::Resource, &manager)?;
        stage.settings.default_account_manager = format!("{first} {last}");
        Ok(Self {
            stage,
            clock,
            circumstances: circumstances.clone(),
            accounts: BTreeMap::new(),
            contacts: BTreeMap::new(),
            users: BTreeMap::new(),
            companies: BTreeMap::new(),
            persons: BTreeMap::new(),
            truth: None,
            planted: 0,
            is_active: false,
            under_way: JoinSet::new(),
            last_run: None,
            outside_run: None,
            runs: Vec::new(),
            refusal: None,
            answer: String::new(),
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
    causes::in_one_line(&error)
}
