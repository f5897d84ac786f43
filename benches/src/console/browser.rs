//! Asks the console for pages, as somebody who is signed in.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use importer::http::{Answer, HttpClient, Limits, tls_connector};
use importer::system_clock::SystemClock;

use crate::Failure;

/// Somebody who is signed in.
pub struct Browser {
    address: SocketAddr,
    client: HttpClient,
    cookies: String,
}

impl Browser {
    pub(super) async fn sign_in(address: SocketAddr, password: &str) -> Result<Self, Failure> {
        let client =
            HttpClient::new(tls_connector(None)?, Arc::new(SystemClock), Limits::default());
        let mut browser = Self { address, client, cookies: String::new() };
        let form = browser.send(Method::GET, "/sign-in", String::new()).await?;
        browser.cookies = cookies(&form);
        let body = format!("word={}&password={password}", word(&form)?);
        let answer = browser.send(Method::POST, "/sign-in", body).await?;
        if answer.status != StatusCode::SEE_OTHER {
            return Err(format!("the sign-in was answered with {}", answer.status).into());
        }
        browser.cookies = cookies(&answer);
        Ok(browser)
    }

    /// The size of a page in bytes, and the page.
    pub async fn get(&self, path: &str) -> Result<(usize, String), Failure> {
        let answer = self.send(Method::GET, path, String::new()).await?;
        if answer.status != StatusCode::OK {
            return Err(format!("{path} was answered with {}", answer.status).into());
        }
        Ok((answer.body.len(), String::from_utf8_lossy(&answer.body).into_owned()))
    }

    /// Sends a form with nothing but the word.
    pub(super) async fn post(&self, path: &str) -> Result<(), Failure> {
        let page = self.send(Method::GET, "/record", String::new()).await?;
        let answer = self.send(Method::POST, path, format!("word={}", word(&page)?)).await?;
        if answer.status.is_success() || answer.status.is_redirection() {
            return Ok(());
        }
        Err(format!("{path} was answered with {}", answer.status).into())
    }

    /// Whether an import is under way.
    pub(super) async fn is_running(&self) -> Result<bool, Failure> {
        let (_, text) = self.get("/metrics").await?;
        Ok(text.lines().any(|line| line == "importer_running 1"))
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Result<Answer, Failure> {
        let uri = format!("http://{}{path}", self.address).parse()?;
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::try_from(&self.cookies)?);
        if method == Method::POST {
            let form = "application/x-www-form-urlencoded";
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(form));
        }
        Ok(self.client.send(method, &uri, headers, Bytes::from(body)).await?)
    }
}

/// The cookies that an answer sets.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    set.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

/// The word of a page's forms.
fn word(answer: &Answer) -> Result<String, Failure> {
    let page = String::from_utf8_lossy(&answer.body);
    let found = page.split("name=\"word\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(found.ok_or("the page has no form")?.to_owned())
}
