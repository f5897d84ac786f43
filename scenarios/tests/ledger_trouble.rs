//! What can be wrong with the ledger: each ends an import with a message that says what to do, and once the trouble
//! is over, the next import goes on as if nothing had been.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

#[path = "support/program.rs"]
mod program;

use std::fs::{self, File, Permissions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use mock_autotask::{Effect, FaultRule};
use mock_kit::clock;
use mock_kit::world::Size;
use rusqlite::Connection;
use scenarios::rest::udf_of;
use scenarios::stage::{Plan, Stage};
use tokio::process::Command;

use program::{command, quiet};

/// Exit codes, as `docs/OPERATING.md` has them.
const COMPLETED: Option<i32> = Some(0);
const FAILED: Option<i32> = Some(4);
const RUNNING: Option<i32> = Some(5);

/// The user that nobody is.
const NOBODY: u32 = 65_534;

/// Its exit code, and all it said on stderr.
fn ended(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

struct Trouble {
    stage: Stage,
    ledger: PathBuf,
}

impl Trouble {
    async fn begin() -> Self {
        let plan = Plan { seed: 8, size: Size::of(8, 16) };
        let mut stage = Stage::set(&plan, clock::system()).await.unwrap();
        "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
        let ledger = stage.settings_file().with_file_name("importer.db");
        let trouble = Self { stage, ledger };
        trouble.settings("importer.db");
        trouble
    }

    /// Writes the settings, with the ledger in this file.
    fn settings(&self, ledger: &str) {
        // A create that was cut off was never sent; nobody has to wait for it here.
        let toml = self
            .stage
            .importer_toml()
            .replace("[autotask]\n", "[autotask]\nsettle_seconds = 1\n")
            .replace("\"importer.db\"", &format!("{ledger:?}"));
        fs::write(self.stage.settings_file(), toml).unwrap();
    }

    async fn import(&self) -> (Option<i32>, String) {
        ended(&command(&self.stage.settings_file(), &["run"]).output().await.unwrap())
    }

    #[track_caller]
    fn assert_fails(ended: (Option<i32>, String), words: &str) {
        let (code, said) = ended;
        assert_eq!(code, FAILED, "{said}");
        // Lines of progress may come before.
        let last = said.lines().last().unwrap_or_default();
        assert!(last.starts_with("error: ") && last.contains(words), "{said}");
    }

    /// Imports until all is done, and compares with what an importer does that nothing troubled.
    async fn assert_goes_on(&self) {
        let untroubled = Self::begin().await;
        for trouble in [self, &untroubled] {
            for _ in 0..2 {
                let (code, said) = trouble.import().await;
                assert_eq!(code, COMPLETED, "{said}");
                pause(1_100).await;
            }
        }
        assert_eq!(self.carried().await, untroubled.carried().await);
    }

    /// How often each Salesforce id is carried, and how many records there are.
    async fn carried(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (entity, field) in
            [("Companies", "Salesforce Company ID"), ("Contacts", "Salesforce Contact ID")]
        {
            let rows = self.stage.rest().all(entity).await.unwrap();
            found.push(format!("{} {entity}", rows.len()));
            found.extend(rows.iter().filter_map(|row| udf_of(row, field)).map(str::to_owned));
        }
        found.sort();
        found
    }
}

#[expect(clippy::disallowed_methods, reason = "the importer is a process on the machine's clock")]
async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_folder_is_named() {
    let trouble = Trouble::begin().await;
    trouble.settings("not/there/importer.db");

    Trouble::assert_fails(trouble.import().await, "not/there: make it, or name another file");

    fs::create_dir_all(trouble.ledger.with_file_name("not").join("there")).unwrap();
    trouble.assert_goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_ledger_is_left_as_it_is() {
    let trouble = Trouble::begin().await;
    let letter = "Dear Sir or Madam,\n".repeat(500);
    fs::write(&trouble.ledger, &letter).unwrap();

    Trouble::assert_fails(trouble.import().await, "the file is no ledger: name another one");

    assert_eq!(fs::read_to_string(&trouble.ledger).unwrap(), letter);
    trouble.settings("another.db");
    trouble.assert_goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_ledger_can_be_put_back_or_moved_away() {
    let trouble = Trouble::begin().await;
    assert_eq!(trouble.import().await.0, COMPLETED);
    let backup = fs::read(&trouble.ledger).unwrap();
    let mut file = File::options().read(true).write(true).open(&trouble.ledger).unwrap();
    file.seek(SeekFrom::Start(4_096)).unwrap();
    file.write_all(&vec![0xa5; backup.len() - 4_096]).unwrap();
    drop(file);

    Trouble::assert_fails(trouble.import().await, "the ledger is damaged: put it back");

    fs::write(&trouble.ledger, &backup).unwrap();
    trouble.assert_goes_on().await;
    fs::remove_file(&trouble.ledger).unwrap();
    trouble.assert_goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_of_a_newer_version_is_not_touched() {
    let trouble = Trouble::begin().await;
    assert_eq!(trouble.import().await.0, COMPLETED);
    let version = |new: Option<i64>| {
        let ledger = Connection::open(&trouble.ledger).unwrap();
        let known: i64 = ledger.query_row("PRAGMA user_version", (), |row| row.get(0)).unwrap();
        ledger.pragma_update(None, "user_version", new.unwrap_or(known)).unwrap();
        known
    };
    let known = version(Some(99));
    let before = fs::read(&trouble.ledger).unwrap();

    let ended = trouble.import().await;

    Trouble::assert_fails(ended, "a newer version of the importer wrote this ledger (format 99)");
    assert_eq!(fs::read(&trouble.ledger).unwrap(), before);
    version(Some(known));
    trouble.assert_goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_beside_another_is_refused_with_the_others_number() {
    let trouble = Trouble::begin().await;
    let slow = Effect::Delay { milliseconds: 4_000 };
    trouble.stage.autotask.spoil(FaultRule::next("QUERY Companies/query", slow));
    let mut first = command(&trouble.stage.settings_file(), &["run"]).spawn().unwrap();
    while !trouble.stage.autotask.calls().keys().any(|call| call.contains("entityInformation")) {
        pause(10).await;
    }

    let (code, said) = trouble.import().await;

    assert_eq!(code, RUNNING, "{said}");
    assert!(said.contains("another import is running: run 1"), "{said}");
    assert_eq!(first.wait().await.unwrap().code(), COMPLETED);
    trouble.assert_goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_that_keeps_the_file_locked_is_told_of() {
    let trouble = Trouble::begin().await;
    assert_eq!(trouble.import().await.0, COMPLETED);
    let other = Connection::open(&trouble.ledger).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    Trouble::assert_fails(trouble.import().await, "another program has the ledger's file locked");

    drop(other);
    trouble.assert_goes_on().await;
}

/// Whether file modes mean nothing to this user.
fn is_root(folder: &Path) -> bool {
    let file = folder.join("closed");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    let opens = File::open(&file).is_ok();
    fs::remove_file(&file).unwrap();
    opens
}

/// An importer that runs as somebody to whom file modes mean something.
struct Mortal {
    program: PathBuf,
    is_nobody: bool,
    folder: tempfile::TempDir,
}

impl Mortal {
    /// Gives the importer's folder to whoever it will run as.
    fn own(trouble: &Trouble) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let is_nobody = is_root(folder.path());
        let program = folder.path().join("importer");
        fs::copy(program::program(), &program).unwrap();
        if is_nobody {
            for open in [folder.path(), &program] {
                fs::set_permissions(open, Permissions::from_mode(0o755)).unwrap();
            }
            let home = trouble.ledger.parent().unwrap();
            let files = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
            for path in files.chain([home.to_owned()]) {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        Self { program, is_nobody, folder }
    }

    async fn import(&self, trouble: &Trouble) -> (Option<i32>, String) {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(trouble.stage.settings_file()).arg("run");
        quiet(&mut command);
        command.current_dir(self.folder.path());
        if self.is_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        ended(&command.output().await.unwrap())
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_read_only_is_said_to_be() {
    let trouble = Trouble::begin().await;
    let mortal = Mortal::own(&trouble);
    assert_eq!(mortal.import(&trouble).await.0, COMPLETED);
    mode(&trouble.ledger, 0o444);

    let ended = mortal.import(&trouble).await;

    Trouble::assert_fails(
        ended,
        "the ledger cannot be written: the user that the importer runs as",
    );
    // SQLite gives the files it makes beside the ledger the ledger's own mode.
    for entry in fs::read_dir(trouble.ledger.parent().unwrap()).unwrap() {
        mode(&entry.unwrap().path(), 0o644);
    }
    assert_eq!(mortal.import(&trouble).await.0, COMPLETED);
    trouble.assert_goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_read_only_is_said_to_be() {
    let trouble = Trouble::begin().await;
    let mortal = Mortal::own(&trouble);
    let folder = trouble.ledger.parent().unwrap();
    mode(folder, 0o555);

    let before = mortal.import(&trouble).await;
    mode(folder, 0o755);
    assert_eq!(mortal.import(&trouble).await.0, COMPLETED);
    mode(folder, 0o555);
    let after = mortal.import(&trouble).await;
    mode(folder, 0o755);

    Trouble::assert_fails(before, "to make files in its folder");
    let (code, said) = after;
    assert_eq!(code, FAILED, "{said}");
    assert!(said.contains("its folder"), "{said}");
    trouble.assert_goes_on().await;
}

/// Creates that Autotask carried out.
fn creates(stage: &Stage) -> u64 {
    let calls = stage.autotask.calls();
    ["POST Companies", "POST Companies/{id}/Contacts"]
        .iter()
        .filter_map(|call| calls.get(*call))
        .sum()
}

/// A limit on the size of files stops the ledger's growth wherever it is; each time a little later.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_the_size_of_files_is_told_of_and_the_next_import_goes_on() {
    let trouble = Trouble::begin().await;
    let (mut failed, mut midway) = (0, 0);
    for blocks in (8..).step_by(40) {
        let mut shell = Command::new("sh");
        // The signal that comes with the limit would kill; ignored, the write fails as on a full disk.
        shell.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", &blocks.to_string()]);
        shell.arg(program::program()).arg("--config").arg(trouble.stage.settings_file()).arg("run");
        quiet(&mut shell);
        let (code, said) = ended(&shell.output().await.unwrap());
        if code == COMPLETED {
            break;
        }
        failed += 1;
        midway += u32::from(creates(&trouble.stage) > 0);
        Trouble::assert_fails((code, said), "limits on the size of files");
    }

    assert!(failed > 2 && midway > 0, "{failed} imports failed, {midway} of them midway");
    pause(1_100).await;
    trouble.assert_goes_on().await;
}

/// A disk of its own that is full, and then is not: the importer sees what it sees on a real one.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_of_and_the_next_import_goes_on() {
    let trouble = Trouble::begin().await;
    trouble.settings("disk/importer.db");
    let disk = trouble.ledger.with_file_name("disk");
    fs::create_dir(&disk).unwrap();
    // What only root may: a file system for these commands alone, which grows after the first import.
    let script = "mount -t tmpfs -o size=$3 importer \"$1\" || exit 99
        \"$0\" --config \"$2\" run; first=$?
        mount -o remount,size=64m \"$1\"
        sleep 1.1; \"$0\" --config \"$2\" run; second=$?
        cp \"$1\"/importer.db \"$1\".kept; exit $((10 * first + second))";
    let mut midway = 0;
    for size in ["40k", "160k", "320k", "480k"] {
        let before = creates(&trouble.stage);
        let mut shell = Command::new("unshare");
        shell.args(["--mount", "sh", "-c", script]).arg(program::program()).arg(&disk);
        shell.arg(trouble.stage.settings_file()).arg(size);
        quiet(&mut shell);
        let Ok(output) = shell.output().await else { return left_out() };
        let (code, said) = ended(&output);
        if code.is_none_or(|code| code == 99 || code == 1) {
            return left_out();
        }
        midway += u64::from(code == Some(40) && creates(&trouble.stage) > before);
        if code == Some(40) {
            assert!(
                said.contains("there is no room for the ledger: make some on its disk"),
                "{said}"
            );
        } else {
            assert_eq!(code, COMPLETED, "{size}: {said}");
        }
        // The next disk begins without a ledger: the user-defined fields tell what belongs together.
    }
    assert!(midway > 0, "no disk was full midway");
    fs::rename(disk.with_extension("kept"), disk.join("importer.db")).unwrap();
    trouble.assert_goes_on().await;
}

fn left_out() {
    let text = "a full disk: left out, as this user may not mount a small one\n";
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

#[test]
fn the_ledger_is_kept_in_wal_mode() {
    // What a test of durability can see from outside: the journal mode is in the file, the pages reach the disk by
    // `synchronous`, which is each connection's own and is looked at in the ledger's unit tests.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("importer.db");
    drop(importer::sqlite::Ledger::open(&file).unwrap());
    let mut header = [0; 20];
    File::open(&file).unwrap().read_exact(&mut header).unwrap();

    assert_eq!(header[18..20], [2, 2], "read and write versions of a file in WAL mode");
}
