//! The control plane under `/_mock/`: what a test or a person does to the mock that no client of Salesforce could.
//!
//! It speaks JSON, is described by `/_mock/openapi.json`, and does nothing the library's own methods could not do. It
//! has no password: whoever reaches the mock may change it, so a mock listens on loopback unless told otherwise.

mod fields;
mod records;

use std::collections::BTreeMap;

use http::{Method, Response, StatusCode, Uri};
use mock_kit::clock::Clock;
use mock_kit::server::Body;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::instance::Instance;
use crate::journal::JournalEntry;
use crate::message;
use crate::org::{CheckpointError, FieldSettingsError, FixtureError, ObjectKind, OrgError};
use crate::settings::Settings;

const PAGE: &str = include_str!("../../assets/page.html");
const OPENAPI: &str = include_str!("../../assets/openapi.json");
const WSDL: &str = include_str!("../../assets/partner.wsdl");

/// A request to the control plane.
#[derive(Debug)]
pub(crate) struct ControlRequest<'r> {
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) base_url: &'r str,
    pub(crate) body: &'r [u8],
}

impl ControlRequest<'_> {
    /// A parameter of the query.
    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        Some(percent_decode_str(&pair.replace('+', " ")).decode_utf8_lossy().into_owned())
    }
}

/// Why a request was not fulfilled.
#[derive(Debug)]
pub(super) struct Refusal {
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

impl From<OrgError> for Refusal {
    fn from(error: OrgError) -> Self {
        let status = match error {
            OrgError::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
            OrgError::NoSuchId(_) => StatusCode::NOT_FOUND,
            OrgError::Refused(_) | OrgError::NotAnObject(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
    }
}

impl From<FixtureError> for Refusal {
    fn from(error: FixtureError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl From<FieldSettingsError> for Refusal {
    fn from(error: FieldSettingsError) -> Self {
        let status = match error {
            FieldSettingsError::NoSuchField { .. } => StatusCode::NOT_FOUND,
            FieldSettingsError::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
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
pub(crate) fn answer(instance: &Instance, request: &ControlRequest<'_>) -> Response<Body> {
    let path = request.uri.path().strip_prefix("/_mock").unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let document = |content_type, text: String| message::document(content_type, text);
    match (request.method, segments.as_slice()) {
        (&Method::GET, []) => document("text/html; charset=utf-8", PAGE.to_owned()),
        (&Method::GET, ["openapi.json"]) => document("application/json", OPENAPI.to_owned()),
        (&Method::GET, ["partner.wsdl"]) => {
            document("text/xml; charset=utf-8", WSDL.replace("{SERVER}", request.base_url))
        }
        _ => match fulfil(instance, request, &segments) {
            Ok(answer) => answer,
            Err(refusal) => message::json(refusal.status, &json!({ "error": refusal.message })),
        },
    }
}

fn fulfil(
    instance: &Instance,
    request: &ControlRequest<'_>,
    path: &[&str],
) -> Result<Response<Body>, Refusal> {
    let org = &instance.org;
    match (request.method, path) {
        (&Method::GET, ["state"]) => Ok(ok(&state(instance)?)),
        (&Method::GET, ["settings"]) => Ok(ok(&*instance.settings())),
        (&Method::PATCH, ["settings"]) => change_settings(instance, request),
        (&Method::DELETE, ["sessions"]) => {
            instance.sessions().close_all();
            Ok(done())
        }
        (&Method::POST, ["logins"]) => admit(instance, request),
        (&Method::GET, ["journal"]) => Ok(journal(instance, request)),
        (&Method::DELETE, ["journal"]) => {
            instance.journal().clear();
            Ok(done())
        }
        (_, ["faults", rest @ ..]) => faults(instance, request, rest),
        (&Method::GET, ["clock"]) => Ok(clock(instance)),
        (&Method::POST, ["clock"]) => {
            let Advance { advance_seconds } = body(request)?;
            instance.clock.advance(advance_seconds);
            Ok(clock(instance))
        }
        (&Method::POST, ["reset"]) => {
            instance.reset()?;
            Ok(done())
        }
        (&Method::POST, ["fixtures"]) => Ok(ok(&org.load(&body(request)?)?)),
        (&Method::POST, ["generate"]) => generate(instance, request),
        (&Method::GET, ["checkpoints"]) => Ok(ok(&org.checkpoint_names())),
        (&Method::PUT, ["checkpoints", name]) => {
            org.checkpoint(name)?;
            Ok(done())
        }
        (&Method::POST, ["checkpoints", name, "rewind"]) => {
            org.rewind(name)?;
            Ok(done())
        }
        (_, ["records", object, rest @ ..]) => {
            records::answer(org, request, known_object(object)?, rest)
        }
        (_, ["fields", object, rest @ ..]) => {
            fields::answer(org, request, known_object(object)?, rest)
        }
        _ => Err(Refusal::not_found(format!("{} /_mock/{}", request.method, path.join("/")))),
    }
}

fn state(instance: &Instance) -> Result<Json, OrgError> {
    let org = &instance.org;
    let now = instance.clock.now();
    let limit = instance.settings().daily_requests;
    Ok(json!({
        "organizationId": org.organization_id(),
        "now": now.to_string(),
        "users": org.count(ObjectKind::User)?,
        "accounts": org.count(ObjectKind::Account)?,
        "contacts": org.count(ObjectKind::Contact)?,
        "requestsLast24Hours": instance.usage().count(now),
        "dailyRequests": limit,
        "calls": instance.journal().counts(),
        "checkpoints": org.checkpoint_names(),
    }))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    username: String,
    password: String,
    #[serde(default)]
    token: String,
}

fn admit(instance: &Instance, request: &ControlRequest<'_>) -> Result<Response<Body>, Refusal> {
    let Login { username, password, token } = body(request)?;
    if instance.admit(&username, &password, &token)? {
        return Ok(done());
    }
    Err(Refusal::not_found(format!("user with the Username {username}")))
}

fn known_object(name: &str) -> Result<ObjectKind, Refusal> {
    ObjectKind::named(name).ok_or_else(|| Refusal::not_found(format!("object {name}")))
}

/// Settings that are not named stay as they are.
fn change_settings(
    instance: &Instance,
    request: &ControlRequest<'_>,
) -> Result<Response<Body>, Refusal> {
    let changes: BTreeMap<String, Json> = body(request)?;
    let mut all =
        serde_json::to_value(&*instance.settings()).map_err(|error| unreadable(&error))?;
    for (name, value) in changes {
        all[name] = value;
    }
    let wanted: Settings = serde_json::from_value(all).map_err(|error| unreadable(&error))?;
    instance.configure(|settings| *settings = wanted);
    Ok(ok(&*instance.settings()))
}

fn clock(instance: &Instance) -> Response<Body> {
    ok(&json!({
        "now": instance.clock.now().to_string(),
        "aheadSeconds": instance.clock.ahead().as_secs(),
    }))
}

/// The journal, oldest entry first: of one call, after a number, at most so many of the latest.
fn journal(instance: &Instance, request: &ControlRequest<'_>) -> Response<Body> {
    let call = request.parameter("call");
    let figure = |name| request.parameter(name).and_then(|text| text.parse::<u64>().ok());
    let after = figure("after").unwrap_or(0);
    let limit = figure("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let journal = instance.journal();
    let mut entries: Vec<&JournalEntry> = journal
        .entries()
        .filter(|entry| {
            entry.number > after && call.as_ref().is_none_or(|call| *call == entry.call)
        })
        .collect();
    entries.drain(..entries.len().saturating_sub(limit));
    ok(&json!({ "counts": journal.counts(), "entries": entries }))
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: u32,
}

fn faults(
    instance: &Instance,
    request: &ControlRequest<'_>,
    path: &[&str],
) -> Result<Response<Body>, Refusal> {
    let mut faults = instance.faults();
    match (request.method, path) {
        (&Method::GET, []) => Ok(ok(&faults.list())),
        (&Method::POST, []) => match faults.add(body(request)?) {
            Some(id) => Ok(message::json(StatusCode::CREATED, &json!({ "id": id }))),
            None => Err(Refusal::new(StatusCode::CONFLICT, "there are too many rules")),
        },
        (&Method::DELETE, []) => {
            faults.clear();
            Ok(done())
        }
        (&Method::DELETE, [id]) if id.parse().is_ok_and(|id| faults.remove(id)) => Ok(done()),
        _ => Err(Refusal::not_found(format!("{} for faults/{}", request.method, path.join("/")))),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Generate {
    seed: u64,
    accounts: u64,
    contacts: u64,
}

fn generate(instance: &Instance, request: &ControlRequest<'_>) -> Result<Response<Body>, Refusal> {
    let Generate { seed, accounts, contacts } = body(request)?;
    instance.org.clear()?;
    crate::seed::fill(&instance.org, seed, accounts, contacts)?;
    Ok(ok(&state(instance)?))
}

/// The body as JSON of the expected form.
pub(super) fn body<T: DeserializeOwned>(request: &ControlRequest<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(request.body).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
}

pub(super) fn ok(value: &impl Serialize) -> Response<Body> {
    message::json(StatusCode::OK, value)
}

pub(super) fn done() -> Response<Body> {
    message::plain(StatusCode::NO_CONTENT, "")
}
