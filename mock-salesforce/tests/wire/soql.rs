//! Queries as clients send them: what they find, in which order, and how they are refused.

use crate::support::{Stage, stage};
use serde_json::json;

async fn accounts() -> Stage {
    let stage = stage().await;
    let org = stage.mock.org();
    let owner = org.insert_user(&json!({ "FirstName": "Ada", "LastName": "Byron" })).unwrap();
    let nord = org
        .insert_account(&json!({
            "Name": "Nord GmbH", "AnnualRevenue": 99_213_206, "NumberOfEmployees": 10, "Industry": "Energy",
            "OwnerId": owner, "SystemModstamp": "2024-02-29T10:00:00Z", "BillingCity": "Köln",
        }))
        .unwrap();
    org.insert_account(&json!({
        "Name": "ÄRZTE & Söhne", "AnnualRevenue": 1.0, "ParentId": nord, "Description": "it's 100% \"fine\"",
        "SystemModstamp": "2024-03-01T00:00:00Z",
    }))
    .unwrap();
    org.insert_account(
        &json!({ "Name": "west_end 50%", "SystemModstamp": "2026-11-23T00:00:00Z" }),
    )
    .unwrap();
    stage
}

#[tokio::test]
async fn conditions_find_what_they_say() {
    let stage = accounts().await;
    for (condition, expected) in [
        ("Name = 'nord gmbh'", vec!["Nord GmbH"]),
        ("Name = 'ärzte & söhne'", vec!["ÄRZTE & Söhne"]),
        ("Name != 'Nord GmbH'", vec!["ÄRZTE & Söhne", "west_end 50%"]),
        ("Industry != 'Energy'", vec!["ÄRZTE & Söhne", "west_end 50%"]),
        ("NOT Industry = 'Energy'", vec!["ÄRZTE & Söhne", "west_end 50%"]),
        ("Industry = null", vec!["ÄRZTE & Söhne", "west_end 50%"]),
        ("Industry = ''", vec!["ÄRZTE & Söhne", "west_end 50%"]),
        ("Industry <> null", vec!["Nord GmbH"]),
        ("Name LIKE '%s%e'", vec!["ÄRZTE & Söhne"]),
        ("Name LIKE '%t\\_e%'", vec!["west_end 50%"]),
        ("Name LIKE '%50\\%'", vec!["west_end 50%"]),
        ("Name LIKE '%50'", vec![]),
        ("AnnualRevenue > 1 AND (NumberOfEmployees = 10 OR Name = 'x')", vec!["Nord GmbH"]),
        ("AnnualRevenue <= 1.0", vec!["ÄRZTE & Söhne"]),
        ("AnnualRevenue IN (1, 9.9213206E7)", vec!["Nord GmbH", "ÄRZTE & Söhne"]),
        ("Name IN ('NORD GMBH', 'x')", vec!["Nord GmbH"]),
        ("Name NOT IN ('NORD GMBH', 'x')", vec!["ÄRZTE & Söhne", "west_end 50%"]),
        ("Industry IN ('x', null)", vec!["ÄRZTE & Söhne", "west_end 50%"]),
        ("Owner.LastName = 'byron'", vec!["Nord GmbH"]),
        ("Parent.Name LIKE 'Nord%' AND Parent.Owner.FirstName = 'Ada'", vec!["ÄRZTE & Söhne"]),
        (
            "SystemModstamp >= 2024-02-29T11:00:00+01:00 AND SystemModstamp < 2024-03-01T00:00:00Z",
            vec!["Nord GmbH"],
        ),
        ("SystemModstamp > 2024-02-29T10:00:00.500Z", vec!["ÄRZTE & Söhne", "west_end 50%"]),
        ("SystemModstamp = TODAY", vec!["west_end 50%"]),
        ("SystemModstamp < LAST_N_DAYS:30", vec!["Nord GmbH", "ÄRZTE & Söhne"]),
        ("IsDeleted = false", vec!["Nord GmbH", "ÄRZTE & Söhne", "west_end 50%"]),
        ("BillingCity = 'KÖLN'", vec!["Nord GmbH"]),
    ] {
        let found = stage
            .client
            .names(&format!("SELECT Name FROM Account WHERE {condition} ORDER BY Id"))
            .await;
        assert_eq!(found, expected, "{condition}");
    }
}

