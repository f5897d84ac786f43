//! Whatever text arrives, the parser answers with a tree or with an error whose place lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mock_salesforce::soql::parser;

fuzz_target!(|text: &str| {
    if let Err(error) = parser::parse(text) {
        let message = error.explain(text);
        assert!(message.ends_with(&error.message));
    }
});
