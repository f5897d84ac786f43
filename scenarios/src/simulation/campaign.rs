//! Plays many simulations, several at a time, and makes those that fail small.

use std::fs;
use std::io::{self, Write};
use std::num::NonZero;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use jiff::SignedDuration;
use mock_kit::clock::{Clock, SystemClock};
use serde_json::Value as Json;

use super::draw::Extent;
use super::journal::Book;
use super::play::{Played, play};
use super::script::Script;
use super::shrink::shrink;
use super::world::WorldError;
use crate::crash::processors;

/// Failures after which no more seeds are played.
const MOST_FAILURES: usize = 10;

/// What `scenarios simulate` is told.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Exit codes: 0 all invariants held, 1 some did not, 2 an argument is wrong or a replay file is no \
    simulation, 3 the environment is wrong: a file cannot be read or written."
)]
pub struct Arguments {
    /// The seeds to play, from one up to, but not including, another; or one seed
    #[arg(long, value_name = "A..B", default_value = "0..200", value_parser = seeds)]
    pub seeds: Range<u64>,
    /// How long each goes on, in simulated minutes
    #[arg(long, value_name = "VIRTUAL", default_value_t = 480, value_parser = clap::value_parser!(u64).range(1..))]
    pub minutes: u64,
    /// Accounts in Salesforce at the beginning
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub accounts: u64,
    /// Give the importer a setting that is not its default, for example `autotask.settle_seconds=1`
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, Json)>,
    /// Simulations at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<usize>>,
    /// Play the simulation in this file instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "minutes", "accounts", "set"])]
    pub replay: Option<PathBuf>,
    /// How many smaller simulations are tried to make one that fails small
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub attempts: u32,
    /// Where simulations that fail are written; made if it is not there
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// Write the whole journal of a single simulation
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is no seed"));
    let range = if let Some((from, to)) = text.split_once("..") {
        number(from)?..number(to)?
    } else {
        let seed = number(text)?;
        seed..seed.checked_add(1).ok_or("there is no seed after it")?
    };
    if range.is_empty() { Err("it has no seed".to_owned()) } else { Ok(range) }
}

