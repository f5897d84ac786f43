//! Autotask over REST: API v1.0 as a [`Target`].
//!
//! The zone is found first: it is where this database's requests go. Reads are repeated after failures that pass. A
//! create is repeated only when it certainly was not carried out, otherwise it is [`TargetError::Uncertain`]; a
//! change may be repeated, as doing it twice is doing it once. Refused credentials are never tried again. How many
//! requests the hour still has room for is minded in front of all calls (`admission`).

mod admission;
pub mod answer;
mod bounded;
mod call;
mod fields;
mod governor;
mod latency;
mod metadata;
mod query;
mod record;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use http::{Method, StatusCode, Uri};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::sync::Semaphore;

use crate::domain::budget::Budget;
use crate::domain::ids::CompanyId;
use crate::domain::metadata::Metadata;
use crate::domain::model::{Kind, TargetRecord};
use crate::http::{HttpClient, same_operator, server_address};
use crate::ports::{Change, Find, IdFields, NewRecord, Observer, StopSignal, Target, TargetError};
use crate::retry::RetryPolicy;
use admission::Admission;
use call::{CallError, Repeat};

pub use record::new_record;

/// The credentials of an API user.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user name, which is also what the zone is found by.
    pub user: String,
    /// The secret.
    pub secret: SecretString,
    /// The integration code, also known as tracking identifier.
    pub integration_code: SecretString,
}

/// How an Autotask database is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// Any Autotask web service, `https://webservices.autotask.net` for example: it knows the others.
    pub url: Uri,
    /// Who calls.
    pub credentials: Credentials,
    /// The fields that hold Salesforce ids.
    pub id_fields: IdFields,
    /// A field of companies that another program may have filled with Salesforce ids. Where it is there and ours is
    /// not, a person has to choose (rule S2); `None` once somebody has.
    pub older_company_field: Option<String>,
    /// Requests at a time to one kind of record. Autotask allows three and frees a place a little late.
    pub threads: usize,
    /// How much of the hour's requests may be used, in per cent; the rest is left to other integrations.
    pub share_percent: u64,
}

/// An Autotask database.
#[derive(Debug)]
pub struct Autotask {
    http: HttpClient,
    access: Access,
    retry: RetryPolicy,
    zone: FoundZone,
    /// The places for requests at a time, by endpoint.
    places: Mutex<BTreeMap<String, Arc<Semaphore>>>,
    /// Whether the hour has room for another request.
    admission: Admission,
}

/// The zone, once it is known.
#[derive(Debug, Default)]
struct FoundZone {
    known: Mutex<Option<Arc<Zone>>>,
    /// Held by whoever asks for it, so that nobody else does.
    asking: tokio::sync::Mutex<()>,
}

impl FoundZone {
    fn known(&self) -> Option<Arc<Zone>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, zone: Zone) -> Arc<Zone> {
        let zone = Arc::new(zone);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::clone(&zone));
        zone
    }
}

/// Where a database lives.
#[derive(Debug, Clone)]
struct Zone {
    /// The start of every request's address, `…/ATServicesRest/v1.0`.
    base: String,
    /// What sets the database apart from others.
    database: String,
    /// Where people see its records.
    pages: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZoneInformation {
    url: String,
    #[serde(default)]
    web_url: Option<String>,
    #[serde(default)]
    zone_name: Option<String>,
    #[serde(default)]
    ci: Option<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    item_id: i64,
}

impl Autotask {
    /// A database that is reached with this client.
    pub fn new(http: HttpClient, access: Access, retry: RetryPolicy) -> Self {
        let admission = Admission::new(access.share_percent);
        Self {
            http,
            access,
            retry,
            zone: FoundZone::default(),
            places: Mutex::default(),
            admission,
        }
    }

    /// Tells this observer of the hour, and waits no longer once the signal is given.
    #[must_use]
    pub fn watched(mut self, observer: Arc<dyn Observer>, stop: StopSignal) -> Self {
        self.admission = self.admission.watched(observer, stop);
        self
    }

    /// The zone; it is asked for once.
    async fn zone(&self) -> Result<Arc<Zone>, CallError> {
        if let Some(zone) = self.zone.known() {
            return Ok(zone);
        }
        let _asking = self.zone.asking.lock().await;
        match self.zone.known() {
            Some(zone) => Ok(zone),
            None => Ok(self.zone.set(self.find_zone().await?)),
        }
    }

    /// Where the database has moved to from a zone that lets nobody in; nothing if it is where it was, which is not found
    /// out by credentials.
    async fn moved_from(&self, zone: &Arc<Zone>) -> Option<Arc<Zone>> {
        let _asking = self.zone.asking.lock().await;
        let known = self.zone.known()?;
        if !Arc::ptr_eq(&known, zone) {
            return Some(known);
        }
        let found = self.find_zone().await.ok()?;
        let has_moved = found.base != zone.base && found.database == zone.database;
        has_moved.then(|| {
            tracing::warn!(
                from = zone.base,
                to = found.base,
                "the database is in another zone now"
            );
            self.zone.set(found)
        })
    }

