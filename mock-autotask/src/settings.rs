//! How the tenant behaves where the vendor's behaviour is not confirmed, or differs from one tenant to the next.

use std::time::Duration;

pub use crate::store::UnsetUdfs;

/// Settings that may be changed while the mock runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A change of user-defined fields alone moves the record's modified date. Unconfirmed; off, so that a client
    /// that relies on it is found out.
    pub udf_edit_moves_modified: bool,
    /// How long a new user-defined field cannot be used yet. Unconfirmed; at once.
    pub udf_delay: Duration,
    /// What stands for the user-defined fields where no record of an answer has a value in one.
    pub unset_udfs: UnsetUdfs,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            udf_edit_moves_modified: false,
            udf_delay: Duration::ZERO,
            unset_udfs: UnsetUdfs::Empty,
        }
    }
}
