//! retrieve: given fields of given records.

use std::collections::BTreeMap;

use super::arguments::{only, record_id, required, texts};
use super::describe::known_object;
use super::query::unwritable;
use super::{Call, Reply};
use crate::org::store::RecordState;
use crate::soap::envelope::Element;
use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::records::RecordWriter;
use crate::soap::writer::Xml;
use crate::soql::ast::{Name, Path, Position, Query, Select, SelectItem};
use crate::soql::sql::{self, Plan};

/// Records one call may ask for.
const MOST_IDS: usize = 2_000;

/// retrieve. Records come in the order of their ids; one that is not there, or deleted, comes as nil.
pub(super) fn retrieve(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &["fieldList", "sObjectType", "ids"])?;
    let object = known_object(required(element, "sObjectType")?)?;
    let ids: Vec<&str> = texts(element, "ids").collect();
    if ids.len() > MOST_IDS {
        let message = format!("exceeded max id limit: {MOST_IDS}");
        return Err(Fault::api("EXCEEDED_ID_LIMIT", message, FaultDetail::UnexpectedError));
    }
    let records = ids.into_iter().map(record_id).collect::<Result<Vec<_>, _>>()?;
    let internal = |error| Fault::internal(&error);
    let store = call.instance.org.store();
    let query = selection(object.name(), required(element, "fieldList")?);
    let plan = sql::plan(&query, store.schema(), false, call.now).map_err(|mut error| {
        error.at = None;
        Fault::of_query(&error, "")
    })?;
    let Plan::Records { mut fetch, .. } = plan else {
        return Err(Fault::client("retrieve needs a list of fields"));
    };
    fetch.shape.id_selected = true;
    let mut present = Vec::new();
    for record in records.iter().flatten().filter(|record| record.prefix == object.prefix()) {
        if store.state(*record).map_err(internal)? == RecordState::Present {
            present.push(record.number);
        }
    }
    let writer = RecordWriter { store: &store, version: call.version };
    let mut written = BTreeMap::new();
    store
        .read(&fetch, present, None, |row| {
            let mut xml = Xml::default();
            writer.record(&mut xml, "result", &fetch.shape, row)?;
            written.insert(row.get::<_, i64>(fetch.shape.number)?, xml);
            Ok(())
        })
        .map_err(unwritable)?;
    let mut xml = Xml::default();
    xml.open("retrieveResponse");
    for record in &records {
        let found = record
            .filter(|record| record.prefix == object.prefix())
            .and_then(|record| written.get(&record.number));
        match found {
            Some(found) => xml.0.extend_from_slice(&found.0),
            None => xml.nil("result"),
        }
    }
    xml.close("retrieveResponse");
    Ok(Reply::with_records(xml, !written.is_empty()))
}

/// The comma-separated list of fields, as a query for them.
fn selection(object: &str, fields: &str) -> Query {
    let at = Position { row: 1, column: 1 };
    let path =
        |field: &str| Path { segments: field.trim().split('.').map(str::to_owned).collect(), at };
    Query {
        select: Select::Items(
            fields.split(',').map(|field| SelectItem::Field(path(field))).collect(),
        ),
        from: Name { text: object.to_owned(), at },
        alias: None,
        condition: None,
        order_by: Vec::new(),
        limit: None,
        offset: None,
    }
}
