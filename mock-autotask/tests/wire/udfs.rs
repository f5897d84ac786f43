//! User-defined fields: their definitions, their values, and finding records by them.

use jiff::SignedDuration;
use mock_autotask::{Entity, UnsetUdfs};
use serde_json::{Value, json};

use crate::support::{Stage, stage};

const NAME: &str = "Salesforce Company ID";

async fn defined() -> Stage {
    let stage = stage().await;
    let definition = json!({ "id": 0, "name": NAME, "udfType": 1, "dataType": 1 });
    stage.client.post("UserDefinedFieldDefinitions", &definition).await.item_id();
    stage
}

fn company(udfs: &Value) -> Value {
    json!({
        "companyName": "Nord", "companyType": 1, "phone": "1", "ownerResourceID": 4,
        "userDefinedFields": udfs,
    })
}

fn by_udf(op: &str, value: &Value) -> Value {
    json!([{ "op": op, "field": NAME, "udf": true, "value": value }])
}

#[tokio::test]
async fn a_definition_is_made_read_and_listed_with_the_entity() {
    let stage = defined().await;

    let found = stage
        .client
        .query(
            "UserDefinedFieldDefinitions",
            &json!([{ "op": "eq", "field": "UdfType", "value": 1 }]),
        )
        .await;
    let listed = stage.client.get("Companies/entityInformation/userDefinedFields").await.ok();
    let contacts = stage.client.get("Contacts/entityInformation/userDefinedFields").await.ok();

    assert_eq!(found.values("name"), [NAME]);
    assert_eq!(found.values("isActive"), [true]);
    assert_eq!(found.values("sortOrder"), [1]);
    let field = &listed["fields"][0];
    assert_eq!(field["name"], NAME);
    assert_eq!(field["label"], NAME);
    assert_eq!(field["type"], "string");
    assert_eq!(field["length"], 8_000);
    assert!(field.get("dataType").is_none());
    assert_eq!(contacts, json!({ "fields": [] }));
}

