//! Finding the zone, and the headers of what is sent there.

use importer::domain::ids::CompanyId;
use importer::domain::model::Kind;
use importer::ports::{Find, NewRecord, Target, TargetError};

use super::*;
use crate::wire::all_of;

#[tokio::test]
async fn the_zone_is_found_once_by_the_users_name_and_without_credentials() {
    let world = World::new().await;
    world.answer("POST Companies/query", rows(vec![])).await;

    let database = world.autotask.connect().await.unwrap();
    world.autotask.connect().await.unwrap();
    world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap();

    assert_eq!(database, "database 30595");
    let requests = world.server.received_requests().await.unwrap();
    let [zone, query] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    assert_eq!(zone.method.as_str(), "GET");
    assert_eq!(zone.url.query(), Some("user=api%2Bimport%40example%2Ecom"));
    for name in ["apiintegrationcode", "username", "secret", "authorization"] {
        assert!(!zone.headers.contains_key(name), "{name}");
    }
    assert_eq!(name_of(query), "POST Companies/query");
    assert_eq!(world.autotask.requests(), 2);
}

#[tokio::test]
async fn each_call_carries_the_three_headers() {
    let world = World::new().await;
    world.answer("POST Companies/query", rows(vec![])).await;
    world.answer("GET Companies/7", ok(json!({ "item": null }))).await;

    world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap();
    world.autotask.find(Kind::Company, &Find::One(7)).await.unwrap();

    for request in world.requests().await {
        let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("apiintegrationcode"), Some(CODE));
        assert_eq!(header("username"), Some(USER));
        assert_eq!(header("secret"), Some(SECRET));
        assert_eq!(header("accept-encoding"), Some("gzip"));
        assert_eq!(header("impersonationresourceid"), None);
        let content_type = (request.method == "POST").then_some("application/json");
        assert_eq!(header("content-type"), content_type);
    }
}

#[tokio::test]
async fn a_user_that_no_zone_knows_is_refused_once() {
    let world = World::silent().await;
    let answer = refused(&["Zone information could not be determined"]);
    Mock::given(method("GET")).respond_with(answer).mount(&world.server).await;

    let error = world.autotask.connect().await.unwrap_err();

    assert_tells_no_secret(&error);
    let TargetError::SignInRefused { message, remedy } = error else { panic!("{error:?}") };
    assert!(message.contains(USER) && message.contains("could not be determined"), "{message}");
    assert!(remedy.contains("check user name"), "{remedy}");
    assert_eq!(world.server.received_requests().await.unwrap().len(), 1);
    assert!(world.clock.pauses().is_empty());
}

