//! Answers on their own: what one says, for whoever has it without the server it came from.

use std::collections::BTreeMap;

use http::Uri;

use super::call::{CallError, understand};
use super::metadata::Fields;
use super::query::Items;
use super::record;
use crate::domain::fields::TargetField;
use crate::domain::metadata::FieldInfo;
use crate::domain::model::{Kind, TargetRecord};
use crate::http::Answer;
use crate::ports::TargetError;

/// Reads the answer to a query: companies or contacts, whose Salesforce ids are in the field `id_field`.
pub fn records(
    kind: Kind,
    id_field: &str,
    answer: &Answer,
) -> Result<Vec<TargetRecord>, TargetError> {
    let rows = understand::<Items>(&Uri::default(), answer).and_then(Items::page);
    let records = rows.and_then(|rows| {
        rows.iter().map(|row| record::read(kind, id_field, row)).collect::<Result<_, _>>()
    });
    records.map_err(CallError::of_read)
}

/// Reads the answer that describes the fields of an entity.
pub fn fields(answer: &Answer) -> Result<BTreeMap<TargetField, FieldInfo>, TargetError> {
    let described = understand::<Fields>(&Uri::default(), answer).map_err(CallError::of_read)?;
    Ok(described.known())
}
