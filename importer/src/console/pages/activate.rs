//! What the first import would do, before imports begin to be made by themselves (rule S3).

use maud::html;

use super::layout::{Page, Place, counts, secret};
use crate::console::door::Visitor;
use crate::console::plan::FirstPlan;

/// The page.
pub(in crate::console) fn page(visitor: &Visitor, plan: &FirstPlan, minutes: u64) -> Page {
    let again = html! {
        form method="post" action="/activate/plan" { (secret(&visitor.word)) button { "Look again" } }
    };
    let body = html! {
        @match plan {
            FirstPlan::None => {
                p { "Before imports are made by themselves, this shows what the first one would do. Nothing is written." }
                (again)
            }
            FirstPlan::Going { .. } => {
                p role="status" {
                    "Both systems are being read, to see what the first import would do. Nothing is written. \
                     This page loads itself anew."
                }
            }
            FirstPlan::Failed { why, .. } => {
                p.note.bad role="alert" { "Imports are not active yet, as one would not get far: " (why) }
                (again)
            }
            FirstPlan::Ready { number, report, effort, .. } => {
                section.card aria-labelledby="plan" {
                    h2 #plan { "The first import would do this" }
                    (counts(report, false))
                    p { (effort) }
                    @for warning in &report.warnings { p.note { (warning) } }
                    p.note.warn { "Companies cannot be deleted through Autotask's API." }
                    form method="post" action="/activate" {
                        (secret(&visitor.word))
                        input type="hidden" name="plan" value=(number);
                        button.danger { "Import so at the next tick, and then every " (minutes) " minutes" }
                    }
                    p { a href="/settings" { "Not yet" } }
                }
                (again)
            }
        }
    };
    let page = Page::of(Place::Settings, "First import", visitor, body);
    if matches!(plan, FirstPlan::Going { .. }) { page.again_after(3) } else { page }
}
