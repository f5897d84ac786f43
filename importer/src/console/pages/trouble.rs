//! What people are told when something does not work, and that it did, when it did.

use std::fmt::Display;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use maud::html;
use serde_json::json;

use super::layout::Page;
use crate::config::ConfigError;
use crate::desk::DeskError;
use crate::settings::SettingsError;
use crate::sqlite::LedgerError;

/// Why a page is not there, or a deed was not done.
#[derive(Debug)]
pub(in crate::console) struct Trouble {
    status: StatusCode,
    text: String,
    back: Option<(String, String)>,
}

impl Trouble {
    /// Something that can be said to anybody.
    pub(in crate::console) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), back: None }
    }

    /// The console's own fault: the log knows more.
    pub(in crate::console) fn internal(error: impl Display) -> Self {
        tracing::error!(%error, "the console could not answer");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong; the log tells more.")
    }

    /// What was asked for makes no sense.
    pub(in crate::console) fn wrong(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// Things are not as whoever asked takes them to be.
    pub(in crate::console) fn refused(text: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, text)
    }

    /// There is no such thing.
    pub(in crate::console) fn missing(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// The same for programs, as RFC 9457 has it.
    pub(in crate::console) fn into_problem(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("That did not work");
        let problem =
            json!({ "title": title, "status": self.status.as_u16(), "detail": self.text });
        let kind = [(CONTENT_TYPE, "application/problem+json")];
        (self.status, kind, problem.to_string()).into_response()
    }

    /// With a way on from here.
    pub(in crate::console) fn leading(
        self,
        address: impl Into<String>,
        words: impl Into<String>,
    ) -> Self {
        Self { back: Some((address.into(), words.into())), ..self }
    }
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Locked(_) | LedgerError::Elsewhere { .. } => {
                Self::refused(error.to_string())
            }
            error => {
                tracing::error!(%error, "the console cannot use the ledger");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
        }
    }
}

impl From<DeskError> for Trouble {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(text) => Self::refused(text),
            DeskError::Target(error) => Self::new(StatusCode::BAD_GATEWAY, error.to_string()),
            DeskError::Source(error) => Self::new(StatusCode::BAD_GATEWAY, error.to_string()),
            DeskError::Ledger(error) => error.into(),
        }
    }
}

impl From<ConfigError> for Trouble {
    fn from(error: ConfigError) -> Self {
        SettingsError::from(error).into()
    }
}

impl From<SettingsError> for Trouble {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Ledger(error) | SettingsError::Config(ConfigError::Ledger(error)) => {
                error.into()
            }
            error => Self::refused(error.to_string()),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (address, words) =
            self.back.unwrap_or_else(|| ("/".to_owned(), "To the first page".to_owned()));
        let body = html! {
            p.note.bad role="alert" { (self.text) }
            p { a href=(address) { (words) } }
        };
        let title = self.status.canonical_reason().unwrap_or("That did not work");
        (self.status, Page::open(title, body)).into_response()
    }
}
