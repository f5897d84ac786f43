//! An import that is cut off anywhere is finished by the next: nothing is lost, nothing is there twice (rule R4).
//!
//! Every request of an import is a place to cut: the process ends before it is sent, or after it was answered and
//! before the answer was used; its connection drops before or after it took effect; or it takes effect minutes after
//! its connection dropped. After each cut somebody launches an import, others follow 20 minutes apart, and in the end
//! Autotask has to hold what it holds after an import that nothing disturbed. `INTERRUPTIONS=full` cuts a greater
//! import.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use importer::app::Importer;
use importer::domain::budget::Budget;
use importer::domain::decision::Outcome;
use importer::domain::metadata::Metadata;
use importer::domain::model::{Kind, TargetRecord};
use importer::domain::report::{RunReport, RunState};
use importer::ports::{Change, Find, NewRecord, Target, TargetError};
use importer::progress::Silent;
use jiff::Timestamp;
use mock_autotask::{Effect, FaultRule};
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::rest::udf_of;
use scenarios::stage::{Plan, Stage};

const SEED: u64 = 11;

/// Imports after a cut until everything that can be imported is.
const MOST_IMPORTS: u32 = 4;

fn size() -> Size {
    match std::env::var("INTERRUPTIONS").as_deref() {
        Ok("full") => Size::of(30, 60),
        _ => Size::of(8, 14),
    }
}

/// Where the process ends: before or after its nth call to Autotask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Before(u64),
    After(u64),
}

/// Ends the process at a call, as far as a task can be one.
struct Cutting {
    inner: Arc<dyn Target>,
    cut: Option<Cut>,
    calls: Arc<AtomicU64>,
}

impl Cutting {
    fn begin(&self) -> u64 {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.at(Cut::Before(call));
        call
    }

    fn at(&self, place: Cut) {
        if self.cut == Some(place) {
            resume_unwind(Box::new(place));
        }
    }
}

#[async_trait]
impl Target for Cutting {
    async fn connect(&self) -> Result<String, TargetError> {
        let call = self.begin();
        let answer = self.inner.connect().await;
        self.at(Cut::After(call));
        answer
    }

    async fn metadata(&self) -> Result<Metadata, TargetError> {
        let call = self.begin();
        let answer = self.inner.metadata().await;
        self.at(Cut::After(call));
        answer
    }

    async fn missing_id_fields(&self, create: bool) -> Result<Vec<String>, TargetError> {
        let call = self.begin();
        let answer = self.inner.missing_id_fields(create).await;
        self.at(Cut::After(call));
        answer
    }

    async fn find(&self, kind: Kind, find: &Find) -> Result<Vec<TargetRecord>, TargetError> {
        let call = self.begin();
        let answer = self.inner.find(kind, find).await;
        self.at(Cut::After(call));
        answer
    }

    async fn make_room(&self, requests: u64) -> Result<(), TargetError> {
        self.inner.make_room(requests).await
    }

    fn budget(&self) -> Budget {
        self.inner.budget()
    }

    async fn create(&self, kind: Kind, record: &NewRecord) -> Result<i64, TargetError> {
        let call = self.begin();
        let answer = self.inner.create(kind, record).await;
        self.at(Cut::After(call));
        answer
    }

    async fn update(&self, kind: Kind, change: &Change) -> Result<(), TargetError> {
        let call = self.begin();
        let answer = self.inner.update(kind, change).await;
        self.at(Cut::After(call));
        answer
    }

    fn time(&self) -> Option<Timestamp> {
        self.inner.time()
    }

    fn requests(&self) -> u64 {
        self.inner.requests()
    }
}

/// The mock's view of the clock: what it does later, it does once the clock has got there, and nothing moves for it.
#[derive(Debug)]
struct Patient(Arc<ManualClock>);

