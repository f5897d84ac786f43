//! *Needs attention*: what waits for a person.

use maud::{Markup, html};

use super::layout::{Page, Place, address, moment, next, secret, source, target};
use super::record::{pick, remap};
use super::runs::approval;
use crate::console::door::Visitor;
use crate::desk::{Attention, Held};
use crate::sqlite::{Alike, Apart, Open};

/// What the page is made from.
pub(in crate::console) struct Facts {
    /// What waits, in numbers.
    pub(in crate::console) waits: Attention,
    /// The first held records.
    pub(in crate::console) held: Vec<Held>,
    /// The first un-mapped pairs.
    pub(in crate::console) apart: Vec<Apart>,
    /// The first records that are gone.
    pub(in crate::console) gone: Vec<Open>,
}

/// The overview.
pub(in crate::console) fn page(visitor: &Visitor, facts: &Facts) -> Page {
    let waits = &facts.waits;
    let nothing = waits.awaits_approval.is_none()
        && [waits.held, waits.refused, waits.un_mapped, waits.gone].iter().all(|count| *count == 0);
    let body = html! {
        @if nothing { p { "Nothing waits for you." } }
        @if let Some(run) = waits.awaits_approval {
            section.card aria-labelledby="approval" {
                h2 #approval { "Awaits approval" }
                @if waits.is_approved {
                    p { "It is approved: the next import decides afresh, and writes unless it would change more than a tenth more." }
                } @else { (approval(run.0, visitor)) }
                p { a href={ "/runs/" (run.0) } { "What it would have done" } }
            }
        }
        @if waits.held > 0 {
            section aria-labelledby="held" {
                h2 #held { "Held: " (waits.held) }
                p { "Which Autotask record these are is yours to say. The next import acts on it." }
                (held(visitor, &facts.held))
                (all("held", waits.held, facts.held.len()))
            }
        }
        @if waits.refused > 0 {
            section aria-labelledby="refused" { h2 #refused { "Refused: " (waits.refused) } (refused(visitor, &waits.refused_by_reason)) }
        }
        @if waits.un_mapped > 0 {
            section aria-labelledby="un-mapped" {
                h2 id="un-mapped" { "Un-mapped: " (waits.un_mapped) }
                p { "Pairs that somebody took apart. They are neither updated nor linked again, until they are remapped." }
                (apart(visitor, &facts.apart))
                (all("un-mapped", waits.un_mapped, facts.apart.len()))
            }
        }
        @if waits.gone > 0 {
            section aria-labelledby="gone" {
                h2 #gone { "Gone: " (waits.gone) }
                p { "Their Autotask records were deleted there. Remapped, they are created again if nothing else matches." }
                (gone(visitor, &facts.gone))
                (all("gone", waits.gone, facts.gone.len()))
            }
        }
    };
    Page::of(Place::Attention, "Needs attention", visitor, body)
}

fn all(outcome: &str, records: u64, shown: usize) -> Markup {
    let more = records > shown as u64;
    next(more.then(|| format!("/attention/{outcome}")), &format!("All {records}"))
}

/// One kind of what waits, page by page.
pub(in crate::console) fn listing(
    visitor: &Visitor,
    title: &str,
    body: &Markup,
    more: Option<String>,
) -> Page {
    let body = html! {
        (body)
        (next(more, "More"))
        p { a href="/attention" { "All that needs attention" } }
    };
    Page::of(Place::Attention, title, visitor, body)
}

/// Held records, each with the choice.
pub(in crate::console) fn held(visitor: &Visitor, held: &[Held]) -> Markup {
    html! {
        @for Held { open, candidates } in held {
            article.card {
                h3 { (open.kind.source_name()) " " (source(open.salesforce_id)) }
                p { (open.rule) ": " (open.reason) }
                @if open.is_due { p.help { "The next import decides on it anew." } }
                (pick(visitor, open.salesforce_id.as_str(), candidates))
            }
        }
    }
}

fn refused(visitor: &Visitor, reasons: &[Alike]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Table" tabindex="0" {
            table {
                caption { "By reason, the most frequent first. Retry leaves them to the next import, Retry now launches one" }
                thead { tr { th.number scope="col" { "Records" } th scope="col" { "Reason" } th scope="col" { "Try again" } } }
                tbody {
                    @for Alike { rule, reason, records } in reasons {
                        tr {
                            td.number { a href=(address("/attention/refused", &[("reason", reason)])) { (records) } }
                            td { (rule) ": " (reason) }
                            td {
                                form.inline method="post" action="/attention/retry" {
                                    (secret(&visitor.word))
                                    input type="hidden" name="reason" value=(reason);
                                    button aria-label={ "Retry with the next import: " (reason) } { "Retry" }
                                    " "
                                    button.plain name="now" value="1" aria-label={ "Retry now: " (reason) } { "Retry now" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Un-mapped pairs.
pub(in crate::console) fn apart(visitor: &Visitor, pairs: &[Apart]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Table" tabindex="0" {
            table {
                caption { "In the order of their ids" }
                thead { tr { th scope="col" { "Salesforce" } th scope="col" { "Autotask" } th scope="col" { "Since" } th scope="col" { "End that" } } }
                tbody {
                    @for pair in pairs {
                        tr {
                            td { (pair.kind.source_name()) " " (source(pair.salesforce_id)) }
                            td { (target(pair.kind, pair.autotask_id)) }
                            td { (pair.since.get(..16).unwrap_or(&pair.since).replace('T', " ")) }
                            td { (remap(visitor, pair.salesforce_id.as_str())) }
                        }
                    }
                }
            }
        }
    }
}

/// Records that are gone from Autotask.
pub(in crate::console) fn gone(visitor: &Visitor, records: &[Open]) -> Markup {
    waiting(records, |open| remap(visitor, open.salesforce_id.as_str()), "Create again")
}

/// Refused records of one reason.
pub(in crate::console) fn refused_records(records: &[Open]) -> Markup {
    let next = |open: &Open| {
        html! {
            @if open.is_due { "next import" } @else if let Some(at) = open.not_before { "after " (moment(at)) }
        }
    };
    waiting(records, next, "Tried again")
}

fn waiting(records: &[Open], last: impl Fn(&Open) -> Markup, title: &str) -> Markup {
    html! {
        div.scroll role="region" aria-label="Table" tabindex="0" {
            table {
                caption { "In the order of their ids" }
                thead { tr { th scope="col" { "Salesforce" } th scope="col" { "Reason" } th scope="col" { (title) } } }
                tbody {
                    @for open in records {
                        tr {
                            td { (open.kind.source_name()) " " (source(open.salesforce_id)) }
                            td { (open.rule) ": " (open.reason) }
                            td { (last(open)) }
                        }
                    }
                }
            }
        }
    }
}
