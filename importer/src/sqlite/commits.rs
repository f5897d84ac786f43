//! Who is told of commits.
//!
//! What a promise rests on is in the ledger from one commit on, and a process can end just before it or just after.
//! No await is near either moment, so whoever wants to be there has to be called.

use std::fmt;

/// Is told of each commit.
pub trait Commits: fmt::Debug + Send + Sync {
    /// All changes of a transaction are made, and none of them is kept yet.
    fn before(&self) {}

    /// All of them are kept.
    fn after(&self) {}
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unheard;

impl Commits for Unheard {}
