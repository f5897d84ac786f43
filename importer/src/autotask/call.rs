//! One call: its headers, what its answer means, and whether it is made again.
//!
//! Autotask answers a refused request with status 500 and an `errors` array, so the array decides and not the
//! status. An answer without one, from 500 up, comes from something in front of the API: what was asked for may
//! have been done.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::admission::Threshold;
use super::{Autotask, bounded};
use crate::http::{Answer, SendError, visible};
use crate::ports::TargetError;
use crate::retry::Retry;

/// Whether a call may be made again when its answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice is doing it once.
    Always,
    /// Only if it certainly was not carried out.
    IfNotDone,
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// The request was refused, in these words.
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
    /// The credentials are not accepted.
    #[error("status {0} and no further word")]
    NotLetIn(StatusCode),
    /// No database has this API user.
    #[error("no zone knows the user {user}: {words}")]
    UnknownUser {
        /// The user.
        user: String,
        /// Autotask's words.
        words: String,
    },
    /// The hour's requests are used up, for all integrations. Nothing was done.
    #[error("the hour's requests are used up: {0}")]
    HourUsed(String),
    /// The hour has no room for a request that must not wait. Nothing was sent.
    #[error("the hour has no room for it at present")]
    NoRoom,
    /// The run was asked to end while the request waited for room. Nothing was sent.
    #[error("it was asked to stop")]
    Stopped,
    /// Too many requests, at a time or for an unknown reason.
    #[error("too many requests: {words}")]
    TooMany {
        /// The pause that was named.
        pause: Option<Duration>,
        /// What was said.
        words: String,
    },
    /// Nothing of that name.
    #[error("{0} is not there: status 404")]
    NotThere(String),
    /// The answer is no answer of the API's.
    #[error("status {status}: {text:?}")]
    Strange {
        /// The status.
        status: StatusCode,
        /// What the answer says, shortened.
        text: String,
    },
    /// The answer is not what the call answers.
    #[error("the answer cannot be understood: {0}")]
    Unreadable(String),
    /// The zone is not where Autotask is.
    #[error("the zone's address {0} does not belong to where it was asked for; it is not followed")]
    Astray(String),
    /// The zone is not known yet.
    #[error("the database's zone has not been asked for yet")]
    NoZone,
    /// A user-defined field is not as it has to be.
    #[error("{0}")]
    IdField(String),
    /// There is no answer.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl CallError {
    /// Whether the request can have been carried out although its answer says nothing of it.
    fn may_be_done(&self) -> bool {
        match self {
            Self::Strange { status, .. } => status.is_server_error() || status.is_success(),
            Self::Unreadable(_) => true,
            Self::Send(error) => {
                !matches!(error, SendError::NotSent { .. } | SendError::Untrusted { .. })
            }
            _ => false,
        }
    }

    fn retry(&self, repeat: Repeat) -> Retry {
        match self {
            Self::TooMany { pause, .. } => pause.map_or(Retry::Soon, Retry::After),
            Self::Send(SendError::TooLarge { .. } | SendError::Untrusted { .. }) => Retry::Never,
            Self::Send(SendError::NotSent { .. }) => Retry::Soon,
            Self::Strange { .. } | Self::Send(_) if self.may_be_done() => match repeat {
                Repeat::Always => Retry::Soon,
                Repeat::IfNotDone => Retry::Never,
            },
            _ => Retry::Never,
        }
    }
}

impl CallError {
    /// The error of a call that only reads, which is never uncertain.
    pub(super) fn of_read(self) -> TargetError {
        if self.may_be_done() {
            return TargetError::Unavailable(Box::new(self));
        }
        self.into()
    }
}

