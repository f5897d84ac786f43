//! Whatever Autotask answers, with whatever status, each reader of answers ends with a value or with an error that
//! can be shown.
#![no_main]

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use importer::autotask::answer::{fields, records};
use importer::domain::model::Kind;
use importer::http::Answer;
use libfuzzer_sys::fuzz_target;

/// The first byte of the input chooses among these.
const STATUSES: [u16; 8] = [200, 500, 401, 403, 404, 429, 502, 301];

fuzz_target!(|input: &[u8]| {
    let Some((first, body)) = input.split_first() else { return };
    let status = STATUSES[usize::from(*first) % STATUSES.len()];
    let answer = Answer {
        status: StatusCode::from_u16(status).expect("a known status"),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
    };
    for (kind, field) in
        [(Kind::Company, "Salesforce Company ID"), (Kind::Contact, "Salesforce Contact ID")]
    {
        match records(kind, field, &answer) {
            Ok(records) => assert!(status == 200 && records.len() <= 500),
            Err(error) => drop(error.to_string()),
        }
    }
    if let Err(error) = fields(&answer) {
        drop(error.to_string());
    }
});