#[tokio::test]
async fn a_zone_elsewhere_is_given_nothing() {
    for astray in [
        "https://webservices.autotask.net.example.org/ATServicesRest/",
        "http://192.0.2.1/ATServicesRest/",
        "nonsense",
        "",
    ] {
        let world = World::silent().await;
        let answer = ok(json!({ "zoneName": "x", "url": astray, "webUrl": "", "ci": 1 }));
        Mock::given(method("GET")).respond_with(answer).mount(&world.server).await;

        let error = world.autotask.connect().await.unwrap_err();

        assert!(matches!(error, TargetError::Unavailable(_)), "{error:?}");
        assert!(all_of(&error).contains("not followed"), "{}", all_of(&error));
        assert_eq!(world.server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_credentials() {
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let world = World::new().await;
        let moved = ResponseTemplate::new(status).insert_header("location", elsewhere.uri());
        world.answer("POST Companies/query", moved).await;

        let error = world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap_err();

        assert!(matches!(error, TargetError::Unavailable(_)), "{error:?}");
        assert!(all_of(&error).contains(&status.to_string()), "{}", all_of(&error));
        assert_eq!(world.requests().await.len(), 1, "it is not asked for again either");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

/// Pages are asked for by the last id, so where an answer says that the next one is does not matter.
#[tokio::test]
async fn the_address_of_a_next_page_is_never_used() {
    let elsewhere = MockServer::start().await;
    let world = World::new().await;
    let items: Vec<_> = (1..=500).map(|id| json!({ "id": id, "companyName": "A" })).collect();
    let page = ok(json!({
        "items": items,
        "pageDetails": { "count": 500, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": elsewhere.uri() },
    }));
    world.once("POST Companies/query", page).await;
    world.answer("POST Companies/query", rows(vec![])).await;

    let found = world.autotask.find(Kind::Company, &Find::Ids(vec![1])).await.unwrap();

    assert_eq!(found.len(), 500);
    assert_eq!(world.requests().await.len(), 2);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

/// A database that moves leaves a zone behind that lets nobody in. That is not the credentials' fault.
#[tokio::test]
async fn a_database_that_has_moved_is_followed_and_the_call_made_there() {
    let elsewhere = MockServer::start().await;
    let world = World::silent().await;
    let asked = || Mock::given(path("/atservicesrest/v1.0/zoneInformation"));
    let here = asked().respond_with(ok(zone(&world.server.uri()))).up_to_n_times(1);
    here.mount(&world.server).await;
    asked().respond_with(ok(zone(&elsewhere.uri()))).mount(&world.server).await;
    world.answer("POST Companies/174/Contacts", ResponseTemplate::new(401)).await;
    given("POST Companies/174/Contacts")
        .respond_with(ok(json!({ "itemId": 9 })))
        .mount(&elsewhere)
        .await;
    world.autotask.connect().await.unwrap();
    let contact = NewRecord {
        company: Some(CompanyId(174)),
        salesforce_id: "0036F00002SasNYQAZ".parse().unwrap(),
        fields: vec![],
    };

    let made = world.autotask.create(Kind::Contact, &contact).await.unwrap();

    assert_eq!(made, 9);
    assert_eq!(world.requests().await.len(), 1);
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 1);
    assert_eq!(world.autotask.create(Kind::Contact, &contact).await.unwrap(), 9);
    assert_eq!(world.requests().await.len(), 1, "it is known from then on");
}

/// Another database's records are not written to, whatever the answer says of the zone.
#[tokio::test]
async fn a_zone_with_another_database_is_not_followed() {
    let elsewhere = MockServer::start().await;
    let world = World::silent().await;
    let asked = || Mock::given(path("/atservicesrest/v1.0/zoneInformation"));
    let here = asked().respond_with(ok(zone(&world.server.uri()))).up_to_n_times(1);
    here.mount(&world.server).await;
    let mut other = zone(&elsewhere.uri());
    other["ci"] = json!(4711);
    asked().respond_with(ok(other)).mount(&world.server).await;
    world.answer("POST Companies/query", ResponseTemplate::new(401)).await;

    let error = world.autotask.find(Kind::Company, &Find::After(None)).await.unwrap_err();

    assert!(matches!(error, TargetError::SignInRefused { .. }), "{error:?}");
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_zone_is_asked_for_again_while_the_service_is_away() {
    let world = World::silent().await;
    let zone = zone(&world.server.uri());
    let away = Mock::given(method("GET")).respond_with(html(503, "away")).up_to_n_times(2);
    away.mount(&world.server).await;
    Mock::given(method("GET")).respond_with(ok(zone)).mount(&world.server).await;

    world.autotask.connect().await.unwrap();

    assert_eq!(world.clock.pauses(), [2, 4]);
}

#[tokio::test]
async fn a_database_without_a_number_is_told_by_zone_and_user() {
    let world = World::silent().await;
    let mut zone = zone(&world.server.uri());
    zone.as_object_mut().unwrap().remove("ci");
    Mock::given(method("GET")).respond_with(ok(zone)).mount(&world.server).await;

    let database = world.autotask.connect().await.unwrap();

    assert_eq!(database, format!("zone Pre Release, user {USER}"));
}

#[tokio::test]
async fn a_debugger_sees_no_secret() {
    let world = World::new().await;
    world.autotask.connect().await.unwrap();

    let text = format!("{:?} {:?}", world.autotask, access(&world.server.uri()));

    for secret in [SECRET, CODE] {
        assert!(!text.contains(secret), "{text}");
    }
}
