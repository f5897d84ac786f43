//! Puts an importer together from its settings: what the binary, the scenarios and the benches all start with.

use std::sync::Arc;
use std::time::Duration;

use crate::autotask::{Access, Autotask};
use crate::check::{Finding, Findings, check};
use crate::config::{Config, ConfigError};
use crate::domain::metadata::Metadata;
use crate::domain::report::RunReport;
use crate::http::{Connector, HttpClient, Limits, Tally, TlsError, tls_connector};
use crate::notify::{self, Audience, Postman, Webhook};
use crate::ports::{Clock, Mailer, Observer, Ports, StopSignal, timeout};
use crate::retry::RetryPolicy;
use crate::run::{Mode, Reading, Trigger, run};
use crate::salesforce::Salesforce;
use crate::schedule::Schedule;
use crate::smtp::SmtpMailer;
use crate::sqlite::{Ledger, LedgerError, Recorder, Snapshot};

/// How long one post to the webhook may take.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a webhook's answer may be, of which nothing but the status is read.
const WEBHOOK_ANSWER: usize = 64 * 1024;

/// How long a program that is about to end goes on telling people.
pub(crate) const DELIVERY_AT_THE_END: Duration = Duration::from_secs(30);

/// The parts of an importer that outlive a run.
#[derive(Clone)]
pub struct Importer {
    /// The ports.
    pub ports: Ports,
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// Who tells people of runs.
    pub postman: Arc<Postman>,
    /// How both systems answered so far.
    pub answers: Answers,
    audience: Arc<Audience>,
    config: Arc<Config>,
    network: Connector,
}

/// How the two systems answered since the process began.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Salesforce.
    pub salesforce: Arc<Tally>,
    /// Autotask.
    pub autotask: Arc<Tally>,
}

/// What an importer keeps when its settings change.
struct Kept {
    ledger: Arc<Ledger>,
    postman: Arc<Postman>,
    answers: Answers,
}

/// The field of companies in which the retired extension is known to have left Salesforce ids (rule S2).
const OLDER_COMPANY_FIELD: &str = "Salesforce Account ID";

/// Why an importer could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Encrypted connections cannot be made.
    #[error("encrypted connections cannot be made")]
    Tls(#[from] TlsError),
}

impl Importer {
    /// An importer on the real network and with this clock.
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StartError> {
        let connector = tls_connector(config.ca_file.as_deref())?;
        Self::on(&connector, config, clock, observer)
    }

