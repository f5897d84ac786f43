//! Salesforce's adapter against fixture answers: what it sends, byte by byte, and what it makes of each answer.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "../support/clock.rs"]
mod clock;
#[path = "../support/wire.rs"]
mod wire;

mod answers;
mod bounds;
mod day;
mod faults;
mod oauth;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use clock::TestClock;
use importer::http::Limits;
use importer::ports::{PageAsk, Select, Window};
use importer::retry::RetryPolicy;
use importer::salesforce::{Access, ApiVersion, Endpoint, Salesforce, SignIn};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const LOGIN_PATH: &str = "/services/Soap/u/64.0";
const SERVER_PATH: &str = "/services/Soap/u/64.0/00D000000000001";
const PASSWORD: &str = "pass<&>wordSecurityToken7";
const SESSION: &str = "00D000000000001!AQsecretSession1";
const FIRST_PAGE: &str = include_str!("../fixtures/salesforce/accounts.first.xml");
const LAST_PAGE: &str = include_str!("../fixtures/salesforce/accounts.last.xml");
const CONTACTS: &str = include_str!("../fixtures/salesforce/contacts.xml");
const SERVER_TIME: &str = include_str!("../fixtures/salesforce/server_time.xml");

/// A server with fixture answers and an importer's adapter to it.
struct World {
    server: MockServer,
    clock: Arc<TestClock>,
    salesforce: Salesforce,
}

impl World {
    /// Nothing is answered yet.
    async fn silent() -> Self {
        let server = MockServer::start().await;
        let clock = TestClock::new();
        let salesforce = salesforce_at(&server.uri(), &clock);
        Self { server, clock, salesforce }
    }

    /// Signing in works.
    async fn new() -> Self {
        let world = Self::silent().await;
        world.answer("login", world.signed_in(SESSION)).await;
        world.answer("getServerTimestamp", xml(200, SERVER_TIME)).await;
        world
    }

    fn signed_in(&self, session: &str) -> ResponseTemplate {
        xml(200, &signed_in(&self.server.uri(), session, false))
    }

    /// Answers a call so, always, unless it was told otherwise before.
    async fn answer(&self, call: &str, answer: ResponseTemplate) {
        given(call).respond_with(answer).mount(&self.server).await;
    }

    /// Answers a call so the next time.
    async fn once(&self, call: &str, answer: ResponseTemplate) {
        given(call).respond_with(answer).up_to_n_times(1).mount(&self.server).await;
    }

    /// The requests that made this call.
    async fn requests(&self, call: &str) -> Vec<Request> {
        let mut requests = self.server.received_requests().await.unwrap();
        requests.retain(|request| body_of(request).contains(&format!("<{call}>")));
        requests
    }
}

fn given(call: &str) -> wiremock::MockBuilder {
    Mock::given(method("POST")).and(body_string_contains(format!("<{call}>")))
}

fn salesforce_at(server: &str, clock: &Arc<TestClock>) -> Salesforce {
    let sign_in =
        SignIn::Password { user: "integration@example.com".to_owned(), password: PASSWORD.into() };
    signing_in(server, ApiVersion::LAST_WITH_LOGIN, sign_in, clock)
}

fn signing_in(
    server: &str,
    version: ApiVersion,
    sign_in: SignIn,
    clock: &Arc<TestClock>,
) -> Salesforce {
    let limits = Limits { timeout: Duration::from_mins(1), body: 64 * 1024 };
    let access = Access { endpoint: Endpoint::new(server, version).unwrap(), sign_in };
    Salesforce::new(wire::client(clock, limits), access, RetryPolicy::default())
}

fn signed_in(server: &str, session: &str, expired: bool) -> String {
    include_str!("../fixtures/salesforce/login.xml")
        .replace("{server}", server)
        .replace("{session}", session)
        .replace("{expired}", &expired.to_string())
}

fn xml(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "text/xml; charset=utf-8")
}

/// A fault as the service sends it, with status 500.
fn fault(code: &str, message: &str) -> ResponseTemplate {
    xml(500, &fault_text(code, message))
}

fn fault_text(code: &str, message: &str) -> String {
    format!(
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
            r#" xmlns:sf="urn:fault.partner.soap.sforce.com""#,
            r#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>"#,
            "<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring><detail>",
            r#"<sf:UnexpectedErrorFault xsi:type="sf:UnexpectedErrorFault">"#,
            "<sf:exceptionCode>{code}</sf:exceptionCode>",
            "<sf:exceptionMessage>{message}</sf:exceptionMessage>",
            "</sf:UnexpectedErrorFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
        ),
        code = code,
        message = message
    )
}

/// The answer to describeSObject for somebody who sees all fields that are asked for, but these.
fn described_without(unseen: &[&str]) -> ResponseTemplate {
    let names = [
        "Id",
        "SystemModstamp",
        "AccountNumber",
        "AnnualRevenue",
        "BillingCity",
        "BillingCountry",
        "BillingPostalCode",
        "BillingState",
        "BillingStreet",
        "Fax",
        "Industry",
        "Name",
        "OwnerId",
        "ParentId",
        "Phone",
        "Rating",
        "Sic",
        "TickerSymbol",
        "Type",
        "Website",
    ];
    let mut fields = String::new();
    for name in names.iter().filter(|name| !unseen.contains(name)) {
        fields += "<fields><label>A label</label><name>";
        fields += name;
        fields += "</name></fields>";
    }
    described(&fields)
}

/// The answer to describeSObject with these elements in it.
fn described(fields: &str) -> ResponseTemplate {
    let body = format!(
        concat!(
            r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
            r#" xmlns="urn:partner.soap.sforce.com"><soapenv:Body><describeSObjectResponse><result>{}"#,
            "<name>Account</name></result></describeSObjectResponse></soapenv:Body></soapenv:Envelope>"
        ),
        fields
    );
    xml(200, &body)
}

fn body_of(request: &Request) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

fn window() -> Select {
    let until = "2026-03-01T12:00:00Z".parse().unwrap();
    Select::Window(Window { from: None, until, deleted: false })
}

fn from_the_start() -> PageAsk {
    PageAsk::After(None)
}

/// No error may show what opens an organization.
#[track_caller]
fn assert_tells_no_secret(error: &(dyn std::error::Error + 'static)) {
    let text = wire::all_of(error);
    for secret in [PASSWORD, "SecurityToken7", SESSION, "secretSession"] {
        assert!(!text.contains(secret), "{text}");
    }
}
