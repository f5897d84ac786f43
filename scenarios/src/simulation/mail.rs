//! The mail server of a simulation. It stands at the importer's port for mails, so SMTP itself is not simulated.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use importer::ports::{DeliveryError, Mail, Mailer};

use super::clock::pass;
use super::journal::Journal;

/// How long a mail is on its way, and its receipt.
const TRAVEL: Duration = Duration::from_millis(40);

/// All mails that were accepted.
#[derive(Debug)]
pub(super) struct Mailbox {
    journal: Journal,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_down: bool,
    /// Mails that are accepted without the sender hearing of it.
    lost_receipts: u32,
    accepted: Vec<Mail>,
}

impl Mailbox {
    pub(super) fn new(journal: Journal) -> Self {
        Self { journal, state: Mutex::default() }
    }

    /// Takes mails, or takes none.
    pub(super) fn be_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    /// Accepts so many mails without saying so.
    pub(super) fn lose_receipts(&self, mails: u32) {
        self.state().lost_receipts = mails;
    }

    /// Takes mails and says so.
    pub(super) fn heal(&self) {
        let mut state = self.state();
        (state.is_down, state.lost_receipts) = (false, 0);
    }

    /// Looks at what was accepted, oldest first.
    pub(super) fn look<T>(&self, look: impl FnOnce(&[Mail]) -> T) -> T {
        look(&self.state().accepted)
    }

    /// Forgets what was accepted.
    pub(super) fn empty(&self) {
        self.state().accepted.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        pass(TRAVEL).await;
        let is_lost = {
            let mut state = self.state();
            if state.is_down {
                return Err(DeliveryError::Later("nobody answers".to_owned()));
            }
            state.accepted.push(mail.clone());
            let is_lost = state.lost_receipts > 0;
            state.lost_receipts = state.lost_receipts.saturating_sub(1);
            is_lost
        };
        // An installation's ledger gives it a random number, which ends the mail's id.
        let id = mail.id.rsplit_once('.').map_or(mail.id.as_str(), |(id, _)| id);
        let to: Vec<_> = mail.to.iter().map(|one| one.email.as_str()).collect();
        self.journal.note(format!("mail {id} to {}: {}", to.join(", "), mail.subject));
        pass(TRAVEL).await;
        if is_lost {
            return Err(DeliveryError::Later("the connection was lost".to_owned()));
        }
        Ok(())
    }

    async fn greet(&self) -> Result<(), DeliveryError> {
        Ok(())
    }
}
