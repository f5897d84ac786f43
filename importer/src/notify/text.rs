//! A letter as plain text.

use std::fmt::Write as _;

use super::letter::{List, News};
use crate::domain::recipients::one_line;

pub(super) fn render(news: &News) -> String {
    let mut text = String::new();
    for said in news.opening() {
        line(&mut text, &said);
    }
    if let Some(failure) = &news.report.failure {
        let _ = write!(text, "\nWhy: {}\n", one_line(failure));
    }
    let _ = write!(text, "\n{:<12}{:>10}{:>10}\n", "", "accounts", "contacts");
    for (name, accounts, contacts) in news.counts() {
        let _ = writeln!(text, "{name:<12}{accounts:>10}{contacts:>10}");
    }
    for list in &news.lists {
        render_list(&mut text, list);
    }
    if let Some(left_out) = news.left_out() {
        let _ = write!(text, "\n{left_out}\n");
    }
    if !news.report.warnings.is_empty() {
        text.push_str("\nTo be known\n");
        for warning in &news.report.warnings {
            let _ = writeln!(text, "- {}", one_line(warning));
        }
    }
    let _ = write!(text, "\nBegan: {}\n", news.times());
    match &news.link {
        Some(link) => line(&mut text, &format!("The whole run: {link}")),
        None => line(&mut text, &format!("The whole run: {}", news.command())),
    }
    text
}

fn line(text: &mut String, said: &str) {
    text.push_str(said);
    text.push('\n');
}

fn render_list(text: &mut String, list: &List) {
    let _ = write!(text, "\n{} ({})\n", list.title(), list.total);
    for record in &list.lines {
        let name = if record.name.is_empty() { "(no name)" } else { &record.name };
        let target = record.target.map(|id| format!(", Autotask {id}")).unwrap_or_default();
        let _ = write!(text, "- {} ({}{target})", one_line(name), record.id);
        if !record.what.is_empty() {
            let _ = write!(text, ": {}", one_line(&record.what));
        }
        text.push('\n');
    }
    if list.more() > 0 {
        let _ = writeln!(text, "  and {} more", list.more());
    }
}
