//! A session: where its calls go, and what proves them.

use std::fmt;

use http::Uri;
use secrecy::{ExposeSecret, SecretString};

use super::ReplyError;
use super::fault::Fault;
use super::oauth::Token;
use super::reply::LoginResult;
use crate::domain::ids::SalesforceId;
use crate::http::{same_operator, server_address};

/// An open session.
#[derive(Clone)]
pub(crate) struct Session {
    url: Uri,
    id: SecretString,
    organization: SalesforceId,
    /// What an app may do with it, where that was told.
    scope: Option<String>,
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
    pub(crate) fn new(login: &Uri, result: LoginResult) -> Result<Self, ReplyError> {
        if result.password_expired {
            return Err(ReplyError::Fault(Fault {
                code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD".to_owned(),
                message: "The user's password has expired.".to_owned(),
            }));
        }
        let url = followed(login, &result.server_url)?;
        let (id, organization) = (result.session_id.into(), result.organization);
        Ok(Self { url, id, organization, scope: None })
    }

    /// The session that a token opens, for calls to this address.
    pub(crate) fn of(token: Token, url: Uri, organization: SalesforceId) -> Self {
        Self { url, id: token.session_id, organization, scope: token.scope }
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

    /// What a person should know of the session, besides how it was opened.
    pub(crate) fn warning(&self) -> Option<String> {
        let scope = self.scope.as_deref()?;
        let suffices = scope.split_whitespace().any(|name| name == "api" || name == "full");
        (!suffices).then(|| {
            format!(
                "the app's token has the scopes {scope:?} only: without `api` (\"Manage user data via APIs\"), \
                 which belongs into the app's OAuth settings, Salesforce may refuse to be read"
            )
        })
    }
}

/// The address of a server that a sign-in at `login` leads to.
///
/// What opens the organization is sent there, so it has to be where the sign-in was: another host of the same vendor,
/// the same host, or this machine if the sign-in was there.
pub(crate) fn followed(login: &Uri, server: &str) -> Result<Uri, ReplyError> {
    server_address(server)
        .ok()
        .filter(|url| same_operator(login, url))
        .ok_or_else(|| ReplyError::Astray(server.to_owned()))
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
