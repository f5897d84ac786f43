//! What this Autotask tenant accepts: lengths, required fields, picklists, people, countries (rule V1).
//!
//! Read at the start of an import and never assumed: tenants differ, and Autotask changes lengths over time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fields::TargetField;
use super::ids::ResourceId;
use super::model::{Country, Kind, Resource};

/// One value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PicklistValue {
    /// What a record holds.
    pub value: i64,
    /// What people read.
    pub label: String,
    /// Whether it may still be chosen.
    pub is_active: bool,
}

/// One field as Autotask describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldInfo {
    /// The greatest length in UTF-16 units; `None` for what is no text.
    pub length: Option<usize>,
    /// Whether a record cannot be created without it.
    pub is_required: bool,
    /// Whether it can only be read.
    pub is_read_only: bool,
    /// The values to choose from, where it is a picklist.
    pub picklist: Vec<PicklistValue>,
}

impl FieldInfo {
    /// The active picklist value with this label, in any case and with outer blanks ignored.
    pub fn by_label(&self, label: &str) -> Option<i64> {
        self.picklist
            .iter()
            .find(|choice| choice.is_active && same_words(&choice.label, label))
            .map(|choice| choice.value)
    }
}

/// Everything an import must know of the tenant before it decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The fields of companies.
    pub company: BTreeMap<TargetField, FieldInfo>,
    /// The fields of contacts.
    pub contact: BTreeMap<TargetField, FieldInfo>,
    /// Active and inactive resources.
    pub resources: Vec<Resource>,
    /// The countries a company can be in.
    pub countries: Vec<Country>,
}

impl Metadata {
    /// The field's description, or `None` where the tenant lacks it (V7).
    pub fn field(&self, kind: Kind, field: TargetField) -> Option<&FieldInfo> {
        match kind {
            Kind::Company => self.company.get(&field),
            Kind::Contact => self.contact.get(&field),
        }
    }

    /// The resource with this id.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// The resources that may own companies and bear exactly this name, outer blanks aside (C8).
    pub fn owners_named(&self, first: &str, last: &str) -> Vec<&Resource> {
        self.resources
            .iter()
            .filter(|person| person.may_own_companies())
            .filter(|person| {
                person.first_name.trim() == first.trim() && person.last_name.trim() == last.trim()
            })
            .collect()
    }

    /// The country of this name, display name or ISO code, in any case (C10).
    pub fn country(&self, text: &str) -> Option<i64> {
        let is = |name: &str| !name.is_empty() && same_words(name, text);
        self.countries
            .iter()
            .find(|country| is(&country.name) || is(&country.display_name) || is(&country.code))
            .map(|country| country.id)
    }
}

/// Whether two texts are the same, in any case and with outer blanks ignored. Asked of every country for every account,
/// so it makes lowercase copies only where case is more than ASCII's.
fn same_words(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    a.eq_ignore_ascii_case(b)
        || !(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(id: i64) -> Resource {
        Resource {
            id: ResourceId(id),
            first_name: "Ada".to_owned(),
            last_name: "Berg".to_owned(),
            email: String::new(),
            is_active: true,
            is_api_only: false,
        }
    }

    #[test]
    fn a_resource_is_known_by_its_id_alone() {
        let metadata =
            Metadata { resources: vec![resource(4), resource(5)], ..Metadata::default() };

        assert_eq!(metadata.resource(ResourceId(5)), Some(&resource(5)));
        assert_eq!(metadata.resource(ResourceId(6)), None);
    }

    #[test]
    fn a_country_without_a_code_is_not_the_one_for_no_country() {
        let country = |id, code: &str, name: &str| Country {
            id,
            code: code.to_owned(),
            name: name.to_owned(),
            display_name: String::new(),
        };
        let countries = vec![country(1, "", "Atlantis"), country(2, "DE", "Germany")];
        let metadata = Metadata { countries, ..Metadata::default() };

        assert_eq!(metadata.country(" "), None);
        assert_eq!(metadata.country("de"), Some(2));
    }

    #[test]
    fn words_are_the_same_in_any_case_of_any_script() {
        assert!(same_words(" Ödland ", "öDLAND"));
        assert!(same_words("ΣΑΣ", "σας"));
        assert!(same_words("\u{212A}elvin", "kelvin"));
        assert!(!same_words("Odland", "Ödland"));
        assert!(!same_words("Oman", "Omani"));
    }

    #[test]
    fn a_label_that_is_no_longer_active_is_not_chosen() {
        let choice = |value, label: &str, is_active| PicklistValue {
            value,
            label: label.to_owned(),
            is_active,
        };
        let picklist =
            vec![choice(1, "Hot", false), choice(2, " hot ", true), choice(3, "Cold", true)];
        let field = FieldInfo { picklist, ..FieldInfo::default() };

        assert_eq!(field.by_label("HOT"), Some(2));
        assert_eq!(field.by_label("Tepid"), None);
    }
}
