//! The demo: both mocks with a generated world, an import, a second one that writes nothing, the proof that Autotask
//! holds what the rules ask for, and then the service itself with a tour of it.
//!
//! Whoever runs it walks the tour by hand; `--once` walks it by itself, over HTTP, and checks what it sees.

mod proof;
mod shown;
mod tour;
mod visitor;

use std::future::Future;
use std::io::{self, Write};
use std::sync::Arc;

use clap::Args;
use importer::app::Importer;
use importer::domain::decision::Outcome;
use importer::domain::ids::SalesforceId;
use importer::domain::model::Kind;
use importer::domain::report::{RunReport, RunState};
use importer::progress;
use importer::sqlite::LedgerError;
use importer::system_clock::SystemClock;
use mock_autotask::generated_resource_id;
use mock_kit::clock;
use mock_kit::world::{Size, World};
use mock_salesforce::OrgError;
use serde_json::json;

use crate::rest::RestError;
use crate::service::{Service, ServiceError};
use crate::stage::{Plan, Stage, StageError};
use crate::truth::{Terms, Truth};
use tour::Tour;
use visitor::VisitError;

/// What the demo shows.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Walk the tour by itself, check it, and end
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
    /// Salesforce does not take a change.
    #[error("Salesforce does not take a change")]
    Org(#[from] OrgError),
    /// Autotask could not be read.
    #[error(transparent)]
    Rest(#[from] RestError),
    /// Nobody reads what is shown, or this machine has no free port.
    #[error("the demo cannot be shown")]
    Output(#[from] io::Error),
    /// A run did not come to its end.
    #[error("the import ended {0}: {1}")]
    Run(RunState, String),
    /// The service did not start, or failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// One of the pages did not answer.
    #[error(transparent)]
    Visit(#[from] VisitError),
}

/// Decisions that are read from the ledger at a time.
const PAGE: u32 = 500;

/// What an account's phone number becomes, so that the tour's first import has something to do.
const NEW_NUMBER: &str = "+1 555 0142";

/// A company that the first import created: the tour takes it apart from its account.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// The account.
    pub account: SalesforceId,
    /// The company's id.
    pub company: i64,
}

/// What there is after the first two imports.
#[derive(Debug)]
pub struct Proved {
    /// Whether everything held.
    pub held: bool,
    /// Both mocks and the mail server.
    pub stage: Stage,
    /// A pair for the tour, if there is any.
    pub pair: Option<Pair>,
}

/// Gives the whole demo; returns whether everything held. Unless it is to be shown `once`, the tour is for whoever
/// reads along, and all stays up until `stop` completes.
pub async fn show(
    arguments: &Arguments,
    out: &mut (impl Write + Send),
    stop: impl Future<Output = ()> + Send,
) -> Result<bool, DemoError> {
    let proved = prove(arguments, out).await?;
    if arguments.once {
        return Ok(walk(&proved, out).await? && proved.held);
    }
    let service = proved.open(out).await?;
    proved.tour(&service).print(&proved.stage.salesforce.url(), out)?;
    leave_up(&proved.stage, out)?;
    stop.await;
    service.stop().await?;
    Ok(proved.held)
}

/// Walks the tour of the service; returns whether it shows what its steps promise.
pub async fn walk(proved: &Proved, out: &mut (impl Write + Send)) -> Result<bool, DemoError> {
    let service = proved.open(out).await?;
    let held = proved.tour(&service).walk(out).await?;
    service.stop().await?;
    Ok(held)
}

impl Proved {
    /// Starts the service, and sees to it that there is something to import.
    async fn open(&self, out: &mut (impl Write + Send)) -> Result<Service, DemoError> {
        writeln!(out, "\n== The service ==\n")?;
        if let Some(Pair { account, .. }) = self.pair {
            let org = self.stage.salesforce.org();
            org.update(account.as_str(), &json!({ "Phone": NEW_NUMBER }))?;
            writeln!(
                out,
                "Meanwhile account {account} has the number {NEW_NUMBER} in Salesforce.\n"
            )?;
        }
        Ok(Service::start(&self.stage, Arc::new(SystemClock)).await?)
    }

    fn tour<'s>(&self, service: &'s Service) -> Tour<'s> {
        Tour { service, autotask: self.stage.autotask.url(), pair: self.pair }
    }
}

/// Imports twice, and proves that Autotask holds what it must.
pub async fn prove(
    arguments: &Arguments,
    out: &mut (impl Write + Send),
) -> Result<Proved, DemoError> {
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
    shown::explain(&importer, &first, out)?;
    shown::remarks(&importer, &first, out)?;
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
    let truth = Truth::new(world, Terms { default_manager: manager });
    let outcomes_agree = proof::compare_outcomes(&truth, &importer, &first, out)?;
    let counts_agree = proof::compare_counts(&truth, &first, out)?;
    let values_agree = proof::compare_values(&truth, &stage, out).await?;
    let held = is_idle && outcomes_agree && counts_agree && values_agree;
    Ok(Proved { held, stage, pair: created(&importer, &first)? })
}

/// Says how the mocks can be reached, for as long as they are left up.
fn leave_up(stage: &Stage, out: &mut impl Write) -> io::Result<()> {
    let [salesforce, autotask] = stage.credentials();
    writeln!(out, "\nAll of it stays up until Ctrl-C.\n")?;
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

/// The first company that a run created.
fn created(importer: &Importer, report: &RunReport) -> Result<Option<Pair>, LedgerError> {
    let created = importer
        .ledger
        .read(|tx| tx.decisions(report.run, Kind::Company, Some(Outcome::Created), None, 1))?;
    Ok(created
        .first()
        .and_then(|listed| Some(Pair { account: listed.mention.id, company: listed.target? })))
}
