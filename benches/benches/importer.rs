//! The importer's own cost: decoding a page of accounts, matching, and one whole import over loopback.
//!
//! Decoding is compared with quick-xml reading the same bytes and building nothing; the ratio of the two is what
//! counts, as machines differ.

use std::hint::black_box;

use benches::{ACCOUNT_PAGE, Failure, autotask, importer, query_answer, salesforce};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use importer::domain::keys::CompanyKey;
use importer::domain::matching::{CompanyCandidate, CompanyEvidence, identify_company};
use importer::domain::model::{Account, UdfValue};
use importer::domain::report::RunState;
use importer::salesforce::query_result;
use mock_kit::world::{Size, World};
use quick_xml::Reader;
use quick_xml::events::Event;
use tokio::runtime::Runtime;

const PAGE: u64 = 2_000;

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime can be started")
}

/// A page of accounts with the importer's fields, as the mock answers it.
fn account_page() -> Result<String, Failure> {
    runtime().block_on(async {
        let salesforce = salesforce(PAGE, 0).await?;
        query_answer(&salesforce, ACCOUNT_PAGE).await
    })
}

fn decoding(criterion: &mut Criterion) {
    let page = account_page().expect("the mock answers a query");
    let records = query_result::<Account>(&page).expect("the page can be decoded").records.len();
    assert_eq!(records as u64, PAGE, "the page is full");
    let mut group = criterion.benchmark_group("decode 2,000 accounts");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("events only", |bencher| {
        bencher.iter(|| {
            let mut reader = Reader::from_str(&page);
            let mut events = 0_u64;
            loop {
                match reader.read_event().expect("the page is well-formed") {
                    Event::Eof => break events,
                    event => {
                        black_box(event);
                        events += 1;
                    }
                }
            }
        });
    });
    group.bench_function("accounts", |bencher| {
        bencher.iter(|| query_result::<Account>(&page).expect("the page can be decoded"));
    });
    group.finish();
}

fn matching(criterion: &mut Criterion) {
    let world = World::new(benches::SEED, Size::of(PAGE, 0));
    let accounts: Vec<_> = world.accounts().collect();
    let mut group = criterion.benchmark_group("match 2,000 accounts");
    group.throughput(Throughput::Elements(PAGE));
    group.bench_function("keys", |bencher| {
        bencher.iter(|| {
            let key = |account: &mock_kit::world::Account| {
                let street = account.street.as_deref().unwrap_or_default();
                let line = street.lines().next().unwrap_or_default();
                let city = account.city.as_deref().unwrap_or_default();
                let state = account.state.as_deref().unwrap_or_default();
                CompanyKey::new(&account.name, line, city, state).digest()
            };
            accounts.iter().map(key).fold(0, |sum, digest| sum ^ digest.0)
        });
    });
    let id = "001000000000001AAA".parse().expect("an id");
    let candidate =
        CompanyCandidate { company: importer::domain::ids::CompanyId(1), holds: UdfValue::Empty };
    let evidence = CompanyEvidence { same_key: vec![candidate], ..CompanyEvidence::default() };
    group.bench_function("verdicts", |bencher| {
        bencher.iter(|| {
            for _ in 0..PAGE {
                black_box(identify_company(black_box(id), black_box(&evidence)));
            }
        });
    });
    group.finish();
}

fn whole_import(criterion: &mut Criterion) {
    const ACCOUNTS: u64 = 200;
    const CONTACTS: u64 = 600;
    let runtime = runtime();
    let salesforce = runtime.block_on(salesforce(ACCOUNTS, CONTACTS)).expect("a Salesforce");
    let mut group = criterion.benchmark_group("import 200 accounts and 600 contacts");
    group.throughput(Throughput::Elements(ACCOUNTS + CONTACTS));
    group.sample_size(10);
    group.bench_function("first import", |bencher| {
        bencher.iter_batched(
            || {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let autotask = runtime.block_on(autotask(60, 150)).expect("an Autotask");
                let importer =
                    importer(&salesforce, &autotask, folder.path()).expect("an importer");
                (folder, autotask, importer)
            },
            |(folder, autotask, importer)| {
                let report = runtime.block_on(importer.import()).expect("the ledger works");
                assert_eq!(report.state, RunState::Completed, "{report}");
                (folder, autotask, importer)
            },
            BatchSize::PerIteration,
        );
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let autotask = runtime.block_on(autotask(60, 150)).expect("an Autotask");
    let importer = importer(&salesforce, &autotask, folder.path()).expect("an importer");
    runtime.block_on(importer.import()).expect("the ledger works");
    group.bench_function("import without changes", |bencher| {
        bencher.iter(|| runtime.block_on(importer.import()).expect("the ledger works"));
    });
    group.finish();
}

criterion_group!(benches, decoding, matching, whole_import);
criterion_main!(benches);