impl From<CallError> for TargetError {
    fn from(error: CallError) -> Self {
        let remedy = "check user name, secret and integration code of the API user; it may also be locked, and a \
                      new one takes some minutes to work"
            .to_owned();
        match error {
            CallError::Refused(words) if words.iter().any(|words| lacks_rights(words)) => {
                Self::SignInRefused {
                    message: words.join("; "),
                    remedy: "give the API user's security level the right to add and edit companies and contacts, and to \
                             read resources and countries"
                        .to_owned(),
                }
            }
            CallError::Refused(words) => Self::Rejected(words),
            CallError::IdField(words) => Self::Rejected(vec![words]),
            CallError::HourUsed(_) | CallError::NoRoom => Self::NotNow,
            CallError::Stopped => Self::Stopped,
            CallError::NotLetIn(_) | CallError::UnknownUser { .. } => {
                Self::SignInRefused { message: error.to_string(), remedy }
            }
            error if error.may_be_done() => Self::Uncertain(Box::new(error)),
            error => Self::Unavailable(Box::new(error)),
        }
    }
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default, alias = "Errors")]
    errors: Vec<Json>,
    #[serde(default, alias = "Message")]
    message: Option<String>,
}

impl Autotask {
    /// Makes a call to the database, again and again while that makes sense.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
        repeat: Repeat,
    ) -> Result<T, CallError> {
        // A child's calls count for the child: the last word that is no number, before what is asked of it.
        let endpoint = if path.contains("/Contacts") {
            "Contacts"
        } else {
            path.split('/').next().unwrap_or(path)
        };
        let headers = self.headers(body.is_some())?;
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let mut zone = self.zone().await?;
        let mut has_moved = false;
        loop {
            let address = format!("{}/{path}", zone.base);
            let (method, headers, bytes) = (method.clone(), headers.clone(), bytes.clone());
            let outcome =
                self.patiently(method, &address, headers, bytes, repeat, Some(endpoint)).await;
            // A zone that the database has left lets nobody in, whatever the credentials. Nothing was done there.
            if has_moved || !matches!(outcome, Err(CallError::NotLetIn(_))) {
                return outcome;
            }
            let Some(found) = self.moved_from(&zone).await else { return outcome };
            (zone, has_moved) = (found, true);
        }
    }

    /// Asks how much of the hour is used, once the zone is known. The question waits for nothing, and is put once.
    pub(super) async fn threshold(&self) -> Result<Threshold, CallError> {
        let zone = self.zone.known().ok_or(CallError::NoZone)?;
        let address = format!("{}/ThresholdInformation", zone.base);
        let uri = address_of(&address)?;
        let headers = self.headers(false)?;
        let answer = self.http.send(Method::GET, &uri, headers, Bytes::new()).await?;
        understand(&uri, &answer)
    }

    /// Makes a call that needs no credentials.
    pub(super) async fn open<T: DeserializeOwned>(&self, address: &str) -> Result<T, CallError> {
        let headers = HeaderMap::new();
        self.patiently(Method::GET, address, headers, Bytes::new(), Repeat::Always, None).await
    }

    async fn patiently<T: DeserializeOwned>(
        &self,
        method: Method,
        address: &str,
        headers: HeaderMap,
        body: Bytes,
        repeat: Repeat,
        endpoint: Option<&str>,
    ) -> Result<T, CallError> {
        let uri = address_of(address)?;
        let mut made = 0;
        loop {
            let send = || self.http.send(method.clone(), &uri, headers.clone(), body.clone());
            let attempt = async {
                let answer = match endpoint {
                    Some(endpoint) => self.admitted(endpoint, &method, repeat, send).await?,
                    None => send().await?,
                };
                understand(&uri, &answer)
            };
            let error = match attempt.await {
                Ok(value) => return Ok(value),
                Err(CallError::HourUsed(words)) if endpoint.is_none() => {
                    CallError::TooMany { pause: None, words }
                }
                Err(CallError::HourUsed(words)) => {
                    self.refused_for_the_hour(&words);
                    if repeat == Repeat::Always {
                        // The next attempt is admitted once the hour has room again.
                        continue;
                    }
                    // What may be created after a wait is to be decided anew.
                    return Err(CallError::HourUsed(words));
                }
                Err(CallError::Refused(words)) if reads(&method, &uri) && is_a_fault(&words) => {
                    let status = StatusCode::INTERNAL_SERVER_ERROR;
                    CallError::Strange { status, text: words.join("; ") }
                }
                Err(error) => error,
            };
            made += 1;
            let Some(pause) = self.retry.pause_after(made, error.retry(repeat)) else {
                return Err(error);
            };
            tracing::warn!(
                path = uri.path(),
                attempt = made,
                pause_ms = pause.as_millis(),
                %error,
                "Autotask did not answer the call; trying again"
            );
            self.http.clock().sleep(pause).await;
        }
    }

    fn headers(&self, with_body: bool) -> Result<HeaderMap, CallError> {
        let credentials = &self.access.credentials;
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("apiintegrationcode", credentials.integration_code.expose_secret()),
            ("username", credentials.user.as_str()),
            ("secret", credentials.secret.expose_secret()),
        ] {
            let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                CallError::Unreadable(format!("the credential {name} holds a control character"))
            })?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        if with_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(headers)
    }
}

