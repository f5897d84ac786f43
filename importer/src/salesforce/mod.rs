//! Salesforce over SOAP: the Partner API as a [`Source`].
//!
//! A session is opened by password or by an app's token, used until Salesforce no longer knows it, and then opened
//! anew, once per request. Reads are repeated after failures that pass; refused credentials never are.

mod daily;
mod endpoint;
mod fault;
mod jwt;
mod oauth;
#[cfg(test)]
mod recordings;
pub mod reply;
mod request;
mod session;
mod sign_in;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::domain::agreement::SourceSchema;
use crate::domain::fields::{SourceField, table};
use crate::domain::model::{Account, Kind, SourceContact};
use crate::http::{Answer, HttpClient, SendError};
use crate::ports::{Cursor, Page, PageAsk, Select, SignedIn, Source, SourceError};
use crate::retry::{Retry, RetryPolicy};
use daily::Watch;
use fault::Meaning;
use request::Call;
use sign_in::State;

pub use endpoint::{ApiVersion, Endpoint};
pub use fault::Fault;
pub use jwt::{BadKey, SigningKey};
pub use oauth::Refusal;
pub use reply::{QueryResult, Record, query_result};
pub use sign_in::{Access, Refused, SignIn};
pub use xml::XmlError;

/// Why a call to Salesforce has no result.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// Salesforce says why.
    #[error("Salesforce refused the call")]
    Fault(#[source] Fault),
    /// The answer is not what the call answers.
    #[error("Salesforce's answer cannot be understood")]
    Unreadable(#[from] XmlError),
    /// The answer is a page or an error of something in between.
    #[error("Salesforce answered with status {status} and no SOAP: {text:?}")]
    NotSoap {
        /// The HTTP status.
        status: StatusCode,
        /// What the answer says, shortened.
        text: String,
    },
    /// Salesforce gives the app no token.
    #[error("Salesforce gives no token")]
    Token(#[source] Refusal),
    /// The answer to a request for a token is something else.
    #[error(
        "Salesforce answered the request for a token with status {status} and something else: {text:?}; see that \
         `url` in [salesforce] names the organization's own domain or Salesforce's login host"
    )]
    NotAToken {
        /// The HTTP status.
        status: StatusCode,
        /// What the answer says, shortened; nothing where it might be a token.
        text: String,
    },
    /// Signing in was refused before, and is not tried again for now.
    #[error("{0}")]
    Refused(Refused),
    /// A session that was just opened is not known.
    #[error(
        "Salesforce does not take the session it has just opened; an app needs the scope `api` for it, and a session \
         may be locked to the address it was opened from (Setup, Session Settings)"
    )]
    NewSessionRefused(#[source] Fault),
    /// The answer leads to a server that is not Salesforce's.
    #[error(
        "the sign-in leads to {0}, which does not belong to where it was made; it is not followed"
    )]
    Astray(String),
    /// The user does not see a field that records are recognised by.
    #[error(
        "the user does not see {object}.{field}, by which records are recognised: without it, those that are in \
         Autotask already would be created again; a profile or permission set can show it"
    )]
    Indispensable {
        /// The object.
        object: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The organization's requests of the day are used up.
    #[error(
        "the organization has used up its API requests of the last 24 hours, so Salesforce answers no integration; \
         they come free again by and by, and a later import goes on by itself. Setup, Company Information shows the \
         requests; a longer `interval_minutes`, fewer requests by other integrations or a larger allowance help"
    )]
    UsedUp(#[source] Fault),
    /// The user may not read the object.
    #[error(
        "the user may not read the object: give it Read, and best View All, on accounts and contacts (a profile such as \
         \"Minimum Access\" has neither)"
    )]
    NoAccess(#[source] Fault),
    /// It is outside of the user's login hours.
    #[error(
        "the user's profile has login hours, and this is outside of them; an import within them goes on by itself, and \
         one at any hour takes wider ones"
    )]
    Closed(#[source] Fault),
    /// The organization's requests of the day are nearly used up, and the rest is left to others.
    #[error(
        "the organization has used {used} of the {limit} API requests of its last 24 hours; the last \
         {leave_percent} per cent are left to other integrations (`leave_percent` in [salesforce]). A later import \
         goes on by itself once some have come free; until then nothing is sent for an hour at a time"
    )]
    NearlyUsedUp {
        /// The requests of the last 24 hours.
        used: u64,
        /// How many there may be.
        limit: u64,
        /// The part that is left to others, in per cent.
        leave_percent: u64,
    },
    /// There is no answer.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl ReplyError {
    /// Whether the call, which only reads, may be repeated.
    fn retry(&self) -> Retry {
        match self {
            Self::Fault(fault) => fault.retry(),
            Self::Token(refusal) => refusal.retry(),
            Self::NotAToken { status, .. } if oauth::may_pass(*status) => Retry::Soon,
            Self::Unreadable(XmlError::Truncated(_) | XmlError::NotSoap(_)) => Retry::Soon,
            Self::Unreadable(_)
            | Self::NotAToken { .. }
            | Self::Refused(_)
            | Self::NewSessionRefused(_)
            | Self::Astray(_)
            | Self::Indispensable { .. }
            | Self::UsedUp(_)
            | Self::Closed(_)
            | Self::NoAccess(_)
            | Self::NearlyUsedUp { .. }
            | Self::Send(SendError::TooLarge { .. } | SendError::Untrusted { .. }) => Retry::Never,
            Self::NotSoap { status, .. } if !oauth::may_pass(*status) => Retry::Never,
            Self::NotSoap { .. } | Self::Send(_) => Retry::Soon,
        }
    }

    /// The error of a sign-in: whatever will not pass by itself refuses it, known or not. Each further try would count
    /// towards locking the user, and may send somebody a code to enter.
    fn of_sign_in(self) -> Self {
        match self {
            Self::Fault(fault) if fault.meaning() == Meaning::Permanent => Self::Refused(Refused {
                message: fault.to_string(),
                remedy: "the user's Login History in Salesforce (Setup) may tell more".to_owned(),
            }),
            error => error,
        }
    }

    /// Whether the session's server may not be the organization's any more: organizations move, and are renamed.
    fn may_have_moved(&self) -> bool {
        match self {
            Self::NotSoap { .. } | Self::Send(_) => true,
            Self::Fault(fault) => fault.meaning() == Meaning::Permanent,
            _ => false,
        }
    }

    /// That nobody is let in until a person has acted, and what to do; `None` for any other error.
    fn refused(&self) -> Option<Refused> {
        match self {
            Self::Fault(fault) => match fault.meaning() {
                Meaning::SignInRefused(remedy) => {
                    Some(Refused { message: fault.to_string(), remedy: remedy.to_owned() })
                }
                _ => None,
            },
            Self::Token(refusal) => {
                refusal.remedy().map(|remedy| Refused { message: refusal.to_string(), remedy })
            }
            Self::Refused(refused) => Some(refused.clone()),
            _ => None,
        }
    }
}

