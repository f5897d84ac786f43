//! Writes a condition as SQL, every value a parameter.
//!
//! SOQL knows two truths where SQL knows three: `Name != 'x'` and `NOT Name = 'x'` hold for a record without a name.
//! So equality is SQL's `IS`, and what stands under NOT counts as false where SQL says NULL. Long chains of AND and OR
//! are written as balanced trees, since SQLite bounds how deep an expression may be.

use rusqlite::types::Value;

use jiff::Timestamp;

use super::ast::{Condition, Literal, Operator, Path, Position};
use super::dates;
use super::error::{ErrorKind, SoqlError};
use super::names::{Column, Tables};
use super::text::{COLLATION, LIKE_FUNCTION};
use crate::org::ids::AnyId;
use crate::org::schema::{FieldType, ObjectKind};

/// A value for a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Param {
    /// One value.
    One(Value),
    /// All values of an IN list.
    List(Vec<Value>),
}

/// Writes conditions, and collects their parameters in the order of their question marks.
pub(super) struct Filter<'a, 's> {
    pub(super) tables: &'a mut Tables<'s>,
    pub(super) now: Timestamp,
    pub(super) params: Vec<Param>,
}

impl<'s> Filter<'_, 's> {
    /// Writes `condition`.
    pub(super) fn condition(&mut self, condition: &Condition) -> Result<String, SoqlError> {
        match condition {
            Condition::And(terms) => self.joined(terms, "AND"),
            Condition::Or(terms) => self.joined(terms, "OR"),
            Condition::Not(term) => Ok(format!("NOT coalesce({}, 0)", self.condition(term)?)),
            Condition::Compare { path, operator, value, value_at } => {
                self.compare(path, *operator, value, *value_at)
            }
            Condition::In { path, negated, values } => self.among(path, *negated, values),
        }
    }

    fn joined(&mut self, terms: &[Condition], keyword: &str) -> Result<String, SoqlError> {
        match terms {
            [] => Ok("1".to_owned()),
            [term] => self.condition(term),
            _ => {
                let (left, right) = terms.split_at(terms.len() / 2);
                Ok(format!(
                    "({} {keyword} {})",
                    self.joined(left, keyword)?,
                    self.joined(right, keyword)?
                ))
            }
        }
    }

    fn one(&mut self, value: Value) -> &'static str {
        self.params.push(Param::One(value));
        "?"
    }

    fn filterable(&mut self, path: &Path) -> Result<Column<'s>, SoqlError> {
        let column = self.tables.column(path)?;
        if column.field.is_filterable() && !matches!(column.field.kind, FieldType::Address(_)) {
            return Ok(column);
        }
        Err(SoqlError::field(
            path.at,
            format!("field '{}' can not be filtered in a query call", column.field.name),
        ))
    }

    fn compare(
        &mut self,
        path: &Path,
        operator: Operator,
        value: &Literal,
        at: Position,
    ) -> Result<String, SoqlError> {
        let column = self.filterable(path)?;
        let sql = column.sql();
        if operator == Operator::Like {
            return self.like(&column, value, at);
        }
        if is_null(value) {
            return match operator {
                Operator::Equal => Ok(format!("{sql} IS NULL")),
                Operator::NotEqual => Ok(format!("{sql} IS NOT NULL")),
                _ => Err(unsuitable_operator(&column, path.at)),
            };
        }
        match column.field.kind {
            FieldType::Id => self.compare_id(&column, column.object.kind, operator, value, at),
            FieldType::Reference(to) => self.compare_id(&column, to, operator, value, at),
            FieldType::Boolean if !matches!(operator, Operator::Equal | Operator::NotEqual) => {
                Err(unsuitable_operator(&column, path.at))
            }
            FieldType::Date | FieldType::DateTime => {
                self.compare_date(&column, operator, value, at)
            }
            kind => {
                let value = plain_value(&column, value, at)?;
                let collation =
                    if kind.is_text() { format!(" COLLATE {COLLATION}") } else { String::new() };
                Ok(format!("{sql}{collation} {} {}", sql_operator(operator), self.one(value)))
            }
        }
    }

    fn like(
        &mut self,
        column: &Column<'_>,
        value: &Literal,
        at: Position,
    ) -> Result<String, SoqlError> {
        let Literal::Text(text) = value else {
            return Err(SoqlError::malformed(at, "LIKE needs a quoted string"));
        };
        if !column.field.kind.is_text() {
            return Err(unsuitable_operator(column, at));
        }
        let pattern = self.one(Value::Text(text.pattern.clone()));
        Ok(format!("{LIKE_FUNCTION}({}, {pattern})", column.sql()))
    }

    fn compare_id(
        &mut self,
        column: &Column<'_>,
        to: ObjectKind,
        operator: Operator,
        value: &Literal,
        at: Position,
    ) -> Result<String, SoqlError> {
        let id = id_of(column, value, at)?;
        let sql = column.sql();
        let record = id.in_this_org().filter(|record| record.prefix == to.prefix());
        match (operator, record) {
            (Operator::Equal, None) => Ok("0".to_owned()),
            (Operator::NotEqual, None) => Ok("1".to_owned()),
            (_, Some(record)) => {
                Ok(format!("{sql} {} {}", sql_operator(operator), self.one(record.number.into())))
            }
            (_, None) => {
                let place = id.place_among(to.prefix());
                Ok(format!("{sql} {} {}", sql_operator(operator), self.one(place.into())))
            }
        }
    }

    fn compare_date(
        &mut self,
        column: &Column<'_>,
        operator: Operator,
        value: &Literal,
        at: Position,
    ) -> Result<String, SoqlError> {
        let sql = column.sql();
        let Literal::DateWord(word) = value else {
            let value = plain_value(column, value, at)?;
            return Ok(format!("{sql} {} {}", sql_operator(operator), self.one(value)));
        };
        let beyond = || SoqlError::malformed(at, "the date is beyond the calendar");
        let (first, after) = dates::range(*word, self.now).ok_or_else(beyond)?;
        let bound = |day| match column.field.kind {
            FieldType::DateTime => dates::midnight(day).map(Value::Integer),
            _ => Some(Value::Text(day.to_string())),
        };
        let (first, after) = (bound(first).ok_or_else(beyond)?, bound(after).ok_or_else(beyond)?);
        Ok(match operator {
            Operator::Less => format!("{sql} < {}", self.one(first)),
            Operator::GreaterOrEqual => format!("{sql} >= {}", self.one(first)),
            Operator::LessOrEqual => format!("{sql} < {}", self.one(after)),
            Operator::Greater => format!("{sql} >= {}", self.one(after)),
            Operator::Equal => {
                format!("({sql} >= {} AND {sql} < {})", self.one(first), self.one(after))
            }
            Operator::NotEqual | Operator::Like => {
                format!(
                    "NOT coalesce({sql} >= {} AND {sql} < {}, 0)",
                    self.one(first),
                    self.one(after)
                )
            }
        })
    }

    fn among(
        &mut self,
        path: &Path,
        negated: bool,
        values: &[(Literal, Position)],
    ) -> Result<String, SoqlError> {
        let column = self.filterable(path)?;
        let mut list = Vec::with_capacity(values.len());
        let mut or_null = false;
        for (value, at) in values {
            match (value, column.field.kind) {
                (value, _) if is_null(value) => or_null = true,
                (Literal::DateWord(_), _) => {
                    return Err(SoqlError::unsupported(*at, "date words in an IN list"));
                }
                (value, FieldType::Id | FieldType::Reference(_)) => {
                    let to = match column.field.kind {
                        FieldType::Reference(to) => to,
                        _ => column.object.kind,
                    };
                    let record = id_of(&column, value, *at)?.in_this_org();
                    list.extend(
                        record
                            .filter(|id| id.prefix == to.prefix())
                            .map(|id| Value::Integer(id.number)),
                    );
                }
                (value, _) => list.push(plain_value(&column, value, *at)?),
            }
        }
        let sql = column.sql();
        let collation = if column.field.kind.is_text() {
            format!(" COLLATE {COLLATION}")
        } else {
            String::new()
        };
        let null = if or_null { format!(" OR {sql} IS NULL") } else { String::new() };
        self.params.push(Param::List(list));
        let among = format!("({sql}{collation} IN (SELECT value FROM rarray(?)){null})");
        Ok(if negated { format!("NOT coalesce({among}, 0)") } else { among })
    }
}

