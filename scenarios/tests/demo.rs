//! The tour in small, and a look at whether its proof would notice anything.

use std::future::pending;

use mock_autotask::{Entity, generated_company_id};
use mock_kit::world::{Size, World};
use scenarios::demo::{Arguments, Proved, prove, show, walk};
use scenarios::stage::Stage;
use scenarios::truth::{Findings, Terms, Truth};
use serde_json::{Value as Json, json};

async fn given_imports(accounts: u64, contacts: u64, seed: u64) -> (bool, String, Stage) {
    let arguments = Arguments { once: true, accounts, contacts, seed };
    let mut out = Vec::new();
    let Proved { held, stage, .. } = prove(&arguments, &mut out).await.expect("the imports end");
    (held, String::from_utf8(out).expect("text is shown"), stage)
}

async fn findings(stage: &Stage, seed: u64) -> Findings {
    let world = World::new(seed, Size::of(80, 240));
    let manager = world.resources().last().map(|resource| resource.index);
    let truth = Truth::new(world, Terms { default_manager: manager });
    truth.check(&stage.rest()).await.expect("Autotask can be read")
}

#[tokio::test]
async fn imports_of_all_sizes_hold() {
    for (accounts, contacts) in [(10, 30), (3, 1), (0, 5), (1, 0), (120, 360)] {
        let (held, said, _) = given_imports(accounts, contacts, 3).await;

        assert!(held, "{accounts} accounts and {contacts} contacts:\n{said}");
        assert!(said.contains("Nothing was written twice"), "{said}");
    }
}

#[tokio::test]
async fn whatever_is_changed_afterwards_is_found() {
    let (held, said, stage) = given_imports(80, 240, 1).await;
    assert!(held, "{said}");
    let records = stage.autotask.records();
    let last = |entity, udf: &str| {
        let filter = json!([{ "op": "exist", "field": udf, "udf": true }]);
        let found = records.find(entity, &filter, 500).unwrap();
        found.last().and_then(|record| record["id"].as_i64()).unwrap()
    };
    let (company, contact) = (
        last(Entity::Company, "Salesforce Company ID"),
        last(Entity::Contact, "Salesforce Contact ID"),
    );

    let changes: [(Entity, i64, &str, Json); 6] = [
        (Entity::Company, company, "companyName", json!("Someone else")),
        (Entity::Company, company, "countryID", json!(150)),
        (Entity::Company, company, "isActive", json!(false)),
        (Entity::Company, generated_company_id(12), "phone", json!("555-tampered")),
        (Entity::Contact, contact, "lastName", json!("Someone else")),
        (Entity::Contact, contact, "companyID", json!(0)),
    ];
    for (entity, id, field, value) in changes {
        let before = records.record(entity, id).unwrap().unwrap()[field].clone();
        records.update(entity, id, &json!({ field: value })).unwrap();

        let found = findings(&stage, 1).await;
        assert_eq!(found.count, 1, "{field}: {:?}", found.differences);
        let name = if field == "companyID" { "company" } else { field };
        assert_eq!(found.differences[0].field, name);

        records.update(entity, id, &json!({ field: before })).unwrap();
        assert_eq!(findings(&stage, 1).await.count, 0);
    }
}

#[tokio::test]
async fn a_record_too_many_or_too_few_is_found() {
    let (held, said, stage) = given_imports(80, 240, 1).await;
    assert!(held, "{said}");
    let records = stage.autotask.records();

    let stranger = json!({ "companyName": "Stranger", "phone": "555" });
    let id = records.insert(Entity::Company, &stranger).unwrap();
    assert_eq!(findings(&stage, 1).await.count, 1);
    records.delete(Entity::Company, id).unwrap();
    assert_eq!(findings(&stage, 1).await.count, 0);

    records.clear_udf(Entity::Company, generated_company_id(0), "Salesforce Company ID").unwrap();
    assert_eq!(findings(&stage, 1).await.differences[0].field, "Salesforce id");

    let contact = mock_autotask::generated_contact_id(9);
    records.delete(Entity::Contact, contact).unwrap();
    assert_eq!(findings(&stage, 1).await.count, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_shows_what_its_steps_promise() {
    let arguments = Arguments { once: true, accounts: 30, contacts: 60, seed: 2 };
    let mut out = Vec::new();

    let held = show(&arguments, &mut out, pending()).await.expect("the demo comes to its end");

    let said = String::from_utf8(out).expect("text is shown");
    let tour = said.split("== The service ==").nth(1).expect("the tour is shown");
    assert!(held && !said.contains("WRONG"), "{said}");
    for step in 1..=6 {
        let text = tour.split(&format!("\n{step}. ")).nth(1).expect("each step is shown");
        assert!(text.contains("   seen: "), "step {step}: {tour}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tour_that_does_not_show_it_is_wrong() {
    let arguments = Arguments { once: true, accounts: 30, contacts: 60, seed: 2 };
    let proved = prove(&arguments, &mut Vec::new()).await.expect("the imports end");
    let company = proved.pair.expect("a company was created").company;
    let records = proved.stage.autotask.records();
    records.update(Entity::Company, company, &json!({ "isActive": false })).unwrap();
    records.clear_udf(Entity::Company, company, "Salesforce Company ID").unwrap();
    let mut out = Vec::new();

    let held = walk(&proved, &mut out).await.expect("the tour comes to its end");

    let said = String::from_utf8(out).expect("text is shown");
    assert!(!held, "{said}");
    assert!(said.contains("WRONG, not seen: the company holds the account's id"), "{said}");
}
