//! The requests, as Salesforce's Partner WSDL asks for them.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::{Timestamp, ToSpan};

use crate::domain::fields::{SourceField, table};
use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;
use crate::ports::Select;

/// Rows asked for in one page: the most Salesforce gives.
const BATCH: u32 = 2_000;

/// A call, and its name for the `SOAPAction` header and the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call<'a> {
    /// Opens a session.
    Login {
        /// The user name.
        user: &'a str,
        /// The password, with the security token at its end.
        password: &'a str,
    },
    /// Asks for the server's time.
    ServerTime,
    /// Asks who is signed in.
    UserInfo,
    /// Asks which fields of an object the user can see.
    Describe(&'a str),
    /// Runs a query.
    Query(&'a str),
    /// Runs a query that finds deleted records too.
    QueryAll(&'a str),
    /// Fetches the next page of one.
    QueryMore(&'a str),
}

impl Call<'_> {
    /// The call's name in the WSDL.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Login { .. } => "login",
            Self::ServerTime => "getServerTimestamp",
            Self::UserInfo => "getUserInfo",
            Self::Describe(_) => "describeSObject",
            Self::Query(_) => "query",
            Self::QueryAll(_) => "queryAll",
            Self::QueryMore(_) => "queryMore",
        }
    }

    /// The request's text; every call but login needs a session.
    pub(crate) fn envelope(&self, session: Option<&str>) -> String {
        let mut xml = String::from(concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
            r#" xmlns="urn:partner.soap.sforce.com">"#
        ));
        if let Some(session) = session {
            xml.push_str("<soapenv:Header><SessionHeader>");
            element(&mut xml, "sessionId", session);
            xml.push_str("</SessionHeader>");
            if matches!(self, Self::Query(_) | Self::QueryAll(_) | Self::QueryMore(_)) {
                let _ = write!(xml, "<QueryOptions><batchSize>{BATCH}</batchSize></QueryOptions>");
            }
            xml.push_str("</soapenv:Header>");
        }
        let name = self.name();
        let _ = write!(xml, "<soapenv:Body><{name}>");
        match self {
            Self::Login { user, password } => {
                element(&mut xml, "username", user);
                element(&mut xml, "password", password);
            }
            Self::ServerTime | Self::UserInfo => {}
            Self::Describe(object) => element(&mut xml, "sObjectType", object),
            Self::Query(soql) | Self::QueryAll(soql) => element(&mut xml, "queryString", soql),
            Self::QueryMore(locator) => element(&mut xml, "queryLocator", locator),
        }
        let _ = write!(xml, "</{name}></soapenv:Body></soapenv:Envelope>");
        xml
    }
}

/// Appends an element. Carriage returns are written as references, since XML would otherwise drop them.
fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}>");
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\r' => xml.push_str("&#xD;"),
            other => xml.push(other),
        }
    }
    let _ = write!(xml, "</{name}>");
}

/// Whether deleted records are asked for too.
pub(crate) fn wants_deleted(select: &Select) -> bool {
    match select {
        Select::Window(window) => window.deleted,
        Select::Ids(_) => true,
    }
}

/// The query for some records, after the one named, in the order of ids.
///
/// Salesforce compares moments by the second. The upper bound is therefore the next whole second: what changed
/// within the last one is read now and, as the next window overlaps, once more.
pub(crate) fn soql(
    kind: Kind,
    select: &Select,
    after: Option<SalesforceId>,
    hidden: &BTreeSet<SourceField>,
) -> String {
    let mut fields: BTreeSet<&str> = BTreeSet::new();
    for source in table(kind).iter().map(|line| line.source) {
        match source {
            hidden_one if hidden.contains(&hidden_one) => {}
            SourceField::Owner => fields.extend(["Owner.FirstName", "Owner.LastName"]),
            field => _ = fields.insert(field.api_name()),
        }
    }
    let object = object(kind);
    let account = if kind == Kind::Contact { "AccountId, " } else { "" };
    let deleted = if wants_deleted(select) { "IsDeleted, MasterRecordId, " } else { "" };
    let fields = Vec::from_iter(fields).join(", ");
    let mut query = format!("SELECT Id, SystemModstamp, {deleted}{account}{fields} FROM {object}");
    match select {
        Select::Window(window) => {
            let until = second(window.until.saturating_add(1.second()).unwrap_or(window.until));
            let _ = write!(query, " WHERE SystemModstamp < {until}");
            if let Some(from) = window.from {
                let _ = write!(query, " AND SystemModstamp >= {}", second(from));
            }
        }
        Select::Ids(ids) => {
            let ids: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
            let _ = write!(query, " WHERE Id IN ({})", ids.join(", "));
        }
    }
    if let Some(after) = after {
        let _ = write!(query, " AND Id > '{after}'");
    }
    query.push_str(" ORDER BY Id");
    query
}