/// The null literal; an empty string is no value to Salesforce either.
fn is_null(value: &Literal) -> bool {
    match value {
        Literal::Null => true,
        Literal::Text(text) => text.plain.is_empty(),
        _ => false,
    }
}

const fn sql_operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "IS",
        Operator::NotEqual => "IS NOT",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Like => "LIKE",
    }
}

fn unsuitable_operator(column: &Column<'_>, at: Position) -> SoqlError {
    SoqlError::new(
        ErrorKind::InvalidQueryFilterOperator,
        at,
        format!("invalid operator on {} field", column.field.kind.describe_name()),
    )
}

fn id_of(column: &Column<'_>, value: &Literal, at: Position) -> Result<AnyId, SoqlError> {
    let Literal::Text(text) = value else { return Err(wrong_type(column, value, at)) };
    AnyId::parse(&text.plain).ok_or_else(|| {
        SoqlError::new(
            ErrorKind::InvalidQueryFilterOperator,
            at,
            format!("invalid ID field: {}", text.plain),
        )
    })
}

/// The literal as the field's column holds it.
fn plain_value(column: &Column<'_>, value: &Literal, at: Position) -> Result<Value, SoqlError> {
    match (column.field.kind, value) {
        (FieldType::Boolean, Literal::Boolean(value)) => Ok(Value::Integer(i64::from(*value))),
        (FieldType::Int | FieldType::Double | FieldType::Currency, Literal::Number(value)) => {
            Ok(Value::Real(*value))
        }
        (FieldType::Date, Literal::Date(day)) => Ok(Value::Text(day.to_string())),
        (FieldType::DateTime, Literal::DateTime(moment)) => {
            // Milliseconds are ignored on both sides of a comparison.
            Ok(Value::Integer(moment.as_second().saturating_mul(1_000)))
        }
        (kind, Literal::Text(text)) if kind.is_text() => Ok(Value::Text(text.plain.clone())),
        _ => Err(wrong_type(column, value, at)),
    }
}

fn wrong_type(column: &Column<'_>, value: &Literal, at: Position) -> SoqlError {
    let field = column.field;
    let (kind, quotes) = match field.kind {
        FieldType::DateTime => ("dateTime", "should not be enclosed in quotes"),
        FieldType::Id | FieldType::Reference(_) => ("id", "should be enclosed in quotes"),
        kind if kind.is_text() => ("string", "should be enclosed in quotes"),
        kind => (kind.describe_name(), "should not be enclosed in quotes"),
    };
    let is_text = matches!(value, Literal::Text(_));
    let advice =
        if is_text == quotes.contains("not") { format!(" and {quotes}") } else { String::new() };
    SoqlError::field(
        at,
        format!(
            "value of filter criterion for field '{}' must be of type {kind}{advice}",
            field.name
        ),
    )
}
