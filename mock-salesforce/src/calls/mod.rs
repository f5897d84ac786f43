//! The calls of the Partner API: from an envelope to an answer.
//!
//! Here stands what is common to all calls: which version may call, which headers there are, who is calling, and how
//! an answer is wrapped. Each call is a function in a module of its own.

mod arguments;
mod describe;
mod headers;
mod query;
mod replicate;
mod retrieve;
mod save;
mod sign_in;
mod user_info;

use std::net::IpAddr;

use jiff::Timestamp;
use mock_kit::clock::Clock;

use crate::instance::Instance;
use crate::login;
use crate::session::{Rights, Session};
use crate::soap::envelope::{self, Element, Envelope, EnvelopeError, Namespace};
use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::writer::Xml;
use crate::version::{ApiVersion, NEWEST, OLDEST};
use headers::Headers;

/// A request, apart from its envelope.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SoapRequest<'r> {
    /// The version in the URL, as written.
    pub(crate) version: &'r str,
    /// Scheme and host the client used, for the addresses it is sent to.
    pub(crate) base_url: &'r str,
    /// Where the client's connection comes from.
    pub(crate) peer: IpAddr,
}

/// A call that has been let in: what every call may need.
#[derive(Debug)]
pub(crate) struct Call<'c> {
    instance: &'c Instance,
    version: ApiVersion,
    headers: Headers,
    base_url: &'c str,
    peer: IpAddr,
    now: Timestamp,
}

/// What a call answers.
#[derive(Debug)]
pub(crate) struct Reply {
    body: Xml,
    nils: bool,
    records: bool,
    /// Which records were refused and why, for the journal.
    refusals: Option<String>,
}

impl Reply {
    /// An answer with neither nil elements nor records.
    fn plain(body: Xml) -> Self {
        Self { body, nils: false, records: false, refusals: None }
    }

    /// An answer that uses `xsi`.
    fn with_nils(body: Xml) -> Self {
        Self { body, nils: true, records: false, refusals: None }
    }

    /// An answer that uses `xsi`, and the record namespace if there are records.
    fn with_records(body: Xml, records: bool) -> Self {
        Self { body, nils: true, records, refusals: None }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The document, in pieces to be sent one after the other.
    pub(crate) pieces: [Vec<u8>; 3],
    /// Which records were refused and why, for the journal.
    pub(crate) refusals: Option<String>,
}

/// Reads a request's envelope, or makes the fault that says why it is none.
pub(crate) fn envelope_of(body: &[u8]) -> Result<Envelope, Fault> {
    envelope::read(body).map_err(unreadable)
}

/// Answers a request.
pub(crate) fn answer(
    instance: &Instance,
    request: SoapRequest<'_>,
    envelope: Envelope,
) -> Result<Answer, Fault> {
    let element = envelope.call;
    let version = supported(request.version)?;
    if element.namespace != Namespace::Partner {
        return Err(no_operation(&element));
    }
    let call = Call {
        instance,
        version,
        headers: Headers::read(&envelope.headers)?,
        base_url: request.base_url,
        peer: request.peer,
        now: instance.clock.now(),
    };
    let daily_requests = instance.settings().daily_requests;
    instance.usage().check(call.now, daily_requests)?;
    instance.check_long_requests(call.now)?;
    if element.name == "login" {
        return Ok(wrap(sign_in::login(&call, &element)?, None));
    }
    let session = call.session()?;
    let reply = call.dispatch(&element, session)?;
    let limits = instance.usage().header(call.now, daily_requests);
    Ok(wrap(reply, Some(limits)))
}

fn supported(text: &str) -> Result<ApiVersion, Fault> {
    let refused = |message: String| {
        Fault::api("UNSUPPORTED_API_VERSION", message, FaultDetail::UnexpectedError)
    };
    match ApiVersion::parse(text) {
        Some(version) if version < OLDEST => Err(refused(format!(
            "The API version that was specified ({version}) is below the minimum supported ({OLDEST}). Change the \
             version number and run the request again."
        ))),
        Some(version) if version <= NEWEST => Ok(version),
        _ => Err(refused("Invalid Api version specified on URL".to_owned())),
    }
}

/// Faults of a request that is no envelope. What a parser would say comes as an exception of its own; the rest never
/// reached the API.
fn unreadable(error: EnvelopeError) -> Fault {
    match error {
        EnvelopeError::NotWellFormed(_) | EnvelopeError::NotUtf8(_) | EnvelopeError::Doctype => {
            Fault::unprefixed("UNKNOWN_EXCEPTION", error.to_string(), FaultDetail::UnexpectedError)
        }
        other => Fault::client(other.to_string()),
    }
}

fn no_operation(element: &Element) -> Fault {
    Fault::client(format!("No operation available for request {}", element.qualified_name()))
}

impl Call<'_> {
    /// The caller's session, or the fault for none and an ended one.
    fn session(&self) -> Result<Session, Fault> {
        let id = self.headers.session_id.as_deref().unwrap_or_default();
        self.instance.sessions().used(id, self.now).map_err(|error| {
            let reason = if id.is_empty() { "there was no session id" } else { error.reason() };
            Fault::api(
                "INVALID_SESSION_ID",
                "Invalid Session ID found in SessionHeader: Illegal Session",
                FaultDetail::UnexpectedError,
            )
            .because(reason)
        })
    }

