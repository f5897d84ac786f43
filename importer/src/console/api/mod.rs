//! The same facts and deeds for programs, under `/api/v1`: in JSON, as the commands' `--json` has them. What there is,
//! and how it looks, is written in `docs/openapi.json`, which is served too and held against this table by a test.

mod answers;
mod deeds;
mod door;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;

use super::Desk;
use super::pages::trouble::Trouble;

/// What the addresses of one version begin with.
const BASE: &str = "/api/v1";

/// The description, in `OpenAPI` 3.1.
const DESCRIPTION: &str = include_str!("../../../../docs/openapi.json");

/// A way to call: its method, its address after [`BASE`], and who answers.
type Way = (&'static str, &'static str, MethodRouter<Arc<Desk>>);

/// All there are.
fn ways() -> Vec<Way> {
    vec![
        ("get", "/status", get(answers::status)),
        ("get", "/runs", get(answers::runs)),
        ("get", "/runs/{run}", get(answers::run)),
        ("get", "/runs/{run}/records", get(answers::records)),
        ("post", "/runs/{run}/approve", post(deeds::approve)),
        ("get", "/records/{id}", get(answers::record)),
        ("post", "/records/{id}/link", post(deeds::link)),
        ("post", "/records/{id}/unmap", post(deeds::unmap)),
        ("post", "/records/{id}/remap", post(deeds::remap)),
        ("get", "/attention", get(answers::attention)),
        ("get", "/attention/held", get(answers::held)),
        ("get", "/attention/refused", get(answers::refused)),
        ("get", "/attention/gone", get(answers::gone)),
        ("get", "/attention/un-mapped", get(answers::apart)),
        ("post", "/attention/refused/retry", post(deeds::retry)),
        ("get", "/settings", get(answers::settings)),
        ("get", "/recipients", get(answers::recipients)),
        ("get", "/mapping", get(answers::mapping)),
        ("get", "/outbox", get(answers::outbox)),
        ("post", "/launch", post(deeds::launch)),
        ("post", "/check", post(deeds::check)),
        ("post", "/notifications/test", post(deeds::test)),
    ]
}

/// The API.
pub(super) fn router(desk: &Arc<Desk>) -> Router<Arc<Desk>> {
    let add = |router: Router<Arc<Desk>>, (_, path, way): Way| router.route(path, way);
    let api = ways()
        .into_iter()
        .fold(Router::new(), add)
        .fallback(async || Trouble::missing("There is no such address.").into_problem())
        .method_not_allowed_fallback(async || {
            let text = "This address takes another method.";
            Trouble::new(StatusCode::METHOD_NOT_ALLOWED, text).into_problem()
        })
        .layer(from_fn_with_state(Arc::clone(desk), door::admitted));
    Router::new().nest(BASE, api).route("/api/openapi.json", get(async || file(DESCRIPTION)))
}

fn file(text: &'static str) -> Response {
    let kind = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "max-age=300")];
    (kind, text).into_response()
}

/// An answer.
struct Json<T>(T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => ([(CONTENT_TYPE, "application/json")], bytes).into_response(),
            Err(error) => Trouble::internal(error).into_problem(),
        }
    }
}

/// Why there is none.
struct Problem(Trouble);

impl<E: Into<Trouble>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.0.into_problem()
    }
}

type Answer<T> = Result<Json<T>, Problem>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_description_has_every_way_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(DESCRIPTION).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let described: BTreeSet<_> = paths
            .iter()
            .flat_map(|(path, ways)| {
                let methods = ways.as_object().unwrap().keys().filter(|key| *key != "parameters");
                methods.map(move |method| (method.clone(), path.clone()))
            })
            .collect();

        let there: BTreeSet<_> = ways()
            .into_iter()
            .map(|(method, path, _)| (method.to_owned(), format!("{BASE}{path}")))
            .collect();

        assert_eq!(described, there);
    }
}
