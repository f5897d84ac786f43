//! `/_mock/fields/{object}`: the fields there are, and what an administrator may change about them.

use http::{Method, Response};
use mock_kit::server::Body;
use serde_json::{Value as Json, json};

use super::{ControlRequest, Refusal, body, done, ok};
use crate::org::{ObjectKind, Org};

/// Answers a request about one object's fields.
pub(super) fn answer(
    org: &Org,
    request: &ControlRequest<'_>,
    object: ObjectKind,
    path: &[&str],
) -> Result<Response<Body>, Refusal> {
    match (request.method, path) {
        (&Method::GET, []) => Ok(ok(&list(org, object))),
        (&Method::PATCH, [name]) => {
            org.set_field(object, name, &body(request)?)?;
            Ok(done())
        }
        _ => Err(Refusal::not_found(format!(
            "{} for fields/{}/{}",
            request.method,
            object.name(),
            path.join("/")
        ))),
    }
}

fn list(org: &Org, object: ObjectKind) -> Vec<Json> {
    let store = org.store();
    let fields = store.schema().object(object).fields.iter();
    fields
        .map(|field| {
            json!({
                "name": field.name,
                "type": field.kind.describe_name(),
                "length": field.length,
                "required": !field.nillable,
                "writable": field.writable,
                "visible": field.visible,
                "picklist": field.picklist(),
            })
        })
        .collect()
}
