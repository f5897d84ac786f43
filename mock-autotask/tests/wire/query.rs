//! What a query finds: operators, groups, comparisons, and what is wrong with a query.

use std::collections::BTreeSet;

use mock_autotask::Entity;
use serde_json::{Value, json};

use crate::support::{Stage, encoded, stage};

async fn names(stage: &Stage, filter: Value) -> Vec<Value> {
    stage.client.query("Companies", &filter).await.values("companyName")
}

/// The names found of a few companies that differ in name, city, type and revenue.
async fn companies() -> Stage {
    let stage = stage().await;
    for (name, city, kind, active) in
        [("Nord GmbH", "Kiel", 1, true), ("Süd AG", "", 3, true), ("Nordlicht", "Kiel", 3, false)]
    {
        let fields =
            json!({ "companyName": name, "city": city, "companyType": kind, "isActive": active });
        stage.mock.records().insert(Entity::Company, &fields).unwrap();
    }
    stage.mock.records().update(Entity::Company, 0, &json!({ "companyName": "Own" })).unwrap();
    stage
}

#[tokio::test]
async fn every_operator_does_what_it_says() {
    let stage = companies().await;
    for (op, field, value, expected) in [
        ("eq", "city", json!("Kiel"), &["Nord GmbH", "Nordlicht"] as &[_]),
        ("noteq", "companyType", json!(1), &["Süd AG", "Nordlicht"]),
        ("gt", "companyType", json!(1), &["Süd AG", "Nordlicht"]),
        ("gte", "companyType", json!(3), &["Süd AG", "Nordlicht"]),
        ("lt", "companyType", json!(3), &["Own", "Nord GmbH"]),
        ("lte", "companyType", json!(1), &["Own", "Nord GmbH"]),
        ("beginsWith", "companyName", json!("nord"), &["Nord GmbH", "Nordlicht"]),
        ("endsWith", "companyName", json!("AG"), &["Süd AG"]),
        ("contains", "companyName", json!("ÜD"), &["Süd AG"]),
        ("exist", "city", Value::Null, &["Nord GmbH", "Nordlicht"]),
        ("notExist", "city", Value::Null, &["Own", "Süd AG"]),
        ("in", "companyName", json!(["own", "Süd AG", "nobody"]), &["Own", "Süd AG"]),
        ("notIn", "companyName", json!(["own", "Süd AG"]), &["Nord GmbH", "Nordlicht"]),
        ("eq", "isActive", json!(false), &["Nordlicht"]),
    ] {
        let found = names(&stage, json!([{ "op": op, "field": field, "value": value }])).await;
        assert_eq!(found, expected, "{op} {field} {value}");
    }
}

#[tokio::test]
async fn a_flat_filter_means_and_and_groups_nest() {
    let stage = companies().await;
    let (kiel, sued) = (
        json!({ "op": "eq", "field": "city", "value": "Kiel" }),
        json!({ "op": "eq", "field": "companyName", "value": "Süd AG" }),
    );
    let active = json!({ "op": "eq", "field": "isActive", "value": true });

    assert_eq!(names(&stage, json!([kiel, active])).await, ["Nord GmbH"]);
    assert_eq!(
        names(
            &stage,
            json!([{ "op": "or", "items": [sued, { "op": "and", "items": [kiel, active] }] }])
        )
        .await,
        ["Nord GmbH", "Süd AG"]
    );
    assert_eq!(
        names(&stage, json!([{ "op": "and", "items": [kiel, sued] }])).await,
        [] as [&str; 0]
    );
}

#[tokio::test]
async fn keys_and_field_names_are_taken_in_any_case() {
    let stage = companies().await;
    let body = json!({
        "Filter": [{ "OP": "EQ", "FIELD": "COMPANYNAME", "VALUE": "nord gmbh" }],
        "includeFields": ["COMPANYNAME", "Id"],
        "maxRecords": 5,
    });

    let answer = stage.client.post("Companies/query", &body).await.ok();

    let item = answer["items"][0].as_object().unwrap();
    let keys: BTreeSet<_> = item.keys().map(String::as_str).collect();
    assert_eq!(keys, ["companyName", "id", "userDefinedFields"].into());
    assert_eq!(answer["pageDetails"]["requestCount"], 5);
}

#[tokio::test]
async fn a_search_may_come_by_get_in_single_quotes_too() {
    let stage = companies().await;
    for search in [
        r#"{"filter":[{"op":"eq","field":"CompanyName","value":"Nord GmbH"}]}"#,
        "{'filter':[{'op':'eq','field':'CompanyName','value':'Nord GmbH'}]}",
        r#"{ "MaxRecords":10, "filter":[{"op":"eq","field":"CompanyName","value":"Nord GmbH"}]}"#,
    ] {
        let answer = stage.client.search("Companies", search).await;
        assert_eq!(answer.values("companyName"), ["Nord GmbH"], "{search}");
    }
    assert_eq!(stage.client.get("Companies/query").await.status, 405);
}

