//! One way to send a request, for both systems.
//!
//! An answer is taken whole, up to a limit that also holds for what a compressed body unfolds to. Redirects are not
//! followed, and nothing is tried twice here: whether a request may be repeated is known to the adapters only, so a
//! failure says whether the request can have reached the server ([`SendError`]). Bodies, headers and queries are
//! never logged.

mod connect;
mod tally;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::DATE;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::Timestamp;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::decompression::DecompressionLayer;

pub use connect::{Connector, TlsError, Wire, tls_connector};
pub use tally::Tally;

use crate::ports::{Cause, Clock, timeout};

/// How long and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long one request may take, from dialling to the last byte of the answer.
    pub timeout: Duration,
    /// How many bytes an answer may hold, uncompressed.
    pub body: usize,
}

impl Default for Limits {
    /// Two and a half minutes, which is longer than a Salesforce query may run, and 64 MiB, many times a full page.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(150), body: 64 * 1024 * 1024 }
    }
}

/// Why there is no answer. Whether the request can have been carried out is what sets the variants apart.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It never left: no connection could be made, or it was gone before the first byte.
    #[error("no connection to {host}")]
    NotSent {
        /// The host that was dialled.
        host: String,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
    /// The server's certificate is not one to trust, so nothing was sent.
    #[error(
        "the certificate of {host} is not to be trusted; if an authority of your own made it, `ca_file` in \
         [network] names that"
    )]
    Untrusted {
        /// The host that was dialled.
        host: String,
        /// What is wrong with the certificate.
        #[source]
        cause: Cause,
    },
    /// It was sent, at least in part, and no whole answer came back.
    #[error("no whole answer from {host}")]
    NoAnswer {
        /// The host that was asked.
        host: String,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
    /// The answer is longer than any that makes sense.
    #[error("the answer from {host} is longer than {limit} bytes")]
    TooLarge {
        /// The host that was asked.
        host: String,
        /// The limit.
        limit: usize,
    },
}

/// A request was given up after this long.
#[derive(Debug, thiserror::Error)]
#[error("nothing within {} seconds", .0.as_secs())]
struct TookTooLong(Duration);

