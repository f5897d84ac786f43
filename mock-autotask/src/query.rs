//! Queries: what is asked for, which page of it, and the answer.
//!
//! Pages are found again by the last id of the one before, so a page never depends on what the server remembers.
//! `MaxRecords` is the size of a page, not a total: the link to the next page is there all the same.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entities::Entity;
use crate::filter::{self, Filter, get};
use crate::json;
use crate::refusal::{Complaint, Refusal, quoted};
use crate::store::{Columns, Condition, Page, Tenant, View};

/// The size of a page where none is asked for, and the largest.
const PAGE_SIZE: u16 = 500;

/// The pages one can go back.
const PAGES_KEPT: usize = 50;

/// A query as read.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) filter: Filter,
    page_size: u16,
    include: Option<Vec<String>>,
}

impl Query {
    /// Reads a query from a body or from the `search` parameter.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Complaint> {
        let body = match json::value(bytes)? {
            Value::Object(body) => body,
            Value::Null => return Err(Complaint::NoFilters),
            _ => return Err(Complaint::UnreadableBody("a JSON object is needed".to_owned())),
        };
        let page_size = match get(&body, "MaxRecords") {
            None | Some(Value::Null) => PAGE_SIZE,
            Some(size) => size
                .as_u64()
                .and_then(|size| u16::try_from(size).ok())
                .filter(|size| (1..=PAGE_SIZE).contains(size))
                .ok_or(Complaint::BadMaxRecords)?,
        };
        let include = match get(&body, "IncludeFields") {
            None | Some(Value::Null) => None,
            Some(Value::Array(names)) if names.is_empty() => None,
            Some(Value::Array(names)) => Some(
                names
                    .iter()
                    .map(|name| name.as_str().map(str::to_owned))
                    .collect::<Option<_>>()
                    .ok_or_else(|| {
                        Complaint::BadQuery("IncludeFields takes names only.".to_owned())
                    })?,
            ),
            Some(_) => {
                return Err(Complaint::BadQuery("IncludeFields must be an array.".to_owned()));
            }
        };
        let filter = filter::read(get(&body, "filter").unwrap_or(&Value::Null))?;
        Ok(Self { filter, page_size, include })
    }
}

/// Where a page stands among the others, as it travels in the links between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Paging {
    page_size: u16,
    previous_ids: Vec<i64>,
    next_ids: Vec<i64>,
}

/// The direction a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// To the page behind the last id.
    Next,
    /// To the page before.
    Previous,
}

impl Paging {
    /// The place of the first page: before all ids, 0 included.
    fn first(page_size: u16) -> Self {
        Self { page_size, previous_ids: Vec::new(), next_ids: vec![-1] }
    }

    /// Reads the `paging` parameter of a link.
    pub(crate) fn read(text: &str) -> Result<Self, Complaint> {
        let bad = || {
            Complaint::BadQuery("The paging parameter is not one this server gave out.".to_owned())
        };
        let paging: Self = serde_json::from_str(text).map_err(|_| bad())?;
        let sound = (1..=PAGE_SIZE).contains(&paging.page_size)
            && paging.next_ids.len() == 1
            && paging.previous_ids.len() <= PAGES_KEPT;
        if sound { Ok(paging) } else { Err(bad()) }
    }

    /// The place of the page that a link leads to.
    pub(crate) fn step(mut self, step: Step) -> Self {
        if step == Step::Previous {
            self.next_ids = vec![self.previous_ids.pop().unwrap_or(-1)];
        }
        self
    }

    /// The id behind which this page starts.
    fn after(&self) -> i64 {
        self.next_ids.last().copied().unwrap_or(-1)
    }

    /// The place of the page behind this one, which ends with `last`.
    fn behind(&self, last: i64) -> Self {
        let mut previous_ids = self.previous_ids.clone();
        previous_ids.push(self.after());
        let surplus = previous_ids.len().saturating_sub(PAGES_KEPT);
        previous_ids.drain(..surplus);
        Self { page_size: self.page_size, previous_ids, next_ids: vec![last] }
    }
}

