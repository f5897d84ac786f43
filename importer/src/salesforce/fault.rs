//! What Salesforce says when it refuses, and what can be done about it.
//!
//! A fault's code has a prefix after login and none before; the code in its detail has none ever and is preferred
//! (`docs/ARCHITECTURE.md`, "Salesforce").

use super::xml::{Xml, XmlError};
use crate::retry::Retry;

/// A SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// The exception code without prefix, `INVALID_LOGIN` for example, or SOAP's `Client` and `Server`.
    pub code: String,
    /// What Salesforce says about it.
    pub message: String,
}

/// What may be told of an answer: some repeat the session's id, which opens the organization, behind these words.
pub(super) fn without_session(text: &str) -> &str {
    let told = text.split_once("missing session key").map_or(text, |(told, _)| told);
    told.trim_end().trim_end_matches(',')
}

/// What a fault asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Sign in again and repeat the request.
    SessionExpired,
    /// Ask again after the last record.
    CursorLost,
    /// A person has to act before anybody signs in again; how, the text says.
    SignInRefused(&'static str),
    /// The organization's requests of the day are used up: nothing is answered for hours.
    UsedUp,
    /// It is outside of the user's login hours.
    Closed,
    /// The user may not read the object at all, of which Salesforce says that it does not exist.
    NoAccess,
    /// The request may be repeated.
    Transient,
    /// It would fail again.
    Permanent,
}

impl Fault {
    /// Reads the fault that has been entered.
    pub(crate) fn read(xml: &mut Xml<'_>) -> Result<Self, XmlError> {
        let (mut code, mut message) = (String::new(), String::new());
        let (mut exact_code, mut exact_message) = (None, None);
        let blank = &mut String::new();
        while let Some(part) = xml.child(blank)? {
            match part.name() {
                "faultcode" => code = xml.text()?,
                "faultstring" => message = xml.text()?,
                "detail" => {
                    while xml.child(blank)?.is_some() {
                        while let Some(field) = xml.child(blank)? {
                            match field.name() {
                                "exceptionCode" => exact_code = Some(xml.text()?),
                                "exceptionMessage" => exact_message = Some(xml.text()?),
                                _ => xml.skip()?,
                            }
                        }
                    }
                }
                _ => xml.skip()?,
            }
        }
        let code = exact_code.unwrap_or(code);
        let code = code.trim().rsplit(':').next().unwrap_or_default().to_owned();
        let message = exact_message.unwrap_or(message);
        let message = message.strip_prefix(&format!("{code}: ")).unwrap_or(&message).trim();
        let message = without_session(message);
        Ok(Self { message: message.to_owned(), code })
    }

    /// What to do about it.
    pub(crate) fn meaning(&self) -> Meaning {
        let refused = Meaning::SignInRefused;
        match self.code.as_str() {
            _ if self.says("session is not valid for use with") => refused(
                "the app's token lacks the scope `api`: add \"Manage user data via APIs\" to the app's OAuth settings",
            ),
            "INVALID_SESSION_ID" => Meaning::SessionExpired,
            "INVALID_QUERY_LOCATOR" => Meaning::CursorLost,
            "INVALID_LOGIN" => refused(
                "check user name, password and security token; the user may also be locked out, which the \
                 Login History in Salesforce tells",
            ),
            "LOGIN_MUST_USE_SECURITY_TOKEN" => refused(
                "put the user's security token behind the password, or add this machine's address to the \
                 trusted ranges (Setup, Network Access)",
            ),
            "LOGIN_DURING_RESTRICTED_DOMAIN" => refused(
                "this machine's address is outside the login IP ranges of the user's profile: add it there",
            ),
            "LOGIN_DURING_RESTRICTED_TIME" => Meaning::Closed,
            "PASSWORD_LOCKOUT" | "USER_LOCKED_OUT" => refused("unlock the user in Salesforce"),
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD" => {
                refused("the user's password has expired: set a new one in Salesforce")
            }
            "INVALID_OPERATION" if self.says("api version specified") => refused(
                "this API version has no login(), the last that has it is 64.0: use that in [salesforce], or sign in \
                 another way (`sign_in` = \"client-credentials\" or \"jwt\")",
            ),
            "INVALID_OPERATION" if self.says("login") => refused(
                "login() is switched off in this organization: allow it in Salesforce (Setup, User Interface, \"Enable \
                 SOAP API login()\"), or sign in another way (`sign_in` = \"client-credentials\" or \"jwt\" in \
                 [salesforce])",
            ),
            "API_DISABLED_FOR_ORG" => {
                refused("this edition, or the user's profile, lacks the permission \"API Enabled\"")
            }
            "INSUFFICIENT_ACCESS" => {
                refused("give the user the permissions \"API Enabled\" and \"Use Any API Auth\"")
            }
            // Said of a trial that is over, and of a fault at Salesforce's.
            "API_CURRENTLY_DISABLED" if !self.says("trial") => Meaning::Transient,
            "API_CURRENTLY_DISABLED"
            | "TRIAL_EXPIRED"
            | "ORG_LOCKED"
            | "INACTIVE_ORG_OR_USER"
            | "INACTIVE_OWNER_OR_USER" => {
                refused("the organization or the user is not active: ask its administrator")
            }
            "INVALID_TYPE" => Meaning::NoAccess,
            "UNSUPPORTED_API_VERSION" if self.says("below the minimum") => refused(
                "Salesforce has retired this API version: use 64.0, the last with login(), or a newer one with \
                 another way to sign in, at the end of `url` or as `api_version` in [salesforce]",
            ),
            "UNSUPPORTED_API_VERSION" => refused(
                "Salesforce does not know this API version, or not yet: use a lower one, at the end of `url` or as \
                 `api_version` in [salesforce], for example https://login.salesforce.com/services/Soap/u/64.0",
            ),
            "REQUEST_LIMIT_EXCEEDED" if self.message.contains("Concurrent") => Meaning::Transient,
            "REQUEST_LIMIT_EXCEEDED" => Meaning::UsedUp,
            "SERVER_UNAVAILABLE"
            | "ORG_IN_MAINTENANCE"
            | "QUERY_TIMEOUT"
            | "REQUEST_RUNNING_TOO_LONG"
            | "UNABLE_TO_LOCK_ROW"
            | "UNKNOWN_EXCEPTION"
            | "Server" => Meaning::Transient,
            _ => Meaning::Permanent,
        }
    }

    /// Whether the message has these words, in whatever case.
    fn says(&self, words: &str) -> bool {
        self.message.to_lowercase().contains(words)
    }

    /// Whether the same request may succeed in a moment.
    pub(crate) fn retry(&self) -> Retry {
        match self.meaning() {
            Meaning::Transient => Retry::Soon,
            _ => Retry::Never,
        }
    }
}
