//! Queries, pages, and what is made of the rows.

use importer::domain::fields::TargetField as T;
use importer::domain::ids::{CompanyId, ResourceId};
use importer::domain::model::{Kind, TargetRecord, UdfValue, Value};
use importer::ports::{Find, Lookalikes, Target};

use super::*;

async fn read(kind: Kind, row: Json) -> TargetRecord {
    let world = World::new().await;
    let entity = if kind == Kind::Company { "Companies" } else { "Contacts" };
    world.answer(&format!("POST {entity}/query"), rows(vec![row])).await;

    let found = world.autotask.find(kind, &Find::After(None)).await.unwrap();

    let [record] = found.try_into().unwrap();
    record
}

#[expect(clippy::unnecessary_wraps, reason = "values of records are optional")]
fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

#[tokio::test]
async fn a_company_is_read_field_by_field() {
    let demo = include_str!("../fixtures/autotask/company.json");

    let company = read(Kind::Company, serde_json::from_str(demo).unwrap()).await;

    let number = |number| Some(Value::Integer(number));
    let expected = [
        (T::CompanyName, text("Autotask Corporation")),
        (T::CompanyNumber, text("289843")),
        (T::Address1, text("26 Tech Valley Drive")),
        (T::Address2, text("Suite 2")),
        (T::City, text("East Greenbush")),
        (T::CountryId, number(237)),
        // Sent as a number here.
        (T::PostalCode, text("12061")),
        (T::State, text("NY")),
        (T::Fax, text("555-555-6677")),
        (T::Phone, text("555-555-5566")),
        (T::SicCode, text("")),
        (T::StockSymbol, text("")),
        (T::CompanyType, number(7)),
        (T::WebAddress, text("www.autotask.com")),
        (T::OwnerResourceId, number(29_682_885)),
        (T::MarketSegmentId, number(29_683_456)),
    ];
    assert_eq!((company.id, company.company), (174, CompanyId(174)));
    assert!(company.is_active);
    assert_eq!(company.salesforce_id, UdfValue::Unknown);
    assert_eq!(company.values, expected.into());
}

#[tokio::test]
async fn a_contact_is_read_field_by_field() {
    let demo = include_str!("../fixtures/autotask/contact.json");

    let contact = read(Kind::Contact, serde_json::from_str(demo).unwrap()).await;

    let expected = [
        (T::EmailAddress, text("brobertson@autotaskdemo.com")),
        (T::FirstName, text("Mary")),
        (T::LastName, text("Smith")),
        (T::Phone, text("551-555-5513")),
        (T::AlternatePhone, text("551-555-5522")),
        (T::MobilePhone, text("551-555-3502")),
    ];
    assert_eq!((contact.id, contact.company), (29_683_589, CompanyId(174)));
    assert!(contact.is_active);
    assert_eq!(contact.values, expected.into());
}

#[tokio::test]
async fn numbers_and_texts_stand_for_each_other() {
    let row = json!({
        "id": 1, "companyType": "3", "assetValue": "1200.5", "companyName": 42, "ownerResourceID": null,
        "city": null, "classification": "none",
    });

    let company = read(Kind::Company, row).await;

    let expected = [
        (T::CompanyType, Some(Value::Integer(3))),
        (T::AssetValue, Some(Value::Decimal(1200.5))),
        (T::CompanyName, text("42")),
        (T::OwnerResourceId, None),
        (T::City, None),
        (T::Classification, None),
    ];
    assert_eq!(company.values, expected.into());
}

#[tokio::test]
async fn activity_is_a_boolean_or_a_number() {
    for (active, expected) in [
        (json!(true), true),
        (json!(1), true),
        (json!(null), true),
        (json!(false), false),
        (json!(0), false),
    ] {
        let contact = read(Kind::Contact, json!({ "id": 1, "companyID": 0, "isActive": active }));

        assert_eq!(contact.await.is_active, expected, "{active}");
    }
}