#[tokio::test]
async fn order_limit_offset_and_count_do_what_they_say() {
    let stage = accounts().await;
    for (tail, expected) in [
        ("ORDER BY Name", vec!["Nord GmbH", "west_end 50%", "ÄRZTE & Söhne"]),
        ("ORDER BY Name DESC LIMIT 1", vec!["ÄRZTE & Söhne"]),
        ("ORDER BY AnnualRevenue", vec!["west_end 50%", "ÄRZTE & Söhne", "Nord GmbH"]),
        (
            "ORDER BY AnnualRevenue NULLS LAST, Id",
            vec!["ÄRZTE & Söhne", "Nord GmbH", "west_end 50%"],
        ),
        (
            "ORDER BY AnnualRevenue DESC NULLS LAST",
            vec!["Nord GmbH", "ÄRZTE & Söhne", "west_end 50%"],
        ),
        ("ORDER BY Parent.Name NULLS LAST, Id", vec!["ÄRZTE & Söhne", "Nord GmbH", "west_end 50%"]),
        ("ORDER BY Id OFFSET 2", vec!["west_end 50%"]),
        ("ORDER BY Id DESC LIMIT 2 FOR VIEW", vec!["west_end 50%", "ÄRZTE & Söhne"]),
    ] {
        assert_eq!(
            stage.client.names(&format!("SELECT Name FROM Account {tail}")).await,
            expected,
            "{tail}"
        );
    }

    let count = stage.client.query("SELECT COUNT() FROM Account WHERE Name LIKE '%e%'").await;
    assert_eq!(count.value("size"), "2");
    assert!(!count.text().contains("<records"), "{}", count.text());
    assert_eq!(stage.client.query("SELECT COUNT() FROM Account LIMIT 2").await.value("size"), "2");
}

#[tokio::test]
async fn records_carry_doubled_ids_nils_and_nested_parents() {
    let stage = accounts().await;

    let answer = stage
        .client
        .query("SELECT Id, Name, Owner.FirstName, owner.LASTNAME, Parent.Id, Parent.Name, AnnualRevenue, Description FROM Account ORDER BY Id LIMIT 2")
        .await;

    let records = answer.values("records");
    let id = &answer.values("sf:Id")[0];
    assert_eq!(
        records[0].replace(id.as_str(), "ID"),
        "<sf:type>Account</sf:type><sf:Id>ID</sf:Id><sf:Id>ID</sf:Id><sf:Name>Nord GmbH</sf:Name>\
         <sf:Owner xsi:type=\"sf:sObject\"><sf:type>User</sf:type><sf:Id xsi:nil=\"true\"/>\
         <sf:FirstName>Ada</sf:FirstName><sf:LastName>Byron</sf:LastName></sf:Owner>\
         <sf:Parent xsi:nil=\"true\"/><sf:AnnualRevenue>9.9213206E7</sf:AnnualRevenue><sf:Description xsi:nil=\"true\"/>"
    );
    assert!(records[1].contains(&format!(
        "<sf:Parent xsi:type=\"sf:sObject\"><sf:type>Account</sf:type><sf:Id>{id}</sf:Id><sf:Id>{id}</sf:Id><sf:Name>Nord GmbH</sf:Name></sf:Parent>"
    )));
    assert!(answer.text().contains("it&apos;s 100% &quot;fine&quot;"));
    assert!(answer.text().contains("ÄRZTE &amp; Söhne"));
}

