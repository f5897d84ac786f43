//! What a person at the command line decides, and what the next import makes of it: plan, link, unmap, remap,
//! explain, check.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::sync::Arc;

use http::Method;
use importer::app::Importer;
use importer::check::Verdict;
use importer::cli::{Choice, RecordId};
use importer::config::Config;
use importer::desk;
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

fn first(importer: &Importer, report: &RunReport, outcome: Outcome) -> SalesforceId {
    let listed = importer
        .ledger
        .write(|tx| tx.decisions(report.run, Kind::Company, Some(outcome), None, 1))
        .unwrap();
    listed.first().unwrap_or_else(|| panic!("no account is {outcome}: {report}")).mention.id
}

async fn companies_carrying(stage: &Stage, id: SalesforceId) -> Vec<i64> {
    let rows = stage.rest().all("Companies").await.unwrap();
    rows.iter().filter(|row| udf_of(row, FIELD) == Some(id.as_str())).map(id_of).collect()
}

fn explained(importer: &Importer, id: SalesforceId) -> String {
    let mut text = Vec::new();
    desk::explain(&importer.ledger, RecordId::Salesforce(id), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_plan_writes_nothing_and_says_what_the_import_then_does() {
    let (stage, importer) = stage().await;

    let (plan, _copy) = importer.plan().await.unwrap();
    let calls = stage.autotask.calls();
    let report = importer.import().await.unwrap();

    assert_eq!(plan.state, RunState::Planned);
    // Queries are POSTs too.
    let writes: Vec<_> = calls
        .keys()
        .filter(|call| WRITES.iter().any(|verb| call.starts_with(verb)))
        .filter(|call| !call.ends_with("query"))
        .collect();
    assert_eq!(writes, Vec::<&String>::new());
    assert_eq!(plan.accounts, report.accounts);
    assert_eq!(plan.contacts, report.contacts);
}

#[tokio::test]
async fn a_held_account_is_settled_by_a_person() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let held = first(&importer, &report, Outcome::Held);
    let reason = explained(&importer, held);
    let candidate: i64 = reason
        .split("the same key: ")
        .nth(1)
        .and_then(|ids| ids.split([',', '\n']).next())
        .and_then(|id| id.trim().parse().ok())
        .unwrap_or_else(|| panic!("no candidate in {reason}"));

    desk::link(&importer.ledger, held, Choice::This(candidate)).unwrap();
    importer.import().await.unwrap();

    assert_eq!(companies_carrying(&stage, held).await, [candidate]);
    assert!(
        explained(&importer, held).contains("somebody decided"),
        "{}",
        explained(&importer, held)
    );
}

#[tokio::test]
async fn a_held_account_can_become_a_new_company() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let held = first(&importer, &report, Outcome::Held);
    let before = stage.rest().all("Companies").await.unwrap().len();

    desk::link(&importer.ledger, held, Choice::New).unwrap();
    importer.import().await.unwrap();
    importer.import().await.unwrap();

    assert_eq!(stage.rest().all("Companies").await.unwrap().len(), before + 1);
    assert_eq!(companies_carrying(&stage, held).await.len(), 1);
}

#[tokio::test]
async fn unmap_takes_a_pair_apart_until_remap() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let company = companies_carrying(&stage, created).await;

    importer.unmap(RecordId::Salesforce(created)).await.unwrap();
    let apart = importer.import().await.unwrap();
    let while_apart = companies_carrying(&stage, created).await;
    desk::remap(&importer.ledger, created).unwrap();
    importer.import().await.unwrap();

    assert_eq!(apart.accounts.of(Outcome::UnMapped), 1, "{apart}");
    assert_eq!(while_apart, Vec::<i64>::new());
    assert_eq!(companies_carrying(&stage, created).await, company, "the same company as before");
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

async fn set_id(stage: &Stage, company: i64, id: Option<SalesforceId>) {
    let fields = json!([{ "name": FIELD, "value": id }]);
    let body = json!({ "id": company, "userDefinedFields": fields });
    stage.rest().send(Method::PATCH, "Companies", Some(&body)).await.unwrap();
}

#[tokio::test]
async fn one_company_cannot_be_chosen_for_two_accounts() {
    let (_stage, importer) = stage().await;
    let (one, other) = ("001000000000001AAA", "001000000000002AAA");

    desk::link(&importer.ledger, one.parse().unwrap(), Choice::This(7)).unwrap();
    let refused = desk::link(&importer.ledger, other.parse().unwrap(), Choice::This(7));

    assert!(refused.unwrap_err().to_string().contains(one));
}

#[tokio::test]
async fn a_user_defined_field_that_was_renamed_takes_nothing_apart() {
    let (stage, importer) = stage().await;
    importer.import().await.unwrap();
    let toml = format!("{}company_id_field = \"Another ID\"\n", stage.importer_toml());
    let config = Config::parse(&toml, &stage.settings_file(), &|_| None).unwrap();
    let clock = Arc::new(ManualClock::default());
    let misled = Importer::new(config, clock, Arc::new(Silent)).unwrap();

    let failed = misled.import().await.unwrap();
    let after = importer.import().await.unwrap();

    assert_eq!(failed.state, RunState::Failed, "{failed}");
    assert!(failed.failure.unwrap().contains("Another ID"));
    assert_eq!(after.accounts.of(Outcome::UnMapped), 0, "{after}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_hint() {
    let (_stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let user: SalesforceId = "005000000000001AAA".parse().unwrap();

    let again = desk::link(&importer.ledger, created, Choice::New).unwrap_err().to_string();
    let remap = desk::remap(&importer.ledger, created).unwrap_err().to_string();
    let no_kind = desk::remap(&importer.ledger, user).unwrap_err().to_string();

    assert!(again.contains("importer unmap"), "{again}");
    assert!(remap.contains("importer explain"), "{remap}");
    assert!(no_kind.contains("neither an account"), "{no_kind}");
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
