//! What every request passes on its way in: which name it was sent to, who sent it, and whether a form is the console's
//! own. Every answer passes here on its way out and gets the headers that keep browsers careful.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::Desk;
use super::pages::trouble::Trouble;
use crate::ports::timeout;

/// The longest form.
const LONGEST_FORM: usize = 64 * 1024;

/// A form has to arrive within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nothing but the console's own files, no script in a page, in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where the console is reached, as far as that matters to whoever knocks.
#[derive(Debug, Clone)]
pub(super) struct Door {
    /// The name in the address that people use, if the settings tell it.
    pub(super) name: Option<String>,
    /// Whether people reach it over TLS.
    pub(super) secure: bool,
    /// Tells this console's cookies from those of another on the same machine.
    pub(super) port: u16,
}

impl Door {
    /// Whether a request may have been sent to this name. A page of another site can make its own name lead here, but
    /// it cannot make the browser send an address for it, or `localhost`.
    pub(super) fn is_ours(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let host = authority.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || host.eq_ignore_ascii_case("localhost")
            || self.name.as_deref().is_some_and(|name| host.eq_ignore_ascii_case(name))
    }

    fn cookie_name(&self, what: &str) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        format!("{prefix}importer-{what}-{}", self.port)
    }

    /// The header that sets a cookie, or removes it if there is no value.
    pub(super) fn cookie(&self, what: &str, value: &str) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let age = if value.is_empty() { "; Max-Age=0" } else { "" };
        let name = self.cookie_name(what);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The value of a cookie.
    pub(super) fn value(&self, headers: &HeaderMap, what: &str) -> Option<String> {
        let name = self.cookie_name(what);
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';'));
        pairs.find_map(|pair| {
            let (known, value) = pair.trim().split_once('=')?;
            (known == name && !value.is_empty()).then(|| value.to_owned())
        })
    }
}

/// The cookie of whoever is signed in.
pub(super) const SESSION: &str = "session";

/// The cookie of whoever has the form to sign in.
pub(super) const GUEST: &str = "guest";

/// Somebody with a cookie.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// The cookie.
    pub(super) cookie: String,
    /// The word that their forms carry.
    pub(super) word: String,
}

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// What a form that is the console's own says.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// What stands behind the question mark of an address, or in a form.
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// All values of a field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a field; an empty text where there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether there is such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// Gives every answer its headers.
pub(super) async fn careful(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With less, browsers would not say which page a form comes from.
        (REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Turns away what was sent to another name.
pub(super) async fn named(
    State(desk): State<Arc<Desk>>,
    request: Request,
    next: Next,
) -> Result<Response, Trouble> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| desk.door.is_ours(host)) {
        return Ok(next.run(request).await);
    }
    let text =
        "This is not the console's address. Use one of this machine, or set console.public_url.";
    Err(Trouble::new(StatusCode::MISDIRECTED_REQUEST, text))
}

/// Lets in whoever is signed in, and shows others where to do that.
pub(super) async fn signed_in(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
    next: Next,
) -> Response {
    let cookie = desk.door.value(request.headers(), SESSION);
    let now = desk.clock.now();
    if let Some(cookie) = cookie.filter(|cookie| desk.sessions().uses(cookie, now)) {
        let word = desk.forms.word(&cookie);
        request.extensions_mut().insert(Visitor { cookie, word });
        return next.run(request).await;
    }
    if request.method() != Method::GET {
        let text = "Your session is over; nothing was done. Sign in and try again.";
        return Trouble::new(StatusCode::FORBIDDEN, text).into_response();
    }
    let comes_from = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if comes_from == Some(b"cross-site") && !path.starts_with("/progress") {
        // The browser kept the cookie to itself, as a link elsewhere led here; this page's own link has it sent.
        return super::pages::sign_in::doorstep(path).into_response();
    }
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", if local(path) { path } else { "/" })
        .finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}

