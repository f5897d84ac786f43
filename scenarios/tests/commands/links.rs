//! Which record is which, as people say (rules C3, U3).

use importer::desk::{self, Choice, RecordId};
use importer::domain::decision::Outcome;
use importer::domain::ids::SalesforceId;
use importer::domain::model::Kind;

use super::{companies_carrying, explained, first, set_id, stage, stranger, writes};

#[tokio::test]
async fn a_held_account_is_settled_by_a_person() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let held = first(&importer, &report, Outcome::Held);
    let reason = explained(&importer, held).await;
    let candidate: i64 = reason
        .split("the same key: ")
        .nth(1)
        .and_then(|ids| ids.split([',', '\n']).next())
        .and_then(|id| id.trim().parse().ok())
        .unwrap_or_else(|| panic!("no candidate in {reason}"));

    importer.link(held, Choice::This(candidate)).await.unwrap();
    importer.import().await.unwrap();

    assert_eq!(companies_carrying(&stage, held).await, [candidate]);
    let reason = explained(&importer, held).await;
    assert!(reason.contains("somebody decided"), "{reason}");
}

#[tokio::test]
async fn a_held_account_can_become_a_new_company() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let held = first(&importer, &report, Outcome::Held);
    let before = stage.rest().all("Companies").await.unwrap().len();

    importer.link(held, Choice::New).await.unwrap();
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
    desk::remap(&importer.ledger, RecordId::Salesforce(created)).unwrap();
    importer.import().await.unwrap();

    assert_eq!(apart.accounts.of(Outcome::UnMapped), 1, "{apart}");
    assert_eq!(while_apart, Vec::<i64>::new());
    assert_eq!(companies_carrying(&stage, created).await, company, "the same company as before");
}

#[tokio::test]
async fn one_company_cannot_be_chosen_for_two_accounts() {
    let (stage, importer) = stage().await;
    let (one, other) = ("001000000000001AAA", "001000000000002AAA");
    let company = stranger(&stage).await;

    importer.link(one.parse().unwrap(), Choice::This(company)).await.unwrap();
    let refused = importer.link(other.parse().unwrap(), Choice::This(company)).await;

    assert!(refused.unwrap_err().to_string().contains(one));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_hint() {
    let (_stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let user: SalesforceId = "005000000000001AAA".parse().unwrap();

    let again = importer.link(created, Choice::New).await.unwrap_err().to_string();
    let remap =
        desk::remap(&importer.ledger, RecordId::Salesforce(created)).unwrap_err().to_string();
    let no_kind =
        desk::remap(&importer.ledger, RecordId::Salesforce(user)).unwrap_err().to_string();

    assert!(again.contains("importer unmap"), "{again}");
    assert!(remap.contains("importer explain"), "{remap}");
    assert!(no_kind.contains("neither an account"), "{no_kind}");
}

#[tokio::test]
async fn what_autotask_does_not_have_or_not_use_cannot_be_chosen() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let held = first(&importer, &report, Outcome::Held);
    let created = first(&importer, &report, Outcome::Created);
    let taken = companies_carrying(&stage, created).await[0];
    let inactive = stranger(&stage).await;
    let body = serde_json::json!({ "id": inactive, "isActive": false });
    stage.rest().send(http::Method::PATCH, "Companies", Some(&body)).await.unwrap();

    let mut refusals = Vec::new();
    for company in [99_999_999, inactive, 0, taken] {
        let refused = importer.link(held, Choice::This(company)).await.unwrap_err();
        refusals.push(refused.to_string());
    }

    assert!(refusals[0].contains("there is no company 99999999"), "{refusals:?}");
    assert!(refusals[1].contains("is inactive"), "{refusals:?}");
    assert!(refusals[2].contains("tenant's own"), "{refusals:?}");
    assert!(refusals[3].contains(created.as_str()), "{refusals:?}");
    let standing = importer.ledger.read(|tx| tx.standing(Kind::Company, held)).unwrap();
    assert_eq!(standing.chosen, None);
}

#[tokio::test]
async fn unmap_and_all_questions_work_while_an_import_holds_the_lock() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let company = companies_carrying(&stage, created).await[0];
    let _lock = importer.ledger.lock().unwrap();

    let apart = importer.unmap(RecordId::Autotask(Kind::Company, company)).await.unwrap();

    assert_eq!((apart.salesforce_id, apart.cleared), (created, true));
    assert!(companies_carrying(&stage, created).await.is_empty());
    assert!(explained(&importer, created).await.contains("by a command"));
    desk::remap(&importer.ledger, RecordId::Autotask(Kind::Company, company)).unwrap();
    desk::forget(&importer.ledger, RecordId::Salesforce(created)).unwrap();
}

#[tokio::test]
async fn unmap_leaves_an_id_alone_that_somebody_else_has_put_there() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let company = companies_carrying(&stage, created).await[0];
    let other: SalesforceId = "001000000000009AAA".parse().unwrap();
    set_id(&stage, company, Some(other)).await;
    let before = writes(&stage);

    let apart = importer.unmap(RecordId::Salesforce(created)).await.unwrap();

    assert!(!apart.cleared);
    assert_eq!(writes(&stage), before);
    assert_eq!(companies_carrying(&stage, other).await, [company]);
}
