//! *Notification*: who hears of imports, chosen from Autotask's resources (rules N1, N4).

use maud::{Markup, html};

use super::layout::{Page, Place, findings, moment, secret};
use crate::check::Finding;
use crate::console::door::Visitor;
use crate::desk::{Freshness, Person, Presence};

/// People on a page; a filter finds the others.
const MOST: usize = 500;

/// What the page is made from.
pub(in crate::console) struct Facts {
    pub(in crate::console) people: Vec<Person>,
    /// What is saved, so that it is noticed if somebody else saves in between.
    pub(in crate::console) was: String,
    /// Whether somebody else is selected than what is saved.
    pub(in crate::console) is_changed: bool,
    pub(in crate::console) filter: String,
    pub(in crate::console) tenant: Freshness,
    /// Where the recipients are managed, if that is not here.
    pub(in crate::console) managed: Option<String>,
    /// Whether there is a mail server.
    pub(in crate::console) sends_mail: bool,
    /// What was done.
    pub(in crate::console) notes: Vec<String>,
    /// Why nothing was saved.
    pub(in crate::console) wrong: Vec<String>,
    /// What came of a test.
    pub(in crate::console) findings: Vec<Finding>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            people: Vec::new(),
            was: String::new(),
            is_changed: false,
            filter: String::new(),
            tenant: Freshness { read: None, problem: None },
            managed: None,
            sends_mail: false,
            notes: Vec::new(),
            wrong: Vec::new(),
            findings: Vec::new(),
        }
    }
}

/// The page.
pub(in crate::console) fn page(visitor: &Visitor, facts: &Facts) -> Page {
    let wanted = facts.filter.to_lowercase();
    let is_wanted = |one: &&Person| {
        let texts = [&one.name, &one.email, &one.recipient];
        wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    let (mut shown, mut others): (Vec<_>, Vec<_>) = facts.people.iter().partition(is_wanted);
    // Whoever is selected stays within reach.
    shown.sort_by_key(|one| !one.selected);
    if shown.len() > MOST {
        others.extend(shown.split_off(MOST));
    }
    let body = html! {
        @for note in &facts.notes { p.note.good role="status" { (note) } }
        @for wrong in &facts.wrong { p.note.bad role="alert" { (wrong) } }
        (findings("What came of the test", &facts.findings))
        p { "Who is selected gets an e-mail after an import. " a href="/settings#notifications.quiet" { "When none is sent" } }
        @if !facts.sends_mail {
            p.note.warn { "There is no mail server in [smtp] of importer.toml: no e-mail is sent." }
        }
        (known(&facts.tenant))
        @if let Some(origin) = &facts.managed {
            p.note { "The recipients are managed in " (origin) "." }
            (table(&shown, true))
            form method="post" action="/notifications/test" { (secret(&visitor.word)) (test()) }
        } @else { (form(visitor, facts, &shown, &others)) }
    };
    Page::of(Place::Notification, "Notification", visitor, body)
}

/// Since when Autotask's people are known, and why no later.
pub(in crate::console) fn known(tenant: &Freshness) -> Markup {
    html! {
        @if let Some(problem) = &tenant.problem {
            p.note.warn role="alert" {
                "Autotask cannot be asked at this moment: " (problem) ". "
                @match tenant.read {
                    Some(read) => { "What it said on " (moment(read)) " is shown." }
                    None => "Nothing of it is known yet; what is saved can be seen and removed."
                }
                " " a href="?anew=1" { "Ask again" }
            }
        } @else if let Some(read) = tenant.read {
            p.help { "As Autotask said on " (moment(read)) ". " a href="?anew=1" { "Ask again" } }
        }
    }
}

/// One form that filters and saves: what is ticked stays so while somebody searches. Filtering is a GET with the ticks in
/// the address; the word goes with the buttons that do something, so that no address ever has it.
fn form(visitor: &Visitor, facts: &Facts, shown: &[&Person], others: &[&Person]) -> Markup {
    let selected = facts.people.iter().filter(|one| one.selected).count();
    let unseen: Vec<_> = others.iter().filter(|one| one.selected).collect();
    html! {
        form #recipients method="get" action="/notifications" {
            input type="hidden" name="chosen" value="1";
            input type="hidden" name="was" value=(facts.was);
            @for one in &unseen { input type="hidden" name="to" value=(one.recipient); }
            div.filter role="search" {
                div.field {
                    label for="filter" { "Name or e-mail address" }
                    input #filter type="search" name="filter" value=(facts.filter) autocomplete="off";
                }
                button { "Filter" }
            }
            @if shown.is_empty() { p { "Nobody is found." } } @else { (table(shown, false)) }
            @if others.iter().any(|one| !one.selected) && facts.filter.is_empty() {
                p.help { "More people are found with a filter." }
            }
            div.save {
                button name="word" value=(visitor.word) formmethod="post" formaction="/notifications" { "Save" }
                p.help {
                    (selected) " selected"
                    @if !unseen.is_empty() { ", " (unseen.len()) " of them not shown by this filter" }
                }
                button.plain name="word" value=(visitor.word) formmethod="post" formaction="/notifications/test" { "Send a test mail" }
                p.help { "to those who are saved" }
            }
        }
    }
}

fn test() -> Markup {
    html! { button { "Send a test mail" } }
}

fn table(people: &[&Person], is_fixed: bool) -> Markup {
    html! {
        div.scroll role="region" aria-label="Table" tabindex="0" {
            table {
                caption { "Autotask's resources" }
                thead {
                    tr { th scope="col" { "Name" } th scope="col" { "E-mail address" } th scope="col" { "In Autotask" } }
                }
                tbody { @for one in people { (line(one, is_fixed)) } }
            }
        }
    }
}

fn line(one: &Person, is_fixed: bool) -> Markup {
    let id = format!("to-{}", one.recipient);
    html! {
        tr {
            td {
                @if is_fixed { (one.name) @if one.selected { " " span.badge.good { "selected" } } }
                @else {
                    label.option for=(id) {
                        input id=(id) type="checkbox" name="to" value=(one.recipient) checked[one.selected];
                        " " (one.name)
                    }
                }
            }
            td { @if one.email.is_empty() { span.faint { "none" } } @else { (one.email) } }
            td {
                @match one.presence {
                    Presence::Active => span.faint { "active" },
                    Presence::Inactive => span.badge.warn { "inactive: gets no e-mail" },
                    Presence::Unknown => span.badge.bad { "not known" },
                }
            }
        }
    }
}
