//! `/_mock/records/{entity}`: the tenant's records, found, made, changed and deleted.

use http::{Method, Response, StatusCode};
use mock_kit::server::Body;
use serde_json::{Value as Json, json};

use super::{ControlRequest, Refusal, done, ok, told};
use crate::entities::Entity;

/// Records of one page.
const LARGEST_PAGE: usize = 200;

/// Answers a request about one entity's records.
pub(super) fn answer(
    request: &ControlRequest<'_>,
    entity: Entity,
    path: &[&str],
) -> Result<Response<Body>, Refusal> {
    let records = &request.records;
    match (request.method, path) {
        (&Method::GET, []) => list(request, entity),
        (&Method::POST, []) => {
            let id = records.insert(entity, &request.body::<Json>()?)?;
            Ok(told(StatusCode::CREATED, &json!({ "id": id })))
        }
        (&Method::GET, [id]) => match records.record(entity, number(id)?)? {
            Some(record) => Ok(ok(&record)),
            None => Err(Refusal::not_found(format!("record {id}"))),
        },
        (&Method::PATCH, [id]) => {
            records.update(entity, number(id)?, &request.body::<Json>()?)?;
            Ok(done())
        }
        (&Method::DELETE, [id]) => {
            records.delete(entity, number(id)?)?;
            Ok(done())
        }
        (&Method::DELETE, [id, "udfs", name]) => {
            records.clear_udf(entity, number(id)?, name)?;
            Ok(done())
        }
        (&Method::GET, [id, "history"]) => {
            Ok(ok(&records.history_of(entity, number(id)?, request.most_changes())?))
        }
        _ => Err(Refusal::not_found(format!(
            "{} for records/{}/{}",
            request.method,
            entity.definition().path,
            path.join("/")
        ))),
    }
}

fn number(id: &str) -> Result<i64, Refusal> {
    id.parse().map_err(|_| Refusal::not_found(format!("record {id}")))
}

fn list(request: &ControlRequest<'_>, entity: Entity) -> Result<Response<Body>, Refusal> {
    let after = request.figure("after").unwrap_or(i64::MIN);
    let most = request.figure("limit").unwrap_or(50).min(LARGEST_PAGE);
    let text = request.parameters.get("search").unwrap_or_default();
    let (total, records) = request.records.search(entity, text, after, most)?;
    Ok(ok(&json!({ "total": total, "records": records })))
}

/// Answers a request about a picklist's values.
pub(super) fn picklist(
    request: &ControlRequest<'_>,
    entity: Entity,
    field: &str,
) -> Result<Response<Body>, Refusal> {
    match *request.method {
        Method::GET => Ok(ok(&request.records.picklist(entity, field))),
        Method::POST => {
            request.records.set_picklist_value(entity, field, &request.body()?)?;
            Ok(done())
        }
        _ => Err(Refusal::not_found(format!("{} for picklists", request.method))),
    }
}
