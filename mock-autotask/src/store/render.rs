//! Records as the JSON of an answer.
//!
//! Rows are written into the answer as SQLite steps over them, without a tree in between: a page of 500 companies
//! is the mock's most frequent answer and its largest.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Row, params_from_iter};
use serde::{Deserialize, Serialize};

use super::{Condition, Tenant, schema};
use crate::entities::{Entity, Field, Kind};
use crate::time;

/// What stands for the user-defined fields where no record of an answer has a value in one.
///
/// The vendor's help says the collection is absent; recorded answers show it empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnsetUdfs {
    /// `"userDefinedFields":[]`
    #[default]
    Empty,
    /// No such property.
    Absent,
    /// `"userDefinedFields":null`
    Null,
}

/// How answers show records: which user-defined fields are in use, and what stands for what is not told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// User-defined fields made after this moment do not show yet.
    pub(crate) made_before: i64,
    /// What stands for them where there are no values.
    pub(crate) unset: UnsetUdfs,
    /// Inactive contacts read company 0.
    pub(crate) hides_company: bool,
}

/// Which fields of a record an answer gives.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    entity: Entity,
    /// The fields, in the order of the answer.
    fields: Vec<&'static Field>,
    /// The user-defined fields, by id and name; `None` for an entity that has none.
    udfs: Option<Vec<(i64, String)>>,
    unset: UnsetUdfs,
    /// Inactive contacts read company 0.
    hides_company: bool,
    /// User-defined fields are written out even where no record has a value in one.
    always_udfs: bool,
}

impl Columns {
    /// The fields at these places and these user-defined fields.
    pub(crate) fn new(
        entity: Entity,
        places: impl Fn(usize) -> bool,
        udfs: Vec<(i64, String)>,
        view: View,
    ) -> Self {
        let fields = &entity.definition().fields;
        Self {
            entity,
            fields: schema::of(entity)
                .answer_order
                .iter()
                .filter(|&&place| places(place))
                .map(|&place| &fields[place])
                .collect(),
            udfs: entity.definition().udf_type.map(|_| udfs),
            unset: view.unset,
            hides_company: view.hides_company && entity == Entity::Contact,
            always_udfs: false,
        }
    }

    /// The same, with all user-defined fields even where no record has a value in one.
    pub(crate) fn with_empty_udfs(mut self) -> Self {
        self.always_udfs = true;
        self
    }

    fn select(&self) -> String {
        let mut columns = String::from("\"id\"");
        for field in &self.fields {
            if self.hides_company && field.name == "companyID" {
                columns.push_str(",\"companyID\" * (\"isActive\" <> 0)");
                continue;
            }
            columns.push_str(",\"");
            columns.push_str(field.name);
            columns.push('"');
        }
        columns
    }
}

/// Some records in the order of their ids, as JSON objects joined by commas.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The objects.
    pub(crate) items: Vec<u8>,
    /// How many there are.
    pub(crate) count: usize,
    /// The last one's id.
    pub(crate) last: Option<i64>,
    /// There are further records behind the last one.
    pub(crate) more: bool,
}

impl Tenant {
    /// The records behind an id of which a condition is true: at most `size` of them.
    pub(crate) fn page(
        &self,
        columns: &Columns,
        condition: &Condition,
        after: i64,
        size: usize,
    ) -> rusqlite::Result<Page> {
        let entity = columns.entity;
        let (tested, values) = self.tested(entity, condition, after)?;
        let sql = format!(
            "SELECT {} FROM \"{}\" WHERE {tested} ORDER BY \"id\" LIMIT ?",
            columns.select(),
            entity.definition().path,
        );
        let limit = i64::try_from(size.saturating_add(1)).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values.chain([limit.into()])))?;
        let mut udfs = Udfs::prepare(self, columns)?;
        let mut page = Page::default();
        // Where each object's user-defined fields go, should the page turn out to have none at all.
        let mut ends = Vec::new();
        while let Some(row) = rows.next()? {
            if page.count == size {
                page.more = true;
                break;
            }
            if page.count > 0 {
                page.items.push(b',');
            }
            let id: i64 = row.get(0)?;
            write_fields(columns, row, &mut page.items)?;
            let start = page.items.len();
            udfs.write(id, &mut page.items)?;
            ends.push(start..page.items.len());
            page.items.push(b'}');
            page.count += 1;
            page.last = Some(id);
        }
        if !udfs.any_value && columns.udfs.is_some() && !columns.always_udfs {
            page.items = without_udfs(&page.items, &ends, columns.unset);
        }
        Ok(page)
    }
}