/// What links are made from.
pub(crate) struct Links<'a> {
    /// The URL of the entity, as the client reaches it.
    pub(crate) base: String,
    /// The links lead to `query/next` and `query/previous`; those of a child collection to itself.
    pub(crate) of_query: bool,
    /// The `search` parameter of a GET; a POST's links have none.
    pub(crate) search: Option<&'a str>,
}

impl Links<'_> {
    fn link(&self, word: &str, paging: &Paging) -> String {
        let paging = serde_json::to_string(paging).expect("numbers can be written");
        let word = if self.of_query { format!("/query/{word}") } else { String::new() };
        let mut url = format!("{}{word}?paging={}", self.base, encoded(&paging));
        if let Some(search) = self.search {
            url.push_str("&search=");
            url.push_str(&encoded(search));
        }
        url
    }
}

/// Percent-encodes a parameter with lower-case digits, as the vendor's links have them.
fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02x}").expect("a String takes all that is written");
        }
    }
    out
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageDetails {
    count: usize,
    request_count: u16,
    prev_page_url: Option<String>,
    next_page_url: Option<String>,
}

/// Answers a query with a page.
pub(crate) fn page(
    tenant: &Tenant,
    entity: Entity,
    query: &Query,
    paging: Option<Paging>,
    links: &Links<'_>,
    view: View,
) -> Result<Vec<u8>, Refusal> {
    let condition = filter::compile(&query.filter, entity, tenant.catalogue(), view.made_before)?;
    let columns = match &query.include {
        Some(names) => chosen_columns(tenant, entity, names, view)?,
        None => all_columns(tenant, entity, view),
    };
    let paging = paging.unwrap_or_else(|| Paging::first(query.page_size));
    let page = tenant.page(&columns, &condition, paging.after(), paging.page_size.into())?;
    Ok(answer(&page, &paging, links))
}

fn answer(page: &Page, paging: &Paging, links: &Links<'_>) -> Vec<u8> {
    let next = page.last.filter(|_| page.more).map(|last| links.link("next", &paging.behind(last)));
    let previous = (!paging.previous_ids.is_empty()).then(|| links.link("previous", paging));
    let details = PageDetails {
        count: page.count,
        request_count: paging.page_size,
        prev_page_url: previous,
        next_page_url: next,
    };
    let mut out = Vec::with_capacity(page.items.len() + 512);
    out.extend_from_slice(b"{\"items\":[");
    out.extend_from_slice(&page.items);
    out.extend_from_slice(b"],\"pageDetails\":");
    serde_json::to_writer(&mut out, &details).expect("numbers and texts can be written to memory");
    out.push(b'}');
    out
}

/// Answers `query/count`.
pub(crate) fn count(
    tenant: &Tenant,
    entity: Entity,
    query: &Query,
    view: View,
) -> Result<Vec<u8>, Refusal> {
    let condition = filter::compile(&query.filter, entity, tenant.catalogue(), view.made_before)?;
    let count = tenant.count(entity, &condition)?;
    Ok(format!("{{\"queryCount\":{count}}}").into_bytes())
}

/// Answers a read by id; nothing where there is no such record, or not below the parent named.
pub(crate) fn item(
    tenant: &Tenant,
    entity: Entity,
    parent: Option<i64>,
    id: i64,
    view: View,
) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut condition = Condition::sql("\"id\" = ?", vec![id.into()]);
    if let (Some(of), Some(parent)) = (&entity.definition().parent, parent) {
        condition.sql = Some(format!("\"id\" = ? AND \"{}\" = ?", of.field));
        condition.values.push(parent.into());
    }
    let item = tenant.page(&all_columns(tenant, entity, view), &condition, i64::MIN, 1)?;
    Ok((item.count == 1).then(|| [b"{\"item\":", item.items.as_slice(), b"}"].concat()))
}

