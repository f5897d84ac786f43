//! Counts the bytes that reach a mock and leave it, and takes down the requests, so that the same ones can be sent again
//! by nothing but hyper.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use mock_kit::server::{Listener, Wire};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;

/// What came over one connection: the bytes, and at which of them each read began, numbered over all connections.
#[derive(Debug, Default)]
struct Heard {
    bytes: Vec<u8>,
    reads: Vec<(usize, usize)>,
}

/// What came over all connections.
#[derive(Debug, Clone)]
pub(super) struct Wiretap {
    connections: Arc<Mutex<Vec<Arc<Mutex<Heard>>>>>,
    reads: Arc<AtomicUsize>,
    counted: Arc<Counted>,
    /// So many bytes are taken down at the most.
    most: u64,
}

#[derive(Debug, Default)]
struct Counted {
    received: AtomicU64,
    sent: AtomicU64,
    is_cut: AtomicBool,
}

/// Bytes over the wire, without what TCP adds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Traffic {
    /// Bytes that the importer sent.
    pub requests: u64,
    /// Bytes that it was answered.
    pub answers: u64,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    /// Its path.
    pub path: String,
    /// Its headers, in their order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Wiretap {
    /// One that takes down so many bytes, and then counts only.
    pub(super) fn keeping(most: u64) -> Self {
        let counted = Arc::<Counted>::default();
        Self { connections: Arc::default(), reads: Arc::default(), counted, most }
    }

    /// The bytes so far.
    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.counted.received.load(Ordering::Relaxed),
            answers: self.counted.sent.load(Ordering::Relaxed),
        }
    }

    /// Forgets what was taken down, and takes down nothing more.
    pub(super) fn stop(&self) {
        self.counted.is_cut.store(true, Ordering::Relaxed);
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The requests that create records, in the order they came; `None` where there were more than it takes down.
    pub(super) fn creates(&self) -> Option<Vec<Request>> {
        if self.counted.is_cut.load(Ordering::Relaxed) {
            return None;
        }
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for heard in connections.iter() {
            let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = &heard.bytes;
            let (mut from, mut read) = (0, 0);
            while let Some((request, method, to)) = next_request(bytes, from) {
                while heard.reads.get(read + 1).is_some_and(|(start, _)| *start <= from) {
                    read += 1;
                }
                let number = heard.reads.get(read).map_or(0, |(_, number)| *number);
                if method == "POST" && !request.path.ends_with("/query") {
                    found.push((number, request));
                }
                from = to;
            }
        }
        found.sort_by_key(|(number, _)| *number);
        let is_create = |path: &str| path.ends_with("/Companies") || path.ends_with("/Contacts");
        Some(
            found
                .into_iter()
                .map(|(_, request)| request)
                .filter(|it| is_create(&it.path))
                .collect(),
        )
    }
}

/// The request that begins at `from`, its method, and where the next begins; `None` where it does not come to an end.
fn next_request(bytes: &[u8], from: usize) -> Option<(Request, String, usize)> {
    let rest = bytes.get(from..)?;
    let head_end = rest.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&rest[..head_end]).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let body = from + head_end + 4;
    let end = body.checked_add(length).filter(|end| *end <= bytes.len())?;
    let text = std::str::from_utf8(&bytes[body..end]).ok()?;
    Some((Request { path, headers, body: text.to_owned() }, method, end))
}

/// A listener whose connections are tapped.
pub(super) struct Tapped {
    /// Where connections come from.
    pub inner: TcpListener,
    /// What takes them down.
    pub tap: Wiretap,
}

#[async_trait]
impl Listener for Tapped {
    async fn accept(&mut self) -> io::Result<(Box<dyn Wire>, SocketAddr)> {
        let (wire, peer) = Listener::accept(&mut self.inner).await?;
        let heard = Arc::<Mutex<Heard>>::default();
        let mut connections = self.tap.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.push(Arc::clone(&heard));
        let tap = self.tap.clone();
        drop(connections);
        Ok((Box::new(TappedWire { wire, heard, tap }), peer))
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

struct TappedWire {
    wire: Box<dyn Wire>,
    heard: Arc<Mutex<Heard>>,
    tap: Wiretap,
}

impl TappedWire {
    fn hear(&self, news: &[u8]) {
        let Wiretap { counted, reads, most, .. } = &self.tap;
        let before = counted.received.fetch_add(news.len() as u64, Ordering::Relaxed);
        if counted.is_cut.load(Ordering::Relaxed) {
            return;
        }
        if before + news.len() as u64 > *most {
            return self.tap.stop();
        }
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let read = (heard.bytes.len(), reads.fetch_add(1, Ordering::Relaxed));
        heard.reads.push(read);
        heard.bytes.extend_from_slice(news);
    }
}

impl AsyncRead for TappedWire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.wire).poll_read(context, buffer);
        let news = &buffer.filled()[before..];
        if !news.is_empty() {
            self.hear(news);
        }
        read
    }
}

impl AsyncWrite for TappedWire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.wire).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = &written {
            self.tap.counted.sent.fetch_add(*written as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creates_are_found_between_other_requests_and_one_that_was_cut_off_is_not() {
        let tap = Wiretap::keeping(1_000);
        let text = b"POST /v/Companies/query HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}\
                     POST /v/Companies HTTP/1.1\r\nSecret: s\r\nContent-Length: 3\r\n\r\n{a}\
                     GET /v/Companies HTTP/1.1\r\n\r\n\
                     POST /v/Companies/7/Contacts HTTP/1.1\r\nContent-Length: 4\r\n\r\n{bb}\
                     POST /v/Companies HTTP/1.1\r\nContent-Length: 9\r\n\r\n{c";
        let heard = Heard { bytes: text.to_vec(), reads: vec![(0, 0)] };
        tap.connections.lock().unwrap().push(Arc::new(Mutex::new(heard)));

        let creates = tap.creates().unwrap();

        let told: Vec<_> = creates.iter().map(|it| (&*it.path, &*it.body)).collect();
        assert_eq!(told, [("/v/Companies", "{a}"), ("/v/Companies/7/Contacts", "{bb}")]);
        assert!(creates[0].headers.contains(&("secret".to_owned(), "s".to_owned())));
    }
}
