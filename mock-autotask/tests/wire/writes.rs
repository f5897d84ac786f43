//! What a write changes, where it goes, and why it is refused.

use mock_autotask::{Entity, PicklistValue};
use serde_json::{Value, json};

use crate::support::{Stage, stage};

/// A company with all that is required.
fn company(name: &str) -> Value {
    json!({ "companyName": name, "companyType": 1, "phone": "555", "ownerResourceID": 4 })
}

/// A contact with all that is required.
fn contact(first: &str, last: &str) -> Value {
    json!({ "firstName": first, "lastName": last, "isActive": 1 })
}

fn with(mut record: Value, field: &str, value: Value) -> Value {
    record[field] = value;
    record
}

fn without(mut record: Value, field: &str) -> Value {
    record.as_object_mut().unwrap().remove(field);
    record
}

#[tokio::test]
async fn a_create_answers_with_the_id_alone() {
    let stage = stage().await;

    let answer = stage.client.post("Companies", &company("Nord")).await;

    let id = answer.item_id();
    assert_eq!(answer.ok(), json!({ "itemId": id }));
    assert_eq!(stage.record(Entity::Company, id)["companyName"], "Nord");
}

#[tokio::test]
async fn ids_grow_and_are_never_given_again() {
    let stage = stage().await;
    let first = stage.client.post("Companies/0/Contacts", &contact("Ada", "Byron")).await.item_id();
    let second = stage.client.post("Companies/0/Contacts", &contact("Max", "Born")).await.item_id();
    stage.client.delete(&format!("Companies/0/Contacts/{second}")).await.ok();

    let third =
        stage.client.post("Companies/0/Contacts", &contact("Lise", "Meitner")).await.item_id();

    assert!(first < second && second < third);
    assert!(first > 30_000_000, "ids look like the vendor's");
}

#[tokio::test]
async fn companies_are_written_at_the_root_with_the_id_in_the_body() {
    let stage = stage().await;
    let id = stage.client.post("Companies", &company("Nord")).await.item_id();

    let patched = stage.client.patch("Companies", &json!({ "id": id, "city": "Kiel" })).await;
    let by_path = stage.client.patch(&format!("Companies/{id}"), &json!({ "city": "Bonn" })).await;
    let nameless = stage.client.patch("Companies", &json!({ "city": "Bonn" })).await;

    assert_eq!(patched.ok(), json!({ "itemId": id }));
    assert_eq!(by_path.status, 405);
    assert_eq!(
        by_path.json(),
        json!({ "Message": "The requested resource does not support http method 'PATCH'." })
    );
    assert!(nameless.error().contains("id"));
    assert_eq!(stage.record(Entity::Company, id)["city"], "Kiel");
}

#[tokio::test]
async fn contacts_are_written_through_their_company_alone() {
    let stage = stage().await;
    let nord = stage.company("Nord");
    let path = format!("Companies/{nord}/Contacts");

    let id = stage.client.post(&path, &contact("Ada", "Byron")).await.item_id();
    let patched = stage.client.patch(&path, &json!({ "id": id, "title": "Countess" })).await;

    assert_eq!(patched.item_id(), id);
    let record = stage.record(Entity::Contact, id);
    assert_eq!((&record["companyID"], &record["title"]), (&json!(nord), &json!("Countess")));
    for answer in [
        stage
            .client
            .post("Contacts", &with(contact("Max", "Born"), "companyID", json!(nord)))
            .await,
        stage.client.patch("Contacts", &json!({ "id": id, "title": "x" })).await,
        stage.client.put("Contacts", &with(contact("Max", "Born"), "id", json!(id))).await,
    ] {
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains("<!DOCTYPE html"), "{}", answer.text());
        assert!(answer.text().contains("mock-autotask has no route"), "{}", answer.text());
    }
    let put = stage.client.put(&format!("Contacts/{id}"), &json!({})).await;
    assert_eq!(put.status, 405);
}