/// Answers a read of all records below a parent.
pub(crate) fn children(
    tenant: &Tenant,
    entity: Entity,
    parent: i64,
    paging: Option<Paging>,
    links: &Links<'_>,
    view: View,
) -> rusqlite::Result<Vec<u8>> {
    let field = entity.definition().parent.as_ref().map_or("id", |of| of.field);
    let condition = Condition::sql(format!("\"{field}\" = ?"), vec![parent.into()]);
    let paging = paging.unwrap_or_else(|| Paging::first(PAGE_SIZE));
    let columns = all_columns(tenant, entity, view);
    let page = tenant.page(&columns, &condition, paging.after(), paging.page_size.into())?;
    Ok(answer(&page, &paging, links))
}

/// All fields and all user-defined fields in use.
pub(crate) fn all_columns(tenant: &Tenant, entity: Entity, view: View) -> Columns {
    let udfs = tenant
        .catalogue()
        .usable_udfs(entity, view.made_before)
        .map(|udf| (udf.id, udf.name.clone()))
        .collect();
    Columns::new(entity, |_| true, udfs, view)
}

/// The fields named: names of user-defined fields choose among those, `userDefinedFields` takes all of them.
fn chosen_columns(
    tenant: &Tenant,
    entity: Entity,
    names: &[String],
    view: View,
) -> Result<Columns, Complaint> {
    let definition = entity.definition();
    let mut places = Vec::new();
    let mut udfs = Vec::new();
    for name in names {
        if let Some((place, _)) = definition.field(name) {
            places.push(place);
        } else if definition.udf_type.is_some() && name.eq_ignore_ascii_case("userDefinedFields") {
            let all = tenant.catalogue().usable_udfs(entity, view.made_before);
            udfs.extend(all.map(|udf| (udf.id, udf.name.clone())));
        } else if let Some(udf) = tenant.catalogue().usable_udf(entity, name, view.made_before) {
            udfs.push((udf.id, udf.name.clone()));
        } else {
            return Err(Complaint::UnknownField { field: quoted(name), entity: definition.name });
        }
    }
    if places.is_empty() {
        places.push(0);
    }
    udfs.sort_unstable();
    udfs.dedup();
    Ok(Columns::new(entity, |place| places.contains(&place), udfs, view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_carries_the_place_of_the_next_page_as_the_vendors_does() {
        let links = Links {
            base: "https://webservices15.autotask.net/ATServicesRest/V1.0/Companies".to_owned(),
            of_query: true,
            search: Some("{'filter':[{'op':'exist','field':'IsActive'}]}"),
        };

        let url = links.link("next", &Paging::first(500).behind(725));

        assert_eq!(
            url,
            "https://webservices15.autotask.net/ATServicesRest/V1.0/Companies/query/next?paging=%7b%22pageSize%22%3a500\
             %2c%22previousIds%22%3a%5b-1%5d%2c%22nextIds%22%3a%5b725%5d%7d&search=%7b%27filter%27%3a%5b%7b%27op%27%3a\
             %27exist%27%2c%27field%27%3a%27IsActive%27%7d%5d%7d"
        );
    }

    #[test]
    fn going_on_and_back_leads_to_the_same_page() {
        let first = Paging::first(10);
        let third = first.behind(20).behind(40);

        assert_eq!(third.clone().step(Step::Previous).after(), 20);
        assert_eq!(third.step(Step::Previous).step(Step::Previous).after(), -1);
    }

    #[test]
    fn a_long_walk_keeps_its_links_short() {
        let mut paging = Paging::first(1);
        for id in 0..10_000 {
            paging = paging.behind(29_683_500 + id);
        }

        assert_eq!(paging.previous_ids.len(), PAGES_KEPT);
        assert!(Paging::read(&serde_json::to_string(&paging).unwrap()).is_ok());
    }

    #[test]
    fn a_page_size_outside_of_1_to_500_is_refused() {
        for size in ["0", "501", "-1", "\"5\"", "1e3"] {
            let body =
                format!(r#"{{"filter":[{{"op":"exist","field":"id"}}],"MaxRecords":{size}}}"#);
            assert_eq!(
                Query::read(body.as_bytes()).unwrap_err(),
                Complaint::BadMaxRecords,
                "{size}"
            );
        }
    }
}
