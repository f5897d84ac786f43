//! What programs ask.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::Serialize;

use super::super::Desk;
use super::super::pages::trouble::Trouble;
use super::super::routes::general::status as read_status;
use super::super::routes::{Asked, asked, mapping as mapping_route, mark};
use super::super::tenant::{self, Age};
use super::{Answer, Json};
use crate::desk::{
    self, Attention, DeskError, Explanation, Freshness, Held, MappingTable, Outbox, Person, Record,
    RecordId, Status,
};
use crate::domain::decision::Outcome;
use crate::domain::ids::{RunId, SalesforceId};
use crate::settings::{Shown, command};
use crate::sqlite::{Apart, Excerpt, Filter, LedgerError, Mark, Open, Past, Tx};
use crate::summary::Summary;

/// Entries of a list, unless fewer or more are asked for.
const USUAL: u32 = 100;

/// The most entries of a list.
const MOST: u32 = 500;

/// A part of a list.
#[derive(Debug, Serialize)]
pub(super) struct Paged<T> {
    items: Vec<T>,
    /// What the list goes on after or, where the newest come first, before; none at its end.
    next: Option<String>,
}

impl<T> Paged<T> {
    /// So many of what was read, which is one more where there are more.
    fn of(mut items: Vec<T>, limit: u32, mark: impl Fn(&T) -> String) -> Self {
        let is_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| is_more).map(mark);
        Self { items, next }
    }
}

/// How many entries are asked for.
fn limit(query: &Asked) -> Result<u32, Trouble> {
    match asked(query, "limit") {
        "" => Ok(USUAL),
        text => text
            .parse()
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| Trouble::wrong(format!("limit is a number from 1 to {MOST}."))),
    }
}

/// Whether something is asked for.
fn flag(query: &Asked, name: &str) -> Result<bool, Trouble> {
    match asked(query, name) {
        "" | "false" => Ok(false),
        "true" => Ok(true),
        _ => Err(Trouble::wrong(format!("{name} is true or false."))),
    }
}

/// The run that an address names.
pub(super) async fn existing(desk: &Arc<Desk>, run: &str) -> Result<RunId, Trouble> {
    let missing = || Trouble::missing("There is no such run.");
    let run: i64 = run.parse().map_err(|_| missing())?;
    let found =
        desk.blocking(move |desk| Ok::<_, LedgerError>(desk::existing(&desk.ledger, run))).await?;
    found.map_err(|error| match error {
        DeskError::Refused(_) => missing(),
        error => error.into(),
    })
}

/// The record that an address names.
pub(super) fn named(id: &str) -> Result<RecordId, Trouble> {
    id.parse().map_err(|text: String| Trouble::wrong(text))
}

pub(super) async fn status(State(desk): State<Arc<Desk>>) -> Answer<Status> {
    let status = desk.blocking(|desk| read_status(desk).map(|(status, _)| status)).await?;
    Ok(Json(status))
}

pub(super) async fn runs(State(desk): State<Arc<Desk>>, query: Asked) -> Answer<Paged<Past>> {
    let limit = limit(&query)?;
    let before = match asked(&query, "before") {
        "" => None,
        text => Some(RunId(text.parse().map_err(|_| Trouble::wrong("before is a run's number."))?)),
    };
    let runs =
        desk.blocking(move |desk| desk.ledger.read(|tx| tx.runs_before(before, limit + 1))).await?;
    Ok(Json(Paged::of(runs, limit, |past| past.id.to_string())))
}

pub(super) async fn run(State(desk): State<Arc<Desk>>, Path(run): Path<String>) -> Answer<Summary> {
    let run = existing(&desk, &run).await?;
    let summary = desk
        .blocking(move |desk| {
            let report = desk.ledger.read(|tx| tx.report(run))?;
            Summary::of(report, &desk.ledger)
        })
        .await?;
    Ok(Json(summary))
}

