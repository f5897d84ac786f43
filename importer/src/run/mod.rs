//! One import, from taking the lock to closing the run.
//!
//! Everything is decided and spooled before the first write (`decide`). Then each batch is looked at again in
//! Autotask, decided anew from what is there at that moment, and carried out (`apply`). A run can be cut off
//! anywhere: what it had decided is decided again by the next, and a create that may have been sent is looked up
//! (`settle`) before it can be sent again.

mod apply;
mod decide;
mod mirror;
mod parents;
mod settle;

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use crate::domain::decision::Outcome;
use crate::domain::fields::{SourceField, TargetField};
use crate::domain::guard::{Extent, Guard};
use crate::domain::ids::{ResourceId, RunId};
use crate::domain::mapping::{Mapper, MappingSettings};
use crate::domain::metadata::Metadata;
use crate::domain::model::Kind;
use crate::domain::report::{Requests, RunReport, RunState};
use crate::ports::{Phase, Ports, SourceError, TargetError, Window};
use crate::sqlite::{Ledger, LedgerError};

/// Who manages companies whose Salesforce owner is no Autotask resource (rule C8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountManager {
    /// Nobody: such companies are refused.
    None,
    /// The resource with this id.
    Id(ResourceId),
    /// The resource of this first and last name.
    Named(String),
}

/// What an import depends on besides the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSettings {
    /// The default account manager.
    pub account_manager: AccountManager,
    /// What a company without a phone number gets (V2).
    pub company_phone_placeholder: String,
    /// What a contact without a first name gets (K4).
    pub contact_first_name_placeholder: String,
    /// From how many changes on an import waits for approval (R10).
    pub guard: Guard,
    /// Writes under way at a time.
    pub writes_at_a_time: usize,
    /// How long after sending a create without an answer may still take effect.
    pub settle_after: Duration,
}

impl Default for ImportSettings {
    fn default() -> Self {
        let mapping = MappingSettings::default();
        Self {
            account_manager: AccountManager::None,
            company_phone_placeholder: mapping.company_phone_placeholder,
            contact_first_name_placeholder: mapping.contact_first_name_placeholder,
            guard: Guard::default(),
            writes_at_a_time: 2,
            settle_after: Duration::from_mins(6),
        }
    }
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{0}")]
    Settings(String),
    #[error("it was asked to stop; the next import goes on from here")]
    Asked,
    #[error(
        "it would create {}, change {} and take apart {} of {linked} linked records; nothing was written. \
         `importer show {run}` lists them, `importer approve {run}` lets the next import do it",
        .extent.created, .extent.updated, .extent.unmapped
    )]
    Guarded { run: RunId, extent: Extent, linked: u64 },
}

impl Stop {
    /// How the run ends.
    fn state(&self) -> RunState {
        match self {
            Self::Source(SourceError::SignInRefused { .. })
            | Self::Target(TargetError::SignInRefused { .. }) => RunState::SignInRefused,
            Self::Asked => RunState::Interrupted,
            Self::Guarded { .. } => RunState::AwaitingApproval,
            _ => RunState::Failed,
        }
    }

    /// The whole chain of causes in one line, with what to do about it where that is known.
    fn explanation(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        match self {
            Self::Source(SourceError::SignInRefused { remedy, .. })
            | Self::Target(TargetError::SignInRefused { remedy, .. }) => {
                format!("{text} ({remedy})")
            }
            _ => text,
        }
    }
}

/// Whether a run writes to Autotask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Import,
    /// It ends once everything is decided (rule R7).
    Plan,
}

