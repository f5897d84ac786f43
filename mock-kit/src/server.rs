//! An HTTP/1.1 server around one [`Service`], over TCP or any other [`Listener`].
//!
//! The server owns its connections: dropping it closes them, keep-alive ones included, so a test never leaves a
//! mock behind. A service that returns [`Dropped`] has its connection closed without an answer, which is how a
//! mock loses an answer on purpose.

use std::convert::Infallible;
use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Sleep;

/// An answer's body: whole or streamed. A body that ends in an error cuts the connection in mid-answer.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A body that is there in full.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was dropped on purpose")]
pub struct Dropped;

/// What answers requests.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Answers one request that came from `peer`.
    async fn call(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Dropped>;
}

/// A connection of any transport.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Where connections come from: TCP, or a simulated network.
#[async_trait]
pub trait Listener: Send + 'static {
    /// Waits for the next connection.
    async fn accept(&mut self) -> io::Result<(Box<dyn Wire>, SocketAddr)>;

    /// The address clients reach this listener at.
    fn address(&self) -> io::Result<SocketAddr>;

    /// What the URLs of this listener begin with.
    fn scheme(&self) -> &'static str {
        "http"
    }
}

#[async_trait]
impl Listener for TcpListener {
    async fn accept(&mut self) -> io::Result<(Box<dyn Wire>, SocketAddr)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        stream.set_nodelay(true)?;
        Ok((Box::new(stream), peer))
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}

/// Connections served at once; more wait in the listener's queue.
const MOST_CONNECTIONS: usize = 1_024;

/// How long a client may take to send a request's head before its connection is closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A running server. Dropping it stops it at once.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves `service` on `listener` until dropped.
    pub fn start(listener: impl Listener, service: Arc<dyn Service>) -> io::Result<Self> {
        let address = listener.address()?;
        let scheme = listener.scheme();
        Ok(Self { address, scheme, accepting: tokio::spawn(accept(listener, service)) })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL without a trailing slash.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(mut listener: impl Listener, service: Arc<dyn Service>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((wire, peer)) => {
                let service = Arc::clone(&service);
                connections.spawn(async move {
                    serve(wire, peer, service).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file handles, most likely: let some connections end before trying again.
                take_breath().await;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the machine needs real time to recover")]
async fn take_breath() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn serve(wire: Box<dyn Wire>, peer: SocketAddr, service: Arc<dyn Service>) {
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { service.call(request, peer).await }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        // A service that wants the header writes it from its own clock.
        .auto_date_header(false)
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(Patient { wire, stalled: None }), answer)
        .await;
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

/// How long a client may take nothing of an answer before its connection is closed.
const WRITE_PAUSE: Duration = Duration::from_secs(30);

/// A connection that breaks off when the client takes nothing for too long, or its answers would be kept for ever.
struct Patient {
    wire: Box<dyn Wire>,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    /// Ends the patience with a write that has made no progress for too long.
    #[expect(
        clippy::disallowed_methods,
        reason = "a client's silence lasts in real time, whatever a mock's clock says"
    )]
    fn bear<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_PAUSE)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.wire).poll_write(context, bytes);
        self.bear(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.wire).poll_write_vectored(context, slices);
        self.bear(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.wire).poll_flush(context);
        self.bear(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.wire).poll_shutdown(context);
        self.bear(context, closed)
    }
}

/// Why a request's body was not read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body is longer than the mock takes.
    #[error("the request body is larger than {0} bytes")]
    TooLarge(usize),
    /// The client went away or sent a malformed body.
    #[error("the request body could not be read")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How long a client may pause within a body before its request is given up.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// The unit in which the memory of bodies is counted.
const PORTION: usize = 64 * 1024;

/// The memory all bodies that are being read or used may take together: half a gigabyte.
static BODY_MEMORY: Semaphore = Semaphore::const_new(8 * 1024);

