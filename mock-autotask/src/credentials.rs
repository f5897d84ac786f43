//! Who may call: one API user with a secret and an integration code.
//!
//! The vendor answers every mistake alike, with 401 and an empty body, so a client cannot tell which header was
//! wrong.

use http::HeaderMap;

/// The headers every call but zone and version information needs.
#[derive(Clone)]
pub struct Credentials {
    /// `UserName`, without regard to case.
    pub user: String,
    /// `Secret`
    pub secret: String,
    /// `ApiIntegrationCode`
    pub integration_code: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Whether a request carries them.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let header = |name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        self.is_user(header("UserName"))
            && header("Secret") == self.secret
            && header("ApiIntegrationCode") == self.integration_code
    }

    /// Whether a login name is the user's.
    pub(crate) fn is_user(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.user)
    }
}
