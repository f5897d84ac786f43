//! The control plane: what a test does to the mock over HTTP, and how it is told what went wrong.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Answer, Stage, stage, stage_with};

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
async fn checkpoints_bring_back_what_was() {
    let stage = stage().await;
    ask(&stage, "POST", "records/Account", &json!({ "Name": "First" })).await;
    assert_eq!(ask(&stage, "PUT", "checkpoints/one%20day", &Value::Null).await.status, 204);
    ask(&stage, "POST", "records/Account", &json!({ "Name": "Second" })).await;

    assert_eq!(read(&ask(&stage, "GET", "checkpoints", &Value::Null).await), json!(["one day"]));
    assert_eq!(ask(&stage, "POST", "checkpoints/one%20day/rewind", &Value::Null).await.status, 204);
    assert_eq!(stage.client.names("SELECT Name FROM Account").await, ["First"]);
    assert_eq!(ask(&stage, "POST", "checkpoints/nothing/rewind", &Value::Null).await.status, 404);
}

#[tokio::test]
async fn reset_makes_everything_as_it_was_and_leaves_checkpoints_and_the_user() {
    let mut stage = stage().await;
    ask(&stage, "POST", "records/Account", &json!({ "Name": "First" })).await;
    ask(&stage, "PUT", "checkpoints/before", &Value::Null).await;
    ask(&stage, "PATCH", "settings", &json!({ "lockoutAfter": 1, "dailyRequests": 9 })).await;
    ask(&stage, "POST", "clock", &json!({ "advanceSeconds": 60 })).await;
    stage.client.try_login("integration@example.com", "wrong").await;
    ask(&stage, "POST", "faults", &json!({ "effect": "dropBefore" })).await;

    assert_eq!(ask(&stage, "POST", "reset", &Value::Null).await.status, 204);

    let told = read(&ask(&stage, "GET", "state", &Value::Null).await);
    assert_eq!((&told["accounts"], &told["users"]), (&json!(0), &json!(1)));
    assert_eq!((&told["calls"], &told["requestsLast24Hours"]), (&json!({}), &json!(0)));
    assert_eq!(told["now"], json!("2026-11-23T12:00:00Z"));
    assert_eq!(told["checkpoints"], json!(["before"]));
    assert_eq!(stage.mock.settings(), mock_salesforce::Settings::default());
    assert_eq!(read(&ask(&stage, "GET", "faults", &Value::Null).await), json!([]));
    let ended = stage.client.call("<getServerTimestamp/>").await;
    assert_eq!(ended.value("sf:exceptionCode"), "INVALID_SESSION_ID");
    stage.client.login().await;
    assert_eq!(
        stage.client.query("SELECT Username FROM User").await.value("sf:Username"),
        "integration@example.com"
    );
}

