//! Carries out what was decided, batch by batch.
//!
//! Before a batch is written, Autotask is asked again for all it is about to touch, and each record is decided anew
//! from the answer: what others changed, created or cleared since the mirror was read counts. Creates have their
//! intents committed before the first of them is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};

use super::decide::{Judgement, Subject};
use super::{Run, Stop};
use crate::domain::decision::{
    Action, Decision, Detail, Outcome, Patch, needs_id, patch_for_link, patch_for_update,
};
use crate::domain::draft::{Base, Mapped};
use crate::domain::fields::TargetField;
use crate::domain::ids::{CompanyId, SalesforceId};
use crate::domain::keys::KeyDigest;
use crate::domain::model::{Kind, TargetRecord, UdfValue};
use crate::domain::rules::Rule;
use crate::ports::{Change, Find, IdField, NewRecord, Phase, TargetError};
use crate::sqlite::{Home, Intent, LedgerError, Link, MirrorRow, Spooled, Tx};

/// Records looked at again, intended and concluded together. Fewer than a query may name, so that one query does.
const BATCH: u32 = 200;

/// A decision that is about to be carried out.
struct Step {
    spooled: Spooled,
    decision: Decision,
    /// Of a contact: the company it belongs to.
    company: Option<CompanyId>,
    /// What was last decided on, for a linked record.
    base: Base,
    /// The record as Autotask holds it, for one that exists.
    live: Option<TargetRecord>,
}

/// What came of a step.
enum Done {
    /// The record is there, is linked, and this was written over it.
    Written { target: i64, patch: Patch },
    /// The same, but Autotask refused its parent, in these words (rule C7).
    WithoutParent { target: i64, patch: Patch, words: String },
    /// There was nothing to write after all.
    Already { target: i64 },
    /// Autotask refused it.
    Refused(Vec<String>),
    /// Nobody knows.
    Uncertain,
    /// It was not tried, as the run ends.
    NotTried,
}