/// Whether a call only reads. Most queries are POSTs.
fn reads(method: &Method, uri: &Uri) -> bool {
    method == Method::GET || uri.path().ends_with("/query")
}

/// Whether the words of a refusal tell of a fault at Autotask's. What is written may be what upsets it; a question is the
/// same as ever, and does not show that anybody's credentials are wrong.
fn is_a_fault(words: &[String]) -> bool {
    let words = words.join(" ").to_lowercase();
    ["unexpected error", "timeout", "timed out", "deadlock", "temporarily", "try again"]
        .into_iter()
        .any(|fault| words.contains(fault))
}

/// Whether a refusal says that the API user may not do this with any record of the kind.
fn lacks_rights(words: &str) -> bool {
    words.starts_with("The logged in Resource does not have the adequate permissions")
        && words.contains("entity type")
}

fn address_of(text: &str) -> Result<Uri, CallError> {
    text.parse().map_err(|_| CallError::Unreadable(format!("`{text}` is no address")))
}

/// What an answer means.
pub(super) fn understand<T: DeserializeOwned>(uri: &Uri, answer: &Answer) -> Result<T, CallError> {
    let status = answer.status;
    let json = bounded::read(&answer.body);
    let (errors, message) = json.as_ref().map(errors_in).unwrap_or_default();
    let is_limited = status == StatusCode::TOO_MANY_REQUESTS;
    let said = || if errors.is_empty() { shortened(&answer.body) } else { errors.join("; ") };
    if (is_limited || !errors.is_empty()) && is_hourly_limit(&said(), is_limited) {
        return Err(CallError::HourUsed(said()));
    }
    if is_thread_limit(&errors) || is_limited {
        let pause = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let pause = pause.and_then(|text| text.parse().ok()).map(Duration::from_secs);
        return Err(CallError::TooMany { pause, words: said() });
    }
    if !errors.is_empty() {
        return Err(CallError::Refused(errors));
    }
    match status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(CallError::NotLetIn(status));
        }
        StatusCode::NOT_FOUND => return Err(CallError::NotThere(uri.path().to_owned())),
        _ => {
            let text = message.unwrap_or_else(|| shortened(&answer.body));
            return Err(CallError::Strange { status, text });
        }
    }
    let json = json.map_err(|error| {
        CallError::Unreadable(format!("{error}: {:?}", shortened(&answer.body)))
    })?;
    serde_json::from_value(json).map_err(|error| CallError::Unreadable(error.to_string()))
}

/// The messages of an `errors` array, and the message of an answer that has none.
fn errors_in(json: &Json) -> (Vec<String>, Option<String>) {
    if !json.is_object() || json.get("items").is_some() {
        return Default::default();
    }
    let Ok(Errors { errors, message }) = Errors::deserialize(json) else {
        return Default::default();
    };
    let words = |error: Json| match error {
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    (errors.into_iter().map(words).collect(), message)
}

/// The thread limit's words, which come with other statuses than 429 too.
fn is_thread_limit(errors: &[String]) -> bool {
    errors.iter().any(|error| error.contains("thread threshold"))
}

/// The hourly limit's words. Neither they nor their status are confirmed: with status 429 whatever speaks of a
/// threshold of requests counts, with another only the whole phrase, as a refusal may quote a record's name. Any other
/// 429 is tried again for about a minute.
fn is_hourly_limit(words: &str, is_limited: bool) -> bool {
    let words = words.to_lowercase();
    let says = |part| words.contains(part);
    !says("thread")
        && says("threshold")
        && if is_limited { says("request") } else { says("request threshold") && says("exceeded") }
}

fn shortened(body: &[u8]) -> String {
    visible(&String::from_utf8_lossy(body))
}
