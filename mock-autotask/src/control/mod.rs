//! The control plane under `/_mock/`: what a test or a person does to the mock that no client of Autotask could.
//!
//! It speaks JSON, is described by `/_mock/openapi.json`, and does nothing the library's own methods could not do. It
//! has no password: whoever reaches the mock may change it, so a mock listens on loopback unless told otherwise.

mod records;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;
use mock_kit::clock::Clock;
use mock_kit::server::{Body, BodyError, full, read_body};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::entities::Entity;
use crate::instance::Instance;
use crate::journal::JournalEntry;
use crate::limits::Limits;
use crate::metadata;
use crate::mock;
use crate::openapi;
use crate::records::{FixtureError, RecordError, Records};
use crate::server::{Parameters, base_url};
use crate::settings::Settings;
use crate::store::CheckpointError;

const PAGE: &str = include_str!("../../assets/page.html");
const OPENAPI: &str = include_str!("../../assets/openapi.json");

/// The largest fixture.
const MOST_BODY: usize = 50 * 1024 * 1024;

/// Entries of a history that are told at once.
const MOST_CHANGES: u32 = 200;

/// Whether a path belongs to the control plane.
pub(crate) fn is_path(path: &str) -> bool {
    path == "/_mock" || path.starts_with("/_mock/")
}

/// A request to the control plane.
#[derive(Debug)]
struct ControlRequest<'r> {
    instance: &'r Arc<Instance>,
    records: Records,
    method: &'r Method,
    parameters: Parameters,
    body: &'r [u8],
}

/// Why a request was not fulfilled.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
    }
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        let status = match error {
            RecordError::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
            RecordError::NoSuchRecord(..) => StatusCode::NOT_FOUND,
            RecordError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
    }
}