/// Whether this leads to a page of the console.
pub(super) fn local(path: &str) -> bool {
    let rest = path.strip_prefix('/');
    rest.is_some_and(|rest| !rest.starts_with(['/', '\\']))
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// Gives guests the cookie that their form to sign in goes with.
pub(super) async fn guest(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Trouble> {
    let known = desk.door.value(request.headers(), GUEST);
    let (cookie, is_new) = match known {
        Some(cookie) => (cookie, false),
        None => (super::random::random_hex::<16>().map_err(Trouble::internal)?, true),
    };
    let word = desk.forms.word(&cookie);
    let set = is_new.then(|| desk.door.cookie(GUEST, &cookie));
    request.extensions_mut().insert(Visitor { cookie, word });
    let mut answer = next.run(request).await;
    if let Some(set) = set {
        answer.headers_mut().append(http::header::SET_COOKIE, set);
    }
    Ok(answer)
}

/// Lets only the console's own forms do anything: they carry the word of whoever sends them.
pub(super) async fn own_form(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    mut request: Request,
    next: Next,
) -> Result<Response, Trouble> {
    if request.method() != Method::POST {
        return Ok(next.run(request).await);
    }
    let not_ours = || {
        let text = "This form is not from a page of this console, or from one of an earlier start; nothing was done. \
                    Load the page anew and try again.";
        Trouble::new(StatusCode::FORBIDDEN, text)
    };
    if !is_from_here(request.headers()) {
        return Err(not_ours());
    }
    let kind = request.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if !kind.starts_with(b"application/x-www-form-urlencoded") {
        let text = "Forms come as application/x-www-form-urlencoded.";
        return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let fields = Fields::parse(&body(&desk, &mut request).await?);
    if !desk.forms.fits(&visitor.cookie, fields.one("word")) {
        return Err(not_ours());
    }
    request.extensions_mut().insert(fields);
    Ok(next.run(request).await)
}

/// Takes what a request brings, if it comes soon and is not too much.
pub(super) async fn body(desk: &Desk, request: &mut Request) -> Result<Bytes, Trouble> {
    let body = std::mem::replace(request.body_mut(), Body::empty());
    match timeout(desk.clock.as_ref(), PATIENCE, to_bytes(body, LONGEST_FORM)).await {
        None => Err(Trouble::new(StatusCode::REQUEST_TIMEOUT, "The form took too long to arrive.")),
        Some(Err(_)) => Err(Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, "The form is too long.")),
        Some(Ok(bytes)) => Ok(bytes),
    }
}

/// Whether a browser that tells says that the page belongs to the address the form is sent to.
pub(super) fn is_from_here(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let origin = origin.as_ref().and_then(Uri::authority).map(Authority::as_str);
    origin.is_some() && origin == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(name: Option<&str>, secure: bool) -> Door {
        Door { name: name.map(str::to_owned), secure, port: 8_080 }
    }

    #[test]
    fn a_name_that_somebody_else_may_own_is_turned_away() {
        let door = door(Some("importer.example.com"), true);

        for ours in
            ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "importer.example.com"]
        {
            assert!(door.is_ours(ours), "{ours}");
        }
        for other in [
            "evil.example",
            "importer.example.com.evil.example",
            "127.0.0.1.evil.example",
            "",
            "a b",
        ] {
            assert!(!door.is_ours(other), "{other}");
        }
    }

    #[test]
    fn cookies_are_for_this_console_alone() {
        let text = |door: Door| door.cookie(SESSION, "abc").to_str().unwrap().to_owned();

        assert_eq!(
            text(door(None, false)),
            "importer-session-8080=abc; Path=/; HttpOnly; SameSite=Strict"
        );
        assert_eq!(
            text(door(None, true)),
            "__Host-importer-session-8080=abc; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        for path in ["/", "/runs?before=3", "/runs/7"] {
            assert!(local(path), "{path}");
        }
        for path in
            ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\r\nb", "/a\\b"]
        {
            assert!(!local(path), "{path}");
        }
    }
}
