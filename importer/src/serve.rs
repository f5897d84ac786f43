//! The service: an import at each tick of the schedule while it is active, until it is told to stop.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use jiff::Timestamp;

use crate::app::{DELIVERY_AT_THE_END, Importer};
use crate::config::{Config, ConfigError, Key, Origin};
use crate::domain::ids::RunId;
use crate::domain::report::{RunReport, RunState};
use crate::launch::{self, Launched, Order, Orders};
use crate::ports::{StopSignal, timeout};
use crate::run::{Reading, Trigger};
use crate::schedule::pause_after_refusals;
use crate::sqlite::LedgerError;

/// Completes when the service is to end.
type Stop<'s> = Pin<Box<dyn Future<Output = ()> + Send + 's>>;

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
        let (_, orders) = launch::channel(self);
        self.serve_orders(stop, orders).await
    }

    /// The same, and imports at once when somebody asks for it, active or not (rules S3, S4).
    pub async fn serve_orders(
        &self,
        stop: impl Future<Output = ()> + Send,
        orders: Orders,
    ) -> Result<(), LedgerError> {
        let enough = StopSignal::default();
        let imports = self.serve_imports(stop, orders);
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
        mut orders: Orders,
    ) -> Result<(), LedgerError> {
        let mut stop: Stop<'_> = Box::pin(stop);
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
            let order = tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                order = orders.next() => Some(order),
                () = clock.wait_until(due) => None,
            };
            match importer.renewed() {
                Ok(None) => {}
                Ok(Some(renewed)) => {
                    importer = renewed;
                    orders.renew(&importer);
                    importer.announce();
                    (refusals, not_before) = (0, Timestamp::MIN);
                }
                Err(ConfigError::Ledger(
                    error @ (LedgerError::TooNew(_) | LedgerError::Open { .. }),
                )) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "the settings cannot be used; this import is left out");
                    if let Some(order) = order {
                        order.answer(Launched::Failed(error.to_string()));
                    }
                    due = importer.schedule().next_tick(clock.now());
                    continue;
                }
            }
            if order.is_none() && !importer.config().active {
                tracing::debug!("not active; this import is left out");
            } else if order.is_some() || clock.now() >= not_before {
                let Some(refused) = importer.conduct(order, &mut stop, &mut orders).await? else {
                    return Ok(());
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
        for missing in &self.config().missing {
            tracing::warn!("nothing is imported yet: {}", missing.text);
        }
        if self.config().active {
            tracing::info!("active: imports are made as scheduled");
        } else {
            tracing::warn!(
                "not active: nothing is imported as scheduled; {}",
                how_to_activate(self.config())
            );
        }
    }

    /// One import, as somebody ordered it or as scheduled; whoever orders another meanwhile is told of this one. Returns
    /// whether its credentials were refused, or nothing once the service is to end.
    async fn conduct(
        &self,
        order: Option<Order>,
        stop: &mut Stop<'_>,
        orders: &mut Orders,
    ) -> Result<Option<bool>, LedgerError> {
        let (trigger, reading) = match &order {
            Some(_) => (Trigger::Manual, Reading::Sweep),
            None => (Trigger::Scheduled, Reading::Changes),
        };
        let import = self.one_import(trigger, reading);
        tokio::pin!(import);
        // It takes the ledger's lock, or finds it taken, before it first waits for anything.
        if let Poll::Ready(ended) = futures_util::poll!(&mut import) {
            return ended.map(|ended| Some(ended.told(order)));
        }
        if let Some(order) = order {
            order.answer(Launched::Begun(self.running()));
        }
        loop {
            tokio::select! {
                biased;
                ended = &mut import => return ended.map(|ended| Some(ended.told(None))),
                () = &mut *stop => {
                    self.ports.stop.request();
                    import.await?;
                    return Ok(None);
                }
                later = orders.next() => later.answer(Launched::Running(self.running())),
            }
        }
    }

    fn running(&self) -> Option<RunId> {
        self.ledger.under_way().unwrap_or_else(|error| {
            tracing::warn!(%error, "the run under way cannot be named");
            None
        })
    }

    /// One import. What goes wrong is logged, and the service goes on.
    async fn one_import(&self, trigger: Trigger, reading: Reading) -> Result<Ended, LedgerError> {
        match self.import_as(trigger, reading).await {
            Ok(report) => {
                if let Some(failure) = &report.failure {
                    tracing::error!(run.id = report.run.0, failure, "the import could not go on");
                }
                Ok(Ended::Report(report))
            }
            Err(LedgerError::Locked(running)) => {
                tracing::warn!(?running, "another import is running; this one is left out");
                Ok(Ended::Locked(running))
            }
            Err(error @ (LedgerError::TooNew(_) | LedgerError::Open { .. })) => Err(error),
            Err(error) => {
                tracing::error!(%error, "the ledger failed; the next import tries again");
                Ok(Ended::Failed(error.to_string()))
            }
        }
    }
}

/// How an import of the service ended.
enum Ended {
    Report(RunReport),
    Locked(Option<RunId>),
    Failed(String),
}

impl Ended {
    /// Tells whoever is still waiting to hear of it; returns whether the credentials were refused.
    fn told(self, order: Option<Order>) -> bool {
        let refused =
            matches!(&self, Self::Report(report) if report.state == RunState::SignInRefused);
        if let Some(order) = order {
            order.answer(match self {
                Self::Report(report) => Launched::Begun(Some(report.run)),
                Self::Locked(running) => Launched::Running(running),
                Self::Failed(why) => Launched::Failed(why),
            });
        }
        refused
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