impl From<ReplyError> for SourceError {
    fn from(error: ReplyError) -> Self {
        if let Some(Refused { message, remedy }) = error.refused() {
            return Self::SignInRefused { message, remedy };
        }
        let ReplyError::Fault(fault) = error else { return Self::Unavailable(Box::new(error)) };
        match fault.meaning() {
            Meaning::UsedUp => Self::Unavailable(Box::new(ReplyError::UsedUp(fault))),
            Meaning::Closed => Self::Unavailable(Box::new(ReplyError::Closed(fault))),
            Meaning::NoAccess => Self::Unavailable(Box::new(ReplyError::NoAccess(fault))),
            Meaning::CursorLost => Self::CursorLost,
            _ => Self::Unavailable(Box::new(ReplyError::Fault(fault))),
        }
    }
}

/// Fields that the user does not see.
type Hidden = Arc<BTreeSet<SourceField>>;

/// A Salesforce organization.
#[derive(Debug)]
pub struct Salesforce {
    http: HttpClient,
    access: Access,
    retry: RetryPolicy,
    state: Mutex<State>,
    /// The organization's requests of the day.
    watch: Watch,
    /// Fields the user turned out not to see, by kind of record, and when.
    hidden: Mutex<BTreeMap<Kind, (Timestamp, Hidden)>>,
}

/// For how long fields count as hidden before they are asked for again.
const HIDDEN_FOR: SignedDuration = SignedDuration::from_hours(24);

impl Salesforce {
    /// An organization that is reached with this client.
    pub fn new(http: HttpClient, access: Access, retry: RetryPolicy) -> Self {
        let (state, hidden) = Default::default();
        Self { http, access, retry, state, watch: Watch::default(), hidden }
    }

