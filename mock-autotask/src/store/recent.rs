//! The few records that changed of late, found without looking at the others.
//!
//! Answers come in the order of ids, so SQLite walks along the ids and tests every record: right for many, but a
//! client that asks every few minutes what changed would wait for millions to find none. So a condition that only
//! records within some [`Bound`]s can meet is tested on those alone, if they are few.

use rusqlite::types::Value;

use super::{Condition, Tenant};
use crate::entities::Entity;

/// The most records that are picked out of the indexes for one page. Beyond that, walking along the ids is as fast.
const FEW: i64 = 10_000;

/// Records whose value in an indexed column is not below another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bound {
    /// The id, or the moment an entity's records were last modified.
    pub(crate) column: &'static str,
    /// The least value.
    pub(crate) from: Value,
}

impl Tenant {
    /// A condition on records behind an id, as the SQL that tests the fewest of them, with its values.
    pub(super) fn tested(
        &self,
        entity: Entity,
        condition: &Condition,
        after: i64,
    ) -> rusqlite::Result<(String, impl Iterator<Item = Value>)> {
        let mut sql = condition.whole();
        let bounds = match &condition.within {
            Some(bounds) if self.are_few(entity, bounds)? => bounds.as_slice(),
            _ => &[],
        };
        if !bounds.is_empty() {
            let table = entity.definition().path;
            let picked: Vec<String> = bounds
                .iter()
                .map(|Bound { column, .. }| {
                    format!("SELECT \"id\" FROM \"{table}\" WHERE \"{column}\" >= ?")
                })
                .collect();
            sql = format!("\"id\" IN ({}) AND {sql}", picked.join(" UNION ALL "));
        }
        let picked = bounds.iter().map(|bound| bound.from.clone());
        Ok((sql, picked.chain(condition.all_values(after))))
    }

    /// Whether the records within the bounds can be counted in no time.
    fn are_few(&self, entity: Entity, bounds: &[Bound]) -> rusqlite::Result<bool> {
        let table = entity.definition().path;
        let mut all = 0;
        for Bound { column, from } in bounds {
            let sql = format!(
                "SELECT count(*) FROM (SELECT 1 FROM \"{table}\" WHERE \"{column}\" >= ? LIMIT {})",
                FEW + 1
            );
            let count: i64 =
                self.connection.prepare_cached(&sql)?.query_row([from], |row| row.get(0))?;
            all += count;
            if all > FEW {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::filter;
    use crate::store::OpenError;

    #[derive(Debug)]
    struct Failed;

    impl From<OpenError> for Failed {
        fn from(_: OpenError) -> Self {
            Self
        }
    }

    impl From<rusqlite::Error> for Failed {
        fn from(_: rusqlite::Error) -> Self {
            Self
        }
    }

    #[test]
    fn what_changed_is_looked_up_where_it_is_little() {
        let tenant = Tenant::open::<Failed>(None, |_| Ok(())).unwrap();
        let plan = |filter: serde_json::Value| {
            let filter = filter::read(&filter).unwrap();
            let condition =
                filter::compile(&filter, Entity::Company, tenant.catalogue(), i64::MAX).unwrap();
            let (tested, values) = tenant.tested(Entity::Company, &condition, 0).unwrap();
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT * FROM \"Companies\" WHERE {tested} ORDER BY \"id\""
            );
            let mut statement = tenant.connection.prepare(&sql).unwrap();
            let lines = statement
                .query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3))
                .unwrap();
            lines.map(Result::unwrap).collect::<Vec<_>>().join("; ")
        };
        let newer = json!({ "op": "gt", "field": "id", "value": 29_683_500 });
        let changed = json!({ "op": "gte", "field": "LastTrackedModifiedDateTime", "value": "2026-03-01T10:00:00Z" });
        let named = json!({ "op": "beginsWith", "field": "companyName", "value": "N" });
        let group =
            |word: &str, items: &[&serde_json::Value]| json!([{ "op": word, "items": items }]);

        let bounded =
            [json!([changed]), group("or", &[&newer, &changed]), group("and", &[&named, &changed])];
        let unbounded = [json!([named]), group("or", &[&named, &changed]), group("and", &[&named])];

        for filter in bounded {
            let plan = plan(filter.clone());
            assert!(
                plan.contains("company_by_change") && plan.contains("(rowid=?)"),
                "{filter}: {plan}"
            );
        }
        for filter in unbounded {
            let plan = plan(filter.clone());
            assert!(!plan.contains("company_by_change"), "{filter}: {plan}");
        }
    }
}
