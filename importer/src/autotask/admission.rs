//! In front of every call to the database: lets it through, asks Autotask about the hour, or waits (rule R6).
//!
//! What is to be done the [`Governor`] decides; whoever waits here can be stopped at once. Calls are let through one
//! after the other, so that the last place in the hour is not given away twice.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::Autotask;
use super::call::{CallError, Repeat};
use super::governor::{Governor, Told, Verdict};
use super::latency::{Latency, Turn};
use crate::domain::budget::Budget;
use crate::http::{Answer, SendError};
use crate::ports::{Clock, Observer, StopSignal};

/// Waits from this long on are told; shorter ones are the trickle at the edge of the hour.
const WORTH_TELLING: Duration = Duration::from_secs(20);

/// Autotask's answer to the question how much of the hour is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "they are spelled as Autotask spells them")]
pub(super) struct Threshold {
    external_request_threshold: i64,
    request_threshold_timeframe: i64,
    current_timeframe_request_count: i64,
}

impl Threshold {
    /// What it says, unless that makes no sense.
    fn told(&self) -> Option<Told> {
        let positive = |number: i64| u64::try_from(number).ok().filter(|number| *number > 0);
        Some(Told {
            limit: positive(self.external_request_threshold)?,
            minutes: positive(self.request_threshold_timeframe)?,
            used: u64::try_from(self.current_timeframe_request_count).ok()?,
        })
    }
}

/// Who is let through, and who watches.
pub(super) struct Admission {
    governor: Mutex<Governor>,
    latency: Mutex<Latency>,
    /// Held by whoever asks, waits, or is let through.
    turnstile: tokio::sync::Mutex<()>,
    observer: Option<Arc<dyn Observer>>,
    /// When the observer was last told of the hour.
    told: Mutex<Timestamp>,
    stop: StopSignal,
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("governor", &self.governor).finish_non_exhaustive()
    }
}

impl Admission {
    pub(super) fn new(percent: u64) -> Self {
        Self {
            governor: Mutex::new(Governor::new(percent)),
            latency: Mutex::default(),
            turnstile: tokio::sync::Mutex::default(),
            observer: None,
            told: Mutex::new(Timestamp::MIN),
            stop: StopSignal::default(),
        }
    }

    pub(super) fn watched(self, observer: Arc<dyn Observer>, stop: StopSignal) -> Self {
        Self { observer: Some(observer), stop, ..self }
    }

    pub(super) fn budget(&self, now: Timestamp) -> Budget {
        lock(&self.governor).budget(now)
    }

    /// Tells the observer of the hour, unless that was done within the second.
    fn tell(&self, now: Timestamp) {
        let Some(observer) = &self.observer else { return };
        let mut told = lock(&self.told);
        if now.duration_since(*told).unsigned_abs() >= Duration::from_secs(1) {
            *told = now;
            drop(told);
            observer.budget(&self.budget(now));
        }
    }

    /// Waits, but no longer than until the run is asked to end.
    async fn pause(&self, clock: &dyn Clock, pause: Duration) -> Result<(), CallError> {
        let now = clock.now();
        if pause >= WORTH_TELLING {
            let budget = self.budget(now);
            let Budget { used, allowed, limit, .. } = budget;
            let is_refused = lock(&self.governor).is_refused();
            tracing::info!(
                used,
                allowed,
                limit,
                is_refused,
                pause_s = pause.as_secs(),
                "Autotask's requests of the hour are used up as far as imports may; waiting"
            );
            if let Some(observer) = &self.observer {
                observer.budget(&budget);
                observer.waits(pause);
            }
        }
        tokio::select! {
            biased;
            () = self.stop.requested() => Err(CallError::Stopped),
            () = clock.sleep(pause) => Ok(()),
        }
    }
}

/// A request under way, until it is dropped.
struct UnderWay<'a> {
    admission: &'a Admission,
    clock: &'a dyn Clock,
}

impl<'a> UnderWay<'a> {
    fn begin(admission: &'a Admission, clock: &'a dyn Clock) -> Self {
        lock(&admission.governor).begin();
        Self { admission, clock }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(&self.admission.governor).end(self.clock.now());
    }
}

