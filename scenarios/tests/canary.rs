//! No secret in any output: distinctive ones are given to the importer, everything it says and keeps is searched.
//!
//! Every command runs as a program, with the log at its most talkative, in text and in JSON, with right credentials
//! and with wrong ones, while both sides answer as they do and with faults that repeat secrets. A relay between
//! importer and Salesforce learns which sessions were opened, so that these are looked for too.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::{Arg, CommandFactory};
use importer::cli::Arguments;
use mock_autotask::MockAutotask;
use mock_salesforce::{Effect, FaultRule, MockSalesforce};
use scenarios::rest::{Credentials, Rest, udf_of};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use program::command;

/// The settings that are secret, by their variables, and what the mocks accept.
const SECRETS: [(&str, &str); 4] = [
    ("IMPORTER_SALESFORCE_PASSWORD", "canaryPasswordQ7"),
    ("IMPORTER_SALESFORCE_SECURITY_TOKEN", "canaryTokenX3"),
    ("IMPORTER_AUTOTASK_SECRET", "canarySecretP5"),
    ("IMPORTER_AUTOTASK_INTEGRATION_CODE", "CANARYCODEM9"),
];

/// The same settings, wrong.
const WRONG: [(&str, &str); 4] = [
    ("IMPORTER_SALESFORCE_PASSWORD", "canaryWrongPasswordK2"),
    ("IMPORTER_SALESFORCE_SECURITY_TOKEN", "canaryWrongTokenL4"),
    ("IMPORTER_AUTOTASK_SECRET", "canaryWrongSecretN6"),
    ("IMPORTER_AUTOTASK_INTEGRATION_CODE", "CANARYWRONGCODEV8"),
];

/// A session that a fault repeats.
const REPEATED: &str = "00D000000000001!canaryRepeatedSessionB1";

/// Where the mocks' journals are found.
const JOURNALS: &str = "the mocks' journals";

/// How long a command that does not end by itself may run.
const LONGEST: Duration = Duration::from_mins(1);
const SERVICE: Duration = Duration::from_secs(4);

