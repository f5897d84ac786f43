//! The service: an import at each tick of the schedule, until it is told to stop.

use std::future::Future;

use jiff::Timestamp;

use crate::app::Importer;
use crate::domain::report::RunState;
use crate::run::Reading;
use crate::schedule::{Schedule, pause_after_refusals};
use crate::sqlite::LedgerError;

impl Importer {
    /// Imports as scheduled until `stop` completes. An import under way is ended after its current batch; the next
    /// start goes on from there. A tick that finds another import running is passed over (rule S4).
    ///
    /// Credentials that were refused are left alone for an hour, then six, then a day each time (rule R5).
    pub async fn serve(
        &self,
        schedule: Schedule,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), LedgerError> {
        let mut stop = Box::pin(stop);
        let clock = &self.ports.clock;
        let mut refusals = 0;
        let mut not_before = Timestamp::MIN;
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is not general enough in its lifetime"
        )]
        let last = self.ledger.write(|tx| tx.last_import())?;
        let mut due = if schedule.is_overdue(last, clock.now()) {
            clock.now()
        } else {
            schedule.next_tick(clock.now())
        };
        loop {
            tracing::info!(%due, "the next import is scheduled");
            tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                () = clock.wait_until(due) => {}
            }
            if clock.now() >= not_before {
                let refused = {
                    let import = self.scheduled_import();
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
            due = schedule.next_tick(clock.now());
        }
    }

    /// One import; returns whether its credentials were refused. What goes wrong is logged, and the service goes on.
    async fn scheduled_import(&self) -> Result<bool, LedgerError> {
        match self.import_reading(Reading::Changes).await {
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
