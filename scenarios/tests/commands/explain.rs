//! Why a record is, or is not, in Autotask, at this moment too (rules R9, U1).

use importer::desk::{Live, RecordId};
use importer::domain::decision::Outcome;
use importer::domain::ids::SalesforceId;
use importer::domain::model::Kind;

use super::{companies_carrying, explained, first, misled, set_id, stage, stranger, writes};

#[tokio::test]
async fn each_decision_is_told_with_its_rule_what_was_compared_and_both_pages() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let company = companies_carrying(&stage, created).await[0];

    let short: SalesforceId = created.as_str()[..15].parse().unwrap();
    let by_short = importer.explain(RecordId::Salesforce(short), false).await.unwrap();
    let by_target =
        importer.explain(RecordId::Autotask(Kind::Company, company), false).await.unwrap();

    assert_eq!(by_short, by_target);
    let text = by_short.to_string();
    for part in [
        "C1: Which company an account already is.",
        "compared by companyName: \"",
        "compared by address1",
        &format!("{}/{created}", stage.salesforce.url()),
        &format!("Code=OpenAccount&AccountID={company}"),
        &format!("its user-defined field holds {created}"),
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let json = serde_json::to_value(&by_short).unwrap();
    assert_eq!(json["decisions"][0]["rule"], "C1");
    assert_eq!(json["decisions"][0]["autotask_id"], company);
    assert_eq!(json["standing"]["link"], company);
    assert_eq!(json["live"]["state"], "there");
}

#[tokio::test]
async fn a_cleared_field_is_seen_at_once_and_nothing_is_changed_by_looking() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let company = companies_carrying(&stage, created).await[0];
    set_id(&stage, company, None).await;
    let before = writes(&stage);

    let offline = explained(&importer, created).await;
    let lock = importer.ledger.lock().unwrap();
    let live = importer.explain(RecordId::Salesforce(created), false).await.unwrap();

    assert!(!offline.contains("took the pair apart"), "{offline}");
    assert!(live.to_string().contains("took the pair apart"), "{live}");
    assert_eq!(writes(&stage), before);
    assert_eq!(live.standing.link, Some(company), "the ledger is as it was");
    drop(lock);
    let next = importer.import().await.unwrap();
    assert_eq!(next.accounts.of(Outcome::UnMapped), 1, "{next}");
    assert_eq!(companies_carrying(&stage, created).await, Vec::<i64>::new());
}

#[tokio::test]
async fn without_a_connection_the_ledger_answers_and_says_that_it_is_alone() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let nowhere = stage.importer_toml().replace(&stage.autotask.url(), "http://127.0.0.1:9");

    let alone =
        misled(&stage, &nowhere).explain(RecordId::Salesforce(created), false).await.unwrap();

    assert!(matches!(alone.live, Live::Unknown { .. }), "{alone:?}");
    assert!(alone.to_string().contains("cannot be asked at this moment"), "{alone}");
    assert_eq!(alone.decisions.len(), 1);
}

#[tokio::test]
async fn an_autotask_record_that_nothing_is_linked_to_is_explained_too() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let company = stranger(&stage).await;

    let known = RecordId::Autotask(Kind::Company, company);
    let known = importer.explain(known, false).await.unwrap().to_string();
    let unknown = RecordId::Autotask(Kind::Contact, 99_999_999);
    let unknown = importer.explain(unknown, false).await.unwrap_err().to_string();

    assert!(known.contains("is not linked to any Salesforce record"), "{known}");
    assert!(known.contains(&format!("last read in run {}", report.run)), "{known}");
    assert!(unknown.contains("there is no contact 99999999 in Autotask"), "{unknown}");
}

#[tokio::test]
async fn a_record_that_is_gone_is_said_to_be() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = importer
        .ledger
        .read(|tx| tx.decisions(report.run, Kind::Contact, Some(Outcome::Created), None, 1))
        .unwrap();
    let (id, contact) = (created[0].mention.id, created[0].target.unwrap());
    stage.autotask.records().delete(mock_autotask::Entity::Contact, contact).unwrap();

    let gone = importer.explain(RecordId::Salesforce(id), false).await.unwrap();

    assert_eq!(gone.live, Live::Gone);
    assert!(gone.to_string().contains("(U4)"), "{gone}");
}
