//! What a run did, in numbers and words.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decision::Outcome;
use super::ids::{RunId, SalesforceId};
use super::model::Kind;
use super::rules::Rule;

/// How a run ended (rule R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Still going on.
    Running,
    /// Every record was decided on and written.
    Completed,
    /// Some records were refused.
    CompletedWithErrors,
    /// It could not go on.
    Failed,
    /// It could not go on, as one side did not accept the credentials.
    SignInRefused,
    /// It would have changed so much that somebody has to agree first (R10). Nothing was written.
    AwaitingApproval,
    /// The process ended before the run did.
    Interrupted,
    /// It was to say what an import would do, and wrote nothing (R7).
    Planned,
}

impl RunState {
    /// The state's name in reports and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::CompletedWithErrors => "completed with errors",
            Self::Failed => "failed",
            Self::SignInRefused => "failed: sign-in refused",
            Self::AwaitingApproval => "awaiting approval",
            Self::Interrupted => "interrupted",
            Self::Planned => "planned",
        }
    }

    /// Whether every record was decided on and carried out.
    pub fn came_to_its_end(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithErrors)
    }

    /// Whether its outcomes are what happened, not what would have.
    pub fn wrote(self) -> bool {
        !matches!(self, Self::AwaitingApproval | Self::Planned)
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Running,
            Self::Completed,
            Self::CompletedWithErrors,
            Self::Failed,
            Self::SignInRefused,
            Self::AwaitingApproval,
            Self::Interrupted,
            Self::Planned,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How many records of one kind ended with each outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Outcome, u64>);

impl Counts {
    /// Counts `number` records with this outcome.
    pub fn add(&mut self, outcome: Outcome, number: u64) {
        if number > 0 {
            *self.0.entry(outcome).or_default() += number;
        }
    }

    /// How many records ended with this outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0.get(&outcome).copied().unwrap_or_default()
    }

    /// All of them: the number of records read.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// A record that the report names: it was refused, held or skipped, or something about its values is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Account or contact.
    pub kind: Kind,
    /// Its Salesforce id.
    pub id: SalesforceId,
    /// What became of it.
    pub outcome: Outcome,
    /// The rule behind that.
    pub rule: Rule,
    /// Why, or what about its values.
    pub text: String,
}

/// How many requests went to each system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// To Salesforce.
    pub salesforce: u64,
    /// To Autotask.
    pub autotask: u64,
}

/// How many Salesforce records a run read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Accounts that it decided about.
    pub accounts: u64,
    /// Contacts that it decided about.
    pub contacts: u64,
    /// Records that were deleted in Salesforce, linked or not (R8).
    pub deleted: u64,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// How it ended.
    pub state: RunState,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The outcomes of accounts.
    pub accounts: Counts,
    /// The outcomes of contacts.
    pub contacts: Counts,
    /// What it read: the sums of the counts.
    pub read: Read,
    /// The requests it made.
    pub requests: Requests,
    /// Things about the whole run: fields that could not be read or written, settings that found nothing.
    pub warnings: Vec<String>,
    /// Why it could not go on, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl RunReport {
    /// The counts of one kind.
    pub fn counts(&self, kind: Kind) -> &Counts {
        match kind {
            Kind::Company => &self.accounts,
            Kind::Contact => &self.contacts,
        }
    }
}

