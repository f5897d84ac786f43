//! *General*: what the retired extension's page showed, and the run under way (rule S5).

use maud::{Markup, html};

use super::layout::{Page, Place, counts, moment, run, secret, state};
use super::settings::title;
use crate::config::{Entry, Problem};
use crate::console::door::Visitor;
use crate::desk::{Running, Status};
use crate::domain::budget::Budget;
use crate::domain::decision::Outcome;

/// What the page is made from.
pub(in crate::console) struct Facts {
    pub(in crate::console) status: Status,
    /// What is wrong with the settings, so that no import can begin.
    pub(in crate::console) wrong: Vec<Problem>,
    /// The settings.
    pub(in crate::console) entries: Vec<Entry>,
    pub(in crate::console) budget: Budget,
    /// Records that wait with an outcome.
    pub(in crate::console) open: Vec<(Outcome, u64)>,
}

/// The page.
pub(in crate::console) fn page(visitor: &Visitor, facts: &Facts) -> Page {
    let status = &facts.status;
    let body = html! {
        (missing(&facts.wrong))
        @if let Some(running) = &status.running { (progress(running)) }
        section.card aria-labelledby="schedule" {
            h2 #schedule { "Schedule" }
            dl.facts {
                dt { "Active" }
                dd {
                    @if status.active { "Yes" } @else { "No: nothing is imported as scheduled" }
                    " · " a href="/settings#settings.active" { "change" }
                }
                dt { "Last Import Date/Time" }
                dd {
                    @match &status.last_import {
                        Some(last) => { (moment(last.started)) ", " (run(last.run)) " " (state(last.state)) }
                        None => { "N/A" }
                    }
                }
                dt { "Next Scheduled Import" }
                dd { @match status.next_scheduled { Some(next) => (moment(next)), None => "N/A" } }
                @if let Some(budget) = hour(&facts.budget) {
                    dt { "Autotask requests this hour" }
                    dd { (budget) }
                }
            }
            form method="post" action="/launch" {
                (secret(&visitor.word))
                button disabled[status.running.is_some()] { "Launch" }
                p.help {
                    @if status.running.is_some() { "An import is running; another can begin when it has ended." }
                    @else { "Imports at once, active or not." }
                }
            }
        }
        (attention(&facts.open))
        (services(&facts.entries))
        @if let Some(last) = &status.last_import {
            section.card aria-labelledby="last" {
                h2 #last { "Last import" }
                @if let Some(failure) = &last.failure { p.note.bad { "It could not go on: " (failure) } }
                (counts(last, true))
            }
        }
    };
    let page = Page::of(Place::General, "General", visitor, body);
    if status.running.is_some() { page.again_without_script(5) } else { page }
}

/// What keeps imports from beginning, with the way to where it is set.
fn missing(wrong: &[Problem]) -> Markup {
    html! {
        @if !wrong.is_empty() {
            section.card.note.bad role="alert" aria-labelledby="missing" {
                h2 #missing { "Nothing can be imported yet" }
                p { "Imports begin at the next tick once this is set:" }
                ul {
                    @for Problem { about, text, .. } in wrong {
                        li {
                            @match about.filter(|key| key.is_editable()) {
                                Some(key) => { a href={ "/settings#" (key.full_name()) } { (title(key)) } ": " (key.purpose) }
                                None => (text),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Who the importer is in both systems. No secret is shown, only whether there is one.
fn services(entries: &[Entry]) -> Markup {
    let entry = |name: &str| entries.iter().find(|entry| entry.key.full_name() == name);
    let value =
        |name: &str| entry(name).and_then(|entry| entry.value.as_deref()).unwrap_or("not set");
    let is_set = |name: &str| entry(name).is_some_and(|entry| entry.is_set);
    let rows = [("Salesforce", "salesforce", "password"), ("Autotask", "autotask", "secret")];
    html! {
        section aria-labelledby="services" {
            h2 #services { "Web services" }
            div.scroll role="region" aria-label="Table" tabindex="0" {
                table {
                    caption { "How the importer signs in to both systems" }
                    thead { tr { th scope="col" { "Name" } th scope="col" { "URL" } th scope="col" { "User name" } th scope="col" { "Password" } } }
                    tbody {
                        @for (name, table, secret) in rows {
                            tr {
                                th scope="row" { (name) }
                                td.text { (value(&format!("{table}.url"))) }
                                td.text { (value(&format!("{table}.user"))) }
                                td {
                                    @if is_set(&format!("{table}.{secret}")) { "set" } @else { "not set" }
                                    " · " a href={ "/settings#" (table) "." (secret) } aria-label={ "Change the access to " (name) } { "change" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn attention(open: &[(Outcome, u64)]) -> Markup {
    let open: Vec<_> = open.iter().filter(|(_, records)| *records > 0).collect();
    html! {
        @if !open.is_empty() {
            section.card aria-labelledby="waiting" {
                h2 #waiting { "Needs attention" }
                ul.tiles {
                    @for (outcome, records) in open {
                        li { a href={ "/attention#" (outcome) } { strong { (records) } " " (outcome) } }
                    }
                }
            }
        }
    }
}

/// How much of Autotask's hour is used, where that is known and limited.
fn hour(budget: &Budget) -> Option<String> {
    (1..100_000_000)
        .contains(&budget.allowed)
        .then(|| format!("{} used; imports wait at {}", budget.used, budget.allowed))
}

/// How far the run under way is. Script keeps it current.
fn progress(running: &Running) -> Markup {
    let progress = running.progress.as_ref();
    let phase = progress.map_or("beginning", |progress| progress.phase.as_str());
    let (done, total) = progress.map_or((0, None), |progress| (progress.done, progress.total));
    let requests = progress.map(|progress| progress.requests).unwrap_or_default();
    html! {
        section.card.live aria-labelledby="running" data-live="/progress" {
            h2 #running { "Running: " (run(running.run)) }
            p { "Since " (moment(running.started)) }
            p role="status" { span data-show="phase" { (phase) } }
            progress aria-label="Records of this phase" max=[total] value=[total.map(|_| done)] {}
            p {
                span data-show="done" { (done) }
                " of " span data-show="total" { @match total { Some(total) => (total), None => "?" } } " records, "
                span data-show="salesforce" { (requests.salesforce) } " requests to Salesforce, "
                span data-show="autotask" { (requests.autotask) } " to Autotask"
            }
        }
    }
}
