//! The demo: both mocks with a generated world, an import, a second one that writes nothing, and the proof that
//! Autotask holds what the rules ask for.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use clap::Args;
use importer::app::Importer;
use importer::domain::decision::Outcome;
use importer::domain::model::Kind;
use importer::domain::report::{RunReport, RunState};
use importer::domain::rules::Rule;
use importer::progress;
use importer::sqlite::LedgerError;
use importer::system_clock::SystemClock;
use mock_autotask::generated_resource_id;
use mock_kit::clock;
use mock_kit::world::{Size, World};
use mock_salesforce::{generated_account_id, generated_contact_id};

use crate::rest::RestError;
use crate::stage::{Plan, Stage, StageError};
use crate::truth::{Terms, Truth};

/// What the demo shows.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// End after the tour instead of leaving both servers up
    #[arg(long)]
    pub once: bool,
    /// Salesforce accounts
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub accounts: u64,
    /// Salesforce contacts
    #[arg(long, value_name = "N", default_value_t = 6_000)]
    pub contacts: u64,
    /// Seed of the generated data
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// Why the demo cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The stage could not be set.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The importer's ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Autotask could not be read.
    #[error(transparent)]
    Rest(#[from] RestError),
    /// Nobody reads what is shown.
    #[error("the tour cannot be shown")]
    Output(#[from] io::Error),
    /// A run did not come to its end.
    #[error("the import ended {0}: {1}")]
    Run(RunState, String),
}

/// Whether imports set parent companies (C7).
pub const PARENTS: bool = true;
/// Examples that are shown of each outcome.
const EXAMPLES: u32 = 3;
/// Decisions that are read from the ledger at a time.
const PAGE: u32 = 500;
/// Differences that are shown of all.
const DIFFERENCES_SHOWN: usize = 50;

/// Gives the tour; whether everything held. The servers stay up as long as the stage that comes back.
pub async fn tour(
    arguments: &Arguments,
    out: &mut (impl Write + Send),
) -> Result<(bool, Stage), DemoError> {
    let world = World::new(arguments.seed, Size::of(arguments.accounts, arguments.contacts));
    let size = world.size();
    writeln!(
        out,
        "Salesforce gets {} accounts and {} contacts; Autotask has {} companies and {} contacts already (seed {}).",
        size.accounts, size.contacts, size.companies, size.persons, arguments.seed
    )?;
    let mut stage = Stage::set(&Plan { seed: arguments.seed, size }, clock::system()).await?;
    let manager = world.resources().last().map(|resource| resource.index);
    stage.settings.default_account_manager =
        manager.map(|index| generated_resource_id(index).to_string()).unwrap_or_default();
    writeln!(
        out,
        "\nSalesforce: {}\nAutotask:   {}",
        stage.salesforce.url(),
        stage.autotask.url()
    )?;

    writeln!(out, "\n== The first import ==\n")?;
    let (first, importer) = import(&stage, out).await?;
    explain(&importer, &first, out)?;
    remarks(&importer, &first, out)?;
    writeln!(out, "\n== The second import ==\n")?;
    let before = stage.writes();
    import(&stage, out).await?;
    let written = stage.writes() - before;
    let is_idle = written == 0;
    match written {
        0 => writeln!(
            out,
            "\nNothing was written twice: Autotask received no write during the second import."
        )?,
        _ => {
            writeln!(out, "\nWRONG: Autotask received {written} writes during the second import.")?;
        }
    }

    writeln!(out, "\n== The truth ==\n")?;
    let truth = Truth::new(world, Terms { default_manager: manager, parents: PARENTS });
    let outcomes_agree = compare_outcomes(&truth, &importer, &first, out)?;
    let counts_agree = compare_counts(&truth, &first, out)?;
    let values_agree = compare_values(&truth, &stage, out).await?;
    Ok((is_idle && outcomes_agree && counts_agree && values_agree, stage))
}

/// Says how the servers can be reached, for as long as they are left up.
pub fn leave_up(stage: &Stage, out: &mut impl Write) -> io::Result<()> {
    let [salesforce, autotask] = stage.credentials();
    writeln!(out, "\nBoth servers stay up until Ctrl-C.\n")?;
    writeln!(out, "Salesforce  {}/services/Soap/u/64.0", stage.salesforce.url())?;
    writeln!(out, "            sign in as {salesforce}")?;
    writeln!(out, "            its records: {}/_mock/", stage.salesforce.url())?;
    writeln!(out, "Autotask    {}/ATServicesRest/V1.0", stage.autotask.url())?;
    writeln!(out, "            sign in as {autotask}")?;
    writeln!(out, "            its records: {}/_mock/", stage.autotask.url())?;
    writeln!(out, "\nAn importer.toml for them:\n\n{}", stage.importer_toml())
}

async fn import(
    stage: &Stage,
    out: &mut (impl Write + Send),
) -> Result<(RunReport, Importer), DemoError> {
    let importer = stage.importer(Arc::new(SystemClock), progress::observer())?;
    let report = importer.import().await?;
    write!(out, "{report}")?;
    match report.state {
        RunState::Completed | RunState::CompletedWithErrors => Ok((report, importer)),
        ended => Err(DemoError::Run(ended, report.failure.unwrap_or_default())),
    }
}

/// Shows some records of each outcome with the rule behind it and the reason.
fn explain(importer: &Importer, report: &RunReport, out: &mut impl Write) -> Result<(), DemoError> {
    for outcome in Outcome::ALL {
        for kind in [Kind::Company, Kind::Contact] {
            let count = report.counts(kind).of(outcome);
            let named = importer
                .ledger
                .write(|tx| tx.decisions(report.run, kind, Some(outcome), None, EXAMPLES))?;
            if count == 0 || named.is_empty() {
                continue;
            }
            writeln!(out, "\n{count} {}s {outcome}, for example", kind.source_name())?;
            for listed in named {
                let mention = listed.mention;
                writeln!(out, "  {} {}: {}", mention.id, mention.rule.id(), mention.text)?;
            }
        }
    }
    Ok(())
}

/// Counts what the report remarks on values by rule, and shows some of it: what was cut, what was not found.
fn remarks(importer: &Importer, report: &RunReport, out: &mut impl Write) -> Result<(), DemoError> {
    let mut remarked: BTreeMap<Rule, (u64, Vec<String>)> = BTreeMap::new();
    for kind in [Kind::Company, Kind::Contact] {
        let mut after = None;
        loop {
            let page =
                importer.ledger.write(|tx| tx.decisions(report.run, kind, None, after, PAGE))?;
            let Some(last) = page.last() else { break };
            after = Some(last.mention.id);
            for listed in &page {
                for remark in &listed.detail.remarks {
                    let (count, examples) = remarked.entry(remark.rule()).or_default();
                    *count += 1;
                    if examples.len() < EXAMPLES as usize {
                        examples.push(format!("{} {remark}", listed.mention.id));
                    }
                }
            }
        }
    }
    for (rule, (count, examples)) in remarked {
        writeln!(out, "\nremarks on values by rule {}: {count}, for example", rule.id())?;
        for example in examples {
            writeln!(out, "  {example}")?;
        }
    }
    Ok(())
}

/// Compares what became of each record in the first run with what the rules ask for.
fn compare_outcomes(
    truth: &Truth,
    importer: &Importer,
    report: &RunReport,
    out: &mut impl Write,
) -> Result<bool, DemoError> {
    let size = truth.world().size();
    let mut wrong = 0_usize;
    for (kind, count) in [(Kind::Company, size.accounts), (Kind::Contact, size.contacts)] {
        let mut decided = BTreeMap::new();
        let mut after = None;
        for index in 0..count {
            let (id, expected) = match kind {
                Kind::Company => (generated_account_id(index), truth.account(index)),
                Kind::Contact => (generated_contact_id(index), truth.contact(index)),
            };
            if decided.is_empty() {
                // Ids sort as the generator counts, so the next page has the next records.
                let page = importer
                    .ledger
                    .write(|tx| tx.decisions(report.run, kind, None, after, PAGE))?;
                after = page.last().map(|listed| listed.mention.id).or(after);
                decided = page
                    .into_iter()
                    .map(|listed| (listed.mention.id.to_string(), listed.mention))
                    .collect();
            }
            let found = decided.remove(&id);
            let name = found.as_ref().map_or("missing", |mention| mention.outcome.name());
            if name == expected.name() {
                continue;
            }
            wrong += 1;
            if wrong <= DIFFERENCES_SHOWN {
                let text = found.map(|mention| mention.text).unwrap_or_default();
                let source = kind.source_name();
                writeln!(out, "WRONG: {source} {id} must be {expected:?}, it is {name}: {text}")?;
            }
        }
        wrong += decided.len();
    }
    match wrong {
        0 => writeln!(
            out,
            "What became of each record is what the planted data and the rules ask for."
        )?,
        _ => writeln!(out, "WRONG: {wrong} records became something else than the rules ask for.")?,
    }
    Ok(wrong == 0)
}

fn compare_counts(truth: &Truth, report: &RunReport, out: &mut impl Write) -> io::Result<bool> {
    let mut agree = true;
    let sides = [(Kind::Company, truth.account_counts()), (Kind::Contact, truth.contact_counts())];
    for (kind, expected) in sides {
        for outcome in Outcome::ALL {
            let (expected, found) = (
                expected.get(outcome.name()).copied().unwrap_or_default(),
                report.counts(kind).of(outcome),
            );
            if expected != found {
                agree = false;
                let source = kind.source_name();
                writeln!(
                    out,
                    "WRONG: {expected} {source}s must be {outcome}, the report says {found}"
                )?;
            }
        }
    }
    if agree {
        writeln!(
            out,
            "The report's counts are those that the planted data and the rules ask for."
        )?;
    }
    Ok(agree)
}

async fn compare_values(
    truth: &Truth,
    stage: &Stage,
    out: &mut (impl Write + Send),
) -> Result<bool, DemoError> {
    let findings = truth.check(&stage.rest()).await?;
    let (companies, contacts) = (findings.companies, findings.contacts);
    if findings.count == 0 {
        writeln!(
            out,
            "Autotask's {companies} companies and {contacts} contacts, read over REST, hold what the rules ask for, \
             record by record and field by field."
        )?;
        return Ok(true);
    }
    writeln!(
        out,
        "WRONG: {} differences among {companies} companies and {contacts} contacts:",
        findings.count
    )?;
    for difference in findings.differences.iter().take(DIFFERENCES_SHOWN) {
        writeln!(out, "  {difference}")?;
    }
    Ok(false)
}
