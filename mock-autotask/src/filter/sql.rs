//! Filters as SQL.
//!
//! Column names come from the entity's field list, values travel as parameters: no text of a request becomes SQL.
//! Nulls behave as in the vendor's database: a comparison with one is never true, `noteq` included.

use rusqlite::types::Value as Sql;
use serde_json::Value;

use super::{Comparison, Filter, Node, Operator, bounds};
use crate::entities::{Definition, Entity, Field, Kind};
use crate::refusal::{Complaint, quoted};
use crate::store::{Catalogue, Condition, UdfKind, UserDefinedField, fold};
use crate::time;

/// Gives a filter its meaning for an entity.
pub(crate) fn compile(
    filter: &Filter,
    entity: Entity,
    catalogue: &Catalogue,
    udfs_made_before: i64,
) -> Result<Condition, Complaint> {
    let mut compiler = Compiler {
        entity,
        definition: entity.definition(),
        catalogue,
        udfs_made_before,
        values: Vec::new(),
    };
    let mut after = None;
    let mut others = Vec::with_capacity(filter.all.len());
    for node in &filter.all {
        match bound(node) {
            Some(bound) => after = after.max(Some(bound)),
            None => others.push(node),
        }
    }
    let within = bounds::of_all(others.iter().copied(), compiler.definition);
    let sql = compiler.group(others, "AND")?;
    Ok(Condition { after, sql, values: compiler.values, within })
}

/// The id that a condition wants records to be behind, if that is what it wants.
fn bound(node: &Node) -> Option<i64> {
    let Node::Compare(Comparison { field, udf: false, operator, value }) = node else {
        return None;
    };
    let value = value.as_i64().filter(|_| field.eq_ignore_ascii_case("id"))?;
    match operator {
        Operator::Gt => Some(value),
        Operator::Gte => value.checked_sub(1),
        _ => None,
    }
}

/// What one value of a comparison became.
pub(super) enum Operand {
    /// A value to compare with.
    Value(Sql),
    /// Nothing equals it, as when a text is compared with an id.
    Never,
}

struct Compiler<'a> {
    entity: Entity,
    definition: &'static Definition,
    catalogue: &'a Catalogue,
    udfs_made_before: i64,
    values: Vec<Sql>,
}

impl Compiler<'_> {
    /// Joins parts by a word; `None` where nothing is left to be tested.
    fn group<'n>(
        &mut self,
        nodes: impl IntoIterator<Item = &'n Node>,
        word: &str,
    ) -> Result<Option<String>, Complaint> {
        let mut parts = Vec::new();
        for node in nodes {
            parts.extend(self.node(node)?);
        }
        Ok(joined(&parts, word))
    }

    fn node(&mut self, node: &Node) -> Result<Option<String>, Complaint> {
        match node {
            Node::All(nodes) => self.group(nodes, "AND"),
            Node::Any(nodes) => self.group(nodes, "OR"),
            Node::Compare(comparison) if comparison.udf => self.udf(comparison).map(Some),
            Node::Compare(comparison) => self.field(comparison).map(Some),
        }
    }

    fn field(&mut self, comparison: &Comparison) -> Result<String, Complaint> {
        let Some((_, field)) = self.definition.field(&comparison.field) else {
            return Err(self.unknown(&comparison.field));
        };
        if !field.queryable {
            return Err(Complaint::NotQueryable {
                field: quoted(&comparison.field),
                entity: self.definition.name,
            });
        }
        let column = format!("\"{}\".\"{}\"", self.definition.path, field.name);
        let column = match field.kind {
            Kind::Text(_) => column,
            _ if is_textual(comparison.operator) => format!("CAST({column} AS TEXT)"),
            _ => column,
        };
        self.test(&column, comparison, |value, textual| operand(field, value, textual))
    }

    fn udf(&mut self, comparison: &Comparison) -> Result<String, Complaint> {
        let Some(udf) =
            self.catalogue.usable_udf(self.entity, &comparison.field, self.udfs_made_before)
        else {
            return Err(self.unknown(&comparison.field));
        };
        if udf.is_encrypted {
            return Err(Complaint::NotQueryable {
                field: quoted(&comparison.field),
                entity: self.definition.name,
            });
        }
        let id = format!("\"{}\".\"id\"", self.definition.path);
        let values = format!("SELECT record FROM udf_value WHERE definition = {}", udf.id);
        match comparison.operator {
            Operator::Exist => Ok(format!("{id} IN ({values})")),
            Operator::NotExist => Ok(format!("{id} NOT IN ({values})")),
            operator => {
                let column = match udf.kind {
                    UdfKind::Number if !is_textual(operator) => "CAST(udf_value.value AS REAL)",
                    _ => "udf_value.value",
                };
                let test = self
                    .test(column, comparison, |value, textual| udf_operand(udf, value, textual))?;
                Ok(format!("{id} IN ({values} AND {test})"))
            }
        }
    }

    /// One comparison of a column or expression.
    fn test(
        &mut self,
        column: &str,
        comparison: &Comparison,
        read: impl Fn(&Value, bool) -> Result<Operand, Complaint>,
    ) -> Result<String, Complaint> {
        let operator = comparison.operator;
        let symbol = match operator {
            Operator::Exist => return Ok(format!("({column} IS NOT NULL AND {column} <> '')")),
            Operator::NotExist => return Ok(format!("({column} IS NULL OR {column} = '')")),
            Operator::In => return self.list(column, comparison, "IN", "FALSE", &read),
            Operator::NotIn => {
                return self.list(
                    column,
                    comparison,
                    "NOT IN",
                    &format!("{column} IS NOT NULL"),
                    &read,
                );
            }
            Operator::BeginsWith => return self.pattern("begins_with", column, comparison, &read),
            Operator::EndsWith => return self.pattern("ends_with", column, comparison, &read),
            Operator::Contains => return self.pattern("contains_text", column, comparison, &read),
            Operator::Eq => "=",
            Operator::NotEq => "<>",
            Operator::Gt => ">",
            Operator::Gte => ">=",
            Operator::Lt => "<",
            Operator::Lte => "<=",
        };
        match read(&comparison.value, false)? {
            Operand::Value(value) => {
                self.values.push(value);
                Ok(format!("{column} {symbol} ?"))
            }
            Operand::Never => Ok("FALSE".to_owned()),
        }
    }

    fn list(
        &mut self,
        column: &str,
        comparison: &Comparison,
        word: &str,
        of_nothing: &str,
        read: &impl Fn(&Value, bool) -> Result<Operand, Complaint>,
    ) -> Result<String, Complaint> {
        let mut places = 0;
        for value in comparison.value.as_array().into_iter().flatten() {
            if let Operand::Value(value) = read(value, false)? {
                self.values.push(value);
                places += 1;
            }
        }
        if places == 0 {
            return Ok(of_nothing.to_owned());
        }
        Ok(format!("{column} {word} ({})", vec!["?"; places].join(",")))
    }

    fn pattern(
        &mut self,
        function: &str,
        column: &str,
        comparison: &Comparison,
        read: &impl Fn(&Value, bool) -> Result<Operand, Complaint>,
    ) -> Result<String, Complaint> {
        match read(&comparison.value, true)? {
            Operand::Value(Sql::Text(text)) => {
                self.values.push(Sql::Text(fold(&text)));
                Ok(format!("{function}({column}, ?)"))
            }
            Operand::Value(_) | Operand::Never => Ok("FALSE".to_owned()),
        }
    }

    fn unknown(&self, field: &str) -> Complaint {
        Complaint::UnknownField { field: quoted(field), entity: self.definition.name }
    }
}

