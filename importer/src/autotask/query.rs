//! Queries, always in the order of ids and page by page after the last id: the way that depends on nothing the
//! server remembers.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::Autotask;
use super::call::{CallError, Repeat};

/// The most rows a page has.
const PAGE: usize = 500;

/// The most values conditions may list in one query.
const VALUES: usize = 500;

#[derive(Deserialize)]
struct Items {
    items: Vec<Map<String, Json>>,
}

/// Conditions that together list no more values than a query may.
pub(super) fn is_in<T: Serialize>(field: &str, values: &[T]) -> Vec<Vec<Json>> {
    let condition = |part| vec![json!({ "op": "in", "field": field, "value": part })];
    values.chunks(VALUES).map(condition).collect()
}

/// The same for a user-defined field.
pub(super) fn udf_is_in<T: Serialize>(field: &str, values: &[T]) -> Vec<Vec<Json>> {
    let condition = |part| vec![json!({ "op": "in", "field": field, "udf": true, "value": part })];
    values.chunks(VALUES).map(condition).collect()
}

/// The same for two fields at once.
pub(super) fn both_in<T: Serialize, U: Serialize>(
    field: &str,
    values: &[T],
    other: &str,
    others: &[U],
) -> Vec<Vec<Json>> {
    let mut filters = Vec::new();
    for part in values.chunks(VALUES / 2) {
        for other_part in others.chunks(VALUES / 2) {
            filters.push(vec![
                json!({ "op": "in", "field": field, "value": part }),
                json!({ "op": "in", "field": other, "value": other_part }),
            ]);
        }
    }
    filters
}

#[derive(Deserialize)]
struct Item {
    item: Option<Map<String, Json>>,
}

impl Autotask {
    /// The row with this id. One that is not there is answered with null, or with status 404.
    pub(super) async fn one(
        &self,
        entity: &str,
        id: i64,
    ) -> Result<Vec<Map<String, Json>>, CallError> {
        let path = format!("{entity}/{id}");
        match self.call::<Item>(Method::GET, &path, None, Repeat::Always).await {
            Ok(found) => Ok(found.item.into_iter().collect()),
            Err(CallError::NotThere(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// One page of the rows that meet all conditions, after this id.
    pub(super) async fn page(
        &self,
        entity: &str,
        conditions: &[Json],
        after: Option<i64>,
    ) -> Result<Vec<Map<String, Json>>, CallError> {
        let mut filter = vec![match after {
            Some(id) => json!({ "op": "gt", "field": "id", "value": id }),
            None => json!({ "op": "gte", "field": "id", "value": 0 }),
        }];
        filter.extend_from_slice(conditions);
        let body = json!({ "MaxRecords": PAGE, "filter": filter });
        let path = format!("{entity}/query");
        let found: Items = self.call(Method::POST, &path, Some(&body), Repeat::Always).await?;
        Ok(found.items)
    }

    /// All rows that meet the conditions of any of the filters.
    pub(super) async fn all_of(
        &self,
        entity: &str,
        filters: &[Vec<Json>],
    ) -> Result<Vec<Map<String, Json>>, CallError> {
        let mut rows = Vec::new();
        for conditions in filters {
            let mut after = None;
            loop {
                let page = self.page(entity, conditions, after).await?;
                let full = page.len() >= PAGE;
                let last = page.last().and_then(|row| row.get("id")).and_then(Json::as_i64);
                rows.extend(page);
                match last {
                    Some(last) if full && Some(last) > after => after = Some(last),
                    _ => break,
                }
            }
        }
        Ok(rows)
    }
}
