//! The decoder reads what Salesforce really answered.
//!
//! The recordings are no part of this repository: the tests run where they are at hand (`REFERENCE_DIR`), and say so
//! when they do not run. What every test expects was written by hand. Answers to calls whose decoders are private
//! are read beside the code, in `src/salesforce/recordings.rs`.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]
#![expect(clippy::print_stdout, reason = "a test that does not run says so")]

#[path = "support/recording.rs"]
mod recording;

use std::collections::BTreeSet;

use importer::domain::fields::SourceField;
use importer::domain::model::{SourceContact, SourceValues};
use importer::salesforce::{Fault, QueryResult, Record, ReplyError, XmlError, query_result};
use recording::{answers_in, folder, recording};

/// Every value of a record, in the order of the answer. A value of a parent has the parent's name before its own.
#[derive(Debug, PartialEq)]
struct Row(Vec<(String, String)>);

impl Record for Row {
    type Parts = Vec<(String, String)>;
    type Column = String;

    fn column(name: &str) -> String {
        name.to_owned()
    }

    fn field(parts: &mut Self::Parts, name: &String, value: &str) -> Result<(), String> {
        parts.push((name.clone(), value.to_owned()));
        Ok(())
    }

    fn nested(
        parts: &mut Self::Parts,
        parent: &str,
        name: &str,
        value: &str,
    ) -> Result<(), String> {
        parts.push((format!("{parent}.{name}"), value.to_owned()));
        Ok(())
    }

    fn complete(parts: Self::Parts) -> Result<Self, String> {
        Ok(Self(parts))
    }
}

