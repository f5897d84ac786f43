//! Each kind of refusal, and what the run is to do about it.

use importer::domain::ids::CompanyId;
use importer::domain::model::Kind;
use importer::ports::{Change, Find, IdField, NewRecord, Target, TargetError};

use super::*;
use crate::wire::all_of;

async fn query(world: &World) -> TargetError {
    world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap_err()
}

fn contact() -> NewRecord {
    NewRecord {
        company: Some(CompanyId(174)),
        salesforce_id: "0036F00002SasNYQAZ".parse().unwrap(),
        fields: vec![],
    }
}

/// Autotask refuses with status 500 mostly; the words decide, whatever the status, and nothing is repeated.
#[tokio::test]
async fn what_autotask_says_against_a_record_is_handed_on() {
    let known: Vec<Json> =
        serde_json::from_str(include_str!("../fixtures/autotask/errors.json")).unwrap();
    assert_eq!(known.len(), 14);
    for body in &known {
        for status in [500, 400, 409, 200] {
            let world = World::new().await;
            let answer = ResponseTemplate::new(status).set_body_json(body);
            world.answer("POST Companies/174/Contacts", answer).await;

            let error = world.autotask.create(Kind::Contact, &contact()).await.unwrap_err();

            if body.to_string().contains("adequate permissions") {
                assert!(matches!(error, TargetError::SignInRefused { .. }), "{error:?}");
                continue;
            }
            let TargetError::Rejected(words) = error else { panic!("{body}: {error:?}") };
            let expected: Vec<_> = body["errors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|words| words.as_str().unwrap().trim())
                .collect();
            assert_eq!(words, expected);
            assert_eq!(world.requests().await.len(), 1);
        }
    }
}

#[tokio::test]
async fn errors_that_are_no_texts_are_handed_on_all_the_same() {
    let world = World::new().await;
    let body = json!({ "Errors": [{ "code": 7 }, "No."] });
    let answer = ResponseTemplate::new(500).set_body_json(body);
    world.answer("POST Companies/query", answer).await;

    let TargetError::Rejected(words) = query(&world).await else { panic!() };

    assert_eq!(words, [r#"{"code":7}"#, "No."]);
}

/// Another wrong attempt counts towards locking the user.
#[tokio::test]
async fn refused_credentials_are_never_tried_again() {
    for status in [401, 403] {
        let world = World::new().await;
        let answer = ResponseTemplate::new(status)
            .insert_header("www-authenticate", "Basic Realm=\"webservices2.autotask.net\"");
        world.answer("POST Companies/query", answer).await;

        let error = query(&world).await;

        assert_tells_no_secret(&error);
        let TargetError::SignInRefused { message, remedy } = error else { panic!("{error:?}") };
        assert!(message.contains(&status.to_string()), "{message}");
        assert!(remedy.contains("integration code") && remedy.contains("locked"), "{remedy}");
        assert_eq!(world.requests().await.len(), 1);
        assert!(world.clock.pauses().is_empty());
    }
}

#[tokio::test]
async fn too_many_requests_are_waited_for_as_long_as_is_asked() {
    for (header, pauses) in [
        (None, [2, 4]),
        (Some("7"), [7, 7]),
        (Some("3600"), [60, 60]),
        (Some("Wed, 21 Oct 2026 07:28:00 GMT"), [2, 4]),
    ] {
        let world = World::new().await;
        let mut busy = ResponseTemplate::new(429);
        if let Some(header) = header {
            busy = busy.insert_header("retry-after", header);
        }
        world.once("POST Companies/query", busy.clone()).await;
        world.once("POST Companies/query", busy).await;
        world.answer("POST Companies/query", rows(vec![])).await;

        world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap();

        assert_eq!(world.clock.pauses(), pauses, "{header:?}");
    }
}

#[tokio::test]
async fn too_many_requests_without_end_are_given_up() {
    let world = World::new().await;
    let words = "The number of concurrent requests exceeds the thread threshold of 3 threads (Itgenatr005).";
    world.answer("POST Companies/query", refused(&[words])).await;

    let error = query(&world).await;

    assert!(matches!(error, TargetError::Unavailable(_)), "{error:?}");
    assert!(all_of(&error).contains("thread threshold"), "{}", all_of(&error));
    assert_eq!(world.clock.pauses(), [2, 4, 8, 16, 32]);
    assert_eq!(world.requests().await.len(), 6);
}

#[tokio::test]
async fn a_read_is_repeated_after_failures_that_pass() {
    for passing in [
        ResponseTemplate::new(500),
        html(502, "Bad Gateway"),
        html(503, "Service Unavailable"),
        ResponseTemplate::new(500).set_body_json(json!({ "Message": "An error has occurred." })),
    ] {
        let world = World::new().await;
        world.once("POST Companies/query", passing).await;
        world.answer("POST Companies/query", rows(vec![json!({ "id": 1 })])).await;

        let found = world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap();

        assert_eq!(found.len(), 1);
        assert_eq!(world.clock.pauses(), [2]);
    }
}

/// What the API's address does not know is answered by the web server in front of it. The company of a contact may
/// be gone, which is that record's trouble; a method that is not there is the run's.
#[tokio::test]
async fn a_page_of_the_web_server_is_no_answer_of_the_api() {
    let method =
        json!({ "Message": "The requested resource does not support http method 'PATCH'." });
    for (answer, words, is_this_records) in [
        (html(404, "404 - File or directory not found."), "has nothing at", true),
        (ResponseTemplate::new(405).set_body_json(method), "does not support http method", false),
    ] {
        let world = World::new().await;
        world.answer("PATCH Companies/174/Contacts", answer).await;
        let change = Change::of_id(5, CompanyId(174), IdField::Keep);

        let error = world.autotask.update(Kind::Contact, &change).await.unwrap_err();

        assert_eq!(matches!(error, TargetError::Rejected(_)), is_this_records, "{error:?}");
        assert_eq!(matches!(error, TargetError::Unavailable(_)), !is_this_records, "{error:?}");
        assert!(all_of(&error).contains(words), "{}", all_of(&error));
        assert_eq!(world.requests().await.len(), 1);
        assert_tells_no_secret(&error);
    }
}

/// What the API user may not do with any record is no record's trouble: forty thousand would be tried one by one.
#[tokio::test]
async fn rights_that_are_missing_are_told_once_with_what_to_do() {
    let world = World::new().await;
    let words =
        "The logged in Resource does not have the adequate permissions to create this entity type.";
    world.answer("POST Companies/174/Contacts", refused(&[words])).await;

    let error = world.autotask.create(Kind::Contact, &contact()).await.unwrap_err();

    let TargetError::SignInRefused { message, remedy } = error else { panic!("{error:?}") };
    assert_eq!(message, words);
    assert!(remedy.contains("security level"), "{remedy}");
    assert_eq!(world.requests().await.len(), 1);
}

/// An incident at Autotask's has words, too. A question is put again; it says nothing against anybody's credentials.
#[tokio::test]
async fn a_fault_at_autotasks_that_has_words_is_waited_for_where_something_is_read() {
    let fault = || {
        refused(&[
            "An unexpected error has occurred.  If the problem persists, please contact Autotask Support",
        ])
    };
    let world = World::new().await;
    world.once("POST Companies/query", fault()).await;
    world.answer("POST Companies/query", rows(vec![])).await;
    world.answer("GET Companies/entityInformation/fields", fault()).await;
    world.answer("POST Companies/174/Contacts", fault()).await;

    world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap();
    let read = world.autotask.metadata().await.unwrap_err();
    let written = world.autotask.create(Kind::Contact, &contact()).await.unwrap_err();

    assert!(matches!(read, TargetError::Unavailable(_)), "{read:?}");
    assert!(all_of(&read).contains("unexpected error"), "{}", all_of(&read));
    assert!(matches!(written, TargetError::Rejected(_)), "{written:?}");
}

/// Something in front of the API may refuse one record for its size or its form, without the API's words.
#[tokio::test]
async fn a_change_that_is_refused_on_the_way_is_that_records_trouble() {
    for status in [400, 413, 422] {
        let world = World::new().await;
        world.answer("PATCH Companies/174/Contacts", html(status, "<p>Request Rejected</p>")).await;
        let change = Change::of_id(5, CompanyId(174), IdField::Keep);

        let error = world.autotask.update(Kind::Contact, &change).await.unwrap_err();

        let TargetError::Rejected(words) = error else { panic!("{error:?}") };
        assert!(words[0].contains(&status.to_string()), "{words:?}");
        assert!(words[0].contains("Request Rejected"), "{words:?}");
        assert_eq!(world.requests().await.len(), 1);
    }
}

#[tokio::test]
async fn an_answer_to_a_query_that_is_none_is_not_taken_for_an_empty_one() {
    for answer in [
        ok(json!({})),
        ok(json!({ "items": null })),
        ok(json!([])),
        ok(json!({ "items": [{ "companyName": "without an id" }] })),
        html(200, "Sign in"),
    ] {
        let world = World::new().await;
        world.answer("POST Companies/query", answer).await;

        let error = query(&world).await;

        assert!(!matches!(error, TargetError::Rejected(_)), "{error:?}");
        assert!(all_of(&error).contains("cannot be understood"), "{}", all_of(&error));
    }
}
