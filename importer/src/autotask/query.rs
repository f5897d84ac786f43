//! Queries, always in the order of ids and page by page after the last id: the way that depends on nothing the
//! server remembers.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use jiff::Timestamp;

use super::Autotask;
use super::call::{CallError, Repeat};
use crate::domain::model::Kind;
use crate::ports::{FULL_PAGE, Lookalikes, MOST_VALUES};

/// The most pages one question is worth: 200,000 rows, which no look-up by ids or names comes near.
const PAGES: usize = 400;

/// The most values conditions may list in one query.
const VALUES: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Items {
    items: Vec<Map<String, Json>>,
    #[serde(default)]
    page_details: Option<PageDetails>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageDetails {
    next_page_url: Option<String>,
}

impl Items {
    /// The rows of a page, which has no more than were asked for.
    pub(super) fn page(self) -> Result<Vec<Map<String, Json>>, CallError> {
        if self.items.len() > FULL_PAGE {
            let rows = self.items.len();
            return Err(CallError::Unreadable(format!("{rows} rows on a page of {FULL_PAGE}")));
        }
        Ok(self.items)
    }
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
    if values.len() + others.len() <= VALUES && !values.is_empty() && !others.is_empty() {
        return vec![vec![
            json!({ "op": "in", "field": field, "value": values }),
            json!({ "op": "in", "field": other, "value": others }),
        ]];
    }
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

/// What finds the records with these ids and those that might be the same as others: one query, where that lists no
/// more values than one may.
pub(super) fn again(ids: &[i64], lookalikes: &Lookalikes) -> Vec<Vec<Json>> {
    let alike = match lookalikes {
        Lookalikes::Companies(names) => is_in("companyName", names),
        Lookalikes::Contacts(companies, names) => {
            both_in("companyID", companies, "lastName", names)
        }
    };
    let mut by_id = is_in("id", ids);
    let values = ids.len() + lookalikes.values();
    match (&mut by_id[..], alike.as_slice()) {
        ([ids], [alike]) if values <= MOST_VALUES => {
            ids.push(json!({ "op": "and", "items": alike }));
            vec![vec![json!({ "op": "or", "items": ids })]]
        }
        _ => by_id.into_iter().chain(alike).collect(),
    }
}

/// What finds the records that are newer than what was read before.
pub(super) fn changed(kind: Kind, above: i64, since: Timestamp) -> Json {
    let modified = match kind {
        Kind::Company => "lastTrackedModifiedDateTime",
        Kind::Contact => "lastModifiedDate",
    };
    json!({ "op": "or", "items": [
        { "op": "gt", "field": "id", "value": above },
        { "op": "gte", "field": modified, "value": format!("{since:.3}") },
    ]})
}

#[derive(Deserialize)]
struct Item {
    item: Option<Map<String, Json>>,
}

fn last_id(rows: &[Map<String, Json>]) -> Option<i64> {
    rows.last()?.get("id")?.as_i64()
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

    /// One page of the rows that meet all conditions, after this id: with fewer than [`FULL_PAGE`] rows the last. A page
    /// that Autotask makes shorter although there are more is completed.
    pub(super) async fn page(
        &self,
        entity: &str,
        conditions: &[Json],
        after: Option<i64>,
    ) -> Result<Vec<Map<String, Json>>, CallError> {
        let mut rows: Vec<Map<String, Json>> = Vec::new();
        loop {
            let after = last_id(&rows).or(after);
            let mut filter = vec![match after {
                Some(id) => json!({ "op": "gt", "field": "id", "value": id }),
                None => json!({ "op": "gte", "field": "id", "value": 0 }),
            }];
            filter.extend_from_slice(conditions);
            let body = json!({ "MaxRecords": FULL_PAGE, "filter": filter });
            let path = format!("{entity}/query");
            let found: Items = self.call(Method::POST, &path, Some(&body), Repeat::Always).await?;
            let has_next =
                found.page_details.as_ref().is_some_and(|details| details.next_page_url.is_some());
            let page = found.page()?;
            let is_empty = page.is_empty();
            rows.extend(page);
            if rows.len() >= FULL_PAGE || !has_next || is_empty || last_id(&rows) <= after {
                return Ok(rows);
            }
        }
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
            for turned in 0.. {
                if turned == PAGES {
                    let text = format!("{entity} go on after {PAGES} pages");
                    return Err(CallError::Unreadable(text));
                }
                let page = self.page(entity, conditions, after).await?;
                let full = page.len() >= FULL_PAGE;
                let last = last_id(&page);
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
