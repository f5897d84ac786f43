//! An import that would change too much waits until somebody agrees (rule R10).

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use importer::app::Importer;
use importer::config::Config;
use importer::desk;
use importer::domain::decision::Outcome;
use importer::domain::report::RunState;
use importer::progress::Silent;
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::rest::{id_of, udf_of};
use scenarios::stage::{Plan, Stage};
use serde_json::json;

const FIELD: &str = "Salesforce Company ID";

/// A stage whose guard holds from six changes on, imported once.
async fn imported() -> (Stage, Arc<ManualClock>, Importer) {
    let clock = Arc::new(ManualClock::default());
    let plan = Plan { seed: 9, size: Size { accounts: 20, ..Size::default() } };
    let mut stage = Stage::set(&plan, Arc::<ManualClock>::clone(&clock)).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    let toml = format!("{}guard_percent = 50\nguard_records = 5\n", stage.importer_toml());
    let config = Config::parse(&toml, &stage.settings_file(), &|_| None).unwrap();
    let importer =
        Importer::new(config, Arc::<ManualClock>::clone(&clock), Arc::new(Silent)).unwrap();
    let first = importer.import().await.unwrap();
    assert_eq!(first.state, RunState::Completed, "the first import is never held: {first}");
    (stage, clock, importer)
}

/// The companies that carry an id, and the ids.
async fn carried(stage: &Stage) -> Vec<(i64, String)> {
    let rows = stage.rest().all("Companies").await.unwrap();
    rows.iter().filter_map(|row| Some((id_of(row), udf_of(row, FIELD)?.to_owned()))).collect()
}

async fn set(stage: &Stage, company: i64, value: Option<&str>) {
    let fields = json!([{ "name": FIELD, "value": value }]);
    let body = json!({ "id": company, "userDefinedFields": fields });
    stage.rest().send(Method::PATCH, "Companies", Some(&body)).await.unwrap();
}

/// Clears the user-defined field of every company, as a mistaken bulk edit would.
async fn clear_all(stage: &Stage) {
    for (company, _) in carried(stage).await {
        set(stage, company, None).await;
    }
}

#[tokio::test]
async fn a_mistake_in_bulk_is_held_and_can_be_undone() {
    let (stage, _clock, importer) = imported().await;
    let before = carried(&stage).await;

    clear_all(&stage).await;
    let held = importer.import().await.unwrap();
    for (company, id) in &before {
        set(&stage, *company, Some(id)).await;
    }
    let after = importer.import().await.unwrap();

    assert_eq!(held.state, RunState::AwaitingApproval, "{held}");
    assert!(held.failure.unwrap().contains("importer approve"));
    assert_eq!(after.state, RunState::Completed, "{after}");
    assert_eq!(after.accounts.of(Outcome::UnMapped), 0, "{after}");
    assert_eq!(after.accounts.of(Outcome::Unchanged), before.len() as u64, "{after}");
}

#[tokio::test]
async fn what_was_approved_happens_and_an_approval_lapses_after_a_day() {
    let (stage, clock, importer) = imported().await;
    clear_all(&stage).await;
    let held = importer.import().await.unwrap();

    desk::approve(&importer.ledger, held.run.0, clock.now()).unwrap();
    clock.advance(Duration::from_hours(25));
    let lapsed = importer.import().await.unwrap();
    desk::approve(&importer.ledger, lapsed.run.0, clock.now()).unwrap();
    let done = importer.import().await.unwrap();

    assert_eq!(lapsed.state, RunState::AwaitingApproval, "{lapsed}");
    assert_eq!(done.state, RunState::Completed, "{done}");
    assert!(done.accounts.of(Outcome::UnMapped) > 5, "{done}");
    assert!(desk::approve(&importer.ledger, done.run.0, clock.now()).is_err());
}
