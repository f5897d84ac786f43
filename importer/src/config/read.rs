//! Reads the file and the environment into one value per key, and collects all that is wrong with them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key, Shape};
use super::{Problem, Variables};

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Nowhere: the key's default.
    Default,
}

/// The values of all keys that have one, and what is wrong.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) found: BTreeMap<(&'static str, &'static str), Found>,
    pub(super) problems: Vec<Problem>,
}

impl Values {
    /// Reads `text`. Files that secrets are in are looked for beside the settings, in `folder`.
    pub(super) fn read(text: &str, folder: &Path, variables: Variables<'_>) -> Self {
        let mut values = Self::default();
        match DeTable::parse(text) {
            Ok(table) => values.take_file(text, folder, table.get_ref()),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                // The parser's own rendering shows the line, which may hold a secret.
                values.problem(
                    Place::Line(line),
                    "this is not TOML: a value may lack its quotes".to_owned(),
                );
            }
        }
        values.take_variables(folder, variables);
        values.complete();
        values
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
            DeValue::String(text) if is_file || key.shape != Shape::Number => text.to_string(),
            DeValue::Integer(number)
                if !is_file && matches!(key.shape, Shape::Number | Shape::TextOrNumber) =>
            {
                number.as_str().to_owned()
            }
            other => {
                let wanted = match key.shape {
                    _ if is_file => "a file's name in quotes",
                    Shape::Text | Shape::Secret => "a text in quotes",
                    Shape::Number => "a whole number",
                    Shape::TextOrNumber => "a text in quotes or a whole number",
                };
                let text = format!("`{name}` must be {wanted}, not of type {}", other.type_str());
                self.problem(place, text);
                return;
            }
        };
        self.take(folder, key, is_file, text, place);
    }

    fn take_variables(&mut self, folder: &Path, variables: Variables<'_>) {
        for key in KEYS {
            let name = key.variable();
            if let Some(text) = variables(&name) {
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
                    self.problem(place, format!("cannot read {}: {error}", file.display()));
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
    fn complete(&mut self) {
        for key in KEYS {
            let name = (key.section, key.name);
            if self.found.contains_key(&name) {
                continue;
            }
            if let Some(text) = key.default {
                self.found.insert(name, Found { text: text.to_owned(), place: Place::Default });
                continue;
            }
            let text = format!(
                "[{}] lacks `{}`: {}; set it there, or as {}",
                key.section,
                key.name,
                key.purpose,
                key.variable()
            );
            self.problems.push(Problem { line: None, text });
        }
    }

    pub(super) fn problem(&mut self, place: Place, text: String) {
        self.problems.push(match place {
            Place::Line(line) => Problem { line: Some(line), text },
            Place::Variable(name) => Problem { line: None, text: format!("{name}: {text}") },
            Place::Default => Problem { line: None, text },
        });
    }
}

/// The key of that name, and whether the name is that of its file.
fn find(section: &str, name: &str) -> Option<(&'static Key, bool)> {
    KEYS.iter().filter(|key| key.section == section).find_map(|key| {
        let is_file = key.shape == Shape::Secret && name.strip_suffix("_file") == Some(key.name);
        (is_file || key.name == name).then_some((key, is_file))
    })
}

fn sections() -> String {
    let mut names: Vec<_> = KEYS.iter().map(|key| format!("[{}]", key.section)).collect();
    names.dedup();
    names.join(", ")
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
