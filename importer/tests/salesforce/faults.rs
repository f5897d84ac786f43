//! Each fault that is known, and what the run is to do about it.

use importer::ports::{Source, SourceError};

use super::*;
use crate::wire::all_of;

/// A refused sign-in is never repeated, as that locks the user, and says what a person can do.
#[tokio::test]
async fn refused_credentials_are_never_tried_again() {
    let locked = "Invalid username, password, security token; or user locked out.";
    let token = "Invalid username, password, security token; or user locked out. Are you at a new location? When \
                 accessing Salesforce--either via a desktop client or the API--from outside of your company\u{2019}s \
                 trusted networks, you must add a security token to your password to log in.";
    let old = "The API version that was specified (20.0) is below the minimum supported (21.0). Change the version \
               number and run the request again.";
    let new = "The SOAP Login operation is not available in the API version specified (65.0). Refer to the \
               documentation for supported versions.";
    let off = "SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP API \
               login().";
    for (code, message, advice) in [
        ("INVALID_LOGIN", locked, "Login History"),
        ("LOGIN_MUST_USE_SECURITY_TOKEN", token, "security token behind the password"),
        ("LOGIN_DURING_RESTRICTED_DOMAIN", "cannot log in from current domain", "login IP ranges"),
        ("PASSWORD_LOCKOUT", "locked out", "unlock the user"),
        (
            "API_DISABLED_FOR_ORG",
            "API is not enabled for this Organization or Partner",
            "API Enabled",
        ),
        ("API_CURRENTLY_DISABLED", "Your trial has expired.", "administrator"),
        ("TRIAL_EXPIRED", "trial expired", "administrator"),
        ("ORG_LOCKED", "org locked", "administrator"),
        ("INSUFFICIENT_ACCESS", "insufficient access", "Use Any API Auth"),
        ("UNSUPPORTED_API_VERSION", old, "has retired this API version: use 64.0"),
        (
            "UNSUPPORTED_API_VERSION",
            "Invalid Api version specified on URL",
            "does not know this API version, or not yet: use a lower one",
        ),
        ("INVALID_OPERATION", new, "has no login(), the last that has it is 64.0"),
        ("INVALID_OPERATION", off, "switched off in this organization: allow it"),
        // What nobody has foreseen does not pass by trying again, and each try may send somebody a code.
        ("LOGIN_CHALLENGE_ISSUED", "a code was sent", "Login History"),
        ("CLIENT_NOT_ACCESSIBLE_FOR_USER", "not for this user", "Login History"),
    ] {
        let world = World::silent().await;
        world.answer("login", fault(code, message)).await;

        let error = world.salesforce.sign_in().await.unwrap_err();

        assert_tells_no_secret(&error);
        let SourceError::SignInRefused { message: told, remedy } = error else {
            panic!("{code}: {error:?}");
        };
        assert_eq!(told, format!("{code}: {message}"));
        assert!(remedy.contains(advice), "{code}: {remedy}");
        assert_eq!(world.requests("login").await.len(), 1, "{code}");
        assert!(world.clock.pauses().is_empty(), "{code}");
    }
}

/// Outside of its login hours a user is refused until they begin again, which no person has to do anything for.
#[tokio::test]
async fn login_hours_are_told_and_refuse_nobody_for_longer_than_they_last() {
    let world = World::silent().await;
    world.once("login", fault("LOGIN_DURING_RESTRICTED_TIME", "outside of login hours")).await;
    world.answer("login", world.signed_in(SESSION)).await;
    world.answer("getServerTimestamp", xml(200, SERVER_TIME)).await;

    let error = world.salesforce.sign_in().await.unwrap_err();

    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert!(all_of(&error).contains("login hours"), "{}", all_of(&error));
    assert!(world.clock.pauses().is_empty());
    world.salesforce.sign_in().await.unwrap();
    assert_eq!(world.requests("login").await.len(), 2);
}

#[tokio::test]
async fn a_fault_of_the_sign_in_needs_no_prefix() {
    let world = World::silent().await;
    let bare = fault_text("INVALID_LOGIN", "wrong").replace("sf:INVALID_LOGIN", "INVALID_LOGIN");
    world.answer("login", xml(500, &bare)).await;

    let error = world.salesforce.sign_in().await.unwrap_err();

    assert!(matches!(error, SourceError::SignInRefused { .. }), "{error:?}");
}

