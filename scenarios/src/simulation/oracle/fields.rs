//! Every field of a pair holds what the rules allow: Salesforce's value, or what somebody in Autotask made of it since.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use mock_autotask::Entity;
use serde_json::Value as Json;

use super::Findings;
use super::evidence::{Evidence, Source, Target, carried};
use super::identity::waits_for_its_account;
use super::mapped::{self, Mapped};
use crate::simulation::memory::Row;

/// What the importer writes where Autotask requires something and Salesforce has nothing.
const PLACEHOLDERS: [(&str, &str); 3] =
    [("phone", "unknown"), ("firstName", "-"), ("companyType", "Customer")];

/// Fields that stay as they are where Salesforce has nothing, as Autotask requires them, or no word that Autotask knows.
const STAYING: [&str; 6] =
    ["countryID", "companyType", "classification", "marketSegmentID", "phone", "firstName"];

/// How long before its write takes effect an import may have looked at a record.
const LATE: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn check(evidence: &Evidence, findings: &mut Findings) {
    for source in evidence.sources.values().filter(|source| source.is_there()) {
        let Some(target) = evidence.carrier(source) else { continue };
        if source.standing.link != Some(target.id) {
            // The pair was taken apart, and somebody typed the id in again.
            continue;
        }
        if !source.is_account && waits_for_its_account(evidence, source) {
            // It has become an orphan, or waits; nothing is written to it meanwhile.
            continue;
        }
        for (field, value) in mapped_fields(source, &source.row) {
            check_field(evidence, source, target, field, &value, findings);
        }
        if source.is_account {
            check_owner(evidence, source, target, findings);
            check_parent(evidence, source, target, findings);
        }
    }
}

