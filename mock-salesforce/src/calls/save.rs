//! create, update, delete, undelete and merge: what the writing calls send, and what they get back.
//!
//! A call saves up to 200 records in one transaction. Each record has its own result; with `AllOrNoneHeader` one bad
//! record undoes them all.

use super::arguments::{misplaced, only, texts};
use super::describe::known_object;
use super::{Call, Reply};
use crate::org::SaveError;
use crate::org::ids::{AnyId, RecordId};
use crate::org::records::{Author, Given, Rights, WriteError};
use crate::org::schema::{FieldType, ObjectKind};
use crate::org::store::Store;
use crate::session::Session;
use crate::soap::envelope::{Element, Namespace};
use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::writer::Xml;

/// Records one call may save.
const MOST_RECORDS: usize = 200;

/// A record as a client sends it.
struct Sent {
    object: ObjectKind,
    id: Option<String>,
    fields: Vec<Given>,
}

/// What became of one record: its id, and for a merge which records were merged and moved.
struct Saved {
    id: RecordId,
    merged: Vec<RecordId>,
    moved: Vec<RecordId>,
}

type Outcome = Result<Saved, SaveError>;

/// create.
pub(super) fn create(call: &Call<'_>, element: &Element, session: Session) -> Result<Reply, Fault> {
    let sent = sent_records(call, element)?;
    save(call, "createResponse", session, sent, |store, record, author| {
        if record.id.is_some() {
            return Err(SaveError::new(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                "cannot specify Id in an insert call",
            )
            .into());
        }
        Ok(plain(store.create(record.object, &record.fields, author)?))
    })
}

/// update.
pub(super) fn update(call: &Call<'_>, element: &Element, session: Session) -> Result<Reply, Fault> {
    let sent = sent_records(call, element)?;
    save(call, "updateResponse", session, sent, |store, record, author| {
        let Some(id) = &record.id else {
            return Err(
                SaveError::new("MISSING_ARGUMENT", "Id not specified in an update call").into()
            );
        };
        let id = target(id, Some(record.object))?;
        store.change(id, &record.fields, author)?;
        Ok(plain(id))
    })
}

/// delete.
pub(super) fn delete(call: &Call<'_>, element: &Element, session: Session) -> Result<Reply, Fault> {
    save(call, "deleteResponse", session, sent_ids(element)?, |store, id, author| {
        let id = target(&id, None)?;
        store.delete(id, author)?;
        Ok(plain(id))
    })
}

/// undelete.
pub(super) fn undelete(
    call: &Call<'_>,
    element: &Element,
    session: Session,
) -> Result<Reply, Fault> {
    save(call, "undeleteResponse", session, sent_ids(element)?, |store, id, author| {
        let id = target(&id, None)?;
        store.undelete(id, author)?;
        Ok(plain(id))
    })
}

/// merge.
pub(super) fn merge(call: &Call<'_>, element: &Element, session: Session) -> Result<Reply, Fault> {
    only(element, &["request"])?;
    let mut requests = Vec::new();
    for request in &element.children {
        only(request, &["masterRecord", "recordToMergeIds"])?;
        let master = request.children.iter().find(|child| child.name == "masterRecord");
        let master = master.ok_or_else(|| {
            Fault::client("Missing required element masterRecord in a merge request")
        })?;
        let losers: Vec<String> = texts(request, "recordToMergeIds").map(str::to_owned).collect();
        requests.push((sent_record(call, master)?, losers));
    }
    within_limit(requests.len())?;
    save(call, "mergeResponse", session, requests, |store, (master, losers), author| {
        let id = master.id.as_deref().unwrap_or_default();
        let id = target(id, Some(master.object))?;
        let merged = losers
            .iter()
            .map(|loser| target(loser, Some(master.object)))
            .collect::<Result<Vec<_>, _>>()?;
        let moved = store.merge(id, &master.fields, &merged, author)?;
        Ok(Saved { id, merged, moved })
    })
}

fn plain(id: RecordId) -> Saved {
    Saved { id, merged: Vec::new(), moved: Vec::new() }
}

