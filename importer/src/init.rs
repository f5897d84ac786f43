//! `importer init`: writes a commented `importer.toml`, and asks for what is needed where somebody is there.
//!
//! What it writes comes from the table of keys, so that it names each of them as it is. Answers that belong to the file
//! (where things are) are written there; what people edit goes to the ledger, where `importer settings` and whatever
//! faces people can change it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::config::{Given, KEYS, Key, Proposal, Shape, Variables, write_private};
use crate::prompt::Prompt;
use crate::settings::{Settings, SettingsError};

/// Why there is no new file.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is one.
    #[error("{} is there already; `importer init --force` writes a new one in its place", .0.display())]
    AlreadyThere(PathBuf),
    /// It cannot be written.
    #[error("cannot write {}", .file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// What was answered cannot be saved.
    #[error("{} is written, but not all answers are saved", .file.display())]
    Settings {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: SettingsError,
    },
    /// Nobody can be asked.
    #[error("the terminal cannot be used")]
    Terminal(#[from] io::Error),
}

/// The keys that somebody is asked for besides those that have to be there.
const ASKED_TOO: [(&str, &str); 4] = [
    ("salesforce", "url"),
    ("salesforce", "user"),
    ("salesforce", "password"),
    ("settings", "default_account_manager"),
];

/// Writes the file, and returns what to say about it.
pub fn init(
    file: &Path,
    force: bool,
    variables: Variables<'_>,
    prompt: &mut dyn Prompt,
    now: Timestamp,
) -> Result<String, InitError> {
    if !force && file.exists() {
        return Err(InitError::AlreadyThere(file.to_owned()));
    }
    let answers = if prompt.is_attended() { ask(variables, prompt)? } else { Answers::new() };
    // Where Autotask is belongs into the file, as far as somebody is there to write it.
    let is_saved = |name: &Name| name.0 != "autotask" && key_of(name).is_some_and(Key::is_editable);
    let (saved, written): (Answers, Answers) =
        answers.into_iter().partition(|(name, _)| is_saved(name));
    let text = rendered(&written);
    let has_secrets =
        written.keys().any(|name| key_of(name).is_some_and(|key| key.shape == Shape::Secret));
    write(file, &text, has_secrets, force)?;
    let failed = |cause| InitError::Settings { file: file.to_owned(), cause };
    let given = Given::parse(&text, file, variables).map_err(|error| failed(error.into()))?;
    let proposed: Vec<_> = saved
        .into_iter()
        .filter_map(|(name, text)| Some(Proposal { key: key_of(&name)?, value: Some(text) }))
        .collect();
    if !proposed.is_empty() {
        Settings::of(given).and_then(|settings| settings.save(&proposed, now)).map_err(failed)?;
    }
    let name = file.display();
    Ok(if prompt.is_attended() {
        format!(
            "{name} is written. `importer check` tries both connections, `importer settings show` shows what is set, \
             `importer plan` what an import would do."
        )
    } else {
        format!(
            "{name} is written. Fill in [autotask], then set Salesforce's user and password with `importer settings \
             set salesforce.user NAME` and `importer settings set salesforce.password`; `importer check` tries both \
             connections."
        )
    })
}

type Name = (&'static str, &'static str);
type Answers = BTreeMap<Name, String>;

fn key_of((section, name): &Name) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.section == *section && key.name == *name)
}

/// Asks for what has to be there and the environment does not have; nothing answered is nothing set.
fn ask(variables: Variables<'_>, prompt: &mut dyn Prompt) -> io::Result<Answers> {
    let mut answers = Answers::new();
    for key in KEYS {
        let name = (key.section, key.name);
        let is_asked = key.default.is_none() || ASKED_TOO.contains(&name);
        let variable = key.variable();
        let is_given =
            variables(&variable).is_some() || variables(&format!("{variable}_FILE")).is_some();
        if !is_asked || is_given {
            continue;
        }
        let question = format!("{} ({})", key.full_name(), key.purpose);
        let default = key.default.unwrap_or_default();
        let answer = match key.shape {
            Shape::Secret => prompt.ask_secret(&question)?.expose_secret().to_owned(),
            _ => prompt.ask(&question, default)?,
        };
        if !answer.is_empty() && answer != default {
            answers.insert(name, answer);
        }
    }
    Ok(answers)
}

