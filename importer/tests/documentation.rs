//! `docs/OPERATING.md` lists every key of the settings with its variable and default, and every command.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use importer::cli::Arguments;
use importer::config::KEYS;

fn operating() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATING.md");
    fs::read_to_string(file).expect("docs/OPERATING.md is there")
}

#[test]
fn every_key_is_listed_with_its_variable_default_and_purpose() {
    let text = operating();

    for key in KEYS {
        let start = format!("| {} | {} |", key.section, key.name);
        let line = text.lines().find(|line| line.starts_with(&start)).unwrap_or_default();
        assert!(line.contains(&key.variable()), "{start} is not listed with its variable");
        let default = key.default.unwrap_or_default();
        assert!(line.contains(default), "{start} is not listed with its default {default:?}");
    }
}

#[test]
fn every_command_is_listed() {
    let text = operating();

    for command in
        Arguments::command().get_subcommands().filter(|command| command.get_name() != "help")
    {
        let name = command.get_name();
        let listed = text.lines().any(|line| {
            line.starts_with(&format!("| `{name}")) || line.contains(&format!(", `{name} "))
        });
        assert!(listed, "{name} is not listed");
        assert!(command.get_about().is_some(), "{name} has no help");
    }
}
