//! What is made of answers: odd ones, packed ones, broken ones.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use importer::domain::fields::SourceField;
use importer::domain::model::Kind;
use importer::ports::{Source, SourceError};

use super::*;
use crate::wire::{Act, Rude, all_of, answer};

#[tokio::test]
async fn odd_values_are_read_right() {
    let world = World::new().await;
    world.answer("query", xml(200, FIRST_PAGE)).await;

    let page = world.salesforce.accounts(&window(), from_the_start()).await.unwrap();

    let [first, second] = page.records.try_into().unwrap();
    let value = |field| first.values.get(field);
    assert_eq!(first.id.as_str(), "001000000000001AAA");
    assert_eq!(first.system_modstamp, "2026-02-28T10:00:00Z".parse().unwrap());
    assert_eq!(value(SourceField::AccountNumber), Some(" 007 "));
    assert_eq!(value(SourceField::AnnualRevenue), Some("9.9213206E7"));
    assert_eq!(value(SourceField::BillingCity), Some("Köln"));
    assert_eq!(value(SourceField::BillingState), None);
    assert_eq!(value(SourceField::BillingStreet), Some("Domstraße 1\r\nHinterhaus"));
    assert_eq!(value(SourceField::Name), Some("M&M <GmbH> 'Süd' \"1\" & <Co> 😀"));
    assert_eq!(value(SourceField::Phone), None);
    assert_eq!(value(SourceField::Type), Some("Customer - Direct"));
    assert_eq!(first.owner.to_string(), "Ada Null");
    assert_eq!(first.parent.unwrap().as_str(), "001000000000002AAA");
    assert_eq!(second.values.get(SourceField::Name), Some("null"));
    assert_eq!((second.owner.first, second.owner.last, second.parent), (None, None, None));
}

#[tokio::test]
async fn a_schema_tells_lengths_and_the_choices_that_are_active() {
    let choice = |value: &str, active| {
        format!(
            "<picklistValues><active>{active}</active><label>Label of {value}</label><value>{value}</value></picklistValues>"
        )
    };
    let fields = [
        "<fields><length>255</length><name>Name</name></fields>".to_owned(),
        "<fields><length>0</length><name>AnnualRevenue</name></fields>".to_owned(),
        "<fields><length>18</length><name>OwnerId</name></fields>".to_owned(),
        format!(
            "<fields><length>40</length><name>Rating</name>{}{}</fields>",
            choice("Hot", true),
            choice("Tepid", false)
        ),
    ];
    let world = World::new().await;
    world.answer("describeSObject", described(&fields.concat())).await;

    let schema = world.salesforce.schema(Kind::Company).await.unwrap();

    let lengths: Vec<_> = schema.iter().map(|(field, info)| (*field, info.length)).collect();
    assert_eq!(
        lengths,
        [
            (SourceField::AnnualRevenue, None),
            (SourceField::Name, Some(255)),
            (SourceField::Owner, Some(18)),
            (SourceField::Rating, Some(40)),
        ]
    );
    assert_eq!(schema[&SourceField::Rating].picklist, ["Hot"]);
}

#[tokio::test]
async fn a_contact_without_an_account_is_read_as_such() {
    let world = World::new().await;
    world.answer("query", xml(200, CONTACTS)).await;

    let page = world.salesforce.contacts(&window(), from_the_start()).await.unwrap();

    let accounts: Vec<_> = page.records.iter().map(|contact| contact.account).collect();
    assert_eq!(accounts, ["001000000000001AAA".parse().ok(), None]);
    assert_eq!(page.records[0].values.get(SourceField::FirstName), None);
    assert_eq!(page.next, None);
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn gzip(bytes: Vec<u8>) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_raw(bytes, "text/xml; charset=utf-8")
        .insert_header("content-encoding", "gzip")
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    let world = World::new().await;
    world.answer("query", gzip(packed(CONTACTS.as_bytes()))).await;

    let page = world.salesforce.contacts(&window(), from_the_start()).await.unwrap();

    assert_eq!(page.records.len(), 2);
}

#[tokio::test]
async fn a_packed_answer_that_is_cut_off_is_asked_for_again() {
    let world = World::new().await;
    let mut bytes = packed(CONTACTS.as_bytes());
    bytes.truncate(bytes.len() / 2);
    world.once("query", gzip(bytes)).await;
    world.answer("query", xml(200, CONTACTS)).await;

    let page = world.salesforce.contacts(&window(), from_the_start()).await.unwrap();

    assert_eq!(page.records.len(), 2);
    assert_eq!(world.clock.pauses(), [2]);
}

#[tokio::test]
async fn an_answer_beyond_all_measure_is_given_up_at_once() {
    let huge = vec![b'x'; 10 * 1024 * 1024];
    let bomb = packed(&huge);
    assert!(bomb.len() < 64 * 1024, "the bomb is small when packed");
    for answer in [gzip(bomb), ResponseTemplate::new(200).set_body_raw(huge, "text/xml")] {
        let world = World::new().await;
        world.answer("query", answer).await;

        let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        assert!(all_of(&error).contains("longer than 65536 bytes"), "{error:?}");
        assert_eq!(world.requests("query").await.len(), 1);
    }
}

