//! The mock as an HTTP server: which path is what, and what HTTP asks of a SOAP request.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, DATE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use mock_kit::clock::Clock;
use mock_kit::server::{Body, Dropped, Service, read_body};
use serde::Serialize;

use crate::calls::{self, SoapRequest};
use crate::control::{self, ControlRequest};
use crate::exchange::{self, Outgoing, exchange};
use crate::instance::Instance;
use crate::journal::{self, JournalEntry};
use crate::message::{self, LARGEST_REQUEST};
use crate::oauth::{self, TokenRequest};
use crate::soap::fault::Fault;

/// The largest form.
const LARGEST_FORM: usize = 64 * 1024;

/// Answers the requests of all connections.
pub(crate) struct Front {
    pub(crate) instance: Arc<Instance>,
    /// What the mock's own URLs begin with.
    pub(crate) scheme: &'static str,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
enum Route<'p> {
    /// The Partner API, in the version that is written there.
    Partner(&'p str),
    /// OAuth's token endpoint.
    Token,
    /// The mock's own control plane.
    Control,
    Nothing,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Self {
        if path == "/services/oauth2/token" {
            return Self::Token;
        }
        if path == "/_mock" || path.starts_with("/_mock/") {
            return Self::Control;
        }
        let Some(rest) = path.strip_prefix("/services/Soap/u/") else { return Self::Nothing };
        let (version, suffix) = rest.split_once('/').unwrap_or((rest, ""));
        if suffix.contains('/') { Self::Nothing } else { Self::Partner(version) }
    }
}

#[async_trait]
impl Service for Front {
    async fn call(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Dropped> {
        let mut response = self.route(request, peer.ip()).await?;
        let now = message::http_date(self.instance.clock.now());
        response.headers_mut().insert(DATE, now);
        Ok(response)
    }
}

/// The name under which the journal keeps requests that are no calls.
const NO_CALL: &str = "(no call)";

impl Front {
    async fn route(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> Result<Response<Body>, Dropped> {
        let path = request.uri().path().to_owned();
        match Route::of(&path) {
            Route::Control => Ok(self.control(request).await),
            _ if is_page_host(request.headers()) => {
                let message = "a host of pages, not of the API\n";
                Ok(self.turned_away(&request, peer, StatusCode::METHOD_NOT_ALLOWED, message))
            }
            Route::Nothing => {
                let message = format!("mock-salesforce has nothing at {path}\n");
                Ok(self.turned_away(&request, peer, StatusCode::NOT_FOUND, &message))
            }
            _ if request.method() != Method::POST => {
                let message = "HTTP method not allowed: use POST\n";
                let mut refused =
                    self.turned_away(&request, peer, StatusCode::METHOD_NOT_ALLOWED, message);
                refused.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
                Ok(refused)
            }
            Route::Partner(version) => self.soap(request, version, peer).await,
            Route::Token => self.token(request, peer).await,
        }
    }

    /// Refuses a request that is no call, and notes it.
    fn turned_away(
        &self,
        request: &Request<Incoming>,
        peer: IpAddr,
        status: StatusCode,
        message: &str,
    ) -> Response<Body> {
        let about: String =
            format!("{} {}", request.method(), request.uri().path()).chars().take(200).collect();
        self.instance.journal().note(JournalEntry {
            number: 0,
            at: self.instance.clock.now(),
            client: self.instance.settings().client_address.unwrap_or(peer),
            call: NO_CALL.to_owned(),
            about,
            status: Some(status.as_u16()),
            fault: Some(message.trim_end().to_owned()),
            reason: None,
            effect: None,
        });
        message::plain(status, message)
    }

    async fn soap(
        &self,
        request: Request<Incoming>,
        version: &str,
        peer: IpAddr,
    ) -> Result<Response<Body>, Dropped> {
        let (head, body) = request.into_parts();
        let body = match read_body(body, LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return Ok(message::unread(&error)),
        };
        let body = match message::uncompressed(&head.headers, body) {
            Ok(body) => body,
            Err(refused) => return Ok(*refused),
        };
        let envelope = check_headers(&head.headers).and_then(|()| calls::envelope_of(&body));
        let call = envelope.as_ref().map_or(NO_CALL, |envelope| &envelope.call.name).to_owned();
        let about = envelope
            .as_ref()
            .map(|envelope| journal::description(&envelope.call))
            .unwrap_or_default();
        let client = self.instance.settings().client_address.unwrap_or(peer);
        let gzip = message::accepts_gzip(&head.headers);
        let incoming = exchange::Incoming { call: &call, about: &about, body: &body, client, gzip };
        let work = || {
            let base_url = self.base_url(&head.headers);
            let request = SoapRequest { version, base_url: &base_url, peer };
            envelope
                .and_then(|envelope| calls::answer(&self.instance, request, envelope))
                .map_or_else(|fault| refused(&fault), answered)
        };
        let refusal = |code: &str, message: &str| refused(&Fault::injected(&call, code, message));
        exchange(&self.instance, incoming, work, refusal).await
    }

    async fn token(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> Result<Response<Body>, Dropped> {
        let (head, body) = request.into_parts();
        let body = match read_body(body, LARGEST_FORM).await {
            Ok(body) => body,
            Err(error) => return Ok(message::unread(&error)),
        };
        let client = self.instance.settings().client_address.unwrap_or(peer);
        let incoming = exchange::Incoming {
            call: "oauth2/token",
            about: &oauth::description(&body),
            body: &body,
            client,
            gzip: false,
        };
        let work = || {
            let base_url = self.base_url(&head.headers);
            let authorization =
                head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
            let request = TokenRequest { base_url: &base_url, authorization, peer, body: &body };
            match oauth::token(&self.instance, request) {
                Ok(token) => json_answer(StatusCode::OK, &token, None),
                Err(refusal) => {
                    let fault = format!("{}: {}", refusal.error, refusal.error_description);
                    let answer = json_answer(StatusCode::BAD_REQUEST, &refusal, Some(fault));
                    Outgoing { reason: refusal.reason.map(Into::into), ..answer }
                }
            }
        };
        let refusal = |error: &str, description: &str| {
            let body = serde_json::json!({ "error": error, "error_description": description });
            json_answer(StatusCode::BAD_REQUEST, &body, Some(format!("{error}: {description}")))
        };
        exchange(&self.instance, incoming, work, refusal).await
    }
}

fn answered(answer: calls::Answer) -> Outgoing {
    Outgoing {
        status: StatusCode::OK,
        content_type: "text/xml; charset=utf-8",
        pieces: answer.pieces.into(),
        fault: answer.refusals,
        reason: None,
    }
}

fn refused(fault: &Fault) -> Outgoing {
    Outgoing {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        content_type: "text/xml; charset=utf-8",
        pieces: vec![fault.envelope()],
        fault: Some(format!("{}: {}", fault.code, fault.message)),
        reason: fault.reason.as_deref().map(str::to_owned),
    }
}

fn json_answer(status: StatusCode, body: &impl Serialize, fault: Option<String>) -> Outgoing {
    let body = serde_json::to_vec(body).expect("answers are plain data with text keys");
    Outgoing {
        status,
        content_type: "application/json;charset=UTF-8",
        pieces: vec![body],
        fault,
        reason: None,
    }
}

impl Front {
    /// Scheme and host as the client knows them: serverUrl has to lead it back here.
    fn base_url(&self, headers: &HeaderMap) -> String {
        format!("{}://{}", self.scheme, host(headers))
    }

    async fn control(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = match read_body(body, LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return message::unread(&error),
        };
        let base_url = self.base_url(&head.headers);
        let request = ControlRequest {
            method: &head.method,
            uri: &head.uri,
            base_url: &base_url,
            body: &body,
        };
        control::answer(&self.instance, &request)
    }
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost")
}

/// Whether the client means a host that serves the pages of an org and not its API.
fn is_page_host(headers: &HeaderMap) -> bool {
    let name = host(headers).split(':').next().unwrap_or_default().to_ascii_lowercase();
    name.ends_with(".lightning.force.com")
}

fn check_headers(headers: &HeaderMap) -> Result<(), Fault> {
    let content_type =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("text/xml") {
        return Err(Fault::client("content-type of the request should be text/xml"));
    }
    if !headers.contains_key("soapaction") {
        return Err(Fault::client("SOAPAction HTTP header missing"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partner_api_is_found_with_and_without_a_suffix() {
        assert_eq!(Route::of("/services/Soap/u/58.0"), Route::Partner("58.0"));
        assert_eq!(Route::of("/services/Soap/u/58.0/00D5g0000000001"), Route::Partner("58.0"));
        assert_eq!(Route::of("/services/Soap/u/nonsense"), Route::Partner("nonsense"));
        assert_eq!(Route::of("/services/Soap/c/58.0"), Route::Nothing);
        assert_eq!(Route::of("/services/Soap/u/58.0/a/b"), Route::Nothing);
    }
}