#[tokio::test]
async fn the_picklists_of_a_definition_name_entities_and_types() {
    let stage = stage().await;

    let fields =
        stage.client.get("UserDefinedFieldDefinitions/entityInformation/fields").await.ok();

    let labels = |name: &str| -> Vec<(String, String)> {
        let fields = fields["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["name"] == name).unwrap();
        let values = field["picklistValues"].as_array().unwrap().iter();
        values
            .map(|value| {
                let text = |key: &str| value[key].as_str().unwrap().to_owned();
                (text("value"), text("label"))
            })
            .collect()
    };
    let pair = |value: &str, label: &str| (value.to_owned(), label.to_owned());
    assert_eq!(labels("udfType"), [pair("1", "Company"), pair("2", "Contact")]);
    assert_eq!(labels("dataType")[0], pair("1", "Text (Single Line)"));
}

#[tokio::test]
async fn a_name_is_needed_short_and_unique_for_its_entity() {
    let stage = defined().await;
    let definition =
        |name: &str, udf_type: i64| json!({ "name": name, "udfType": udf_type, "dataType": 1 });
    let path = "UserDefinedFieldDefinitions";

    let taken = stage.client.post(path, &definition("SALESFORCE company id", 1)).await;
    let long = stage.client.post(path, &definition(&"x".repeat(46), 1)).await;
    let unnamed = stage.client.post(path, &json!({ "udfType": 1, "dataType": 1 })).await;

    assert!(taken.error().contains("already exists with Name [SALESFORCE company id]"));
    assert_eq!(long.errors()[0], "String value exceeds maximum length (field:name). ");
    assert_eq!(unnamed.error(), "Missing Required Field: name. ; on record number [1]");
    stage.client.post(path, &definition(NAME, 2)).await.item_id();
}

#[tokio::test]
async fn type_and_entity_of_a_definition_are_fixed_and_nothing_deletes_it() {
    let stage = defined().await;
    let found = stage
        .client
        .query("UserDefinedFieldDefinitions", &json!([{ "op": "exist", "field": "id" }]))
        .await;
    let id = found.values("id")[0].clone();
    let path = "UserDefinedFieldDefinitions";

    stage.client.patch(path, &json!({ "id": id, "description": "the account" })).await.ok();
    for field in ["udfType", "dataType"] {
        let answer = stage.client.patch(path, &json!({ "id": id, field: 2 })).await;
        assert!(answer.error().contains(field));
    }

    assert_eq!(stage.client.delete(&format!("{path}/{id}")).await.status, 405);
}

#[tokio::test]
async fn rules_of_a_definition_are_kept() {
    let stage = stage().await;
    let path = "UserDefinedFieldDefinitions";
    let encrypted = json!({ "name": "A", "udfType": 1, "dataType": 1, "isEncrypted": true });
    let merged = json!({ "name": "A", "udfType": 1, "dataType": 1, "mergeVariableName": "x" });
    let both = json!({
        "name": "A", "udfType": 1, "dataType": 1, "isEncrypted": true, "isProtected": true,
        "mergeVariableName": "varA",
    });

    assert!(stage.client.post(path, &encrypted).await.error().contains("protected"));
    assert!(stage.client.post(path, &merged).await.error().contains("mergeVariableName"));
    stage.client.post(path, &both).await.item_id();
    let query = stage
        .client
        .query("Companies", &json!([{ "op": "eq", "field": "A", "udf": true, "value": "x" }]))
        .await;
    assert!(query.error().contains('A'), "what is encrypted is not found");
}

#[tokio::test]
async fn values_travel_in_a_collection_and_patch_changes_those_it_names() {
    let stage = defined().await;
    stage.mock.records().define_udf(Entity::Company, "Ranking").unwrap();
    let udfs = json!([{ "name": NAME, "value": "001" }, { "name": "Ranking", "value": "Golden" }]);
    let id = stage.client.post("Companies", &company(&udfs)).await.item_id();

    let patch = json!({ "id": id, "userDefinedFields": [{ "name": "RANKING", "value": null }] });
    stage.client.patch("Companies", &patch).await.ok();

    let read = stage.client.get(&format!("Companies/{id}")).await.ok();
    assert_eq!(
        read["item"]["userDefinedFields"],
        json!([{ "name": NAME, "value": "001" }, { "name": "Ranking", "value": null }])
    );
}

#[tokio::test]
async fn a_value_sent_as_if_it_were_a_field_is_refused_and_so_is_an_unknown_name() {
    let stage = defined().await;
    let mut flat = company(&json!([]));
    flat[NAME] = json!("001");

    let flat = stage.client.post("Companies", &flat).await;
    let unknown = stage
        .client
        .post("Companies", &company(&json!([{ "name": "Nothing", "value": "1" }])))
        .await;

    assert!(flat.error().contains(NAME));
    assert!(unknown.error().contains("Nothing"));
}

#[tokio::test]
async fn records_are_found_by_one_value_marked_as_such() {
    let stage = defined().await;
    stage.mock.records().define_udf(Entity::Company, "Ranking").unwrap();
    let with = stage
        .client
        .post("Companies", &company(&json!([{ "name": NAME, "value": "0015g00000AbCdE" }])))
        .await
        .item_id();
    let without = stage.client.post("Companies", &company(&json!([]))).await.item_id();

    for (op, value, expected) in [
        ("eq", json!("0015g00000AbCdE"), vec![with]),
        ("eq", json!("001"), vec![]),
        ("beginsWith", json!("0015"), vec![with]),
        ("in", json!(["x", "0015g00000AbCdE"]), vec![with]),
        ("exist", Value::Null, vec![with]),
        ("notExist", Value::Null, vec![0, without]),
    ] {
        let found = stage.client.query("Companies", &by_udf(op, &value)).await;
        assert_eq!(found.values("id"), expected, "{op} {value}");
    }
    let unmarked = json!([{ "op": "eq", "field": NAME, "value": "x" }]);
    assert_eq!(
        stage.client.query("Companies", &unmarked).await.error(),
        format!("Unable to find {NAME} in the Company Entity")
    );
    let two = json!([
        { "op": "exist", "field": NAME, "udf": true },
        { "op": "or", "items": [{ "op": "exist", "field": "Ranking", "udf": true }] },
    ]);
    assert!(
        stage
            .client
            .query("Companies", &two)
            .await
            .error()
            .starts_with("You can only query by one user-defined field at a time")
    );
}

#[tokio::test]
async fn a_page_without_any_value_shows_it_as_the_settings_say() {
    let stage = defined().await;
    let id = stage.company("Nord");
    let path = format!("Companies/{id}");

    for (setting, expected) in [
        (UnsetUdfs::Empty, Some(json!([]))),
        (UnsetUdfs::Null, Some(Value::Null)),
        (UnsetUdfs::Absent, None),
    ] {
        stage.mock.configure(|settings| settings.unset_udfs = setting);
        let item = stage.client.get(&path).await.ok()["item"].clone();
        assert_eq!(item.get("userDefinedFields").cloned(), expected, "{setting:?}");
    }
    stage.mock.records().set_udf(Entity::Company, id, NAME, "001").unwrap();
    let other = stage.company("Süd");
    let filter = json!([{ "op": "in", "field": "id", "value": [id, other] }]);
    let page = stage.client.query("Companies", &filter).await;
    assert_eq!(
        page.values("userDefinedFields"),
        [json!([{ "name": NAME, "value": "001" }]), json!([{ "name": NAME, "value": null }])],
        "with one value on the page, all rows show the collection"
    );
}

#[tokio::test]
async fn include_fields_chooses_the_collection_or_one_of_its_fields() {
    let stage = defined().await;
    stage.mock.records().define_udf(Entity::Company, "Ranking").unwrap();
    let udfs = json!([{ "name": NAME, "value": "001" }, { "name": "Ranking", "value": "Golden" }]);
    let id = stage.client.post("Companies", &company(&udfs)).await.item_id();
    let filter = json!([{ "op": "eq", "field": "id", "value": id }]);

    for (include, expected) in [
        (json!(["id", "userDefinedFields"]), udfs.clone()),
        (json!(["id", "Ranking"]), json!([{ "name": "Ranking", "value": "Golden" }])),
        (json!(["id"]), json!([])),
    ] {
        let body = json!({ "filter": filter, "IncludeFields": include });
        let found = stage.client.post("Companies/query", &body).await;
        assert_eq!(found.values("userDefinedFields"), [expected], "{include}");
        assert_eq!(found.values("companyName"), [Value::Null]);
    }
}

#[tokio::test]
async fn a_value_alone_moves_the_modified_date_only_if_the_settings_say_so() {
    let stage = defined().await;
    let id = stage.company("Nord");
    let modified =
        |stage: &Stage| stage.record(Entity::Company, id)["lastTrackedModifiedDateTime"].clone();
    let before = modified(&stage);
    let patch = json!({ "id": id, "userDefinedFields": [{ "name": NAME, "value": "1" }] });
    stage.clock.advance(SignedDuration::from_secs(60));

    stage.client.patch("Companies", &patch).await.ok();
    assert_eq!(modified(&stage), before);
    stage.mock.configure(|settings| settings.udf_edit_moves_modified = true);
    stage.client.patch("Companies", &patch).await.ok();

    assert_eq!(modified(&stage), "2026-11-23T12:01:00.000Z");
}

#[tokio::test]
async fn a_new_field_is_usable_after_a_while_if_the_settings_say_so() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.udf_delay_seconds = 60);
    let definition = json!({ "name": NAME, "udfType": 1, "dataType": 1 });
    stage.client.post("UserDefinedFieldDefinitions", &definition).await.item_id();
    let udfs = json!([{ "name": NAME, "value": "001" }]);

    assert_eq!(stage.client.post("Companies", &company(&udfs)).await.status, 500);
    assert_eq!(stage.client.query("Companies", &by_udf("exist", &Value::Null)).await.status, 500);
    stage.clock.advance(SignedDuration::from_secs(60));

    stage.client.post("Companies", &company(&udfs)).await.item_id();
}

