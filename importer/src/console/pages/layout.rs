//! What all pages have in common.

use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use crate::check::{Finding, Verdict};
use crate::console::door::Visitor;
use crate::domain::decision::Outcome;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::Kind;
use crate::domain::report::{Counts, RunReport, RunState};

/// The pages that every page leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Place {
    General,
    Runs,
    Attention,
    Records,
    Mapping,
    Notification,
    Settings,
}

impl Place {
    const ALL: [Self; 7] = [
        Self::General,
        Self::Runs,
        Self::Attention,
        Self::Records,
        Self::Mapping,
        Self::Notification,
        Self::Settings,
    ];

    fn link(self) -> (&'static str, &'static str) {
        match self {
            Self::General => ("/", "General"),
            Self::Runs => ("/runs", "Runs"),
            Self::Attention => ("/attention", "Needs attention"),
            Self::Records => ("/record", "Records"),
            Self::Mapping => ("/mapping", "Mapping"),
            Self::Notification => ("/notifications", "Notification"),
            Self::Settings => ("/settings", "Settings"),
        }
    }
}

/// A page, before it is sent.
pub(in crate::console) struct Page {
    title: String,
    place: Option<Place>,
    word: Option<String>,
    refresh: Option<Refresh>,
    body: Markup,
}

/// When a browser loads the page anew by itself.
enum Refresh {
    /// In any case, after so many seconds.
    After(u8),
    /// Only one without script, after so many seconds.
    WithoutScript(u8),
}

impl Page {
    /// A page for whoever is signed in.
    pub(in crate::console) fn of(
        place: Place,
        title: impl Into<String>,
        visitor: &Visitor,
        body: Markup,
    ) -> Self {
        let word = Some(visitor.word.clone());
        Self { title: title.into(), place: Some(place), word, refresh: None, body }
    }

    /// A page for anybody.
    pub(in crate::console) fn open(title: impl Into<String>, body: Markup) -> Self {
        Self { title: title.into(), place: None, word: None, refresh: None, body }
    }

    /// One that is loaded anew.
    pub(in crate::console) fn again_after(self, seconds: u8) -> Self {
        Self { refresh: Some(Refresh::After(seconds)), ..self }
    }

    /// One that browsers without script load anew.
    pub(in crate::console) fn again_without_script(self, seconds: u8) -> Self {
        Self { refresh: Some(Refresh::WithoutScript(seconds)), ..self }
    }

    fn render(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @match self.refresh {
                        Some(Refresh::After(seconds)) => { meta http-equiv="refresh" content=(seconds); }
                        Some(Refresh::WithoutScript(seconds)) => {
                            noscript { meta http-equiv="refresh" content=(seconds); }
                        }
                        None => {}
                    }
                    title { (self.title) " · Importer" }
                    link rel="stylesheet" href="/console.css";
                    link rel="icon" href="/icon.svg" type="image/svg+xml";
                    script src="/console.js" defer {}
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header {
                        p.brand { "Importer" }
                        @if self.place.is_some() { (self.navigation()) }
                    }
                    main #main tabindex="-1" { h1 { (self.title) } (self.body) }
                }
            }
        }
    }

    fn navigation(&self) -> Markup {
        html! {
            nav aria-label="Pages" {
                ul {
                    @for place in Place::ALL {
                        @let (address, name) = place.link();
                        li {
                            a href=(address) aria-current=[(self.place == Some(place)).then_some("page")] { (name) }
                        }
                    }
                }
            }
            @if let Some(word) = &self.word {
                form.leave method="post" action="/sign-out" { (secret(word)) button.plain { "Sign out" } }
            }
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        Html(self.render().into_string()).into_response()
    }
}

/// The field by which a form is known as the console's own.
pub(in crate::console) fn secret(word: &str) -> Markup {
    html! { input type="hidden" name="word" value=(word); }
}

