//! One exchange of request and answer, with what goes wrong on purpose and what the journal says about it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use mock_kit::clock::Clock;
use mock_kit::server::{Body, Dropped, full};

use crate::answer::Outgoing;
use crate::faults::Effect;
use crate::journal::{self, JournalEntry};
use crate::refusal::Refusal;
use crate::server::Job;

/// Carries out a call.
pub(crate) async fn exchange(job: Job) -> Result<Response<Body>, Dropped> {
    let instance = Arc::clone(&job.instance);
    let at = instance.clock.now();
    let call = job.name();
    let effect = instance.faults().strike(&call, &job.texts());
    let outgoing = match &effect {
        None => Some(job.carry_out(Duration::ZERO).await),
        Some(effect) => spoilt(&job, effect).await,
    };
    instance.journal().note(JournalEntry {
        number: 0,
        at,
        client: job.client,
        call,
        about: journal::description(job.about().as_bytes()),
        status: outgoing.as_ref().map(|outgoing| outgoing.status.as_u16()),
        errors: outgoing.as_ref().map(|outgoing| outgoing.errors.clone()).unwrap_or_default(),
        warning: outgoing.as_ref().and_then(|outgoing| outgoing.warning.clone()),
        effect: effect.clone(),
    });
    match &effect {
        Some(Effect::DropThenApply { milliseconds }) => {
            apply_later(job, Duration::from_millis(*milliseconds));
        }
        Some(Effect::HangBefore | Effect::HangAfter) => std::future::pending::<()>().await,
        _ => {}
    }
    Ok(send(outgoing.ok_or(Dropped)?, effect.as_ref(), &instance.clock()))
}

/// What the client would get; nothing where the connection is to be closed or to hang.
async fn spoilt(job: &Job, effect: &Effect) -> Option<Outgoing> {
    match effect {
        Effect::DropBefore | Effect::DropThenApply { .. } | Effect::HangBefore => None,
        Effect::DropAfter | Effect::HangAfter => {
            job.carry_out(Duration::ZERO).await;
            None
        }
        Effect::Errors { status, messages } => {
            Some(job.refused(&Refusal::OnPurpose(*status, messages.clone())))
        }
        Effect::Status { status, body } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            Some(Outgoing::page(status, body))
        }
        Effect::Delay { milliseconds } => {
            Some(job.carry_out(Duration::from_millis(*milliseconds)).await)
        }
        Effect::Truncate { .. } | Effect::Garble | Effect::Slow { .. } => {
            Some(job.carry_out(Duration::ZERO).await)
        }
    }
}

fn apply_later(job: Job, pause: Duration) {
    let instance = Arc::clone(&job.instance);
    let mut late = instance.late();
    while late.try_join_next().is_some() {}
    late.spawn(async move {
        job.instance.clock.sleep(pause).await;
        job.carry_out(Duration::ZERO).await;
    });
}

fn send(outgoing: Outgoing, effect: Option<&Effect>, clock: &Arc<dyn Clock>) -> Response<Body> {
    let Outgoing { status, content_type, body, challenge, .. } = outgoing;
    let body = match effect {
        Some(Effect::Truncate { bytes }) => truncated(body, *bytes),
        Some(Effect::Slow { bytes_per_second }) => slow(body, *bytes_per_second, Arc::clone(clock)),
        Some(Effect::Garble) => full(garbled(&body)),
        _ => full(body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if content_type.is_empty() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    } else {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(date) = date(clock.now()) {
        headers.insert(DATE, date);
    }
    if let Some(challenge) = challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn date(now: Timestamp) -> Option<HeaderValue> {
    let text = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()?;
    HeaderValue::try_from(text).ok()
}

/// The answer with its middle made illegible: it is JSON no longer, wherever that middle is.
fn garbled(body: &[u8]) -> Vec<u8> {
    let third = body.len() / 3;
    let (head, rest) = body.split_at(third);
    let (middle, tail) = rest.split_at(third);
    let noise = middle.iter().map(|byte| if byte.is_ascii() { b'\x01' } else { 0xff });
    head.iter().copied().chain(noise).chain(tail.iter().copied()).collect()
}

/// A body that ends in an error after so many bytes, which closes the connection. The error waits for a moment, or
/// the bytes before it would never leave.
fn truncated(mut body: Vec<u8>, bytes: usize) -> Body {
    body.truncate(bytes);
    let frames = stream::iter([Ok(Frame::data(Bytes::from(body)))]).chain(stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::other("the answer is cut off on purpose"))
    }));
    StreamBody::new(frames).boxed_unsync()
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
