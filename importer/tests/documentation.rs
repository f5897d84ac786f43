//! `docs/OPERATING.md` lists every key of the settings with its variable and default, and every command; the help is
//! whole.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use importer::cli::Arguments;
use importer::config::KEYS;

fn operating() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATING.md");
    fs::read_to_string(file).expect("docs/OPERATING.md is there")
}

fn commands() -> Vec<clap::Command> {
    let commands = Arguments::command().get_subcommands().cloned().collect::<Vec<_>>();
    commands.into_iter().filter(|command| command.get_name() != "help").collect()
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

    for command in commands() {
        let name = command.get_name();
        let listed = text.lines().any(|line| {
            line.starts_with(&format!("| `{name}")) || line.contains(&format!(", `{name} "))
        });
        assert!(listed, "{name} is not listed");
        assert!(command.get_about().is_some(), "{name} has no help");
    }
}

/// Commands that have nothing to tell, or a script or a page of their own form.
const WITHOUT_JSON: [&str; 3] = ["serve", "completions", "man"];

#[test]
fn every_command_has_examples_and_answers_programs_too() {
    for command in commands() {
        let name = command.get_name();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let example = format!("  importer {name}");
        assert!(help.contains("Examples:") && help.contains(&example), "{name} shows no example");
        let takes_json = |command: &clap::Command| {
            command.get_arguments().any(|argument| argument.get_id() == "json")
        };
        // Where a command has commands of its own, these answer.
        let answers = if command.has_subcommands() {
            command.get_subcommands().filter(|one| one.get_name() != "help").all(takes_json)
        } else {
            takes_json(&command)
        };
        assert!(answers || WITHOUT_JSON.contains(&name), "{name} has no --json");
    }
}

/// Compares a help text with the file that holds it. `REWRITE_GOLDEN=1 cargo test -p importer --test documentation`
/// rewrites the file; the difference is to be read before it is committed.
fn assert_golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("REWRITE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().expect("the file is in a folder")).expect("a folder");
        fs::write(&file, text).expect("the golden file can be written");
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(golden, text, "{} is out of date: REWRITE_GOLDEN=1 rewrites it", file.display());
}

#[test]
fn the_help_is_as_it_was_read_last() {
    let help = Arguments::command().term_width(100).render_long_help();

    assert_golden("help.txt", &help.to_string());
}