/// Writes `{"id":…,"field":…` without the closing brace.
fn write_fields(columns: &Columns, row: &Row<'_>, out: &mut Vec<u8>) -> rusqlite::Result<()> {
    out.push(b'{');
    for (place, field) in columns.fields.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
        write_value(field.kind, row.get_ref(place + 1)?, out);
    }
    Ok(())
}

fn write_value(kind: Kind, value: ValueRef<'_>, out: &mut Vec<u8>) {
    match (kind, value) {
        (Kind::Boolean, ValueRef::Integer(number)) => {
            out.extend_from_slice(if number == 0 { b"false" } else { b"true" });
        }
        (Kind::DateTime, ValueRef::Integer(milliseconds)) => {
            write_json(&time::print(milliseconds), out);
        }
        (_, ValueRef::Integer(number)) => write_json(&number, out),
        (_, ValueRef::Real(number)) => write_json(&number, out),
        (_, ValueRef::Text(text)) => write_json(&String::from_utf8_lossy(text), out),
        (_, ValueRef::Null | ValueRef::Blob(_)) => out.extend_from_slice(b"null"),
    }
}

fn write_json(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("numbers and texts can be written to memory");
}

/// The user-defined fields of the records of one answer.
struct Udfs<'a> {
    definitions: Option<&'a [(i64, String)]>,
    read: CachedStatement<'a>,
    entity: i64,
    any_value: bool,
}

impl<'a> Udfs<'a> {
    fn prepare(tenant: &'a Tenant, columns: &'a Columns) -> rusqlite::Result<Self> {
        Ok(Self {
            definitions: columns.udfs.as_deref(),
            read: tenant.connection.prepare_cached(
                "SELECT definition, value FROM udf_value WHERE entity = ? AND record = ? ORDER BY definition",
            )?,
            entity: schema::code(columns.entity),
            any_value: false,
        })
    }

    /// Writes `,"userDefinedFields":[…]`, each definition with its value or null.
    fn write(&mut self, record: i64, out: &mut Vec<u8>) -> rusqlite::Result<()> {
        let Some(definitions) = self.definitions else { return Ok(()) };
        if definitions.is_empty() {
            out.extend_from_slice(b",\"userDefinedFields\":[]");
            return Ok(());
        }
        let mut rows = self.read.query([self.entity, record])?;
        let mut next = rows.next()?;
        out.extend_from_slice(b",\"userDefinedFields\":[");
        for (place, (id, name)) in definitions.iter().enumerate() {
            out.extend_from_slice(if place > 0 { b",{\"name\":" } else { b"{\"name\":" });
            write_json(name, out);
            out.extend_from_slice(b",\"value\":");
            while let Some(row) = next
                && row.get::<_, i64>(0)? < *id
            {
                next = rows.next()?;
            }
            match next {
                Some(row) if row.get::<_, i64>(0)? == *id => {
                    self.any_value = true;
                    write_value(Kind::Text(0), row.get_ref(1)?, out);
                }
                _ => out.extend_from_slice(b"null"),
            }
            out.push(b'}');
        }
        out.push(b']');
        Ok(())
    }
}

/// The objects with something else in place of their user-defined fields.
fn without_udfs(items: &[u8], udfs: &[std::ops::Range<usize>], unset: UnsetUdfs) -> Vec<u8> {
    let instead: &[u8] = match unset {
        UnsetUdfs::Empty => b",\"userDefinedFields\":[]",
        UnsetUdfs::Absent => b"",
        UnsetUdfs::Null => b",\"userDefinedFields\":null",
    };
    let mut out = Vec::with_capacity(items.len());
    let mut copied = 0;
    for range in udfs {
        out.extend_from_slice(&items[copied..range.start]);
        out.extend_from_slice(instead);
        copied = range.end;
    }
    out.extend_from_slice(&items[copied..]);
    out
}
