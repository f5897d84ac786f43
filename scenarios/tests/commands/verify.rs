//! `verify` lists every difference from what the rules ask for, and nothing else (rule R11).

use importer::desk::{Sort, Verified};
use serde_json::json;

use super::*;

fn sorts(verified: &Verified) -> Vec<Sort> {
    verified.differences.iter().map(|difference| difference.sort).collect()
}

#[tokio::test]
async fn after_an_import_there_is_nothing_beyond_what_it_reported() {
    let (stage, importer) = stage().await;
    importer.import().await.unwrap();
    let before = writes(&stage);

    let verified = importer.verify().await.unwrap();

    assert_eq!(verified.differences, [], "{verified}");
    assert!(verified.reported > 0, "the world holds duplicates and orphans: {verified}");
    assert_eq!(verified.read.accounts, 40);
    assert_eq!(writes(&stage), before, "looking writes nothing");
}

#[tokio::test]
async fn each_difference_is_listed_with_its_sort() {
    let (stage, importer) = stage().await;
    let report = importer.import().await.unwrap();
    let created = first(&importer, &report, Outcome::Created);
    let company = companies_carrying(&stage, created).await[0];
    let org = stage.salesforce.org();

    // One that is new, one that changed, one whose id another company carries as well.
    org.insert_account(&json!({ "Name": "Brand New Ltd", "BillingCity": "Kiel" })).unwrap();
    org.update(created.as_str(), &json!({ "Phone": "555-987" })).unwrap();
    let mut copy = json!({ "companyName": "Copy", "companyType": 1, "phone": "1",
        "userDefinedFields": [{ "name": FIELD, "value": created }] });
    let owner = stage.rest().all("Companies").await.unwrap()[1]["ownerResourceID"].clone();
    copy["ownerResourceID"] = owner;
    stage.rest().send(Method::POST, "Companies", Some(&copy)).await.unwrap();
    let verified = importer.verify().await.unwrap();

    let found = sorts(&verified);
    assert!(found.contains(&Sort::Missing), "{verified}");
    assert!(found.contains(&Sort::Twice), "{verified}");
    let twice = verified.differences.iter().find(|one| one.sort == Sort::Twice).unwrap();
    assert_eq!(twice.salesforce_id, created);
    assert_ne!(twice.autotask_id, Some(company));
    let again = importer.verify().await.unwrap();
    assert_eq!(again.differences, verified.differences, "looking changes nothing");
}
