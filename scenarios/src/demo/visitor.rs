//! A browser without a window: it keeps cookies, and sends forms with the word that their page had.

use std::collections::BTreeMap;
use std::error::Error;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Why an address did not answer.
#[derive(Debug, thiserror::Error)]
#[error("{0} does not answer")]
pub struct VisitError(String, #[source] Box<dyn Error + Send + Sync>);

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    /// A header's text; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Who walks the tour.
pub(super) struct Visitor {
    client: Client<HttpConnector, Full<Bytes>>,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub(super) fn new() -> Self {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { client, cookies: BTreeMap::new() }
    }

    /// Looks at a page, to the end of what it has to say.
    pub(super) async fn look(&mut self, url: &str) -> Result<Answer, VisitError> {
        self.send(Method::GET, url, String::new()).await
    }

    /// Deletes what stands at an address.
    pub(super) async fn delete(&mut self, url: &str) -> Result<Answer, VisitError> {
        self.send(Method::DELETE, url, String::new()).await
    }

    /// Sends a form of the page at `page`.
    pub(super) async fn submit(
        &mut self,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<Answer, VisitError> {
        let shown = self.look(page).await?.body;
        let word = between(&shown, "name=\"word\" value=\"", "\"").unwrap_or_default();
        let mut form = form_urlencoded::Serializer::new(String::new());
        let form = form.append_pair("word", word).extend_pairs(fields).finish();
        self.send(Method::POST, action, form).await
    }

    async fn send(
        &mut self,
        method: Method,
        url: &str,
        form: String,
    ) -> Result<Answer, VisitError> {
        let failed = |cause| VisitError(url.to_owned(), cause);
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header(COOKIE, cookies.join("; "))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(form.into()))
            .map_err(|cause| failed(cause.into()))?;
        let answer = self.client.request(request).await.map_err(|cause| failed(cause.into()))?;
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next());
            if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = body.collect().await.map_err(|cause| failed(cause.into()))?.to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// The first text between two others.
pub(super) fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}
