//! What a run needs of the outside world: the time, a source to read, a target to write.
//!
//! The ledger is no port: it is always SQLite, in tests too, in a temporary file.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::domain::agreement::SourceSchema;
use crate::domain::budget::Budget;
use crate::domain::decision::Patch;
use crate::domain::fields::{SourceField, TargetField};
use crate::domain::ids::{CompanyId, SalesforceId};
use crate::domain::metadata::Metadata;
use crate::domain::model::{Account, Kind, Pages, SourceContact, TargetRecord, Value};
use crate::domain::recipients::Addressee;

/// What lies behind an error.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Where time comes from, and the only way to wait.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Completes once `pause` has passed: between attempts, while a budget refills.
    async fn sleep(&self, pause: Duration);

    /// Completes at that moment, or at once if it has passed: how the schedule waits.
    async fn wait_until(&self, moment: Timestamp);

    /// Completes once something has taken `limit`, which is too long. Only [`timeout`] waits for it.
    async fn deadline(&self, limit: Duration);
}

/// What `future` comes to, or `None` when it takes longer than `limit`.
pub async fn timeout<T>(
    clock: &dyn Clock,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = clock.deadline(limit) => None,
    }
}

/// Records whose `SystemModstamp` lies in [`from`, `until`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The earliest moment, or `None` for all there are.
    pub from: Option<Timestamp>,
    /// The first moment that is left for the next run.
    pub until: Timestamp,
    /// Whether deleted ones are read too, as far as Salesforce still knows them.
    pub deleted: bool,
}

/// Which records are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// Those that changed within a window.
    Window(Window),
    /// Those with these ids, deleted or not. A few hundred at most.
    Ids(Vec<SalesforceId>),
}

/// Which page of the records is asked for. Pages come in the order of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageAsk {
    /// The first, of the records after this one if one is named: how a lost cursor is resumed.
    After(Option<SalesforceId>),
    /// The one that follows an earlier page.
    Next(Cursor),
}

/// Where the next page is, in the source's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Some records in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The records.
    pub records: Vec<T>,
    /// Where the next are, unless these are the last.
    pub next: Option<Cursor>,
    /// How many the whole query finds.
    pub total: u64,
    /// Fields that could not be asked for, as the user does not see them: nothing is known of their values (V7).
    pub hidden: Arc<BTreeSet<SourceField>>,
}

/// What signing in to Salesforce tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The organization, so that a ledger never serves two.
    pub organization: SalesforceId,
    /// The server's time: the bound below which this run decides everything.
    pub server_time: Timestamp,
    /// Things a person should know, such as an API version that ends.
    pub warnings: Vec<String>,
}

/// Why reading from Salesforce did not succeed. Each variant is one thing the run can do about it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The cursor is gone. Ask again for what comes after the last record taken.
    #[error("Salesforce no longer knows the query's cursor")]
    CursorLost,
    /// Salesforce does not let this user in. Trying again locks the account; a person has to act.
    #[error("Salesforce refused the sign-in: {message}")]
    SignInRefused {
        /// Salesforce's words.
        message: String,
        /// What to do about it.
        remedy: String,
    },
    /// Nothing more can be read in this run.
    #[error("Salesforce cannot be read")]
    Unavailable(#[source] Cause),
}

/// The Salesforce side of an import.
#[async_trait]
pub trait Source: Send + Sync {
    /// Signs in, unless that has been done.
    async fn sign_in(&self) -> Result<SignedIn, SourceError>;

    /// One page of accounts.
    async fn accounts(&self, select: &Select, ask: PageAsk) -> Result<Page<Account>, SourceError>;

    /// One page of contacts.
    async fn contacts(
        &self,
        select: &Select,
        ask: PageAsk,
    ) -> Result<Page<SourceContact>, SourceError>;

    /// The imported fields of a kind of record, as far as the user sees them.
    async fn schema(&self, kind: Kind) -> Result<SourceSchema, SourceError>;

    /// How many requests were sent so far.
    fn requests(&self) -> u64;

    /// Where people see its records, once that is known: the address that a record's id follows.
    fn pages(&self) -> Option<String> {
        None
    }
}

