//! What the latest runs did, as bars: drawn here as SVG, so that it needs no script, and said in words for whoever does
//! not see it. The table below it has the same figures.

use maud::{Markup, html};

use crate::domain::decision::Outcome;
use crate::domain::report::RunReport;

/// Runs that are drawn; a bar of more would be too thin to see.
const MOST: usize = 50;

/// A bar is never wider than if there were so many.
const FEWEST: u64 = 20;

/// The outcomes that are drawn, from the ground up.
const PARTS: [Outcome; 5] =
    [Outcome::Created, Outcome::Linked, Outcome::Updated, Outcome::Held, Outcome::Refused];

/// The drawing's size, in its own units.
const WIDTH: u64 = 1_000;
const HEIGHT: u64 = 200;

/// The part of a bar's place that is left empty.
const GAP: u64 = 3;

/// A bar's part: where it begins, counted from the top, and how high it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    outcome: Outcome,
    records: u64,
    top: u64,
    height: u64,
}

fn records(report: &RunReport, outcome: Outcome) -> u64 {
    report.accounts.of(outcome) + report.contacts.of(outcome)
}

fn total(report: &RunReport) -> u64 {
    PARTS.iter().map(|outcome| records(report, *outcome)).sum()
}

/// The parts of a bar, where `greatest` fills the whole height. What is there at all is a unit high at least.
fn bar(report: &RunReport, greatest: u64) -> Vec<Part> {
    let mut ground = HEIGHT;
    let mut parts = Vec::new();
    for outcome in PARTS {
        let records = records(report, outcome);
        if records == 0 {
            continue;
        }
        let height = (records.saturating_mul(HEIGHT) / greatest.max(1)).max(1).min(ground);
        ground -= height;
        parts.push(Part { outcome, records, top: ground, height });
    }
    parts
}

/// A bar for each of the latest runs, the latest to the right; nothing where there are too few to compare.
pub(super) fn chart(newest_first: &[RunReport]) -> Markup {
    let runs: Vec<_> = newest_first.iter().take(MOST).rev().collect();
    let ([first, .., last], Some(greatest)) = (&runs[..], runs.iter().map(|run| total(run)).max())
    else {
        return html! {};
    };
    let place = WIDTH / (runs.len() as u64).max(FEWEST);
    let sums = PARTS
        .map(|outcome| (outcome, runs.iter().map(|report| records(report, outcome)).sum::<u64>()));
    let words: Vec<_> = sums.iter().map(|(outcome, sum)| format!("{sum} {outcome}")).collect();
    html! {
        figure.chart {
            figcaption { "Records by outcome, runs " (first.run.0) " to " (last.run.0) ", up to " (greatest) " a run" }
            svg role="img" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" aria-labelledby="chart-title chart-words" {
                title id="chart-title" { "Records by outcome in the last " (runs.len()) " runs" }
                desc id="chart-words" { "In all of them together: " (words.join(", ")) ". The table below has the figures of each run." }
                @for (number, report) in (0..).zip(&runs) {
                    g {
                        title { "Run " (report.run.0) ", " (report.started.strftime("%Y-%m-%d %H:%M UTC")) }
                        @for Part { outcome, records, top, height } in bar(report, greatest) {
                            rect class={ "of-" (outcome) } x=(number * place + GAP / 2) y=(top)
                                width=(place.saturating_sub(GAP).max(1)) height=(height) {
                                title { "Run " (report.run.0) ": " (records) " " (outcome) }
                            }
                        }
                    }
                }
            }
            ul.legend aria-hidden="true" {
                @for outcome in PARTS { li { span class={ "swatch of-" (outcome) } {} (outcome) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::ids::RunId;
    use crate::domain::report::{Counts, Read, Requests, RunState};

    fn report(run: i64, counts: &[(Outcome, u64)]) -> RunReport {
        let mut accounts = Counts::default();
        for (outcome, records) in counts {
            accounts.add(*outcome, *records);
        }
        RunReport {
            run: RunId(run),
            state: RunState::Completed,
            started: Timestamp::UNIX_EPOCH,
            ended: Timestamp::UNIX_EPOCH,
            accounts,
            contacts: Counts::default(),
            read: Read::default(),
            requests: Requests::default(),
            warnings: Vec::new(),
            failure: None,
        }
    }

    #[test]
    fn parts_stand_on_each_other_and_a_single_record_is_seen() {
        let run = report(1, &[(Outcome::Created, 150), (Outcome::Refused, 1)]);

        let parts = bar(&run, 1_000);

        let shown: Vec<_> =
            parts.iter().map(|part| (part.outcome, part.top, part.height)).collect();
        assert_eq!(shown, [(Outcome::Created, 170, 30), (Outcome::Refused, 169, 1)]);
    }

    #[test]
    fn nothing_leaves_the_drawing_whatever_the_counts() {
        let run = report(1, &PARTS.map(|outcome| (outcome, 1)));

        for greatest in [0, 1, 5] {
            let parts = bar(&run, greatest);
            assert!(parts.iter().map(|part| part.height).sum::<u64>() <= HEIGHT, "{parts:?}");
        }
    }

    #[test]
    fn one_run_alone_is_no_chart() {
        let runs = [report(2, &[]), report(1, &[(Outcome::Created, 2)])];

        assert!(chart(&runs[..1]).into_string().is_empty());
        let drawn = chart(&runs).into_string();
        assert!(drawn.contains("runs 1 to 2, up to 2 a run"), "{drawn}");
        assert_eq!(drawn.matches("<rect").count(), 1);
    }
}