/// A moment, as people read it.
pub(in crate::console) fn moment(moment: Timestamp) -> Markup {
    let shown = moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()) { (shown) } }
}

/// A run, with the way to its page.
pub(in crate::console) fn run(run: RunId) -> Markup {
    html! { a href={ "/runs/" (run.0) } { "run " (run.0) } }
}

/// A Salesforce record, with the way to its history.
pub(in crate::console) fn source(id: SalesforceId) -> Markup {
    html! { a.id href={ "/record?id=" (id) } { (id) } }
}

/// An Autotask record, with the way to its history.
pub(in crate::console) fn target(kind: Kind, id: i64) -> Markup {
    html! { a.id href={ "/record?id=" (kind.target_name()) ":" (id) } { (kind.target_name()) " " (id) } }
}

/// How a run ended, in a word and a colour.
pub(in crate::console) fn state(state: RunState) -> Markup {
    let class = match state {
        RunState::Completed => "good",
        RunState::CompletedWithErrors | RunState::AwaitingApproval | RunState::Interrupted => {
            "warn"
        }
        RunState::Failed | RunState::SignInRefused => "bad",
        RunState::Running | RunState::Planned => "calm",
    };
    html! { span class={ "badge " (class) } { (state) } }
}

/// What became of a record, in a word and a colour.
pub(in crate::console) fn outcome(outcome: Outcome) -> Markup {
    let class = match outcome {
        Outcome::Created | Outcome::Linked | Outcome::Updated => "good",
        Outcome::Held | Outcome::Gone | Outcome::UnMapped => "warn",
        Outcome::Refused => "bad",
        Outcome::Unchanged | Outcome::Duplicate | Outcome::Orphan | Outcome::Deferred => "calm",
    };
    html! { span class={ "badge " (class) } { (outcome) } }
}

/// A run's counts. Each that details tell more about leads there.
pub(in crate::console) fn counts(report: &RunReport, link: bool) -> Markup {
    let both = |outcome| report.accounts.of(outcome) + report.contacts.of(outcome);
    let cell = |counts: &Counts, outcome| html! { td.number { (counts.of(outcome)) } };
    html! {
        div.scroll role="region" aria-label="Table" tabindex="0" {
            table {
                caption { "Records by outcome" }
                thead {
                    tr { th scope="col" { "Outcome" } th.number scope="col" { "Accounts" } th.number scope="col" { "Contacts" } }
                }
                tbody {
                    @for outcome in Outcome::ALL.into_iter().filter(|outcome| both(*outcome) > 0) {
                        tr {
                            th scope="row" {
                                @if link && outcome != Outcome::Unchanged {
                                    a href={ "/runs/" (report.run.0) "?outcome=" (outcome) } { (outcome) }
                                } @else { (outcome) }
                            }
                            (cell(&report.accounts, outcome))
                            (cell(&report.contacts, outcome))
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { "read" }
                        td.number { (report.read.accounts) }
                        td.number { (report.read.contacts) }
                    }
                }
            }
        }
    }
}

/// What was found when something was tried.
pub(in crate::console) fn findings(title: &str, findings: &[Finding]) -> Markup {
    html! {
        @if !findings.is_empty() {
            section.card aria-labelledby="findings" {
                h2 #findings { (title) }
                ul.findings role="status" {
                    @for Finding { verdict, text, .. } in findings {
                        li {
                            @match verdict {
                                Verdict::Fine => span.badge.good { "fine" },
                                Verdict::Note => span.badge.calm { "note" },
                                Verdict::Wrong => span.badge.bad { "wrong" },
                            }
                            " " (text)
                        }
                    }
                }
            }
        }
    }
}

/// The way to the page that follows.
pub(in crate::console) fn next(address: Option<String>, words: &str) -> Markup {
    html! { @if let Some(address) = address { nav.pager aria-label="More" { a rel="next" href=(address) { (words) } } } }
}

/// An address with a query of these pairs; empty values are left out.
pub(in crate::console) fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
