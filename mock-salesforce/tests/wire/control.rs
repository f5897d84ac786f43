//! The control plane: what a test does to the mock over HTTP, and how it is told what went wrong.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Answer, Stage, stage};

async fn ask(stage: &Stage, method: &str, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = format!(
        "{method} /_mock/{path} HTTP/1.1\r\nHost: mock.example:8080\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stage.client.raw(request.as_bytes()).await
}

fn read(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.text()))
}

#[tokio::test]
async fn records_are_made_found_changed_and_deleted() {
    let stage = stage().await;

    let made =
        ask(&stage, "POST", "records/Account", &json!({ "Name": "50% Süd", "AnnualRevenue": 5 }))
            .await;
    let id = read(&made)["id"].as_str().unwrap().to_owned();
    ask(&stage, "POST", "records/Account", &json!({ "Name": "500 Nord" })).await;
    let changed =
        ask(&stage, "PATCH", &format!("records/Account/{id}"), &json!({ "Phone": "1" })).await;
    let found = read(
        &ask(&stage, "GET", "records/account?search=50%25+s%C3%BC&limit=1", &Value::Null).await,
    );
    let by_id =
        read(&ask(&stage, "GET", &format!("records/Account?search={id}"), &Value::Null).await);

    assert_eq!((made.status, changed.status), (201, 204));
    assert_eq!((&found["total"], &found["records"][0]["Phone"]), (&json!(1), &json!("1")));
    assert_eq!(by_id["records"][0]["AnnualRevenue"], json!(5.0));
    assert_eq!(stage.client.names("SELECT Name FROM Account WHERE Phone = '1'").await, ["50% Süd"]);
    assert_eq!(
        ask(&stage, "DELETE", &format!("records/Account/{id}"), &Value::Null).await.status,
        204
    );
    assert_eq!(stage.client.names("SELECT Name FROM Account").await, ["500 Nord"]);
    assert_eq!(
        ask(&stage, "POST", &format!("records/Account/{id}/undelete"), &Value::Null).await.status,
        204
    );
    assert_eq!(
        read(&ask(&stage, "GET", &format!("records/Account/{id}"), &Value::Null).await)["IsDeleted"],
        json!(false)
    );
}

#[tokio::test]
async fn a_fixture_connects_its_records_by_keys_in_any_order() {
    let stage = stage().await;
    let fixture = json!({
        "customFields": { "Account": [{ "name": "Region__c", "type": "text", "length": 20 }] },
        "users": [{ "key": "ada", "FirstName": "Ada", "LastName": "Byron" }],
        "accounts": [
            { "key": "daughter", "Name": "Daughter", "ParentId": "@mother", "OwnerId": "@ada", "Region__c": "North", "SystemModstamp": "2020-01-01T00:00:00Z" },
            { "key": "mother", "Name": "@home", "ParentId": "@daughter" }
        ],
        "contacts": [{ "LastName": "Berg", "AccountId": "@daughter" }]
    });

    let keys = read(&ask(&stage, "POST", "fixtures", &fixture).await);

    let found = stage.client.query("SELECT Account.Name, Account.Parent.Name, Account.Owner.LastName, Account.Region__c, Account.SystemModstamp FROM Contact").await;
    assert_eq!(found.values("sf:Name"), ["Daughter", "@home"]);
    assert_eq!(
        (found.value("sf:LastName"), found.value("sf:Region__c")),
        ("Byron".to_owned(), "North".to_owned())
    );
    assert_eq!(found.value("sf:SystemModstamp"), "2020-01-01T00:00:00.000Z");
    assert_eq!(keys.as_object().unwrap().keys().collect::<Vec<_>>(), ["ada", "daughter", "mother"]);
}

#[tokio::test]
async fn a_fixture_with_a_mistake_loads_nothing_and_names_it() {
    let stage = stage().await;
    for (fixture, words) in [
        (
            json!({ "accounts": [{ "Name": "ok" }, { "Phone": "1" }] }),
            "Account 2: REQUIRED_FIELD_MISSING",
        ),
        (
            json!({ "accounts": [{ "Name": "ok" }], "contacts": [{ "LastName": "x", "AccountId": "@nobody" }] }),
            "the key @nobody",
        ),
        (json!({ "leads": [] }), "leads"),
        (json!({ "customFields": { "Lead": [{ "name": "a__c", "type": "text" }] } }), "Lead"),
        (
            json!({ "customFields": { "Account": [{ "name": "a\" TEXT); --__c", "type": "text" }] } }),
            "is no name for a custom field",
        ),
    ] {
        let answer = ask(&stage, "POST", "fixtures", &fixture).await;
        assert_eq!(answer.status, 422, "{fixture}");
        assert!(read(&answer)["error"].as_str().unwrap().contains(words), "{}", answer.text());
    }
    assert_eq!(stage.client.query("SELECT COUNT() FROM Account").await.value("size"), "0");
}

