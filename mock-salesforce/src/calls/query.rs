//! query, queryAll and queryMore.

use super::arguments::{only, required};
use super::{Call, Reply};
use crate::org::ids::{AnyId, KeyPrefix, RecordId};
use crate::org::store::Store;
use crate::org::{Cursor, CursorOrigin};
use crate::session::Session;
use crate::soap::envelope::Element;
use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::records::{RecordWriter, RecordsError};
use crate::soap::writer::Xml;
use crate::soql::parser::parse;
use crate::soql::sql::{self, Fetch, Plan};

/// The largest page, which is also the default.
const LARGEST_PAGE: usize = 2_000;

/// The smallest page; also the page of queries for several long texts.
const SMALLEST_PAGE: usize = 200;

/// A page ends with the record that makes it as large as this, however many were asked for.
const FULL_PAGE: usize = 8 * 1024 * 1024;

/// The bytes of a record with the usual fields; a guess that saves copying.
const USUAL_RECORD: usize = 1_024;

/// Which records a query sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those not deleted.
    Present,
    /// Those in the Recycle Bin too.
    All,
}

/// Where the rest of a result is found.
struct Rest {
    cursor: i64,
    offset: i64,
}

impl Rest {
    fn locator(&self) -> String {
        format!("{}-{}", RecordId::new(KeyPrefix::QUERY_CURSOR, self.cursor), self.offset)
    }

    fn parse(locator: &str) -> Option<Self> {
        let (id, offset) = locator.split_once('-')?;
        let cursor =
            AnyId::parse(id)?.in_this_org().filter(|id| id.prefix == KeyPrefix::QUERY_CURSOR)?;
        let offset = offset.parse().ok().filter(|offset: &i64| *offset >= 0)?;
        Some(Self { cursor: cursor.number, offset })
    }
}

/// query and queryAll.
pub(super) fn query(
    call: &Call<'_>,
    element: &Element,
    session: Session,
    scope: Scope,
) -> Result<Reply, Fault> {
    only(element, &["queryString"])?;
    let text = required(element, "queryString")?;
    let steps = call.instance.settings().query_steps;
    let store = call.instance.org.store();
    let _budget = store.budget(steps);
    let response = if scope == Scope::All { "queryAllResponse" } else { "queryResponse" };
    let refused = |error| Fault::of_query(&error, text);
    let tree = parse(text).map_err(refused)?;
    match sql::plan(&tree, store.schema(), scope == Scope::All, call.now).map_err(refused)? {
        Plan::Count(statement) => {
            let size = store.count(&statement).map_err(|error| failed(&error))?;
            Ok(page(response, Records::default(), size, None))
        }
        Plan::Records { numbers, fetch } => {
            let batch = batch_size(call, &fetch);
            let origin = CursorOrigin {
                owner: session.user,
                now: call.now,
                deleted: scope == Scope::All,
                query: text,
            };
            let find = |batch| store.find(&numbers, batch, origin).map_err(|error| failed(&error));
            let mut found = find(batch)?;
            let wanted = found.first_page.len();
            let records = write(call, &store, &fetch, found.first_page, None)?;
            if records.count < wanted && found.cursor.is_none() {
                // The records are too large for one page after all: the rest needs a cursor.
                found = find(records.count)?;
            }
            let offset = i64::try_from(records.count).unwrap_or(i64::MAX);
            let rest = found.cursor.map(|cursor| Rest { cursor, offset });
            Ok(page(response, records, found.size, rest.as_ref()))
        }
    }
}