#[tokio::test]
async fn a_hidden_field_is_not_there_for_clients_and_a_picklist_is_the_orgs_own() {
    let stage = stage().await;
    let fixture = json!({
        "customFields": { "Account": [{ "name": "Tier__c", "type": "picklist", "length": 40 }] },
        "fields": {
            "Account": {
                "Type": { "picklist": ["Analyst", "Competitor", "Customer"] },
                "Tier__c": { "picklist": ["Gold"] },
                "Sic": { "visible": false },
                "ParentId": { "visible": false },
            },
        },
        "accounts": [{ "Name": "Nord", "Sic": "7372", "Type": "Competitor" }],
    });
    assert_eq!(ask(&stage, "POST", "fixtures", &fixture).await.status, 200);
    let describe = "<describeSObject><sObjectType>Account</sObjectType></describeSObject>";

    let described = stage.client.call(describe).await;
    let queried = stage.client.query("SELECT Sic FROM Account").await;
    let related = stage.client.query("SELECT Parent.Name FROM Account").await;
    let filtered = stage.client.query("SELECT Id FROM Account WHERE Sic = '7372'").await;
    let written = stage.client.call("<create><sObjects><o:type>Account</o:type><o:Name>n</o:Name><o:Sic>1</o:Sic></sObjects></create>").await;

    let field = |answer: &Answer, name: &str| {
        let fields = answer.values("fields");
        fields.into_iter().find(|field| field.contains(&format!("<name>{name}</name>")))
    };
    let values = |field: &str| crate::support::values(field, "value");
    assert_eq!(values(&field(&described, "Type").unwrap()), ["Analyst", "Competitor", "Customer"]);
    assert_eq!(values(&field(&described, "Tier__c").unwrap()), ["Gold"]);
    assert_eq!((field(&described, "Sic"), field(&described, "ParentId")), (None, None));
    for refused in [&queried, &filtered, &written] {
        assert_eq!(refused.value("faultcode"), "sf:INVALID_FIELD");
        assert!(refused.value("faultstring").contains("No such column 'Sic'"));
    }
    assert!(related.value("faultstring").contains("Didn't understand relationship 'Parent'"));
    let record = &stage.mock.org().records(mock_salesforce::ObjectKind::Account).unwrap()[0];
    assert_eq!(record["Sic"], json!("7372"), "what is hidden is still there");

    let shown = ask(&stage, "PATCH", "fields/account/sic", &json!({ "visible": true })).await;
    assert_eq!(shown.status, 204);
    assert_eq!(stage.client.query("SELECT Sic FROM Account").await.value("sf:Sic"), "7372");
    let listed = read(&ask(&stage, "GET", "fields/Account", &Value::Null).await);
    let told = listed.as_array().unwrap().iter().find(|field| field["name"] == "Type").unwrap();
    assert_eq!(told["picklist"], json!(["Analyst", "Competitor", "Customer"]));
    for (name, change, status) in [
        ("Nope", json!({ "visible": false }), 404),
        ("Name", json!({ "visible": false }), 422),
        ("Phone", json!({ "picklist": ["x"] }), 422),
        ("Phone", json!({ "colour": "red" }), 400),
    ] {
        let answer = ask(&stage, "PATCH", &format!("fields/Account/{name}"), &change).await;
        assert_eq!(answer.status, status, "{name} {change}");
    }
}

#[tokio::test]
async fn what_is_set_about_fields_survives_a_restart_and_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let options = || mock_salesforce::Options {
        database: Some(folder.path().join("org.sqlite")),
        ..mock_salesforce::Options::default()
    };
    let stage = stage_with(options()).await;
    ask(&stage, "PATCH", "fields/Account/Type", &json!({ "picklist": ["Press"] })).await;
    ask(&stage, "PATCH", "fields/Account/Type", &json!({ "visible": false })).await;
    drop(stage);

    let stage = stage_with(options()).await;

    let told = async |stage: &Stage| {
        let fields = read(&ask(stage, "GET", "fields/Account", &Value::Null).await);
        fields.as_array().unwrap().iter().find(|field| field["name"] == "Type").unwrap().clone()
    };
    let kept = told(&stage).await;
    assert_eq!((&kept["visible"], &kept["picklist"]), (&json!(false), &json!(["Press"])));
    ask(&stage, "PUT", "checkpoints/hidden", &Value::Null).await;
    ask(&stage, "PATCH", "fields/Account/Type", &json!({ "visible": true })).await;
    ask(&stage, "POST", "checkpoints/hidden/rewind", &Value::Null).await;
    assert_eq!(told(&stage).await["visible"], json!(false));
    ask(&stage, "POST", "reset", &Value::Null).await;
    assert_eq!(told(&stage).await["visible"], json!(true));
}

