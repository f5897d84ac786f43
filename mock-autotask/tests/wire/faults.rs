//! What goes wrong on purpose, and what is true afterwards.

use std::time::Duration;

use mock_autotask::{Effect, Entity, FaultRule};
use mock_kit::clock::Clock;
use serde_json::{Value, json};

use crate::support::{Answer, Stage, V1, stage};

fn company(name: &str) -> Value {
    json!({ "companyName": name, "companyType": 1, "phone": "1", "ownerResourceID": 4 })
}

/// Creates a company; what came of it, if anything.
async fn create(stage: &Stage, name: &str) -> Option<Answer> {
    let body = company(name).to_string();
    let request = stage.client.request("POST", &format!("{V1}Companies"), &body);
    let request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    stage.client.raw(request.as_bytes()).await
}

fn spoil(stage: &Stage, effect: Effect) {
    stage.mock.spoil(FaultRule::next("POST Companies", effect));
}

fn creates(stage: &Stage, name: &str) -> u64 {
    stage.mock.records().creates_of(Entity::Company, name).unwrap()
}

#[tokio::test]
async fn a_connection_dropped_before_the_write_leaves_nothing() {
    let stage = stage().await;
    spoil(&stage, Effect::DropBefore);

    assert!(create(&stage, "Nord").await.is_none());

    assert_eq!(creates(&stage, "Nord"), 0);
    assert_eq!(create(&stage, "Nord").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_write_takes_effect_although_its_answer_is_lost() {
    let stage = stage().await;
    spoil(&stage, Effect::DropAfter);

    assert!(create(&stage, "Nord").await.is_none());

    assert_eq!(creates(&stage, "Nord"), 1);
    let entry = stage.mock.journal().pop().unwrap();
    assert_eq!((entry.status, entry.effect), (None, Some(Effect::DropAfter)));
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test waits for the server, not for a mock's time"
)]
async fn a_write_takes_effect_minutes_after_its_connection_was_dropped() {
    let mock = mock_autotask::MockAutotask::start(mock_autotask::Options::default()).await.unwrap();
    let client = crate::support::Client::new(&mock);
    let stage =
        Stage { mock, client, clock: crate::support::ManualClock::at("2026-11-23T12:00:00Z") };
    spoil(&stage, Effect::DropThenApply { milliseconds: 240_000 });

    assert!(create(&stage, "Nord").await.is_none());
    stage.client.get("Companies/0").await.ok();
    assert_eq!(creates(&stage, "Nord"), 0);
    stage.mock.advance_clock(240);

    for _ in 0..500 {
        if creates(&stage, "Nord") == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the write never took effect");
}

#[tokio::test]
async fn errors_and_pages_are_answered_as_told_and_nothing_is_done() {
    let stage = stage().await;
    spoil(
        &stage,
        Effect::Errors { status: 500, messages: vec!["one".to_owned(), "two".to_owned()] },
    );
    spoil(&stage, Effect::Status { status: 500, body: "<h1>Runtime Error</h1>".to_owned() });
    spoil(&stage, Effect::Errors { status: 429, messages: vec!["later".to_owned()] });

    let with_errors = create(&stage, "Nord").await.unwrap();
    let without = create(&stage, "Nord").await.unwrap();
    let throttled = create(&stage, "Nord").await.unwrap();

    assert_eq!(with_errors.errors(), ["one", "two"]);
    assert_eq!((without.status, without.text().as_str()), (500, "<h1>Runtime Error</h1>"));
    assert_eq!((throttled.status, throttled.json()), (429, json!({ "errors": ["later"] })));
    assert_eq!(creates(&stage, "Nord"), 0);
}

#[tokio::test]
async fn a_delay_passes_on_the_mocks_clock() {
    let stage = stage().await;
    let before = stage.clock.now();
    spoil(&stage, Effect::Delay { milliseconds: 90_000 });

    create(&stage, "Nord").await.unwrap().item_id();

    assert_eq!(stage.clock.now().duration_since(before).as_secs(), 90);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test gives up waiting in real time")]
async fn a_hanging_call_is_never_answered_and_may_have_taken_effect() {
    let stage = stage().await;
    spoil(&stage, Effect::HangBefore);
    spoil(&stage, Effect::HangAfter);

    for (name, expected) in [("Nord", 0), ("Süd", 1)] {
        let waited = tokio::time::timeout(Duration::from_millis(300), create(&stage, name)).await;
        assert!(waited.is_err(), "{name} was answered");
        assert_eq!(creates(&stage, name), expected);
    }
}

#[tokio::test]
async fn an_answer_is_cut_off_or_garbled_after_the_write() {
    let stage = stage().await;
    spoil(&stage, Effect::Truncate { bytes: 5 });
    spoil(&stage, Effect::Garble);

    let truncated = create(&stage, "Nord").await.unwrap();
    let garbled = create(&stage, "Süd").await.unwrap();

    // One chunk of five bytes, and no end.
    assert_eq!(truncated.text(), "5\r\n{\"ite\r\n");
    assert!(serde_json::from_slice::<Value>(&garbled.body).is_err());
    assert_eq!((creates(&stage, "Nord"), creates(&stage, "Süd")), (1, 1));
}

#[tokio::test]
async fn an_answer_comes_slowly() {
    let stage = stage().await;
    let before = stage.clock.now();
    spoil(&stage, Effect::Slow { bytes_per_second: 1 });

    create(&stage, "Nord").await.unwrap();

    assert!(stage.clock.now().duration_since(before).as_secs() >= 10);
}

#[tokio::test]
async fn a_fault_may_be_about_one_record() {
    let stage = stage().await;
    let (nord, sued) = (stage.company("Nord"), stage.company("Süd"));
    stage.mock.spoil(FaultRule {
        containing: Some(format!("\"id\":{sued}")),
        ..FaultRule::next(
            "PATCH Companies",
            Effect::Errors { status: 500, messages: vec!["no".to_owned()] },
        )
    });

    let first = stage.client.patch("Companies", &json!({ "city": "Kiel", "id": nord })).await;
    let second = stage.client.patch("Companies", &json!({ "city": "Kiel", "id": sued })).await;

    assert_eq!((first.status, second.status), (200, 500));
}

#[tokio::test]
async fn faults_are_set_listed_and_taken_back_over_the_control_plane() {
    let stage = stage().await;
    let rule =
        json!({ "call": "GET Companies/{id}", "times": 1, "effect": "status", "status": 503 });

    let set = stage.client.control("POST", "faults", &rule).await;
    let spoilt = stage.client.get("Companies/0").await;
    let list = stage.client.control("GET", "faults", &Value::Null).await.ok();
    let removed =
        stage.client.control("DELETE", &format!("faults/{}", set.json()["id"]), &Value::Null).await;

    assert_eq!(set.status, 201);
    assert_eq!(spoilt.status, 503);
    assert_eq!((&list[0]["seen"], &list[0]["spoilt"]), (&json!(1), &json!(1)));
    assert_eq!(removed.status, 204);
    let bad = stage.client.control("POST", "faults", &json!({ "effect": "explode" })).await;
    assert_eq!(bad.status, 400);
    stage.client.control("POST", "faults", &json!({ "effect": "dropBefore" })).await;
    stage.client.control("DELETE", "faults", &Value::Null).await;
    assert_eq!(stage.client.get("Companies/0").await.status, 200);
}
