//! HTTP bodies on their way in and out: compression, and the few kinds of answers.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use mock_kit::server::{Body, BodyError, full};
use serde::Serialize;

/// The largest request, compressed or not.
pub(crate) const LARGEST_REQUEST: usize = 50 * 1024 * 1024;

/// Why a body is not taken, as the answer that says so.
pub(crate) type Refused = Box<Response<Body>>;

/// Whether the client takes compressed answers.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
            coding.trim().eq_ignore_ascii_case("gzip") && weight.replace(' ', "") != "q=0"
        })
    })
}

/// The body as it was before compression.
pub(crate) fn uncompressed(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Refused> {
    match headers
        .get(CONTENT_ENCODING)
        .map(|coding| coding.as_bytes().to_ascii_lowercase())
        .as_deref()
    {
        None | Some(b"" | b"identity") => Ok(body),
        Some(b"gzip") => inflated(&body),
        Some(other) => {
            let message = format!("unknown content encoding {}\n", String::from_utf8_lossy(other));
            Err(Box::new(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)))
        }
    }
}

/// Stops at the largest request's size, so that a few kilobytes cannot become gigabytes.
fn inflated(body: &[u8]) -> Result<Bytes, Refused> {
    let limit = u64::try_from(LARGEST_REQUEST).unwrap_or(u64::MAX) + 1;
    let mut inflated = Vec::new();
    if let Err(error) = MultiGzDecoder::new(body).take(limit).read_to_end(&mut inflated) {
        let message = format!("the gzip body could not be read: {error}\n");
        return Err(Box::new(plain(StatusCode::BAD_REQUEST, message)));
    }
    if inflated.len() > LARGEST_REQUEST {
        return Err(Box::new(unread(&BodyError::TooLarge(LARGEST_REQUEST))));
    }
    Ok(inflated.into())
}

/// The pieces of a body as one, compressed.
pub(crate) fn compressed(pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = pieces.iter().try_for_each(|piece| encoder.write_all(piece));
    written.and_then(|()| encoder.finish()).expect("writing to a vector does not fail")
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    let text = serde_json::to_vec(value).expect("answers are plain data with text keys");
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/json;charset=UTF-8")
        .header(CACHE_CONTROL, "no-cache, no-store")
        .body(full(text))
        .expect("constant headers make a response")
}

/// A text of a given kind.
pub(crate) fn document(content_type: &'static str, text: String) -> Response<Body> {
    let mut response = plain(StatusCode::OK, text);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer in words.
pub(crate) fn plain(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(full(text.into()))
        .expect("constant headers make a response")
}

/// A moment in the form HTTP's headers have.
pub(crate) fn http_date(now: Timestamp) -> HeaderValue {
    let text = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).expect("a date is plain ASCII")
}

/// The answer to a body that could not be read.
pub(crate) fn unread(error: &BodyError) -> Response<Body> {
    let status = match error {
        BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::Broken(_) => StatusCode::BAD_REQUEST,
    };
    plain(status, format!("{error}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_wants_them() {
        let moment = "1994-11-06T08:49:37Z".parse().unwrap();

        assert_eq!(http_date(moment), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn gzip_is_accepted_unless_its_weight_is_none() {
        let headers =
            |value| HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]);

        assert!(accepts_gzip(&headers("deflate, GZIP;q=0.5")));
        assert!(!accepts_gzip(&headers("gzip; q=0")));
        assert!(!accepts_gzip(&headers("identity")));
    }
}
