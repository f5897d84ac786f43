//! A record's history, and deciding about it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::super::Desk;
use super::super::door::{Fields, Visitor};
use super::super::pages::layout::{Page, Place, address};
use super::super::pages::record;
use super::super::pages::trouble::Trouble;
use super::{Asked, asked, done};
use crate::desk::{self, Choice, DeskError, RecordId, salesforce_id};

pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    query: Asked,
) -> Result<Response, Trouble> {
    let typed = asked(&query, "id");
    if typed.is_empty() {
        return Ok(record::ask(&visitor, "", None).into_response());
    }
    let wrong = |text: &str| {
        (StatusCode::BAD_REQUEST, record::ask(&visitor, typed, Some(text))).into_response()
    };
    let id: RecordId = match typed.parse() {
        Ok(id) => id,
        Err(text) => return Ok(wrong(&text)),
    };
    let offline = asked(&query, "live") != "1";
    let explained = match desk.explainer(offline).await?.explain(id, offline).await {
        Ok(explained) => explained,
        Err(DeskError::Refused(text)) => return Ok(wrong(&text)),
        Err(error) => return Err(error.into()),
    };
    let kind = explained.kind;
    let source = explained.salesforce.as_ref().map(|side| side.id);
    let candidates = match source {
        Some(id) => {
            desk.blocking(move |desk| desk.ledger.read(|tx| tx.candidates(kind, id))).await?
        }
        None => Vec::new(),
    };
    Ok(record::page(&visitor, typed, &explained, &candidates).into_response())
}

/// The record that a form is about.
fn meant(fields: &Fields) -> Result<RecordId, Trouble> {
    fields.one("id").trim().parse().map_err(|text: String| Trouble::wrong(text))
}

fn decided(visitor: &Visitor, fields: &Fields, text: &str) -> Page {
    let history = address("/record", &[("id", fields.one("id"))]);
    let ways = [
        (history.as_str(), "To the record"),
        ("/attention", "All that needs attention"),
        ("/", "To Launch"),
    ];
    done(visitor, Place::Attention, text, &ways)
}

pub(super) async fn link(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Result<Page, Trouble> {
    let id = salesforce_id(fields.one("id").trim()).map_err(Trouble::wrong)?;
    let choice = match fields.one("choice") {
        "other" => fields.one("other"),
        choice => choice,
    };
    let choice: Choice = choice.trim().parse().map_err(|text: String| Trouble::wrong(text))?;
    let chosen = desk.importer().await?.link(id, choice).await?;
    Ok(decided(&visitor, &fields, &chosen.to_string()))
}

pub(super) async fn unmap(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Result<Page, Trouble> {
    let apart = desk.importer().await?.unmap(meant(&fields)?).await?;
    Ok(decided(&visitor, &fields, &apart.to_string()))
}

pub(super) async fn remap(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Result<Page, Trouble> {
    let id = meant(&fields)?;
    let remapped = desk.blocking(move |desk| desk::remap(&desk.ledger, id)).await?;
    Ok(decided(&visitor, &fields, &remapped.to_string()))
}
