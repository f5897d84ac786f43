//! Cursors: pages, locators, the snapshot they show and how long they live.

use crate::support::{Answer, Stage, stage, stage_with};
use jiff::SignedDuration;
use mock_salesforce::{CustomField, CustomFieldType, ObjectKind, Options};
use serde_json::json;

async fn with_accounts(count: usize) -> Stage {
    let mut stage = stage().await;
    for number in 0..count {
        stage
            .mock
            .org()
            .insert_account(&json!({ "Name": format!("Account {number:05}") }))
            .unwrap();
    }
    stage.client.headers = "<QueryOptions><batchSize>200</batchSize></QueryOptions>".to_owned();
    stage
}

/// The names on this page and all after it.
async fn all_names(stage: &Stage, first: Answer) -> Vec<String> {
    let mut names = first.values("sf:Name");
    let mut page = first;
    while page.value("done") == "false" {
        page = stage.client.query_more(&page.value("queryLocator")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        names.extend(page.values("sf:Name"));
    }
    names
}

fn expected(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|number| format!("Account {number:05}")).collect()
}

#[tokio::test]
async fn pages_follow_one_another_to_the_end() {
    let stage = with_accounts(450).await;

    let first = stage.client.query("SELECT Name FROM Account ORDER BY Name DESC").await;

    assert_eq!((first.values("records").len(), first.value("size").as_str()), (200, "450"));
    assert_eq!(all_names(&stage, first).await, expected((0..450).rev()));
}

#[tokio::test]
async fn a_cursor_shows_one_moment_while_records_change_underneath() {
    let stage = with_accounts(450).await;
    let org = stage.mock.org();
    let owner = org.insert_user(&json!({ "LastName": "Before" })).unwrap();
    let ids: Vec<String> = org
        .records(ObjectKind::Account)
        .unwrap()
        .iter()
        .map(|record| record["Id"].as_str().unwrap().to_owned())
        .collect();
    org.update(&ids[449], &json!({ "OwnerId": owner })).unwrap();

    let first = stage.client.query("SELECT Name, Owner.LastName FROM Account ORDER BY Id").await;
    org.update(&ids[300], &json!({ "Name": "changed" })).unwrap();
    org.update(&ids[300], &json!({ "Name": "changed again" })).unwrap();
    org.delete(&ids[301]).unwrap();
    org.insert_account(&json!({ "Name": "new" })).unwrap();
    org.update(&owner, &json!({ "LastName": "After" })).unwrap();
    let second = stage.client.query_more(&first.value("queryLocator")).await;
    let third = stage.client.query_more(&second.value("queryLocator")).await;

    let names = [first, second, third.clone()]
        .iter()
        .flat_map(|page| page.values("sf:Name"))
        .collect::<Vec<_>>();
    assert_eq!(names, expected(0..450));
    assert_eq!(third.values("sf:LastName").last().unwrap(), "Before");
    let now = stage.client.query("SELECT Name, Owner.LastName FROM Account WHERE Name IN ('changed again', 'Account 00449') ORDER BY Id").await;
    assert_eq!(now.values("sf:Name"), ["changed again", "Account 00449"]);
    assert_eq!(now.values("sf:LastName").last().unwrap(), "After");
}

#[tokio::test]
async fn a_locator_can_be_asked_again_after_a_lost_answer() {
    let stage = with_accounts(250).await;
    let first = stage.client.query("SELECT Name FROM Account ORDER BY Id").await;

    let once = stage.client.query_more(&first.value("queryLocator")).await;
    let again = stage.client.query_more(&first.value("queryLocator")).await;

    assert_eq!(once.values("sf:Name"), expected(200..250));
    assert_eq!(once.values("sf:Name"), again.values("sf:Name"));
}

