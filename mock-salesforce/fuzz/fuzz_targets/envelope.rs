//! Whatever bytes arrive, the envelope reader answers with a tree within its bounds or with an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mock_salesforce::soap::envelope;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(envelope) = envelope::read(bytes) {
        assert!(!envelope.call.name.is_empty());
    }
});
