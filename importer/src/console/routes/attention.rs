//! What waits for a person.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::super::Desk;
use super::super::door::{Fields, Visitor};
use super::super::pages::attention::{self, Facts};
use super::super::pages::layout::{Page, Place, address};
use super::super::pages::trouble::Trouble;
use super::{A_PAGE, Asked, asked, done, general, mark};
use crate::desk;
use crate::domain::decision::Outcome;
use crate::sqlite::Open;

/// Records that the overview shows of each kind.
const FEW: u32 = 10;

/// Held records on a page: each is a form.
const HELD: u32 = 25;

pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Page, Trouble> {
    let now = desk.clock.now();
    let facts = desk
        .blocking(move |desk| {
            desk.ledger.read(|tx| {
                Ok(Facts {
                    waits: desk::attention(tx, now)?,
                    held: desk::held(tx, None, FEW)?,
                    apart: tx.apart(None, FEW)?,
                    gone: tx.open(Outcome::Gone, None, None, FEW)?,
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
                let mut list = desk.ledger.read(|tx| desk::held(tx, after, HELD + 1))?;
                let next = more(&here, &mut list, HELD, &[], |held| of_open(&held.open));
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
) -> Result<Response, Trouble> {
    let reason = fields.one("reason").to_owned();
    let retry = move |desk: &Desk| desk.ledger.write(|tx| tx.retry_refused(&reason));
    let records = desk.blocking(retry).await?;
    if records == 0 {
        return Err(Trouble::refused("No record is refused for this reason any more.")
            .leading("/attention", "Back"));
    }
    if fields.one("now") == "1" {
        return Ok(general::launch(State(desk)).await?.into_response());
    }
    let text = format!("The next import tries {records} refused records again.");
    let ways = [("/", "To Launch"), ("/attention", "All that needs attention")];
    Ok(done(&visitor, Place::Attention, &text, &ways).into_response())
}
