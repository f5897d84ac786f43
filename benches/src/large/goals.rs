//! The goals, each with its limit and what was measured.

use mock_kit::world::Size;
use serde::Serialize;

use super::part::Part;
use super::passes::First;
use super::report::Measured;
use importer::domain::decision::Outcome;
use importer::domain::model::Kind;
use importer::domain::report::RunReport;

/// Something an import is held to.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Goal {
    /// What it is about, with its unit.
    pub name: &'static str,
    /// At most this.
    pub limit: f64,
    /// This was measured; none where the machine does not tell.
    pub measured: Option<f64>,
    /// Whether it holds.
    pub holds: bool,
}

impl Goal {
    fn new(name: &'static str, limit: f64, measured: Option<f64>) -> Self {
        Self { name, limit, measured, holds: measured.is_some_and(|it| it <= limit) }
    }
}

/// A number that is divided or shown, not counted with.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

/// The idle import whose time is in the middle, the first one left out: it signs in, and finds what was written last.
pub(super) fn middle(idle: &[Part]) -> Option<&Part> {
    let mut later: Vec<_> = idle.iter().skip(1).collect();
    later.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    later.get(later.len() / 2).copied()
}

pub(super) fn all_requests(report: &RunReport) -> u64 {
    report.requests.salesforce + report.requests.autotask
}

/// What a first import cannot do without: its writes, the pages of both sides, a look again for each 500 records.
pub(super) fn least_requests(first: &First) -> u64 {
    let Size { accounts, contacts, companies, persons } = first.size;
    let pages = |records: u64, page: u64| records.div_ceil(page).max(1);
    let read = pages(accounts, 2_000)
        + pages(contacts, 2_000)
        + pages(companies, 500)
        + pages(persons, 500);
    let written = [Kind::Company, Kind::Contact].map(|kind| {
        let counts = first.import.report.counts(kind);
        [Outcome::Created, Outcome::Linked, Outcome::Updated]
            .map(|it| counts.of(it))
            .iter()
            .sum::<u64>()
    });
    first.writes + read + written.map(|records| records.div_ceil(500)).iter().sum::<u64>()
}

/// All goals that can be measured.
pub(super) fn goals(measured: &Measured) -> Vec<Goal> {
    let Measured { smaller, larger, changed, resumed, .. } = measured;
    let (idle, small_idle) = (middle(&larger.idle), middle(&smaller.idle));
    let peak = |first: &First| first.import.peak_bytes.map(number);
    let ratio = |a: Option<f64>, b: Option<f64>| Some(a? / b?);
    vec![
        Goal::new(
            "first import / hyper alone sending the same creates, time",
            1.3,
            measured.beside_hyper().map(|(first, bare)| first.import.seconds / bare.seconds),
        ),
        Goal::new(
            "decoding a page of accounts / quick-xml reading it and building nothing, time",
            1.8,
            measured.reference.as_ref().map(|it| it.decode_seconds / it.events_seconds),
        ),
        Goal::new(
            "first import / the least possible, requests",
            1.01,
            Some(number(all_requests(&larger.import.report)) / number(least_requests(larger))),
        ),
        Goal::new(
            "idle import, requests",
            7.0,
            idle.map(|part| number(all_requests(&part.report))),
        ),
        Goal::new(
            "idle import / that of the smaller account, time",
            1.5,
            ratio(idle.map(|part| part.seconds), small_idle.map(|part| part.seconds)),
        ),
        Goal::new(
            "import after 1 % changed / first import, time",
            0.02,
            Some(changed.seconds / larger.import.seconds),
        ),
        Goal::new("first import, peak memory in MB", 150.0, peak(larger).map(|bytes| bytes / 1e6)),
        Goal::new(
            "first import / that of the smaller account, peak memory",
            1.3,
            ratio(peak(larger), peak(smaller)),
        ),
        Goal::new(
            "ledger without history, bytes per linked record",
            300.0,
            Some(number(larger.ledger.lasting()) / number(larger.ledger.links.max(1))),
        ),
        Goal::new(
            "resume after a kill half-way, Salesforce pages read again",
            1.0,
            Some(number(resumed.pages.1)),
        ),
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
        Goal::new(
            "resume after a kill half-way, records written twice",
            0.0,
            Some(resumed.twice.max(resumed.more_writes) as f64),
        ),
    ]
}
