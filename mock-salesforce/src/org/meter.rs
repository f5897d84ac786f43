//! How much a query may cost, counted in steps of SQLite, so that no query holds up the others for minutes.
//!
//! Steps are counted rather than time, so that the same query ends in the same way on every machine. What SQLite calls
//! back for, comparing text and matching patterns, costs more than a step and is charged for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

/// Steps of SQLite between two questions whether to go on.
const STEPS_AT_ONCE: u16 = 1_000;

/// What a comparison of two texts costs.
const COMPARISON: u64 = 8;

/// What matching a pattern costs at least.
const MATCH: u64 = 32;

/// The steps that are left.
#[derive(Debug, Clone)]
pub(super) struct Meter(Arc<AtomicU64>);

/// While it is there, statements may take so many steps together and are then interrupted.
#[derive(Debug)]
pub(crate) struct Budget(Meter);

impl Meter {
    /// A meter that interrupts what the connection does once nothing is left.
    pub(super) fn of(connection: &mut Connection) -> rusqlite::Result<Self> {
        let meter = Self(Arc::new(AtomicU64::new(u64::MAX)));
        let asked = meter.clone();
        let interrupt = move || !asked.spend(STEPS_AT_ONCE.into());
        connection.progress_handler(STEPS_AT_ONCE.into(), Some(interrupt))?;
        Ok(meter)
    }

    /// Bounds the steps of what is done until the budget is dropped; without a number they are not bounded.
    pub(super) fn budget(&self, steps: Option<u64>) -> Budget {
        self.0.store(steps.unwrap_or(u64::MAX), Ordering::Relaxed);
        Budget(self.clone())
    }

    /// Charges for comparing two texts.
    pub(super) fn charge_comparison(&self) {
        self.spend(COMPARISON);
    }

    /// Charges for holding a text against a pattern, which at worst takes the product of their lengths.
    pub(super) fn charge_match(&self, text: &str, pattern: &str) {
        let product = u64::try_from(text.len().saturating_mul(pattern.len())).unwrap_or(u64::MAX);
        self.spend((product / 16).saturating_add(MATCH));
    }

    /// Whether so many steps were left; if not, none are from now on.
    fn spend(&self, steps: u64) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(steps), Ordering::Relaxed);
        left >= steps
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.0.0.store(u64::MAX, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_interrupted_when_its_budget_is_spent_and_the_next_one_is_not() {
        let mut connection = Connection::open_in_memory().unwrap();
        let meter = Meter::of(&mut connection).unwrap();
        let count = |rows: u32| {
            let sql = format!(
                "WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) SELECT count(*) FROM n"
            );
            connection.query_row(&sql, [], |row| row.get::<_, u32>(0))
        };

        let budget = meter.budget(Some(50_000));
        let within = count(100);
        let beyond = count(100_000).unwrap_err();
        drop(budget);

        assert_eq!(within, Ok(100));
        assert_eq!(beyond.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted));
        assert_eq!(count(100_000), Ok(100_000));
    }

    #[test]
    fn long_texts_and_patterns_cost_more() {
        let mut connection = Connection::open_in_memory().unwrap();
        let meter = Meter::of(&mut connection).unwrap();
        let _budget = meter.budget(Some(1_000));

        meter.charge_match("short", "%s%");
        assert!(meter.spend(0) && meter.0.load(Ordering::Relaxed) > 900);
        meter.charge_match(&"x".repeat(255), &"%x".repeat(100));
        assert_eq!(meter.0.load(Ordering::Relaxed), 0);
        assert!(!meter.spend(1));
    }
}
