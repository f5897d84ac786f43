//! The importer's process is killed at many moments of an import, and the next one finishes the work (rule R4).
//!
//! What `interruptions` does before and after each request and commit, this does anywhere: in the middle of a commit,
//! of a request, of writing a file. `INTERRUPTIONS=full` kills a hundred times.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use importer::sqlite::Ledger;
use mock_kit::clock;
use scenarios::crash::History;
use scenarios::stage::{Plan, Stage};

use program::command;

/// Imports after a kill. All but the last may have something to finish.
const IMPORTS: u32 = 3;

/// Imports that are killed at the same time, each in a world of its own.
const AT_A_TIME: usize = 4;

/// A stage with a past, at the moment before its second import.
struct Play {
    stage: Stage,
    history: History,
}

impl Play {
    async fn begin() -> Self {
        let mut stage = Stage::set(&Plan::default(), clock::system()).await.unwrap();
        "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
        // A killed process leaves creates that were never sent; nobody has to wait for those here.
        let toml = stage
            .importer_toml()
            .replace("[autotask]\n", "[autotask]\nsettle_seconds = 1\n")
            .replace("[settings]\n", "[settings]\nguard_records = 100000\n");
        fs::write(stage.settings_file(), toml).unwrap();
        let history = History::first(&stage).unwrap();
        let mut play = Self { stage, history };
        play.import().await;
        // Salesforce keeps times to the second.
        pause(Duration::from_millis(1_100)).await;
        play.history.second(&play.stage).await.unwrap();
        play
    }

    /// Runs an import to its end.
    async fn import(&self) {
        let output = command(&self.stage.settings_file(), &["run"]).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Requests that both sides have received.
    fn requests(&self) -> u64 {
        let salesforce: u64 = self.stage.salesforce.calls().values().sum();
        salesforce + self.stage.autotask.calls().values().sum::<u64>()
    }

    /// Runs an import and kills it so long after so many requests; tells whether it was still running.
    async fn kill(&self, requests: u64, then: Duration) -> bool {
        let from = self.requests();
        let mut child = command(&self.stage.settings_file(), &["run"]).spawn().unwrap();
        while self.requests() < from + requests {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            pause(Duration::from_millis(1)).await;
        }
        pause(then).await;
        let runs = child.try_wait().unwrap().is_none();
        child.kill().await.unwrap();
        runs
    }

    async fn end(&self) -> BTreeMap<String, u32> {
        let file = self.stage.settings_file().with_file_name("importer.db");
        self.history.end(&self.stage, &Ledger::open(&file).unwrap()).await.unwrap()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the importer is another process, on the machine's clock"
)]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the importer is on the machine's clock")]
async fn a_killed_import_is_finished_by_the_next() {
    let kills: u64 = match std::env::var("INTERRUPTIONS").as_deref() {
        Ok("full") => 100,
        _ => 6,
    };
    let undisturbed = Play::begin().await;
    let (before, began) = (undisturbed.requests(), Instant::now());
    undisturbed.import().await;
    let requests = undisturbed.requests() - before;
    let gap = began.elapsed() / u32::try_from(requests).unwrap();
    for _ in 1..IMPORTS {
        undisturbed.import().await;
    }
    let expected = undisturbed.end().await;
    drop(undisturbed);

    let tries = (0..3 * kills).map(|tried| {
        // Evenly over the import, and over what lies between two requests.
        let requests = (tried * requests / kills) % requests;
        let then = gap * u32::try_from(tried * 7 % 10).unwrap() / 10;
        killed(&expected, requests, then)
    });
    // An import that ended before it could be killed proves nothing and does not count.
    let killed = stream::iter(tries)
        .buffer_unordered(AT_A_TIME)
        .filter(|was_killed| std::future::ready(*was_killed))
        .take(usize::try_from(kills).unwrap())
        .count()
        .await;
    assert_eq!(u64::try_from(killed).unwrap(), kills, "imports end before they can be killed");
    // Past the test harness, which keeps what is printed of tests that succeed to itself.
    let text = format!("killed {killed} times, over {requests} requests\n");
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// Kills an import then, lets others finish it, and compares what there is. Tells whether it was still running.
async fn killed(expected: &BTreeMap<String, u32>, requests: u64, then: Duration) -> bool {
    let play = Play::begin().await;
    if !play.kill(requests, then).await {
        return false;
    }
    for _ in 0..IMPORTS {
        pause(Duration::from_millis(1_100)).await;
        play.import().await;
    }
    let found = play.end().await;
    let differs: Vec<_> = expected
        .iter()
        .filter(|(row, n)| found.get(*row) != Some(n))
        .chain(found.iter().filter(|(row, n)| expected.get(*row) != Some(n)))
        .collect();
    assert!(differs.is_empty(), "killed after {requests} requests and {then:?}: {differs:#?}");
    true
}
