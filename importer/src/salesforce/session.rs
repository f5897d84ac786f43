//! A session: where its calls go, and what proves them.

use std::fmt;

use http::Uri;
use secrecy::{ExposeSecret, SecretString};

use super::ReplyError;
use super::fault::Fault;
use super::reply::LoginResult;
use crate::domain::ids::SalesforceId;
use crate::http::{same_operator, server_address};

/// From this API version on, `login` does not exist.
const FIRST_WITHOUT_LOGIN: u32 = 65;

/// An open session.
#[derive(Clone)]
pub(crate) struct Session {
    url: Uri,
    id: SecretString,
    organization: SalesforceId,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("url", &self.url).finish_non_exhaustive()
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.id.expose_secret() == other.id.expose_secret()
    }
}

impl Session {
    /// The session that signing in at `login` opened.
    ///
    /// The session's id opens the organization, so it is sent only where the login belongs: to another host of the
    /// same domain, or to this machine if the login was there.
    pub(crate) fn new(login: &Uri, result: LoginResult) -> Result<Self, ReplyError> {
        if result.password_expired {
            return Err(ReplyError::Fault(Fault {
                code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD".to_owned(),
                message: "The user's password has expired.".to_owned(),
            }));
        }
        let url = server_address(&result.server_url)
            .ok()
            .filter(|url| same_operator(login, url))
            .ok_or(ReplyError::Astray(result.server_url))?;
        Ok(Self { url, id: result.session_id.into(), organization: result.organization })
    }

    /// Where calls go.
    pub(crate) fn url(&self) -> &Uri {
        &self.url
    }

    /// What proves them.
    pub(crate) fn id(&self) -> &str {
        self.id.expose_secret()
    }

    /// Whose records they read.
    pub(crate) fn organization(&self) -> SalesforceId {
        self.organization
    }

    /// What a person should know of the way the session was opened.
    #[expect(clippy::unused_self, reason = "a session opened by OAuth will have nothing to tell")]
    pub(crate) fn warning(&self, login: &Uri) -> Option<String> {
        let version = api_version(login)?;
        (version < FIRST_WITHOUT_LOGIN).then(|| {
            format!(
                "API version {version} signs in with login(), which Salesforce ends with the release \
                 Summer '27"
            )
        })
    }
}

/// The version an endpoint's path names: 64 for `/services/Soap/u/64.0`.
fn api_version(url: &Uri) -> Option<u32> {
    let (_, rest) = url.path().split_once("/services/Soap/u/")?;
    rest.split(['.', '/']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(login: &str, server: &str) -> Result<Session, ReplyError> {
        let result = LoginResult {
            server_url: server.to_owned(),
            session_id: "00D!x".to_owned(),
            organization: "00D000000000001".parse().unwrap(),
            password_expired: false,
        };
        Session::new(&login.parse().unwrap(), result)
    }

    #[test]
    fn a_session_is_used_only_where_it_belongs() {
        let login = "https://login.salesforce.com/services/Soap/u/64.0";
        for fine in [
            "https://na7.salesforce.com/services/Soap/u/64.0/00D000000000001",
            "https://acme.my.salesforce.com/services/Soap/u/64.0",
        ] {
            assert!(opened(login, fine).is_ok(), "{fine}");
        }
        for astray in [
            "https://salesforce.com.example.org/services/Soap/u/64.0",
            "http://na7.salesforce.com/services/Soap/u/64.0",
            "http://127.0.0.1:80/services/Soap/u/64.0",
            "nonsense",
        ] {
            assert!(matches!(opened(login, astray), Err(ReplyError::Astray(_))), "{astray}");
        }
        let here = "http://127.0.0.1:1/services/Soap/u/64.0";
        assert!(opened(here, "http://localhost:2/services/Soap/u/64.0").is_ok());
        assert!(opened(here, "https://na7.salesforce.com/services/Soap/u/64.0").is_err());
    }

    #[test]
    fn nothing_secret_is_printed() {
        let session = opened("https://a.salesforce.com/", "https://b.salesforce.com/").unwrap();

        assert!(!format!("{session:?}").contains("00D!x"));
    }
}
