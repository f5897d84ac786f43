//! Turns a query's tree into SQL statements and the shape of the records they fill.
//!
//! A query runs in two steps. [`Plan::numbers`] finds which records, in which order: that is the cursor's snapshot.
//! [`Fetch`] then reads the fields of a page of them, either as they are now or as they were at an earlier change of
//! the org, so that a cursor shows one moment however long it is paged through.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::ast::{OrderKey, Path, Query, Select, SelectItem};
use super::error::{ErrorKind, SoqlError};
use super::filter::Filter;
pub(crate) use super::filter::Param;
use super::names::{self, Tables, column_sql};
use super::text::COLLATION;
use crate::org::schema::{Field, FieldType, Object, ObjectKind, Schema};

/// Columns one query may fetch; SQLite's own bound is 2,000.
const MOST_COLUMNS: usize = 1_500;

/// A statement with its parameters.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) params: Vec<Param>,
}

/// What a query comes to.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Only the number of records: one row with one column.
    Count(Statement),
    /// Records.
    Records {
        /// Finds the records' numbers in their order.
        numbers: Statement,
        /// Reads them.
        fetch: Fetch,
    },
}

/// Reads the selected fields of given records.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) shape: RecordShape,
    /// Whether so much long text is selected that pages shrink.
    pub(crate) wide: bool,
    table: ObjectKind,
    columns: Vec<(usize, String)>,
    joins: Vec<JoinedTable>,
}

#[derive(Debug)]
struct JoinedTable {
    object: ObjectKind,
    from: usize,
    column: String,
}

/// What one record of the answer looks like.
#[derive(Debug)]
pub(crate) struct RecordShape {
    pub(crate) object: ObjectKind,
    /// The column with the record's number; NULL where there is no such parent.
    pub(crate) number: usize,
    /// Whether the query asked for Id: only then is the fixed `sf:Id` filled.
    pub(crate) id_selected: bool,
    pub(crate) nodes: Vec<Node>,
}

/// One element of a record, in the order of the SELECT list.
#[derive(Debug)]
pub(crate) enum Node {
    Id,
    Field {
        name: String,
        kind: FieldType,
        column: usize,
    },
    /// A compound address: columns of street, city, state, postal code, country, latitude, longitude and accuracy.
    Address {
        name: String,
        columns: [Option<usize>; 8],
    },
    Parent {
        name: &'static str,
        shape: RecordShape,
    },
    Children {
        name: &'static str,
        query: ChildQuery,
    },
}

/// A sub-query for the children of one record.
#[derive(Debug)]
pub(crate) struct ChildQuery {
    pub(crate) shape: RecordShape,
    /// The first parameter is the parent's number, before those of the statement.
    pub(crate) statement: Statement,
}

/// The fields of a compound address, as their names end, in the order of [`Node::Address`].
const ADDRESS_PARTS: [&str; 8] = [
    "Street",
    "City",
    "State",
    "PostalCode",
    "Country",
    "Latitude",
    "Longitude",
    "GeocodeAccuracy",
];

/// Plans `query`. `deleted` says whether deleted records are seen (queryAll).
pub(crate) fn plan(
    query: &Query,
    schema: &Schema,
    deleted: bool,
    now: Timestamp,
) -> Result<Plan, SoqlError> {
    let root = names::object(schema, &query.from)?;
    let mut planner =
        Planner { schema, now, deleted, tables: Tables::new(schema, root, query.alias.clone()) };
    let fetch = match &query.select {
        Select::Count => None,
        Select::Items(items) => Some(planner.fetch(items)?),
    };
    let tail = planner.tail(query)?;
    let from = planner.from();
    let visible = planner.visible();
    let Some(fetch) = fetch else {
        // LIMIT holds for what is counted, not for the one row of the count.
        let sql =
            format!("SELECT count(*) FROM (SELECT 1 FROM {from} WHERE {visible}{})", tail.sql);
        return Ok(Plan::Count(Statement { sql, params: tail.params }));
    };
    let sql = format!("SELECT t0.n FROM {from} WHERE {visible}{}", tail.sql);
    Ok(Plan::Records { numbers: Statement { sql, params: tail.params }, fetch })
}

struct Planner<'s> {
    schema: &'s Schema,
    now: Timestamp,
    deleted: bool,
    tables: Tables<'s>,
}