#[tokio::test]
async fn a_url_that_is_too_long_is_not_found() {
    let stage = stage().await;
    let search = |length: usize| {
        json!({ "filter": [{ "op": "eq", "field": "companyName", "value": "x".repeat(length) }] })
            .to_string()
    };

    let short = stage.client.search("Companies", &search(1_500)).await;
    let long = stage.client.search("Companies", &search(2_100)).await;

    assert_eq!(short.status, 200);
    assert_eq!(long.status, 404);
    assert!(long.text().contains("<html"));
}

#[tokio::test]
async fn records_are_counted_by_post_and_by_get() {
    let stage = companies().await;
    let search = json!({ "filter": [{ "op": "eq", "field": "city", "value": "Kiel" }] });

    let posted = stage.client.post("Companies/query/count", &search).await;
    let got = stage
        .client
        .get(&format!("Companies/query/count?search={}", encoded(&search.to_string())))
        .await;

    assert_eq!(posted.ok(), json!({ "queryCount": 2 }));
    assert_eq!(got.ok(), json!({ "queryCount": 2 }));
}

#[tokio::test]
async fn an_unknown_operator_is_dropped_and_the_journal_warns() {
    let stage = companies().await;
    for op in ["ne", "noteExist", "like"] {
        let found =
            names(&stage, json!([{ "op": op, "field": "companyName", "value": "Nord" }])).await;
        assert_eq!(found.len(), 4, "{op}");
        let warning = stage.mock.journal().last().unwrap().warning.clone().unwrap();
        assert!(warning.ends_with(op), "{warning}");
    }
    let rest = json!([
        { "op": "ne", "field": "nothing", "value": 1 },
        { "op": "eq", "field": "city", "value": "Kiel" },
    ]);
    assert_eq!(names(&stage, rest).await.len(), 2, "the other conditions stay");
}

#[tokio::test]
async fn an_unknown_field_is_refused_in_filter_and_in_include_fields() {
    let stage = stage().await;
    let filter = json!([{ "op": "eq", "field": "projectID", "value": 1 }]);
    let include =
        json!({ "filter": [{ "op": "exist", "field": "id" }], "IncludeFields": ["projectID"] });

    let in_filter = stage.client.query("Companies", &filter).await;
    let in_fields = stage.client.post("Companies/query", &include).await;

    assert_eq!(in_filter.error(), "Unable to find projectID in the Company Entity");
    assert_eq!(in_fields.error(), "Unable to find projectID in the Company Entity");
}

#[tokio::test]
async fn fields_that_cannot_be_queried_are_refused() {
    let stage = stage().await;
    for (path, field) in [
        ("Companies", "assetValue"),
        ("Companies", "sicCode"),
        ("Companies", "stockMarket"),
        ("Companies", "stockSymbol"),
        ("Contacts", "isOptedOutFromBulkEmail"),
        ("Contacts", "solicitationOptOut"),
        ("Contacts", "surveyOptOut"),
    ] {
        let answer = stage.client.query(path, &json!([{ "op": "exist", "field": field }])).await;
        assert!(answer.error().contains(field), "{path} {field}");
    }
}

#[tokio::test]
async fn booleans_are_compared_with_true_and_false_alone() {
    let stage = stage().await;
    for value in [json!(null), json!(1), json!("true"), json!("")] {
        let filter = json!([{ "op": "eq", "field": "isActive", "value": value }]);
        let answer = stage.client.query("Companies", &filter).await;
        assert!(answer.error().contains("isActive"), "{value}");
    }
}

#[tokio::test]
async fn a_contacts_activity_is_a_number_that_true_finds_too() {
    let stage = stage().await;
    let id = stage.contact(0, "Ada", "Byron");

    for value in [json!(true), json!(1)] {
        let filter = json!([{ "op": "eq", "field": "IsActive", "value": value }]);
        let found = stage.client.query("Contacts", &filter).await;
        assert_eq!(found.values("id"), [id], "{value}");
        assert_eq!(found.values("isActive"), [1]);
    }
}

#[tokio::test]
async fn a_text_equals_no_id_and_is_no_picklist_value() {
    let stage = stage().await;
    let id = json!([{ "op": "eq", "field": "id", "value": "0" }]);
    let picklist = json!([{ "op": "eq", "field": "companyType", "value": "Customer" }]);

    assert_eq!(names(&stage, id).await, [] as [&str; 0]);
    assert!(
        stage
            .client
            .query("Companies", &picklist)
            .await
            .error()
            .starts_with("Conversion failed when converting")
    );
}

#[tokio::test]
async fn a_query_without_a_filter_is_refused() {
    let stage = stage().await;
    for body in ["", "{}", r#"{"filter":[]}"#, r#"{"filter":null}"#, r#"{"MaxRecords":5}"#] {
        let answer = stage
            .client
            .send("POST", "/ATServicesRest/V1.0/Companies/query", body.as_bytes())
            .await;
        assert!(answer.error().ends_with("Parameter name: filters"), "{body}");
    }
}

