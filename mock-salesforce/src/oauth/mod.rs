//! OAuth: `POST /services/oauth2/token`, the way in where SOAP login has ended.
//!
//! Three grants lead to an access token, which is a session id like any other: client credentials (on a My Domain host
//! only), JWT bearer, and user name with password where the org still allows it. Which host is meant is decided by the
//! `Host` header: one that begins with `login.` or `test.` is a login host, every other is this org's My Domain.

mod assertion;
mod form;
mod public_key;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use mock_kit::clock::Clock;
use ring::hmac;
use serde::Serialize;

use crate::instance::Instance;
use crate::login::Attempt;
use crate::org::ids::RecordId;
use crate::org::schema::ObjectKind;
use crate::session::Rights;
use form::Form;
pub use public_key::{BadKey, PublicKey};

const CLIENT_CREDENTIALS: &str = "client_credentials";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PASSWORD: &str = "password";

/// An app that may ask for tokens.
#[derive(Clone)]
pub struct ConnectedApp {
    /// The app's public name.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: String,
    /// The user name the client credentials flow runs as; without one that flow is not enabled.
    pub run_as: Option<String>,
    /// The key assertions are verified with; without one the JWT bearer flow is not enabled.
    pub key: Option<PublicKey>,
    /// Whether users have approved the app, which the JWT bearer flow needs.
    pub approved: bool,
    /// The scopes of its tokens, with blanks between them; without `api` or `full` SOAP takes none of them.
    pub scope: String,
}

impl std::fmt::Debug for ConnectedApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectedApp")
            .field("client_id", &self.client_id)
            .field("run_as", &self.run_as)
            .field("has_key", &self.key.is_some())
            .field("approved", &self.approved)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// The apps of an org, by client id.
pub(crate) type ConnectedApps = BTreeMap<String, ConnectedApp>;

/// A token request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenRequest<'r> {
    /// Scheme and host the client used.
    pub(crate) base_url: &'r str,
    pub(crate) authorization: Option<&'r str>,
    pub(crate) peer: IpAddr,
    pub(crate) body: &'r [u8],
}

impl TokenRequest<'_> {
    fn is_login_host(&self) -> bool {
        let host = self.base_url.rsplit("://").next().unwrap_or_default();
        host.starts_with("login.") || host.starts_with("test.")
    }
}

/// The answer that holds a token.
#[derive(Debug, Serialize)]
pub(crate) struct Granted {
    access_token: String,
    signature: String,
    scope: String,
    instance_url: String,
    id: String,
    token_type: &'static str,
    issued_at: String,
}

/// A refusal, as JSON with status 400.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: &'static str,
    pub(crate) error_description: &'static str,
    /// Why, for the journal, where the client is not told.
    #[serde(skip)]
    pub(crate) reason: Option<Cow<'static, str>>,
}

const fn refusal(error: &'static str, error_description: &'static str) -> Refusal {
    Refusal { error, error_description, reason: None }
}

impl Refusal {
    fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }
}

