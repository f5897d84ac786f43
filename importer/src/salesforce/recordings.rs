//! What Salesforce really answered to calls whose decoders are private, and to calls the importer does not make,
//! which are walked through. Queries and faults are read in `tests/recordings.rs`.

use std::collections::BTreeSet;

use super::reply::{self, LoginResult};
use super::session::Session;
use super::xml::Xml;
use super::{Fault, ReplyError, oauth};
use recording::{answers_in, recording};
use secrecy::ExposeSecret;

#[path = "../../tests/support/recording.rs"]
mod recording;

/// Every text below the element that has been entered, with the names on the way to it.
fn texts(xml: &mut Xml<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(xml, "", &mut found);
    found
}

fn walk(xml: &mut Xml<'_>, path: &str, found: &mut Vec<(String, String)>) {
    let mut text = String::new();
    let mut is_leaf = true;
    while let Some(tag) = xml.child(&mut text).unwrap() {
        is_leaf = false;
        let path =
            if path.is_empty() { tag.name().to_owned() } else { format!("{path}/{}", tag.name()) };
        if tag.is_nil() {
            xml.skip().unwrap();
            found.push((path, "(nil)".to_owned()));
        } else {
            walk(xml, &path, found);
        }
    }
    if is_leaf {
        found.push((path.to_owned(), text));
    }
}

