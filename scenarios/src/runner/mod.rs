//! `scenarios run`: finds stories, sees that they make sense, tells those that are meant, and says what came of it.
//!
//! `sources` finds them, `lines`, `tables` and `mistakes` look at their words, `selection` chooses, `telling` hands them to the `cucumber`
//! crate, `record` keeps what happened; `console` and `html` show it. `proofs` knows which
//! rules the built-in stories prove, `interruptions` which of them interrupt something. With `--importer` any program is told the stories that
//! [`black_box`] can tell it.

mod arguments;
pub mod black_box;
mod console;
mod html;
pub(crate) mod interruptions;
mod junit;
mod lines;
mod mistakes;
mod proofs;
mod record;
mod selection;
mod sources;
mod tables;
mod telling;
mod vocabulary;
mod watch;

use std::io::{self, Write};
use std::path::PathBuf;

use cucumber::gherkin::Feature;

pub use arguments::{Arguments, Choice};
pub use mistakes::Mistake;
pub use proofs::{rules, with_proofs};
pub use vocabulary::{Step, page, renewed};

pub(crate) use console::last_requests;
pub(crate) use record::panic_words;
pub(crate) use selection::{Single, singles};
pub(crate) use telling::Panics;

use console::Style;
use record::{Told, Verdict};

/// What came of it, each with the exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All stories held.
    Held,
    /// Some did not.
    Failed,
    /// A story or an argument is wrong, none is meant, or all were left out.
    Wrong,
    /// This machine, a file or the program of an importer does not do what is needed.
    Environment,
}

impl Ending {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Failed => 1,
            Self::Wrong => 2,
            Self::Environment => 3,
        }
    }
}

/// Why stories could not be told.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A path cannot be read.
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// There are no built-in stories of that name.
    #[error("there are no stories called {path}; the built-in ones are {known}")]
    NoSuchStories {
        /// The name.
        path: String,
        /// The names there are.
        known: String,
    },
    /// A report cannot be written.
    #[error("the report {} cannot be written", .path.display())]
    Report {
        /// Where it was to be.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The HTML report cannot be made.
    #[error("the HTML report cannot be made")]
    Html(#[from] askama::Error),
    /// The command of an importer is no command.
    #[error(transparent)]
    Command(#[from] black_box::CommandError),
    /// The terminal, or what stands in its place, takes no more.
    #[error("nobody reads the outcome")]
    Output(#[from] io::Error),
    /// Mocks or importers could not be started.
    #[error("{0}")]
    Environment(String),
}

impl RunError {
    /// Whether the arguments are what is wrong, not the environment.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NoSuchStories { .. } | Self::Command(black_box::CommandError::Unreadable(_))
        )
    }
}

/// The file of a feature as it was named.
fn path_of(feature: &Feature) -> String {
    feature.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
}

/// Does what the arguments say, again and again with `--watch`.
pub async fn run(arguments: &Arguments, out: &mut (dyn Write + Send)) -> Result<Ending, RunError> {
    if arguments.watch {
        return watch::run(arguments, out).await;
    }
    once(arguments, out).await
}

async fn once(arguments: &Arguments, out: &mut (dyn Write + Send)) -> Result<Ending, RunError> {
    let Some(mut features) = meant(&arguments.choice, out)? else { return Ok(Ending::Wrong) };
    if arguments.list {
        console::list(&features, out)?;
        return Ok(Ending::Held);
    }
    selection::put_in_order(&mut features, arguments);
    tell(features, arguments, out).await
}

/// The features with the stories that are meant; `None` if a story is wrong or none is meant, which is said.
pub(crate) fn meant(
    choice: &Choice,
    out: &mut dyn Write,
) -> Result<Option<Vec<Feature>>, RunError> {
    let (features, mut mistakes) = sources::find(&choice.paths)?;
    let features = selection::chosen(features, choice);
    mistakes.extend(mistakes::find(&features));
    if !mistakes.is_empty() {
        for mistake in &mistakes {
            writeln!(out, "{mistake}")?;
        }
        let places = if mistakes.len() == 1 { "place" } else { "places" };
        writeln!(out, "\nwrong: {} {places}; nothing was told", mistakes.len())?;
        return Ok(None);
    }
    if selection::count(&features) == 0 {
        writeln!(out, "no scenario is meant by {}", choice.meant())?;
        return Ok(None);
    }
    Ok(Some(features))
}

async fn tell(
    mut features: Vec<Feature>,
    arguments: &Arguments,
    out: &mut (dyn Write + Send),
) -> Result<Ending, RunError> {
    let style = Style::of(arguments);
    let black_box = arguments.importer.as_deref().map(black_box::Command::parse).transpose()?;
    let reports = Reports::begin(arguments)?;
    let mut told: Vec<Told> = Vec::new();
    if black_box.is_some() {
        for (feature, rule, scenario, why) in selection::take_untellable(&mut features) {
            told.push(Told::not_run(&feature, rule.as_deref(), &scenario, why));
        }
    }
    let came = telling::tell(features, arguments, black_box, style.clone(), out).await?;
    told.extend(came.told);
    reports.write(&came.junit, &came.json, &told, arguments)?;
    console::summary(&told, &came.panics, &style, out)?;
    if let Some(trouble) = came.troubles.first() {
        return Err(RunError::Environment(trouble.clone()));
    }
    let failed = told.iter().any(|told| matches!(told.verdict, Verdict::Failed { .. }));
    let held = told.iter().any(|told| matches!(told.verdict, Verdict::Held));
    Ok(match (failed || !came.panics.is_empty(), held) {
        (true, _) => Ending::Failed,
        (false, true) => Ending::Held,
        (false, false) => Ending::Wrong,
    })
}

/// The files of the reports that were asked for. They are made before the first story, so that a mistyped path is known
/// then.
struct Reports<'a> {
    files: Vec<(&'a PathBuf, std::fs::File)>,
}

impl<'a> Reports<'a> {
    fn begin(arguments: &'a Arguments) -> Result<Self, RunError> {
        let paths = [&arguments.junit, &arguments.json, &arguments.html].into_iter().flatten();
        let files = paths.map(|path| match std::fs::File::create(path) {
            Ok(file) => Ok((path, file)),
            Err(cause) => Err(RunError::Report { path: path.clone(), cause }),
        });
        Ok(Self { files: files.collect::<Result<_, _>>()? })
    }

    fn write(
        self,
        junit: &[u8],
        json: &[u8],
        told: &[Told],
        arguments: &Arguments,
    ) -> Result<(), RunError> {
        for (path, mut file) in self.files {
            let html;
            let bytes = match Some(path) {
                path if path == arguments.junit.as_ref() => junit,
                path if path == arguments.json.as_ref() => json,
                _ => {
                    html = html::page(told, arguments)?;
                    html.as_bytes()
                }
            };
            file.write_all(bytes)
                .map_err(|cause| RunError::Report { path: path.clone(), cause })?;
        }
        Ok(())
    }
}
