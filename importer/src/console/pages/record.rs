//! A record's history, and what somebody may decide about it (rules C3, R9, U3).

use maud::{Markup, html};

use super::layout::{Page, Place, address, moment, outcome, run, secret, source};
use crate::console::door::Visitor;
use crate::desk::{Decided, Explanation, Live, Record};
use crate::domain::decision::{Detail, Write};
use crate::domain::model::Value;
use crate::domain::report::RunState;
use crate::sqlite::Said;

/// The page that asks which record is meant; `wrong` says why what was typed is none.
pub(in crate::console) fn ask(visitor: &Visitor, typed: &str, wrong: Option<&str>) -> Page {
    let body = html! {
        (form(typed, wrong))
        p.help { "Tells why a record is, or is not, in Autotask, run by run." }
    };
    Page::of(Place::Records, "Records", visitor, body)
}

fn form(typed: &str, wrong: Option<&str>) -> Markup {
    html! {
        form.filter method="get" action="/record" role="search" {
            div.field {
                label for="id" { "Record" }
                input #id type="search" name="id" value=(typed) required autocomplete="off" aria-describedby="id-help"
                    aria-invalid=[wrong.map(|_| "true")];
                p.help #id-help { "A Salesforce id of 15 or 18 characters, company:NUMBER or contact:NUMBER" }
                @if let Some(wrong) = wrong { p.note.bad role="alert" { (wrong) } }
            }
            button { "Explain" }
        }
    }
}

/// The page of one record. `id` is what it was asked for by, `candidates` are the Autotask records with its key.
pub(in crate::console) fn page(
    visitor: &Visitor,
    id: &str,
    explained: &Explanation,
    candidates: &[i64],
) -> Page {
    let kind = explained.kind;
    let body = html! {
        (form(id, None))
        section.card aria-labelledby="stands" {
            h2 #stands { "How it stands" }
            dl.facts {
                dt { "Salesforce" }
                dd {
                    @match &explained.salesforce {
                        Some(side) => { (kind.source_name()) " " (source(side.id)) (elsewhere(side.page.as_deref(), "Salesforce")) }
                        None => { "no record is known to be this one" }
                    }
                }
                dt { "Autotask" }
                dd {
                    @match &explained.autotask {
                        Some(side) => { (kind.target_name()) " " (side.id) (elsewhere(side.page.as_deref(), "Autotask")) }
                        None => { "no " (kind.target_name()) " is known" }
                    }
                }
                (standing(explained))
                dt { "At this moment" }
                dd { (live(id, &explained.live)) }
                @if let Some(consequence) = &explained.consequence { dt { "So" } dd { (consequence) } }
            }
            (deeds(visitor, explained, candidates))
        }
        section aria-labelledby="history" {
            h2 #history { "History" }
            @if explained.decisions.is_empty() {
                p { "No run that is remembered found anything to do or to report about it." }
            }
            @for decided in explained.decisions.iter().rev() { (entry(decided)) }
            p.help { "Runs that left it unchanged are not listed." }
        }
    };
    Page::of(Place::Records, format!("Record {id}"), visitor, body)
}

/// The way to a record's page in its own system. Only addresses of the web are links.
fn elsewhere(page: Option<&str>, system: &str) -> Markup {
    let page = page.filter(|page| page.starts_with("https://") || page.starts_with("http://"));
    html! {
        @if let Some(page) = page { " · " a href=(page) rel="noopener noreferrer" target="_blank" { "open in " (system) } }
    }
}

fn standing(explained: &Explanation) -> Markup {
    let (kind, standing) = (explained.kind.target_name(), &explained.standing);
    html! {
        @if explained.salesforce.is_some() {
            dt { "Link" }
            dd { @match standing.link { Some(link) => { "linked to " (kind) " " (link) }, None => "not linked" } }
        }
        @for pair in &standing.unmapped {
            dt { "Un-mapped" }
            dd {
                "from " (kind) " " (pair.autotask_id) " since " (pair.since)
                @if let Some(noticed) = pair.noticed_by { ", noticed by " (run(noticed)) }
            }
        }
        @match standing.chosen {
            Some(Said::Record(id)) => {
                dt { "Decided" } dd { "it is " (kind) " " (id) "; the next import acts on that" }
            }
            Some(Said::New) => {
                dt { "Decided" } dd { "it is a new " (kind) "; the next import acts on that" }
            }
            Some(Said::Inherited { record, from }) => {
                dt { "Inherits" } dd { (kind) " " (record) " of " (from) ", which was merged into it" }
            }
            None => {}
        }
        @if standing.uncertain {
            dt { "Create" } dd { "sent and not answered; the next import looks for it" }
        }
        @if let Some(former) = standing.ended {
            dt { "Formerly" } dd { (kind) " " (former) ", before it was deleted or merged in Salesforce" }
        }
        @if let Some(waiting) = &standing.waiting {
            dt { "Waits" }
            dd {
                (waiting.outcome) ", " (waiting.rule) ": " (waiting.reason)
                @if waiting.is_due { "; the next import decides on it anew" }
                @else if let Some(moment) = &waiting.not_before { "; decided on anew when that changes, or after " (moment) }
            }
        }
        @if let Some(parent) = standing.awaits_parent { dt { "Parent" } dd { "waits for account " (source(parent)) } }
    }
}

