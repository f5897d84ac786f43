//! The settings that people edit, from the command line (rules S1 to S3): the real program against both mocks.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::process::Stdio;

use mock_autotask::Entity;
use mock_kit::clock;
use mock_kit::world::Size;
use scenarios::stage::{Plan, Stage};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;

/// What a command came to.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A stage whose people's settings are left to the ledger, with the file for everything else.
async fn stage() -> Stage {
    let plan = Plan { seed: 11, size: Size::of(6, 9) };
    let mut stage = Stage::set(&plan, clock::system()).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    stage.settings.in_ledger = true;
    fs::write(stage.settings_file(), stage.importer_toml()).unwrap();
    stage
}

async fn importer_with(
    stage: &Stage,
    arguments: &[&str],
    variables: &[(&str, &str)],
    stdin: &str,
) -> Ended {
    let mut child = program::command(&stage.settings_file(), arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // A command that refuses before it reads has closed its end.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let ended = Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    for secret in [&stage.settings.password, &stage.settings.token, &stage.settings.secret] {
        assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{ended:?}");
    }
    ended
}

async fn importer(stage: &Stage, arguments: &[&str]) -> Ended {
    importer_with(stage, arguments, &[], "").await
}

/// Sets all that people set, as they would one by one.
async fn set_up(stage: &Stage) {
    for (name, value) in stage.edited() {
        let ended = if name == "salesforce.password" {
            importer_with(stage, &["settings", "set", name], &[], &format!("{value}\n")).await
        } else {
            importer(stage, &["settings", "set", name, &value]).await
        };
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
    }
}

async fn shown(stage: &Stage, name: &str) -> Json {
    let ended = importer(stage, &["settings", "show", "--json"]).await;
    let all: Json = serde_json::from_str(&ended.stdout).unwrap();
    let entries = all.as_array().unwrap();
    entries.iter().find(|entry| entry["key"] == name).unwrap_or_else(|| panic!("{all}")).clone()
}