#[tokio::test]
async fn the_batch_size_is_kept_between_200_and_2000_and_can_change_between_pages() {
    let mut stage = with_accounts(2_300).await;
    stage.client.headers = "<QueryOptions><batchSize>5</batchSize></QueryOptions>".to_owned();
    let first = stage.client.query("SELECT Name FROM Account ORDER BY Id").await;
    stage.client.headers = "<QueryOptions><batchSize>9999</batchSize></QueryOptions>".to_owned();
    let second = stage.client.query_more(&first.value("queryLocator")).await;
    stage.client.headers = String::new();
    let third = stage.client.query_more(&second.value("queryLocator")).await;

    let unasked = stage.client.query("SELECT Name FROM Account ORDER BY Id").await;

    assert_eq!(
        [&first, &second, &third, &unasked].map(|page| page.values("records").len()),
        [200, 2_000, 100, 2_000]
    );
    assert_eq!(third.values("sf:Name"), expected(2_200..2_300));
}

#[tokio::test]
async fn a_cursor_ends_after_two_days() {
    let mut stage = with_accounts(250).await;
    let first = stage.client.query("SELECT Name FROM Account").await;
    let locator = first.value("queryLocator");

    stage.clock.advance(SignedDuration::from_hours(47));
    stage.client.login().await;
    assert_eq!(stage.client.query_more(&locator).await.status, 200);
    stage.clock.advance(SignedDuration::from_hours(1));
    let expired = stage.client.query_more(&locator).await;

    assert_eq!(expired.status, 500);
    assert_eq!(expired.value("faultcode"), "sf:INVALID_QUERY_LOCATOR");
    assert_eq!(expired.value("sf:exceptionMessage"), "invalid query locator");
    assert!(expired.text().contains("<sf:InvalidQueryLocatorFault "));
}

#[tokio::test]
async fn nonsense_is_no_locator() {
    let stage = with_accounts(250).await;
    let locator = stage.client.query("SELECT Name FROM Account").await.value("queryLocator");
    let (id, _) = locator.split_once('-').unwrap();

    for locator in [
        "",
        "x",
        id,
        &format!("{id}-"),
        &format!("{id}--1"),
        &format!("{id}-250"),
        &format!("{id}-99999999999999999999"),
        "01g5g000000zzzzAAA-200",
    ] {
        let answer = stage.client.query_more(locator).await;
        assert_eq!(answer.value("faultcode"), "sf:INVALID_QUERY_LOCATOR", "{locator}");
    }
}

#[tokio::test]
async fn a_cursor_in_a_file_survives_a_restart_and_the_org_keeps_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        || Options { database: Some(folder.path().join("org.sqlite")), ..Options::default() };
    let mut stage = stage_with(options()).await;
    for number in 0..250 {
        stage
            .mock
            .org()
            .insert_account(&json!({ "Name": format!("Account {number:05}") }))
            .unwrap();
    }
    stage.client.headers = "<QueryOptions><batchSize>200</batchSize></QueryOptions>".to_owned();
    let locator =
        stage.client.query("SELECT Name FROM Account ORDER BY Id").await.value("queryLocator");
    let organization = stage.mock.org().organization_id();
    drop(stage);

    let stage = stage_with(Options { seed: 7, ..options() }).await;

    assert_eq!(stage.mock.org().organization_id(), organization);
    assert_eq!(stage.client.query_more(&locator).await.values("sf:Name"), expected(200..250));
}

#[tokio::test]
async fn a_result_without_rows_has_no_records_and_no_record_namespace() {
    let stage = stage().await;

    let answer = stage.client.query("SELECT Id FROM Account").await;

    assert_eq!(
        (answer.value("done"), answer.value("queryLocator"), answer.value("size")),
        ("true".into(), "nil".into(), "0".into())
    );
    assert!(!answer.text().contains("xmlns:sf"), "{}", answer.text());
}

#[tokio::test]
async fn two_long_custom_texts_make_pages_of_200() {
    let stage = stage().await;
    let org = stage.mock.org();
    for name in ["Long_One__c", "Long_Two__c"] {
        let field =
            CustomField { name: name.to_owned(), kind: CustomFieldType::TextArea, length: 32_000 };
        org.add_custom_field(ObjectKind::Account, &field).unwrap();
    }
    for number in 0..201 {
        org.insert_account(
            &json!({ "Name": format!("Account {number:05}"), "Long_One__c": "x".repeat(1_000) }),
        )
        .unwrap();
    }

    let one = stage.client.query("SELECT Name, Long_One__c FROM Account").await;
    let two = stage.client.query("SELECT Name, long_one__C, Long_Two__c FROM Account").await;

    assert_eq!((one.values("records").len(), one.value("done").as_str()), (201, "true"));
    assert_eq!((two.values("records").len(), two.value("done").as_str()), (200, "false"));
    assert_eq!(two.values("sf:Long_One__c")[0].len(), 1_000);
}

