//! What an administrator sets up in Autotask in a story.

use cucumber::{given, when};
use mock_autotask::{Entity, PicklistValue};

use super::{Done, Story, said};

/// An administrator adds a value to a picklist of companies, or makes active one that was retired.
///
/// ```gherkin
/// When the Autotask picklist "classification" gains "Lukewarm"
/// ```
#[given(expr = "the Autotask picklist {string} gains {string}")]
#[when(expr = "the Autotask picklist {string} gains {string}")]
fn gains(story: &mut Story, field: String, label: String) -> Done {
    story.set_label(&field, &label, true)
}

/// An administrator makes a value of a picklist of companies inactive. Companies that have it keep it.
///
/// ```gherkin
/// When the Autotask picklist "classification" loses "Hot"
/// ```
#[given(expr = "the Autotask picklist {string} loses {string}")]
#[when(expr = "the Autotask picklist {string} loses {string}")]
fn loses(story: &mut Story, field: String, label: String) -> Done {
    story.set_label(&field, &label, false)
}

impl Story {
    fn set_label(&self, field: &str, label: &str, is_active: bool) -> Done {
        let records = self.stage.autotask.records();
        let values = records.picklist(Entity::Company, field);
        let known = values.iter().find(|value| value.label == label);
        let value = match (known, is_active) {
            (Some(known), _) => PicklistValue { is_active, ..known.clone() },
            (None, true) => PicklistValue {
                value: unused(&values),
                label: label.to_owned(),
                sort_order: 0,
                is_active: true,
                is_system: false,
            },
            (None, false) => return Err(format!("the picklist {field:?} has no {label:?}")),
        };
        records.set_picklist_value(Entity::Company, field, &value).map_err(said)
    }
}

/// A value that none of these has.
fn unused(values: &[PicklistValue]) -> String {
    let numbers = values.iter().filter_map(|value| value.value.parse::<i64>().ok());
    numbers.max().unwrap_or_default().saturating_add(1).to_string()
}