/// Answers that may be better the next time: each is repeated, with growing pauses, and then given up.
#[tokio::test]
async fn what_may_pass_is_tried_six_times_with_growing_pauses() {
    let page = "<html><body><h1>We are down for maintenance.</h1></body></html>";
    for (answer, words) in [
        (ResponseTemplate::new(503).set_body_raw(page, "text/html"), "down for maintenance"),
        (ResponseTemplate::new(200).set_body_raw(page, "text/html"), "down for maintenance"),
        (xml(200, page), "down for maintenance"),
        (xml(200, "Service Unavailable"), "Service Unavailable"),
        (ResponseTemplate::new(502), "status 502"),
        (ResponseTemplate::new(429), "status 429"),
        (xml(200, &CONTACTS[..CONTACTS.len() / 2]), "before it is complete"),
        (xml(200, ""), "before it is complete"),
    ] {
        let world = World::new().await;
        world.answer("query", answer).await;

        let error = world.salesforce.contacts(&window(), from_the_start()).await.unwrap_err();

        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        assert!(all_of(&error).contains(words), "{words}: {}", all_of(&error));
        assert_eq!(world.requests("query").await.len(), 6, "{words}");
        assert_eq!(world.clock.pauses(), [2, 4, 8, 16, 32], "{words}");
        assert_tells_no_secret(&error);
    }
}

#[tokio::test]
async fn an_outage_that_ends_is_sat_out() {
    let world = World::new().await;
    for _ in 0..3 {
        world.once("query", ResponseTemplate::new(503)).await;
    }
    world.answer("query", xml(200, CONTACTS)).await;

    let page = world.salesforce.contacts(&window(), from_the_start()).await.unwrap();

    assert_eq!(page.records.len(), 2);
    assert_eq!(world.clock.pauses(), [2, 4, 8]);
}

/// Answers that would be the same the next time.
#[tokio::test]
async fn what_will_not_pass_is_not_repeated() {
    let no_id = CONTACTS.replace("<sf:Id>003000000000001AAA</sf:Id>", r#"<sf:Id xsi:nil="true"/>"#);
    let no_stamp = CONTACTS.replace("SystemModstamp", "LastModifiedDate");
    let bad_id = CONTACTS.replace("003000000000001AAA", "003-0");
    let no_locator = FIRST_PAGE
        .replace("0r8000000000001AAA-2000", "")
        .replace("<queryLocator></queryLocator>", r#"<queryLocator xsi:nil="true"/>"#);
    let bad_moment = CONTACTS.replace("2026-02-28T10:00:00.000Z", "yesterday");
    let wrong_ends = CONTACTS.replacen("</sf:LastName>", "</sf:FirstName>", 1);
    for (answer, words) in [
        (xml(200, &no_id), "a record has no Id"),
        (xml(200, &no_stamp), "a record has no SystemModstamp"),
        (xml(200, &bad_id), "is no Salesforce id"),
        (xml(200, &bad_moment), "is no date and time"),
        (xml(200, &no_locator), "no locator"),
        (xml(200, &wrong_ends), "cannot be read at byte"),
        (xml(200, SERVER_TIME), "done or size is missing"),
        (
            ResponseTemplate::new(404).set_body_raw("<h1>Nothing here</h1>", "text/html"),
            "Nothing here",
        ),
        (ResponseTemplate::new(405), "status 405"),
    ] {
        let world = World::new().await;
        world.answer("query", answer).await;

        let error = world.salesforce.contacts(&window(), from_the_start()).await.unwrap_err();

        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        assert!(all_of(&error).contains(words), "{words}: {}", all_of(&error));
        assert_eq!(world.requests("query").await.len(), 1, "{words}");
        assert!(world.clock.pauses().is_empty(), "{words}");
        assert_tells_no_secret(&error);
    }
}

fn soap(body: &str) -> Vec<u8> {
    answer("200 OK", "text/xml; charset=utf-8", body)
}

#[tokio::test]
async fn a_read_is_repeated_whenever_the_connection_fails() {
    let clock = TestClock::new();
    let mut half = soap(CONTACTS);
    half.truncate(half.len() - 100);
    let server = Rude::start(&clock, |url| {
        vec![
            Act::Answer(soap(&signed_in(url, SESSION, false))),
            Act::Close,
            Act::Answer(half.clone()),
            Act::Stall(half),
            Act::Stall(Vec::new()),
            Act::Answer(soap(CONTACTS)),
        ]
    })
    .await;

    let page = salesforce_at(&server.url, &clock).contacts(&window(), from_the_start()).await;

    assert_eq!(page.unwrap().records.len(), 2);
    assert_eq!(server.requests().len(), 6);
    assert_eq!(clock.pauses(), [2, 4, 8, 16]);
}

#[tokio::test]
async fn a_server_that_never_finishes_is_given_up() {
    let clock = TestClock::new();
    let server =
        Rude::start(&clock, |_| (0..6).map(|_| Act::Stall(b"HTTP/1.1".to_vec())).collect()).await;

    let error = salesforce_at(&server.url, &clock).sign_in().await.unwrap_err();

    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert!(all_of(&error).contains("nothing within 60 seconds"), "{}", all_of(&error));
    assert_eq!(server.requests().len(), 6);
    assert_tells_no_secret(&error);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_before_it_is_given_up() {
    let clock = TestClock::new();
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);

    let error = salesforce_at(&url, &clock).sign_in().await.unwrap_err();

    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert!(all_of(&error).contains("no connection to 127.0.0.1"), "{}", all_of(&error));
    assert_eq!(clock.pauses(), [2, 4, 8, 16, 32]);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::new().await;
    let elsewhere = MockServer::start().await;
    let moved = ResponseTemplate::new(302).insert_header("location", elsewhere.uri());
    world.answer("query", moved).await;

    let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}