#[async_trait]
impl mock_kit::clock::Clock for Patient {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    #[expect(clippy::disallowed_methods, reason = "it waits for another task to move the clock")]
    async fn sleep(&self, pause: Duration) {
        let end = self.now() + pause;
        while self.now() < end {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A stage, its clock, and how often its importer called Autotask.
struct Play {
    stage: Stage,
    clock: Arc<ManualClock>,
    calls: Arc<AtomicU64>,
}

impl Play {
    async fn begin() -> Self {
        let clock = Arc::new(ManualClock::default());
        let plan = Plan { seed: SEED, size: size() };
        let patient = Arc::new(Patient(Arc::clone(&clock)));
        let mut stage = Stage::set(&plan, patient).await.unwrap();
        "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
        Self { stage, clock, calls: Arc::default() }
    }

    /// One import by a new process, which a cut may end.
    async fn import(&self, cut: Option<Cut>) -> Option<RunReport> {
        let clock = Arc::<ManualClock>::clone(&self.clock);
        let mut importer: Importer = self.stage.importer(clock, Arc::new(Silent)).unwrap();
        let calls = Arc::clone(&self.calls);
        calls.store(0, Ordering::SeqCst);
        importer.ports.target = Arc::new(Cutting { inner: importer.ports.target, cut, calls });
        let ended = tokio::spawn(async move { importer.import().await }).await;
        match ended {
            Ok(report) => Some(report.unwrap()),
            Err(error) => {
                assert!(error.into_panic().is::<Cut>(), "the import panicked by itself");
                None
            }
        }
    }

    /// Time passes, and what is due on the mock's side happens.
    #[expect(clippy::disallowed_methods, reason = "the mock's task has to get its turn")]
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    /// Imports until nothing waits for a lost answer any more: somebody launches one a minute after the cut, then
    /// they go on as scheduled.
    async fn go_on(&self) {
        self.pass(Duration::from_mins(1)).await;
        self.import(None).await.unwrap();
        for _ in 0..MOST_IMPORTS {
            self.pass(Duration::from_mins(20)).await;
            let report = self.import(None).await.unwrap();
            assert_eq!(report.state, RunState::Completed, "{report}");
            let nothing_written = [Outcome::Created, Outcome::Linked, Outcome::Updated]
                .into_iter()
                .all(|outcome| report.accounts.of(outcome) + report.contacts.of(outcome) == 0);
            if nothing_written {
                return;
            }
        }
        panic!("the imports after the cut write something each time");
    }

    /// What Autotask holds: each record without its id and its times, companies by name, and how often.
    async fn state(&self) -> BTreeMap<String, u32> {
        let rest = self.stage.rest();
        let mut names = BTreeMap::new();
        let mut state = BTreeMap::new();
        for (entity, field) in
            [("Companies", "Salesforce Company ID"), ("Contacts", "Salesforce Contact ID")]
        {
            for mut row in rest.all(entity).await.unwrap() {
                let id = row.remove("id").unwrap();
                let carried = udf_of(&row, field).unwrap_or_default().to_owned();
                if entity == "Companies" {
                    names.insert(id.to_string(), format!("{} {carried}", row["companyName"]));
                }
                for reference in ["companyID", "parentCompanyID"] {
                    if let Some(company) = row.get_mut(reference)
                        && let Some(name) = names.get(&company.to_string())
                    {
                        *company = name.clone().into();
                    }
                }
                row.retain(|name, _| {
                    let name = name.to_lowercase();
                    !name.contains("date") && !name.contains("location")
                });
                let text = format!("{entity} {carried} {}", serde_json::to_string(&row).unwrap());
                *state.entry(text).or_default() += 1;
            }
        }
        state
    }
}

fn assert_same(expected: &BTreeMap<String, u32>, found: &BTreeMap<String, u32>, what: &str) {
    let missing: Vec<_> = expected.iter().filter(|(row, n)| found.get(*row) != Some(n)).collect();
    let extra: Vec<_> = found.iter().filter(|(row, n)| expected.get(*row) != Some(n)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{what}: missing {missing:#?}, extra {extra:#?}"
    );
}

/// What an undisturbed import leaves, and how many calls it takes.
async fn undisturbed() -> (BTreeMap<String, u32>, u64) {
    let play = Play::begin().await;
    let report = play.import(None).await.unwrap();
    assert_eq!(report.state, RunState::Completed, "{report}");
    let calls = play.calls.load(Ordering::SeqCst);
    play.go_on().await;
    (play.state().await, calls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_cut_off_at_any_call_is_finished_by_the_next() {
    let (expected, calls) = undisturbed().await;
    assert!(calls > 20, "the import is too small to prove anything: {calls} calls");

    for call in 1..=calls {
        for cut in [Cut::Before(call), Cut::After(call)] {
            let play = Play::begin().await;

            let ended = play.import(Some(cut)).await;
            play.go_on().await;

            assert!(ended.is_none(), "{cut:?} was not reached");
            assert_same(&expected, &play.state().await, &format!("{cut:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_answer_is_lost_is_neither_lost_nor_repeated() {
    let (expected, _) = undisturbed().await;
    let five_minutes = 5 * 60 * 1_000;
    let effects = [
        Effect::DropBefore,
        Effect::DropAfter,
        Effect::DropThenApply { milliseconds: five_minutes },
        Effect::Status { status: 502, body: "<h1>Bad Gateway</h1>".to_owned() },
        Effect::Truncate { bytes: 5 },
    ];

    for call in ["POST Companies", "POST Companies/{id}/Contacts", "PATCH Companies"] {
        for effect in &effects {
            for after in 0..3 {
                let play = Play::begin().await;
                play.stage
                    .autotask
                    .spoil(FaultRule { after, ..FaultRule::next(call, effect.clone()) });

                play.import(None).await.unwrap();
                play.go_on().await;

                let what = format!("{effect:?} at {call} number {}", after + 1);
                assert_same(&expected, &play.state().await, &what);
            }
        }
    }
}