#[tokio::test]
async fn faults_are_set_listed_and_taken_back() {
    let stage = stage().await;
    let rule = json!({ "call": "query", "times": 1, "effect": "fault", "code": "QUERY_TIMEOUT", "message": "slow" });

    let set = ask(&stage, "POST", "faults", &rule).await;
    let refused = stage.client.query("SELECT Id FROM Account").await;
    let listed = read(&ask(&stage, "GET", "faults", &Value::Null).await);
    let wrong = ask(&stage, "POST", "faults", &json!({ "effect": "explode" })).await;

    assert_eq!((set.status, refused.value("faultcode").as_str()), (201, "sf:QUERY_TIMEOUT"));
    assert_eq!((&listed[0]["seen"], &listed[0]["spoilt"]), (&json!(1), &json!(1)));
    assert_eq!(listed[0]["code"], json!("QUERY_TIMEOUT"));
    assert_eq!(wrong.status, 400);
    let path = format!("faults/{}", read(&set)["id"]);
    assert_eq!(ask(&stage, "DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(ask(&stage, "DELETE", &path, &Value::Null).await.status, 404);
    ask(&stage, "POST", "faults", &rule).await;
    assert_eq!(ask(&stage, "DELETE", "faults", &Value::Null).await.status, 204);
    assert_eq!(stage.client.query("SELECT Id FROM Account").await.status, 200);
}

#[tokio::test]
async fn the_journal_is_read_by_call_and_number_and_can_be_forgotten() {
    let stage = stage().await;
    for _ in 0..3 {
        stage.client.call("<getServerTimestamp/>").await;
    }
    stage.client.query("SELECT Id FROM Account").await;
    let numbers = async |query: &str| {
        let journal = read(&ask(&stage, "GET", &format!("journal{query}"), &Value::Null).await);
        let entries = journal["entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| entry["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };

    assert_eq!(numbers("").await, [1, 2, 3, 4, 5]);
    assert_eq!(numbers("?call=getServerTimestamp&limit=2").await, [3, 4]);
    assert_eq!(numbers("?after=4").await, [5]);
    let journal = read(&ask(&stage, "GET", "journal?call=login", &Value::Null).await);
    assert_eq!(journal["counts"], json!({ "getServerTimestamp": 3, "login": 1, "query": 1 }));
    assert_eq!(journal["entries"][0]["about"], json!("integration@example.com"));
    assert_eq!(ask(&stage, "DELETE", "journal", &Value::Null).await.status, 204);
    assert!(numbers("").await.is_empty());
}

#[tokio::test]
async fn the_clock_is_moved_ahead() {
    let stage = stage().await;

    let moved = read(&ask(&stage, "POST", "clock", &json!({ "advanceSeconds": 90 })).await);

    assert_eq!(moved, json!({ "now": "2026-11-23T12:01:30Z", "aheadSeconds": 90 }));
    assert_eq!(read(&ask(&stage, "GET", "clock", &Value::Null).await), moved);
    let answer = stage.client.call("<getServerTimestamp/>").await;
    assert_eq!(answer.value("timestamp"), "2026-11-23T12:01:30.000Z");
    assert_eq!(ask(&stage, "POST", "clock", &json!({ "advanceSeconds": -1 })).await.status, 400);
}

#[tokio::test]
async fn another_user_may_sign_in_and_a_cursor_stays_its_owners() {
    let stage = stage().await;
    let user = json!({ "LastName": "Other", "Username": "Other@example.com" });
    ask(&stage, "POST", "records/User", &user).await;
    for number in 0..201 {
        stage.mock.org().insert_account(&json!({ "Name": number.to_string() })).unwrap();
    }
    let login = json!({ "username": "other@example.com", "password": "pass", "token": "word" });
    let nobody = json!({ "username": "nobody@example.com", "password": "pass" });
    let mut mine = crate::support::Client::new(&stage.mock);
    mine.session.clone_from(&stage.client.session);
    mine.headers = "<QueryOptions><batchSize>200</batchSize></QueryOptions>".to_owned();
    let locator = mine.query("SELECT Id FROM Account").await.value("queryLocator");

    assert_eq!(ask(&stage, "POST", "logins", &nobody).await.status, 404);
    assert_eq!(ask(&stage, "POST", "logins", &login).await.status, 204);
    let mut other = crate::support::Client::new(&stage.mock);
    let signed_in = other.try_login("other@example.com", "password").await;
    other.session = signed_in.value("sessionId");

    assert_eq!(signed_in.value("userFullName"), "Other");
    assert_eq!(other.query_more(&locator).await.value("faultcode"), "sf:INVALID_QUERY_LOCATOR");
    let reason = stage.mock.journal().pop().unwrap().reason;
    assert_eq!(reason.as_deref(), Some("the cursor is another user's"));
    assert_eq!(mine.query_more(&locator).await.status, 200);
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
async fn generated_records_replace_what_was_there_and_follow_the_seed() {
    let stage = stage().await;
    stage.mock.org().insert_account(&json!({ "Name": "Before" })).unwrap();
    let names = async |seed: u64| {
        let size = json!({ "seed": seed, "accounts": 20, "contacts": 30 });
        let told = read(&ask(&stage, "POST", "generate", &size).await);
        assert_eq!((&told["accounts"], &told["contacts"]), (&json!(20), &json!(30)));
        stage.client.names("SELECT Name FROM Account ORDER BY Id").await
    };

    let first = names(1).await;
    let other = names(2).await;

    assert_eq!(first.len(), 20);
    assert_ne!(first, other);
    assert_eq!(first, names(1).await);
    let small = json!({ "seed": 1, "accounts": 20 });
    assert_eq!(ask(&stage, "POST", "generate", &small).await.status, 400);
}

#[tokio::test]
async fn a_fixture_is_loaded_into_a_new_org_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let options = || mock_salesforce::Options {
        database: Some(folder.path().join("org.sqlite")),
        fixture: Some(json!({ "accounts": [{ "Name": "Nord" }] })),
        ..mock_salesforce::Options::default()
    };
    drop(stage_with(options()).await);

    let again = stage_with(options()).await;

    assert_eq!(again.client.names("SELECT Name FROM Account").await, ["Nord"], "once, not twice");
    let wrong = mock_salesforce::Options {
        fixture: Some(json!({ "accounts": [{}] })),
        ..mock_salesforce::Options::default()
    };
    assert!(mock_salesforce::MockSalesforce::start(wrong).await.is_err());
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
    let described: BTreeSet<String> = openapi["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(described, ROUTES.iter().map(|route| (*route).to_owned()).collect());
    let settings = serde_json::to_value(mock_salesforce::Settings::default()).unwrap();
    let names =
        |object: &Value| object.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        names(&openapi["components"]["schemas"]["Settings"]["properties"]),
        names(&settings)
    );
    for route in ROUTES {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path
            .trim_start_matches("/_mock/")
            .replace("{object}", "Account")
            .replace("{id}", "0015g0000000zzz")
            .replace("{loser}", "0015g0000000zzy")
            .replace("{field}", "Phone")
            .replace("{name}", "x");
        let answer = ask(&stage, method, &path, &Value::Null).await.text();
        let nothing = format!("there is no {method} /_mock");
        let missing = [nothing.as_str(), " for records/", " for fields/", "for faults\""];
        assert!(!missing.iter().any(|words| answer.contains(words)), "{route}: {answer}");
    }
}

/// All there is, as the description has to have it.
const ROUTES: [&str; 31] = [
    "GET /_mock/",
    "GET /_mock/openapi.json",
    "GET /_mock/partner.wsdl",
    "GET /_mock/state",
    "GET /_mock/settings",
    "PATCH /_mock/settings",
    "POST /_mock/logins",
    "DELETE /_mock/sessions",
    "GET /_mock/journal",
    "DELETE /_mock/journal",
    "GET /_mock/faults",
    "POST /_mock/faults",
    "DELETE /_mock/faults",
    "DELETE /_mock/faults/{number}",
    "GET /_mock/clock",
    "POST /_mock/clock",
    "POST /_mock/reset",
    "POST /_mock/fixtures",
    "POST /_mock/generate",
    "GET /_mock/checkpoints",
    "PUT /_mock/checkpoints/{name}",
    "POST /_mock/checkpoints/{name}/rewind",
    "GET /_mock/records/{object}",
    "POST /_mock/records/{object}",
    "GET /_mock/records/{object}/{id}",
    "PATCH /_mock/records/{object}/{id}",
    "DELETE /_mock/records/{object}/{id}",
    "POST /_mock/records/{object}/{id}/undelete",
    "POST /_mock/records/{object}/{id}/merge/{loser}",
    "GET /_mock/fields/{object}",
    "PATCH /_mock/fields/{object}/{field}",
];