    /// Leaves this part of the organization's requests of a day to other integrations, in per cent.
    #[must_use]
    pub fn leaving(mut self, percent: u64) -> Self {
        self.watch = Watch::new(percent);
        self
    }

    /// Makes a call and reads its answer, again and again while that makes sense.
    async fn answer<T>(
        &self,
        url: &Uri,
        call: Call<'_>,
        session: Option<&str>,
        read: fn(&str) -> Result<T, ReplyError>,
    ) -> Result<T, ReplyError> {
        let mut made = 0;
        loop {
            match self.exchange(url, call, session).await.and_then(|text| read(&text)) {
                Ok(value) => return Ok(value),
                Err(error) => self.pause(&mut made, call.name(), error).await?,
            }
        }
    }

    /// Waits after an attempt that failed, if another one makes sense; else that is the end of it.
    async fn pause(
        &self,
        made: &mut u32,
        call: &'static str,
        error: ReplyError,
    ) -> Result<(), ReplyError> {
        *made += 1;
        let Some(pause) = self.retry.pause_after(*made, error.retry()) else {
            return Err(error);
        };
        tracing::warn!(
            call,
            attempt = made,
            pause_ms = pause.as_millis(),
            %error,
            "Salesforce did not answer the call; trying again"
        );
        self.http.clock().sleep(pause).await;
        Ok(())
    }

    /// Sends one call and returns the text of its answer, faults included.
    async fn exchange(
        &self,
        url: &Uri,
        call: Call<'_>,
        session: Option<&str>,
    ) -> Result<String, ReplyError> {
        self.watch.check(self.http.clock().now())?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=UTF-8"));
        // The header has to be there; what it says is ignored.
        headers.insert(HeaderName::from_static("soapaction"), HeaderValue::from_static("\"\""));
        let body = Bytes::from(call.envelope(session));
        let text = text_of(self.http.send(Method::POST, url, headers, body).await?)?;
        self.watch.note(self.http.clock().now(), &text);
        Ok(text)
    }

    /// Makes a call within a session. A session that has ended is renewed, once.
    async fn call<T>(
        &self,
        call: Call<'_>,
        read: fn(&str) -> Result<T, ReplyError>,
    ) -> Result<T, ReplyError> {
        let mut session = self.session(None).await?;
        let mut renewed = false;
        loop {
            let outcome = self.answer(session.url(), call, Some(session.id()), read).await;
            match outcome {
                Err(ReplyError::Fault(fault)) if fault.meaning() == Meaning::SessionExpired => {
                    if renewed {
                        return Err(ReplyError::NewSessionRefused(fault));
                    }
                    renewed = true;
                    session = self.session(Some(&session)).await?;
                }
                outcome => return outcome,
            }
        }
    }

    async fn page<T: Record>(
        &self,
        kind: Kind,
        select: &Select,
        ask: PageAsk,
    ) -> Result<Page<T>, SourceError> {
        let mut hidden = self.hidden(kind).await;
        let result = match &ask {
            PageAsk::After(after) => {
                let soql = request::soql(kind, select, *after, &hidden);
                match self.call(query(select, &soql), query_result).await {
                    Err(ReplyError::Fault(fault)) if fault.code == "INVALID_FIELD" => {
                        hidden = self.find_hidden(kind, fault).await?;
                        let soql = request::soql(kind, select, *after, &hidden);
                        self.call(query(select, &soql), query_result).await?
                    }
                    result => result?,
                }
            }
            PageAsk::Next(Cursor(locator)) => {
                self.call(Call::QueryMore(locator), query_result).await?
            }
        };
        Ok(Page {
            hidden,
            records: result.records,
            next: result.locator.map(Cursor),
            total: result.size,
        })
    }
}

fn query<'a>(select: &Select, soql: &'a str) -> Call<'a> {
    if request::wants_deleted(select) { Call::QueryAll(soql) } else { Call::Query(soql) }
}

/// Fields by which records are recognised: without them companies that are there would be created again.
const INDISPENSABLE: [SourceField; 6] = [
    SourceField::Name,
    SourceField::BillingStreet,
    SourceField::BillingCity,
    SourceField::BillingState,
    SourceField::FirstName,
    SourceField::LastName,
];

