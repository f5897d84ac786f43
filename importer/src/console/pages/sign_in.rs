//! Signing in.

use maud::{Markup, html};

use super::layout::{Page, secret};
use crate::console::door::Visitor;

/// The form to sign in with; `wrong` says why the last attempt failed.
pub(in crate::console) fn form(visitor: &Visitor, next: &str, wrong: Option<&str>) -> Page {
    let body: Markup = html! {
        form.card method="post" action="/sign-in" {
            (secret(&visitor.word))
            input type="hidden" name="next" value=(next);
            div.field {
                label for="password" { "Password" }
                input #password type="password" name="password" autocomplete="current-password" required autofocus
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby="password-help";
                p.help #password-help {
                    "It is the setting console.password, or the token that the service printed at its start."
                }
                @if let Some(wrong) = wrong { p.note.bad role="alert" { (wrong) } }
            }
            button { "Sign in" }
        }
    };
    Page::open("Sign in", body)
}

/// Sends a browser on that came from elsewhere, so that it sends its cookie.
pub(in crate::console) fn doorstep(path: &str) -> axum::response::Response {
    use axum::response::{Html, IntoResponse};

    let page = html! {
        (maud::DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta http-equiv="refresh" content={ "0; url=" (path) }; title { "Importer" } }
            body { p { a href=(path) { "Go on" } } }
        }
    };
    Html(page.into_string()).into_response()
}
