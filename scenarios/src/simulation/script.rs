//! What a simulation is made of: a plain list of deeds, each at its moment. A seed draws one, a file holds one, and a
//! shorter list is a smaller simulation.

use std::collections::BTreeMap;

use mock_autotask::Entity;
use mock_salesforce::ObjectKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::interruption::Moment;

/// A whole simulation. The same one always takes the same course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Script {
    /// What decides everything that is not written down: how long requests travel, which ids records get.
    pub seed: u64,
    /// Settings of the importer besides those it needs, by their full names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Json>,
    /// How long deeds go on, without the quiet after them.
    pub minutes: u64,
    /// After how many minutes, again and again, all goes quiet and everything is checked.
    pub quiet_every: u64,
    /// What is done. In the order of the moments, those of one moment as they stand.
    pub steps: Vec<Step>,
}

/// A deed at its moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Milliseconds since the beginning, quiet times left out.
    pub at: u64,
    /// What is done.
    #[serde(flatten)]
    pub deed: Deed,
}

/// A record's fields. A text of the form `@a1` stands for the id of the record that the script calls `a1`.
pub type Fields = Map<String, Json>;

/// Something that is done. What is not possible when its moment comes is not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Deed {
    /// Somebody makes a record in Salesforce.
    SalesforceCreate {
        /// What the script calls it.
        key: String,
        /// What it is.
        object: Object,
        /// Its fields.
        fields: Fields,
    },
    /// Somebody changes a record in Salesforce.
    SalesforceEdit {
        /// The record.
        key: String,
        /// What changes.
        fields: Fields,
    },
    /// Somebody deletes a record in Salesforce.
    SalesforceDelete {
        /// The record.
        key: String,
    },
    /// Somebody takes a record out of Salesforce's recycle bin.
    SalesforceRestore {
        /// The record.
        key: String,
    },
    /// Somebody merges one record into another in Salesforce.
    SalesforceMerge {
        /// The one that stays.
        master: String,
        /// The one that goes.
        loser: String,
    },
    /// Somebody makes a record in Autotask.
    AutotaskCreate {
        /// What the script calls it.
        key: String,
        /// What it is.
        entity: Entity,
        /// Its fields.
        fields: Fields,
    },
    /// Somebody changes a record in Autotask.
    AutotaskEdit {
        /// The record: one of the script's, or the one that carries the id of the script's Salesforce record.
        record: String,
        /// What changes.
        fields: Fields,
    },
    /// Somebody deletes a record in Autotask.
    AutotaskDelete {
        /// The record.
        record: String,
    },
    /// Somebody takes a pair apart: the user-defined field is cleared in Autotask.
    AutotaskClear {
        /// The record.
        record: String,
    },
    /// Somebody types the id of a Salesforce record into a record in Autotask.
    AutotaskType {
        /// The record.
        record: String,
        /// The Salesforce record.
        id_of: String,
    },
    /// Somebody launches an import.
    Launch,
    /// The importer's process ends at a request or commit, counted from now, and is started again.
    Crash {
        /// The moment.
        moment: Moment,
        /// Seconds until it is started again.
        down: u64,
    },
    /// The importer's process ends at once, and is started again.
    Kill {
        /// Seconds until it is started again.
        down: u64,
    },
    /// The importer is stopped as an operator stops it, and started again.
    Stop {
        /// Seconds until it is started again.
        down: u64,
    },
    /// Somebody sets the clock of the importer's machine.
    SetClock {
        /// By so many seconds, back if negative.
        seconds: i64,
    },
    /// The network loses a host.
    Cut {
        /// Which one.
        host: HostName,
        /// Whether it is lost or there again.
        lost: bool,
    },
    /// Something goes wrong in Salesforce.
    SalesforceFault {
        /// What, and when.
        rule: mock_salesforce::FaultRule,
    },
    /// Something goes wrong in Autotask.
    AutotaskFault {
        /// What, and when.
        rule: mock_autotask::FaultRule,
    },
    /// Salesforce ends all sessions.
    EndSessions,
    /// Other integrations use so much of every hour that Autotask has.
    OtherRequests {
        /// How many requests.
        requests: u32,
    },
    /// The mail server goes down, or comes up.
    MailServer {
        /// Whether it is down.
        down: bool,
    },
    /// The mail server accepts mails without the importer hearing of it.
    LoseReceipts {
        /// How many.
        mails: u32,
    },
}

/// What a record in Salesforce is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Object {
    /// An account.
    Account,
    /// A contact.
    Contact,
    /// A user.
    User,
}

impl Object {
    pub(super) fn kind(self) -> ObjectKind {
        match self {
            Self::Account => ObjectKind::Account,
            Self::Contact => ObjectKind::Contact,
            Self::User => ObjectKind::User,
        }
    }
}

/// A server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostName {
    /// Salesforce's.
    Salesforce,
    /// Autotask's.
    Autotask,
}
