//! Finds what the paths of a query mean: which field of which table, and which parents have to be joined for it.

use super::ast::{Name, Path};
use super::error::{ErrorKind, SoqlError};
use crate::org::schema::{Field, FieldType, Object, ObjectKind, Schema};

/// Relationships one query may use.
const MOST_JOINS: usize = 35;

const REFERENCE_HINT: &str =
    "Please reference your WSDL or the describe call for the appropriate names.";

/// A parent that has to be joined.
#[derive(Debug, Clone, Copy)]
pub(super) struct Join<'s> {
    /// The table whose record points to the parent.
    pub(super) from: usize,
    /// The field that points there.
    pub(super) field: &'s Field,
    /// What it points to.
    pub(super) object: &'s Object,
}

/// A field of a table: 0 is the query's object, others are [`Join`]s counted from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column<'s> {
    pub(super) table: usize,
    pub(super) object: &'s Object,
    pub(super) field: &'s Field,
}

impl Column<'_> {
    /// The column in SQL.
    pub(super) fn sql(&self) -> String {
        column_sql(self.table, self.field)
    }
}

/// A field's column in SQL; the id is the row's number.
pub(super) fn column_sql(table: usize, field: &Field) -> String {
    let column = field.column().unwrap_or_else(|| "n".to_owned());
    format!("t{table}.{column}")
}

/// The tables of one query.
#[derive(Debug)]
pub(super) struct Tables<'s> {
    schema: &'s Schema,
    pub(super) root: &'s Object,
    alias: Option<String>,
    pub(super) joins: Vec<Join<'s>>,
}

impl<'s> Tables<'s> {
    pub(super) fn new(schema: &'s Schema, root: &'s Object, alias: Option<String>) -> Self {
        Self { schema, root, alias, joins: Vec::new() }
    }

    /// The table a parent is joined as, through `field` of `table`.
    pub(super) fn join(
        &mut self,
        table: usize,
        field: &'s Field,
        path: &Path,
    ) -> Result<usize, SoqlError> {
        let FieldType::Reference(to) = field.kind else {
            let name = field.relationship.unwrap_or(&field.name);
            return Err(SoqlError::unsupported(path.at, format!("the relationship {name}")));
        };
        let known =
            self.joins.iter().position(|join| join.from == table && join.field.name == field.name);
        if let Some(place) = known {
            return Ok(place + 1);
        }
        if self.joins.len() == MOST_JOINS {
            return Err(SoqlError::malformed(
                path.at,
                "a SOQL query may not use more than 35 relationships",
            ));
        }
        self.joins.push(Join { from: table, field, object: self.schema.object(to) });
        Ok(self.joins.len())
    }

    /// The object of a table.
    pub(super) fn object(&self, table: usize) -> &'s Object {
        table.checked_sub(1).map_or(self.root, |place| self.joins[place].object)
    }

    /// The relationships on the way, as fields, and the name at the end of the path.
    pub(super) fn relationships<'p>(
        &mut self,
        path: &'p Path,
    ) -> Result<(Vec<&'s Field>, &'p str), SoqlError> {
        let (last, mut before) = path.segments.split_last().expect("a path has a segment");
        if let Some((first, rest)) = before.split_first()
            && self.root.parent(first).is_none()
            && self.names_the_object(first)
        {
            before = rest;
        }
        let mut object = self.root;
        let mut fields = Vec::with_capacity(before.len());
        for name in before {
            let field = object.parent(name).ok_or_else(|| no_such_relationship(name, path))?;
            fields.push(field);
            if let FieldType::Reference(to) = field.kind {
                object = self.schema.object(to);
            } else {
                return Err(SoqlError::unsupported(path.at, format!("the relationship {name}")));
            }
        }
        Ok((fields, last))
    }

    fn names_the_object(&self, name: &str) -> bool {
        self.root.kind.name().eq_ignore_ascii_case(name)
            || self.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// The field a path ends at, with all parents on the way joined.
    pub(super) fn column(&mut self, path: &Path) -> Result<Column<'s>, SoqlError> {
        let (relationships, name) = self.relationships(path)?;
        let mut table = 0;
        for field in relationships {
            table = self.join(table, field, path)?;
        }
        let object = self.object(table);
        let field = object.visible_field(name).ok_or_else(|| no_such_column(name, object, path))?;
        Ok(Column { table, object, field })
    }
}

/// The object a query is about.
pub(super) fn object<'s>(schema: &'s Schema, name: &Name) -> Result<&'s Object, SoqlError> {
    ObjectKind::named(&name.text)
        .map(|kind| schema.object(kind))
        .ok_or_else(|| SoqlError::new(ErrorKind::InvalidType, name.at, not_supported(&name.text)))
}

/// The words for an object that does not exist.
pub(crate) fn not_supported(name: &str) -> String {
    format!(
        "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the \
         '__c' after the entity name. {REFERENCE_HINT}"
    )
}

/// The words for a field that does not exist.
fn no_such_column_message(field: &str, object: &str) -> String {
    format!(
        "No such column '{field}' on entity '{object}'. If you are attempting to use a custom field, be sure to \
         append the '__c' after the custom field name. {REFERENCE_HINT}"
    )
}

fn no_such_column(name: &str, object: &Object, path: &Path) -> SoqlError {
    SoqlError::field(path.at, no_such_column_message(name, object.kind.name()))
}

fn no_such_relationship(name: &str, path: &Path) -> SoqlError {
    SoqlError::field(
        path.at,
        format!(
            "Didn't understand relationship '{name}' in field path. If you are attempting to use a custom \
             relationship, be sure to append the '__r' after the custom relationship name. {REFERENCE_HINT}"
        ),
    )
}
