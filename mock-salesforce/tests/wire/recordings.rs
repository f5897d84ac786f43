//! Answers of the mock beside recorded answers of the real service: the same question, the same shape, and where
//! nothing depends on the org's own data, the same bytes.

use crate::support::{canonical, recording, shape, stage, values};
use mock_salesforce::Options;
use serde_json::{Value, json};

#[tokio::test]
async fn two_contacts_look_as_recorded() {
    let Some(recorded) = recording("query-response-LimitInfoHeader.xml") else { return };
    let stage = stage().await;
    for name in ["Homer", "Simpson"] {
        stage
            .mock
            .org()
            .insert_contact(&json!({ "FirstName": "FooBar", "LastName": name }))
            .unwrap();
    }

    let answer = stage.client.query("SELECT Id, Name FROM Contact").await;

    assert_eq!(answer.status, 200);
    assert_eq!(shape(&answer.text()), shape(&recorded));
    assert_eq!(answer.values("sf:Name"), ["FooBar Homer", "FooBar Simpson"]);
    assert_eq!(answer.value("size"), "2");
}

#[tokio::test]
async fn a_parent_stands_where_it_is_first_mentioned_as_recorded() {
    let Some(recorded) = recording("queryAll-response-parent-relationship.xml") else { return };
    let stage = stage().await;
    let account = stage.mock.org().insert_account(&json!({ "Name": "Unknown" })).unwrap();
    stage
        .mock
        .org()
        .insert_contact(&json!({ "AccountId": account, "LastName": "Administrator" }))
        .unwrap();

    let answer =
        stage.client.query_all("SELECT Account.Name, FirstName, LastName FROM Contact").await;

    // The recording is older than LimitInfoHeader.
    let (before, after) =
        (answer.text().find("<soapenv:Header>"), answer.text().find("<soapenv:Body>"));
    let without_header =
        [&answer.text()[..before.unwrap()], &answer.text()[after.unwrap()..]].concat();
    assert_eq!(canonical(&without_header), canonical(&recorded));
}

#[tokio::test]
async fn doubles_integers_and_booleans_look_as_recorded_and_id_asked_last_comes_twice() {
    let Some(recorded) = recording("query-response-types-u38.xml") else { return };
    let mut stage = stage().await;
    stage.client.version = "38.0";
    let account = json!({ "Name": "Delta & Co", "AnnualRevenue": 1.5, "NumberOfEmployees": 2017 });
    stage.mock.org().insert_account(&account).unwrap();

    let answer = stage
        .client
        .query("SELECT AnnualRevenue, NumberOfEmployees, IsDeleted, Name, Id FROM Account")
        .await;

    let record = |xml: &str, revenue: &str, employees: &str| {
        let first = values(xml, "records").swap_remove(0);
        let renamed = first.replace(revenue, "double").replace(employees, "int");
        shape(&format!("<records>{}</records>", renamed.replace(" & ", " &amp; ")))
    };
    assert_eq!(
        record(&answer.text(), "AnnualRevenue", "NumberOfEmployees"),
        record(&recorded, "Primary_Quote_OTD_in_months__c", "FiscalYear")
    );
    assert_eq!(answer.values("sf:AnnualRevenue"), ["1.5"]);
    assert_eq!(answer.values("sf:NumberOfEmployees"), ["2017"]);
}

