//! Interrupts the importer of chosen stories at each of its requests and commits, starts it again, and sees that what the
//! stories claim is true all the same.
//!
//! A story is told as it stands first, which counts its requests and commits; then once for each import with that import
//! made twice, undisturbed. What is no longer true then depends on how often the importer runs and is no claim about
//! what is there; it is not judged, as are claims about one run. In every further telling the importer is interrupted at
//! one place, and the rest has to be true, and in the end both systems and the ledger's links have to be as they are
//! without an interruption.

mod classes;
mod shown;
mod telling;

use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZero;
use std::panic;
use std::sync::Arc;

use cucumber::World;

use super::state::{State, difference};
use super::{Arguments, Place, Trouble, alone, in_parallel, sample};
use crate::interruption::{Fate, Moment};
use crate::runner::{Ending, Panics, Single, meant, singles};
use crate::story::{Made, Retold, RunSeen, Story};
use classes::Class;
use shown::Sums;
use telling::{Script, Telling};

/// What came of a story.
#[derive(Debug)]
enum Verdict {
    /// It is not told with interruptions, for this reason.
    LeftOut(String),
    /// It does not even hold as it stands.
    Fails(String),
    /// It was.
    Told(Told),
}

/// What came of interrupting a story.
#[derive(Debug, Default)]
struct Told {
    /// Its imports.
    imports: usize,
    /// Imports that cannot be made twice, each with the reason; their places are left out.
    once_only: Vec<String>,
    /// Places there are, those that were chosen, and those that were not reached when it came to it.
    places: usize,
    chosen: usize,
    not_reached: usize,
    /// Claims that are judged at some places at least.
    judged: usize,
    /// Claims about one run.
    of_one_run: usize,
    /// Claims that depend on how often the importer runs.
    of_the_number: usize,
    failures: Vec<Failure>,
}

/// A place after which something is wrong.
#[derive(Debug)]
struct Failure {
    place: Place,
    /// What is wrong, step by step.
    wrong: Vec<String>,
    /// What the importer's runs did.
    runs: Vec<RunSeen>,
}

/// What is true of a story when one of its imports is made twice.
struct Repeated {
    judged: BTreeSet<usize>,
    end: State,
}

/// Tells the chosen stories and says what came of it.
pub(super) fn tell(arguments: &Arguments, out: &mut dyn Write) -> Result<Ending, Trouble> {
    let Some(features) = meant(&arguments.choice, out)? else { return Ok(Ending::Wrong) };
    let known = Story::collection();
    let panics = Panics::default();
    let before = panic::take_hook();
    panics.listen();
    let mut sums = Sums::default();
    let told = singles(features).iter().try_for_each(|story| {
        let classes = classes::of(story);
        let script = Script { story, classes, known: &known, seed: arguments.seed };
        let verdict = match classes::why_not(story) {
            Some(why) => Verdict::LeftOut(why),
            None => interrupted(&script, arguments)?,
        };
        sums.add(&verdict);
        shown::verdict(story, &verdict, arguments, out)
    });
    panic::set_hook(before);
    told?;
    let panics = panics.heard();
    shown::sums(&sums, &panics, out)?;
    Ok(sums.ending(!panics.is_empty()))
}

/// Tells one story as it stands, with each import made twice, and with each place interrupted.
fn interrupted(script: &Script<'_>, arguments: &Arguments) -> Result<Verdict, Trouble> {
    let as_told = Retold::as_told();
    let telling = alone(script.told(&as_told))?;
    if let Some((step, text)) = telling.impossible.as_ref().or(telling.untrue.first()) {
        return Ok(Verdict::Fails(shown::wrong(script.story, *step, text)));
    }
    let imports = as_told.imports();
    if imports.is_empty() {
        return Ok(Verdict::LeftOut("the importer does not import in it".to_owned()));
    }
    let (mut told, repeated) = made_twice(script, &imports, arguments)?;
    let places = told.places(&imports, &repeated, arguments);
    let attempts = in_parallel(&places, arguments.jobs(), |(import, place)| {
        let (Some(repeated), Some(fate)) = (&repeated[*import], place.fate()) else {
            return Ok(None);
        };
        alone(attempt(script, &Retold::with(fate, &imports), repeated, &telling.end))
    });
    for ((_, place), attempt) in places.into_iter().zip(attempts) {
        match attempt? {
            None => told.not_reached += 1,
            Some((wrong, _)) if wrong.is_empty() => {}
            Some((wrong, runs)) => told.failures.push(Failure { place, wrong, runs }),
        }
    }
    Ok(Verdict::Told(told))
}