/// What a field of a record holds, as a person would read it.
fn readable(evidence: &Evidence, row: &Row, field: &str) -> Option<String> {
    let text = match row.get(field)? {
        Json::Null => return None,
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let words = evidence.meanings.get(field);
    let text = words.and_then(|words| words.get(&text)).cloned().unwrap_or(text);
    Some(text).filter(|text| !text.is_empty())
}

/// Since when a record is the pair's.
fn paired_since(target: &Target, source: &Source) -> Timestamp {
    let mut since = Timestamp::MIN;
    let mut was = None;
    for state in &target.past {
        let is = carried(&state.fields, target.entity);
        if is == Some(&source.id) && was != is {
            since = state.at;
        }
        was = is;
    }
    since
}

fn check_field(
    evidence: &Evidence,
    source: &Source,
    target: &Target,
    field: &'static str,
    value: &Mapped,
    findings: &mut Findings,
) {
    let Some(row) = target.now() else { return };
    let actual = readable(evidence, row, field);
    if matches!(value, Mapped::Value(value) if actual.as_ref() == Some(value)) {
        return;
    }
    let is_right = match value {
        Mapped::Value(value) => {
            let edit = kept_edit(evidence, source, target, field, actual.as_ref());
            edit.is_some_and(|edited| had_value_before(source, field, value, edited))
        }
        Mapped::Empty | Mapped::Unknown => {
            actual.is_none()
                || PLACEHOLDERS
                    .iter()
                    .any(|(of, text)| *of == field && actual.as_deref() == Some(*text))
                || STAYING.contains(&field) && (source.is_account || field != "phone")
                || was_written_by_a_person(evidence, target, field, actual.as_ref())
                || was_there_before(evidence, source, target, field, actual.as_ref())
                || was_deleted_meanwhile(source)
        }
    };
    if !is_right {
        let what = format!("{field} of {} ({})", target.name(), source.name());
        let found = format!("{what} is {actual:?} and has to be {value:?}");
        let past = past_of_field(evidence, source, target, field);
        findings.add("field", format!("{found}; {past}{}", source.claim()));
    }
}

/// How a field came to be what it is, on both sides.
fn past_of_field(evidence: &Evidence, source: &Source, target: &Target, field: &str) -> String {
    let mut moments = Vec::new();
    let mut was = None;
    for (at, row) in &source.past {
        let is = mapped_fields(source, row).remove(field);
        if is != was {
            moments.push((*at, format!("{at} Salesforce {is:?}")));
            was = is;
        }
    }
    for (place, state) in target.past.iter().enumerate() {
        if place == 0 || state.changed.contains_key(field) {
            let by = if state.by_person { "a person" } else { "the importer" };
            let is = readable(evidence, &state.fields, field);
            moments.push((state.at, format!("{} Autotask {is:?} by {by}", state.at)));
        }
    }
    moments.sort();
    moments.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ")
}

/// What a record's values at some time are in Autotask.
fn mapped_fields(source: &Source, row: &Row) -> mapped::Fields {
    if source.is_account { mapped::account(row) } else { mapped::contact(row) }
}

/// When somebody made a field what it is, if nobody wrote it since.
fn kept_edit(
    evidence: &Evidence,
    source: &Source,
    target: &Target,
    field: &str,
    actual: Option<&String>,
) -> Option<Timestamp> {
    let paired = paired_since(target, source).saturating_sub(LATE).unwrap_or(Timestamp::MIN);
    let last = target.past.iter().rev().find(|state| state.changed.contains_key(field))?;
    let is_kept = last.by_person
        && last.at >= paired
        && readable(evidence, &last.fields, field).as_ref() == actual;
    is_kept.then_some(last.at)
}

/// Whether Salesforce had a value already when somebody edited the field in Autotask: then the edit stays.
fn had_value_before(source: &Source, field: &str, value: &str, edited: Timestamp) -> bool {
    source.past.iter().take_while(|(at, _)| *at <= edited).any(|(_, row)| {
        let fields = mapped_fields(source, row);
        matches!(fields.get(field), Some(Mapped::Value(held)) if held == value)
    })
}

fn was_written_by_a_person(
    evidence: &Evidence,
    target: &Target,
    field: &str,
    actual: Option<&String>,
) -> bool {
    target
        .past
        .iter()
        .any(|state| state.by_person && readable(evidence, &state.fields, field).as_ref() == actual)
}

/// Whether a field was what it is before the pair was one: an empty value clears nothing then (V4).
fn was_there_before(
    evidence: &Evidence,
    source: &Source,
    target: &Target,
    field: &str,
    actual: Option<&String>,
) -> bool {
    let paired = paired_since(target, source);
    let before = target.past.iter().take_while(|state| state.at < paired).last();
    before.is_some_and(|state| readable(evidence, &state.fields, field).as_ref() == actual)
}

/// Whether a record was in the recycle bin for a while. That ends its link, and an empty value clears nothing when it is
/// linked again (V4).
fn was_deleted_meanwhile(source: &Source) -> bool {
    let is_deleted = |row: &Row| row.get("IsDeleted").and_then(Json::as_bool) == Some(true);
    source.past.iter().any(|(_, row)| is_deleted(row))
}

/// The owner's namesake manages the company, where there is exactly one (C8).
fn check_owner(evidence: &Evidence, source: &Source, target: &Target, findings: &mut Findings) {
    let Some(owner) = source.refers_to("OwnerId").and_then(|id| evidence.users.get(id)) else {
        return;
    };
    let Some(row) = target.now() else { return };
    let manager = row.get("ownerResourceID").and_then(Json::as_i64);
    let manager = manager.and_then(|id| evidence.resources.get(&id));
    if evidence.steady.get(owner) == Some(&1) && manager != Some(owner) {
        let what = format!("the manager of {} ({})", target.name(), source.name());
        let found = format!("{what} is {manager:?} and has to be {owner:?}");
        findings.add("owner", found + &source.claim());
    }
}

/// The parent's company is the company's parent (C7).
fn check_parent(evidence: &Evidence, source: &Source, target: &Target, findings: &mut Findings) {
    let Some(row) = target.now() else { return };
    let actual = row.get("parentCompanyID").and_then(Json::as_i64);
    let parent = source.refers_to("ParentId").and_then(|id| evidence.sources.get(id));
    let Some(parent) = parent.filter(|parent| parent.is_there()) else { return };
    let Some(company) = evidence.carrier(parent) else { return };
    if parent.standing.link != Some(company.id) || is_in_a_circle(evidence, source) {
        return;
    }
    // A parent that became another company, or was a duplicate of another, does not move its children: nothing about
    // them changed in Salesforce (V3).
    let was_the_parent =
        actual.and_then(|id| evidence.targets.get(&(Entity::Company, id))).is_some_and(|target| {
            let keys: BTreeSet<_> =
                parent.past.iter().map(|(_, row)| mapped::account_key(row)).collect();
            target.past.iter().any(|state| {
                carried(&state.fields, Entity::Company) == Some(&parent.id)
                    || keys.contains(&mapped::company_key(&state.fields))
            })
        });
    if actual != Some(company.id) && !was_the_parent {
        let what = format!("the parent of {} ({})", target.name(), source.name());
        let found = format!("{what} is {actual:?} and has to be {}", company.id);
        findings.add("parent", found + &source.claim());
    }
}

/// Whether an account is above itself, in either system: then Autotask refuses one of the parents.
fn is_in_a_circle(evidence: &Evidence, source: &Source) -> bool {
    let mut seen = BTreeSet::new();
    let mut at = Some(source);
    while let Some(source) = at {
        if !seen.insert(source.id.as_str()) {
            return true;
        }
        at = source.refers_to("ParentId").and_then(|id| evidence.sources.get(id));
    }
    let mut seen = BTreeSet::new();
    let mut at = evidence.carrier(source).map(|target| target.id);
    while let Some(id) = at {
        if !seen.insert(id) {
            return true;
        }
        let row = evidence.targets.get(&(Entity::Company, id)).and_then(Target::now);
        at = row.and_then(|row| row.get("parentCompanyID")).and_then(Json::as_i64);
    }
    false
}
