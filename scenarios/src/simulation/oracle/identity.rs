//! Which record is which: nothing twice, nothing for orphans, nothing beside a record that is the same, and every
//! record that is not in Autotask has a reason that can be seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use mock_autotask::Entity;
use serde_json::Value as Json;

use super::super::memory::Row;
use super::Findings;
use super::evidence::{Evidence, Source, State, Target, carried};
use super::mapped::{account_key, company_key, contact_key, target_person_key};
use crate::truth::identity::same;

/// How long before a write the importer looked at its record at the latest, whatever it waited for in between.
const LOOKED_AGAIN: SignedDuration = SignedDuration::from_hours(2);

/// How much later than it was sent a create may take effect.
const LATE: SignedDuration = SignedDuration::from_mins(6);

pub(super) fn check(evidence: &Evidence, findings: &mut Findings) {
    for source in evidence.sources.values() {
        one_record(evidence, source, findings);
        links_agree(evidence, source, findings);
        if source.is_there() {
            has_a_reason(evidence, source, findings);
        }
    }
    for target in evidence.targets.values() {
        untouched(target, findings);
    }
    creates(evidence, findings);
}

/// When a record stopped carrying an id, and which: cleared, replaced or deleted, by whomever.
fn releases<'e>(evidence: &'e Evidence, source: &'e Source) -> Vec<(Timestamp, &'e Target, bool)> {
    let mut releases = Vec::new();
    for target in evidence.targets.values().filter(|target| target.entity == source.entity()) {
        for state in &target.past {
            let was = state.changed.get(target.id_field()).map(|both| &both[0]);
            if was.and_then(Json::as_str) == Some(source.id.as_str()) {
                releases.push((state.at, target, state.by_person));
            }
        }
        if let Some(last) = target.past.last().filter(|_| !target.is_there)
            && target.carries() == Some(source.id.as_str())
        {
            releases.push((last.at, target, true));
        }
    }
    releases
}

/// At most one Autotask record per Salesforce id, but for those that people typed the id into.
fn one_record(evidence: &Evidence, source: &Source, findings: &mut Findings) {
    let gave = |target: &&Target| {
        let of_id = |state: &&State| carried(&state.fields, target.entity) == Some(&source.id);
        target.past.iter().find(of_id).is_some_and(|state| !state.by_person)
    };
    let carriers = evidence.carriers(source);
    let given: Vec<_> = carriers.iter().copied().filter(gave).map(Target::name).collect();
    if given.len() > 1 {
        findings.add("one-record", format!("{} is {}", source.name(), given.join(" and ")));
    }
    let created = evidence.targets.values().filter(|target| {
        target.entity == source.entity()
            && target.past.first().is_some_and(|first| {
                !first.by_person && carried(&first.fields, target.entity) == Some(&source.id)
            })
    });
    let (created, released) = (created.count(), releases(evidence, source).len());
    if created > 1 + released {
        let found = format!("{} was created {created} times, released {released}", source.name());
        findings.add("one-record", found);
    }
    let never_had_one = !source.is_account
        && source.past.iter().all(|(_, row)| row.get("AccountId").is_none_or(Json::is_null));
    if never_had_one && !given.is_empty() {
        findings
            .add("orphan", format!("{} has no account and is {}", source.name(), given.join(", ")));
    }
}

/// The ledger's link and the user-defined field say the same.
fn links_agree(evidence: &Evidence, source: &Source, findings: &mut Findings) {
    if source.standing.uncertain {
        findings.add("settled", format!("whether {} was created is still open", source.name()));
    }
    let Some(link) = source.standing.link else {
        if let Some(carrier) = evidence.carrier(source).filter(|_| source.is_there()) {
            let typed = carrier.past.iter().any(|state| {
                state.by_person && carried(&state.fields, carrier.entity) == Some(&source.id)
            });
            // What was typed in may not be followed: the pair was taken apart, or the record is another's. A contact
            // that was deleted, which ended its link, and restored waits for its account like any other.
            let waits = !source.is_account && waits_for_its_account(evidence, source);
            if !typed && !waits {
                let found = format!("{} carries the id of {}", carrier.name(), source.name());
                let found = format!("{found}, and the ledger has no link{}", source.claim());
                findings.add("link", found);
            }
        }
        return;
    };
    let Some(target) = evidence.targets.get(&(source.entity(), link)) else {
        findings.add("link", format!("{} is linked to {link}, which never was", source.name()));
        return;
    };
    if target.is_there && source.is_there() && target.carries() != Some(&source.id) {
        let carries = target.carries().unwrap_or("nothing");
        let found = format!("{} is linked to {}, which carries", source.name(), target.name());
        findings.add("link", format!("{found} {carries}"));
    }
}

