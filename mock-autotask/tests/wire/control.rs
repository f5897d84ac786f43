//! The control plane: what a test does to the mock over HTTP, and how it is told what went wrong.

use std::collections::BTreeSet;

use mock_autotask::Entity;
use serde_json::{Value, json};

use crate::support::stage;

#[tokio::test]
async fn records_are_made_found_changed_and_deleted() {
    let stage = stage().await;
    let client = &stage.client;

    let made =
        client.control("POST", "records/Companies", &json!({ "companyName": "50% Süd" })).await;
    let id = made.json()["id"].as_i64().unwrap();
    client.control("POST", "records/Companies", &json!({ "companyName": "500 Nord" })).await;
    let changed =
        client.control("PATCH", &format!("records/Companies/{id}"), &json!({ "phone": "1" })).await;
    let found = client
        .control("GET", "records/companies?search=50%25+s%C3%BC&limit=1", &Value::Null)
        .await
        .ok();
    let by_id =
        client.control("GET", &format!("records/Companies?search={id}"), &Value::Null).await.ok();

    assert_eq!((made.status, changed.status), (201, 204));
    assert_eq!((&found["total"], &found["records"][0]["phone"]), (&json!(1), &json!("1")));
    assert_eq!(by_id["records"][0]["companyName"], "50% Süd");
    let path = format!("records/Companies/{id}");
    assert_eq!(client.control("DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(client.control("GET", &path, &Value::Null).await.status, 404);
    assert_eq!(client.control("PATCH", &path, &json!({})).await.status, 404);
    assert_eq!(client.control("DELETE", &path, &Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_record_may_be_made_with_an_id_that_is_free() {
    let stage = stage().await;
    let company = |id: i64| json!({ "id": id, "companyName": "Nord" });

    let made = stage.client.control("POST", "records/Companies", &company(174)).await;
    let next = stage.company("Süd");

    assert_eq!((made.status, made.json()), (201, json!({ "id": 174 })));
    assert!(next > 174);
    for id in [174, 0, -1, i64::MAX] {
        let refused = stage.client.control("POST", "records/Companies", &company(id)).await;
        assert_eq!(refused.status, 422, "{id}");
    }
}

#[tokio::test]
async fn lists_are_walked_by_id() {
    let stage = stage().await;
    for number in 0..5 {
        stage.company(&format!("Nord {number}"));
    }
    let mut after = i64::MIN;
    let mut names = Vec::new();
    loop {
        let path = format!("records/Companies?search=nord&limit=2&after={after}");
        let page = stage.client.control("GET", &path, &Value::Null).await.ok();
        assert_eq!(page["total"], 5);
        let records = page["records"].as_array().unwrap();
        let Some(last) = records.last() else { break };
        after = last["id"].as_i64().unwrap();
        names.extend(records.iter().map(|record| record["companyName"].clone()));
    }

    assert_eq!(names, ["Nord 0", "Nord 1", "Nord 2", "Nord 3", "Nord 4"]);
}

#[tokio::test]
async fn a_user_defined_field_is_cleared_and_the_history_tells() {
    let stage = stage().await;
    let id = stage.company("Nord");
    let (client, records) = (&stage.client, stage.mock.records());
    records.define_udf(Entity::Company, "Salesforce Company ID").unwrap();
    let set = json!({ "id": id, "userDefinedFields": [{ "name": "Salesforce Company ID", "value": "001" }] });
    client.patch("Companies", &set).await.ok();

    let path = format!("records/Companies/{id}/udfs/Salesforce%20Company%20ID");
    let cleared = client.control("DELETE", &path, &Value::Null).await;
    let unknown = client
        .control("DELETE", &format!("records/Companies/{id}/udfs/Nothing"), &Value::Null)
        .await;
    let history =
        client.control("GET", &format!("records/Companies/{id}/history"), &Value::Null).await.ok();

    assert_eq!((cleared.status, unknown.status), (204, 422));
    assert_eq!(records.udf(Entity::Company, id, "Salesforce Company ID").unwrap(), None);
    let told: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            (change["author"].clone(), change["action"].clone(), change["changes"].clone())
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("person"), json!("update"), json!({ "Salesforce Company ID": ["001", null] })),
            (json!("client"), json!("update"), json!({ "Salesforce Company ID": [null, "001"] })),
            (json!("person"), json!("create"), Value::Null),
        ]
    );
    assert_eq!(history[0]["at"], "2026-11-23T12:00:00.000Z");
    let all = client.control("GET", "history?limit=1", &Value::Null).await.ok();
    assert_eq!(all[0], history[0]);
}

#[tokio::test]
async fn creates_are_counted_by_name() {
    let stage = stage().await;
    stage.company("Nord");
    for name in ["Nord", "NORD ", "Süd"] {
        let company =
            json!({ "companyName": name, "companyType": 1, "phone": "1", "ownerResourceID": 4 });
        stage.client.post("Companies", &company).await.item_id();
    }
    let contact = json!({ "firstName": "Ada", "lastName": "Byron", "isActive": 1 });
    stage.client.post("Companies/0/Contacts", &contact).await.item_id();

    let nord = stage.client.control("GET", "creates/Companies?name=nord", &Value::Null).await;
    let ada = stage.client.control("GET", "creates/Contacts?name=ada+byron", &Value::Null).await;

    assert_eq!(nord.ok(), json!({ "creates": 2 }));
    assert_eq!(ada.ok(), json!({ "creates": 1 }));
    assert_eq!(stage.mock.calls()["POST Companies"], 3);
}

#[tokio::test]
async fn a_fixture_connects_its_records_by_keys() {
    let stage = stage().await;
    let fixture = json!({
        "userDefinedFields": { "Companies": ["Salesforce Company ID"] },
        "picklistValues": [{ "entity": "Companies", "field": "marketSegmentID", "value": "77", "label": "Space" }],
        "resources": [{ "key": "ada", "firstName": "Ada", "lastName": "Byron", "isActive": false }],
        "companies": [
            {
                "key": "daughter", "companyName": "Daughter", "parentCompanyID": "@mother",
                "ownerResourceID": 4, "marketSegmentID": 77, "createDate": "2020-01-01T00:00:00Z",
                "userDefinedFields": { "Salesforce Company ID": "001" },
            },
            { "key": "mother", "companyName": "@home", "parentCompanyID": "@daughter" },
        ],
        "contacts": [{ "firstName": "Max", "lastName": "Born", "companyID": "@daughter" }],
    });

    let keys = stage.client.control("POST", "fixtures", &fixture).await.ok();

    let names: Vec<_> = keys.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["ada", "daughter", "mother"]);
    let daughter = stage.record(Entity::Company, keys["daughter"].as_i64().unwrap());
    assert_eq!(daughter["parentCompanyID"], keys["mother"]);
    assert_eq!(daughter["createDate"], "2020-01-01T00:00:00.000Z");
    assert_eq!(daughter["userDefinedFields"][0]["value"], "001");
    let mother = stage.record(Entity::Company, keys["mother"].as_i64().unwrap());
    assert_eq!(
        (&mother["companyName"], &mother["parentCompanyID"]),
        (&json!("@home"), &keys["daughter"])
    );
    let filter = json!([{ "op": "eq", "field": "lastName", "value": "Born" }]);
    assert_eq!(
        stage.mock.records().find(Entity::Contact, &filter, 5).unwrap()[0]["companyID"],
        keys["daughter"]
    );
}

#[tokio::test]
async fn a_fixture_with_a_mistake_loads_nothing_and_names_it() {
    let stage = stage().await;
    for (fixture, words) in [
        (
            json!({ "companies": [{ "companyName": "ok" }, { "companyName": "x", "city": "y".repeat(31) }] }),
            "Companies 2: String value exceeds maximum length (field:city).",
        ),
        (
            json!({ "companies": [{ "companyName": "ok" }], "contacts": [{ "lastName": "x", "companyID": "@nobody" }] }),
            "the key @nobody",
        ),
        (
            json!({ "contacts": [{ "lastName": "x" }] }),
            "Contacts 1: Missing Required Field: companyID",
        ),
        (
            json!({ "userDefinedFields": { "Resources": ["x"] } }),
            "Resources have no user-defined fields",
        ),
        (
            json!({ "picklistValues": [{ "entity": "Companies", "field": "city", "value": "1", "label": "x" }] }),
            "no picklist field city",
        ),
    ] {
        let answer = stage.client.control("POST", "fixtures", &fixture).await;
        assert_eq!(answer.status, 422, "{fixture}");
        assert!(answer.json()["error"].as_str().unwrap().contains(words), "{}", answer.text());
    }
    for fixture in
        [json!({ "leads": [] }), json!({ "userDefinedFields": { "Lead": [] } }), json!([1])]
    {
        assert_eq!(
            stage.client.control("POST", "fixtures", &fixture).await.status,
            400,
            "{fixture}"
        );
    }
    assert_eq!(stage.mock.records().count(Entity::Company).unwrap(), 1);
}

#[tokio::test]
async fn checkpoints_bring_back_what_was_and_reset_everything() {
    let stage = stage().await;
    let client = &stage.client;
    stage.mock.records().define_udf(Entity::Company, "Ranking").unwrap();
    let first = stage.company("First");
    assert_eq!(client.control("PUT", "checkpoints/one%20day", &Value::Null).await.status, 204);
    let second = stage.company("Second");
    stage.mock.records().define_udf(Entity::Company, "Later").unwrap();

    assert_eq!(client.control("GET", "checkpoints", &Value::Null).await.ok(), json!(["one day"]));
    assert_eq!(
        client.control("POST", "checkpoints/one%20day/rewind", &Value::Null).await.status,
        204
    );
    assert_eq!(stage.mock.records().record(Entity::Company, second).unwrap(), None);
    assert_eq!(stage.company("Third"), second, "ids go on where they were");
    let udfs = client.get("Companies/entityInformation/userDefinedFields").await.ok();
    assert_eq!(udfs["fields"].as_array().unwrap().len(), 1);

    stage.mock.configure(|settings| settings.locked = true);
    assert_eq!(client.control("POST", "reset", &Value::Null).await.status, 204);
    assert_eq!(stage.mock.records().record(Entity::Company, first).unwrap(), None);
    assert_eq!(client.get("Companies/0").await.ok()["item"]["id"], 0);
    assert_eq!(stage.company("New"), first, "ids begin anew");
    assert_eq!(
        client.control("POST", "checkpoints/nothing/rewind", &Value::Null).await.status,
        404
    );
}

#[tokio::test]
async fn generated_tenants_are_the_same_for_the_same_seed() {
    let stage = stage().await;
    let client = &stage.client;
    let generate =
        |seed: u64| json!({ "seed": seed, "companies": 30, "contacts": 60, "resources": 700 });
    let names = async |seed: u64| {
        let made = client.control("POST", "generate", &generate(seed)).await.ok();
        assert_eq!((&made["companies"], &made["contacts"]), (&json!(31), &json!(60)));
        assert_eq!(made["resources"], 700);
        client
            .query("Companies", &json!([{ "op": "exist", "field": "id" }]))
            .await
            .values("companyName")
    };

    let (one, again, other) = (names(1).await, names(1).await, names(2).await);

    assert_eq!(one, again);
    assert_ne!(one, other);
    let contacts =
        client.query("Contacts", &json!([{ "op": "exist", "field": "companyID" }])).await;
    assert_eq!(contacts.values("id")[0], mock_autotask::generated_contact_id(0));
}

#[tokio::test]
async fn settings_are_changed_one_by_one_and_mistakes_named() {
    let stage = stage().await;
    let client = &stage.client;

    let changed = client
        .control(
            "PATCH",
            "settings",
            &json!({ "unsetUdfs": "absent", "denied": { "Contacts": ["delete"] } }),
        )
        .await
        .ok();
    let unknown = client.control("PATCH", "settings", &json!({ "unsetUdf": "absent" })).await;
    let no_entity =
        client.control("PATCH", "settings", &json!({ "denied": { "Leads": [] } })).await;

    assert_eq!(changed["unsetUdfs"], "absent");
    assert_eq!(changed["impersonation"], true);
    assert_eq!((unknown.status, no_entity.status), (400, 400));
    assert!(unknown.json()["error"].as_str().unwrap().contains("unsetUdf"));
    assert!(no_entity.json()["error"].as_str().unwrap().contains("Leads"));
    assert_eq!(client.control("GET", "settings", &Value::Null).await.ok(), changed);
}

#[tokio::test]
async fn the_state_tells_counts_and_calls_and_nothing_tells_a_secret() {
    let stage = stage().await;
    stage.client.get("Companies/0").await.ok();
    stage.client.query("Companies", &json!([{ "op": "exist", "field": "id" }])).await.ok();

    let answer = stage.client.control("GET", "state", &Value::Null).await;
    let journal = stage.client.control("GET", "journal", &Value::Null).await;

    let told = answer.ok();
    assert_eq!((&told["companies"], &told["resources"]), (&json!(1), &json!(2)));
    assert_eq!((&told["requestsLastHour"], &told["requestsLeft"]), (&json!(2), &Value::Null));
    assert_eq!(told["calls"], json!({ "GET Companies/{id}": 1, "QUERY Companies/query": 1 }));
    assert_eq!(told["now"], "2026-11-23T12:00:00Z");
    assert!(journal.ok()["entries"][1]["about"].as_str().unwrap().contains("exist"));
    for answer in [answer, journal] {
        for secret in ["mock-secret", "MOCKINTEGRATIONCODE"] {
            assert!(!answer.text().contains(secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn the_journal_is_read_in_parts_and_cleared() {
    let stage = stage().await;
    let client = &stage.client;
    for _ in 0..3 {
        client.get("Companies/0").await.ok();
    }
    client.get("nothing").await;

    let latest = client.control("GET", "journal?after=1&limit=2", &Value::Null).await.ok();
    let of_call =
        client.control("GET", "journal?call=GET+Companies%2F%7Bid%7D", &Value::Null).await.ok();

    let numbers = |journal: &Value| -> Vec<Value> {
        journal["entries"].as_array().unwrap().iter().map(|entry| entry["number"].clone()).collect()
    };
    assert_eq!(numbers(&latest), [3, 4]);
    assert_eq!(numbers(&of_call), [1, 2, 3]);
    assert_eq!(latest["entries"][1]["call"], "(no route)");
    assert_eq!(latest["entries"][1]["about"], "GET /ATServicesRest/V1.0/nothing");
    client.control("DELETE", "journal", &Value::Null).await;
    assert_eq!(client.control("GET", "journal", &Value::Null).await.ok()["counts"], json!({}));
}

#[tokio::test]
async fn the_clock_is_moved_ahead() {
    let stage = stage().await;

    let moved =
        stage.client.control("POST", "clock", &json!({ "advanceSeconds": 3_600 })).await.ok();
    let id = stage.company("Nord");

    assert_eq!(moved, json!({ "now": "2026-11-23T13:00:00Z", "aheadSeconds": 3_600 }));
    assert_eq!(stage.record(Entity::Company, id)["createDate"], "2026-11-23T13:00:00.000Z");
    assert_eq!(stage.client.control("GET", "clock", &Value::Null).await.ok(), moved);
}

#[tokio::test]
async fn picklists_are_read_and_changed() {
    let stage = stage().await;
    let value = json!({ "value": "77", "label": "Space" });

    let set = stage.client.control("POST", "picklists/Companies/marketSegmentID", &value).await;
    let values =
        stage.client.control("GET", "picklists/Companies/marketSegmentID", &Value::Null).await.ok();

    assert_eq!(set.status, 204);
    let added = values.as_array().unwrap().iter().find(|value| value["label"] == "Space").unwrap();
    assert_eq!((&added["value"], &added["isActive"]), (&json!("77"), &json!(true)));
}

#[tokio::test]
async fn what_the_control_plane_has_not_is_refused_by_name() {
    let stage = stage().await;
    for (method, path, words) in [
        ("GET", "nothing", "GET /_mock/nothing"),
        ("POST", "state", "POST /_mock/state"),
        ("GET", "records/Lead", "entity Lead"),
        ("GET", "records/Companies/x", "record x"),
        ("PUT", "records/Companies/0", "PUT"),
        ("DELETE", "faults/7", "fault 7"),
    ] {
        let answer = stage.client.control(method, path, &Value::Null).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.json()["error"].as_str().unwrap().contains(words), "{}", answer.text());
    }
    assert_eq!(stage.client.control("POST", "records/Companies", &json!([1])).await.status, 422);
    assert_eq!(stage.client.control("POST", "fixtures", &Value::Null).await.status, 400);
}

#[tokio::test]
async fn the_page_needs_no_network_and_every_call_described_is_there() {
    let stage = stage().await;

    let page = stage.client.control("GET", "", &Value::Null).await;
    let openapi = stage.client.control("GET", "openapi.json", &Value::Null).await.ok();

    assert!(page.head.contains("text/html"));
    assert!(page.text().contains("<title>mock-autotask</title>"));
    assert!(!page.text().contains("http://") && !page.text().contains("https://"));
    let mut described = BTreeSet::new();
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        let target = path
            .trim_start_matches("/_mock/")
            .replace("{entity}", "Companies")
            .replace("{field}", "companyType")
            .replace("{id}", "7")
            .replace("{udf}", "x")
            .replace("{name}", "x");
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let method = method.to_uppercase();
            let answer = stage.client.control(&method, &target, &Value::Null).await;
            let missing = answer.text().contains(&format!("there is no {method} "));
            assert!(!missing, "{method} {path}: {}", answer.text());
            described.insert(format!("{method} {path}"));
        }
    }
    assert!(described.len() >= 30, "{described:?}");
}

#[tokio::test]
async fn the_described_part_of_the_vendors_api_is_there() {
    let stage = stage().await;

    let openapi = stage.client.control("GET", "autotask-openapi.json", &Value::Null).await.ok();

    assert_eq!(
        openapi["servers"][0]["url"],
        format!("http://{}/ATServicesRest", stage.client.address)
    );
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        let target =
            format!("/ATServicesRest{}", path.replace("{parentId}", "0").replace("{id}", "0"));
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let answer = stage.client.send(&method.to_uppercase(), &target, b"").await;
            assert_ne!(answer.status, 404, "{method} {path}");
            let is_query = path.contains("/query");
            assert!(answer.status != 405 || is_query, "{method} {path}: {}", answer.text());
        }
    }
}
