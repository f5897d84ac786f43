//! Both vendors, the importer's process and the people around them, on one thread and in simulated time.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use importer::causes;
use importer::config::{Config, ConfigError};
use mock_autotask::{Entity, Limits, MockAutotask};
use mock_kit::clock::Clock as MockClock;
use mock_salesforce::MockSalesforce;
use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;

use super::clock::SimulatedClock;
use super::journal::{Book, Journal};
use super::mail::Mailbox;
use super::memory::Memory;
use super::network::Network;
use super::process::{Machine, Process};
use super::script::{Deed, Fields, HostName, Object, Script};
use crate::rest::{COMPANY_ID, CONTACT_ID};
use crate::stage::folder_in_memory;

/// The user-defined field with the Salesforce id, of companies and of contacts.
pub(super) const ID_FIELDS: [(Entity, &str); 2] =
    [(Entity::Company, COMPANY_ID), (Entity::Contact, CONTACT_ID)];

/// Who manages what has no other manager.
pub(super) const DEFAULT_MANAGER: &str = "Autotask Administrator";

/// Why a world cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// No folder.
    #[error("this machine has no room for temporary files")]
    Machine(#[from] io::Error),
    /// The mock of Salesforce did not start.
    #[error("the mock of Salesforce did not start")]
    Salesforce(#[from] mock_salesforce::StartError),
    /// The mock of Autotask did not start.
    #[error("the mock of Autotask did not start")]
    Autotask(#[from] mock_autotask::StartError),
    /// The settings that the script adds are none, or not possible with the others.
    #[error("the importer cannot go by these settings")]
    Settings(#[from] ConfigError),
    /// The journal cannot be written down.
    #[error("the journal cannot be written")]
    Journal(#[source] io::Error),
}

/// All there is in a simulation.
pub(super) struct World {
    /// The right time.
    pub(super) clock: Arc<SimulatedClock>,
    pub(super) salesforce: MockSalesforce,
    pub(super) autotask: MockAutotask,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) journal: Journal,
    pub(super) process: Process,
    pub(super) memory: Memory,
    network: Arc<Network>,
    /// The clock of the importer's machine.
    machine_clock: Arc<SimulatedClock>,
    /// The Salesforce ids of records by what the script calls them.
    sources: BTreeMap<String, String>,
    /// The Autotask records likewise.
    targets: BTreeMap<String, (Entity, i64)>,
    _folder: TempDir,
}

impl World {
    /// A world in which nothing has happened. The importer's process begins when it is first started.
    pub(super) fn begin(script: &Script, book: Option<Book>) -> Result<Self, WorldError> {
        let seed = script.seed;
        let [clock, machine_clock] = [(); 2].map(|()| Arc::new(SimulatedClock::new()));
        let network = Network::new(seed);
        let right = || Arc::<SimulatedClock>::clone(&clock) as Arc<dyn MockClock>;
        let salesforce_options = mock_salesforce::Options {
            seed,
            password: "simulated-password".to_owned(),
            token: "SimulatedToken".to_owned(),
            ..mock_salesforce::Options::default()
        };
        let autotask_options = mock_autotask::Options {
            seed,
            secret: "simulated-secret".to_owned(),
            limits: Limits::vendor(),
            ..mock_autotask::Options::default()
        };
        let secrets =
            [&salesforce_options.password, &salesforce_options.token, &autotask_options.secret];
        let journal = Journal::new(Arc::clone(&clock), book, secrets.map(Clone::clone).into());
        let settings = settings(&salesforce_options, &autotask_options, &script.settings);
        let on = |host: HostName| network.listen(host.port());
        let salesforce =
            MockSalesforce::start_on(on(HostName::Salesforce), right(), salesforce_options)?;
        let autotask = MockAutotask::start_on(on(HostName::Autotask), right(), autotask_options)?;
        // What a simulated disk holds ends with the simulation.
        let folder = folder_in_memory("simulation-")?;
        let config = Config::parse(&settings, &folder.path().join("importer.toml"), &|_| None)?;
        let mailbox = Arc::new(Mailbox::new(journal.clone()));
        let process = Process::new(Machine {
            network: Arc::clone(&network),
            clock: Arc::clone(&machine_clock),
            mailbox: Arc::clone(&mailbox),
            journal: journal.clone(),
            config,
            folder: folder.path().to_owned(),
        });
        Ok(Self {
            clock,
            salesforce,
            autotask,
            mailbox,
            journal,
            process,
            memory: Memory::default(),
            network,
            machine_clock,
            sources: BTreeMap::new(),
            targets: BTreeMap::new(),
            _folder: folder,
        })
    }

    /// Does something, or notes why it cannot be done.
    pub(super) async fn perform(&mut self, deed: &Deed) {
        let text = serde_json::to_string(deed).unwrap_or_default();
        let done = self.attempt(deed).await;
        match done {
            Ok(()) => self.journal.note(format!("people {text}")),
            Err(why) => self.journal.note(format!("people cannot {text}: {why}")),
        }
        self.collect();
    }

    async fn attempt(&mut self, deed: &Deed) -> Result<(), String> {
        match deed {
            Deed::SalesforceCreate { .. }
            | Deed::SalesforceEdit { .. }
            | Deed::SalesforceDelete { .. }
            | Deed::SalesforceRestore { .. }
            | Deed::SalesforceMerge { .. } => {
                let done = self.in_salesforce(deed);
                self.memory.see_salesforce(&self.salesforce.org(), self.clock.now());
                return done;
            }
            Deed::AutotaskCreate { .. }
            | Deed::AutotaskEdit { .. }
            | Deed::AutotaskDelete { .. }
            | Deed::AutotaskClear { .. }
            | Deed::AutotaskType { .. } => return self.in_autotask(deed),
            Deed::Launch => {
                let launched = self.process.launch().await.ok_or("the process is down")?;
                self.journal.note(format!("launch {launched:?}"));
            }
            Deed::Crash { moment, down } => {
                self.memory.chances_to_send_again += 1;
                self.process.doom(*moment, Duration::from_secs(*down));
            }
            Deed::Kill { down } => {
                self.memory.chances_to_send_again += 1;
                self.process.kill(Duration::from_secs(*down));
            }
            Deed::Stop { down } => self.process.stop(Duration::from_secs(*down)),
            Deed::SetClock { seconds } => self.machine_clock.set(*seconds),
            Deed::Cut { host, lost } => self.network.cut(host.port(), *lost),
            Deed::SalesforceFault { rule } => {
                self.salesforce.spoil(rule.clone());
            }
            Deed::AutotaskFault { rule } => self.autotask.spoil(rule.clone()),
            Deed::EndSessions => self.salesforce.end_sessions(),
            Deed::OtherRequests { requests } => {
                self.autotask.configure(|settings| settings.limits.other_requests = *requests);
            }
            Deed::MailServer { down } => self.mailbox.be_down(*down),
            Deed::LoseReceipts { mails } => {
                self.memory.chances_to_send_again += *mails;
                self.mailbox.lose_receipts(*mails);
            }
        }
        Ok(())
    }

    fn in_salesforce(&mut self, deed: &Deed) -> Result<(), String> {
        let org = self.salesforce.org();
        match deed {
            Deed::SalesforceCreate { key, object, fields } => {
                let fields = self.fields(fields, false)?;
                let id = match object {
                    Object::User => org.insert_user(&fields),
                    _ => org.insert(object.kind(), &fields),
                };
                self.sources.insert(key.clone(), id.map_err(said)?);
                Ok(())
            }
            Deed::SalesforceEdit { key, fields } => {
                org.update(self.source(key)?, &self.fields(fields, false)?).map_err(said)
            }
            Deed::SalesforceDelete { key } => org.delete(self.source(key)?).map_err(said),
            Deed::SalesforceRestore { key } => org.undelete(self.source(key)?).map_err(said),
            Deed::SalesforceMerge { master, loser } => {
                org.merge(self.source(master)?, &[self.source(loser)?]).map_err(said)
            }
            _ => Err("that is nothing for Salesforce".to_owned()),
        }
    }

    fn in_autotask(&mut self, deed: &Deed) -> Result<(), String> {
        let records = self.autotask.records();
        let change = |record: &str, fields: &Json| {
            let (entity, id) = self.target(record)?;
            records.update(entity, id, fields).map_err(said)
        };
        let type_id = |record: &str, text: Option<&str>| {
            let (entity, id) = self.target(record)?;
            let field = id_field(entity).ok_or("it carries no id")?;
            let fields = json!({ "userDefinedFields": { field: text } });
            records.update(entity, id, &fields).map_err(said)
        };
        match deed {
            Deed::AutotaskCreate { key, entity, fields } => {
                let id = records.insert(*entity, &self.fields(fields, true)?).map_err(said)?;
                self.targets.insert(key.clone(), (*entity, id));
                Ok(())
            }
            Deed::AutotaskEdit { record, fields } => change(record, &self.fields(fields, true)?),
            Deed::AutotaskClear { record } => type_id(record, None),
            Deed::AutotaskType { record, id_of } => type_id(record, Some(self.source(id_of)?)),
            Deed::AutotaskDelete { record } => {
                let (entity, id) = self.target(record)?;
                let there = records.record(entity, id).map_err(said)?;
                records.delete(entity, id).map_err(said)?;
                self.memory.see_deleted(entity, id, there);
                Ok(())
            }
            _ => Err("that is nothing for Autotask".to_owned()),
        }
    }

    /// Ends everything that goes wrong.
    pub(super) fn heal(&self) {
        self.salesforce.heal();
        self.autotask.heal();
        self.autotask.configure(|settings| settings.limits.other_requests = 0);
        for host in [HostName::Salesforce, HostName::Autotask] {
            self.network.cut(host.port(), false);
        }
        self.mailbox.heal();
        self.process.spare();
        self.journal.note("people have everything in order");
    }

    /// Notes what both servers were asked since.
    pub(super) fn collect(&mut self) {
        for entry in self.salesforce.journal() {
            let text = serde_json::to_string(&entry).unwrap_or_default();
            self.journal.note(format!("salesforce {text}"));
        }
        self.salesforce.forget_journal();
        for entry in self.autotask.journal() {
            if self.memory.is_new(entry.number) {
                let text = serde_json::to_string(&entry).unwrap_or_default();
                self.journal.note(format!("autotask {text}"));
                self.memory.see_request(&entry);
            }
        }
    }

    /// What the script calls a record by the id it has in Salesforce; the id itself for others.
    fn source(&self, key: &str) -> Result<&str, String> {
        self.sources.get(key).map(String::as_str).ok_or_else(|| format!("there is no {key}"))
    }

    fn is_deleted(&self, id: &str) -> bool {
        let record = self.salesforce.org().record(id).ok().flatten();
        record.is_some_and(|row| row.get("IsDeleted") == Some(&Json::Bool(true)))
    }

    /// The Autotask record that the script calls this, or that carries the id of a Salesforce record.
    fn target(&self, key: &str) -> Result<(Entity, i64), String> {
        if let Some(target) = self.targets.get(key) {
            return Ok(*target);
        }
        let id = self.source(key)?;
        for (entity, field) in ID_FIELDS {
            let filter = json!([{ "op": "eq", "field": field, "udf": true, "value": id }]);
            let found = self.autotask.records().find(entity, &filter, 1).unwrap_or_default();
            if let Some(id) = found.first().and_then(|row| row["id"].as_i64()) {
                return Ok((entity, id));
            }
        }
        Err(format!("nothing in Autotask carries the id of {key}"))
    }

    /// Fields with ids in the places of what the script calls records.
    fn fields(&self, fields: &Fields, in_autotask: bool) -> Result<Json, String> {
        let value = |value: &Json| match value.as_str().and_then(|text| text.strip_prefix('@')) {
            Some(key) if in_autotask => self.target(key).map(|(_, id)| id.into()),
            // Salesforce has nobody refer to what is deleted.
            Some(key) => match self.source(key)? {
                id if self.is_deleted(id) => Err(format!("{key} is deleted")),
                id => Ok(id.into()),
            },
            None => Ok(value.clone()),
        };
        let fields = fields.iter().map(|(name, it)| Ok((name.clone(), value(it)?)));
        Ok(Json::Object(fields.collect::<Result<Map<_, _>, String>>()?))
    }
}

impl HostName {
    /// Where it listens.
    pub(super) fn port(self) -> u16 {
        match self {
            Self::Salesforce => 8001,
            Self::Autotask => 8002,
        }
    }
}

/// The name of an entity's user-defined field with the Salesforce id.
fn id_field(entity: Entity) -> Option<&'static str> {
    ID_FIELDS.into_iter().find(|(of, _)| *of == entity).map(|(_, field)| field)
}

/// What `importer.toml` says.
fn settings(
    salesforce: &mock_salesforce::Options,
    autotask: &mock_autotask::Options,
    more: &BTreeMap<String, Json>,
) -> String {
    let url = |host: HostName| format!("http://127.0.0.1:{}", host.port());
    let mut settings = format!(
        "[ledger]\nfile = \"importer.db\"\n\n\
         [salesforce]\nurl = \"{}/services/Soap/u/64.0\"\nuser = \"{}\"\npassword = \"{}\"\nsecurity_token = \"{}\"\n\n\
         [autotask]\nurl = \"{}\"\nuser = \"{}\"\nsecret = \"{}\"\nintegration_code = \"{}\"\n\n\
         [notifications]\nrecipients = [\"{DEFAULT_MANAGER}\"]\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = 25\nencryption = \"none\"\nfrom = \"Importer <importer@example.com>\"\n\n\
         [settings]\nactive = true\ndefault_account_manager = \"{DEFAULT_MANAGER}\"\n",
        url(HostName::Salesforce),
        salesforce.user,
        salesforce.password,
        salesforce.token,
        url(HostName::Autotask),
        autotask.user,
        autotask.secret,
        autotask.integration_code,
    );
    for (name, value) in more {
        let (section, key) = name.split_once('.').unwrap_or(("settings", name));
        let begin = format!("[{section}]\n");
        if !settings.contains(&begin) {
            settings = format!("{settings}\n{begin}");
        }
        // Numbers, texts and truth values are written alike in JSON and TOML.
        settings = settings.replace(&begin, &format!("{begin}{key} = {value}\n"));
    }
    settings
}

/// An error with its causes.
fn said(error: impl std::error::Error) -> String {
    causes::in_one_line(&error)
}