/// Why a request to Autotask did not end in a plain success. Each variant is one thing the run can do about it.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// This request was refused, in these words. Report it and go on with the next record.
    #[error("Autotask refused it: {}", .0.join("; "))]
    Rejected(Vec<String>),
    /// The answer was lost after sending. Look the record up before writing it again.
    #[error("no answer came back, so the record may or may not have been written")]
    Uncertain(#[source] Cause),
    /// Autotask does not accept the credentials. Trying again locks the user; a person has to act.
    #[error("Autotask refused the sign-in: {message}")]
    SignInRefused {
        /// What is known of the reason.
        message: String,
        /// What to do about it.
        remedy: String,
    },
    /// The hour's requests are used up, so this was not sent. Make room, look again, and go on.
    #[error("Autotask's requests of the hour are used up; this one was not sent")]
    NotNow,
    /// The run was asked to end while it waited for the hour. Nothing was sent.
    #[error("it was asked to stop while it waited for Autotask's hour")]
    Stopped,
    /// Nothing will succeed for now. End the run and keep the watermark where it is.
    #[error("Autotask cannot be used at the moment")]
    Unavailable(#[source] Cause),
}

/// What links an Autotask record to a Salesforce record: the user-defined fields' names, and whether they exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdFields {
    /// On companies.
    pub company: String,
    /// On contacts.
    pub contact: String,
}

impl Default for IdFields {
    fn default() -> Self {
        Self {
            company: "Salesforce Company ID".to_owned(),
            contact: "Salesforce Contact ID".to_owned(),
        }
    }
}

impl IdFields {
    /// The field's name on this kind of record.
    pub fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Company => &self.company,
            Kind::Contact => &self.contact,
        }
    }
}

/// Which records to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Find {
    /// A page of those with greater ids, in the order of ids.
    After(Option<i64>),
    /// A page of those with greater ids than `after` that are newer than what was read before: their id is above
    /// `above`, or Autotask says that they were changed at `since` or later.
    Changed {
        /// The last id of the page before.
        after: Option<i64>,
        /// The greatest id that was read before.
        above: i64,
        /// When that was, by Autotask's clock.
        since: Timestamp,
    },
    /// Those with these ids.
    Ids(Vec<i64>),
    /// The one with this id, read by itself: such an answer shows every user-defined field.
    One(i64),
    /// Those with these ids, and those that might be the same as records to be created.
    Again(Vec<i64>, Lookalikes),
    /// Those whose user-defined field holds one of these ids, as Autotask compares texts.
    Carrying(Vec<SalesforceId>),
}

/// The records on a page that may be followed by another.
pub const FULL_PAGE: usize = 500;

/// The most values that [`Find::Again`] asks for with one query. Autotask allows 500 alternatives, and those between
/// groups of conditions count too.
pub const MOST_VALUES: usize = 490;

/// Which records might be the same as others, as Autotask compares texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookalikes {
    /// Companies with these names.
    Companies(Vec<String>),
    /// Contacts of these companies with these last names.
    Contacts(Vec<CompanyId>, Vec<String>),
}

impl Lookalikes {
    /// How many values it lists.
    pub fn values(&self) -> usize {
        match self {
            Self::Companies(names) => names.len(),
            Self::Contacts(companies, names) => companies.len() + names.len(),
        }
    }
}

/// What a new record holds.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRecord {
    /// The company a contact is made in; `None` for a company.
    pub company: Option<CompanyId>,
    /// The Salesforce id it carries.
    pub salesforce_id: SalesforceId,
    /// The fields.
    pub fields: Vec<(TargetField, Value)>,
}

/// What becomes of the user-defined field that holds the Salesforce id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdField {
    /// It stays as it is.
    Keep,
    /// It is to hold this id.
    Set(SalesforceId),
    /// It is to be empty.
    Clear,
}

/// What changes in a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The record.
    pub id: i64,
    /// The company a contact belongs to; the record itself for a company.
    pub company: CompanyId,
    /// The user-defined field with the Salesforce id.
    pub id_field: IdField,
    /// Whether it becomes inactive.
    pub deactivate: bool,
    /// The fields.
    pub fields: Patch,
}

impl Change {
    /// A change of the user-defined field alone.
    pub fn of_id(id: i64, company: CompanyId, id_field: IdField) -> Self {
        Self { id, company, id_field, deactivate: false, fields: Patch::new() }
    }
}

/// The Autotask side of an import.
#[async_trait]
pub trait Target: Send + Sync {
    /// Finds the database's zone, and tells which database it is, so that a ledger never serves two.
    async fn connect(&self) -> Result<String, TargetError>;

    /// What the tenant accepts.
    async fn metadata(&self) -> Result<Metadata, TargetError>;

    /// Names the user-defined fields that are not there yet, and creates them if told to.
    async fn missing_id_fields(&self, create: bool) -> Result<Vec<String>, TargetError>;

