//! One whole import over loopback, first and without changes.

use benches::baseline::Asked;
use benches::{autotask, importer, salesforce};
use criterion::{BatchSize, Criterion, Throughput};
use importer::domain::report::RunState;
use tokio::runtime::Runtime;

fn main() {
    // Only the stages are compared.
    if Asked::of(std::env::args()) == Asked::Nothing {
        let mut criterion = Criterion::default().configure_from_args();
        whole_import(&mut criterion);
        criterion.final_summary();
    }
}

fn whole_import(criterion: &mut Criterion) {
    const ACCOUNTS: u64 = 200;
    const CONTACTS: u64 = 600;
    let runtime = Runtime::new().expect("a runtime can be started");
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