#[tokio::test]
async fn children_come_as_a_result_of_their_own() {
    let stage = accounts().await;
    let org = stage.mock.org();
    let account = org.insert_account(&json!({ "Name": "With people" })).unwrap();
    for name in ["Berg", "Adam", "Zorn"] {
        org.insert_contact(&json!({ "LastName": name, "AccountId": account })).unwrap();
    }

    let answer = stage
        .client
        .query("SELECT Name, (SELECT LastName FROM Contacts WHERE LastName != 'Zorn' ORDER BY LastName) FROM Account WHERE Name IN ('With people', 'Nord GmbH') ORDER BY Id")
        .await;

    assert_eq!(
        answer.values("records")[0],
        "<sf:type>Account</sf:type><sf:Id xsi:nil=\"true\"/><sf:Name>Nord GmbH</sf:Name><sf:Contacts xsi:nil=\"true\"/>"
    );
    let children = answer.value("sf:Contacts");
    assert_eq!(answer.values("sf:LastName"), ["Adam", "Berg"]);
    assert!(answer.text().contains("<sf:Contacts xsi:type=\"QueryResult\"><done>true</done><queryLocator xsi:nil=\"true\"/><records "), "{children}");
    assert_eq!(answer.values("size"), ["2", "2"]);
}

#[tokio::test]
async fn ids_are_compared_in_both_lengths_and_with_case() {
    let stage = accounts().await;
    let org = stage.mock.org();
    let upper =
        org.insert_account(&json!({ "Id": "0015g00000AbCdEAAV", "Name": "upper" })).unwrap();
    let lower = org.insert_account(&json!({ "Id": "0015g00000AbCde", "Name": "lower" })).unwrap();

    assert_ne!(upper, lower);
    assert_eq!(
        stage.client.names("SELECT Name FROM Account WHERE Id = '0015g00000AbCdE'").await,
        ["upper"]
    );
    assert_eq!(
        stage.client.names(&format!("SELECT Name FROM Account WHERE Id = '{lower}'")).await,
        ["lower"]
    );
    assert_eq!(
        stage
            .client
            .names(&format!("SELECT Name FROM Account WHERE Id >= '{upper}' ORDER BY Id"))
            .await,
        ["upper", "lower"]
    );
    assert_eq!(
        stage
            .client
            .names("SELECT Name FROM Account WHERE Id IN ('0015g00000AbCdE', '0016F00002SasNY')")
            .await,
        ["upper"]
    );
}

#[tokio::test]
async fn refusals_have_code_fault_and_place() {
    let stage = accounts().await;
    for (query, code, fault, column, words) in [
        (
            "SELECT Id FROM Account WHERE Name IS NULL",
            "MALFORMED_QUERY",
            "MalformedQueryFault",
            "35",
            "unexpected token: 'IS'",
        ),
        (
            "SELECT Nope.Name FROM Account",
            "INVALID_FIELD",
            "InvalidFieldFault",
            "8",
            "Didn't understand relationship 'Nope'",
        ),
        (
            "SELECT Owner.Nope FROM Account",
            "INVALID_FIELD",
            "InvalidFieldFault",
            "8",
            "No such column 'Nope' on entity 'User'",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate = '2024-01-01'",
            "INVALID_FIELD",
            "InvalidFieldFault",
            "44",
            "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > 2024-01-01",
            "INVALID_FIELD",
            "InvalidFieldFault",
            "44",
            "must be of type dateTime",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "InvalidFieldFault",
            "37",
            "must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            "InvalidFieldFault",
            "30",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account ORDER BY Description",
            "INVALID_FIELD",
            "InvalidFieldFault",
            "33",
            "can not be sorted",
        ),
        (
            "SELECT Id FROM Account WHERE Id = 'xyz'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "MalformedQueryFault",
            "35",
            "invalid ID field: xyz",
        ),
        (
            "SELECT Id, id FROM Account",
            "MALFORMED_QUERY",
            "MalformedQueryFault",
            "12",
            "duplicate field selected: Id",
        ),
        (
            "SELECT Id FROM Acount",
            "INVALID_TYPE",
            "InvalidSObjectFault",
            "16",
            "sObject type 'Acount' is not supported.",
        ),
        (
            "SELECT RecordType.Name FROM Account",
            "MALFORMED_QUERY",
            "MalformedQueryFault",
            "8",
            "mock-salesforce does not support the relationship RecordType",
        ),
    ] {
        let answer = stage.client.query(query).await;
        assert_eq!(answer.status, 500, "{query}");
        assert_eq!(answer.value("faultcode"), format!("sf:{code}"), "{query}");
        assert!(answer.text().contains(&format!("<sf:{fault} ")), "{query}: {}", answer.text());
        assert_eq!(answer.value("sf:column"), column, "{query}");
        assert!(
            answer.value("sf:exceptionMessage").contains(words),
            "{query}: {}",
            answer.value("sf:exceptionMessage")
        );
    }
}

