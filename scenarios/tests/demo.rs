//! The tour in small, and a look at whether its proof would notice anything.

use mock_autotask::{Entity, generated_company_id};
use mock_kit::world::{Size, World};
use scenarios::demo::{Arguments, tour};
use scenarios::stage::Stage;
use scenarios::truth::{Findings, Terms, Truth};
use serde_json::{Value as Json, json};

async fn given_tour(accounts: u64, contacts: u64, seed: u64) -> (bool, String, Stage) {
    let arguments = Arguments { once: true, accounts, contacts, seed };
    let mut out = Vec::new();
    let (held, stage) = tour(&arguments, &mut out).await.expect("the tour comes to its end");
    (held, String::from_utf8(out).expect("text is shown"), stage)
}

async fn findings(stage: &Stage, seed: u64) -> Findings {
    let world = World::new(seed, Size::of(80, 240));
    let manager = world.resources().last().map(|resource| resource.index);
    let truth = Truth::new(world, Terms { default_manager: manager, parents: PARENTS });
    truth.check(&stage.rest()).await.expect("Autotask can be read")
}

/// Whether imports set parents, as the demo expects it.
const PARENTS: bool = scenarios::demo::PARENTS;

#[tokio::test]
async fn tours_of_all_sizes_hold() {
    for (accounts, contacts) in [(10, 30), (3, 1), (0, 5), (1, 0), (120, 360)] {
        let (held, said, _) = given_tour(accounts, contacts, 3).await;

        assert!(held, "{accounts} accounts and {contacts} contacts:\n{said}");
        assert!(said.contains("Nothing was written twice"), "{said}");
    }
}

#[tokio::test]
async fn whatever_is_changed_afterwards_is_found() {
    let (held, said, stage) = given_tour(80, 240, 1).await;
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
    let (held, said, stage) = given_tour(80, 240, 1).await;
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
