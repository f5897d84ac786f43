//! Creates and changes: what is sent, and what becomes of it when something fails.

use importer::domain::decision::{Patch, Write};
use importer::domain::fields::TargetField;
use importer::domain::ids::CompanyId;
use importer::domain::model::{Kind, Value};
use importer::ports::{Change, IdField, NewRecord, Target, TargetError};

use super::*;
use crate::wire::{Act, Rude, all_of, answer};

const ID: &str = "0016F00002SasNYQAZ";

fn new_company() -> NewRecord {
    NewRecord {
        company: None,
        salesforce_id: ID.parse().unwrap(),
        fields: vec![
            (TargetField::CompanyName, Value::Text("Nord \"&\" Süd 😀\r\nGmbH".to_owned())),
            (TargetField::CompanyType, Value::Integer(3)),
            (TargetField::AssetValue, Value::Decimal(99_213_206.5)),
        ],
    }
}

fn new_contact() -> NewRecord {
    NewRecord {
        company: Some(CompanyId(174)),
        salesforce_id: ID.parse().unwrap(),
        fields: vec![(TargetField::LastName, Value::Text("Smith".to_owned()))],
    }
}

fn change() -> Change {
    let write = |now| Write { was: None, now };
    Change {
        id: 12,
        company: CompanyId(12),
        id_field: IdField::Keep,
        deactivate: false,
        fields: Patch::from([
            (TargetField::City, write(Some(Value::Text("Köln".to_owned())))),
            (TargetField::Fax, write(None)),
        ]),
    }
}

fn written(id: i64) -> ResponseTemplate {
    ok(json!({ "itemId": id }))
}

#[tokio::test]
async fn companies_are_written_at_the_root_and_contacts_through_their_company() {
    let world = World::new().await;
    world.answer("POST Companies", written(29_683_664)).await;
    world.answer("POST Companies/174/Contacts", written(5)).await;
    world.answer("PATCH Companies", written(12)).await;
    world.answer("PATCH Companies/174/Contacts", written(5)).await;
    let linked = Change::of_id(5, CompanyId(174), IdField::Set(ID.parse().unwrap()));

    let company = world.autotask.create(Kind::Company, &new_company()).await.unwrap();
    let contact = world.autotask.create(Kind::Contact, &new_contact()).await.unwrap();
    world.autotask.update(Kind::Company, &change()).await.unwrap();
    world.autotask.update(Kind::Contact, &linked).await.unwrap();
    let unlinked = Change { id_field: IdField::Clear, ..linked };
    world.autotask.update(Kind::Contact, &unlinked).await.unwrap();

    assert_eq!((company, contact), (29_683_664, 5));
    let call = |name: &str, body| (name.to_owned(), body);
    assert_eq!(
        world.calls().await,
        [
            call(
                "POST Companies",
                json!({
                    "id": 0, "isActive": true, "companyName": "Nord \"&\" Süd 😀\r\nGmbH", "companyType": 3,
                    "assetValue": 99_213_206.5, "userDefinedFields": [{ "name": COMPANY_UDF, "value": ID }],
                })
            ),
            call(
                "POST Companies/174/Contacts",
                json!({
                    "id": 0, "isActive": 1, "lastName": "Smith",
                    "userDefinedFields": [{ "name": CONTACT_UDF, "value": ID }],
                })
            ),
            // What is left out stays as it is; null clears.
            call("PATCH Companies", json!({ "id": 12, "city": "Köln", "fax": null })),
            call(
                "PATCH Companies/174/Contacts",
                json!({ "id": 5, "userDefinedFields": [{ "name": CONTACT_UDF, "value": ID }] })
            ),
            call(
                "PATCH Companies/174/Contacts",
                json!({ "id": 5, "userDefinedFields": [{ "name": CONTACT_UDF, "value": null }] })
            ),
        ]
    );
}