    /// Reads records. Everything that is found is returned, but for [`Find::After`] and [`Find::Changed`], which
    /// return one page: the last, if it has fewer than [`FULL_PAGE`] records.
    async fn find(&self, kind: Kind, find: &Find) -> Result<Vec<TargetRecord>, TargetError>;

    /// Waits until so many requests can be sent without waiting, as far as the target limits them. To be called before
    /// creates are intended: a create never waits, it is refused with [`TargetError::NotNow`].
    async fn make_room(&self, _requests: u64) -> Result<(), TargetError> {
        Ok(())
    }

    /// What is left of the target's hour.
    fn budget(&self) -> Budget {
        Budget::unlimited()
    }

    /// Creates a record and returns its id.
    async fn create(&self, kind: Kind, record: &NewRecord) -> Result<i64, TargetError>;

    /// Changes a record.
    async fn update(&self, kind: Kind, change: &Change) -> Result<(), TargetError>;

    /// Autotask's own time as of its latest answer, if it told.
    fn time(&self) -> Option<Timestamp>;

    /// How many requests were sent so far.
    fn requests(&self) -> u64;

    /// Where people see its records, once that is known: the address that Autotask's commands follow.
    fn pages(&self) -> Option<String> {
        None
    }
}

/// A file that goes with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its text, which is CSV.
    pub text: String,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What makes it the same mail when it is sent again, without angle brackets or domain.
    pub id: String,
    /// What all mails of one installation belong to.
    pub thread: String,
    /// When it was written.
    pub written: Timestamp,
    /// Who gets it.
    pub to: Vec<Addressee>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// What goes with it.
    pub attachment: Option<Attachment>,
}

/// Why something was not delivered. Each variant is one thing to do about it.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// This one was refused, and would be again. Report it.
    #[error("it was refused: {0}")]
    Refused(String),
    /// The other side does not accept the credentials. Trying again soon locks the account.
    #[error("the sign-in was refused: {0}")]
    SignInRefused(String),
    /// It is not delivered, or that is not known. Try again later.
    #[error("{0}")]
    Later(String),
}

/// Sends mails.
#[async_trait]
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Sends a mail. It is accepted for all its addressees, or the error says why it is not.
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError>;

    /// Connects and signs in, and sends nothing.
    async fn greet(&self) -> Result<(), DeliveryError>;
}

/// What a run is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Signing in to both systems and reading what Autotask accepts.
    Connecting,
    /// Finding out what became of writes whose answers were lost.
    Settling,
    /// Reading the ids and keys of Autotask's companies or contacts.
    ReadingTarget(Kind),
    /// Reading Salesforce's accounts or contacts, and deciding about each.
    Deciding(Kind),
    /// Writing companies or contacts to Autotask.
    Writing(Kind),
}

/// Watches a run. Nothing a run does depends on it.
pub trait Observer: Send + Sync {
    /// A phase begins; `total` is the number of records it is about, where that is known.
    fn phase(&self, phase: Phase, total: Option<u64>);

    /// So many records of the phase are done with.
    fn advance(&self, records: u64);

    /// How much of Autotask's hour is used. Told about once a second, and before a wait.
    fn budget(&self, _budget: &Budget) {}

    /// The run waits for more of Autotask's hour, for so long at first.
    fn waits(&self, _pause: Duration) {}
}

/// Asks a run to end: after its current batch, or at once where it waits for Autotask's hour.
#[derive(Debug, Clone, Default)]
pub struct StopSignal(Arc<Stopping>);

#[derive(Debug, Default)]
struct Stopping {
    is_requested: AtomicBool,
    requested: Notify,
}

impl StopSignal {
    /// Asks for it.
    pub fn request(&self) {
        self.0.is_requested.store(true, Ordering::SeqCst);
        self.0.requested.notify_waiters();
    }

    /// Whether it was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.is_requested.load(Ordering::SeqCst)
    }

    /// Completes once it is asked for.
    pub async fn requested(&self) {
        // Listening before looking: a request in between is not missed.
        let requested = self.0.requested.notified();
        if !self.is_requested() {
            requested.await;
        }
    }
}

/// The ports of one run.
#[derive(Clone)]
pub struct Ports {
    /// Who may end it early.
    pub stop: StopSignal,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Salesforce.
    pub source: Arc<dyn Source>,
    /// Autotask.
    pub target: Arc<dyn Target>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
}

impl Ports {
    /// Where people see the records of both sides, as far as that is known.
    pub fn pages(&self) -> Pages {
        Pages { salesforce: self.source.pages(), autotask: self.target.pages() }
    }
}
