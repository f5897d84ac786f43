//! Says what came of interrupting stories: a line for each, and for one that failed each place with what is wrong then.

use std::io::Write;

use super::super::{Arguments, Trouble};
use super::{Failure, Told, Verdict};
use crate::runner::{Ending, Single, last_requests};

/// Places that are shown of a story that failed.
const MOST_PLACES: usize = 5;

/// All stories together.
#[derive(Debug, Default)]
pub(super) struct Sums {
    held: usize,
    failed: usize,
    left_out: usize,
    places: usize,
    chosen: usize,
    not_reached: usize,
    not_judged: usize,
}

impl Sums {
    pub(super) fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::LeftOut(_) => self.left_out += 1,
            Verdict::Fails(_) => self.failed += 1,
            Verdict::Told(told) => {
                *if told.failures.is_empty() { &mut self.held } else { &mut self.failed } += 1;
                self.places += told.places;
                self.chosen += told.chosen;
                self.not_reached += told.not_reached;
                self.not_judged += told.not_judged();
            }
        }
    }

    pub(super) fn ending(&self, panicked: bool) -> Ending {
        match (self.failed > 0 || panicked, self.held) {
            (true, _) => Ending::Failed,
            (false, 0) => Ending::Wrong,
            (false, _) => Ending::Held,
        }
    }
}

impl Told {
    fn not_judged(&self) -> usize {
        self.of_one_run + self.of_the_number
    }
}

/// A step and what is wrong with it.
pub(super) fn wrong(story: &Single, step: usize, text: &str) -> String {
    let Some(step) = story.steps.get(step) else { return text.to_owned() };
    let keyword = step.keyword.trim();
    format!("line {}: {keyword} {}\n{text}", step.position.line, step.value)
}

/// One story.
pub(super) fn verdict(
    story: &Single,
    verdict: &Verdict,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let Single { place, name, .. } = story;
    match verdict {
        Verdict::LeftOut(why) => writeln!(out, "left out {place}  {name}: {why}")?,
        Verdict::Fails(what) => {
            writeln!(out, "\nFAILED   {place}  {name}: without an interruption already")?;
            indented(what, "    ", out)?;
        }
        Verdict::Told(told) => {
            let word = if told.failures.is_empty() { "held    " } else { "\nFAILED  " };
            writeln!(out, "{word} {place}  {name}: {}", counted(told))?;
            for why in &told.once_only {
                indented(&format!("an import cannot be made twice: {why}"), "    ", out)?;
            }
            for failure in told.failures.iter().take(MOST_PLACES) {
                failed(story, failure, arguments, out)?;
            }
            if let Some(more @ 1..) = told.failures.len().checked_sub(MOST_PLACES) {
                writeln!(out, "  and at {more} other places")?;
            }
        }
    }
    Ok(out.flush()?)
}

fn counted(told: &Told) -> String {
    let Told { imports, places, chosen, not_reached, judged, failures, .. } = told;
    let mut text = format!("{imports} imports, {chosen} of {places} places");
    if *not_reached > 0 {
        text = format!("{text}, {not_reached} not reached");
    }
    if !failures.is_empty() {
        text = format!("{text}, {} failed", failures.len());
    }
    text = format!("{text}; {judged} claims judged");
    if told.of_one_run > 0 {
        text = format!("{text}, {} not, as they are about one run", told.of_one_run);
    }
    if told.of_the_number > 0 {
        text = format!("{text}, {} not, as they depend on how often it runs", told.of_the_number);
    }
    text
}

fn failed(
    story: &Single,
    failure: &Failure,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let Failure { place, wrong, runs } = failure;
    writeln!(out, "  {place}:")?;
    for wrong in wrong {
        indented(wrong, "    ", out)?;
    }
    if let Some(run) = runs.last() {
        last_requests(run, out)?;
    }
    let story = shlex::try_quote(&story.place).map_or_else(|_| story.place.clone(), Into::into);
    writeln!(out, "    alone: scenarios crash {story} --at '{place}' --seed {}\n", arguments.seed)?;
    Ok(())
}

fn indented(text: &str, by: &str, out: &mut dyn Write) -> Result<(), Trouble> {
    Ok(text.lines().try_for_each(|line| writeln!(out, "{by}{line}"))?)
}

/// All stories, and panics that no step is to blame for.
pub(super) fn sums(sums: &Sums, panics: &[String], out: &mut dyn Write) -> Result<(), Trouble> {
    let Sums { held, failed, left_out, places, chosen, not_reached, not_judged } = sums;
    for panic in panics {
        writeln!(out, "\npanicked: {panic}")?;
    }
    writeln!(
        out,
        "\n{} stories: {held} held, {failed} failed, {left_out} left out\n\
         {places} places: {chosen} taken, {} left out, {not_reached} not reached; {not_judged} claims not judged",
        held + failed + left_out,
        places - chosen,
    )?;
    Ok(())
}
