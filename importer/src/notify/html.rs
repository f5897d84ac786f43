//! A letter as HTML: tables and inline styles only, as Outlook lays pages out with Word. Nothing is loaded from
//! anywhere.

use maud::{DOCTYPE, Markup, html};

use super::letter::{List, News};
use crate::domain::recipients::one_line;
use crate::domain::report::RunState;

const PAGE: &str = "margin:0;padding:0;background-color:#f3f4f6;";
const SHEET: &str = "width:640px;max-width:100%;background-color:#ffffff;border:1px solid #d8dbe0;";
const BODY: &str = "padding:24px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#1f2933;";
const TITLE: &str = "margin:0 0 12px 0;font-size:20px;line-height:26px;font-weight:bold;";
const HEADING: &str = "margin:24px 0 6px 0;font-size:15px;line-height:20px;font-weight:bold;";
const PARAGRAPH: &str = "margin:0 0 8px 0;";
const TABLE: &str = "width:100%;border-collapse:collapse;font-size:13px;line-height:18px;";
const HEAD: &str =
    "padding:4px 8px;border-bottom:2px solid #c5cad3;color:#52606d;font-weight:bold;";
const CELL: &str =
    "padding:4px 8px;border-bottom:1px solid #e4e7eb;vertical-align:top;word-break:break-word;";
const SMALL: &str = "color:#52606d;font-size:12px;";
const LINK: &str = "color:#0b5cad;";

pub(super) fn render(news: &News) -> String {
    let subject = news.subject();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta http-equiv="Content-Type" content="text/html; charset=utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (subject) }
            }
            body style=(PAGE) {
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                    tr { td align="center" style="padding:16px 8px;" {
                        table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0"
                            style=(SHEET) {
                            tr { td height="4" style=(stripe(news.report.state)) { "\u{a0}" } }
                            tr { td style=(BODY) { (content(news, &subject)) } }
                        }
                    } }
                }
            }
        }
    };
    // Lines of a mail may not be longer than 998 bytes; quoted-printable sees to that, and this to readable sources.
    page.into_string().replace("</tr>", "</tr>\n").replace("</p>", "</p>\n")
}

/// The colour above the sheet: green, amber or red.
fn stripe(state: RunState) -> String {
    let colour = match state {
        RunState::Completed => "#2f855a",
        RunState::CompletedWithErrors | RunState::AwaitingApproval | RunState::Interrupted => {
            "#c27803"
        }
        _ => "#c53030",
    };
    format!("height:4px;font-size:1px;line-height:4px;background-color:{colour};")
}

fn content(news: &News, subject: &str) -> Markup {
    html! {
        h1 style=(TITLE) { (subject) }
        @for said in news.opening() { p style=(PARAGRAPH) { (said) } }
        @if let Some(failure) = &news.report.failure {
            p style=(PARAGRAPH) { b { "Why: " } (one_line(failure)) }
        }
        h2 style=(HEADING) { "Records" }
        table width="100%" cellpadding="0" cellspacing="0" border="0" style=(TABLE) {
            tr {
                (head("left", "Outcome")) (head("right", "Accounts")) (head("right", "Contacts"))
            }
            @for (name, accounts, contacts) in news.counts() {
                tr {
                    td align="left" style=(CELL) { (name) }
                    td align="right" style=(CELL) { (accounts) }
                    td align="right" style=(CELL) { (contacts) }
                }
            }
        }
        @for list in &news.lists { (section(list)) }
        @if let Some(left_out) = news.left_out() { p style=(HEADING) { (left_out) } }
        @if !news.report.warnings.is_empty() {
            h2 style=(HEADING) { "To be known" }
            @for warning in &news.report.warnings { p style=(PARAGRAPH) { (one_line(warning)) } }
        }
        p style=(HEADING) {
            @match &news.link {
                Some(link) => a href=(link) style=(LINK) { "Show the whole run" },
                None => { "The whole run: " code { (news.command()) } }
            }
        }
        p style=(SMALL) { "Began " (news.times()) }
    }
}

fn head(align: &str, text: &str) -> Markup {
    html! { th align=(align) style=(HEAD) { (text) } }
}

fn section(list: &List) -> Markup {
    html! {
        h2 style=(HEADING) { (list.title()) " (" (list.total) ")" }
        table width="100%" cellpadding="0" cellspacing="0" border="0" style=(TABLE) {
            tr { (head("left", "Name")) (head("left", "Ids")) (head("left", "What")) }
            @for record in &list.lines {
                tr {
                    td align="left" style=(CELL) {
                        @if record.name.is_empty() { "(no name)" } @else { (one_line(&record.name)) }
                    }
                    td align="left" style=(CELL) {
                        span style=(SMALL) {
                            (record.id)
                            @if let Some(target) = record.target { br; "Autotask " (target) }
                        }
                    }
                    td align="left" style=(CELL) { (one_line(&record.what)) }
                }
            }
            @if list.more() > 0 {
                tr { td colspan="3" align="left" style=(CELL) { "and " (list.more()) " more" } }
            }
        }
    }
}
