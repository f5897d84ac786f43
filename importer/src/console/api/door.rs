//! Who may call the API: a program that shows the token, or somebody who is signed in, whose deeds carry the word of
//! their pages as a header.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;

use super::super::Desk;
use super::super::door::{self, Peer, SESSION};
use super::super::pages::trouble::Trouble;
use super::super::session::is_same;

/// The header by which a deed is known to come from a page of the console's own.
const WORD: &str = "x-importer-word";

/// What a deed brings.
#[derive(Debug, Clone, Default)]
pub(super) struct Brought(Vec<u8>);

impl Brought {
    /// Reads it as JSON.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        // What the parser says may quote what was sent; it goes back to whoever sent it.
        serde_json::from_slice(&self.0).map_err(|error| {
            Trouble::wrong(format!("The body is not the JSON that is expected: {error}."))
        })
    }
}

/// Why a call is turned away.
enum Refusal {
    /// Nobody who is known calls; the text says what would help.
    Unknown(&'static str),
    /// Too many wrong tokens came from there, so that it has to wait so long.
    TooMany(SignedDuration),
    /// Somebody is signed in, and what would be done does not come from their pages.
    NotOurs,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = |status, text: String| Trouble::new(status, text).into_problem();
        match self {
            Self::Unknown(text) => {
                let header = [(WWW_AUTHENTICATE, "Bearer realm=\"importer\"")];
                (header, problem(StatusCode::UNAUTHORIZED, text.to_owned())).into_response()
            }
            Self::TooMany(pause) => {
                let seconds = pause.as_secs() + i64::from(pause.subsec_nanos() > 0);
                let text = format!("Too many wrong tokens. Try again in {seconds} seconds.");
                let header = [(RETRY_AFTER, seconds.to_string())];
                (header, problem(StatusCode::TOO_MANY_REQUESTS, text)).into_response()
            }
            Self::NotOurs => {
                let text = "With a session, the header X-Importer-Word has to have the word that the console's forms \
                            carry.";
                problem(StatusCode::FORBIDDEN, text.to_owned())
            }
        }
    }
}

/// Lets a call through, or says why not.
pub(super) async fn admitted(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = allowed(&desk, &request) {
        return refusal.into_response();
    }
    if request.method() != Method::GET {
        match brought(&desk, &mut request).await {
            Ok(brought) => _ = request.extensions_mut().insert(brought),
            Err(trouble) => return trouble.into_problem(),
        }
    }
    next.run(request).await
}

fn allowed(desk: &Desk, request: &Request) -> Result<(), Refusal> {
    let headers = request.headers();
    let from = request.extensions().get::<Peer>().copied();
    match (headers.get(AUTHORIZATION), from) {
        (Some(shown), Some(from)) => shows_token(desk, shown, from),
        _ => is_signed_in(desk, headers, request.method()),
    }
}

fn shows_token(desk: &Desk, shown: &HeaderValue, Peer(from): Peer) -> Result<(), Refusal> {
    let now = desk.clock.now();
    if let Some(pause) = desk.api_throttle().pause(from, now) {
        return Err(Refusal::TooMany(pause));
    }
    let shown = shown.to_str().ok().and_then(|text| text.split_once(' '));
    let token = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let expected = desk.api_token.as_ref().map(ExposeSecret::expose_secret);
    match (token, expected) {
        (Some((_, token)), Some(expected)) if is_same(token.trim(), expected) => {
            desk.api_throttle().succeeded(from);
            Ok(())
        }
        _ => {
            tracing::warn!(%from, "a wrong token for the console's API");
            let counted = desk.api_throttle().attempt(from, now);
            counted.map_err(Refusal::TooMany)?;
            Err(Refusal::Unknown("That is not the token in console.api_token."))
        }
    }
}

fn is_signed_in(desk: &Desk, headers: &HeaderMap, method: &Method) -> Result<(), Refusal> {
    let cookie = desk.door.value(headers, SESSION);
    let now = desk.clock.now();
    let Some(cookie) = cookie.filter(|cookie| desk.sessions().uses(cookie, now)) else {
        return Err(Refusal::Unknown(
            "Show the token in console.api_token, or sign in to the console.",
        ));
    };
    let word = headers.get(WORD).and_then(|word| word.to_str().ok()).unwrap_or_default();
    if method == Method::GET || (door::is_from_here(headers) && desk.forms.fits(&cookie, word)) {
        return Ok(());
    }
    Err(Refusal::NotOurs)
}

/// Nothing, or JSON: what a page of another site can send is neither.
async fn brought(desk: &Desk, request: &mut Request) -> Result<Brought, Trouble> {
    let bytes = door::body(desk, request).await?;
    let kind = request.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if !bytes.is_empty() && !kind.starts_with(b"application/json") {
        let text = "The body has to be application/json.";
        return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    Ok(Brought(bytes.to_vec()))
}
