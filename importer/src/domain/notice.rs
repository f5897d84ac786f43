//! Whether somebody is to hear of a run, and about what (rules N1 to N3, R10).
//!
//! A pure function of what the run found, what was told before, and who started it. Trouble is told when it is new,
//! then once a day while it lasts, then once when it is over: the same fault, or the same record with the same
//! reason, in run after run is the same trouble. What has changed in Autotask is always told, and so is what a person
//! started.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::report::RunState;

/// Trouble that lasts is told again after this long: a little less than a day, so that the run of the same time of
/// the next day counts.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(24 * 60 - 30);

/// Faults that are remembered at a time. More are never different ones; the oldest are forgotten first.
const MOST_FAULTS: usize = 20;

/// Who started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// The schedule.
    Scheduled,
    /// A person.
    Manual,
}

/// What a run found, as far as that decides whether somebody is to hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Who started it.
    pub trigger: Trigger,
    /// How it ended.
    pub state: RunState,
    /// Why it could not go on.
    pub failure: Option<String>,
    /// Records that are new in Autotask, newly linked, or updated.
    pub written: u64,
    /// Records refused that were not, or for another reason, when this was last told.
    pub newly_refused: u64,
    /// Records refused as they were when this was last told.
    pub still_refused: u64,
    /// Records that were told to be refused and are not any more.
    pub no_longer_refused: u64,
}

/// What was told before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Faults since the last run that came to its end, and when each was told.
    faults: BTreeMap<String, Timestamp>,
    /// When refused records were last told.
    refusals: Option<Timestamp>,
}

/// Why somebody is to hear of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A person started it.
    Manual,
    /// It is over, and the settings do not ask for quiet.
    Routine,
    /// Records were created, linked or updated.
    Written,
    /// It could not go on, or waits for approval.
    Fault,
    /// It could not go on for the same reason as a day ago.
    FaultLasts,
    /// Imports come to their end again.
    FaultOver,
    /// Records are refused.
    Refusals,
    /// The same records are refused for the same reasons as a day ago.
    RefusalsLast,
    /// Records are not refused any more.
    RefusalsOver,
}

/// Decides why somebody is to hear of a run, and what is remembered if they do. No reason: nobody does.
pub fn decide(
    facts: &Facts,
    memory: &Memory,
    quiet: bool,
    now: Timestamp,
) -> (BTreeSet<Reason>, Memory) {
    let mut reasons = BTreeSet::new();
    let mut memory = memory.clone();
    let is_due = |told: Timestamp| now.duration_since(told) >= AGAIN_AFTER;
    if facts.trigger == Trigger::Manual && facts.state != RunState::Interrupted {
        reasons.insert(Reason::Manual);
    }
    if facts.written > 0 {
        reasons.insert(Reason::Written);
    }
    if let Some(fault) = fault(facts) {
        match memory.faults.get(&fault) {
            None => {
                reasons.insert(Reason::Fault);
            }
            Some(told) if is_due(*told) => {
                reasons.insert(Reason::FaultLasts);
            }
            Some(_) => {}
        }
        if !reasons.is_empty() {
            remember(&mut memory.faults, fault, now);
        }
    } else if facts.state != RunState::Interrupted && !memory.faults.is_empty() {
        reasons.insert(Reason::FaultOver);
        memory.faults.clear();
    }
    if facts.newly_refused > 0 {
        reasons.insert(Reason::Refusals);
    } else if facts.still_refused > 0 && memory.refusals.is_none_or(is_due) {
        reasons.insert(Reason::RefusalsLast);
    }
    if facts.no_longer_refused > 0 {
        reasons.insert(Reason::RefusalsOver);
    }
    let is_clean = facts.state == RunState::Completed;
    if is_clean && !quiet {
        reasons.insert(Reason::Routine);
    }
    if !reasons.is_empty() && facts.newly_refused + facts.still_refused > 0 {
        memory.refusals = Some(now);
    }
    (reasons, memory)
}

