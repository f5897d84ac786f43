//! The imports that are measured, each against mocks of its own size.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use importer::domain::report::RunState;
use importer::ports::Clock;
use importer::system_clock::SystemClock;
use mock_autotask::{Entity, Limits, MockAutotask};
use mock_kit::clock;
use mock_kit::world::Size;
use mock_salesforce::{MockSalesforce, generated_account_id, generated_contact_id};
use serde::Serialize;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::bare::{self, Bare};
use super::ledger::Bytes;
use super::part::{self, Part};
use super::reference::Reference;
use super::wiretap::{Request, Tapped, Traffic, Wiretap};
use crate::{Failure, settings};

/// Imports without changes; the first of them finds what the first import wrote last.
const IDLE: u32 = 6;

/// Requests at a time to one kind of record, for the importer and for hyper alone.
const CONNECTIONS: usize = 2;

/// Of so many records one changes.
const CHANGED: usize = 100;

/// Imports after a kill until nothing is left to do, at the most.
const RESUMES: u32 = 5;

/// How long it is between two imports, on both vendors' clocks.
const INTERVAL: u32 = 20 * 60;

/// Requests of a first import are taken down up to so many bytes, which is more than 400,000 creates have.
const TAKEN_DOWN: u64 = 1 << 30;

/// How often a killed import is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// A first import and those after it without changes.
pub(super) struct First {
    pub(super) size: Size,
    pub(super) import: Part,
    pub(super) idle: Vec<Part>,
    pub(super) ledger: Bytes,
    pub(super) companies: u64,
    pub(super) contacts: u64,
    pub(super) writes: u64,
    /// Calls of the first import by kind, as the mocks counted them.
    pub(super) calls: BTreeMap<String, u64>,
    /// Bytes of the first import to and from each mock.
    pub(super) traffic: [Traffic; 2],
    /// The same creates by hyper alone, where they were few enough to be taken down.
    pub(super) bare: Option<Bare>,
}

/// Pages of Salesforce that an import reads although nothing changed: one of accounts and one of contacts.
const QUESTIONS: u64 = 2;

/// How a killed import was finished.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Resumed {
    /// Records written when it was killed.
    pub(super) written_before: u64,
    /// Imports until nothing was left.
    pub(super) imports: u32,
    /// Pages of Salesforce read by the import that was killed, and by the one after it beyond those that tell it that
    /// nothing changed since.
    pub(super) pages: (u64, u64),
    /// The same for pages of Autotask's records and looks at them.
    pub(super) autotask_pages: (u64, u64),
    /// Records there are beyond those of an import that was not killed.
    pub(super) twice: i64,
    /// Writes beyond those of an import that was not killed.
    pub(super) more_writes: i64,
    /// How long the imports after the kill took.
    pub(super) seconds: f64,
}

/// Both mocks, a ledger, and what was measured with them.
pub(super) struct Passes {
    pub(super) first: First,
    /// Of the last account whose creates were taken down.
    pub(super) reference: Option<Reference>,
    stage: Stage,
}

struct Stage {
    salesforce: Arc<MockSalesforce>,
    autotask: MockAutotask,
    folder: TempDir,
    /// To Salesforce and to Autotask.
    taps: [Wiretap; 2],
}

