//! Whether an import would change so much that somebody has to agree first (rule R10).

use serde::{Deserialize, Serialize};

/// From how many changes on an import waits for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// More than this share of the linked records, in per cent …
    pub percent: u64,
    /// … and more than this many.
    pub records: u64,
}

impl Default for Guard {
    fn default() -> Self {
        Self { percent: 50, records: 100 }
    }
}

/// How much an import would change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Records it would create.
    pub created: u64,
    /// Linked records it would change.
    pub updated: u64,
    /// Linked records it would treat as un-mapped from now on.
    pub unmapped: u64,
}

impl Extent {
    fn counts(self) -> [u64; 3] {
        [self.created, self.updated, self.unmapped]
    }

    /// All of them.
    pub fn total(self) -> u64 {
        self.counts().iter().sum()
    }

    /// Whether none of the counts exceeds the approved one by more than a tenth.
    pub fn is_covered_by(self, approved: Self) -> bool {
        self.counts().iter().zip(approved.counts()).all(|(now, then)| now * 10 <= then * 11)
    }
}

impl Guard {
    /// Whether so much may need somebody's approval, depending on how many records are linked.
    pub fn may_hold(self, extent: Extent) -> bool {
        extent.total() > self.records
    }

    /// Whether so much, with so many records linked, needs somebody's approval.
    pub fn holds(self, extent: Extent, linked: u64) -> bool {
        self.may_hold(extent) && extent.total() * 100 > linked * self.percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARD: Guard = Guard { percent: 50, records: 100 };

    fn updates(updated: u64) -> Extent {
        Extent { updated, ..Extent::default() }
    }

    #[test]
    fn more_than_half_and_more_than_a_hundred_needs_approval() {
        assert!(GUARD.holds(updates(101), 200));
        assert!(!GUARD.holds(updates(100), 100), "a hundred is not more than a hundred");
        assert!(!GUARD.holds(updates(101), 202), "half is not more than half");
        assert!(GUARD.holds(Extent { created: 40, updated: 40, unmapped: 40 }, 200));
    }

    #[test]
    fn an_approval_covers_a_tenth_more_of_each_count() {
        assert!(updates(220).is_covered_by(updates(200)));
        assert!(!updates(221).is_covered_by(updates(200)));
        assert!(!Extent { created: 1, ..updates(10) }.is_covered_by(updates(200)));
    }
}
