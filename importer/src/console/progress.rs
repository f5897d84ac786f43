//! The progress of the run under way, as events that a page's script takes up. It ends with the run, or with the session.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;

use super::Desk;
use super::door::Visitor;
use super::pages::trouble::Trouble;
use crate::desk::Running;
use crate::sqlite::LedgerError;

/// Between two looks: the run notes its progress about as often.
const PAUSE: Duration = Duration::from_secs(1);

/// Events as long as a run is under way.
pub(super) async fn events(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Trouble> {
    let Ok(place) = Arc::clone(&desk.watchers).try_acquire_owned() else {
        let text = "Too many browsers watch this run already.";
        return Err(Trouble::new(StatusCode::SERVICE_UNAVAILABLE, text));
    };
    let begin = Watch { desk, visitor, shown: None, is_over: false };
    let events = unfold((begin, place), |(mut watch, place)| async move {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(event)), (watch, place)))
    });
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response())
}

struct Watch {
    desk: Arc<Desk>,
    visitor: Visitor,
    shown: Option<String>,
    is_over: bool,
}

impl Watch {
    /// The next event, once there is something new.
    async fn next(&mut self) -> Option<String> {
        if self.is_over {
            return None;
        }
        loop {
            let signed_in = self.desk.sessions().uses(&self.visitor.cookie, self.desk.clock.now());
            let running =
                if signed_in { self.desk.blocking(running).await.ok().flatten() } else { None };
            let Some(running) = running else {
                self.is_over = true;
                return Some("event: over\ndata: {}\n\n".to_owned());
            };
            let event = event(&running);
            if self.shown.as_ref() != Some(&event) {
                self.shown = Some(event.clone());
                return Some(event);
            }
            self.desk.clock.sleep(PAUSE).await;
        }
    }
}

/// The run under way.
fn running(desk: &Desk) -> Result<Option<Running>, LedgerError> {
    let Some(run) = desk.ledger.under_way()? else { return Ok(None) };
    desk.ledger
        .read(|tx| Ok(Some(Running { run, started: tx.begun(run)?, progress: tx.progress(run)? })))
}

fn event(running: &Running) -> String {
    let data = match &running.progress {
        None => json!({ "run": running.run, "phase": "beginning" }),
        Some(progress) => json!({
            "run": running.run,
            "phase": progress.phase,
            "done": progress.done,
            "total": progress.total,
            "salesforce": progress.requests.salesforce,
            "autotask": progress.requests.autotask,
        }),
    };
    format!("data: {data}\n\n")
}
