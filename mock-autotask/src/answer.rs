//! Answers as HTTP: JSON where the API speaks, the web server's own page where it does not.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use mock_kit::server::{Body, full};
use serde_json::json;

use crate::refusal::{Complaint, Refusal};

/// The page of a web server that has no such route. It names what was asked for in a comment.
const NOT_FOUND_PAGE: &str = r#"<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"/>
<title>404 - File or directory not found.</title>
</head>
<body>
<div id="header"><h1>Server Error</h1></div>
<div id="content">
 <h2>404 - File or directory not found.</h2>
 <h3>The resource you are looking for might have been removed, had its name changed, or is temporarily unavailable.</h3>
</div>
<!-- mock-autotask has no route REQUESTED -->
</body>
</html>
"#;

/// 200 with JSON.
pub(crate) fn json(bytes: Vec<u8>) -> Response<Body> {
    with_body(StatusCode::OK, "application/json; charset=utf-8", bytes)
}

/// 200 with the id of a record that was written.
pub(crate) fn item_id(id: i64) -> Response<Body> {
    json(format!("{{\"itemId\":{id}}}").into_bytes())
}

/// A refusal with its status. `request` is the method and path, `host` what the client calls this server.
pub(crate) fn refused(refusal: &Refusal, request: &str, host: &str) -> Response<Body> {
    match refusal {
        Refusal::Complaints(complaints) => errors(StatusCode::INTERNAL_SERVER_ERROR, complaints),
        Refusal::Throttled(complaint) => {
            errors(StatusCode::TOO_MANY_REQUESTS, std::slice::from_ref(complaint))
        }
        Refusal::Unauthorized => unauthorized(host),
        Refusal::NoRoute => {
            let page = NOT_FOUND_PAGE.replace("REQUESTED", &harmless(request));
            with_body(StatusCode::NOT_FOUND, "text/html", page.into_bytes())
        }
        Refusal::WrongMethod(method) => {
            let message =
                format!("The requested resource does not support http method '{method}'.");
            let body = json!({ "Message": message }).to_string();
            with_body(
                StatusCode::METHOD_NOT_ALLOWED,
                "application/json; charset=utf-8",
                body.into_bytes(),
            )
        }
        Refusal::TooLarge => with_body(
            StatusCode::PAYLOAD_TOO_LARGE,
            "text/html",
            b"The page was not displayed because the request entity is too large.".to_vec(),
        ),
        Refusal::BrokenBody => {
            with_body(StatusCode::BAD_REQUEST, "text/html", b"Bad Request".to_vec())
        }
        Refusal::Storage(error) => {
            tracing::error!(%error, "the database failed");
            errors(StatusCode::INTERNAL_SERVER_ERROR, &[Complaint::Unexpected(1165)])
        }
    }
}

fn unauthorized(host: &str) -> Response<Body> {
    let mut answer = Response::new(full(""));
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    let realm = format!("Basic Realm=\"{host}\"");
    let realm =
        HeaderValue::try_from(realm).unwrap_or(HeaderValue::from_static("Basic Realm=\"\""));
    headers.insert(WWW_AUTHENTICATE, realm);
    answer
}

fn errors(status: StatusCode, complaints: &[Complaint]) -> Response<Body> {
    let messages: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    let body = json!({ "errors": messages }).to_string();
    with_body(status, "application/json; charset=utf-8", body.into_bytes())
}

pub(crate) fn with_body(
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
) -> Response<Body> {
    let mut answer = Response::new(full(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// A request line without what could end a comment or a page.
fn harmless(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || " /._{}".contains(*c)).take(200).collect()
}
