//! The beginning of an import: both sides are reached and are those of the ledger, and what Autotask accepts is known.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Mode, Reading, Run, Stop};
use crate::domain::fields::{SourceField, TargetField};
use crate::domain::metadata::Metadata;
use crate::domain::model::Kind;
use crate::ports::{Phase, TargetError};
use crate::sqlite::KnownMetadata;

/// How long a scheduled import goes by what was read of the tenant before. What a person launches reads it anew, and
/// so does the import after one that was refused anything.
const METADATA_FOR: SignedDuration = SignedDuration::from_hours(24);

impl Run<'_> {
    /// Signs in on both sides and makes sure that the ledger belongs to them. Returns Salesforce's time.
    pub(super) async fn connect(&mut self) -> Result<Timestamp, Stop> {
        self.ports.observer.phase(Phase::Connecting, None);
        let signed_in = self.ports.source.sign_in().await?;
        let database = self.ports.target.connect().await?;
        self.ledger.write(|tx| {
            tx.bind(signed_in.organization, &database)?;
            tx.remember_pages(&self.ports.pages())
        })?;
        self.warnings.extend(signed_in.warnings);
        Ok(signed_in.server_time)
    }

    /// What Autotask accepts: as it was read within the last day, or read now.
    pub(super) async fn metadata(&mut self) -> Result<Metadata, Stop> {
        let now = self.ports.clock.now();
        if self.reading == Reading::Changes {
            let known = self.ledger.read(|tx| tx.known_metadata())?;
            let fields = &self.settings.id_fields;
            let is_fresh = |known: &KnownMetadata| {
                now.duration_since(known.read) < METADATA_FOR && known.id_fields == *fields
            };
            if let Some(known) = known.filter(is_fresh) {
                return Ok(known.metadata);
            }
        }
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
        let id_fields = self.settings.id_fields.clone();
        let known = KnownMetadata { metadata, read: now, id_fields };
        self.ledger.write(|tx| tx.set_known_metadata(Some(&known)))?;
        Ok(known.metadata)
    }

    /// Makes sure that the user-defined fields are there, and still those that the links were made with: records
    /// whose field is another one now would all look un-mapped.
    async fn provide_id_fields(&mut self) -> Result<(), Stop> {
        let linked = self.ledger.read(|tx| Ok(tx.links()? > 0))?;
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

    /// Warns of the fields that the Salesforce user does not see, and returns whether some can be seen that could not
    /// before (rule V7).
    pub(super) fn note_hidden(
        &mut self,
        kind: Kind,
        hidden: &BTreeSet<SourceField>,
    ) -> Result<bool, Stop> {
        let before = self.ledger.read(|tx| tx.hidden_fields(kind))?;
        // What shows again is remembered until everything was compared, whatever becomes of this import.
        let remembered = match self.reading {
            Reading::Full => hidden.clone(),
            _ => before.union(hidden).copied().collect(),
        };
        if remembered != before {
            self.ledger.write(|tx| tx.set_hidden_fields(kind, &remembered))?;
        }
        let shown = before.difference(hidden).next().is_some();
        if hidden.is_empty() {
            return Ok(shown);
        }
        let names: Vec<_> = hidden.iter().map(|field| field.api_name()).collect();
        self.warnings.push(format!(
            "the Salesforce user does not see these fields of {}s, so they are left as they are: {}",
            kind.source_name(),
            names.join(", ")
        ));
        Ok(shown)
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