fn live(id: &str, live: &Live) -> Markup {
    html! {
        @match live {
            Live::NotAsked => a href=(address("/record", &[("id", id), ("live", "1")])) { "Look in Autotask now" },
            Live::NoRecord => "there is no Autotask record to look at",
            Live::Unknown { because } => { "Autotask cannot be asked: " (because) },
            Live::Gone => "it is not in Autotask any more",
            Live::There { is_active, holds } => {
                "in Autotask it is " @if *is_active { "active" } @else { "inactive" }
                "; its user-defined field " (holds)
            },
        }
    }
}

/// What can be decided about it.
fn deeds(visitor: &Visitor, explained: &Explanation, candidates: &[i64]) -> Markup {
    let standing = &explained.standing;
    let Some(side) = &explained.salesforce else { return html! {} };
    let gone = matches!(explained.live, Live::Gone);
    let waits_for_person = standing.waiting.as_ref().is_some_and(|waiting| {
        ["held", "duplicate", "refused"].contains(&waiting.outcome.as_str())
    });
    html! {
        @if standing.link.is_some() && !gone {
            form method="post" action="/record/unmap" {
                (secret(&visitor.word))
                input type="hidden" name="id" value=(side.id);
                button.danger { "Un-map" }
                p.help { "Clears the user-defined field in Autotask; the pair is neither updated nor linked again." }
            }
        }
        @if !standing.unmapped.is_empty() || gone || is_gone(explained) { (remap(visitor, &side.id.to_string())) }
        @if standing.link.is_none() && waits_for_person { (pick(visitor, &side.id.to_string(), candidates)) }
    }
}

fn is_gone(explained: &Explanation) -> bool {
    explained.standing.waiting.as_ref().is_some_and(|waiting| waiting.outcome == "gone")
}

/// The button that makes a record eligible again.
pub(in crate::console) fn remap(visitor: &Visitor, id: &str) -> Markup {
    html! {
        form.inline method="post" action="/record/remap" {
            (secret(&visitor.word))
            input type="hidden" name="id" value=(id);
            button aria-label={ "Remap " (id) } { "Remap" }
        }
    }
}

/// The choice of which record a held one is.
pub(in crate::console) fn pick(visitor: &Visitor, id: &str, candidates: &[i64]) -> Markup {
    let other = format!("other-{id}");
    html! {
        form.pick method="post" action="/record/link" {
            (secret(&visitor.word))
            input type="hidden" name="id" value=(id);
            fieldset {
                legend { "Which Autotask record is it?" }
                @for candidate in candidates {
                    label.option { input type="radio" name="choice" value=(candidate) required; " " (candidate) }
                }
                label.option { input type="radio" name="choice" value="new" required; " a new one" }
                div.option {
                    label { input type="radio" name="choice" value="other" required; " this one:" }
                    " " label.hidden for=(other) { "Autotask id" }
                    input id=(other) name="other" inputmode="numeric" size="12" autocomplete="off";
                }
            }
            button { "Decide" }
        }
    }
}

fn entry(decided: &Decided) -> Markup {
    let Decided { record, .. } = decided;
    let Record { rule, reason, values, .. } = record;
    html! {
        article.card {
            h3 {
                (run(decided.run)) ", " (moment(decided.started)) " " (outcome(record.outcome))
                @if decided.state == RunState::Planned { " (a plan)" }
                @if decided.foreign { " (before the ledger was rebound)" }
            }
            p { strong { (rule.id()) } " " (decided.rule_text) " " (reason) }
            @if let Some(id) = record.autotask_id { p { "Autotask " (record.kind.target_name()) " " (id) } }
            @if let Some(account) = decided.account { p { "Of account " (source(account)) } }
            (changes(values))
        }
    }
}

fn changes(values: &Detail) -> Markup {
    let Detail { remarks, compared, written } = values;
    let shown =
        |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    html! {
        @if !remarks.is_empty() {
            ul { @for remark in remarks { li { (remark.rule().id()) ": " (remark) } } }
        }
        @if !compared.is_empty() {
            div.scroll role="region" aria-label="Table" tabindex="0" {
                table {
                    caption { "Compared by" }
                    thead { tr { th scope="col" { "Field" } th scope="col" { "Value" } } }
                    tbody { @for (field, value) in compared { tr { th scope="row" { (field.api_name()) } td.text { (value) } } } }
                }
            }
        }
        @if !written.is_empty() {
            div.scroll role="region" aria-label="Table" tabindex="0" {
                table {
                    caption { "Written" }
                    thead { tr { th scope="col" { "Field" } th scope="col" { "Was" } th scope="col" { "Became" } } }
                    tbody {
                        @for (field, Write { was, now }) in written {
                            tr { th scope="row" { (field.api_name()) } td.text { (shown(was.as_ref())) } td.text { (shown(now.as_ref())) } }
                        }
                    }
                }
            }
        }
    }
}