impl From<FixtureError> for Refusal {
    fn from(error: FixtureError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl From<CheckpointError> for Refusal {
    fn from(error: CheckpointError) -> Self {
        let status = match error {
            CheckpointError::Unknown(_) => StatusCode::NOT_FOUND,
            CheckpointError::TooMany => StatusCode::CONFLICT,
            CheckpointError::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

/// Answers a request to the control plane.
pub(crate) async fn answer(
    instance: &Arc<Instance>,
    parts: &Parts,
    scheme: &str,
    body: Incoming,
) -> Response<Body> {
    let body = match read_body(body, MOST_BODY).await {
        Ok(body) => body,
        Err(error @ BodyError::TooLarge(_)) => {
            return told(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "error": error.to_string() }));
        }
        Err(error) => {
            return told(StatusCode::BAD_REQUEST, &json!({ "error": error.to_string() }));
        }
    };
    let path = parts.uri.path().strip_prefix("/_mock").unwrap_or_default();
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (&parts.method, segments.as_slice()) {
        (&Method::GET, []) => document("text/html; charset=utf-8", PAGE),
        (&Method::GET, ["openapi.json"]) => document(JSON, OPENAPI),
        (&Method::GET, ["autotask-openapi.json"]) => {
            told(StatusCode::OK, &openapi::document(&base_url(scheme, parts)))
        }
        (method, segments) => {
            let answered = Parameters::read(parts.uri.query().unwrap_or_default())
                .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "the query string is too long"))
                .and_then(|parameters| {
                    let records = Records::new(Arc::clone(instance));
                    let body = &body;
                    ControlRequest { instance, records, method, parameters, body }.fulfil(segments)
                });
            answered.unwrap_or_else(|refusal| {
                told(refusal.status, &json!({ "error": refusal.message }))
            })
        }
    }
}

impl ControlRequest<'_> {
    fn fulfil(&self, path: &[&str]) -> Result<Response<Body>, Refusal> {
        let instance = self.instance;
        match (self.method, path) {
            (&Method::GET, ["state"]) => Ok(ok(&self.state()?)),
            (&Method::GET, ["settings"]) => Ok(ok(&*instance.settings())),
            (&Method::PATCH, ["settings"]) => self.change_settings(),
            (&Method::DELETE, ["requests"]) => {
                instance.traffic().forget();
                Ok(done())
            }
            (&Method::GET, ["journal"]) => Ok(self.journal()),
            (&Method::DELETE, ["journal"]) => {
                instance.journal().clear();
                Ok(done())
            }
            (&Method::GET, ["history"]) => Ok(ok(&self.records.history(self.most_changes())?)),
            (&Method::GET, ["creates", path]) => self.creates(path),
            (_, ["faults", rest @ ..]) => self.faults(rest),
            (&Method::GET, ["clock"]) => Ok(self.clock()),
            (&Method::POST, ["clock"]) => {
                let Advance { advance_seconds } = self.body()?;
                instance.clock.advance(advance_seconds);
                Ok(self.clock())
            }
            (&Method::POST, ["reset"]) => {
                instance.reset().map_err(RecordError::from)?;
                Ok(done())
            }
            (&Method::POST, ["generate"]) => self.generate(),
            (&Method::POST, ["fixtures"]) => Ok(ok(&self.records.load(&self.body()?)?)),
            (&Method::GET, ["checkpoints"]) => Ok(ok(&self.records.checkpoint_names())),
            (&Method::PUT, ["checkpoints", name]) => {
                self.records.checkpoint(name)?;
                Ok(done())
            }
            (&Method::POST, ["checkpoints", name, "rewind"]) => {
                self.records.rewind(name)?;
                Ok(done())
            }
            (_, ["records", path, rest @ ..]) => records::answer(self, entity(path)?, rest),
            (&Method::GET, ["fields", path]) => {
                let fields = metadata::fields(entity(path)?, instance.tenant().catalogue());
                Ok(json(StatusCode::OK, fields))
            }
            (&Method::GET, ["udfs", path]) => {
                let tenant = instance.tenant();
                let udfs =
                    metadata::user_defined_fields(entity(path)?, tenant.catalogue(), i64::MAX);
                Ok(json(StatusCode::OK, udfs))
            }
            (_, ["picklists", path, field]) => records::picklist(self, entity(path)?, field),
            _ => Err(Refusal::not_found(format!("{} /_mock/{}", self.method, path.join("/")))),
        }
    }

    fn state(&self) -> Result<Json, RecordError> {
        let instance = self.instance;
        let limits = instance.settings().limits.clone();
        let used = instance.traffic().used(instance.now(), &limits);
        Ok(json!({
            "now": instance.clock.now().to_string(),
            "companies": self.records.count(Entity::Company)?,
            "contacts": self.records.count(Entity::Contact)?,
            "resources": self.records.count(Entity::Resource)?,
            "userDefinedFields": self.records.count(Entity::UserDefinedFieldDefinition)?,
            "requestsLastHour": used,
            "requestsLeft": limits.requests_per_hour.map(|most| u64::from(most).saturating_sub(used)),
            "calls": instance.journal().counts(),
            "checkpoints": self.records.checkpoint_names(),
        }))
    }

    /// Settings that are not named stay as they are. `limits` may be one of the two names there are for them.
    fn change_settings(&self) -> Result<Response<Body>, Refusal> {
        let changes: BTreeMap<String, Json> = self.body()?;
        let mut all =
            serde_json::to_value(&*self.instance.settings()).map_err(|error| unreadable(&error))?;
        for (name, value) in changes {
            all[&name] = match (name.as_str(), &value) {
                ("limits", Json::String(limits)) => {
                    let limits = Limits::named(limits)
                        .ok_or_else(|| Refusal::not_found(format!("set of limits {limits}")))?;
                    serde_json::to_value(limits).map_err(|error| unreadable(&error))?
                }
                _ => value,
            };
        }
        let wanted: Settings = serde_json::from_value(all).map_err(|error| unreadable(&error))?;
        self.instance.configure(|settings| *settings = wanted);
        Ok(ok(&*self.instance.settings()))
    }