/// Only an empty field that is there says that somebody cleared it.
#[tokio::test]
async fn a_missing_user_defined_field_is_not_an_empty_one() {
    let id = "0016F00002SasNYQAZ";
    let field = |value: Json| json!([{ "name": "Other", "value": "x" }, { "name": COMPANY_UDF, "value": value }]);
    for (collection, expected) in [
        (None, UdfValue::Unknown),
        (Some(json!(null)), UdfValue::Unknown),
        (Some(json!([])), UdfValue::Unknown),
        (Some(json!([{ "name": "Other", "value": "x" }])), UdfValue::Unknown),
        (Some(json!([{ "name": COMPANY_UDF }])), UdfValue::Unknown),
        (Some(field(json!(null))), UdfValue::Empty),
        (Some(field(json!(""))), UdfValue::Empty),
        (Some(field(json!("  "))), UdfValue::Empty),
        (Some(field(json!(id))), UdfValue::Id(id.parse().unwrap())),
        (Some(field(json!("0016F00002SasNY"))), UdfValue::Id(id.parse().unwrap())),
        (Some(field(json!("see notes"))), UdfValue::Other("see notes".to_owned())),
        (Some(field(json!(12))), UdfValue::Other("12".to_owned())),
        (
            Some(json!([{ "name": "SALESFORCE COMPANY ID", "value": id }])),
            UdfValue::Id(id.parse().unwrap()),
        ),
    ] {
        let mut row = json!({ "id": 1 });
        if let Some(collection) = &collection {
            row["userDefinedFields"] = collection.clone();
        }

        let company = read(Kind::Company, row).await;

        assert_eq!(company.salesforce_id, expected, "{collection:?}");
    }
}

fn numbered(ids: std::ops::RangeInclusive<i64>) -> ResponseTemplate {
    rows(ids.map(|id| json!({ "id": id, "companyName": format!("Company {id}") })).collect())
}

#[tokio::test]
async fn a_page_follows_the_last_id_and_names_its_length() {
    let world = World::new().await;
    world.answer("POST Companies/query", numbered(1..=500)).await;

    let first = world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap();
    world.autotask.find(Kind::Company, &Find::After(Some(500))).await.unwrap();

    assert_eq!(first.len(), 500);
    let asked = |filter: Json| {
        ("POST Companies/query".to_owned(), json!({ "MaxRecords": 500, "filter": [filter] }))
    };
    assert_eq!(
        world.calls().await,
        [
            asked(json!({ "op": "gte", "field": "id", "value": 0 })),
            asked(json!({ "op": "gt", "field": "id", "value": 500 })),
        ]
    );
}

#[tokio::test]
async fn what_is_looked_for_is_found_beyond_the_first_page() {
    let world = World::new().await;
    world.once("POST Companies/query", numbered(1..=500)).await;
    world.once("POST Companies/query", numbered(501..=1000)).await;
    world.answer("POST Companies/query", rows(vec![json!({ "id": 1001 })])).await;

    let names = vec!["Nord \"GmbH\"".to_owned(), "Süd".to_owned()];
    let find = Find::Again(vec![], Lookalikes::Companies(names));
    let found = world.autotask.find(Kind::Company, &find).await.unwrap();

    let ids: Vec<_> = found.iter().map(|record| record.id).collect();
    assert_eq!(ids, (1..=1001).collect::<Vec<_>>());
    let afters: Vec<_> = world
        .calls()
        .await
        .iter()
        .map(|(_, body)| {
            assert_eq!(
                body["filter"][1],
                json!({ "op": "in", "field": "companyName", "value": ["Nord \"GmbH\"", "Süd"] })
            );
            body["filter"][0].clone()
        })
        .collect();
    assert_eq!(
        afters,
        [
            json!({ "op": "gte", "field": "id", "value": 0 }),
            json!({ "op": "gt", "field": "id", "value": 500 }),
            json!({ "op": "gt", "field": "id", "value": 1000 }),
        ]
    );
}

