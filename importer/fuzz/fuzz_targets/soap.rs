//! Whatever Salesforce answers, each reader of answers ends with a value within its bounds or with an error that can
//! be shown: it is short, and tells no session.
#![no_main]

use std::error::Error;

use importer::domain::model::{Account, SourceContact};
use importer::salesforce::reply::{described_fields, login, query_result, server_time};
use importer::salesforce::{QueryResult, ReplyError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for result in [
        login(text).map(|result| assert!(!format!("{result:?}").contains("session_id"))),
        server_time(text).map(drop),
        described_fields(text).map(drop),
        query_result::<Account>(text).map(check),
        query_result::<SourceContact>(text).map(check),
    ] {
        let _ = result.map_err(|error| shown(&error, text.len()));
    }
});

fn check<T>(page: QueryResult<T>) {
    assert!(page.records.len() <= 2_000);
}

fn shown(error: &ReplyError, length: usize) {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        chain += &error.to_string();
        cause = error.source();
    }
    // A fault's own words are told whole; of all else there is a line, with what cannot be printed escaped.
    assert!(chain.len() <= length + 8_000, "{} bytes", chain.len());
    assert!(!chain.contains("missing session key"), "{chain}");
}
