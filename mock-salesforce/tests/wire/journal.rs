//! The journal: what it says about calls, which rule refused them and why, and what it never says.

use mock_salesforce::{AddressRange, JournalEntry, LoginHours, Settings};

use crate::support::{Client, Stage, stage};

const USER: &str = "integration@example.com";
const RIGHT: &str = "mock-passwordMockSecurityToken";

fn last(stage: &Stage) -> JournalEntry {
    stage.mock.journal().pop().unwrap()
}

fn elsewhere() -> Vec<AddressRange> {
    let address = "198.51.100.7".parse().unwrap();
    vec![AddressRange { from: address, to: address }]
}

#[tokio::test]
async fn a_call_is_noted_with_time_client_and_outcome() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.client_address = "192.0.2.9".parse().ok());

    stage.client.query("SELECT Id FROM Account").await;
    let found = last(&stage);
    stage.client.query("SELECT Nope FROM Account").await;
    let refused = last(&stage);

    assert_eq!((found.number, found.call.as_str(), found.status), (2, "query", Some(200)));
    assert_eq!(found.about, "SELECT Id FROM Account");
    assert_eq!(found.at.to_string(), "2026-11-23T12:00:00Z");
    assert_eq!(found.client.to_string(), "192.0.2.9");
    assert_eq!((found.fault, found.reason, found.effect), (None, None, None));
    assert_eq!(refused.status, Some(500));
    assert!(refused.fault.unwrap().contains("No such column 'Nope' on entity 'Account'"));
}

#[tokio::test]
async fn a_refused_login_names_the_rule_that_refused_it() {
    let stage = stage().await;
    let reason = async |user: &str, password: &str| {
        stage.client.try_login(user, password).await;
        last(&stage).reason.unwrap_or_default()
    };

    assert_eq!(reason("nobody@example.com", RIGHT).await, "there is no such user");
    assert_eq!(reason(USER, "wrong").await, "the password is wrong: failure 1 in a row");
    assert_eq!(
        reason(USER, "mock-passwordx").await,
        "the security token is wrong: failure 2 in a row"
    );
    assert_eq!(
        reason(USER, "mock-password").await,
        "127.0.0.1 is outside the setting trustedRanges: failure 3 in a row"
    );
    stage.mock.configure(|settings| settings.lockout_after = 4);
    assert_eq!(reason(USER, "wrong").await, "the password is wrong: failure 4 in a row");
    assert_eq!(
        reason(USER, RIGHT).await,
        "the user is locked out until 2026-11-23T12:15:00Z (setting lockoutAfter)"
    );
    assert_eq!(
        last(&stage).fault.unwrap(),
        "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
    );
}

#[tokio::test]
async fn each_setting_that_refuses_is_named() {
    type Change = fn(&mut Settings);

    let stage = stage().await;
    let changes: [(Change, &str); 8] = [
        (|settings| settings.soap_login = false, "soapLogin"),
        (|settings| settings.login_ranges = elsewhere(), "loginRanges"),
        (|settings| settings.login_hours = Some(LoginHours { from: 13, until: 14 }), "loginHours"),
        (|settings| settings.api = false, "setting api"),
        (|settings| settings.trial_expired = true, "trialExpired"),
        (|settings| settings.any_api_auth = false, "anyApiAuth"),
        (|settings| settings.logins_per_hour = Some(0), "loginsPerHour"),
        (|settings| settings.daily_requests = Some(0), "dailyRequests"),
    ];
    for (change, words) in changes {
        stage.mock.configure(|settings| *settings = Settings::default());
        stage.mock.configure(change);
        let answer = stage.client.try_login(USER, RIGHT).await;
        assert_eq!(answer.status, 500, "{words}");
        let reason = last(&stage).reason.unwrap();
        assert!(reason.contains(words), "{reason}");
    }
}