impl Salesforce {
    /// The imported fields that the user sees.
    async fn describe(&self, kind: Kind) -> Result<SourceSchema, SourceError> {
        let object = request::object(kind);
        let described = self.call(Call::Describe(object), reply::described_fields).await?;
        let info = |field: SourceField| {
            let name = match field {
                SourceField::Owner => "OwnerId",
                field => field.api_name(),
            };
            let (_, info) = described.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            Some((field, info.clone()))
        };
        Ok(table(kind).iter().filter_map(|line| info(line.source)).collect())
    }

    /// Finds out which fields a refused query should not have asked for (rule V7). Asked for only then, as it costs
    /// a request and most users see everything.
    async fn find_hidden(&self, kind: Kind, refused: Fault) -> Result<Hidden, SourceError> {
        let object = request::object(kind);
        let seen = self.describe(kind).await?;
        let hidden: BTreeSet<_> = table(kind)
            .iter()
            .map(|line| line.source)
            .filter(|field| !seen.contains_key(field))
            .collect();
        if let Some(missing) = hidden.iter().find(|field| INDISPENSABLE.contains(field)) {
            let missing = missing.api_name();
            return Err(ReplyError::Indispensable { object, field: missing }.into());
        }
        if hidden.is_empty() {
            return Err(ReplyError::Fault(refused).into());
        }
        let hidden = Arc::new(hidden);
        let now = self.http.clock().now();
        self.hidden.lock().await.insert(kind, (now, Arc::clone(&hidden)));
        Ok(hidden)
    }

    /// The fields that the user did not see when they were last asked for.
    async fn hidden(&self, kind: Kind) -> Hidden {
        self.hidden
            .lock()
            .await
            .get(&kind)
            .map(|(_, fields)| Arc::clone(fields))
            .unwrap_or_default()
    }

    /// Has fields asked for again that were hidden long ago: somebody may have shown them to the user.
    async fn forget_hidden(&self) {
        let now = self.http.clock().now();
        self.hidden.lock().await.retain(|_, (since, _)| now.duration_since(*since) < HIDDEN_FOR);
    }

    /// Salesforce's time. A session of an earlier import whose server no longer answers as one is replaced.
    async fn server_time(&self) -> Result<Timestamp, ReplyError> {
        let kept = self.is_signed_in().await;
        match self.call(Call::ServerTime, reply::server_time).await {
            Err(error) if kept && error.may_have_moved() => {
                tracing::warn!(%error, "the session's server does not answer; signing in anew");
                self.sign_out().await;
                self.call(Call::ServerTime, reply::server_time).await
            }
            told => told,
        }
    }
}

/// The text of an answer that may be SOAP. Faults come with status 500.
fn text_of(answer: Answer) -> Result<String, ReplyError> {
    let status = answer.status;
    let is_xml = answer
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_none_or(|kind| kind.to_ascii_lowercase().contains("xml"));
    let text = String::from_utf8(answer.body.into())
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    let expected = status.is_success() || status == StatusCode::INTERNAL_SERVER_ERROR;
    if is_xml && expected {
        return Ok(text);
    }
    Err(ReplyError::NotSoap { status, text: xml::told(&text) })
}

#[async_trait]
impl Source for Salesforce {
    async fn sign_in(&self) -> Result<SignedIn, SourceError> {
        self.forget_refusal().await;
        self.forget_hidden().await;
        let server_time = self.server_time().await?;
        // The session that call was made with; a stale one has been replaced.
        let session = self.session(None).await?;
        let warnings = self.access.warnings().chain(session.warning()).collect();
        Ok(SignedIn { organization: session.organization(), server_time, warnings })
    }

    async fn accounts(&self, select: &Select, ask: PageAsk) -> Result<Page<Account>, SourceError> {
        self.page(Kind::Company, select, ask).await
    }

    async fn contacts(
        &self,
        select: &Select,
        ask: PageAsk,
    ) -> Result<Page<SourceContact>, SourceError> {
        self.page(Kind::Contact, select, ask).await
    }

    async fn schema(&self, kind: Kind) -> Result<SourceSchema, SourceError> {
        // Whoever asks wants to know what is seen by now.
        self.hidden.lock().await.remove(&kind);
        self.describe(kind).await
    }

    fn requests(&self) -> u64 {
        self.http.requests()
    }

    fn pages(&self) -> Option<String> {
        // A session that is being opened at this moment is not waited for.
        let state = self.state.try_lock().ok()?;
        let State::In(session) = &*state else { return None };
        let url = session.url();
        Some(format!("{}://{}", url.scheme_str()?, url.authority()?))
    }
}