#[tokio::test]
async fn a_compound_address_looks_as_recorded() {
    let Some(recorded) = recording("query-response-address-u38.xml") else { return };
    let mut stage = stage().await;
    stage.client.version = "38.0";
    let account = json!({
        "Name": "Delta", "BillingStreet": "1 example street", "BillingCity": "exampleville",
        "BillingState": "Victoria", "BillingPostalCode": "3000", "BillingCountry": "Australia",
        "BillingLatitude": -37.912_345, "BillingLongitude": 145.123_456, "BillingGeocodeAccuracy": "Block",
    });
    stage.mock.org().insert_account(&account).unwrap();

    let answer = stage.client.query("SELECT Id, BillingAddress FROM Account").await;

    let address = |xml: &str| {
        let parts = [
            "latitude",
            "longitude",
            "city",
            "country",
            "geocodeAccuracy",
            "postalCode",
            "state",
            "street",
        ];
        let start =
            xml.find("<sf:BillingAddress xsi:type=\"address\">").expect("an address of that type");
        let xml = &xml[start..];
        parts.map(|part| {
            (part, xml.find(&format!("<{part}>")).expect("a part in the default namespace"))
        })
    };
    let order = |parts: [(&'static str, usize); 8]| {
        let mut parts = parts;
        parts.sort_by_key(|(_, place)| *place);
        parts.map(|(name, _)| name)
    };
    assert_eq!(order(address(&answer.text())), order(address(&recorded)));
    assert_eq!(answer.value("street"), "1 example street");
}

#[tokio::test]
async fn the_first_page_of_many_looks_as_recorded() {
    let Some(recorded) = recording("queryAll-response-first-page-u38.xml") else { return };
    let stage = stage().await;
    for number in 0..2_001 {
        stage.mock.org().insert_account(&json!({ "Name": format!("Alpha {number}") })).unwrap();
    }

    let answer = stage.client.query_all("SELECT Id, Name FROM Account").await;

    let records = |xml: &str| xml.matches("<records ").count();
    let head = |xml: &str| shape(xml).split("\n<records ").next().unwrap().to_owned();
    assert_eq!(head(&answer.text()), head(&recorded));
    assert_eq!(records(&answer.text()), 2_000);
    assert_eq!(
        (answer.value("done"), answer.value("size")),
        ("false".to_owned(), "2001".to_owned())
    );
    let locator = answer.value("queryLocator");
    assert!(
        locator.ends_with("-2000") && locator.len() == "01g1E00009HWXuZQAX-2000".len(),
        "{locator}"
    );
    let last = stage.client.query_more(&locator).await;
    assert_eq!(
        (last.value("done"), last.value("queryLocator")),
        ("true".to_owned(), "nil".to_owned())
    );
    assert_eq!((records(&last.text()), last.value("size")), (1, "2001".to_owned()));
}

#[tokio::test]
async fn login_and_get_user_info_look_as_recorded_but_for_what_newer_versions_add() {
    let Some(recorded) = recording("login-response-u28.xml") else { return };
    let Some(recorded_info) = recording("getUserInfo-response-u28.xml") else { return };
    let mut stage = stage().await;
    stage.client.version = "31.0";

    let login =
        stage.client.try_login("integration@example.com", "mock-passwordMockSecurityToken").await;
    let info = stage.client.call("<getUserInfo/>").await;

    let result = |xml: &str| shape(xml).split_once("\n<soapenv:Body>").unwrap().1.to_owned();
    assert_eq!(shape(&login.text()), shape(&recorded));
    assert_eq!(result(&info.text()), result(&recorded_info));
    assert!(!login.text().contains("LimitInfoHeader"), "login answers have no header");
    assert!(info.text().contains("<LimitInfoHeader>"));
}

#[tokio::test]
async fn user_info_follows_the_version() {
    let mut stage = stage().await;
    let mut names = Vec::new();
    for version in ["37.0", "38.0", "44.0", "45.0"] {
        stage.client.version = version;
        let text = stage.client.call("<getUserInfo/>").await.text();
        names.push((
            text.contains("<orgDefaultCurrencyLocale>"),
            text.contains("<chatterExternal>"),
        ));
    }

    assert_eq!(names, [(false, false), (true, false), (true, false), (true, true)]);
}

#[tokio::test]
async fn faults_that_depend_on_nothing_are_the_recorded_ones_to_the_letter() {
    let mut stage = stage().await;
    let wrong_password = stage.client.try_login("integration@example.com", "wrong").await;
    let wrong_field = stage.client.query("select adfId, Name, Account.Name from Contact").await;
    let content_type = stage
        .client
        .send("/services/Soap/u/58.0", "Content-Type: application/json\r\nSOAPAction: x\r\n", b"{}")
        .await;
    let empty = stage.client.post("").await;
    stage.client.session = "nonsense".to_owned();
    let session = stage.client.call("<getServerTimestamp/>").await;

    for (answer, file) in [
        (wrong_password, "fault-INVALID_LOGIN-unprefixed-u33.xml"),
        (wrong_field, "fault-INVALID_FIELD.xml"),
        (content_type, "fault-content-type.xml"),
        (empty, "fault-premature-end.xml"),
        (session, "fault-INVALID_SESSION_ID.xml"),
    ] {
        let Some(recorded) = recording(file) else { continue };
        assert_eq!(answer.status, 500, "{file}");
        assert_eq!(canonical(&answer.text()), canonical(&recorded), "{file}");
    }
}

#[tokio::test]
async fn an_unknown_object_is_refused_in_the_recorded_words() {
    let Some(recorded) = recording("rest-count-and-INVALID_TYPE.json") else { return };
    let recorded: serde_json::Value = serde_json::from_str(&recorded).unwrap();
    let stage = stage().await;

    let answer = stage.client.query("select count() from XYZZY").await;

    let message = recorded["compositeResponse"][1]["body"][0]["message"].as_str().unwrap();
    assert_eq!(answer.value("sf:exceptionMessage"), message);
    assert!(answer.text().contains("<sf:InvalidSObjectFault xsi:type=\"sf:InvalidSObjectFault\">"));
    assert_eq!(
        (answer.value("sf:row"), answer.value("sf:column")),
        ("1".to_owned(), "21".to_owned())
    );
}

#[tokio::test]
async fn the_organization_id_comes_from_the_seed_and_stands_in_server_url() {
    let stage = crate::support::stage_with(Options { seed: 42, ..Options::default() }).await;

    let answer =
        stage.client.try_login("integration@example.com", "mock-passwordMockSecurityToken").await;

    let organization = stage.mock.org().organization_id();
    assert_eq!(answer.value("organizationId"), organization);
    assert_eq!(
        answer.value("serverUrl"),
        format!("{}/services/Soap/u/58.0/{}", stage.mock.url(), &organization[..15])
    );
    assert!(answer.value("sessionId").starts_with(&format!("{}!", &organization[..15])));
}

/// The fields of a describe, in their order: each as what the recording tells about a field.
fn described(xml: &str) -> Vec<Value> {
    let one = |field: &str, element: &str| values(field, element).into_iter().next();
    values(xml, "fields")
        .iter()
        .map(|field| {
            let picklist: Vec<_> = values(field, "picklistValues")
                .iter()
                .filter_map(|value| one(value, "value"))
                .collect();
            let figure = |name| one(field, name).and_then(|text| text.parse::<u32>().ok());
            let flag = |name| one(field, name).map(|text| text == "true");
            json!({
                "name": one(field, "name"),
                "type": one(field, "type"),
                "soapType": one(field, "soapType"),
                "length": figure("length"),
                "precision": figure("precision"),
                "scale": figure("scale"),
                "nillable": flag("nillable"),
                "createable": flag("createable"),
                "filterable": flag("filterable"),
                "sortable": flag("sortable"),
                "picklistValues": picklist,
                "referenceTo": values(field, "referenceTo"),
                "relationshipName": one(field, "relationshipName"),
            })
        })
        .collect()
}

#[tokio::test]
async fn accounts_and_contacts_are_described_as_recorded() {
    let stage = stage().await;
    let Some(recorded) = recording("describe-account-contact.json") else { return };
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    for object in ["Account", "Contact"] {
        let call =
            format!("<describeSObject><sObjectType>{object}</sObjectType></describeSObject>");
        let answer = stage.client.call(&call).await.text();
        let mut fields = described(&answer);
        // Fields of orgs with the usual page layouts; the recorded one has none of them.
        fields
            .retain(|field| field["name"] != "HasOptedOutOfEmail" && field["name"] != "DoNotCall");

        let recorded = recorded[object]["fields"].as_array().unwrap().iter();
        let standard: Vec<_> =
            recorded.filter(|field| !field["name"].as_str().unwrap().ends_with("__c")).collect();

        let mut different = Vec::new();
        for (field, recorded) in fields.iter().zip(&standard) {
            for (name, value) in recorded.as_object().unwrap() {
                if field[name] != *value {
                    let place = format!("{object}.{}.{name}", recorded["name"]);
                    different.push(format!("{place}: {} instead of {value}", field[name]));
                }
            }
        }
        assert!(different.is_empty(), "{different:#?}");
        assert_eq!(fields.len(), standard.len());
    }
}
