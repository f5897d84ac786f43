//! The moment at which a process ends, or an answer is lost.
//!
//! Requests are counted on the wire, commits by the ledger. At a request the importer's future is dropped and nothing
//! it had begun to send leaves any more; at a commit its task unwinds, as no await is near.

use std::any::Any;
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use importer::http::{Connector, Wire};
use importer::sqlite::Commits;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// A moment in the life of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// The nth request has not left yet.
    BeforeRequest(u64),
    /// The nth request was carried out and its answer is here, unread.
    AfterRequest(u64),
    /// A request's connection has been closed by the other side.
    Dropped,
    /// The nth commit is about to be made.
    BeforeCommit(u64),
    /// The nth commit was made.
    AfterCommit(u64),
}

impl Moment {
    /// The same moment, counted from after so many requests and commits.
    fn after(self, requests: u64, commits: u64) -> Self {
        match self {
            Self::BeforeRequest(nth) => Self::BeforeRequest(nth.saturating_add(requests)),
            Self::AfterRequest(nth) => Self::AfterRequest(nth.saturating_add(requests)),
            Self::Dropped => Self::Dropped,
            Self::BeforeCommit(nth) => Self::BeforeCommit(nth.saturating_add(commits)),
            Self::AfterCommit(nth) => Self::AfterCommit(nth.saturating_add(commits)),
        }
    }
}

/// What happens to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Undisturbed,
    /// It ends.
    Cut(Moment),
    /// The answer to its nth request is lost.
    Lost(u64),
}

/// What a task that was cut at a commit unwinds with.
#[derive(Debug)]
struct Unwound;

/// A process's fate, and how far it has come.
#[derive(Debug)]
pub struct Disturbance {
    fate: Mutex<Fate>,
    requests: AtomicU64,
    commits: AtomicU64,
    happened: AtomicBool,
    over: Notify,
}

impl Disturbance {
    /// A process of this fate.
    pub fn new(fate: Fate) -> Arc<Self> {
        Arc::new(Self {
            fate: Mutex::new(fate),
            requests: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            happened: AtomicBool::new(false),
            over: Notify::new(),
        })
    }

    /// Requests and commits so far.
    pub fn counted(&self) -> (u64, u64) {
        (self.requests.load(Ordering::SeqCst), self.commits.load(Ordering::SeqCst))
    }

    /// Whether it has met its fate.
    pub fn has_happened(&self) -> bool {
        self.happened.load(Ordering::SeqCst)
    }

    /// Ends when the process does.
    async fn over(&self) {
        self.over.notified().await;
    }

    /// Has the process end at this moment, counted from now.
    pub fn doom(&self, moment: Moment) {
        let (requests, commits) = self.counted();
        *self.fate() = Fate::Cut(moment.after(requests, commits));
    }

    /// Ends the process at once.
    pub fn end(&self) {
        self.doom(Moment::Dropped);
        self.happened.store(true, Ordering::SeqCst);
        self.over.notify_one();
    }

    /// Has the process live on.
    pub fn spare(&self) {
        if !self.has_happened() {
            *self.fate() = Fate::Undisturbed;
        }
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.has_happened() && matches!(*self.fate(), Fate::Cut(_))
    }

    /// Whether the process ends at this moment.
    fn ends_at(&self, moment: Moment) -> bool {
        let ends = *self.fate() == Fate::Cut(moment);
        if ends {
            self.happened.store(true, Ordering::SeqCst);
            self.over.notify_one();
        }
        ends
    }

    /// A connector whose connections share this fate, and are otherwise as `dial` makes them.
    pub fn connector<C, D>(
        self: &Arc<Self>,
        dial: impl Fn(Uri) -> D + Send + Sync + 'static,
    ) -> Connector
    where
        C: Read + Write + Send + Unpin + 'static,
        D: Future<Output = io::Result<C>> + Send + 'static,
    {
        let disturbance = Arc::clone(self);
        Connector::new(move |destination: Uri| {
            let (dialled, disturbance) = (dial(destination), Arc::clone(&disturbance));
            Box::pin(async move {
                Ok(Wire::new(Tap { inner: dialled.await?, disturbance, awaited: None }))
            })
        })
    }
}

/// A process that ended in a way that no fate explains.
#[derive(Debug, thiserror::Error)]
#[error("the process broke off by itself: {0}")]
pub struct BrokeOff(String);

impl Disturbance {
    /// Lets a process work until it is done, or until its fate comes; there is nothing then.
    pub async fn live<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<Option<T>, BrokeOff> {
        let disturbance = Arc::clone(self);
        let process = tokio::spawn(async move {
            tokio::select! {
                biased;
                () = disturbance.over() => None,
                done = work => Some(done),
            }
        });
        match process.await {
            Ok(done) => Ok(done),
            Err(error) => match error.try_into_panic() {
                Ok(panic) if panic.is::<Unwound>() => Ok(None),
                Ok(panic) => Err(BrokeOff(words(panic.as_ref()).to_owned())),
                Err(error) => Err(BrokeOff(error.to_string())),
            },
        }
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked without a word")
}

/// Calls a mock on this machine.
pub async fn dial(to: Uri) -> io::Result<TokioIo<TcpStream>> {
    let port = to.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((to.host().unwrap_or_default(), port)).await?;
    stream.set_nodelay(true)?;
    Ok(TokioIo::new(stream))
}

impl Commits for Disturbance {
    fn before(&self) {
        let commit = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        if self.ends_at(Moment::BeforeCommit(commit)) {
            resume_unwind(Box::new(Unwound));
        }
    }

    fn after(&self) {
        let commit = self.commits.load(Ordering::SeqCst);
        if self.ends_at(Moment::AfterCommit(commit)) {
            resume_unwind(Box::new(Unwound));
        }
    }
}

/// A connection that counts requests: each begins with the first byte written since the last answer.
struct Tap<C> {
    inner: C,
    disturbance: Arc<Disturbance>,
    /// The request whose answer has not begun.
    awaited: Option<u64>,
}

fn lost() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl<C: Read + Unpin> Read for Tap<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; 8 * 1024];
        let room = buffer.remaining().min(bytes.len());
        let mut read = hyper::rt::ReadBuf::new(&mut bytes[..room]);
        let ended = ready!(Pin::new(&mut self.inner).poll_read(context, read.unfilled()));
        let read = read.filled();
        let disturbance = Arc::clone(&self.disturbance);
        if let Some(request) = self.awaited.take() {
            let is_dropped = ended.is_err() || read.is_empty();
            if is_dropped && disturbance.ends_at(Moment::Dropped)
                || !is_dropped && disturbance.ends_at(Moment::AfterRequest(request))
            {
                return Poll::Pending;
            }
            if *disturbance.fate() == Fate::Lost(request) {
                disturbance.happened.store(true, Ordering::SeqCst);
                return Poll::Ready(Err(lost()));
            }
        }
        if disturbance.is_over() {
            return Poll::Ready(Err(lost()));
        }
        buffer.put_slice(read);
        Poll::Ready(ended)
    }
}

impl<C: Write + Unpin> Write for Tap<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.disturbance.is_over() {
            return Poll::Ready(Err(lost()));
        }
        if self.awaited.is_none() {
            let request = self.disturbance.requests.fetch_add(1, Ordering::SeqCst) + 1;
            self.awaited = Some(request);
            if self.disturbance.ends_at(Moment::BeforeRequest(request)) {
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
