//! Filters as clients send them: conditions joined by `and` and `or` groups.
//!
//! Reading a filter knows nothing of entities; `sql::compile` later gives names and values their meaning. What
//! one would otherwise get wrong: a flat list means AND, keys are case-insensitive, and an operator the vendor does
//! not know is dropped without a word, so that everything comes back.

mod bounds;
mod sql;

use serde_json::{Map, Value};

pub(crate) use sql::compile;

use crate::refusal::{Complaint, quoted};

/// The most alternatives a query may have: members of `or` groups and values of `in` together.
const MOST_ALTERNATIVES: usize = 500;

/// The most conditions and groups the mock takes, so that a statement stays within SQLite's bounds.
const MOST_CONDITIONS: usize = 2_000;

/// Unknown operators that are remembered.
const MOST_DROPPED: usize = 10;

/// How records are compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    NotEq,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// The text begins with the value.
    BeginsWith,
    /// The text ends with the value.
    EndsWith,
    /// The text contains the value.
    Contains,
    /// The field has a value.
    Exist,
    /// The field has none.
    NotExist,
    /// Equal to one of several values.
    In,
    /// Equal to none of several values.
    NotIn,
}

impl Operator {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Self::Eq,
            "noteq" => Self::NotEq,
            "gt" => Self::Gt,
            "gte" => Self::Gte,
            "lt" => Self::Lt,
            "lte" => Self::Lte,
            "beginswith" => Self::BeginsWith,
            "endswith" => Self::EndsWith,
            "contains" => Self::Contains,
            "exist" => Self::Exist,
            "notexist" => Self::NotExist,
            "in" => Self::In,
            "notin" => Self::NotIn,
            _ => return None,
        })
    }
}

/// A part of a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// All of these must be true.
    All(Vec<Self>),
    /// One of these must be true.
    Any(Vec<Self>),
    /// A single comparison.
    Compare(Comparison),
}

/// A comparison of a field with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The field, as the client spells it.
    pub field: String,
    /// It is a user-defined field.
    pub udf: bool,
    /// How to compare.
    pub operator: Operator,
    /// What to compare with.
    pub value: Value,
}

/// A filter as read.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// What must be true of a record, all together.
    pub all: Vec<Node>,
    /// The first operators that are unknown and were dropped with their conditions.
    pub dropped: Vec<String>,
}

/// Reads the `filter` of a query.
pub fn read(filter: &Value) -> Result<Filter, Complaint> {
    let Some(items) = filter.as_array().filter(|items| !items.is_empty()) else {
        return Err(match filter {
            Value::Null | Value::Array(_) => Complaint::NoFilters,
            _ => Complaint::BadQuery("The filter must be an array.".to_owned()),
        });
    };
    let mut reader = Reader::default();
    let all = reader.nodes(items)?;
    if reader.alternatives > MOST_ALTERNATIVES {
        return Err(Complaint::TooManyAlternatives);
    }
    if reader.udf_conditions > 1 {
        return Err(Complaint::TwoUserDefinedFields);
    }
    Ok(Filter { all, dropped: reader.dropped })
}

/// Looks a key up in whatever case.
pub(crate) fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| {
        object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    })
}

#[derive(Default)]
struct Reader {
    conditions: usize,
    alternatives: usize,
    udf_conditions: usize,
    dropped: Vec<String>,
}

impl Reader {
    fn nodes(&mut self, items: &[Value]) -> Result<Vec<Node>, Complaint> {
        let mut nodes = Vec::with_capacity(items.len());
        for item in items {
            let Some(object) = item.as_object() else {
                return Err(Complaint::BadQuery("A filter item must be an object.".to_owned()));
            };
            nodes.extend(self.node(object)?);
        }
        Ok(nodes)
    }

