//! The settings that decisions depend on.

use std::time::Duration;

use super::number;
use super::read::Values;
use crate::domain::policy::{Policies, Policy};
use crate::run::{OnDelete, OnMove};

const SECTION: &str = "settings";

/// Which side wins where both have a value.
pub(super) fn policies(values: &mut Values) -> Option<Policies> {
    let choices = [("salesforce", Policy::Salesforce), ("fill-empty", Policy::FillEmpty)];
    let first_link = one_of(values, "first_link", &choices)?;
    let found = values.found.get(&(SECTION, "field_policies"))?.clone();
    match Policies::linking_by(first_link).with_fields(&found.text) {
        Ok(policies) => Some(policies),
        Err(error) => {
            values.problem(found.place, format!("`field_policies`: {error}"));
            None
        }
    }
}

/// What becomes of contacts that moved to another account.
pub(super) fn moved(values: &mut Values) -> Option<OnMove> {
    let choices = [("report", OnMove::Report), ("recreate", OnMove::Recreate)];
    one_of(values, "moved_contacts", &choices)
}

/// What becomes of records whose Salesforce record was deleted.
pub(super) fn deleted(values: &mut Values) -> Option<OnDelete> {
    let choices = [("ignore", OnDelete::Ignore), ("deactivate", OnDelete::Deactivate)];
    one_of(values, "deleted_records", &choices)
}

/// A number of minutes.
pub(super) fn minutes(values: &mut Values, name: &'static str) -> Option<Duration> {
    Some(Duration::from_mins(number(values, SECTION, name)? as u64))
}

/// A number of hours.
pub(super) fn hours(values: &mut Values, name: &'static str) -> Option<Duration> {
    Some(Duration::from_hours(number(values, SECTION, name)? as u64))
}

fn one_of<T: Copy>(values: &mut Values, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
    let found = values.found.get(&(SECTION, name))?.clone();
    if let Some((_, choice)) = choices.iter().find(|(known, _)| *known == found.text.trim()) {
        return Some(*choice);
    }
    let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
    values.problem(found.place, format!("`{name}` must be {}", names.join(" or ")));
    None
}
