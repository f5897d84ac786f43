//! Finds the stories that are meant, and takes each apart from its text: files, folders, built-in ones, single lines.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cucumber::feature::Ext as _;
use cucumber::gherkin::{Feature, GherkinEnv, ParseFileError, Scenario};

use super::RunError;
use super::mistakes::Mistake;
use super::vocabulary::FEATURES;

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
        Ok(feature) => Ok(Feature { path: Some(path.into()), ..feature }),
        Err(error) => Err(Mistake::unreadable(path, error.to_string())),
    }
}

fn parsed_file(file: &Path) -> Result<Feature, Mistake> {
    Feature::parse_path(file, GherkinEnv::default()).map_err(|error| {
        let path = file.display().to_string();
        match error {
            ParseFileError::Reading { source, .. } => {
                Mistake::unreadable(&path, source.to_string())
            }
            ParseFileError::Parsing { error: Some(error), source, .. } => {
                Mistake::unreadable(&path, format!("{source}; {error}"))
            }
            ParseFileError::Parsing { source, .. } => {
                Mistake::unreadable(&path, source.to_string())
            }
        }
    })
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
    let scenarios =
        feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios));
    // The line of tags above a scenario belongs to it.
    let begins =
        |scenario: &Scenario| scenario.position.line - usize::from(!scenario.tags.is_empty());
    let meant =
        scenarios.filter(|scenario| begins(scenario) <= line).map(|s| s.position.line).max();
    retain(&mut feature, |scenario| Some(scenario.position.line) == meant);
    feature
}

/// A feature with the one row of an outline's examples that stands on a line, if one does.
fn only_row(mut feature: Feature, line: Option<usize>) -> Feature {
    let on_line = |scenario: &Scenario| Some(scenario.position.line) == line;
    let mut scenarios =
        feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios));
    if scenarios.any(on_line) {
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
    fn every_built_in_story_can_be_read() {
        let (features, mistakes) = find(&[]).unwrap();

        assert!(features.len() >= 10);
        assert_eq!(mistakes, []);
    }
}
