//! HTTP: headers in, answers out.
//!
//! The order of the checks is the vendor's: a path that is no route is refused before anyone asks who is calling,
//! zone and version information need no credentials, everything else does.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use mock_kit::server::{Body, BodyError, Dropped, Service, read_body};
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::answer;
use crate::entities::Entity;
use crate::instance::Instance;
use crate::metadata;
use crate::query::{self, Links, Paging, Query};
use crate::refusal::{Complaint, Refusal};
use crate::route::{Call, Route};
use crate::write;

/// The largest body taken.
const MOST_BODY: usize = 4 * 1024 * 1024;

/// The longest query string taken; the vendor's web server answers a longer one with 404.
const MOST_QUERY_STRING: usize = 2_048;

/// The requests an hour has.
pub(crate) const HOURLY_REQUESTS: u32 = 10_000;

/// Answers requests for one instance.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) instance: Arc<Instance>,
}

#[async_trait]
impl Service for Front {
    async fn call(
        &self,
        request: Request<Incoming>,
        _: SocketAddr,
    ) -> Result<Response<Body>, Dropped> {
        let (parts, body) = request.into_parts();
        let answered = self.answer(&parts, body).await;
        Ok(answered.unwrap_or_else(|refusal| {
            let request = format!("{} {}", parts.method, parts.uri.path());
            answer::refused(&refusal, &request, host(&parts))
        }))
    }
}

impl Front {
    async fn answer(&self, parts: &Parts, body: Incoming) -> Result<Response<Body>, Refusal> {
        let route = Route::find(&parts.method, parts.uri.path())?;
        let parameters = Parameters::read(parts.uri.query().unwrap_or_default())?;
        self.instance.count(route);
        match route {
            Route::ZoneInformation => return self.zone(parts, &parameters),
            Route::VersionInformation => {
                return Ok(answer::json(
                    json!({ "apiVersions": ["V1.0"] }).to_string().into_bytes(),
                ));
            }
            _ => {}
        }
        if !self.instance.credentials.admit(&parts.headers) {
            return Err(Refusal::Unauthorized);
        }
        let body = read_body(body, MOST_BODY).await.map_err(|error| match error {
            BodyError::TooLarge(_) => Refusal::TooLarge,
            BodyError::Broken(_) => Refusal::BrokenBody,
        })?;
        match route {
            Route::ThresholdInformation => Ok(self.threshold()),
            Route::Version => Ok(version()),
            Route::Entity { entity, parent, call } => {
                EntityCall { instance: &self.instance, parts, parameters, body, entity, parent }
                    .answer(call)
            }
            Route::ZoneInformation | Route::VersionInformation => Err(Refusal::NoRoute),
        }
    }

    fn zone(&self, parts: &Parts, parameters: &Parameters) -> Result<Response<Body>, Refusal> {
        let user = parameters.get("user").unwrap_or_default();
        if !self.instance.credentials.is_user(user) {
            return Err(Complaint::NoZone.into());
        }
        let host = host(parts);
        let zone = json!({
            "zoneName": "Mock Zone",
            "url": format!("http://{host}/ATServicesRest/"),
            "webUrl": format!("http://{host}/"),
            "ci": 30595,
        });
        Ok(answer::json(zone.to_string().into_bytes()))
    }

    fn threshold(&self) -> Response<Body> {
        let made: u64 = self.instance.calls().values().sum();
        let threshold = json!({
            "externalRequestThreshold": HOURLY_REQUESTS,
            "requestThresholdTimeframe": 60,
            "currentTimeframeRequestCount": made,
        });
        answer::json(threshold.to_string().into_bytes())
    }
}

fn version() -> Response<Body> {
    let version =
        json!({ "majorVersion": 2026, "minorVersion": 3, "build": 1, "customerType": "Mock" });
    answer::json(version.to_string().into_bytes())
}

/// What the client calls this server.
fn host(parts: &Parts) -> &str {
    parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1")
}

/// The parameters of a query string.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(text: &str) -> Result<Self, Refusal> {
        if text.len() > MOST_QUERY_STRING {
            return Err(Refusal::NoRoute);
        }
        let decoded = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Ok(Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A call on an entity, with all it needs.
struct EntityCall<'a> {
    instance: &'a Instance,
    parts: &'a Parts,
    parameters: Parameters,
    body: Bytes,
    entity: Entity,
    parent: Option<i64>,
}

impl EntityCall<'_> {
    fn answer(&self, call: Call) -> Result<Response<Body>, Refusal> {
        let mut tenant = self.instance.tenant();
        let udfs = self.instance.udf_view();
        let entity = self.entity;
        let bytes = match call {
            Call::Information => metadata::information(entity),
            Call::Fields => metadata::fields(entity, tenant.catalogue()),
            Call::UserDefinedFields => {
                metadata::user_defined_fields(entity, tenant.catalogue(), udfs.made_before)
            }
            Call::Query => query::page(
                &tenant,
                entity,
                &Query::read(self.filter()?)?,
                None,
                &self.links(),
                udfs,
            )?,
            Call::Page(step) => {
                let query = Query::read(self.filter()?)?;
                let paging =
                    Paging::read(self.parameters.get("paging").unwrap_or_default())?.step(step);
                query::page(&tenant, entity, &query, Some(paging), &self.links(), udfs)?
            }
            Call::Count => query::count(&tenant, entity, &Query::read(self.filter()?)?, udfs)?,
            Call::Item(id) => query::item(&tenant, entity, self.parent, id, udfs)?,
            Call::Children => {
                let parent = self.parent.ok_or(Refusal::NoRoute)?;
                let paging = self.parameters.get("paging").map(Paging::read).transpose()?;
                query::children(&tenant, entity, parent, paging, &self.links(), udfs)?
            }
            Call::Write(verb) => {
                let circumstances = self.instance.circumstances(None);
                let id = write::apply(
                    &mut tenant,
                    entity,
                    self.parent,
                    verb,
                    &self.body,
                    &circumstances,
                )?;
                return Ok(answer::item_id(id));
            }
            Call::Delete(id) => {
                let parent = self.parent.ok_or(Refusal::NoRoute)?;
                return Ok(answer::item_id(write::delete(&mut tenant, entity, parent, id)?));
            }
        };
        Ok(answer::json(bytes))
    }

    /// The JSON of a query: a POST's body, a GET's `search`. A GET without one does not fit the route.
    fn filter(&self) -> Result<&[u8], Refusal> {
        if self.parts.method == Method::POST {
            return Ok(&self.body);
        }
        let search = self.parameters.get("search").ok_or(Refusal::WrongMethod(Method::GET))?;
        Ok(search.as_bytes())
    }

    fn links(&self) -> Links<'_> {
        let search =
            if self.parts.method == Method::GET { self.parameters.get("search") } else { None };
        let definition = self.entity.definition();
        let path = match (&definition.parent, self.parent) {
            (Some(of), Some(parent)) => format!("{}/{parent}/{}", of.path, of.segment),
            _ => definition.path.to_owned(),
        };
        Links {
            base: format!("http://{}/ATServicesRest/V1.0/{path}", host(self.parts)),
            of_query: self.parent.is_none(),
            search,
        }
    }
}
