//! What a person at the command line asks and decides, and what the next import makes of it.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

#[path = "../support/program.rs"]
mod binary;
mod explain;
mod links;
mod program;
mod rebind;
mod verify;

use std::sync::Arc;

use http::Method;
use importer::app::Importer;
use importer::check::Verdict;
use importer::config::Config;
use importer::desk::RecordId;
use importer::domain::decision::Outcome;
use importer::domain::ids::SalesforceId;
use importer::domain::model::Kind;
use importer::domain::report::{RunReport, RunState};
use importer::progress::Silent;
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::rest::{id_of, udf_of};
use scenarios::stage::{Plan, Stage};
use serde_json::json;

const FIELD: &str = "Salesforce Company ID";

/// The methods that write, and also query.
const WRITES: [&str; 4] = ["POST ", "PATCH ", "PUT ", "DELETE "];

async fn stage() -> (Stage, Importer) {
    let clock = Arc::new(ManualClock::default());
    let plan = Plan { seed: 3, size: Size::of(40, 80) };
    let mut stage = Stage::set(&plan, Arc::<ManualClock>::clone(&clock)).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    let importer = stage.importer(clock, Arc::new(Silent)).unwrap();
    (stage, importer)
}

/// An importer as another process with other settings would have it.
fn misled(stage: &Stage, settings: &str) -> Importer {
    let config = Config::parse(settings, &stage.settings_file(), &|_| None).unwrap();
    Importer::new(config, Arc::new(ManualClock::default()), Arc::new(Silent)).unwrap()
}

fn first(importer: &Importer, report: &RunReport, outcome: Outcome) -> SalesforceId {
    let listed = importer
        .ledger
        .read(|tx| tx.decisions(report.run, Kind::Company, Some(outcome), None, 1))
        .unwrap();
    listed.first().unwrap_or_else(|| panic!("no account is {outcome}: {report}")).mention.id
}

async fn companies_carrying(stage: &Stage, id: SalesforceId) -> Vec<i64> {
    let rows = stage.rest().all("Companies").await.unwrap();
    rows.iter().filter(|row| udf_of(row, FIELD) == Some(id.as_str())).map(id_of).collect()
}

/// A company that no account is linked to.
async fn stranger(stage: &Stage) -> i64 {
    let rows = stage.rest().all("Companies").await.unwrap();
    let is_stranger = |row: &&scenarios::rest::Row| {
        udf_of(row, FIELD).is_none() && id_of(row) > 0 && row["isActive"].as_bool() == Some(true)
    };
    rows.iter().find(is_stranger).map(id_of).unwrap()
}

async fn explained(importer: &Importer, id: SalesforceId) -> String {
    importer.explain(RecordId::Salesforce(id), true).await.unwrap().to_string()
}

/// Writes that Autotask has received so far; queries are POSTs too, and none of them.
fn writes(stage: &Stage) -> u64 {
    let calls = stage.autotask.calls();
    let is_write =
        |call: &str| WRITES.iter().any(|verb| call.starts_with(verb)) && !call.ends_with("query");
    calls.iter().filter(|(call, _)| is_write(call)).map(|(_, count)| count).sum()
}

async fn set_id(stage: &Stage, company: i64, id: Option<SalesforceId>) {
    let fields = json!([{ "name": FIELD, "value": id }]);
    let body = json!({ "id": company, "userDefinedFields": fields });
    stage.rest().send(Method::PATCH, "Companies", Some(&body)).await.unwrap();
}

#[tokio::test]
async fn a_plan_writes_nothing_and_says_what_the_import_then_does() {
    let (stage, importer) = stage().await;

    let (plan, _copy) = importer.plan().await.unwrap();
    let written = writes(&stage);
    let report = importer.import().await.unwrap();

    assert_eq!(plan.state, RunState::Planned);
    assert_eq!(written, 0);
    assert_eq!(plan.accounts, report.accounts);
    assert_eq!(plan.contacts, report.contacts);
}

#[tokio::test]
async fn a_plan_takes_nothing_apart() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let company = companies_carrying(&stage, created).await[0];
    set_id(&stage, company, None).await;

    let (plan, _copy) = importer.plan().await.unwrap();
    set_id(&stage, company, Some(created)).await;
    let after = importer.import().await.unwrap();

    assert_eq!(plan.accounts.of(Outcome::UnMapped), 1, "{plan}");
    assert_eq!(after.accounts.of(Outcome::UnMapped), 0, "{after}");
}

#[tokio::test]
async fn a_user_defined_field_that_was_renamed_takes_nothing_apart() {
    let (stage, importer) = stage().await;
    importer.import().await.unwrap();
    let toml = format!("{}company_id_field = \"Another ID\"\n", stage.importer_toml());
    let misled = misled(&stage, &toml);

    let failed = misled.import().await.unwrap();
    let after = importer.import().await.unwrap();

    assert_eq!(failed.state, RunState::Failed, "{failed}");
    assert!(failed.failure.unwrap().contains("Another ID"));
    assert_eq!(after.accounts.of(Outcome::UnMapped), 0, "{after}");
}

#[tokio::test]
async fn check_names_what_is_wrong_and_what_to_do() {
    let (mut stage, importer) = stage().await;
    let fine = importer.check().await;
    "wrong".clone_into(&mut stage.settings.token);
    "Nobody At All".clone_into(&mut stage.settings.default_account_manager);
    stage.settings.secret.push('x');
    let clock = Arc::new(ManualClock::default());
    let mistaken = stage.importer(clock, Arc::new(Silent)).unwrap().check().await;

    assert!(fine.iter().all(|finding| finding.verdict != Verdict::Wrong), "{fine:#?}");
    let wrong: Vec<_> =
        mistaken.iter().filter(|finding| finding.verdict == Verdict::Wrong).collect();
    assert_eq!(wrong.len(), 2, "{mistaken:#?}");
    assert!(wrong[0].text.contains("security token"), "{}", wrong[0]);
    assert!(wrong[1].text.contains("secret"), "{}", wrong[1]);
    let all = format!("{mistaken:?}");
    assert!(!all.contains("mock-secret") && !all.contains("mock-password"), "{all}");
}
