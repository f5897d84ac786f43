//! What comes in that is no request of a sane client: an answer in the vendor's form or a closed connection.

use std::collections::BTreeSet;

use mock_autotask::{Entity, MockAutotask, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Client, Stage, V1, encoded, stage};

/// The mock still answers as it should.
async fn is_well(stage: &Stage) {
    assert_eq!(stage.client.get("Companies/0").await.ok()["item"]["id"], 0);
}

#[tokio::test]
async fn malformed_json_is_refused_with_errors() {
    let stage = stage().await;
    for body in [
        "{",
        "[]",
        "7",
        "\"x\"",
        "{\"filter\":",
        "{\"filter\":{}}",
        "{\"filter\":[7]}",
        "{\"filter\":[{\"op\":\"eq\"}]}",
        "{\"filter\":[{\"op\":\"and\"}]}",
        "\u{feff}{",
        "{\"filter\":[{\"op\":\"eq\",\"field\":\"id\",\"value\":1e999}]}",
        "{'filter':['",
        "\\",
    ] {
        for path in ["Companies/query", "Companies/query/count"] {
            let answer = stage.client.send("POST", &format!("{V1}{path}"), body.as_bytes()).await;
            assert_eq!(answer.errors().len(), 1, "{path} {body}");
        }
        for method in ["POST", "PATCH", "PUT"] {
            let answer =
                stage.client.send(method, &format!("{V1}Companies"), body.as_bytes()).await;
            assert_eq!(answer.status, 500, "{method} {body}");
        }
    }
    let bytes = stage
        .client
        .send("POST", &format!("{V1}Companies"), b"{\"companyName\":\"\xff\xfe\"}")
        .await;
    assert_eq!(bytes.errors().len(), 1);
    is_well(&stage).await;
}

#[tokio::test]
async fn deep_json_is_refused_and_deep_filters_too() {
    let stage = stage().await;
    let mut filter = "{\"op\":\"eq\",\"field\":\"id\",\"value\":0}".to_owned();
    for _ in 0..20 {
        filter = format!("{{\"op\":\"and\",\"items\":[{filter}]}}");
    }
    let body = |filter: &str| format!("{{\"filter\":[{filter}]}}");
    let shallow =
        stage.client.send("POST", &format!("{V1}Companies/query"), body(&filter).as_bytes()).await;
    for _ in 0..5_000 {
        filter = format!("{{\"op\":\"or\",\"items\":[{filter}]}}");
    }

    let deep =
        stage.client.send("POST", &format!("{V1}Companies/query"), body(&filter).as_bytes()).await;
    let brackets = stage
        .client
        .send("POST", &format!("{V1}Companies"), "[".repeat(1_000_000).as_bytes())
        .await;

    assert_eq!(shallow.values("id"), [0]);
    assert_eq!(deep.errors().len(), 1);
    assert_eq!(brackets.errors().len(), 1);
    is_well(&stage).await;
}

#[tokio::test]
async fn enormous_bodies_and_filters_are_refused() {
    let stage = stage().await;
    let large = format!("{{\"companyName\":\"{}\"}}", "x".repeat(5 * 1024 * 1024));
    let conditions: Vec<_> =
        (0..3_000).map(|id| json!({ "op": "noteq", "field": "id", "value": id })).collect();

    let too_large = stage.client.send("POST", &format!("{V1}Companies"), large.as_bytes()).await;
    let too_many = stage.client.query("Companies", &json!(conditions)).await;
    let many = stage.client.query("Companies", &json!(conditions[1..1_500])).await;

    assert_eq!(too_large.status, 413);
    assert_eq!(too_many.errors().len(), 1);
    assert_eq!(many.values("id"), [0]);
    is_well(&stage).await;
}

#[tokio::test]
async fn wrong_types_everywhere_are_refused_or_harmless() {
    let stage = stage().await;
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(""),
        json!("x"),
        json!("\u{0}"),
        json!("9".repeat(400)),
        json!([]),
        json!([[1]]),
        json!({}),
        json!({ "a": [] }),
    ];
    for entity in Entity::ALL {
        let path = entity.definition().path;
        for field in entity.definition().fields {
            for value in &odd {
                for op in ["eq", "lt", "contains", "in"] {
                    let filter = json!([{ "op": op, "field": field.name, "value": value }]);
                    let answer = stage.mock.records().find(entity, &filter, 1);
                    if let Err(error) = answer {
                        assert!(
                            !error.to_string().contains("database failed"),
                            "{path}.{} {op} {value}",
                            field.name
                        );
                    }
                }
            }
        }
    }
    for field in Entity::Company.definition().fields {
        for value in &odd {
            let mut body = json!({ "companyName": "Nord", "companyType": 1, "phone": "1", "ownerResourceID": 4 });
            body[field.name] = value.clone();
            let answer = stage.client.post("Companies", &body).await;
            assert!(
                answer.status == 200 || !answer.errors()[0].contains("unexpected error"),
                "{} {value}",
                field.name
            );
        }
    }
    is_well(&stage).await;
}

