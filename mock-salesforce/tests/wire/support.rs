//! What the tests over the wire share: a client of raw bytes, a clock that is moved by hand, and the recordings.

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mock_kit::clock::Clock;
use mock_salesforce::{MockSalesforce, Options};
use quick_xml::Reader;
use quick_xml::events::Event;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A clock that stands still until it is moved.
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

/// A mock with its clock, and a client that is signed in.
pub(crate) struct Stage {
    pub(crate) mock: MockSalesforce,
    pub(crate) clock: ManualClock,
    pub(crate) client: Client,
}

pub(crate) async fn stage() -> Stage {
    stage_with(Options::default()).await
}

pub(crate) async fn stage_with(options: Options) -> Stage {
    let clock = ManualClock::at("2026-11-23T12:00:00Z");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mock = MockSalesforce::start_on(listener, Arc::new(clock.clone()), options).unwrap();
    let mut client = Client::new(&mock);
    client.login().await;
    Stage { mock, clock, client }
}

/// One HTTP answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The text of the first element of that name, prefix included.
    pub(crate) fn value(&self, element: &str) -> String {
        self.values(element)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no <{element}> in {}", self.text()))
    }

    /// The texts of all elements of that name. A nil element reads `nil`.
    pub(crate) fn values(&self, element: &str) -> Vec<String> {
        values(&self.text(), element)
    }
}

pub(crate) fn values(xml: &str, element: &str) -> Vec<String> {
    let nil = format!("<{element} xsi:nil=\"true\"/>");
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some(place) = rest.find(&format!("<{element}")) {
        rest = &rest[place..];
        if rest.starts_with(&nil) {
            found.push("nil".to_owned());
        } else if rest[1 + element.len()..].starts_with(['>', ' ']) {
            let open = rest.find('>').unwrap() + 1;
            let close = rest.find(&format!("</{element}>")).unwrap_or(rest.len());
            let content = &rest[open.min(close)..close];
            // What has elements in it stays as it is: their texts may be asked for in their turn.
            let text = if content.contains('<') {
                content.into()
            } else {
                quick_xml::escape::unescape(content).unwrap()
            };
            found.push(text.into_owned());
        }
        rest = &rest[1..];
    }
    found
}

/// Calls a mock with bytes it writes itself.
pub(crate) struct Client {
    address: String,
    pub(crate) session: String,
    pub(crate) version: &'static str,
    pub(crate) headers: String,
}

pub(crate) const ENVELOPE: &str = r#"<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns="urn:partner.soap.sforce.com" xmlns:o="urn:sobject.partner.soap.sforce.com">"#;

impl Client {
    pub(crate) fn new(mock: &MockSalesforce) -> Self {
        let address = mock.url().trim_start_matches("http://").to_owned();
        Self { address, session: String::new(), version: "58.0", headers: String::new() }
    }

    pub(crate) async fn login(&mut self) {
        let answer =
            self.try_login("integration@example.com", "mock-passwordMockSecurityToken").await;
        self.session = answer.value("sessionId");
    }

    pub(crate) async fn try_login(&self, user: &str, password: &str) -> Answer {
        let body = format!(
            "{ENVELOPE}<e:Body><login><username>{user}</username><password>{password}</password></login></e:Body></e:Envelope>"
        );
        self.post(&body).await
    }

    /// Makes a call within the session.
    pub(crate) async fn call(&self, call: &str) -> Answer {
        let session = &self.session;
        let headers = &self.headers;
        let body = format!(
            "{ENVELOPE}<e:Header><SessionHeader><sessionId>{session}</sessionId></SessionHeader>{headers}</e:Header><e:Body>{call}</e:Body></e:Envelope>"
        );
        self.post(&body).await
    }

    pub(crate) async fn query(&self, soql: &str) -> Answer {
        let soql = quick_xml::escape::escape(soql);
        self.call(&format!("<query><queryString>{soql}</queryString></query>")).await
    }

    pub(crate) async fn query_all(&self, soql: &str) -> Answer {
        let soql = quick_xml::escape::escape(soql);
        self.call(&format!("<queryAll><queryString>{soql}</queryString></queryAll>")).await
    }

    pub(crate) async fn query_more(&self, locator: &str) -> Answer {
        self.call(&format!("<queryMore><queryLocator>{locator}</queryLocator></queryMore>")).await
    }

    /// The Names a query finds, in their order.
    pub(crate) async fn names(&self, soql: &str) -> Vec<String> {
        let answer = self.query(soql).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.values("sf:Name")
    }

    pub(crate) async fn post(&self, body: &str) -> Answer {
        let path = format!("/services/Soap/u/{}", self.version);
        self.send(
            &path,
            "Content-Type: text/xml; charset=UTF-8\r\nSOAPAction: \"\"\r\n",
            body.as_bytes(),
        )
        .await
    }

    pub(crate) async fn send(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            body.len()
        );
        self.raw(&[head.as_bytes(), body].concat()).await
    }

    pub(crate) async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        // A refused request may be answered before all of it has been taken.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        parse(&answer)
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }
}

fn parse(answer: &[u8]) -> Answer {
    let end =
        answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let headers = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
    let mut body = answer[end + 4..].to_vec();
    if headers.contains("transfer-encoding: chunked") {
        body = unchunked(&body);
    }
    if headers.contains("content-encoding: gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
        body = plain;
    }
    Answer { status, headers, body }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line =
            rest.windows(2).position(|window| window == b"\r\n").expect("a chunk has a size");
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 2 + size + 2..];
    }
}

/// A recorded answer of the real service; `None` where the recordings are not at hand, which is then said.
pub(crate) fn recording(name: &str) -> Option<String> {
    let folder = std::env::var_os("REFERENCE_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference"),
        PathBuf::from,
    );
    let found = std::fs::read_to_string(folder.join("salesforce-wire").join(name));
    if found.is_err() {
        println!("not run: the recording {name} is not at hand (REFERENCE_DIR)");
    }
    found.ok()
}

/// A document without what does not matter: declaration, white space between elements, order of attributes.
pub(crate) fn canonical(xml: &str) -> String {
    events(xml, ToOwned::to_owned)
}

/// A document's elements and attributes without their texts: its shape.
pub(crate) fn shape(xml: &str) -> String {
    events(xml, |_| String::new())
}

fn events(xml: &str, text_of: impl Fn(&str) -> String) -> String {
    let mut reader = Reader::from_str(xml);
    let mut out = String::new();
    let mut text = String::new();
    loop {
        let event = reader.read_event().unwrap();
        let ended = match &event {
            Event::Text(part) => {
                text.push_str(&part.xml10_content());
                continue;
            }
            Event::GeneralRef(part) => {
                text.extend(["&", &part.xml10_content(), ";"]);
                continue;
            }
            Event::Eof => true,
            _ => false,
        };
        if !text.trim().is_empty() {
            out.push_str(&text_of(&text));
        }
        text.clear();
        if ended {
            return out;
        }
        match event {
            Event::Start(start) => out.extend(["\n<", &sorted(&start), ">"]),
            Event::Empty(start) => out.extend(["\n<", &sorted(&start), "/>"]),
            Event::End(end) => out.extend(["</", end.name().into_inner(), ">"]),
            _ => {}
        }
    }
}

fn sorted(start: &quick_xml::events::BytesStart<'_>) -> String {
    let mut attributes: Vec<String> = start
        .attributes()
        .map(|attribute| attribute.unwrap())
        .map(|attribute| format!(" {}=\"{}\"", attribute.key.into_inner(), attribute.value))
        .collect();
    attributes.sort();
    format!("{}{}", start.name().into_inner(), attributes.concat())
}
