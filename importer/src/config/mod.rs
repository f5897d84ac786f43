//! The settings: `importer.toml`, overridden by environment variables, completed by what the ledger holds, checked
//! once and as a whole.
//!
//! What people edit may stand in the ledger, unless file or environment have it: then those are the truth, and nothing
//! else is (rule S1).
//!
//! All that is wrong is reported together, each with its line and what would be right. A value that may be secret is
//! never part of a message.

mod console;
mod given;
mod import;
mod keys;
mod notifications;
mod read;
mod saved;
mod seal;
mod sign_in;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use jiff::SignedDuration;
use secrecy::SecretString;

use crate::autotask::Credentials;
use crate::domain::guard::Guard;
use crate::domain::ids::ResourceId;
use crate::http::server_address;
use crate::log::Format;
use crate::ports::IdFields;
use crate::run::{AccountManager, ImportSettings};
use crate::salesforce::Access;
use crate::sqlite::LedgerError;
pub use console::ConsoleAccess;
pub use given::{Entry, Given, Origin, Proposal};
pub use keys::{KEYS, Key, Shape};
pub use notifications::{Encryption, Notifications, Smtp, WebhookAccess};
use read::{Found, Place, Values};
pub use saved::{Saved, SavedValue, Stored};
pub use seal::SealError;
pub(crate) use seal::write_private;

/// Looks up environment variables.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The ledger's file.
    pub ledger: PathBuf,
    /// Where and how to sign in to Salesforce.
    pub salesforce: Access,
    /// How much of the organization's API requests of a day is left to other integrations, in per cent.
    pub salesforce_leave_percent: u64,
    /// Where Autotask's zones are asked for.
    pub autotask_url: Uri,
    /// Who calls Autotask.
    pub autotask: Credentials,
    /// Requests at a time to one kind of Autotask record.
    pub autotask_threads: usize,
    /// How much of Autotask's hour imports may use, in per cent.
    pub autotask_share_percent: u64,
    /// The user-defined fields that hold Salesforce ids.
    pub id_fields: IdFields,
    /// Whether somebody has said which field of companies that is.
    pub company_field_is_chosen: bool,
    /// What an import depends on.
    pub import: ImportSettings,
    /// Whether imports are made as scheduled (rule S3).
    pub active: bool,
    /// The time between two scheduled imports.
    pub interval: Duration,
    /// Who hears of imports, and when not.
    pub notifications: Notifications,
    /// The mail server, if there is one.
    pub smtp: Option<Smtp>,
    /// Where news is posted, if anywhere.
    pub webhook: Option<WebhookAccess>,
    /// The console, unless there is none.
    pub console: Option<ConsoleAccess>,
    /// The console's address as people reach it.
    pub console_url: Option<Uri>,
    /// Certificate authorities to trust besides the machine's.
    pub ca_file: Option<PathBuf>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How the log is written.
    pub log: Format,
    /// What an import lacks before it can go by these settings; empty but for [`Given::config_begun`].
    pub missing: Vec<Problem>,
    /// What file and environment say.
    given: Arc<Given>,
    /// What the ledger held besides.
    saved: Saved,
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, where it is about one.
    pub line: Option<usize>,
    /// The key, where it is about one.
    pub about: Option<&'static Key>,
    /// What is wrong, and what would be right.
    pub text: String,
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "cannot read the settings {file}; `--config FILE` names another file, and docs/OPERATING.md shows what belongs in it"
    )]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}", Listing(.file, .problems))]
    Wrong {
        /// The file.
        file: PathBuf,
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
    /// The ledger, which may hold some of the settings, cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

struct Listing<'a>(&'a Path, &'a [Problem]);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(file, problems) = self;
        for (number, problem) in problems.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            match problem.line {
                Some(line) => write!(f, "{}:{line}: {}", file.display(), problem.text)?,
                None => write!(f, "{}: {}", file.display(), problem.text)?,
            }
        }
        Ok(())
    }
}

