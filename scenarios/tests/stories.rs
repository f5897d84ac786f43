//! Tells all stories of `features/`, several at a time, and fails when one does not hold or a step is unknown.

use std::io::stdout;
use std::process::ExitCode;

use cucumber::writer::{self, Coloring, Stats};
use cucumber::{World, WriterExt};
use scenarios::story::Story;

/// Stories told at a time: more gain nothing.
const AT_A_TIME: usize = 8;

#[tokio::main]
async fn main() -> ExitCode {
    let writer = writer::Basic::raw(stdout(), Coloring::Never, 0)
        .summarized()
        .normalized()
        .fail_on_skipped();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/features");
    let told = Story::cucumber()
        .max_concurrent_scenarios(AT_A_TIME)
        .with_writer(writer)
        .with_default_cli()
        .run(folder)
        .await;
    if told.passed_steps() == 0 {
        eprintln!("no story was told: is {folder} empty?");
        return ExitCode::FAILURE;
    }
    if told.execution_has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
