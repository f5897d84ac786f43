//! The mock as an HTTP server: which path is what, and what HTTP asks of a SOAP request.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use mock_kit::server::{Body, Dropped, Service, read_body};

use crate::calls::{self, Answer, SoapRequest};
use crate::control::{self, ControlRequest};
use crate::instance::Instance;
use crate::message::{self, LARGEST_REQUEST};
use crate::oauth::{self, TokenRequest};
use crate::soap::fault::Fault;

/// The largest form.
const LARGEST_FORM: usize = 64 * 1024;

/// Answers the requests of all connections.
pub(crate) struct Front {
    pub(crate) instance: Arc<Instance>,
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
        let path = request.uri().path().to_owned();
        Ok(match Route::of(&path) {
            Route::Nothing => message::plain(
                StatusCode::NOT_FOUND,
                format!("mock-salesforce has nothing at {path}\n"),
            ),
            Route::Control => self.control(request).await,
            _ if request.method() != Method::POST => message::only("POST"),
            Route::Partner(version) => self.soap(request, version, peer.ip()).await,
            Route::Token => self.token(request, peer.ip()).await,
        })
    }
}

impl Front {
    async fn soap(
        &self,
        request: Request<Incoming>,
        version: &str,
        peer: IpAddr,
    ) -> Response<Body> {
        let (head, body) = request.into_parts();
        let gzip = message::accepts_gzip(&head.headers);
        if let Err(fault) = check_headers(&head.headers) {
            return respond(Answer::Fault(fault), gzip);
        }
        let body = match read_body(body, LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return message::unread(&error),
        };
        let body = match message::uncompressed(&head.headers, body) {
            Ok(body) => body,
            Err(refused) => return *refused,
        };
        let base_url = base_url(&head.headers);
        let request = SoapRequest { version, base_url: &base_url, peer, body: &body };
        let answer = calls::answer(&self.instance, request, |name| self.instance.note_call(name));
        respond(answer, gzip)
    }

    async fn token(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = match read_body(body, LARGEST_FORM).await {
            Ok(body) => body,
            Err(error) => return message::unread(&error),
        };
        let base_url = base_url(&head.headers);
        let authorization = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let request = TokenRequest { base_url: &base_url, authorization, peer, body: &body };
        self.instance.note_call("oauth2/token");
        match oauth::token(&self.instance, request) {
            Ok(token) => message::json(StatusCode::OK, &token),
            Err(refusal) => message::json(StatusCode::BAD_REQUEST, &refusal),
        }
    }
}

impl Front {
    async fn control(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = match read_body(body, LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return message::unread(&error),
        };
        let base_url = base_url(&head.headers);
        let request = ControlRequest {
            method: &head.method,
            uri: &head.uri,
            base_url: &base_url,
            body: &body,
        };
        control::answer(&self.instance, &request)
    }
}

/// Scheme and host as the client knows them: serverUrl has to lead it back here.
fn base_url(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}")
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

fn respond(answer: Answer, gzip: bool) -> Response<Body> {
    match answer {
        Answer::Success(pieces) => message::xml(StatusCode::OK, pieces.into(), gzip),
        Answer::Fault(fault) => {
            message::xml(StatusCode::INTERNAL_SERVER_ERROR, vec![fault.envelope()], gzip)
        }
    }
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
