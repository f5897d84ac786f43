//! Pages: their size, their links, and how they are asked for.

use mock_autotask::{Entity, Options};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Stage, stage, stage_with};

fn path_of(client: &Client, url: &Value) -> String {
    let prefix = format!("http://{}", client.address);
    url.as_str().unwrap().strip_prefix(&prefix).expect("the link leads here").to_owned()
}

fn all() -> Value {
    json!([{ "op": "gte", "field": "id", "value": 0 }])
}

/// 1,201 companies, the tenant's own among them.
async fn many() -> Stage {
    stage_with(Options { companies: 1_200, ..Options::default() }).await
}

#[tokio::test]
async fn a_page_has_500_rows_in_the_order_of_their_ids() {
    let stage = many().await;

    let answer = stage.client.query("Companies", &all()).await;

    let ids: Vec<i64> = answer.values("id").iter().map(|id| id.as_i64().unwrap()).collect();
    assert_eq!(ids.len(), 500);
    assert!(ids.is_sorted());
    let details = &answer.ok()["pageDetails"];
    assert_eq!(details["count"], 500);
    assert_eq!(details["requestCount"], 500);
    assert_eq!(details["prevPageUrl"], Value::Null);
    assert!(details["nextPageUrl"].as_str().unwrap().contains("/Companies/query/next?paging=%7b"));
}

#[tokio::test]
async fn a_posted_query_is_paged_by_posting_it_again() {
    let stage = many().await;
    let body = json!({ "filter": all(), "IncludeFields": ["id"] });
    let mut answer = stage.client.post("Companies/query", &body).await;
    let mut ids = Vec::new();
    let mut pages = 0;
    loop {
        ids.extend(answer.values("id"));
        pages += 1;
        let next = answer.ok()["pageDetails"]["nextPageUrl"].clone();
        if next.is_null() {
            break;
        }
        let path = path_of(&stage.client, &next);
        assert!(!path.contains("search="), "{path}");
        answer = stage.client.send("POST", &path, body.to_string().as_bytes()).await;
    }

    ids.dedup();
    assert_eq!((ids.len(), pages), (1_201, 3));
}

#[tokio::test]
async fn a_posted_querys_next_page_needs_post_and_the_same_body() {
    let stage = many().await;
    let next =
        stage.client.query("Companies", &all()).await.ok()["pageDetails"]["nextPageUrl"].clone();
    let path = path_of(&stage.client, &next);

    let got = stage.client.send("GET", &path, b"").await;
    let without_filter = stage.client.send("POST", &path, b"").await;

    assert_eq!(got.status, 405);
    assert_eq!(
        got.json(),
        json!({ "Message": "The requested resource does not support http method 'GET'." })
    );
    assert!(without_filter.error().ends_with("Parameter name: filters"));
}

#[tokio::test]
async fn a_got_querys_next_page_is_got_with_its_search() {
    let stage = many().await;
    let search = "{'filter':[{'op':'exist','field':'IsActive'}]}";
    let mut answer = stage.client.search("Companies", search).await;
    let mut seen = 0;
    loop {
        seen += answer.values("id").len();
        let next = answer.ok()["pageDetails"]["nextPageUrl"].clone();
        if next.is_null() {
            break;
        }
        let path = path_of(&stage.client, &next);
        assert!(path.ends_with("&search=%7b%27filter%27%3a%5b%7b%27op%27%3a%27exist%27%2c%27field%27%3a%27IsActive%27%7d%5d%7d"), "{path}");
        answer = stage.client.send("GET", &path, b"").await;
    }

    assert_eq!(seen, 1_201);
}

#[tokio::test]
async fn max_records_is_the_size_of_a_page_and_not_a_total() {
    let stage = many().await;
    let body = json!({ "filter": all(), "MaxRecords": 5 });

    let first = stage.client.post("Companies/query", &body).await;
    let next = first.ok()["pageDetails"]["nextPageUrl"].clone();
    let path = path_of(&stage.client, &next);
    let second = stage.client.send("POST", &path, body.to_string().as_bytes()).await;
    let previous = path_of(&stage.client, &second.ok()["pageDetails"]["prevPageUrl"]);
    let back = stage.client.send("POST", &previous, body.to_string().as_bytes()).await;

    assert_eq!(first.values("id").len(), 5);
    assert_eq!(first.ok()["pageDetails"]["requestCount"], 5);
    assert_eq!(second.values("id").len(), 5);
    assert!(last(&first) < second.values("id")[0].as_i64().unwrap());
    assert_eq!(back.values("id"), first.values("id"));
}

fn last(answer: &Answer) -> i64 {
    answer.values("id").last().unwrap().as_i64().unwrap()
}

#[tokio::test]
async fn an_exactly_full_last_page_has_no_next() {
    let stage = many().await;
    let body =
        json!({ "filter": [{ "op": "lt", "field": "id", "value": 29_683_504 }], "MaxRecords": 5 });

    let answer = stage.client.post("Companies/query", &body).await.ok();

    assert_eq!(answer["pageDetails"]["count"], 5);
    assert_eq!(answer["pageDetails"]["nextPageUrl"], Value::Null);
}

