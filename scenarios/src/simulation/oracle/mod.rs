//! Says whether what an importer did is what the rules ask for, from the vendors' records, their past and the mails.
//!
//! Nothing of the importer's decisions is used here. What is taken from its ledger is what it claims: which records are
//! linked, how runs ended and counted. Where the rules leave open which of two things happens first (somebody edits a
//! field while an import writes it), both outcomes are right.

mod evidence;
mod fields;
mod identity;
mod mapped;
mod telling;

use std::fmt;

use serde::Serialize;

use super::world::World;
use evidence::Evidence;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which invariant does not hold.
    pub invariant: &'static str,
    /// What was found, in words.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.found)
    }
}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, invariant: &'static str, found: impl Into<String>) {
        self.0.push(Violation { invariant, found: found.into() });
    }
}

/// Checks all invariants in a world that has come to rest.
pub(super) fn check(world: &mut World) -> Vec<Violation> {
    let mut findings = Findings::default();
    if let Some(trouble) = world.process.trouble() {
        findings.add("process", trouble);
    }
    match Evidence::read(world) {
        Ok(evidence) => {
            identity::check(&evidence, &mut findings);
            fields::check(&evidence, &mut findings);
            telling::check(world, &evidence, &mut findings);
        }
        Err(error) => findings.add("evidence", error),
    }
    findings.0
}

/// An import that had nothing to do wrote something.
pub(super) fn not_idle(writes: u64) -> Violation {
    let found = format!("an import that had nothing to do sent {writes} writes");
    Violation { invariant: "idle", found }
}

/// How many imports there were.
pub(super) fn imports(world: &World) -> u64 {
    let ledger = importer::sqlite::Ledger::open(&world.process.ledger_file());
    let last = ledger.and_then(|ledger| ledger.read(|tx| tx.last_ended_import()));
    last.ok().flatten().map_or(0, |run| run.0.unsigned_abs())
}
