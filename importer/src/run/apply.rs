//! Carries out what was decided, batch by batch.
//!
//! Before a batch is written, Autotask is asked again for all it is about to touch, and each record is decided anew
//! from the answer. Creates have their intents committed before the first of them is sent.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::again::{Live, fitting};
use super::decide::{Judgement, Subject, found_at};
use super::moved::begin_replacement;
use super::write::{Done, Step, is_set};
use super::{Run, Stop};
use crate::domain::decision::{Action, Decision, Detail, Outcome, Patch};
use crate::domain::draft::Base;
use crate::domain::fields::TargetField;
use crate::domain::ids::{CompanyId, SalesforceId};
use crate::domain::keys::KeyDigest;
use crate::domain::model::{Kind, TargetRecord, UdfValue};
use crate::domain::rules::Rule;
use crate::ports::Phase;
use crate::sqlite::{Home, Intent, LedgerError, Link, MirrorRow, Spooled, Tx};

/// Records looked at again, intended and concluded together: no more than one query may name.
const BATCH: u32 = 500;

/// Requests that look at a batch again: for what it changes, for what might be the same, and for what else turned up.
const LOOKS: u64 = 3;

/// For how long an intent counts as committed just now. A create that is sent later than its intent says might still be
/// under way when a later run takes the intent for settled.
const FRESH: SignedDuration = SignedDuration::from_secs(30);