impl Run<'_> {
    pub(super) async fn apply(&self, kind: Kind) -> Result<(), Stop> {
        let open = self.ledger.write(|tx| tx.open_decisions(self.id, kind))?;
        self.ports.observer.phase(Phase::Writing(kind), Some(open));
        loop {
            if self.ports.stop.is_requested() {
                return Err(Stop::Asked);
            }
            let batch = self.ledger.write(|tx| tx.next_open(self.id, kind, BATCH))?;
            if batch.is_empty() {
                return Ok(());
            }
            self.apply_batch(kind, batch).await?;
        }
    }

    async fn apply_batch(&self, kind: Kind, batch: Vec<Spooled>) -> Result<(), Stop> {
        let size = batch.len();
        let mut live = self.look_again(kind, &batch).await?;
        let mut steps = self.ledger.write(|tx| self.decide_anew(tx, kind, batch))?;
        // What is left to be written is counted as it is written.
        self.ports.observer.advance((size - steps.len()) as u64);
        self.fetch_missing(kind, &steps, &mut live).await?;
        for step in &mut steps {
            step.live = target_of(&step.decision).and_then(|id| live.remove(&id));
        }
        let (stop, ends) = self.carry_out_all(kind, &steps).await;
        let mut ends = ends;
        let looked_up = self.look_up_uncertain(kind, &steps, &mut ends).await;
        self.ledger.write(|tx| {
            steps.iter().zip(&ends).try_for_each(|(step, done)| self.conclude(tx, kind, step, done))
        })?;
        looked_up?;
        stop.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Reads what the batch is about to touch: the records it links or changes, and, for what it creates, those
    /// that might be the same. The mirror takes it all over.
    async fn look_again(
        &self,
        kind: Kind,
        batch: &[Spooled],
    ) -> Result<BTreeMap<i64, TargetRecord>, Stop> {
        let mut live = BTreeMap::new();
        let ids: Vec<i64> = batch.iter().filter_map(|spooled| spooled.target).collect();
        if !ids.is_empty() {
            let found = self.ports.target.find(kind, &Find::Ids(ids.clone())).await?;
            live.extend(found.into_iter().map(|record| (record.id, record)));
            self.ledger.write(|tx| {
                let gone = ids.iter().filter(|id| !live.contains_key(*id));
                gone.into_iter().try_for_each(|id| tx.forget_mirrored(kind, *id))
            })?;
        }
        let new: Vec<_> = batch.iter().filter(|spooled| spooled.target.is_none()).collect();
        if let Some(find) = self.lookalikes(kind, &new)? {
            let found = self.ports.target.find(kind, &find).await?;
            live.extend(found.into_iter().map(|record| (record.id, record)));
        }
        let records: Vec<_> = live.values().cloned().collect();
        let doubts = self.remember(kind, &records)?;
        self.confirm(kind, &doubts).await?;
        Ok(live)
    }

    /// Which records might be the same as these new ones.
    fn lookalikes(&self, kind: Kind, new: &[&Spooled]) -> Result<Option<Find>, Stop> {
        let texts = |field: TargetField| -> Vec<String> {
            let texts: BTreeSet<&str> =
                new.iter().map(|spooled| spooled.draft.text(field)).collect();
            texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        if kind == Kind::Company {
            let names = texts(TargetField::CompanyName);
            return Ok((!names.is_empty()).then_some(Find::CompanyNames(names)));
        }
        let names: BTreeSet<KeyDigest> = new.iter().map(|spooled| spooled.name).collect();
        let companies: BTreeSet<CompanyId> = self.ledger.write(|tx| {
            let companies = names.iter().map(|name| tx.companies_named(*name));
            Ok(companies.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        })?;
        let last_names = texts(TargetField::LastName);
        if companies.is_empty() || last_names.is_empty() {
            return Ok(None);
        }
        Ok(Some(Find::LastNames(companies.into_iter().collect(), last_names)))
    }

    /// Decides about the batch from what is there now. What is to be created is intended from here on.
    fn decide_anew(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        batch: Vec<Spooled>,
    ) -> Result<Vec<Step>, LedgerError> {
        let mut steps = Vec::new();
        for mut spooled in batch {
            if let Some(parent) = spooled.parent
                && let Home::Linked { account, company, .. } = tx.home(self.id, parent)?
                && account != spooled.id
            {
                spooled.draft.set_parent(parent, company);
            }
            let home = match spooled.account {
                None => None,
                Some(account) => match tx.home(self.id, account)? {
                    Home::Linked { account, company, .. } => Some((account, Some(company))),
                    Home::Planned { account, .. } => {
                        let reason =
                            format!("its account {account} is not linked to a company yet");
                        self.end(tx, kind, &spooled, Outcome::Deferred, Rule::K3, &reason)?;
                        continue;
                    }
                    Home::Nowhere(reason) => {
                        self.end(tx, kind, &spooled, Outcome::Deferred, Rule::K3, &reason)?;
                        continue;
                    }
                },
            };
            let judgement = self.judge_anew(tx, kind, &spooled, home)?;
            let decision = judgement.decision;
            if let Action::Nothing(outcome) = decision.action {
                self.end(tx, kind, &spooled, outcome, decision.rule, &decision.reason)?;
                continue;
            }
            let base = match decision.action {
                Action::Update { .. } => tx.base_of(kind, spooled.id)?.unwrap_or_default(),
                _ => Base::default(),
            };
            if decision.action == Action::Create {
                tx.intend(self.id, kind, &self.intent(&spooled))?;
            }
            let company = home.and_then(|(_, company)| company);
            steps.push(Step { spooled, decision, company, base, live: None });
        }
        Ok(steps)
    }

    fn judge_anew(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        spooled: &Spooled,
        home: Option<(SalesforceId, Option<CompanyId>)>,
    ) -> Result<Judgement, LedgerError> {
        let subject = Subject {
            id: spooled.id,
            home,
            parent: spooled.parent,
            name: spooled.name,
            key: spooled.key,
            draft: &spooled.draft,
        };
        self.judge(tx, kind, &subject)
    }

    fn intent(&self, spooled: &Spooled) -> Intent {
        Intent {
            id: spooled.id,
            sent: self.ports.clock.now(),
            account: spooled.account,
            key: spooled.key,
            base: spooled.draft.base.clone(),
        }
    }

    /// Ends a record without a write.
    fn end(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        spooled: &Spooled,
        outcome: Outcome,
        rule: Rule,
        reason: &str,
    ) -> Result<(), LedgerError> {
        let detail = Detail { remarks: spooled.draft.remarks.clone(), ..Detail::default() };
        let decision = Decision::nothing(outcome, rule, reason);
        tx.conclude(self.id, kind, spooled.id, &decision, None, &detail)
    }

    /// Reads the records that deciding anew turned to and the first look had not read.
    async fn fetch_missing(
        &self,
        kind: Kind,
        steps: &[Step],
        live: &mut BTreeMap<i64, TargetRecord>,
    ) -> Result<(), Stop> {
        let targets = steps.iter().filter_map(|step| target_of(&step.decision));
        let missing: Vec<i64> = targets.filter(|id| !live.contains_key(id)).collect();
        if !missing.is_empty() {
            let found = self.ports.target.find(kind, &Find::Ids(missing)).await?;
            live.extend(found.into_iter().map(|record| (record.id, record)));
        }
        Ok(())
    }

    /// Carries out all steps, some at a time. After a failure that ends the run no further one is begun, and those
    /// under way are waited for.
    async fn carry_out_all(&self, kind: Kind, steps: &[Step]) -> (Option<TargetError>, Vec<Done>) {
        let ending = AtomicBool::new(false);
        let mut attempts: Vec<BoxFuture<'_, Result<Done, TargetError>>> = Vec::new();
        for step in steps {
            let ending = &ending;
            attempts.push(Box::pin(async move {
                if ending.load(Ordering::Relaxed) {
                    return Ok(Done::NotTried);
                }
                let done = self.carry_out(kind, step).await;
                if done.is_err() {
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
            self.ports.observer.advance(1);
            ends.push(attempt.unwrap_or_else(|error| {
                stop.get_or_insert(error);
                Done::NotTried
            }));
        }
        (stop, ends)
    }

    /// Carries out a step. What Autotask refuses with a parent may be fine without it.
    async fn carry_out(&self, kind: Kind, step: &Step) -> Result<Done, TargetError> {
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
            Action::Create => {
                let fields = spooled.draft.fields.iter();
                let record = NewRecord {
                    company: step.company,
                    salesforce_id: spooled.id,
                    fields: fields
                        .filter(|(field, _)| !is_left_out(field))
                        .filter_map(|(field, mapped)| Some((*field, mapped.for_create()?.clone())))
                        .collect(),
                };
                let created = self.ports.target.create(kind, &record).await;
                created.map(|target| Done::Written { target, patch: Patch::new() })
            }
            Action::Nothing(_) => return Ok(Done::NotTried),
            Action::Link { target } | Action::Update { target, .. } => {
                let Some(live) = &step.live else {
                    let gone = format!("Autotask {kind} {target} is not there any more");
                    return Ok(Done::Refused(vec![gone]));
                };
                let mut change = change_of(step, live);
                change.fields.retain(|field, _| !is_left_out(field));
                if change.fields.is_empty() && change.id_field == IdField::Keep {
                    return Ok(Done::Already { target: *target });
                }
                match self.ports.target.update(kind, &change).await {
                    // A change is repeated until it is certain; what is still uncertain means that nobody answers.
                    Err(TargetError::Uncertain(cause)) => Err(TargetError::Unavailable(cause)),
                    other => {
                        other.map(|()| Done::Written { target: *target, patch: change.fields })
                    }
                }
            }
        };
        match written {
            Err(TargetError::Rejected(words)) => Ok(Done::Refused(words)),
            Err(TargetError::Uncertain(cause)) => {
                tracing::warn!(run.id = self.id.0, cause, "the answer to a create was lost");
                Ok(Done::Uncertain)
            }
            other => other,
        }
    }

    /// Looks once for the creates whose answers were lost. What is not found now is looked for by the next run.
    async fn look_up_uncertain(
        &self,
        kind: Kind,
        steps: &[Step],
        ends: &mut [Done],
    ) -> Result<(), Stop> {
        let uncertain: Vec<_> = steps
            .iter()
            .zip(ends.iter())
            .filter(|(_, done)| matches!(done, Done::Uncertain))
            .map(|(step, _)| self.intent(&step.spooled))
            .collect();
        if uncertain.is_empty() {
            return Ok(());
        }
        let found = self.look_up(kind, &uncertain).await?;
        for (step, done) in steps.iter().zip(ends) {
            let link = found.iter().find(|link| link.id == step.spooled.id);
            if let (Done::Uncertain, Some(link)) = (&done, link) {
                *done = Done::Written { target: link.target, patch: Patch::new() };
            }
        }
        Ok(())
    }

    /// Records what came of a step.
    fn conclude(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        step: &Step,
        done: &Done,
    ) -> Result<(), LedgerError> {
        let Step { spooled, decision, .. } = step;
        let id = spooled.id;
        let mut detail = Detail { remarks: spooled.draft.remarks.clone(), ..Detail::default() };
        let (mut end, target) = match done {
            Done::NotTried => return tx.settle(kind, id),
            Done::Written { target, patch } | Done::WithoutParent { target, patch, .. } => {
                detail.written = patch.clone();
                (decision.clone(), Some(*target))
            }
            Done::Already { target } if matches!(decision.action, Action::Link { .. }) => {
                (decision.clone(), Some(*target))
            }
            Done::Already { target } => {
                let reason = "Autotask holds what Salesforce changed to already";
                (Decision::nothing(Outcome::Unchanged, Rule::V5, reason), Some(*target))
            }
            Done::Refused(words) => {
                tx.settle(kind, id)?;
                (Decision::nothing(Outcome::Refused, Rule::R2, words.join("; ")), None)
            }
            Done::Uncertain => {
                // The server may be working on it from now on, at the latest.
                tx.intend(self.id, kind, &self.intent(spooled))?;
                let reason = "the answer to its create was lost; the next import looks for it";
                (Decision::nothing(Outcome::Deferred, Rule::R4, reason), None)
            }
        };
        if let Done::WithoutParent { words, .. } = done {
            end.reason = format!("{}; its parent was refused: {words}", end.reason);
        }
        tx.conclude(self.id, kind, id, &end, target, &detail)?;
        let Some(target) = target else { return Ok(()) };
        let mut base = tx.base_of(kind, id)?.unwrap_or_default().after(&spooled.draft);
        if matches!(done, Done::WithoutParent { .. }) {
            base = base.with(TargetField::ParentCompanyId, &Base::default());
        }
        tx.link(kind, &Link { id, target, account: spooled.account, key: spooled.key, base })?;
        let parent = spooled.draft.fields.get(&TargetField::ParentCompanyId);
        match done {
            Done::WithoutParent { .. } => {
                tx.await_parent(id, spooled.parent)?;
                tx.retry_parent(id, self.tomorrow())?;
            }
            _ if parent.is_some_and(is_set) => tx.await_parent(id, None)?,
            _ => {}
        }
        let row = match (&step.live, done) {
            (Some(live), Done::Written { patch, .. } | Done::WithoutParent { patch, .. }) => {
                let mut record = live.clone();
                record
                    .values
                    .extend(patch.iter().map(|(field, write)| (*field, write.now.clone())));
                self.row(kind, &TargetRecord { salesforce_id: UdfValue::Id(id), ..record })
            }
            (Some(_), _) => return Ok(()),
            (None, _) => MirrorRow {
                id: target,
                company: step.company.unwrap_or(CompanyId(target)),
                name: if kind == Kind::Company { spooled.name } else { KeyDigest(0) },
                key: spooled.key,
                salesforce_id: UdfValue::Id(id),
            },
        };
        tx.mirror(self.id, kind, &row)?;
        Ok(())
    }
}

fn is_set(mapped: &Mapped) -> bool {
    matches!(mapped, Mapped::Set(_))
}

fn target_of(decision: &Decision) -> Option<i64> {
    match decision.action {
        Action::Link { target } | Action::Update { target, .. } => Some(target),
        Action::Create | Action::Nothing(_) => None,
    }
}

/// What is written over an existing record.
fn change_of(step: &Step, live: &TargetRecord) -> Change {
    let Step { spooled, decision, base, company, .. } = step;
    let fields = match &decision.action {
        Action::Update { fields, .. } => {
            patch_for_update(&spooled.draft, fields, base, &live.values)
        }
        _ => patch_for_link(&spooled.draft, &live.values),
    };
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
    Change { id: live.id, company, id_field, fields }
}
