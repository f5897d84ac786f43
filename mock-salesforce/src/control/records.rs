//! `/_mock/records/{object}`: the org's records, found, made, changed and deleted.

use http::{Method, Response, StatusCode};
use mock_kit::server::Body;
use serde_json::{Value as Json, json};

use super::{ControlRequest, Refusal, body, done, ok};
use crate::message;
use crate::org::{ObjectKind, Org};

/// Records of one page.
const LARGEST_PAGE: u64 = 200;

/// Answers a request about one object's records.
pub(super) fn answer(
    org: &Org,
    request: &ControlRequest<'_>,
    object: ObjectKind,
    path: &[&str],
) -> Result<Response<Body>, Refusal> {
    match (request.method, path) {
        (&Method::GET, []) => list(org, request, object),
        (&Method::POST, []) => {
            let fields: Json = body(request)?;
            let id = org.insert(object, &fields)?;
            Ok(message::json(StatusCode::CREATED, &json!({ "id": id })))
        }
        (&Method::GET, [id]) => match org.record(id)? {
            Some(record) => Ok(ok(&record)),
            None => Err(Refusal::not_found(format!("record {id}"))),
        },
        (&Method::PATCH, [id]) => {
            let fields: Json = body(request)?;
            org.update(id, &fields)?;
            Ok(done())
        }
        (&Method::DELETE, [id]) => {
            org.delete(id)?;
            Ok(done())
        }
        (&Method::POST, [id, "undelete"]) => {
            org.undelete(id)?;
            Ok(done())
        }
        (&Method::POST, [id, "merge", loser]) => {
            org.merge(id, &[loser])?;
            Ok(done())
        }
        _ => Err(Refusal::not_found(format!(
            "{} for records/{}/{}",
            request.method,
            object.name(),
            path.join("/")
        ))),
    }
}

fn list(
    org: &Org,
    request: &ControlRequest<'_>,
    object: ObjectKind,
) -> Result<Response<Body>, Refusal> {
    let figure = |name| request.parameter(name).and_then(|text| text.parse().ok());
    let offset = figure("offset").unwrap_or(0);
    let limit = figure("limit").unwrap_or(50).min(LARGEST_PAGE);
    let text = request.parameter("search").unwrap_or_default();
    let (total, records) = org.search(object, &text, offset, limit)?;
    Ok(ok(&json!({ "total": total, "records": records })))
}
