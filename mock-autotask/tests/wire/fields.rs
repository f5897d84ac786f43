//! The fields of every entity against the metadata a live database reported.

use std::collections::BTreeMap;

use mock_autotask::Entity;
use serde_json::Value;

use crate::support::reference;

/// Fields newer than the recorded metadata, or kept away from it on purpose.
const KNOWN_TO_DIFFER: &[(&str, &str)] = &[
    // Older metadata lacks it.
    ("Companies", "companyCategoryID"),
];

#[test]
fn lengths_types_and_flags_are_those_a_live_database_reported() {
    let Some(text) = reference("autotask-wire/field-metadata.2021-02.json") else { return };
    let recorded: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    let mut differences = Vec::new();
    for (path, entity) in recorded {
        let Some(known) = Entity::from_path(&path) else { continue };
        for field in entity["fields"].as_array().unwrap() {
            let Some(name) = field["rest"].as_str() else { continue };
            if !field["inSwagger"].as_bool().unwrap_or_default() {
                continue;
            }
            let Some((_, ours)) = known.definition().field(name) else {
                differences.push(format!("{path}.{name} is missing"));
                continue;
            };
            compared += 1;
            let flags = [
                ("required", ours.required),
                ("readOnly", ours.read_only),
                ("queryable", ours.queryable),
                ("picklist", ours.picklist),
                ("webhook", ours.webhook),
            ];
            for (flag, ours) in flags {
                if field[flag].as_bool() != Some(ours) {
                    differences.push(format!("{path}.{name} {flag}: {}, not {ours}", field[flag]));
                }
            }
            if field["length"].as_u64() != Some(ours.kind.length().into()) {
                differences.push(format!("{path}.{name} length: {}", field["length"]));
            }
            let kind = field["type"].as_str().unwrap_or_default().to_lowercase();
            if kind != ours.kind.word() {
                differences.push(format!("{path}.{name} type: {kind}, not {}", ours.kind.word()));
            }
        }
    }

    differences.retain(|difference| {
        !KNOWN_TO_DIFFER
            .iter()
            .any(|(path, name)| difference.starts_with(&format!("{path}.{name} ")))
    });
    assert!(compared > 100, "{compared} fields were compared");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