#[tokio::test]
async fn required_fields_of_the_product_are_not_required_of_clients_and_defaults_are_set() {
    let stage = stage().await;
    let definition = json!({
        "name": NAME, "udfType": 1, "dataType": 1, "isRequired": true, "defaultValue": "none",
    });
    stage.client.post("UserDefinedFieldDefinitions", &definition).await.item_id();

    let id = stage.client.post("Companies", &company(&json!([]))).await.item_id();

    assert_eq!(
        stage.mock.records().udf(Entity::Company, id, NAME).unwrap().as_deref(),
        Some("none")
    );
}

#[tokio::test]
async fn numbers_dates_and_lists_are_checked() {
    let stage = stage().await;
    let path = "UserDefinedFieldDefinitions";
    let mut ids = Vec::new();
    for (name, kind) in [("Number", 3), ("Day", 4), ("List", 5)] {
        let definition = json!({ "name": name, "udfType": 1, "dataType": kind });
        ids.push(stage.client.post(path, &definition).await.item_id());
    }
    let items = format!("UserDefinedFields/{}/ListItems", ids[2]);
    let item = stage
        .client
        .post(&items, &json!({ "valueForDisplay": "Red", "valueForExport": "R" }))
        .await
        .item_id();
    let id = stage.company("Nord");
    let setting = |name: &str, value: Value| json!({ "id": id, "userDefinedFields": [{ "name": name, "value": value }] });

    for (name, value, status) in [
        ("Number", json!("12.5"), 200),
        ("Number", json!(3), 200),
        ("Number", json!("x"), 500),
        ("Day", json!("2030-03-21T00:00:00"), 200),
        ("Day", json!("soon"), 500),
        ("List", json!(item.to_string()), 200),
        ("List", json!("999"), 500),
        ("List", json!({}), 500),
    ] {
        let answer = stage.client.patch("Companies", &setting(name, value.clone())).await;
        assert_eq!(answer.status, status, "{name} {value}: {}", answer.text());
    }
    let found = stage
        .client
        .query("Companies", &json!([{ "op": "gt", "field": "Number", "udf": true, "value": 2 }]))
        .await;
    assert_eq!(found.values("id"), [id]);
    assert_eq!(stage.client.get(&items).await.values("valueForDisplay"), ["Red"]);
    assert_eq!(stage.client.delete(&format!("{items}/{item}")).await.status, 405);
}

#[tokio::test]
async fn a_company_takes_200_active_fields_and_a_contact_100() {
    let stage = stage().await;
    for (udf_type, most) in [(1, 200), (2, 100)] {
        let definition = |number: i64| json!({ "name": format!("Field {number}"), "udfType": udf_type, "dataType": 1 });
        for number in 0..most {
            stage.client.post("UserDefinedFieldDefinitions", &definition(number)).await.item_id();
        }
        let answer = stage.client.post("UserDefinedFieldDefinitions", &definition(most)).await;
        assert!(answer.error().contains(&most.to_string()), "{}", answer.text());
    }
}
