//! Sets parent companies that could not be set when the child was written (rule C7).
//!
//! A create carries its parent where that is there already, as parents are written first. What is left are parents
//! that came later, in this run or an earlier one, and chains that were written in one batch.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use jiff::{Timestamp, ToSpan};

use super::{Run, Stop};
use crate::domain::decision::{Action, Decision, patch_for_link, patch_for_update};
use crate::domain::draft::{Draft, Mapped};
use crate::domain::fields::TargetField;
use crate::domain::ids::{CompanyId, SalesforceId};
use crate::domain::metadata::Metadata;
use crate::domain::model::{Kind, TargetRecord};
use crate::domain::rules::Rule;
use crate::ports::{Change, Find, IdField, TargetError};
use crate::sqlite::Home;

const FIELD: TargetField = TargetField::ParentCompanyId;

/// Companies looked at again together.
const BATCH: u32 = 200;

/// A company whose parent is known now.
struct Due {
    account: SalesforceId,
    company: i64,
    parent_account: SalesforceId,
    parent: CompanyId,
}

impl Run<'_> {
    pub(super) async fn apply_parents(&mut self, metadata: &Metadata) -> Result<(), Stop> {
        if metadata.field(Kind::Company, FIELD).is_none_or(|info| info.is_read_only) {
            return Ok(());
        }
        let now = self.ports.clock.now();
        let at = self.ledger.read(|tx| tx.parents_to_look_at(now))?;
        let Some(at) = at else { return Ok(()) };
        let mut after = None;
        loop {
            if self.ports.stop.is_requested() {
                return Err(Stop::Asked);
            }
            let (last, due) = self.due_parents(after)?;
            let Some(last) = last else {
                return Ok(self.ledger.write(|tx| tx.parents_looked_at(at))?);
            };
            after = Some(last);
            if due.is_empty() {
                continue;
            }
            let ids: Vec<i64> = due.iter().map(|due| due.company).collect();
            let found = self.ports.target.find(Kind::Company, &Find::Ids(ids)).await?;
            let doubts = self.remember(Kind::Company, &found)?;
            self.confirm(Kind::Company, &doubts).await?;
            let live: BTreeMap<i64, TargetRecord> =
                found.into_iter().map(|record| (record.id, record)).collect();
            for due in &due {
                let linked = self.ledger.read(|tx| tx.link_of(Kind::Company, due.account))?;
                if let (Some(record), Some(_)) = (live.get(&due.company), linked) {
                    self.set_parent(due, record).await?;
                }
            }
        }
    }

    /// The next companies that wait for a parent: the last account looked at, and those whose parent is linked.
    fn due_parents(
        &self,
        after: Option<SalesforceId>,
    ) -> Result<(Option<SalesforceId>, Vec<Due>), Stop> {
        let now = self.ports.clock.now();
        let found = self.ledger.read(|tx| {
            let waiting = tx.awaiting_parents(now, after, BATCH)?;
            let mut due = Vec::new();
            for (account, company, parent_account) in &waiting {
                if let Home::Linked { company: parent, .. } = tx.home(self.id, *parent_account)?
                    && parent.0 != *company
                {
                    due.push(Due {
                        account: *account,
                        company: *company,
                        parent_account: *parent_account,
                        parent,
                    });
                }
            }
            Ok((waiting.last().map(|row| row.0), due))
        })?;
        Ok(found)
    }

    /// When a refused parent is tried again.
    pub(super) fn tomorrow(&self) -> Timestamp {
        self.ports.clock.now().saturating_add(24.hours()).unwrap_or(Timestamp::MAX)
    }

    async fn set_parent(&mut self, due: &Due, live: &TargetRecord) -> Result<(), Stop> {
        let Due { account, company, parent_account, parent } = *due;
        let mut draft = Draft { fields: [(FIELD, Mapped::Leave)].into(), ..Draft::default() };
        draft.set_parent(parent_account, parent);
        let base = self.ledger.read(|tx| tx.base_of(Kind::Company, account))?.unwrap_or_default();
        let (policies, values) = (&self.settings.policies, &live.values);
        // The company may have been linked when its parent was not, so this is the first that is known of it (V4).
        let patch = if base.holds(FIELD, None) {
            patch_for_link(Kind::Company, &draft, values, policies)
        } else {
            patch_for_update(Kind::Company, &draft, (&[FIELD], &base), values, policies)
        };
        if !patch.is_empty() {
            let change = Change {
                id: company,
                company: CompanyId(company),
                id_field: IdField::Keep,
                deactivate: false,
                fields: patch.clone(),
            };
            self.wrote.store(true, Ordering::Relaxed);
            match self.ports.target.update(Kind::Company, &change).await {
                Ok(()) => {}
                Err(TargetError::Rejected(words)) => {
                    let words = words.join("; ");
                    self.warnings.push(format!(
                        "company {company} cannot have company {parent} as its parent: {words}"
                    ));
                    let tomorrow = self.tomorrow();
                    return Ok(self.ledger.write(|tx| tx.retry_parent(account, tomorrow))?);
                }
                Err(TargetError::Uncertain(cause)) => {
                    return Err(TargetError::Unavailable(cause).into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.ledger.write(|tx| {
            tx.rebase(Kind::Company, account, &base.with(FIELD, &draft.base))?;
            tx.await_parent(account, None)?;
            if patch.is_empty() {
                return Ok(());
            }
            let decision = Decision {
                action: Action::Update { target: company, fields: vec![FIELD] },
                rule: Rule::C7,
                reason: format!("its parent account {parent_account} is company {parent}"),
            };
            tx.amend(self.id, Kind::Company, account, &decision, (company, &patch))
        })?;
        Ok(())
    }
}