impl Autotask {
    /// Sends a request once there is a place for it at its endpoint and in the hour.
    pub(super) async fn admitted<F>(
        &self,
        endpoint: &str,
        method: &Method,
        repeat: Repeat,
        send: impl FnOnce() -> F,
    ) -> Result<Answer, CallError>
    where
        F: Future<Output = Result<Answer, SendError>>,
    {
        // The hour comes first: what waits for it occupies no place that a create might wait for.
        let _under_way = match repeat {
            Repeat::Always => self.wait_for_turn().await?,
            Repeat::IfNotDone => self.turn_or_none().await?,
        };
        let places = self.places(endpoint);
        // Nobody closes the semaphore; without a place the call is made all the same.
        let _place = places.acquire().await.ok();
        let clock = self.http.clock();
        let began = clock.now();
        self.admission.tell(began);
        let answer = send().await?;
        let is_write = *method == Method::PATCH || repeat == Repeat::IfNotDone;
        if is_write && let Ok(took) = clock.now().duration_since(began).try_into() {
            self.note_latency(took);
        }
        Ok(answer)
    }

    /// Waits until so many requests have room.
    pub(super) async fn wait_for_room(&self, requests: u64) -> Result<(), CallError> {
        self.zone().await?;
        let turnstile = self.admission.turnstile.lock().await;
        self.wait_at(&turnstile, requests).await
    }

    /// Waits for room and takes it.
    async fn wait_for_turn(&self) -> Result<UnderWay<'_>, CallError> {
        let turnstile = self.admission.turnstile.lock().await;
        self.wait_at(&turnstile, 1).await?;
        Ok(UnderWay::begin(&self.admission, self.http.clock()))
    }

    /// Takes the room there is, but waits for none.
    async fn turn_or_none(&self) -> Result<UnderWay<'_>, CallError> {
        let clock = self.http.clock();
        // Whoever waits holds the turnstile, so the first look must not stand behind it.
        let waits = |verdict| matches!(verdict, Verdict::Wait(_));
        if waits(lock(&self.admission.governor).verdict(clock.now(), 1)) {
            return Err(CallError::NoRoom);
        }
        let _turnstile = self.admission.turnstile.lock().await;
        loop {
            let verdict = lock(&self.admission.governor).verdict(clock.now(), 1);
            match verdict {
                Verdict::Go => return Ok(UnderWay::begin(&self.admission, clock)),
                Verdict::Ask => self.ask().await?,
                Verdict::Wait(_) => return Err(CallError::NoRoom),
            }
        }
    }

    async fn wait_at(
        &self,
        _turnstile: &tokio::sync::MutexGuard<'_, ()>,
        requests: u64,
    ) -> Result<(), CallError> {
        let clock = self.http.clock();
        loop {
            let verdict = lock(&self.admission.governor).verdict(clock.now(), requests);
            match verdict {
                Verdict::Go => return Ok(()),
                Verdict::Ask => match self.ask().await {
                    Err(CallError::HourUsed(words)) => self.refused_for_the_hour(&words),
                    asked => asked?,
                },
                Verdict::Wait(pause) => self.admission.pause(clock, pause).await?,
            }
        }
    }

    /// Asks Autotask how much of the hour is used. What it does not tell is not worth failing for.
    async fn ask(&self) -> Result<(), CallError> {
        let clock = self.http.clock();
        let under_way = UnderWay::begin(&self.admission, clock);
        let answer = self.threshold().await;
        drop(under_way);
        let now = clock.now();
        let told = match answer {
            Ok(answer) => answer.told(),
            // Credentials that are refused would be refused again, and what is refused for the hour has to wait.
            Err(error @ (CallError::NotLetIn(_) | CallError::HourUsed(_))) => return Err(error),
            Err(error) => {
                tracing::warn!(
                    %error,
                    "Autotask does not say how much of its hour is used; what other integrations use is not known"
                );
                None
            }
        };
        let mut governor = lock(&self.admission.governor);
        match told {
            Some(told) => {
                governor.learn(now, told);
                tracing::debug!(used = told.used, limit = told.limit, "Autotask's hour");
            }
            None => governor.learn_nothing(now),
        }
        Ok(())
    }

    /// Notes that Autotask refused a request for the hour.
    pub(super) fn refused_for_the_hour(&self, words: &str) {
        tracing::warn!(words, "Autotask refuses requests, as the hour's are used up");
        lock(&self.admission.governor).refused(self.http.clock().now());
    }

    fn note_latency(&self, took: Duration) {
        let turn = lock(&self.admission.latency).note(took);
        match turn {
            Some(Turn::Slow(mean)) => {
                tracing::info!(
                    answer_ms = mean.as_millis(),
                    "Autotask delays its answers, as it does from half of the hour's requests on"
                );
                // It may be others who use them.
                lock(&self.admission.governor).doubt();
            }
            Some(Turn::Fast) => tracing::info!("Autotask answers without delay again"),
            None => {}
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