/// The record an id names. An id of another org names nothing that could be written to.
fn target(id: &str, object: Option<ObjectKind>) -> Result<RecordId, SaveError> {
    let known =
        AnyId::parse(id).ok_or_else(|| SaveError::new("MALFORMED_ID", format!("bad id {id}")))?;
    if object.is_some_and(|object| object.prefix() != known.prefix()) {
        return Err(SaveError::new("MALFORMED_ID", format!("id value of incorrect type: {id}")));
    }
    known
        .in_this_org()
        .ok_or_else(|| SaveError::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
}

fn within_limit(count: usize) -> Result<(), Fault> {
    if count <= MOST_RECORDS {
        return Ok(());
    }
    let message = format!(
        "record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
    );
    Err(Fault::api("EXCEEDED_ID_LIMIT", message, FaultDetail::UnexpectedError))
}

fn sent_ids(element: &Element) -> Result<Vec<String>, Fault> {
    only(element, &["ids"])?;
    let ids: Vec<String> = texts(element, "ids").map(str::to_owned).collect();
    within_limit(ids.len())?;
    Ok(ids)
}

fn sent_records(call: &Call<'_>, element: &Element) -> Result<Vec<Sent>, Fault> {
    only(element, &["sObjects"])?;
    within_limit(element.children.len())?;
    element.children.iter().map(|record| sent_record(call, record)).collect()
}

/// Reads one record. Its parts are in the record namespace; many clients put them into that of the calls, which
/// Salesforce takes too.
fn sent_record(call: &Call<'_>, record: &Element) -> Result<Sent, Fault> {
    let no_type = || {
        Fault::api(
            "INVALID_TYPE",
            "Must send a concrete entity type.",
            FaultDetail::InvalidSObject(-1, -1),
        )
    };
    let named = record.children.iter().find(|child| child.name == "type").ok_or_else(no_type)?;
    let object = known_object(&named.text)?;
    let store = call.instance.org.store();
    let known = store.schema().object(object);
    let mut sent = Sent { object, id: None, fields: Vec::new() };
    for child in &record.children {
        if !matches!(child.namespace, Namespace::SObject | Namespace::Partner | Namespace::None)
            || !child.children.is_empty()
        {
            return Err(misplaced(child));
        }
        let name = match child.name.as_str() {
            "type" => continue,
            "fieldsToNull" => child.text.trim(),
            name => name,
        };
        let field = known.visible_field(name).ok_or_else(|| {
            let message = format!("No such column '{name}' on sobject of type {}", object.name());
            Fault::api("INVALID_FIELD", message, FaultDetail::InvalidField(-1, -1))
        })?;
        if field.kind == FieldType::Id {
            sent.id = (!child.nil && !child.text.is_empty()).then(|| child.text.trim().to_owned());
        } else if child.name == "fieldsToNull" {
            sent.fields.push((name.to_owned(), None));
        } else if !child.nil {
            // A nil element says nothing: a field is emptied by fieldsToNull.
            sent.fields.push((name.to_owned(), Some(child.text.clone())));
        }
    }
    Ok(sent)
}

/// Why a transaction ended without being kept.
enum Undone {
    AllOrNone(Vec<Outcome>),
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Undone {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

fn save<T>(
    call: &Call<'_>,
    response: &str,
    session: Session,
    records: Vec<T>,
    save_one: impl Fn(&Store, T, Author) -> Result<Saved, WriteError>,
) -> Result<Reply, Fault> {
    let author = Author { user: session.user, now: call.now, rights: Rights::Api };
    let store = call.instance.org.store();
    let attempt = store.atomically(|| {
        let mut outcomes = Vec::with_capacity(records.len());
        for record in records {
            outcomes.push(match save_one(&store, record, author) {
                Ok(saved) => Ok(saved),
                Err(WriteError::Refused(error)) => Err(error),
                Err(WriteError::Database(error)) => return Err(Undone::Database(error)),
            });
        }
        if call.headers.all_or_none && outcomes.iter().any(Result::is_err) {
            return Err(Undone::AllOrNone(outcomes));
        }
        Ok(outcomes)
    });
    let outcomes = match attempt {
        Ok(outcomes) => outcomes,
        Err(Undone::AllOrNone(outcomes)) => outcomes.into_iter().map(rolled_back).collect(),
        Err(Undone::Database(error)) => return Err(Fault::internal(&error)),
    };
    let mut xml = Xml::default();
    xml.open(response);
    for outcome in &outcomes {
        write_outcome(&mut xml, outcome);
    }
    xml.close(response);
    Ok(Reply { refusals: refusals(&outcomes), ..Reply::with_nils(xml) })
}

/// Refused records the journal tells one by one.
const MOST_REFUSALS: usize = 5;

/// Which records were refused and why.
fn refusals(outcomes: &[Outcome]) -> Option<String> {
    let refused: Vec<(usize, &SaveError)> = (1..)
        .zip(outcomes)
        .filter_map(|(place, outcome)| Some((place, outcome.as_ref().err()?)))
        .collect();
    let told = refused.iter().take(MOST_REFUSALS);
    let mut told: Vec<String> =
        told.map(|(place, error)| format!("record {place}: {error}")).collect();
    if let Some(more) = refused.len().checked_sub(MOST_REFUSALS).filter(|more| *more > 0) {
        told.push(format!("and {more} more"));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

fn rolled_back(outcome: Outcome) -> Outcome {
    outcome.and_then(|_| {
        let message =
            "Record rolled back because not all records were valid and the request was using AllOrNone header";
        Err(SaveError::new("ALL_OR_NONE_OPERATION_ROLLED_BACK", message))
    })
}

fn write_outcome(xml: &mut Xml, outcome: &Outcome) {
    xml.open("result");
    match outcome {
        Ok(saved) => {
            xml.element("id", &saved.id.to_string());
            for merged in &saved.merged {
                xml.element("mergedRecordIds", &merged.to_string());
            }
            xml.element("success", "true");
            for moved in &saved.moved {
                xml.element("updatedRelatedIds", &moved.to_string());
            }
        }
        Err(error) => {
            xml.open("errors");
            for field in &error.fields {
                xml.element("fields", field);
            }
            xml.element("message", &error.message);
            xml.element("statusCode", error.status);
            xml.close("errors");
            xml.nil("id");
            xml.element("success", "false");
        }
    }
    xml.close("result");
}