impl Stage {
    async fn set(
        size: Size,
        limits: &Limits,
        salesforce: Option<Arc<MockSalesforce>>,
    ) -> Result<Self, Failure> {
        let taps = [Wiretap::keeping(0), Wiretap::keeping(TAKEN_DOWN)];
        let tapped = async |tap: &Wiretap| -> Result<Tapped, Failure> {
            Ok(Tapped { inner: TcpListener::bind("127.0.0.1:0").await?, tap: tap.clone() })
        };
        let salesforce = if let Some(there) = salesforce {
            there
        } else {
            let options = crate::salesforce_options(size.accounts, size.contacts);
            let listener = tapped(&taps[0]).await?;
            Arc::new(MockSalesforce::start_on(listener, clock::system(), options)?)
        };
        let options = mock_autotask::Options {
            limits: limits.clone(),
            ..crate::autotask_options(size.companies, size.persons)
        };
        let autotask = MockAutotask::start_on(tapped(&taps[1]).await?, clock::system(), options)?;
        let stage = Self { salesforce, autotask, folder: tempfile::tempdir()?, taps };
        let autotask = format!("settle_seconds = 1\nthreads = {CONNECTIONS}\n");
        let text = settings(&stage.salesforce, &stage.autotask, &autotask, "");
        fs::write(stage.config(), text)?;
        Ok(stage)
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("importer.db")
    }

    /// All calls so far by kind.
    fn all_calls(&self) -> BTreeMap<String, u64> {
        let salesforce = self.salesforce.calls().into_iter();
        let salesforce = salesforce.map(|(call, count)| (format!("Salesforce {call}"), count));
        let autotask = self.autotask.calls().into_iter();
        salesforce
            .chain(autotask.map(|(call, count)| (format!("Autotask {call}"), count)))
            .collect()
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("importer.toml")
    }

    /// Companies and contacts in Autotask.
    fn records(&self) -> Result<(u64, u64), Failure> {
        let records = self.autotask.records();
        Ok((records.count(Entity::Company)?, records.count(Entity::Contact)?))
    }

    fn calls(&self, counts: impl Fn(&str) -> bool) -> u64 {
        let calls = self.autotask.calls();
        calls.iter().filter(|(call, _)| counts(call)).map(|(_, count)| count).sum()
    }

    /// Writes of companies and contacts that Autotask received.
    fn writes(&self) -> u64 {
        self.calls(|call| is_write(call) && (call.contains("Compan") || call.contains("Contact")))
    }

    fn reads(&self) -> u64 {
        self.calls(|call| call.contains("query"))
    }

    fn pages(&self) -> u64 {
        let calls = self.salesforce.calls();
        let pages = ["query", "queryMore", "queryAll"].map(|call| calls.get(call).copied());
        pages.into_iter().flatten().sum()
    }

    /// Those of all records, or of all that changed, since a call of the journal. Records that waited are read by their
    /// ids, which is not reading them again.
    fn pages_since(&self, last: u64) -> u64 {
        let journal = self.salesforce.journal();
        let pages = journal.iter().filter(|entry| {
            let is_page = matches!(&*entry.call, "query" | "queryAll" | "queryMore");
            entry.number > last && is_page && !entry.about.contains("WHERE Id IN")
        });
        pages.count() as u64
    }

    /// Lets the time to the next import pass, for both vendors.
    fn wait(&self) {
        self.salesforce.advance_clock(INTERVAL);
        self.autotask.advance_clock(INTERVAL);
    }

    async fn import(&self, times: u32) -> Result<Vec<Part>, Failure> {
        let parts = part::import(&self.config(), times).await?;
        for part in &parts {
            let report = &part.report;
            if !matches!(report.state, RunState::Completed | RunState::CompletedWithErrors) {
                return Err(format!("an import did not come to its end\n{report}").into());
            }
        }
        Ok(parts)
    }
}

fn is_write(call: &str) -> bool {
    !call.contains("query") && ["POST ", "PATCH ", "PUT "].iter().any(|verb| call.starts_with(verb))
}

/// Sends the first import's creates to an Autotask as it was before, by hyper alone.
async fn send_bare(size: Size, limits: &Limits, creates: &[Request]) -> Result<Bare, Failure> {
    let options = mock_autotask::Options {
        limits: limits.clone(),
        ..crate::autotask_options(size.companies, size.persons)
    };
    let autotask = MockAutotask::start(options).await?;
    crate::define_id_fields(&autotask)?;
    let url = autotask.url();
    bare::send(url.trim_start_matches("http://"), creates, CONNECTIONS).await
}

