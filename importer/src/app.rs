//! Puts an importer together from its settings: what the binary, the scenarios and the benches all start with.

use std::sync::Arc;

use crate::autotask::{Access, Autotask};
use crate::check::{Finding, check};
use crate::config::{Config, ConfigError};
use crate::domain::report::RunReport;
use crate::http::{Connector, HttpClient, Limits, TlsError, tls_connector};
use crate::ports::{Clock, Observer, Ports, StopSignal};
use crate::retry::RetryPolicy;
use crate::run::{Mode, Reading, run};
use crate::salesforce::Salesforce;
use crate::schedule::Schedule;
use crate::sqlite::{Ledger, LedgerError, Recorder, Snapshot};

/// The parts of an importer that outlive a run.
#[derive(Clone)]
pub struct Importer {
    /// The ports.
    pub ports: Ports,
    /// The ledger.
    pub ledger: Arc<Ledger>,
    config: Arc<Config>,
    network: Connector,
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
        let stop = StopSignal::default();
        Ok(Self::assembled(connector, ledger, config, clock, observer, stop))
    }

    fn assembled(
        network: &Connector,
        ledger: Arc<Ledger>,
        config: Config,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        stop: StopSignal,
    ) -> Self {
        let limits = Limits { timeout: config.timeout, ..Limits::default() };
        let http = || HttpClient::new(network.clone(), Arc::clone(&clock), limits);
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
        let source = Salesforce::new(http(), config.salesforce.clone(), retry);
        let source = Arc::new(source.leaving(config.salesforce_leave_percent));
        let target = Autotask::new(http(), access, retry);
        let target = Arc::new(target.watched(Arc::clone(&observer), stop.clone()));
        let ports = Ports { stop, clock, source, target, observer };
        Self { ports, ledger, config: Arc::new(config), network: network.clone() }
    }

    /// This importer with the settings that the ledger holds now, or `None` if they are still the same.
    pub fn renewed(&self) -> Result<Option<Self>, ConfigError> {
        let saved = self.ledger.write(|tx| tx.saved_settings())?;
        if saved == *self.config.saved() {
            return Ok(None);
        }
        let Ports { stop, clock, observer, .. } = self.ports.clone();
        let (config, ledger) = (self.config.with(saved)?, Arc::clone(&self.ledger));
        let same_fields = config.id_fields == self.config.id_fields
            && config.company_field_is_chosen == self.config.company_field_is_chosen;
        let mut renewed = Self::assembled(&self.network, ledger, config, clock, observer, stop);
        if same_fields {
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
        let recorder = Recorder::new(Arc::clone(&self.ledger), self.ports.clone());
        let ports = Ports { observer: Arc::new(recorder), ..self.ports.clone() };
        run(&ports, &self.ledger, &self.config.import, Mode::Import, reading).await
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
        let report = run(&self.ports, &copy.ledger, settings, Mode::Plan, reading).await?;
        Ok((report, copy))
    }

    /// Tries both connections and all that an import needs of them, and writes nothing (rule S6).
    pub async fn check(&self) -> Vec<Finding> {
        check(&self.ports, &self.config.import).await
    }
}
