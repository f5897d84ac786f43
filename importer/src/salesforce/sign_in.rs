//! Signing in: by password, or as an app. Every way ends in a session; from there on all is SOAP.
//!
//! What Salesforce has refused is not tried again until [`Source::sign_in`](crate::ports::Source) is called anew: both
//! a wrong password and a wrong secret lock people out.

use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};

use super::request::Call;
use super::session::{Session, followed};
use super::{ApiVersion, Endpoint, ReplyError, Salesforce, SigningKey, oauth, reply};

/// Where to sign in, and as whom.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where.
    pub endpoint: Endpoint,
    /// As whom.
    pub sign_in: SignIn,
}

/// The ways to sign in.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// SOAP's `login()`, which ends with the release Summer '27 and version 64.0.
    Password {
        /// The user name.
        user: String,
        /// The password, with the security token at its end.
        password: SecretString,
    },
    /// OAuth's client credentials: the app signs in as the user it is set to run as.
    ClientCredentials {
        /// The app's Consumer Key.
        client_id: String,
        /// The app's Consumer Secret.
        client_secret: SecretString,
    },
    /// OAuth's JWT bearer flow: the app vouches for a user, with a signature.
    Jwt {
        /// The app's Consumer Key.
        client_id: String,
        /// The user name.
        user: String,
        /// The key whose certificate the app has.
        key: SigningKey,
    },
}

/// Nobody is let in until a person has acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Salesforce's words.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.remedy)
    }
}

/// What the latest sign-in came to.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Nobody has signed in.
    #[default]
    Out,
    /// A session is open.
    In(Session),
    /// It was refused.
    Refused(Refused),
}

impl Access {
    /// What a person should know of the way in.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let version = self.endpoint.version();
        let by_password = matches!(self.sign_in, SignIn::Password { .. }).then(|| {
            format!(
                "API version {version} signs in with login(), which Salesforce ends with the release Summer '27: set \
                 `sign_in` in [salesforce] to \"client-credentials\" or \"jwt\" before"
            )
        });
        let old = (version <= ApiVersion::LAST_ENDING).then(|| {
            format!(
                "API version {version} is unsupported from the release Summer '27 on and retired with Summer '28: \
                 use {}",
                ApiVersion::LAST_WITH_LOGIN
            )
        });
        by_password.into_iter().chain(old)
    }
}

impl Salesforce {
    /// The session there is, or a new one. With `stale`, a session that Salesforce no longer knows is not used.
    pub(super) async fn session(&self, stale: Option<&Session>) -> Result<Session, ReplyError> {
        let mut current = self.state.lock().await;
        match &*current {
            State::In(session) if Some(session) != stale => return Ok(session.clone()),
            State::Refused(refused) => return Err(ReplyError::Refused(refused.clone())),
            State::In(_) | State::Out => {}
        }
        let opened = self.open().await;
        *current = match &opened {
            Ok(session) => State::In(session.clone()),
            Err(error) => error.refused().map_or(State::Out, State::Refused),
        };
        opened
    }

    /// Forgets that signing in was refused: somebody asks for another try.
    pub(super) async fn forget_refusal(&self) {
        let mut state = self.state.lock().await;
        if matches!(*state, State::Refused(_)) {
            *state = State::Out;
        }
    }

    /// Whether a session is open.
    pub(super) async fn is_signed_in(&self) -> bool {
        matches!(*self.state.lock().await, State::In(_))
    }

    /// Gives the session up.
    pub(super) async fn sign_out(&self) {
        *self.state.lock().await = State::Out;
    }

    /// Opens a session.
    async fn open(&self) -> Result<Session, ReplyError> {
        let endpoint = &self.access.endpoint;
        let SignIn::Password { user, password } = &self.access.sign_in else {
            return self.open_by_token().await;
        };
        let call = Call::Login { user, password: password.expose_secret() };
        let login = endpoint.soap();
        let result = self.answer(&login, call, None, reply::login).await;
        let result = result.map_err(ReplyError::of_sign_in)?;
        Session::new(&login, result)
    }

    async fn open_by_token(&self) -> Result<Session, ReplyError> {
        let token = self.token().await?;
        let endpoint = &self.access.endpoint;
        let url = followed(&endpoint.token(), &token.instance_url)?;
        let url = endpoint.on(&url).soap();
        let organization = if let Some(organization) = token.organization {
            organization
        } else {
            let id = Some(token.session_id.expose_secret());
            self.answer(&url, Call::UserInfo, id, reply::user_info).await?
        };
        Ok(Session::of(token, url, organization))
    }

    /// Asks for a token, again and again while that makes sense.
    async fn token(&self) -> Result<oauth::Token, ReplyError> {
        let mut made = 0;
        loop {
            match self.token_once().await {
                Ok(token) => return Ok(token),
                Err(error) => self.pause(&mut made, "oauth2/token", error).await?,
            }
        }
    }

    /// Asks for a token. Each attempt has an assertion of its own, so that none is too old.
    async fn token_once(&self) -> Result<oauth::Token, ReplyError> {
        let Access { endpoint, sign_in } = &self.access;
        let form = oauth::form(sign_in, endpoint, self.http.clock().now());
        let form = form.expect("only the ways of OAuth end in a token");
        let mut headers = HeaderMap::new();
        let form_encoded = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form_encoded);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let body = Bytes::from(form.clone());
        let answer = self.http.send(Method::POST, &endpoint.token(), headers, body).await?;
        oauth::token(&answer, &form, self.http.clock().now())
    }
}
