//! Writes what was decided to Autotask, some records at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::Run;
use crate::causes;
use crate::domain::decision::{
    Action, Decision, Patch, needs_id, patch_for_link, patch_for_update,
};
use crate::domain::draft::{Base, Mapped};
use crate::domain::fields::TargetField;
use crate::domain::ids::CompanyId;
use crate::domain::model::{Kind, TargetRecord};
use crate::ports::{Cause, Change, Find, IdField, NewRecord, TargetError};
use crate::sqlite::{Replaced, Spooled};

/// Changes of a run that may go without an answer while Autotask answers everything else. Each takes a minute of trying.
const MOST_UNANSWERED: u32 = 5;

/// A decision that is about to be carried out.
pub(super) struct Step {
    pub(super) spooled: Spooled,
    pub(super) decision: Decision,
    /// Of a contact: the company it belongs to.
    pub(super) company: Option<CompanyId>,
    /// What was last decided on, for a linked record.
    pub(super) base: Base,
    /// The record as Autotask holds it, for one that exists.
    pub(super) live: Option<TargetRecord>,
    /// The contact that this one is made in place of (K5).
    pub(super) replaced: Option<Replaced>,
    /// When its intent was committed, if it creates.
    pub(super) intended: Timestamp,
}

/// What came of a step.
pub(super) enum Done {
    /// The record is there, is linked, and this was written over it.
    Written { target: i64, patch: Patch },
    /// Its answer was lost, and it is there. It may have been made without its parent, which Autotask had refused.
    Found { target: i64 },
    /// It was written, but Autotask refused its parent, in these words (rule C7).
    WithoutParent { target: i64, patch: Patch, words: String },
    /// There was nothing to write after all.
    Already { target: i64 },
    /// Autotask refused it.
    Refused(Vec<String>),
    /// Nobody knows.
    Uncertain,
    /// It was not tried, as the run ends or Autotask's hour is used up.
    NotTried,
}

impl Done {
    /// The record that is there, as far as that is known.
    pub(super) fn target(&self) -> Option<i64> {
        match self {
            Self::Written { target, .. }
            | Self::Found { target }
            | Self::WithoutParent { target, .. }
            | Self::Already { target } => Some(*target),
            Self::Refused(_) | Self::Uncertain | Self::NotTried => None,
        }
    }
}