/// A record without an Autotask record has a reason for it that shows.
fn has_a_reason(evidence: &Evidence, source: &Source, findings: &mut Findings) {
    if !evidence.carriers(source).is_empty() {
        return;
    }
    let excused = is_apart(evidence, source)
        || is_heir_to_nothing(evidence, source)
        || if source.is_account {
            is_there_already(evidence, source)
        } else {
            waits_for_its_account(evidence, source) || is_there_already(evidence, source)
        };
    if !excused {
        let found = format!("{} is not in Autotask{}", source.name(), source.claim());
        findings.add("missing", found);
    }
}

/// Whether a record has the key it had at a moment, or may have been seen to have.
fn keeps_its_key(source: &Source, since: Timestamp) -> bool {
    let now = key(source, &source.row);
    let noticed = since.saturating_add(SignedDuration::from_hours(6)).unwrap_or(since);
    let begun = source.past.partition_point(|(at, _)| *at <= since).saturating_sub(1);
    source.past[begun..]
        .iter()
        .take_while(|(at, _)| *at <= noticed)
        .any(|(_, row)| key(source, row) == now)
}

/// What makes a record the same as another, as far as that is in the record itself.
fn key(source: &Source, row: &Row) -> Vec<String> {
    if source.is_account { account_key(row).to_vec() } else { contact_key(row).to_vec() }
}

/// Whether a contact has no account, or one without a company.
pub(super) fn waits_for_its_account(evidence: &Evidence, source: &Source) -> bool {
    let account = source.refers_to("AccountId").and_then(|id| evidence.sources.get(id));
    account.is_none_or(|account| {
        !account.is_there()
            || company_of(evidence, account).is_none()
            || is_ambiguous(evidence, account)
            || is_gone(evidence, account)
            // One that is linked to nothing and that several companies carry is held (C6).
            || account.standing.link.is_none() && evidence.carriers(account).len() > 1
            // An account that was taken apart is nobody's duplicate, and stays so though somebody types its id in again.
            || account.standing.link.is_none() && is_apart(evidence, account)
    })
}

/// Whether somebody took a record and its pair apart, or deleted that, and nothing has set it free since.
fn is_apart(evidence: &Evidence, source: &Source) -> bool {
    releases(evidence, source).iter().any(|(at, target, by_person)| {
        *by_person && (!target.is_there || keeps_its_key(source, *at))
    })
}

/// Whether a record that was merged into this one had an Autotask record that somebody deleted: the heir has that link,
/// and what is gone is not made again (R8, U4).
fn is_heir_to_nothing(evidence: &Evidence, source: &Source) -> bool {
    let mut elders = evidence.sources.values().filter(|elder| {
        !elder.is_there() && elder.refers_to("MasterRecordId") == Some(source.id.as_str())
    });
    elders.any(|elder| {
        releases(evidence, elder).iter().any(|(_, target, _)| !target.is_there)
            || is_heir_to_nothing(evidence, elder)
    })
}

/// Whether what an account is linked to was deleted (U4), whoever has its key by now.
fn is_gone(evidence: &Evidence, account: &Source) -> bool {
    let linked = account.standing.link.and_then(|id| evidence.targets.get(&(Entity::Company, id)));
    linked.is_some_and(|company| !company.is_there)
}

