//! What the tests over the wire share: a client of raw bytes, a clock that is moved by hand, and the recordings.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mock_autotask::{Entity, MockAutotask, Options};
use mock_kit::clock::Clock;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A clock that stands still until it is moved, or someone sleeps on it.
#[derive(Debug, Clone)]
pub(crate) struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    pub(crate) fn at(moment: &str) -> Self {
        Self(Arc::new(Mutex::new(moment.parse().unwrap())))
    }

    pub(crate) fn advance(&self, duration: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(duration).unwrap();
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, pause: Duration) {
        self.advance(pause.try_into().unwrap());
    }
}

/// A mock with its clock, and a client that has the right headers.
pub(crate) struct Stage {
    pub(crate) mock: MockAutotask,
    pub(crate) clock: ManualClock,
    pub(crate) client: Client,
}

pub(crate) async fn stage() -> Stage {
    stage_with(Options::default()).await
}

pub(crate) async fn stage_with(options: Options) -> Stage {
    let clock = ManualClock::at("2026-11-23T12:00:00Z");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mock = MockAutotask::start_on(listener, Arc::new(clock.clone()), options).unwrap();
    let client = Client::new(&mock);
    Stage { mock, clock, client }
}

impl Stage {
    /// Makes a company and returns its id.
    pub(crate) fn company(&self, name: &str) -> i64 {
        self.mock.records().insert(Entity::Company, &json!({ "companyName": name })).unwrap()
    }

    /// Makes a contact and returns its id.
    pub(crate) fn contact(&self, company: i64, first: &str, last: &str) -> i64 {
        let fields = json!({ "companyID": company, "firstName": first, "lastName": last });
        self.mock.records().insert(Entity::Contact, &fields).unwrap()
    }

    /// A record as people see it.
    pub(crate) fn record(&self, entity: Entity, id: i64) -> Value {
        self.mock.records().record(entity, id).unwrap().unwrap()
    }
}

/// One HTTP answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The head as it came.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.head, self.text()))
    }

    /// The body of an answer that is a success.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The id of the record that was written.
    pub(crate) fn item_id(&self) -> i64 {
        self.ok()["itemId"].as_i64().unwrap()
    }

    /// The messages of a refusal with status 500.
    pub(crate) fn errors(&self) -> Vec<String> {
        assert_eq!(self.status, 500, "{}", self.text());
        serde_json::from_value(self.json()["errors"].clone()).unwrap()
    }

    /// The only message of a refusal with status 500.
    pub(crate) fn error(&self) -> String {
        let errors = self.errors();
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0].clone()
    }

    /// The values of one field in all items of a page.
    pub(crate) fn values(&self, field: &str) -> Vec<Value> {
        let items = self.ok()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item[field].clone()).collect()
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Calls a mock with bytes it writes itself.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: String,
    /// The headers of every call but `Host`.
    pub(crate) headers: Vec<(String, String)>,
}

pub(crate) const V1: &str = "/ATServicesRest/V1.0/";

impl Client {
    pub(crate) fn new(mock: &MockAutotask) -> Self {
        let headers = [
            ("ApiIntegrationCode", "MOCKINTEGRATIONCODE"),
            ("UserName", "api@example.com"),
            ("Secret", "mock-secret"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            address: mock.url().trim_start_matches("http://").to_owned(),
            headers: headers.into(),
        }
    }

    /// The same client with another value of a header; without the header for an empty value.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(key, _)| key != name);
        if !value.is_empty() {
            client.headers.push((name.to_owned(), value.to_owned()));
        }
        client
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", &format!("{V1}{path}"), b"").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", &format!("{V1}{path}"), body.to_string().as_bytes()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", &format!("{V1}{path}"), body.to_string().as_bytes()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", &format!("{V1}{path}"), body.to_string().as_bytes()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", &format!("{V1}{path}"), b"").await
    }

    /// Queries by POST.
    pub(crate) async fn query(&self, path: &str, filter: &Value) -> Answer {
        self.post(&format!("{path}/query"), &json!({ "filter": filter })).await
    }

    /// Queries by GET, with the search as it is given.
    pub(crate) async fn search(&self, path: &str, search: &str) -> Answer {
        self.get(&format!("{path}/query?search={}", encoded(search))).await
    }

    /// The control plane.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &format!("/_mock/{path}"), body.as_bytes()).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let head = self.head(method, path, "Connection: close\r\n", body.len());
        self.raw(&[head.as_bytes(), body].concat()).await.expect("the connection was closed")
    }

    fn head(&self, method: &str, path: &str, more: &str, length: usize) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{more}", self.address);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head + &format!("Content-Length: {length}\r\n\r\n")
    }

    /// Sends bytes and reads what comes until the connection is closed; nothing if that is nothing.
    pub(crate) async fn raw(&self, request: &[u8]) -> Option<Answer> {
        let mut stream = self.connect().await;
        // A refused request may be answered before all of it has been taken.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        parse(&answer)
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Makes a request on a connection that stays open.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> String {
        self.head(method, path, "", body.len()) + body
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(Answer { status, head, body: bytes[end + 4..].to_vec() })
}

/// A text as it stands in a query string.
pub(crate) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The vendor facts, where they are at hand.
pub(crate) fn reference(path: &str) -> Option<String> {
    let folder = std::env::var_os("REFERENCE_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference"),
        PathBuf::from,
    );
    let found = std::fs::read_to_string(folder.join(path));
    if found.is_err() {
        println!("not run: the reference {path} is not at hand (REFERENCE_DIR)");
    }
    found.ok()
}
