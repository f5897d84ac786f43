//! Contacts that moved to another account (rule K5).
//!
//! An Autotask contact cannot change its company. By default that is reported. With `recreate` the contact is made anew
//! in the other company: the old one's user-defined field is cleared, the new one created, the old one made inactive.
//! The ledger remembers the old one from before the first of these until after the last, so that a run cut off in
//! between is finished by the next, and neither takes a cleared field for an un-mapping nor the old one for a match.

use super::decide::{Judgement, Subject};
use super::{Mode, OnMove, Run, Stop};
use crate::domain::decision::{Action, Decision, Outcome};
use crate::domain::ids::{CompanyId, SalesforceId};
use crate::domain::model::Kind;
use crate::domain::rules::Rule;
use crate::ports::{Change, IdField, TargetError};
use crate::sqlite::{LedgerError, Replaced, Tx};

impl Run<'_> {
    /// Sees to a linked contact that belongs to another account than when it was last decided on. Whether it moved is
    /// judged by the accounts, not by Autotask's company, which can read 0 for inactive contacts.
    pub(super) fn follow_move(
        &self,
        tx: &Tx<'_>,
        subject: &Subject<'_>,
        judgement: &mut Judgement,
    ) -> Result<(), LedgerError> {
        let Some((account, company)) = subject.home else { return Ok(()) };
        let Some(before) = tx.account_of(subject.id)?.filter(|before| *before != account) else {
            return Ok(());
        };
        let target = match judgement.decision.action {
            // There is nothing in Autotask that could move.
            Action::Nothing(Outcome::Gone) if self.mode == Mode::Import => {
                return tx.move_link(subject.id, account);
            }
            Action::Update { target, .. } => Some(target),
            Action::Nothing(Outcome::Unchanged) => tx.link_of(Kind::Contact, subject.id)?,
            _ => None,
        };
        let Some(target) = target else { return Ok(()) };
        let decision = &mut judgement.decision;
        let is_unchanged = decision.action == Action::Nothing(Outcome::Unchanged);
        // An account that was merged into another, or is a duplicate of it now, left its company to that.
        let company_before = match tx.last_link_of(Kind::Company, before)? {
            Some(company) => Some(CompanyId(company)),
            // It was deleted and restored, and another has its company.
            None => tx.mirrored_company(target)?,
        };
        let stays = company.is_some() && company_before == company;
        let mut moved = format!("moved from account {before} to {account}");
        let recreates = !stays && self.settings.moved == OnMove::Recreate;
        // Somebody has entered the person there already, so one more would be one too many (K1).
        let namesake = match company.filter(|_| recreates) {
            Some(company) => tx.namesake(company, subject.key, target)?,
            None => None,
        };
        if let Some(namesake) = namesake {
            moved =
                format!("{moved}, whose company has contact {namesake} of the same name already");
        }
        if stays {
            // Nothing to tell; an update remembers the account by itself.
        } else if recreates && namesake.is_none() {
            *decision = Decision {
                action: Action::Recreate { old: target },
                rule: Rule::K5,
                reason: format!("{moved}; made anew there in place of Autotask contact {target}"),
            };
            return Ok(());
        } else if is_unchanged {
            *decision =
                Decision::nothing(Outcome::Unchanged, Rule::K5, format!("{moved}; {STAYS}"));
        } else {
            decision.reason = format!("{}; {moved}; {STAYS}", decision.reason);
        }
        if is_unchanged && self.mode == Mode::Import {
            tx.move_link(subject.id, account)?;
        }
        Ok(())
    }

    /// Takes the Salesforce id from the contact that another is about to be made in place of.
    pub(super) async fn release(&self, replaced: Replaced) -> Result<(), TargetError> {
        let Replaced { old, company, .. } = replaced;
        let change = Change::of_id(old, company, IdField::Clear);
        self.ports.target.update(Kind::Contact, &change).await
    }

    /// Makes inactive the contacts that others were made in place of.
    pub(super) async fn finish_replacements(&mut self) -> Result<(), Stop> {
        let unfinished = self.ledger.read(|tx| tx.unfinished_replacements())?;
        for Replaced { id, old, company } in unfinished {
            let change = Change { deactivate: true, ..Change::of_id(old, company, IdField::Clear) };
            match self.ports.target.update(Kind::Contact, &change).await {
                Ok(()) => {}
                Err(TargetError::Rejected(words)) => self.warnings.push(format!(
                    "contact {old}, in whose place {id} was made anew, cannot be made inactive: {}",
                    words.join("; ")
                )),
                Err(TargetError::Uncertain(cause)) => {
                    return Err(TargetError::Unavailable(cause).into());
                }
                Err(error) => return Err(error.into()),
            }
            self.ledger.write(|tx| {
                tx.mirror_cleared(Kind::Contact, old)?;
                tx.finish_replacement(id)
            })?;
        }
        Ok(())
    }
}

const STAYS: &str = "an Autotask contact cannot change its company";

/// Remembers that a linked contact is about to be made anew: from here on it is linked to nothing.
pub(super) fn begin_replacement(
    tx: &Tx<'_>,
    id: SalesforceId,
    old: i64,
) -> Result<(), LedgerError> {
    let company = match tx.mirrored_company(old)? {
        Some(CompanyId(0)) | None => {
            let account = tx.account_of(id)?;
            let company = account.map(|account| tx.last_link_of(Kind::Company, account));
            company.transpose()?.flatten().map_or(CompanyId(0), CompanyId)
        }
        Some(company) => company,
    };
    tx.begin_replacement(&Replaced { id, old, company })
}
