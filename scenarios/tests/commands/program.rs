//! The program itself: each command's answer in JSON, exit codes, what it does beside a running import.

use std::path::PathBuf;
use std::process::{Command, Output};

use mock_kit::clock;
use mock_kit::world::Size;
use scenarios::stage::{Plan, Stage};
use serde_json::Value as Json;

use super::{binary, companies_carrying, stranger};

/// A stage that other processes can use.
async fn stage(size: Size) -> (Stage, Program) {
    let mut stage = Stage::set(&Plan { seed: 4, size }, clock::system()).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    std::fs::write(stage.settings_file(), stage.importer_toml()).unwrap();
    let program = Program { settings: stage.settings_file() };
    (stage, program)
}

struct Program {
    settings: PathBuf,
}

impl Program {
    async fn run(&self, arguments: &str) -> Output {
        let arguments: Vec<_> = arguments.split(' ').collect();
        binary::command(&self.settings, &arguments).output().await.unwrap()
    }

    async fn code(&self, arguments: &str) -> (i32, String) {
        let output = self.run(arguments).await;
        let errors = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), errors)
    }

    async fn json(&self, arguments: &str) -> Json {
        let output = self.run(arguments).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {errors}");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments}: {error}"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_answers_in_json_and_wrong_questions_in_words() {
    let (stage, program) = stage(Size::of(20, 30)).await;
    let (before, _) = program.code("status").await;
    assert_eq!(before, 0, "there is no import yet");

    let plan = program.json("plan --json").await;
    let run = program.run("run --json").await;
    let run: Json = serde_json::from_slice(&run.stdout).unwrap();
    let number = run["run"].as_i64().unwrap();
    let shown = program.json(&format!("show {number} --json")).await;
    let records = shown["records"].as_array().unwrap();
    let created = records
        .iter()
        .find(|record| record["outcome"] == "created" && record["kind"] == "company")
        .unwrap();
    let id = created["salesforce_id"].as_str().unwrap();
    let company = created["autotask_id"].as_i64().unwrap();

    assert_eq!(plan["records"].as_array().unwrap().len(), records.len());
    assert!(plan["effort"]["requests"].as_u64().unwrap() > 0);
    let status = program.json("status --json").await;
    assert_eq!(status["last_import"]["run"], number);
    assert_eq!(status["running"], Json::Null);
    assert_eq!(program.json("runs --json").await[0]["id"], number);
    let overwritten = program.json(&format!("show {number} --overwritten --json")).await;
    assert!(
        overwritten["overwritten"].as_array().unwrap().iter().all(|one| one["was"] != Json::Null)
    );
    assert_eq!(program.json(&format!("explain {id} --json")).await["live"]["state"], "there");
    assert_eq!(
        program.json("rebind --json").await["known"]["database"].as_str().map(str::is_empty),
        Some(false)
    );
    assert_eq!(program.json(&format!("unmap company:{company} --json")).await["salesforce_id"], id);
    assert_eq!(program.json(&format!("remap {id} --json")).await["kind"], "company");
    assert_eq!(program.json(&format!("forget {id} --json")).await["decisions"], 1);
    let free = stranger(&stage).await;
    assert_eq!(program.json(&format!("link {id} {free} --json")).await["autotask_id"], free);

    let again = program.code(&format!("unmap {id}")).await;
    assert!(again.0 == 4 && again.1.contains("is linked to no Autotask company"), "{again:?}");
    let mistyped = program.code(&format!("explain {}", id.to_lowercase())).await;
    assert!(mistyped.0 == 2 && mistyped.1.contains("mistyped"), "{mistyped:?}");
    let no_run = program.code("approve 999").await;
    assert!(no_run.0 == 4 && no_run.1.contains("importer runs"), "{no_run:?}");
    assert!(companies_carrying(&stage, id.parse().unwrap()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_is_rebound_only_with_somebodys_consent() {
    let (mut stage, program) = stage(Size::of(5, 5)).await;
    program.json("run --json").await;
    stage.replace_autotask(clock::system()).await.unwrap();
    std::fs::write(stage.settings_file(), stage.importer_toml()).unwrap();

    let import = program.code("run").await;
    let alone = program.code("rebind").await;
    let still = program.code("run").await;
    let rebound = program.json("rebind --yes --json").await;

    assert_eq!((import.0, still.0), (4, 4), "{import:?}");
    assert!(alone.0 == 4 && alone.1.contains("--yes") && alone.1.contains("links"), "{alone:?}");
    assert!(rebound["dropped"]["links"].as_u64().unwrap() > 0, "{rebound}");
    assert_eq!(super::writes(&stage), 0);
    assert!(program.run("run").await.status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_progress_of_an_import_is_seen_from_another_process() {
    let (_stage, program) = stage(Size::of(300, 600)).await;
    let mut import = binary::command(&program.settings, &["run"]).spawn().unwrap();

    let mut seen = Json::Null;
    while import.try_wait().unwrap().is_none() {
        let status = program.json("status --json").await;
        let requests = &status["running"]["progress"]["requests"]["autotask"];
        if requests.as_u64().is_some_and(|requests| requests > 0) {
            seen = status;
        }
    }
    let after = program.json("status --json").await;

    assert_eq!(seen["running"]["run"], 1, "{seen}");
    assert!(seen["running"]["progress"]["phase"].is_string(), "{seen}");
    assert!(seen["running"]["progress"]["requests"]["autotask"].as_u64().unwrap() > 0, "{seen}");
    assert_eq!(after["running"], Json::Null);
    assert_eq!(after["last_import"]["run"], 1);
}

#[test]
fn completions_and_manual_pages_need_no_settings() {
    let folder = tempfile::tempdir().unwrap();
    let program = binary::program();
    let run = |arguments: &[&str]| {
        Command::new(&program).args(arguments).current_dir(folder.path()).output().unwrap()
    };

    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        let text = String::from_utf8(script.stdout).unwrap();
        assert!(script.status.success() && text.contains("overwritten"), "{shell}");
    }
    assert!(run(&["man", "--dir", "pages"]).status.success());
    let page =
        |name: &str| std::fs::read_to_string(folder.path().join("pages").join(name)).unwrap();
    assert!(page("importer.1").contains("explain"));
    assert!(page("importer-explain.1").contains("offline"));
    assert!(String::from_utf8(run(&["man"]).stdout).unwrap().contains(".TH importer 1"));
}