    /// Reads one item; `None` where its operator is unknown.
    fn node(&mut self, object: &Map<String, Value>) -> Result<Option<Node>, Complaint> {
        self.conditions += 1;
        if self.conditions > MOST_CONDITIONS {
            return Err(Complaint::BadQuery(format!(
                "Queries are limited to {MOST_CONDITIONS} or fewer conditions."
            )));
        }
        let word = get(object, "op").and_then(Value::as_str).unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "and" => Ok(Some(Node::All(self.nodes(group(object)?)?))),
            "or" => {
                let members = group(object)?;
                self.alternatives += members.len();
                Ok(Some(Node::Any(self.nodes(members)?)))
            }
            _ => {
                if let Some(operator) = Operator::from_word(word) {
                    return self.comparison(operator, object).map(Some);
                }
                if self.dropped.len() < MOST_DROPPED {
                    self.dropped.push(quoted(word));
                }
                Ok(None)
            }
        }
    }

    fn comparison(
        &mut self,
        operator: Operator,
        object: &Map<String, Value>,
    ) -> Result<Node, Complaint> {
        let Some(field) = get(object, "field").and_then(Value::as_str) else {
            return Err(Complaint::BadQuery("A filter item must name a field.".to_owned()));
        };
        let udf = get(object, "udf").and_then(Value::as_bool).unwrap_or_default();
        if udf {
            self.udf_conditions += 1;
        }
        let value = get(object, "value").cloned().unwrap_or_default();
        match (operator, &value) {
            (Operator::In | Operator::NotIn, Value::Array(values)) => {
                self.alternatives += values.len();
            }
            (Operator::In | Operator::NotIn, _) => {
                return Err(Complaint::BadQuery(format!(
                    "The field {} needs an array.",
                    quoted(field)
                )));
            }
            (Operator::Exist | Operator::NotExist, _) => {}
            (_, Value::Array(_) | Value::Object(_)) => {
                return Err(Complaint::BadQuery(format!(
                    "The field {} needs a single value.",
                    quoted(field)
                )));
            }
            _ => {}
        }
        Ok(Node::Compare(Comparison { field: field.to_owned(), udf, operator, value }))
    }
}

fn group(object: &Map<String, Value>) -> Result<&[Value], Complaint> {
    get(object, "items")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| Complaint::BadQuery("A group needs items.".to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_and_operators_are_read_in_any_case() {
        let filter =
            read(&json!([{"OP": "BEGINSWITH", "Field": "companyName", "Value": "A"}])).unwrap();

        assert_eq!(
            filter.all,
            [Node::Compare(Comparison {
                field: "companyName".to_owned(),
                udf: false,
                operator: Operator::BeginsWith,
                value: json!("A"),
            })]
        );
    }

    #[test]
    fn an_unknown_operator_is_dropped_and_remembered() {
        let filter = read(&json!([{"op": "ne", "field": "id", "value": 1}])).unwrap();

        assert_eq!(filter.all, []);
        assert_eq!(filter.dropped, ["ne"]);
    }

    #[test]
    fn dropped_conditions_are_remembered_within_bounds() {
        let dropped = json!({"op": "x".repeat(1_000), "field": "id", "value": 1});

        let filter = read(&json!(vec![&dropped; 1_000])).unwrap();

        assert_eq!(filter.dropped.len(), 10);
        assert!(filter.dropped.iter().all(|word| word.len() == 200));
        assert!(read(&json!(vec![&dropped; 3_000])).is_err());
    }

    #[test]
    fn a_missing_or_empty_filter_is_refused_in_the_vendors_words() {
        for filter in [json!(null), json!([])] {
            let complaint = read(&filter).unwrap_err();
            assert!(complaint.to_string().ends_with("Parameter name: filters"), "{complaint}");
        }
    }

    #[test]
    fn alternatives_are_counted_over_or_groups_and_lists() {
        let values: Vec<i64> = (0..400).collect();
        let members: Vec<Value> =
            (0..101).map(|id| json!({"op": "eq", "field": "id", "value": id})).collect();
        let list = json!({"op": "in", "field": "id", "value": values});

        assert!(read(&json!([list, {"op": "or", "items": members[..100]}])).is_ok());
        assert_eq!(
            read(&json!([list, {"op": "or", "items": members}])),
            Err(Complaint::TooManyAlternatives)
        );
    }

    #[test]
    fn a_second_condition_on_a_user_defined_field_is_refused() {
        let udf = json!({"op": "eq", "field": "Ranking", "udf": true, "value": "Golden"});

        assert!(read(&json!([udf])).is_ok());
        assert_eq!(
            read(&json!([{"op": "and", "items": [udf]}, udf])),
            Err(Complaint::TwoUserDefinedFields)
        );
    }
}
