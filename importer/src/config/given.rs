//! What file and environment say, before what the ledger holds is added to it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::keys::{KEYS, Key, Shape};
use super::read::{Completeness, Found, LIST_DIVIDER, Place, Values, divided};
use super::saved::Saved;
use super::seal::Seal;
use super::{Config, ConfigError, Problem, Variables, build};
use crate::sqlite::{Ledger, LedgerError};

/// The settings of file and environment.
#[derive(Clone)]
pub struct Given {
    file: PathBuf,
    values: Values,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("file", &self.file).finish_non_exhaustive()
    }
}

/// Where a key's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// This line of the settings' file.
    File(PathBuf, usize),
    /// This environment variable.
    Variable(String),
    /// The ledger, where somebody saved it at that time.
    Ledger(Timestamp),
    /// Nowhere: it is the key's default, or it is not set at all.
    Default,
}

impl Origin {
    /// Whether file or environment have it, so that it is changed there and nowhere else.
    pub fn is_managed(&self) -> bool {
        matches!(self, Self::File(..) | Self::Variable(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file, line) => write!(f, "{}, line {line}", file.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Ledger(since) => {
                write!(f, "the ledger, since {}", since.strftime("%Y-%m-%d %H:%M UTC"))
            }
            Self::Default => f.write_str("default"),
        }
    }
}

/// A key with its value, as people may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: &'static Key,
    /// Its value; `None` for a secret, and where there is none.
    pub value: Option<String>,
    /// Whether it has a value.
    pub is_set: bool,
    /// Where that comes from.
    pub origin: Origin,
    /// Whether the ledger holds a value too, which does not count.
    pub is_overruled: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// A value that somebody would like to save.
#[derive(Clone)]
pub struct Proposal {
    /// Its key.
    pub key: &'static Key,
    /// The value, which may be a secret; `None` to remove what is saved.
    pub value: Option<String>,
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proposal").field("key", &self.key.full_name()).finish_non_exhaustive()
    }
}

impl Given {
    /// Reads the file and the environment.
    pub fn load(file: &Path, variables: Variables<'_>) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(file)
            .map_err(|cause| ConfigError::Unreadable { file: file.to_owned(), cause })?;
        Self::parse(&text, file, variables)
    }

    /// Reads the text of `file`, whose folder relative names start from, and the environment. A wrong value is no
    /// error yet, unless nothing else can be said about the file.
    pub fn parse(text: &str, file: &Path, variables: Variables<'_>) -> Result<Self, ConfigError> {
        let values = Values::read(text, file.parent().unwrap_or(Path::new("")), variables);
        if values.is_no_toml {
            return Err(ConfigError::Wrong { file: file.to_owned(), problems: values.problems });
        }
        Ok(Self { file: file.to_owned(), values })
    }

    /// The folder that relative names start from.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// The ledger's file.
    pub fn ledger(&self) -> PathBuf {
        let mut values = self.values.clone();
        values.complete(Completeness::SoFar);
        let name = values.found.get(&("ledger", "file")).map(|found| found.text.trim());
        self.folder().join(name.unwrap_or_default())
    }

    /// What the ledger holds, if there is one.
    pub fn saved(&self) -> Result<Saved, LedgerError> {
        let ledger = self.ledger();
        if !ledger.exists() {
            return Ok(Saved::default());
        }
        Ledger::open(&ledger)?.write(|tx| tx.saved_settings())
    }

    /// The seal of the ledger's secrets.
    pub(crate) fn seal(&self) -> Seal {
        Seal::beside(&self.ledger())
    }

    /// The settings, with what the ledger holds.
    pub fn config(&self, saved: Saved) -> Result<Config, ConfigError> {
        self.config_with(saved, &[])
    }

