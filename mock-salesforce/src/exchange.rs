//! One exchange of request and answer, with what goes wrong on purpose and what the journal says about it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use mock_kit::clock::Clock;
use mock_kit::server::{Body, Dropped};

use crate::faults::Effect;
use crate::instance::Instance;
use crate::journal::JournalEntry;
use crate::message;

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    /// The body in pieces, to be sent one after the other.
    pub(crate) pieces: Vec<Vec<u8>>,
    /// The fault the answer tells, for the journal.
    pub(crate) fault: Option<String>,
    /// Why, where the fault does not say so.
    pub(crate) reason: Option<String>,
}

/// A request, as far as faults and journal care.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming<'r> {
    pub(crate) call: &'r str,
    pub(crate) about: &'r str,
    pub(crate) body: &'r [u8],
    pub(crate) client: IpAddr,
    pub(crate) gzip: bool,
}

/// Carries out a call. `work` does it, `refusal` makes the vendor's answer of a fault set on purpose.
pub(crate) async fn exchange(
    instance: &Instance,
    incoming: Incoming<'_>,
    work: impl FnOnce() -> Outgoing + Send,
    refusal: impl FnOnce(&str, &str) -> Outgoing + Send,
) -> Result<Response<Body>, Dropped> {
    let at = instance.clock.now();
    let effect = instance.faults().strike(incoming.call, &[incoming.body]);
    if let Some(Effect::Delay { milliseconds }) = &effect {
        let pause = Duration::from_millis(*milliseconds);
        let _under_way = instance.under_way(at);
        instance.clock.sleep(pause).await;
    }
    let mut share = instance.answer_memory.reserve(incoming.call).await;
    let outgoing = match &effect {
        Some(Effect::DropBefore) => None,
        Some(Effect::Fault { code, message }) => Some(refusal(code, message)),
        Some(Effect::Status { status, body }) => Some(page(*status, body)),
        _ => Some(work()),
    };
    let outgoing = outgoing.filter(|_| effect != Some(Effect::DropAfter));
    instance.journal().note(JournalEntry {
        number: 0,
        at,
        client: incoming.client,
        call: incoming.call.to_owned(),
        about: incoming.about.to_owned(),
        status: outgoing.as_ref().map(|outgoing| outgoing.status.as_u16()),
        fault: outgoing.as_ref().and_then(|outgoing| outgoing.fault.clone()),
        reason: outgoing.as_ref().and_then(|outgoing| outgoing.reason.clone()),
        effect: effect.clone(),
    });
    let outgoing = outgoing.ok_or(Dropped)?;
    share.shrink(outgoing.pieces.iter().map(Vec::len).sum());
    let response = send(outgoing, incoming.gzip, effect.as_ref(), &instance.clock());
    Ok(response.map(|body| share.held_by(body)))
}

fn page(status: u16, body: &str) -> Outgoing {
    Outgoing {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        content_type: "text/html; charset=utf-8",
        pieces: vec![body.as_bytes().to_vec()],
        fault: None,
        reason: None,
    }
}

fn send(
    outgoing: Outgoing,
    gzip: bool,
    effect: Option<&Effect>,
    clock: &Arc<dyn Clock>,
) -> Response<Body> {
    let Outgoing { status, content_type, mut pieces, .. } = outgoing;
    if effect == Some(&Effect::Garble) {
        pieces = vec![garbled(&pieces.concat())];
    }
    let mut response = Response::builder().status(status).header(CONTENT_TYPE, content_type);
    if gzip {
        response = response.header(CONTENT_ENCODING, "gzip");
        pieces = vec![message::compressed(&pieces)];
    }
    let body = match effect {
        Some(Effect::Truncate { bytes }) => truncated(&pieces.concat(), *bytes),
        Some(Effect::Slow { bytes_per_second }) => {
            slow(pieces.concat(), *bytes_per_second, Arc::clone(clock))
        }
        _ => streamed(pieces),
    };
    response.body(body).expect("constant headers make a response")
}

/// The answer with its middle made illegible.
fn garbled(body: &[u8]) -> Vec<u8> {
    let third = body.len() / 3;
    let (head, rest) = body.split_at(third);
    let (middle, tail) = rest.split_at(third);
    let noise = middle.iter().map(|byte| if byte.is_ascii() { b'<' } else { 0xff });
    head.iter().copied().chain(noise).chain(tail.iter().copied()).collect()
}

/// A body that ends in an error after so many bytes, which closes the connection. The error waits for a moment, or
/// the bytes before it would never leave.
fn truncated(body: &[u8], bytes: usize) -> Body {
    let sent = Bytes::copy_from_slice(&body[..bytes.min(body.len())]);
    let frames = stream::iter([Ok(Frame::data(sent))]).chain(stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::other("the answer is cut off on purpose"))
    }));
    StreamBody::new(frames).boxed_unsync()
}

/// A body of unannounced length, so that it goes out in chunks as Salesforce's answers do.
fn streamed(pieces: Vec<Vec<u8>>) -> Body {
    let frames: Vec<_> = pieces
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .map(|piece| Ok(Frame::data(Bytes::from(piece))))
        .collect();
    StreamBody::new(stream::iter(frames)).boxed_unsync()
}

/// A body of which every second brings so many bytes.
fn slow(body: Vec<u8>, bytes_per_second: u32, clock: Arc<dyn Clock>) -> Body {
    let portion = usize::try_from(bytes_per_second.max(1)).unwrap_or(usize::MAX);
    let rest = Bytes::from(body);
    let frames = stream::unfold((rest, clock), move |(mut rest, clock)| async move {
        if rest.is_empty() {
            return None;
        }
        clock.sleep(Duration::from_secs(1)).await;
        let sent = rest.split_to(portion.min(rest.len()));
        Some((Ok::<_, io::Error>(Frame::data(sent)), (rest, clock)))
    });
    StreamBody::new(frames).boxed_unsync()
}
