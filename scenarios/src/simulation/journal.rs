//! What happened in a simulation, line by line: what people did, what both servers were asked, what the importer
//! logged, which mails it sent.

use std::fmt;
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

/// Where a journal is written down.
pub type Book = Box<dyn Write + Send>;

struct Pages {
    book: Option<Book>,
    /// Whether the book takes no more.
    failed: Option<io::Error>,
    digest: DefaultHasher,
    /// The first line with a secret in it.
    leak: Option<String>,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("failed", &self.failed).finish_non_exhaustive()
    }
}

impl Journal {
    /// A journal that is written down, if there is a book for it.
    pub(super) fn new(
        clock: Arc<SimulatedClock>,
        book: Option<Book>,
        secrets: Vec<String>,
    ) -> Self {
        let digest = DefaultHasher::new();
        let pages = Mutex::new(Pages { book, failed: None, digest, leak: None });
        Self(Arc::new(Inner { clock, secrets, pages }))
    }

    /// Notes what happened just now.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        let line = format!("{} {}", self.0.clock.now(), text.as_ref());
        let leaks = self.0.secrets.iter().any(|secret| line.contains(secret));
        let mut pages = self.pages();
        pages.digest.write(line.as_bytes());
        if let Some(book) = &mut pages.book
            && let Err(error) = writeln!(book, "{line}")
        {
            (pages.book, pages.failed) = (None, Some(error));
        }
        if leaks {
            pages.leak.get_or_insert(line);
        }
    }

    /// Sees that all of it is written down.
    pub(super) fn close(&self) -> io::Result<()> {
        let mut pages = self.pages();
        let flushed = pages.book.as_mut().map_or(Ok(()), Write::flush);
        pages.failed.take().map_or(flushed, Err)
    }

    /// Texts that nobody may write down.
    pub(super) fn secrets(&self) -> &[String] {
        &self.0.secrets
    }

    /// A number that all lines so far come down to.
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
