//! What the benches share: both mocks filled from one seed, and an importer pointed at them.

pub mod baseline;
pub mod console;
pub mod large;
pub mod nothing;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Uri};
use importer::app::Importer;
use importer::config::Config;
use importer::http::{HttpClient, Limits, tls_connector};
use importer::progress::Silent;
use importer::system_clock::SystemClock;
use mock_autotask::{Entity, MockAutotask};
use mock_salesforce::MockSalesforce;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The seed of all benches.
pub const SEED: u64 = 7;

/// Asks for a page of accounts with the importer's fields.
pub const ACCOUNT_PAGE: &str = "SELECT Id, SystemModstamp, AccountNumber, AnnualRevenue, BillingCity, BillingCountry, \
    BillingPostalCode, BillingState, BillingStreet, Fax, Industry, Name, Owner.FirstName, Owner.LastName, ParentId, \
    Phone, Rating, Sic, TickerSymbol, Type, Website FROM Account ORDER BY Id";

/// Has quick-xml read a page and builds nothing of it; how many events there were. What decoding is compared with.
pub fn events(page: &str) -> Result<u64, quick_xml::Error> {
    let mut reader = Reader::from_str(page);
    let mut events = 0;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(events),
            event => {
                black_box(event);
                events += 1;
            }
        }
    }
}

/// Anything that goes wrong in a bench ends it.
pub type Failure = Box<dyn std::error::Error>;

/// A Salesforce with generated records.
pub async fn salesforce(accounts: u64, contacts: u64) -> Result<MockSalesforce, Failure> {
    Ok(MockSalesforce::start(salesforce_options(accounts, contacts)).await?)
}

/// What that Salesforce is started with.
pub fn salesforce_options(accounts: u64, contacts: u64) -> mock_salesforce::Options {
    mock_salesforce::Options { seed: SEED, accounts, contacts, ..Default::default() }
}

/// An Autotask that holds some of the same companies and people already.
pub async fn autotask(companies: u64, contacts: u64) -> Result<MockAutotask, Failure> {
    Ok(MockAutotask::start(autotask_options(companies, contacts)).await?)
}

/// What that Autotask is started with.
pub fn autotask_options(companies: u64, contacts: u64) -> mock_autotask::Options {
    mock_autotask::Options { seed: SEED, companies, contacts, resources: 20, ..Default::default() }
}

/// Makes the user-defined fields for Salesforce ids, as an import does that finds none.
pub fn define_id_fields(autotask: &MockAutotask) -> Result<(), Failure> {
    let fields =
        [(Entity::Company, "Salesforce Company ID"), (Entity::Contact, "Salesforce Contact ID")];
    for (entity, name) in fields {
        autotask.records().define_udf(entity, name)?;
    }
    Ok(())
}

/// An importer with a new ledger in `folder`.
pub fn importer(
    salesforce: &MockSalesforce,
    autotask: &MockAutotask,
    folder: &Path,
) -> Result<Importer, Failure> {
    let text = settings(salesforce, autotask, "", "");
    let config = Config::parse(&text, &folder.join("importer.toml"), &|_| None)?;
    Ok(Importer::new(config, Arc::new(SystemClock), Arc::new(Silent))?)
}

/// An `importer.toml` for both mocks, with more keys for Autotask and for what people edit.
pub fn settings(
    salesforce: &MockSalesforce,
    autotask: &MockAutotask,
    more_autotask: &str,
    more_settings: &str,
) -> String {
    format!(
        "[salesforce]\nurl = \"{}/services/Soap/u/64.0\"\nuser = \"integration@example.com\"\n\
         password = \"mock-password\"\nsecurity_token = \"MockSecurityToken\"\n\
         [autotask]\nurl = \"{}\"\nuser = \"api@example.com\"\nsecret = \"mock-secret\"\n\
         integration_code = \"MOCKINTEGRATIONCODE\"\n{more_autotask}\
         [settings]\ndefault_account_manager = \"Autotask Administrator\"\n{more_settings}",
        salesforce.url(),
        autotask.url()
    )
}

/// The answer to a query, as it comes over the wire.
pub async fn query_answer(salesforce: &MockSalesforce, soql: &str) -> Result<String, Failure> {
    let url: Uri = format!("{}/services/Soap/u/64.0", salesforce.url()).parse()?;
    let login = post(
        &url,
        "",
        "<login><username>integration@example.com</username>\
         <password>mock-passwordMockSecurityToken</password></login>",
    )
    .await?;
    let between = |start: &str, end: &str| {
        login.split(start).nth(1).and_then(|rest| rest.split(end).next()).unwrap_or_default()
    };
    let session = between("<sessionId>", "</sessionId>");
    let server: Uri = between("<serverUrl>", "</serverUrl>").parse()?;
    let header = format!(
        "<e:Header><SessionHeader><sessionId>{session}</sessionId></SessionHeader>\
         <QueryOptions><batchSize>2000</batchSize></QueryOptions></e:Header>"
    );
    let query = format!("<query><queryString>{soql}</queryString></query>");
    post(&server, &header, &query).await
}

async fn post(url: &Uri, header: &str, call: &str) -> Result<String, Failure> {
    let client = HttpClient::new(tls_connector(None)?, Arc::new(SystemClock), Limits::default());
    let envelope = format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns=\"urn:partner.soap.sforce.com\">{header}<e:Body>{call}</e:Body></e:Envelope>"
    );
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    headers.insert(HeaderName::from_static("soapaction"), HeaderValue::from_static("\"\""));
    let answer = client.send(Method::POST, url, headers, Bytes::from(envelope)).await?;
    Ok(String::from_utf8(answer.body.to_vec())?)
}
