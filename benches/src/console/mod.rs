//! How long the console takes to answer, at a ledger of a large account with many runs: when nothing else goes on, and
//! while an import is under way.

mod browser;
mod ledger;
mod opened;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use importer::domain::report::RunReport;
use importer::ports::Clock;
use importer::sqlite::Ledger;
use importer::system_clock::SystemClock;
use serde::Serialize;

use crate::Failure;
pub use browser::Browser;
pub use opened::Opened;

/// What is measured.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Linked records
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub links: u64,
    /// Runs, of which the first decided on every linked record
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub runs: u64,
    /// How often each page is asked for
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub times: usize,
    /// Salesforce accounts that the import under way finds, with three times as many contacts
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub accounts: u64,
    /// Folder for console.json
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
}

/// The longest a page may take when nothing else goes on, in milliseconds …
const AT_REST: f64 = 50.0;

/// … and while an import is under way.
const UNDER_WAY: f64 = 200.0;

/// How long one page took, in milliseconds.
#[derive(Debug, Serialize)]
struct Page {
    path: String,
    bytes: usize,
    median: f64,
    slowest: f64,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    links: u64,
    runs: u64,
    ledger_bytes: u64,
    at_rest: Vec<Page>,
    /// What the import did.
    import: String,
    /// Those that were answered while the import was under way.
    under_way: Vec<Page>,
}

/// Measures everything and reports it.
pub async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (links, runs) = (arguments.links, arguments.runs);
    eprintln!("-- a ledger of {links} links and {runs} runs");
    let opened = Opened::at(links, runs, arguments.accounts).await?;
    eprintln!("-- at rest");
    let at_rest = measured(&opened.browser, &opened.pages, arguments.times).await?;
    eprintln!("-- while an import is under way");
    opened.browser.post("/launch").await?;
    let under_way = measured_under_way(&opened.browser, &opened.pages).await?;
    let ledger_bytes = fs::metadata(opened.ledger())?.len();
    let import = how_it_ended(opened.ledger())?;
    opened.close().await?;
    let report = Report { links, runs, ledger_bytes, at_rest, import, under_way };
    if let Some(folder) = &arguments.report {
        write(folder, &report)?;
    }
    eprintln!("\n{report}");
    Ok(())
}

/// What the latest import did, in words.
fn how_it_ended(file: &Path) -> Result<String, Failure> {
    let report = Ledger::open(file)?.read(|tx| {
        let last = tx.runs(1)?.first().map(|past| past.id);
        last.map(|run| tx.report(run)).transpose()
    })?;
    let Some(RunReport { state, started, ended, read, failure, .. }) = report else {
        return Ok("there was no import".to_owned());
    };
    let seconds = ended.duration_since(started).as_secs_f64();
    let why = failure.map(|why| format!(": {why}")).unwrap_or_default();
    Ok(format!(
        "{state} after {seconds:.1} s with {} accounts and {} contacts{why}",
        read.accounts, read.contacts
    ))
}

fn write(folder: &Path, report: &Report) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    Ok(fs::write(folder.join("console.json"), serde_json::to_vec_pretty(report)?)?)
}

/// Asks for each page so many times, the first time unmeasured: the ledger's pages come from the disk then.
async fn measured(browser: &Browser, paths: &[String], times: usize) -> Result<Vec<Page>, Failure> {
    let mut pages = Vec::new();
    for path in paths {
        let bytes = browser.get(path).await?.0;
        let mut taken = Vec::new();
        for _ in 0..times.max(1) {
            taken.push(timed(browser, path).await?);
        }
        pages.push(page(path, bytes, taken));
    }
    Ok(pages)
}

/// Asks for all pages in turn as long as the import goes on.
async fn measured_under_way(browser: &Browser, paths: &[String]) -> Result<Vec<Page>, Failure> {
    let mut taken = vec![Vec::new(); paths.len()];
    let mut bytes = vec![0; paths.len()];
    loop {
        for (number, path) in paths.iter().enumerate() {
            if !browser.is_running().await? {
                let measured = paths.iter().zip(bytes).zip(taken);
                let seen = measured.filter(|(_, taken)| !taken.is_empty());
                return Ok(seen.map(|((path, bytes), taken)| page(path, bytes, taken)).collect());
            }
            let began = SystemClock.now();
            bytes[number] = browser.get(path).await?.0;
            taken[number].push(milliseconds_since(began));
        }
    }
}

async fn timed(browser: &Browser, path: &str) -> Result<f64, Failure> {
    let began = SystemClock.now();
    browser.get(path).await?;
    Ok(milliseconds_since(began))
}

fn milliseconds_since(began: jiff::Timestamp) -> f64 {
    SystemClock.now().duration_since(began).as_secs_f64() * 1_000.0
}

fn page(path: &str, bytes: usize, mut taken: Vec<f64>) -> Page {
    taken.sort_by(f64::total_cmp);
    let median = taken.get(taken.len() / 2).copied().unwrap_or_default();
    let slowest = taken.last().copied().unwrap_or_default();
    Page { path: path.to_owned(), bytes, median, slowest }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { links, runs, ledger_bytes, .. } = self;
        writeln!(f, "{links} links, {runs} runs, {} MB", ledger_bytes / 1_000_000)?;
        writeln!(f, "the import: {}", self.import)?;
        for (title, pages, limit) in
            [("at rest", &self.at_rest, AT_REST), ("import under way", &self.under_way, UNDER_WAY)]
        {
            writeln!(f, "\n{title} (goal {limit} ms){:>21}  slowest     bytes", "median")?;
            for Page { path, bytes, median, slowest } in pages {
                let mark = if *median > limit { "MISSED" } else { "" };
                writeln!(f, "  {path:<40} {median:>8.1} {slowest:>8.1} {bytes:>9}  {mark}")?;
            }
        }
        Ok(())
    }
}
