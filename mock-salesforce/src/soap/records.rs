//! Writes records into an answer: `sf:type`, the fixed `sf:Id`, then the selected fields in their order.
//!
//! The fixed `sf:Id` is nil unless Id was selected; a selected Id appears once more at its place. Fields are in the
//! record namespace, the parts of a compound address in that of the calls.

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::writer::{Xml, escape};
use crate::org::ids::RecordId;
use crate::org::render;
use crate::org::schema::FieldType;
use crate::org::store::Store;
use crate::soql::sql::{ChildQuery, Node, RecordShape};
use crate::version::ApiVersion;

/// Children of one record in an answer; asking for more is refused.
const MOST_CHILDREN: usize = 2_000;

/// Why records could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordsError {
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
    #[error("sub-queries with more than 2000 children of one record")]
    TooManyChildren,
    #[error("more records at once than an answer can hold")]
    PageFull,
}

/// Writes the records of one answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordWriter<'s> {
    pub(crate) store: &'s Store,
    pub(crate) version: ApiVersion,
}

impl RecordWriter<'_> {
    /// Writes one row as an element of that name.
    pub(crate) fn record(
        &self,
        xml: &mut Xml,
        element: &str,
        shape: &RecordShape,
        row: &Row<'_>,
    ) -> Result<(), RecordsError> {
        xml.raw("<");
        xml.raw(element);
        xml.raw(" xsi:type=\"sf:sObject\">");
        self.content(xml, shape, row)?;
        xml.close(element);
        Ok(())
    }

    fn content(
        &self,
        xml: &mut Xml,
        shape: &RecordShape,
        row: &Row<'_>,
    ) -> Result<(), RecordsError> {
        let number = row.get(shape.number)?;
        let id = RecordId::new(shape.object.prefix(), number);
        xml.element("sf:type", shape.object.name());
        if shape.id_selected {
            write_id(xml, id);
        } else {
            xml.nil("sf:Id");
        }
        for node in &shape.nodes {
            match node {
                Node::Id => write_id(xml, id),
                Node::Field { name, kind, column } => {
                    write_field(xml, name, *kind, row.get_ref(*column)?);
                }
                Node::Address { name, columns } => self.address(xml, name, columns, row)?,
                Node::Parent { name, shape } => self.parent(xml, name, shape, row)?,
                Node::Children { name, query } => self.children(xml, name, query, number)?,
            }
        }
        Ok(())
    }

    /// A parent that is not there looks like a field without a value.
    fn parent(
        &self,
        xml: &mut Xml,
        name: &str,
        shape: &RecordShape,
        row: &Row<'_>,
    ) -> Result<(), RecordsError> {
        if row.get_ref(shape.number)? == ValueRef::Null {
            xml.nil(&format!("sf:{name}"));
            return Ok(());
        }
        xml.raw("<sf:");
        xml.raw(name);
        xml.raw(" xsi:type=\"sf:sObject\">");
        self.content(xml, shape, row)?;
        xml.raw("</sf:");
        xml.raw(name);
        xml.raw(">");
        Ok(())
    }

    fn children(
        &self,
        xml: &mut Xml,
        name: &str,
        query: &ChildQuery,
        parent: i64,
    ) -> Result<(), RecordsError> {
        let mut records = Xml::default();
        let mut size = 0;
        self.store.read_children(query, parent, |row| {
            size += 1;
            if size > MOST_CHILDREN {
                return Err(RecordsError::TooManyChildren);
            }
            self.record(&mut records, "records", &query.shape, row)
        })?;
        if size == 0 {
            xml.nil(&format!("sf:{name}"));
            return Ok(());
        }
        xml.raw(&format!(
            "<sf:{name} xsi:type=\"QueryResult\"><done>true</done><queryLocator xsi:nil=\"true\"/>"
        ));
        xml.0.append(&mut records.0);
        xml.raw(&format!("<size>{size}</size></sf:{name}>"));
        Ok(())
    }

    fn address(
        &self,
        xml: &mut Xml,
        name: &str,
        columns: &[Option<usize>; 8],
        row: &Row<'_>,
    ) -> Result<(), RecordsError> {
        let mut values = [ValueRef::Null; 8];
        for (value, column) in values.iter_mut().zip(columns) {
            if let Some(column) = column {
                *value = row.get_ref(*column)?;
            }
        }
        if values.iter().all(|value| *value == ValueRef::Null) {
            xml.nil(&format!("sf:{name}"));
            return Ok(());
        }
        let [street, city, state, postal_code, country, latitude, longitude, accuracy] = values;
        xml.raw(&format!("<sf:{name} xsi:type=\"address\">"));
        write_part(xml, "latitude", FieldType::Double, latitude);
        write_part(xml, "longitude", FieldType::Double, longitude);
        write_part(xml, "city", FieldType::Text, city);
        write_part(xml, "country", FieldType::Text, country);
        write_part(xml, "countryCode", FieldType::Text, ValueRef::Null);
        if self.version.has_geocode_accuracy() {
            write_part(xml, "geocodeAccuracy", FieldType::Text, accuracy);
        }
        write_part(xml, "postalCode", FieldType::Text, postal_code);
        write_part(xml, "state", FieldType::Text, state);
        write_part(xml, "stateCode", FieldType::Text, ValueRef::Null);
        write_part(xml, "street", FieldType::Text, street);
        xml.raw(&format!("</sf:{name}>"));
        Ok(())
    }
}

fn write_id(xml: &mut Xml, id: RecordId) {
    xml.raw("<sf:Id>");
    id.write(&mut xml.0);
    xml.raw("</sf:Id>");
}

fn write_field(xml: &mut Xml, name: &str, kind: FieldType, value: ValueRef<'_>) {
    xml.raw("<sf:");
    xml.raw(name);
    if value == ValueRef::Null {
        xml.raw(" xsi:nil=\"true\"/>");
        return;
    }
    xml.raw(">");
    render::write(kind, value, &mut xml.0, escape);
    xml.raw("</sf:");
    xml.raw(name);
    xml.raw(">");
}

fn write_part(xml: &mut Xml, name: &str, kind: FieldType, value: ValueRef<'_>) {
    if value == ValueRef::Null {
        return xml.nil(name);
    }
    xml.open(name);
    render::write(kind, value, &mut xml.0, escape);
    xml.close(name);
}