/// Imports or plans once, as far as it goes. A run that could not go on is a report too; an error means that not
/// even the ledger can say what happened.
pub async fn run(
    ports: &Ports,
    ledger: &Ledger,
    settings: &ImportSettings,
    mode: Mode,
) -> Result<RunReport, LedgerError> {
    let _lock = ledger.lock()?;
    let id = ledger.write(|tx| tx.begin_run(ports.clock.now()))?;
    tracing::info!(run.id = id.0, ?mode, "a run begins");
    let before = (ports.source.requests(), ports.target.requests());
    let mut run = Run { id, ports, ledger, settings, mode, warnings: Vec::new() };
    let end = run.go().await;
    let requests = Requests {
        salesforce: ports.source.requests() - before.0,
        autotask: ports.target.requests() - before.1,
    };
    let failure = end.as_ref().err().map(Stop::explanation);
    let closed = ledger.write(|tx| {
        if failure.is_none() && mode == Mode::Plan {
            tx.end_as_planned(id)?;
        }
        let refused = tx.counts(id, Kind::Company)?.of(Outcome::Refused)
            + tx.counts(id, Kind::Contact)?.of(Outcome::Refused);
        let state = match (&failure, mode) {
            (Some(_), _) => end.as_ref().err().map_or(RunState::Failed, Stop::state),
            (None, Mode::Plan) => RunState::Planned,
            (None, Mode::Import) if refused > 0 => RunState::CompletedWithErrors,
            (None, Mode::Import) => RunState::Completed,
        };
        if matches!(state, RunState::Completed | RunState::CompletedWithErrors) {
            tx.use_up_approval()?;
        }
        let now = ports.clock.now();
        tx.close_run(id, state, now, requests, &run.warnings, failure.as_deref())?;
        tx.report(id)
    });
    // A ledger that failed may fail again when the run is closed; what went wrong first is what counts.
    if let Err(Stop::Ledger(error)) = end {
        return Err(error);
    }
    let report = closed?;
    tracing::info!(run.id = id.0, state = %report.state, "the run has ended");
    Ok(report)
}

/// A run under way.
struct Run<'a> {
    id: RunId,
    ports: &'a Ports,
    ledger: &'a Ledger,
    settings: &'a ImportSettings,
    mode: Mode,
    warnings: Vec<String>,
}

impl Run<'_> {
    async fn go(&mut self) -> Result<(), Stop> {
        let (metadata, window) = self.connect().await?;
        let mapping = self.settings.for_mapping(&metadata).map_err(Stop::Settings)?;
        let mapper = Mapper::new(&metadata, &mapping);
        for kind in [Kind::Company, Kind::Contact] {
            self.settle(kind).await?;
        }
        for kind in [Kind::Company, Kind::Contact] {
            self.refresh_mirror(kind).await?;
        }
        let hidden = self.decide_accounts(&mapper, window).await?;
        self.warn_of_hidden(Kind::Company, &hidden);
        let hidden = self.decide_contacts(&mapper, window).await?;
        self.warn_of_hidden(Kind::Contact, &hidden);
        if self.mode == Mode::Plan {
            return Ok(());
        }
        self.pass_guard()?;
        self.apply(Kind::Company).await?;
        self.apply_parents(&metadata).await?;
        self.apply(Kind::Contact).await
    }

    /// Ends the run before its first write if it would change too much (rule R10).
    fn pass_guard(&self) -> Result<(), Stop> {
        let now = self.ports.clock.now();
        let (extent, linked, is_held) = self.ledger.write(|tx| {
            let extent = tx.extent(self.id)?;
            let (linked, completed_before) = tx.linked_before(self.id)?;
            let holds = completed_before && self.settings.guard.holds(extent, linked);
            let approved = tx.approved(now)?.is_some_and(|approved| extent.is_covered_by(approved));
            if holds && !approved {
                tx.keep_extent(self.id, extent)?;
                tx.end_as_planned(self.id)?;
            } else {
                tx.pass_guard(self.id)?;
            }
            Ok((extent, linked, holds && !approved))
        })?;
        if is_held {
            return Err(Stop::Guarded { run: self.id, extent, linked });
        }
        Ok(())
    }

    /// Signs in on both sides, makes sure that the ledger belongs to them, and reads what Autotask accepts.
    async fn connect(&mut self) -> Result<(Metadata, Window), Stop> {
        self.ports.observer.phase(Phase::Connecting, None);
        let signed_in = self.ports.source.sign_in().await?;
        let database = self.ports.target.connect().await?;
        self.ledger.write(|tx| {
            tx.bind("Salesforce organization", signed_in.organization.as_str())?;
            tx.bind("Autotask", &database)
        })?;
        self.warnings.extend(signed_in.warnings);
        // The first request that needs the credentials: what it is refused, all others would be.
        let metadata = self.ports.target.metadata().await.map_err(|error| match error {
            TargetError::Rejected(words) => TargetError::SignInRefused {
                message: words.join("; "),
                remedy: "check the API user's credentials and its security level".to_owned(),
            },
            error => error,
        })?;
        check_keys(&metadata)?;
        self.provide_id_fields().await?;
        Ok((metadata, Window { from: None, until: signed_in.server_time }))
    }

    /// Makes sure that the user-defined fields are there, and still those that the links were made with: records
    /// whose field is another one now would all look un-mapped.
    async fn provide_id_fields(&mut self) -> Result<(), Stop> {
        let linked = self.ledger.write(|tx| Ok(tx.links()? > 0))?;
        let missing = self.ports.target.missing_id_fields(false).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let names = missing.join(", ");
        if linked {
            return Err(Stop::Settings(format!(
                "records are linked, but Autotask has no user-defined field {names} any more; if it was \
                 renamed, give it its name back, or the settings its new one"
            )));
        }
        let what = if self.mode == Mode::Import {
            self.ports.target.missing_id_fields(true).await?;
            "created"
        } else {
            "to be created"
        };
        self.warnings.push(format!("user-defined fields {what} in Autotask: {names}"));
        Ok(())
    }

    fn warn_of_hidden(&mut self, kind: Kind, hidden: &BTreeSet<SourceField>) {
        if hidden.is_empty() {
            return;
        }
        let names: Vec<_> = hidden.iter().map(|field| field.api_name()).collect();
        self.warnings.push(format!(
            "the Salesforce user does not see these fields of {}s, so they are left as they are: {}",
            kind.source_name(),
            names.join(", ")
        ));
    }
}

