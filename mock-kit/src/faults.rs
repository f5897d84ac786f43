//! Which calls go wrong on purpose: rules, the same for every mock. What may go wrong is each mock's own.
//!
//! A rule says which calls it is about, how many of them it lets pass first and how many it then spoils. The first
//! rule that fits a call decides.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// When something goes wrong, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultRule<E> {
    /// The call's name, in any case; any call if left out.
    #[serde(default)]
    pub call: Option<String>,
    /// A text the request has to contain: an id, a name, a part of a query.
    #[serde(default)]
    pub containing: Option<String>,
    /// Calls that pass before the first is spoilt.
    #[serde(default)]
    pub after: u32,
    /// Calls that are spoilt; all if left out.
    #[serde(default)]
    pub times: Option<u32>,
    /// How many in a hundred of these calls are spoilt, decided by the mock's seed; all if left out.
    #[serde(default)]
    pub percent: Option<u8>,
    /// What happens to them.
    #[serde(flatten)]
    pub effect: E,
}

impl<E> FaultRule<E> {
    /// Spoils the next call of that name.
    pub fn next(call: &str, effect: E) -> Self {
        Self {
            call: Some(call.to_owned()),
            containing: None,
            after: 0,
            times: Some(1),
            percent: None,
            effect,
        }
    }

    fn is_about(&self, call: &str, request: &[&[u8]]) -> bool {
        let contains = |text: &String| {
            let found = |part: &&[u8]| part.windows(text.len()).any(|part| part == text.as_bytes());
            text.is_empty() || request.iter().any(found)
        };
        self.call.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(call))
            && self.containing.as_ref().is_none_or(contains)
    }
}

/// A rule that has been set, and what it has done so far.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveRule<E> {
    /// Its number.
    pub id: u64,
    /// The rule.
    #[serde(flatten)]
    pub rule: FaultRule<E>,
    /// Calls it was about.
    pub seen: u32,
    /// Calls it has spoilt.
    pub spoilt: u32,
}

/// The rules of a mock, in the order they were set.
#[derive(Debug)]
pub struct Faults<E> {
    rules: Vec<ActiveRule<E>>,
    last_id: u64,
    spoilt: u64,
    random: ChaCha8Rng,
}

/// Rules kept at once.
const MOST_RULES: usize = 1_000;

impl<E: Clone> Faults<E> {
    /// No rules; `seed` decides which calls a percentage spoils.
    pub fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), last_id: 0, spoilt: 0, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Sets a rule and returns its number; `None` if there are too many.
    pub fn add(&mut self, rule: FaultRule<E>) -> Option<u64> {
        if self.rules.len() >= MOST_RULES {
            return None;
        }
        self.last_id += 1;
        self.rules.push(ActiveRule { id: self.last_id, rule, seen: 0, spoilt: 0 });
        Some(self.last_id)
    }

    /// Takes a rule back; whether there was one.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.rules.len() < before
    }

    /// Takes all rules back.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules, in the order they were set.
    pub fn list(&self) -> &[ActiveRule<E>] {
        &self.rules
    }

    /// Calls that were spoilt so far, by rules that were taken back since too.
    pub fn spoilt(&self) -> u64 {
        self.spoilt
    }

    /// What happens to this call, if anything. `request` is its texts.
    pub fn strike(&mut self, call: &str, request: &[&[u8]]) -> Option<E> {
        let mut struck = None;
        for active in self.rules.iter_mut().filter(|active| active.rule.is_about(call, request)) {
            active.seen = active.seen.saturating_add(1);
            let due = active.seen > active.rule.after
                && active.rule.times.is_none_or(|times| active.spoilt < times);
            let chance = active.rule.percent.unwrap_or(100);
            if due && struck.is_none() && self.random.random_range(0..100) < chance {
                active.spoilt = active.spoilt.saturating_add(1);
                struck = Some(active.rule.effect.clone());
            }
        }
        self.spoilt += u64::from(struck.is_some());
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What may go wrong here.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Effect {
        DropBefore,
        Garble,
    }

    fn rule(
        call: Option<&str>,
        containing: Option<&str>,
        after: u32,
        times: Option<u32>,
    ) -> FaultRule<Effect> {
        FaultRule {
            call: call.map(str::to_owned),
            containing: containing.map(str::to_owned),
            after,
            times,
            percent: None,
            effect: Effect::DropBefore,
        }
    }

    /// Which of a row of calls are spoilt.
    fn spoilt(rule: FaultRule<Effect>, calls: &[(&str, &str)]) -> Vec<bool> {
        let mut faults = Faults::new(1);
        faults.add(rule).unwrap();
        calls
            .iter()
            .map(|(call, request)| faults.strike(call, &[request.as_bytes()]).is_some())
            .collect()
    }

    #[test]
    fn the_nth_call_of_a_name_is_spoilt_and_others_pass() {
        let calls =
            [("query", ""), ("GET /Version", ""), ("query", ""), ("query", ""), ("query", "")];

        assert_eq!(
            spoilt(rule(Some("query"), None, 1, Some(2)), &calls),
            [false, false, true, true, false]
        );
        assert_eq!(spoilt(rule(None, None, 0, None), &calls), [true; 5]);
    }

    #[test]
    fn a_rule_can_be_about_what_a_request_contains() {
        let calls = [("query", "companyName"), ("query", "firstName")];

        assert_eq!(spoilt(rule(None, Some("firstName"), 0, None), &calls), [false, true]);
    }

    #[test]
    fn the_first_rule_that_is_due_decides_and_the_others_count_on() {
        let mut faults = Faults::new(1);
        faults.add(rule(None, None, 0, Some(1))).unwrap();
        faults.add(FaultRule { effect: Effect::Garble, ..rule(None, None, 1, Some(1)) }).unwrap();

        let effects: Vec<_> = (0..3).map(|_| faults.strike("query", &[])).collect();

        assert_eq!(effects, [Some(Effect::DropBefore), Some(Effect::Garble), None]);
    }

    #[test]
    fn a_share_of_the_calls_is_spoilt_the_same_ones_for_the_same_seed() {
        let struck = |seed| {
            let mut faults = Faults::new(seed);
            faults.add(FaultRule { percent: Some(30), ..rule(None, None, 0, None) }).unwrap();
            (0..1_000).map(|_| faults.strike("query", &[]).is_some()).collect::<Vec<_>>()
        };

        assert_eq!(struck(1), struck(1));
        assert_ne!(struck(1), struck(2));
        assert!((250..350).contains(&struck(1).into_iter().filter(|struck| *struck).count()));
    }
}