/// queryMore. A locator can be used again until its cursor expires, as after an answer that was lost.
pub(super) fn query_more(
    call: &Call<'_>,
    element: &Element,
    session: Session,
) -> Result<Reply, Fault> {
    only(element, &["queryLocator"])?;
    let Some(at) = Rest::parse(required(element, "queryLocator")?.trim()) else {
        return Err(invalid_locator("it has not the form of a locator of this org"));
    };
    let steps = call.instance.settings().query_steps;
    let store = call.instance.org.store();
    let _budget = store.budget(steps);
    let cursor = store
        .cursor(at.cursor)
        .map_err(|error| Fault::internal(&error))?
        .ok_or_else(|| invalid_locator("there is no such cursor, or none any more"))?;
    if cursor.has_expired(call.now) {
        return Err(invalid_locator("the cursor was made two days ago or earlier"));
    }
    if cursor.owner != session.user {
        return Err(invalid_locator("the cursor is another user's"));
    }
    if at.offset >= cursor.size {
        return Err(invalid_locator("the locator lies beyond the end of the result"));
    }
    let tree = parse(&cursor.query).map_err(|error| Fault::internal(&error))?;
    let plan = sql::plan(&tree, store.schema(), cursor.deleted, cursor.made)
        .map_err(|error| Fault::internal(&error))?;
    let Plan::Records { fetch, .. } = plan else {
        return Err(invalid_locator("the cursor is of a query without records"));
    };
    let batch = batch_size(call, &fetch);
    let numbers = store
        .cursor_numbers(at.cursor, at.offset, batch)
        .map_err(|error| Fault::internal(&error))?;
    let records = write(call, &store, &fetch, numbers, Some(&cursor))?;
    let next = at.offset.saturating_add(i64::try_from(records.count).unwrap_or(i64::MAX));
    let rest = (next < cursor.size).then_some(Rest { cursor: at.cursor, offset: next });
    Ok(page("queryMoreResponse", records, cursor.size, rest.as_ref()))
}

/// The batch size asked for is a hint: it is kept within bounds, and wide records come in small pages.
fn batch_size(call: &Call<'_>, fetch: &Fetch) -> usize {
    if fetch.wide {
        return SMALLEST_PAGE;
    }
    call.headers.batch_size.unwrap_or(LARGEST_PAGE).clamp(SMALLEST_PAGE, LARGEST_PAGE)
}

fn invalid_locator(reason: &'static str) -> Fault {
    Fault::api("INVALID_QUERY_LOCATOR", "invalid query locator", FaultDetail::InvalidQueryLocator)
        .because(reason)
}

/// The records of one page, written.
#[derive(Default)]
struct Records {
    xml: Xml,
    count: usize,
}

/// Writes records until there are no more, or the page is full.
fn write(
    call: &Call<'_>,
    store: &Store,
    fetch: &Fetch,
    numbers: Vec<i64>,
    cursor: Option<&Cursor>,
) -> Result<Records, Fault> {
    let mut records = Records::default();
    records.xml.0.reserve((numbers.len() * USUAL_RECORD).min(FULL_PAGE));
    let writer = RecordWriter { store, version: call.version };
    let written = store.read(fetch, numbers, cursor, |row| {
        if records.xml.0.len() >= FULL_PAGE {
            return Err(RecordsError::PageFull);
        }
        writer.record(&mut records.xml, "records", &fetch.shape, row)?;
        records.count += 1;
        Ok(())
    });
    match written {
        Ok(()) | Err(RecordsError::PageFull) => Ok(records),
        Err(error) => Err(unwritable(error)),
    }
}

fn page(response: &str, mut records: Records, size: i64, rest: Option<&Rest>) -> Reply {
    let mut xml = Xml::default();
    xml.0.reserve(records.xml.0.len() + USUAL_RECORD);
    xml.open(response);
    xml.raw("<result xsi:type=\"QueryResult\">");
    xml.element("done", if rest.is_none() { "true" } else { "false" });
    xml.nillable("queryLocator", rest.map(Rest::locator).as_deref());
    xml.0.append(&mut records.xml.0);
    xml.element("size", &size.to_string());
    xml.raw("</result>");
    xml.close(response);
    Reply::with_records(xml, records.count > 0)
}

/// The fault for a query that SQLite did not finish.
fn failed(error: &rusqlite::Error) -> Fault {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
        let message = "Your query request was running for too long.";
        return Fault::api("QUERY_TIMEOUT", message, FaultDetail::UnexpectedError)
            .because("the query took more steps than the setting querySteps");
    }
    Fault::internal(error)
}

/// The fault for records that could not be written.
pub(super) fn unwritable(error: RecordsError) -> Fault {
    match error {
        RecordsError::TooManyChildren | RecordsError::PageFull => Fault::unsupported(error),
        RecordsError::Database(error) => failed(&error),
    }
}
