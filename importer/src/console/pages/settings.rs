//! *Settings*: what people edit, with what is wrong beside the field (rule S1).

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::layout::{Page, Place, findings, secret};
use crate::check::{Finding, Verdict};
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
    /// What came of trying both connections.
    pub(in crate::console) findings: Vec<Finding>,
    /// Autotask's resources, as far as they are known.
    pub(in crate::console) resources: Vec<Resource>,
}

/// The setting that is chosen from Autotask's resources.
pub(in crate::console) const MANAGER: &str = "settings.default_account_manager";

/// A part of the form, and which keys belong there, in this order; those of a whole table follow.
struct Part {
    title: &'static str,
    first: &'static [&'static str],
    tables: &'static [&'static str],
}

/// The parts: what the retired extension's page had comes first, in its order.
const PARTS: [Part; 4] = [
    Part {
        title: "General",
        first: &[
            "settings.active",
            "settings.default_account_manager",
            "notifications.quiet",
            "notifications.together",
            "notifications.recipients",
        ],
        tables: &[],
    },
    Part { title: "Web service: Salesforce", first: &[], tables: &["salesforce"] },
    Part { title: "Web service: Autotask", first: &[], tables: &["autotask"] },
    Part { title: "How imports go about it", first: &[], tables: &["settings", "notifications"] },
];

impl Part {
    /// Its place in the order of the parts, and a key's place in it.
    fn of(key: &Key) -> Option<(usize, usize)> {
        let name = key.full_name();
        let first = PARTS.iter().enumerate().find_map(|(part, Part { first, .. })| {
            Some((part, first.iter().position(|known| *known == name)?))
        });
        first.or_else(|| {
            let part = PARTS.iter().position(|part| part.tables.contains(&key.section))?;
            Some((part, usize::MAX))
        })
    }
}

/// The page.
pub(in crate::console) fn page(visitor: &Visitor, facts: &Facts) -> Page {
    let (mut here, elsewhere): (Vec<_>, Vec<_>) =
        facts.entries.iter().partition(|entry| entry.key.is_editable());
    here.sort_by_key(|entry| Part::of(entry.key));
    let of_part = |part| {
        here.iter().filter(move |entry| Part::of(entry.key).is_some_and(|(of, _)| of == part))
    };
    let body = html! {
        @for note in &facts.notes { p.note.good role="status" { (note) } }
        @if !facts.wrong.is_empty() {
            div.note.bad role="alert" {
                p { "Nothing was saved:" }
                ul { @for (name, text) in &facts.wrong { li { a href={ "#" (name) } { (text) } } } }
                p { "A password that was typed has to be typed again." }
            }
        }
        (findings("What a check of both connections found", &facts.findings))
        form method="post" action="/settings" {
            (secret(&visitor.word))
            @for (number, part) in PARTS.iter().enumerate() {
                fieldset.card {
                    legend { (part.title) }
                    @for entry in of_part(number) { (field(facts, entry)) }
                }
            }
            (resources(&facts.resources))
            div.save {
                button { "Save" }
                button.plain formaction="/settings/check" { "Check both connections" }
                p.help { "A running service takes over what is saved at its next tick." }
            }
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

/// What people call a setting.
pub(super) fn title(key: &Key) -> String {
    match key.full_name().as_str() {
        "salesforce.url" => "Salesforce address".to_owned(),
        "salesforce.user" => "Salesforce user name".to_owned(),
        "salesforce.password" => "Salesforce password, with the security token at its end".to_owned(),
        "autotask.user" => "Autotask API user name".to_owned(),
        "autotask.secret" => "Autotask secret".to_owned(),
        "autotask.integration_code" => "Autotask integration code".to_owned(),
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
    let wrong = |finding: &&Finding| {
        finding.verdict == Verdict::Wrong && finding.about == Some(name.as_str())
    };
    let found = facts.findings.iter().find(wrong).map(|finding| &finding.text);
    let problem = facts.wrong.get(&name).or(entry.problem.as_ref()).or(found);
    let help = format!("{name}-help");
    html! {
        div.field {
            @if managed {
                p.label #(name) { (title(key)) }
                p { strong { (shown(entry)) } " · managed in " (entry.origin) }
                @if entry.is_overruled { p.help { "The ledger holds another value, which does not count." } }
            } @else if name == "notifications.recipients" {
                p.label #(name) { (title(key)) }
                p { strong { (shown(entry)) } " · " a href="/notifications" { "choose" } }
            } @else {
                label for=(name) { (title(key)) }
                (control(facts, entry, &name, &help, problem.is_some()))
            }
            p.help id=(help) { (key.purpose) (origin(entry)) }
            @if name == MANAGER { (manager(entry, &facts.resources)) }
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
                    list=[(name == MANAGER).then_some("resources")]
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

/// The names to choose a manager from: whoever may own companies. Of several with one name, each is told by the id.
fn resources(resources: &[Resource]) -> Markup {
    html! {
        datalist #resources {
            @for person in resources.iter().filter(|person| person.may_own_companies()) {
                @if is_only(person, resources) { option value=(person.full_name()) { (person.email) } }
                @else { option value=(person.id) { (person.full_name()) ", " (person.email) } }
            }
        }
    }
}

/// Whether the name alone tells which of those who may own companies is meant.
fn is_only(person: &Resource, resources: &[Resource]) -> bool {
    let name = person.full_name();
    resources.iter().filter(|one| one.may_own_companies() && one.full_name() == name).count() == 1
}

/// The name of a manager who is saved by an id, where the name tells as much.
pub(in crate::console) fn name_of(id: &str, resources: &[Resource]) -> Option<String> {
    let person = resources.iter().find(|person| person.id.to_string() == id.trim())?;
    is_only(person, resources).then(|| person.full_name())
}

/// Who the default account manager is in Autotask.
fn manager(entry: &Entry, resources: &[Resource]) -> Markup {
    let meant = entry.value.as_deref().unwrap_or_default();
    let is_meant =
        |person: &&Resource| person.full_name() == meant || person.id.to_string() == meant;
    html! {
        @for person in resources.iter().filter(is_meant) {
            p.help {
                "Autotask resource " (person.id) ", " (person.full_name())
                @if !person.email.is_empty() { ", " (person.email) }
                @if !person.is_active { " " span.badge.bad { "inactive" } }
                @if person.is_api_only { " " span.badge.bad { "may not own companies" } }
            }
        }
    }
}
