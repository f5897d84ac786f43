//! *Settings*: what people edit, with what is wrong beside the field (rule S1).

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::layout::{Page, Place, secret};
use crate::config::{Entry, Key, Origin, Shape};
use crate::console::door::{Fields, Visitor};
use crate::domain::model::Resource;

/// What the page is made from.
#[derive(Default)]
pub(in crate::console) struct Facts {
    pub(in crate::console) entries: Vec<Entry>,
    /// What somebody typed and could not save.
    pub(in crate::console) typed: Fields,
    /// What is wrong with that, by the keys' full names.
    pub(in crate::console) wrong: BTreeMap<String, String>,
    /// What was done, and what somebody should know.
    pub(in crate::console) notes: Vec<String>,
    /// Autotask's resources, as far as the last import read them.
    pub(in crate::console) resources: Vec<Resource>,
}

/// Those that the retired extension's page had, in its order.
const FIRST: [&str; 6] = [
    "settings.active",
    "salesforce.url",
    "salesforce.user",
    "salesforce.password",
    "notifications.quiet",
    "settings.default_account_manager",
];

/// The page.
pub(in crate::console) fn page(visitor: &Visitor, facts: &Facts) -> Page {
    let editable = |entry: &&Entry| entry.key.is_editable();
    let (mut first, more): (Vec<_>, Vec<_>) =
        facts.entries.iter().filter(editable).partition(|entry| {
            FIRST.contains(&entry.key.full_name().as_str()) || entry.key.section == "notifications"
        });
    let order =
        |key: &Key| FIRST.iter().position(|name| *name == key.full_name()).unwrap_or(FIRST.len());
    first.sort_by_key(|entry| order(entry.key));
    let elsewhere: Vec<_> = facts.entries.iter().filter(|entry| !entry.key.is_editable()).collect();
    let body = html! {
        @for note in &facts.notes { p.note.good role="status" { (note) } }
        @if !facts.wrong.is_empty() {
            div.note.bad role="alert" {
                p { "Nothing was saved:" }
                ul { @for (name, text) in &facts.wrong { li { a href={ "#" (name) } { (text) } } } }
                p { "A password that was typed has to be typed again." }
            }
        }
        form method="post" action="/settings" {
            (secret(&visitor.word))
            fieldset.card { legend { "General and notification" } @for entry in &first { (field(facts, entry)) } }
            fieldset.card { legend { "How imports go about it" } @for entry in &more { (field(facts, entry)) } }
            (resources(&facts.resources))
            div.save { button { "Save" } p.help { "A running service takes it over at its next tick." } }
        }
        section aria-labelledby="elsewhere" {
            h2 #elsewhere { "Set in importer.toml or the environment" }
            div.scroll role="region" aria-label="Table" tabindex="0" {
                table {
                    caption { "To be seen here only" }
                    thead { tr { th scope="col" { "Key" } th scope="col" { "Value" } th scope="col" { "What it is" } } }
                    tbody {
                        @for entry in elsewhere {
                            tr {
                                th scope="row" { (entry.key.full_name()) }
                                td.text { (shown(entry)) @if entry.is_set { span.faint { " (" (entry.origin) ")" } } }
                                td { (entry.key.purpose) @if let Some(problem) = &entry.problem { p.note.bad { (problem) } } }
                            }
                        }
                    }
                }
            }
        }
    };
    Page::of(Place::Settings, "Settings", visitor, body)
}

/// A value, never that of a secret.
fn shown(entry: &Entry) -> String {
    match (&entry.value, entry.is_set) {
        (Some(value), _) => value.clone(),
        (None, true) => "set".to_owned(),
        (None, false) => "not set".to_owned(),
    }
}

fn title(key: &Key) -> String {
    match key.full_name().as_str() {
        "salesforce.url" => "Salesforce address".to_owned(),
        "salesforce.user" => "Salesforce user name".to_owned(),
        "salesforce.password" => "Salesforce password".to_owned(),
        "notifications.quiet" => {
            "Do not generate e-mail notifications unless new or updated accounts or contacts are discovered".to_owned()
        }
        "notifications.together" => "One e-mail to all recipients".to_owned(),
        "notifications.recipients" => "Notification recipients".to_owned(),
        _ => {
            let words = key.name.replace('_', " ");
            let (first, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
            first.to_uppercase() + rest
        }
    }
}

fn field(facts: &Facts, entry: &Entry) -> Markup {
    let key = entry.key;
    let (name, managed) = (key.full_name(), entry.origin.is_managed());
    let problem = facts.wrong.get(&name).or(entry.problem.as_ref());
    let help = format!("{name}-help");
    html! {
        div.field {
            @if managed {
                p.label #(name) { (title(key)) }
                p { strong { (shown(entry)) } " · managed in " (entry.origin) }
                @if entry.is_overruled { p.help { "The ledger holds another value, which does not count." } }
            } @else {
                label for=(name) { (title(key)) }
                (control(facts, entry, &name, &help, problem.is_some()))
            }
            p.help id=(help) { (key.purpose) (origin(entry)) }
            @if let Some(problem) = problem { p.note.bad { (problem) } }
        }
    }
}

fn origin(entry: &Entry) -> Markup {
    html! {
        @match (&entry.origin, entry.key.default) {
            (Origin::Ledger(_), Some(default)) if !default.is_empty() => { " · saved here; empty means " (default) }
            (Origin::Default, Some(default)) if !default.is_empty() => { " · the default" }
            _ => {}
        }
    }
}

fn control(facts: &Facts, entry: &Entry, name: &str, help: &str, is_wrong: bool) -> Markup {
    let invalid = is_wrong.then_some("true");
    let value = entry.value.as_deref().unwrap_or_default();
    let typed = if facts.typed.has(name) { facts.typed.one(name) } else { value };
    html! {
        @match entry.key.shape {
            Shape::Flag => {
                select id=(name) name=(name) aria-describedby=(help) aria-invalid=[invalid] {
                    option value="true" selected[typed == "true"] { "Yes" }
                    option value="false" selected[typed != "true"] { "No" }
                }
            }
            Shape::Secret => {
                input type="password" id=(name) name=(name) autocomplete="new-password" aria-describedby=(help)
                    aria-invalid=[invalid] placeholder=(if entry.is_set { "set; type to change" } else { "not set" });
            }
            shape => {
                input type="text" id=(name) name=(name) value=(typed) autocomplete="off" spellcheck="false"
                    inputmode=[(shape == Shape::Number).then_some("numeric")]
                    list=[(name == "settings.default_account_manager").then_some("resources")]
                    aria-describedby=(help) aria-invalid=[invalid];
            }
        }
        @if entry.key.shape != Shape::Secret { input type="hidden" name=(was(name)) value=(value); }
    }
}

/// The field that tells what somebody saw, so that only what they changed is saved.
pub(in crate::console) fn was(name: &str) -> String {
    format!("was {name}")
}

/// The names to choose a manager from: whoever may own companies.
fn resources(resources: &[Resource]) -> Markup {
    html! {
        datalist #resources {
            @for person in resources.iter().filter(|person| person.is_active && !person.is_api_only) {
                option value={ (person.first_name.trim()) " " (person.last_name.trim()) } {}
            }
        }
    }
}