/// Newer versions may say more about a fault, and an old server names its detail otherwise.
#[tokio::test]
async fn a_fault_is_read_whatever_its_detail_is_called_and_holds_besides() {
    let more = fault_text("INVALID_QUERY_LOCATOR", "invalid query locator").replace(
        "</sf:exceptionMessage>",
        "</sf:exceptionMessage><sf:extendedErrorDetails><sf:extendedErrorCode>QUERY_LOCATOR_EXPIRED\
         </sf:extendedErrorCode><sf:exceptionCode>NOT_THIS</sf:exceptionCode></sf:extendedErrorDetails>\
         <sf:row>-1</sf:row><sf:column>-1</sf:column>",
    );
    let other = more
        .replace("sf:UnexpectedErrorFault>", "sf:fault>")
        .replace("<sf:UnexpectedErrorFault ", "<sf:fault ");
    for text in [more, other] {
        let world = World::new().await;
        world.answer("query", xml(500, &text)).await;

        let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

        assert!(matches!(error, SourceError::CursorLost), "{error:?}");
    }
}

#[tokio::test]
async fn an_expired_password_opens_no_session() {
    let world = World::silent().await;
    world.answer("login", xml(200, &signed_in(&world.server.uri(), SESSION, true))).await;

    let error = world.salesforce.sign_in().await.unwrap_err();

    assert_tells_no_secret(&error);
    let SourceError::SignInRefused { remedy, .. } = error else { panic!("{error:?}") };
    assert!(remedy.contains("has expired"), "{remedy}");
    assert_eq!(world.server.received_requests().await.unwrap().len(), 1);
}