#[track_caller]
fn assert_texts(xml: &mut Xml<'_>, expected: &[(&str, &str)]) {
    let found = texts(xml);
    let found: Vec<_> = found.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_sign_in_tells_server_session_and_organization() {
    let Some(text) = recording("login-response-u28.xml") else { return };

    assert_eq!(
        reply::login(&text).unwrap(),
        LoginResult {
            server_url: "https://na7.salesforce.com/services/Soap/u/28.0/00DA0000000YpZ4"
                .to_owned(),
            session_id: "00DA0000000YpZ4!NENNDRU.168ftwqcYQCfri4ROGkZ5CZuRmonPR050QLSPFz3gOxqQOy.\
                         ASfzCRVFwc2Ppq.g4OGGSn6QEzgokxvxMCV3SdQw"
                .to_owned(),
            organization: "00DA0000000YpZ4MAK".parse().unwrap(),
            password_expired: false,
        }
    );
}

#[test]
fn the_oldest_sign_in_is_read_like_a_newer_one() {
    let Some(text) = recording("login-response-u8.xml") else { return };
    let login = "https://www.salesforce.com/services/Soap/u/8.0".parse().unwrap();

    let result = reply::login(&text).unwrap();

    assert_eq!(
        result,
        LoginResult {
            server_url: "https://na1.salesforce.com/services/Soap/u/8.0".to_owned(),
            session_id: "U97Kzb.3LiXi4.PKKKU.x9ydjJ7pjV7WX3Q4lNqiLcomlzljdzzsmfoH1_yptg9XinIG74HdYuI72FUV05STdT\
                         cLaXB4NfAPFrK0wfHbYKD="
                .to_owned(),
            organization: "00Dx00000000qlEEAQ".parse().unwrap(),
            password_expired: false,
        }
    );
    assert_eq!(
        Session::new(&login, result).unwrap().url(),
        "https://na1.salesforce.com/services/Soap/u/8.0"
    );
}

#[test]
fn a_sign_in_that_a_client_kept_as_parsed_is_read_too() {
    let Some(yaml) = recording("login-query-count-invalidtype-u11.recording.yaml") else { return };

    let result = reply::login(&answers_in(&yaml)[0]).unwrap();

    assert_eq!(
        result.server_url,
        "https://tapp0-api.salesforce.com/services/Soap/u/11.0/190a00DT0000000D3YH"
    );
    assert!(result.session_id.starts_with("190a00DT0000000D3YH!t0k1Q3qz7HU"));
    assert!(result.session_id.ends_with("Ia9lDPJ"));
    assert_eq!(result.organization.as_str(), "00DT0000000D3YHMA0");
    assert!(!result.password_expired);
}

/// What the token endpoint answered with this status.
fn token(status: u16, text: String) -> Result<oauth::Token, ReplyError> {
    let answer = crate::http::Answer {
        status: http::StatusCode::from_u16(status).unwrap(),
        headers: http::HeaderMap::new(),
        body: text.into(),
    };
    oauth::token(&answer, "", jiff::Timestamp::UNIX_EPOCH)
}

#[test]
fn a_token_tells_server_session_and_organization() {
    let Some(text) = recording("oauth-token-success-password.json") else { return };

    let token = token(200, text).unwrap();

    assert_eq!(token.instance_url, "https://na1.salesforce.com");
    assert!(
        token.session_id.expose_secret().starts_with("00Dx0000000BV7z!NE3NDNkb4HsIxu3NyI5Tbzg4")
    );
    assert_eq!(token.organization.unwrap().as_str(), "00Dx0000000BV7zEAG");
    assert_eq!(token.scope, None);
}

#[test]
fn a_refused_token_says_what_to_check() {
    let Some(text) = recording("oauth-token-error-invalid_grant.json") else { return };

    let Err(ReplyError::Token(refusal)) = token(400, text) else { panic!("it is a refusal") };

    assert_eq!(refusal.to_string(), "invalid_grant: authentication failure - Invalid Password");
    assert!(refusal.remedy().unwrap().contains("Login History"));
}

#[test]
fn a_refused_sign_in_is_a_fault() {
    for name in ["fault-INVALID_LOGIN-prefixed-u23.xml", "fault-INVALID_LOGIN-unprefixed-u33.xml"] {
        let Some(text) = recording(name) else { return };

        let Err(ReplyError::Fault(Fault { code, .. })) = reply::login(&text) else {
            panic!("{name} is no fault");
        };

        assert_eq!(code, "INVALID_LOGIN");
    }
}

#[test]
fn a_request_is_walked_through_whatever_its_prefixes() {
    let Some(text) = recording("login-request-u8.xml") else { return };

    let (mut xml, call) = Xml::envelope(&text).unwrap();

    assert_eq!(call.name(), "login");
    assert_texts(&mut xml, &[("username", "user@mycompany.com"), ("password", "password123")]);
}

#[test]
fn a_users_description_is_walked_through() {
    let Some(text) = recording("getUserInfo-response-u28.xml") else { return };

    assert_texts(
        &mut reply::result(&text).unwrap(),
        &[
            ("accessibilityMode", "false"),
            ("currencySymbol", "$"),
            ("orgAttachmentFileSizeLimit", "5242880"),
            ("orgDefaultCurrencyIsoCode", "USD"),
            ("orgDisallowHtmlAttachments", "false"),
            ("orgHasPersonAccounts", "false"),
            ("organizationId", "00DA0000000YpZ4MAK"),
            ("organizationMultiCurrency", "false"),
            ("organizationName", "Developer"),
            ("profileId", "00eA0000000AAAAIA2"),
            ("roleId", "(nil)"),
            ("sessionSecondsValid", "7200"),
            ("userDefaultCurrencyIsoCode", "(nil)"),
            ("userEmail", "johndoe@email.com"),
            ("userFullName", "John Doe"),
            ("userId", "005A000000AAAAY"),
            ("userLanguage", "en_US"),
            ("userLocale", "en_US"),
            ("userName", "john.doe@email.com"),
            ("userTimeZone", "America/Panama"),
            ("userType", "Standard"),
            ("userUiSkin", "Theme3"),
        ],
    );
}

#[test]
fn changed_and_deleted_ids_are_walked_through() {
    let Some(updated) = recording("getUpdated-response.xml") else { return };
    let Some(deleted) = recording("getDeleted-response.xml") else { return };

    assert_texts(
        &mut reply::result(&updated).unwrap(),
        &[
            ("ids", "0012x000007RVCcAAO"),
            ("ids", "0012x000007RVD1AAO"),
            ("ids", "0012x000007RVG8AAO"),
            ("ids", "0012x000007RVw7AAG"),
            ("ids", "0012x000007RW3uAAG"),
            ("latestDateCovered", "2020-06-30T05:05:00.000Z"),
        ],
    );
    assert_texts(
        &mut reply::result(&deleted).unwrap(),
        &[
            ("deletedRecords/deletedDate", "2020-06-18T04:10:20.000Z"),
            ("deletedRecords/id", "0012x000007RqnHAAS"),
            ("earliestDateAvailable", "2020-04-27T13:43:00.000Z"),
            ("latestDateCovered", "2020-06-30T05:05:00.000Z"),
        ],
    );
}

#[test]
fn a_record_fetched_by_id_is_walked_through() {
    let Some(text) = recording("retrieve-response-u28.xml") else { return };

    assert_texts(
        &mut reply::result(&text).unwrap(),
        &[
            ("type", "Opportunity"),
            ("Id", "006A000000LbkT5IAJ"),
            ("Name", "SOAPForce Opportunity"),
            ("Description", "(nil)"),
            ("StageName", "Prospecting"),
        ],
    );
}

#[test]
fn an_objects_description_is_walked_through() {
    let Some(text) = recording("describeSObject-account-response-u8.xml") else { return };
    let mut xml = reply::result(&text).unwrap();
    let (mut fields, mut others) = (Vec::new(), Vec::new());
    let blank = &mut String::new();
    while let Some(part) = xml.child(blank).unwrap() {
        match part.name() {
            "fields" => fields.push(texts(&mut xml)),
            name => others.push((name.to_owned(), texts(&mut xml))),
        }
    }

    let summary: Vec<_> = fields
        .iter()
        .map(|field| (only(field, "name"), only(field, "type"), only(field, "length")))
        .collect();
    assert_eq!(summary, ACCOUNT_FIELDS);
    assert_eq!(
        reply::described_fields(&text).unwrap().into_keys().collect::<BTreeSet<_>>(),
        ACCOUNT_FIELDS.iter().map(|(name, ..)| (*name).to_owned()).collect()
    );
    assert_eq!(
        reply::described_fields(&text).unwrap()["Type"].picklist,
        texts_of(&fields[4], "picklistValues/value")
    );
    assert_eq!(
        texts_of(&fields[4], "picklistValues/label"),
        [
            "Analyst",
            "Competitor",
            "Customer",
            "Integrator",
            "Investor",
            "Partner",
            "Press",
            "Prospect",
            "Reseller",
            "Other",
        ]
    );
    assert!(texts_of(&fields[21], "picklistValues/value").contains(&"Food & Beverage"));
    assert_eq!(texts_of(&fields[5], "referenceTo"), ["Account"]);
    assert_eq!(others.iter().filter(|(name, _)| name == "childRelationships").count(), 21);
    assert_eq!(others[0], ("activateable".to_owned(), vec![(String::new(), "false".to_owned())]));
    let (_, record_type) = others.iter().find(|(name, _)| name == "recordTypeInfos").unwrap();
    assert_eq!(only(record_type, "name"), "Master");
    assert_eq!(only(record_type, "recordTypeId"), "(nil)");
}

fn texts_of<'t>(texts: &'t [(String, String)], path: &str) -> Vec<&'t str> {
    texts.iter().filter(|(at, _)| at == path).map(|(_, text)| text.as_str()).collect()
}

