//! Tokens: the three grants, their refusals, and what a token is good for.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use mock_salesforce::{Options, PublicKey};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::support::{Answer, Stage, recording, stage, stage_with};

/// The clock's 2026-11-23T12:00:00Z.
const NOW: i64 = 1_795_435_200;

async fn ask(stage: &Stage, headers: &str, form: &str) -> Answer {
    let headers = format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}");
    stage.client.send("/services/oauth2/token", &headers, form.as_bytes()).await
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn refusal(answer: &Answer) -> (u16, String, String) {
    let body = body(answer);
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (answer.status, text("error"), text("error_description"))
}

async fn with_key() -> Stage {
    let key = PublicKey::from_pem(include_str!("../fixtures/jwt-certificate.pem")).unwrap();
    stage_with(Options { jwt_key: Some(key), ..Options::default() }).await
}

fn assertion(claims: &Value) -> String {
    let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&json!({ "alg": "RS256" })), encode(claims));
    let key = RsaKeyPair::from_pkcs8(include_bytes!("../fixtures/jwt-private.pk8")).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn jwt_form(assertion: &str) -> String {
    format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
    )
}

fn claims() -> Value {
    json!({ "iss": "mock-client-id", "sub": "integration@example.com", "aud": "https://login.salesforce.com", "exp": NOW + 120 })
}

const CLIENT: &str =
    "grant_type=client_credentials&client_id=mock-client-id&client_secret=mock-client-secret";

#[tokio::test]
async fn client_credentials_give_a_token_that_works_in_the_session_header() {
    let mut stage = stage().await;

    let answer = ask(&stage, "", CLIENT).await;

    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = body(&answer);
    assert_eq!(token["instance_url"], stage.mock.url());
    assert_eq!(
        (&token["token_type"], &token["issued_at"]),
        (&json!("Bearer"), &json!((NOW * 1_000).to_string()))
    );
    assert!(token.get("expires_in").is_none() && token.get("refresh_token").is_none());
    stage.client.session = token["access_token"].as_str().unwrap().to_owned();
    let organization = stage.mock.org().organization_id();
    assert!(stage.client.session.starts_with(&format!("{}!", &organization[..15])));
    assert!(token["id"].as_str().unwrap().contains(&format!("/id/{organization}/005")));
    stage.client.version = "68.0";
    assert_eq!(stage.client.call("<getServerTimestamp/>").await.status, 200);
    let Some(recorded) = recording("oauth-token-success-password.json") else { return };
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    for name in recorded.as_object().unwrap().keys() {
        assert!(token[name].is_string(), "{name}");
    }
}