/// A body and its share of the memory for bodies, which is given back with it.
struct Held {
    memory: &'static Semaphore,
    bytes: Vec<u8>,
    share: Option<SemaphorePermit<'static>>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Held {
    const fn new(memory: &'static Semaphore) -> Self {
        Self { memory, bytes: Vec::new(), share: None }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), BodyError> {
        let needed = (self.bytes.len() + data.len()).div_ceil(PORTION);
        let held = self.share.as_ref().map_or(0, SemaphorePermit::num_permits);
        let more = u32::try_from(needed.saturating_sub(held)).unwrap_or(u32::MAX);
        if more > 0 {
            let share = self.memory.try_acquire_many(more).map_err(|_| {
                BodyError::Broken("other requests' bodies take all the memory there is".into())
            })?;
            match &mut self.share {
                Some(held) => held.merge(share),
                None => self.share = Some(share),
            }
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }
}

/// Reads a request's body of at most `most` bytes. A client that falls silent is given up after half a minute.
pub async fn read_body(mut body: Incoming, most: usize) -> Result<Bytes, BodyError> {
    let mut held = Held::new(&BODY_MEMORY);
    while let Some(frame) = next_frame(&mut body).await? {
        let Ok(data) = frame.into_data() else { continue };
        if held.bytes.len() + data.len() > most {
            return Err(BodyError::TooLarge(most));
        }
        held.take(&data)?;
    }
    Ok(Bytes::from_owner(held))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client's silence lasts in real time, whatever a mock's clock says"
)]
async fn next_frame(body: &mut Incoming) -> Result<Option<Frame<Bytes>>, BodyError> {
    match tokio::time::timeout(BODY_PAUSE, body.frame()).await {
        Ok(frame) => frame.transpose().map_err(|error| BodyError::Broken(error.into())),
        Err(_) => Err(BodyError::Broken("nothing came for half a minute".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    /// Answers with the length of the body, or with why it was not read.
    struct Length;

    #[async_trait]
    impl Service for Length {
        async fn call(
            &self,
            request: Request<Incoming>,
            _: SocketAddr,
        ) -> Result<Response<Body>, Dropped> {
            let answer = match read_body(request.into_body(), 1_000).await {
                Ok(body) => body.len().to_string(),
                Err(error) => format!("{error}: {:?}", error.source().map(ToString::to_string)),
            };
            Ok(Response::new(full(answer)))
        }
    }

    async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::start(listener, Arc::new(Length)).unwrap()
    }

    async fn send(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_body_is_read_and_one_that_is_too_large_is_not() {
        let server = start().await;
        let request = |length: usize| {
            format!(
                "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{}",
                "x".repeat(length)
            )
        };

        assert!(send(&server, &request(1_000)).await.ends_with("\r\n\r\n1000"));
        assert!(send(&server, &request(1_001)).await.contains("larger than 1000 bytes"));
        assert!(!send(&server, &request(0)).await.to_lowercase().contains("\r\ndate:"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_falls_silent_in_head_or_body_is_given_up() {
        let server = start().await;

        let in_body =
            send(&server, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf").await;
        let in_head = send(&server, "POST / HTTP/1.1\r\nHost:").await;

        assert!(in_body.contains("nothing came for half a minute"), "{in_body}");
        assert_eq!(in_head, "");
    }

    /// Answers with more than a connection holds on its way.
    struct Flood;

    #[async_trait]
    impl Service for Flood {
        async fn call(
            &self,
            _: Request<Incoming>,
            _: SocketAddr,
        ) -> Result<Response<Body>, Dropped> {
            Ok(Response::new(full(vec![b'x'; 64 * 1024 * 1024])))
        }
    }

    #[tokio::test(start_paused = true)]
    #[expect(clippy::disallowed_methods, reason = "the time that passes here is tokio's own")]
    async fn a_client_that_takes_nothing_of_its_answer_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::start(listener, Arc::new(Flood)).unwrap();
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();

        // Time is paused: it passes as soon as nobody has anything to do.
        tokio::time::sleep(WRITE_PAUSE * 2).await;

        let mut taken = Vec::new();
        let ended = stream.read_to_end(&mut taken).await;
        assert!(ended.is_err() || taken.len() < 64 * 1024 * 1024, "{} bytes came", taken.len());
    }

    #[test]
    fn the_memory_for_bodies_is_bounded_and_given_back() {
        let memory: &'static Semaphore = Box::leak(Box::new(Semaphore::new(3)));
        let mut first = Held::new(memory);
        first.take(&vec![0; PORTION + 1]).unwrap();
        first.take(&[0; 10]).unwrap();
        let mut second = Held::new(memory);
        second.take(&[0; 10]).unwrap();

        assert!(second.take(&vec![0; PORTION]).is_err());
        drop(first);
        assert!(second.take(&vec![0; PORTION]).is_ok());
        drop(Bytes::from_owner(second));
        assert_eq!(memory.available_permits(), 3);
    }
}
