//! Which address leads where, and what a request passes before it gets there.

mod attention;
mod entry;
pub(super) mod general;
pub(super) mod mapping;
pub(super) mod notifications;
mod record;
mod runs;
pub(super) mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use maud::html;

use super::door::{self, Visitor};
use super::pages::layout::{Page, Place};
use super::pages::trouble::Trouble;
use super::{Desk, api, metrics, progress};
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;
use crate::sqlite::Mark;

/// Records on a page.
const A_PAGE: u32 = 100;

/// What stands behind the question mark of an address.
pub(super) type Asked = Query<BTreeMap<String, String>>;

/// Everything the console answers.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    let signed_in = Router::new()
        .route("/", get(general::page))
        .route("/launch", post(general::launch))
        .route("/progress", get(progress::events))
        .route("/runs", get(runs::list))
        .route("/runs/{run}", get(runs::one))
        .route("/runs/{run}/records.csv", get(runs::csv))
        .route("/runs/{run}/approve", post(runs::approve))
        .route("/record", get(record::page))
        .route("/record/link", post(record::link))
        .route("/record/unmap", post(record::unmap))
        .route("/record/remap", post(record::remap))
        .route("/attention", get(attention::page))
        .route("/attention/{which}", get(attention::listing))
        .route("/attention/retry", post(attention::retry))
        .route("/settings", get(settings::page).post(settings::save))
        .route("/mapping", get(mapping::page))
        .route("/notifications", get(notifications::page).post(notifications::save))
        .route("/notifications/test", post(notifications::test))
        .route("/settings/check", post(settings::check))
        .route("/activate", get(settings::activate).post(settings::agree))
        .route("/activate/plan", post(settings::plan))
        .route("/sign-out", post(entry::sign_out))
        .route_layer(from_fn_with_state(Arc::clone(&desk), door::own_form))
        .route_layer(from_fn_with_state(Arc::clone(&desk), door::signed_in));
    let guests = Router::new()
        .route("/sign-in", get(entry::form).post(entry::sign_in))
        .route_layer(from_fn_with_state(Arc::clone(&desk), door::own_form))
        .route_layer(from_fn_with_state(Arc::clone(&desk), door::guest));
    let named = signed_in
        .merge(guests)
        .merge(api::router(&desk))
        .route("/metrics", get(metrics::metrics))
        .route("/console.css", get(general::style))
        .route("/console.js", get(general::script))
        .route("/icon.svg", get(general::icon))
        .fallback(async || Trouble::missing("There is no such page."))
        .layer(from_fn_with_state(Arc::clone(&desk), door::named));
    // Whoever asks whether the service is alive may call it what they like.
    named
        .route("/healthz", get(metrics::healthz))
        .route("/readyz", get(metrics::readyz))
        .layer(from_fn(door::careful))
        .with_state(desk)
}

/// The value of a query's field; an empty text where there is none.
pub(super) fn asked<'a>(query: &'a Asked, name: &str) -> &'a str {
    query.0.get(name).map_or("", |value| value.trim())
}

/// The mark a page goes on from.
pub(super) fn mark(query: &Asked) -> Result<Option<Mark>, Trouble> {
    let text = asked(query, "after");
    if text.is_empty() {
        return Ok(None);
    }
    let id = text.parse::<SalesforceId>().ok();
    let mark = id.and_then(|id| Some((Kind::of(id)?, id)));
    mark.map(Some).ok_or_else(|| Trouble::wrong("There is no such place to go on from."))
}

/// That something was done, with ways on.
fn done(visitor: &Visitor, place: Place, text: &str, ways: &[(&str, &str)]) -> Page {
    let body = html! {
        p.note.good role="status" { (text) }
        ul { @for (address, words) in ways { li { a href=(address) { (words) } } } }
    };
    Page::of(place, "Done", visitor, body)
}