    /// The settings as they would be with these values saved too.
    pub fn config_with(&self, saved: Saved, proposed: &[Proposal]) -> Result<Config, ConfigError> {
        self.built(saved, proposed, Completeness::Whole)
            .map_err(|problems| ConfigError::Wrong { file: self.file.clone(), problems })
    }

    /// The settings as far as they go, even if nobody has set up Salesforce yet: to ask Autotask with.
    pub fn config_so_far(
        &self,
        saved: Saved,
        proposed: &[Proposal],
    ) -> Result<Config, Vec<Problem>> {
        self.built(saved, proposed, Completeness::SoFar)
    }

    /// The settings for a service that can wait for what people have not set yet. What is missing is named in them, and
    /// no import may go by them while something is.
    pub fn config_begun(&self, saved: Saved) -> Result<Config, ConfigError> {
        let missing = match self.config(saved.clone()) {
            Err(ConfigError::Wrong { problems, .. }) => problems,
            complete => return complete,
        };
        let begun = self.built(saved, &[], Completeness::Begun);
        let begun =
            begun.map_err(|problems| ConfigError::Wrong { file: self.file.clone(), problems })?;
        Ok(Config { missing, ..begun })
    }

    /// Where a key's value comes from.
    pub fn origin(&self, key: &Key, saved: &Saved) -> Origin {
        match self.values.found.get(&(key.section, key.name)) {
            Some(Found { place: Place::Line(line), .. }) => Origin::File(self.file.clone(), *line),
            Some(Found { place: Place::Variable(name), .. }) => Origin::Variable(name.clone()),
            _ => match saved.0.get(&key.full_name()).filter(|_| key.is_editable()) {
                Some(saved) => Origin::Ledger(saved.since),
                None => Origin::Default,
            },
        }
    }