#[tokio::test]
async fn comparison_ignores_case_and_trailing_blanks_as_the_vendors_database_does() {
    let stage = companies().await;
    for (value, expected) in [
        ("nord gmbh", &["Nord GmbH"] as &[_]),
        ("NORD GMBH   ", &["Nord GmbH"]),
        ("süd ag", &["Süd AG"]),
        ("Sud AG", &[]),
        (" Nord GmbH", &[]),
    ] {
        let found =
            names(&stage, json!([{ "op": "eq", "field": "companyName", "value": value }])).await;
        assert_eq!(found, expected, "{value:?}");
    }
}

#[tokio::test]
async fn at_most_500_alternatives_are_taken() {
    let stage = stage().await;
    let values = |count: i64| json!([{ "op": "in", "field": "id", "value": (0..count).collect::<Vec<_>>() }]);
    let members = |count: i64| {
        let items: Vec<_> =
            (0..count).map(|id| json!({ "op": "eq", "field": "id", "value": id })).collect();
        json!([{ "op": "or", "items": items }])
    };

    for filter in [values(500), members(500)] {
        assert_eq!(stage.client.query("Companies", &filter).await.values("id"), [0]);
    }
    for filter in [values(501), members(501)] {
        assert_eq!(
            stage.client.query("Companies", &filter).await.error(),
            "Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions."
        );
    }
}

#[tokio::test]
async fn moments_are_compared_as_moments() {
    let stage = stage().await;
    let id = stage.company("Nord");
    let created = stage.record(Entity::Company, id)["createDate"].clone();
    assert_eq!(created, "2026-11-23T12:00:00.000Z");

    for (op, value, found) in [
        ("gte", "2026-11-23T12:00:00.000Z", true),
        ("gt", "2026-11-23T12:00:00Z", false),
        ("lt", "2026-11-24", true),
        ("gte", "2026-11-23T13:00:00+01:00", true),
    ] {
        let filter = json!([
            { "op": op, "field": "createDate", "value": value },
            { "op": "eq", "field": "id", "value": id },
        ]);
        assert_eq!(names(&stage, filter).await.len(), usize::from(found), "{op} {value}");
    }
}

#[tokio::test]
async fn a_record_is_read_by_id_and_a_missing_one_is_null() {
    let stage = stage().await;
    let id = stage.company("Nord");

    assert_eq!(
        stage.client.get(&format!("Companies/{id}")).await.ok()["item"]["companyName"],
        "Nord"
    );
    assert_eq!(stage.client.get("Companies/999").await.ok(), json!({ "item": null }));
    stage.mock.configure(|settings| settings.missing_item_is_404 = true);
    assert_eq!(stage.client.get("Companies/999").await.status, 404);
}

#[tokio::test]
async fn children_are_read_below_their_parent_and_cannot_be_queried_there() {
    let stage = stage().await;
    let (nord, sued) = (stage.company("Nord"), stage.company("Süd"));
    let contact = stage.contact(nord, "Ada", "Byron");
    stage.contact(sued, "Max", "Born");

    let children = stage.client.get(&format!("Companies/{nord}/Contacts")).await;
    let child = stage.client.get(&format!("Companies/{nord}/Contacts/{contact}")).await;
    let other = stage.client.get(&format!("Companies/{sued}/Contacts/{contact}")).await;
    let query = stage
        .client
        .query(&format!("Companies/{nord}/Contacts"), &json!([{ "op": "exist", "field": "id" }]))
        .await;

    assert_eq!(children.values("lastName"), ["Byron"]);
    assert_eq!(children.ok()["pageDetails"]["count"], 1);
    assert_eq!(child.ok()["item"]["lastName"], "Byron");
    assert_eq!(other.ok(), json!({ "item": null }));
    assert_eq!(query.status, 404);
}

#[tokio::test]
async fn inactive_contacts_read_company_0_if_the_settings_say_so() {
    let stage = stage().await;
    let nord = stage.company("Nord");
    let (ada, max) = (stage.contact(nord, "Ada", "Byron"), stage.contact(nord, "Max", "Born"));
    stage.mock.records().update(Entity::Contact, max, &json!({ "isActive": 0 })).unwrap();
    let company = async |id: i64| {
        stage.client.get(&format!("Contacts/{id}")).await.ok()["item"]["companyID"].clone()
    };

    assert_eq!((company(ada).await, company(max).await), (json!(nord), json!(nord)));
    stage.mock.configure(|settings| settings.inactive_contacts_read_company_0 = true);

    assert_eq!((company(ada).await, company(max).await), (json!(nord), json!(0)));
    let body = json!({
        "filter": [{ "op": "eq", "field": "companyID", "value": nord }], "IncludeFields": ["companyID"],
    });
    let found = stage.client.post("Contacts/query", &body).await;
    assert_eq!(found.values("companyID"), [nord, 0]);
}