/// Whether an account that is linked to nothing has the key of several companies, so that a person has to say (C3).
fn is_ambiguous(evidence: &Evidence, account: &Source) -> bool {
    let key = account_key(&account.row);
    let has_key = |target: &&Target| {
        target.entity == Entity::Company
            && target.is_there
            && target.id != 0
            && target.now().is_some_and(|row| company_key(row) == key)
    };
    account.standing.link.is_none() && evidence.targets.values().filter(has_key).count() > 1
}

/// The company of an account, or that of the one it is a duplicate of.
fn company_of<'e>(evidence: &'e Evidence, account: &Source) -> Option<&'e Target> {
    evidence.carrier(account).or_else(|| {
        let key = account_key(&account.row);
        let is_same = |target: &&Target| {
            target.entity == Entity::Company
                && target.is_there
                && target
                    .carries()
                    .and_then(|id| evidence.sources.get(id))
                    .is_some_and(|it| it.is_account)
                && target.now().is_some_and(|row| company_key(row) == key)
        };
        evidence.targets.values().find(is_same)
    })
}

/// Whether a record that is the same has an Autotask record, whatever that is called by now (C4, K1), or had one until
/// somebody took that from it: nobody takes its place then.
fn is_another(evidence: &Evidence, source: &Source) -> bool {
    let key = key(source, &source.row);
    let homes = homes(evidence, source);
    evidence.sources.values().any(|other| {
        other.id != source.id
            && other.is_account == source.is_account
            && other.is_there()
            // Where several carry its id, none is written to (C6), and it has its key all the same.
            && (!evidence.carriers(other).is_empty() || is_apart(evidence, other))
            && self::key(other, &other.row) == key
            && (source.is_account || !homes.is_disjoint(&self::homes(evidence, other)))
    })
}

/// The names of the companies that a contact is known in: its account's, and the one it stayed in when it moved.
fn homes(evidence: &Evidence, contact: &Source) -> BTreeSet<String> {
    let account = contact.refers_to("AccountId").and_then(|id| evidence.sources.get(id));
    let account = account.and_then(|account| company_of(evidence, account)).map(|it| it.id);
    let stayed = evidence.carrier(contact).and_then(Target::now).map(company_id);
    let companies = account.into_iter().chain(stayed);
    companies.filter_map(|company| company_name(evidence, company)).collect()
}

/// Whether Autotask has a record that is the same, so that this one is a duplicate or a person has to say.
fn is_there_already(evidence: &Evidence, source: &Source) -> bool {
    if is_another(evidence, source) {
        return true;
    }
    let there = evidence.targets.values().filter(|target| target.is_there);
    if source.is_account {
        let key = account_key(&source.row);
        let is_same = |row| company_key(row) == key;
        let mut same = there.filter(|target| target.entity == Entity::Company && target.id != 0);
        return same.any(|target| target.now().is_some_and(is_same));
    }
    let Some(company) = source
        .refers_to("AccountId")
        .and_then(|id| evidence.sources.get(id))
        .and_then(|account| company_of(evidence, account))
    else {
        return false;
    };
    let name = company_name(evidence, company.id);
    let key = contact_key(&source.row);
    there.filter(|target| target.entity == Entity::Contact).any(|target| {
        target.now().is_some_and(|row| {
            target_person_key(row) == key && company_name(evidence, company_id(row)) == name
        })
    })
}

fn company_id(row: &Row) -> i64 {
    row.get("companyID").and_then(Json::as_i64).unwrap_or(-1)
}

fn company_name(evidence: &Evidence, id: i64) -> Option<String> {
    let row = evidence.targets.get(&(Entity::Company, id))?.now()?;
    Some(same(row.get("companyName").and_then(Json::as_str)?))
}

