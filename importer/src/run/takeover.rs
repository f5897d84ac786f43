//! Goes on with what an import that was cut off had decided and not carried out.
//!
//! An import that had decided on all it read hands over what it leaves undone. The next reads only what changed since,
//! and decides on that anew; whatever it carries out is looked at again first, as in any import.

use super::{Mode, Reading, Run};
use crate::sqlite::{Handover, LedgerError, Marks};

/// Decisions taken over, and drafts erased, in one transaction.
const AT_A_TIME: u32 = 5_000;

impl Run<'_> {
    /// What an import that was cut off left to this one, if both decide alike.
    pub(super) fn handed_over(&self, basis: u64) -> Result<Option<Handover>, LedgerError> {
        let handover = self.ledger.read(|tx| tx.handover())?;
        Ok(handover.filter(|handover| self.mode == Mode::Import && handover.marks.basis == basis))
    }

    /// Takes over what was left to this import, unless it reads everything anyway. Returns how far was read for that.
    pub(super) fn take_over(
        &mut self,
        handover: Option<Handover>,
    ) -> Result<Option<Marks>, LedgerError> {
        if self.mode == Mode::Plan {
            return Ok(None);
        }
        let Some(Handover { run, marks }) = handover.filter(|_| self.reading != Reading::Full)
        else {
            let dropped = self.ledger.write(|tx| {
                let handover = tx.handover()?;
                tx.hand_over(None)?;
                Ok(handover)
            })?;
            return dropped.map_or(Ok(()), |handover| self.drop_drafts(handover)).map(|()| None);
        };
        let mut after = None;
        loop {
            after = self.ledger.write(|tx| tx.take_over(run, self.id, after, AT_A_TIME))?;
            if after.is_none() {
                break;
            }
        }
        self.ledger.write(|tx| tx.hand_over(Some(&Handover { run: self.id, marks })))?;
        self.drop_drafts(Handover { run, marks })?;
        tracing::info!(run.id = self.id.0, from = run.0, "goes on with what was cut off");
        self.took_over = true;
        Ok(Some(marks))
    }

    fn drop_drafts(&self, handover: Handover) -> Result<(), LedgerError> {
        let mut after = None;
        loop {
            after = self.ledger.write(|tx| tx.drop_drafts(handover.run, after, AT_A_TIME))?;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}
