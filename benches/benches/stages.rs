//! What each stage of an import costs, for 2,000 accounts: decode, map, match, decide, encode, commit, a page of the
//! console; and what the mocks
//! spend on understanding a query.
//!
//! ```text
//! cargo bench -p benches -- --compare    # beside benches/baseline.json
//! cargo bench -p benches -- --save       # makes that file anew
//! ```
//!
//! Machines differ, so a baseline holds ratios: the time of each stage to that of quick-xml reading the page of accounts
//! and building nothing, measured in the same run.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use benches::baseline::{Asked, report};
use benches::console::Opened;
use benches::{ACCOUNT_PAGE, Failure, autotask, events, importer, query_answer, salesforce};
use criterion::{BatchSize, Criterion};
use importer::autotask::new_record;
use importer::domain::decision::{decide, patch_for_link};
use importer::domain::draft::Draft;
use importer::domain::ids::CompanyId;
use importer::domain::keys::{CompanyKey, KeyDigest};
use importer::domain::mapping::{Mapper, MappingSettings};
use importer::domain::matching::{CompanyCandidate, CompanyEvidence, Verdict, identify_company};
use importer::domain::metadata::Metadata;
use importer::domain::model::{Account, Kind, UdfValue, Values};
use importer::domain::policy::Policies;
use importer::ports::NewRecord;
use importer::salesforce::query_result;
use importer::sqlite::{Entry, Ledger};
use jiff::Timestamp;
use mock_kit::world::{Size, World};
use tokio::runtime::Runtime;

const PAGE: u64 = 2_000;

/// What all ratios are to.
const REFERENCE: &str = "quick-xml reads the page";

/// What the stages work on.
struct Material {
    page: String,
    accounts: Vec<Account>,
    metadata: Metadata,
}

impl Material {
    fn gather() -> Result<Self, Failure> {
        Runtime::new()?.block_on(async {
            let salesforce = salesforce(PAGE, 0).await?;
            let autotask = autotask(1, 1).await?;
            let folder = tempfile::tempdir()?;
            let importer = importer(&salesforce, &autotask, folder.path())?;
            importer.ports.target.connect().await?;
            let metadata = importer.ports.target.metadata().await?;
            let page = query_answer(&salesforce, ACCOUNT_PAGE).await?;
            let accounts = query_result::<Account>(&page)?.records;
            assert_eq!(accounts.len() as u64, PAGE, "the page is full");
            Ok(Self { page, accounts, metadata })
        })
    }

    fn drafts(&self) -> Vec<Draft> {
        let settings = MappingSettings::default();
        let mapper = Mapper::new(&self.metadata, &settings);
        self.accounts.iter().map(|account| mapper.map_account(account, None)).collect()
    }
}

fn main() -> Result<(), Failure> {
    // `cargo test --benches` asks for a run too; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let asked = Asked::of(std::env::args());
    let folder = tempfile::tempdir()?;
    let criterion = Criterion::default();
    let mut criterion = match asked {
        Asked::Nothing => criterion.configure_from_args(),
        Asked::Compare | Asked::Save => criterion
            .output_directory(folder.path())
            .without_plots()
            .measurement_time(Duration::from_secs(2)),
    };
    let material = Material::gather()?;
    decoding(&mut criterion, &material);
    mapping(&mut criterion, &material);
    matching(&mut criterion);
    deciding(&mut criterion, &material);
    encoding(&mut criterion, &material);
    committing(&mut criterion, &material);
    rendering(&mut criterion)?;
    understanding(&mut criterion);
    criterion.final_summary();
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.json");
    report(asked, folder.path(), &baseline, REFERENCE)
}

fn decoding(criterion: &mut Criterion, material: &Material) {
    let page = &material.page;
    criterion.bench_function(REFERENCE, |bencher| {
        bencher.iter(|| events(page).expect("the page is well-formed"));
    });
    criterion.bench_function("decode", |bencher| {
        bencher.iter(|| query_result::<Account>(page).expect("the page can be decoded"));
    });
}

fn mapping(criterion: &mut Criterion, material: &Material) {
    criterion.bench_function("map", |bencher| bencher.iter(|| material.drafts()));
}

