//! A Salesforce that real clients cannot tell from the real one, as far as it goes: the SOAP Partner API over an org
//! in SQLite.
//!
//! A request comes in through `server` (HTTP), is read by [`soap`], answered by one of `calls` and leaves as it came.
//! Queries go through [`soql`]; records, their rules and their history live in `org`. `login` and `session` decide
//! who may call at all, `usage` how often. `exchange` lets things go wrong on purpose (`faults`) and writes the
//! `journal`; `control` is the way in for tests and people. [`MockSalesforce`] puts these together; the binary adds only
//! arguments.
//!
//! Whatever the mock does not know it refuses with a message that names it.

pub mod cli;
pub mod soap;
pub mod soql;

mod answer_memory;
mod calls;
mod control;
mod exchange;
mod faults;
mod instance;
mod journal;
mod login;
mod message;
mod mock;
mod oauth;
mod org;
mod seed;
mod server;
mod session;
mod settings;
mod usage;
mod version;

pub use mock_kit::tls::Shown;

pub use faults::{ActiveRule, Effect, FaultRule};
pub use journal::JournalEntry;
pub use mock::{
    MockSalesforce, Options, StartError, generated_account_id, generated_contact_id,
    generated_user_id,
};
pub use oauth::{BadKey, ConnectedApp, PublicKey};
pub use org::{
    CheckpointError, CustomField, CustomFieldError, CustomFieldType, FieldSettings,
    FieldSettingsError, FixtureError, ObjectKind, Org, OrgError, SaveError,
};
pub use settings::{AddressRange, LoginHours, Settings};