#[tokio::test]
async fn the_company_of_a_contact_comes_from_the_path_and_stays() {
    let stage = stage().await;
    let (nord, sued) = (stage.company("Nord"), stage.company("Süd"));
    let body = with(contact("Ada", "Byron"), "companyID", json!(sued));
    let id = stage.client.post(&format!("Companies/{nord}/Contacts"), &body).await.item_id();

    let moved = stage
        .client
        .patch(&format!("Companies/{nord}/Contacts"), &json!({ "id": id, "companyID": sued }))
        .await;
    let through_other = stage
        .client
        .patch(&format!("Companies/{sued}/Contacts"), &json!({ "id": id, "title": "x" }))
        .await;

    assert_eq!(stage.record(Entity::Contact, id)["companyID"], nord);
    assert!(moved.error().contains("companyID"));
    assert!(through_other.error().contains("No matching records found"));
}

#[tokio::test]
async fn patch_changes_what_it_names_and_null_clears() {
    let stage = stage().await;
    let full = with(with(company("Nord"), "city", json!("Kiel")), "fax", json!("1"));
    let id = stage.client.post("Companies", &full).await.item_id();

    stage.client.patch("Companies", &json!({ "id": id, "fax": null, "state": "SH" })).await.ok();

    let record = stage.record(Entity::Company, id);
    assert_eq!(record["city"], "Kiel");
    assert_eq!(record["state"], "SH");
    assert_eq!(record["fax"], Value::Null);
}

#[tokio::test]
async fn put_clears_every_writable_field_it_leaves_out() {
    let stage = stage().await;
    stage.mock.records().define_udf(Entity::Company, "Ranking").unwrap();
    let mut full = company("Nord");
    full["city"] = json!("Kiel");
    full["assetValue"] = json!(5.5);
    full["userDefinedFields"] = json!([{ "name": "Ranking", "value": "Golden" }]);
    let id = stage.client.post("Companies", &full).await.item_id();
    let before = stage.record(Entity::Company, id);

    stage.client.put("Companies", &with(company("Nord AG"), "id", json!(id))).await.ok();

    let record = stage.record(Entity::Company, id);
    assert_eq!(record["companyName"], "Nord AG");
    assert_eq!((&record["city"], &record["assetValue"]), (&Value::Null, &Value::Null));
    assert_eq!(stage.mock.records().udf(Entity::Company, id, "Ranking").unwrap(), None);
    assert_eq!(record["createDate"], before["createDate"], "read-only fields stay");
    let missing = stage.client.put("Companies", &json!({ "id": id, "companyName": "x" })).await;
    assert!(missing.error().starts_with("Missing Required Field: "));
}

#[tokio::test]
async fn unknown_properties_are_ignored_without_a_word() {
    let stage = stage().await;
    let id = stage
        .client
        .post("Companies", &with(company("Nord"), "taxExempt", json!(true)))
        .await
        .item_id();

    let record = stage.record(Entity::Company, id);

    assert_eq!(record["isTaxExempt"], false);
    assert!(record.get("taxExempt").is_none());
}

#[tokio::test]
async fn a_missing_required_field_is_told_one_at_a_time() {
    let stage = stage().await;
    for field in ["companyName", "companyType", "phone", "ownerResourceID"] {
        let answer = stage.client.post("Companies", &without(company("Nord"), field)).await;
        assert_eq!(
            answer.error(),
            format!("Missing Required Field: {field}. ; on record number [1]")
        );
        for empty in [Value::Null, json!(""), json!("  ")] {
            let answer = stage.client.post("Companies", &with(company("Nord"), field, empty)).await;
            assert_eq!(answer.status, 500, "{field}");
        }
    }
    let empty = stage.client.post("Companies", &with(company("Nord"), "phone", json!(""))).await;
    assert_eq!(empty.error(), "Value does not exist for the required field phone");
    let several = stage.client.post("Companies", &json!({})).await;
    assert_eq!(several.errors().len(), 1);
    for field in ["firstName", "lastName", "isActive"] {
        let answer = stage
            .client
            .post("Companies/0/Contacts", &without(contact("Ada", "Byron"), field))
            .await;
        assert_eq!(
            answer.error(),
            format!("Missing Required Field: {field}. ; on record number [1]")
        );
    }
}

#[tokio::test]
async fn a_required_field_cannot_be_cleared() {
    let stage = stage().await;
    let id = stage.company("Nord");

    let answer = stage.client.patch("Companies", &json!({ "id": id, "companyName": null })).await;

    assert_eq!(answer.error(), "Value does not exist for the required field companyName");
}

