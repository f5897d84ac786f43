//! The first page, Launch, and the files that all pages need.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::super::Desk;
use super::super::door::Visitor;
use super::super::pages::layout::Page;
use super::super::pages::status::{Facts, page as page_of};
use super::super::pages::trouble::Trouble;
use crate::config::{ConfigError, Problem};
use crate::desk::{self, Status};
use crate::domain::decision::Outcome;
use crate::domain::ids::RunId;
use crate::launch::Launched;
use crate::schedule::Schedule;
use crate::serve::how_to_activate;
use crate::sqlite::LedgerError;

/// What asks for somebody's attention, as the first page counts it.
const OPEN: [Outcome; 4] = [Outcome::Held, Outcome::Refused, Outcome::UnMapped, Outcome::Gone];

pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Page, Trouble> {
    let facts = desk
        .blocking(|desk| {
            let (status, wrong) = status(desk)?;
            let budget = desk.launcher.importer().ports.target.budget();
            let entries = desk.settings.entries()?;
            let open = desk.ledger.read(|tx| {
                let count = |outcome| Ok((outcome, tx.count_open(outcome)?));
                OPEN.into_iter().map(count).collect::<Result<_, LedgerError>>()
            })?;
            Ok::<_, Trouble>(Facts { status, wrong, entries, budget, open })
        })
        .await?;
    Ok(page_of(&visitor, &facts))
}

/// How things stand, and what is wrong with the settings, so that no import can begin.
pub(in crate::console) fn status(desk: &Desk) -> Result<(Status, Vec<Problem>), Trouble> {
    let (config, wrong) = match desk.settings.config() {
        Ok(config) => (config, Vec::new()),
        // The service goes by what it had, and leaves imports out.
        Err(error) => (desk.launcher.importer().config().clone(), problems(error)),
    };
    let how = (!config.active).then(|| how_to_activate(&config));
    let schedule = Schedule::every(config.interval);
    Ok((desk::status(&desk.ledger, schedule, how, desk.clock.now())?, wrong))
}

/// All that is wrong with the settings.
fn problems(error: ConfigError) -> Vec<Problem> {
    match error {
        ConfigError::Wrong { problems, .. } => problems,
        error => vec![Problem { line: None, about: None, text: error.to_string() }],
    }
}

pub(super) async fn launch(State(desk): State<Arc<Desk>>) -> Result<Redirect, Trouble> {
    launched(&desk).await.map(|_| Redirect::to("/"))
}

/// Has an import begin at once, or says why not.
pub(in crate::console) async fn launched(desk: &Desk) -> Result<Option<RunId>, Trouble> {
    match desk.launcher.launch().await {
        Launched::Begun(run) => Ok(run),
        Launched::Running(Some(run)) => {
            let text = format!(
                "Run {run} is under way; nothing was launched. Another can begin when it has ended."
            );
            Err(Trouble::refused(text).leading(format!("/runs/{run}"), format!("Run {run}")))
        }
        Launched::Running(None) => {
            Err(Trouble::refused("Another import is about to begin or end; nothing was launched."))
        }
        Launched::Failed(why) => {
            let text = format!("No import can begin: {why}");
            Err(Trouble::new(StatusCode::SERVICE_UNAVAILABLE, text))
        }
    }
}

fn file(kind: &'static str, content: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300")], content).into_response()
}

pub(super) async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("../console.css"))
}

pub(super) async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../console.js"))
}

pub(super) async fn icon() -> Response {
    file("image/svg+xml", include_str!("../icon.svg"))
}