    fn dispatch(&self, element: &Element, session: Session) -> Result<Reply, Fault> {
        if element.name == "setPassword" {
            return sign_in::set_password(self, element);
        }
        if session.rights == Rights::SetPassword {
            return Err(Fault::api(
                "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
                "The users password has expired, you must call SetPassword before attempting any other API operations",
                FaultDetail::UnexpectedError,
            )
            .because("the session was opened while the setting passwordExpired was on"));
        }
        if session.rights == Rights::OtherThanApi {
            return Err(Fault::api(
                "INVALID_SESSION_ID",
                "This session is not valid for use with the API",
                FaultDetail::UnexpectedError,
            )
            .because("the app's token has neither the scope api nor full"));
        }
        if let Some((code, message, reason)) = login::closed_api(&self.instance.settings()) {
            return Err(Fault::api(code, message, FaultDetail::UnexpectedError).because(reason));
        }
        match element.name.as_str() {
            "query" => query::query(self, element, session, query::Scope::Present),
            "queryAll" => query::query(self, element, session, query::Scope::All),
            "queryMore" => query::query_more(self, element, session),
            "retrieve" => retrieve::retrieve(self, element),
            "describeSObject" => describe::describe_one(self, element),
            "describeSObjects" => describe::describe_several(self, element),
            "describeGlobal" => describe::describe_global(self, element),
            "getUpdated" => replicate::updated(self, element),
            "getDeleted" => replicate::deleted(self, element),
            "create" => save::create(self, element, session),
            "update" => save::update(self, element, session),
            "delete" => save::delete(self, element, session),
            "undelete" => save::undelete(self, element, session),
            "merge" => save::merge(self, element, session),
            "getServerTimestamp" => user_info::server_timestamp(self, element),
            "getUserInfo" => user_info::user_info(self, element, session),
            "logout" => sign_in::logout(self, element),
            name if UNSUPPORTED.contains(&name) => {
                Err(Fault::unsupported(format!("the operation {name}")))
            }
            _ => Err(no_operation(element)),
        }
    }
}

/// Operations of the vendor's WSDL that the mock does not have.
const UNSUPPORTED: [&str; 44] = [
    "changeOwnPassword",
    "convertLead",
    "deleteByExample",
    "describeAllTabs",
    "describeAppMenu",
    "describeApprovalLayout",
    "describeAvailableQuickActions",
    "describeCompactLayouts",
    "describeDataCategoryGroupStructures",
    "describeDataCategoryGroups",
    "describeDataCategoryMappings",
    "describeGlobalTheme",
    "describeKnowledgeSettings",
    "describeLayout",
    "describeNouns",
    "describePathAssistants",
    "describePrimaryCompactLayouts",
    "describeQuickActions",
    "describeQuickActionsForRecordType",
    "describeSObjectListViews",
    "describeSearchLayouts",
    "describeSearchScopeOrder",
    "describeSearchableEntities",
    "describeSoftphoneLayout",
    "describeSoqlListViews",
    "describeTabs",
    "describeTheme",
    "describeVisualForce",
    "emptyRecycleBin",
    "executeListView",
    "findDuplicates",
    "findDuplicatesByIds",
    "invalidateSessions",
    "performQuickActions",
    "process",
    "renderEmailTemplate",
    "renderStoredEmailTemplate",
    "resetPassword",
    "retrieveMassQuickActionTemplates",
    "retrieveQuickActionTemplates",
    "search",
    "sendEmail",
    "sendEmailMessage",
    "upsert",
];

fn wrap(reply: Reply, limits: Option<Xml>) -> Answer {
    let mut head = Xml::default();
    head.raw(concat!(
        r#"<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope"#,
        r#" xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com""#
    ));
    if reply.nils {
        head.raw(r#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#);
    }
    if reply.records {
        head.raw(r#" xmlns:sf="urn:sobject.partner.soap.sforce.com""#);
    }
    head.raw(">");
    if let Some(limits) = limits {
        head.raw("<soapenv:Header>");
        head.0.extend(limits.0);
        head.raw("</soapenv:Header>");
    }
    head.raw("<soapenv:Body>");
    let tail = b"</soapenv:Body></soapenv:Envelope>".to_vec();
    Answer { pieces: [head.0, reply.body.0, tail], refusals: reply.refusals }
}
