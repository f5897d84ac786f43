//! An importer from outside: a command that imports once, told in environment variables where both systems are.
//!
//! The contract is `docs/black-box.md`. What it does not promise cannot be asked: a story with a step that needs more is
//! not told, and `why_not` says for what reason.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cucumber::gherkin::Step as ToldStep;
use mock_kit::clock::{Clock, SystemClock};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::JoinHandle;

use super::vocabulary::Step;

/// How long one import may take.
const LONGEST_RUN: Duration = Duration::from_mins(5);

/// How long what was printed is waited for once the importer has ended. Processes it left behind may hold its output.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes of what an importer prints that are kept, the last ones.
const MOST_OUTPUT: usize = 8 * 1024;

/// Variables whose values are shown to nobody.
const SECRET: [&str; 4] = ["PASSWORD", "TOKEN", "SECRET", "PRIVATE_KEY"];

/// The tag of stories that only our own importer can be told.
const OWN_IMPORTER: &str = "own-importer";

/// The steps that any importer can be told: they are about the wire, the exit code and the variables alone.
const TELLABLE: &[&str] = &[
    "a generated world of {int} accounts and {int} contacts",
    "these Salesforce accounts",
    "these Salesforce contacts",
    "there are {int} Salesforce contacts of the account {string}",
    "these Autotask companies",
    "these Autotask contacts",
    "these Autotask resources",
    "these Autotask user-defined fields",
    "the default account manager is {string}",
    "there is no default account manager",
    "the importer is active",
    "the importer is told the Salesforce password {string}",
    "the importer is told the Salesforce token {string}",
    "the importer is told the Autotask secret {string}",
    "the importer signs in by {string}",
    "the importer is told the Salesforce client secret {string}",
    "the importer is told the API version {string}",
    "the setting {string} is {string}",
    "the notification recipients are {string}",
    "all recipients get one e-mail together",
    "the mail server is down",
    "the mail server is up again",
    "the mail server answers {string} to the recipient {string}",
    "Salesforce has switched login() off",
    "Salesforce's clock is {int} minutes ahead",
    "Autotask's clock is {int} minutes ahead",
    "Autotask says that the database lives at {string}",
    "the Salesforce user does not see the field {string} of {word}",
    "the Salesforce user sees the field {string} of {word} again",
    "Autotask answers each change of a {word} that says {string} with HTTP status {int}",
    "the Autotask user may not create a {word}",
    "Autotask is down",
    "Autotask is up again",
    "Salesforce is down",
    "Salesforce is up again",
    "Autotask's secret becomes wrong",
    "Autotask's secret becomes right",
    "Autotask refuses the next change of a {word} with {string}",
    "the answer to the next change of a {word} is lost",
    "a change of the Salesforce account {string} of {int} minutes ago is committed",
    "{int} more Salesforce accounts",
    "the Autotask resource {string} changes",
    "the answer to the create of the {word} {string} is lost",
    "the create of the {word} {string} never reaches Autotask",
    "Autotask refuses to create the {word} {string} with {string}",
    "Salesforce answers the next {word} with the fault {string}",
    "Salesforce answers the next {word} with HTTP status {int}",
    "Salesforce's answer to the next {word} is cut off after {int} bytes",
    "Autotask answers the next query with HTTP status {int}",
    "the importer runs",
    "the importer runs again",
    "a scheduled import runs",
    "the Salesforce account {string} is deleted",
    "the Salesforce contact {string} is deleted",
    "the Salesforce account {string} is restored",
    "the Salesforce account {string} is merged into {string}",
    "the Salesforce contact {string} is merged into {string}",
    "the Salesforce account {string} changes",
    "the Salesforce contact {string} changes",
    "the Autotask company {string} changes",
    "the Autotask contact {string} changes",
    "the Autotask company {string} is deleted",
    "the Autotask contact {string} is deleted",
    "the importer's ledger is lost",
    "the importer is pointed at another Salesforce organization",
    "the importer is pointed at another Autotask database",
    "{int} minutes pass",
    "it is {word}",
    "Autotask holds what the rules ask for",
    "Autotask has these companies",
    "Autotask has these contacts",
    "Autotask has these user-defined fields",
    "Autotask has no companies",
    "Autotask has no contacts",
    "the run is {string}",
    "Autotask receives no write",
    "Autotask receives {int} write(s)",
    "{string} has received {int} e-mail(s)",
];

/// The step that makes imports begin by themselves, so that minutes that pass are runs of the command.
const ACTIVE: &str = "the importer is active";

/// The step that needs a clock that importer and servers share, unless the importer is active.
const TIME: &str = "{int} minutes pass";

/// What steps begin with that ask for an importer's own words.
const OWN_WORDS: [&str; 16] = [
    "the account ",
    "the contact ",
    "the reason ",
    "the report ",
    "the run counts ",
    "the run reads ",
    "the run takes ",
    "the importer refuses ",
    "that is refused",
    "the importer explains ",
    "the answer ",
    "the run warns ",
    "the last e-mail ",
    "the HTML of the last e-mail ",
    "somebody asks ",
    "somebody compares ",
];