/// Answers that say nothing of whether the record was made.
#[tokio::test]
async fn a_create_whose_answer_says_nothing_is_uncertain_and_not_sent_again() {
    for (answer, words) in [
        (ResponseTemplate::new(500), "status 500"),
        (ResponseTemplate::new(500).set_body_json(json!({ "errors": [] })), "status 500"),
        (ResponseTemplate::new(500).set_body_json(json!({ "Message": "Oh." })), "Oh."),
        (html(502, "Bad Gateway"), "Bad Gateway"),
        (html(503, "Service Unavailable"), "Service Unavailable"),
        (html(504, "Gateway Timeout"), "Gateway Timeout"),
        (html(200, "Welcome"), "Welcome"),
        (ok(json!({ "item": 1 })), "itemId"),
        (ResponseTemplate::new(200), "cannot be understood"),
        (ResponseTemplate::new(201).set_body_json(json!({ "itemId": 7 })), "status 201"),
        (ResponseTemplate::new(200).set_body_raw(vec![b' '; 2 << 20], "text/json"), "longer than"),
    ] {
        let world = World::new().await;
        world.answer("POST Companies", answer).await;

        let error = world.autotask.create(Kind::Company, &new_company()).await.unwrap_err();

        assert!(matches!(error, TargetError::Uncertain(_)), "{words}: {error:?}");
        assert!(all_of(&error).contains(words), "{words}: {}", all_of(&error));
        assert_eq!(world.requests().await.len(), 1, "{words}");
        assert!(world.clock.pauses().is_empty(), "{words}");
        assert_tells_no_secret(&error);
    }
}

#[tokio::test]
async fn a_change_is_repeated_as_twice_is_once() {
    let world = World::new().await;
    world.once("PATCH Companies", ResponseTemplate::new(500)).await;
    world.once("PATCH Companies", html(502, "Bad Gateway")).await;
    world.answer("PATCH Companies", written(12)).await;

    world.autotask.update(Kind::Company, &change()).await.unwrap();

    assert_eq!(world.requests().await.len(), 3);
    assert_eq!(world.clock.pauses(), [2, 4]);
}

#[tokio::test]
async fn a_create_that_was_certainly_not_done_is_sent_again() {
    let words = "The thread threshold of 3 threads has been exceeded.";
    for busy in [
        ResponseTemplate::new(429),
        ResponseTemplate::new(429).set_body_json(json!({ "errors": [words] })),
        refused(&[words]),
    ] {
        let world = World::new().await;
        world.once("POST Companies", busy).await;
        world.answer("POST Companies", written(7)).await;

        let id = world.autotask.create(Kind::Company, &new_company()).await.unwrap();

        assert_eq!(id, 7);
        assert_eq!(world.requests().await.len(), 2);
        assert_eq!(world.clock.pauses(), [2]);
    }
}

fn json_answer(body: &Json) -> Vec<u8> {
    answer("200 OK", "application/json", &body.to_string())
}

#[tokio::test]
async fn a_connection_lost_after_sending_leaves_a_create_uncertain() {
    let half = |body: &str| {
        let mut bytes = answer("200 OK", "application/json", body);
        bytes.truncate(bytes.len() - 3);
        bytes
    };
    for lost in [
        Act::Close,
        Act::Answer(half(r#"{"itemId":29683664}"#)),
        Act::Stall(half(r#"{"itemId":29683664}"#)),
        Act::Stall(Vec::new()),
    ] {
        let clock = TestClock::new();
        let server =
            Rude::start(&clock, |url| vec![Act::Answer(json_answer(&zone(url))), lost]).await;

        let error = autotask_at(&server.url, &clock)
            .create(Kind::Company, &new_company())
            .await
            .unwrap_err();

        assert!(matches!(error, TargetError::Uncertain(_)), "{error:?}");
        assert_eq!(server.requests().len(), 2);
        assert_tells_no_secret(&error);
    }
}

#[tokio::test]
async fn a_connection_lost_after_sending_does_not_matter_to_a_change() {
    let clock = TestClock::new();
    let server = Rude::start(&clock, |url| {
        vec![
            Act::Answer(json_answer(&zone(url))),
            Act::Close,
            Act::Stall(Vec::new()),
            Act::Answer(json_answer(&json!({ "itemId": 12 }))),
        ]
    })
    .await;

    autotask_at(&server.url, &clock).update(Kind::Company, &change()).await.unwrap();

    assert_eq!(server.requests().len(), 4);
    assert_eq!(clock.pauses(), [2, 4]);
}

#[tokio::test]
async fn a_create_that_never_left_is_tried_again_and_is_not_uncertain() {
    let world = World::new().await;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let elsewhere = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ok(zone(&nobody))).mount(&elsewhere).await;

    let error = autotask_at(&elsewhere.uri(), &world.clock)
        .create(Kind::Company, &new_company())
        .await
        .unwrap_err();

    assert!(matches!(error, TargetError::Unavailable(_)), "{error:?}");
    assert!(all_of(&error).contains("no connection to 127.0.0.1"), "{}", all_of(&error));
    assert_eq!(world.clock.pauses(), [2, 4, 8, 16, 32]);
}
