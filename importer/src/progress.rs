//! Shows a run's progress: a bar on a terminal, lines anywhere else. Always on stderr.

use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::domain::model::Kind;
use crate::ports::{Observer, Phase};

/// The observer for people at this process's stderr.
pub fn observer() -> Arc<dyn Observer> {
    if stderr().is_terminal() { Arc::new(Bar::default()) } else { Arc::new(Lines::default()) }
}

/// An observer that shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn phase(&self, _: Phase, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
}

/// The phase in words.
fn title(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting => "connecting",
        Phase::Settling => "looking for creates without an answer",
        Phase::ReadingTarget(Kind::Company) => "reading Autotask companies",
        Phase::ReadingTarget(Kind::Contact) => "reading Autotask contacts",
        Phase::Deciding(Kind::Company) => "reading Salesforce accounts",
        Phase::Deciding(Kind::Contact) => "reading Salesforce contacts",
        Phase::Writing(Kind::Company) => "writing companies",
        Phase::Writing(Kind::Contact) => "writing contacts",
    }
}

/// One bar for the phase at hand.
#[derive(Default)]
struct Bar(Mutex<Option<ProgressBar>>);

impl Observer for Bar {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        let template = match total {
            Some(_) => "{msg:<38} {wide_bar} {human_pos}/{human_len} {eta}",
            None => "{msg:<38} {spinner} {human_pos}",
        };
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(title(phase));
        bar.enable_steady_tick(Duration::from_millis(100));
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = current.replace(bar) {
            earlier.finish_and_clear();
        }
    }

    fn advance(&self, records: u64) {
        if let Some(bar) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.inc(records);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

/// A line for each phase, and one for every so many records.
#[derive(Default)]
struct Lines {
    done: AtomicU64,
}

/// Records between two lines.
const RECORDS_A_LINE: u64 = 2_000;

impl Observer for Lines {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        self.done.store(0, Ordering::Relaxed);
        let _ = match total {
            Some(total) => writeln!(stderr(), "{}: {total}", title(phase)),
            None => writeln!(stderr(), "{}", title(phase)),
        };
    }

    fn advance(&self, records: u64) {
        let before = self.done.fetch_add(records, Ordering::Relaxed);
        let now = before + records;
        if before / RECORDS_A_LINE < now / RECORDS_A_LINE {
            let _ = writeln!(stderr(), "  {now}");
        }
    }
}
