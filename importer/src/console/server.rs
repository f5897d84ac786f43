//! Serves the console's pages, to so many at a time, until it is dropped.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::door::Peer;
use crate::ports::Clock;

/// Connections at a time; more wait.
const MOST_CONNECTIONS: usize = 128;

/// How long the head of a request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest head of a request.
const LONGEST_HEAD: usize = 32 * 1024;

/// A pause after the machine could not take a connection, as it has no more files to open.
const RECOVERY: Duration = Duration::from_millis(200);

/// Takes connections for as long as it is asked to go on.
pub(super) async fn serve(listener: TcpListener, router: Router, clock: Arc<dyn Clock>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let router = router.clone();
                connections.spawn(async move {
                    let ended = connection(stream, Peer(peer.ip()), router).await;
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection to the console broke");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the console cannot take a connection");
                clock.sleep(RECOVERY).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, peer: Peer, router: Router) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await
        .map_err(io::Error::other)
}
