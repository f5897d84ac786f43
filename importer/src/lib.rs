//! The importer: Salesforce accounts and contacts become Autotask companies and contacts, and stay current.
//!
//! * [`domain`] decides, as pure functions: mapping, matching, what is to be written and why.
//! * [`run`] is one import: read, decide, spool, look again, write, record.
//! * [`ports`] says what a run needs of the outside: a clock, a [`ports::Source`], a [`ports::Target`].
//! * [`salesforce`] and [`autotask`] are those ports over SOAP and REST; [`http`] sends their requests, [`retry`]
//!   decides which are worth repeating.
//! * [`sqlite`] is the ledger: links, decisions, and creates that may be under way.
//! * [`notify`] tells people of runs, by [`smtp`] or a webhook, from an outbox in the ledger.
//! * [`serve`] imports as [`schedule`] says, [`check`] tries everything an import needs.
//! * [`settings`] shows and changes what people edit, [`init`] writes a first file, [`prompt`] asks for what is needed.
//! * [`config`] reads the settings, [`app`] puts it all together, [`log`] says what happens, [`cli`], [`progress`],
//!   [`summary`], [`plan`] and [`desk`] face people.

pub mod app;
pub mod autotask;
pub mod causes;
pub mod check;
pub mod cli;
pub mod config;
pub mod console;
pub mod desk;
pub mod domain;
pub mod http;
pub mod init;
pub mod launch;
pub mod log;
pub mod notify;
pub mod plan;
pub mod ports;
pub mod progress;
pub mod prompt;
pub mod retry;
pub mod run;
pub mod salesforce;
pub mod schedule;
pub mod serve;
pub mod settings;
pub mod smtp;
pub mod sqlite;
pub mod summary;
pub mod system_clock;
