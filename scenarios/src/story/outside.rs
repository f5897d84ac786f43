//! Stories that are told to an importer from outside: one run of a command is one import.

use std::collections::BTreeMap;
use std::sync::Arc;

use mock_kit::clock::{self, Clock as MockClock};

use super::{Done, Story, said};
use crate::clock::ManualClock;
use crate::runner::black_box::Ended;

/// Seconds between what a story tells and the importer's beginning.
pub(super) const BEFORE_A_RUN: u32 = 60;

/// What came of the last run of an importer from outside.
#[derive(Debug)]
pub(super) struct OutsideRun {
    code: Option<i32>,
    /// What it printed last.
    pub(super) output: String,
    /// The calls Autotask received in it, by name.
    pub(super) calls: BTreeMap<String, u64>,
}

impl OutsideRun {
    /// How it ended, in words.
    pub(super) fn ended(&self) -> String {
        let code = self.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        format!("{} (exit code {code})", self.state())
    }

    /// The state that its exit code stands for.
    pub(super) fn state(&self) -> &'static str {
        match self.code {
            Some(0) => "completed",
            Some(1) => "completed with errors",
            Some(6) => "awaiting approval",
            _ => "failed",
        }
    }
}

impl Story {
    /// The clock of the mocks: an importer from outside has the machine's.
    pub(super) fn mocks_clock(&self) -> Arc<dyn MockClock> {
        match self.circumstances.black_box {
            None => Arc::<ManualClock>::clone(&self.clock),
            Some(_) => clock::system(),
        }
    }

    /// Moves the mocks' clock ahead of the machine's.
    pub(super) fn advance_mocks(&self, seconds: u32) {
        self.stage.salesforce.advance_clock(seconds);
        self.stage.autotask.advance_clock(seconds);
    }

    /// Has the command import once.
    pub(super) async fn run_outside(&mut self) -> Done {
        let Some(command) = self.circumstances.black_box.clone() else {
            return Err("there is no importer from outside".to_owned());
        };
        self.advance_mocks(BEFORE_A_RUN);
        let before = self.stage.autotask.calls();
        self.outside_run = None;
        let folder = self.stage.outside_folder();
        std::fs::create_dir_all(&folder).map_err(said)?;
        let ended = command.run(&self.stage.variables(), &folder).await.map_err(|error| {
            let text = said(error);
            self.circumstances.trouble(&text);
            text
        })?;
        let calls = self.calls_since(&before);
        match ended {
            Ended::Itself { code, output } => {
                self.outside_run = Some(OutsideRun { code, output, calls });
                self.check_faults()
            }
            Ended::TooLate { after, output } => Err(format!(
                "the importer has not come to an end in {after:?}; it printed\n{output}"
            )),
        }
    }
}