/// The fields that records are recognised by have to be there, and writable.
fn check_keys(metadata: &Metadata) -> Result<(), Stop> {
    use TargetField as T;
    let companies = [T::CompanyName, T::Address1, T::City, T::State];
    let keys = companies.map(|field| (Kind::Company, field)).into_iter();
    for (kind, field) in keys.chain([T::FirstName, T::LastName].map(|field| (Kind::Contact, field)))
    {
        if metadata.field(kind, field).is_none_or(|info| info.is_read_only) {
            return Err(Stop::Settings(format!(
                "Autotask does not let the API user write {} of a {kind}, by which records are recognised",
                field.api_name()
            )));
        }
    }
    Ok(())
}

impl ImportSettings {
    /// The settings of the mapping, with the default account manager found among this tenant's resources, or what
    /// is wrong with it.
    pub(crate) fn for_mapping(&self, metadata: &Metadata) -> Result<MappingSettings, String> {
        let owners: Vec<_> = metadata
            .resources
            .iter()
            .filter(|resource| resource.is_active && !resource.is_api_only)
            .collect();
        let manager = match &self.account_manager {
            AccountManager::None => None,
            AccountManager::Id(id) => {
                Some(owners.iter().find(|resource| resource.id == *id).ok_or_else(|| {
                    format!(
                        "the default account manager, resource {id}, is no active Autotask resource that may own \
                         companies"
                    )
                })?)
            }
            AccountManager::Named(name) => {
                let is_named = |first: &str, last: &str| {
                    format!("{} {}", first.trim(), last.trim()) == *name.trim()
                };
                let mut named =
                    owners.iter().filter(|person| is_named(&person.first_name, &person.last_name));
                match (named.next(), named.next()) {
                    (Some(only), None) => Some(only),
                    (found, _) => {
                        let number = if found.is_some() { "several" } else { "no" };
                        return Err(format!(
                            "the default account manager {name:?} names {number} active Autotask resources that \
                             may own companies; its id can be given instead"
                        ));
                    }
                }
            }
        };
        Ok(MappingSettings {
            default_account_manager: manager.map(|resource| resource.id),
            company_phone_placeholder: self.company_phone_placeholder.clone(),
            contact_first_name_placeholder: self.contact_first_name_placeholder.clone(),
        })
    }
}
