//! The program: its command line, what it prints, what survives when it is killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::Client;

/// A running program. It is killed when dropped.
struct Program {
    child: Child,
    client: Client,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mock-autotask"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.strip_prefix("listening on http://").expect("one line").trim().to_owned();
        let headers = [
            ("ApiIntegrationCode", "MOCKINTEGRATIONCODE"),
            ("UserName", "api@example.com"),
            ("Secret", "mock-secret"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { child, client: Client { address, headers } }
    }

    /// Ends the program without giving it a chance to do anything about it.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn company(name: &str) -> Value {
    json!({ "companyName": name, "companyType": 1, "phone": "1", "ownerResourceID": 4 })
}

#[tokio::test]
async fn the_defaults_are_the_documented_ones() {
    let program = Program::start(&["--listen", "127.0.0.1:0"]);

    assert_eq!(program.client.get("Companies/0").await.ok()["item"]["id"], 0);
    assert_eq!(
        program.client.get("ThresholdInformation").await.ok()["externalRequestThreshold"],
        i32::MAX
    );
}

#[tokio::test]
async fn arguments_are_heeded() {
    let program = Program::start(&[
        "--user",
        "me@example.com",
        "--secret",
        "s3cret",
        "--integration-code",
        "CODE",
        "--seed",
        "7",
        "--companies",
        "16",
        "--contacts",
        "14",
        "--resources",
        "60",
        "--limits",
        "vendor",
    ]);
    let client = program
        .client
        .with("UserName", "me@example.com")
        .with("Secret", "s3cret")
        .with("ApiIntegrationCode", "CODE");

    let state = client.control("GET", "state", &Value::Null).await.ok();

    assert_eq!(
        (&state["companies"], &state["contacts"], &state["resources"]),
        (&json!(17), &json!(14), &json!(60))
    );
    assert_eq!(client.get("ThresholdInformation").await.ok()["externalRequestThreshold"], 10_000);
    assert_eq!(program.client.get("Companies/0").await.status, 401);
}

#[tokio::test]
async fn a_fixture_is_loaded_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fixture.json");
    std::fs::write(&file, r#"{ "companies": [{ "companyName": "Nord" }] }"#).unwrap();

    let program = Program::start(&["--fixture", file.to_str().unwrap()]);

    let filter = json!([{ "op": "eq", "field": "companyName", "value": "Nord" }]);
    assert_eq!(program.client.query("Companies", &filter).await.values("companyName"), ["Nord"]);
    std::fs::write(&file, "7").unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_mock-autotask"))
        .args(["--fixture", file.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.db");
    let file = file.to_str().unwrap();
    let mut program = Program::start(&["--database", file]);
    let mut ids = Vec::new();
    for number in 0..50 {
        ids.push(program.client.post("Companies", &company(&number.to_string())).await.item_id());
    }
    program.kill();

    let mut again = Program::start(&["--database", file, "--companies", "100"]);

    let found =
        again.client.query("Companies", &json!([{ "op": "gt", "field": "id", "value": 0 }])).await;
    assert_eq!(found.values("id"), ids, "nothing is lost, and an old tenant is not filled anew");
    let next = again.client.post("Companies", &company("next")).await.item_id();
    assert!(next > *ids.last().unwrap());
    again.kill();
}

#[tokio::test]
async fn a_file_that_is_no_tenant_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "these are no records, but a text of more than a hundred bytes that somebody wants to keep as it is ".repeat(5)).unwrap();
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1;")
        .unwrap();
    for file in [text, other] {
        let before = std::fs::read(&file).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_mock-autotask"))
            .args(["--database", file.to_str().unwrap()])
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: the "), "{output:?}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}

#[test]
fn help_explains_every_argument() {
    let output = Command::new(env!("CARGO_BIN_EXE_mock-autotask")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for argument in [
        "--listen",
        "--database",
        "--seed",
        "--companies",
        "--contacts",
        "--resources",
        "--user",
        "--secret",
        "--integration-code",
        "--limits",
        "--tls",
    ] {
        assert!(help.contains(argument), "{argument}");
    }
    assert!(help.starts_with("Serve a simulated Autotask"));
}