/// What a token request is about, for the journal: no secret, no assertion.
pub(crate) fn description(body: &[u8]) -> String {
    let form = Form::parse(body);
    ["grant_type", "client_id", "username"]
        .iter()
        .filter_map(|name| form.get(name))
        .map(|value| value.chars().take(100).collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Answers a token request.
pub(crate) fn token(instance: &Instance, request: TokenRequest<'_>) -> Result<Granted, Refusal> {
    let form = Form::parse(request.body);
    let now = instance.clock.now();
    let (user, app) = match form.get("grant_type") {
        Some(CLIENT_CREDENTIALS) => client_credentials(instance, &form, request)?,
        Some(JWT_BEARER) => jwt_bearer(instance, &form, request, now)?,
        Some(PASSWORD) => password(instance, &form, request, now)?,
        _ => return Err(refusal("unsupported_grant_type", "grant type not supported")),
    };
    issue(instance, request.base_url, user, app, now)
        .map_err(|_| refusal("server_error", "mock-salesforce failed to open a session"))
}

/// Client id and secret, from the form or from HTTP Basic.
fn client(form: &Form, authorization: Option<&str>) -> (String, String) {
    let basic = authorization.and_then(|value| value.strip_prefix("Basic ")).and_then(|encoded| {
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
        decoded.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
    });
    basic.unwrap_or_else(|| {
        let field = |name| form.get(name).unwrap_or_default().to_owned();
        (field("client_id"), field("client_secret"))
    })
}

fn known_app(
    instance: &Instance,
    form: &Form,
    authorization: Option<&str>,
) -> Result<ConnectedApp, Refusal> {
    let (id, secret) = client(form, authorization);
    let app = instance
        .apps()
        .get(&id)
        .cloned()
        .ok_or(refusal("invalid_client_id", "client identifier invalid"))?;
    if app.client_secret != secret {
        return Err(refusal("invalid_client", "invalid client credentials"));
    }
    Ok(app)
}

fn client_credentials(
    instance: &Instance,
    form: &Form,
    request: TokenRequest<'_>,
) -> Result<(i64, ConnectedApp), Refusal> {
    if request.is_login_host() {
        return Err(refusal("invalid_grant", "request not supported on this domain")
            .because("the Host header names a login host, not the org's own domain"));
    }
    let app = known_app(instance, form, request.authorization)?;
    let user = app.run_as.as_deref().and_then(|name| instance.doorkeeper().user(name));
    let user = user.ok_or_else(|| {
        refusal("invalid_grant", "no client credentials user enabled")
            .because("the app has no user to run as")
    })?;
    Ok((user, app))
}

fn jwt_bearer(
    instance: &Instance,
    form: &Form,
    request: TokenRequest<'_>,
    now: Timestamp,
) -> Result<(i64, ConnectedApp), Refusal> {
    let invalid =
        |reason: &'static str| refusal("invalid_grant", "invalid assertion").because(reason);
    let assertion = assertion::read(form.get("assertion").unwrap_or_default())
        .ok_or_else(|| invalid("the assertion is no JWT signed with RS256"))?;
    let app = instance.apps().get(&assertion.claims.iss).cloned();
    let app = app.ok_or(refusal("invalid_client_id", "client identifier invalid"))?;
    let key = app.key.as_ref().ok_or_else(|| invalid("the app has no key registered"))?;
    if !assertion.is_signed_by(key) {
        return Err(invalid("the signature is not that of the app's key"));
    }
    assertion.check_times(now)?;
    let own = [request.base_url, "https://login.salesforce.com", "https://test.salesforce.com"];
    if !own.contains(&assertion.claims.aud.trim_end_matches('/')) {
        let reason = format!("aud is neither {} nor a login host", request.base_url);
        return Err(refusal("invalid_grant", "audience is invalid").because(reason));
    }
    let not_approved = |reason: &'static str| {
        refusal("invalid_grant", "user hasn't approved this consumer").because(reason)
    };
    if !app.approved {
        return Err(not_approved("the app is not approved"));
    }
    let user = instance.doorkeeper().user(&assertion.claims.sub);
    Ok((user.ok_or_else(|| not_approved("sub is no user who may sign in"))?, app))
}

fn password(
    instance: &Instance,
    form: &Form,
    request: TokenRequest<'_>,
    now: Timestamp,
) -> Result<(i64, ConnectedApp), Refusal> {
    let app = known_app(instance, form, request.authorization)?;
    let settings = instance.settings().clone();
    if !settings.oauth_password {
        return Err(refusal("invalid_grant", "authentication failure")
            .because("the setting oauthPassword is off"));
    }
    let attempt = Attempt {
        username: form.get("username").unwrap_or_default(),
        password: form.get("password").unwrap_or_default(),
        address: settings.client_address.unwrap_or(request.peer),
        now,
    };
    let signed_in = instance.doorkeeper().sign_in(attempt, &settings);
    let user = signed_in.map_err(|fault| {
        let reason = fault.reason.unwrap_or(Cow::Owned(fault.message));
        refusal("invalid_grant", "authentication failure").because(reason)
    })?;
    Ok((user, app))
}

fn issue(
    instance: &Instance,
    base_url: &str,
    user: i64,
    app: ConnectedApp,
    now: Timestamp,
) -> rusqlite::Result<Granted> {
    instance.org.note_login(user)?;
    let organization = instance.org.store().organization();
    let reaches_api = app.scope.split_whitespace().any(|scope| scope == "api" || scope == "full");
    let rights = if reaches_api { Rights::Api } else { Rights::OtherThanApi };
    let access_token = instance.sessions().open(&organization.short(), user, rights, now);
    let id =
        format!("{base_url}/id/{organization}/{}", RecordId::new(ObjectKind::User.prefix(), user));
    let issued_at = now.as_millisecond().to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.client_secret.as_bytes());
    let signature = hmac::sign(&key, format!("{id}{issued_at}").as_bytes());
    Ok(Granted {
        access_token,
        signature: BASE64_STANDARD.encode(signature),
        scope: app.scope,
        instance_url: base_url.to_owned(),
        id,
        token_type: "Bearer",
        issued_at,
    })
}
