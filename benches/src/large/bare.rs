//! The reference line: the same creates, their bodies made beforehand, sent by hyper with nothing around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::HOST;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use importer::ports::Clock;
use importer::system_clock::SystemClock;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::part::seconds;
use super::wiretap::Request;
use crate::Failure;

/// How the reference went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bare {
    /// How long it took.
    pub seconds: f64,
    /// Requests that were not answered with success.
    pub refused: u64,
}

/// Sends the creates of companies, then those of contacts, over so many connections at a time.
pub(super) async fn send(
    address: &str,
    creates: Vec<Request>,
    connections: usize,
) -> Result<Bare, Failure> {
    let (companies, contacts): (Vec<_>, Vec<_>) =
        creates.into_iter().partition(|create| create.path.ends_with("/Companies"));
    let (companies, contacts) = (ready(address, companies)?, ready(address, contacts)?);
    let refused = Arc::<AtomicU64>::default();
    let began = SystemClock.now();
    for requests in [companies, contacts] {
        let (requests, next) = (Arc::new(requests), Arc::<AtomicUsize>::default());
        let mut senders = JoinSet::new();
        for _ in 0..connections {
            let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
            senders.spawn(send_some(address.to_owned(), requests, next, Arc::clone(&refused)));
        }
        while let Some(sender) = senders.join_next().await {
            sender?.map_err(|error| error.to_string())?;
        }
    }
    let took = seconds(began, SystemClock.now());
    Ok(Bare { seconds: took, refused: refused.load(Ordering::Relaxed) })
}

fn ready(address: &str, creates: Vec<Request>) -> Result<Vec<http::Request<Full<Bytes>>>, Failure> {
    let request = |create: Request| {
        let mut request = http::Request::post(&create.path);
        for (name, value) in create.headers.iter().filter(|(name, _)| name != HOST.as_str()) {
            request = request.header(name, value);
        }
        Ok(request.header(HOST, address).body(Full::new(create.body))?)
    };
    creates.into_iter().map(request).collect()
}

async fn send_some(
    address: String,
    requests: Arc<Vec<http::Request<Full<Bytes>>>>,
    next: Arc<AtomicUsize>,
    refused: Arc<AtomicU64>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        sender.ready().await?;
        let answer = sender.send_request(request.clone()).await?;
        refused.fetch_add(u64::from(!answer.status().is_success()), Ordering::Relaxed);
        answer.into_body().collect().await?;
    }
    Ok(())
}
