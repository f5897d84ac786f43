//! An import that is cut off anywhere is finished by the next: nothing is lost, nothing is there twice (rule R4).
//!
//! What `scenarios crash` does, as tests. `INTERRUPTIONS=full` takes every place; otherwise it is a sample, and what
//! was left out is said.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::io::Write;

use scenarios::crash::{Kind, Undisturbed, alone, processors, sample};

/// Places of each kind that a sample has.
const SAMPLE: usize = 5;

/// Tries all places of these kinds, or a sample of them.
#[track_caller]
fn assert_finished(undisturbed: &Undisturbed, kinds: Vec<Kind>) {
    let is_full = std::env::var("INTERRUPTIONS").is_ok_and(|value| value == "full");
    let mut chosen = Vec::new();
    for Kind { what, places } in kinds {
        let taken = if is_full { places.clone() } else { sample(&places, SAMPLE) };
        let (all, left_out) = (places.len(), places.len() - taken.len());
        // Past the test harness, which keeps what is printed of tests that succeed to itself.
        let text = format!("{what}: {} of {all} taken, {left_out} left out\n", taken.len());
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        chosen.extend(taken);
    }

    let failures = undisturbed.try_each(&chosen, processors());

    let told: Vec<_> = failures.iter().map(|(place, why)| format!("{place}: {why}")).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

fn undisturbed() -> Undisturbed {
    let undisturbed = alone(Undisturbed::see()).unwrap();
    let Undisturbed { requests, commits, .. } = undisturbed;
    assert!(requests > 60 && commits > 20, "the import is too small: {requests} and {commits}");
    let writes: u64 = undisturbed.writes.values().sum();
    assert!(writes > 50, "the import writes too little: {:?}", undisturbed.writes);
    undisturbed
}

#[test]
fn an_import_cut_off_at_any_request_or_commit_is_finished_by_the_next() {
    let undisturbed = undisturbed();
    assert_finished(&undisturbed, undisturbed.cuts());
}

#[test]
fn an_import_that_loses_any_one_answer_is_finished_all_the_same() {
    let undisturbed = undisturbed();
    assert_finished(&undisturbed, undisturbed.losses());
}

#[test]
fn a_write_that_takes_effect_five_minutes_after_its_connection_dropped_is_not_repeated() {
    let undisturbed = undisturbed();
    assert_finished(&undisturbed, undisturbed.late_writes());
}

#[test]
fn a_write_whose_answer_comes_to_nothing_is_neither_lost_nor_repeated() {
    let undisturbed = undisturbed();
    assert_finished(&undisturbed, undisturbed.unanswered_writes());
}
