//! Signing in as an app: the requests for a token, what is made of it, and each refusal with what to change.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use importer::ports::{Source, SourceError};
use importer::salesforce::SigningKey;
use serde_json::{Value, json};
use wiremock::matchers::path;

use super::*;
use crate::wire::all_of;

const TOKEN_PATH: &str = "/services/oauth2/token";
const SOAP_PATH: &str = "/services/Soap/u/68.0";
const CLIENT_ID: &str = "3MVG9.consumer_key";
const CLIENT_SECRET: &str = "s3cret&of=the app+";
const ENCODED_SECRET: &str = "s3cret%26of%3Dthe%20app%2B";
const ACCESS_TOKEN: &str = "00D000000000001!AQaccessToken1";
const KEY: &str = include_str!("../fixtures/keys/rsa.pem");
const USER_INFO: &str = include_str!("../fixtures/salesforce/user_info.xml");

fn client_credentials() -> SignIn {
    SignIn::ClientCredentials {
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.into(),
    }
}

fn jwt() -> SignIn {
    SignIn::Jwt {
        client_id: CLIENT_ID.to_owned(),
        user: "integration@example.com".to_owned(),
        key: SigningKey::from_pem(KEY).unwrap(),
    }
}

/// Nothing is answered yet.
async fn silent(sign_in: SignIn) -> World {
    let (server, clock) = (MockServer::start().await, TestClock::new());
    let salesforce = signing_in(&server.uri(), ApiVersion::CURRENT, sign_in, &clock);
    World { server, clock, salesforce }
}

/// A token is given, and the server's time.
async fn welcoming(sign_in: SignIn) -> World {
    let world = silent(sign_in).await;
    give(&world, granted(&world, ACCESS_TOKEN)).await;
    world.answer("getServerTimestamp", xml(200, SERVER_TIME)).await;
    world
}

fn granted(world: &World, token: &str) -> Value {
    json!({
        "access_token": token,
        "signature": "c2lnbmF0dXJl",
        "scope": "api id",
        "instance_url": world.server.uri(),
        "id": "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA",
        "token_type": "Bearer",
        "issued_at": "1772366400000",
    })
}

async fn give(world: &World, token: Value) {
    at_token_endpoint(world, ResponseTemplate::new(200).set_body_json(token)).await;
}

async fn refuse(world: &World, error: &str, description: &str) {
    let body = json!({ "error": error, "error_description": description });
    let answer = ResponseTemplate::new(400).set_body_json(body);
    // The server's clock agrees with this machine's.
    let answer = answer.insert_header("date", "Sun, 01 Mar 2026 12:00:00 GMT");
    at_token_endpoint(world, answer).await;
}

async fn at_token_endpoint(world: &World, answer: ResponseTemplate) {
    Mock::given(path(TOKEN_PATH)).respond_with(answer).mount(&world.server).await;
}

async fn token_requests(world: &World) -> Vec<String> {
    let mut requests = world.server.received_requests().await.unwrap();
    requests.retain(|request| request.url.path() == TOKEN_PATH);
    requests.iter().map(|request| body_of(request).to_owned()).collect()
}

