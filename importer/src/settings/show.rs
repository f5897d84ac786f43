//! The settings as people and programs read them.

use std::fmt;

use serde::Serialize;

use crate::config::{Entry, Origin, Shape};

/// All keys with their values.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Shown(Vec<Line>);

/// One key with its value.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "programs read each of them by its name")]
struct Line {
    key: String,
    purpose: &'static str,
    is_secret: bool,
    is_set: bool,
    /// Never that of a secret.
    value: Option<String>,
    default: Option<&'static str>,
    /// Whether it can be set in the ledger at all.
    is_editable: bool,
    /// Whether file or environment have it.
    is_managed: bool,
    /// Whether the ledger holds another value, which does not count.
    is_overruled: bool,
    origin: Source,
    problem: Option<String>,
    #[serde(skip)]
    from: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
enum Source {
    Default,
    File { file: String, line: usize },
    Variable { name: String },
    Ledger { since: jiff::Timestamp },
}

impl Shown {
    /// What is shown of these.
    pub fn of(entries: Vec<Entry>) -> Self {
        Self(entries.into_iter().map(line).collect())
    }
}

fn line(entry: Entry) -> Line {
    let Entry { key, value, is_set, origin, is_overruled, problem } = entry;
    Line {
        key: key.full_name(),
        purpose: key.purpose,
        is_secret: key.shape == Shape::Secret,
        is_set,
        value,
        default: key.default.filter(|text| !text.is_empty()),
        is_editable: key.is_editable(),
        is_managed: origin.is_managed(),
        is_overruled,
        origin: match &origin {
            Origin::Default => Source::Default,
            Origin::File(file, line) => {
                Source::File { file: file.display().to_string(), line: *line }
            }
            Origin::Variable(name) => Source::Variable { name: name.clone() },
            Origin::Ledger(since) => Source::Ledger { since: *since },
        },
        problem,
        from: origin,
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|line| line.key.len()).max().unwrap_or_default();
        for line in &self.0 {
            let value = match (&line.value, line.is_set) {
                (Some(value), _) => value,
                (None, true) => "set",
                (None, false) => "not set",
            };
            write!(f, "{:width$}  {value}", line.key)?;
            match line.from {
                Origin::Default if !line.is_set => writeln!(f)?,
                _ => writeln!(f, "  ({})", line.from)?,
            }
            if line.is_overruled {
                writeln!(f, "{:width$}  the ledger holds another value, which does not count", "")?;
            }
            if let Some(problem) = &line.problem {
                writeln!(f, "{:width$}  WRONG: {problem}", "")?;
            }
        }
        writeln!(
            f,
            "\n`importer settings set KEY VALUE` changes those of [settings] and [notifications], salesforce.url, \
             user and password, and autotask.user, secret and integration_code, unless file or environment have them."
        )
    }
}
