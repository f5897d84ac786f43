//! The one running tenant: what every request shares.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mock_kit::clock::Clock;

use crate::credentials::Credentials;
use crate::query::UdfView;
use crate::route::Route;
use crate::settings::Settings;
use crate::store::Tenant;
use crate::write::Circumstances;

/// What every request shares.
#[derive(Debug)]
pub(crate) struct Instance {
    tenant: Mutex<Tenant>,
    settings: Mutex<Settings>,
    calls: Mutex<BTreeMap<String, u64>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) credentials: Credentials,
    /// The resource that the API user is.
    pub(crate) resource: i64,
}

impl Instance {
    pub(crate) fn new(
        tenant: Tenant,
        clock: Arc<dyn Clock>,
        credentials: Credentials,
        resource: i64,
    ) -> Self {
        Self {
            tenant: Mutex::new(tenant),
            settings: Mutex::default(),
            calls: Mutex::default(),
            clock,
            credentials,
            resource,
        }
    }

    /// The database, for as long as the guard lives; never across an await.
    pub(crate) fn tenant(&self) -> MutexGuard<'_, Tenant> {
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present moment, in milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Counts a call.
    pub(crate) fn count(&self, route: Route) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(route.name()).or_default() += 1;
    }

    /// How often each call was made.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How answers show user-defined fields at the moment.
    pub(crate) fn udf_view(&self) -> UdfView {
        let settings = self.settings();
        UdfView { made_before: made_before(self.now(), &settings), unset: settings.unset_udfs }
    }

    /// What a write of the API user needs to know.
    pub(crate) fn circumstances(&self, impersonated: Option<i64>) -> Circumstances {
        let (now, settings) = (self.now(), self.settings());
        Circumstances {
            now,
            resource: self.resource,
            impersonated,
            udfs_made_before: made_before(now, &settings),
            udf_edit_moves_modified: settings.udf_edit_moves_modified,
        }
    }
}

fn made_before(now: i64, settings: &Settings) -> i64 {
    now.saturating_sub(i64::try_from(settings.udf_delay.as_millis()).unwrap_or(i64::MAX))
}
