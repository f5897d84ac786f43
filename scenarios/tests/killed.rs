//! The importer's process is killed at many moments of an import, and the next one finishes the work (rule R4).
//!
//! What `interruptions` does between two calls, this does anywhere: in the middle of a commit, of a request, of
//! writing a file. `INTERRUPTIONS=full` kills a hundred times.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use mock_kit::clock;
use mock_kit::world::Size;
use scenarios::rest::udf_of;
use scenarios::stage::{Plan, Stage};

const SEED: u64 = 21;

/// The importer as a program. It lies beside the folder of this test's own.
fn program() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let program = folder.join(format!("importer{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo).args(["build", "-p", "importer"]).status().unwrap();
        assert!(built.success() && program.exists(), "the importer's program cannot be built");
    }
    program
}

async fn stage() -> Stage {
    let plan = Plan { seed: SEED, size: Size::of(20, 40) };
    let mut stage = Stage::set(&plan, clock::system()).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    // A killed process leaves creates that were never sent; nobody has to wait for those here.
    let toml = stage
        .importer_toml()
        .replace("[autotask]\n", "[autotask]\nsettle_seconds = 1\n")
        .replace("[settings]\n", "[settings]\nguard_records = 100000\n");
    fs::write(stage.settings_file(), toml).unwrap();
    stage
}

/// Runs an import, and kills it after this long.
#[expect(
    clippy::disallowed_methods,
    reason = "the importer is another process, on the machine's clock"
)]
async fn import(stage: &Stage, kill_after: Option<Duration>) -> Option<ExitStatus> {
    let mut child = tokio::process::Command::new(program())
        .arg("--config")
        .arg(stage.settings_file())
        .arg("run")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let Some(kill_after) = kill_after else { return Some(child.wait().await.unwrap()) };
    if let Ok(ended) = tokio::time::timeout(kill_after, child.wait()).await {
        return Some(ended.unwrap());
    }
    child.kill().await.unwrap();
    None
}

/// How often each Salesforce id is carried, on companies and contacts.
async fn carried(stage: &Stage) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (entity, field) in
        [("Companies", "Salesforce Company ID"), ("Contacts", "Salesforce Contact ID")]
    {
        let rows = stage.rest().all(entity).await.unwrap();
        let mut ids: Vec<_> = rows.iter().filter_map(|row| udf_of(row, field)).collect();
        ids.sort_unstable();
        found.extend(ids.chunk_by(|a, b| a == b).map(|same| (same[0].to_owned(), same.len())));
        found.push((format!("{entity} in all"), rows.len()));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::disallowed_methods,
    reason = "the importer is another process, on the machine's clock"
)]
async fn a_killed_import_is_finished_by_the_next() {
    let kills = match std::env::var("INTERRUPTIONS").as_deref() {
        Ok("full") => 100,
        _ => 8,
    };
    let undisturbed = stage().await;
    let began = std::time::Instant::now();
    assert!(import(&undisturbed, None).await.unwrap().success());
    let whole = began.elapsed();
    let expected = carried(&undisturbed).await;
    drop(undisturbed);

    let mut killed = 0;
    for kill in 0..kills {
        let stage = stage().await;
        let ended = import(&stage, Some(whole * (2 * kill + 1) / (2 * kills))).await;
        killed += u32::from(ended.is_none());
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(1_100)).await;
            assert!(import(&stage, None).await.unwrap().success(), "after kill {kill} of {kills}");
        }
        assert_eq!(carried(&stage).await, expected, "after kill {kill} of {kills}");
    }
    assert!(
        killed * 2 > kills,
        "most imports ended before they could be killed: {killed} of {kills}"
    );
}
