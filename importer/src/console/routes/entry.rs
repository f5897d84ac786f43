//! Signing in and out.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{RETRY_AFTER, SET_COOKIE};
use secrecy::SecretString;

use super::super::Desk;
use super::super::door::{self, Fields, Peer, SESSION, Visitor};
use super::super::pages::sign_in;
use super::super::pages::trouble::Trouble;
use super::{Asked, asked};

pub(super) async fn form(Extension(visitor): Extension<Visitor>, query: Asked) -> Response {
    sign_in::form(&visitor, asked(&query, "next"), None).into_response()
}

pub(super) async fn sign_in(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(peer): Extension<Peer>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Trouble> {
    let next = Some(fields.one("next")).filter(|next| door::local(next)).unwrap_or("/");
    let attempt = desk.throttle().attempt(peer.0, desk.clock.now());
    if let Err(pause) = attempt {
        let seconds = pause.as_secs() + i64::from(pause.subsec_nanos() > 0);
        let text = format!("Too many wrong passwords. Try again in {seconds} seconds.");
        let page = sign_in::form(&visitor, next, Some(&text));
        let headers = [(RETRY_AFTER, seconds.to_string())];
        return Ok((StatusCode::TOO_MANY_REQUESTS, headers, page).into_response());
    }
    if !desk.credential.accepts(SecretString::from(fields.one("password"))).await {
        tracing::warn!(from = %peer.0, "a wrong password for the console");
        let page = sign_in::form(&visitor, next, Some("That is not the password."));
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    desk.throttle().succeeded(peer.0);
    let token = desk.sessions().begin(desk.clock.now()).map_err(Trouble::internal)?;
    tracing::info!(from = %peer.0, "somebody signed in to the console");
    let cookie = desk.door.cookie(SESSION, &token);
    Ok(([(SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

pub(super) async fn sign_out(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    desk.sessions().end(&visitor.cookie);
    ([(SET_COOKIE, desk.door.cookie(SESSION, ""))], Redirect::to("/sign-in")).into_response()
}
