//! importer
pub mod domain;