impl Config {
    /// Reads the settings from a file, the environment and the ledger.
    pub fn load(file: &Path, variables: Variables<'_>) -> Result<Self, ConfigError> {
        let given = Given::load(file, variables)?;
        given.config(given.saved()?)
    }

    /// Reads the settings for `importer serve`: with a console, people can set there what is missing.
    pub fn load_to_serve(file: &Path, variables: Variables<'_>) -> Result<Self, ConfigError> {
        let given = Given::load(file, variables)?;
        let saved = given.saved()?;
        match given.config_begun(saved.clone())? {
            begun if begun.missing.is_empty() || begun.console.is_some() => Ok(begun),
            _ => given.config(saved),
        }
    }

    /// Reads the settings from the text of `file`, whose folder relative names start from, the environment and the
    /// ledger.
    pub fn parse(text: &str, file: &Path, variables: Variables<'_>) -> Result<Self, ConfigError> {
        let given = Given::parse(text, file, variables)?;
        given.config(given.saved()?)
    }

    /// What the ledger held when these settings were read.
    pub fn saved(&self) -> &Saved {
        &self.saved
    }

    /// The settings with what the ledger holds now. File and environment are not read again.
    pub fn with(&self, saved: Saved) -> Result<Self, ConfigError> {
        self.given.config(saved)
    }

    /// What file and environment say of them.
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// Where a key's value comes from.
    pub fn origin(&self, key: &Key) -> Origin {
        self.given.origin(key, &self.saved)
    }
}

/// The settings, if nothing is missing. What is wrong with values is noted in `values`.
fn build(values: &mut Values, given: &Given, saved: Saved) -> Option<Config> {
    let folder = given.folder();
    let text = |values: &Values, section, name| {
        values.found.get(&(section, name)).map(|found: &Found| found.text.trim().to_owned())
    };
    let secret = |values: &Values, section, name| {
        values
            .found
            .get(&(section, name))
            .map(|found: &Found| SecretString::from(found.text.clone()))
    };
    let salesforce = sign_in::access(values);
    let autotask_url = address(values, "autotask", "url");
    let threads = number(values, "autotask", "threads");
    let leave = percent(values, "salesforce", "leave_percent", 99);
    let share = percent(values, "autotask", "share_percent", 100);
    let settle = number(values, "autotask", "settle_seconds");
    let timeout = number(values, "network", "timeout_seconds");
    let interval = number(values, "settings", "interval_minutes");
    let guard_percent = number(values, "settings", "guard_percent");
    let guard_records = number(values, "settings", "guard_records");
    let keep_days = number(values, "settings", "keep_days");
    let company_field = name_of_field(values, "company_id_field");
    let contact_field = name_of_field(values, "contact_id_field");
    let policies = import::policies(values);
    let moved = import::moved(values);
    let deleted = import::deleted(values);
    let overlap = import::minutes(values, "overlap_minutes");
    let sweep_every = import::hours(values, "sweep_hours");
    let compare_every = import::hours(values, "compare_hours");
    let company_place =
        values.found.get(&("settings", "company_id_field")).map(|found| &found.place);
    let company_field_is_chosen = company_place.is_some_and(|place| *place != Place::Default);
    let active = flag(values, "settings", "active");
    let notifications = notifications::notifications(values);
    let log = log_format(values);
    let smtp = notifications::smtp(values);
    let webhook = notifications::webhook(values);
    let console_url = notifications::console_url(values);
    let console = console::console(values);
    let values = &*values;
    let id_fields = IdFields { company: company_field?, contact: contact_field? };
    let manager = text(values, "settings", "default_account_manager")?;
    let import = ImportSettings {
        account_manager: match manager.parse() {
            _ if manager.is_empty() => AccountManager::None,
            Ok(id) => AccountManager::Id(ResourceId(id)),
            Err(_) => AccountManager::Named(manager),
        },
        company_phone_placeholder: text(values, "settings", "company_phone_placeholder")?,
        contact_first_name_placeholder: text(values, "settings", "contact_first_name_placeholder")?,
        id_fields: id_fields.clone(),
        policies: policies?,
        moved: moved?,
        deleted: deleted?,
        overlap: overlap?,
        sweep_every: sweep_every?,
        compare_every: compare_every?,
        guard: Guard { percent: guard_percent? as u64, records: guard_records? as u64 },
        writes_at_a_time: threads?,
        settle_after: Duration::from_secs(settle? as u64),
        keep_details: SignedDuration::from_hours(
            i64::try_from(keep_days?).ok()?.saturating_mul(24),
        ),
    };
    let ca_file = text(values, "network", "ca_file")?;
    Some(Config {
        ledger: folder.join(text(values, "ledger", "file")?),
        salesforce: salesforce?,
        salesforce_leave_percent: leave?,
        autotask_url: autotask_url?,
        autotask: Credentials {
            user: text(values, "autotask", "user")?,
            secret: secret(values, "autotask", "secret")?,
            integration_code: secret(values, "autotask", "integration_code")?,
        },
        autotask_threads: threads?,
        autotask_share_percent: share?,
        id_fields,
        company_field_is_chosen,
        import,
        active: active?,
        notifications: notifications?,
        smtp,
        webhook,
        console,
        console_url,
        interval: Duration::from_mins(interval? as u64),
        ca_file: (!ca_file.is_empty()).then(|| folder.join(ca_file)),
        timeout: Duration::from_secs(timeout? as u64),
        log: log?,
        missing: Vec::new(),
        given: Arc::new(given.clone()),
        saved,
    })
}

