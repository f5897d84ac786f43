//! Pages on which people read the mails of a [`MailSink`](crate::mail_sink::MailSink): a list, and each with its HTML,
//! its text and what is attached.
//!
//! What a mail says is shown as a mail program would: its HTML in a frame that runs no script and loads nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use async_trait::async_trait;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use mock_kit::server::{Body, Dropped, Server, Service, full};
use tokio::net::TcpListener;

use crate::mail_sink::{Mails, Read};

/// For the pages themselves.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'none'";

/// For a mail's HTML, framed or not: its links open pages of their own, and that is all it can do.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; \
                           sandbox allow-popups allow-popups-to-escape-sandbox";

/// The header fields that are shown, in this order.
const SHOWN: [&str; 5] = ["From", "To", "Date", "Message-ID", "References"];

/// The pages, on a free port of this machine, until this is dropped.
#[derive(Debug)]
pub struct MailPage(Server);

impl MailPage {
    /// Starts them.
    pub async fn start(mails: Mails) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self(Server::start(listener, Arc::new(Pages(mails)))?))
    }

    /// Where the list of mails is.
    pub fn url(&self) -> String {
        format!("{}/", self.0.url())
    }
}

struct Pages(Mails);

/// A mail, as the list has it.
struct Line {
    number: usize,
    subject: String,
    to: String,
    date: String,
}

impl Line {
    fn of(number: usize, mail: &Read) -> Self {
        let to: Vec<_> = mail.to.iter().map(|(_, address)| address.as_str()).collect();
        Self {
            number,
            subject: mail.subject.clone(),
            to: to.join(", "),
            date: mail.headers.get("Date").cloned().unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "mail/list.html")]
struct List {
    mails: Vec<Line>,
}

#[derive(Template)]
#[template(path = "mail/one.html")]
struct One {
    mail: Line,
    headers: Vec<(&'static str, String)>,
    text: String,
    attachments: Vec<(String, String)>,
}

/// What is answered: a status, the policy that goes with it, and a page.
type Answer = (StatusCode, &'static str, String);

impl Pages {
    fn answer(&self, method: &Method, path: &str) -> Result<Answer, Box<dyn std::error::Error>> {
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let missing = || (StatusCode::NOT_FOUND, PAGE_POLICY, "There is no such page.".to_owned());
        if method != Method::GET {
            return Ok(missing());
        }
        Ok(match segments.as_slice() {
            [] => (StatusCode::OK, PAGE_POLICY, self.list()?),
            ["mails", number, rest @ ..] => match (self.mail(number)?, rest) {
                (Some((number, mail)), []) => (StatusCode::OK, PAGE_POLICY, one(number, mail)?),
                (Some((_, mail)), ["html"]) => (StatusCode::OK, MAIL_POLICY, framed(&mail.html)),
                _ => missing(),
            },
            _ => missing(),
        })
    }

    fn list(&self) -> Result<String, Box<dyn std::error::Error>> {
        let taken = self.0.taken();
        let lines = taken.iter().enumerate().rev();
        let lines = lines.map(|(place, mail)| Ok(Line::of(place + 1, &mail.read()?)));
        Ok(List { mails: lines.collect::<io::Result<_>>()? }.render()?)
    }

    fn mail(&self, number: &str) -> io::Result<Option<(usize, Read)>> {
        let Ok(number) = number.parse::<usize>() else { return Ok(None) };
        let taken = self.0.taken();
        let mail = number.checked_sub(1).and_then(|place| taken.get(place));
        mail.map(|mail| Ok((number, mail.read()?))).transpose()
    }
}

fn one(number: usize, mail: Read) -> askama::Result<String> {
    let header = |name: &'static str| Some((name, mail.headers.get(name)?.clone()));
    let headers = SHOWN.into_iter().filter_map(header).collect();
    let line = Line::of(number, &mail);
    let attachments = mail.attachments.into_iter().collect();
    One { mail: line, headers, text: mail.text, attachments }.render()
}

/// A mail's HTML whose links open beside it: in the frame, nobody would let themselves be shown.
fn framed(html: &str) -> String {
    html.replacen("<head>", "<head><base target=\"_blank\">", 1)
}

#[async_trait]
impl Service for Pages {
    async fn call(
        &self,
        request: Request<Incoming>,
        _: SocketAddr,
    ) -> Result<Response<Body>, Dropped> {
        let answer = self.answer(request.method(), request.uri().path());
        let (status, policy, text) = answer.unwrap_or_else(|error| {
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                PAGE_POLICY,
                format!("The mails cannot be shown: {error}"),
            )
        });
        let kind = if status == StatusCode::OK {
            "text/html; charset=utf-8"
        } else {
            "text/plain; charset=utf-8"
        };
        let mut response = Response::new(full(text));
        *response.status_mut() = status;
        for (name, value) in [
            (CONTENT_TYPE, kind),
            (CONTENT_SECURITY_POLICY, policy),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CACHE_CONTROL, "no-store"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        Ok(response)
    }
}
