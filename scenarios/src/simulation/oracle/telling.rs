//! What the importer says of itself: counts that add up, one e-mail for each run that people are to hear of, and no
//! secret anywhere.

use std::collections::{BTreeMap, BTreeSet};

use importer::domain::report::RunState;
use importer::ports::Mail;

use super::Findings;
use super::evidence::Evidence;
use crate::simulation::world::World;

pub(super) fn check(world: &mut World, evidence: &Evidence, findings: &mut Findings) {
    counts(evidence, findings);
    mails(world, evidence, findings);
    secrets(world, findings);
}

fn counts(evidence: &Evidence, findings: &mut Findings) {
    for report in &evidence.reports {
        let sums = (report.accounts.total(), report.contacts.total());
        if report.state.came_to_its_end() && sums != (report.read.accounts, report.read.contacts) {
            let found =
                format!("run {} read {:?} and has {sums:?} outcomes", report.run, report.read);
            findings.add("counts", found);
        }
    }
    let open: Vec<_> = evidence.reports.iter().filter(|it| it.state == RunState::Running).collect();
    if let [first, ..] = open[..] {
        findings.add("counts", format!("run {} is still said to be running", first.run));
    }
}

/// The run that a mail is about, by its Message-ID.
pub(super) fn run_of(id: &str) -> Option<i64> {
    id.strip_prefix("run-")?.split('.').next()?.parse().ok()
}

fn mails(world: &mut World, evidence: &Evidence, findings: &mut Findings) {
    let before = world.memory.told_until;
    let mut told: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let mut texts: BTreeMap<String, Mail> = BTreeMap::new();
    let (mut again, mut differing) = (0, Vec::new());
    world.mailbox.look(|accepted| {
        for mail in accepted {
            told.entry(run_of(&mail.id).unwrap_or_default()).or_default().insert(mail.id.clone());
            match texts.get(&mail.id) {
                None => _ = texts.insert(mail.id.clone(), mail.clone()),
                Some(first) if first == mail => again += 1,
                Some(_) => differing.push(mail.id.clone()),
            }
        }
    });
    for id in differing {
        findings.add("mail", format!("{id} was sent twice, and not the same"));
    }
    if again > world.memory.chances_to_send_again {
        findings.add("mail", format!("{again} mails were sent again without any need"));
    }
    for report in evidence.reports.iter().filter(|report| report.run.0 > before) {
        let ids = told.remove(&report.run.0).unwrap_or_default();
        if ids.len() > 1 {
            findings.add("mail", format!("run {} was told as {ids:?}", report.run));
        }
        if ids.is_empty() && report.state == RunState::Completed {
            findings.add("mail", format!("nobody heard of run {}", report.run));
        }
    }
    if let Some((run, _)) = told.first_key_value().filter(|(run, _)| **run > before) {
        findings.add("mail", format!("people heard of run {run}, which never was"));
    }
    world.memory.told_until = evidence.reports.last().map_or(0, |report| report.run.0);
}

fn secrets(world: &World, findings: &mut Findings) {
    if let Some(line) = world.journal.leak() {
        findings.add("secret", format!("a secret was logged: {line}"));
    }
    let secrets = world.journal.secrets();
    let mut texts = Vec::new();
    world.mailbox.look(|mails| {
        for Mail { subject, text, html, attachment, .. } in mails {
            let attached = attachment.as_ref().map(|file| file.text.as_str()).unwrap_or_default();
            texts.push(("a mail", [subject.as_str(), text, html, attached].concat().into_bytes()));
        }
    });
    let ledger = world.process.ledger_file();
    for file in [ledger.clone(), ledger.with_extension("db-wal")] {
        texts.extend(std::fs::read(file).ok().map(|bytes| ("the ledger", bytes)));
    }
    for (what, text) in texts {
        let has =
            |secret: &String| text.windows(secret.len()).any(|window| window == secret.as_bytes());
        if secrets.iter().any(has) {
            findings.add("secret", format!("{what} has a secret in it"));
        }
    }
}
