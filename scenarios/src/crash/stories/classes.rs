//! What each step means for a story that is told again with an interruption: which claims must still be true, and which
//! steps nobody can add an interruption to.

use crate::runner::interruptions::OF_IMPORTS;
use crate::runner::{Single, Step};

/// Steps that have Autotask refuse something once: another process than the one it is meant for would meet it.
const REFUSALS: &[&str] = &[
    "Autotask refuses to create the {word} {string} with {string}",
    "Autotask refuses the next change of a {word} with {string}",
    "Autotask answers each change of a {word} that says {string} with HTTP status {int}",
    "Autotask refuses the next {int} queries, as the hour is used up",
];

/// Claims about what both systems hold, and about what the ledger says of it.
const STATE: &[&str] = &[
    "Autotask has these companies",
    "Autotask has these contacts",
    "Autotask has these user-defined fields",
    "Autotask has no companies",
    "Autotask has no contacts",
    "Autotask holds what the rules ask for",
    "the account {string} is {word}",
    "the contact {string} is {word}",
    "the account {string} is {word} by rule {word}",
    "the contact {string} is {word} by rule {word}",
    "that is refused, because {string}",
    "the importer refuses to run, because {string}",
];

/// Claims about what was answered, which are about the state where the question was.
const ANSWERS: &[&str] = &["the answer says {string}", "the answer lacks {string}"];

/// The question that is about what both systems hold.
const COMPARES: &str = "somebody compares both systems";

/// Claims about one run: its outcome, counts, words, requests and time, and the e-mails about it. One more run has others.
const RUN: &[&str] = &[
    "the reason for the account {string} contains {string}",
    "the reason for the contact {string} contains {string}",
    "the report remarks on the account {string} {string}",
    "the report remarks on the contact {string} {string}",
    "the run is {string}",
    "the reason for the run's failure contains {string}",
    "the run counts {int} account(s) as {word}",
    "the run counts {int} contact(s) as {word}",
    "the run reads {int} account(s) and {int} contact(s)",
    "the run takes at most {int} requests to Salesforce and {int} to Autotask",
    "the run takes at least {int} minutes",
    "the run takes less than {int} minutes",
    "no hour of the importer has more than {int} requests to Autotask",
    "Autotask receives no write",
    "Autotask receives {int} write(s)",
    "{string} has received {int} e-mail(s)",
    "the last e-mail to {string} has the subject {string}",
    "the last e-mail to {string} says {string}",
    "the HTML of the last e-mail to {string} lacks {string}",
    "the last e-mail to {string} has these header fields",
    "the last e-mail to {string} brings a CSV file of {int} records",
    "the {int} e-mails to {string} are one by their Message-ID",
    "all e-mails have Message-IDs of their own and belong to one thread",
    "{int} e-mail(s) wait(s) to be sent",
    "the run warns {string}",
];

/// What a step is in a story that is told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Something is so or happens, as before.
    Deed,
    /// It must be true again.
    State,
    /// It is about one run, and not judged.
    Run,
}

/// Why a story cannot be told again with an interruption; `None` if it can.
pub(super) fn why_not(story: &Single) -> Option<String> {
    let patterns = story.steps.iter().filter_map(|step| Some(Step::meant(&step.value)?.pattern));
    let brings = |pattern: &&str| OF_IMPORTS.contains(pattern) || REFUSALS.contains(pattern);
    let brought = patterns.into_iter().find(brings)?;
    Some(format!("it has an interruption or a refusal of its own: \"{brought}\""))
}

/// What each step of a story is.
pub(super) fn of(story: &Single) -> Vec<Class> {
    let mut asked = "";
    let steps = story.steps.iter().map(|step| {
        let Some(pattern) = Step::meant(&step.value).map(|step| step.pattern) else {
            return Class::Deed;
        };
        if pattern.starts_with("somebody ") {
            asked = pattern;
        }
        if STATE.contains(&pattern) || ANSWERS.contains(&pattern) && asked == COMPARES {
            Class::State
        } else if RUN.contains(&pattern) || ANSWERS.contains(&pattern) {
            Class::Run
        } else {
            Class::Deed
        }
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_claim_has_one_class() {
        let claims = Step::all().iter().filter(|step| step.keywords == ["then"]);
        let claims: BTreeSet<_> = claims.map(|step| step.pattern).collect();

        let classed: Vec<_> = [STATE, ANSWERS, RUN].concat();

        assert_eq!(classed.iter().copied().collect::<BTreeSet<_>>(), claims);
        assert_eq!(classed.len(), claims.len());
    }

    #[test]
    fn every_refusal_is_a_step() {
        for pattern in REFUSALS.iter().chain([&COMPARES]) {
            assert!(Step::all().iter().any(|step| step.pattern == *pattern), "{pattern:?}");
        }
    }
}