#[tokio::test]
async fn checkpoints_bring_back_what_was_and_reset_leaves_the_user() {
    let stage = stage().await;
    ask(&stage, "POST", "records/Account", &json!({ "Name": "First" })).await;
    assert_eq!(ask(&stage, "PUT", "checkpoints/one%20day", &Value::Null).await.status, 204);
    ask(&stage, "POST", "records/Account", &json!({ "Name": "Second" })).await;

    assert_eq!(read(&ask(&stage, "GET", "checkpoints", &Value::Null).await), json!(["one day"]));
    assert_eq!(ask(&stage, "POST", "checkpoints/one%20day/rewind", &Value::Null).await.status, 204);
    assert_eq!(stage.client.names("SELECT Name FROM Account").await, ["First"]);
    assert_eq!(ask(&stage, "POST", "reset", &Value::Null).await.status, 204);
    assert_eq!(stage.client.query("SELECT COUNT() FROM Account").await.value("size"), "0");
    assert_eq!(
        stage.client.query("SELECT Username FROM User").await.value("sf:Username"),
        "integration@example.com"
    );
    assert_eq!(ask(&stage, "POST", "checkpoints/nothing/rewind", &Value::Null).await.status, 404);
}

#[tokio::test]
async fn settings_are_changed_one_by_one_and_mistakes_named() {
    let stage = stage().await;

    let changed = read(
        &ask(
            &stage,
            "PATCH",
            "settings",
            &json!({ "soapLogin": false, "clientAddress": "192.0.2.1" }),
        )
        .await,
    );
    let unknown = ask(&stage, "PATCH", "settings", &json!({ "soapLogn": true })).await;

    assert_eq!(
        (&changed["soapLogin"], &changed["clientAddress"], &changed["api"]),
        (&json!(false), &json!("192.0.2.1"), &json!(true))
    );
    assert_eq!(unknown.status, 400);
    assert!(read(&unknown)["error"].as_str().unwrap().contains("soapLogn"));
    assert!(!stage.mock.settings().soap_login);
    assert_eq!(ask(&stage, "DELETE", "sessions", &Value::Null).await.status, 204);
    assert_eq!(
        stage.client.call("<getServerTimestamp/>").await.value("sf:exceptionCode"),
        "INVALID_SESSION_ID"
    );
}

#[tokio::test]
async fn the_state_tells_counts_and_calls_and_holds_no_secret() {
    let stage = stage().await;
    stage.client.call("<getServerTimestamp/>").await;

    let answer = ask(&stage, "GET", "state", &Value::Null).await;

    let told = read(&answer);
    assert_eq!(
        (&told["accounts"], &told["users"], &told["requestsLast24Hours"]),
        (&json!(0), &json!(1), &json!(2))
    );
    assert_eq!(told["calls"], json!({ "getServerTimestamp": 1, "login": 1 }));
    assert_eq!(told["now"], json!("2026-11-23T12:00:00Z"));
    for secret in
        ["mock-password", "MockSecurityToken", "mock-client-secret", &stage.client.session]
    {
        assert!(!answer.text().contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_the_control_plane_has_not_is_refused_by_name() {
    let stage = stage().await;
    for (method, path, words) in [
        ("GET", "nothing", "GET /_mock/nothing"),
        ("POST", "state", "POST /_mock/state"),
        ("GET", "records/Lead", "object Lead"),
        ("GET", "records/Account/0015g0000000zzz", "record 0015g0000000zzz"),
        ("PUT", "records/Account/x", "PUT"),
    ] {
        let answer = ask(&stage, method, path, &Value::Null).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(read(&answer)["error"].as_str().unwrap().contains(words), "{}", answer.text());
    }
    assert_eq!(ask(&stage, "POST", "records/Account", &json!([1])).await.status, 422);
    assert_eq!(ask(&stage, "POST", "fixtures", &Value::Null).await.status, 400);
}

#[tokio::test]
async fn page_wsdl_and_description_are_served_and_complete() {
    let stage = stage().await;

    let page = ask(&stage, "GET", "", &Value::Null).await;
    let wsdl = ask(&stage, "GET", "partner.wsdl", &Value::Null).await;
    let openapi = read(&ask(&stage, "GET", "openapi.json", &Value::Null).await);

    assert!(
        page.headers.contains("text/html")
            && page.text().contains("<title>mock-salesforce</title>")
    );
    assert!(
        !page.text().contains("http://") && !page.text().contains("https://"),
        "the page needs no network"
    );
    assert!(
        wsdl.text()
            .contains("<soap:address location=\"http://mock.example:8080/services/Soap/u/58.0\"/>")
    );
    let mut refused = BTreeSet::new();
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        let path = path.trim_start_matches("/_mock/");
        let path = path
            .replace("{object}", "Account")
            .replace("{id}", "0015g0000000zzz")
            .replace("{loser}", "0015g0000000zzy")
            .replace("{name}", "x");
        for method in methods.as_object().unwrap().keys() {
            let answer = ask(&stage, &method.to_uppercase(), &path, &Value::Null).await;
            if answer.text().contains(&format!("there is no {} /_mock", method.to_uppercase()))
                || answer.text().contains(" for records/")
            {
                refused.insert(format!("{method} {path}"));
            }
        }
    }
    assert!(refused.is_empty(), "described but not there: {refused:?}");
}
