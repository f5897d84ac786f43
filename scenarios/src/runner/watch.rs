//! `--watch`: tells the stories again whenever one of their files changes.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use importer::causes;
use mock_kit::clock::Clock;

use super::{Arguments, Ending, RunError, once, sources};

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(300);

/// What a file is recognised by.
type Seen = (PathBuf, Option<SystemTime>, u64);

fn look(places: &[String]) -> Vec<Seen> {
    // Files come and go while somebody edits; what cannot be read now is seen when it can.
    let files = sources::files(places).unwrap_or_default();
    let seen = files.into_iter().filter_map(|file| {
        let metadata = file.metadata().ok()?;
        Some((file, metadata.modified().ok(), metadata.len()))
    });
    seen.collect()
}

/// Tells the stories, and again after each change, until Ctrl-C.
pub(super) async fn run(
    arguments: &Arguments,
    out: &mut (dyn Write + Send),
) -> Result<Ending, RunError> {
    let clock = mock_kit::clock::SystemClock;
    let places = &arguments.choice.paths;
    if look(places).is_empty() {
        return Err(RunError::Environment(
            "there is no file to watch: name the files or folders of your stories".to_owned(),
        ));
    }
    // One for all the time: a signal that nobody waits for at that moment would be lost.
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    let mut ending = Ending::Wrong;
    loop {
        let seen = look(places);
        ending = tokio::select! {
            biased;
            _ = &mut stop => return Ok(ending),
            told = told(arguments, out) => told?,
        };
        while look(places) == seen {
            tokio::select! {
                biased;
                _ = &mut stop => return Ok(ending),
                () = clock.sleep(LOOK) => {}
            }
        }
        writeln!(out)?;
    }
}

/// Tells the stories once. A file that went away for a moment ends nothing; an outcome that nobody reads does.
async fn told(arguments: &Arguments, out: &mut (dyn Write + Send)) -> Result<Ending, RunError> {
    let ending = match once(arguments, out).await {
        Ok(ending) => ending,
        Err(error @ RunError::Output(_)) => return Err(error),
        Err(error) => {
            writeln!(out, "{}", causes::in_one_line(&error))?;
            Ending::Environment
        }
    };
    writeln!(out, "watching; Ctrl-C ends")?;
    out.flush()?;
    Ok(ending)
}
