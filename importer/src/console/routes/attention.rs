//! What waits for a person.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};

use super::super::Desk;
use super::super::door::{Fields, Visitor};
use super::super::pages::attention::{self, Facts};
use super::super::pages::layout::{Page, Place, address};
use super::super::pages::trouble::Trouble;
use super::{A_PAGE, Asked, asked, done, mark};
use crate::domain::decision::Outcome;
use crate::domain::report::RunState;
use crate::sqlite::{LedgerError, Mark, Open, Tx};

/// Records that the overview shows of each kind.
const FEW: u32 = 10;

/// Reasons for refusals that the overview shows.
const REASONS: u32 = 50;

/// Held records on a page: each is a form.
const HELD: u32 = 25;

type Held = Vec<(Open, Vec<i64>)>;

fn held(tx: &Tx<'_>, after: Option<Mark>, most: u32) -> Result<Held, LedgerError> {
    let open = tx.open(Outcome::Held, None, after, most)?;
    let with_candidates = |open: Open| {
        let candidates = tx.candidates(open.kind, open.salesforce_id)?;
        Ok((open, candidates))
    };
    open.into_iter().map(with_candidates).collect()
}

pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Page, Trouble> {
    let now = desk.clock.now();
    let facts = desk
        .blocking(move |desk| {
            desk.ledger.read(|tx| {
                let last = tx.last_ended_import()?.map(|run| tx.report(run)).transpose()?;
                let awaits = last.filter(|run| run.state == RunState::AwaitingApproval);
                Ok(Facts {
                    awaits: awaits.map(|report| report.run.0),
                    is_approved: tx.approved(now)?.is_some(),
                    held: (tx.count_open(Outcome::Held)?, held(tx, None, FEW)?),
                    refused: (
                        tx.count_open(Outcome::Refused)?,
                        tx.open_by_reason(Outcome::Refused, REASONS)?,
                    ),
                    apart: (tx.count_apart()?, tx.apart(None, FEW)?),
                    gone: (tx.count_open(Outcome::Gone)?, tx.open(Outcome::Gone, None, None, FEW)?),
                })
            })
        })
        .await?;
    Ok(attention::page(&visitor, &facts))
}

/// Where a list goes on, if it does; what is too much for a page is cut off.
fn more<T>(
    here: &str,
    list: &mut Vec<T>,
    most: u32,
    query: &[(&str, &str)],
    id: impl Fn(&T) -> String,
) -> Option<String> {
    let is_more = list.len() > most as usize;
    list.truncate(most as usize);
    let end = list.last().filter(|_| is_more).map(id)?;
    Some(address(here, &[query, &[("after", end.as_str())]].concat()))
}

pub(super) async fn listing(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(which): Path<String>,
    query: Asked,
) -> Result<Page, Trouble> {
    let after = mark(&query)?;
    let reason = asked(&query, "reason").to_owned();
    desk.blocking(move |desk| {
        let here = format!("/attention/{which}");
        let of_open = |open: &Open| open.salesforce_id.to_string();
        let (title, body, next) = match which.as_str() {
            "held" => {
                let mut list = desk.ledger.read(|tx| held(tx, after, HELD + 1))?;
                let next = more(&here, &mut list, HELD, &[], |(open, _)| of_open(open));
                ("Held", attention::held(&visitor, &list), next)
            }
            "un-mapped" => {
                let mut list = desk.ledger.read(|tx| tx.apart(after, A_PAGE + 1))?;
                let next =
                    more(&here, &mut list, A_PAGE, &[], |pair| pair.salesforce_id.to_string());
                ("Un-mapped", attention::apart(&visitor, &list), next)
            }
            "gone" => {
                let mut list =
                    desk.ledger.read(|tx| tx.open(Outcome::Gone, None, after, A_PAGE + 1))?;
                let next = more(&here, &mut list, A_PAGE, &[], of_open);
                ("Gone", attention::gone(&visitor, &list), next)
            }
            "refused" => {
                let wanted = (!reason.is_empty()).then_some(reason.as_str());
                let mut list =
                    desk.ledger.read(|tx| tx.open(Outcome::Refused, wanted, after, A_PAGE + 1))?;
                let next = more(&here, &mut list, A_PAGE, &[("reason", &reason)], of_open);
                ("Refused", attention::refused_records(&list), next)
            }
            _ => return Err(Trouble::missing("There is no such page.")),
        };
        Ok(attention::listing(&visitor, title, &body, next))
    })
    .await
}

pub(super) async fn retry(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Result<Page, Trouble> {
    let reason = fields.one("reason").to_owned();
    let retry = move |desk: &Desk| desk.ledger.write(|tx| tx.retry_refused(&reason));
    let records = desk.blocking(retry).await?;
    if records == 0 {
        return Err(Trouble::refused("No record is refused for this reason any more.")
            .leading("/attention", "Back"));
    }
    let text = format!("The next import tries {records} refused records again.");
    let ways = [("/", "To Launch"), ("/attention", "All that needs attention")];
    Ok(done(&visitor, Place::Attention, &text, &ways))
}
