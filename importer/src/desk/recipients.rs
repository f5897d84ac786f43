//! Who can be told of imports, and who is (rules N1, N4).

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::ids::ResourceId;
use crate::domain::model::Resource;
use crate::domain::recipients::Recipient;

/// What is known of Autotask's people and fields, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// When it was read; none if it never was.
    pub read: Option<Timestamp>,
    /// Why Autotask did not tell now.
    pub problem: Option<String>,
}

/// What a recipient is in Autotask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// An active resource.
    Active,
    /// One that was made inactive: it gets no e-mail.
    Inactive,
    /// Selected, and nobody that is known.
    Unknown,
}

/// Somebody who is selected, or could be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// What the settings name them by, or would.
    pub recipient: String,
    /// The resource.
    pub resource_id: Option<ResourceId>,
    /// First and last name; what the settings say where nobody is known by that.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether they are selected.
    pub selected: bool,
    /// What they are in Autotask.
    pub presence: Presence,
}

/// All active resources, and whoever is selected besides, by their last names.
pub fn people(selected: &[Recipient], known: &[Resource]) -> Vec<Person> {
    let named_by = |resource: &Resource| {
        let is_meant =
            |one: &&Recipient| one.find(known).is_ok_and(|found| found.id == resource.id);
        selected.iter().find(is_meant)
    };
    let mut resources: Vec<_> = known.iter().collect();
    resources
        .sort_by_key(|one| (one.last_name.to_lowercase(), one.first_name.to_lowercase(), one.id));
    let unknown = selected.iter().filter(|one| one.find(known).is_err()).map(|one| Person {
        recipient: one.to_string(),
        resource_id: None,
        name: one.to_string(),
        email: String::new(),
        selected: true,
        presence: Presence::Unknown,
    });
    let known = resources.into_iter().filter_map(|resource| {
        let named_by = named_by(resource);
        (resource.is_active || named_by.is_some()).then(|| Person {
            recipient: named_by.map_or_else(|| resource.id.to_string(), Recipient::to_string),
            resource_id: Some(resource.id),
            name: resource.full_name(),
            email: resource.email.trim().to_owned(),
            selected: named_by.is_some(),
            presence: if resource.is_active { Presence::Active } else { Presence::Inactive },
        })
    });
    unknown.chain(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(id: i64, first: &str, last: &str, is_active: bool) -> Resource {
        Resource {
            id: ResourceId(id),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            email: format!("{}@example.com", first.to_lowercase()),
            is_active,
            is_api_only: false,
        }
    }

    #[test]
    fn active_ones_are_offered_and_selected_ones_stay_whatever_became_of_them() {
        let known = [
            resource(1, "Ada", "Zorn", true),
            resource(2, "Ben", "Adler", false),
            resource(3, "Cem", "Bauer", false),
            resource(4, "Dana", "adler", true),
        ];
        let selected = [Recipient::Named("Ben Adler".to_owned()), Recipient::Id(ResourceId(99))];

        let people = people(&selected, &known);

        let shown: Vec<_> = people
            .iter()
            .map(|one| (one.recipient.as_str(), one.name.as_str(), one.selected, one.presence))
            .collect();
        assert_eq!(
            shown,
            [
                ("99", "99", true, Presence::Unknown),
                ("Ben Adler", "Ben Adler", true, Presence::Inactive),
                ("4", "Dana adler", false, Presence::Active),
                ("1", "Ada Zorn", false, Presence::Active),
            ]
        );
    }
}
