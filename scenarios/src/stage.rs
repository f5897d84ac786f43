//! Both mocks on the loopback network, a folder for the ledger, and an importer that knows where they are.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use importer::app::{Importer, StartError as ImporterStartError};
use importer::config::{Config, ConfigError, Given};
use importer::http::{Connector, tls_connector};
use importer::ports::{Clock as ImporterClock, Observer};
use importer::progress::Silent;
use importer::settings::{Settings as PeopleSettings, SettingsError};
use importer::sqlite::{Ledger, LedgerError};
use mock_autotask::MockAutotask;
use mock_kit::clock::Clock as MockClock;
use mock_kit::world::Size;
use mock_salesforce::MockSalesforce;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::interruption::{Disturbance, dial};
use crate::mail_sink::{MailSink, Options};
use crate::rest::{Credentials, Rest};

/// What a stage is set with.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The seed of both worlds.
    pub seed: u64,
    /// What is there when the curtain rises.
    pub size: Size,
}

/// What the names of stages' folders begin with.
const PREFIX: &str = "importer-stage-";

/// A folder that is kept in memory, where the machine has one.
const MEMORY: &str = "/dev/shm";

/// A folder that ends with what uses it, in memory if there is such a place.
pub(crate) fn folder_in_memory(prefix: &str) -> io::Result<TempDir> {
    if Path::new(MEMORY).is_dir() {
        TempDir::with_prefix_in(prefix, MEMORY)
    } else {
        TempDir::with_prefix(prefix)
    }
}

