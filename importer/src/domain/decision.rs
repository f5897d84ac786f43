//! What is to happen with one record, and the outcome it ends with.
//!
//! A decision is made twice from the same rules: first against the mirror, when everything is planned and counted,
//! then, for what is to be written, against the record as it is in Autotask at that moment ([`patch_for_link`],
//! [`patch_for_update`]).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::draft::{Base, Draft, Mapped, Remark};
use super::fields::TargetField;
use super::ids::SalesforceId;
use super::matching::Verdict;
use super::model::{Kind, UdfValue, Value, Values};
use super::policy::{Policies, Policy};
use super::rules::Rule;

/// What became of a Salesforce record in a run. Each record looked at gets exactly one (rule R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A record was made in Autotask.
    Created,
    /// An Autotask record was recognised as this one and linked.
    Linked,
    /// The linked record was changed.
    Updated,
    /// Nothing to write.
    Unchanged,
    /// Another Salesforce record is this one's Autotask record.
    Duplicate,
    /// A person has to say.
    Held,
    /// A contact without an account.
    Orphan,
    /// Waits for another record.
    Deferred,
    /// Dissociated by a person in Autotask.
    UnMapped,
    /// Deleted in Autotask.
    Gone,
    /// Autotask, or a rule, does not accept it.
    Refused,
}

impl Outcome {
    /// All outcomes, in the order reports show them.
    pub const ALL: [Self; 11] = [
        Self::Created,
        Self::Linked,
        Self::Updated,
        Self::Unchanged,
        Self::Duplicate,
        Self::Held,
        Self::Orphan,
        Self::Deferred,
        Self::UnMapped,
        Self::Gone,
        Self::Refused,
    ];

    /// The outcome's name in reports, in the ledger and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Linked => "linked",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Duplicate => "duplicate",
            Self::Held => "held",
            Self::Orphan => "orphan",
            Self::Deferred => "deferred",
            Self::UnMapped => "un-mapped",
            Self::Gone => "gone",
            Self::Refused => "refused",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a decision asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Make a new Autotask record.
    Create,
    /// Link an existing one, and set what differs.
    Link {
        /// Its Autotask id.
        target: i64,
    },
    /// Write what changed to the linked one.
    Update {
        /// Its Autotask id.
        target: i64,
        /// The fields that changed in Salesforce.
        fields: Vec<TargetField>,
    },
    /// Make the linked contact anew in another company, as an Autotask contact cannot change its own (rule K5).
    Recreate {
        /// The one it is linked to now.
        old: i64,
    },
    /// Make the linked record inactive: the Salesforce record was deleted (rule R8).
    Deactivate {
        /// Its Autotask id.
        target: i64,
    },
    /// Write nothing.
    Nothing(Outcome),
}

impl Action {
    /// The outcome the record ends with if all goes as decided.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Create | Self::Recreate { .. } => Outcome::Created,
            Self::Link { .. } => Outcome::Linked,
            Self::Update { .. } | Self::Deactivate { .. } => Outcome::Updated,
            Self::Nothing(outcome) => *outcome,
        }
    }

    /// The Autotask record that is there and that this is about.
    pub fn target(&self) -> Option<i64> {
        match self {
            Self::Link { target } | Self::Update { target, .. } | Self::Deactivate { target } => {
                Some(*target)
            }
            Self::Recreate { old } => Some(*old),
            Self::Create | Self::Nothing(_) => None,
        }
    }

    /// Whether a record is to be made.
    pub fn creates(&self) -> bool {
        matches!(self, Self::Create | Self::Recreate { .. })
    }
}

/// A decision about one Salesforce record, with the rule it follows and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What is to be done.
    pub action: Action,
    /// The rule that says so.
    pub rule: Rule,
    /// Why, in words for a person.
    pub reason: String,
}

impl Decision {
    /// A decision to write nothing.
    pub fn nothing(outcome: Outcome, rule: Rule, reason: impl Into<String>) -> Self {
        Self { action: Action::Nothing(outcome), rule, reason: reason.into() }
    }
}

/// Decides from what the record already is and what it should hold. `base` is known for linked records.
pub fn decide<Id: Copy + fmt::Display + Into<i64>>(
    kind: Kind,
    verdict: &Verdict<Id>,
    draft: &Draft,
    base: Option<&Base>,
) -> Decision {
    let identity = if kind == Kind::Company { Rule::C1 } else { Rule::K1 };
    match verdict {
        Verdict::Linked(id) => update(*id, draft, base),
        Verdict::Carries(id) => Decision {
            action: Action::Link { target: (*id).into() },
            rule: identity,
            reason: format!("Autotask {kind} {id} carries this Salesforce id"),
        },
        Verdict::Same(id) => Decision {
            action: Action::Link { target: (*id).into() },
            rule: identity,
            reason: format!("Autotask {kind} {id} has the same key"),
        },
        Verdict::DuplicateOf(other) => Decision::nothing(
            Outcome::Duplicate,
            Rule::C4,
            format!("duplicate of {other}, which has the same key"),
        ),
        Verdict::Held(rule, hold) => Decision::nothing(Outcome::Held, *rule, hold.to_string()),
        Verdict::UnMapped(id) => Decision::nothing(
            Outcome::UnMapped,
            Rule::U1,
            format!("un-mapped from Autotask {kind} {id} by a person"),
        ),
        Verdict::Chosen(id) => Decision {
            action: Action::Link { target: (*id).into() },
            rule: Rule::C3,
            reason: format!("somebody decided that it is Autotask {kind} {id}"),
        },
        Verdict::Inherited(id, elder) => Decision {
            action: Action::Link { target: (*id).into() },
            rule: Rule::R8,
            reason: format!(
                "{elder}, which was merged into it, was linked to Autotask {kind} {id}"
            ),
        },
        Verdict::InheritedGone(id, elder) => Decision::nothing(
            Outcome::Gone,
            Rule::U4,
            format!(
                "{elder}, which was merged into it, was linked to Autotask {kind} {id}, which is not there any more"
            ),
        ),
        Verdict::ChosenNew => {
            create(draft, Rule::C3, format!("somebody decided that it is a new {kind}"))
        }
        Verdict::New => create(draft, identity, format!("no Autotask {kind} has this key")),
    }
}