#[tokio::test]
async fn texts_that_are_too_long_are_refused_not_cut() {
    let stage = stage().await;
    let fits = "ä".repeat(30);
    let id =
        stage.client.post("Companies", &with(company("Nord"), "city", json!(fits))).await.item_id();

    let created =
        stage.client.post("Companies", &with(company("Süd"), "city", json!("x".repeat(31)))).await;
    let updated =
        stage.client.patch("Companies", &json!({ "id": id, "city": "x".repeat(31) })).await;
    // Each of these is two UTF-16 units.
    let emoji =
        stage.client.patch("Companies", &json!({ "id": id, "city": "😀".repeat(16) })).await;

    assert_eq!(created.errors()[0], "String value exceeds maximum length (field:city). ");
    assert_eq!(
        updated.errors(),
        [
            "String value exceeds maximum length (field:city). ",
            "Error updating entity for record number [1]."
        ]
    );
    assert_eq!(emoji.errors().len(), 2);
    assert_eq!(stage.record(Entity::Company, id)["city"], fits);
}

#[tokio::test]
async fn picklist_values_must_exist_and_be_active() {
    let stage = stage().await;
    for value in [json!(5), json!(99), json!(11)] {
        let answer = stage
            .client
            .post("Companies", &with(company("Nord"), "companyType", value.clone()))
            .await;
        assert_eq!(
            answer.error(),
            format!(
                "Picklist value [{value}] does not exist for companyType. ; on record number [1]."
            )
        );
    }
    stage.mock.configure(|settings| settings.inactive_picklist_values = true);
    stage
        .client
        .post("Companies", &with(company("Nord"), "companyType", json!(11)))
        .await
        .item_id();
    let value = PicklistValue {
        value: "99".to_owned(),
        label: "Own".to_owned(),
        sort_order: 1,
        is_active: true,
        is_system: false,
    };
    stage.mock.records().set_picklist_value(Entity::Company, "companyType", &value).unwrap();
    stage
        .client
        .post("Companies", &with(company("Nord"), "companyType", json!(99)))
        .await
        .item_id();
}

#[tokio::test]
async fn references_must_point_at_something_that_may_be_used() {
    let stage = stage().await;
    let records = stage.mock.records();
    let gone = json!({ "firstName": "Max", "lastName": "Born", "isActive": false });
    let inactive = records.insert(Entity::Resource, &gone).unwrap();
    let api_user = records
        .find(Entity::Resource, &json!([{ "op": "eq", "field": "licenseType", "value": 7 }]), 1)
        .unwrap()[0]["id"]
        .clone();
    let refused = |field: &str, entity: &str| {
        format!("Reference value on field: {field} of type: {entity} does not exist or is invalid.")
    };

    for (field, value, entity) in [
        ("ownerResourceID", json!(999), "Resource"),
        ("ownerResourceID", json!(inactive), "Resource"),
        ("ownerResourceID", api_user, "Resource"),
        ("parentCompanyID", json!(999), "Company"),
        ("countryID", json!(9_999), "Country"),
        ("companyCategoryID", json!(3), "CompanyCategory"),
        ("currencyID", json!(77), "Currency"),
    ] {
        let answer = stage.client.post("Companies", &with(company("Nord"), field, value)).await;
        assert_eq!(answer.error(), refused(field, entity));
    }
    let contact = stage.client.post("Companies/999/Contacts", &contact("Ada", "Byron")).await;
    assert_eq!(contact.error(), refused("companyID", "Company"));
}

#[tokio::test]
async fn company_0_is_a_company_and_a_parent() {
    let stage = stage().await;
    let id = stage
        .client
        .post("Companies", &with(company("Nord"), "parentCompanyID", json!(0)))
        .await
        .item_id();

    assert_eq!(stage.client.get("Companies/0").await.ok()["item"]["id"], 0);
    assert_eq!(stage.record(Entity::Company, id)["parentCompanyID"], 0);
    stage.client.patch("Companies", &json!({ "id": 0, "city": "Kiel" })).await.ok();
    stage.client.post("Companies/0/Contacts", &contact("Ada", "Byron")).await.item_id();
}

