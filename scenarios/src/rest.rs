//! Reads Autotask over REST, plainly: what a person with a script would see, apart from the importer's own reading.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value as Json, json};

/// The user-defined field of companies that holds an account's id, as it is called where nobody says otherwise (S2).
pub const COMPANY_ID: &str = "Salesforce Company ID";

/// The one of contacts.
pub const CONTACT_ID: &str = "Salesforce Contact ID";

/// A record as the API shows it.
pub type Row = Map<String, Json>;

/// How to sign in to Autotask.
#[derive(Clone)]
pub struct Credentials {
    /// Name of the API user.
    pub user: String,
    /// Their secret.
    pub secret: String,
    /// The integration's code.
    pub integration_code: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// The request did not get an answer.
    #[error("Autotask did not answer {0}")]
    Lost(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer was no success.
    #[error("Autotask answered {path} with {status}: {body}")]
    Refused {
        /// What was asked.
        path: String,
        /// The answer's status.
        status: u16,
        /// The answer's body.
        body: String,
    },
    /// The answer is not what the API answers.
    #[error("Autotask's answer to {0} cannot be understood")]
    Unreadable(String),
}

/// A reader of one tenant.
#[derive(Debug, Clone)]
pub struct Rest {
    base: String,
    credentials: Credentials,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Rest {
    /// A reader of the tenant at a URL, given without path.
    pub fn new(url: &str, credentials: Credentials) -> Self {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { base: format!("{url}/ATServicesRest/V1.0"), credentials, client }
    }

    /// Sends one request and returns the answer's JSON.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> Result<Json, RestError> {
        let lost = |cause| RestError::Lost(path.to_owned(), cause);
        let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.base))
            .header("Content-Type", "application/json")
            .header("ApiIntegrationCode", &self.credentials.integration_code)
            .header("UserName", &self.credentials.user)
            .header("Secret", &self.credentials.secret)
            .body(Full::new(bytes))
            .map_err(|cause| lost(cause.into()))?;
        let answer = self.client.request(request).await.map_err(|cause| lost(cause.into()))?;
        let status = answer.status().as_u16();
        let body =
            answer.into_body().collect().await.map_err(|cause| lost(cause.into()))?.to_bytes();
        if status != 200 {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(RestError::Refused { path: path.to_owned(), status, body });
        }
        serde_json::from_slice(&body).map_err(|_| RestError::Unreadable(path.to_owned()))
    }

    /// At most 500 records of an entity with ids above `after`, in the order of their ids.
    pub async fn page(&self, entity: &str, after: i64) -> Result<Vec<Row>, RestError> {
        let path = format!("{entity}/query");
        let query = json!({
            "MaxRecords": 500,
            "filter": [{ "op": "gt", "field": "id", "value": after }],
        });
        let answer = self.send(Method::POST, &path, Some(&query)).await?;
        rows(answer).ok_or(RestError::Unreadable(path))
    }

    /// All records of an entity. Meant for small ones.
    pub async fn all(&self, entity: &str) -> Result<Vec<Row>, RestError> {
        let mut all = Vec::new();
        let mut after = -1;
        loop {
            let page = self.page(entity, after).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = id_of(last);
            all.extend(page);
        }
    }

    /// What the API says about an entity's fields.
    pub async fn fields(&self, entity: &str) -> Result<Vec<Row>, RestError> {
        let path = format!("{entity}/entityInformation/fields");
        let mut answer = self.send(Method::GET, &path, None).await?;
        let fields = answer.get_mut("fields").map(Json::take);
        fields
            .and_then(|fields| serde_json::from_value(fields).ok())
            .ok_or(RestError::Unreadable(path))
    }
}

fn rows(mut answer: Json) -> Option<Vec<Row>> {
    serde_json::from_value(answer.get_mut("items")?.take()).ok()
}

/// A record's id; -1 where it has none.
pub fn id_of(row: &Row) -> i64 {
    row.get("id").and_then(Json::as_i64).unwrap_or(-1)
}

/// The value of a record's user-defined field; `None` where it is empty or missing.
pub fn udf_of<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    let fields = row.get("userDefinedFields")?.as_array()?;
    let field = fields.iter().find(|field| field["name"].as_str() == Some(name))?;
    field["value"].as_str().filter(|value| !value.is_empty())
}