/// Why a stage cannot be set, or an importer not be started on it.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// No port, or no folder.
    #[error("this machine has no free port or no room for temporary files")]
    Machine(#[from] io::Error),
    /// The mock of Salesforce did not start.
    #[error("the mock of Salesforce did not start")]
    Salesforce(#[from] mock_salesforce::StartError),
    /// The mock of Autotask did not start.
    #[error("the mock of Autotask did not start")]
    Autotask(#[from] mock_autotask::StartError),
    /// The importer does not accept its settings.
    #[error("the importer does not accept its settings")]
    Settings(#[from] ConfigError),
    /// The importer does not let them be set.
    #[error(transparent)]
    Refused(#[from] SettingsError),
    /// The tenant does not take a record.
    #[error("Autotask does not take a record")]
    Record(#[from] mock_autotask::RecordError),
    /// The importer did not start.
    #[error("the importer did not start")]
    Importer(#[from] ImporterStartError),
    /// Its ledger cannot be opened.
    #[error("the importer's ledger cannot be opened")]
    Ledger(#[from] LedgerError),
}

/// How the importer signs in to Salesforce.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SignIn {
    /// By the user's password and security token.
    #[default]
    Password,
    /// As the app that the org has, by its secret.
    ClientCredentials,
    /// As that app, by an assertion that its key has signed.
    Jwt,
}

/// The key that the importer signs assertions with, and what the app in Salesforce has of it.
const JWT_KEYS: [&str; 2] =
    [include_str!("../assets/jwt-private.pem"), include_str!("../assets/jwt-public.pem")];

/// Where the ledger is, beside `importer.toml`.
const LEDGER: &str = "[ledger]\nfile = \"importer.db\"\n";

/// What a person would write into `importer.toml`, as far as stories change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How to sign in to Salesforce.
    pub sign_in: SignIn,
    /// The version of Salesforce's API, where it is not the one that goes with the way to sign in.
    pub api_version: Option<String>,
    /// The Salesforce user's password.
    pub password: String,
    /// Their security token.
    pub token: String,
    /// The secret of the app in Salesforce.
    pub client_secret: String,
    /// The key it signs assertions with, in PEM.
    pub private_key: String,
    /// The API user's secret.
    pub secret: String,
    /// The default account manager, by name or id; empty for none.
    pub default_account_manager: String,
    /// Other keys of the table `[settings]`.
    pub more: BTreeMap<String, String>,
    /// Whether what people edit is left to the ledger; else it stands in the file.
    pub in_ledger: bool,
    /// Who gets e-mails, by name or id.
    pub recipients: Vec<String>,
    /// Whether imports that found nothing are passed over in silence.
    pub quiet: bool,
    /// Whether all recipients get one e-mail.
    pub together: bool,
}

/// A pair of mocks and a mail server. Everything is gone when it is dropped.
#[derive(Debug)]
pub struct Stage {
    /// Salesforce.
    pub salesforce: MockSalesforce,
    /// Autotask.
    pub autotask: MockAutotask,
    /// The mail server.
    pub mail: MailSink,
    /// What the importer is told.
    pub settings: Settings,
    salesforce_options: mock_salesforce::Options,
    autotask_options: mock_autotask::Options,
    folder: TempDir,
}

impl Stage {
    /// Starts both mocks.
    pub async fn set(plan: &Plan, clock: Arc<dyn MockClock>) -> Result<Self, StageError> {
        Self::set_in(TempDir::with_prefix(PREFIX)?, plan, clock).await
    }

    /// The same, and the importer's disk is one in memory: nobody pulls its plug.
    pub async fn set_in_memory(plan: &Plan, clock: Arc<dyn MockClock>) -> Result<Self, StageError> {
        Self::set_in(folder_in_memory(PREFIX)?, plan, clock).await
    }

    async fn set_in(
        folder: TempDir,
        plan: &Plan,
        clock: Arc<dyn MockClock>,
    ) -> Result<Self, StageError> {
        let [private_key, public_key] = JWT_KEYS;
        let salesforce_options = mock_salesforce::Options {
            seed: plan.seed,
            accounts: plan.size.accounts,
            contacts: plan.size.contacts,
            jwt_key: mock_salesforce::PublicKey::from_pem(public_key).ok(),
            ..mock_salesforce::Options::default()
        };
        let autotask_options = mock_autotask::Options {
            seed: plan.seed,
            companies: plan.size.companies,
            contacts: plan.size.persons,
            ..mock_autotask::Options::default()
        };
        let salesforce = start_salesforce(&salesforce_options, Arc::clone(&clock)).await?;
        let autotask = start_autotask(&autotask_options, clock).await?;
        let settings = Settings {
            sign_in: SignIn::default(),
            api_version: None,
            password: salesforce_options.password.clone(),
            token: salesforce_options.token.clone(),
            client_secret: salesforce_options.client_secret.clone(),
            private_key: private_key.to_owned(),
            secret: autotask_options.secret.clone(),
            default_account_manager: String::new(),
            more: BTreeMap::new(),
            in_ledger: false,
            recipients: Vec::new(),
            quiet: false,
            together: false,
        };
        let mail = MailSink::start(Options::default(), &folder.path().join("mails")).await?;
        Ok(Self {
            salesforce,
            autotask,
            mail,
            settings,
            salesforce_options,
            autotask_options,
            folder,
        })
    }

    /// Puts an empty org of another organization in Salesforce's place. The ledger stays.
    pub async fn replace_salesforce(
        &mut self,
        clock: Arc<dyn MockClock>,
    ) -> Result<(), StageError> {
        let seed = self.salesforce_options.seed.wrapping_add(1);
        let options = mock_salesforce::Options {
            seed,
            accounts: 0,
            contacts: 0,
            ..self.salesforce_options.clone()
        };
        self.salesforce = start_salesforce(&options, clock).await?;
        self.salesforce_options = options;
        Ok(())
    }

    /// Puts an empty tenant of another database in Autotask's place. The ledger stays.
    pub async fn replace_autotask(&mut self, clock: Arc<dyn MockClock>) -> Result<(), StageError> {
        let seed = self.autotask_options.seed.wrapping_add(1);
        let options = mock_autotask::Options {
            seed,
            companies: 0,
            contacts: 0,
            ..self.autotask_options.clone()
        };
        self.autotask = start_autotask(&options, clock).await?;
        self.autotask_options = options;
        Ok(())
    }

    /// The settings as `importer.toml` has them.
    pub fn importer_toml(&self) -> String {
        let quoted = |text: &str| toml_text(text);
        let more = self.settings.more.iter().map(|(name, value)| {
            let is_number = value.parse::<u32>().is_ok();
            let value = if is_number { value.clone() } else { quoted(value) };
            format!("{name} = {value}\n")
        });
        if self.settings.in_ledger {
            return self.places_toml();
        }
        format!(
            "{LEDGER}\n\
             [salesforce]\n{salesforce}\n\
             {autotask}\n\
             {notifications}\
             [settings]\nactive = true\ndefault_account_manager = {manager}\n{more}",
            more = more.collect::<String>(),
            autotask = self.autotask_toml(),
            salesforce = self.salesforce_toml(),
            manager = quoted(&self.settings.default_account_manager),
            notifications = self.notifications_toml(),
        )
    }

    /// What of `importer.toml` stands nowhere else: where the ledger is, and access to Autotask.
    pub fn places_toml(&self) -> String {
        format!("{LEDGER}\n{}", self.autotask_toml())
    }

    fn autotask_toml(&self) -> String {
        format!(
            "[autotask]\nurl = {url}\nuser = {user}\nsecret = {secret}\nintegration_code = {code}\n",
            url = toml_text(&self.autotask.url()),
            user = toml_text(&self.autotask_options.user),
            secret = toml_text(&self.settings.secret),
            code = toml_text(&self.autotask_options.integration_code),
        )
    }

    /// The mail server, as `importer.toml` has it.
    pub fn smtp_toml(&self) -> String {
        format!(
            "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nencryption = \"none\"\n\
             from = \"Importer <importer@example.com>\"\n",
            port = self.mail.port(),
        )
    }

    fn notifications_toml(&self) -> String {
        let Settings { recipients, quiet, together, .. } = &self.settings;
        if recipients.is_empty() {
            return String::new();
        }
        let names: Vec<_> = recipients.iter().map(|name| toml_text(name)).collect();
        format!(
            "[notifications]\nrecipients = [{names}]\nquiet = {quiet}\ntogether = {together}\n\n{smtp}\n",
            names = names.join(", "),
            smtp = self.smtp_toml(),
        )
    }

    /// Where the importer signs in to Salesforce.
    pub fn login_address(&self) -> String {
        format!("{}/services/Soap/u/64.0", self.salesforce.url())
    }

    /// What `importer.toml` says of what people edit, as they would set it one by one: full names and values.
    pub fn edited(&self) -> Vec<(&'static str, String)> {
        let Settings { password, token, default_account_manager, .. } = &self.settings;
        vec![
            ("salesforce.url", self.login_address()),
            ("salesforce.user", self.salesforce_options.user.clone()),
            ("salesforce.password", format!("{password}{token}")),
            ("settings.default_account_manager", default_account_manager.clone()),
        ]
    }

    /// What people can set, as a console or the command would show and change it.
    pub fn people_settings(&self) -> Result<PeopleSettings, StageError> {
        let given = Given::parse(&self.importer_toml(), &self.settings_file(), &|_| None)?;
        Ok(PeopleSettings::of(given)?)
    }

    /// The lines that say where and how to sign in to Salesforce.
    fn salesforce_toml(&self) -> String {
        let Settings { sign_in, api_version, password, token, client_secret, private_key, .. } =
            &self.settings;
        let mock_salesforce::Options { user, client_id, .. } = &self.salesforce_options;
        let (way, mut lines) = match sign_in {
            SignIn::Password => (
                "password",
                vec![("user", user), ("password", password), ("security_token", token)],
            ),
            SignIn::ClientCredentials => (
                "client-credentials",
                vec![("client_id", client_id), ("client_secret", client_secret)],
            ),
            SignIn::Jwt => (
                "jwt",
                vec![("client_id", client_id), ("user", user), ("private_key", private_key)],
            ),
        };
        lines.extend(api_version.iter().map(|version| ("api_version", version)));
        let url = self.sign_in_address();
        let way = way.to_owned();
        lines.insert(0, ("url", &url));
        lines.push(("sign_in", &way));
        let line = |(key, text): (&str, &String)| format!("{key} = {}\n", toml_text(text));
        lines.into_iter().map(line).collect()
    }

    /// What an importer from outside is told, by the names of environment variables (docs/black-box.md).
    pub fn variables(&self) -> Vec<(String, String)> {
        let Settings { secret, default_account_manager, more, .. } = &self.settings;
        let autotask = &self.autotask_options;
        let folder = self.outside_folder();
        let mut variables = self.sign_in_variables();
        variables.extend([
            ("AUTOTASK_URL", self.autotask.url()),
            ("AUTOTASK_USER", autotask.user.clone()),
            ("AUTOTASK_SECRET", secret.clone()),
            ("AUTOTASK_INTEGRATION_CODE", autotask.integration_code.clone()),
            ("SETTINGS_DEFAULT_ACCOUNT_MANAGER", default_account_manager.clone()),
            ("LEDGER_FILE", folder.join("importer.db").display().to_string()),
            ("STATE_FOLDER", folder.display().to_string()),
        ]);
        variables.extend(self.mail_variables());
        let named = variables.into_iter().map(|(name, value)| (format!("IMPORTER_{name}"), value));
        let more = more.iter().map(|(name, value)| {
            (format!("IMPORTER_SETTINGS_{}", name.to_uppercase()), value.clone())
        });
        named.chain(more).collect()
    }

    /// Where and how to sign in to Salesforce.
    fn sign_in_variables(&self) -> Vec<(&'static str, String)> {
        let Settings { sign_in, api_version, password, token, client_secret, private_key, .. } =
            &self.settings;
        let mock_salesforce::Options { user, client_id, .. } = &self.salesforce_options;
        let (way, told) = match sign_in {
            SignIn::Password => (
                "password",
                vec![
                    ("SALESFORCE_USER", user),
                    ("SALESFORCE_PASSWORD", password),
                    ("SALESFORCE_SECURITY_TOKEN", token),
                ],
            ),
            SignIn::ClientCredentials => (
                "client-credentials",
                vec![
                    ("SALESFORCE_CLIENT_ID", client_id),
                    ("SALESFORCE_CLIENT_SECRET", client_secret),
                ],
            ),
            SignIn::Jwt => (
                "jwt",
                vec![
                    ("SALESFORCE_CLIENT_ID", client_id),
                    ("SALESFORCE_USER", user),
                    ("SALESFORCE_PRIVATE_KEY", private_key),
                ],
            ),
        };
        let mut variables: Vec<_> =
            told.into_iter().map(|(name, value)| (name, value.clone())).collect();
        variables.push(("SALESFORCE_URL", self.sign_in_address()));
        variables.push(("SALESFORCE_SIGN_IN", way.to_owned()));
        variables
            .extend(api_version.iter().map(|version| ("SALESFORCE_API_VERSION", version.clone())));
        variables
    }

    /// Who gets e-mails, and by which server; nothing where nobody does.
    fn mail_variables(&self) -> Vec<(&'static str, String)> {
        let Settings { recipients, together, .. } = &self.settings;
        if recipients.is_empty() {
            return Vec::new();
        }
        vec![
            ("NOTIFICATIONS_RECIPIENTS", recipients.join(", ")),
            ("NOTIFICATIONS_TOGETHER", together.to_string()),
            ("SMTP_HOST", "127.0.0.1".to_owned()),
            ("SMTP_PORT", self.mail.port().to_string()),
            ("SMTP_ENCRYPTION", "none".to_owned()),
            ("SMTP_FROM", "Importer <importer@example.com>".to_owned()),
        ]
    }

    /// Where to sign in: the address of SOAP logins, or for an app, or a version of one's own, the organization's.
    fn sign_in_address(&self) -> String {
        match (self.settings.sign_in, &self.settings.api_version) {
            (SignIn::Password, None) => self.login_address(),
            _ => self.salesforce.url(),
        }
    }

    /// The folder of an importer from outside.
    pub fn outside_folder(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    /// The file the settings would stand in; the ledger lies beside it.
    pub fn settings_file(&self) -> PathBuf {
        self.folder.path().join("importer.toml")
    }

    /// An importer as a newly started process would have it; only the ledger remembers earlier ones.
    pub fn importer(
        &self,
        clock: Arc<dyn ImporterClock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Importer, StageError> {
        self.importer_on(connector()?, clock, observer)
    }

    /// The same on another network.
    pub fn importer_on(
        &self,
        connector: &Connector,
        clock: Arc<dyn ImporterClock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Importer, StageError> {
        let config = Config::parse(&self.importer_toml(), &self.settings_file(), &|_| None)?;
        Ok(Importer::on(connector, config, clock, observer)?)
    }

    /// An importer whose requests and commits have a fate.
    pub(crate) fn doomed_importer(
        &self,
        disturbance: &Arc<Disturbance>,
        clock: Arc<dyn ImporterClock>,
    ) -> Result<Importer, StageError> {
        let connector = disturbance.connector(dial);
        let mut importer = self.importer_on(&connector, clock, Arc::new(Silent))?;
        let commits = Arc::<Disturbance>::clone(disturbance);
        importer.ledger = Arc::new(Ledger::heard(&self.ledger_file(), commits)?);
        Ok(importer)
    }

    /// Where its ledger is.
    pub fn ledger_file(&self) -> PathBuf {
        self.settings_file().with_file_name("importer.db")
    }

    /// Removes the ledger, as a lost disk would.
    pub fn lose_ledger(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(self.folder.path())? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                std::fs::remove_file(entry.path())?;
            }
        }
        let outside = self.outside_folder();
        if outside.exists() {
            std::fs::remove_dir_all(outside)?;
        }
        Ok(())
    }

    /// A reader of Autotask.
    pub fn rest(&self) -> Rest {
        let credentials = Credentials {
            user: self.autotask_options.user.clone(),
            secret: self.autotask_options.secret.clone(),
            integration_code: self.autotask_options.integration_code.clone(),
        };
        Rest::new(&self.autotask.url(), credentials)
    }

    /// Writes that Autotask has received so far, refused ones included.
    pub fn writes(&self) -> u64 {
        let calls = self.autotask.calls();
        let is_write = |call: &str| {
            ["POST ", "PATCH ", "PUT ", "DELETE "].iter().any(|verb| call.starts_with(verb))
        };
        calls.iter().filter(|(call, _)| is_write(call)).map(|(_, count)| count).sum()
    }

    /// How to sign in to both mocks, in words.
    pub fn credentials(&self) -> [String; 2] {
        let (salesforce, autotask) = (&self.salesforce_options, &self.autotask_options);
        [
            format!(
                "{} with password {} and token {}",
                salesforce.user, salesforce.password, salesforce.token
            ),
            format!(
                "{} with secret {} and integration code {}",
                autotask.user, autotask.secret, autotask.integration_code
            ),
        ]
    }
}

/// An importer with these settings.
pub(crate) fn importer_of(
    config: Config,
    clock: Arc<dyn ImporterClock>,
    observer: Arc<dyn Observer>,
) -> Result<Importer, StageError> {
    Ok(Importer::on(connector()?, config, clock, observer)?)
}

/// The importer's own connector for real networks. Reading the machine's authorities takes longer than most stories,
/// so it is done once.
fn connector() -> Result<&'static Connector, StageError> {
    static CONNECTOR: OnceLock<Connector> = OnceLock::new();
    if let Some(connector) = CONNECTOR.get() {
        return Ok(connector);
    }
    let connector = tls_connector(None).map_err(ImporterStartError::from)?;
    Ok(CONNECTOR.get_or_init(|| connector))
}

async fn start_salesforce(
    options: &mock_salesforce::Options,
    clock: Arc<dyn MockClock>,
) -> Result<MockSalesforce, StageError> {
    Ok(MockSalesforce::start_on(loopback().await?, clock, options.clone())?)
}

async fn start_autotask(
    options: &mock_autotask::Options,
    clock: Arc<dyn MockClock>,
) -> Result<MockAutotask, StageError> {
    Ok(MockAutotask::start_on(loopback().await?, clock, options.clone())?)
}

async fn loopback() -> io::Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await
}

/// A text as TOML writes it.
fn toml_text(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_toml_wants_them() {
        assert_eq!(toml_text("a \"b\" \\ \n"), "\"a \\\"b\\\" \\\\ \\u000A\"");
    }
}
