//! Whatever JSON stands in a filter, it is refused or becomes a statement that SQLite takes.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mock_autotask::{Entity, MockAutotask, Options, RecordError, Records};

/// The records of a tenant with some companies and a user-defined field named `A`.
static RECORDS: LazyLock<Records> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mock =
        runtime.block_on(MockAutotask::start(Options { companies: 32, ..Options::default() }));
    let records = mock.unwrap().records();
    records.define_udf(Entity::Company, "A").unwrap();
    records
});

fuzz_target!(|text: &str| {
    let Ok(filter) = serde_json::from_str(text) else { return };
    if let Err(RecordError::Database(error)) = RECORDS.find(Entity::Company, &filter, 10) {
        panic!("{error}: {filter}");
    }
});