#[tokio::test]
async fn read_only_fields_are_ignored_on_create_and_refused_when_changed() {
    let stage = stage().await;
    let body = with(company("Nord"), "createDate", json!("2001-01-01T00:00:00Z"));
    let id = stage.client.post("Companies", &with(body, "id", json!(7))).await.item_id();
    let record = stage.record(Entity::Company, id);

    let same = json!({ "id": id, "city": "Kiel", "createDate": record["createDate"] });
    let repeated = stage.client.patch("Companies", &same).await;
    let changed =
        stage.client.patch("Companies", &json!({ "id": id, "createDate": "2001-01-01" })).await;

    assert_ne!(id, 7);
    assert_eq!(record["createDate"], "2026-11-23T12:00:00.000Z");
    assert_eq!(repeated.status, 200);
    assert!(changed.error().contains("createDate"));
}

#[tokio::test]
async fn booleans_and_numbers_are_not_taken_for_one_another() {
    let stage = stage().await;
    let company =
        stage.client.post("Companies", &with(company("Nord"), "isActive", json!(1))).await;
    let path = "Companies/0/Contacts";
    let contact_true =
        stage.client.post(path, &with(contact("A", "B"), "isActive", json!(true))).await;
    let contact_two = stage.client.post(path, &with(contact("A", "B"), "isActive", json!(2))).await;

    assert!(company.error().contains("isActive"));
    assert!(contact_true.error().contains("isActive"));
    assert!(contact_two.error().contains("isActive"));
}

#[tokio::test]
async fn moments_are_stored_in_utc_and_text_byte_for_byte() {
    let stage = stage().await;
    let text = "<b>A & B</b> &amp; \"C\" 日本 😀 עברית null";
    let id = stage.client.post("Companies", &company(text)).await.item_id();

    let read = stage.client.get(&format!("Companies/{id}")).await.ok();

    assert_eq!(read["item"]["companyName"], text);
    assert_eq!(read["item"]["createDate"], "2026-11-23T12:00:00.000Z");
}

#[tokio::test]
async fn a_change_moves_the_modified_date() {
    let stage = stage().await;
    let id = stage.company("Nord");
    let person = stage.contact(id, "Ada", "Byron");
    stage.clock.advance(jiff::SignedDuration::from_mins(5));

    stage.client.patch("Companies", &json!({ "id": id, "city": "Kiel" })).await.ok();
    let path = format!("Companies/{id}/Contacts");
    stage.client.patch(&path, &json!({ "id": person, "title": "x" })).await.ok();

    assert_eq!(
        stage.record(Entity::Company, id)["lastTrackedModifiedDateTime"],
        "2026-11-23T12:05:00.000Z"
    );
    assert_eq!(
        stage.record(Entity::Contact, person)["lastModifiedDate"],
        "2026-11-23T12:05:00.000Z"
    );
}

#[tokio::test]
async fn companies_cannot_be_deleted_and_contacts_can_unless_leaned_on() {
    let stage = stage().await;
    let nord = stage.company("Nord");
    let (ada, max) = (stage.contact(nord, "Ada", "Byron"), stage.contact(nord, "Max", "Born"));
    let path = format!("Companies/{nord}/Contacts");
    stage.client.patch(&path, &json!({ "id": max, "primaryContact": true })).await.ok();

    assert_eq!(stage.client.delete(&format!("Companies/{nord}")).await.status, 405);
    assert_eq!(stage.client.delete(&format!("Contacts/{ada}")).await.status, 405);
    assert_eq!(stage.client.delete(&format!("{path}/{ada}")).await.item_id(), ada);
    assert!(stage.client.delete(&format!("{path}/{max}")).await.error().contains("referenced"));
    assert_eq!(
        stage.client.delete(&format!("{path}/{ada}")).await.error(),
        "No message. No matching records found. The logged in Resource may not have the required permissions to delete the data."
    );
}

#[tokio::test]
async fn a_company_has_one_primary_contact() {
    let stage = stage().await;
    let nord = stage.company("Nord");
    let path = format!("Companies/{nord}/Contacts");
    let primary = |first: &str| with(contact(first, "B"), "primaryContact", json!(true));

    let first = stage.client.post(&path, &primary("A")).await.item_id();
    let second = stage.client.post(&path, &primary("C")).await.item_id();

    assert_eq!(stage.record(Entity::Contact, first)["primaryContact"], false);
    assert_eq!(stage.record(Entity::Contact, second)["primaryContact"], true);
}

