//! The report: as text, and the same facts as JSON.

use std::fmt;

use serde::Serialize;

use super::Arguments;
use super::bare::Bare;
use super::goals::{Goal, all_requests, goals, least_requests, middle, number};
use super::part::Part;
use super::passes::{First, Resumed};

/// All that was measured.
pub(super) struct Measured {
    pub(super) smaller: First,
    pub(super) larger: First,
    /// Hyper alone.
    pub(super) bare: Bare,
    pub(super) changed: Part,
    pub(super) resumed: Resumed,
}

/// The facts of one run of the benchmark.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    version: &'static str,
    cores: usize,
    accounts: u64,
    contacts: u64,
    limits: String,
    latency: String,
    goals: Vec<Goal>,
    imports: Vec<Line>,
    bare: Bare,
    least_requests: u64,
    ledgers: Vec<LedgerLine>,
    resumed: Resumed,
}

/// One import.
#[derive(Debug, Serialize)]
struct Line {
    what: &'static str,
    accounts: u64,
    contacts: u64,
    seconds: f64,
    salesforce_requests: u64,
    autotask_requests: u64,
    part: Part,
}

/// One ledger after a first import.
#[derive(Debug, Serialize)]
struct LedgerLine {
    links: u64,
    lasting_bytes: u64,
    tables: std::collections::BTreeMap<String, u64>,
}

impl Report {
    pub(super) fn of(arguments: &Arguments, measured: &Measured) -> Self {
        let line = |what, of: &First, part: &Part| Line {
            what,
            accounts: of.size.accounts,
            contacts: of.size.contacts,
            seconds: part.seconds,
            salesforce_requests: part.report.requests.salesforce,
            autotask_requests: part.report.requests.autotask,
            part: part.clone(),
        };
        let mut imports = Vec::new();
        for first in [&measured.smaller, &measured.larger] {
            imports.push(line("first", first, &first.import));
            imports.extend(first.idle.first().map(|part| line("idle, signing in", first, part)));
            imports.extend(middle(&first.idle).map(|part| line("idle", first, part)));
        }
        imports.push(line("1 % changed", &measured.larger, &measured.changed));
        let ledger = |first: &First| LedgerLine {
            links: first.ledger.links,
            lasting_bytes: first.ledger.lasting(),
            tables: first.ledger.tables.clone(),
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            cores: std::thread::available_parallelism().map_or(0, Into::into),
            accounts: arguments.accounts,
            contacts: arguments.contacts,
            limits: format!("{:?}", arguments.limits).to_lowercase(),
            latency: format!("{:?}", arguments.latency).to_lowercase(),
            goals: goals(measured),
            imports,
            bare: measured.bare,
            least_requests: least_requests(&measured.larger),
            ledgers: vec![ledger(&measured.smaller), ledger(&measured.larger)],
            resumed: measured.resumed.clone(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} accounts, {} contacts; limits {}, latency {}; {} cores",
            self.accounts, self.contacts, self.limits, self.latency, self.cores
        )?;
        writeln!(f, "\n{:62} {:>9} {:>10}", "goal", "at most", "measured")?;
        for goal in &self.goals {
            let measured = goal.measured.map_or("unknown".to_owned(), |it| format!("{it:.3}"));
            let holds = if goal.holds { "" } else { "  NOT MET" };
            writeln!(f, "{:62} {:>9} {measured:>10}{holds}", goal.name, goal.limit)?;
        }
        writeln!(
            f,
            "\n{:18} {:>9} {:>9} {:>9} {:>9} {:>11} {:>9} {:>9}",
            "import",
            "accounts",
            "contacts",
            "seconds",
            "cpu s",
            "Salesforce",
            "Autotask",
            "peak MB"
        )?;
        for line in &self.imports {
            let cpu = line.part.processor_seconds.map_or("-".into(), |it| format!("{it:.2}"));
            let peak =
                line.part.peak_bytes.map_or("-".into(), |it| format!("{:.1}", number(it) / 1e6));
            writeln!(
                f,
                "{:18} {:>9} {:>9} {:>9.3} {cpu:>9} {:>11} {:>9} {peak:>9}",
                line.what,
                line.accounts,
                line.contacts,
                line.seconds,
                line.salesforce_requests,
                line.autotask_requests
            )?;
        }
        writeln!(f, "(processor time and peak memory of the whole process so far)")?;
        for line in &self.imports {
            writeln!(f, "\n{}, {} accounts: where the time went", line.what, line.accounts)?;
            for (phase, seconds) in &line.part.phases {
                writeln!(f, "  {phase:28} {seconds:>9.3} s")?;
            }
        }
        let first = self.imports.iter().rfind(|line| line.what == "first");
        if let Some(first) = first {
            let made = all_requests(&first.part.report);
            let excess = 100.0 * (number(made) / number(self.least_requests) - 1.0);
            writeln!(
                f,
                "\nfirst import: {made} requests, {excess:.2} % over the least, {}",
                self.least_requests
            )?;
        }
        let Bare { creates, seconds, processor_seconds, refused } = self.bare;
        let cpu = processor_seconds.map_or("-".into(), |it| format!("{it:.2}"));
        writeln!(
            f,
            "hyper alone: {creates} creates in {seconds:.3} s, processor {cpu} s, {refused} refused"
        )?;
        for ledger in &self.ledgers {
            writeln!(
                f,
                "ledger of {} links: {} bytes without history",
                ledger.links, ledger.lasting_bytes
            )?;
            for (table, bytes) in &ledger.tables {
                writeln!(f, "  {table:20} {bytes:>12}")?;
            }
        }
        let Resumed { written_before, imports, pages, autotask_pages, twice, more_writes, seconds } =
            &self.resumed;
        writeln!(
            f,
            "killed after {written_before} writes; finished by {imports} imports in {seconds:.3} s; Salesforce pages {} \
             before, {} after; Autotask queries {} before, {} after; {twice} records and {more_writes} writes too many",
            pages.0, pages.1, autotask_pages.0, autotask_pages.1
        )
    }
}
