//! The importer: Salesforce accounts and contacts become Autotask companies and contacts, and stay current.
//!
//! * [`domain`] decides, as pure functions: mapping, matching, what is to be written and why.
//! * [`ports`] says what a run needs of the outside: a clock, a [`ports::Source`], a [`ports::Target`].
//! * [`http`] sends requests; [`retry`] decides which are worth repeating.

pub mod autotask;
pub mod domain;
pub mod http;
pub mod ports;
pub mod retry;
pub mod run;
pub mod salesforce;
pub mod sqlite;
pub mod system_clock;