fn matching(criterion: &mut Criterion) {
    let world = World::new(benches::SEED, Size::of(PAGE, 0));
    let accounts: Vec<_> = world.accounts().collect();
    let id = "001000000000001AAA".parse().expect("an id");
    let candidate = CompanyCandidate { company: CompanyId(1), holds: UdfValue::Empty };
    let evidence = CompanyEvidence { same_key: vec![candidate], ..CompanyEvidence::default() };
    criterion.bench_function("match", |bencher| {
        bencher.iter(|| {
            for account in &accounts {
                let street = account.street.as_deref().unwrap_or_default();
                let line = street.lines().next().unwrap_or_default();
                let city = account.city.as_deref().unwrap_or_default();
                let state = account.state.as_deref().unwrap_or_default();
                black_box(CompanyKey::new(&account.name, line, city, state).digest());
                black_box(identify_company(black_box(id), black_box(&evidence)));
            }
        });
    });
}

fn deciding(criterion: &mut Criterion, material: &Material) {
    let drafts = material.drafts();
    let (live, policies) = (Values::new(), Policies::default());
    criterion.bench_function("decide", |bencher| {
        bencher.iter(|| {
            for draft in &drafts {
                let verdict = Verdict::Same(CompanyId(1));
                black_box(decide(Kind::Company, &verdict, draft, None));
                black_box(patch_for_link(Kind::Company, draft, &live, &policies));
            }
        });
    });
}

fn encoding(criterion: &mut Criterion, material: &Material) {
    let record = |(account, draft): (&Account, &Draft)| NewRecord {
        company: None,
        salesforce_id: account.id,
        fields: draft
            .fields
            .iter()
            .filter_map(|(field, mapped)| Some((*field, mapped.for_create()?.clone())))
            .collect(),
    };
    let drafts = material.drafts();
    let records: Vec<_> = material.accounts.iter().zip(&drafts).map(record).collect();
    criterion.bench_function("encode", |bencher| {
        bencher.iter(|| {
            for record in &records {
                black_box(new_record(Kind::Company, "Salesforce Company ID", record).to_string());
            }
        });
    });
}

/// Spools a page of decisions, as an import does before it writes anything, in one transaction.
fn committing(criterion: &mut Criterion, material: &Material) {
    let drafts = material.drafts();
    let decisions: Vec<_> = drafts
        .iter()
        .map(|draft| decide(Kind::Company, &Verdict::<CompanyId>::New, draft, None))
        .collect();
    criterion.bench_function("commit", |bencher| {
        bencher.iter_batched(
            || {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let file: PathBuf = folder.path().join("importer.db");
                (Ledger::open(&file).expect("a ledger"), folder)
            },
            |(ledger, folder)| {
                let spooled = ledger.write(|tx| {
                    let run = tx.begin_run(Timestamp::UNIX_EPOCH)?;
                    for ((account, draft), decision) in
                        material.accounts.iter().zip(&drafts).zip(&decisions)
                    {
                        let entry = Entry {
                            id: account.id,
                            decision,
                            target: None,
                            account: None,
                            belongs_to: None,
                            parent: None,
                            duplicate_of: None,
                            claims: true,
                            name: KeyDigest(1),
                            key: KeyDigest(1),
                            draft,
                        };
                        tx.spool(run, Kind::Company, &entry, None)?;
                    }
                    Ok(())
                });
                spooled.expect("the ledger works");
                (ledger, folder)
            },
            BatchSize::PerIteration,
        );
    });
}

/// The console's page of a run with its first hundred records, asked for over HTTP by somebody who is signed in.
fn rendering(criterion: &mut Criterion) -> Result<(), Failure> {
    let runtime = Runtime::new()?;
    let opened = runtime.block_on(Opened::at(PAGE, 50, 10))?;
    criterion.bench_function("render a run's page", |bencher| {
        bencher.iter(|| runtime.block_on(opened.browser.get("/runs/1")).expect("the page comes"));
    });
    runtime.block_on(opened.close())
}

/// What the mocks do before they look at a record: so often as it takes to see it beside the stages.
fn understanding(criterion: &mut Criterion) {
    criterion.bench_function("mock-salesforce parses SOQL 2,000 times", |bencher| {
        bencher.iter(|| {
            for _ in 0..PAGE {
                black_box(mock_salesforce::soql::parser::parse(black_box(ACCOUNT_PAGE)).is_ok());
            }
        });
    });
    let ids: Vec<u32> = (0..500).collect();
    let filter = serde_json::json!([{ "op": "in", "field": "id", "value": ids }]);
    criterion.bench_function("mock-autotask reads filters of 500 ids 2,000 times", |bencher| {
        bencher.iter(|| {
            for _ in 0..PAGE {
                black_box(mock_autotask::filter::read(black_box(&filter)).is_ok());
            }
        });
    });
}