/// The object whose records become records of this kind.
pub(crate) fn object(kind: Kind) -> &'static str {
    match kind {
        Kind::Company => "Account",
        Kind::Contact => "Contact",
    }
}

/// A moment as SOQL writes it, its fraction of a second dropped.
fn second(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Window;

    fn everything() -> Select {
        Select::Window(Window { from: None, until: Timestamp::UNIX_EPOCH, deleted: false })
    }

    #[test]
    fn a_query_carries_its_session_and_the_greatest_batch() {
        let query = Call::Query("SELECT Id FROM Account WHERE Name < 'a&b'");

        assert_eq!(
            query.envelope(Some("00D!x")),
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?>"#,
                r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
                r#" xmlns="urn:partner.soap.sforce.com">"#,
                "<soapenv:Header><SessionHeader><sessionId>00D!x</sessionId></SessionHeader>",
                "<QueryOptions><batchSize>2000</batchSize></QueryOptions></soapenv:Header>",
                "<soapenv:Body><query><queryString>",
                "SELECT Id FROM Account WHERE Name &lt; 'a&amp;b'",
                "</queryString></query></soapenv:Body></soapenv:Envelope>"
            )
        );
    }

    #[test]
    fn the_window_and_the_last_record_taken_become_conditions() {
        let window = Select::Window(Window {
            from: Some("2026-03-01T10:00:00.9Z".parse().unwrap()),
            until: "2026-03-01T10:20:30.5Z".parse().unwrap(),
            deleted: true,
        });
        let after = "003000000000001".parse().ok();

        let query = soql(Kind::Contact, &window, after, &BTreeSet::new());

        assert_eq!(
            query,
            "SELECT Id, SystemModstamp, IsDeleted, MasterRecordId, AccountId, Email, Fax, FirstName, LastName, MailingCity, \
             MailingPostalCode, MailingState, MailingStreet, MobilePhone, OtherPhone, Phone, Title \
             FROM Contact WHERE SystemModstamp < 2026-03-01T10:20:31Z \
             AND SystemModstamp >= 2026-03-01T10:00:00Z AND Id > '003000000000001AAA' ORDER BY Id"
        );
    }

    #[test]
    fn records_named_by_their_ids_are_found_whenever_they_changed() {
        let ids = ["001000000000001", "001000000000002"].map(|id| id.parse().unwrap());

        let query = soql(Kind::Company, &Select::Ids(ids.into()), None, &BTreeSet::new());

        let end =
            " FROM Account WHERE Id IN ('001000000000001AAA', '001000000000002AAA') ORDER BY Id";
        assert!(query.ends_with(end) && query.contains("IsDeleted"), "{query}");
    }

    #[test]
    fn an_account_brings_its_owners_names_and_its_parent() {
        let query = soql(Kind::Company, &everything(), None, &BTreeSet::new());

        assert!(
            query.contains("Name, Owner.FirstName, Owner.LastName, ParentId, Phone"),
            "{query}"
        );
    }

    #[test]
    fn hidden_fields_are_not_asked_for() {
        let hidden = [SourceField::Owner, SourceField::Rating].into();

        let query = soql(Kind::Company, &everything(), None, &hidden);

        assert!(!query.contains("Owner") && !query.contains("Rating"), "{query}");
        assert!(query.contains("Name, ParentId, Phone, Sic"), "{query}");
    }
}
