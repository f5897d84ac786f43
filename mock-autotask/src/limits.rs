//! How much clients may ask: requests in the rolling hour, answers that slow down, concurrent calls per endpoint.
//!
//! All of it happens on the mock's clock. A slot of an endpoint is freed a little after its answer, as at the vendor,
//! and since a second such straggler is never counted, two calls at a time are always safe while three are not.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::refusal::{Complaint, Refusal};

/// How long requests count.
const HOUR: i64 = 3_600;

/// What a client is told where there is no limit: a number no hour reaches.
const NO_THRESHOLD: u32 = 2_147_483_647;

/// How much clients may ask of the server, and how fast it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Requests in a rolling hour, those of all integrations together; none lifts the limit.
    pub requests_per_hour: Option<u32>,
    /// What other integrations have used of every hour.
    pub other_requests: u32,
    /// Answers take half a second longer from 50 % of the hour's requests on, a second longer from 75 %.
    pub slows_down: bool,
    /// Calls at once on one endpoint; none lifts the limit.
    pub threads: Option<u32>,
    /// How long after its answer a call still occupies its endpoint.
    pub lingering_milliseconds: u32,
    /// What every answer takes at least.
    pub latency_milliseconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self::off()
    }
}

impl Limits {
    /// No limits at all.
    pub fn off() -> Self {
        Self {
            requests_per_hour: None,
            other_requests: 0,
            slows_down: false,
            threads: None,
            lingering_milliseconds: 0,
            latency_milliseconds: 0,
        }
    }

    /// Those of a tenant at the vendor, with an integration made since 2023.
    pub fn vendor() -> Self {
        Self {
            requests_per_hour: Some(10_000),
            other_requests: 0,
            slows_down: true,
            threads: Some(3),
            lingering_milliseconds: 200,
            latency_milliseconds: 0,
        }
    }

    /// The limits of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "vendor" => Some(Self::vendor()),
            "off" => Some(Self::off()),
            _ => None,
        }
    }

    /// The requests an hour has, as clients are told.
    pub(crate) fn threshold(&self) -> u32 {
        self.requests_per_hour.unwrap_or(NO_THRESHOLD)
    }

    /// How much longer an answer takes after so many requests.
    pub(crate) fn delay(&self, used: u64) -> Duration {
        let latency = Duration::from_millis(self.latency_milliseconds.into());
        let Some(most) = self.requests_per_hour.filter(|_| self.slows_down) else { return latency };
        let most = u64::from(most);
        let slower = match used.saturating_mul(4) {
            used if used >= most.saturating_mul(3) => 1_000,
            used if used >= most.saturating_mul(2) => 500,
            _ => 0,
        };
        latency + Duration::from_millis(slower)
    }
}

/// What is going on, and what went on within the hour.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Requests by the second they came in.
    seconds: VecDeque<(i64, u64)>,
    /// Their sum.
    requests: u64,
    endpoints: BTreeMap<&'static str, Endpoint>,
}

#[derive(Debug, Default)]
struct Endpoint {
    under_way: u32,
    /// When the latest call that has ended stops counting, in milliseconds since 1970.
    lingers_until: i64,
}

impl Traffic {
    /// The requests of the hour, those of other integrations included.
    pub(crate) fn used(&mut self, now: i64, limits: &Limits) -> u64 {
        let begin = now.div_euclid(1_000) - HOUR;
        while let Some((_, count)) = self.seconds.pop_front_if(|(second, _)| *second <= begin) {
            self.requests -= count;
        }
        self.requests + u64::from(limits.other_requests)
    }

    /// Counts a request in, or refuses it. Afterwards [`Self::leave`] must be called.
    pub(crate) fn enter(
        &mut self,
        endpoint: &'static str,
        now: i64,
        limits: &Limits,
    ) -> Result<Duration, Refusal> {
        let used = self.used(now, limits);
        if let Some(most) = limits.requests_per_hour
            && used >= most.into()
        {
            return Err(Refusal::Throttled(Complaint::TooManyRequests(most)));
        }
        let place = self.endpoints.entry(endpoint).or_default();
        if let Some(most) = limits.threads {
            let lingering = u32::from(now < place.lingers_until);
            if place.under_way + lingering >= most {
                return Err(Refusal::Throttled(Complaint::TooManyThreads { endpoint, most }));
            }
        }
        place.under_way += 1;
        let second = now.div_euclid(1_000);
        match self.seconds.back_mut() {
            // A clock that was set back counts into the latest second, so that the row stays in order.
            Some((latest, count)) if *latest >= second => *count += 1,
            _ => self.seconds.push_back((second, 1)),
        }
        self.requests += 1;
        Ok(limits.delay(used + 1))
    }

