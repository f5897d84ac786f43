//! What the API says about its entities.

use mock_autotask::{Entity, PicklistValue};
use serde_json::{Value, json};

use crate::support::stage;

fn field<'f>(answer: &'f Value, name: &str) -> &'f Value {
    let fields = answer["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("no field {name}"))
}

#[tokio::test]
async fn entity_information_says_what_may_be_done() {
    let stage = stage().await;

    let companies = stage.client.get("Companies/entityInformation").await.ok();
    let icons = stage.client.get("ClassificationIcons/entityInformation").await.ok();

    assert_eq!(
        companies,
        json!({ "info": {
            "name": "Company",
            "canCreate": true, "canDelete": false, "canQuery": true, "canUpdate": true,
            "userAccessForCreate": 1, "userAccessForDelete": 0,
            "userAccessForQuery": 1, "userAccessForUpdate": 1,
            "hasUserDefinedFields": true, "supportsWebhookCallouts": true,
        }})
    );
    assert_eq!(icons["info"]["canCreate"], false);
    assert_eq!(icons["info"]["hasUserDefinedFields"], false);
}

#[tokio::test]
async fn fields_tell_type_length_flags_and_picklists() {
    let stage = stage().await;

    let fields = stage.client.get("Companies/entityInformation/fields").await.ok();

    assert_eq!(
        field(&fields, "companyName"),
        &json!({
            "name": "companyName", "dataType": "string", "length": 100,
            "isRequired": true, "isReadOnly": false, "isQueryable": true,
            "isReference": false, "referenceEntityType": "",
            "isPickList": false, "picklistValues": null, "picklistParentValueField": "",
            "isSupportedWebhookField": true,
        })
    );
    let owner = field(&fields, "ownerResourceID");
    assert_eq!(
        (&owner["isReference"], &owner["referenceEntityType"]),
        (&json!(true), &json!("Resource"))
    );
    let kind = field(&fields, "companyType");
    assert_eq!((&kind["dataType"], &kind["length"]), (&json!("short"), &json!(0)));
    assert_eq!(
        kind["picklistValues"][0],
        json!({
            "value": "1", "label": "Customer", "isDefaultValue": false, "sortOrder": 1,
            "parentValue": "", "isActive": true, "isSystem": true,
        })
    );
    assert_eq!(field(&fields, "assetValue")["isQueryable"], false);
}

#[tokio::test]
async fn company_types_are_those_of_the_product_and_inactive_ones_are_listed_as_such() {
    let stage = stage().await;
    let value = PicklistValue {
        value: "1".to_owned(),
        label: "Customer".to_owned(),
        sort_order: 1,
        is_active: false,
        is_system: true,
    };
    stage.mock.records().set_picklist_value(Entity::Company, "companyType", &value).unwrap();

    let fields = stage.client.get("Companies/entityInformation/fields").await.ok();

    let values = field(&fields, "companyType")["picklistValues"].as_array().unwrap();
    let system: Vec<(&str, &str)> = values
        .iter()
        .filter(|value| value["isSystem"] == true)
        .map(|value| (value["value"].as_str().unwrap(), value["label"].as_str().unwrap()))
        .collect();
    assert_eq!(
        system,
        [
            ("1", "Customer"),
            ("2", "Lead"),
            ("3", "Prospect"),
            ("4", "Dead"),
            ("6", "Cancellation"),
            ("7", "Vendor"),
            ("8", "Partner")
        ]
    );
    assert_eq!(values[0]["isActive"], false);
}

#[tokio::test]
async fn metadata_is_there_at_the_root_and_below_a_parent_even_without_a_root_write() {
    let stage = stage().await;

    let root = stage.client.get("Contacts/entityInformation/fields").await.ok();
    let child = stage.client.get("Companies/0/Contacts/entityInformation/fields").await.ok();

    assert_eq!(root, child);
    assert_eq!(stage.client.post("Contacts", &json!({})).await.status, 404);
}

#[tokio::test]
async fn every_entity_answers_its_three_metadata_calls() {
    let stage = stage().await;
    for entity in Entity::ALL {
        let path = entity.definition().path;
        let information = stage.client.get(&format!("{path}/entityInformation")).await.ok();
        let fields = stage.client.get(&format!("{path}/entityInformation/fields")).await.ok();
        let udfs =
            stage.client.get(&format!("{path}/entityInformation/userDefinedFields")).await.ok();

        assert_eq!(information["info"]["name"], entity.definition().name);
        assert_eq!(fields["fields"].as_array().unwrap().len(), entity.definition().fields.len());
        assert_eq!(udfs, json!({ "fields": [] }), "{path}");
    }
}

#[tokio::test]
async fn classifications_are_icons() {
    let stage = stage().await;

    let fields = stage.client.get("Companies/entityInformation/fields").await.ok();
    let icons =
        stage.client.query("ClassificationIcons", &json!([{ "op": "exist", "field": "id" }])).await;

    let values = field(&fields, "classification")["picklistValues"].as_array().unwrap();
    let ids: Vec<i64> =
        values.iter().map(|value| value["value"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(icons.values("id"), ids);
    let labels: Vec<Value> = values.iter().map(|value| value["label"].clone()).collect();
    assert_eq!(icons.values("name"), labels);
}

#[tokio::test]
async fn countries_are_found_by_code_and_by_name() {
    let stage = stage().await;
    for (field, value, id) in [("countryCode", "us", 237), ("displayName", "united states", 237)] {
        let filter = json!([{ "op": "eq", "field": field, "value": value }]);
        let found = stage.client.query("Countries", &filter).await;
        assert_eq!(found.values("id"), [id], "{field}");
    }
    let filter = json!([{ "op": "eq", "field": "isDefaultCountry", "value": true }]);
    assert_eq!(stage.client.query("Countries", &filter).await.values("countryCode"), ["US"]);
}

#[tokio::test]
async fn resources_are_found_by_activity_and_license() {
    let stage = stage().await;
    let filter = json!([
        { "op": "eq", "field": "isActive", "value": true },
        { "op": "eq", "field": "licenseType", "value": 1 },
    ]);

    let found = stage.client.query("Resources", &filter).await;

    assert_eq!(found.values("userName"), ["administrator"]);
    assert_eq!(found.values("resourceType"), ["Employee"]);
    assert!(found.ok()["items"][0].get("userDefinedFields").is_none(), "resources have none");
}