impl Run<'_> {
    pub(super) async fn apply(&self, kind: Kind) -> Result<(), Stop> {
        let open = self.ledger.read(|tx| tx.open_decisions(self.id, kind))?;
        self.ports.observer.phase(Phase::Writing(kind), Some(open));
        let mut after = None;
        loop {
            if self.ports.stop.is_requested() {
                return Err(Stop::Asked);
            }
            let (batch, ask, last) = self.ledger.read(|tx| {
                let open = tx.next_open(self.id, kind, after, BATCH)?;
                let (batch, ask) = fitting(tx, kind, open.decisions)?;
                let last = batch.iter().take(open.in_order).next_back().map(|spooled| spooled.id);
                Ok((batch, ask, last))
            })?;
            after = last;
            if batch.is_empty() {
                return Ok(());
            }
            // A create must not wait between its intent and its sending, so what has to be waited for is waited for here.
            self.ports.target.make_room(batch.len() as u64 + LOOKS).await?;
            let live = self.look_again(kind, ask).await?;
            self.apply_batch(kind, batch, live).await?;
        }
    }

    /// Carries out a batch in waves: each writes the records whose parents are written, so that a create carries its
    /// parent. Where parents go in a circle, the rest is written at once.
    async fn apply_batch(
        &self,
        kind: Kind,
        batch: Vec<Spooled>,
        mut live: Live,
    ) -> Result<(), Stop> {
        let size = batch.len();
        let mut steps = self.ledger.write(|tx| self.decide_anew(tx, kind, batch))?;
        // What is left to be written is counted as it is written.
        self.ports.observer.advance((size - steps.len()) as u64);
        let decisions = steps.iter().map(|step| &step.decision);
        self.look_at_missing(kind, decisions, &mut live).await?;
        for step in &mut steps {
            step.live = step.decision.action.target().and_then(|id| live.remove(&id));
        }
        while !steps.is_empty() {
            let (wave, later) = next_wave(steps);
            let (stop, mut ends) = self.carry_out_all(kind, &wave).await;
            let looked_up = self.look_up_uncertain(kind, &wave, &mut ends).await;
            steps = later;
            // The hour may be used up after all: what is left begins the next batch, once there is room.
            let is_cut_short = ends.iter().any(|done| matches!(done, Done::NotTried));
            self.ledger.write(|tx| {
                for (step, done) in wave.iter().zip(&ends) {
                    self.conclude(tx, kind, step, done)?;
                }
                for step in &mut steps {
                    // What ends early is not tried; its intent goes with it.
                    if is_cut_short {
                        tx.settle(kind, step.spooled.id)?;
                    }
                    self.give_parent(tx, &mut step.spooled)?;
                    // A parent that was not known when this was decided is one more change.
                    if let Action::Update { fields, .. } = &mut step.decision.action {
                        *fields = step.spooled.draft.changed_since(&step.base);
                    }
                }
                Ok(())
            })?;
            looked_up?;
            if let Some(error) = stop {
                return Err(error.into());
            }
            if is_cut_short {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Gives a company its parent, if that is linked by now (rule C7).
    fn give_parent(&self, tx: &Tx<'_>, spooled: &mut Spooled) -> Result<(), LedgerError> {
        if let Some(parent) = spooled.parent
            && let Home::Linked { account, company, .. } = tx.home(self.id, parent)?
            && account != spooled.id
        {
            spooled.draft.set_parent(parent, company);
        }
        Ok(())
    }

    /// Decides about the batch from what is there now. What is to be created is intended from here on.
    fn decide_anew(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        batch: Vec<Spooled>,
    ) -> Result<Vec<Step>, LedgerError> {
        let mut steps = Vec::new();
        let intended = self.ports.clock.now();
        for mut spooled in batch {
            if spooled.deactivates {
                steps.extend(self.deactivation(tx, kind, spooled)?);
                continue;
            }
            self.give_parent(tx, &mut spooled)?;
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
            if let Action::Recreate { old } = decision.action {
                begin_replacement(tx, spooled.id, old)?;
            }
            let mut replaced = None;
            if decision.action.creates() {
                tx.intend(self.id, kind, &self.intent(&spooled))?;
                replaced = tx.replaced_by(spooled.id)?.filter(|_| kind == Kind::Contact);
            }
            let company = home.and_then(|(_, company)| company);
            steps.push(Step { spooled, decision, company, base, live: None, replaced, intended });
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
            belongs_to: spooled.belongs_to,
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
            // Whether it was made with its parent is not known where the answer is lost.
            base: spooled.draft.base.clone().with(TargetField::ParentCompanyId, &Base::default()),
        }
    }

    /// Commits a step's intent anew, right before its create is sent, if slow answers or a wait came between.
    pub(super) fn renew_intent(&self, kind: Kind, step: &Step) -> Result<(), LedgerError> {
        if self.ports.clock.now().duration_since(step.intended) < FRESH {
            return Ok(());
        }
        self.ledger.write(|tx| tx.intend(self.id, kind, &self.intent(&step.spooled)))
    }

    /// Ends a record without a write.
    pub(super) fn end(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        spooled: &Spooled,
        outcome: Outcome,
        rule: Rule,
        reason: &str,
    ) -> Result<(), LedgerError> {
        let detail = Detail::of(&spooled.draft, rule);
        let decision = Decision::nothing(outcome, rule, reason);
        let target = found_at(tx, kind, spooled.id, outcome)?;
        tx.conclude(self.id, kind, spooled.id, &decision, target, &detail)
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
                *done = Done::Found { target: link.target };
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
        match done {
            Done::NotTried => return tx.settle(kind, id),
            Done::Refused(_) => tx.settle(kind, id)?,
            // The server may be working on it from now on, at the latest.
            Done::Uncertain => tx.intend(self.id, kind, &self.intent(spooled))?,
            _ => {}
        }
        let mut detail = Detail::of(&spooled.draft, decision.rule);
        if let Done::Written { patch, .. } | Done::WithoutParent { patch, .. } = done {
            detail.written = patch.clone();
        }
        let target = done.target();
        tx.conclude(self.id, kind, id, &ending(decision, done), target, &detail)?;
        let Some(target) = target else { return Ok(()) };
        if spooled.deactivates {
            return tx.end_link(kind, id, self.ports.clock.now());
        }
        self.keep_link(tx, kind, step, (target, done))?;
        let row = match (&step.live, done) {
            (Some(live), Done::Written { patch, .. } | Done::WithoutParent { patch, .. }) => {
                self.row_after(tx, kind, step, (live, patch))?
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
        tx.mirror(self.id, kind, &row)
    }

    /// Links a record that was written, with the values it was decided on, and remembers a parent that it lacks.
    fn keep_link(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        step: &Step,
        (target, done): (i64, &Done),
    ) -> Result<(), LedgerError> {
        let spooled = &step.spooled;
        let id = spooled.id;
        let mut base = tx.base_of(kind, id)?.unwrap_or_default().after(&spooled.draft);
        if matches!(done, Done::WithoutParent { .. } | Done::Found { .. }) {
            base = base.with(TargetField::ParentCompanyId, &Base::default());
        }
        let link = Link { id, target, account: spooled.account, key: spooled.key, base };
        match step.decision.action {
            Action::Update { .. } => tx.relink(kind, &link)?,
            _ => tx.link(kind, &link)?,
        }
        let parent = spooled.draft.fields.get(&TargetField::ParentCompanyId);
        match done {
            Done::WithoutParent { .. } => {
                tx.await_parent(id, spooled.parent)?;
                tx.retry_parent(id, self.tomorrow())
            }
            Done::Found { .. } if parent.is_some_and(is_set) => tx.await_parent(id, spooled.parent),
            _ if parent.is_some_and(is_set) => tx.await_parent(id, None),
            _ => Ok(()),
        }
    }

    /// A record as it is now that it was written. Others may wait for the name or the key that it has, or had.
    fn row_after(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        step: &Step,
        (live, patch): (&TargetRecord, &Patch),
    ) -> Result<MirrorRow, LedgerError> {
        let mut record = live.clone();
        record.values.extend(patch.iter().map(|(field, write)| (*field, write.now.clone())));
        if matches!(step.decision.action, Action::Link { .. }) {
            record.salesforce_id = UdfValue::Id(step.spooled.id);
        }
        let row = self.row(kind, &record);
        if tx.somebody_waits()? {
            tx.wake_mirrored(kind, &row)?;
        }
        Ok(row)
    }
}

/// What is told of a decision once it is carried out, or could not be.
fn ending(decision: &Decision, done: &Done) -> Decision {
    match done {
        Done::Already { .. } if matches!(decision.action, Action::Link { .. }) => decision.clone(),
        Done::Already { .. } if decision.rule == Rule::R8 => {
            let reason = format!("{}; it was inactive already", decision.reason);
            Decision::nothing(Outcome::Unchanged, Rule::R8, reason)
        }
        Done::Already { .. } => {
            let reason = format!("nothing to write in Autotask: {}", decision.reason);
            Decision::nothing(Outcome::Unchanged, Rule::V5, reason)
        }
        Done::Refused(words) => Decision::nothing(Outcome::Refused, Rule::R2, words.join("; ")),
        Done::Uncertain => {
            let reason = "the answer to its create was lost; the next import looks for it";
            Decision::nothing(Outcome::Deferred, Rule::R4, reason)
        }
        Done::WithoutParent { words, .. } => {
            let reason = format!("{}; its parent was refused: {words}", decision.reason);
            Decision { reason, ..decision.clone() }
        }
        Done::Written { .. } | Done::Found { .. } | Done::NotTried => decision.clone(),
    }
}

/// Takes from these steps those whose parents are not among them, or all where that leaves none.
fn next_wave(steps: Vec<Step>) -> (Vec<Step>, Vec<Step>) {
    let open: BTreeSet<SalesforceId> = steps.iter().map(|step| step.spooled.id).collect();
    let waits = |step: &Step| {
        let parent = step.spooled.parent;
        parent.is_some_and(|parent| parent != step.spooled.id && open.contains(&parent))
    };
    let (later, wave): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(waits);
    if wave.is_empty() { (later, wave) } else { (wave, later) }
}
