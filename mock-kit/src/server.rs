//! An HTTP/1.1 server around one [`Service`], over TCP or any other [`Listener`].
//!
//! The server owns its connections: dropping it closes them, keep-alive ones included, so a test never leaves a
//! mock behind. A service that returns [`Dropped`] has its connection closed without an answer, which is how a
//! mock loses an answer on purpose.

use std::convert::Infallible;
use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

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
    async fn call(&self, request: Request<Incoming>, peer: SocketAddr) -> Result<Response<Body>, Dropped>;
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
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves `service` on `listener` until dropped.
    pub fn start(listener: impl Listener, service: Arc<dyn Service>) -> io::Result<Self> {
        let address = listener.address()?;
        Ok(Self { address, accepting: tokio::spawn(accept(listener, service)) })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
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
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn serve(wire: Box<dyn Wire>, peer: SocketAddr, service: Arc<dyn Service>) {
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { service.call(request, peer).await }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(wire), answer)
        .await;
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "a connection ended early");
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

/// Reads a request's body of at most `most` bytes.
pub async fn read_body(body: Incoming, most: usize) -> Result<Bytes, BodyError> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(BodyError::TooLarge(most)),
        Err(error) => Err(BodyError::Broken(error)),
    }
}