/// Why an importer from outside cannot be told a scenario; `None` if it can.
pub(super) fn why_not(tags: &[&String], steps: &[&ToldStep]) -> Option<String> {
    if tags.iter().any(|tag| *tag == OWN_IMPORTER) {
        return Some(format!("as its tag @{OWN_IMPORTER} says"));
    }
    let is_active = steps.iter().any(|step| step.value == ACTIVE);
    let reasons = steps.iter().filter_map(|step| {
        // Unknown steps were refused before.
        let pattern = Step::meant(&step.value)?.pattern;
        if pattern == TIME && !is_active {
            return Some("as it needs a clock that importer and servers share".to_owned());
        }
        if TELLABLE.contains(&pattern) {
            return None;
        }
        if OWN_WORDS.iter().any(|begin| pattern.starts_with(begin)) {
            return Some("as it asks for the importer's own decisions".to_owned());
        }
        Some(format!("as nothing is agreed on for \"{pattern}\""))
    });
    reasons.min()
}

/// The command that imports once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    program: String,
    arguments: Vec<String>,
}

/// Why a command is none, or cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Quotes are open, or there is nothing.
    #[error("--importer {0:?} is no command: a program and its arguments, with quotes closed")]
    Unreadable(String),
    /// The program cannot be started.
    #[error("the importer {0:?} cannot be started")]
    Start(String, #[source] io::Error),
}

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Itself {
        /// The exit code; none if a signal ended it.
        code: Option<i32>,
        /// What it printed last.
        output: String,
    },
    /// It was ended.
    TooLate {
        /// After so long.
        after: Duration,
        /// What it had printed last.
        output: String,
    },
}

impl Command {
    /// A command as a shell would take it apart; nothing else of a shell is there.
    pub fn parse(text: &str) -> Result<Self, CommandError> {
        let mut words = shlex::split(text).unwrap_or_default().into_iter();
        let program = words.next().ok_or_else(|| CommandError::Unreadable(text.to_owned()))?;
        Ok(Self { program: absolute(program), arguments: words.collect() })
    }

    /// Imports once, in a folder that is the story's own.
    pub async fn run(
        &self,
        variables: &[(String, String)],
        folder: &Path,
    ) -> Result<Ended, CommandError> {
        let mut command = tokio::process::Command::new(&self.program);
        // What this shell is set up for may be somebody's production.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("IMPORTER_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(&self.arguments)
            .envs(variables.iter().filter(|(_, value)| !value.is_empty()).cloned())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| CommandError::Start(self.program.clone(), cause))?;
        let tail = Tail::default();
        let readers = [
            child.stdout.take().map(|o| tail.follow(o)),
            child.stderr.take().map(|e| tail.follow(e)),
        ];
        let ended = tokio::select! {
            biased;
            status = child.wait() => {
                Some(status.map_err(|cause| CommandError::Start(self.program.clone(), cause))?)
            }
            () = SystemClock.sleep(LONGEST_RUN) => None,
        };
        if ended.is_none() {
            // It may have ended this very moment.
            let _ = child.kill().await;
        }
        heard_out(readers).await;
        let output = tail.text(variables);
        Ok(match ended {
            Some(status) => Ended::Itself { code: status.code(), output },
            None => Ended::TooLate { after: LONGEST_RUN, output },
        })
    }
}

/// A program named by a path is meant from where the scenarios were started, not from the story's folder.
fn absolute(program: String) -> String {
    if !program.contains(['/', '\\']) {
        return program;
    }
    match std::path::absolute(&program) {
        Ok(path) => path.display().to_string(),
        Err(_) => program,
    }
}

async fn heard_out(readers: [Option<JoinHandle<()>>; 2]) {
    for mut reader in readers.into_iter().flatten() {
        tokio::select! {
            biased;
            _ = &mut reader => {}
            () = SystemClock.sleep(LAST_WORDS) => reader.abort(),
        }
    }
}

/// The end of what is printed.
#[derive(Debug, Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    fn follow(&self, mut output: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<()> {
        let tail = self.clone();
        tokio::spawn(async move {
            let mut bytes = [0; 1024];
            while let Ok(count @ 1..) = output.read(&mut bytes).await {
                let mut kept = tail.0.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&bytes[..count]);
                let surplus = kept.len().saturating_sub(MOST_OUTPUT);
                kept.drain(..surplus);
            }
        })
    }

    /// What is kept, without the secrets among the variables.
    fn text(&self, variables: &[(String, String)]) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from_utf8_lossy(kept.make_contiguous()).into_owned();
        let is_secret = |name: &str| SECRET.iter().any(|secret| name.contains(secret));
        for (_, value) in
            variables.iter().filter(|(name, value)| is_secret(name) && !value.is_empty())
        {
            text = text.replace(value, "***");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tellable_step_is_a_step() {
        for pattern in TELLABLE.iter().chain([&ACTIVE, &TIME]) {
            assert!(
                Step::all().iter().any(|step| step.pattern == *pattern),
                "{pattern:?} is no step any more"
            );
        }
    }

    #[test]
    fn a_command_is_a_program_and_its_arguments() {
        let command = Command::parse("importer --config 'my file.toml' run").unwrap();

        assert_eq!(command.program, "importer");
        assert_eq!(command.arguments, ["--config", "my file.toml", "run"]);
        assert!(Path::new(&Command::parse("./importer").unwrap().program).is_absolute());
        assert!(Command::parse("").is_err());
        assert!(Command::parse("importer 'open").is_err());
    }

    #[test]
    fn secrets_are_not_shown_in_what_was_printed() {
        let tail = Tail::default();
        tail.0.lock().unwrap().extend(b"signing in as ada with s3cret".iter());

        let variables = [("IMPORTER_AUTOTASK_SECRET", "s3cret"), ("IMPORTER_AUTOTASK_USER", "ada")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));

        assert_eq!(tail.text(&variables), "signing in as ada with ***");
    }
}
