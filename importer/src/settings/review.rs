//! What only Autotask can tell about settings: whether resources are there and fit, whether fields can be used.

use crate::app::Importer;
use crate::config::{Config, Proposal};
use crate::domain::ids::ResourceId;
use crate::domain::metadata::Metadata;
use crate::domain::recipients::Roster;
use crate::ports::TargetError;
use crate::run::AccountManager;

use super::Objection;

/// What Autotask says about some values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// What keeps them from being saved.
    pub objections: Vec<Objection>,
    /// What somebody should know.
    pub notes: Vec<String>,
}

/// The keys that only Autotask can tell about.
const ASKED_ABOUT: [(&str, &str); 4] = [
    ("settings", "default_account_manager"),
    ("notifications", "recipients"),
    ("settings", "company_id_field"),
    ("settings", "contact_id_field"),
];

/// Whether there is anything in these values to ask Autotask about.
pub fn needs_autotask(proposed: &[Proposal]) -> bool {
    proposed.iter().any(|Proposal { key, value }| {
        value.is_some() && ASKED_ABOUT.contains(&(key.section, key.name))
    })
}

/// Asks Autotask about values that are about to be saved; `before` are the settings without them, `importer` has them
/// already. What cannot be asked is no objection.
pub async fn review(importer: &Importer, before: Option<&Config>, proposed: &[Proposal]) -> Review {
    let mut review = Review::default();
    let [manager, recipients, company_field, contact_field] = ASKED_ABOUT.map(|name| {
        proposed
            .iter()
            .find(|Proposal { key, value }| (key.section, key.name) == name && value.is_some())
    });
    if manager.is_some() || recipients.is_some() {
        match importer.ports.target.metadata().await {
            Err(error) => review.unasked(&error),
            Ok(metadata) => {
                if let Some(proposal) = manager {
                    let problem = manager_problem(importer.config(), &metadata);
                    review.object(proposal, problem);
                }
                if let Some(proposal) = recipients {
                    let known = before.map_or(&[][..], |config| &config.notifications.recipients);
                    let chosen = &importer.config().notifications.recipients;
                    // Those who became inactive since they were chosen stay (rule N4).
                    let new: Vec<_> =
                        chosen.iter().filter(|one| !known.contains(one)).cloned().collect();
                    let roster = Roster::of(&new, &metadata.resources, |text| text.contains('@'));
                    for problem in roster.problems {
                        review.object(proposal, Some(problem));
                    }
                }
            }
        }
    }
    if let Some(proposal) = company_field.or(contact_field) {
        match importer.ports.target.missing_id_fields(false).await {
            Err(TargetError::Rejected(words)) => review.object(proposal, Some(words.join("; "))),
            Err(error) => review.unasked(&error),
            Ok(missing) => {
                let note =
                    |name| format!("the next import creates the user-defined field {name:?}");
                review.notes.extend(missing.into_iter().map(note));
            }
        }
    }
    review
}

impl Review {
    fn object(&mut self, proposal: &Proposal, problem: Option<String>) {
        let key = proposal.key;
        self.objections.extend(problem.map(|text| Objection { key, text }));
    }

    fn unasked(&mut self, error: &TargetError) {
        self.notes.push(format!(
            "it is not known whether this fits, as Autotask could not be asked ({error}); `importer check` looks again"
        ));
    }
}

/// What is wrong with the default account manager.
fn manager_problem(config: &Config, metadata: &Metadata) -> Option<String> {
    if let AccountManager::Id(id) = config.import.account_manager {
        return match metadata.resource(id) {
            Some(resource) if resource.is_active && resource.is_api_only => Some(format!(
                "resource {id}, {} {}, is an API user and may not own companies",
                resource.first_name, resource.last_name
            )),
            _ => standing_problem(id, metadata),
        };
    }
    config.import.for_mapping(metadata).err()
}

fn standing_problem(id: ResourceId, metadata: &Metadata) -> Option<String> {
    match metadata.resource(id) {
        None => Some(format!("Autotask has no resource {id}")),
        Some(resource) if !resource.is_active => Some(format!(
            "resource {id}, {} {}, is inactive in Autotask",
            resource.first_name, resource.last_name
        )),
        Some(_) => None,
    }
}