impl Run<'_> {
    /// Carries out all steps, some at a time. After a failure that ends the run, or where the hour is used up, no further
    /// one is begun, and those under way are waited for.
    pub(super) async fn carry_out_all(
        &self,
        kind: Kind,
        steps: &[Step],
    ) -> (Option<TargetError>, Vec<Done>) {
        let ending = AtomicBool::new(false);
        let mut attempts: Vec<BoxFuture<'_, Result<Done, TargetError>>> = Vec::new();
        for step in steps {
            let ending = &ending;
            attempts.push(Box::pin(async move {
                if ending.load(Ordering::Relaxed) {
                    return Ok(Done::NotTried);
                }
                let done = self.carry_out(kind, step).await;
                if matches!(done, Err(_) | Ok(Done::NotTried)) {
                    ending.store(true, Ordering::Relaxed);
                }
                done
            }));
        }
        let at_a_time = self.settings.writes_at_a_time.max(1);
        let mut stop = None;
        let mut ends = Vec::with_capacity(steps.len());
        let mut attempts = stream::iter(attempts).buffered(at_a_time);
        while let Some(attempt) = attempts.next().await {
            let done = attempt.unwrap_or_else(|error| {
                stop.get_or_insert(error);
                Done::NotTried
            });
            if !matches!(done, Done::NotTried) {
                self.ports.observer.advance(1);
            }
            ends.push(done);
        }
        (stop, ends)
    }

    /// Carries out a step. What Autotask refuses with a parent may be fine without it.
    async fn carry_out(&self, kind: Kind, step: &Step) -> Result<Done, TargetError> {
        self.wrote.store(true, Ordering::Relaxed);
        let done = self.attempt(kind, step, true).await?;
        let parent = step.spooled.draft.fields.get(&TargetField::ParentCompanyId);
        match done {
            Done::Refused(words) if parent.is_some_and(is_set) => {
                Ok(match self.attempt(kind, step, false).await? {
                    Done::Written { target, patch } => {
                        Done::WithoutParent { target, patch, words: words.join("; ") }
                    }
                    Done::Already { target } => {
                        let words = words.join("; ");
                        Done::WithoutParent { target, patch: Patch::new(), words }
                    }
                    Done::Refused(_) => Done::Refused(words),
                    other => other,
                })
            }
            done => Ok(done),
        }
    }

    async fn attempt(
        &self,
        kind: Kind,
        step: &Step,
        with_parent: bool,
    ) -> Result<Done, TargetError> {
        let Step { spooled, decision, .. } = step;
        let is_left_out =
            |field: &TargetField| !with_parent && *field == TargetField::ParentCompanyId;
        let written = match &decision.action {
            Action::Create | Action::Recreate { .. } => {
                if let Some(replaced) = step.replaced {
                    match self.release(replaced).await {
                        Ok(()) => {}
                        Err(TargetError::Rejected(words)) => return Ok(Done::Refused(words)),
                        Err(TargetError::Uncertain(cause)) => {
                            return Err(TargetError::Unavailable(cause));
                        }
                        Err(error) => return Err(error),
                    }
                }
                let fields = spooled.draft.fields.iter();
                let record = NewRecord {
                    company: step.company,
                    salesforce_id: spooled.id,
                    fields: fields
                        .filter(|(field, _)| !is_left_out(field))
                        .filter_map(|(field, mapped)| Some((*field, mapped.for_create()?.clone())))
                        .collect(),
                };
                if let Err(error) = self.renew_intent(kind, step) {
                    return Err(TargetError::Unavailable(Box::new(error)));
                }
                let created = self.ports.target.create(kind, &record).await;
                created.map(|target| Done::Written { target, patch: Patch::new() })
            }
            Action::Nothing(_) => return Ok(Done::NotTried),
            Action::Link { target }
            | Action::Update { target, .. }
            | Action::Deactivate { target } => {
                let Some(live) = &step.live else {
                    let gone = format!("Autotask {kind} {target} is not there any more");
                    return Ok(Done::Refused(vec![gone]));
                };
                let mut change = self.change_of(kind, step, live);
                change.fields.retain(|field, _| !is_left_out(field));
                let writes_more = change.deactivate || change.id_field != IdField::Keep;
                if change.fields.is_empty() && !writes_more {
                    return Ok(Done::Already { target: *target });
                }
                match self.ports.target.update(kind, &change).await {
                    Err(TargetError::Uncertain(cause)) => {
                        return self.unanswered(kind, *target, cause).await;
                    }
                    other => {
                        other.map(|()| Done::Written { target: *target, patch: change.fields })
                    }
                }
            }
        };
        match written {
            Err(TargetError::Rejected(words)) => Ok(Done::Refused(words)),
            Err(TargetError::NotNow) => Ok(Done::NotTried),
            Err(TargetError::Uncertain(cause)) => {
                tracing::warn!(run.id = self.id.0, cause, "the answer to a create was lost");
                Ok(Done::Uncertain)
            }
            other => other,
        }
    }

    /// What a change comes to that was repeated and got no answer: where Autotask answers about the record, it is this
    /// change that upsets it, and no reason to keep all others from being written (R2).
    async fn unanswered(&self, kind: Kind, id: i64, cause: Cause) -> Result<Done, TargetError> {
        let before = self.unanswered.fetch_add(1, Ordering::Relaxed);
        if before >= MOST_UNANSWERED
            || self.ports.target.find(kind, &Find::Ids(vec![id])).await.is_err()
        {
            return Err(TargetError::Unavailable(cause));
        }
        let words = causes::in_one_line(&*cause);
        Ok(Done::Refused(vec![format!("Autotask does not answer this change: {words}")]))
    }

    /// What is written over an existing record.
    fn change_of(&self, kind: Kind, step: &Step, live: &TargetRecord) -> Change {
        let Step { spooled, decision, base, company, .. } = step;
        let policies = &self.settings.policies;
        let fields = match &decision.action {
            Action::Update { fields, .. } => {
                patch_for_update(kind, &spooled.draft, (fields, base), &live.values, policies)
            }
            Action::Deactivate { .. } => Patch::new(),
            _ => patch_for_link(kind, &spooled.draft, &live.values, policies),
        };
        let deactivate = matches!(decision.action, Action::Deactivate { .. }) && live.is_active;
        // The company of an inactive contact may read 0; then the one it should belong to is the best that is known.
        let company = match live.company {
            CompanyId(0) => company.unwrap_or(live.company),
            known => known,
        };
        let linking = matches!(decision.action, Action::Link { .. });
        let id_field = if linking && needs_id(&live.salesforce_id, spooled.id) {
            IdField::Set(spooled.id)
        } else {
            IdField::Keep
        };
        Change { id: live.id, company, id_field, deactivate, fields }
    }
}

pub(super) fn is_set(mapped: &Mapped) -> bool {
    matches!(mapped, Mapped::Set(_))
}