/// Passes on all bytes, and keeps those that come back.
struct Relay {
    url: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = server.trim_start_matches("http://").to_owned();
        let heard = Arc::<Mutex<Vec<u8>>>::default();
        let hearing = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                tokio::spawn(async move {
                    let mut bytes = vec![0; 64 * 1024];
                    while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
                        // Packed answers could not be searched for sessions.
                        ask_for_plain(&mut bytes[..read]);
                        if to_server.write_all(&bytes[..read]).await.is_err() {
                            break;
                        }
                    }
                    let _ = to_server.shutdown().await;
                });
                let hearing = Arc::clone(&hearing);
                tokio::spawn(async move {
                    let mut bytes = vec![0; 64 * 1024];
                    while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
                        hearing.lock().unwrap().extend_from_slice(&bytes[..read]);
                        if to_client.write_all(&bytes[..read]).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Self { url, heard }
    }

    /// The sessions that were opened through it.
    fn sessions(&self) -> Vec<String> {
        let heard = String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned();
        let mut found = Vec::new();
        for part in heard.split("<sessionId>").skip(1) {
            found.push(part.split("</sessionId>").next().unwrap().to_owned());
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Makes a request one of a client that takes no packed answers.
fn ask_for_plain(request: &mut [u8]) {
    let packed = b"accept-encoding: gzip";
    if let Some(at) = request.windows(packed.len()).position(|part| part == packed) {
        request[at..at + packed.len()].copy_from_slice(b"accept-encoding: none");
    }
}

/// Both mocks, settings without their secrets in a folder, and what was said so far.
struct World {
    salesforce: MockSalesforce,
    autotask: MockAutotask,
    relay: Relay,
    folder: TempDir,
    said: Vec<(String, Vec<u8>)>,
}

impl World {
    async fn begin() -> Self {
        let [password, token, secret, integration_code] =
            SECRETS.map(|(_, value)| value.to_owned());
        let salesforce = MockSalesforce::start(mock_salesforce::Options {
            seed: 4,
            accounts: 8,
            contacts: 16,
            password,
            token,
            ..mock_salesforce::Options::default()
        });
        let autotask = MockAutotask::start(mock_autotask::Options {
            seed: 4,
            companies: 3,
            contacts: 3,
            secret,
            integration_code,
            ..mock_autotask::Options::default()
        });
        let (salesforce, autotask) = (salesforce.await.unwrap(), autotask.await.unwrap());
        let relay = Relay::before(&salesforce.url()).await;
        let folder = tempfile::tempdir().unwrap();
        let toml = format!(
            "[salesforce]\nurl = \"{}/services/Soap/u/64.0\"\nuser = \"integration@example.com\"\n\
             [autotask]\nurl = \"{}\"\nuser = \"api@example.com\"\n\
             [settings]\ndefault_account_manager = \"Autotask Administrator\"\n",
            relay.url,
            autotask.url()
        );
        fs::write(folder.path().join("importer.toml"), toml).unwrap();
        Self { salesforce, autotask, relay, folder, said: Vec::new() }
    }

    async fn run(
        &mut self,
        arguments: &[&str],
        secrets: &[(&str, &str)],
        format: &str,
    ) -> Option<i32> {
        let mut importer = command(&self.folder.path().join("importer.toml"), arguments);
        importer.env("RUST_LOG", "trace").env("IMPORTER_LOG_FORMAT", format);
        importer.envs(secrets.iter().copied());
        self.listen(importer, &arguments.join(" ")).await
    }

    /// Runs a command to its end, or for as long as it may, and keeps what it said.
    #[expect(clippy::disallowed_methods, reason = "a process is on the machine's clock")]
    async fn listen(&mut self, mut importer: Command, what: &str) -> Option<i32> {
        let mut child = importer.spawn().unwrap();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let is_service = ["serve", "console"].iter().any(|name| what.starts_with(name));
        let longest = if is_service { SERVICE } else { LONGEST };
        let (mut said, mut said_aside) = (Vec::new(), Vec::new());
        let code = {
            let reading = async {
                let both = futures_util::join!(
                    out.read_to_end(&mut said),
                    err.read_to_end(&mut said_aside)
                );
                both.0.and(both.1).unwrap();
                child.wait().await.unwrap().code()
            };
            tokio::time::timeout(longest, reading).await.ok().flatten()
        };
        let _ = child.kill().await;
        assert!(is_service || code.is_some(), "{what} does not end");
        self.said.push((format!("stdout of {what}"), said));
        self.said.push((format!("stderr of {what}"), said_aside));
        code
    }

    /// All that was said, and all files beside the settings.
    fn everything(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = self.said.clone();
        files(self.folder.path(), &mut all);
        let journals = format!("{:?} {:?}", self.salesforce.journal(), self.autotask.journal());
        all.push((JOURNALS.to_owned(), journals.into_bytes()));
        all
    }

    /// Where a secret was found.
    fn leaks(&self) -> Vec<String> {
        let mut secrets: Vec<String> =
            SECRETS.iter().chain(&WRONG).map(|(_, value)| (*value).to_owned()).collect();
        secrets.extend(self.relay.sessions());
        secrets.push(REPEATED.to_owned());
        // A part of a session is as good as found, too.
        secrets.push("canaryRepeatedSession".to_owned());
        let mut found = Vec::new();
        for (place, bytes) in self.everything() {
            for secret in &secrets {
                // The journal names the fault that was planted, with its message.
                if place == JOURNALS && secret.contains("canaryRepeatedSession") {
                    continue;
                }
                if contains(&bytes, secret) || contains(&bytes, &base64(secret)) {
                    found.push(format!("{secret} in {place}"));
                }
            }
        }
        found
    }

    async fn account(&self) -> (String, i64) {
        let credentials = Credentials {
            user: "api@example.com".to_owned(),
            secret: SECRETS[2].1.to_owned(),
            integration_code: SECRETS[3].1.to_owned(),
        };
        let rows = Rest::new(&self.autotask.url(), credentials).all("Companies").await.unwrap();
        let linked = rows.iter().find_map(|row| {
            Some((udf_of(row, "Salesforce Company ID")?.to_owned(), scenarios::rest::id_of(row)))
        });
        linked.unwrap()
    }
}

fn files(folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else {
            all.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// What stays the same of a text in Base64 wherever it begins with a group.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks_exact(3) {
        let number = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for shift in [18, 12, 6, 0] {
            out.push(char::from(DIGITS[(number >> shift) as usize & 63]));
        }
    }
    out
}

/// Every command there is, with something for each argument it must have, and with each of its ways to print.
fn commands(account: &str, company: i64) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    collect(&Arguments::command(), &[], account, company, &mut lines);
    // What unmap took apart is made eligible again, whatever the order.
    lines.push(vec!["remap".to_owned(), account.to_owned()]);
    lines
}

fn collect(
    command: &clap::Command,
    above: &[String],
    account: &str,
    company: i64,
    lines: &mut Vec<Vec<String>>,
) {
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let mut line = above.to_vec();
        line.push(command.get_name().to_owned());
        if command.get_subcommands().next().is_some() {
            collect(command, &line, account, company, lines);
            continue;
        }
        let value = |argument: &Arg| match argument.get_id().as_str() {
            "id" | "salesforce_id" => account.to_owned(),
            "autotask_id" => company.to_string(),
            _ => "1".to_owned(),
        };
        line.extend(
            command.get_positionals().filter(|argument| argument.is_required_set()).map(value),
        );
        for flag in ["json", "csv"] {
            if command.get_arguments().any(|argument| argument.get_id().as_str() == flag) {
                let mut line = line.clone();
                line.push(format!("--{flag}"));
                lines.push(line);
            }
        }
        lines.push(line);
    }
}

/// Answers reads of Salesforce with a fault that repeats a session: the next one, or all.
fn repeat_session(salesforce: &MockSalesforce, code: &str, words: &str, times: Option<u32>) {
    for call in ["query", "queryAll"] {
        let message = format!("{words}, missing session key: {REPEATED}");
        let effect = Effect::Fault { code: code.to_owned(), message };
        salesforce.spoil(FaultRule { times, ..FaultRule::next(call, effect) });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_in_anything_the_importer_says_or_keeps() {
    let mut world = World::begin().await;
    assert_eq!(world.run(&["run"], &SECRETS, "text").await, Some(0), "{:?}", world.said);
    let (account, company) = world.account().await;
    for (number, line) in commands(&account, company).iter().enumerate() {
        let line: Vec<_> = line.iter().map(String::as_str).collect();
        world.run(&line, &SECRETS, if number % 2 == 0 { "json" } else { "text" }).await;
    }
    // A session that ends and is repeated by the fault, renewed once and refused for good.
    let ended = "Invalid Session ID found in SessionHeader: Illegal Session";
    repeat_session(&world.salesforce, "INVALID_SESSION_ID", ended, Some(1));
    world.run(&["run"], &SECRETS, "json").await;
    repeat_session(&world.salesforce, "INVALID_SESSION_ID", ended, None);
    assert_eq!(world.run(&["run"], &SECRETS, "text").await, Some(4));
    world.salesforce.heal();
    repeat_session(&world.salesforce, "MALFORMED_QUERY", "An error", None);
    assert_eq!(world.run(&["run"], &SECRETS, "json").await, Some(4));
    world.salesforce.heal();
    for side in 0..2 {
        // One side's credentials at a time, since the first refusal ends a command.
        let mut mixed = SECRETS;
        mixed[2 * side..2 * side + 2].copy_from_slice(&WRONG[2 * side..2 * side + 2]);
        for arguments in [["run"], ["check"], ["plan"]] {
            assert_ne!(world.run(&arguments, &mixed, "text").await, Some(0));
            assert_ne!(world.run(&arguments, &mixed, "json").await, Some(0));
        }
    }

    assert!(world.relay.sessions().len() >= 3, "the sessions are not known, so nothing is proved");
    let logged: usize = world.said.iter().map(|(_, said)| said.len()).sum();
    assert!(logged > 20_000, "hardly anything was said: {logged} bytes");
    assert_eq!(world.leaks(), Vec::<String>::new());
}

/// The same search finds what is leaked on purpose, in each place there is.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_leaked_is_found() {
    let mut world = World::begin().await;
    assert_eq!(world.run(&["run"], &SECRETS, "text").await, Some(0));
    assert_eq!(world.leaks(), Vec::<String>::new());

    let session = world.relay.sessions().pop().unwrap();
    for script in ["printf %s \"$1\"", "printf %s \"$1\" >&2"] {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh", SECRETS[2].1]);
        program::quiet(&mut shell);
        world.listen(shell, "a shell").await;
    }
    let ledger = rusqlite::Connection::open(world.folder.path().join("importer.db")).unwrap();
    ledger.execute("UPDATE run SET failure = ?1", (format!("refused: {session}"),)).unwrap();
    fs::write(world.folder.path().join("report.txt"), format!("Basic {}", base64(SECRETS[0].1)))
        .unwrap();

    let leaks = world.leaks();
    let expected = ["stdout of a shell", "stderr of a shell", "importer.db", "report.txt"];
    for place in expected {
        assert!(leaks.iter().any(|leak| leak.contains(place)), "not found in {place}: {leaks:?}");
    }
}
