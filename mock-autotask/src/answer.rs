//! Answers as HTTP: JSON where the API speaks, the web server's own page where it does not.

use http::{Method, StatusCode};
use serde_json::json;

use crate::refusal::{Complaint, Refusal};

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html";

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

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// What `WWW-Authenticate` says.
    pub(crate) challenge: Option<String>,
    /// The errors the body tells, for the journal.
    pub(crate) errors: Vec<String>,
    /// What the client is not told, for the journal.
    pub(crate) warning: Option<String>,
}

impl Outgoing {
    /// An answer of any kind.
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status, content_type, body, challenge: None, errors: Vec::new(), warning: None }
    }

    /// 200 with JSON.
    pub(crate) fn json(body: Vec<u8>) -> Self {
        Self::new(StatusCode::OK, JSON, body)
    }

    /// 200 with the id of a record that was written.
    pub(crate) fn item_id(id: i64) -> Self {
        Self::json(format!("{{\"itemId\":{id}}}").into_bytes())
    }

    /// A page of HTML.
    pub(crate) fn page(status: StatusCode, body: &str) -> Self {
        Self::new(status, HTML, body.as_bytes().to_vec())
    }

    /// A refusal with its status. `method` and `path` are those of the request, `host` what the client calls this
    /// server.
    pub(crate) fn refused(refusal: &Refusal, method: &Method, path: &str, host: &str) -> Self {
        match refusal {
            Refusal::Complaints(complaints) => Self::errors(500, told(complaints)),
            Refusal::Throttled(complaint) => Self::errors(429, vec![complaint.to_string()]),
            Refusal::OnPurpose(status, messages) => Self::errors(*status, messages.clone()),
            Refusal::Unauthorized(reason) => {
                let mut answer = Self::new(StatusCode::UNAUTHORIZED, "", Vec::new());
                answer.challenge = Some(format!("Basic Realm=\"{host}\""));
                answer.warning = Some((*reason).to_owned());
                answer
            }
            Refusal::NoItem => Self::new(StatusCode::NOT_FOUND, JSON, b"{\"item\":null}".to_vec()),
            Refusal::NoRoute => {
                let request = harmless(&format!("{method} {path}"));
                Self::page(StatusCode::NOT_FOUND, &NOT_FOUND_PAGE.replace("REQUESTED", &request))
            }
            Refusal::WrongMethod(method) => {
                let message =
                    format!("The requested resource does not support http method '{method}'.");
                let body = json!({ "Message": message }).to_string().into_bytes();
                Self::new(StatusCode::METHOD_NOT_ALLOWED, JSON, body)
            }
            Refusal::TooLarge => Self::page(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The page was not displayed because the request entity is too large.",
            ),
            Refusal::BrokenBody(_) => Self::page(StatusCode::BAD_REQUEST, "Bad Request"),
            Refusal::Storage(error) => Self::failed(error.to_string()),
            Refusal::NotCommitted(reason) => Self::failed(reason.clone()),
        }
    }

    /// The vendor's words for a failure of its own.
    fn failed(reason: String) -> Self {
        tracing::error!(reason, "the database failed");
        let mut answer = Self::errors(500, told(&[Complaint::Unexpected(1165)]));
        answer.warning = Some(reason);
        answer
    }

    fn errors(status: u16, errors: Vec<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "errors": errors }).to_string().into_bytes();
        Self { errors, ..Self::new(status, JSON, body) }
    }
}

fn told(complaints: &[Complaint]) -> Vec<String> {
    complaints.iter().map(ToString::to_string).collect()
}

/// A request line without what could end a comment or a page.
fn harmless(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || " /._{}".contains(*c)).take(200).collect()
}