fn resource(stage: &Stage, first: &str, extra: &Json) -> i64 {
    let mut record = json!({ "firstName": first, "lastName": "Berg", "email": "berg@example.com" });
    record.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    stage.autotask.records().insert(Entity::Resource, &record).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_in_the_ledger_imports_and_the_password_is_sealed() {
    let stage = stage().await;
    let missing = importer(&stage, &["run"]).await;
    assert_eq!(missing.code, Some(3), "{missing:?}");
    assert!(missing.stderr.contains("importer settings set salesforce.password"), "{missing:?}");
    assert!(missing.stderr.contains("IMPORTER_SALESFORCE_PASSWORD"), "{missing:?}");

    set_up(&stage).await;
    let ran = importer(&stage, &["run"]).await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    let password = shown(&stage, "salesforce.password").await;
    assert_eq!(password["is_set"], true);
    assert_eq!(password["value"], Json::Null);
    assert_eq!(password["origin"]["is"], "ledger");
    let folder = stage.settings_file().parent().unwrap().to_owned();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let content = fs::read(&path).unwrap();
        let secret = stage.settings.token.as_bytes();
        let is_plain = content.windows(secret.len()).any(|part| part == secret);
        assert!(!is_plain, "the password's end stands in {}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_or_exposed_key_file_says_what_to_do_and_setting_the_password_again_helps() {
    let stage = stage().await;
    set_up(&stage).await;
    let key = stage.settings_file().with_file_name("importer.db.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let exposed = importer(&stage, &["run"]).await;
        assert_eq!(exposed.code, Some(3), "{exposed:?}");
        assert!(exposed.stderr.contains("chmod 600"), "{exposed:?}");
    }

    fs::remove_file(&key).unwrap();
    let lost = importer(&stage, &["run"]).await;
    let show = importer(&stage, &["settings", "show"]).await;
    let password = format!("{}{}", stage.settings.password, stage.settings.token);
    let set =
        importer_with(&stage, &["settings", "set", "salesforce.password"], &[], &password).await;
    let ran = importer(&stage, &["run"]).await;

    assert_eq!(lost.code, Some(3), "{lost:?}");
    assert!(lost.stderr.contains("importer.db.key is not there any more"), "{lost:?}");
    assert!(lost.stderr.contains("`importer settings set salesforce.password`"), "{lost:?}");
    assert_eq!(show.code, Some(0), "{show:?}");
    assert!(show.stdout.contains("WRONG"), "{show:?}");
    assert_eq!((set.code, ran.code), (Some(0), Some(0)), "{set:?} {ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_file_or_environment_manage_is_refused_and_shown_as_such() {
    let mut stage = stage().await;
    stage.settings.in_ledger = false;
    fs::write(stage.settings_file(), stage.importer_toml()).unwrap();
    let variable = [("IMPORTER_NOTIFICATIONS_QUIET", "true")];

    let user = importer(&stage, &["settings", "set", "salesforce.user", "x@example.com"]).await;
    let quiet = ["settings", "set", "notifications.quiet", "false"];
    let quiet = importer_with(&stage, &quiet, &variable, "").await;
    let threads = importer(&stage, &["settings", "set", "autotask.threads", "1"]).await;
    let token = importer(&stage, &["settings", "set", "salesforce.security_token"]).await;
    let show = importer_with(&stage, &["settings", "show"], &variable, "").await;

    assert_eq!(user.code, Some(4), "{user:?}");
    assert!(user.stderr.contains("`salesforce.user` is managed in "), "{user:?}");
    assert!(user.stderr.contains("importer.toml, line 6"), "{user:?}");
    assert!(quiet.stderr.contains("IMPORTER_NOTIFICATIONS_QUIET"), "{quiet:?}");
    assert!(
        threads.stderr.contains("importer.toml or as IMPORTER_AUTOTASK_THREADS only"),
        "{threads:?}"
    );
    assert!(token.stderr.contains("has the token at its end"), "{token:?}");
    assert!(show.stdout.contains("importer.toml, line 6)"), "{show:?}");
    assert!(
        show.stdout.contains("the environment variable IMPORTER_NOTIFICATIONS_QUIET"),
        "{show:?}"
    );
    assert_eq!(
        importer(&stage, &["run"]).await.code,
        Some(0),
        "a file with everything works as ever"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_not_saved_and_says_what_would_be_right() {
    let stage = stage().await;
    let gone = resource(&stage, "Ada", &json!({ "isActive": false })).to_string();
    let robot = resource(&stage, "Rob", &json!({ "licenseType": 7 }));
    let robot = robot.to_string();
    let retired = "https://www.salesforce.com/services/Soap/u/12.0";
    for (name, value, expected) in [
        ("salesforce.url", retired, "https://login.salesforce.com/services/Soap/u/64.0"),
        ("salesforce.url", "http://login.salesforce.com/", "is not encrypted"),
        ("active", "perhaps", "must be true or false"),
        ("interval_minutes", "0", "must be a whole number from 1 up"),
        ("default_account_manager", "No Body", "no active Autotask resource"),
        ("default_account_manager", "1", "Autotask has no resource 1"),
        ("default_account_manager", &gone, "Ada Berg, is inactive"),
        ("default_account_manager", &robot, "is an API user"),
        ("notifications.recipients", &gone, "is inactive in Autotask"),
        ("notifications.recipients", "Autotask Administrator, No Body", "is no Autotask resource"),
        ("salesforce.user", "", "cannot be empty"),
    ] {
        let ended = importer(&stage, &["settings", "set", name, value]).await;

        assert_eq!(ended.code, Some(3), "{name} {value}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{name} {value}: {ended:?}");
        let name = if name.contains('.') { name.to_owned() } else { format!("settings.{name}") };
        assert_eq!(shown(&stage, &name).await["origin"]["is"], "default", "{name} {value}");
    }
    let unknown = importer(&stage, &["settings", "set", "colour", "red"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    let argument = importer(&stage, &["settings", "set", "salesforce.password", "hunter2"]).await;
    assert!(argument.stderr.contains("does not belong on the command line"), "{argument:?}");
    assert!(!argument.stderr.contains("hunter2"), "{argument:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_autotask_cannot_be_asked_is_saved_with_a_note() {
    let mut stage = stage().await;
    stage.settings.secret.push('x');
    fs::write(stage.settings_file(), stage.importer_toml()).unwrap();

    let ended = importer(&stage, &["settings", "set", "default_account_manager", "7"]).await;

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("Autotask could not be asked"), "{ended:?}");
    assert_eq!(shown(&stage, "settings.default_account_manager").await["value"], "7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_setting_has_its_default_again() {
    let stage = stage().await;
    importer(&stage, &["settings", "set", "interval_minutes", "5"]).await;
    let set = shown(&stage, "settings.interval_minutes").await;

    let unset = importer(&stage, &["settings", "unset", "interval_minutes"]).await;

    assert_eq!((set["value"].as_str(), set["origin"]["is"].as_str()), (Some("5"), Some("ledger")));
    assert!(unset.stdout.contains("is 20 again"), "{unset:?}");
    assert_eq!(shown(&stage, "settings.interval_minutes").await["value"], "20");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_active_shows_the_first_import_and_needs_a_yes_once() {
    let stage = stage().await;
    set_up(&stage).await;
    let active = ["settings", "set", "active", "true"];

    let alone = importer(&stage, &active).await;
    let before = importer(&stage, &["status"]).await;
    let agreed = importer(&stage, &[&active[..], &["--yes"]].concat()).await;
    let after = importer(&stage, &["status"]).await;
    importer(&stage, &["run"]).await;
    let again = importer(&stage, &active).await;

    assert_eq!(alone.code, Some(4), "{alone:?}");
    assert!(alone.stderr.contains("--yes") && alone.stderr.contains("created"), "{alone:?}");
    assert!(before.stdout.contains("no; `importer settings set active true`"), "{before:?}");
    assert!(before.stdout.contains("Next scheduled import: N/A"), "{before:?}");
    assert_eq!(agreed.code, Some(0), "{agreed:?}");
    assert!(agreed.stderr.contains("cannot be deleted"), "{agreed:?}");
    assert!(after.stdout.contains("Active:                yes"), "{after:?}");
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(!again.stderr.contains("first import"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_fails_keeps_it_inactive() {
    let stage = stage().await;
    set_up(&stage).await;
    importer_with(&stage, &["settings", "set", "salesforce.password"], &[], "wrong").await;

    let active = importer(&stage, &["settings", "set", "active", "true", "--yes"]).await;

    assert_eq!(active.code, Some(4), "{active:?}");
    assert!(active.stderr.contains("security token"), "{active:?}");
    assert_eq!(shown(&stage, "settings.active").await["value"], "false");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_not_active_says_so_at_its_start_and_how_to_change_that() {
    let stage = stage().await;
    set_up(&stage).await;
    let mut child = program::command(&stage.settings_file(), &["serve"]).spawn().unwrap();
    let log = tokio::io::BufReader::new(child.stderr.take().unwrap());

    let first = tokio::io::AsyncBufReadExt::lines(log).next_line().await.unwrap().unwrap();

    assert!(first.contains("not active"), "{first}");
    assert!(first.contains("`importer settings set active true`"), "{first}");
    child.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_offers_the_field_that_the_old_extension_left() {
    let stage = stage().await;
    set_up(&stage).await;
    let old = json!({ "name": "Salesforce Account ID", "udfType": 1, "dataType": 1 });
    stage.autotask.records().insert(Entity::UserDefinedFieldDefinition, &old).unwrap();

    let check = importer(&stage, &["check"]).await;
    let set = ["settings", "set", "company_id_field", "Salesforce Account ID"];
    let set = importer(&stage, &set).await;
    let again = importer(&stage, &["check"]).await;

    assert_eq!(check.code, Some(4), "{check:?}");
    assert!(
        check.stdout.contains("`importer settings set company_id_field \"Salesforce Account ID\"`"),
        "{check:?}"
    );
    assert_eq!((set.code, again.code), (Some(0), Some(0)), "{set:?} {again:?}");
}

/// The credentials of both sides, as variables.
fn variables(stage: &Stage) -> Vec<(&'static str, String)> {
    let toml: std::collections::BTreeMap<_, _> = stage
        .importer_toml()
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect();
    let edited: std::collections::BTreeMap<_, _> = stage.edited().into_iter().collect();
    vec![
        ("IMPORTER_AUTOTASK_URL", toml["url"].clone()),
        ("IMPORTER_AUTOTASK_USER", toml["user"].clone()),
        ("IMPORTER_AUTOTASK_SECRET", toml["secret"].clone()),
        ("IMPORTER_AUTOTASK_INTEGRATION_CODE", toml["integration_code"].clone()),
        ("IMPORTER_SALESFORCE_URL", edited["salesforce.url"].clone()),
        ("IMPORTER_SALESFORCE_USER", edited["salesforce.user"].clone()),
        ("IMPORTER_SALESFORCE_PASSWORD", edited["salesforce.password"].clone()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_writes_a_file_that_check_accepts_once_the_credentials_are_there() {
    let stage = stage().await;
    let there = importer(&stage, &["init"]).await;
    fs::remove_file(stage.settings_file()).unwrap();

    let made = importer(&stage, &["init"]).await;
    let variables = variables(&stage);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let check = importer_with(&stage, &["check"], &variables, "").await;

    assert_eq!(there.code, Some(4), "{there:?}");
    assert!(there.stderr.contains("--force"), "{there:?}");
    assert_eq!(made.code, Some(0), "{made:?}");
    assert_eq!(check.code, Some(0), "{check:?}");
}

/// On a real terminal: `script` provides one where it is installed.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_asks_on_a_terminal_and_shows_no_secret() {
    let stage = stage().await;
    fs::remove_file(stage.settings_file()).unwrap();
    let variables = variables(&stage);
    let value = |name: &str| variables.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let answers = [
        value("IMPORTER_SALESFORCE_URL"),
        value("IMPORTER_SALESFORCE_USER"),
        value("IMPORTER_SALESFORCE_PASSWORD"),
        value("IMPORTER_AUTOTASK_USER"),
        value("IMPORTER_AUTOTASK_SECRET"),
        value("IMPORTER_AUTOTASK_INTEGRATION_CODE"),
        "Autotask Administrator".to_owned(),
    ];
    let command = format!(
        "{} --config {} init",
        program::program().display(),
        stage.settings_file().display()
    );
    let child = tokio::process::Command::new("script")
        .args(["--quiet", "--return", "--echo", "never", "--command", &command, "/dev/null"])
        .env("IMPORTER_AUTOTASK_URL", value("IMPORTER_AUTOTASK_URL"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("not run: `script`, which provides a terminal, is not installed");
        return;
    };
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    // What is typed before a question is asked is thrown away when the echo is switched off.
    let mut screen = Vec::new();
    for answer in &answers {
        let seen = screen.len();
        while !screen[seen..].ends_with(b": ") {
            let mut byte = [0];
            let read = tokio::io::AsyncReadExt::read(&mut output, &mut byte).await.unwrap();
            assert_eq!(read, 1, "{}", String::from_utf8_lossy(&screen));
            screen.push(byte[0]);
        }
        wait_until_it_reads().await;
        input.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
    }
    tokio::io::AsyncReadExt::read_to_end(&mut output, &mut screen).await.unwrap();
    let ended = child.wait().await.unwrap();
    let url = value("IMPORTER_AUTOTASK_URL");
    let check =
        importer_with(&stage, &["check"], &[("IMPORTER_AUTOTASK_URL", url.as_str())], "").await;

    let screen = String::from_utf8_lossy(&screen);
    assert!(ended.success(), "{screen}");
    for secret in [&stage.settings.password, &stage.settings.token, &stage.settings.secret] {
        assert!(!screen.contains(secret.as_str()), "{screen}");
    }
    assert_eq!(check.code, Some(0), "{screen} {check:?}");
}

/// The program switches the echo off right after it has asked.
#[cfg(target_os = "linux")]
#[expect(
    clippy::disallowed_methods,
    reason = "the importer is another process, on the machine's clock"
)]
async fn wait_until_it_reads() {
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
}
