//! Answers beyond all bounds: refused with the reason, and never for long or at the price of the memory.

use importer::autotask::answer;
use importer::domain::model::Kind;
use importer::http::Answer;
use importer::ports::{Find, Target, TargetError};

use super::*;
use crate::wire::{Act, Rude, all_of};

async fn refusal(answer: ResponseTemplate) -> String {
    let world = World::new().await;
    world.answer("POST Companies/query", answer).await;

    let error = world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap_err();

    assert!(matches!(error, TargetError::Unavailable(_)), "{error:?}");
    all_of(&error)
}

#[tokio::test]
async fn json_that_nests_ten_thousand_deep_is_refused() {
    for deep in ["[".repeat(10_000), format!("{{\"items\":{}", "{\"a\":".repeat(10_000))] {
        let error =
            refusal(ResponseTemplate::new(200).set_body_raw(deep, "application/json")).await;

        assert!(error.contains("recursion limit"), "{error}");
    }
}

#[tokio::test]
async fn a_page_with_more_rows_than_were_asked_for_is_refused() {
    let row = |id: i64| json!({ "id": id, "companyName": "A" });

    let error = refusal(rows((1..=501).map(row).collect())).await;

    assert!(error.contains("501 rows on a page of 500"), "{error}");
}

#[tokio::test]
async fn an_answer_of_countless_values_is_refused() {
    let body = format!("{{\"items\":[{{\"id\":1,\"a\":[0{}]}}]}}", ",0".repeat(2_000_000));
    let answer =
        Answer { status: http::StatusCode::OK, headers: http::HeaderMap::new(), body: body.into() };

    let error = answer::records(Kind::Company, COMPANY_UDF, &answer).unwrap_err();

    assert!(all_of(&error).contains("more than 2000000 values"), "{}", all_of(&error));
}

/// Each page is full and promises more, as a server would that has lost count.
#[tokio::test]
async fn pages_that_never_end_are_given_up() {
    let world = World::new().await;
    Mock::given(path(format!("{API}/Companies/query")))
        .respond_with(|request: &Request| {
            let body = body_of(request);
            let after = body["filter"][0]["value"].as_i64().unwrap();
            rows((after + 1..=after + 500).map(|id| json!({ "id": id })).collect())
        })
        .mount(&world.server)
        .await;

    let find = Find::Ids(vec![1]);
    let error = world.autotask.find(Kind::Company, &find).await.unwrap_err();

    assert!(all_of(&error).contains("Companies go on after 400 pages"), "{}", all_of(&error));
}

#[tokio::test]
async fn an_answer_whose_head_never_ends_is_given_up() {
    let clock = TestClock::new();
    let endless = [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &vec![b'a'; 4 << 20]].concat();
    let rude =
        Rude::start(&clock, |_| (0..9).map(|_| Act::Answer(endless.clone())).collect()).await;

    let error = autotask_at(&rude.url, &clock).connect().await.unwrap_err();

    assert!(matches!(error, TargetError::Unavailable(_)), "{error:?}");
}
