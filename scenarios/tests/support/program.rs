//! The importer as a program of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

/// Where it lies: beside the folder of this test's own.
pub(crate) fn program() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let program = folder.join(format!("importer{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built =
            std::process::Command::new(cargo).args(["build", "-p", "importer"]).status().unwrap();
        assert!(built.success() && program.exists(), "the importer's program cannot be built");
    }
    program
}

/// A command of it with these settings, and nothing of this process's environment that could change it.
pub(crate) fn command(settings: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.arg("--config").arg(settings).args(arguments);
    quiet(&mut command);
    command
}

/// Takes away what could change the importer, and keeps what it says.
pub(crate) fn quiet(command: &mut Command) {
    for name in
        ["RUST_LOG", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"]
    {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
}