impl Passes {
    /// Imports for the first time, and then without changes; sends the same creates by hyper alone.
    pub(super) async fn first_and_idle(size: Size, limits: &Limits) -> Result<Self, Failure> {
        let stage = Stage::set(size, limits, None).await?;
        let import = stage.import(1).await?.remove(0);
        let traffic = [stage.taps[0].traffic(), stage.taps[1].traffic()];
        let (writes, calls) = (stage.writes(), stage.all_calls());
        let (companies, contacts) = stage.records()?;
        let ledger = Bytes::of(&stage.ledger())?;
        let creates = stage.taps[1].creates();
        stage.taps[1].stop();
        stage.wait();
        let idle = stage.import(IDLE).await?;
        let (mut bare, mut reference) = (None, None);
        if let Some(creates) = creates {
            bare = Some(send_bare(size, limits, &creates).await?);
            let requests = (&*creates, CONNECTIONS);
            reference =
                Some(Reference::measure(&stage.salesforce, &stage.ledger(), requests).await?);
        }
        let first =
            First { size, import, idle, ledger, companies, contacts, writes, calls, traffic, bare };
        Ok(Self { first, reference, stage })
    }

    /// Ends the mocks; what was measured remains.
    pub(super) fn ended(self) -> (First, Option<Reference>) {
        (self.first, self.reference)
    }

    /// Imports after one record in a hundred changed.
    pub(super) async fn changed(&self) -> Result<Part, Failure> {
        let Size { accounts, contacts, .. } = self.first.size;
        let org = self.stage.salesforce.org();
        for index in (0..accounts).step_by(CHANGED) {
            org.update(&generated_account_id(index), &json!({ "Phone": format!("+1 {index}") }))?;
        }
        for index in (0..contacts).step_by(CHANGED) {
            org.update(&generated_contact_id(index), &json!({ "Title": format!("No. {index}") }))?;
        }
        self.stage.wait();
        Ok(self.stage.import(1).await?.remove(0))
    }

    /// Kills an import once half of its records are written, and imports until nothing is left to do.
    pub(super) async fn killed_and_resumed(&self, limits: &Limits) -> Result<Resumed, Failure> {
        let size = self.first.size;
        let stage = Stage::set(size, limits, Some(Arc::clone(&self.stage.salesforce))).await?;
        stage.taps[1].stop();
        let total = |(companies, contacts): (u64, u64)| companies + contacts;
        let whole = self.first.companies + self.first.contacts;
        let pages = stage.pages();
        let mut child = part::spawn(&stage.config(), 1)?;
        // Calls are counted as they come; counting records would keep the mock from its work.
        while stage.writes() < self.first.writes / 2 {
            SystemClock.sleep(LOOK).await;
            if let Some(status) = child.try_wait()? {
                return Err(format!("the import ended with {status} before it was killed").into());
            }
        }
        child.kill().await?;
        let last = stage.salesforce.journal().last().map_or(0, |entry| entry.number);
        let written_before = stage.writes();
        let killed = (stage.pages() - pages, stage.reads());
        let (mut imports, mut took, mut read_again) = (0, 0.0, None);
        loop {
            SystemClock.sleep(Duration::from_millis(1_500)).await;
            took += stage.import(1).await?.remove(0).seconds;
            imports += 1;
            let again = stage.pages_since(last).saturating_sub(QUESTIONS);
            read_again.get_or_insert((again, stage.reads() - killed.1));
            if total(stage.records()?) >= whole || imports == RESUMES {
                break;
            }
        }
        let read_again = read_again.unwrap_or_default();
        Ok(Resumed {
            written_before,
            imports,
            pages: (killed.0, read_again.0),
            autotask_pages: (killed.1, read_again.1),
            twice: total(stage.records()?).cast_signed() - whole.cast_signed(),
            more_writes: stage.writes().cast_signed() - self.first.writes.cast_signed(),
            seconds: took,
        })
    }
}