    /// All keys with their values.
    pub fn entries(&self, saved: &Saved) -> Vec<Entry> {
        let mut values = self.values.clone();
        values.take_saved(saved, &self.seal());
        let entry = |key: &'static Key| {
            let found = values.found.get(&(key.section, key.name));
            let text = found.map_or(key.default.unwrap_or_default(), |found| found.text.trim());
            let origin = self.origin(key, saved);
            let problem = values.problems.iter().find(|problem| problem.about == Some(key));
            Entry {
                key,
                is_set: !text.is_empty() || matches!(origin, Origin::Ledger(_)),
                value: (key.shape != Shape::Secret && !text.is_empty())
                    .then(|| text.replace(LIST_DIVIDER, ", ").replace(",  ", ", ")),
                is_overruled: origin.is_managed() && saved.0.contains_key(&key.full_name()),
                origin,
                problem: problem.map(|problem| problem.text.clone()),
            }
        };
        KEYS.iter().map(entry).collect()
    }

    fn built(
        &self,
        saved: Saved,
        proposed: &[Proposal],
        completeness: Completeness,
    ) -> Result<Config, Vec<Problem>> {
        let mut values = self.values.clone();
        for Proposal { key, value } in proposed {
            if let Some(text) = value {
                let text = divided(key.shape, text);
                let found = Found { text, place: Place::Proposed(key) };
                values.found.insert((key.section, key.name), found);
            }
        }
        let mut still_saved = saved.clone();
        for proposal in proposed {
            still_saved.0.remove(&proposal.key.full_name());
        }
        values.take_saved(&still_saved, &self.seal());
        values.complete(completeness);
        match build(&mut values, self, saved) {
            Some(config) if values.problems.is_empty() => Ok(config),
            _ => {
                values.problems.sort_by_key(|problem| (problem.line.is_none(), problem.line));
                Err(values.problems)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use tempfile::TempDir;

    use super::*;
    use crate::config::{SavedValue, Stored};
    use crate::domain::ids::ResourceId;
    use crate::domain::recipients::Recipient;
    use crate::run::AccountManager;
    use crate::salesforce::SignIn;

    const PLACES: &str = "[autotask]\nuser = \"api@example.com\"\nsecret = \"s3cret\"\nintegration_code = \"CODE\"\n";

    fn given(text: &str, variables: &[(&str, &str)]) -> (TempDir, Given) {
        let folder = tempfile::tempdir().unwrap();
        let variables = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let given = Given::parse(text, &folder.path().join("importer.toml"), &variables).unwrap();
        (folder, given)
    }

    fn saved(values: &[(&str, Stored)]) -> Saved {
        let since = Timestamp::UNIX_EPOCH;
        let value = |(name, value): &(&str, Stored)| {
            ((*name).to_owned(), SavedValue { value: value.clone(), since })
        };
        Saved(values.iter().map(value).collect())
    }

    fn plain(text: &str) -> Stored {
        Stored::Plain(text.to_owned())
    }

    fn people(given: &Given) -> Saved {
        let sealed = given.seal().seal("salesforce.password", "pwToken").unwrap();
        saved(&[
            ("salesforce.user", plain("integration@example.com")),
            ("salesforce.password", Stored::Sealed(sealed)),
            ("settings.default_account_manager", plain("Angela Richer")),
            ("settings.active", plain("true")),
            ("notifications.recipients", plain("7, Ada Berg")),
        ])
    }

    fn origin(given: &Given, name: &str, saved: &Saved) -> Origin {
        given.origin(Key::named(name).unwrap(), saved)
    }

    #[test]
    fn the_ledger_has_what_the_file_leaves_out() {
        let (_folder, given) = given(PLACES, &[]);

        let config = given.config(people(&given)).unwrap();

        let SignIn::Password { user, password } = config.salesforce.sign_in else { panic!() };
        assert_eq!(user, "integration@example.com");
        assert_eq!(password.expose_secret(), "pwToken");
        assert_eq!(
            config.import.account_manager,
            AccountManager::Named("Angela Richer".to_owned())
        );
        assert!(config.active && !config.notifications.quiet);
        let ada = Recipient::Named("Ada Berg".to_owned());
        assert_eq!(config.notifications.recipients, [Recipient::Id(ResourceId(7)), ada]);
    }

    #[test]
    fn what_file_or_environment_have_is_the_truth() {
        let text =
            format!("{PLACES}[settings]\nactive = false\n[notifications]\nrecipients = [9]\n");
        let variables = [("IMPORTER_SALESFORCE_USER", "other@example.com")];
        let (_folder, given) = given(&text, &variables);
        let saved = people(&given);

        let config = given.config(saved.clone()).unwrap();

        assert!(!config.active);
        let SignIn::Password { user, .. } = config.salesforce.sign_in else { panic!() };
        assert_eq!(user, "other@example.com");
        assert_eq!(config.notifications.recipients, [Recipient::Id(ResourceId(9))]);
        assert!(matches!(origin(&given, "active", &saved), Origin::File(_, 6)));
        assert!(matches!(origin(&given, "salesforce.user", &saved), Origin::Variable(_)));
        assert!(matches!(origin(&given, "salesforce.password", &saved), Origin::Ledger(_)));
        assert_eq!(origin(&given, "interval_minutes", &saved), Origin::Default);
        let entries = given.entries(&saved);
        let overruled: Vec<_> = entries.iter().filter(|entry| entry.is_overruled).collect();
        assert_eq!(overruled.len(), 3);
    }

    #[test]
    fn what_people_saved_for_another_way_to_sign_in_does_not_count() {
        let app = "sign_in = \"client-credentials\"\nclient_id = \"c\"\nclient_secret = \"s\"\n";
        let text = format!("{PLACES}[salesforce]\n{app}url = \"https://acme.my.salesforce.com\"\n");
        let (_folder, given) = given(&text, &[]);

        let config = given.config(people(&given)).unwrap();

        assert!(matches!(config.salesforce.sign_in, SignIn::ClientCredentials { .. }));
    }

    #[test]
    fn what_is_not_for_people_is_never_taken_from_the_ledger() {
        let (_folder, given) = given(PLACES, &[]);
        let mut saved = people(&given);
        let planted = SavedValue { value: plain("1"), since: Timestamp::UNIX_EPOCH };
        saved.0.insert("autotask.threads".to_owned(), planted);

        assert_eq!(given.config(saved).unwrap().autotask_threads, 2);
    }

    #[test]
    fn what_is_nowhere_is_named_with_all_ways_to_set_it() {
        let (_folder, given) = given(PLACES, &[]);

        let wrong = given.config(Saved::default()).unwrap_err().to_string();

        for name in ["user", "password"] {
            let variable = format!("IMPORTER_SALESFORCE_{}", name.to_uppercase());
            let expected = format!(
                "set it with `importer settings set salesforce.{name}`, there, or as {variable}"
            );
            assert!(wrong.contains(&expected), "{wrong}");
        }
    }

    #[test]
    fn a_service_can_begin_with_what_is_there_if_nothing_is_wrong() {
        let (_folder, nothing) = given("", &[]);
        let (_folder, wrong) = given("[network]\ntimeout_seconds = 0\n", &[]);
        let (_folder, complete) = given(PLACES, &[]);

        let begun = nothing.config_begun(Saved::default()).unwrap();
        let missing: Vec<_> = begun.missing.iter().filter_map(|one| one.about).collect();
        let names: Vec<_> = missing.iter().map(|key| key.full_name()).collect();

        let access = ["autotask.user", "autotask.secret", "autotask.integration_code"];
        assert_eq!(names, [&access[..], &["salesforce.user", "salesforce.password"]].concat());
        assert!(nothing.config(Saved::default()).is_err(), "no import can go by that");
        assert!(wrong.config_begun(Saved::default()).is_err());
        assert!(complete.config_begun(people(&complete)).unwrap().missing.is_empty());
    }

    #[test]
    fn a_lost_key_file_is_named_with_what_to_do_and_asked_for_only_if_it_is_needed() {
        let (folder, given) = given(PLACES, &[]);
        let saved = people(&given);
        fs::remove_file(folder.path().join("importer.db.key")).unwrap();

        let wrong = given.config(saved.clone()).unwrap_err().to_string();
        let entries = given.entries(&saved);
        let password = [("IMPORTER_SALESFORCE_PASSWORD", "pw")];
        let variables = |name: &str| {
            password.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let managed = Given::parse(PLACES, &given.file, &variables).unwrap();

        assert!(wrong.contains("importer.db.key is not there any more; put it back"), "{wrong}");
        assert!(wrong.contains("`importer settings set salesforce.password`"), "{wrong}");
        let entry = entries.iter().find(|entry| entry.key.name == "password").unwrap();
        assert!(entry.is_set && entry.value.is_none() && entry.problem.is_some());
        assert!(managed.config(saved).is_ok());
    }

    #[test]
    fn a_wrong_value_in_the_ledger_is_told_from_one_in_the_file() {
        let (_folder, given) = given(PLACES, &[]);
        let mut saved = people(&given);
        saved.0.get_mut("settings.active").unwrap().value = plain("perhaps");

        let wrong = given.config(saved).unwrap_err().to_string();

        assert!(wrong.contains("in the ledger, `active` must be true or false"), "{wrong}");
    }

    #[test]
    fn nothing_secret_is_printed() {
        let (_folder, given) = given(PLACES, &[]);
        let saved = people(&given);
        let proposal =
            Proposal { key: Key::named("salesforce.password").unwrap(), value: Some("new".into()) };

        let config = given.config(saved.clone()).unwrap();
        let all =
            format!("{given:?} {saved:?} {config:?} {proposal:?} {:?}", given.entries(&saved));

        for secret in ["s3cret", "pwToken", "CODE", "\"new\""] {
            assert!(!all.contains(secret), "{all}");
        }
    }
}
