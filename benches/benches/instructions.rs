//! How many instructions decoding a page of accounts takes, beside quick-xml reading it and building nothing: a count
//! that does not depend on what else the machine does.
//!
//! ```text
//! cargo bench -p benches --bench instructions    # needs valgrind
//! ```
//!
//! Callgrind counts them in processes of their own, each of which does the work once or several times: the difference
//! is the work without the start of the process.

#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::env;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use benches::baseline::Asked;
use benches::{ACCOUNT_PAGE, Failure, events, query_answer, salesforce};
use importer::domain::model::Account;
use importer::salesforce::query_result;
use tokio::runtime::Runtime;

/// Accounts on the page.
const PAGE: u32 = 2_000;

/// The most instructions decoding may take, in those of reading.
const LIMIT: f64 = 1.5;

/// How often the work is done more than once.
const MORE: u32 = 4;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [work, times, page] if work == "--decode" || work == "--read" => {
            let page = fs::read_to_string(page)?;
            for _ in 0..times.parse()? {
                if work == "--read" {
                    black_box(events(&page)?);
                } else {
                    black_box(query_result::<Account>(&page)?);
                }
            }
            Ok(())
        }
        // `cargo test --benches` asks for a run too, and there is nothing to test here; a baseline has other benches.
        _ if arguments.iter().any(|argument| argument == "--test") => Ok(()),
        _ if Asked::of(env::args()) != Asked::Nothing => Ok(()),
        _ => measure(),
    }
}

fn measure() -> Result<(), Failure> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("instructions: not counted, as there is no valgrind");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("page.xml");
    let answer = Runtime::new()?.block_on(async {
        let salesforce = salesforce(PAGE.into(), 0).await?;
        query_answer(&salesforce, ACCOUNT_PAGE).await
    })?;
    fs::write(&file, answer)?;
    let read = instructions("--read", &file, folder.path())?;
    let decode = instructions("--decode", &file, folder.path())?;
    let ratio = decode / read;
    println!("instructions for an account: reading {read:.0}, decoding {decode:.0}");
    let word = if ratio <= LIMIT { "holds" } else { "does not hold" };
    println!("decoding / reading: {ratio:.2}; at most {LIMIT} {word}");
    Ok(())
}

/// The instructions that some work takes for each account.
fn instructions(work: &str, page: &Path, folder: &Path) -> Result<f64, Failure> {
    let of = |times: u32| -> Result<f64, Failure> {
        let run = Command::new("valgrind")
            .arg("--tool=callgrind")
            .arg(format!("--callgrind-out-file={}", folder.join("callgrind.out").display()))
            .arg(env::current_exe()?)
            .args([work, &times.to_string()])
            .arg(page)
            .output()?;
        let told = String::from_utf8_lossy(&run.stderr);
        let counted = told.lines().find_map(|line| line.split_once("Collected : "));
        match counted {
            Some((_, number)) if run.status.success() => Ok(number.trim().parse()?),
            _ => Err(format!("valgrind: {told}").into()),
        }
    };
    Ok((of(1 + MORE)? - of(1)?) / f64::from(MORE) / f64::from(PAGE))
}
