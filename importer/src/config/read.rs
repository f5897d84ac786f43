//! Reads the file and the environment into one value per key, and collects all that is wrong with them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key, Shape};
use super::saved::{Saved, Stored};
use super::seal::Seal;
use super::{Problem, Variables};

/// A value, and where it stands. It may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) place: Place,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// This line of the file.
    Line(usize),
    /// This environment variable.
    Variable(String),
    /// The ledger, where somebody saved it.
    Ledger(&'static Key, Timestamp),
    /// It is about to be saved.
    Proposed(&'static Key),
    /// Nowhere: the key's default.
    Default,
}

/// Whether everything has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completeness {
    /// As an import needs it.
    Whole,
    /// What people may set of Salesforce need not be set yet.
    SoFar,
    /// Nothing that people may set need be set yet.
    Begun,
}

/// The values of all keys that have one, and what is wrong.
#[derive(Clone, Default)]
pub(super) struct Values {
    pub(super) found: BTreeMap<(&'static str, &'static str), Found>,
    pub(super) problems: Vec<Problem>,
    /// Whether the file is no TOML, so that nothing can be said about what it lacks.
    pub(super) is_no_toml: bool,
}

impl Values {
    /// Reads `text` and the environment. Files that secrets are in are looked for beside the settings, in `folder`.
    pub(super) fn read(text: &str, folder: &Path, variables: Variables<'_>) -> Self {
        let mut values = Self::default();
        match DeTable::parse(text) {
            Ok(table) => values.take_file(text, folder, table.get_ref()),
            Err(error) => {
                values.is_no_toml = true;
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                // The parser's own rendering shows the line, which may hold a secret.
                values.problem(
                    Place::Line(line),
                    "this is not TOML: a value may lack its quotes".to_owned(),
                );
            }
        }
        values.take_variables(folder, variables);
        values
    }

    /// Adds what people saved, but where file or environment have something else: those are the truth.
    pub(super) fn take_saved(&mut self, saved: &Saved, seal: &Seal) {
        for key in KEYS.iter().filter(|key| key.is_editable()) {
            let (name, full_name) = ((key.section, key.name), key.full_name());
            let Some(saved) = saved.0.get(&full_name).filter(|_| !self.found.contains_key(&name))
            else {
                continue;
            };
            let place = Place::Ledger(key, saved.since);
            let text = match &saved.value {
                Stored::Plain(text) => divided(key.shape, text),
                Stored::Sealed(sealed) => match seal.open(&full_name, sealed) {
                    Ok(secret) => secret.expose_secret().to_owned(),
                    Err(error) => {
                        self.problem(
                            place.clone(),
                            format!(
                                "`{full_name}` cannot be read: {error}; or set it again: \
                                 `importer settings set {full_name}`"
                            ),
                        );
                        String::new()
                    }
                },
            };
            self.found.insert(name, Found { text, place });
        }
    }

    fn take_file(&mut self, text: &str, folder: &Path, table: &DeTable<'_>) {
        for (section, content) in table {
            let place = Place::Line(line_of(text, section.span().start));
            let name = section.get_ref().as_ref();
            let Some(keys) = content.get_ref().as_table() else {
                self.problem(
                    place,
                    format!("`{name}` stands outside of any table; the tables are {}", sections()),
                );
                continue;
            };
            if KEYS.iter().all(|key| key.section != name) {
                self.problem(
                    place,
                    format!("there is no table [{name}]; the tables are {}", sections()),
                );
                continue;
            }
            for (key, value) in keys {
                let place = Place::Line(line_of(text, key.span().start));
                self.take_key(folder, name, key.get_ref(), value, place);
            }
        }
    }

    fn take_key(
        &mut self,
        folder: &Path,
        section: &str,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        place: Place,
    ) {
        let Some((key, is_file)) = find(section, name) else {
            let known: Vec<_> =
                KEYS.iter().filter(|key| key.section == section).map(|key| key.name).collect();
            let text =
                format!("[{section}] has no key `{name}`; its keys are {}", known.join(", "));
            self.problem(place, text);
            return;
        };
        let text = match value.get_ref() {
            DeValue::Boolean(flag) if !is_file && key.shape == Shape::Flag => flag.to_string(),
            DeValue::Array(items) if !is_file && key.shape == Shape::List => {
                let Some(text) = list(items) else {
                    let text = format!("`{name}` must hold texts in quotes or whole numbers only");
                    self.problem_about(Some(key), place, text);
                    return;
                };
                text
            }
            DeValue::String(text) if is_file || is_text(key.shape) => text.to_string(),
            DeValue::Integer(number)
                if !is_file
                    && matches!(
                        key.shape,
                        Shape::Number | Shape::TextOrNumber | Shape::Version
                    ) =>
            {
                number.as_str().to_owned()
            }
            DeValue::Float(number) if !is_file && key.shape == Shape::Version => {
                number.as_str().to_owned()
            }
            other => {
                let wanted = match key.shape {
                    _ if is_file => "a file's name in quotes",
                    Shape::Text | Shape::Secret => "a text in quotes",
                    Shape::Number => "a whole number",
                    Shape::TextOrNumber => "a text in quotes or a whole number",
                    Shape::Flag => "true or false",
                    Shape::List => "a list in square brackets",
                    Shape::Version => "a version such as 64.0",
                };
                let text = format!("`{name}` must be {wanted}, not of type {}", other.type_str());
                self.problem_about(Some(key), place, text);
                return;
            }
        };
        self.take(folder, key, is_file, text, place);
    }