#[tokio::test]
async fn a_refused_session_says_whether_it_was_ended_or_has_expired() {
    let mut stage = stage().await;
    let mut reasons = Vec::new();
    stage.clock.advance(jiff::SignedDuration::from_hours(2));
    stage.client.call("<getServerTimestamp/>").await;
    reasons.push(last(&stage).reason.unwrap());
    stage.client.login().await;
    stage.client.call("<logout/>").await;
    stage.client.call("<getServerTimestamp/>").await;
    reasons.push(last(&stage).reason.unwrap());
    stage.client.session.clear();
    stage.client.call("<getServerTimestamp/>").await;
    reasons.push(last(&stage).reason.unwrap());

    assert_eq!(
        reasons,
        [
            "the session was not used for two hours",
            "no session of that id is open: it never was, or it was logged out or ended",
            "there was no session id",
        ]
    );
}

#[tokio::test]
async fn refused_records_are_told_with_their_reasons() {
    let stage = stage().await;
    let good = "<sObjects><o:type>Account</o:type><o:Name>n</o:Name></sObjects>";
    let bad = "<sObjects><o:type>Account</o:type></sObjects>";

    stage.client.call(&format!("<create>{good}{bad}</create>")).await;
    let one = last(&stage);
    stage.client.call(&format!("<create>{}</create>", bad.repeat(7))).await;
    let many = last(&stage).fault.unwrap();
    stage.client.call(&format!("<create>{good}</create>")).await;

    assert_eq!((one.about.as_str(), one.status), ("2 Account", Some(200)));
    assert_eq!(
        one.fault.as_deref(),
        Some("record 2: REQUIRED_FIELD_MISSING: Required fields are missing: [Name]")
    );
    assert!(many.starts_with("record 1: ") && many.ends_with("; and 2 more"), "{many}");
    assert_eq!(last(&stage).fault, None);
}

#[tokio::test]
async fn a_refused_token_request_says_why() {
    let stage = stage().await;
    let form = "grant_type=password&client_id=mock-client-id&client_secret=mock-client-secret&username=me&password=my-secret";

    stage.client.send("/services/oauth2/token", "", form.as_bytes()).await;

    let entry = last(&stage);
    assert_eq!(
        (entry.call.as_str(), entry.about.as_str()),
        ("oauth2/token", "password mock-client-id me")
    );
    assert_eq!(entry.fault.as_deref(), Some("invalid_grant: authentication failure"));
    assert_eq!(entry.reason.as_deref(), Some("the setting oauthPassword is off"));
}

#[tokio::test]
async fn what_is_no_call_is_noted_too() {
    let stage = stage().await;

    stage.client.send("/services/data/v58.0/limits", "", b"").await;
    let nowhere = last(&stage);
    stage.client.send("/services/Soap/u/58.0", "SOAPAction: x\r\n", b"<x/>").await;
    let unreadable = last(&stage);

    assert_eq!(
        (nowhere.call.as_str(), nowhere.about.as_str(), nowhere.status),
        ("(no call)", "POST /services/data/v58.0/limits", Some(404))
    );
    assert_eq!(unreadable.call, "(no call)");
    assert!(unreadable.fault.unwrap().contains("content-type of the request should be text/xml"));
}

#[tokio::test]
async fn no_secret_ever_comes_into_the_journal() {
    let stage = stage().await;
    let mut client = Client::new(&stage.mock);
    client.login().await;
    client.try_login(USER, "another-secret").await;
    client.query("SELECT Id FROM Account").await;
    client.call("<setPassword><userId>0055g0000000001AAA</userId><password>third-secret</password></setPassword>").await;
    client.post("<not xml third-secret").await;
    let forms = [
        "grant_type=client_credentials&client_id=mock-client-id&client_secret=mock-client-secret",
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=secret.secret.secret",
    ];
    for form in forms {
        client.send("/services/oauth2/token", "", form.as_bytes()).await;
    }

    let journal = serde_json::to_string(&stage.mock.journal()).unwrap();

    for secret in [
        "mock-password",
        "MockSecurityToken",
        "secret",
        client.session.as_str(),
        stage.client.session.as_str(),
    ] {
        assert!(!journal.contains(secret), "{secret} in {journal}");
    }
    assert_eq!(stage.mock.calls()["login"], 3);
    stage.mock.forget_journal();
    assert!(stage.mock.journal().is_empty() && stage.mock.calls().is_empty());
}
