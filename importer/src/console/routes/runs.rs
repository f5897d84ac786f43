//! The list of runs, one run with its records, and the guard's approval.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use tokio::sync::mpsc;

use super::super::Desk;
use super::super::door::Visitor;
use super::super::pages::layout::{Page, Place};
use super::super::pages::runs::{self, Facts};
use super::super::pages::trouble::Trouble;
use super::{A_PAGE, Asked, asked, done, mark};
use crate::desk::{self, Records, Selection, WriteError};
use crate::domain::decision::Outcome;
use crate::domain::ids::RunId;
use crate::sqlite::Filter;

/// Runs on a page.
const RUNS: u32 = 50;

/// Bytes of a file that are handed on together.
const PIECE: usize = 32 * 1024;

pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    query: Asked,
) -> Result<Page, Trouble> {
    let before = asked(&query, "before").parse().ok().map(RunId);
    let mut runs =
        desk.blocking(move |desk| desk.ledger.read(|tx| tx.reports(before, RUNS + 1))).await?;
    let is_more = runs.len() > RUNS as usize;
    runs.truncate(RUNS as usize);
    let more = runs.last().filter(|_| is_more).map(|last| last.run.0);
    Ok(runs::list(&visitor, &runs, more))
}

/// The run that an address names.
fn named(run: &str) -> Result<i64, Trouble> {
    run.parse().map_err(|_| Trouble::missing("There is no such run."))
}

/// The outcome that is asked for, if one is.
fn outcome(query: &Asked) -> Result<Option<Outcome>, Trouble> {
    match asked(query, "outcome") {
        "" => Ok(None),
        name => match Outcome::from_name(name) {
            Some(outcome) => Ok(Some(outcome)),
            None => Err(Trouble::wrong("There is no such outcome.")),
        },
    }
}

pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(run): Path<String>,
    query: Asked,
) -> Result<Page, Trouble> {
    let (run, outcome, after) = (RunId(named(&run)?), outcome(&query)?, mark(&query)?);
    let text = asked(&query, "text").to_owned();
    desk.blocking(move |desk| {
        let filter = Filter { outcome, text: &text };
        let found = desk.ledger.read(|tx| {
            if !tx.has_run(run)? {
                return Ok(None);
            }
            let excerpt = tx.filtered(run, filter, after, A_PAGE)?;
            Ok(Some((tx.report(run)?, tx.details_erased(run)?, excerpt)))
        })?;
        let Some((report, erased, excerpt)) = found else {
            return Err(Trouble::missing(format!("There was no run {run}.")));
        };
        let erased = erased.map(|moment| moment.strftime("%Y-%m-%d").to_string());
        let facts = Facts {
            report: &report,
            erased,
            filter,
            is_full: excerpt.records.len() >= A_PAGE as usize,
            records: &excerpt.records,
            more: excerpt.next.map(|(_, id)| id.to_string()),
            is_later: after.is_some(),
        };
        Ok(runs::one(&visitor, &facts))
    })
    .await
}

pub(super) async fn csv(
    State(desk): State<Arc<Desk>>,
    Path(run): Path<String>,
    query: Asked,
) -> Result<Response, Trouble> {
    let (run, outcome) = (named(&run)?, outcome(&query)?);
    let text = asked(&query, "text").to_owned();
    let selection = outcome.map_or(Selection::All, Selection::Outcome);
    let id = desk.blocking(move |desk| desk::existing(&desk.ledger, run)).await?;
    let Ok(place) = Arc::clone(&desk.watchers).try_acquire_owned() else {
        let text = "Too many files are being read at this moment; try again.";
        return Err(Trouble::new(StatusCode::SERVICE_UNAVAILABLE, text));
    };
    let (pieces, arrive) = mpsc::channel(4);
    let broken = pieces.clone();
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let mut out = BufWriter::with_capacity(PIECE, Pieces(pieces));
        let written = Records::of(&desk.ledger, id, selection)
            .map_err(|error| error.to_string())
            .and_then(|records| {
                let written = records.mentioning(text).write_csv(&mut out);
                written
                    .and_then(|()| Ok(out.flush()?))
                    .map_err(|error: WriteError| error.to_string())
            });
        if let Err(error) = written {
            tracing::debug!(error, "a file of records broke off");
            // Half a file must not look like a whole one.
            let _ = broken.blocking_send(Err(io::Error::other("the records cannot be read")));
        }
    });
    let body = unfold(arrive, |mut arrive| async move { Some((arrive.recv().await?, arrive)) });
    let name = format!("attachment; filename=\"run-{run}.csv\"");
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// Hands on what is written, as fast as it is taken.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes))).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) async fn approve(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(run): Path<String>,
) -> Result<Page, Trouble> {
    let run = named(&run)?;
    let approve = move |desk: &Desk| desk::approve(&desk.ledger, run, desk.clock.now());
    let approved = desk.blocking(approve).await?.to_string();
    let ways = [("/", "To Launch"), ("/attention", "All that needs attention")];
    Ok(done(&visitor, Place::Attention, &approved, &ways))
}
