//! What an import depends on besides the records.

use std::time::Duration;

use jiff::SignedDuration;
use twox_hash::XxHash3_64;

use crate::domain::guard::Guard;
use crate::domain::ids::ResourceId;
use crate::domain::mapping::MappingSettings;
use crate::domain::metadata::Metadata;
use crate::domain::policy::Policies;
use crate::ports::IdFields;

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

/// What becomes of a contact that moved to another account (rule K5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMove {
    /// It stays in its company, and the report says so.
    Report,
    /// It is made anew in the other company; the old one becomes inactive.
    Recreate,
}

/// What becomes of an Autotask record whose Salesforce record was deleted (rule R8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// It stays as it is.
    Ignore,
    /// It becomes inactive.
    Deactivate,
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
    /// The user-defined fields that hold Salesforce ids.
    pub id_fields: IdFields,
    /// Which side wins where both have a value (V3, V4).
    pub policies: Policies,
    /// What becomes of a contact that moved to another account (K5).
    pub moved: OnMove,
    /// What becomes of a record whose Salesforce record was deleted (R8).
    pub deleted: OnDelete,
    /// From how many changes on an import waits for approval (R10).
    pub guard: Guard,
    /// How much of what was read before is read again, as changes may become visible late (R3).
    pub overlap: Duration,
    /// How often all of Autotask is read, for un-mappings that increments do not show (U1).
    pub sweep_every: Duration,
    /// How often all of both sides is compared, for what increments cannot see.
    pub compare_every: Duration,
    /// Writes under way at a time.
    pub writes_at_a_time: usize,
    /// How long after sending a create without an answer may still take effect.
    pub settle_after: Duration,
    /// How long details of runs are kept (R9).
    pub keep_details: SignedDuration,
}

impl Default for ImportSettings {
    fn default() -> Self {
        let mapping = MappingSettings::default();
        Self {
            account_manager: AccountManager::None,
            company_phone_placeholder: mapping.company_phone_placeholder,
            contact_first_name_placeholder: mapping.contact_first_name_placeholder,
            id_fields: IdFields::default(),
            policies: Policies::default(),
            moved: OnMove::Report,
            deleted: OnDelete::Ignore,
            guard: Guard::default(),
            overlap: Duration::from_mins(10),
            sweep_every: Duration::from_hours(24),
            compare_every: Duration::from_hours(7 * 24),
            writes_at_a_time: 2,
            settle_after: Duration::from_mins(6),
            keep_details: SignedDuration::from_hours(90 * 24),
        }
    }
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

    /// A number that differs when decisions may: with other settings, or with what Autotask accepts.
    pub(crate) fn basis(&self, metadata: &Metadata) -> u64 {
        let text = format!("{} {metadata:?}", self.fingerprint());
        XxHash3_64::oneshot(text.as_bytes())
    }
}