    fn clock(&self) -> Response<Body> {
        ok(&json!({
            "now": self.instance.clock.now().to_string(),
            "aheadSeconds": self.instance.clock.ahead().as_secs(),
        }))
    }

    /// The journal, oldest entry first: of one call, after a number, at most so many of the latest.
    fn journal(&self) -> Response<Body> {
        let call = self.parameters.get("call");
        let after = self.figure("after").unwrap_or(0);
        let limit = self.figure("limit").unwrap_or(usize::MAX);
        let journal = self.instance.journal();
        let mut entries: Vec<&JournalEntry> = journal
            .entries()
            .filter(|entry| entry.number > after && call.is_none_or(|call| call == entry.call))
            .collect();
        entries.drain(..entries.len().saturating_sub(limit));
        ok(&json!({ "counts": journal.counts(), "entries": entries }))
    }

    fn generate(&self) -> Result<Response<Body>, Refusal> {
        let Generate { seed, companies, contacts, resources } = self.body()?;
        let circumstances = self.instance.of_person();
        self.instance.clear().map_err(RecordError::from)?;
        let mut tenant = self.instance.tenant();
        let world = mock::World { seed, companies, contacts, resources };
        mock::fill(&mut tenant, circumstances, world).map_err(RecordError::from)?;
        drop(tenant);
        Ok(ok(&self.state()?))
    }

    fn creates(&self, path: &str) -> Result<Response<Body>, Refusal> {
        let name = self.parameters.get("name").unwrap_or_default();
        Ok(ok(&json!({ "creates": self.records.creates_of(entity(path)?, name)? })))
    }

    fn faults(&self, path: &[&str]) -> Result<Response<Body>, Refusal> {
        let mut faults = self.instance.faults();
        match (self.method, path) {
            (&Method::GET, []) => Ok(ok(&faults.list())),
            (&Method::POST, []) => match faults.add(self.body()?) {
                Some(id) => Ok(told(StatusCode::CREATED, &json!({ "id": id }))),
                None => Err(Refusal::new(StatusCode::CONFLICT, "there are too many rules")),
            },
            (&Method::DELETE, []) => {
                faults.clear();
                Ok(done())
            }
            (&Method::DELETE, [id]) => {
                let is_removed = id.parse().is_ok_and(|id| faults.remove(id));
                if is_removed { Ok(done()) } else { Err(Refusal::not_found(format!("fault {id}"))) }
            }
            _ => Err(Refusal::not_found(format!("{} for faults/{}", self.method, path.join("/")))),
        }
    }

    fn most_changes(&self) -> u32 {
        self.figure("limit").unwrap_or(50).min(MOST_CHANGES)
    }

    fn figure<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.parameters.get(name).and_then(|text| text.parse().ok())
    }

    /// The body as JSON of the expected form.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(self.body).map_err(|error| unreadable(&error))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generate {
    seed: u64,
    #[serde(default)]
    companies: u64,
    #[serde(default)]
    contacts: u64,
    #[serde(default)]
    resources: u64,
}

fn entity(path: &str) -> Result<Entity, Refusal> {
    Entity::from_path(path).ok_or_else(|| Refusal::not_found(format!("entity {path}")))
}

fn unreadable(error: &serde_json::Error) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
}

const JSON: &str = "application/json; charset=utf-8";

fn document(content_type: &'static str, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(full(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn told(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    json(status, serde_json::to_vec(value).expect("answers are plain data with text keys"))
}

fn json(status: StatusCode, text: Vec<u8>) -> Response<Body> {
    let mut response = document(JSON, text);
    *response.status_mut() = status;
    response
}

fn ok(value: &impl Serialize) -> Response<Body> {
    told(StatusCode::OK, value)
}

fn done() -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
