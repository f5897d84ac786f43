//! Finds the stories that are meant, and takes each apart from its text: files, folders, built-in ones, single lines.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cucumber::feature::Ext as _;
use cucumber::gherkin::{EnvError, Feature, GherkinEnv, ParseError, ParseFileError, Scenario};

use super::mistakes::Mistake;
use super::selection::scenarios;
use super::vocabulary::FEATURES;
use super::{RunError, tables};

/// What the stories are called that the program brings with it.
pub(super) const BUILT_IN: &str = "built-in";

/// A place stories are looked for: `built-in`, `built-in:contacts.feature`, a file or a folder, and perhaps a line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    path: String,
    line: Option<usize>,
}

impl Place {
    fn of(text: &str) -> Self {
        let parts = text.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?)));
        match parts {
            Some((path, line)) => Self { path: path.to_owned(), line: Some(line) },
            None => Self { path: text.to_owned(), line: None },
        }
    }
}

/// The features at these places, and what is wrong with them. Without a place, the built-in ones.
pub(super) fn find(places: &[String]) -> Result<(Vec<Feature>, Vec<Mistake>), RunError> {
    let built_in = [BUILT_IN.to_owned()];
    let places = if places.is_empty() { &built_in } else { places };
    let (mut features, mut mistakes) = (Vec::new(), Vec::new());
    for place in places.iter().map(|place| Place::of(place)) {
        for parsed in parsed(&place.path)? {
            let meant = parsed.map(|feature| only_around(feature, place.line)).and_then(expanded);
            match meant {
                Ok(feature) => features.push(only_row(feature, place.line)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    tell_once(&mut features);
    Ok((features, mistakes))
}

/// Takes out scenarios that several places name.
fn tell_once(features: &mut [Feature]) {
    let mut seen = BTreeSet::new();
    for feature in features {
        let path = super::path_of(feature);
        let mut is_new = |scenario: &Scenario| seen.insert((path.clone(), scenario.position.line));
        feature.scenarios.retain(&mut is_new);
        for rule in &mut feature.rules {
            rule.scenarios.retain(&mut is_new);
        }
    }
}

/// The files that `find` reads at these places.
pub(super) fn files(places: &[String]) -> Result<Vec<PathBuf>, RunError> {
    let on_disk = places.iter().map(|place| Place::of(place).path);
    let mut files = Vec::new();
    for path in on_disk.filter(|path| built_in_name(path).is_none()) {
        files.extend(files_at(Path::new(&path))?);
    }
    Ok(files)
}

/// The part of a path that names one of the built-in files; empty for all of them.
fn built_in_name(path: &str) -> Option<&str> {
    match path.strip_prefix(BUILT_IN)? {
        "" => Some(""),
        rest => rest.strip_prefix(':'),
    }
}

fn parsed(path: &str) -> Result<Vec<Result<Feature, Mistake>>, RunError> {
    let Some(wanted) = built_in_name(path) else {
        return Ok(files_at(Path::new(path))?.iter().map(|file| parsed_file(file)).collect());
    };
    let wanted = |name: &str| wanted.is_empty() || name == wanted;
    let features: Vec<_> = FEATURES
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, text)| parsed_text(&format!("{BUILT_IN}:{name}"), text))
        .collect();
    if features.is_empty() {
        let known = FEATURES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(RunError::NoSuchStories { path: path.to_owned(), known });
    }
    Ok(features)
}

fn parsed_text(path: &str, text: &str) -> Result<Feature, Mistake> {
    match Feature::parse(text, GherkinEnv::default()) {
        Ok(feature) => whole(path, text, Feature { path: Some(path.into()), ..feature }),
        Err(error) => Err(Mistake::at(path, reached(&error), unread(text, None))),
    }
}

fn parsed_file(file: &Path) -> Result<Feature, Mistake> {
    let path = file.display().to_string();
    let text = || std::fs::read_to_string(file).unwrap_or_default();
    match Feature::parse_path(file, GherkinEnv::default()) {
        Ok(feature) => whole(&path, &text(), feature),
        Err(ParseFileError::Reading { source, .. }) => {
            Err(Mistake::at(&path, 0, source.to_string()))
        }
        Err(ParseFileError::Parsing { error, source, .. }) => {
            let text = text();
            let line = error.as_ref().and_then(|error| line_of(&text, error));
            let line = line.unwrap_or_else(|| reached(&source));
            Err(Mistake::at(&path, line, unread(&text, error.as_ref())))
        }
    }
}

/// A feature of which the parser dropped nothing.
fn whole(path: &str, text: &str, feature: Feature) -> Result<Feature, Mistake> {
    tables::too_long(path, text, &feature).map_or(Ok(feature), Err)
}

/// Why a text is no story. The parser tells where it gave up, and not always why.
fn unread(text: &str, error: Option<&EnvError>) -> String {
    match error {
        _ if text.trim().is_empty() => "there is no feature in it".to_owned(),
        Some(error @ EnvError::UnknownKeyword(begin)) if !begin.trim_start().starts_with('|') => {
            let line = line_of(text, error).and_then(|number| text.lines().nth(number - 1));
            format!("no line begins like {:?} here", line.unwrap_or(begin).trim())
        }
        Some(EnvError::UnknownKeyword(_) | EnvError::InconsistentCellCount(_)) => {
            "this is no table: its rows have the same number of cells each, and a | at the end"
                .to_owned()
        }
        Some(EnvError::UnsupportedLanguage(language)) => {
            format!("there are no keywords in the language {language:?}")
        }
        None => "the story cannot be read from here on".to_owned(),
    }
}

/// The line at which the parser gave up, which it says in words alone ("Error at 6:1: …"); 0 if it does not.
fn reached(error: &ParseError) -> usize {
    let words = error.to_string();
    let line = words.strip_prefix("Error at ").and_then(|rest| rest.split(':').next());
    line.and_then(|line| line.parse().ok()).unwrap_or(0)
}

/// The line that the parser stumbled over, where it says more than how far it had looked.
fn line_of(text: &str, error: &EnvError) -> Option<usize> {
    let is_it = |line: &str| match error {
        EnvError::UnknownKeyword(begin) => line.starts_with(begin.trim()),
        EnvError::InconsistentCellCount(rows) => {
            let cells = line.trim_matches('|').split('|').map(str::trim);
            line.starts_with('|') && rows.first().is_some_and(|row| cells.eq(row))
        }
        EnvError::UnsupportedLanguage(_) => false,
    };
    let mut lines = text.lines().map(str::trim).zip(1..);
    lines.find(|(line, _)| is_it(line)).map(|(_, number)| number)
}

/// Every row of an outline's examples becomes a scenario.
fn expanded(feature: Feature) -> Result<Feature, Mistake> {
    let path = super::path_of(&feature);
    feature.expand_examples().map_err(|error| Mistake {
        path,
        line: error.pos.line,
        text: format!("the outline has no example for <{}>", error.name),
        hint: None,
    })
}

/// A feature with the one scenario that a line is in, before its outlines are taken apart.
fn only_around(mut feature: Feature, line: Option<usize>) -> Feature {
    let Some(line) = line else { return feature };
    // The line of tags above a scenario belongs to it.
    let begins =
        |scenario: &Scenario| scenario.position.line - usize::from(!scenario.tags.is_empty());
    let before = scenarios(&feature).filter(|(_, scenario)| begins(scenario) <= line);
    let meant = before.map(|(_, scenario)| scenario.position.line).max();
    retain(&mut feature, |scenario| Some(scenario.position.line) == meant);
    feature
}

/// A feature with the one row of an outline's examples that stands on a line, if one does.
fn only_row(mut feature: Feature, line: Option<usize>) -> Feature {
    let on_line = |scenario: &Scenario| Some(scenario.position.line) == line;
    if scenarios(&feature).any(|(_, scenario)| on_line(scenario)) {
        retain(&mut feature, on_line);
    }
    feature
}

fn retain(feature: &mut Feature, is_meant: impl Fn(&Scenario) -> bool) {
    feature.scenarios.retain(&is_meant);
    for rule in &mut feature.rules {
        rule.scenarios.retain(&is_meant);
    }
}

/// The feature files at a path, in the order of their names.
fn files_at(path: &Path) -> Result<Vec<PathBuf>, RunError> {
    let unreadable = |cause| RunError::Unreadable { path: path.to_owned(), cause };
    if !path.is_dir() {
        // A missing file shows here, not as a story that is wrong.
        path.metadata().map_err(unreadable)?;
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Links are not followed into folders, which could go in circles.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            files.extend(files_at(&entry.path())?);
        } else if entry.path().extension() == Some(OsStr::new("feature")) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_follow_a_path_and_a_colon_alone_is_none() {
        assert_eq!(
            Place::of("a.feature:12"),
            Place { path: "a.feature".to_owned(), line: Some(12) }
        );
        assert_eq!(
            Place::of("built-in:a.feature"),
            Place { path: "built-in:a.feature".to_owned(), line: None }
        );
        assert_eq!(Place::of("built-in:a.feature:7").line, Some(7));
    }

    #[test]
    fn a_line_means_the_scenario_it_is_in_and_rows_of_outlines_have_their_own() {
        let text = "Feature: F\n  @C1\n  Scenario: one\n    Given a\n\n  Scenario Outline: two\n    Given <a>\n    Examples:\n      | a |\n      | b |\n      | c |\n";
        let names = |line| {
            let feature = only_around(parsed_text("f", text).unwrap(), line);
            let only = only_row(expanded(feature).unwrap(), line);
            only.scenarios.iter().map(|s| s.steps[0].value.clone()).collect::<Vec<_>>()
        };

        assert_eq!(names(None), ["a", "b", "c"]);
        assert_eq!(names(Some(1)), Vec::<String>::new());
        assert_eq!(names(Some(2)), ["a"]);
        assert_eq!(names(Some(4)), ["a"]);
        assert_eq!(names(Some(7)), ["b", "c"]);
        assert_eq!(names(Some(10)), ["b"]);
        assert_eq!(names(Some(11)), ["c"]);
    }

    #[test]
    fn what_is_no_story_is_told_with_its_line_and_why() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wrong.feature");
        let told = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let mistake = parsed_file(&file).unwrap_err();
            (mistake.line, mistake.text)
        };
        let uneven =
            told("Feature: F\n  Scenario: S\n    Given a table\n      | a | b |\n      | c |\n");
        let word = told("Feature: F\n  Scenario: S\n    Given a\n    Perhaps b\n");

        assert_eq!(told("").1, "there is no feature in it");
        assert_eq!(told("Scenario: S\n").1, "no line begins like \"Scenario: S\" here");
        assert_eq!(uneven.0, 4);
        assert!(uneven.1.starts_with("this is no table"), "{uneven:?}");
        assert_eq!(word, (4, "no line begins like \"Perhaps b\" here".to_owned()));
    }

    #[test]
    fn every_built_in_story_can_be_read() {
        let (features, mistakes) = find(&[]).unwrap();

        assert!(features.len() >= 10);
        assert_eq!(mistakes, []);
    }
}