fn log_format(values: &mut Values) -> Option<Format> {
    let found = values.found.get(&("log", "format"))?.clone();
    found.text.trim().parse().map_err(|error| values.problem(found.place, error)).ok()
}

fn address(values: &mut Values, section: &'static str, name: &'static str) -> Option<Uri> {
    let found = values.found.get(&(section, name))?.clone();
    match server_address(&found.text) {
        Ok(uri) => Some(uri),
        Err(error) => {
            values.problem(found.place, format!("`{name}`: {error}"));
            None
        }
    }
}

fn number(values: &mut Values, section: &'static str, name: &'static str) -> Option<usize> {
    let found = values.found.get(&(section, name))?.clone();
    match found.text.trim().parse::<u32>() {
        Ok(number) if number > 0 => Some(number as usize),
        _ => {
            values.problem(found.place, format!("`{name}` must be a whole number from 1 up"));
            None
        }
    }
}

fn flag(values: &mut Values, section: &'static str, name: &'static str) -> Option<bool> {
    let found = values.found.get(&(section, name))?.clone();
    match found.text.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => {
            values.problem(found.place, format!("`{name}` must be true or false"));
            None
        }
    }
}

fn percent(
    values: &mut Values,
    section: &'static str,
    name: &'static str,
    most: u32,
) -> Option<u64> {
    let found = values.found.get(&(section, name))?.clone();
    match found.text.trim().parse::<u32>() {
        Ok(number) if (1..=most).contains(&number) => Some(number.into()),
        _ => {
            values
                .problem(found.place, format!("`{name}` must be a whole number from 1 to {most}"));
            None
        }
    }
}

/// Autotask's own limit for the name of a user-defined field.
const LONGEST_FIELD_NAME: usize = 45;