    /// Ends a request that was counted in.
    pub(crate) fn leave(&mut self, endpoint: &'static str, now: i64, limits: &Limits) {
        let place = self.endpoints.entry(endpoint).or_default();
        place.under_way = place.under_way.saturating_sub(1);
        place.lingers_until = now + i64::from(limits.lingering_milliseconds);
    }

    /// Forgets the hour's requests and what lingers; what is under way stays.
    pub(crate) fn forget(&mut self) {
        self.seconds.clear();
        self.requests = 0;
        for endpoint in self.endpoints.values_mut() {
            endpoint.lingers_until = i64::MIN;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets so many calls come and go at a moment.
    fn calls(traffic: &mut Traffic, count: u32, now: i64, limits: &Limits) -> Duration {
        let mut delay = Duration::ZERO;
        for _ in 0..count {
            delay = traffic.enter("Companies", now, limits).unwrap();
            traffic.leave("Companies", now, limits);
        }
        delay
    }

    #[test]
    fn requests_count_for_an_hour_and_no_longer() {
        let limits = Limits { slows_down: false, ..Limits::vendor() };
        let mut traffic = Traffic::default();
        calls(&mut traffic, 4_000, 0, &limits);
        calls(&mut traffic, 6_000, 1_800_000, &limits);

        let refused = traffic.enter("Companies", 3_599_999, &limits).unwrap_err();
        assert!(matches!(refused, Refusal::Throttled(Complaint::TooManyRequests(10_000))));
        assert_eq!(traffic.used(3_600_000, &limits), 6_000);
        calls(&mut traffic, 1, 3_600_000, &limits);
        assert_eq!(traffic.used(7_300_000, &limits), 0);
    }

    #[test]
    fn what_other_integrations_use_counts() {
        let limits = Limits { other_requests: 9_999, ..Limits::vendor() };
        let mut traffic = Traffic::default();

        calls(&mut traffic, 1, 0, &limits);

        assert!(traffic.enter("Companies", 0, &limits).is_err());
    }

    #[test]
    fn answers_slow_down_at_half_and_at_three_quarters_of_the_hour() {
        let limits = Limits::vendor();
        let mut traffic = Traffic::default();

        assert_eq!(calls(&mut traffic, 4_999, 0, &limits), Duration::ZERO);
        assert_eq!(calls(&mut traffic, 1, 0, &limits), Duration::from_millis(500));
        assert_eq!(calls(&mut traffic, 2_499, 0, &limits), Duration::from_millis(500));
        assert_eq!(calls(&mut traffic, 1, 0, &limits), Duration::from_secs(1));
    }

    #[test]
    fn a_fourth_call_at_once_is_refused_on_its_endpoint_only() {
        let limits = Limits::vendor();
        let mut traffic = Traffic::default();
        for _ in 0..3 {
            traffic.enter("Companies", 0, &limits).unwrap();
        }

        assert!(traffic.enter("Companies", 0, &limits).is_err());
        assert!(traffic.enter("Contacts", 0, &limits).is_ok());
    }

    #[test]
    fn a_slot_is_freed_a_little_late_which_two_at_a_time_never_notice() {
        let limits = Limits::vendor();
        let mut traffic = Traffic::default();
        let enter = |traffic: &mut Traffic, now| traffic.enter("Companies", now, &limits).is_ok();

        for now in 0..100 {
            assert!(enter(&mut traffic, now) && enter(&mut traffic, now), "two at {now}");
            traffic.leave("Companies", now, &limits);
            traffic.leave("Companies", now, &limits);
        }
        assert!(enter(&mut traffic, 100) && enter(&mut traffic, 100));
        assert!(!enter(&mut traffic, 100), "a third while one lingers");
        assert!(enter(&mut traffic, 99 + 200), "a third later");
    }
}