/// Tells a story once for each of its imports, with that made twice; what is true then, where that can be done.
fn made_twice(
    script: &Script<'_>,
    imports: &[Made],
    arguments: &Arguments,
) -> Result<(Told, Vec<Option<Repeated>>), Trouble> {
    let of_class =
        |class| (0..script.classes.len()).filter(move |step| script.classes[*step] == class);
    let claims: BTreeSet<_> = of_class(Class::State).collect();
    let numbers: Vec<_> = (0..imports.len()).collect();
    let tellings = in_parallel(&numbers, arguments.jobs(), |import| {
        alone(script.retold(&Retold::repeating(*import, imports), &claims))
    });
    let mut told = Told {
        imports: imports.len(),
        of_one_run: of_class(Class::Run).count(),
        ..Told::default()
    };
    let mut repeated = Vec::new();
    for telling in tellings {
        repeated.push(told.repeated(script.story, telling?, &claims));
    }
    let judged: BTreeSet<_> =
        repeated.iter().flatten().flat_map(|repeated| &repeated.judged).collect();
    told.judged = judged.len();
    told.of_the_number = claims.len() - judged.len();
    Ok((told, repeated))
}

/// Tells a story with the importer interrupted at a place. What is wrong afterwards; `None` if the place was not reached.
async fn attempt(
    script: &Script<'_>,
    retold: &Arc<Retold>,
    repeated: &Repeated,
    end: &State,
) -> Result<Option<(Vec<String>, Vec<RunSeen>)>, Trouble> {
    let Telling { untrue, impossible, end: found, runs } =
        script.retold(retold, &repeated.judged).await?;
    if !retold.has_happened() {
        return Ok(None);
    }
    let wrong = untrue.iter().chain(&impossible);
    let mut wrong: Vec<_> =
        wrong.map(|(step, text)| shown::wrong(script.story, *step, text)).collect();
    if impossible.is_none()
        && difference(end, &found).is_err()
        && let Err(difference) = difference(&repeated.end, &found)
    {
        wrong.push(format!("in the end there is something else than without it: {difference}"));
    }
    Ok(Some((wrong, runs)))
}

impl Told {
    /// What is true when an import is made twice; nothing if it cannot be.
    fn repeated(
        &mut self,
        story: &Single,
        telling: Telling,
        claims: &BTreeSet<usize>,
    ) -> Option<Repeated> {
        if let Some((step, text)) = telling.impossible {
            self.once_only.push(shown::wrong(story, step, &text));
            return None;
        }
        let untrue: BTreeSet<_> = telling.untrue.iter().map(|(step, _)| *step).collect();
        Some(Repeated { judged: claims - &untrue, end: telling.end })
    }

    /// The chosen places, each with its import.
    fn places(
        &mut self,
        imports: &[Made],
        sound: &[Option<Repeated>],
        arguments: &Arguments,
    ) -> Vec<(usize, Place)> {
        let import_of = |nth: u64, of: fn(&Made) -> u64| {
            imports
                .iter()
                .position(|made| nth <= of(made))
                .filter(|import| sound[*import].is_some())
        };
        let (requests, commits) =
            imports.last().map_or((0, 0), |made| (made.requests, made.commits));
        let at_requests: [fn(u64) -> Fate; 3] = [
            |nth| Fate::Cut(Moment::BeforeRequest(nth)),
            |nth| Fate::Cut(Moment::AfterRequest(nth)),
            Fate::Lost,
        ];
        let at_commits: [fn(u64) -> Fate; 2] =
            [|nth| Fate::Cut(Moment::BeforeCommit(nth)), |nth| Fate::Cut(Moment::AfterCommit(nth))];
        let requests =
            (1..=requests).filter_map(|nth| Some((import_of(nth, |m| m.requests)?, nth)));
        let commits = (1..=commits).filter_map(|nth| Some((import_of(nth, |m| m.commits)?, nth)));
        let (requests, commits): (Vec<_>, Vec<_>) = (requests.collect(), commits.collect());
        let of_requests = at_requests.iter().map(|fate| (fate, &requests));
        let of_commits = at_commits.iter().map(|fate| (fate, &commits));
        let mut chosen = Vec::new();
        for (fate, numbers) in of_requests.chain(of_commits) {
            let all: Vec<_> =
                numbers.iter().map(|(import, nth)| (*import, Place::of(fate(*nth)))).collect();
            self.places += all.len();
            let most = arguments.sample.map_or(usize::MAX, NonZero::get);
            chosen
                .extend(sample(&all, most).into_iter().filter(|(_, place)| arguments.means(place)));
        }
        self.chosen = chosen.len();
        chosen
    }
}
