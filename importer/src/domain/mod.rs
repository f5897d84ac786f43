//! What an import decides, without network, clock or SQL.
//!
//! Everything here is a function of its arguments, so that any decision can be repeated from the records alone.
//! The rules it keeps are written out in `docs/rules.md`; a decision names the [`rules::Rule`] it follows.

pub mod agreement;
pub mod budget;
pub mod decision;
pub mod draft;
pub mod fields;
pub mod guard;
pub mod ids;
pub mod keys;
pub mod mapping;
pub mod matching;
pub mod metadata;
pub mod model;
pub mod notice;
pub mod policy;
pub mod recipients;
pub mod report;
pub mod rules;