#[tokio::test]
async fn custom_fields_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        || Options { database: Some(folder.path().join("org.sqlite")), ..Options::default() };
    let stage = stage_with(options()).await;
    let field =
        CustomField { name: "Region__c".to_owned(), kind: CustomFieldType::Text, length: 20 };
    stage.mock.org().add_custom_field(ObjectKind::Account, &field).unwrap();
    stage.mock.org().insert_account(&json!({ "Name": "Nord", "Region__c": "North" })).unwrap();
    assert!(
        stage
            .mock
            .org()
            .insert_account(&json!({ "Name": "x", "Region__c": "x".repeat(21) }))
            .is_err()
    );
    drop(stage);

    let stage = stage_with(options()).await;

    assert_eq!(
        stage.client.names("SELECT Name FROM Account WHERE region__c = 'north'").await,
        ["Nord"]
    );
}

#[tokio::test]
async fn any_number_of_cursors_lives_for_hours_without_being_used() {
    let mut stage = with_accounts(201).await;
    let mut locators = Vec::new();
    for _ in 0..30 {
        locators.push(stage.client.query("SELECT Id FROM Account").await.value("queryLocator"));
    }

    stage.clock.advance(SignedDuration::from_hours(40));
    stage.client.login().await;

    for locator in locators {
        assert_eq!(stage.client.query_more(&locator).await.status, 200, "{locator}");
    }
}

#[tokio::test]
async fn a_locator_is_an_id_of_18_characters_and_an_offset() {
    let stage = with_accounts(201).await;

    let locator = stage.client.query("SELECT Id FROM Account").await.value("queryLocator");

    let (id, offset) = locator.split_once('-').unwrap();
    assert!(id.starts_with("01g") && id.len() == 18, "{locator}");
    assert_eq!(offset, "200");
}

#[tokio::test]
async fn the_journal_says_why_a_locator_was_refused() {
    let mut stage = with_accounts(201).await;
    let locator = stage.client.query("SELECT Id FROM Account").await.value("queryLocator");
    let id = &locator[..18];
    let mut reasons = Vec::new();
    for locator in ["x".to_owned(), format!("{id}-500"), "01g5g000000zzzzAAA-200".to_owned()] {
        stage.client.query_more(&locator).await;
        reasons.push(stage.mock.journal().pop().unwrap().reason.unwrap());
    }
    stage.clock.advance(SignedDuration::from_hours(48));
    stage.client.login().await;
    stage.client.query_more(&locator).await;
    reasons.push(stage.mock.journal().pop().unwrap().reason.unwrap());

    assert_eq!(
        reasons,
        [
            "it has not the form of a locator of this org",
            "the locator lies beyond the end of the result",
            "there is no such cursor, or none any more",
            "the cursor was made two days ago or earlier",
        ]
    );
}

#[tokio::test]
async fn large_records_make_smaller_pages() {
    let mut stage = stage().await;
    let long = "x".repeat(32_000);
    for number in 0..600 {
        let name = format!("Account {number:05}");
        stage.mock.org().insert_account(&json!({ "Name": name, "Description": long })).unwrap();
    }

    let first = stage.client.query("SELECT Name, Description FROM Account ORDER BY Id").await;
    stage.client.headers = "<QueryOptions><batchSize>500</batchSize></QueryOptions>".to_owned();
    let second = stage.client.query("SELECT Name, Description FROM Account ORDER BY Id").await;

    for page in [first, second] {
        let records = page.values("records").len();
        assert!((200..400).contains(&records), "{records}");
        assert_eq!(page.value("size"), "600");
        assert_eq!(page.value("queryLocator")[19..], records.to_string());
        assert_eq!(all_names(&stage, page).await, expected(0..600));
    }
}
