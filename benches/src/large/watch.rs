//! Watches an import from within its process: how long each phase took, and how far it was as time went by.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use importer::domain::budget::Budget;
use importer::ports::{Clock, Observer, Phase};
use importer::progress;
use importer::system_clock::SystemClock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::part::{memory, seconds};

/// So many samples are kept; when there are more, every other one goes and the pause between them doubles.
const SAMPLES: usize = 400;

/// The pause between samples at first.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a phase took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lasted {
    /// Its name.
    pub phase: String,
    /// How long it took.
    pub seconds: f64,
    /// The records it was about.
    pub records: u64,
}

/// An import at a moment.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Sample {
    /// Since it began.
    pub seconds: f64,
    /// Records that all phases so far are done with; one that is read and written counts twice.
    pub records: u64,
    /// The process's memory, where the machine tells.
    pub bytes: Option<u64>,
}

/// Notes what the importer tells, and passes it on to what shows progress.
pub(super) struct Watch {
    inner: Arc<dyn Observer>,
    phases: Mutex<Vec<Begun>>,
    records: AtomicU64,
}

struct Begun {
    phase: String,
    at: Timestamp,
    /// Records that the phases before were done with.
    records: u64,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            inner: progress::observer(),
            phases: Mutex::default(),
            records: AtomicU64::default(),
        }
    }
}

impl Observer for Watch {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        let records = self.records.load(Ordering::Relaxed);
        let begun = Begun { phase: format!("{phase:?}"), at: SystemClock.now(), records };
        self.phases.lock().unwrap_or_else(PoisonError::into_inner).push(begun);
        self.inner.phase(phase, total);
    }

    fn advance(&self, records: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
        self.inner.advance(records);
    }

    fn budget(&self, budget: &Budget) {
        self.inner.budget(budget);
    }

    fn waits(&self, pause: Duration) {
        self.inner.waits(pause);
    }
}

impl Watch {
    /// How long each phase since the last call took, the last of them until now.
    pub(super) fn take_phases(&self, now: Timestamp) -> Vec<Lasted> {
        let mut phases = self.phases.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = std::mem::take(&mut *phases);
        let all = self.records.load(Ordering::Relaxed);
        let ends = begun.iter().skip(1).map(|next| (next.at, next.records)).chain([(now, all)]);
        let lasted = |(begun, (end, records)): (&Begun, (Timestamp, u64))| Lasted {
            phase: begun.phase.clone(),
            seconds: seconds(begun.at, end),
            records: records - begun.records,
        };
        begun.iter().zip(ends).map(lasted).collect()
    }

    /// Takes samples until `work` is done.
    pub(super) async fn sample_during<T>(
        &self,
        began: Timestamp,
        work: impl Future<Output = T>,
    ) -> (T, Vec<Sample>) {
        let mut work = pin!(work);
        let mut samples = Vec::new();
        let mut pause = PAUSE;
        let records = self.records.load(Ordering::Relaxed);
        let sample = || Sample {
            seconds: seconds(began, SystemClock.now()),
            records: self.records.load(Ordering::Relaxed) - records,
            bytes: memory("VmRSS:"),
        };
        loop {
            tokio::select! {
                done = &mut work => {
                    samples.push(sample());
                    return (done, samples);
                }
                () = SystemClock.sleep(pause) => samples.push(sample()),
            }
            if samples.len() >= SAMPLES {
                let mut index = 0;
                samples.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                pause *= 2;
            }
        }
    }
}