fn row<const N: usize>(values: [(&str, &str); N]) -> Row {
    Row(values.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}

#[track_caller]
fn assert_page(name: &str, expected: (Vec<Row>, Option<&str>, u64)) {
    let Some(text) = recording(name) else { return };
    let (records, locator, size) = expected;

    let page = query_result::<Row>(&text).unwrap();

    assert_eq!(page, QueryResult { records, locator: locator.map(str::to_owned), size });
}

#[track_caller]
fn fault_in(text: &str) -> Fault {
    match query_result::<Row>(text) {
        Err(ReplyError::Fault(fault)) => fault,
        other => panic!("{other:?} is no fault"),
    }
}

#[track_caller]
fn assert_fault(name: &str, code: &str, message: &str) {
    let Some(text) = recording(name) else { return };

    assert_eq!(fault_in(&text), Fault { code: code.to_owned(), message: message.to_owned() });
}

#[test]
fn a_selected_id_comes_twice_and_the_limits_above_do_not_matter() {
    assert_page(
        "query-response-LimitInfoHeader.xml",
        (
            vec![
                row([
                    ("type", "Contact"),
                    ("Id", "0BXBXBXBXBXcvhDAAR"),
                    ("Id", "0BXBXBXBXBXcvhDAAR"),
                    ("Name", "FooBar Homer"),
                ]),
                row([
                    ("type", "Contact"),
                    ("Id", "00ACACACACACAC0AAO"),
                    ("Id", "00ACACACACACAC0AAO"),
                    ("Name", "BazQux Simpson"),
                ]),
            ],
            None,
            2,
        ),
    );
}

#[test]
fn a_compound_address_is_nested_without_a_prefix() {
    assert_page(
        "query-response-address-u38.xml",
        (
            vec![row([
                ("type", "Opportunity"),
                ("Id", "00680000016vtCNAAY"),
                ("BillingAddress.latitude", "-37.91234567890123"),
                ("BillingAddress.longitude", "145.1234567890123"),
                ("BillingAddress.city", "exampleville"),
                ("BillingAddress.country", "Australia"),
                ("BillingAddress.countryCode", "AU"),
                ("BillingAddress.geocodeAccuracy", "Block"),
                ("BillingAddress.postalCode", "3000"),
                ("BillingAddress.state", "Victoria"),
                ("BillingAddress.stateCode", "VIC"),
                ("BillingAddress.street", "1 example street"),
            ])],
            None,
            1,
        ),
    );
}

#[test]
fn numbers_come_as_java_writes_them_and_an_id_asked_for_last_comes_first_too() {
    let opportunity = |id, months, name| {
        row([
            ("type", "Opportunity"),
            ("Id", id),
            ("Primary_Quote_OTD_in_months__c", months),
            ("FiscalYear", "2017"),
            ("IsDeleted", "false"),
            ("Name", name),
            ("Id", id),
        ])
    };

    assert_page(
        "query-response-types-u38.xml",
        (
            vec![
                opportunity(
                    "00680000016vtCNAAY",
                    "1.5",
                    "Delta - Expansion to Ent, Guide , Talk & Chat",
                ),
                opportunity(
                    "006800000163X3mAAE",
                    "1.0",
                    "Epsilon - Ent+GuidePro+LightAgents+NPS+Talk/Chat Basic",
                ),
                opportunity("006800000164HFPAA2", "0.19", "Zeta | +61E (146) +61 Prem Chat (146)"),
                opportunity("006800000163scIAAQ", "1.0", "Eta Advanced Security"),
            ],
            None,
            4,
        ),
    );
}

#[test]
fn a_page_says_where_the_next_is_and_how_many_there_are_in_all() {
    let records = || {
        vec![
            row([
                ("type", "Opportunity"),
                ("Id", "0068000000gP5C3AAK"),
                ("Id", "0068000000gP5C3AAK"),
                ("Name", "Alpha &Beta-4 REG"),
            ]),
            row([
                ("type", "Opportunity"),
                ("Id", "0068000000gOoDLAA0"),
                ("Id", "0068000000gOoDLAA0"),
                ("Name", "Gamma - CSS customisation"),
            ]),
        ]
    };

    assert_page(
        "queryAll-response-first-page-u38.xml",
        (records(), Some("01g1E00009HWXuZQAX-2000"), 3_000),
    );
    assert_page("queryAll-response-last-page-u38.xml", (records(), None, 2));
}

#[test]
fn a_parents_fields_are_nested_and_an_id_nobody_asked_for_is_nil() {
    assert_page(
        "queryAll-response-parent-relationship.xml",
        (
            vec![row([
                ("type", "Contact"),
                ("Account.type", "Account"),
                ("Account.Name", "Unknown"),
                ("LastName", "Administrator"),
            ])],
            None,
            1,
        ),
    );
}

#[test]
fn a_further_page_is_read_like_the_first() {
    let opportunity = |id, name, stage| {
        row([("type", "Opportunity"), ("Id", id), ("Id", id), ("Name", name), ("StageName", stage)])
    };

    assert_page(
        "queryMore-response-u28.xml",
        (
            vec![
                opportunity("006A000000LZhwNIAT", "Opportunity 1", "Prospecting"),
                opportunity("006A000000LaF4xIAF", "Opportunity 2", "Value Proposition"),
            ],
            None,
            2,
        ),
    );
}

#[test]
fn of_a_contact_with_every_field_those_to_import_are_kept() {
    let Some(text) = recording("query-response-contact-all-fields.xml") else { return };
    let contact = |id: &str, stamp: &str, account: Option<&str>, values: &[(SourceField, &str)]| {
        let mut contact = SourceContact {
            id: id.parse().unwrap(),
            system_modstamp: stamp.parse().unwrap(),
            deleted: None,
            account: account.map(|account| account.parse().unwrap()),
            values: SourceValues::default(),
        };
        for (field, value) in values {
            contact.values.set(*field, value);
        }
        contact
    };

    let page = query_result::<SourceContact>(&text).unwrap();

    assert_eq!(page.size, 58);
    assert_eq!(page.locator, None);
    assert_eq!(
        page.records,
        [
            contact(
                "0000000001ABcDEFGH",
                "2008-06-09T19:36:40Z",
                None,
                &[(SourceField::LastName, "Gently"), (SourceField::Name, "Pat Gently")],
            ),
            contact(
                "0000000002ABcDEFGH",
                "2008-06-05T20:10:40Z",
                Some("0000000000ABcDEFGH"),
                &[
                    (SourceField::LastName, "Gently"),
                    (SourceField::FirstName, "Pat"),
                    (SourceField::Name, "Pat Gently"),
                    (SourceField::MailingStreet, "123 Main Street"),
                    (SourceField::MailingCity, "Bristol"),
                    (SourceField::MailingState, "Pennsylvania"),
                    (SourceField::MailingPostalCode, "19007"),
                    (SourceField::MobilePhone, "(555) 555-1212"),
                    (SourceField::Email, "pat.gently@example.com"),
                ],
            ),
            contact(
                "0000000003ABcDEFGH",
                "2008-04-18T04:01:46Z",
                Some("0000000000ABcDEFGH"),
                &[
                    (SourceField::LastName, "Gently"),
                    (SourceField::FirstName, "Pat"),
                    (SourceField::Name, "Pat Gently"),
                    (SourceField::MailingCity, "springfield"),
                    (SourceField::MailingState, "VA"),
                    (SourceField::Phone, "(555) 555-1212"),
                ],
            ),
        ]
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a record has many fields")]
fn of_a_contact_with_every_field_each_value_is_read_and_no_nil_one() {
    let Some(text) = recording("query-response-contact-all-fields.xml") else { return };

    let page = query_result::<Row>(&text).unwrap();

    let [first, second, third] = page.records.try_into().unwrap();
    assert_eq!(
        first,
        row([
            ("type", "Contact"),
            ("Id", "0000000001ABcDEFGH"),
            ("Id", "0000000001ABcDEFGH"),
            ("IsDeleted", "false"),
            ("LastName", "Gently"),
            ("Name", "Pat Gently"),
            ("Description", "Bee's knees"),
            ("OwnerId", "0000000000ABcDEFGH"),
            ("CreatedDate", "2008-03-01T01:52:35.000Z"),
            ("CreatedById", "0000000000ABcDEFGH"),
            ("LastModifiedDate", "2008-03-01T01:52:35.000Z"),
            ("LastModifiedById", "0000000000ABcDEFGH"),
            ("SystemModstamp", "2008-06-09T19:36:40.000Z"),
            ("GPA_Scale__c", "4.0"),
            ("Citizenship__c", "U.S."),
            ("ISIR_Reveived__c", "false"),
            ("Anticipated_Start_Term_Year__c", "0"),
            ("Recalculated_GPA__c", "0.0"),
            ("Reported_GPA_Scale__c", "4.0 Scale"),
            ("Religion__c", "None Specified"),
            ("IsDuplicate__c", "false"),
        ])
    );
    assert_eq!(
        second,
        row([
            ("type", "Contact"),
            ("Id", "0000000002ABcDEFGH"),
            ("Id", "0000000002ABcDEFGH"),
            ("IsDeleted", "false"),
            ("AccountId", "0000000000ABcDEFGH"),
            ("LastName", "Gently"),
            ("FirstName", "Pat"),
            ("Salutation", "Mr."),
            ("Name", "Pat Gently"),
            ("MailingStreet", "123 Main Street"),
            ("MailingCity", "Bristol"),
            ("MailingState", "Pennsylvania"),
            ("MailingPostalCode", "19007"),
            ("MailingCountry", "United States"),
            ("MobilePhone", "(555) 555-1212"),
            ("HomePhone", "(555) 555-1212"),
            ("Email", "pat.gently@example.com"),
            ("OwnerId", "0000000000ABcDEFGH"),
            ("CreatedDate", "2008-04-29T16:29:24.000Z"),
            ("CreatedById", "0000000000ABcDEFGH"),
            ("LastModifiedDate", "2008-06-05T20:10:40.000Z"),
            ("LastModifiedById", "0000000000ABcDEFGH"),
            ("SystemModstamp", "2008-06-05T20:10:40.000Z"),
            ("Alternate_Mobile_Phone__c", "(000) 000 1234"),
            ("GPA_Scale__c", "4.0"),
            ("Alternate_City__c", "Bristol"),
            ("Birth_Country__c", "Afghanistan"),
            ("Parents_Marital_Status__c", "Married"),
            ("Citizenship__c", "U.S."),
            ("Alternate_State__c", "Pennsylvania"),
            ("Alternate_Country__c", "United States"),
            ("Alternate_Home_Phone__c", "(000) 000-0000"),
            ("ISIR_Reveived__c", "false"),
            ("Anticipated_Start_Term_Year__c", "0"),
            ("SSN__c", "123456789"),
            ("Recalculated_GPA__c", "0.0"),
            ("Reported_GPA_Scale__c", "4.0 Scale"),
            ("Religion__c", "None Specified"),
            ("Home_Language__c", "Arabic"),
            ("Alternate_Postal_Code__c", "19007"),
            ("Alternate_Address__c", "123 Nowhere Lane"),
            ("IsDuplicate__c", "false"),
        ])
    );
    assert_eq!(
        third,
        row([
            ("type", "Contact"),
            ("Id", "0000000003ABcDEFGH"),
            ("Id", "0000000003ABcDEFGH"),
            ("IsDeleted", "false"),
            ("AccountId", "0000000000ABcDEFGH"),
            ("LastName", "Gently"),
            ("FirstName", "Pat"),
            ("Name", "Pat Gently"),
            ("MailingCity", "springfield"),
            ("MailingState", "VA"),
            ("Phone", "(555) 555-1212"),
            ("ReportsToId", "0000000000ABcDEFGH"),
            ("Birthdate", "1983-07-07"),
            ("OwnerId", "0000000000ABcDEFGH"),
            ("CreatedDate", "2008-04-18T04:01:46.000Z"),
            ("CreatedById", "0000000000ABcDEFGH"),
            ("LastModifiedDate", "2008-04-18T04:01:46.000Z"),
            ("LastModifiedById", "0000000000ABcDEFGH"),
            ("SystemModstamp", "2008-04-18T04:01:46.000Z"),
            ("GPA_Scale__c", "4.0"),
            ("Citizenship__c", "U.S."),
            ("ISIR_Reveived__c", "false"),
            ("Anticipated_Start_Term_Year__c", "0"),
            ("SSN__c", "123456789"),
            ("Recalculated_GPA__c", "0.0"),
            ("Reported_GPA_Scale__c", "4.0 Scale"),
            ("Religion__c", "None Specified"),
            ("IsDuplicate__c", "true"),
        ])
    );
}

#[test]
fn answers_that_a_client_kept_as_parsed_are_read_too() {
    let Some(yaml) = recording("login-query-count-invalidtype-u11.recording.yaml") else { return };
    let answers = answers_in(&yaml);
    let [_login, contact, count, fault, user] = answers.as_slice() else {
        panic!("{} answers", answers.len());
    };

    let contact = query_result::<SourceContact>(contact).unwrap();
    let count = query_result::<Row>(count).unwrap();
    let fault = fault_in(fault);
    let user = query_result::<Row>(user).unwrap();

    let [person] = contact.records.try_into().unwrap();
    assert_eq!(person.id.as_str(), "003T000000G02haIAB");
    assert_eq!(person.system_modstamp, "2007-12-30T17:47:41Z".parse().unwrap());
    assert_eq!(person.account, None);
    assert_eq!(person.values.get(SourceField::FirstName), Some("DutchTestFirstName"));
    assert_eq!(person.values.get(SourceField::LastName), Some("DutchTestLastName"));
    assert_eq!(person.values.get(SourceField::Phone), None);
    assert_eq!(count, QueryResult { records: vec![], locator: None, size: 53 });
    assert_eq!(fault.code, "INVALID_TYPE");
    assert_eq!(
        fault.message,
        "sObject type 'Address' is not supported. If you are attempting to use a custom object, be sure to append \
         the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    );
    let [Row(user)] = user.records.try_into().unwrap();
    assert_eq!(user.len(), 40);
    for expected in [
        ("Id", "005T0000000eI4DIAU"),
        ("Username", "user@example.com"),
        ("Street", "1 Example St"),
        ("IsActive", "true"),
        ("LastLoginDate", "2007-12-30T17:47:14.000Z"),
        ("SystemModstamp", "2007-12-30T17:47:14.000Z"),
    ] {
        assert!(user.iter().any(|(name, value)| (name.as_str(), value.as_str()) == expected));
    }
}

#[test]
fn a_login_fault_is_one_with_and_without_a_prefix() {
    for name in ["fault-INVALID_LOGIN-prefixed-u23.xml", "fault-INVALID_LOGIN-unprefixed-u33.xml"] {
        assert_fault(
            name,
            "INVALID_LOGIN",
            "Invalid username, password, security token; or user locked out.",
        );
    }
}

#[test]
fn a_faults_code_and_words_are_those_of_its_detail() {
    assert_fault(
        "fault-INVALID_SESSION_ID.xml",
        "INVALID_SESSION_ID",
        "Invalid Session ID found in SessionHeader: Illegal Session",
    );
    assert_fault(
        "fault-REQUEST_LIMIT_EXCEEDED-concurrent.xml",
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
    );
    assert_fault(
        "fault-UNKNOWN_EXCEPTION-bad-xml.xml",
        "UNKNOWN_EXCEPTION",
        r#"The reference to entity "Cl" must end with the ';' delimiter."#,
    );
    assert_fault(
        "fault-INVALID_FIELD.xml",
        "INVALID_FIELD",
        "select adfId, Name, Account.Name from Contact\n       ^\nERROR at Row:1:Column:8\nNo such column 'adfId' on \
         entity 'Contact'. If you are attempting to use a custom field, be sure to append the '__c' after the custom \
         field name. Please reference your WSDL or the describe call for the appropriate names.",
    );
}

#[test]
fn a_fault_without_a_detail_is_read_from_its_string() {
    assert_fault(
        "fault-content-type.xml",
        "Client",
        "content-type of the request should be text/xml",
    );
    assert_fault("fault-premature-end.xml", "Client", "Premature end of file.");
}

/// These were kept as text; the envelope is the one of the other recordings.
#[test]
fn faults_of_which_the_words_alone_are_known_are_read() {
    let Some(known) = recording("fault-UNSUPPORTED_API_VERSION.txt") else { return };
    for (code, message) in [
        (
            "UNSUPPORTED_API_VERSION",
            "The API version that was specified (20.0) is below the minimum supported (21.0). Change the version \
             number and run the request again.",
        ),
        ("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"),
        (
            "INVALID_OPERATION",
            "The SOAP Login operation is not available in the API version specified (65.0). Refer to the \
             documentation for supported versions.",
        ),
        (
            "INVALID_OPERATION",
            "SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP API \
             login().",
        ),
        ("API_CURRENTLY_DISABLED", "Your trial has expired."),
    ] {
        assert!(known.contains(message), "{message}");
        let envelope = |fault: &str| {
            format!(
                concat!(
                    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
                    r#" xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault>{}"#,
                    "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
                ),
                fault
            )
        };
        let short =
            format!("<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>");
        let long = format!(
            "{short}<detail><sf:UnexpectedErrorFault><sf:exceptionCode>{code}</sf:exceptionCode>\
             <sf:exceptionMessage>{message}</sf:exceptionMessage></sf:UnexpectedErrorFault></detail>"
        );

        let expected = Fault { code: code.to_owned(), message: message.to_owned() };
        assert_eq!(fault_in(&envelope(&short)), expected);
        assert_eq!(fault_in(&envelope(&long)), expected);
    }
}

#[test]
fn answers_of_the_rest_of_salesforce_are_no_soap() {
    for name in [
        "oauth-token-error-invalid_grant.json",
        "oauth-token-success-password.json",
        "rest-count-and-INVALID_TYPE.json",
    ] {
        let Some(text) = recording(name) else { return };

        let read = query_result::<Row>(&text);

        assert!(matches!(read, Err(ReplyError::Unreadable(XmlError::NotSoap(_)))), "{read:?}");
    }
}

#[test]
fn no_recording_is_left_out() {
    if !folder().is_dir() {
        println!("not run: the recordings are not at hand (REFERENCE_DIR)");
        return;
    }
    let here = include_str!("recordings.rs");
    let beside_the_code = include_str!("../src/salesforce/recordings.rs");
    let no_answers = ["README.md", "describe-account-contact.json"];

    let left_out: BTreeSet<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !no_answers.contains(&name.as_str()))
        .filter(|name| {
            let quoted = format!("\"{name}\"");
            !here.contains(&quoted) && !beside_the_code.contains(&quoted)
        })
        .collect();

    assert_eq!(left_out, BTreeSet::new());
}
