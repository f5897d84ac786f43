//! Puts an importer together from its settings: what the binary, the scenarios and the benches all start with.

use std::sync::Arc;

use crate::autotask::{Access, Autotask};
use crate::config::Config;
use crate::http::{Connector, HttpClient, Limits, TlsError, tls_connector};
use crate::ports::{Clock, Observer, Ports};
use crate::retry::RetryPolicy;
use crate::salesforce::Salesforce;
use crate::sqlite::{Ledger, LedgerError};

/// The parts of an importer that outlive a run.
#[derive(Clone)]
pub struct Importer {
    /// The ports.
    pub ports: Ports,
    /// The ledger.
    pub ledger: Arc<Ledger>,
    config: Arc<Config>,
}

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
        let limits = Limits { timeout: config.timeout, ..Limits::default() };
        let http = || HttpClient::new(connector.clone(), Arc::clone(&clock), limits);
        let retry = RetryPolicy::default();
        let access = Access {
            url: config.autotask_url.clone(),
            credentials: config.autotask.clone(),
            id_fields: config.id_fields.clone(),
            threads: config.autotask_threads,
        };
        let source = Arc::new(Salesforce::new(http(), config.salesforce.clone(), retry));
        let target = Arc::new(Autotask::new(http(), access, retry));
        let ports = Ports { clock, source, target, observer };
        Ok(Self { ports, ledger, config: Arc::new(config) })
    }

    /// Imports once.
    pub async fn import(&self) -> Result<crate::domain::report::RunReport, LedgerError> {
        crate::run::import(&self.ports, &self.ledger, &self.config.import).await
    }
}
