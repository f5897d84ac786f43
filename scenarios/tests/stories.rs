//! Tells all stories of `features/` as `scenarios run` does, and fails when one does not hold or is wrong.

use std::io::stdout;
use std::process::ExitCode;

use scenarios::runner::{self, Arguments, Choice};

#[tokio::main]
async fn main() -> ExitCode {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/features").to_owned();
    let arguments = Arguments {
        choice: Choice { paths: vec![folder], ..Choice::default() },
        ..Arguments::default()
    };
    match runner::run(&arguments, &mut stdout()).await {
        Ok(ending) => ExitCode::from(ending.code()),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
