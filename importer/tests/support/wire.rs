//! Connections to servers on this machine, and a server that does what no well-behaved one does.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex};

use http::Uri;
use hyper_util::rt::TokioIo;
use importer::http::{Connector, HttpClient, Limits, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::clock::TestClock;

/// A client on this machine's network.
pub(crate) fn client(clock: &Arc<TestClock>, limits: Limits) -> HttpClient {
    let connector = Connector::new(|destination: Uri| {
        Box::pin(async move {
            let address = destination.authority().unwrap().to_string();
            Ok(Wire::new(TokioIo::new(TcpStream::connect(address).await?)))
        })
    });
    HttpClient::new(connector, Arc::<TestClock>::clone(clock), limits)
}

/// What a [`Rude`] server does with one connection.
pub(crate) enum Act {
    /// Answers the request with these bytes and closes.
    Answer(Vec<u8>),
    /// Reads the request and closes without a word.
    Close,
    /// Sends these bytes and never anything more, until the deadline has passed.
    Stall(Vec<u8>),
}

/// A server that works through a list of acts, one for each connection, and refuses any further connection's
/// request by closing.
pub(crate) struct Rude {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Rude {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Rude {
    /// Starts it with the acts that `script` makes of its own address.
    pub(crate) async fn start(
        clock: &Arc<TestClock>,
        script: impl FnOnce(&str) -> Vec<Act>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut acts = VecDeque::from(script(&url));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (seen, clock) = (Arc::clone(&requests), Arc::clone(clock));
        let task = tokio::spawn(async move {
            let mut stalled = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read_request(&mut stream).await else { continue };
                seen.lock().unwrap().push(request);
                match acts.pop_front() {
                    None | Some(Act::Close) => {}
                    Some(Act::Answer(bytes)) => {
                        let _ = stream.write_all(&bytes).await;
                        let _ = stream.shutdown().await;
                    }
                    Some(Act::Stall(bytes)) => {
                        let _ = stream.write_all(&bytes).await;
                        // Long enough for the client to have read what there is.
                        for _ in 0..20 {
                            tokio::task::yield_now().await;
                        }
                        clock.pass_deadlines();
                        stalled.push(stream);
                    }
                }
            }
        });
        Self { url, requests, task }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Reads one request; `None` when the connection is closed before.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, length)| length.trim().parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// An answer as bytes; the connection ends with it.
pub(crate) fn answer(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// An error, what lies behind it, and how it looks to a debugger.
pub(crate) fn all_of(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error:?}");
    let mut next = Some(error);
    while let Some(error) = next {
        text = format!("{text}\n{error}");
        next = error.source();
    }
    text
}
