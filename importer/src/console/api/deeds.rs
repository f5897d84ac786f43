//! What programs have done.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::super::Desk;
use super::super::pages::trouble::Trouble;
use super::super::routes::general::launched;
use super::super::routes::{notifications, settings};
use super::answers::{existing, named};
use super::door::Brought;
use super::{Answer, Json, Problem};
use crate::check::Finding;
use crate::desk::{self, Approved, Choice, Chosen, Remapped, TakenApart, salesforce_id};
use crate::domain::ids::RunId;

/// The import that has begun.
#[derive(Debug, Serialize)]
pub(super) struct Begun {
    /// Its number, once it has one.
    run: Option<RunId>,
}

pub(super) async fn launch(State(desk): State<Arc<Desk>>) -> Result<Response, Problem> {
    let run = launched(&desk).await?;
    Ok((StatusCode::ACCEPTED, Json(Begun { run })).into_response())
}

pub(super) async fn approve(
    State(desk): State<Arc<Desk>>,
    Path(run): Path<String>,
) -> Answer<Approved> {
    let run = existing(&desk, &run).await?;
    let approve = move |desk: &Desk| desk::approve(&desk.ledger, run.0, desk.clock.now());
    Ok(Json(desk.blocking(approve).await?))
}

/// What a held record is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    /// The Autotask record's number, or "new".
    autotask_id: Target,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Target {
    Number(i64),
    Word(String),
}

pub(super) async fn link(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Extension(brought): Extension<Brought>,
) -> Answer<Chosen> {
    let id = salesforce_id(&id).map_err(Trouble::wrong)?;
    let Link { autotask_id } = brought.read()?;
    let choice = match autotask_id {
        Target::Number(number) => number.to_string(),
        Target::Word(word) => word,
    };
    let choice: Choice = choice.parse().map_err(|text: String| Trouble::wrong(text))?;
    Ok(Json(desk.importer().await?.link(id, choice).await?))
}

pub(super) async fn unmap(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
) -> Answer<TakenApart> {
    let id = named(&id)?;
    Ok(Json(desk.importer().await?.unmap(id).await?))
}

pub(super) async fn remap(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
) -> Answer<Remapped> {
    let id = named(&id)?;
    Ok(Json(desk.blocking(move |desk| desk::remap(&desk.ledger, id)).await?))
}

/// Why records were refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// In the words of the list.
    reason: String,
}

/// How many records are tried again.
#[derive(Debug, Serialize)]
pub(super) struct Retried {
    records: u64,
}

pub(super) async fn retry(
    State(desk): State<Arc<Desk>>,
    Extension(brought): Extension<Brought>,
) -> Answer<Retried> {
    let Reason { reason } = brought.read()?;
    let records =
        desk.blocking(move |desk| desk.ledger.write(|tx| tx.retry_refused(&reason))).await?;
    if records == 0 {
        return Err(Trouble::refused("No record is refused for this reason any more.").into());
    }
    Ok(Json(Retried { records }))
}

pub(super) async fn check(State(desk): State<Arc<Desk>>) -> Answer<Vec<Finding>> {
    Ok(Json(settings::try_both(&desk).await))
}

pub(super) async fn test(State(desk): State<Arc<Desk>>) -> Answer<Vec<Finding>> {
    Ok(Json(notifications::tested(&desk).await?))
}
