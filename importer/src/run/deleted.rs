//! What becomes of records that were deleted or merged in Salesforce (rule R8).

use super::decide::{Judgement, Subject, Told};
use super::write::Step;
use super::{OnDelete, Run};
use crate::domain::decision::{Action, Decision, Outcome};
use crate::domain::draft::{Base, Draft};
use crate::domain::ids::SalesforceId;
use crate::domain::keys::KeyDigest;
use crate::domain::model::{Deletion, Kind};
use crate::domain::rules::Rule;
use crate::sqlite::{LedgerError, Spooled, Tx};

impl Run<'_> {
    /// Decides about a deleted record: its link ends, or moves to the record it was merged into.
    ///
    /// Links end before the guard has let the run go on. That writes nothing to Autotask, and a run that is not
    /// completed finds the deletion again.
    pub(super) fn decide_deleted(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        id: SalesforceId,
        deletion: Deletion,
    ) -> Result<Told, LedgerError> {
        tx.wake_waiting_key(kind, id)?;
        tx.stop_waiting(kind, id)?;
        tx.renounce(self.id, kind, id, deletion.merged_into)?;
        let Some(target) = tx.link_of(kind, id)? else { return Ok(Told::Passed) };
        let now = self.ports.clock.now();
        let unchanged = |reason| Decision::nothing(Outcome::Unchanged, Rule::R8, reason);
        let decision = match deletion.merged_into {
            Some(heir) => {
                if let Some(other) = tx.link_of(kind, heir)? {
                    tx.end_link(kind, id, now)?;
                    unchanged(format!(
                        "merged into {heir}, which is linked to Autotask {kind} {other}; {kind} {target} is left \
                         as it is"
                    ))
                } else {
                    tx.bequeath(self.id, kind, (id, heir), target, now)?;
                    unchanged(if tx.is_mirrored(kind, target)? {
                        format!(
                            "merged into {heir}, which is to take over Autotask {kind} {target}"
                        )
                    } else {
                        format!(
                            "merged into {heir}; Autotask {kind} {target} is not there any more"
                        )
                    })
                }
            }
            None if self.settings.deleted == OnDelete::Deactivate => Decision {
                action: Action::Deactivate { target },
                rule: Rule::R8,
                reason: "deleted in Salesforce, so it becomes inactive".to_owned(),
            },
            None => {
                tx.end_link(kind, id, now)?;
                unchanged(format!(
                    "deleted in Salesforce; Autotask {kind} {target} is left as it is"
                ))
            }
        };
        let subject = Subject {
            id,
            home: None,
            belongs_to: None,
            parent: None,
            name: KeyDigest(0),
            key: KeyDigest(0),
            draft: &Draft::default(),
        };
        let judgement = Judgement { decision, claims: false, duplicate_of: None };
        self.spool(tx, kind, &subject, &judgement)?;
        Ok(Told::Ended)
    }

    /// The step that makes a deleted record's Autotask record inactive, if it is still linked to one that is there.
    pub(super) fn deactivation(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        spooled: Spooled,
    ) -> Result<Option<Step>, LedgerError> {
        let linked = tx.link_of(kind, spooled.id)?;
        let Some(target) = linked.filter(|target| spooled.target == Some(*target)) else {
            let reason = "deleted in Salesforce, and linked to nothing any more";
            self.end(tx, kind, &spooled, Outcome::Unchanged, Rule::R8, reason)?;
            return Ok(None);
        };
        if let Some(double) = tx.duplicate_of(kind, spooled.id)? {
            tx.end_link(kind, spooled.id, self.ports.clock.now())?;
            let reason = format!(
                "deleted in Salesforce; Autotask {kind} {target} stays active, as {double} is its duplicate and takes its \
                 place"
            );
            self.end(tx, kind, &spooled, Outcome::Unchanged, Rule::R8, &reason)?;
            return Ok(None);
        }
        if !tx.is_mirrored(kind, target)? {
            tx.end_link(kind, spooled.id, self.ports.clock.now())?;
            let reason =
                format!("deleted in Salesforce; Autotask {kind} {target} is not there any more");
            self.end(tx, kind, &spooled, Outcome::Unchanged, Rule::R8, &reason)?;
            return Ok(None);
        }
        let decision = Decision {
            action: Action::Deactivate { target },
            rule: Rule::R8,
            reason: "deleted in Salesforce, so it becomes inactive".to_owned(),
        };
        let base = Base::default();
        let intended = self.ports.clock.now();
        let (company, live, replaced) = (None, None, None);
        Ok(Some(Step { spooled, decision, company, base, live, replaced, intended }))
    }
}