impl Planner<'_> {
    /// The tables of a statement that asks for records as they are now.
    fn from(&self) -> String {
        let root = format!("\"{}\" AS t0", self.tables.root.kind.name());
        let joins = (1..).zip(&self.tables.joins).map(|(place, join)| {
            let column = column_sql(join.from, join.field);
            format!(
                " LEFT JOIN \"{}\" AS t{place} ON t{place}.n = {column}",
                join.object.kind.name()
            )
        });
        std::iter::once(root).chain(joins).collect()
    }

    fn visible(&self) -> &'static str {
        if self.deleted || !self.tables.root.kind.deletable() {
            "1"
        } else {
            "t0.\"IsDeleted\" = 0"
        }
    }

    /// Everything after `WHERE visible`.
    fn tail(&mut self, query: &Query) -> Result<Statement, SoqlError> {
        let mut filter = Filter { tables: &mut self.tables, now: self.now, params: Vec::new() };
        let condition = match &query.condition {
            Some(condition) => format!(" AND {}", filter.condition(condition)?),
            None => String::new(),
        };
        let params = filter.params;
        let order = if query.select == Select::Count {
            String::new()
        } else {
            self.order(&query.order_by)?
        };
        Ok(Statement { sql: [condition, order, limits(query)].concat(), params })
    }

    /// Without ORDER BY, and among equals, records come by number. Nulls come first in both directions, unless the
    /// query says otherwise.
    fn order(&mut self, keys: &[OrderKey]) -> Result<String, SoqlError> {
        let mut columns =
            keys.iter().map(|key| self.order_column(key)).collect::<Result<Vec<_>, _>>()?;
        columns.push("t0.n".to_owned());
        Ok(format!(" ORDER BY {}", columns.join(", ")))
    }

    fn order_column(&mut self, key: &OrderKey) -> Result<String, SoqlError> {
        let column = self.tables.column(&key.path)?;
        if !column.field.is_sortable() {
            let message =
                format!("field '{}' can not be sorted in a query call", column.field.name);
            return Err(SoqlError::field(key.path.at, message));
        }
        let collation = if column.field.kind.is_text() {
            format!(" COLLATE {COLLATION}")
        } else {
            String::new()
        };
        let direction = if key.descending { "DESC" } else { "ASC" };
        // A row's number is never null, and naming nulls would keep SQLite from walking the table in order.
        let nulls = match key.nulls_last {
            _ if column.table == 0 && column.field.kind == FieldType::Id => "",
            true => " NULLS LAST",
            false => " NULLS FIRST",
        };
        Ok(format!("{}{collation} {direction}{nulls}", column.sql()))
    }

    fn fetch(&mut self, items: &[SelectItem]) -> Result<Fetch, SoqlError> {
        let mut select =
            SelectList { columns: vec![(0, "n".to_owned())], seen: BTreeSet::new(), long_texts: 0 };
        let mut shape = RecordShape::new(self.tables.root.kind, 0);
        for item in items {
            match item {
                SelectItem::Field(path) => self.select_field(path, &mut select, &mut shape)?,
                SelectItem::Children(query) => shape.nodes.push(self.children(query)?),
            }
        }
        Ok(Fetch {
            shape,
            wide: select.long_texts >= 2,
            table: self.tables.root.kind,
            columns: select.columns,
            joins: self.joined_tables(),
        })
    }

    fn joined_tables(&self) -> Vec<JoinedTable> {
        let joined = self.tables.joins.iter().map(|join| JoinedTable {
            object: join.object.kind,
            from: join.from,
            column: join.field.column().unwrap_or_else(|| "n".to_owned()),
        });
        joined.collect()
    }

    fn select_field(
        &mut self,
        path: &Path,
        select: &mut SelectList,
        shape: &mut RecordShape,
    ) -> Result<(), SoqlError> {
        let (relationships, _) = self.tables.relationships(path)?;
        let column = self.tables.column(path)?;
        let (mut table, mut shape) = (0, shape);
        for field in relationships {
            table = self.tables.join(table, field, path)?;
            shape = shape.parent(field, table, self.tables.object(table), select);
        }
        if !select.seen.insert((table, column.field.name.to_string())) {
            return Err(SoqlError::malformed(
                path.at,
                format!("duplicate field selected: {}", column.field.name),
            ));
        }
        let node = select.node(table, column.object, column.field);
        shape.id_selected |= matches!(node, Node::Id);
        shape.nodes.push(node);
        if select.columns.len() > MOST_COLUMNS {
            return Err(SoqlError::malformed(path.at, "too many fields are selected"));
        }
        Ok(())
    }

    fn children(&mut self, query: &Query) -> Result<Node, SoqlError> {
        let name = &query.from;
        let relationship = self.tables.root.children(&name.text).ok_or_else(|| {
            SoqlError::new(
                ErrorKind::InvalidType,
                name.at,
                format!(
                    "Didn't understand relationship '{}' in FROM part of query call. If you are attempting to use a \
                     custom relationship, be sure to append the '__r' after the custom relationship name. Please \
                     reference your WSDL or the describe call for the appropriate names.",
                    name.text
                ),
            )
        })?;
        let Select::Items(items) = &query.select else {
            return Err(SoqlError::unsupported(name.at, "COUNT() in a sub-query"));
        };
        let child = self.schema.object(relationship.child);
        let mut planner = Planner {
            schema: self.schema,
            now: self.now,
            deleted: self.deleted,
            tables: Tables::new(self.schema, child, query.alias.clone()),
        };
        let fetch = planner.fetch(items)?;
        let tail = planner.tail(query)?;
        let columns = fetch.column_list(false);
        let sql = format!(
            "SELECT {columns} FROM {} WHERE t0.\"{}\" = ? AND {}{}",
            planner.from(),
            relationship.field,
            planner.visible(),
            tail.sql
        );
        let statement = Statement { sql, params: tail.params };
        Ok(Node::Children {
            name: relationship.name,
            query: ChildQuery { shape: fetch.shape, statement },
        })
    }
}

