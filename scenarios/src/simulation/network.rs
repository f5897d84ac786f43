//! A network in memory, on tokio's paused time: what travels takes a while, and a host can be cut off.
//!
//! Nothing is random but how long a request is on its way, which comes from the seed. Where everything runs on one
//! thread, the same requests meet the same events each time.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use http::Uri;
use mock_kit::server::{Listener, Wire};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc;
use tokio::time::Sleep;

/// How long a client waits for a host that does not answer its call.
const DIAL_TIMEOUT: Duration = Duration::from_secs(20);

/// What a connection holds on its way.
const CAPACITY: usize = 64 * 1024;

/// Milliseconds that a request is on its way.
const TRAVEL: std::ops::Range<u64> = 1..80;

/// The hosts of a simulation, by their ports on the loopback address.
#[derive(Debug)]
pub(super) struct Network {
    hosts: Mutex<BTreeMap<u16, Arc<Host>>>,
    random: Mutex<ChaCha8Rng>,
}

/// One server, as the network sees it.
#[derive(Debug)]
struct Host {
    calls: mpsc::UnboundedSender<DuplexStream>,
    is_cut_off: AtomicBool,
}

impl Network {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Arc::new(Self { hosts: Mutex::default(), random: Mutex::new(random) })
    }

    /// Listens on a port.
    pub(super) fn listen(&self, port: u16) -> Listening {
        let (calls, incoming) = mpsc::unbounded_channel();
        let host = Arc::new(Host { calls, is_cut_off: AtomicBool::new(false) });
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).insert(port, host);
        Listening { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), incoming }
    }

    /// Cuts the host at a port off, or connects it again. What is lost meanwhile stays lost: connections that have
    /// lost something are broken afterwards.
    pub(super) fn cut(&self, port: u16, is_cut_off: bool) {
        if let Some(host) = self.host(port) {
            host.is_cut_off.store(is_cut_off, Ordering::SeqCst);
        }
    }

    fn host(&self, port: u16) -> Option<Arc<Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(&port).cloned()
    }

    /// Calls the host that an address names.
    #[expect(clippy::disallowed_methods, reason = "the simulation's time is tokio's")]
    pub(super) async fn dial(self: Arc<Self>, to: Uri) -> io::Result<Line> {
        let port = to.port_u16().unwrap_or_default();
        let host = self.host(port).ok_or(io::ErrorKind::ConnectionRefused)?;
        if host.is_cut_off.load(Ordering::SeqCst) {
            tokio::time::sleep(DIAL_TIMEOUT).await;
            return Err(io::ErrorKind::TimedOut.into());
        }
        let (here, there) = duplex(CAPACITY);
        host.calls.send(there).map_err(|_| io::ErrorKind::ConnectionRefused)?;
        Ok(Line { inner: here, network: self, host, travelling: None, asked: false, broken: false })
    }

    fn travel_time(&self) -> Duration {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(random.random_range(TRAVEL))
    }
}

/// A server's end of the network.
#[derive(Debug)]
pub(super) struct Listening {
    address: SocketAddr,
    incoming: mpsc::UnboundedReceiver<DuplexStream>,
}

#[async_trait]
impl Listener for Listening {
    async fn accept(&mut self) -> io::Result<(Box<dyn Wire>, SocketAddr)> {
        match self.incoming.recv().await {
            Some(stream) => Ok((Box::new(stream), self.address)),
            None => std::future::pending().await,
        }
    }

    fn address(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// A client's end of a connection.
#[derive(Debug)]
pub(super) struct Line {
    inner: DuplexStream,
    network: Arc<Network>,
    host: Arc<Host>,
    /// Until when the request that is being sent has not arrived.
    travelling: Option<Pin<Box<Sleep>>>,
    /// Whether a request has been sent since the last answer.
    asked: bool,
    /// Whether something was lost.
    broken: bool,
}

impl Line {
    /// Whether the host is cut off; an error where it was and something is missing since.
    fn is_silent(&mut self) -> io::Result<bool> {
        let is_cut_off = self.host.is_cut_off.load(Ordering::SeqCst);
        if self.broken && !is_cut_off {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.broken |= is_cut_off;
        Ok(is_cut_off)
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if self.is_silent()? {
            // What has arrived is lost, and nobody says so: only the client's own patience ends.
            buffer.set_filled(before);
            return Poll::Pending;
        }
        self.asked = false;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    #[expect(clippy::disallowed_methods, reason = "the simulation's time is tokio's")]
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_silent()? {
            return Poll::Ready(Ok(bytes.len()));
        }
        if !self.asked {
            self.asked = true;
            self.travelling = Some(Box::pin(tokio::time::sleep(self.network.travel_time())));
        }
        if let Some(travelling) = &mut self.travelling {
            ready!(travelling.as_mut().poll(context));
            self.travelling = None;
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
