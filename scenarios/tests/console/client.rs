//! A browser without a window: it keeps cookies, and sends forms with the word that the page had.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value as Json;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    http: Http<HttpConnector, Full<Bytes>>,
    pub(crate) cookies: BTreeMap<String, String>,
    /// Headers that every request has.
    pub(crate) also: Vec<(&'static str, String)>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let http = Http::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { address, http, cookies: BTreeMap::new(), also: Vec::new() }
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        let form = "application/x-www-form-urlencoded";
        self.send_as(form, method, path, body).await
    }

    /// Calls the API.
    pub(crate) async fn call(&mut self, method: Method, path: &str, body: Option<&Json>) -> Answer {
        let body = body.map(ToString::to_string);
        self.send_as("application/json", method, &format!("/api/v1{path}"), body).await
    }

    async fn send_as(
        &mut self,
        kind: &str,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("Cookie", cookies.join("; "));
        if body.is_some() {
            request = request.header("Content-Type", kind);
        }
        for (name, value) in &self.also {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(body.unwrap_or_default().into())).unwrap();
        let answer = self.http.request(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all("set-cookie") {
            let (pair, rest) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// A page that has to be there.
    pub(crate) async fn page(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// The word of a page's forms.
    pub(crate) async fn word(&mut self, path: &str) -> String {
        let page = self.get(path).await.body;
        let word = page.split("name=\"word\" value=\"").nth(1);
        word.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }

    /// Sends a form without any word.
    pub(crate) async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sends a form as the first page would.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let word = self.word("/").await;
        self.post_bare(path, &[&[("word", word.as_str())], fields].concat()).await
    }

    pub(crate) async fn try_to_sign_in(&mut self, password: &str) -> Answer {
        let word = self.word("/sign-in").await;
        self.post_bare("/sign-in", &[("word", &word), ("password", password), ("next", "/")]).await
    }

    pub(crate) async fn sign_in(&mut self, password: &str) {
        let answer = self.try_to_sign_in(password).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(answer.header("location"), "/");
    }
}