/// Records that belong to no pair are not written to.
fn untouched(target: &Target, findings: &mut Findings) {
    let mut since: Option<Timestamp> = None;
    for (place, state) in target.past.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| &target.past[place]);
        let was_paired = before.is_none_or(|it| carried(&it.fields, target.entity).is_some());
        let is_paired = carried(&state.fields, target.entity).is_some();
        let long_since = since.is_some_and(|since| state.at.duration_since(since) > LOOKED_AGAIN);
        if !state.by_person && !was_paired && !is_paired && long_since {
            let fields: Vec<_> = state.changed.keys().map(String::as_str).collect();
            let found =
                format!("{} belongs to no pair and got {}", target.name(), fields.join(", "));
            findings.add("untouched", found);
        }
        if is_paired {
            since = None;
        } else if since.is_none() {
            since = Some(state.at);
        }
        if target.entity == Entity::Company && target.id == 0 && !state.by_person {
            findings.add("own-company", "the tenant's own company was written to");
        }
    }
}

/// What records held when another was created.
#[derive(Debug, Default)]
struct Held {
    /// The part of its key that each record has by itself, its company, and since when.
    own: BTreeMap<(Entity, i64), (Vec<String>, i64, Timestamp)>,
    /// The names of companies, which are a part of their contacts' keys, and since when.
    names: BTreeMap<i64, (String, Timestamp)>,
}

/// No record was created while another held its key, unless that came about after the importer last looked.
fn creates(evidence: &Evidence, findings: &mut Findings) {
    // When a record was deleted is not in its past, so deleted ones are left out altogether.
    let there = evidence.targets.values().filter(|target| target.is_there);
    let mut writes: Vec<(&Target, usize)> =
        there.flat_map(|target| (0..target.past.len()).map(move |place| (target, place))).collect();
    writes.sort_by_key(|(target, place)| target.past[*place].number);
    let mut held = Held::default();
    for (target, place) in writes {
        let state = &target.past[place];
        held.note(target, state);
        if place > 0 || state.by_person {
            continue;
        }
        let looked = looked_before(evidence, target.entity, state.at);
        for (other, since) in held.same_as((target.entity, target.id)) {
            if since < looked {
                let found = format!("{} was created at {}", target.name(), state.at);
                let beside = format!("{found} beside {other}, which had its key since {since}");
                findings.add("key-held", beside);
            }
        }
    }
}

impl Held {
    fn note(&mut self, target: &Target, state: &State) {
        let (key, company) = if target.entity == Entity::Company {
            let key = company_key(&state.fields).to_vec();
            let name = key.first().cloned().unwrap_or_default();
            if self.names.get(&target.id).is_none_or(|(before, _)| *before != name) {
                self.names.insert(target.id, (name, state.at));
            }
            (key, target.id)
        } else {
            (target_person_key(&state.fields).to_vec(), company_id(&state.fields))
        };
        let entry = self.own.entry((target.entity, target.id));
        let own = entry.or_insert_with(|| (key.clone(), company, state.at));
        if own.0 != key || own.1 != company {
            *own = (key, company, state.at);
        }
    }

    /// Others with a record's key, and since when both have had it, as far as that is not the record's own doing.
    fn same_as(&self, record: (Entity, i64)) -> Vec<(i64, Timestamp)> {
        let Some((key, company, _)) = self.own.get(&record) else { return Vec::new() };
        let named = |company| self.names.get(&company);
        let mut same = Vec::new();
        for (other, (its, its_company, since)) in &self.own {
            if other.0 != record.0
                || *other == record
                || its != key
                || other == &(Entity::Company, 0)
            {
                continue;
            }
            if record.0 == Entity::Company {
                same.push((other.1, *since));
            } else if let Some(((name, here), (its_name, there))) =
                named(*company).zip(named(*its_company))
                && name == its_name
            {
                same.push((other.1, *since.max(here).max(there)));
            }
        }
        same
    }
}

/// When the importer last looked for records of this kind before a create took effect.
fn looked_before(evidence: &Evidence, entity: Entity, created: Timestamp) -> Timestamp {
    let sent = created.saturating_sub(LATE).unwrap_or(created);
    let looks = evidence.looks.iter().filter(|(of, at)| *of == entity && *at < sent);
    looks.map(|(_, at)| *at).max().unwrap_or(Timestamp::MIN)
}
