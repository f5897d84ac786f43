//! What an administrator has set, and how the tenant behaves where the vendor's behaviour is not confirmed.

use std::collections::{BTreeMap, BTreeSet};

use mock_kit::tls::Shown;
use serde::{Deserialize, Serialize};

use crate::entities::Entity;
use crate::limits::Limits;
use crate::store::UnsetUdfs;

/// Settings that may be changed while the mock runs. The defaults let an integration work, without limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// A change of user-defined fields alone moves the record's modified date. Unconfirmed; off, so that a client
    /// that relies on it is found out.
    pub udf_edit_moves_modified: bool,
    /// How long a new user-defined field cannot be used yet. Unconfirmed; at once.
    pub udf_delay_seconds: u32,
    /// What stands for the user-defined fields where no record of an answer has a value in one.
    pub unset_udfs: UnsetUdfs,
    /// Writes may use inactive picklist values. Unconfirmed; they are refused.
    pub inactive_picklist_values: bool,
    /// A read of an id that is not there is answered with 404 instead of `{"item":null}`. Both have been seen.
    pub missing_item_is_404: bool,
    /// Inactive contacts read `companyID` 0, as some were seen to do in 2026.
    pub inactive_contacts_read_company_0: bool,
    /// A wrong user name or integration code is answered with 500 and a message, as reported in 2023, instead of 401.
    pub wrong_names_are_500: bool,
    /// What the API user's security level does not allow, by entity.
    pub denied: BTreeMap<Entity, BTreeSet<Action>>,
    /// Whether the API user may write in another resource's name.
    pub impersonation: bool,
    /// The server of the zone the database lives in, `https://host` for example, if that is not this one. Then
    /// `zoneInformation` names it, and every other call here is refused with 401.
    pub zone_url: Option<String>,
    /// How long after the mock's start the API user does not work yet; at the vendor a new one may take five minutes.
    pub user_delay_seconds: u32,
    /// Wrong secrets in a row that lock the API user; 0 never does. The count is a setting at the vendor, too.
    pub lockout_after: u32,
    /// Whether the API user is locked.
    pub locked: bool,
    /// How much clients may ask of the server, and how fast it answers.
    pub limits: Limits,
    /// Which certificate new connections are shown, where the mock serves TLS.
    pub certificate: Shown,
}

/// What may be denied to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Reading records.
    Query,
    /// Making records.
    Create,
    /// Changing records.
    Update,
    /// Deleting records.
    Delete,
}

impl Action {
    /// The word messages use.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            udf_edit_moves_modified: false,
            udf_delay_seconds: 0,
            unset_udfs: UnsetUdfs::Empty,
            inactive_picklist_values: false,
            missing_item_is_404: false,
            inactive_contacts_read_company_0: false,
            wrong_names_are_500: false,
            denied: BTreeMap::new(),
            impersonation: true,
            zone_url: None,
            user_delay_seconds: 0,
            lockout_after: 10,
            locked: false,
            limits: Limits::off(),
            certificate: Shown::Good,
        }
    }
}

impl Settings {
    /// Whether the API user may do this.
    pub(crate) fn allows(&self, entity: Entity, action: Action) -> bool {
        !self.denied.get(&entity).is_some_and(|denied| denied.contains(&action))
    }

    /// User-defined fields made after this moment cannot be used yet, in milliseconds since 1970.
    pub(crate) fn udfs_made_before(&self, now: i64) -> i64 {
        now.saturating_sub(i64::from(self.udf_delay_seconds) * 1_000)
    }
}
