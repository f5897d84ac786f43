//! What Autotask shows of a record at this moment, beside what the ledger knows (rule U1).

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::DeskError;
use crate::app::Importer;
use crate::causes;
use crate::domain::ids::SalesforceId;
use crate::domain::model::{Kind, TargetRecord, UdfValue};
use crate::ports::{Find, timeout};

/// Whoever asks is not kept waiting longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What Autotask shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Live {
    /// It was not asked, as somebody wished.
    NotAsked,
    /// There is no Autotask record to ask for.
    NoRecord,
    /// It could not be asked.
    Unknown {
        /// Why.
        because: String,
    },
    /// There is no such record any more.
    Gone,
    /// It is there.
    There {
        /// Whether it is active.
        is_active: bool,
        /// What its user-defined field holds.
        #[serde(flatten)]
        holds: Holds,
    },
}

/// What a user-defined field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "field", content = "holds")]
pub enum Holds {
    /// Autotask did not show it.
    Hidden,
    /// Nothing.
    Empty,
    /// The Salesforce id of a record of its kind.
    Id(SalesforceId),
    /// Another text.
    Text(String),
}

impl From<UdfValue> for Holds {
    fn from(value: UdfValue) -> Self {
        match value {
            UdfValue::Unknown => Self::Hidden,
            UdfValue::Empty => Self::Empty,
            UdfValue::Id(id) => Self::Id(id),
            UdfValue::Other(text) => Self::Text(text),
        }
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden => f.write_str("is not shown"),
            Self::Empty => f.write_str("is empty"),
            Self::Id(id) => write!(f, "holds {id}"),
            Self::Text(text) => write!(f, "holds {text:?}, which is no such id"),
        }
    }
}

/// How the ledger knows a pair that is compared with what Autotask shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Linked.
    Linked(SalesforceId),
    /// Taken apart by a person.
    Unmapped(SalesforceId),
    /// Linked to nothing.
    Free,
}

impl Live {
    /// What follows for the imports to come.
    pub(super) fn consequence(&self, kind: Kind, known: Known) -> Option<String> {
        let holds = match self {
            Self::NotAsked | Self::NoRecord | Self::Unknown { .. } => return None,
            Self::Gone => {
                return match known {
                    Known::Linked(id) => Some(format!(
                        "{} {id} counts as gone and is not created again (U4); `importer remap {id}` allows that once an \
                         import has noticed",
                        kind.source_name()
                    )),
                    Known::Unmapped(_) | Known::Free => None,
                };
            }
            Self::There { holds, .. } => holds,
        };
        match (known, holds) {
            (_, Holds::Hidden) => Some("a field that is not shown means nothing (U1)".to_owned()),
            (Known::Linked(id), Holds::Id(held)) if *held == id => None,
            (Known::Linked(id), _) => Some(format!(
                "so somebody took the pair apart: an import that looks at it writes nothing to it, does not link it \
                 again and makes no second {kind} (U1); `importer remap {id}` after that makes it eligible again"
            )),
            (Known::Unmapped(id), Holds::Id(held)) if *held == id => {
                Some(format!("the pair stays apart all the same until `importer remap {id}`"))
            }
            (Known::Free, Holds::Id(held)) => Some(format!(
                "an import that reads {} {held} links it to this {kind} ({})",
                kind.source_name(),
                if kind == Kind::Company { "C1" } else { "K1" }
            )),
            (Known::Unmapped(_) | Known::Free, _) => None,
        }
    }
}

impl Importer {
    /// Reads one Autotask record by its id. Whatever is in the way of that is an answer too.
    ///
    /// An answer may leave out the user-defined field, as that of an empty one does. Then a query for the id that the
    /// record is `known` by finds out, as it does in an import.
    pub(super) async fn look_at(&self, kind: Kind, target: i64, known: Known) -> Live {
        let read = async {
            self.reach_autotask().await?;
            let find = async |find: Find| self.ports.target.find(kind, &find).await;
            let Some(mut record) = find(Find::One(target)).await?.into_iter().next() else {
                return Ok::<_, DeskError>(None);
            };
            if let (UdfValue::Unknown, Known::Linked(id) | Known::Unmapped(id)) =
                (&record.salesforce_id, known)
            {
                let carrying = find(Find::Carrying(vec![id])).await?;
                record.salesforce_id = carrying
                    .into_iter()
                    .find(|one| one.id == target && one.salesforce_id.id() == Some(id))
                    .map_or(UdfValue::Empty, |one| one.salesforce_id);
            }
            Ok(Some(record))
        };
        match timeout(&*self.ports.clock, PATIENCE, read).await {
            None => Live::Unknown {
                because: format!("no answer within {} seconds", PATIENCE.as_secs()),
            },
            Some(Err(error)) => Live::Unknown { because: causes::in_one_line(&error) },
            Some(Ok(None)) => Live::Gone,
            Some(Ok(Some(TargetRecord { is_active, salesforce_id, .. }))) => {
                Live::There { is_active, holds: salesforce_id.into() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> SalesforceId {
        format!("00100000000000{number}").parse().unwrap()
    }

    fn follows(holds: Holds, known: Known) -> String {
        let live = Live::There { is_active: true, holds };
        live.consequence(Kind::Company, known).unwrap_or_default()
    }

    #[test]
    fn a_field_that_is_not_shown_never_counts_as_cleared() {
        assert!(follows(Holds::Hidden, Known::Linked(id(1))).contains("means nothing"));
        assert!(follows(Holds::Empty, Known::Linked(id(1))).contains("took the pair apart"));
        assert_eq!(follows(Holds::Id(id(1)), Known::Linked(id(1))), "");
    }

    #[test]
    fn another_id_takes_a_pair_apart_and_the_own_one_does_not_bring_it_back() {
        assert!(follows(Holds::Id(id(2)), Known::Linked(id(1))).contains("took the pair apart"));
        assert!(follows(Holds::Id(id(1)), Known::Unmapped(id(1))).contains("stays apart"));
        assert!(follows(Holds::Id(id(2)), Known::Free).contains("links it"));
    }
}
