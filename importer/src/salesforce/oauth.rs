//! OAuth: how an app asks for a token, which is a session id like any other, and what a refusal means.
//!
//! Salesforce's refusals share a few codes, `invalid_grant` above all; what is to be changed shows only in the words
//! beside them. Words that nobody has recorded are matched loosely, and what matches nothing is still told.

use std::fmt;

use http::StatusCode;
use http::header::DATE;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Endpoint, ReplyError, SignIn};
use crate::domain::ids::SalesforceId;
use crate::http::{Answer, visible};
use crate::retry::Retry;

/// What is written as it is in a form.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The most of Salesforce's words that is told.
const LONGEST_DESCRIPTION: usize = 300;

/// How far the clocks may be apart before that is worth telling, in seconds.
const CLOCKS_AGREE: i64 = 60;

/// The form that asks for a token; `None` where the sign-in is not by OAuth.
pub(super) fn form(sign_in: &SignIn, endpoint: &Endpoint, now: Timestamp) -> Option<String> {
    match sign_in {
        SignIn::Password { .. } => None,
        SignIn::ClientCredentials { client_id, client_secret } => Some(encoded(&[
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret.expose_secret()),
        ])),
        SignIn::Jwt { client_id, user, key } => Some(encoded(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &key.assertion(client_id, user, &endpoint.server(), now)),
        ])),
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, PLAIN)))
        .collect();
    pairs.join("&")
}

/// A token.
#[derive(Debug)]
pub(super) struct Token {
    /// The session id.
    pub(super) session_id: SecretString,
    /// The server that calls go to.
    pub(super) instance_url: String,
    /// The organization, unless the answer does not name it.
    pub(super) organization: Option<SalesforceId>,
    /// What the app may do, unless the answer does not say so.
    pub(super) scope: Option<String>,
}

/// The answer that holds a token.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    instance_url: String,
    id: Option<String>,
    scope: Option<String>,
}

/// Salesforce gives no token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// What kind of refusal it is, `invalid_grant` for example.
    pub error: String,
    /// What Salesforce says about it.
    #[serde(default, rename = "error_description")]
    pub description: String,
    /// By how much this machine's clock is ahead of Salesforce's, where that is known and matters.
    #[serde(skip)]
    ahead: Option<SignedDuration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.description.as_str() {
            "" => f.write_str(&self.error),
            description => write!(f, "{}: {description}", self.error),
        }
    }
}

impl std::error::Error for Refusal {}

/// Reads the answer to a request for a token. What the request proved itself with is never part of an error, even
/// where the answer repeats it.
pub(super) fn token(answer: &Answer, sent: &str, now: Timestamp) -> Result<Token, ReplyError> {
    let text = String::from_utf8_lossy(&answer.body);
    if answer.status.is_success()
        && let Ok(granted) = serde_json::from_str::<Granted>(&text)
    {
        return Ok(Token {
            organization: granted.id.as_deref().and_then(organization),
            session_id: granted.access_token.into(),
            instance_url: granted.instance_url,
            scope: granted.scope,
        });
    }
    if answer.status.is_client_error()
        && !may_pass(answer.status)
        && let Ok(refusal) = serde_json::from_str::<Refusal>(&text)
    {
        let words = |text: &str| without(text, sent).chars().take(LONGEST_DESCRIPTION).collect();
        return Err(ReplyError::Token(Refusal {
            error: words(&refusal.error),
            description: words(&refusal.description),
            ahead: ahead(answer, now),
        }));
    }
    // An answer that was to hold a token may hold one, so it is not shown.
    let text = match answer.status {
        status if status.is_success() => String::new(),
        _ => without(&visible(&text), sent),
    };
    Err(ReplyError::NotAToken { status: answer.status, text })
}

/// The organization in an identity's address, `https://login.salesforce.com/id/00D…/005…`. It is only read, never
/// followed.
fn organization(identity: &str) -> Option<SalesforceId> {
    let (_, ids) = identity.split_once("/id/")?;
    ids.split('/').next()?.parse().ok().filter(|id: &SalesforceId| id.as_str().starts_with("00D"))
}

/// The text without the secrets of a form.
fn without(text: &str, form: &str) -> String {
    let mut text = text.to_owned();
    for (name, value) in form.split('&').filter_map(|field| field.split_once('=')) {
        if !value.is_empty() && ["client_secret", "assertion"].contains(&name) {
            let plain = percent_decode_str(value).decode_utf8_lossy();
            text = text.replace(value, "***").replace(&*plain, "***");
        }
    }
    text
}

