//! An Autotask that real clients cannot tell from the real one, as far as it goes: the REST API v1.0 over a tenant in
//! SQLite.
//!
//! A request comes in through `server` (HTTP), finds its way in `route` and is answered by `calls`. What there is to
//! read and write stands in [`entities`]; a query's filter is read by [`filter`] and becomes SQL; `write` holds the
//! rules a record must satisfy, `refusal` the vendor's words for those it does not, `store` the records. `credentials`
//! decides who may call at all, `limits` how often, `turns` whose turn it is at the database; `exchange` lets calls go
//! wrong on purpose. `records` and `control` are for tests and people. [`MockAutotask`] puts these together; the binary adds only arguments.
//!
//! Whatever the mock does not know it refuses with a message that names it.

pub mod cli;
pub mod entities;
pub mod filter;

mod answer;
mod calls;
mod control;
mod credentials;
mod exchange;
mod faults;
mod founding;
mod instance;
mod journal;
mod json;
mod limits;
mod metadata;
mod mock;
mod openapi;
mod query;
mod records;
mod refusal;
mod route;
mod seed;
mod server;
mod settings;
mod store;
mod time;
mod turns;
mod write;

pub use entities::Entity;
pub use faults::{ActiveRule, Effect, FaultRule};
pub use journal::JournalEntry;
pub use limits::Limits;
pub use mock::{MockAutotask, Options, StartError};
pub use mock_kit::tls::Shown;
pub use records::{Fixture, FixtureError, RecordError, Records};
pub use refusal::Complaint;
pub use seed::{generated_company_id, generated_contact_id, generated_resource_id};
pub use settings::{Action, Settings};
pub use store::{Author, Change, CheckpointError, OpenError, PicklistValue, UnsetUdfs};
