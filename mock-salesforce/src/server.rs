//! The mock as an HTTP server: which path is what, and what HTTP asks of a SOAP request.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use mock_kit::server::{Body, BodyError, Dropped, Service, full, read_body};

use crate::calls::{self, Answer, SoapRequest};
use crate::instance::Instance;
use crate::soap::fault::Fault;

/// The largest request, compressed or not.
const LARGEST_REQUEST: usize = 50 * 1024 * 1024;

/// Answers the requests of all connections.
pub(crate) struct Front {
    pub(crate) instance: Arc<Instance>,
}

#[async_trait]
impl Service for Front {
    async fn call(
        &self,
        request: Request<Incoming>,
        _peer: SocketAddr,
    ) -> Result<Response<Body>, Dropped> {
        let path = request.uri().path().to_owned();
        match soap_version(&path) {
            Some(version) => Ok(self.soap(request, version).await),
            None => {
                Ok(plain(StatusCode::NOT_FOUND, format!("mock-salesforce has nothing at {path}\n")))
            }
        }
    }
}

/// The version in the path of the Partner API, with or without something after it.
fn soap_version(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/services/Soap/u/")?;
    let (version, suffix) = rest.split_once('/').unwrap_or((rest, ""));
    (!suffix.contains('/')).then_some(version)
}

impl Front {
    async fn soap(&self, request: Request<Incoming>, version: &str) -> Response<Body> {
        if request.method() != Method::POST {
            let mut refused =
                plain(StatusCode::METHOD_NOT_ALLOWED, "HTTP method not allowed: SOAP needs POST\n");
            refused
                .headers_mut()
                .insert(http::header::ALLOW, http::HeaderValue::from_static("POST"));
            return refused;
        }
        let (head, body) = request.into_parts();
        let gzip = accepts_gzip(&head.headers);
        if let Err(fault) = check_headers(&head.headers) {
            return respond(Answer::Fault(fault), gzip);
        }
        let body = match read_body(body, LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error @ BodyError::TooLarge(_)) => {
                return plain(StatusCode::PAYLOAD_TOO_LARGE, format!("{error}\n"));
            }
            Err(error) => return plain(StatusCode::BAD_REQUEST, format!("{error}\n")),
        };
        let body = match uncompressed(&head.headers, body) {
            Ok(body) => body,
            Err(response) => return *response,
        };
        let base_url = base_url(&head.headers);
        let request = SoapRequest { version, base_url: &base_url, body: &body };
        let answer = calls::answer(&self.instance, request, |name| self.instance.note_call(name));
        respond(answer, gzip)
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

fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
            coding.trim().eq_ignore_ascii_case("gzip") && weight.replace(' ', "") != "q=0"
        })
    })
}

fn uncompressed(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Box<Response<Body>>> {
    match headers
        .get(CONTENT_ENCODING)
        .map(|coding| coding.as_bytes().to_ascii_lowercase())
        .as_deref()
    {
        None | Some(b"" | b"identity") => Ok(body),
        Some(b"gzip") => {
            let mut plain_body = Vec::new();
            let limit = u64::try_from(LARGEST_REQUEST).unwrap_or(u64::MAX) + 1;
            if let Err(error) =
                MultiGzDecoder::new(&body[..]).take(limit).read_to_end(&mut plain_body)
            {
                let refused = plain(
                    StatusCode::BAD_REQUEST,
                    format!("the gzip body could not be read: {error}\n"),
                );
                return Err(Box::new(refused));
            }
            if plain_body.len() > LARGEST_REQUEST {
                let message = format!("the request body is larger than {LARGEST_REQUEST} bytes\n");
                return Err(Box::new(plain(StatusCode::PAYLOAD_TOO_LARGE, message)));
            }
            Ok(plain_body.into())
        }
        Some(other) => {
            let message = format!("unknown content encoding {}\n", String::from_utf8_lossy(other));
            Err(Box::new(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)))
        }
    }
}

fn respond(answer: Answer, gzip: bool) -> Response<Body> {
    let (status, pieces) = match answer {
        Answer::Success(pieces) => (StatusCode::OK, pieces.into()),
        Answer::Fault(fault) => (StatusCode::INTERNAL_SERVER_ERROR, vec![fault.envelope()]),
    };
    let response =
        Response::builder().status(status).header(CONTENT_TYPE, "text/xml; charset=utf-8");
    let (response, pieces) = if gzip {
        (response.header(CONTENT_ENCODING, "gzip"), vec![compressed(&pieces)])
    } else {
        (response, pieces)
    };
    response.body(streamed(pieces)).expect("constant headers make a response")
}

fn compressed(pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = pieces.iter().try_for_each(|piece| encoder.write_all(piece));
    written.and_then(|()| encoder.finish()).expect("writing to a vector does not fail")
}

/// A body of unannounced length, so that it goes out in chunks as Salesforce's answers do.
fn streamed(pieces: Vec<Vec<u8>>) -> Body {
    let frames = pieces
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .map(|piece| Ok::<_, io::Error>(Frame::data(piece.into())));
    StreamBody::new(stream::iter(frames.collect::<Vec<_>>())).boxed_unsync()
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(full(text.into()))
        .expect("constant headers make a response")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partner_api_is_found_with_and_without_a_suffix() {
        assert_eq!(soap_version("/services/Soap/u/58.0"), Some("58.0"));
        assert_eq!(soap_version("/services/Soap/u/58.0/00D5g0000000001"), Some("58.0"));
        assert_eq!(soap_version("/services/Soap/u/nonsense"), Some("nonsense"));
        assert_eq!(soap_version("/services/Soap/c/58.0"), None);
        assert_eq!(soap_version("/services/Soap/u/58.0/a/b"), None);
    }

    #[test]
    fn gzip_is_accepted_unless_its_weight_is_none() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(ACCEPT_ENCODING, http::HeaderValue::from_static(value))])
        };

        assert!(accepts_gzip(&headers("deflate, GZIP;q=0.5")));
        assert!(!accepts_gzip(&headers("gzip; q=0")));
        assert!(!accepts_gzip(&headers("identity")));
    }
}