#[tokio::test]
async fn no_query_lists_more_than_500_values_or_two_user_defined_fields() {
    let world = World::new().await;
    world.answer("POST Companies/query", rows(vec![])).await;
    world.answer("POST Contacts/query", rows(vec![])).await;
    let ids: Vec<_> = (0..501).map(|n| format!("{n:015}").parse().unwrap()).collect();
    let companies = (1..=300).map(CompanyId).collect();
    let names = (1..=300).map(|n| format!("Name {n}")).collect();

    world.autotask.find(Kind::Company, &Find::Carrying(ids)).await.unwrap();
    world.autotask.find(Kind::Company, &Find::Ids((1..=501).collect())).await.unwrap();
    let alike = Find::Again(vec![], Lookalikes::Contacts(companies, names));
    world.autotask.find(Kind::Contact, &alike).await.unwrap();

    let calls = world.calls().await;
    let listed = |body: &Json| {
        let conditions = body["filter"].as_array().unwrap()[1..].iter();
        conditions.map(|one| one["value"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    let lists: Vec<_> = calls.iter().map(|(_, body)| listed(body)).collect();
    assert_eq!(
        lists,
        [
            vec![500],
            vec![1],
            vec![500],
            vec![1],
            vec![250, 250],
            vec![250, 50],
            vec![50, 250],
            vec![50, 50],
        ]
    );
    let carrying = &calls[1].1["filter"][1];
    assert_eq!(
        *carrying,
        json!({ "op": "in", "field": COMPANY_UDF, "udf": true, "value": ["000000000000500AAA"] })
    );
    assert_eq!(calls[3].1["filter"][1], json!({ "op": "in", "field": "id", "value": [501] }));
    assert_eq!(calls[7].1["filter"][1]["field"], "companyID");
    assert_eq!(calls[7].1["filter"][2]["field"], "lastName");
}

#[tokio::test]
async fn what_is_written_is_looked_at_again_with_one_query() {
    let world = World::new().await;
    world.answer("POST Companies/query", rows(vec![])).await;
    world.answer("POST Contacts/query", rows(vec![])).await;
    let companies = Lookalikes::Companies(vec!["Nord".to_owned()]);
    let contacts = Lookalikes::Contacts(vec![CompanyId(7)], vec!["Berg".to_owned()]);

    world.autotask.find(Kind::Company, &Find::Again(vec![5, 6], companies)).await.unwrap();
    world.autotask.find(Kind::Contact, &Find::Again(vec![8], contacts)).await.unwrap();

    let calls = world.calls().await;
    let conditions: Vec<_> = calls.iter().map(|(_, body)| body["filter"][1].clone()).collect();
    assert_eq!(
        conditions,
        [
            json!({ "op": "or", "items": [
                { "op": "in", "field": "id", "value": [5, 6] },
                { "op": "and", "items": [
                    { "op": "in", "field": "companyName", "value": ["Nord"] }] }] }),
            json!({ "op": "or", "items": [
                { "op": "in", "field": "id", "value": [8] },
                { "op": "and", "items": [
                    { "op": "in", "field": "companyID", "value": [7] },
                    { "op": "in", "field": "lastName", "value": ["Berg"] }] }] }),
        ]
    );
}

#[tokio::test]
async fn what_changed_is_what_is_new_or_was_modified_since() {
    let world = World::new().await;
    world.answer("POST Companies/query", rows(vec![])).await;
    world.answer("POST Contacts/query", rows(vec![])).await;
    let since = "2026-03-01T12:00:00Z".parse().unwrap();
    let find = Find::Changed { after: Some(3), above: 9, since };

    world.autotask.find(Kind::Company, &find).await.unwrap();
    world.autotask.find(Kind::Contact, &find).await.unwrap();

    for ((_, body), field) in
        world.calls().await.iter().zip(["lastTrackedModifiedDateTime", "lastModifiedDate"])
    {
        assert_eq!(
            body["filter"],
            json!([
                { "op": "gt", "field": "id", "value": 3 },
                { "op": "or", "items": [
                    { "op": "gt", "field": "id", "value": 9 },
                    { "op": "gte", "field": field, "value": "2026-03-01T12:00:00.000Z" }] },
            ])
        );
    }
}

#[tokio::test]
async fn a_page_that_is_shorter_than_it_could_be_is_completed() {
    let world = World::new().await;
    let short = json!({ "items": [{ "id": 1 }, { "id": 2 }],
        "pageDetails": { "count": 2, "requestCount": 2, "nextPageUrl": "https://elsewhere.example/" } });
    world.once("POST Companies/query", ok(short)).await;
    world.answer("POST Companies/query", numbered(3..=5)).await;

    let found = world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap();

    assert_eq!(found.iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn one_record_is_there_or_not() {
    let world = World::new().await;
    world.answer("GET Companies/1", ok(json!({ "item": { "id": 1 } }))).await;
    world.answer("GET Companies/2", ok(json!({ "item": null }))).await;
    world.answer("GET Companies/3", html(404, "Not Found")).await;

    let mut found = Vec::new();
    for id in 1..=3 {
        found.push(world.autotask.find(Kind::Company, &Find::One(id)).await.unwrap().len());
    }

    assert_eq!(found, [1, 0, 0]);
}

#[tokio::test]
async fn metadata_tells_lengths_picklists_people_and_countries() {
    let world = World::new().await;
    for (entity, fields) in [
        ("Companies", include_str!("../fixtures/autotask/companies.fields.json")),
        ("Contacts", include_str!("../fixtures/autotask/contacts.fields.json")),
        ("Resources", include_str!("../fixtures/autotask/resources.fields.json")),
    ] {
        world.answer(&format!("GET {entity}/entityInformation/fields"), fixture(fields)).await;
    }
    let person = |id: i64, license: i64, user: i64, active: bool| {
        json!({ "id": id, "firstName": "Ada", "lastName": format!("N{id}"), "email": "", "isActive": active,
                "licenseType": license, "userType": user })
    };
    let people = vec![
        person(10, 1, 10, true),
        person(11, 7, 10, true),
        person(12, 1, 17, false),
        json!({ "firstName": "without an id" }),
    ];
    world.answer("POST Resources/query", rows(people)).await;
    let country =
        json!({ "id": 237, "countryCode": "US", "name": "United States", "displayName": "USA" });
    let given_up = json!({ "id": 5, "countryCode": "US", "name": "United States", "displayName": "USA",
                           "isActive": false });
    world.answer("POST Countries/query", rows(vec![given_up, country])).await;

    let metadata = world.autotask.metadata().await.unwrap();

    let field = |kind, field| metadata.field(kind, field).unwrap();
    assert_eq!(metadata.company.len(), 4);
    assert_eq!(field(Kind::Company, T::CompanyName).length, Some(100));
    assert!(field(Kind::Company, T::CompanyName).is_required);
    assert_eq!(field(Kind::Company, T::PostalCode).length, Some(10));
    assert_eq!(field(Kind::Company, T::AssetValue).length, None);
    assert_eq!(field(Kind::Contact, T::City).length, Some(32));
    assert_eq!(metadata.field(Kind::Contact, T::ZipCode), None);
    let types = field(Kind::Company, T::CompanyType);
    let choices: Vec<_> = types
        .picklist
        .iter()
        .map(|choice| (choice.value, choice.label.as_str(), choice.is_active))
        .collect();
    assert_eq!(choices, [(1, "Customer", true), (7, "Vendor", true), (9, "Former", false)]);
    assert_eq!(types.by_label(" vendor"), Some(7));
    assert_eq!(types.by_label("Former"), None);
    let people: Vec<_> = metadata
        .resources
        .iter()
        .map(|person| (person.id, person.is_api_only, person.is_active))
        .collect();
    assert_eq!(
        people,
        [
            (ResourceId(10), false, true),
            (ResourceId(11), true, true),
            (ResourceId(12), true, false),
        ]
    );
    assert_eq!(metadata.country("usa"), Some(237));
}
