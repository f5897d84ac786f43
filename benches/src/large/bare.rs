//! The reference line: the same creates, their bodies made beforehand, sent by hyper with nothing around it.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write, stdout};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::HOST;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use importer::ports::Clock;
use importer::system_clock::SystemClock;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::part::{processor_seconds, seconds};
use super::wiretap::Request;
use crate::Failure;

/// How the reference went.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Bare {
    /// How many creates were sent.
    pub creates: u64,
    /// How long it took.
    pub seconds: f64,
    /// What sending took of the processor, on all cores, where the machine tells.
    pub processor_seconds: Option<f64>,
    /// Requests that were not answered with success.
    pub refused: u64,
}

/// Sends requests in a process of its own, as the importer has one.
pub(super) async fn send(
    address: &str,
    creates: &[Request],
    connections: usize,
) -> Result<Bare, Failure> {
    let mut file = NamedTempFile::new()?;
    {
        let mut lines = BufWriter::new(&mut file);
        for create in creates {
            serde_json::to_writer(&mut lines, create)?;
            lines.write_all(b"\n")?;
        }
        lines.flush()?;
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bare").arg(file.path()).arg(address).arg(connections.to_string());
    let output = command.stderr(Stdio::inherit()).kill_on_drop(true).output().await?;
    if !output.status.success() {
        return Err(format!("hyper's process ended with {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Sends the creates of companies, then those of contacts, over so many connections at a time, and prints how it went.
pub async fn run(file: &Path, address: &str, connections: usize) -> Result<(), Failure> {
    let lines = BufReader::new(File::open(file)?).lines();
    let creates = lines.map(|line| Ok(serde_json::from_str(&line?)?));
    let creates: Vec<Request> = creates.collect::<Result<_, Failure>>()?;
    let count = creates.len() as u64;
    let (companies, contacts): (Vec<_>, Vec<_>) =
        creates.into_iter().partition(|create| create.path.ends_with("/Companies"));
    let (companies, contacts) = (ready(address, companies)?, ready(address, contacts)?);
    let refused = Arc::<AtomicU64>::default();
    let (worked, began) = (processor_seconds(), SystemClock.now());
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
    let bare = Bare {
        creates: count,
        seconds: seconds(began, SystemClock.now()),
        processor_seconds: processor_seconds().zip(worked).map(|(after, before)| after - before),
        refused: refused.load(Ordering::Relaxed),
    };
    writeln!(stdout(), "{}", serde_json::to_string(&bare)?)?;
    Ok(())
}

fn ready(address: &str, creates: Vec<Request>) -> Result<Vec<http::Request<Full<Bytes>>>, Failure> {
    let request = |create: Request| {
        let mut request = http::Request::post(&create.path);
        for (name, value) in create.headers.iter().filter(|(name, _)| name != HOST.as_str()) {
            request = request.header(name, value);
        }
        Ok(request.header(HOST, address).body(Full::new(Bytes::from(create.body)))?)
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
