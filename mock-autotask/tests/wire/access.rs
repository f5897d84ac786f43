//! Who may call: credentials, lock-out, permissions, impersonation.

use std::collections::{BTreeMap, BTreeSet};

use mock_autotask::{Action, Entity};
use serde_json::json;

use crate::support::{Answer, stage};

fn refused(answer: &Answer) -> bool {
    answer.status == 401 && answer.body.is_empty()
}

#[tokio::test]
async fn wrong_and_missing_credentials_are_refused_alike_with_an_empty_body() {
    let stage = stage().await;
    for (header, value) in [
        ("UserName", "nobody@example.com"),
        ("UserName", ""),
        ("Secret", "wrong"),
        ("Secret", ""),
        ("ApiIntegrationCode", "wrong"),
        ("ApiIntegrationCode", ""),
    ] {
        let answer = stage.client.with(header, value).get("Companies/0").await;

        assert!(refused(&answer), "{header}: {value}: {}", answer.text());
        assert_eq!(answer.header("content-length"), Some("0"));
        let realm = format!("Basic Realm=\"{}\"", stage.client.address);
        assert_eq!(answer.header("www-authenticate"), Some(realm.as_str()));
        assert_eq!(answer.header("content-type"), None);
    }
}

#[tokio::test]
async fn the_user_name_is_taken_in_any_case() {
    let stage = stage().await;

    assert_eq!(
        stage.client.with("UserName", "API@Example.COM").get("Companies/0").await.status,
        200
    );
}

#[tokio::test]
async fn the_journal_says_which_header_was_wrong() {
    let stage = stage().await;
    stage.client.with("Secret", "wrong").get("Companies/0").await;
    stage.client.with("ApiIntegrationCode", "wrong").get("Companies/0").await;

    let journal = stage.mock.journal();
    let warnings: Vec<_> = journal.iter().filter_map(|entry| entry.warning.as_deref()).collect();

    assert_eq!(
        warnings,
        ["the secret is missing or wrong", "the integration code is missing or wrong"]
    );
}

#[tokio::test]
async fn a_wrong_name_or_code_can_be_refused_as_in_2023() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.wrong_names_are_500 = true);

    let name = stage.client.with("UserName", "nobody").get("Companies/0").await;
    let code = stage.client.with("ApiIntegrationCode", "wrong").get("Companies/0").await;

    assert_eq!(name.errors().len(), 1);
    assert_eq!(code.errors().len(), 1);
    assert!(refused(&stage.client.with("Secret", "wrong").get("Companies/0").await));
}

#[tokio::test]
async fn wrong_secrets_in_a_row_lock_the_user_until_someone_unlocks_it() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.lockout_after = 3);
    let wrong = stage.client.with("Secret", "wrong");

    wrong.get("Companies/0").await;
    wrong.get("Companies/0").await;
    assert_eq!(stage.client.get("Companies/0").await.status, 200, "the row is interrupted");
    for _ in 0..3 {
        wrong.get("Companies/0").await;
    }

    assert!(refused(&stage.client.get("Companies/0").await));
    assert!(stage.mock.settings().locked);
    stage.mock.configure(|settings| settings.locked = false);
    wrong.get("Companies/0").await;
    assert_eq!(stage.client.get("Companies/0").await.status, 200);
}

#[tokio::test]
async fn a_new_user_works_after_a_while() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.user_delay_seconds = 300);

    let new = stage.client.get("Companies/0").await;
    stage.mock.advance_clock(301);

    assert!(refused(&new));
    assert_eq!(stage.client.get("Companies/0").await.status, 200);
}

#[tokio::test]
async fn missing_rights_are_told_with_status_500_and_in_entity_information() {
    let stage = stage().await;
    let denied = BTreeSet::from([Action::Query, Action::Create]);
    stage.mock.configure(|settings| settings.denied = BTreeMap::from([(Entity::Contact, denied)]));
    let everything = json!([{ "op": "exist", "field": "id" }]);

    let query = stage.client.query("Contacts", &everything).await;
    let create = stage.client.post("Companies/0/Contacts", &json!({ "firstName": "A" })).await;
    let information = stage.client.get("Contacts/entityInformation").await.ok();

    assert_eq!(
        query.error(),
        "The logged in Resource does not have the adequate permissions to query this entity type."
    );
    assert_eq!(
        create.error(),
        "The logged in Resource does not have the adequate permissions to create this entity type."
    );
    assert_eq!(information["info"]["userAccessForQuery"], 0);
    assert_eq!(information["info"]["userAccessForUpdate"], 1);
    assert_eq!(stage.client.query("Companies", &everything).await.status, 200);
}

#[tokio::test]
async fn impersonation_is_refused_on_queries() {
    let stage = stage().await;
    let client = stage.client.with("ImpersonationResourceId", "4");
    let filter = json!([{ "op": "exist", "field": "id" }]);

    for answer in [
        client.query("Companies", &filter).await,
        client.post("Companies/query/count", &json!({ "filter": filter })).await,
        client.search("Companies", &json!({ "filter": filter }).to_string()).await,
    ] {
        assert_eq!(
            answer.error(),
            "The logged in Resource does not have the adequate permissions to query this entity type."
        );
    }
}

#[tokio::test]
async fn a_write_in_anothers_name_says_so() {
    let stage = stage().await;
    let company =
        json!({ "companyName": "Nord", "companyType": 1, "phone": "1", "ownerResourceID": 4 });

    let own = stage.client.post("Companies", &company).await.item_id();
    let others = stage
        .client
        .with("ImpersonationResourceId", "4")
        .post("Companies", &company)
        .await
        .item_id();

    let (own, others) = (stage.record(Entity::Company, own), stage.record(Entity::Company, others));
    let api_user = &own["createdByResourceID"];
    assert_eq!(own["impersonatorCreatorResourceID"], json!(null));
    assert_eq!(others["createdByResourceID"], 4);
    assert_eq!(&others["impersonatorCreatorResourceID"], api_user);
}

#[tokio::test]
async fn impersonation_needs_an_active_resource_and_permission() {
    let stage = stage().await;
    let company =
        json!({ "companyName": "Nord", "companyType": 1, "phone": "1", "ownerResourceID": 4 });
    for resource in ["999", "x", "4; DROP TABLE"] {
        let answer = stage
            .client
            .with("ImpersonationResourceId", resource)
            .post("Companies", &company)
            .await;
        assert!(answer.error().contains(resource), "{}", answer.text());
    }
    stage.mock.configure(|settings| settings.impersonation = false);

    let answer =
        stage.client.with("ImpersonationResourceId", "4").post("Companies", &company).await;

    assert_eq!(answer.status, 500);
}
