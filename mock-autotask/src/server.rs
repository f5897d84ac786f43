//! HTTP: headers in, answers out.
//!
//! The order of the checks is the vendor's: a path that is no route is refused before anyone asks who is calling,
//! zone and version information need no credentials, everything else does.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http::{Request, Response};
use hyper::body::Incoming;
use mock_kit::clock::Clock;
use mock_kit::server::{Body, BodyError, Dropped, Service, read_body};
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::answer::Outgoing;
use crate::calls::EntityCall;
use crate::control;
use crate::exchange::exchange;
use crate::instance::Instance;
use crate::refusal::{Complaint, Refusal};
use crate::route::Route;

/// The largest body taken.
const MOST_BODY: usize = 4 * 1024 * 1024;

/// The longest query string taken; the vendor's web server answers a longer one with 404.
const MOST_QUERY_STRING: usize = 2_048;

/// Answers requests for one instance.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) instance: Arc<Instance>,
    /// What the URLs of this server begin with.
    pub(crate) scheme: &'static str,
}

#[async_trait]
impl Service for Front {
    async fn call(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Dropped> {
        let (parts, body) = request.into_parts();
        if control::is_path(parts.uri.path()) {
            return Ok(control::answer(&self.instance, &parts, self.scheme, body).await);
        }
        let body = read_body(body, MOST_BODY).await.map_err(|error| match error {
            BodyError::TooLarge(_) => Refusal::TooLarge,
            BodyError::Broken(cause) => Refusal::BrokenBody(cause.to_string()),
        });
        let route = Route::find(&parts.method, parts.uri.path());
        let (instance, scheme) = (Arc::clone(&self.instance), self.scheme);
        exchange(Job { instance, scheme, parts, body, route, client: peer.ip() }).await
    }
}

/// A request that is to be carried out, once, now or later.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) instance: Arc<Instance>,
    scheme: &'static str,
    parts: Parts,
    body: Result<Bytes, Refusal>,
    route: Result<Route, Refusal>,
    pub(crate) client: IpAddr,
}

/// The name under which the journal keeps requests that are no calls.
const NO_CALL: &str = "(no route)";

impl Job {
    /// The call's name.
    pub(crate) fn name(&self) -> String {
        self.route.as_ref().map_or_else(|_| NO_CALL.to_owned(), |route| route.name())
    }

    /// The texts a fault may look for: path, query string as sent and decoded, body.
    pub(crate) fn texts(&self) -> [&[u8]; 3] {
        let query = self.parts.uri.query().unwrap_or_default();
        let body = self.body.as_ref().map_or(&[] as &[u8], |body| body);
        [self.parts.uri.path().as_bytes(), query.as_bytes(), body]
    }

    /// What the call is about, as sent: its body, or else its path and query string.
    pub(crate) fn about(&self) -> Cow<'_, str> {
        match &self.body {
            Ok(body) if !body.is_empty() && self.route.is_ok() => String::from_utf8_lossy(body),
            _ => {
                let target = self.parts.uri.path_and_query().map_or("", |target| target.as_str());
                let decoded = percent_decode_str(target).decode_utf8_lossy();
                format!("{} {decoded}", self.parts.method).into()
            }
        }
    }

    /// Does what the request asks for. It takes at least `pause`, and occupies its endpoint meanwhile.
    pub(crate) async fn carry_out(&self, pause: Duration) -> Outgoing {
        let answered = match &self.route {
            Ok(route) => self.answer(*route, pause).await,
            Err(refusal) => return self.refused(refusal),
        };
        answered.unwrap_or_else(|refusal| self.refused(&refusal))
    }

    /// A refusal as the answer to this request.
    pub(crate) fn refused(&self, refusal: &Refusal) -> Outgoing {
        Outgoing::refused(refusal, &self.parts.method, self.parts.uri.path(), host(&self.parts))
    }

    async fn answer(&self, route: Route, pause: Duration) -> Result<Outgoing, Refusal> {
        let parameters = Parameters::read(self.parts.uri.query().unwrap_or_default())?;
        let endpoint = match route {
            Route::ZoneInformation => return self.zone(&parameters),
            Route::VersionInformation => {
                return Ok(Outgoing::json(json!({ "apiVersions": ["V1.0"] }).to_string().into()));
            }
            Route::ThresholdInformation => "ThresholdInformation",
            Route::Version => "Version",
            Route::Entity { entity, .. } => entity.definition().path,
        };
        self.instance.admit(&self.parts.headers)?;
        let body = match &self.body {
            Ok(body) => body,
            Err(refusal) => return Ok(self.refused(refusal)),
        };
        let _slot = self.instance.enter(endpoint).await?;
        if pause > Duration::ZERO {
            self.instance.clock.sleep(pause).await;
        }
        match route {
            Route::Entity { entity, parent, call } => {
                let base = format!("{}/ATServicesRest/V1.0", base_url(self.scheme, &self.parts));
                let (instance, parts) = (&self.instance, &self.parts);
                let work = EntityCall { instance, parts, parameters, body, base, entity, parent };
                let mut turn = instance.turn().await;
                let answered = if call.is_write() {
                    work.answer(call, &mut *turn.write()?)
                } else {
                    work.answer(call, &mut turn.read())
                };
                turn.finish().await?;
                answered
            }
            Route::Version => Ok(version()),
            _ => Ok(self.threshold()),
        }
    }

    fn zone(&self, parameters: &Parameters) -> Result<Outgoing, Refusal> {
        let user = parameters.get("user").unwrap_or_default();
        if !self.instance.credentials().is_user(user) {
            return Err(Complaint::NoZone.into());
        }
        let elsewhere = self.instance.settings().zone_url.clone();
        let base = elsewhere.unwrap_or_else(|| base_url(self.scheme, &self.parts));
        let base = base.trim_end_matches('/');
        let zone = json!({
            "zoneName": "Mock Zone",
            "url": format!("{base}/ATServicesRest/"),
            "webUrl": format!("{base}/"),
            "ci": self.instance.database_number(),
        });
        Ok(Outgoing::json(zone.to_string().into()))
    }

    fn threshold(&self) -> Outgoing {
        let settings = self.instance.settings();
        let used = self.instance.traffic().used(self.instance.now(), &settings.limits);
        let threshold = json!({
            "externalRequestThreshold": settings.limits.threshold(),
            "requestThresholdTimeframe": 60,
            "currentTimeframeRequestCount": used,
        });
        Outgoing::json(threshold.to_string().into())
    }
}

fn version() -> Outgoing {
    let version =
        json!({ "majorVersion": 2026, "minorVersion": 3, "build": 1, "customerType": "Mock" });
    Outgoing::json(version.to_string().into())
}

/// What the client calls this server.
fn host(parts: &Parts) -> &str {
    parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1")
}

/// The server's URL as the client reaches it: zone and links have to lead back here.
pub(crate) fn base_url(scheme: &str, parts: &Parts) -> String {
    format!("{scheme}://{}", host(parts))
}

/// The parameters of a query string.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        if text.len() > MOST_QUERY_STRING {
            return Err(Refusal::NoRoute);
        }
        let decoded = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Ok(Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