fn write(file: &Path, text: &str, has_secrets: bool, force: bool) -> Result<(), InitError> {
    let unwritable = |cause| InitError::Unwritable { file: file.to_owned(), cause };
    if has_secrets {
        return write_private(file, text.as_bytes()).map_err(unwritable);
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).truncate(true);
    // Between the first look and now somebody else may have written one.
    if force {
        options.create(true)
    } else {
        options.create_new(true)
    };
    let mut open = options.open(file).map_err(unwritable)?;
    open.write_all(text.as_bytes()).map_err(unwritable)
}

/// The file's text: every key with what it is for and its default, and these values.
fn rendered(values: &Answers) -> String {
    let mut text = String::from(
        "# The importer's settings. A line that begins with # counts for nothing: it shows the default or an example.\n\
         # Every key can be given as the environment variable that is named, every secret as a file of its own.\n\
         # What can be set with `importer settings set` as well is in the ledger then, unless it stands here or in the\n\
         # environment: in that case this is the truth, and it cannot be changed from there.\n",
    );
    let mut section = "";
    for key in KEYS {
        if key.section != section {
            section = key.section;
            let _ = write!(text, "\n[{section}]\n");
        }
        describe(key, &mut text);
        let value = values.get(&(key.section, key.name));
        let _ = match (key.shape, value) {
            (_, Some(value)) => writeln!(text, "{} = {}", key.name, toml_value(key.shape, value)),
            (Shape::Secret, None) => {
                writeln!(text, "# {0}_file = \"{1}-{0}.txt\"", key.name, key.section)
            }
            (shape, None) => {
                let shown = toml_value(shape, key.default.unwrap_or_default());
                writeln!(text, "# {} = {shown}", key.name)
            }
        };
    }
    text
}

fn describe(key: &Key, text: &mut String) {
    let variable = key.variable();
    let need = match (key.default, key.is_editable()) {
        (None, true) => format!(" Needed: here, as {variable}, or with `importer settings set`."),
        (None, false) => format!(" Needed: here or as {variable}."),
        (Some(_), true) => format!(" Also {variable}, or `importer settings set`."),
        (Some(_), false) => format!(" Also {variable}."),
    };
    let purpose = key.purpose.trim_matches(['…', ' ']);
    let mut letters = purpose.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let _ = writeln!(text, "# {first}{}.{need}", letters.as_str());
}