fn name_of_field(values: &mut Values, name: &'static str) -> Option<String> {
    let found = values.found.get(&("settings", name))?.clone();
    let text = found.text.trim().to_owned();
    if (1..=LONGEST_FIELD_NAME).contains(&text.encode_utf16().count()) {
        return Some(text);
    }
    let problem = format!("`{name}` must have 1 to {LONGEST_FIELD_NAME} characters");
    values.problem(found.place, problem);
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::salesforce::SignIn;

    const MINIMAL: &str = r#"
[salesforce]
user = "integration@example.com"
password = "pw"

[autotask]
user = "api@example.com"
secret = "s3cret"
integration_code = "CODE"
"#;

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::parse(text, Path::new("conf/importer.toml"), &variables)
    }

    fn problems(text: &str, variables: &[(&str, &str)]) -> String {
        parse(text, variables).unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_those_of_the_real_services() {
        let config = parse(MINIMAL, &[]).unwrap();

        let login = "https://login.salesforce.com/services/Soap/u/64.0";
        assert_eq!(config.salesforce.endpoint.soap(), login);
        assert_eq!(config.autotask_url.host(), Some("webservices.autotask.net"));
        assert_eq!(config.ledger, Path::new("conf/importer.db"));
        assert_eq!(config.import, ImportSettings::default());
    }

    #[test]
    fn variables_override_the_file_and_the_token_follows_the_password() {
        let variables = [
            ("IMPORTER_SALESFORCE_PASSWORD", "other"),
            ("IMPORTER_SALESFORCE_SECURITY_TOKEN", "Token"),
            ("IMPORTER_SETTINGS_DEFAULT_ACCOUNT_MANAGER", "29682885"),
        ];

        let config = parse(MINIMAL, &variables).unwrap();

        let SignIn::Password { password, .. } = config.salesforce.sign_in else { panic!() };
        assert_eq!(password.expose_secret(), "otherToken");
        assert_eq!(config.import.account_manager, AccountManager::Id(ResourceId(29_682_885)));
    }

    #[test]
    fn a_secret_can_stand_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret.txt"), "from file\n").unwrap();
        let text = MINIMAL.replace(r#"secret = "s3cret""#, r#"secret_file = "secret.txt""#);

        let config = Config::parse(&text, &folder.path().join("importer.toml"), &|_| None).unwrap();

        assert_eq!(config.autotask.secret.expose_secret(), "from file");
    }

    #[test]
    fn everything_wrong_is_named_with_its_line_and_what_would_be_right() {
        let text = MINIMAL
            .replace("user = \"api@example.com\"", "usr = \"api@example.com\"\nthreads = \"two\"")
            .replace("[salesforce]", "[salesforce]\nurl = \"http://login.salesforce.com/\"");

        assert_eq!(
            problems(&text, &[]),
            "conf/importer.toml:3: `url`: `http://login.salesforce.com/` is not encrypted; plain http is for \
             this machine only, use https\n\
             conf/importer.toml:8: [autotask] has no key `usr`; its keys are url, user, secret, \
             integration_code, threads, \
             share_percent, settle_seconds\n\
             conf/importer.toml:9: `threads` must be a whole number, not of type string\n\
             conf/importer.toml: [autotask] lacks `user`: the API user's name; set it with `importer \
             settings set autotask.user`, there, or as IMPORTER_AUTOTASK_USER"
        );
    }

    #[test]
    fn what_may_be_secret_is_never_shown() {
        for text in [
            MINIMAL.replace("\"s3cret\"", "s3cret"),
            MINIMAL.replace("\"s3cret\"", "\"s3cret"),
            MINIMAL.replace("\"s3cret\"", "[\"s3cret\"]"),
            MINIMAL.replace("secret =", "secert ="),
        ] {
            assert!(!problems(&text, &[]).contains("s3cret"), "{}", problems(&text, &[]));
        }
        assert!(!format!("{:?}", parse(MINIMAL, &[]).unwrap()).contains("s3cret"));
    }

    #[test]
    fn a_mistyped_table_is_named() {
        let wrong = problems(&MINIMAL.replace("[autotask]", "[autotsk]"), &[]);

        assert!(wrong.contains("conf/importer.toml:6: there is no table [autotsk]"), "{wrong}");
    }
}
