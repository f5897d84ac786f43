//! Who may call: one API user with a secret and an integration code.
//!
//! The vendor answers every mistake alike, with 401 and an empty body, so a client cannot tell which header was
//! wrong; the journal can. Wrong secrets in a row lock the user, whose right secret then is refused too.

use http::HeaderMap;

use crate::refusal::{Complaint, Refusal};
use crate::settings::Settings;

/// The headers every call but zone and version information needs.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// `UserName`, without regard to case.
    pub(crate) user: String,
    /// `Secret`
    pub(crate) secret: String,
    /// `ApiIntegrationCode`
    pub(crate) integration_code: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Refuses a request that does not carry them. `failures` counts wrong secrets in a row.
    pub(crate) fn admit(
        &self,
        headers: &HeaderMap,
        settings: &mut Settings,
        failures: &mut u32,
    ) -> Result<(), Refusal> {
        let header = |name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        if !self.is_user(header("UserName")) {
            return Err(wrong_name("the user name is missing or wrong", settings));
        }
        if header("Secret") != self.secret {
            *failures = failures.saturating_add(1);
            if settings.lockout_after > 0 && *failures >= settings.lockout_after {
                settings.locked = true;
            }
            return Err(Refusal::Unauthorized("the secret is missing or wrong"));
        }
        if header("ApiIntegrationCode") != self.integration_code {
            return Err(wrong_name("the integration code is missing or wrong", settings));
        }
        if settings.locked {
            return Err(Refusal::Unauthorized("the user is locked"));
        }
        *failures = 0;
        Ok(())
    }

    /// Whether a login name is the user's.
    pub(crate) fn is_user(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.user)
    }
}

fn wrong_name(reason: &'static str, settings: &Settings) -> Refusal {
    if settings.wrong_names_are_500 {
        Complaint::WrongNames.into()
    } else {
        Refusal::Unauthorized(reason)
    }
}
