//! What an administrator of the org has set: who may call, from where, when and how often.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use mock_kit::tls::Shown;
use serde::{Deserialize, Serialize};

/// The org's settings. The defaults are those of an org that lets an integration work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the set-up pages"
)]
pub struct Settings {
    /// Whether SOAP `login()` is enabled. Salesforce switches it off in new orgs.
    pub soap_login: bool,
    /// Whether the org's edition has the API.
    pub api: bool,
    /// Whether the org was a trial and its time is over.
    pub trial_expired: bool,
    /// Whether the user has the permission "Use Any API Auth".
    pub any_api_auth: bool,
    /// Whether OAuth takes a user's name and password. Salesforce switches it off in new orgs.
    pub oauth_password: bool,
    /// Network Access: from these addresses no security token is needed.
    pub trusted_ranges: Vec<AddressRange>,
    /// The profile's login ranges: from elsewhere no login at all, if there are any.
    pub login_ranges: Vec<AddressRange>,
    /// The profile's login hours.
    pub login_hours: Option<LoginHours>,
    /// Whether the user's password has expired.
    pub password_expired: bool,
    /// Failed logins that lock the user out; 0 never does.
    pub lockout_after: u32,
    /// How long a lock-out lasts.
    pub lockout_minutes: u32,
    /// Logins of one user in an hour; none lifts the limit.
    pub logins_per_hour: Option<u32>,
    /// API requests in 24 hours; none lifts the limit.
    pub daily_requests: Option<u64>,
    /// Requests that may run for 20 seconds or more at once; none lifts the limit.
    pub long_requests: Option<usize>,
    /// Steps of SQLite a query may take before it ends in `QUERY_TIMEOUT`; none lifts the limit.
    pub query_steps: Option<u64>,
    /// How far getUpdated and getDeleted lag behind the present.
    pub replication_lag_seconds: u32,
    /// Where clients seem to come from, instead of where they do.
    pub client_address: Option<IpAddr>,
    /// Which certificate new connections are shown, where the mock serves TLS.
    pub certificate: Shown,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            soap_login: true,
            api: true,
            trial_expired: false,
            any_api_auth: true,
            oauth_password: false,
            trusted_ranges: Vec::new(),
            login_ranges: Vec::new(),
            login_hours: None,
            password_expired: false,
            lockout_after: 10,
            lockout_minutes: 15,
            logins_per_hour: Some(3_600),
            daily_requests: Some(100_000),
            long_requests: Some(25),
            query_steps: Some(2_000_000_000),
            replication_lag_seconds: 0,
            client_address: None,
            certificate: Shown::Good,
        }
    }
}

impl Settings {
    pub(crate) fn replication_lag(&self) -> SignedDuration {
        SignedDuration::from_secs(self.replication_lag_seconds.into())
    }
}

/// Addresses from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressRange {
    /// The first.
    pub from: IpAddr,
    /// The last.
    pub to: IpAddr,
}

impl AddressRange {
    /// Whether the address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        (self.from..=self.to).contains(&address) && self.from.is_ipv4() == address.is_ipv4()
    }
}

/// Hours of the day, UTC, in which one may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginHours {
    /// The first hour.
    pub from: u8,
    /// The hour after the last.
    pub until: u8,
}

impl LoginHours {
    pub(crate) fn contains(self, now: Timestamp) -> bool {
        let hour = now.to_zoned_datetime(TimeZone::UTC).hour().unsigned_abs();
        (self.from..self.until).contains(&hour)
    }
}