#[tokio::test]
async fn client_credentials_may_come_by_http_basic() {
    let stage = stage().await;
    let basic = BASE64_STANDARD.encode("mock-client-id:mock-client-secret");

    let answer =
        ask(&stage, &format!("Authorization: Basic {basic}\r\n"), "grant_type=client_credentials")
            .await;

    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_login_host_does_not_take_client_credentials() {
    let stage = stage().await;
    let request = |host: &str| {
        format!(
            "POST /services/oauth2/token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{CLIENT}",
            CLIENT.len()
        )
    };

    let login = stage.client.raw(request("login.salesforce.com").as_bytes()).await;
    let own = stage.client.raw(request("nord.my.salesforce.com:8443").as_bytes()).await;

    assert_eq!(
        refusal(&login),
        (400, "invalid_grant".into(), "request not supported on this domain".into())
    );
    assert_eq!(own.status, 200);
    assert_eq!(body(&own)["instance_url"], "http://nord.my.salesforce.com:8443");
}

#[tokio::test]
async fn refusals_are_in_the_vendors_json() {
    let stage = with_key().await;
    stage.mock.register_app(mock_salesforce::ConnectedApp {
        client_id: "bare".into(),
        client_secret: "bare".into(),
        run_as: None,
        key: None,
        approved: false,
        scope: "api".into(),
    });
    for (form, error, description) in [
        ("grant_type=client_credentials&client_id=nobody&client_secret=x".to_owned(), "invalid_client_id", "client identifier invalid"),
        ("grant_type=client_credentials&client_id=mock-client-id&client_secret=x".to_owned(), "invalid_client", "invalid client credentials"),
        ("grant_type=client_credentials&client_id=bare&client_secret=bare".to_owned(), "invalid_grant", "no client credentials user enabled"),
        ("grant_type=magic".to_owned(), "unsupported_grant_type", "grant type not supported"),
        (String::new(), "unsupported_grant_type", "grant type not supported"),
        ("grant_type=password&client_id=mock-client-id&client_secret=mock-client-secret&username=integration%40example.com&password=mock-passwordMockSecurityToken".to_owned(), "invalid_grant", "authentication failure"),
        (jwt_form("nonsense"), "invalid_grant", "invalid assertion"),
    ] {
        assert_eq!(refusal(&ask(&stage, "", &form).await), (400, error.to_owned(), description.to_owned()), "{form}");
    }
}

#[tokio::test]
async fn the_password_grant_works_where_the_org_allows_it() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.oauth_password = true);
    let form = "grant_type=password&client_id=mock-client-id&client_secret=mock-client-secret&username=integration%40example.com&password=";

    assert_eq!(ask(&stage, "", &format!("{form}mock-passwordMockSecurityToken")).await.status, 200);
    assert_eq!(refusal(&ask(&stage, "", &format!("{form}wrong")).await).1, "invalid_grant");
}

#[tokio::test]
async fn a_signed_assertion_gives_a_token_and_a_wrong_one_says_what_is_wrong() {
    let stage = with_key().await;
    let changed = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        jwt_form(&assertion(&claims))
    };

    let good = ask(&stage, "", &jwt_form(&assertion(&claims()))).await;
    let own_host = ask(&stage, "", &changed("aud", json!(stage.mock.url()))).await;

    assert_eq!(good.status, 200, "{}", good.text());
    assert_eq!(own_host.status, 200);
    for (form, error, description) in [
        (changed("exp", json!(NOW)), "invalid_grant", "expired assertion"),
        (changed("exp", json!(NOW + 181)), "invalid_grant", "invalid assertion"),
        (changed("aud", json!("https://example.com")), "invalid_grant", "audience is invalid"),
        (changed("iss", json!("nobody")), "invalid_client_id", "client identifier invalid"),
        (
            changed("sub", json!("nobody@example.com")),
            "invalid_grant",
            "user hasn't approved this consumer",
        ),
        (jwt_form(&format!("{}AAAA", assertion(&claims()))), "invalid_grant", "invalid assertion"),
    ] {
        assert_eq!(
            refusal(&ask(&stage, "", &form).await),
            (400, error.to_owned(), description.to_owned())
        );
    }
}

#[tokio::test]
async fn without_a_registered_key_no_assertion_is_believed() {
    let stage = stage().await;

    let answer = ask(&stage, "", &jwt_form(&assertion(&claims()))).await;

    assert_eq!(refusal(&answer), (400, "invalid_grant".into(), "invalid assertion".into()));
}

#[tokio::test]
async fn a_token_without_the_scope_for_the_api_opens_nothing() {
    for (scope, status) in [("openid id", 500), ("", 500), ("id api", 200), ("full", 200)] {
        let mut stage = stage().await;
        stage.mock.register_app(mock_salesforce::ConnectedApp {
            client_id: "mock-client-id".into(),
            client_secret: "mock-client-secret".into(),
            run_as: Some("integration@example.com".into()),
            key: None,
            approved: true,
            scope: scope.into(),
        });

        let token = body(&ask(&stage, "", CLIENT).await);
        stage.client.session = token["access_token"].as_str().unwrap().to_owned();
        let answer = stage.client.call("<getServerTimestamp/>").await;

        assert_eq!((token["scope"].as_str(), answer.status), (Some(scope), status), "{scope}");
        assert_eq!(status == 500, answer.text().contains("This session is not valid for use with"));
    }
}