fn setting(text: &str) -> Result<(String, Json), String> {
    let (name, value) = text.split_once('=').ok_or("it has the form NAME=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((name.to_owned(), value))
}

/// Why simulations could not be played.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// A world did not begin.
    #[error(transparent)]
    World(#[from] WorldError),
    /// Nothing could be printed or written.
    #[error("the report cannot be written")]
    Output(#[from] io::Error),
    /// There is no room for simulations that fail.
    #[error("simulations that fail cannot be written to {place}")]
    Failed {
        /// The folder, or the file in it.
        place: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file to replay cannot be read.
    #[error("{file} cannot be read")]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file to replay is no simulation.
    #[error("{file} is no simulation")]
    NotAScript {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// A whole journal was asked for, of more than one simulation.
    #[error("a journal is kept of one simulation only: name one seed, or a file to replay")]
    OneJournalOnly,
}

impl CampaignError {
    /// Whether the arguments are what is wrong, not the environment.
    pub fn is_usage(&self) -> bool {
        let is_settings = matches!(self, Self::World(WorldError::Settings(_)));
        is_settings || matches!(self, Self::NotAScript { .. } | Self::OneJournalOnly)
    }
}

/// Plays what the arguments name and tells what came of it; whether all invariants held.
pub fn simulate(arguments: &Arguments, out: &mut dyn Write) -> Result<bool, CampaignError> {
    let begun = SystemClock.now();
    let campaign = match &arguments.replay {
        Some(file) => Campaign { scripts: Scripts::One(read(file)?), arguments },
        None => Campaign { scripts: Scripts::Drawn(arguments.seeds.clone()), arguments },
    };
    if arguments.journal.is_some() && campaign.scripts.count() > 1 {
        return Err(CampaignError::OneJournalOnly);
    }
    if arguments.replay.is_none() {
        // Known before hours of play, not after.
        let place = &arguments.folder;
        fs::create_dir_all(place)
            .map_err(|cause| CampaignError::Failed { place: place.clone(), cause })?;
    }
    let told = campaign.play(out)?;
    let took = SystemClock.now().duration_since(begun);
    told.tell(campaign.scripts.count(), took, out)?;
    Ok(told.failed == 0)
}

fn read(file: &Path) -> Result<Script, CampaignError> {
    let bytes =
        fs::read(file).map_err(|cause| CampaignError::Read { file: file.to_owned(), cause })?;
    serde_json::from_slice(&bytes)
        .map_err(|cause| CampaignError::NotAScript { file: file.to_owned(), cause })
}

/// What is to be played.
enum Scripts {
    One(Script),
    Drawn(Range<u64>),
}

impl Scripts {
    fn count(&self) -> u64 {
        match self {
            Self::One(_) => 1,
            Self::Drawn(seeds) => seeds.end - seeds.start,
        }
    }
}

struct Campaign<'a> {
    scripts: Scripts,
    arguments: &'a Arguments,
}

/// What came of a campaign.
#[derive(Debug, Default)]
struct Told {
    played: u64,
    imports: u64,
    minutes: u64,
    failed: usize,
}

impl Told {
    fn tell(&self, meant: u64, took: SignedDuration, out: &mut dyn Write) -> io::Result<()> {
        let hours = self.minutes / 60;
        let held = if self.failed == 0 { "all invariants held" } else { "not all invariants held" };
        writeln!(
            out,
            "{} simulations, {} imports in {hours} simulated hours, {} s: {held}",
            self.played,
            self.imports,
            took.as_secs()
        )?;
        if self.played < meant {
            let left_out = meant - self.played;
            writeln!(out, "left out: {left_out} seeds, after {} failures", self.failed)?;
        }
        Ok(())
    }
}

/// A simulation and what came of it.
type Outcome = (Script, Result<Played, WorldError>);

impl Campaign<'_> {
    fn play(&self, out: &mut dyn Write) -> Result<Told, CampaignError> {
        let jobs = self.arguments.jobs.map_or_else(processors, NonZero::get);
        let (next, enough) = (AtomicU64::new(0), AtomicBool::new(false));
        let mut told = Told::default();
        std::thread::scope(|scope| {
            let (tell, results) = mpsc::sync_channel::<Outcome>(jobs);
            for _ in 0..jobs {
                let tell = tell.clone();
                let (next, enough) = (&next, &enough);
                scope.spawn(move || self.work(next, enough, &tell));
            }
            drop(tell);
            for (script, played) in results {
                let done = played
                    .map_err(Into::into)
                    .and_then(|it| self.note(&script, &it, &mut told, out));
                if done.is_err() || told.failed >= MOST_FAILURES {
                    enough.store(true, Ordering::SeqCst);
                }
                done?;
            }
            Ok(told)
        })
    }

    /// Plays one simulation after another until there are no more.
    fn work(&self, next: &AtomicU64, enough: &AtomicBool, tell: &mpsc::SyncSender<Outcome>) {
        while !enough.load(Ordering::SeqCst) {
            let place = next.fetch_add(1, Ordering::SeqCst);
            let Some(script) = self.script(place) else { return };
            let played = self.book().and_then(|book| play(&script, book));
            // Nobody listens any more once something has gone wrong.
            if tell.send((script, played)).is_err() {
                return;
            }
        }
    }

    /// Where the journal is written down, if it is. Only a single simulation has one.
    fn book(&self) -> Result<Option<Book>, WorldError> {
        let file = self.arguments.journal.as_ref().map(fs::File::create).transpose();
        let book = |file| Box::new(io::BufWriter::new(file)) as Book;
        Ok(file.map_err(WorldError::Journal)?.map(book))
    }

    fn script(&self, place: u64) -> Option<Script> {
        let Arguments { minutes, accounts, .. } = *self.arguments;
        match &self.scripts {
            Scripts::One(script) => (place == 0).then(|| script.clone()),
            Scripts::Drawn(seeds) => {
                let seed = seeds.start.checked_add(place).filter(|seed| *seed < seeds.end)?;
                let mut script = Script::draw(seed, Extent { minutes, accounts });
                script.settings.extend(self.arguments.set.iter().cloned());
                Some(script)
            }
        }
    }

    fn note(
        &self,
        script: &Script,
        played: &Played,
        told: &mut Told,
        out: &mut dyn Write,
    ) -> Result<(), CampaignError> {
        told.played += 1;
        told.imports += played.imports;
        told.minutes += played.minutes;
        let Some(first) = played.violations.first() else { return Ok(()) };
        told.failed += 1;
        writeln!(out, "seed {}:", script.seed)?;
        for violation in &played.violations {
            writeln!(out, "  {violation}")?;
        }
        if self.arguments.replay.is_some() {
            return Ok(());
        }
        let smallest = smallest(script, played, first.invariant, self.arguments.attempts);
        let file = self.arguments.folder.join(format!("simulation-{}.json", script.seed));
        fs::write(&file, serde_json::to_string_pretty(&smallest).unwrap_or_default() + "\n")
            .map_err(|cause| CampaignError::Failed { place: file.clone(), cause })?;
        let steps = (script.steps.len(), smallest.steps.len());
        writeln!(out, "  of its {} steps {} are enough; replay them with", steps.0, steps.1)?;
        writeln!(out, "  scenarios simulate --replay {}", file.display())?;
        Ok(())
    }
}

/// The smallest simulation that was found to break the same invariant.
fn smallest(script: &Script, played: &Played, invariant: &str, attempts: u32) -> Script {
    let mut script = script.clone();
    script.minutes = played.minutes;
    script.steps.retain(|step| step.at < played.minutes * 60_000);
    shrink(&script, attempts, |script| {
        let again = play(script, None);
        again.is_ok_and(|it| it.violations.iter().any(|found| found.invariant == invariant))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_one_or_a_range() {
        assert_eq!(seeds("3..7"), Ok(3..7));
        assert_eq!(seeds("7"), Ok(7..8));
        for wrong in ["", "7..7", "9..7", "a..b", "18446744073709551615"] {
            assert!(seeds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_setting_is_a_number_or_a_text() {
        let parsed =
            |text: &str, value: Json| assert_eq!(setting(text), Ok(("a.b".to_owned(), value)));
        parsed("a.b=1", 1.into());
        parsed("a.b=true", true.into());
        parsed("a.b=recreate", "recreate".into());
        assert!(setting("a.b").is_err());
    }
}