/// An answer, complete and uncompressed.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Sends requests to one system.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    sent: Arc<AtomicU64>,
    tally: Arc<Tally>,
    /// The second of the latest answer, by the server's clock; 0 before the first.
    server_second: Arc<AtomicI64>,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl HttpClient {
    /// A client that dials with `connector`.
    pub fn new(connector: Connector, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .retry_canceled_requests(false)
            .build(connector);
        let (sent, tally, server_second) = Default::default();
        Self { client, clock, limits, sent, tally, server_second }
    }

    /// Counts answers there as well.
    #[must_use]
    pub fn counted_by(self, tally: Arc<Tally>) -> Self {
        Self { tally, ..self }
    }

    /// The clock that requests are timed by.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// How many requests were sent.
    pub fn requests(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The server's time as its latest answer told it, to the second.
    pub fn server_time(&self) -> Option<Timestamp> {
        let second = self.server_second.load(Ordering::Relaxed);
        Timestamp::from_second(second).ok().filter(|_| second > 0)
    }

    /// Sends a request and takes its answer whole.
    pub async fn send(
        &self,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, SendError> {
        let host = uri.host().unwrap_or_default().to_owned();
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        let started = self.clock.now();
        self.sent.fetch_add(1, Ordering::Relaxed);
        let exchange = self.exchange(request, &host);
        let answer =
            timeout(self.clock(), self.limits.timeout, exchange).await.unwrap_or_else(|| {
                let cause = Box::new(TookTooLong(self.limits.timeout));
                Err(SendError::NoAnswer { host: host.clone(), cause })
            });
        if let Some(told) = answer.as_ref().ok().and_then(told_time) {
            self.server_second.store(told.as_second(), Ordering::Relaxed);
        }
        let status = answer.as_ref().ok().map(|answer| answer.status);
        self.tally.count(status);
        tracing::debug!(
            %method,
            host,
            path = uri.path(),
            status = status.map(|status| status.as_u16()),
            duration_ms = self.clock.now().duration_since(started).as_millis(),
            "request"
        );
        answer
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        host: &str,
    ) -> Result<Answer, SendError> {
        let host = || host.to_owned();
        let client =
            ServiceBuilder::new().layer(DecompressionLayer::new()).service(self.client.clone());
        let response = client.oneshot(request).await.map_err(|error| {
            let never_left = error.is_connect() || canceled(&error);
            let untrusted = is_untrusted(&error);
            let (host, cause) = (host(), Box::new(error));
            if untrusted {
                SendError::Untrusted { host, cause }
            } else if never_left {
                SendError::NotSent { host, cause }
            } else {
                SendError::NoAnswer { host, cause }
            }
        })?;
        let (head, body) = response.into_parts();
        let body =
            Limited::new(body, self.limits.body).collect().await.map_err(|cause| {
                match cause.downcast_ref::<LengthLimitError>() {
                    Some(_) => SendError::TooLarge { host: host(), limit: self.limits.body },
                    None => SendError::NoAnswer { host: host(), cause },
                }
            })?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

/// The moment in an answer's `Date` header.
fn told_time(answer: &Answer) -> Option<Timestamp> {
    let text = answer.headers.get(DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp())
}

/// Whether a connection was refused because of the server's certificate.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    // An I/O error does not count what it carries among its sources.
    let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match carried {
        Some(carried) => is_untrusted(carried),
        None => error.source().is_some_and(is_untrusted),
    }
}

/// Whether a pooled connection was found closed before anything was written to it.
fn canceled(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What a person would read of a page: its text without tags, shortened.
pub fn visible(page: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in page.chars().take(4_000) {
        match character {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            _ if !in_tag => text.push(character),
            _ => {}
        }
    }
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().take(160).collect()
}

/// Whether plain HTTP may be spoken to this host: it is this machine.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Domains whose every host is run by one vendor: any of them may lead to any other of the same domain. Salesforce's
/// are those of the commercial, the United States defense and the Chinese cloud.
const VENDORS: [&str; 4] = ["salesforce.com", "salesforce.mil", "sfcrmproducts.cn", "autotask.net"];

/// Whether two servers have one operator: the same host, hosts of one vendor, or both this machine.
///
/// Any other domain may be shared by strangers (`a.co.uk` and `b.co.uk` are), so there the host itself has to be the
/// same.
pub fn same_operator(one: &Uri, other: &Uri) -> bool {
    let host = |uri: &Uri| {
        uri.host().map(|host| host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase())
    };
    let (Some(one), Some(other)) = (host(one), host(other)) else { return false };
    if is_loopback(&one) || is_loopback(&other) {
        return is_loopback(&one) && is_loopback(&other);
    }
    let vendor = |host: &str| {
        VENDORS.into_iter().find(|domain| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    };
    one == other || vendor(&one).is_some_and(|domain| vendor(&other) == Some(domain))
}

/// Why an address of a server is not acceptable.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadAddress {
    /// It cannot be read.
    #[error("`{0}` is no address such as `https://host/path`")]
    NotAnAddress(String),
    /// It is not encrypted and leads elsewhere.
    #[error("`{0}` is not encrypted; plain http is for this machine only, use https")]
    NotEncrypted(String),
}

/// Reads a server's address: `https`, or `http` on this machine.
pub fn server_address(text: &str) -> Result<Uri, BadAddress> {
    let not_an_address = || BadAddress::NotAnAddress(text.to_owned());
    let uri: Uri = text.trim().parse().map_err(|_| not_an_address())?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(not_an_address)?;
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback(host) => Ok(uri),
        Some("http") => Err(BadAddress::NotEncrypted(text.to_owned())),
        _ => Err(not_an_address()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for fine in ["http://127.0.0.1:80/", "http://localhost:1/x", "http://[::1]/", "https://a.b"]
        {
            assert!(server_address(fine).is_ok(), "{fine}");
        }
        let elsewhere = "http://login.salesforce.com/services/Soap/u/64.0";
        assert_eq!(server_address(elsewhere), Err(BadAddress::NotEncrypted(elsewhere.to_owned())));
        for wrong in ["", "login.salesforce.com", "ftp://127.0.0.1", "https://", "http://a b"] {
            assert!(matches!(server_address(wrong), Err(BadAddress::NotAnAddress(_))), "{wrong}");
        }
    }

    #[track_caller]
    fn assert_operators(one: &str, other: &str, same: bool) {
        let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
        assert_eq!(same_operator(&one, &other), same, "{one} and {other}");
        assert_eq!(same_operator(&other, &one), same, "{other} and {one}");
    }

    #[test]
    fn hosts_of_one_vendor_lead_to_each_other() {
        for (one, other) in [
            ("https://login.salesforce.com", "https://acme.my.salesforce.com"),
            ("https://login.salesforce.com/", "https://na7-api.salesforce.com/x"),
            ("https://test.salesforce.com", "https://acme--dev.sandbox.my.salesforce.com"),
            ("https://LOGIN.Salesforce.com", "https://acme.my.salesforce.com.:443"),
            ("https://webservices.autotask.net", "https://webservices14.Autotask.net/x"),
            ("https://gateway.example.co.uk", "https://gateway.example.co.uk:8443"),
            ("http://127.0.0.1:1", "http://localhost:2"),
        ] {
            assert_operators(one, other, true);
        }
    }

    #[test]
    fn a_name_that_only_looks_alike_is_a_stranger() {
        for (one, other) in [
            ("https://login.salesforce.com", "https://salesforce.com.evil.org"),
            ("https://login.salesforce.com", "https://evilsalesforce.com"),
            ("https://login.salesforce.com", "https://login.salesforce.com@evil.org"),
            ("https://login.salesforce.com", "https://acme.my.site.com"),
            ("https://login.salesforce.com", "https://webservices.autotask.net"),
            ("https://login.salesforce.com", "http://127.0.0.1"),
            // Whoever has a name below such a domain is somebody else.
            ("https://acme.co.uk", "https://evil.co.uk"),
            ("https://gateway.acme.example", "https://other.acme.example"),
            ("https://com", "https://salesforce.com"),
        ] {
            assert_operators(one, other, false);
        }
    }
}
