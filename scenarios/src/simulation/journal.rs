//! What happened in a simulation, line by line: what people did, what both servers were asked, what the importer
//! logged, which mails it sent.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::SimulatedClock;
use tracing_subscriber::fmt::MakeWriter;

/// A journal that everybody in a simulation writes.
#[derive(Debug, Clone)]
pub(super) struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Arc<SimulatedClock>,
    /// Texts that nobody may write down.
    secrets: Vec<String>,
    pages: Mutex<Pages>,
}

#[derive(Debug)]
struct Pages {
    most: usize,
    lines: VecDeque<String>,
    digest: DefaultHasher,
    /// The first line with a secret in it.
    leak: Option<String>,
}

impl Journal {
    /// A journal that keeps so many lines, the latest.
    pub(super) fn new(clock: Arc<SimulatedClock>, most: usize, secrets: Vec<String>) -> Self {
        let (lines, digest) = (VecDeque::new(), DefaultHasher::new());
        let pages = Mutex::new(Pages { most, lines, digest, leak: None });
        Self(Arc::new(Inner { clock, secrets, pages }))
    }

    /// Notes what happened just now.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        let line = format!("{} {}", self.0.clock.now(), text.as_ref());
        let leaks = self.0.secrets.iter().any(|secret| line.contains(secret));
        let mut pages = self.pages();
        pages.digest.write(line.as_bytes());
        if leaks && pages.leak.is_none() {
            pages.leak = Some(line.clone());
        }
        pages.lines.push_back(line);
        if pages.lines.len() > pages.most {
            pages.lines.pop_front();
        }
    }

    /// Texts that nobody may write down.
    pub(super) fn secrets(&self) -> &[String] {
        &self.0.secrets
    }

    /// The lines that are kept.
    pub(super) fn lines(&self) -> Vec<String> {
        self.pages().lines.iter().cloned().collect()
    }

    /// A number that all lines so far, kept or not, come down to.
    pub(super) fn digest(&self) -> u64 {
        self.pages().digest.finish()
    }

    /// The first line with a secret in it.
    pub(super) fn leak(&self) -> Option<String> {
        self.pages().leak.clone()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The importer's log goes into the journal, too.
impl<'w> MakeWriter<'w> for Journal {
    type Writer = LogLine;

    fn make_writer(&'w self) -> LogLine {
        LogLine { journal: self.clone(), text: Vec::new() }
    }
}

/// A line that is being logged; it is noted when it is dropped.
#[derive(Debug)]
pub(super) struct LogLine {
    journal: Journal,
    text: Vec<u8>,
}

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        self.journal.note(format!("log {}", String::from_utf8_lossy(&self.text).trim()));
    }
}