/// The same faults, met in the middle of a run.
#[tokio::test]
async fn a_user_who_loses_the_right_to_the_api_is_told_so() {
    for (code, message) in [
        ("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
        ("API_CURRENTLY_DISABLED", "Your trial has expired."),
        ("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired"),
    ] {
        let world = World::new().await;
        world.answer("query", fault(code, message)).await;

        let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

        assert!(matches!(error, SourceError::SignInRefused { .. }), "{code}: {error:?}");
        assert_eq!(world.requests("query").await.len(), 1, "{code}");
    }
}

#[tokio::test]
async fn what_passes_is_waited_for_before_and_after_the_sign_in() {
    let concurrent = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
    for (code, message) in [
        ("REQUEST_LIMIT_EXCEEDED", concurrent),
        ("SERVER_UNAVAILABLE", "Server too busy"),
        (
            "API_CURRENTLY_DISABLED",
            "Because of a system problem, API functionality is temporarily unavailable.",
        ),
        ("ORG_IN_MAINTENANCE", "in maintenance"),
        ("QUERY_TIMEOUT", "Your query request was running for too long."),
        ("REQUEST_RUNNING_TOO_LONG", "Your request was running for too long."),
        ("UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    ] {
        let world = World::silent().await;
        world.once("login", fault(code, message)).await;
        world.answer("login", world.signed_in(SESSION)).await;
        world.once("query", fault(code, message)).await;
        world.once("query", fault(code, message)).await;
        world.answer("query", xml(200, CONTACTS)).await;

        let page = world.salesforce.contacts(&window(), from_the_start()).await;

        assert_eq!(page.unwrap().records.len(), 2, "{code}");
        assert_eq!(world.clock.pauses(), [2, 2, 4], "{code}");
    }
}

#[tokio::test]
async fn what_stays_is_given_up_at_once() {
    let field = "\nselect adfId from Contact\n       ^\nERROR at Row:1:Column:8\nNo such column 'adfId' on entity \
                 'Contact'.";
    for (code, message, words) in [
        ("INVALID_FIELD", field, "No such column 'adfId'"),
        ("INVALID_TYPE", "sObject type 'Account' is not supported.", "View All"),
        ("MALFORMED_QUERY", "unexpected token: 'invalid'", "unexpected token"),
        ("QUERY_TOO_COMPLICATED", "Query is either selecting too many fields", "too many fields"),
        ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "TotalRequests"),
        ("EXCEEDED_ID_LIMIT", "too many ids", "too many ids"),
        ("INVALID_REPLICATION_DATE", "startDate", "startDate"),
        ("INVALID_OPERATION", "some other operation", "some other operation"),
        ("NEVER_HEARD_OF", "surprise", "surprise"),
    ] {
        let world = World::new().await;
        world.answer("query", fault(code, message)).await;
        world.answer("describeSObject", described_without(&[])).await;

        let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

        assert!(matches!(error, SourceError::Unavailable(_)), "{code}: {error:?}");
        let text = all_of(&error);
        assert!(text.contains(code) && text.contains(words), "{code}: {text}");
        assert_eq!(world.requests("query").await.len(), 1, "{code}");
        assert_tells_no_secret(&error);
    }
}

#[tokio::test]
async fn without_a_field_that_records_are_recognised_by_nothing_is_read() {
    for field in ["Name", "BillingStreet", "BillingCity", "BillingState"] {
        let world = World::new().await;
        let words = format!("No such column '{field}' on entity 'Account'.");
        world.answer("query", fault("INVALID_FIELD", &words)).await;
        world.answer("describeSObject", described_without(&[field, "Rating"])).await;

        let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        let text = all_of(&error);
        assert!(text.contains(&format!("does not see Account.{field}")), "{text}");
        assert_eq!(world.requests("query").await.len(), 1);
    }
}

/// Faults of SOAP itself have no detail.
#[tokio::test]
async fn a_request_that_is_not_understood_is_not_repeated() {
    for words in [
        "content-type of the request should be text/xml",
        "Premature end of file.",
        "SOAPAction HTTP header missing",
    ] {
        let world = World::new().await;
        let fault = format!(
            concat!(
                r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>"#,
                "<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>{}</faultstring>",
                "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
            ),
            words
        );
        world.answer("query", xml(500, &fault)).await;

        let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        assert!(all_of(&error).contains(words), "{}", all_of(&error));
        assert_eq!(world.requests("query").await.len(), 1);
    }
}

#[tokio::test]
async fn a_session_is_renewed_once_and_its_id_never_told() {
    let world = World::new().await;
    let message = format!(
        "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session key: {SESSION}"
    );
    world.answer("query", fault("INVALID_SESSION_ID", &message)).await;

    let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert!(all_of(&error).contains("Session not found"), "{}", all_of(&error));
    assert_eq!(world.requests("login").await.len(), 2);
    assert_eq!(world.requests("query").await.len(), 2);
    assert_tells_no_secret(&error);
}

#[tokio::test]
async fn a_sign_in_refused_while_renewing_ends_it() {
    let world = World::silent().await;
    world.once("login", world.signed_in(SESSION)).await;
    world.answer("login", fault("INVALID_LOGIN", "user locked out")).await;
    world.answer("query", fault("INVALID_SESSION_ID", "Illegal Session")).await;

    let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

    assert!(matches!(error, SourceError::SignInRefused { .. }), "{error:?}");
    assert_eq!(world.requests("login").await.len(), 2);
    assert_eq!(world.requests("query").await.len(), 1);
}

#[tokio::test]
async fn a_sign_in_that_leads_astray_is_not_followed() {
    for astray in ["https://salesforce.com.example.org", "http://192.0.2.1", "nonsense"] {
        let world = World::silent().await;
        world.answer("login", xml(200, &signed_in(astray, SESSION, false))).await;

        let error = world.salesforce.sign_in().await.unwrap_err();

        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        assert!(all_of(&error).contains("not followed"), "{}", all_of(&error));
        assert_eq!(world.server.received_requests().await.unwrap().len(), 1);
        assert_tells_no_secret(&error);
    }
}

/// An organization that moved, or was renamed: the server of the session that was kept is another's by now, or none.
#[tokio::test]
async fn a_session_whose_server_is_no_longer_the_organizations_is_replaced_by_the_next_import() {
    for moved in [
        fault("ORG_NOT_OWNED_BY_INSTANCE", "organization is not on this instance"),
        xml(404, "<html>Not here</html>").insert_header("content-type", "text/html"),
    ] {
        let world = World::silent().await;
        world.answer("login", world.signed_in(SESSION)).await;
        world.once("getServerTimestamp", xml(200, SERVER_TIME)).await;
        world.once("getServerTimestamp", moved).await;
        world.answer("getServerTimestamp", xml(200, SERVER_TIME)).await;

        world.salesforce.sign_in().await.unwrap();
        world.salesforce.sign_in().await.unwrap();

        assert_eq!(world.requests("login").await.len(), 2);
        assert_eq!(world.requests("getServerTimestamp").await.len(), 3);
    }
}

#[tokio::test]
async fn a_debugger_sees_no_secret() {
    let world = World::new().await;
    world.salesforce.sign_in().await.unwrap();

    let text = format!("{:?}", world.salesforce);

    for secret in [PASSWORD, "SecurityToken7", SESSION] {
        assert!(!text.contains(secret), "{text}");
    }
}