#[tokio::test]
async fn a_page_size_beyond_500_is_refused() {
    let stage = stage().await;
    for size in [json!(501), json!(0), json!(-1), json!("5")] {
        let body = json!({ "filter": all(), "MaxRecords": size });
        assert_eq!(stage.client.post("Companies/query", &body).await.errors().len(), 1, "{size}");
    }
}

#[tokio::test]
async fn walking_by_id_sees_every_record_once() {
    let stage = many().await;
    let mut last_id = -1;
    let mut seen = 0;
    loop {
        let filter = json!([{ "op": "gt", "field": "id", "value": last_id }]);
        let answer = stage.client.query("Companies", &filter).await;
        seen += answer.values("id").len();
        if answer.values("id").is_empty() {
            break;
        }
        last_id = last(&answer);
    }

    assert_eq!(seen, 1_201);
}

#[tokio::test]
async fn a_record_made_while_paging_disturbs_no_page() {
    let stage = many().await;
    let body = json!({ "filter": all() });
    let first = stage.client.post("Companies/query", &body).await;
    stage.company("Late");
    let deleted = first.values("id")[3].as_i64().unwrap();
    stage.mock.records().delete(Entity::Company, deleted).unwrap_or_default();

    let path = path_of(&stage.client, &first.ok()["pageDetails"]["nextPageUrl"]);
    let second = stage.client.send("POST", &path, body.to_string().as_bytes()).await;

    assert!(second.values("id")[0].as_i64().unwrap() > last(&first));
    assert_eq!(second.values("id").len(), 500);
}

#[tokio::test]
async fn links_that_were_not_given_out_are_refused() {
    let stage = stage().await;
    for paging in [
        "",
        "x",
        "{}",
        r#"{"pageSize":0,"previousIds":[],"nextIds":[1]}"#,
        r#"{"pageSize":5,"previousIds":[],"nextIds":[]}"#,
    ] {
        let path = format!("Companies/query/next?paging={}", crate::support::encoded(paging));
        let answer = stage.client.post(&path, &json!({ "filter": all() })).await;
        assert_eq!(answer.errors().len(), 1, "{paging}");
    }
}

#[tokio::test]
async fn children_are_paged_by_get() {
    let stage = stage().await;
    let company = stage.company("Nord");
    for number in 0..501 {
        stage.contact(company, "Ada", &number.to_string());
    }

    let first = stage.client.get(&format!("Companies/{company}/Contacts")).await;
    let path = path_of(&stage.client, &first.ok()["pageDetails"]["nextPageUrl"]);
    let second = stage.client.send("GET", &path, b"").await;

    assert_eq!(first.values("id").len(), 500);
    assert_eq!(second.values("lastName"), ["500"]);
    assert_eq!(second.ok()["pageDetails"]["nextPageUrl"], Value::Null);
}

/// The ids of all contacts that a filter finds, page by page.
async fn found(stage: &Stage, filter: Value) -> Vec<i64> {
    let body = json!({ "filter": filter, "includeFields": ["id"] }).to_string();
    let mut path = "/ATServicesRest/V1.0/Contacts/query".to_owned();
    let mut ids = Vec::new();
    loop {
        let answer = stage.client.send("POST", &path, body.as_bytes()).await;
        ids.extend(answer.values("id").iter().filter_map(Value::as_i64));
        let next = &answer.ok()["pageDetails"]["nextPageUrl"];
        if next.is_null() {
            return ids;
        }
        path = path_of(&stage.client, next);
    }
}

#[tokio::test]
async fn what_changed_is_found_whether_few_or_many_did() {
    let stage = stage().await;
    let world = json!({ "seed": 1, "companies": 10, "contacts": 10_300, "resources": 5 });
    stage.client.control("POST", "generate", &world).await.ok();
    let id = mock_autotask::generated_contact_id;
    let since = |moment: &str, above: i64| {
        json!([{ "op": "or", "items": [
            { "op": "gt", "field": "id", "value": above },
            { "op": "gte", "field": "lastModifiedDate", "value": moment },
        ]}])
    };
    let noon = "2050-01-01T12:00:00Z";
    let records = stage.mock.records();
    let all = found(&stage, since("2000-01-01T00:00:00Z", i64::MAX)).await;
    assert_eq!(found(&stage, since(noon, i64::MAX)).await, [] as [i64; 0]);

    for (place, moment) in [(7, "11:59:59.999"), (5, "12:00:00"), (9_000, "13:00:00")] {
        let moment = format!("2050-01-01T{moment}Z");
        records.update(Entity::Contact, id(place), &json!({ "lastModifiedDate": moment })).unwrap();
    }

    let of_late = [id(5), id(9_000), id(10_298), id(10_299)];
    assert_eq!(found(&stage, since(noon, id(10_297))).await, of_late);
    assert_eq!(
        found(
            &stage,
            json!([since(noon, id(10_297))[0], { "op": "gt", "field": "id", "value": id(9_000) }])
        )
        .await,
        of_late[2..]
    );
    assert_eq!(all.len(), 10_300);
    assert_eq!(found(&stage, since(noon, 0)).await, all);
}
