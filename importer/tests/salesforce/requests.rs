//! What is sent, and where.

use importer::domain::fields::SourceField;
use importer::domain::model::Kind;
use importer::ports::{Clock, Cursor, PageAsk, Source, Window};

use super::*;

const ENVELOPE: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
    r#" xmlns="urn:partner.soap.sforce.com">"#
);

#[track_caller]
fn assert_soap(request: &Request, path: &str, rest: &str) {
    let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(request.url.path(), path);
    assert_eq!(request.url.query(), None);
    assert_eq!(header("content-type"), Some("text/xml; charset=UTF-8"));
    assert_eq!(header("soapaction"), Some(r#""""#));
    assert_eq!(header("accept-encoding"), Some("gzip"));
    assert_eq!(header("authorization"), None);
    assert_eq!(header("cookie"), None);
    assert_eq!(body_of(request), format!("{ENVELOPE}{rest}</soapenv:Envelope>"));
}

#[tokio::test]
async fn the_sign_in_goes_to_the_login_server_and_all_else_where_it_points() {
    let world = World::new().await;

    let signed_in = world.salesforce.sign_in().await.unwrap();

    assert_eq!(signed_in.organization.as_str(), "00D000000000001AAA");
    assert_eq!(signed_in.server_time, "2026-03-01T11:59:58.123Z".parse().unwrap());
    assert_eq!(signed_in.warnings.len(), 1);
    assert!(signed_in.warnings[0].contains("Summer '27"), "{signed_in:?}");
    let requests = world.server.received_requests().await.unwrap();
    let [login, time] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    assert_soap(
        login,
        LOGIN_PATH,
        "<soapenv:Body><login><username>integration@example.com</username>\
         <password>pass&lt;&amp;&gt;wordSecurityToken7</password></login></soapenv:Body>",
    );
    assert_soap(
        time,
        SERVER_PATH,
        &format!(
            "<soapenv:Header><SessionHeader><sessionId>{SESSION}</sessionId></SessionHeader></soapenv:Header>\
             <soapenv:Body><getServerTimestamp></getServerTimestamp></soapenv:Body>"
        ),
    );
    assert_eq!(world.salesforce.requests(), 2);
}

#[tokio::test]
async fn a_query_asks_for_the_window_in_the_order_of_ids() {
    let world = World::new().await;
    world.answer("query", xml(200, CONTACTS)).await;
    let window = Select::Window(Window {
        from: Some("2026-03-01T11:00:00Z".parse().unwrap()),
        until: "2026-03-01T12:00:00Z".parse().unwrap(),
        deleted: false,
    });
    let ask = PageAsk::After(Some("003000000000000".parse().unwrap()));

    world.salesforce.contacts(&window, ask).await.unwrap();

    let requests = world.requests("query").await;
    assert_soap(
        &requests[0],
        SERVER_PATH,
        &format!(
            "<soapenv:Header><SessionHeader><sessionId>{SESSION}</sessionId></SessionHeader>\
             <QueryOptions><batchSize>2000</batchSize></QueryOptions></soapenv:Header>\
             <soapenv:Body><query><queryString>SELECT Id, SystemModstamp, AccountId, Email, Fax, FirstName, LastName, \
             MailingCity, MailingPostalCode, MailingState, MailingStreet, MobilePhone, OtherPhone, Phone, Title \
             FROM Contact WHERE SystemModstamp &lt; 2026-03-01T12:00:01Z \
             AND SystemModstamp &gt;= 2026-03-01T11:00:00Z AND Id &gt; '003000000000000AAA' ORDER BY Id\
             </queryString></query></soapenv:Body>"
        ),
    );
}

#[tokio::test]
async fn a_later_query_asks_for_deleted_records_too() {
    let world = World::new().await;
    world.answer("queryAll", xml(200, CONTACTS)).await;
    let until = "2026-03-01T12:00:00Z".parse().unwrap();
    let window = Select::Window(Window { from: Some(until), until, deleted: true });

    world.salesforce.contacts(&window, PageAsk::After(None)).await.unwrap();
    let ids = Select::Ids(vec!["003000000000001".parse().unwrap()]);
    world.salesforce.contacts(&ids, PageAsk::After(None)).await.unwrap();

    let requests = world.requests("queryAll").await;
    let asked = |place: usize| body_of(&requests[place]).to_owned();
    assert!(
        asked(0).contains(
            "<queryAll><queryString>SELECT Id, SystemModstamp, IsDeleted, MasterRecordId, "
        )
    );
    assert!(
        asked(1)
            .contains("WHERE Id IN ('003000000000001AAA') ORDER BY Id</queryString></queryAll>")
    );
}

#[tokio::test]
async fn pages_are_fetched_by_the_locator_of_the_one_before_to_the_end() {
    let world = World::new().await;
    world.answer("query", xml(200, FIRST_PAGE)).await;
    world.answer("queryMore", xml(200, LAST_PAGE)).await;

    let mut ids = Vec::new();
    let mut ask = from_the_start();
    loop {
        let page = world.salesforce.accounts(&window(), ask).await.unwrap();
        assert_eq!(page.total, 3);
        ids.extend(page.records.iter().map(|account| account.id.to_string()));
        let Some(next) = page.next else { break };
        ask = PageAsk::Next(next);
    }

    assert_eq!(ids, ["001000000000001AAA", "001000000000002AAA", "001000000000003AAA"]);
    assert_eq!(world.requests("login").await.len(), 1);
    assert_soap(
        &world.requests("queryMore").await[0],
        SERVER_PATH,
        &format!(
            "<soapenv:Header><SessionHeader><sessionId>{SESSION}</sessionId></SessionHeader>\
             <QueryOptions><batchSize>2000</batchSize></QueryOptions></soapenv:Header>\
             <soapenv:Body><queryMore><queryLocator>0r8000000000001AAA-2000</queryLocator></queryMore>\
             </soapenv:Body>"
        ),
    );
}

#[tokio::test]
async fn an_ended_session_is_renewed_and_the_request_made_again() {
    let world = World::silent().await;
    world.once("login", world.signed_in("old")).await;
    world.answer("login", world.signed_in("new")).await;
    given("query")
        .and(body_string_contains("<sessionId>old</sessionId>"))
        .respond_with(fault("INVALID_SESSION_ID", "Illegal Session"))
        .mount(&world.server)
        .await;
    world.answer("query", xml(200, CONTACTS)).await;

    // Two that run at the same time renew it once, between them.
    let window = window();
    let (one, other) = tokio::join!(
        world.salesforce.contacts(&window, from_the_start()),
        world.salesforce.contacts(&window, from_the_start()),
    );

    assert_eq!(one.unwrap().records.len(), 2);
    assert_eq!(other.unwrap().records.len(), 2);
    assert_eq!(world.requests("login").await.len(), 2);
    assert_eq!(world.requests("query").await.len(), 4);
    assert!(world.clock.pauses().is_empty());
}

#[tokio::test]
async fn a_cursor_that_is_lost_is_no_failure_of_the_session() {
    let world = World::new().await;
    world.answer("queryMore", fault("INVALID_QUERY_LOCATOR", "invalid query locator")).await;

    let ask = PageAsk::Next(Cursor("0r8000000000001AAA-2000".to_owned()));
    let error = world.salesforce.accounts(&window(), ask).await.unwrap_err();

    assert!(matches!(error, importer::ports::SourceError::CursorLost), "{error:?}");
    assert_eq!(world.requests("queryMore").await.len(), 1);
    assert_eq!(world.requests("login").await.len(), 1);
}

#[tokio::test]
async fn fields_the_user_does_not_see_are_left_out_and_asked_for_again_a_day_later() {
    let world = World::new().await;
    world
        .once("query", fault("INVALID_FIELD", "No such column 'Rating' on entity 'Account'."))
        .await;
    world.answer("query", xml(200, FIRST_PAGE)).await;
    world.answer("describeSObject", described_without(&["Rating", "OwnerId"])).await;

    let first = world.salesforce.accounts(&window(), from_the_start()).await.unwrap();
    let again = world.salesforce.accounts(&window(), from_the_start()).await.unwrap();

    assert_eq!(*first.hidden, [SourceField::Owner, SourceField::Rating].into());
    assert_eq!(again.hidden, first.hidden);
    let queries = world.requests("query").await;
    let asks: Vec<_> = queries
        .iter()
        .map(|query| (body_of(query).contains("Rating"), body_of(query).contains("Owner.LastName")))
        .collect();
    assert_eq!(asks, [(true, true), (false, false), (false, false)]);
    assert_soap(
        &world.requests("describeSObject").await[0],
        SERVER_PATH,
        &format!(
            "<soapenv:Header><SessionHeader><sessionId>{SESSION}</sessionId></SessionHeader></soapenv:Header>\
             <soapenv:Body><describeSObject><sObjectType>Account</sObjectType></describeSObject></soapenv:Body>"
        ),
    );

    world.salesforce.sign_in().await.unwrap();
    let same_day = world.salesforce.accounts(&window(), from_the_start()).await.unwrap();
    world.clock.sleep(Duration::from_hours(24)).await;
    world.salesforce.sign_in().await.unwrap();
    let next_day = world.salesforce.accounts(&window(), from_the_start()).await.unwrap();

    assert_eq!(same_day.hidden, first.hidden);
    assert!(next_day.hidden.is_empty(), "{:?}", next_day.hidden);
    assert!(body_of(&world.requests("query").await[4]).contains("Rating"));
}

/// Whoever looks at what the user sees, as `check` does, has it looked at by the next import too.
#[tokio::test]
async fn fields_are_asked_for_again_once_somebody_has_looked_at_them() {
    let world = World::new().await;
    world
        .once("query", fault("INVALID_FIELD", "No such column 'Rating' on entity 'Account'."))
        .await;
    world.answer("query", xml(200, FIRST_PAGE)).await;
    world.once("describeSObject", described_without(&["Rating"])).await;
    world.answer("describeSObject", described_without(&[])).await;
    world.salesforce.accounts(&window(), from_the_start()).await.unwrap();

    world.salesforce.schema(Kind::Company).await.unwrap();
    let page = world.salesforce.accounts(&window(), from_the_start()).await.unwrap();

    assert!(page.hidden.is_empty(), "{:?}", page.hidden);
}