pub(super) async fn records(
    State(desk): State<Arc<Desk>>,
    Path(run): Path<String>,
    query: Asked,
) -> Answer<Paged<Record>> {
    let (limit, after) = (limit(&query)?, mark(&query)?);
    let outcome = match asked(&query, "outcome") {
        "" => None,
        name => Some(
            Outcome::from_name(name).ok_or_else(|| Trouble::wrong("There is no such outcome."))?,
        ),
    };
    let text = asked(&query, "text").to_owned();
    let run = existing(&desk, &run).await?;
    let read = move |desk: &Desk| {
        let filter = Filter { outcome, text: &text };
        desk.ledger.read(|tx| tx.filtered(run, filter, after, limit))
    };
    let Excerpt { records, next } = desk.blocking(read).await?;
    let items = records.into_iter().map(Record::from).collect();
    Ok(Json(Paged { items, next: next.map(|(_, id)| id.to_string()) }))
}

pub(super) async fn record(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    query: Asked,
) -> Answer<Explanation> {
    let offline = !flag(&query, "live")?;
    let id = named(&id)?;
    let explained = desk.explainer(offline).await?.explain(id, offline).await;
    Ok(Json(explained.map_err(|error| match error {
        DeskError::Refused(text) => Trouble::missing(text),
        error => error.into(),
    })?))
}

pub(super) async fn attention(State(desk): State<Arc<Desk>>) -> Answer<Attention> {
    let now = desk.clock.now();
    let waits = desk.blocking(move |desk| desk.ledger.read(|tx| desk::attention(tx, now))).await?;
    Ok(Json(waits))
}

/// A part of a list of what waits.
async fn part<T: Send + 'static>(
    desk: &Arc<Desk>,
    query: &Asked,
    read: impl FnOnce(&Tx<'_>, Option<Mark>, u32) -> Result<Vec<T>, LedgerError> + Send + 'static,
    id: impl Fn(&T) -> SalesforceId,
) -> Answer<Paged<T>> {
    let (limit, after) = (limit(query)?, mark(query)?);
    let items =
        desk.blocking(move |desk| desk.ledger.read(|tx| read(tx, after, limit + 1))).await?;
    Ok(Json(Paged::of(items, limit, |item| id(item).to_string())))
}

pub(super) async fn held(State(desk): State<Arc<Desk>>, query: Asked) -> Answer<Paged<Held>> {
    part(&desk, &query, desk::held, |held: &Held| held.open.salesforce_id).await
}

pub(super) async fn refused(State(desk): State<Arc<Desk>>, query: Asked) -> Answer<Paged<Open>> {
    let reason = asked(&query, "reason").to_owned();
    let read = move |tx: &Tx<'_>, after, most| {
        let reason = (!reason.is_empty()).then_some(reason.as_str());
        tx.open(Outcome::Refused, reason, after, most)
    };
    part(&desk, &query, read, |open: &Open| open.salesforce_id).await
}

pub(super) async fn gone(State(desk): State<Arc<Desk>>, query: Asked) -> Answer<Paged<Open>> {
    let read = |tx: &Tx<'_>, after, most| tx.open(Outcome::Gone, None, after, most);
    part(&desk, &query, read, |open: &Open| open.salesforce_id).await
}

pub(super) async fn apart(State(desk): State<Arc<Desk>>, query: Asked) -> Answer<Paged<Apart>> {
    let read = |tx: &Tx<'_>, after, most| tx.apart(after, most);
    part(&desk, &query, read, |apart: &Apart| apart.salesforce_id).await
}

pub(super) async fn settings(State(desk): State<Arc<Desk>>) -> Answer<Shown> {
    Ok(Json(desk.blocking(|desk| command::show(&desk.settings)).await?))
}

/// Who is, and who could be, told of imports.
#[derive(Debug, Serialize)]
pub(super) struct Recipients {
    autotask: Freshness,
    people: Vec<Person>,
}

pub(super) async fn recipients(State(desk): State<Arc<Desk>>) -> Answer<Recipients> {
    let config = desk.blocking(|desk| desk.settings.config_begun()).await?;
    let known = tenant::known(&desk, Age::Recent).await?;
    let people = desk::people(&config.notifications.recipients, &known.metadata.resources);
    Ok(Json(Recipients { autotask: known.tenant, people }))
}

pub(super) async fn mapping(State(desk): State<Arc<Desk>>, query: Asked) -> Answer<MappingTable> {
    Ok(Json(mapping_route::table(&desk, flag(&query, "live")?).await?))
}

pub(super) async fn outbox(State(desk): State<Arc<Desk>>) -> Answer<Outbox> {
    Ok(Json(desk.blocking(|desk| desk::outbox(&desk.ledger)).await?))
}
