//! The report as one page that needs nothing else, with plots of how the imports went.

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::goals::number;
use super::report::{Line, Report};
use super::watch::Sample;

const STYLE: &str = include_str!("page.css");

/// The size of a plot, in its own units.
const WIDE: f64 = 640.0;
const HIGH: f64 = 200.0;

/// The page.
pub(super) fn page(report: &Report) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Import of a large account" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Import of a large account" }
                h2 { "Goals" }
                (goals(report))
                @for line in report.imports.iter().filter(|line| line.what == "first") {
                    h2 { "First import: " (line.accounts) " accounts, " (line.contacts) " contacts" }
                    (plots(line))
                    h3 { "Where the time went" }
                    (bars(line.part.phases.iter().map(|it| (it.phase.clone(), it.seconds, format!("{:.2} s", it.seconds)))))
                    h3 { "Requests by kind" }
                    (bars(line.calls.iter().map(|(call, count)| (call.clone(), number(*count), count.to_string()))))
                }
                h2 { "All figures" }
                pre { (report) }
            }
        }
    }
}

fn goals(report: &Report) -> Markup {
    html! {
        table {
            thead { tr { th { "goal" } th { "at most" } th { "measured" } th { "" } } }
            tbody {
                @for goal in &report.goals {
                    tr {
                        td { (goal.name) }
                        td.number { (goal.limit) }
                        td.number { (goal.measured.map_or("unknown".to_owned(), |it| format!("{it:.3}"))) }
                        td class=(if goal.holds { "met" } else { "missed" }) {
                            (if goal.holds { "met" } else { "not met" })
                        }
                    }
                }
            }
        }
    }
}

/// Throughput and memory over time.
fn plots(line: &Line) -> Markup {
    let samples = &line.part.samples;
    let rates: Vec<(f64, f64)> = samples
        .windows(2)
        .filter(|two| two[1].seconds > two[0].seconds)
        .map(|two| {
            let records = two[1].records.saturating_sub(two[0].records);
            (two[1].seconds, number(records) / (two[1].seconds - two[0].seconds))
        })
        .collect();
    let memory = |it: &Sample| Some((it.seconds, number(it.bytes?) / 1e6));
    let memory: Vec<(f64, f64)> = samples.iter().filter_map(memory).collect();
    html! {
        (plot("Records a second, read or written", &rates))
        (plot("Memory of the importer, MB", &memory))
    }
}

/// A line over seconds, from 0 to its highest value.
fn plot(title: &str, points: &[(f64, f64)]) -> Markup {
    let [end, top] = [|it: &(f64, f64)| it.0, |it: &(f64, f64)| it.1]
        .map(|value| points.iter().map(value).fold(0.0, f64::max));
    let scaled = |value: f64, most: f64| if most > 0.0 { value / most } else { 0.0 };
    let mut line = String::new();
    for (seconds, value) in points {
        let (x, y) = (WIDE * scaled(*seconds, end), HIGH * (1.0 - scaled(*value, top)));
        // Writing to a String cannot fail.
        let _ = write!(line, "{x:.1},{y:.1} ");
    }
    html! {
        figure {
            figcaption { (title) }
            svg viewBox=(format!("0 -8 {WIDE} {}", HIGH + 16.0)) role="img" aria-label=(title) {
                line x1="0" y1=(HIGH) x2=(WIDE) y2=(HIGH) {}
                polyline points=(line.trim_end()) {}
            }
            p.scale { span { "at most " (format!("{top:.0}")) } span { (format!("{end:.1} s")) } }
        }
    }
}

/// Bars side by side: a name, a length, and what is written behind it.
fn bars(values: impl Iterator<Item = (String, f64, String)>) -> Markup {
    let values: Vec<_> = values.collect();
    let most = values.iter().map(|(_, value, _)| *value).fold(f64::MIN_POSITIVE, f64::max);
    html! {
        table.bars {
            @for (name, value, words) in &values {
                tr {
                    th scope="row" { (name) }
                    td { meter min="0" max="1" value=(format!("{:.4}", value / most)) { (words) } }
                    td.number { (words) }
                }
            }
        }
    }
}
