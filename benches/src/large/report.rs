//! The report: as text, and the same facts as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Arguments;
use super::bare::Bare;
use super::goals::{Goal, all_requests, goals, least_requests, middle, number};
use super::part::Part;
use super::passes::{First, Resumed};
use super::reference::Reference;
use super::watch::Lasted;
use super::wiretap::Traffic;

/// All that was measured.
pub(super) struct Measured {
    pub(super) smaller: First,
    pub(super) larger: First,
    pub(super) reference: Option<Reference>,
    pub(super) changed: Part,
    pub(super) resumed: Resumed,
    /// The most memory of this process: both mocks, and what was taken down of their requests.
    pub(super) peak_bytes: Option<u64>,
}

impl Measured {
    /// The larger account whose creates hyper sent too.
    pub(super) fn beside_hyper(&self) -> Option<(&First, &Bare)> {
        [&self.larger, &self.smaller]
            .into_iter()
            .find_map(|first| Some((first, first.bare.as_ref()?)))
    }
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
    pub(super) goals: Vec<Goal>,
    pub(super) imports: Vec<Line>,
    pub(super) reference: Option<Reference>,
    least_requests: u64,
    peak_bytes_of_mocks: Option<u64>,
    ledgers: Vec<LedgerLine>,
    resumed: Resumed,
}

/// One import.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) what: &'static str,
    pub(super) accounts: u64,
    pub(super) contacts: u64,
    pub(super) seconds: f64,
    pub(super) salesforce_requests: u64,
    pub(super) autotask_requests: u64,
    pub(super) part: Part,
    /// Of a first import: its calls by kind, its bytes to and from Salesforce and Autotask, and its creates by hyper alone.
    pub(super) calls: BTreeMap<String, u64>,
    pub(super) traffic: Option<[Traffic; 2]>,
    pub(super) bare: Option<Bare>,
}

/// One ledger after a first import.
#[derive(Debug, Serialize)]
struct LedgerLine {
    links: u64,
    lasting_bytes: u64,
    tables: BTreeMap<String, u64>,
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
            calls: BTreeMap::new(),
            traffic: None,
            bare: None,
        };
        let mut imports = Vec::new();
        for first in [&measured.smaller, &measured.larger] {
            imports.push(Line {
                calls: first.calls.clone(),
                traffic: Some(first.traffic),
                bare: first.bare,
                ..line("first", first, &first.import)
            });
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
            reference: measured.reference.clone(),
            least_requests: least_requests(&measured.larger),
            peak_bytes_of_mocks: measured.peak_bytes,
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
            line.details(f)?;
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
        if let Some(peak) = self.peak_bytes_of_mocks {
            writeln!(
                f,
                "both mocks and what is taken down of their requests: {:.1} MB",
                number(peak) / 1e6
            )?;
        }
        if let Some(reference) = &self.reference {
            write!(f, "{reference}")?;
        }
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

impl Line {
    /// Where the time went, what was sent, and the same creates by hyper alone.
    fn details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}, {} accounts: where the time went", self.what, self.accounts)?;
        for Lasted { phase, seconds, records } in &self.part.phases {
            let rate = number(*records) / seconds.max(f64::EPSILON);
            write!(f, "  {phase:28} {seconds:>9.3} s")?;
            match records {
                0 => writeln!(f)?,
                _ => writeln!(f, " {records:>9} records {rate:>9.0} /s")?,
            }
        }
        for (call, count) in &self.calls {
            writeln!(f, "  {call:50} {count:>9}")?;
        }
        for (system, traffic) in
            ["Salesforce", "Autotask"].iter().zip(self.traffic.iter().flatten())
        {
            let Traffic { requests, answers } = traffic;
            writeln!(f, "  {system}: {requests} bytes sent, {answers} bytes answered")?;
        }
        if let Some(Bare { creates, seconds, processor_seconds, refused }) = self.bare {
            let cpu = processor_seconds.map_or("-".into(), |it| format!("{it:.2}"));
            writeln!(
                f,
                "  hyper alone: {creates} creates in {seconds:.3} s, processor {cpu} s, {refused} refused"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = |count: u64, seconds: f64| number(count) / seconds;
        writeln!(
            f,
            "reference: quick-xml reads a page of {} accounts {:.0} times a second, the importer makes them {:.0} times; \
             SQLite steps through {:.0} links a second; hyper sends {:.0} creates a second to a server with nothing \
             behind it",
            self.accounts,
            1.0 / self.events_seconds,
            1.0 / self.decode_seconds,
            per(self.rows, self.rows_seconds),
            per(self.nothing_behind.creates, self.nothing_behind.seconds),
        )
    }
}
