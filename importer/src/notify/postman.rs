//! Delivers what is in the outbox: at once if it can, else again and again with growing pauses (rule N5).
//!
//! The ledger is read and written between attempts, never held during one. One process delivers at a time.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::{Letter, Webhook};
use crate::ports::{Attachment, Clock, DeliveryError, Mail, Mailer, StopSignal};
use crate::retry::{Retry, RetryPolicy};
use crate::schedule::pause_after_refusals;
use crate::sqlite::{Ledger, LedgerError, Parcel, Route};

/// From one minute to four hours. How often does not matter: deliveries are given up by their age.
const PAUSES: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    first_pause: Duration::from_mins(1),
    longest_pause: Duration::from_hours(4),
};

/// How often the outbox is looked at although nothing is known to be due: another process may have put something
/// in, and ended before it was delivered.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// What one round came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Deliveries that were accepted.
    pub accepted: u64,
    /// Deliveries that were refused for good.
    pub refused: u64,
    /// Attempts after which a delivery waits for the next.
    pub postponed: u64,
}

/// Delivers what is in the outbox.
#[derive(Debug)]
pub struct Postman {
    ledger: Arc<Ledger>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) mailer: Option<Arc<dyn Mailer>>,
    pub(super) webhook: Option<Webhook>,
    posted: Notify,
}

impl Postman {
    /// A postman who goes these ways.
    pub fn new(
        ledger: Arc<Ledger>,
        clock: Arc<dyn Clock>,
        mailer: Option<Arc<dyn Mailer>>,
        webhook: Option<Webhook>,
    ) -> Self {
        Self { ledger, clock, mailer, webhook, posted: Notify::new() }
    }

    /// Says that there may be something new in the outbox.
    pub fn call(&self) {
        self.posted.notify_one();
    }

    /// Delivers all that is due, unless another process does.
    pub async fn deliver(&self) -> Result<Delivered, LedgerError> {
        let mut delivered = Delivered::default();
        let Some(_lock) = self.ledger.lock_outbox()? else { return Ok(delivered) };
        let begin = self.clock.now();
        self.ledger.write(|tx| tx.give_up_old(begin))?;
        while let Some(parcel) = self.take()? {
            let outcome = self.carry(&parcel).await;
            self.note(&parcel, outcome, &mut delivered)?;
        }
        Ok(delivered)
    }

    /// Delivers whatever comes to be due, until it is told that this is enough and what is due then is delivered.
    /// What goes wrong with the ledger is logged and tried again.
    pub async fn keep_delivering(&self, enough: &StopSignal) {
        loop {
            if let Err(error) = self.deliver().await {
                tracing::error!(%error, "the outbox cannot be used; it is tried again later");
            }
            if enough.is_requested() {
                return;
            }
            let now = self.clock.now();
            let later = now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
            #[expect(
                clippy::redundant_closure_for_method_calls,
                reason = "the method itself is not general enough in its lifetime"
            )]
            let due = self.ledger.read(|tx| tx.next_due()).ok().flatten();
            // What is due already and still there is another process's to deliver.
            let due = due.filter(|due| *due > now).map_or(later, |due| due.min(later));
            tokio::select! {
                biased;
                () = self.posted.notified() => {}
                () = self.clock.wait_until(due) => {}
            }
        }
    }

    /// The next parcel, its attempt noted.
    fn take(&self) -> Result<Option<Parcel>, LedgerError> {
        let now = self.clock.now();
        self.ledger.write(|tx| {
            let parcel = tx.next_parcel(now)?;
            if let Some(parcel) = &parcel {
                let pause = PAUSES.pause_after(parcel.attempts + 1, Retry::Soon);
                tx.attempt(parcel.id, later(now, pause.unwrap_or_default()))?;
            }
            Ok(parcel)
        })
    }

    async fn carry(&self, parcel: &Parcel) -> Result<(), DeliveryError> {
        let letter: Letter = serde_json::from_str(&parcel.letter)
            .map_err(|error| DeliveryError::Refused(error.to_string()))?;
        match (parcel.route, &self.mailer, &self.webhook) {
            (Route::Mail, Some(mailer), _) => mailer.send(&self.mail(parcel, letter)?).await,
            (Route::Webhook, _, Some(webhook)) => {
                webhook.post(&parcel.message_id, &letter.event).await
            }
            (Route::Mail, None, _) => {
                Err(DeliveryError::Later("the settings name no mail server".to_owned()))
            }
            (Route::Webhook, ..) => {
                Err(DeliveryError::Later("the settings name no webhook".to_owned()))
            }
        }
    }

    fn mail(&self, parcel: &Parcel, letter: Letter) -> Result<Mail, DeliveryError> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is not general enough in its lifetime"
        )]
        let installation = self
            .ledger
            .write(|tx| tx.installation())
            .map_err(|error| DeliveryError::Later(error.to_string()))?;
        Ok(Mail {
            id: parcel.message_id.clone(),
            thread: format!("imports.{installation}"),
            written: parcel.made,
            to: parcel.addressees.clone(),
            subject: letter.subject,
            text: letter.text,
            html: letter.html,
            attachment: letter.file.map(|(name, text)| Attachment { name, text }),
        })
    }

    fn note(
        &self,
        parcel: &Parcel,
        outcome: Result<(), DeliveryError>,
        delivered: &mut Delivered,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let error = match outcome {
            Ok(()) => {
                delivered.accepted += 1;
                return self.ledger.write(|tx| tx.accepted(parcel.id, now));
            }
            Err(error) => error,
        };
        let pause = match &error {
            DeliveryError::Refused(_) if parcel.addressees.len() > 1 => {
                return self.ledger.write(|tx| tx.split(parcel, now));
            }
            DeliveryError::Refused(words) => {
                tracing::error!(route = parcel.route.name(), words, "a notification was refused");
                delivered.refused += 1;
                let to: Vec<_> = parcel.addressees.iter().map(|one| one.email.as_str()).collect();
                let problem = if to.is_empty() {
                    error.to_string()
                } else {
                    format!("{}: {error}", to.join(", "))
                };
                return self.ledger.write(|tx| tx.refused(parcel.id, &problem, now));
            }
            DeliveryError::SignInRefused(_) => {
                Duration::try_from(pause_after_refusals(parcel.attempts + 1)).ok()
            }
            DeliveryError::Later(_) => PAUSES.pause_after(parcel.attempts + 1, Retry::Soon),
        };
        delivered.postponed += 1;
        let next = later(now, pause.unwrap_or(PAUSES.longest_pause));
        tracing::warn!(route = parcel.route.name(), %error, %next, "a notification waits");
        self.ledger.write(|tx| tx.postpone(parcel.id, &error.to_string(), next))
    }
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}