/// The claims in the form of a request for a token.
fn claims(form: &str) -> Value {
    let assertion = form
        .strip_prefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=")
        .unwrap();
    let claims = assertion.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[track_caller]
fn assert_tells_nothing(error: &(dyn std::error::Error + 'static)) {
    let text = all_of(error);
    let key = KEY.lines().nth(1).unwrap();
    for secret in [CLIENT_SECRET, ENCODED_SECRET, ACCESS_TOKEN, "accessToken", key, "eyJ"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn client_credentials_are_sent_as_a_form_and_the_token_opens_the_session() {
    let world = welcoming(client_credentials()).await;

    let signed_in = world.salesforce.sign_in().await.unwrap();

    assert_eq!(signed_in.organization.as_str(), "00D000000000001AAA");
    assert_eq!(signed_in.warnings, Vec::<String>::new());
    let requests = world.server.received_requests().await.unwrap();
    let [token, time] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    let header = |name: &str| token.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!((token.method.as_str(), token.url.path()), ("POST", TOKEN_PATH));
    assert_eq!(token.url.query(), None);
    assert_eq!(header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(header("accept"), Some("application/json"));
    assert_eq!(header("authorization"), None);
    assert_eq!(
        body_of(token),
        format!(
            "grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={ENCODED_SECRET}"
        )
    );
    assert_eq!(time.url.path(), SOAP_PATH);
    assert!(body_of(time).contains(&format!("<sessionId>{ACCESS_TOKEN}</sessionId>")));
}

#[tokio::test]
async fn an_assertion_names_the_app_the_user_the_server_and_a_near_end() {
    let world = welcoming(jwt()).await;

    world.salesforce.sign_in().await.unwrap();

    let requests = token_requests(&world).await;
    let [form] = requests.as_slice() else { panic!("{requests:?}") };
    // The clock stands at 12:00.
    let end = "2026-03-01T12:01:30Z".parse::<jiff::Timestamp>().unwrap();
    assert_eq!(
        claims(form),
        json!({
            "iss": CLIENT_ID,
            "sub": "integration@example.com",
            "aud": world.server.uri(),
            "exp": end.as_second(),
        })
    );
}

#[tokio::test]
async fn each_attempt_has_an_assertion_of_its_own() {
    let world = silent(jwt()).await;
    let away = ResponseTemplate::new(503).set_body_raw("<h1>We are down</h1>", "text/html");
    Mock::given(path(TOKEN_PATH)).respond_with(away).up_to_n_times(2).mount(&world.server).await;
    give(&world, granted(&world, ACCESS_TOKEN)).await;
    world.answer("getServerTimestamp", xml(200, SERVER_TIME)).await;

    world.salesforce.sign_in().await.unwrap();

    let ends: Vec<_> =
        token_requests(&world).await.iter().map(|form| claims(form)["exp"].as_i64()).collect();
    let [Some(first), Some(second), Some(third)] = ends[..] else { panic!("{ends:?}") };
    assert_eq!(world.clock.pauses(), [2, 4]);
    assert_eq!([second - first, third - second], [2, 4]);
}

#[tokio::test]
async fn an_organization_that_the_token_does_not_name_is_asked_for() {
    for identity in [Value::Null, json!("nonsense"), json!("https://x/id/005000000000001AAA/x")] {
        let world = silent(client_credentials()).await;
        let mut token = granted(&world, ACCESS_TOKEN);
        token["id"] = identity;
        token.as_object_mut().unwrap().remove("scope");
        give(&world, token).await;
        world.answer("getUserInfo", xml(200, USER_INFO)).await;
        world.answer("getServerTimestamp", xml(200, SERVER_TIME)).await;

        let signed_in = world.salesforce.sign_in().await.unwrap();

        assert_eq!(signed_in.organization.as_str(), "00D000000000001AAA");
        let asked = world.requests("getUserInfo").await;
        assert_eq!(asked[0].url.path(), SOAP_PATH);
        assert!(body_of(&asked[0]).ends_with(&format!(
            "<soapenv:Header><SessionHeader><sessionId>{ACCESS_TOKEN}</sessionId></SessionHeader></soapenv:Header>\
             <soapenv:Body><getUserInfo></getUserInfo></soapenv:Body></soapenv:Envelope>"
        )));
    }
}

#[tokio::test]
async fn the_session_of_an_app_is_renewed_once() {
    for sign_in in [client_credentials(), jwt()] {
        let world = silent(sign_in).await;
        let first = ResponseTemplate::new(200).set_body_json(granted(&world, "00D!old"));
        Mock::given(path(TOKEN_PATH))
            .respond_with(first)
            .up_to_n_times(1)
            .mount(&world.server)
            .await;
        give(&world, granted(&world, "00D!new")).await;
        world.once("query", fault("INVALID_SESSION_ID", "Illegal Session")).await;
        world.answer("query", xml(200, LAST_PAGE)).await;

        world.salesforce.accounts(&window(), from_the_start()).await.unwrap();

        assert_eq!(token_requests(&world).await.len(), 2);
        let queries = world.requests("query").await;
        assert_eq!(queries.len(), 2);
        assert!(body_of(&queries[0]).contains("<sessionId>00D!old</sessionId>"));
        assert!(body_of(&queries[1]).contains("<sessionId>00D!new</sessionId>"));
    }
}

#[tokio::test]
async fn a_token_that_soap_never_takes_ends_it_and_says_what_may_be_missing() {
    let world = welcoming(client_credentials()).await;
    let words = format!("Illegal Session. Session not found, missing session key: {ACCESS_TOKEN}");
    world.answer("query", fault("INVALID_SESSION_ID", &words)).await;

    let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert!(all_of(&error).contains("the scope `api`"), "{}", all_of(&error));
    assert_eq!(token_requests(&world).await.len(), 2);
    assert_tells_nothing(&error);
}

/// How SOAP words a missing scope is not recorded; these are REST's words.
#[tokio::test]
async fn a_token_without_the_scope_for_the_api_is_explained() {
    let world = silent(client_credentials()).await;
    let mut token = granted(&world, ACCESS_TOKEN);
    token["scope"] = json!("openid id");
    give(&world, token).await;
    world.once("getServerTimestamp", xml(200, SERVER_TIME)).await;
    let words = "This session is not valid for use with the SOAP API";
    world.answer("getServerTimestamp", fault("INVALID_SESSION_ID", words)).await;

    let signed_in = world.salesforce.sign_in().await.unwrap();
    let error = world.salesforce.sign_in().await.unwrap_err();

    let [warning] = signed_in.warnings.as_slice() else { panic!("{signed_in:?}") };
    assert!(warning.contains("openid id") && warning.contains("without `api`"), "{warning}");
    let SourceError::SignInRefused { remedy, .. } = error else { panic!("{error:?}") };
    assert!(remedy.contains("lacks the scope `api`"), "{remedy}");
}

/// A refusal is never repeated, and says what a person has to change.
#[tokio::test]
async fn each_refusal_says_what_to_change() {
    for (error, description, advice) in [
        (
            "invalid_grant",
            "request not supported on this domain",
            "set `url` in [salesforce] to https://YOUR-DOMAIN.my.salesforce.com",
        ),
        ("invalid_client_id", "client identifier invalid", "no app has this `client_id`"),
        ("app_not_found", "External client app not found", "no app has this `client_id`"),
        ("invalid_client", "invalid client credentials", "check `client_secret`"),
        ("invalid_client", "Invalid client credentials", "check `client_secret`"),
        ("invalid_grant", "no client credentials user enabled", "Run As"),
        ("invalid_grant", "user hasn't approved this consumer", "pre-authorized"),
        ("invalid_app_access", "user is not admin approved to access this app", "pre-authorized"),
        ("OAUTH_APP_ACCESS_DENIED", "", "pre-authorized"),
        ("invalid_grant", "audience is invalid", "meant for the host in `url`"),
        ("invalid_grant", "Audience validation failed", "meant for the host in `url`"),
        ("invalid_grant", "expired assertion", "set the clock"),
        ("invalid_grant", "invalid assertion", "upload the certificate of `private_key`"),
        ("invalid_grant", "ip restricted", "login IP ranges"),
        ("invalid_grant", "user is locked out", "unlock the user"),
        ("inactive_user", "user is inactive", "not active"),
        ("inactive_org", "org is locked, inactive, or suspended", "administrator"),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "unblock"),
        ("invalid_scope", "the requested scope is not allowed", "scope `api`"),
        ("unsupported_grant_type", "grant type not supported", "Enable Client Credentials Flow"),
        ("invalid_grant", "authentication failure", "Login History"),
        ("never_heard_of", "surprise", "Login History"),
    ] {
        let world = silent(jwt()).await;
        refuse(&world, error, description).await;

        let told = world.salesforce.sign_in().await.unwrap_err();

        assert_tells_nothing(&told);
        let SourceError::SignInRefused { message, remedy } = told else {
            panic!("{error}: {told:?}");
        };
        assert!(message.contains(error) && message.contains(description), "{message}");
        assert!(remedy.contains(advice), "{error} {description}: {remedy}");
        assert_eq!(token_requests(&world).await.len(), 1, "{error}");
        assert!(world.clock.pauses().is_empty(), "{error}");
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_by_how_much() {
    let (early, late) = ("Sun, 01 Mar 2026 11:50:00 GMT", "Sun, 01 Mar 2026 12:03:20 GMT");
    let same = "Sun, 01 Mar 2026 12:00:05 GMT";
    for (date, description, words) in [
        (early, "expired assertion", "this machine's clock is 600 seconds ahead of Salesforce's"),
        (early, "invalid assertion", "this machine's clock is 600 seconds ahead of Salesforce's"),
        (early, "audience is invalid", "meant for the host in `url`"),
        (late, "expired assertion", "this machine's clock is 200 seconds behind Salesforce's"),
        (same, "expired assertion", "this machine's clock seems to differ"),
        (same, "invalid assertion", "upload the certificate"),
        ("yesterday", "expired assertion", "this machine's clock seems to differ"),
    ] {
        let world = silent(jwt()).await;
        let body = json!({ "error": "invalid_grant", "error_description": description });
        let answer = ResponseTemplate::new(400).set_body_json(body).insert_header("date", date);
        at_token_endpoint(&world, answer).await;

        let error = world.salesforce.sign_in().await.unwrap_err();

        let SourceError::SignInRefused { remedy, .. } = error else { panic!("{error:?}") };
        assert!(remedy.contains(words), "{date} {description}: {remedy}");
    }
}

/// In one run nobody is asked twice for what was refused, whoever wants to read; the next run asks again.
#[tokio::test]
async fn what_was_refused_is_not_tried_again_until_somebody_signs_in() {
    let world = silent(client_credentials()).await;
    refuse(&world, "invalid_client", "invalid client credentials").await;

    for _ in 0..2 {
        let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();
        let SourceError::SignInRefused { message, remedy } = error else { panic!("{error:?}") };
        assert!(message.contains("invalid client credentials") && remedy.contains("client_secret"));
    }
    assert_eq!(token_requests(&world).await.len(), 1);

    world.salesforce.sign_in().await.unwrap_err();
    assert_eq!(token_requests(&world).await.len(), 2);
}

#[tokio::test]
async fn too_many_sign_ins_are_a_matter_of_time() {
    for (error, description) in
        [("rate_limit_exceeded", "too many requests"), ("invalid_grant", "login rate exceeded")]
    {
        let world = silent(client_credentials()).await;
        refuse(&world, error, description).await;

        let told = world.salesforce.sign_in().await.unwrap_err();

        assert!(matches!(told, SourceError::Unavailable(_)), "{told:?}");
        assert!(all_of(&told).contains(description), "{}", all_of(&told));
        assert_eq!(token_requests(&world).await.len(), 1);
    }
}

#[tokio::test]
async fn trouble_that_passes_is_waited_for() {
    for (status, error) in [
        (400, "server_error"),
        (400, "temporarily_unavailable"),
        (400, "unknown_error"),
        (429, "invalid_grant"),
        (500, "invalid_client"),
        (503, "maintenance"),
    ] {
        let world = silent(client_credentials()).await;
        let body = json!({ "error": error, "error_description": "retry your request" });
        let answer = ResponseTemplate::new(status).set_body_json(body);
        let once = Mock::given(path(TOKEN_PATH)).respond_with(answer).up_to_n_times(1);
        once.mount(&world.server).await;
        give(&world, granted(&world, ACCESS_TOKEN)).await;
        world.answer("getServerTimestamp", xml(200, SERVER_TIME)).await;

        world.salesforce.sign_in().await.unwrap();

        assert_eq!(world.clock.pauses(), [2], "{status} {error}");
    }
}

#[tokio::test]
async fn a_token_that_leads_astray_is_sent_nowhere() {
    for astray in [
        "https://salesforce.com.evil.org",
        "https://acme.my.salesforce.com",
        "http://192.0.2.1",
        "",
    ] {
        let world = silent(client_credentials()).await;
        let mut token = granted(&world, ACCESS_TOKEN);
        token["instance_url"] = json!(astray);
        give(&world, token).await;

        let error = world.salesforce.sign_in().await.unwrap_err();

        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        assert!(all_of(&error).contains("not followed"), "{}", all_of(&error));
        assert_eq!(world.server.received_requests().await.unwrap().len(), 1);
        assert_tells_nothing(&error);
    }
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_is_not_followed() {
    let world = silent(client_credentials()).await;
    let elsewhere = MockServer::start().await;
    let moved = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    at_token_endpoint(&world, moved).await;

    let error = world.salesforce.sign_in().await.unwrap_err();

    assert!(all_of(&error).contains("`url` in [salesforce]"), "{}", all_of(&error));
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
    assert_eq!(token_requests(&world).await.len(), 1);
    assert_tells_nothing(&error);
}

/// Something in between may answer anything, even with what was sent, or a token in a form that is not known.
#[tokio::test]
async fn an_answer_that_is_no_token_tells_no_secret() {
    let echo = format!("client_secret={ENCODED_SECRET} that is {CLIENT_SECRET}");
    for (status, body) in [
        (200, format!(r#"{{"access_token":"{ACCESS_TOKEN}"}}"#)),
        (200, format!("<html>{ACCESS_TOKEN}</html>")),
        (200, r#"{"access_token": 5, "instance_url": "x"}"#.to_owned()),
        (404, format!("<html>{echo}</html>")),
        (400, format!(r#"{{"error":"invalid_client","error_description":"{echo}"}}"#)),
        (400, format!(r#"{{"error":"{echo}"}}"#)),
        (400, "[]".to_owned()),
    ] {
        let world = silent(client_credentials()).await;
        at_token_endpoint(&world, ResponseTemplate::new(status).set_body_string(&body)).await;

        let error = world.salesforce.sign_in().await.unwrap_err();

        assert_tells_nothing(&error);
        assert!(status != 404 || all_of(&error).contains("404"), "{}", all_of(&error));
    }
}

#[tokio::test]
async fn a_debugger_sees_no_secret_of_an_app() {
    for sign_in in [client_credentials(), jwt()] {
        let world = welcoming(sign_in).await;
        world.salesforce.sign_in().await.unwrap();

        let text = format!("{:?}", world.salesforce);

        let key = KEY.lines().nth(1).unwrap();
        for secret in [CLIENT_SECRET, ACCESS_TOKEN, "accessToken", key] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