fn limits(query: &Query) -> String {
    let bounded = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    match (query.limit, query.offset) {
        (None, None) => String::new(),
        (limit, offset) => {
            format!(" LIMIT {} OFFSET {}", limit.map_or(-1, bounded), offset.map_or(0, bounded))
        }
    }
}

/// The columns a fetch reads, as they come together.
struct SelectList {
    columns: Vec<(usize, String)>,
    seen: BTreeSet<(usize, String)>,
    long_texts: usize,
}

impl SelectList {
    fn column(&mut self, table: usize, name: String) -> usize {
        let wanted = (table, name);
        if let Some(place) = self.columns.iter().position(|column| *column == wanted) {
            return place;
        }
        self.columns.push(wanted);
        self.columns.len() - 1
    }

    fn node(&mut self, table: usize, object: &Object, field: &Field) -> Node {
        match field.kind {
            FieldType::Id => Node::Id,
            FieldType::Address(stem) => {
                let columns = ADDRESS_PARTS.map(|part| {
                    let column = object.field(&format!("{stem}{part}"))?.column()?;
                    Some(self.column(table, column))
                });
                Node::Address { name: field.name.to_string(), columns }
            }
            kind => {
                self.long_texts += usize::from(
                    field.is_custom() && kind == FieldType::TextArea && field.length > 255,
                );
                let column = field.column().expect("only ids and addresses have no column");
                Node::Field {
                    name: field.name.to_string(),
                    kind,
                    column: self.column(table, column),
                }
            }
        }
    }
}

impl RecordShape {
    fn new(object: ObjectKind, number: usize) -> Self {
        Self { object, number, id_selected: false, nodes: Vec::new() }
    }

    /// The shape of a parent within this one; it stands where it was first mentioned.
    fn parent(
        &mut self,
        field: &Field,
        table: usize,
        object: &Object,
        select: &mut SelectList,
    ) -> &mut Self {
        let relationship = field.relationship.unwrap_or_default();
        let known = self
            .nodes
            .iter()
            .position(|node| matches!(node, Node::Parent { name, .. } if *name == relationship));
        let place = known.unwrap_or_else(|| {
            let shape = Self::new(object.kind, select.column(table, "n".to_owned()));
            self.nodes.push(Node::Parent { name: relationship, shape });
            self.nodes.len() - 1
        });
        match &mut self.nodes[place] {
            Node::Parent { shape, .. } => shape,
            _ => unreachable!("the place is that of a parent"),
        }
    }
}

impl Fetch {
    /// The statement that reads records as they are now. Its one parameter is the list of numbers, whose order the
    /// rows keep.
    pub(crate) fn sql(&self) -> String {
        let root = format!(
            "SELECT {} FROM rarray(?1) AS page CROSS JOIN \"{}\" AS t0 ON t0.n = page.value",
            self.column_list(false),
            self.table.name()
        );
        let joins = (1..).zip(&self.joins).map(|(place, JoinedTable { object, from, column })| {
            format!(" LEFT JOIN \"{}\" AS t{place} ON t{place}.n = t{from}.{column}", object.name())
        });
        std::iter::once(root).chain(joins).collect()
    }

    /// The statement that reads records as they were at change ?2 of the org. A version of a record is either the
    /// present one, if it is old enough, or one in the history: never both.
    pub(crate) fn sql_as_of(&self) -> String {
        let columns = format!("SELECT {} FROM rarray(?1) AS page", self.column_list(true));
        let root = versions(self.table, 0, "page.value");
        let joins = (1..).zip(&self.joins).map(|(place, JoinedTable { object, from, column })| {
            versions(*object, place, &versioned(*from, column))
        });
        [columns, root].into_iter().chain(joins).collect()
    }

    fn column_list(&self, as_of: bool) -> String {
        let columns = self.columns.iter().map(|(table, column)| {
            if as_of { versioned(*table, column) } else { format!("t{table}.{column}") }
        });
        columns.collect::<Vec<_>>().join(", ")
    }
}

fn versioned(table: usize, column: &str) -> String {
    format!("coalesce(t{table}.{column}, was{table}.{column})")
}

fn versions(object: ObjectKind, place: usize, number: &str) -> String {
    let name = object.name();
    format!(
        " LEFT JOIN \"{name}\" AS t{place} ON t{place}.n = {number} AND t{place}.since <= ?2\
         \x20LEFT JOIN \"{name}_was\" AS was{place} ON was{place}.n = {number} \
         AND was{place}.since <= ?2 AND was{place}.until > ?2"
    )
}