#[tokio::test]
async fn the_text_of_a_query_never_becomes_sql() {
    let stage = accounts().await;
    for value in ["x' OR '1'='1", "'; DROP TABLE Account; --", "x\") OR 1=1 --", "%' OR 1 --"] {
        let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
        let query =
            format!("SELECT Name FROM Account WHERE Name = '{escaped}' OR Name LIKE '{escaped}'");
        assert_eq!(stage.client.names(&query).await, Vec::<String>::new(), "{value}");
    }
    assert_eq!(stage.client.names("SELECT Name FROM Account").await.len(), 3);
}

#[tokio::test]
async fn long_conditions_and_lists_run() {
    let stage = accounts().await;
    let many = vec!["Name = 'nord gmbh'"; 4_000].join(" OR ");
    let list = vec!["'nord gmbh'"; 7_000].join(", ");

    assert_eq!(
        stage.client.names(&format!("SELECT Name FROM Account WHERE {many}")).await,
        ["Nord GmbH"]
    );
    assert_eq!(
        stage.client.names(&format!("SELECT Name FROM Account WHERE Name IN ({list})")).await,
        ["Nord GmbH"]
    );
}

#[tokio::test]
async fn a_reference_to_a_record_that_is_not_there_stays_and_leads_nowhere() {
    let stage = stage().await;
    let nowhere = mock_salesforce::generated_account_id(999);
    let contact = json!({ "LastName": "Berg", "AccountId": nowhere });
    stage.mock.org().insert_contact(&contact).unwrap();

    let answer = stage.client.query("SELECT AccountId, Account.Name FROM Contact").await;

    assert_eq!((answer.value("sf:AccountId"), answer.value("sf:Account")), (nowhere, "nil".into()));
}

#[tokio::test]
async fn a_query_that_takes_too_many_steps_ends_in_a_timeout() {
    let stage = accounts().await;
    for number in 0..500 {
        stage.mock.org().insert_account(&json!({ "Name": number.to_string() })).unwrap();
    }
    let many = vec!["Name LIKE '%x%y%'"; 100].join(" OR ");
    let query = format!("SELECT COUNT() FROM Account WHERE {many}");
    let other = format!("SELECT Name FROM Account WHERE {many}");
    stage.mock.configure(|settings| settings.query_steps = Some(20_000));

    let counted = stage.client.query(&query).await;
    let found = stage.client.query(&other).await;
    let short = stage.client.query("SELECT Name FROM Account LIMIT 1").await;
    stage.mock.configure(|settings| settings.query_steps = None);
    let unbounded = stage.client.query(&query).await;

    for refused in [counted, found] {
        assert_eq!(
            refused.value("faultstring"),
            "QUERY_TIMEOUT: Your query request was running for too long."
        );
        assert!(refused.text().contains("<sf:UnexpectedErrorFault "));
    }
    assert_eq!((short.status, unbounded.status), (200, 200));
    assert_eq!(stage.mock.org().count(mock_salesforce::ObjectKind::Account).unwrap(), 503);
}