#[tokio::test]
async fn odd_udfs_are_refused() {
    let stage = stage().await;
    stage.mock.records().define_udf(Entity::Company, "A").unwrap();
    let id = stage.company("Nord");
    for udfs in [
        json!({}),
        json!("x"),
        json!([1]),
        json!([{}]),
        json!([{ "name": 7 }]),
        json!([{ "name": "A", "value": [] }]),
        json!([{ "name": "A", "value": "x".repeat(8_001) }]),
    ] {
        let answer =
            stage.client.patch("Companies", &json!({ "id": id, "userDefinedFields": udfs })).await;
        assert_eq!(answer.status, 500, "{udfs}");
    }
    stage.client.patch("Companies", &json!({ "id": id, "userDefinedFields": null })).await.ok();
}

#[tokio::test]
async fn sql_in_names_and_values_is_just_text() {
    let stage = stage().await;
    let evil = "x'; DROP TABLE \"Companies\"; --";
    let company =
        json!({ "companyName": evil, "companyType": 1, "phone": "1", "ownerResourceID": 4 });
    let id = stage.client.post("Companies", &company).await.item_id();

    let found = stage
        .client
        .query("Companies", &json!([{ "op": "eq", "field": "companyName", "value": evil }]))
        .await;
    let field =
        stage.client.query("Companies", &json!([{ "op": "eq", "field": evil, "value": 1 }])).await;
    let udf = json!([{ "op": "eq", "field": evil, "value": 1, "udf": true }]);

    assert_eq!(found.values("id"), [id]);
    assert!(field.error().starts_with("Unable to find x';"));
    assert!(stage.client.query("Companies", &udf).await.error().starts_with("Unable to find x';"));
    let path = format!("Companies/{}", encoded(evil));
    assert_eq!(stage.client.get(&path).await.status, 404);
    for wildcard in ["%", "_", "*"] {
        let filter = json!([{ "op": "contains", "field": "companyName", "value": wildcard }]);
        assert_eq!(
            stage.client.query("Companies", &filter).await.values("id"),
            [0; 0],
            "{wildcard}"
        );
    }
    is_well(&stage).await;
}

#[tokio::test]
async fn header_injection_reaches_no_header_and_no_page() {
    let stage = stage().await;
    let split = "GET /ATServicesRest/V1.0/nothing--%3e%3cscript%3e%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let host = format!(
        "GET {V1}zoneInformation?user=api@example.com HTTP/1.1\r\nHost: \"><script>\r\nConnection: close\r\n\r\n"
    );
    let realm = format!("GET {V1}Companies/0 HTTP/1.1\r\nHost: a\"b\r\nConnection: close\r\n\r\n");

    let split = stage.client.raw(split.as_bytes()).await.unwrap();
    let host = stage.client.raw(host.as_bytes()).await;
    let realm = stage.client.raw(realm.as_bytes()).await;

    assert_eq!(split.status, 404);
    assert!(!split.head.contains("Evil") && !split.text().contains("<script"), "{}", split.text());
    if let Some(host) = host {
        serde_json::from_slice::<Value>(&host.body).unwrap_or_default();
    }
    if let Some(realm) = realm {
        assert!(matches!(realm.status, 400 | 401));
    }
    is_well(&stage).await;
}

#[tokio::test]
async fn half_requests_are_left_alone() {
    let stage = stage().await;
    for half in [
        "GET",
        "GET /ATServicesRest/V1.0/Companies/0 HTTP/1.1\r\nHost: h\r\nUserName:",
        "\r\n\r\n\r\n",
        "\u{0}\u{1}\u{2}",
        "POST /ATServicesRest/V1.0/Companies HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{\"companyName\":",
        "POST /ATServicesRest/V1.0/Companies HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST /ATServicesRest/V1.0/Companies HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let mut stream = stage.client.connect().await;
        stream.write_all(half.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{half}: {}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(stage.mock.records().count(Entity::Company).unwrap(), 1);
    is_well(&stage).await;
}

#[tokio::test]
async fn many_requests_travel_on_one_connection() {
    let stage = stage().await;
    let mut stream = stage.client.connect().await;
    let request = stage.client.request("GET", &format!("{V1}Companies/0"), "");
    for _ in 0..50 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        assert!(body.starts_with(b"{\"item\":{\"id\":0"));
    }
}

#[tokio::test]
async fn answers_carry_the_date_of_the_mocks_clock() {
    let stage = stage().await;

    let answer = stage.client.get("Companies/0").await;

    assert_eq!(answer.header("date"), Some("Mon, 23 Nov 2026 12:00:00 GMT"));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = Some(folder.path().join("tenant.db"));
    let mock = MockAutotask::start(Options { database, ..Options::default() }).await.unwrap();
    let client = Client::new(&mock);
    let clients: Vec<_> = (0..20)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move {
                let mut ids = Vec::new();
                for turn in 0..10 {
                    let name = format!("{number}-{turn}");
                    let company = json!({ "companyName": name, "companyType": 1, "phone": "1", "ownerResourceID": 4 });
                    let id = client.post("Companies", &company).await.item_id();
                    let refused = client.post("Companies", &json!({ "companyName": name })).await;
                    assert_eq!(refused.errors().len(), 1);
                    let read = client.get(&format!("Companies/{id}")).await.ok();
                    assert_eq!(read["item"]["companyName"], name);
                    ids.push(id);
                }
                ids
            })
        })
        .collect();

    let mut ids = BTreeSet::new();
    for client in clients {
        ids.extend(client.await.unwrap());
    }

    assert_eq!(ids.len(), 200);
    assert_eq!(mock.records().count(Entity::Company).unwrap(), 201);
    assert_eq!(mock.records().history(200).unwrap().len(), 200);
}