/// By how much this machine's clock is ahead of the one that dated the answer.
fn ahead(answer: &Answer, now: Timestamp) -> Option<SignedDuration> {
    let date = answer.headers.get(DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(now.duration_since(date.timestamp()))
}

impl Refusal {
    /// Whether the same request may succeed in a moment.
    pub(super) fn retry(&self) -> Retry {
        match self.error.as_str() {
            "server_error" | "temporarily_unavailable" | "unknown_error" => Retry::Soon,
            _ => Retry::Never,
        }
    }

    /// What a person has to change; `None` where it is a matter of time.
    pub(super) fn remedy(&self) -> Option<String> {
        let error = self.error.to_lowercase();
        let words = format!("{error} {}", self.description.to_lowercase());
        let says = |text: &str| words.contains(text);
        // Too many tokens in a short time, or a time at which the user may not sign in.
        let passing =
            ["rate_limit", "rate limit", "rate exceeded", "login hours", "restricted time"];
        if passing.into_iter().any(says) || self.retry() != Retry::Never {
            return None;
        }
        let clock = match self.ahead.map_or(0, |ahead| ahead.as_secs()) {
            seconds if seconds > CLOCKS_AGREE => Some(format!("{seconds} seconds ahead of")),
            seconds if seconds < -CLOCKS_AGREE => Some(format!("{} seconds behind", -seconds)),
            _ => None,
        };
        // An assertion is no older than its request, so one that has expired means clocks that differ.
        let has_expired = says("expired") && !says("password") && !says("trial");
        Some(match clock {
            Some(clock) if says("assertion") => {
                format!("this machine's clock is {clock} Salesforce's: {SET_THE_CLOCK}")
            }
            _ if has_expired => {
                format!("this machine's clock seems to differ from Salesforce's: {SET_THE_CLOCK}")
            }
            _ => remedy_for(&error, &says).to_owned(),
        })
    }
}

const SET_THE_CLOCK: &str =
    "an assertion is good for three minutes at most, so set the clock, and let it be kept by NTP";

/// What to change, by what a refusal says.
fn remedy_for(error: &str, says: &dyn Fn(&str) -> bool) -> &'static str {
    if says("not supported on this domain") {
        "client credentials are taken by the organization's own domain only: set `url` in [salesforce] to \
         https://YOUR-DOMAIN.my.salesforce.com (Setup, My Domain), not to login.salesforce.com or test.salesforce.com"
    } else if error == "app_not_found" || says("invalid_client_id") || says("client identifier") {
        "no app has this `client_id`: copy the app's Consumer Key; see that `url` leads to the organization that has \
         the app (a sandbox has its own); a new app is known after some ten minutes"
    } else if says("invalid_client") {
        "check `client_secret`: it is the app's Consumer Secret, which changes when somebody rotates it"
    } else if says("no client credentials user") {
        "name the user the app runs as: in the app's policies, Client Credentials Flow, Run As"
    } else if says("approved") || says("app_access") {
        "let the user use the app beforehand: in the app's policies, Permitted Users, \"Admin approved users are \
         pre-authorized\", and give the app to the user's profile or a permission set; check `user` too, and that \
         `url` leads to the user's organization (a sandbox's users are not production's)"
    } else if says("audience") {
        "the assertion is meant for the host in `url`: set that to https://YOUR-DOMAIN.my.salesforce.com, \
         https://login.salesforce.com for production or https://test.salesforce.com for a sandbox"
    } else if says("ip restricted") || says("restricted ip") || says("ip address") {
        "this machine's address is not allowed: add it to the login IP ranges of the user's profile, or relax the IP \
         restrictions in the app's policies"
    } else if says("inactive") || says("expired") {
        "the user, its password or the organization is not active any more: ask its administrator"
    } else if says("blocked") {
        "the app is blocked: an administrator can unblock it (Setup, Connected Apps OAuth Usage)"
    } else if says("locked") || says("frozen") {
        "unlock the user in Salesforce, or unfreeze it"
    } else if says("scope") {
        "give the app the scope `api` (\"Manage user data via APIs\") in its OAuth settings"
    } else if says("assertion") || says("signature") {
        "the app does not know the key: upload the certificate of `private_key` to the app whose `client_id` is set \
         (Use Digital Signatures, or Enable JWT Bearer Flow)"
    } else if says("grant type") || says("grant_type") {
        "allow the flow in the app's OAuth settings: Enable Client Credentials Flow, or Enable JWT Bearer Flow"
    } else {
        "check `client_id`, `client_secret` or `private_key`, and `user`; the Login History in Salesforce (Setup) \
         tells the reason"
    }
}

/// Whether a status other than success may pass by itself.
pub(super) fn may_pass(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || !(status.is_client_error() || status.is_redirection())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organization_is_read_from_the_identity_and_nothing_else_is_taken_for_one() {
        let read = |text| organization(text).map(|id| id.as_str().to_owned());

        for identity in [
            "https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P",
            "https://login.salesforce.com/id/00Dx0000000BV7zEAK/005x00000012Q9P",
        ] {
            assert!(read(identity).unwrap().starts_with("00Dx0000000BV7z"), "{identity}");
        }
        for none in
            ["", "https://x.org/", "https://x.org/id/", "/id/nonsense/x", "/id/005x00000012Q9P/"]
        {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn forms_carry_any_text() {
        assert_eq!(
            encoded(&[("a", "x+y &=ä"), ("b", "A-z_0.~")]),
            "a=x%2By%20%26%3D%C3%A4&b=A-z_0.~"
        );
    }
}
