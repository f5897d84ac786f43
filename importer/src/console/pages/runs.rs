//! *Runs*: the runs there were, and what each did, record by record.

use maud::{Markup, html};

use super::chart::chart;
use super::layout::{
    Page, Place, address, counts, moment, next, outcome, secret, source, state, target,
};
use crate::console::door::Visitor;
use crate::domain::decision::Outcome;
use crate::domain::report::{RunReport, RunState};
use crate::sqlite::{Filter, Listed};

/// Outcomes that the list has a column for.
const COLUMNS: [Outcome; 5] =
    [Outcome::Created, Outcome::Linked, Outcome::Updated, Outcome::Held, Outcome::Refused];

/// The list of runs; `more` is the one to go on from.
pub(in crate::console) fn list(visitor: &Visitor, runs: &[RunReport], more: Option<i64>) -> Page {
    let body = html! {
        @if runs.is_empty() { p { "There was no run yet." } } @else {
            (chart(runs))
            div.scroll role="region" aria-label="Table" tabindex="0" {
                table {
                    caption { "Runs, the latest first" }
                    thead {
                        tr {
                            th.number scope="col" { "Run" }
                            th scope="col" { "Began" }
                            th scope="col" { "State" }
                            th.number scope="col" { "Read" }
                            @for outcome in COLUMNS { th.number scope="col" { (outcome) } }
                        }
                    }
                    tbody { @for report in runs { (line(report)) } }
                }
            }
        }
        (next(more.map(|run| format!("/runs?before={run}")), "Earlier runs"))
    };
    Page::of(Place::Runs, "Runs", visitor, body)
}

fn line(report: &RunReport) -> Markup {
    let both = |outcome| report.accounts.of(outcome) + report.contacts.of(outcome);
    html! {
        tr {
            th.number scope="row" {
                a href={ "/runs/" (report.run.0) } aria-label={ "Run " (report.run.0) } { (report.run.0) }
            }
            td { (moment(report.started)) }
            td { (state(report.state)) }
            td.number { (report.read.accounts + report.read.contacts) }
            @for outcome in COLUMNS {
                td.number {
                    @match both(outcome) {
                        0 => span.faint { "0" },
                        records => a href={ "/runs/" (report.run.0) "?outcome=" (outcome) }
                            aria-label={ (records) " " (outcome) " by run " (report.run.0) } { (records) },
                    }
                }
            }
        }
    }
}

/// One run.
pub(in crate::console) struct Facts<'a> {
    pub(in crate::console) report: &'a RunReport,
    /// The day its details were erased.
    pub(in crate::console) erased: Option<String>,
    pub(in crate::console) filter: Filter<'a>,
    pub(in crate::console) records: &'a [Listed],
    /// Whether the page ends as it is full, and not as a search has read enough for one answer.
    pub(in crate::console) is_full: bool,
    /// The mark to go on from.
    pub(in crate::console) more: Option<String>,
    /// Whether this page is not the first.
    pub(in crate::console) is_later: bool,
}

/// The page of one run.
pub(in crate::console) fn one(visitor: &Visitor, facts: &Facts<'_>) -> Page {
    let report = facts.report;
    let here = format!("/runs/{}", report.run.0);
    let name = facts.filter.outcome.map_or("", Outcome::name);
    let query = [("outcome", name), ("text", facts.filter.text)];
    let body = html! {
        @if let Some(failure) = &report.failure { p.note.bad { "It could not go on: " (failure) } }
        @if !facts.is_later { (summary(report, visitor)) }
        section aria-labelledby="records" {
            h2 #records { "Records" }
            (search(&here, facts))
            @if let Some(erased) = &facts.erased {
                p.note { "The details of this run were erased on " (erased) "." }
            }
            @if !facts.records.is_empty() { (table(facts.records)) }
            @match &facts.more {
                Some(more) if !facts.is_full => p { "Searched as far as " (more) "; there are more records." },
                None if facts.records.is_empty() => p { "No record is listed here." },
                _ => {}
            }
            @if facts.more.is_some() || facts.is_later {
                (next(
                    facts.more.as_ref().map(|more| {
                        address(&here, &[query[0], query[1], ("after", more)])
                    }),
                    if facts.is_full { "More records" } else { "Search on" },
                ))
                @if facts.is_later { p { a href=(address(&here, &query)) { "To the first records" } } }
            }
            p { a href=(address(&format!("{here}/records.csv"), &query)) download { "These records as CSV" } }
            p.help { "Records that stayed as they were are counted only." }
        }
    };
    Page::of(Place::Runs, format!("Run {}", report.run.0), visitor, body)
}

fn summary(report: &RunReport, visitor: &Visitor) -> Markup {
    let is_running = report.state == RunState::Running;
    html! {
        section.card aria-label="Summary" {
            p { (state(report.state)) }
            dl.facts {
                dt { "Began" } dd { (moment(report.started)) }
                @if !is_running { dt { "Ended" } dd { (moment(report.ended)) } }
                dt { "Requests" }
                dd { (report.requests.salesforce) " to Salesforce, " (report.requests.autotask) " to Autotask" }
            }
            @if report.state == RunState::AwaitingApproval { (approval(report.run.0, visitor)) }
            @for warning in &report.warnings { p.note { (warning) } }
            (counts(report, true))
        }
    }
}

/// The button that lets the next import do as much.
pub(in crate::console) fn approval(run: i64, visitor: &Visitor) -> Markup {
    html! {
        form method="post" action={ "/runs/" (run) "/approve" } {
            (secret(&visitor.word))
            p {
                "It would have changed so much that it wrote nothing. If that is right, the next import can do it; \
                 companies cannot be deleted through Autotask's API."
            }
            button.danger { "Approve run " (run) }
        }
    }
}

fn search(here: &str, facts: &Facts<'_>) -> Markup {
    let offered = Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Unchanged);
    html! {
        form.filter method="get" action=(here) role="search" {
            div.field {
                label for="outcome" { "Outcome" }
                select #outcome name="outcome" {
                    option value="" { "all" }
                    @for outcome in offered {
                        option value=(outcome) selected[facts.filter.outcome == Some(outcome)] { (outcome) }
                    }
                }
            }
            div.field {
                label for="text" { "Reason or Salesforce id" }
                input #text type="search" name="text" value=(facts.filter.text);
            }
            button { "Show" }
        }
    }
}

fn table(records: &[Listed]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Table" tabindex="0" {
            table {
                caption { "Records in the order of their ids, accounts first" }
                thead {
                    tr {
                        th scope="col" { "Salesforce" }
                        th scope="col" { "Outcome" }
                        th scope="col" { "Autotask" }
                        th scope="col" { "Reason" }
                    }
                }
                tbody {
                    @for Listed { mention, target: autotask, .. } in records {
                        tr {
                            td { (mention.kind.source_name()) " " (source(mention.id)) }
                            td { (outcome(mention.outcome)) }
                            td { @if let Some(id) = autotask { (target(mention.kind, *id)) } }
                            td { abbr title=(mention.rule.text()) { (mention.rule.id()) } ": " (mention.text) }
                        }
                    }
                }
            }
        }
    }
}
