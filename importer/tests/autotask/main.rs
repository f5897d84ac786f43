//! Autotask's adapter against fixture answers: what it sends, and what it makes of each answer.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "../support/clock.rs"]
mod clock;
#[path = "../support/wire.rs"]
mod wire;

mod bounds;
mod fields;
mod hour;
mod limits;
mod reads;
mod refusals;
mod writes;
mod zone;

use std::sync::Arc;
use std::time::Duration;

use clock::TestClock;
use importer::autotask::{Access, Autotask, Credentials};
use importer::http::Limits;
use importer::ports::IdFields;
use importer::retry::RetryPolicy;
use serde_json::{Value as Json, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const USER: &str = "api+import@example.com";
const SECRET: &str = "p$w~*#@secret";
const CODE: &str = "INTEGRATIONCODE7";
const COMPANY_UDF: &str = "Salesforce Company ID";
const CONTACT_UDF: &str = "Salesforce Contact ID";
const API: &str = "/ATServicesRest/v1.0";

/// A server with fixture answers and an importer's adapter to it.
struct World {
    server: MockServer,
    clock: Arc<TestClock>,
    autotask: Autotask,
}

impl World {
    /// Nothing is answered yet.
    async fn silent() -> Self {
        let server = MockServer::start().await;
        let clock = TestClock::new();
        let autotask = autotask_at(&server.uri(), &clock);
        Self { server, clock, autotask }
    }

    /// The zone is found.
    async fn new() -> Self {
        let world = Self::silent().await;
        let zone = ResponseTemplate::new(200).set_body_json(zone(&world.server.uri()));
        Mock::given(path("/atservicesrest/v1.0/zoneInformation"))
            .respond_with(zone)
            .mount(&world.server)
            .await;
        world
    }

    /// Answers a call so, always, unless it was told otherwise before.
    async fn answer(&self, call: &str, answer: ResponseTemplate) {
        given(call).respond_with(answer).mount(&self.server).await;
    }

    /// Answers a call so the next time.
    async fn once(&self, call: &str, answer: ResponseTemplate) {
        given(call).respond_with(answer).up_to_n_times(1).mount(&self.server).await;
    }

    /// The requests but those for the zone.
    async fn requests(&self) -> Vec<Request> {
        let mut requests = self.server.received_requests().await.unwrap();
        requests.retain(|request| request.url.path().starts_with(API));
        requests
    }

    /// The calls as method, path and body.
    async fn calls(&self) -> Vec<(String, Json)> {
        let calls = self.requests().await;
        calls.iter().map(|request| (name_of(request), body_of(request))).collect()
    }
}

/// A call is a method and a path below the API's, such as `POST Companies/query`.
fn given(call: &str) -> wiremock::MockBuilder {
    let (verb, below) = call.split_once(' ').unwrap();
    Mock::given(method(verb)).and(path(format!("{API}/{below}")))
}

fn name_of(request: &Request) -> String {
    let below = request.url.path().strip_prefix(API).unwrap_or_default();
    format!("{} {}", request.method, below.trim_start_matches('/'))
}

fn body_of(request: &Request) -> Json {
    serde_json::from_slice(&request.body).unwrap_or(Json::Null)
}

fn zone(server: &str) -> Json {
    json!({ "zoneName": "Pre Release", "url": format!("{server}/ATServicesRest/"), "webUrl": server, "ci": 30595 })
}

fn autotask_at(url: &str, clock: &Arc<TestClock>) -> Autotask {
    let limits = Limits { timeout: Duration::from_mins(1), body: 1024 * 1024 };
    Autotask::new(wire::client(clock, limits), access(url), RetryPolicy::default())
}

fn access(url: &str) -> Access {
    Access {
        url: url.parse().unwrap(),
        credentials: Credentials {
            user: USER.to_owned(),
            secret: SECRET.into(),
            integration_code: CODE.into(),
        },
        id_fields: IdFields { company: COMPANY_UDF.to_owned(), contact: CONTACT_UDF.to_owned() },
        older_company_field: None,
        threads: 2,
        share_percent: 75,
    }
}

fn ok(body: Json) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn fixture(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text, "application/json; charset=utf-8")
}

#[expect(clippy::needless_pass_by_value, reason = "answers are made where they are given")]
fn rows(items: Vec<Json>) -> ResponseTemplate {
    let count = items.len();
    ok(json!({
        "items": items,
        "pageDetails": { "count": count, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": null },
    }))
}

fn refused(words: &[&str]) -> ResponseTemplate {
    ResponseTemplate::new(500).set_body_json(json!({ "errors": words }))
}

fn html(status: u16, words: &str) -> ResponseTemplate {
    let page = format!("<html><body><h2>{words}</h2></body></html>");
    ResponseTemplate::new(status).set_body_raw(page, "text/html")
}

/// No error may show what opens a database.
#[track_caller]
fn assert_tells_no_secret(error: &(dyn std::error::Error + 'static)) {
    let text = wire::all_of(error);
    for secret in [SECRET, CODE] {
        assert!(!text.contains(secret), "{text}");
    }
}
