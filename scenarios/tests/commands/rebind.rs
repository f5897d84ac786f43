//! A ledger that is to serve another tenant (rule R12): nothing is ever written to the wrong one.

use std::collections::BTreeSet;
use std::sync::Arc;

use importer::app::Importer;
use importer::desk::{self, DeskError, Live, RecordId};
use importer::domain::decision::Outcome;
use importer::domain::ids::SalesforceId;
use importer::domain::model::Kind;
use importer::domain::report::RunState;
use importer::progress::Silent;
use importer::sqlite::LedgerError;
use scenarios::clock::ManualClock;
use scenarios::rest::udf_of;
use scenarios::stage::Stage;

use super::{FIELD, companies_carrying, first, stage, writes};

fn importer_on(stage: &Stage) -> Importer {
    stage.importer(Arc::new(ManualClock::default()), Arc::new(Silent)).unwrap()
}

/// A stage after an import, with another Autotask database in the place of the first; and a linked account with the
/// company it was linked to there.
async fn moved() -> (Stage, Importer, SalesforceId, i64) {
    let (mut stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let company = companies_carrying(&stage, created).await[0];
    stage.replace_autotask(Arc::new(ManualClock::default())).await.unwrap();
    let elsewhere = importer_on(&stage);
    (stage, elsewhere, created, company)
}

#[tokio::test]
async fn no_command_writes_to_a_database_that_the_ledger_does_not_serve() {
    let (stage, importer, created, company) = moved().await;
    let other: SalesforceId = "001000000000009AAA".parse().unwrap();

    let import = importer.import().await.unwrap_err().to_string();
    let unmap = importer.unmap(RecordId::Salesforce(created)).await.unwrap_err().to_string();
    let link = importer.link(other, importer::desk::Choice::This(1)).await.unwrap_err().to_string();
    let explained = importer.explain(RecordId::Salesforce(created), false).await.unwrap();

    for refused in [import, unmap, link] {
        assert!(refused.contains("nothing was written"), "{refused}");
    }
    assert!(matches!(&explained.live, Live::Unknown { because } if because.contains("belongs to")));
    assert_eq!(explained.standing.link, Some(company));
    assert_eq!(writes(&stage), 0);
}

#[tokio::test]
async fn a_ledger_rebound_to_another_database_begins_anew_there() {
    let (stage, importer, created, company) = moved().await;

    let shown = importer.rebinding().await.unwrap();
    let rebound = importer.rebind(&shown, false).unwrap();
    let explained = importer.explain(RecordId::Salesforce(created), true).await.unwrap();
    let held = importer.import().await.unwrap();
    desk::approve(&importer.ledger, held.run.0, importer.ports.clock.now()).unwrap();
    let first_there = importer.import().await.unwrap();

    assert!(shown.changes(), "{shown}");
    assert!(rebound.dropped.links > 0 && rebound.to_string().contains("dropped:"), "{rebound}");
    assert_eq!(explained.standing.link, None);
    assert!(explained.decisions.iter().all(|decided| decided.foreign), "{explained}");
    assert_eq!(held.state, RunState::AwaitingApproval, "nothing is linked there: {held}");
    assert_eq!(first_there.state, RunState::Completed, "{first_there}");
    assert_eq!(first_there.accounts.of(Outcome::Updated), 0, "{first_there}");
    assert_eq!(first_there.accounts.of(Outcome::Gone), 0, "{first_there}");
    let rows = stage.rest().all("Companies").await.unwrap();
    let carried: Vec<_> = rows.iter().filter_map(|row| udf_of(row, FIELD)).collect();
    assert_eq!(carried.len(), carried.iter().collect::<BTreeSet<_>>().len());
    assert_eq!(carried.len() as u64, first_there.accounts.of(Outcome::Created), "{first_there}");
    // Whatever had that number in the former database has nothing to do with the account.
    let there = companies_carrying(&stage, created).await;
    assert_eq!(there.len(), 1);
    let linked = importer.ledger.read(|tx| tx.link_at(Kind::Company, company)).unwrap();
    assert!(there[0] == company || linked != Some(created));
}

#[tokio::test]
async fn a_ledger_rebound_to_another_organization_takes_no_record_for_one_of_the_former() {
    let (mut stage, importer) = stage().await;
    importer.import().await.unwrap();
    stage.replace_salesforce(Arc::new(ManualClock::default())).await.unwrap();
    let importer = importer_on(&stage);
    let before = stage.rest().all("Companies").await.unwrap();
    let written = writes(&stage);

    let shown = importer.rebinding().await.unwrap();
    let rebound = importer.rebind(&shown, false).unwrap();
    let report = importer.import().await.unwrap();

    assert!(rebound.to_string().contains("former organization"), "{rebound}");
    assert_eq!(report.state, RunState::Completed, "{report}");
    assert_eq!(writes(&stage), written, "the new organization is empty");
    assert_eq!(stage.rest().all("Companies").await.unwrap(), before);
}

#[tokio::test]
async fn a_rebinding_waits_for_the_end_of_an_import_and_for_nobody_elses_decision() {
    let (_stage, importer, ..) = moved().await;
    let shown = importer.rebinding().await.unwrap();

    let lock = importer.ledger.lock().unwrap();
    let during = importer.rebind(&shown, false);
    drop(lock);
    importer.rebind(&shown, false).unwrap();
    let again = importer.rebind(&shown, false);
    let settled = importer.rebinding().await.unwrap();

    assert!(matches!(during, Err(DeskError::Ledger(LedgerError::Locked(_)))));
    assert!(again.unwrap_err().to_string().contains("somebody else"));
    assert!(!settled.changes() && settled.to_string().contains("both are the same"), "{settled}");
}
