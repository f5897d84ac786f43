//! What goes wrong on purpose, as a client meets it.

use jiff::SignedDuration;
use mock_salesforce::{Effect, FaultRule, ObjectKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Stage, stage};

const CREATE: &str = "<create><sObjects><o:type xmlns:o=\"urn:sobject.partner.soap.sforce.com\">Account</o:type><o:Name xmlns:o=\"urn:sobject.partner.soap.sforce.com\">Nord</o:Name></sObjects></create>";

/// The raw bytes of the answer to a call, whatever they are.
async fn bytes(stage: &Stage, call: &str) -> Vec<u8> {
    let body = format!(
        "{}<e:Header><SessionHeader><sessionId>{}</sessionId></SessionHeader></e:Header><e:Body>{call}</e:Body></e:Envelope>",
        crate::support::ENVELOPE,
        stage.client.session
    );
    let request = format!(
        "POST /services/Soap/u/58.0 HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\nSOAPAction: \"\"\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = stage.client.connect().await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

fn accounts(stage: &Stage) -> usize {
    stage.mock.org().records(ObjectKind::Account).unwrap().len()
}

#[tokio::test]
async fn a_fault_of_the_vendors_comes_instead_of_an_answer_and_nothing_is_done() {
    let stage = stage().await;
    let fault =
        |code: &str| Effect::Fault { code: code.to_owned(), message: "Server too busy".to_owned() };
    stage.mock.spoil(FaultRule::next("create", fault("SERVER_UNAVAILABLE")));
    stage.mock.spoil(FaultRule::next("queryMore", fault("INVALID_QUERY_LOCATOR")));
    stage.mock.spoil(FaultRule::next("login", fault("ORG_LOCKED")));

    let first = stage.client.call(CREATE).await;
    let more = stage.client.query_more("x").await;
    let login = stage.client.try_login("x", "x").await;
    let second = stage.client.call(CREATE).await;

    assert_eq!((first.status, first.value("faultcode").as_str()), (500, "sf:SERVER_UNAVAILABLE"));
    assert_eq!(first.value("sf:exceptionMessage"), "Server too busy");
    assert!(more.text().contains("<sf:InvalidQueryLocatorFault "));
    assert_eq!(login.value("faultcode"), "ORG_LOCKED");
    assert!(login.text().contains("<sf:LoginFault "));
    assert_eq!((second.status, accounts(&stage)), (200, 1));
}

#[tokio::test]
async fn an_outage_answers_in_html() {
    let stage = stage().await;
    let body = "<html>We are down for maintenance.</html>".to_owned();
    stage.mock.spoil(FaultRule::next("query", Effect::Status { status: 503, body: body.clone() }));

    let answer = stage.client.query("SELECT Id FROM Account").await;

    assert_eq!((answer.status, answer.text()), (503, body));
    assert!(answer.headers.contains("content-type: text/html"));
}

#[tokio::test]
async fn a_connection_dropped_before_leaves_nothing_behind_and_one_dropped_after_does() {
    let stage = stage().await;
    stage.mock.spoil(FaultRule::next("create", Effect::DropBefore));

    assert_eq!(bytes(&stage, CREATE).await, b"");
    assert_eq!(accounts(&stage), 0);
    stage.mock.spoil(FaultRule::next("create", Effect::DropAfter));
    assert_eq!(bytes(&stage, CREATE).await, b"");
    assert_eq!(accounts(&stage), 1);

    let journal = stage.mock.journal();
    let effects: Vec<_> =
        journal.iter().map(|entry| (entry.status, entry.effect.clone())).collect();
    assert_eq!(effects[1..], [(None, Some(Effect::DropBefore)), (None, Some(Effect::DropAfter))]);
}

#[tokio::test]
async fn an_answer_is_cut_off_or_garbled() {
    let stage = stage().await;
    stage.mock.spoil(FaultRule::next("getServerTimestamp", Effect::Truncate { bytes: 100 }));
    stage
        .mock
        .spoil(FaultRule { after: 1, ..FaultRule::next("getServerTimestamp", Effect::Garble) });

    let cut = bytes(&stage, "<getServerTimestamp/>").await;
    let garbled = stage.client.call("<getServerTimestamp/>").await;
    let whole = stage.client.call("<getServerTimestamp/>").await;

    let cut = String::from_utf8(cut).unwrap();
    assert!(cut.starts_with("HTTP/1.1 200 OK") && cut.contains("<?xml"), "{cut}");
    assert!(!cut.contains("Envelope>") && !cut.ends_with("0\r\n\r\n"), "{cut}");
    assert_eq!(garbled.status, 200);
    assert!(String::from_utf8_lossy(&garbled.body).contains("<<<<<"));
    assert!(whole.text().contains("<timestamp>"));
}

#[tokio::test]
async fn delays_and_slow_bodies_pass_on_the_mocks_clock() {
    let stage = stage().await;
    let before = stage.mock.now();
    stage.mock.spoil(FaultRule::next("getServerTimestamp", Effect::Delay { milliseconds: 90_000 }));

    let late = stage.client.call("<getServerTimestamp/>").await;
    let delayed = stage.mock.now();
    stage.mock.spoil(FaultRule::next("getServerTimestamp", Effect::Slow { bytes_per_second: 100 }));
    let slow = stage.client.call("<getServerTimestamp/>").await;

    assert_eq!(late.value("timestamp"), "2026-11-23T12:01:30.000Z");
    assert_eq!(delayed.duration_since(before), SignedDuration::from_secs(90));
    assert!(stage.mock.now().duration_since(delayed) >= SignedDuration::from_secs(3));
    assert!(slow.text().contains("<timestamp>"));
}

#[tokio::test]
async fn a_rule_is_about_what_it_names_and_can_be_taken_back() {
    let stage = stage().await;
    let about_contacts = FaultRule {
        call: None,
        containing: Some("FROM Contact".to_owned()),
        times: None,
        ..FaultRule::next(
            "",
            Effect::Fault { code: "QUERY_TIMEOUT".into(), message: "slow".into() },
        )
    };
    let number = stage.mock.spoil(about_contacts).unwrap();

    assert_eq!(stage.client.query("SELECT Id FROM Account").await.status, 200);
    assert_eq!(stage.client.query("SELECT Id FROM Contact").await.status, 500);
    assert_eq!(stage.client.query("SELECT Id FROM Contact").await.status, 500);
    assert_eq!((stage.mock.faults()[0].seen, stage.mock.faults()[0].spoilt), (2, 2));
    assert!(stage.mock.remove_fault(number) && !stage.mock.remove_fault(number));
    assert_eq!(stage.client.query("SELECT Id FROM Contact").await.status, 200);
}

#[tokio::test]
async fn the_token_endpoint_goes_wrong_in_its_own_words() {
    let stage = stage().await;
    let effect =
        Effect::Fault { code: "rate_limit_exceeded".into(), message: "login rate exceeded".into() };
    stage.mock.spoil(FaultRule::next("oauth2/token", effect));

    let answer = stage
        .client
        .send(
            "/services/oauth2/token",
            "",
            b"grant_type=client_credentials&client_id=mock-client-id",
        )
        .await;

    assert_eq!(
        (answer.status, answer.text().as_str()),
        (400, r#"{"error":"rate_limit_exceeded","error_description":"login rate exceeded"}"#)
    );
}

#[tokio::test]
async fn long_requests_at_once_are_limited() {
    // Requests take their time on the machine's clock here, since it is moved by the control plane.
    let mock =
        mock_salesforce::MockSalesforce::start(mock_salesforce::Options::default()).await.unwrap();
    mock.configure(|settings| settings.long_requests = Some(1));
    let mut client = crate::support::Client::new(&mock);
    client.login().await;
    let effect = Effect::Delay { milliseconds: 60_000 };
    mock.spoil(FaultRule::next("getUserInfo", effect));
    let client = std::sync::Arc::new(client);
    let slow = tokio::spawn({
        let client = std::sync::Arc::clone(&client);
        async move { client.call("<getUserInfo/>").await }
    });
    while mock.faults()[0].spoilt == 0 {
        tokio::task::yield_now().await;
    }

    let soon = client.call("<getServerTimestamp/>").await;
    mock.advance_clock(30);
    let refused = client.call("<getServerTimestamp/>").await;
    mock.advance_clock(30);
    let slow = slow.await.unwrap();
    let later = client.call("<getServerTimestamp/>").await;

    assert_eq!((soon.status, slow.status, later.status), (200, 200, 200));
    assert_eq!(
        refused.value("faultstring"),
        "REQUEST_LIMIT_EXCEEDED: ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    );
    assert!(refused.text().contains("<sf:UnexpectedErrorFault "));
}