    fn take_variables(&mut self, folder: &Path, variables: Variables<'_>) {
        for key in KEYS {
            let name = key.variable();
            if let Some(text) = variables(&name) {
                let text = divided(key.shape, &text);
                self.take(folder, key, false, text, Place::Variable(name));
            } else if key.shape == Shape::Secret {
                let name = format!("{name}_FILE");
                if let Some(text) = variables(&name) {
                    self.take(folder, key, true, text, Place::Variable(name));
                }
            }
        }
    }

    fn take(
        &mut self,
        folder: &Path,
        key: &'static Key,
        is_file: bool,
        text: String,
        place: Place,
    ) {
        let text = if is_file {
            let file = folder.join(&text);
            match fs::read_to_string(&file) {
                // Editors end a file with a line feed that is no part of the secret.
                Ok(secret) => secret.trim_end_matches(['\n', '\r']).to_owned(),
                Err(error) => {
                    let text = format!("cannot read {}: {error}", file.display());
                    self.problem_about(Some(key), place, text);
                    return;
                }
            }
        } else {
            text
        };
        let here = matches!(place, Place::Line(_));
        let twice =
            self.found.insert((key.section, key.name), Found { text, place: place.clone() });
        if twice.is_some_and(|earlier| here && matches!(earlier.place, Place::Line(_))) {
            self.problem(place, format!("`{0}` is given twice: as {0} and as {0}_file", key.name));
        }
    }

    /// Fills in defaults, and names what is missing.
    pub(super) fn complete(&mut self, completeness: Completeness) {
        for key in KEYS {
            let name = (key.section, key.name);
            if self.found.contains_key(&name) {
                continue;
            }
            let default = key.default.filter(|text| !text.is_empty());
            let text = match (default, completeness) {
                (None, Completeness::SoFar) if is_access(key, &["salesforce"]) => Some(NOT_SET),
                (None, Completeness::Begun) if is_access(key, &["salesforce", "autotask"]) => {
                    Some(NOT_SET)
                }
                _ => key.default,
            };
            if let Some(text) = text {
                self.found.insert(name, Found { text: text.to_owned(), place: Place::Default });
                continue;
            }
            let text = lacks(key.section, key.name);
            self.problems.push(Problem { line: None, about: Some(key), text });
        }
    }

    /// Notes what is wrong with a value.
    pub(super) fn problem(&mut self, place: Place, text: String) {
        let stands_there = self.found.iter().find(|(_, found)| found.place == place);
        let key = stands_there.and_then(|((section, name), _)| {
            KEYS.iter().find(|key| key.section == *section && key.name == *name)
        });
        self.problem_about(key.filter(|_| place != Place::Default), place, text);
    }

    /// Notes what is wrong with a key.
    pub(super) fn problem_about(
        &mut self,
        about: Option<&'static Key>,
        place: Place,
        text: String,
    ) {
        self.problems.push(match place {
            Place::Line(line) => Problem { line: Some(line), about, text },
            Place::Variable(name) => Problem { line: None, about, text: format!("{name}: {text}") },
            Place::Ledger(key, _) => {
                Problem { line: None, about: Some(key), text: format!("in the ledger, {text}") }
            }
            Place::Proposed(key) => Problem { line: None, about: Some(key), text },
            Place::Default => Problem { line: None, about, text },
        });
    }
}

/// Whether people may set this key, which belongs to the access to one of these systems.
fn is_access(key: &Key, systems: &[&str]) -> bool {
    key.is_editable() && systems.contains(&key.section)
}

/// Stands for what people have not set yet, where nobody is to be asked who needs it.
const NOT_SET: &str = "(not set)";

/// That a key is missing, and where it can be set.
pub(super) fn lacks(section: &str, name: &str) -> String {
    let Some(key) = KEYS.iter().find(|key| key.section == section && key.name == name) else {
        return format!("[{section}] lacks `{name}`");
    };
    let (purpose, variable) = (key.purpose, key.variable());
    let command = if key.is_editable() {
        format!("with `importer settings set {}`, ", key.full_name())
    } else {
        String::new()
    };
    format!("[{section}] lacks `{name}`: {purpose}; set it {command}there, or as {variable}")
}

/// The key of that name, and whether the name is that of its file.
fn find(section: &str, name: &str) -> Option<(&'static Key, bool)> {
    KEYS.iter().filter(|key| key.section == section).find_map(|key| {
        let is_file = key.shape == Shape::Secret && name.strip_suffix("_file") == Some(key.name);
        (is_file || key.name == name).then_some((key, is_file))
    })
}

/// Divides the items of a list; no name holds it.
pub(super) const LIST_DIVIDER: &str = "\n";

fn is_text(shape: Shape) -> bool {
    matches!(shape, Shape::Text | Shape::Secret | Shape::TextOrNumber | Shape::Version)
}

/// A text as people type it, outside of a file: the items of a list have commas in between.
pub(super) fn divided(shape: Shape, text: &str) -> String {
    match shape {
        Shape::List => text.replace(',', LIST_DIVIDER),
        _ => text.to_owned(),
    }
}

/// The items of a list as one text, unless one is neither text nor whole number.
fn list(items: &[Spanned<DeValue<'_>>]) -> Option<String> {
    let item = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => Some(text.replace(LIST_DIVIDER, " ")),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        _ => None,
    };
    let items: Option<Vec<_>> = items.iter().map(item).collect();
    Some(items?.join(LIST_DIVIDER))
}

fn sections() -> String {
    let mut names: Vec<_> = KEYS.iter().map(|key| format!("[{}]", key.section)).collect();
    names.dedup();
    names.join(", ")
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
