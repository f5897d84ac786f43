//! The service: an import at each tick of the schedule while it is active, until it is told to stop.

use std::future::Future;

use jiff::Timestamp;

use crate::app::{DELIVERY_AT_THE_END, Importer};
use crate::config::{Config, ConfigError, Key, Origin};
use crate::domain::report::RunState;
use crate::ports::{StopSignal, timeout};
use crate::run::{Reading, Trigger};
use crate::schedule::pause_after_refusals;
use crate::sqlite::LedgerError;

impl Importer {
    /// Imports as scheduled, while the settings say that it is active (rule S3), until `stop` completes. An import under way is ended after its current batch; the next
    /// start goes on from there. A tick that finds another import running is passed over (rule S4).
    ///
    /// Each tick looks at the settings first: whatever has been saved since is taken over.
    ///
    /// Credentials that were refused are left alone for an hour, then six, then a day each time, or until the settings
    /// change (rule R5).
    ///
    /// People are told of imports meanwhile; what is left to tell at the end waits for the next start.
    pub async fn serve(&self, stop: impl Future<Output = ()> + Send) -> Result<(), LedgerError> {
        let enough = StopSignal::default();
        let imports = self.serve_imports(stop);
        let deliveries = self.postman.keep_delivering(&enough);
        tokio::pin!(imports, deliveries);
        let ended = tokio::select! {
            biased;
            ended = &mut imports => ended,
            () = &mut deliveries => return imports.await,
        };
        // What is being sent is sent to its end: a mail that is broken off may arrive twice.
        enough.request();
        self.postman.call();
        timeout(self.ports.clock.as_ref(), DELIVERY_AT_THE_END, deliveries).await;
        ended
    }

    async fn serve_imports(
        &self,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), LedgerError> {
        let mut stop = Box::pin(stop);
        let mut importer = self.clone();
        importer.announce();
        let clock = &self.ports.clock;
        let mut refusals = 0;
        let mut not_before = Timestamp::MIN;
        let last = self.ledger.read(|tx| tx.last_import())?;
        let schedule = importer.schedule();
        let mut due = if importer.config().active && schedule.is_overdue(last, clock.now()) {
            clock.now()
        } else {
            schedule.next_tick(clock.now())
        };
        loop {
            if importer.config().active {
                tracing::info!(%due, "the next import is scheduled");
            }
            tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                () = clock.wait_until(due) => {}
            }
            match importer.renewed() {
                Ok(None) => {}
                Ok(Some(renewed)) => {
                    importer = renewed;
                    importer.announce();
                    (refusals, not_before) = (0, Timestamp::MIN);
                }
                Err(ConfigError::Ledger(
                    error @ (LedgerError::TooNew(_) | LedgerError::Open { .. }),
                )) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "the settings cannot be used; this import is left out");
                    due = importer.schedule().next_tick(clock.now());
                    continue;
                }
            }
            if !importer.config().active {
                tracing::debug!("not active; this import is left out");
            } else if clock.now() >= not_before {
                let refused = {
                    let import = importer.scheduled_import();
                    tokio::pin!(import);
                    tokio::select! {
                        biased;
                        refused = &mut import => refused?,
                        () = &mut stop => {
                            self.ports.stop.request();
                            import.await?;
                            return Ok(());
                        }
                    }
                };
                refusals = if refused { refusals + 1 } else { 0 };
                let pause = pause_after_refusals(refusals);
                not_before = clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
            } else {
                tracing::warn!(%not_before, "the credentials were refused; this import is left out");
            }
            due = importer.schedule().next_tick(clock.now());
        }
    }

    /// Says whether imports are made by themselves, and what to do if they are not.
    fn announce(&self) {
        if self.config().active {
            tracing::info!("active: imports are made as scheduled");
        } else {
            tracing::warn!(
                "not active: nothing is imported as scheduled; {}",
                how_to_activate(self.config())
            );
        }
    }

    /// One import; returns whether its credentials were refused. What goes wrong is logged, and the service goes on.
    async fn scheduled_import(&self) -> Result<bool, LedgerError> {
        match self.import_as(Trigger::Scheduled, Reading::Changes).await {
            Ok(report) => {
                if let Some(failure) = &report.failure {
                    tracing::error!(run.id = report.run.0, failure, "the import could not go on");
                }
                Ok(report.state == RunState::SignInRefused)
            }
            Err(LedgerError::Locked(running)) => {
                tracing::warn!(?running, "another import is running; this one is left out");
                Ok(false)
            }
            Err(error @ (LedgerError::TooNew(_) | LedgerError::Open { .. })) => Err(error),
            Err(error) => {
                tracing::error!(%error, "the ledger failed; the next import tries again");
                Ok(false)
            }
        }
    }
}

/// What to do so that imports are made as scheduled.
pub fn how_to_activate(config: &Config) -> String {
    let origin = Key::named("active").map(|key| config.origin(key));
    match origin.filter(Origin::is_managed) {
        Some(origin) => format!("`active` is managed in {origin}"),
        None => "`importer settings set active true` changes that".to_owned(),
    }
}