fn create(draft: &Draft, rule: Rule, reason: String) -> Decision {
    match draft.refusal() {
        Some((rule, reason)) => Decision::nothing(Outcome::Refused, rule, reason),
        None => Decision { action: Action::Create, rule, reason },
    }
}

fn update<Id: Copy + fmt::Display + Into<i64>>(
    id: Id,
    draft: &Draft,
    base: Option<&Base>,
) -> Decision {
    let fields = base.map(|base| draft.changed_since(base)).unwrap_or_default();
    if fields.is_empty() {
        return Decision::nothing(Outcome::Unchanged, Rule::V5, "no mapped field changed");
    }
    let names = fields.iter().map(|field| field.api_name()).collect::<Vec<_>>().join(", ");
    Decision {
        action: Action::Update { target: id.into(), fields },
        rule: Rule::V3,
        reason: format!("changed in Salesforce: {names}"),
    }
}

/// One field to be written, with the value it replaces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Write {
    /// What Autotask held; `None` when empty.
    pub was: Option<Value>,
    /// What it is to hold; `None` clears it.
    pub now: Option<Value>,
}

/// The fields to be written to an existing record.
pub type Patch = BTreeMap<TargetField, Write>;

/// What first linking an existing record changes: the fields that differ from a real Salesforce value (rule V4).
///
/// Empty Salesforce values clear nothing; placeholders and other fallbacks fill required fields that are empty, and
/// never replace a value.
pub fn patch_for_link(kind: Kind, draft: &Draft, live: &Values, policies: &Policies) -> Patch {
    let write = |(field, mapped): (&TargetField, &Mapped)| {
        let was = live_value(live, *field);
        let wins = policies.first_link == Policy::Salesforce
            && policies.of(kind, *field) == Policy::Salesforce;
        let now = match mapped {
            Mapped::Set(value) if wins || is_empty(live, *field) => value,
            Mapped::Fallback(value) if is_empty(live, *field) => value,
            _ => return None,
        };
        (!same_value(was, Some(now)))
            .then(|| (*field, Write { was: was.cloned(), now: Some(now.clone()) }))
    };
    draft.fields.iter().filter_map(write).collect()
}

/// What an update changes: of the fields that changed in Salesforce, those that Autotask holds otherwise and whose
/// policy lets Salesforce win (rule V3).
///
/// A value emptied in Salesforce clears the field only if it still holds what was applied.
pub fn patch_for_update(
    kind: Kind,
    draft: &Draft,
    (fields, base): (&[TargetField], &Base),
    live: &Values,
    policies: &Policies,
) -> Patch {
    let write = |field: &TargetField| {
        let was = live_value(live, *field);
        match policies.of(kind, *field) {
            Policy::Autotask if !base.holds(*field, was) => return None,
            Policy::FillEmpty if !is_empty(live, *field) => return None,
            _ => {}
        }
        let now = match draft.fields.get(field)? {
            Mapped::Set(value) => Some(value),
            Mapped::Fallback(value) if is_empty(live, *field) => Some(value),
            Mapped::Empty if base.holds(*field, was) => None,
            _ => return None,
        };
        (!same_value(was, now)).then(|| (*field, Write { was: was.cloned(), now: now.cloned() }))
    };
    fields.iter().filter_map(write).collect()
}

/// A live value; an empty text counts as none, as both are seen for an unset field.
fn live_value(live: &Values, field: TargetField) -> Option<&Value> {
    live.get(&field)?
        .as_ref()
        .filter(|value| !matches!(value, Value::Text(text) if text.is_empty()))
}

/// Whether a field is known to be empty: it was in the answer, without a value.
fn is_empty(live: &Values, field: TargetField) -> bool {
    live.contains_key(&field) && live_value(live, field).is_none()
}

fn same_value(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        #[expect(clippy::cast_precision_loss, reason = "a whole amount of money, far below 2^53")]
        (Some(Value::Integer(whole)), Some(Value::Decimal(decimal)))
        | (Some(Value::Decimal(decimal)), Some(Value::Integer(whole))) => {
            (*whole as f64).total_cmp(decimal).is_eq()
        }
        _ => one == other,
    }
}

/// Whether the user-defined field has to be written to link a record to this id.
pub fn needs_id(holds: &UdfValue, id: SalesforceId) -> bool {
    holds.id() != Some(id)
}

/// The remarks of a decision as the ledger keeps them, beside what was written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// What the report tells about the values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    /// The values it was recognised by, as Autotask would store them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub compared: BTreeMap<TargetField, String>,
    /// What was written over an existing record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub written: Patch,
}

impl Detail {
    /// What a decision about a draft, by a rule, is to tell.
    pub fn of(draft: &Draft, rule: Rule) -> Self {
        use TargetField as T;
        let key: &[T] = match () {
            () if !rule.compares_keys() => &[],
            () if draft.fields.contains_key(&T::CompanyName) => {
                &[T::CompanyName, T::Address1, T::City, T::State]
            }
            () => &[T::FirstName, T::LastName],
        };
        let compared = key.iter().map(|field| (*field, draft.text(*field).to_owned())).collect();
        Self { remarks: draft.remarks.clone(), compared, written: Patch::new() }
    }
}

#[cfg(test)]
mod tests;
