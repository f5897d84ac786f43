//! Which records a filter can be true of at all, where its id or the moment of the last change says so.
//!
//! That is for finding them faster, never for what is found: a filter is tested in full on whatever lies within.

use super::sql::{Operand, operand};
use super::{Comparison, Node, Operator};
use crate::entities::Definition;
use crate::store::Bound;

/// The most bounds worth looking up one by one.
const MOST: usize = 8;

/// Bounds within which lies every record that meets all of these conditions; `None` where they tell nothing.
pub(super) fn of_all<'n>(
    nodes: impl IntoIterator<Item = &'n Node>,
    definition: &'static Definition,
) -> Option<Vec<Bound>> {
    nodes.into_iter().filter_map(|node| of(node, definition)).min_by_key(Vec::len)
}

fn of(node: &Node, definition: &'static Definition) -> Option<Vec<Bound>> {
    match node {
        Node::All(nodes) => of_all(nodes, definition),
        Node::Any(nodes) => {
            let bounds: Option<Vec<Vec<Bound>>> =
                nodes.iter().map(|node| of(node, definition)).collect();
            bounds.map(|bounds| bounds.concat()).filter(|bounds| (1..=MOST).contains(&bounds.len()))
        }
        Node::Compare(comparison) => of_comparison(comparison, definition).map(|bound| vec![bound]),
    }
}

fn of_comparison(comparison: &Comparison, definition: &'static Definition) -> Option<Bound> {
    let Comparison { field, udf: false, operator: Operator::Gt | Operator::Gte, value } =
        comparison
    else {
        return None;
    };
    let (place, field) = definition.field(field)?;
    let indexed = place == 0 || definition.modified == Some(field.name);
    match operand(field, value, false) {
        Ok(Operand::Value(from)) if indexed => Some(Bound { column: field.name, from }),
        _ => None,
    }
}