/// The summary table: a line for each outcome that occurred, a column for each kind, and their sums.
impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "run {} {}", self.run, self.state)?;
        writeln!(f)?;
        writeln!(f, "{:<12}{:>10}{:>10}", "", "accounts", "contacts")?;
        for outcome in Outcome::ALL {
            let (accounts, contacts) = (self.accounts.of(outcome), self.contacts.of(outcome));
            if accounts + contacts > 0 {
                writeln!(f, "{outcome:<12}{accounts:>10}{contacts:>10}")?;
            }
        }
        writeln!(f, "{:<12}{:>10}{:>10}", "read", self.read.accounts, self.read.contacts)?;
        if self.read.deleted > 0 {
            writeln!(f, "{:<12}{:>10} in Salesforce", "deleted", self.read.deleted)?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "{} requests to Salesforce, {} to Autotask",
            self.requests.salesforce, self.requests.autotask
        )?;
        for warning in &self.warnings {
            writeln!(f, "note: {warning}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,203 accounts and 7 contacts.
    fn report() -> RunReport {
        let mut accounts = Counts::default();
        accounts.add(Outcome::Created, 1_200);
        accounts.add(Outcome::Held, 3);
        let mut contacts = Counts::default();
        contacts.add(Outcome::Orphan, 7);
        RunReport {
            run: RunId(4),
            state: RunState::Completed,
            started: Timestamp::UNIX_EPOCH,
            ended: Timestamp::UNIX_EPOCH,
            accounts,
            contacts,
            read: Read { accounts: 1_203, contacts: 7, deleted: 0 },
            requests: Requests { salesforce: 5, autotask: 1_300 },
            warnings: vec![],
            failure: None,
        }
    }

    #[test]
    fn the_table_shows_what_occurred_and_the_sum_of_it() {
        assert_eq!(
            report().to_string(),
            "run 4 completed\n\
             \n            \
             \x20 accounts  contacts\n\
             created           1200         0\n\
             held                 3         0\n\
             orphan               0         7\n\
             read              1203         7\n\
             \n\
             5 requests to Salesforce, 1300 to Autotask\n"
        );
    }

    const STATES: [RunState; 8] = [
        RunState::Running,
        RunState::Completed,
        RunState::CompletedWithErrors,
        RunState::Failed,
        RunState::SignInRefused,
        RunState::AwaitingApproval,
        RunState::Interrupted,
        RunState::Planned,
    ];

    #[test]
    fn refused_records_keep_no_run_from_its_end() {
        let ended: Vec<_> = STATES.into_iter().filter(|state| state.came_to_its_end()).collect();

        assert_eq!(ended, [RunState::Completed, RunState::CompletedWithErrors]);
    }

    #[test]
    fn only_plans_and_what_waits_for_approval_wrote_nothing() {
        let idle: Vec<_> = STATES.into_iter().filter(|state| !state.wrote()).collect();

        assert_eq!(idle, [RunState::AwaitingApproval, RunState::Planned]);
    }

    #[test]
    fn a_state_is_known_by_its_name() {
        for state in STATES {
            assert_eq!(RunState::from_name(state.name()), Some(state));
            assert_eq!(state.to_string(), state.name());
        }
        assert_eq!(RunState::from_name("lost"), None);
    }

    #[test]
    fn counts_add_up_to_what_was_read() {
        let mut counts = Counts::default();
        counts.add(Outcome::Created, 2);
        counts.add(Outcome::Created, 3);
        counts.add(Outcome::Held, 1);
        counts.add(Outcome::Gone, 0);

        assert_eq!(counts.of(Outcome::Created), 5);
        assert_eq!(counts.of(Outcome::Gone), 0);
        assert_eq!(counts.total(), 6);
    }

    #[test]
    fn an_outcome_without_a_record_is_not_spoken_of() {
        let mut counts = Counts::default();

        counts.add(Outcome::Gone, 0);

        assert_eq!(counts, Counts::default());
    }

    #[test]
    fn each_kind_has_counts_of_its_own() {
        assert_eq!(report().counts(Kind::Company).total(), 1_203);
        assert_eq!(report().counts(Kind::Contact).total(), 7);
    }

    #[test]
    fn deletions_and_warnings_are_told_where_there_are_some() {
        let read = Read { deleted: 2, ..report().read };
        let report = RunReport { read, warnings: vec!["no city".to_owned()], ..report() };

        let text = report.to_string();

        assert!(text.contains("\ndeleted              2 in Salesforce\n"), "{text}");
        assert!(text.ends_with("\nnote: no city\n"), "{text}");
    }
}