fn toml_value(shape: Shape, value: &str) -> String {
    match shape {
        Shape::Number | Shape::Flag => value.to_owned(),
        Shape::List => format!("[{value}]"),
        Shape::Text | Shape::Secret | Shape::TextOrNumber | Shape::Version => {
            toml::Value::String(value.to_owned()).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use secrecy::SecretString;

    use super::*;
    use crate::config::Config;
    use crate::salesforce::SignIn;

    /// Somebody who answers what is written down, or nobody.
    struct Script(Option<VecDeque<&'static str>>);

    impl Script {
        fn of(answers: &[&'static str]) -> Self {
            Self(Some(answers.iter().copied().collect()))
        }

        fn next(&mut self) -> io::Result<String> {
            let next = self.0.as_mut().and_then(VecDeque::pop_front);
            next.map(str::to_owned).ok_or_else(|| io::Error::other("one question too many"))
        }
    }

    impl Prompt for Script {
        fn is_attended(&self) -> bool {
            self.0.is_some()
        }

        fn ask(&mut self, _: &str, default: &str) -> io::Result<String> {
            let answer = self.next()?;
            Ok(if answer.is_empty() { default.to_owned() } else { answer })
        }

        fn ask_secret(&mut self, _: &str) -> io::Result<SecretString> {
            Ok(self.next()?.into())
        }
    }

    const NEEDED: [(&str, &str); 5] = [
        ("IMPORTER_SALESFORCE_USER", "integration@example.com"),
        ("IMPORTER_SALESFORCE_PASSWORD", "pw"),
        ("IMPORTER_AUTOTASK_USER", "api@example.com"),
        ("IMPORTER_AUTOTASK_SECRET", "s3cret"),
        ("IMPORTER_AUTOTASK_INTEGRATION_CODE", "CODE"),
    ];

    fn needed(name: &str) -> Option<String> {
        NEEDED.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    fn made(
        file: &Path,
        force: bool,
        variables: Variables<'_>,
        mut script: Script,
    ) -> Result<String, InitError> {
        init(file, force, variables, &mut script, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn with_nobody_there_every_key_is_listed_and_nothing_is_set() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("importer.toml");

        made(&file, false, &|_| None, Script(None)).unwrap();

        let text = fs::read_to_string(&file).unwrap();
        for key in KEYS {
            assert!(text.contains(&key.variable()), "{} is not in {text}", key.full_name());
        }
        assert!(text.lines().all(|line| line.is_empty() || line.starts_with(['#', '['])), "{text}");
        assert!(Config::load(&file, &needed).is_ok());
        let lacking = Config::load(&file, &|_| None).unwrap_err().to_string();
        assert_eq!(lacking.lines().count(), NEEDED.len(), "{lacking}");
    }

    #[test]
    fn the_defaults_it_shows_are_those_that_hold() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("importer.toml");
        let shown: String = rendered(&Answers::new())
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.split_once(" = ").is_some_and(|(name, _)| is_key(name)) => rest,
                _ => line,
            })
            .flat_map(|line| [line, "\n"])
            .collect();

        let mut as_shown = Config::parse(&shown, &file, &needed).unwrap();
        let by_default = Config::parse("", &file, &needed).unwrap();

        // What stands there has been chosen.
        assert!(std::mem::take(&mut as_shown.company_field_is_chosen));
        assert!(shown.contains("\nthreads = 2\n") && shown.contains("\nactive = false\n"));
        assert_eq!(format!("{as_shown:?}"), format!("{by_default:?}"));
    }

    fn is_key(name: &str) -> bool {
        KEYS.iter()
            .any(|key| key.name == name && key.default.is_some() && key.shape != Shape::Secret)
    }

    #[test]
    fn answers_go_where_they_belong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("importer.toml");
        let answers =
            ["", "me@example.com", "pwToken", "api@example.com", "s\"3", "CODE", "Ada Berg"];

        made(&file, false, &|_| None, Script::of(&answers)).unwrap();

        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("pwToken") && !text.contains("me@example.com"), "{text}");
        let config = Config::load(&file, &|_| None).unwrap();
        let SignIn::Password { password, .. } = config.salesforce.sign_in.clone() else { panic!() };
        assert_eq!(password.expose_secret(), "pwToken");
        assert_eq!(config.autotask.secret.expose_secret(), "s\"3");
        assert_eq!(config.saved().0.len(), 3);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn nobody_is_asked_for_what_the_environment_has() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("importer.toml");

        made(&file, false, &needed, Script::of(&["", ""])).unwrap();

        assert!(Config::load(&file, &needed).is_ok());
    }

    #[test]
    fn a_file_that_is_there_stays_unless_somebody_insists() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("importer.toml");
        fs::write(&file, "mine").unwrap();

        let refused = made(&file, false, &|_| None, Script(None)).unwrap_err();

        assert!(refused.to_string().contains("--force"), "{refused}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        made(&file, true, &|_| None, Script(None)).unwrap();
        assert!(fs::read_to_string(&file).unwrap().contains("[autotask]"));
    }
}
