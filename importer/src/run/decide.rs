//! Reads Salesforce, decides about each record, and spools the decisions.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use super::{Mode, Reading, Run, Stop};
use crate::domain::decision::{Action, Decision, Outcome, decide};
use crate::domain::draft::Draft;
use crate::domain::fields::{SourceField, TargetField};
use crate::domain::ids::{CompanyId, SalesforceId};
use crate::domain::keys::{CompanyKey, ContactKey, KeyDigest};
use crate::domain::mapping::Mapper;
use crate::domain::matching::{Verdict, identify_company, identify_contact};
use crate::domain::model::{Account, Kind, SourceContact};
use crate::domain::rules::Rule;
use crate::ports::{Page, PageAsk, Phase, Select, SourceError, Window};
use crate::sqlite::{Entry, Home, LedgerError, Tx};

/// A page whose cursor is lost is asked for so often before the run gives up.
const LOST_CURSORS: u32 = 5;

/// Fields that the Salesforce user does not see.
pub(super) type Hidden = Arc<BTreeSet<SourceField>>;

/// Records that are due and read again with one query.
const DUE_AT_A_TIME: u32 = 500;

/// What became of a record that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It was decided on, and the ledger knows how.
    Spooled,
    /// It stays as it is; the ledger counts it.
    Counted,
    /// It was deleted in Salesforce; a decision ended its link.
    Ended,
    /// It was deleted in Salesforce, and was not linked to anything.
    Passed,
}

/// A record that is to be identified, and what it would become.
pub(super) struct Subject<'a> {
    pub(super) id: SalesforceId,
    /// Of a contact: the account whose company it belongs to, and that company if there is one already.
    pub(super) home: Option<(SalesforceId, Option<CompanyId>)>,
    /// Of a contact: its account in Salesforce.
    pub(super) belongs_to: Option<SalesforceId>,
    /// Of an account: its parent, unless Autotask refused that a while ago.
    pub(super) parent: Option<SalesforceId>,
    pub(super) name: KeyDigest,
    pub(super) key: KeyDigest,
    pub(super) draft: &'a Draft,
}

/// What was decided about a record, and what others need to know of it.
pub(super) struct Judgement {
    pub(super) decision: Decision,
    pub(super) claims: bool,
    pub(super) duplicate_of: Option<SalesforceId>,
}

impl Judgement {
    pub(super) fn nothing(outcome: Outcome, rule: Rule, reason: impl Into<String>) -> Self {
        let decision = Decision::nothing(outcome, rule, reason);
        Self { decision, claims: false, duplicate_of: None }
    }

    /// The Autotask record the decision is about.
    pub(super) fn target(&self) -> Option<i64> {
        self.decision.action.target()
    }

    /// The outcome, where nothing is to be done for it.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self.decision.action {
            Action::Nothing(outcome) => Some(outcome),
            _ => None,
        }
    }
}

