//! The hour that all integrations share: when it is asked about, and who waits for what.

use importer::domain::ids::CompanyId;
use importer::domain::model::Kind;
use importer::ports::{Change, Find, IdField, NewRecord, StopSignal, Target, TargetError};

use super::*;
use crate::wire::all_of;

const QUESTION: &str = "GET ThresholdInformation";
const QUERY: &str = "POST Companies/query";

/// The vendor's words are not known; these are a guess, as the mock's are.
const USED_UP: &str =
    "The external request threshold of 10000 requests per 60 minutes has been exceeded.";

fn threshold(used: u64) -> ResponseTemplate {
    ok(json!({
        "externalRequestThreshold": 10_000,
        "requestThresholdTimeframe": 60,
        "currentTimeframeRequestCount": used,
    }))
}

fn refused_with(status: u16, words: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "errors": [words] }))
}

fn company() -> NewRecord {
    let salesforce_id = "0016F00002SasNYQAZ".parse().unwrap();
    NewRecord { company: None, salesforce_id, fields: vec![] }
}

async fn query(world: &World) -> Result<(), TargetError> {
    world.autotask.find(Kind::Company, &Find::After(None)).await.map(|_| ())
}

/// How often a call was made.
async fn count(world: &World, call: &str) -> usize {
    world.calls().await.iter().filter(|(name, _)| name == call).count()
}

#[tokio::test]
async fn an_idle_import_does_not_ask_and_one_that_goes_on_does_once() {
    let world = World::new().await;
    world.answer(QUERY, rows(vec![])).await;
    world.answer(QUESTION, threshold(25)).await;

    for _ in 0..19 {
        query(&world).await.unwrap();
    }
    let before = count(&world, QUESTION).await;
    for _ in 0..400 {
        query(&world).await.unwrap();
    }

    assert_eq!((before, count(&world, QUESTION).await), (0, 1));
    assert!(world.clock.pauses().is_empty());
    // 20 requests, the question among them, were known to be own ones; 5 were made by others.
    assert_eq!(world.autotask.budget().used, 420 + 5);
}

#[tokio::test]
async fn what_others_use_is_waited_for_and_asked_for_again() {
    let world = World::new().await;
    world.answer(QUERY, rows(vec![])).await;
    world.once(QUESTION, threshold(9_000)).await;
    world.once(QUESTION, threshold(8_000)).await;
    world.answer(QUESTION, threshold(100)).await;

    world.autotask.make_room(203).await.unwrap();

    assert_eq!(world.clock.pauses(), [300, 300]);
    assert_eq!(count(&world, QUESTION).await, 3);
}

/// What Autotask says is not confirmed, nor is the status.
#[tokio::test]
async fn a_read_or_a_change_that_is_refused_for_the_hour_waits_and_goes_on() {
    for status in [429, 500, 403] {
        let world = World::new().await;
        world.answer(QUESTION, threshold(100)).await;
        for call in [QUERY, "PATCH Companies"] {
            world.once(call, refused_with(status, USED_UP)).await;
        }
        world.answer(QUERY, rows(vec![])).await;
        world.answer("PATCH Companies", ok(json!({ "itemId": 5 }))).await;
        let fields = importer::domain::decision::Patch::new();
        let (company, id_field) = (CompanyId(5), IdField::Clear);
        let change = Change { id: 5, company, id_field, deactivate: false, fields };

        query(&world).await.unwrap();
        world.autotask.update(Kind::Company, &change).await.unwrap();

        assert_eq!(world.clock.pauses(), [300, 300], "{status}");
        assert_eq!(count(&world, QUERY).await, 2);
        assert_eq!(count(&world, QUESTION).await, 2, "the question goes first");
    }
}

#[tokio::test]
async fn as_long_as_autotask_refuses_everything_it_waits_on() {
    let world = World::new().await;
    world.once(QUERY, refused_with(429, USED_UP)).await;
    for _ in 0..11 {
        world.once(QUESTION, refused_with(429, USED_UP)).await;
    }
    world.answer(QUESTION, threshold(100)).await;
    world.answer(QUERY, rows(vec![])).await;

    query(&world).await.unwrap();

    assert_eq!(world.clock.pauses(), [300; 12], "an hour");
}