/// Joins expressions in pairs of pairs, so that a long list makes no deep tree.
fn joined(parts: &[String], word: &str) -> Option<String> {
    match parts {
        [] => None,
        [part] => Some(part.clone()),
        parts => {
            let (left, right) = parts.split_at(parts.len() / 2);
            Some(format!("({} {word} {})", joined(left, word)?, joined(right, word)?))
        }
    }
}

fn is_textual(operator: Operator) -> bool {
    matches!(operator, Operator::BeginsWith | Operator::EndsWith | Operator::Contains)
}

/// A JSON value as the text it stands for; `None` for null.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        other => Some(other.to_string()),
    }
}

fn textual(value: &Value) -> Operand {
    text_of(value).map_or(Operand::Never, |text| Operand::Value(Sql::Text(text)))
}

/// What a value means for a field. Nested lists and objects count as their JSON text.
pub(super) fn operand(field: &Field, value: &Value, as_text: bool) -> Result<Operand, Complaint> {
    if field.kind == Kind::Boolean {
        return match value {
            Value::Bool(flag) => Ok(Operand::Value(Sql::Integer((*flag).into()))),
            _ => Err(Complaint::NotABoolean(field.name.to_owned())),
        };
    }
    if as_text || matches!(field.kind, Kind::Text(_)) {
        return Ok(textual(value));
    }
    match (field.kind, value) {
        (Kind::DateTime, Value::String(text)) => {
            let moment = time::parse(text)
                .ok_or(Complaint::ConversionFailed { text: quoted(text), wanted: "datetime" })?;
            Ok(Operand::Value(Sql::Integer(moment)))
        }
        (Kind::Double, Value::String(text)) => number_of(text, "float"),
        (_, Value::String(text)) if field.picklist => number_of(text, "int"),
        // A text is compared with a whole number without an error and without a match.
        (_, Value::String(_) | Value::Null) => Ok(Operand::Never),
        (Kind::DateTime, other) => Err(failed(other, "datetime")),
        (_, Value::Bool(flag)) => Ok(Operand::Value(Sql::Integer((*flag).into()))),
        (_, Value::Number(number)) => Ok(number.as_i64().map_or_else(
            || number.as_f64().map_or(Operand::Never, |number| Operand::Value(Sql::Real(number))),
            |number| Operand::Value(Sql::Integer(number)),
        )),
        (_, other) => Err(failed(other, "int")),
    }
}

/// What a value means for a user-defined field.
fn udf_operand(udf: &UserDefinedField, value: &Value, as_text: bool) -> Result<Operand, Complaint> {
    match (udf.kind, value) {
        (UdfKind::Number, Value::String(text)) if !as_text => number_of(text, "float"),
        (UdfKind::Number, Value::Number(number)) if !as_text => {
            Ok(number.as_f64().map_or(Operand::Never, |number| Operand::Value(Sql::Real(number))))
        }
        (UdfKind::Date, Value::String(text)) if !as_text => {
            let moment = time::parse(text).ok_or_else(|| failed(value, "datetime"))?;
            Ok(Operand::Value(Sql::Text(time::print(moment))))
        }
        _ => Ok(textual(value)),
    }
}

fn number_of(text: &str, wanted: &'static str) -> Result<Operand, Complaint> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Operand::Value(Sql::Real(number))),
        _ => Err(Complaint::ConversionFailed { text: quoted(text), wanted }),
    }
}

fn failed(value: &Value, wanted: &'static str) -> Complaint {
    Complaint::ConversionFailed { text: quoted(&text_of(value).unwrap_or_default()), wanted }
}