#[track_caller]
fn only<'t>(texts: &'t [(String, String)], path: &str) -> &'t str {
    let [text] = texts_of(texts, path).try_into().unwrap();
    text
}

const ACCOUNT_FIELDS: [(&str, &str, &str); 37] = [
    ("Id", "id", "18"),
    ("IsDeleted", "boolean", "0"),
    ("MasterRecordId", "reference", "18"),
    ("Name", "string", "255"),
    ("Type", "picklist", "40"),
    ("ParentId", "reference", "18"),
    ("BillingStreet", "textarea", "255"),
    ("BillingCity", "string", "40"),
    ("BillingState", "string", "20"),
    ("BillingPostalCode", "string", "20"),
    ("BillingCountry", "string", "40"),
    ("ShippingStreet", "textarea", "255"),
    ("ShippingCity", "string", "40"),
    ("ShippingState", "string", "20"),
    ("ShippingPostalCode", "string", "20"),
    ("ShippingCountry", "string", "40"),
    ("Phone", "phone", "40"),
    ("Fax", "phone", "40"),
    ("AccountNumber", "string", "40"),
    ("Website", "url", "255"),
    ("Sic", "string", "20"),
    ("Industry", "picklist", "80"),
    ("AnnualRevenue", "currency", "0"),
    ("NumberOfEmployees", "int", "0"),
    ("Ownership", "picklist", "40"),
    ("TickerSymbol", "string", "20"),
    ("Description", "textarea", "32000"),
    ("Rating", "picklist", "40"),
    ("Site", "string", "80"),
    ("OwnerId", "reference", "18"),
    ("CreatedDate", "datetime", "0"),
    ("CreatedById", "reference", "18"),
    ("LastModifiedDate", "datetime", "0"),
    ("LastModifiedById", "reference", "18"),
    ("SystemModstamp", "datetime", "0"),
    ("LastActivityDate", "date", "0"),
    ("external_id__c", "string", "50"),
];