#[tokio::test]
async fn a_missing_record_cannot_be_changed() {
    let stage = stage().await;

    let answer = stage.client.patch("Companies", &json!({ "id": 999, "city": "Kiel" })).await;

    assert!(answer.error().contains("No matching records found"));
}

#[tokio::test]
async fn a_new_company_has_its_primary_location() {
    let stage = stage().await;
    let id = stage
        .client
        .post("Companies", &with(company("Nord"), "city", json!("Kiel")))
        .await
        .item_id();

    let locations = stage.client.get(&format!("Companies/{id}/Locations")).await;
    let found = stage
        .client
        .query("CompanyLocations", &json!([{ "op": "eq", "field": "companyID", "value": id }]))
        .await;

    assert_eq!(locations.values("isPrimary"), [true]);
    assert_eq!(found.values("city"), ["Kiel"]);
    let location = found.values("id")[0].as_i64().unwrap();
    let deleted = stage.client.delete(&format!("Companies/{id}/Locations/{location}")).await;
    assert!(deleted.error().contains("referenced"));
}

#[tokio::test]
async fn locations_are_written_through_their_company() {
    let stage = stage().await;
    let nord = stage.company("Nord");
    let path = format!("Companies/{nord}/Locations");

    let id = stage.client.post(&path, &json!({ "name": "Store", "city": "Bonn" })).await.item_id();
    stage.client.patch(&path, &json!({ "id": id, "isPrimary": true })).await.ok();

    let all = stage.client.get(&path).await;
    assert_eq!(all.values("name"), ["Nord", "Store"]);
    assert_eq!(all.values("isPrimary"), [false, true]);
    assert_eq!(stage.client.post("CompanyLocations", &json!({ "name": "x" })).await.status, 404);
}

#[tokio::test]
async fn two_companies_may_have_one_name_and_two_contacts_one_address() {
    let stage = stage().await;
    let first = stage.client.post("Companies", &company("Nord")).await.item_id();
    let second = stage.client.post("Companies", &company("Nord")).await.item_id();
    let person = with(contact("Ada", "Byron"), "emailAddress", json!("ada@example.com"));

    stage.client.post("Companies/0/Contacts", &person).await.item_id();
    stage.client.post("Companies/0/Contacts", &person).await.item_id();

    assert_ne!(first, second);
}

#[tokio::test]
async fn an_unset_activity_makes_an_active_company_in_the_default_category() {
    let stage = stage().await;
    let id = stage.client.post("Companies", &company("Nord")).await.item_id();

    let record = stage.record(Entity::Company, id);

    assert_eq!(record["isActive"], true);
    assert_eq!(record["companyCategoryID"], 1);
}

#[tokio::test]
async fn a_refused_write_leaves_nothing_behind() {
    let stage = stage().await;
    let before = counts(&stage);

    stage.client.post("Companies", &with(company("Nord"), "city", json!("x".repeat(31)))).await;
    stage
        .client
        .post("Companies/0/Contacts", &with(contact("A", "B"), "zipCode", json!("x".repeat(17))))
        .await;

    assert_eq!(counts(&stage), before);
}

fn counts(stage: &Stage) -> [u64; 3] {
    [Entity::Company, Entity::Contact, Entity::CompanyLocation]
        .map(|entity| stage.mock.records().count(entity).unwrap())
}

#[tokio::test]
async fn resources_and_countries_are_changed_but_not_made_or_deleted() {
    let stage = stage().await;

    stage.client.patch("Resources", &json!({ "id": 4, "title": "Chief" })).await.ok();
    stage.client.patch("Countries", &json!({ "id": 237, "displayName": "USA" })).await.ok();

    assert_eq!(stage.record(Entity::Resource, 4)["title"], "Chief");
    assert_eq!(stage.record(Entity::Country, 237)["displayName"], "USA");
    assert_eq!(stage.record(Entity::Country, 237)["countryCode"], "US");
    assert_eq!(stage.client.post("Resources", &json!({})).await.status, 405);
    assert_eq!(stage.client.post("Countries", &json!({})).await.status, 405);
    assert_eq!(stage.client.delete("Resources/4").await.status, 405);
    assert_eq!(stage.client.post("ClassificationIcons", &json!({})).await.status, 404);
    let read_only =
        stage.client.patch("Countries", &json!({ "id": 237, "countryCode": "XX" })).await;
    assert!(read_only.error().contains("countryCode"));
}