/// What makes two faults the same: how the run ended and why, words with digits aside, as runs, ports, moments and the
/// references on error pages differ each time. Waiting for approval is one fault, whatever the counts (R10).
fn fault(facts: &Facts) -> Option<String> {
    match facts.state {
        RunState::Failed | RunState::SignInRefused => {
            let words = facts.failure.as_deref().unwrap_or_default();
            let mut same = String::from(facts.state.name());
            same.push('|');
            let lasting = words
                .split_whitespace()
                .filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
            same.extend(lasting.flat_map(|word| [word, " "]).flat_map(str::chars).take(2_000));
            Some(same)
        }
        RunState::AwaitingApproval => Some(facts.state.name().to_owned()),
        _ => None,
    }
}

fn remember(faults: &mut BTreeMap<String, Timestamp>, fault: String, now: Timestamp) {
    faults.insert(fault, now);
    while faults.len() > MOST_FAULTS {
        let oldest = faults.iter().min_by_key(|(_, told)| **told).map(|(fault, _)| fault.clone());
        let Some(oldest) = oldest else { return };
        faults.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: Facts = Facts {
        trigger: Trigger::Scheduled,
        state: RunState::Completed,
        failure: None,
        written: 0,
        newly_refused: 0,
        still_refused: 0,
        no_longer_refused: 0,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn failed(why: &str) -> Facts {
        Facts { state: RunState::Failed, failure: Some(why.to_owned()), ..CLEAN }
    }

    fn refused(new: u64, still: u64, over: u64) -> Facts {
        Facts {
            state: if new + still > 0 {
                RunState::CompletedWithErrors
            } else {
                RunState::Completed
            },
            newly_refused: new,
            still_refused: still,
            no_longer_refused: over,
            ..CLEAN
        }
    }

    /// The reasons of one run after another, each at its moment, in quiet.
    fn told(runs: &[(&str, Facts)]) -> Vec<Vec<Reason>> {
        let mut memory = Memory::default();
        let mut told = Vec::new();
        for (moment, facts) in runs {
            let (reasons, next) = decide(facts, &memory, true, at(moment));
            memory = next;
            told.push(reasons.into_iter().collect());
        }
        told
    }

    #[test]
    fn quiet_silences_scheduled_imports_that_found_nothing_and_nothing_else() {
        let memory = Memory::default();
        let now = at("2026-03-01T09:00:00Z");
        let reasons = |facts: Facts, quiet| decide(&facts, &memory, quiet, now).0;
        let one = |reason| BTreeSet::from([reason]);

        assert_eq!(reasons(CLEAN, true), BTreeSet::new());
        assert_eq!(reasons(CLEAN, false), one(Reason::Routine));
        assert_eq!(reasons(Facts { trigger: Trigger::Manual, ..CLEAN }, true), one(Reason::Manual));
        assert_eq!(reasons(Facts { written: 1, ..CLEAN }, true), one(Reason::Written));
        assert_eq!(reasons(failed("no connection"), true), one(Reason::Fault));
        assert_eq!(reasons(refused(1, 0, 0), true), one(Reason::Refusals));
    }

    #[test]
    fn the_same_fault_is_told_once_then_daily_then_once_when_it_is_over() {
        let told = told(&[
            ("2026-03-01T09:00:00Z", failed("no connection from port 50123, reference 8f3ac1")),
            ("2026-03-01T09:20:00Z", failed("no connection from port 50124, reference 9d04be")),
            ("2026-03-01T23:00:00Z", failed("no connection from port 50999, reference 7aa012")),
            ("2026-03-02T08:59:58Z", failed("no connection from port 51000, reference 1c55")),
            ("2026-03-02T09:20:00Z", failed("no connection from port 51001, reference ab4")),
            ("2026-03-02T09:40:00Z", CLEAN),
            ("2026-03-02T10:00:00Z", CLEAN),
            ("2026-03-02T10:20:00Z", failed("no connection from port 51001, reference ab4")),
        ]);

        let [fault, lasts, over] = [Reason::Fault, Reason::FaultLasts, Reason::FaultOver];
        let expected: [&[Reason]; 8] = [&[fault], &[], &[], &[lasts], &[], &[over], &[], &[fault]];
        assert_eq!(told, expected);
    }

    #[test]
    fn another_fault_is_told_and_the_first_is_not_new_again() {
        let told = told(&[
            ("2026-03-01T09:00:00Z", failed("Salesforce is down")),
            ("2026-03-01T09:20:00Z", failed("Autotask is down")),
            ("2026-03-01T09:40:00Z", failed("Salesforce is down")),
        ]);

        assert_eq!(told, [vec![Reason::Fault], vec![Reason::Fault], vec![]]);
    }

    #[test]
    fn waiting_for_approval_is_one_fault_whatever_is_counted() {
        let waits = |why: &str| Facts { state: RunState::AwaitingApproval, ..failed(why) };
        let told = told(&[
            ("2026-03-01T09:00:00Z", waits("it would create 200 records")),
            ("2026-03-01T09:20:00Z", waits("it would create 200 and change one")),
        ]);

        assert_eq!(told, [vec![Reason::Fault], vec![]]);
    }

    #[test]
    fn the_same_refusals_are_told_once_then_daily_then_once_when_they_are_over() {
        let told = told(&[
            ("2026-03-01T09:00:00Z", refused(2, 0, 0)),
            ("2026-03-01T09:20:00Z", refused(0, 2, 0)),
            ("2026-03-01T12:00:00Z", refused(1, 2, 0)),
            ("2026-03-02T09:00:00Z", refused(0, 3, 0)),
            ("2026-03-02T12:00:00Z", refused(0, 3, 0)),
            ("2026-03-02T12:20:00Z", refused(0, 2, 1)),
            ("2026-03-02T12:40:00Z", refused(0, 0, 2)),
            ("2026-03-02T13:00:00Z", CLEAN),
        ]);

        let (new, last, over) = (Reason::Refusals, Reason::RefusalsLast, Reason::RefusalsOver);
        let expected: [&[Reason]; 8] = [&[new], &[], &[new], &[], &[last], &[over], &[over], &[]];
        assert_eq!(told, expected);
    }

    #[test]
    fn lasting_trouble_is_no_routine_even_without_quiet() {
        let memory = Memory::default();
        let now = at("2026-03-01T09:00:00Z");
        let (_, memory) = decide(&refused(1, 0, 0), &memory, false, now);
        let later = at("2026-03-01T09:20:00Z");

        assert!(decide(&refused(0, 1, 0), &memory, false, later).0.is_empty());
    }

    #[test]
    fn what_a_person_starts_is_always_told_and_counts_as_told() {
        let manual = |facts: Facts| Facts { trigger: Trigger::Manual, ..facts };
        let told = told(&[
            ("2026-03-01T09:00:00Z", failed("down")),
            ("2026-03-02T08:00:00Z", manual(failed("down"))),
            ("2026-03-02T09:00:00Z", failed("down")),
        ]);

        assert_eq!(told, [vec![Reason::Fault], vec![Reason::Manual], vec![]]);
    }

    #[test]
    fn an_interrupted_run_is_told_for_what_it_wrote_alone() {
        let interrupted = Facts { state: RunState::Interrupted, ..CLEAN };
        let told = told(&[
            ("2026-03-01T09:00:00Z", failed("down")),
            ("2026-03-01T09:20:00Z", Facts { trigger: Trigger::Manual, ..interrupted.clone() }),
            ("2026-03-01T09:40:00Z", Facts { written: 1, ..interrupted }),
            ("2026-03-01T10:00:00Z", CLEAN),
        ]);

        let expected: [&[Reason]; 4] =
            [&[Reason::Fault], &[], &[Reason::Written], &[Reason::FaultOver]];
        assert_eq!(told, expected, "the fault is not over before a run came to its end");
    }

    #[test]
    fn only_so_many_faults_are_remembered() {
        let mut memory = Memory::default();
        for number in 0..100_i64 {
            let letters: String = "x".repeat(usize::try_from(number).unwrap());
            let now = Timestamp::from_second(number).unwrap();
            memory = decide(&failed(&letters), &memory, true, now).1;
        }

        assert_eq!(memory.faults.len(), MOST_FAULTS);
    }

    #[test]
    fn a_fault_in_between_does_not_put_off_what_is_said_of_refusals() {
        let told = told(&[
            ("2026-03-01T09:00:00Z", refused(1, 0, 0)),
            ("2026-03-02T08:40:00Z", failed("down")),
            ("2026-03-02T09:00:00Z", refused(0, 1, 0)),
        ]);

        let last = vec![Reason::FaultOver, Reason::RefusalsLast];
        assert_eq!(told, [vec![Reason::Refusals], vec![Reason::Fault], last]);
    }
}
