//! The two user-defined fields that hold Salesforce ids: found, or made.

use importer::ports::{Target, TargetError};

use super::*;
use crate::wire::all_of;

const DEFINITIONS: &str = include_str!("../fixtures/autotask/definitions.fields.json");

async fn world() -> World {
    let world = World::new().await;
    let call = "GET UserDefinedFieldDefinitions/entityInformation/fields";
    world.answer(call, fixture(DEFINITIONS)).await;
    world
}

fn definition(name: &str, belongs_to: i64) -> Json {
    json!({ "id": 100 + belongs_to, "name": name, "udfType": belongs_to, "dataType": 1, "isActive": true })
}

async fn define(world: &World, definitions: [Vec<Json>; 2]) {
    for (name, found) in [COMPANY_UDF, CONTACT_UDF].into_iter().zip(definitions) {
        given("POST UserDefinedFieldDefinitions/query")
            .and(wiremock::matchers::body_string_contains(format!("\"{name}\"")))
            .respond_with(rows(found))
            .mount(&world.server)
            .await;
    }
}

async fn created(world: &World) -> Vec<Json> {
    let calls = world.calls().await;
    calls
        .into_iter()
        .filter(|(call, _)| call == "POST UserDefinedFieldDefinitions")
        .map(|(_, body)| body)
        .collect()
}

#[tokio::test]
async fn fields_that_are_there_are_used() {
    let world = world().await;
    define(&world, [vec![definition(COMPANY_UDF, 1)], vec![definition(CONTACT_UDF, 9)]]).await;

    let missing = world.autotask.missing_id_fields(true).await.unwrap();

    assert!(missing.is_empty());
    assert!(created(&world).await.is_empty());
    let (_, query) = &world.calls().await[1];
    assert_eq!(query["filter"][1], json!({ "op": "eq", "field": "name", "value": COMPANY_UDF }));
}

/// What a contact's type is called in numbers differs between tenants; its label does not.
#[tokio::test]
async fn missing_fields_are_made_once_and_waited_for() {
    let world = world().await;
    // One of that name on another entity does not help.
    define(&world, [vec![definition(COMPANY_UDF, 4)], vec![]]).await;
    world.answer("POST UserDefinedFieldDefinitions", ok(json!({ "itemId": 77 }))).await;
    let fields =
        |name: &str| ok(json!({ "fields": [{ "name": name, "label": name, "type": "string" }] }));
    for _ in 0..2 {
        let call = "GET Companies/entityInformation/userDefinedFields";
        world.once(call, ok(json!({ "fields": [] }))).await;
    }
    for (entity, name) in [("Companies", COMPANY_UDF), ("Contacts", CONTACT_UDF)] {
        let call = format!("GET {entity}/entityInformation/userDefinedFields");
        world.answer(&call, fields(name)).await;
    }

    let made = world.autotask.missing_id_fields(true).await.unwrap();

    assert_eq!(made, [COMPANY_UDF, CONTACT_UDF]);
    let [company, contact] = created(&world).await.try_into().unwrap();
    assert_eq!(
        company,
        json!({
            "id": 0, "name": COMPANY_UDF, "udfType": 1, "dataType": 1, "isActive": true,
            "description": "The Salesforce record this company is kept current from",
        })
    );
    assert_eq!((&contact["name"], &contact["udfType"]), (&json!(CONTACT_UDF), &json!(9)));
    assert_eq!(world.clock.pauses(), [5, 5]);
}

#[tokio::test]
async fn missing_fields_are_only_named_where_nothing_may_be_written() {
    let world = world().await;
    define(&world, [vec![], vec![]]).await;

    let missing = world.autotask.missing_id_fields(false).await.unwrap();

    assert_eq!(missing, [COMPANY_UDF, CONTACT_UDF]);
    assert!(created(&world).await.is_empty());
}

#[tokio::test]
async fn a_field_that_does_not_appear_is_not_waited_for_without_end() {
    let world = world().await;
    define(&world, [vec![], vec![]]).await;
    world.answer("POST UserDefinedFieldDefinitions", ok(json!({ "itemId": 77 }))).await;
    let call = "GET Companies/entityInformation/userDefinedFields";
    world.answer(call, ok(json!({ "fields": [] }))).await;

    let error = world.autotask.missing_id_fields(true).await.unwrap_err();

    assert!(all_of(&error).contains("start the import again"), "{}", all_of(&error));
    assert_eq!(created(&world).await.len(), 1);
    assert_eq!(world.clock.pauses().iter().sum::<u64>(), 120);
}

#[tokio::test]
async fn a_field_that_cannot_hold_an_id_is_named_and_left_alone() {
    let mut inactive = definition(COMPANY_UDF, 1);
    inactive["isActive"] = json!(false);
    let mut number = definition(COMPANY_UDF, 1);
    number["dataType"] = json!(2);
    for (definition, words) in
        [(inactive, "is inactive; activate it"), (number, "holds \"Number\" and must hold text")]
    {
        let world = world().await;
        define(&world, [vec![definition], vec![]]).await;

        let error = world.autotask.missing_id_fields(true).await.unwrap_err();

        let TargetError::Rejected(told) = &error else { panic!("{error:?}") };
        assert!(told[0].contains(COMPANY_UDF) && told[0].contains(words), "{told:?}");
        assert!(created(&world).await.is_empty());
    }
}

#[tokio::test]
async fn without_a_type_for_contacts_a_person_has_to_make_the_field() {
    let world = World::new().await;
    let unknown = DEFINITIONS.replace("\"Contact\"", "\"Something\"");
    world
        .answer("GET UserDefinedFieldDefinitions/entityInformation/fields", fixture(&unknown))
        .await;
    define(&world, [vec![definition(COMPANY_UDF, 1)], vec![]]).await;

    let error = world.autotask.missing_id_fields(true).await.unwrap_err();

    assert!(all_of(&error).contains("by hand"), "{}", all_of(&error));
    assert!(created(&world).await.is_empty());
}

#[tokio::test]
async fn a_field_whose_making_was_not_answered_is_not_made_twice() {
    let world = world().await;
    define(&world, [vec![], vec![]]).await;
    world.answer("POST UserDefinedFieldDefinitions", ResponseTemplate::new(500)).await;

    let error = world.autotask.missing_id_fields(true).await.unwrap_err();

    assert!(matches!(error, TargetError::Uncertain(_)), "{error:?}");
    assert_eq!(created(&world).await.len(), 1);
}