    /// An importer on any network.
    pub fn on(
        connector: &Connector,
        config: Config,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StartError> {
        let ledger = Arc::new(Ledger::open(&config.ledger)?);
        let postman = Arc::new(postman(connector, &ledger, &config, &clock)?);
        let stop = StopSignal::default();
        let kept = Kept { ledger, postman, answers: Answers::default() };
        Ok(Self::assembled(connector, kept, config, clock, observer, stop))
    }

    fn assembled(
        network: &Connector,
        Kept { ledger, postman, answers }: Kept,
        config: Config,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        stop: StopSignal,
    ) -> Self {
        let limits = Limits { timeout: config.timeout, ..Limits::default() };
        let http = |tally: &Arc<Tally>| {
            let client = HttpClient::new(network.clone(), Arc::clone(&clock), limits);
            client.counted_by(Arc::clone(tally))
        };
        let retry = RetryPolicy::default();
        let access = Access {
            url: config.autotask_url.clone(),
            credentials: config.autotask.clone(),
            id_fields: config.id_fields.clone(),
            older_company_field: (!config.company_field_is_chosen)
                .then(|| OLDER_COMPANY_FIELD.to_owned()),
            threads: config.autotask_threads,
            share_percent: config.autotask_share_percent,
        };
        let source = Salesforce::new(http(&answers.salesforce), config.salesforce.clone(), retry);
        let source = Arc::new(source.leaving(config.salesforce_leave_percent));
        let target = Autotask::new(http(&answers.autotask), access, retry);
        let target = Arc::new(target.watched(Arc::clone(&observer), stop.clone()));
        let ports = Ports { stop, clock, source, target, observer };
        let audience = Arc::new(Audience::of(&config));
        let (config, network) = (Arc::new(config), network.clone());
        Self { ports, ledger, postman, answers, audience, config, network }
    }

    /// This importer with the settings that the ledger holds now, or `None` if they are still the same.
    pub fn renewed(&self) -> Result<Option<Self>, ConfigError> {
        let saved = self.ledger.read(|tx| tx.saved_settings())?;
        if saved == *self.config.saved() && self.config.missing.is_empty() {
            return Ok(None);
        }
        let Ports { stop, clock, observer, .. } = self.ports.clone();
        let config = self.config.with(saved)?;
        // Where people are told is not among what the ledger holds, so the postman goes on.
        let kept = Kept {
            ledger: Arc::clone(&self.ledger),
            postman: Arc::clone(&self.postman),
            answers: self.answers.clone(),
        };
        let same_fields = config.id_fields == self.config.id_fields
            && config.company_field_is_chosen == self.config.company_field_is_chosen;
        let same_access = self.config.missing.is_empty()
            && config.saved().of_section("autotask").eq(self.config.saved().of_section("autotask"));
        let mut renewed = Self::assembled(&self.network, kept, config, clock, observer, stop);
        if same_fields && same_access {
            // It knows what of Autotask's hour is used.
            renewed.ports.target = Arc::clone(&self.ports.target);
        }
        Ok(Some(renewed))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Imports once, as a person launches it: what changed in Salesforce, and all of Autotask, so that pairs which
    /// were taken apart there are noticed (rule U1).
    pub async fn import(&self) -> Result<RunReport, LedgerError> {
        self.import_reading(Reading::Sweep).await
    }

    /// Imports once, reading this much.
    pub async fn import_reading(&self, reading: Reading) -> Result<RunReport, LedgerError> {
        self.import_as(Trigger::Manual, reading).await
    }

    /// Imports once. People are told of it by [`Self::deliver`], or by the service.
    pub async fn import_as(
        &self,
        trigger: Trigger,
        reading: Reading,
    ) -> Result<RunReport, LedgerError> {
        let recorder = Recorder::new(Arc::clone(&self.ledger), self.ports.clone());
        let ports = Ports { observer: Arc::new(recorder), ..self.ports.clone() };
        let told = (trigger, self.audience.as_ref());
        let settings = &self.config.import;
        let report = run(&ports, &self.ledger, settings, Mode::Import, reading, told).await;
        self.postman.call();
        report
    }

    /// Tells people what there is to tell, as far as that goes within a while. The rest stays in the outbox for the
    /// next start; nothing that goes wrong here makes an import fail.
    pub async fn deliver(&self) -> Result<(), LedgerError> {
        let clock = self.ports.clock.as_ref();
        match timeout(clock, DELIVERY_AT_THE_END, self.postman.deliver()).await {
            Some(delivered) => delivered.map(drop),
            None => Ok(()),
        }
    }

    /// When imports are due.
    pub fn schedule(&self) -> Schedule {
        Schedule::every(self.config.interval)
    }

    /// Decides what an import would do, and writes nothing (rule R7): it works on a copy of the ledger, so that it
    /// disturbs no import. The decisions are in the copy.
    pub async fn plan(&self) -> Result<(RunReport, Snapshot), LedgerError> {
        self.compare(Reading::Sweep).await
    }

    /// Decides on a copy of the ledger, reading this much.
    pub(crate) async fn compare(
        &self,
        reading: Reading,
    ) -> Result<(RunReport, Snapshot), LedgerError> {
        let copy = self.ledger.snapshot()?;
        let settings = &self.config.import;
        let told = (Trigger::Manual, self.audience.as_ref());
        let mode = Mode::Plan;
        let report = run(&self.ports, &copy.ledger, settings, mode, reading, told).await?;
        Ok((report, copy))
    }

    /// Tries both connections and all that an import needs of them, and writes nothing (rule S6).
    pub async fn check(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        let metadata = check(&self.ports, &self.config.import, &mut findings).await;
        self.check_notifications(metadata.as_ref(), &mut findings).await;
        findings.0
    }

    /// Sends every recipient a mail, and posts to the webhook, outside of the outbox, and says how that went.
    pub async fn test_notifications(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        let metadata = match self.ports.target.connect().await {
            Ok(_) => self.ports.target.metadata().await,
            Err(error) => Err(error),
        };
        let metadata = metadata.map_err(|error| findings.wrong_target(&error)).ok();
        self.send_test(metadata.as_ref(), &mut findings).await;
        findings.0
    }

    async fn check_notifications(&self, metadata: Option<&Metadata>, findings: &mut Findings) {
        notify::check(&self.postman, &self.audience, metadata, findings).await;
        if let Some(metadata) = metadata {
            let kept = self.ledger.write(|tx| self.audience.keep_recipients(tx, metadata));
            kept.unwrap_or_else(|error| findings.wrong(error.to_string()));
        }
    }

    async fn send_test(&self, metadata: Option<&Metadata>, findings: &mut Findings) {
        notify::send_test(&self.postman, &self.audience, metadata, findings).await;
    }
}

/// The postman who goes the ways that the settings name.
fn postman(
    network: &Connector,
    ledger: &Arc<Ledger>,
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Postman, TlsError> {
    let mailer = config
        .smtp
        .clone()
        .map(|server| SmtpMailer::new(server, config.ca_file.as_deref(), Arc::clone(clock)));
    let mailer = mailer.transpose()?.map(|mailer| Arc::new(mailer) as Arc<dyn Mailer>);
    let webhook = config.webhook.clone().map(|access| {
        let limits = Limits { timeout: WEBHOOK_TIMEOUT, body: WEBHOOK_ANSWER };
        Webhook::new(HttpClient::new(network.clone(), Arc::clone(clock), limits), access)
    });
    Ok(Postman::new(Arc::clone(ledger), Arc::clone(clock), mailer, webhook))
}
