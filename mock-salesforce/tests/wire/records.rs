//! Writing through the front door, and reading what became of it.

use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Answer, Stage, recording, shape, stage};

async fn created(stage: &Stage, objects: &str) -> Answer {
    let answer = stage.client.call(&format!("<create>{objects}</create>")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

fn account(fields: &str) -> String {
    format!("<sObjects xsi:type=\"o:sObject\"><o:type>Account</o:type>{fields}</sObjects>")
}

fn contact(fields: &str) -> String {
    format!("<sObjects><o:type>Contact</o:type>{fields}</sObjects>")
}

#[tokio::test]
async fn a_created_record_is_found_with_all_its_fields() {
    let stage = stage().await;

    let answer = created(&stage, &account("<o:name>Tom &amp; Söhne</o:name><o:AnnualRevenue>9.9213206E7</o:AnnualRevenue><o:BillingStreet>a&#xD;\nb</o:BillingStreet>")).await;

    let id = answer.value("id");
    assert_eq!((answer.value("success").as_str(), id.len()), ("true", 18));
    let found = stage.client.query(&format!("SELECT Id, Name, AnnualRevenue, BillingStreet, CreatedDate, SystemModstamp, Owner.Username, IsDeleted FROM Account WHERE Id = '{id}'")).await;
    assert_eq!(found.value("sf:Name"), "Tom & Söhne");
    assert_eq!(found.value("sf:AnnualRevenue"), "9.9213206E7");
    assert_eq!(found.value("sf:BillingStreet"), "a\r\nb");
    assert_eq!(found.value("sf:CreatedDate"), "2026-11-23T12:00:00.000Z");
    assert_eq!(found.value("sf:Username"), "integration@example.com");
    assert_eq!(found.value("sf:IsDeleted"), "false");
}

#[tokio::test]
async fn each_record_has_its_own_result_with_code_and_fields() {
    let stage = stage().await;
    let long = "x".repeat(256);

    let answer = created(
        &stage,
        &[
            account("<o:Name>good</o:Name>"),
            account("<o:Phone>1</o:Phone>"),
            account(&format!("<o:Name>{long}</o:Name>")),
            account("<o:Name>n</o:Name><o:OwnerId>0055g0000000zzz</o:OwnerId>"),
            account("<o:Name>n</o:Name><o:CreatedDate>2020-01-01T00:00:00Z</o:CreatedDate>"),
            contact("<o:LastName>n</o:LastName><o:Email>nobody</o:Email>"),
            contact("<o:LastName>n</o:LastName><o:AccountId>0035g0000000001</o:AccountId>"),
        ]
        .concat(),
    )
    .await;

    assert_eq!(
        answer.values("success"),
        ["true", "false", "false", "false", "false", "false", "false"]
    );
    assert_eq!(
        answer.values("statusCode"),
        [
            "REQUIRED_FIELD_MISSING",
            "STRING_TOO_LONG",
            "INVALID_CROSS_REFERENCE_KEY",
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "INVALID_EMAIL_ADDRESS",
            "MALFORMED_ID"
        ]
    );
    assert_eq!(
        answer.values("fields"),
        ["Name", "Name", "OwnerId", "CreatedDate", "Email", "AccountId"]
    );
    assert_eq!(answer.values("message")[0], "Required fields are missing: [Name]");
    assert_eq!(stage.client.names("SELECT Name FROM Account").await, ["good"]);
}

#[tokio::test]
async fn all_or_none_undoes_the_good_ones_too() {
    let mut stage = stage().await;
    stage.client.headers =
        "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>".to_owned();

    let answer = created(&stage, &[account("<o:Name>good</o:Name>"), account("")].concat()).await;

    assert_eq!(
        answer.values("statusCode"),
        ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    );
    assert_eq!(stage.client.query("SELECT COUNT() FROM Account").await.value("size"), "0");
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_moves_the_stamps() {
    let stage = stage().await;
    let id = created(
        &stage,
        &contact(
            "<o:FirstName>Ada</o:FirstName><o:LastName>Byron</o:LastName><o:Phone>1</o:Phone>",
        ),
    )
    .await
    .value("id");
    stage.clock.advance(SignedDuration::from_mins(5));

    let call = format!(
        "<update><sObjects><o:type>Contact</o:type><o:fieldsToNull>Phone</o:fieldsToNull><o:Id>{id}</o:Id><o:LastName>King</o:LastName><o:Fax xsi:nil=\"true\"/></sObjects></update>"
    );
    let answer = stage.client.call(&call).await;

    assert_eq!((answer.value("success"), answer.value("id")), ("true".to_owned(), id.clone()));
    let found = stage
        .client
        .query("SELECT Name, Phone, CreatedDate, LastModifiedDate, SystemModstamp FROM Contact")
        .await;
    assert_eq!(found.value("sf:Name"), "Ada King");
    assert_eq!(found.value("sf:Phone"), "nil");
    assert_eq!(found.value("sf:CreatedDate"), "2026-11-23T12:00:00.000Z");
    assert_eq!(found.value("sf:LastModifiedDate"), "2026-11-23T12:05:00.000Z");
    assert_eq!(found.value("sf:SystemModstamp"), "2026-11-23T12:05:00.000Z");
    let missing = stage.client.call("<update><sObjects><o:type>Contact</o:type><o:LastName>x</o:LastName></sObjects></update>").await;
    assert_eq!(missing.value("statusCode"), "MISSING_ARGUMENT");
}

#[tokio::test]
async fn a_deleted_account_takes_its_contacts_along_and_brings_them_back() {
    let stage = stage().await;
    let id = created(&stage, &account("<o:Name>Nord</o:Name>")).await.value("id");
    created(
        &stage,
        &contact(&format!("<o:LastName>Berg</o:LastName><o:AccountId>{id}</o:AccountId>")),
    )
    .await;
    created(&stage, &account(&format!("<o:Name>Daughter</o:Name><o:ParentId>{id}</o:ParentId>")))
        .await;

    let deleted = stage.client.call(&format!("<delete><ids>{id}</ids></delete>")).await;

    assert_eq!(deleted.value("success"), "true");
    assert_eq!(stage.client.query("SELECT COUNT() FROM Contact").await.value("size"), "0");
    assert_eq!(stage.client.names("SELECT Name, ParentId FROM Account").await, ["Daughter"]);
    assert_eq!(
        stage.client.query("SELECT ParentId FROM Account").await.value("sf:ParentId"),
        "nil"
    );
    let all = stage.client.query_all("SELECT Name FROM Account WHERE IsDeleted = true").await;
    assert_eq!(all.values("sf:Name"), ["Nord"]);
    let again = stage.client.call(&format!("<delete><ids>{id}</ids></delete>")).await;
    assert_eq!(again.value("statusCode"), "ENTITY_IS_DELETED");

    let restored = stage.client.call(&format!("<undelete><ids>{id}</ids></undelete>")).await;

    assert_eq!(restored.value("success"), "true");
    assert_eq!(
        stage.client.query("SELECT Account.Name FROM Contact").await.value("sf:Name"),
        "Nord"
    );
    let twice = stage.client.call(&format!("<undelete><ids>{id}</ids></undelete>")).await;
    assert_eq!(twice.value("statusCode"), "UNDELETE_FAILED");
}

#[tokio::test]
async fn a_merge_moves_what_pointed_to_the_loser_and_marks_it() {
    let stage = stage().await;
    let master = created(&stage, &account("<o:Name>Master</o:Name>")).await.value("id");
    let loser = created(&stage, &account("<o:Name>Loser</o:Name>")).await.value("id");
    let person = created(
        &stage,
        &contact(&format!("<o:LastName>Berg</o:LastName><o:AccountId>{loser}</o:AccountId>")),
    )
    .await
    .value("id");

    let answer = stage
        .client
        .call(&format!(
            "<merge><request><masterRecord><o:type>Account</o:type><o:Id>{master}</o:Id><o:Phone>1</o:Phone></masterRecord><recordToMergeIds>{loser}</recordToMergeIds></request></merge>"
        ))
        .await;

    assert_eq!(
        (
            answer.value("success"),
            answer.value("mergedRecordIds"),
            answer.value("updatedRelatedIds")
        ),
        ("true".into(), loser.clone(), person)
    );
    assert_eq!(
        stage.client.query("SELECT AccountId FROM Contact").await.value("sf:AccountId"),
        master
    );
    let gone = stage
        .client
        .query_all(&format!("SELECT MasterRecordId, IsDeleted FROM Account WHERE Id = '{loser}'"))
        .await;
    assert_eq!(
        (gone.value("sf:MasterRecordId"), gone.value("sf:IsDeleted")),
        (master, "true".to_owned())
    );
}

#[tokio::test]
async fn what_a_record_cannot_be_is_a_fault_of_the_whole_call() {
    let stage = stage().await;
    let many = account("<o:Name>n</o:Name>").repeat(201);
    for (call, code) in [
        ("<create><sObjects><o:Name>x</o:Name></sObjects></create>".to_owned(), "sf:INVALID_TYPE"),
        ("<create><sObjects><o:type>Lead</o:type></sObjects></create>".to_owned(), "sf:INVALID_TYPE"),
        (format!("<create>{}</create>", account("<o:Nope>x</o:Nope>")), "sf:INVALID_FIELD"),
        (format!("<create>{many}</create>"), "sf:EXCEEDED_ID_LIMIT"),
        (format!("<create>{}</create>", account("<o:Owner><o:Id>x</o:Id></o:Owner>")), "soapenv:Client"),
        ("<create><things/></create>".to_owned(), "soapenv:Client"),
        ("<retrieve><fieldList>Name</fieldList><sObjectType>Account</sObjectType><ids>bad</ids></retrieve>".to_owned(), "sf:MALFORMED_ID"),
    ] {
        let answer = stage.client.call(&call).await;
        assert_eq!((answer.status, answer.value("faultcode").as_str()), (500, code), "{}", answer.text());
    }
}

#[tokio::test]
async fn retrieve_gives_records_in_the_order_of_the_ids_and_looks_as_recorded() {
    let stage = stage().await;
    let org = stage.mock.org();
    let first = org.insert_account(&json!({ "Name": "First", "Type": "Other" })).unwrap();
    let second = org.insert_account(&json!({ "Name": "Second" })).unwrap();
    let gone = org.insert_account(&json!({ "Name": "Gone" })).unwrap();
    org.delete(&gone).unwrap();

    let answer = stage.client.call(&format!("<retrieve><fieldList>Name, Phone,Type</fieldList><sObjectType>Account</sObjectType><ids>{second}</ids><ids>{gone}</ids><ids>{}</ids></retrieve>", &first[..15])).await;

    assert_eq!(answer.values("sf:Name"), ["Second", "First"]);
    assert_eq!(answer.values("sf:Id"), [second, first.clone()]);
    assert_eq!(answer.values("result")[1], "nil");
    let Some(recorded) = recording("retrieve-response-u28.xml") else { return };
    let one = stage.client.call(&format!("<retrieve><fieldList>Name,Phone,Type</fieldList><sObjectType>Account</sObjectType><ids>{first}</ids></retrieve>")).await;
    let renamed =
        one.text().replace("sf:Phone", "sf:Description").replace("sf:Type", "sf:StageName");
    let body = |xml: &str| shape(xml).split_once("\n<soapenv:Body>").unwrap().1.to_owned();
    assert_eq!(body(&renamed), body(&recorded));
}

#[tokio::test]
async fn get_updated_and_get_deleted_cut_the_seconds_and_look_as_recorded() {
    let stage = stage().await;
    let org = stage.mock.org();
    let kept = org
        .insert_account(&json!({ "Name": "Kept", "SystemModstamp": "2026-11-23T11:30:00Z" }))
        .unwrap();
    org.insert_account(&json!({ "Name": "Early", "SystemModstamp": "2026-11-23T10:59:59Z" }))
        .unwrap();
    let cut = org
        .insert_account(&json!({ "Name": "Cut", "SystemModstamp": "2026-11-23T11:00:10Z" }))
        .unwrap();
    org.insert_account(&json!({ "Name": "Late", "SystemModstamp": "2026-11-23T12:00:30Z" }))
        .unwrap();
    let gone = org.insert_account(&json!({ "Name": "Gone" })).unwrap();
    org.delete(&gone).unwrap();
    org.update(&gone, &json!({})).unwrap_err();
    stage.clock.advance(SignedDuration::from_mins(10));
    let range = "<sObjectType>Account</sObjectType><startDate>2026-11-23T11:00:30Z</startDate><endDate>2026-11-23T12:00:53Z</endDate>";

    let updated = stage.client.call(&format!("<getUpdated>{range}</getUpdated>")).await;
    let deleted = stage.client.call(&format!("<getDeleted>{range}</getDeleted>")).await;

    assert_eq!(updated.values("ids"), [kept, cut]);
    assert_eq!(updated.value("latestDateCovered"), "2026-11-23T12:00:00.000Z");
    assert_eq!(
        deleted.values("deletedRecords"),
        [format!("<deletedDate>2026-11-23T12:00:00.000Z</deletedDate><id>{gone}</id>")]
    );
    let (Some(recorded_updated), Some(recorded_deleted)) =
        (recording("getUpdated-response.xml"), recording("getDeleted-response.xml"))
    else {
        return;
    };
    let five_ids = updated.text().replacen("<ids>", "<ids>x</ids><ids>x</ids><ids>x</ids><ids>", 1);
    assert_eq!(shape(&five_ids), shape(&recorded_updated));
    assert_eq!(shape(&deleted.text()), shape(&recorded_deleted));
}

#[tokio::test]
async fn replication_ranges_have_to_be_proper() {
    let stage = stage().await;
    for (call, start, end) in [
        ("getUpdated", "2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z"),
        ("getUpdated", "2026-10-20T12:00:00Z", "2026-11-23T12:00:00Z"),
        ("getDeleted", "2026-11-23T11:59:00Z", "2026-11-23T12:00:00Z"),
        ("getDeleted", "2026-11-07T12:00:00Z", "2026-11-23T12:00:00Z"),
    ] {
        let answer = stage.client.call(&format!("<{call}><sObjectType>Account</sObjectType><startDate>{start}</startDate><endDate>{end}</endDate></{call}>")).await;
        assert_eq!(answer.value("faultcode"), "sf:INVALID_REPLICATION_DATE", "{call} {start}");
    }
}

#[tokio::test]
async fn a_login_moves_the_users_system_modstamp_but_not_its_last_modified_date() {
    let stage = stage().await;
    stage.clock.advance(SignedDuration::from_mins(7));
    stage.client.try_login("integration@example.com", "mock-passwordMockSecurityToken").await;

    let user = stage
        .client
        .query("SELECT LastLoginDate, SystemModstamp, LastModifiedDate FROM User")
        .await;

    assert_eq!(user.value("sf:SystemModstamp"), "2026-11-23T12:07:00.000Z");
    assert_eq!(user.value("sf:LastLoginDate"), user.value("sf:SystemModstamp"));
    assert_eq!(user.value("sf:LastModifiedDate"), "2026-11-23T12:00:00.000Z");
}

#[tokio::test]
async fn describes_tell_types_lengths_and_picklists() {
    let stage = stage().await;

    let one = stage
        .client
        .call("<describeSObject><sObjectType>account</sObjectType></describeSObject>")
        .await;
    let several = stage.client.call("<describeSObjects><sObjectType>Contact</sObjectType><sObjectType>User</sObjectType></describeSObjects>").await;
    let global = stage.client.call("<describeGlobal/>").await;
    let unknown = stage
        .client
        .call("<describeSObject><sObjectType>Address</sObjectType></describeSObject>")
        .await;

    let field = |answer: &Answer, name: &str| {
        let fields = answer.values("fields");
        fields.into_iter().find(|field| field.contains(&format!("<name>{name}</name>"))).unwrap()
    };
    for part in [
        "<length>255</length>",
        "<type>string</type>",
        "<nillable>false</nillable>",
        "<nameField>true</nameField>",
    ] {
        assert!(field(&one, "Name").contains(part), "{part}");
    }
    for part in [
        "<precision>18</precision>",
        "<scale>0</scale>",
        "<soapType>xsd:double</soapType>",
        "<type>currency</type>",
    ] {
        assert!(field(&one, "AnnualRevenue").contains(part), "{part}");
    }
    assert!(field(&one, "Type").contains("<value>Customer - Direct</value>"));
    assert!(
        field(&one, "BillingCity")
            .contains("<compoundFieldName>BillingAddress</compoundFieldName>")
    );
    assert!(
        field(&one, "OwnerId")
            .contains("<referenceTo>User</referenceTo><relationshipName>Owner</relationshipName>")
    );
    assert_eq!(several.values("keyPrefix"), ["003", "005"]);
    assert_eq!(global.values("keyPrefix"), ["001", "003", "005"]);
    assert_eq!(unknown.value("faultcode"), "sf:INVALID_TYPE");
    assert_eq!(
        (unknown.value("sf:row"), unknown.value("sf:column")),
        ("-1".to_owned(), "-1".to_owned())
    );
    assert!(
        unknown
            .value("sf:exceptionMessage")
            .starts_with("sObject type 'Address' is not supported.")
    );
}

#[tokio::test]
async fn what_is_covered_can_lag_behind() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.replication_lag_seconds = 3 * 3_600);
    for call in ["getUpdated", "getDeleted"] {
        let answer = stage.client.call(&format!("<{call}><sObjectType>Account</sObjectType><startDate>2026-11-23T08:00:00Z</startDate><endDate>2026-11-23T12:00:00Z</endDate></{call}>")).await;
        assert_eq!(answer.value("latestDateCovered"), "2026-11-23T09:00:00.000Z", "{call}");
    }
}