/// Between the intent in the ledger and the sending no time may pass; the run looks again and goes on.
#[tokio::test]
async fn a_create_never_waits() {
    let world = World::new().await;
    world.once("POST Companies", refused_with(429, USED_UP)).await;
    world.answer("POST Companies", ok(json!({ "itemId": 5 }))).await;
    world.answer(QUESTION, threshold(100)).await;

    let refused = world.autotask.create(Kind::Company, &company()).await.unwrap_err();
    let unsent = world.autotask.create(Kind::Company, &company()).await.unwrap_err();
    let sent = count(&world, "POST Companies").await;
    let pauses = world.clock.pauses();
    world.autotask.make_room(2).await.unwrap();
    let created = world.autotask.create(Kind::Company, &company()).await.unwrap();

    assert!(matches!(refused, TargetError::NotNow), "{refused:?}");
    assert!(matches!(unsent, TargetError::NotNow), "{unsent:?}");
    assert_eq!((sent, pauses, created), (1, vec![], 5));
    assert_eq!(world.clock.pauses(), [300]);
}

#[tokio::test]
async fn whoever_waits_stops_at_once_when_asked_to() {
    let server = MockServer::start().await;
    let clock = TestClock::standing_still();
    let stop = StopSignal::default();
    let autotask = autotask_at(&server.uri(), &clock);
    let autotask = Arc::new(autotask.watched(Arc::new(importer::progress::Silent), stop.clone()));
    let zone = ResponseTemplate::new(200).set_body_json(zone(&server.uri()));
    Mock::given(path("/atservicesrest/v1.0/zoneInformation"))
        .respond_with(zone)
        .mount(&server)
        .await;
    given(QUESTION).respond_with(threshold(9_999)).mount(&server).await;
    let waiting = [0, 1].map(|_| {
        let autotask = Arc::clone(&autotask);
        tokio::spawn(async move { autotask.make_room(203).await })
    });
    while clock.pauses().is_empty() {
        tokio::task::yield_now().await;
    }

    stop.request();

    for waiting in waiting {
        let stopped = waiting.await.unwrap().unwrap_err();
        assert!(matches!(stopped, TargetError::Stopped), "{stopped:?}");
    }
}

#[tokio::test]
async fn a_tenant_that_does_not_tell_is_taken_to_have_the_known_limit() {
    for answer in [
        html(404, "404 - File or directory not found."),
        refused(&["The logged in Resource does not have the adequate permissions."]),
        ok(
            json!({ "externalRequestThreshold": 0, "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": 1 }),
        ),
        ok(json!({})),
    ] {
        let world = World::new().await;
        world.answer(QUESTION, answer).await;

        world.autotask.make_room(203).await.unwrap();

        let budget = world.autotask.budget();
        assert_eq!((budget.allowed, budget.limit), (7_460, 10_000));
        assert!(world.clock.pauses().is_empty());
    }
}

#[tokio::test]
async fn credentials_that_are_refused_to_the_question_are_not_tried_with_the_call() {
    let world = World::new().await;
    world.answer(QUESTION, ResponseTemplate::new(401)).await;

    let error = world.autotask.make_room(203).await.unwrap_err();

    assert!(matches!(error, TargetError::SignInRefused { .. }), "{error:?}");
    assert_tells_no_secret(&error);
    assert_eq!(world.requests().await.len(), 1);
}

/// A record's name may hold any words.
#[tokio::test]
async fn a_refusal_that_quotes_a_name_is_no_refusal_for_the_hour() {
    let world = World::new().await;
    let words = "A Company already exists with Name [Threshold Request GmbH].";
    world.answer("POST Companies", refused(&[words])).await;

    let error = world.autotask.create(Kind::Company, &company()).await.unwrap_err();

    assert!(matches!(error, TargetError::Rejected(_)), "{error:?}");
}

#[tokio::test]
async fn a_zone_that_is_refused_for_the_hour_is_tried_as_anything_else() {
    let world = World::silent().await;
    Mock::given(path("/atservicesrest/v1.0/zoneInformation"))
        .respond_with(refused_with(429, USED_UP))
        .mount(&world.server)
        .await;

    let error = world.autotask.connect().await.unwrap_err();

    assert!(all_of(&error).contains("too many requests"), "{}", all_of(&error));
    assert_eq!(world.clock.pauses(), [2, 4, 8, 16, 32]);
}
