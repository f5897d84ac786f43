//! Finds the stories that are meant, and takes each apart from its text: files, folders, built-in ones, single lines.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cucumber::feature::Ext as _;
use cucumber::gherkin::{Examples, Feature, GherkinEnv, ParseError, Scenario, Step};

use super::mistakes::Mistake;
use super::selection::scenarios;
use super::vocabulary::FEATURES;
use super::{RunError, lines, tables};

/// What the stories are called that the program brings with it.
pub(super) const BUILT_IN: &str = "built-in";

/// The headings of scenarios that have examples.
const OUTLINES: [&str; 2] = ["Scenario Outline", "Scenario Template"];

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

fn parsed_file(file: &Path) -> Result<Feature, Mistake> {
    let path = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|cause| Mistake::at(&path, 0, cause.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        Mistake::at(&path, line, "this line is no UTF-8, which stories are written in".to_owned())
    })?;
    // Some editors begin a file with a mark of its byte order.
    parsed_text(&path, text.strip_prefix('\u{feff}').unwrap_or(&text))
}

/// A feature, of which the parser dropped nothing.
fn parsed_text(path: &str, text: &str) -> Result<Feature, Mistake> {
    let lines = lines::read(path, text)?;
    if let Some(mistake) = lines.as_ref().and_then(|lines| tables::uneven(path, &lines.tables)) {
        return Err(mistake);
    }
    let feature = Feature::parse(text, GherkinEnv::default())
        .map_err(|error| Mistake::at(path, reached(&error), unread(text)))?;
    let mut feature = Feature { path: Some(path.into()), ..feature };
    let mistake = lines.and_then(|lines| lines::passed_over(path, &lines, &feature));
    if let Some(mistake) = mistake.or_else(|| outline_without_rows(path, &feature)) {
        return Err(mistake);
    }
    give_stars_a_keyword(&mut feature);
    Ok(feature)
}

/// A step that begins with a star is what the one before it is; the parser takes it for a Given.
fn give_stars_a_keyword(feature: &mut Feature) {
    let of_stars = |steps: &mut [Step]| {
        for place in 1..steps.len() {
            if steps[place].keyword.trim() == "*" {
                steps[place].ty = steps[place - 1].ty;
            }
        }
    };
    let rules = feature.rules.iter_mut();
    let (backgrounds, scenarios): (Vec<_>, Vec<_>) =
        rules.map(|rule| (&mut rule.background, &mut rule.scenarios)).unzip();
    for background in backgrounds.into_iter().chain([&mut feature.background]).flatten() {
        of_stars(&mut background.steps);
    }
    for scenario in scenarios.into_iter().chain([&mut feature.scenarios]).flatten() {
        of_stars(&mut scenario.steps);
    }
}

/// Why a text is no story. The parser tells where it gave up, and not why.
fn unread(text: &str) -> String {
    match lines::language(text).map(GherkinEnv::new) {
        Some(Err(unknown)) => unknown.to_string(),
        _ => "the story cannot be read from here on".to_owned(),
    }
}

/// An outline whose examples have no row: it would not be told, or with its places not filled in.
fn outline_without_rows(path: &str, feature: &Feature) -> Option<Mistake> {
    let rows = |examples: &Examples| examples.table.as_ref().map_or(0, |table| table.rows.len());
    let without = scenarios(feature).find_map(|(_, scenario)| {
        let is_outline = OUTLINES.contains(&scenario.keyword.trim());
        let empty = scenario.examples.iter().find(|examples| rows(examples) < 2);
        match empty {
            Some(examples) => Some((examples.position.line, "these examples have no row")),
            None if is_outline && scenario.examples.is_empty() => {
                Some((scenario.position.line, "the outline has no examples"))
            }
            None => None,
        }
    });
    without.map(|(line, text)| Mistake::at(path, line, text.to_owned()))
}

/// The line at which the parser gave up, which it says in words alone ("Error at 6:1: …"); 0 if it does not.
fn reached(error: &ParseError) -> usize {
    let words = error.to_string();
    let line = words.strip_prefix("Error at ").and_then(|rest| rest.split(':').next());
    line.and_then(|line| line.parse().ok()).unwrap_or(0)
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
        assert_eq!(told("Scenario: S\n").1, "a file begins with Feature:");
        assert_eq!(uneven.0, 5);
        assert!(uneven.1.starts_with("this is no table"), "{uneven:?}");
        assert_eq!(word, (4, "no line begins like \"Perhaps b\" here".to_owned()));
        let language = told("# language: xx\nFeature: F\n").1;
        assert!(language.contains("xx"), "{language}");
        std::fs::write(&file, b"Feature: F\n  Scenario: S\n    Given s\xfcd\n").unwrap();
        assert_eq!(parsed_file(&file).unwrap_err().line, 3);
    }

    #[test]
    fn a_mark_of_the_byte_order_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("marked.feature");
        std::fs::write(&file, "\u{feff}Feature: F\n  Scenario: S\n    Given a\n").unwrap();

        assert_eq!(parsed_file(&file).unwrap().name, "F");
    }

    #[test]
    fn an_outline_without_a_row_is_refused() {
        let told = |examples: &str| {
            let text = format!("Feature: F\n  Scenario Outline: S\n    Given <a>\n{examples}");
            parsed_text("f", &text).map_err(|mistake| (mistake.line, mistake.text))
        };

        assert_eq!(told("").unwrap_err(), (2, "the outline has no examples".to_owned()));
        let headings_only = told("    Examples:\n      | a |\n").unwrap_err();
        assert_eq!(headings_only, (4, "these examples have no row".to_owned()));
        assert_eq!(told("    Examples:\n").unwrap_err().0, 4);
        assert!(told("    Examples:\n      | a |\n      | b |\n").is_ok());
    }

    #[test]
    fn every_built_in_story_can_be_read() {
        let (features, mistakes) = find(&[]).unwrap();

        assert!(features.len() >= 10);
        assert_eq!(mistakes, []);
    }
}