impl Run<'_> {
    pub(super) async fn decide_accounts(
        &self,
        mapper: &Mapper<'_>,
        window: Window,
    ) -> Result<Hidden, Stop> {
        let source = &self.ports.source;
        let fetch = |select: Select, ask| async move { source.accounts(&select, ask).await };
        let decide = |tx: &Tx<'_>, account: &Account, hidden: &_| {
            self.decide_account(tx, &mapper.hiding(hidden), account)
        };
        self.decide_all(Kind::Company, window, fetch, |account| account.id, decide).await
    }

    pub(super) async fn decide_contacts(
        &self,
        mapper: &Mapper<'_>,
        window: Window,
    ) -> Result<Hidden, Stop> {
        let source = &self.ports.source;
        let fetch = |select: Select, ask| async move { source.contacts(&select, ask).await };
        let decide = |tx: &Tx<'_>, contact: &SourceContact, hidden: &_| {
            self.decide_contact(tx, &mapper.hiding(hidden), contact)
        };
        self.decide_all(Kind::Contact, window, fetch, |contact| contact.id, decide).await
    }

    /// Decides about the records that changed, then about those that waited for something that has changed, until
    /// none is due. Returns the fields that could not be read.
    async fn decide_all<T, F>(
        &self,
        kind: Kind,
        window: Window,
        fetch: impl Fn(Select, PageAsk) -> F,
        id_of: impl Fn(&T) -> SalesforceId,
        decide: impl Fn(&Tx<'_>, &T, &BTreeSet<SourceField>) -> Result<Told, LedgerError>,
    ) -> Result<Hidden, Stop>
    where
        F: Future<Output = Result<Page<T>, SourceError>>,
    {
        let select = Select::Window(window);
        let hidden = self.decide_selected(kind, &select, &fetch, &id_of, &decide).await?;
        loop {
            let due = self.ledger.write(|tx| tx.take_due(self.id, kind, DUE_AT_A_TIME))?;
            if due.is_empty() {
                return Ok(hidden);
            }
            let select = Select::Ids(due.clone());
            self.decide_selected(kind, &select, &fetch, &id_of, &decide).await?;
            // Whoever was asked for and did not come is not there any more, or not for this user.
            self.ledger.write(|tx| tx.forget_vanished(self.id, kind, &due))?;
        }
    }

    /// Reads all pages of some records. The next page is read while the decisions about this one are made. A lost
    /// cursor is resumed after the last record taken.
    async fn decide_selected<T, F>(
        &self,
        kind: Kind,
        select: &Select,
        fetch: &impl Fn(Select, PageAsk) -> F,
        id_of: &impl Fn(&T) -> SalesforceId,
        decide: &impl Fn(&Tx<'_>, &T, &BTreeSet<SourceField>) -> Result<Told, LedgerError>,
    ) -> Result<Hidden, Stop>
    where
        F: Future<Output = Result<Page<T>, SourceError>>,
    {
        let fetch = |ask| fetch(select.clone(), ask);
        let (mut last, mut resumed) = (None, 0);
        let mut fetched = fetch(PageAsk::After(None)).await;
        if let (Ok(page), Select::Window(_)) = (&fetched, select) {
            self.ports.observer.phase(Phase::Deciding(kind), Some(page.total));
        }
        loop {
            let page = match fetched {
                Ok(page) => page,
                Err(SourceError::CursorLost) if resumed < LOST_CURSORS => {
                    resumed += 1;
                    fetched = fetch(PageAsk::After(last)).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if self.ports.stop.is_requested() {
                return Err(Stop::Asked);
            }
            last = page.records.last().map(id_of).or(last);
            let work = async { self.decide_page(kind, &page, id_of, decide) };
            let next = match page.next.clone() {
                None => {
                    work.await?;
                    None
                }
                Some(cursor) => {
                    let (next, decided) =
                        futures_util::future::join(fetch(PageAsk::Next(cursor)), work).await;
                    decided?;
                    Some(next)
                }
            };
            self.ports.observer.advance(page.records.len() as u64);
            match next {
                None => return Ok(page.hidden),
                Some(next) => fetched = next,
            }
        }
    }

    /// Decides about one page, in one transaction.
    fn decide_page<T>(
        &self,
        kind: Kind,
        page: &Page<T>,
        id_of: &impl Fn(&T) -> SalesforceId,
        decide: &impl Fn(&Tx<'_>, &T, &BTreeSet<SourceField>) -> Result<Told, LedgerError>,
    ) -> Result<(), LedgerError> {
        self.ledger.write(|tx| {
            let (mut read, mut unchanged, mut deleted) = (0, 0, 0);
            for record in &page.records {
                if self.took_over {
                    tx.drop_open(self.id, kind, id_of(record))?;
                }
                let told = decide(tx, record, &page.hidden)?;
                read += i64::from(told != Told::Passed);
                unchanged += i64::from(told == Told::Counted);
                deleted += i64::from(matches!(told, Told::Ended | Told::Passed));
            }
            if self.mode == Mode::Plan && self.reading == Reading::Full {
                tx.see(kind, page.records.iter().map(id_of))?;
            }
            tx.count_unchanged(self.id, kind, unchanged)?;
            tx.count_read(self.id, kind, read, deleted)
        })
    }

    fn decide_account(
        &self,
        tx: &Tx<'_>,
        mapper: &Mapper<'_>,
        account: &Account,
    ) -> Result<Told, LedgerError> {
        if let Some(deletion) = account.deleted {
            return self.decide_deleted(tx, Kind::Company, account.id, deletion);
        }
        let is_restored = tx.revive(self.id, Kind::Company, account.id)?;
        let now = self.ports.clock.now();
        let refused = match account.parent {
            Some(parent) => tx.is_parent_refused(account.id, parent, now)?,
            None => false,
        };
        let parent = if refused { None } else { self.parent_of(tx, account)? };
        let draft = mapper.map_account(account, parent);
        if !refused {
            tx.await_parent(account.id, account.parent.filter(|_| parent.is_none()))?;
        }
        let key = CompanyKey::of_draft(&draft);
        let subject = Subject {
            id: account.id,
            home: None,
            belongs_to: None,
            parent: account.parent.filter(|_| !refused),
            name: key.name_digest(),
            key: key.digest(),
            draft: &draft,
        };
        let mut judgement = self.judge(tx, Kind::Company, &subject)?;
        if is_restored {
            tell_restored(tx, Kind::Company, account.id, &mut judgement)?;
        }
        self.spool(tx, Kind::Company, &subject, &judgement)
    }

    /// The company an account's parent is, if it is one already and not the account's own.
    fn parent_of(&self, tx: &Tx<'_>, account: &Account) -> Result<Option<CompanyId>, LedgerError> {
        let Some(parent) = account.parent else { return Ok(None) };
        Ok(match tx.home(self.id, parent)? {
            Home::Linked { account: elder, company, .. } if elder != account.id => Some(company),
            _ => None,
        })
    }

    fn decide_contact(
        &self,
        tx: &Tx<'_>,
        mapper: &Mapper<'_>,
        contact: &SourceContact,
    ) -> Result<Told, LedgerError> {
        if let Some(deletion) = contact.deleted {
            return self.decide_deleted(tx, Kind::Contact, contact.id, deletion);
        }
        let is_restored = tx.revive(self.id, Kind::Contact, contact.id)?;
        let draft = mapper.map_contact(contact);
        let key = ContactKey::of_draft(&draft, &self.settings.contact_first_name_placeholder);
        let mut subject = Subject {
            id: contact.id,
            home: None,
            belongs_to: contact.account,
            parent: None,
            name: KeyDigest(0),
            key: key.digest(),
            draft: &draft,
        };
        let mut judgement = match contact.account {
            None => {
                tx.stray(contact.id, None)?;
                Judgement::nothing(Outcome::Orphan, Rule::K2, "the contact belongs to no account")
            }
            Some(account) => match tx.home(self.id, account)? {
                Home::Nowhere(reason) => {
                    tx.stray(contact.id, Some(account))?;
                    Judgement::nothing(Outcome::Deferred, Rule::K3, reason)
                }
                Home::Linked { account, company, name } => {
                    subject.home = Some((account, Some(company)));
                    subject.name = name;
                    self.judge(tx, Kind::Contact, &subject)?
                }
                Home::Planned { account, company, name } => {
                    subject.home = Some((account, company));
                    subject.name = name;
                    self.judge(tx, Kind::Contact, &subject)?
                }
            },
        };
        if subject.home.is_some() {
            tx.settle_down(contact.id)?;
        }
        if is_restored {
            tell_restored(tx, Kind::Contact, contact.id, &mut judgement)?;
        }
        self.spool(tx, Kind::Contact, &subject, &judgement)
    }

    pub(super) fn spool(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        subject: &Subject<'_>,
        judgement: &Judgement,
    ) -> Result<Told, LedgerError> {
        if judgement.decision.rule == Rule::V5 && !tx.awaits_parent(kind, subject.id)? {
            tx.stop_waiting(kind, subject.id)?;
            return Ok(Told::Counted);
        }
        if kind == Kind::Company && (judgement.claims || judgement.duplicate_of.is_some()) {
            tx.wake_contacts(subject.id)?;
        }
        let found = match judgement.outcome() {
            Some(outcome) => found_at(tx, kind, subject.id, outcome)?,
            None => None,
        };
        // A company is called in Autotask as it was, unless this import writes its name (K1).
        let keeps_its_name = match &judgement.decision.action {
            _ if kind == Kind::Contact => false,
            Action::Update { fields, .. } => !fields.contains(&TargetField::CompanyName),
            action => *action == Action::Nothing(Outcome::Unchanged),
        };
        let company = if keeps_its_name { tx.link_of(kind, subject.id)? } else { None };
        let mirrored = company.map(|company| tx.mirrored_name(company)).transpose()?.flatten();
        let name = mirrored.unwrap_or(subject.name);
        let entry = Entry {
            id: subject.id,
            decision: &judgement.decision,
            target: judgement.target().or(found),
            account: subject.home.map(|(account, _)| account),
            belongs_to: subject.belongs_to,
            parent: subject.parent,
            duplicate_of: judgement.duplicate_of,
            claims: judgement.claims,
            name,
            key: subject.key,
            draft: subject.draft,
        };
        tx.spool(self.id, kind, &entry, judgement.outcome())?;
        if self.mode == Mode::Import {
            tx.begin_waiting(self.id, kind, subject.id)?;
        }
        Ok(Told::Spooled)
    }

    /// Decides about a record from what the mirror and the ledger say at this moment.
    pub(super) fn judge(
        &self,
        tx: &Tx<'_>,
        kind: Kind,
        subject: &Subject<'_>,
    ) -> Result<Judgement, LedgerError> {
        let Subject { id, key, name, .. } = *subject;
        let mut judgement = match subject.home {
            None => {
                let evidence = tx.company_evidence(self.id, id, key)?;
                weigh(tx, kind, subject, &identify_company(id, &evidence))?
            }
            Some((account, company)) => {
                let evidence = tx.contact_evidence(self.id, id, account, company, (key, name))?;
                let mut judgement = weigh(tx, kind, subject, &identify_contact(id, &evidence))?;
                self.follow_move(tx, subject, &mut judgement)?;
                judgement
            }
        };
        // Nobody has heard of it yet: the import that created it did not know (N1).
        if judgement.decision.rule == Rule::V5 && self.found.contains(&id) {
            let reason = "an import before this one created it, and the answer was lost";
            judgement.decision = Decision::nothing(Outcome::Created, Rule::R4, reason);
        }
        Ok(judgement)
    }
}

/// Tells of a record that stays as it is that it was deleted before: that is the last that was told of it.
fn tell_restored(
    tx: &Tx<'_>,
    kind: Kind,
    id: SalesforceId,
    judgement: &mut Judgement,
) -> Result<(), LedgerError> {
    if judgement.decision.rule == Rule::V5
        && let Some(target) = tx.link_of(kind, id)?
    {
        let reason =
            format!("restored in Salesforce; linked to Autotask {kind} {target} as before");
        judgement.decision = Decision::nothing(Outcome::Unchanged, Rule::R8, reason);
    }
    Ok(())
}

/// The Autotask record of a decision that counts as created although nothing is to be done for it.
pub(super) fn found_at(
    tx: &Tx<'_>,
    kind: Kind,
    id: SalesforceId,
    outcome: Outcome,
) -> Result<Option<i64>, LedgerError> {
    if outcome == Outcome::Created { tx.link_of(kind, id) } else { Ok(None) }
}

/// Turns what a record is into what is to be done.
fn weigh<Id: Copy + std::fmt::Display + Into<i64>>(
    tx: &Tx<'_>,
    kind: Kind,
    subject: &Subject<'_>,
    verdict: &Verdict<Id>,
) -> Result<Judgement, LedgerError> {
    let claims = !matches!(
        verdict,
        Verdict::DuplicateOf(_)
            | Verdict::Held(..)
            | Verdict::UnMapped(_)
            | Verdict::InheritedGone(..)
    );
    let duplicate_of = match verdict {
        Verdict::DuplicateOf(first) => Some(*first),
        _ => None,
    };
    let base = match verdict {
        Verdict::Linked(target) if !tx.is_mirrored(kind, (*target).into())? => {
            let reason =
                format!("Autotask {kind} {target}, which it was linked to, is not there any more");
            return Ok(Judgement::nothing(Outcome::Gone, Rule::U4, reason));
        }
        Verdict::Linked(_) => tx.base_of(kind, subject.id)?,
        Verdict::New | Verdict::ChosenNew if tx.has_intent(kind, subject.id)? => {
            let reason = "its create was sent and not answered, and may still take effect";
            let waiting = Judgement::nothing(Outcome::Deferred, Rule::R4, reason);
            return Ok(Judgement { claims, ..waiting });
        }
        _ => None,
    };
    let decision = decide(kind, verdict, subject.draft, base.as_ref());
    Ok(Judgement { decision, claims, duplicate_of })
}