    async fn find_zone(&self) -> Result<Zone, CallError> {
        let Access { url, credentials, .. } = &self.access;
        let path = url.path().trim_end_matches('/');
        let path = if path.is_empty() { "/atservicesrest" } else { path };
        let user = utf8_percent_encode(&credentials.user, NON_ALPHANUMERIC);
        let address = format!(
            "{}://{}{path}/v1.0/zoneInformation?user={user}",
            url.scheme_str().unwrap_or("https"),
            url.authority().map_or("", |authority| authority.as_str()),
        );
        let found: ZoneInformation = match self.open(&address).await {
            Err(CallError::Refused(words)) => {
                return Err(CallError::UnknownUser {
                    user: credentials.user.clone(),
                    words: words.join("; "),
                });
            }
            found => found?,
        };
        let zone = server_address(&found.url)
            .ok()
            .filter(|zone| same_operator(url, zone))
            .ok_or_else(|| CallError::Astray(found.url.clone()))?;
        let database = match (&found.ci, &found.zone_name) {
            (Some(number), _) => format!("database {number}"),
            (None, Some(name)) => format!("zone {name}, user {}", credentials.user),
            (None, None) => format!("{zone}, user {}", credentials.user),
        };
        let pages = found
            .web_url
            .and_then(|address| server_address(&address).ok())
            .filter(|address| same_operator(url, address))
            .map(|address| address.to_string().trim_end_matches('/').to_owned());
        Ok(Zone {
            base: format!("{}/v1.0", zone.to_string().trim_end_matches('/')),
            database,
            pages,
        })
    }

    /// The places for requests to an endpoint.
    fn places(&self, endpoint: &str) -> Arc<Semaphore> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places
            .entry(endpoint.to_owned())
            .or_insert_with(|| Arc::new(Semaphore::new(self.access.threads.max(1))));
        Arc::clone(place)
    }

    /// Where records of a kind are written: contacts through their company.
    fn written_at(kind: Kind, company: CompanyId) -> String {
        match kind {
            Kind::Company => "Companies".to_owned(),
            Kind::Contact => format!("Companies/{company}/Contacts"),
        }
    }

    async fn read_records(&self, kind: Kind, find: &Find) -> Result<Vec<TargetRecord>, CallError> {
        let (entity, id_field) = (entity(kind), self.access.id_fields.of(kind));
        let rows = match find {
            Find::After(id) => self.page(entity, &[], *id).await?,
            Find::One(id) => self.one(entity, *id).await?,
            Find::Ids(ids) => self.all_of(entity, &query::is_in("id", ids)).await?,
            Find::Changed { after, above, since } => {
                self.page(entity, &[query::changed(kind, *above, *since)], *after).await?
            }
            Find::Again(ids, lookalikes) => {
                self.all_of(entity, &query::again(ids, lookalikes)).await?
            }
            Find::Carrying(ids) => self.all_of(entity, &query::udf_is_in(id_field, ids)).await?,
        };
        rows.iter().map(|row| record::read(kind, id_field, row)).collect()
    }

    async fn write(
        &self,
        method: Method,
        kind: Kind,
        company: CompanyId,
        body: &Json,
        repeat: Repeat,
    ) -> Result<i64, CallError> {
        let path = Self::written_at(kind, company);
        match self.call::<Written>(method, &path, Some(body), repeat).await {
            Ok(written) => Ok(written.item_id),
            // What is written to has been deleted: this record's trouble, not the run's.
            Err(CallError::NotThere(path)) => {
                Err(CallError::Refused(vec![format!("Autotask has nothing at {path}")]))
            }
            // So is what something on the way does not let pass, such as a size or a form.
            Err(error @ CallError::Strange { status, .. }) if is_about_the_request(status) => {
                Err(CallError::Refused(vec![error.to_string()]))
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a status without further words speaks of the one request that it answers.
fn is_about_the_request(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 409 | 411 | 413 | 414 | 415 | 422 | 431)
}

/// The endpoint's name for records of a kind.
fn entity(kind: Kind) -> &'static str {
    match kind {
        Kind::Company => "Companies",
        Kind::Contact => "Contacts",
    }
}

#[async_trait]
impl Target for Autotask {
    async fn connect(&self) -> Result<String, TargetError> {
        Ok(self.zone().await.map_err(CallError::of_read)?.database.clone())
    }

    async fn metadata(&self) -> Result<Metadata, TargetError> {
        self.read_metadata().await.map_err(CallError::of_read)
    }

    async fn missing_id_fields(&self, create: bool) -> Result<Vec<String>, TargetError> {
        let mut missing = Vec::new();
        for kind in [Kind::Company, Kind::Contact] {
            missing.extend(self.missing_id_field(kind, create).await?);
        }
        Ok(missing)
    }

    async fn find(&self, kind: Kind, find: &Find) -> Result<Vec<TargetRecord>, TargetError> {
        self.read_records(kind, find).await.map_err(CallError::of_read)
    }

    async fn make_room(&self, requests: u64) -> Result<(), TargetError> {
        self.wait_for_room(requests).await.map_err(CallError::of_read)
    }

    fn budget(&self) -> Budget {
        self.admission.budget(self.http.clock().now())
    }

    async fn create(&self, kind: Kind, record: &NewRecord) -> Result<i64, TargetError> {
        let body = record::new_record(kind, self.access.id_fields.of(kind), record);
        let company = record.company.unwrap_or(CompanyId(0));
        Ok(self.write(Method::POST, kind, company, &body, Repeat::IfNotDone).await?)
    }

    async fn update(&self, kind: Kind, change: &Change) -> Result<(), TargetError> {
        let body = record::change(kind, self.access.id_fields.of(kind), change);
        self.write(Method::PATCH, kind, change.company, &body, Repeat::Always).await?;
        Ok(())
    }

    fn time(&self) -> Option<Timestamp> {
        self.http.server_time()
    }

    fn requests(&self) -> u64 {
        self.http.requests()
    }

    fn pages(&self) -> Option<String> {
        self.zone.known()?.pages.clone()
    }
}
