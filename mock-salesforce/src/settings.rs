//! What an administrator of the org has set: who may sign in, and how.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::org::store::FIRST_USER;

/// How one user signs in.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// The user's record number.
    pub(crate) user: i64,
    pub(crate) password: String,
    pub(crate) token: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The org's settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// By user name in lower case.
    pub(crate) credentials: BTreeMap<String, Credentials>,
    /// Whether SOAP `login()` is enabled in this org.
    pub(crate) soap_login: bool,
    /// Requests a day; `None` lifts the limit.
    pub(crate) daily_requests: Option<u64>,
    /// How far getUpdated and getDeleted lag behind the present.
    pub(crate) replication_lag: Duration,
}

impl Settings {
    pub(crate) fn new(user: &str, password: &str, token: &str) -> Self {
        let credentials = Credentials {
            user: FIRST_USER,
            password: password.to_owned(),
            token: token.to_owned(),
        };
        Self {
            credentials: BTreeMap::from([(user.to_lowercase(), credentials)]),
            soap_login: true,
            daily_requests: Some(100_000),
            replication_lag: Duration::ZERO,
        }
    }
}
