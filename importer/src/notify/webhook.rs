//! The webhook: the same news for programs, posted as JSON and signed.
//!
//! The signature is the HMAC-SHA256 of the timestamp header's text, a full stop, and the body, in hexadecimal digits.
//! A receiver that checks it, and that the timestamp is not old, knows that nobody else wrote the post or keeps
//! repeating it; `X-Importer-Delivery` stays the same when a post is repeated because its answer was lost.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use ring::hmac;
use secrecy::ExposeSecret;

use crate::causes;
use crate::config::WebhookAccess;
use crate::http::{HttpClient, SendError};
use crate::ports::DeliveryError;

/// Posts news.
#[derive(Debug)]
pub struct Webhook {
    http: HttpClient,
    access: WebhookAccess,
}

impl Webhook {
    /// A webhook at this address.
    pub fn new(http: HttpClient, access: WebhookAccess) -> Self {
        Self { http, access }
    }

    /// Posts an event. `id` is the same for every attempt.
    pub async fn post(&self, id: &str, event: &str) -> Result<(), DeliveryError> {
        let timestamp = self.http.clock().now().as_second().to_string();
        let signature = sign(self.access.secret.expose_secret(), &timestamp, event);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("x-importer-delivery", id),
            ("x-importer-timestamp", &timestamp),
            ("x-importer-signature", &format!("sha256={signature}")),
        ] {
            let value = HeaderValue::from_str(value)
                .map_err(|error| DeliveryError::Refused(error.to_string()))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let body = Bytes::from(event.to_owned());
        let host = self.access.url.host().unwrap_or_default();
        match self.http.send(Method::POST, &self.access.url, headers, body).await {
            Ok(answer) => verdict(host, answer.status),
            Err(error) => Err(DeliveryError::Later(words(&error))),
        }
    }
}

/// What a status means: accepted, refused for good, or to be tried again.
fn verdict(host: &str, status: StatusCode) -> Result<(), DeliveryError> {
    let said = format!("the webhook at {host} answered {status}");
    match status.as_u16() {
        200..=299 => Ok(()),
        401 | 403 => Err(DeliveryError::SignInRefused(said)),
        408 | 425 | 429 => Err(DeliveryError::Later(said)),
        400..=499 => Err(DeliveryError::Refused(said)),
        _ => Err(DeliveryError::Later(said)),
    }
}

fn sign(secret: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    tag.as_ref().iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn words(error: &SendError) -> String {
    causes::in_one_line(error).chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_signed_as_documented() {
        // printf '1767603600.{"event":"import"}' | openssl dgst -sha256 -hmac secret
        let expected = "8e441ca81653e2f29a3d32be6669cec0e37761c44dfa2f8187e4afd1520b7102";

        assert_eq!(sign("secret", "1767603600", "{\"event\":\"import\"}"), expected);
    }

    #[test]
    fn an_answer_says_whether_it_is_worth_repeating() {
        let of = |status| verdict("example.com", StatusCode::from_u16(status).unwrap());

        assert!(of(200).is_ok() && of(204).is_ok());
        assert!(matches!(of(410), Err(DeliveryError::Refused(_))));
        assert!(matches!(of(401), Err(DeliveryError::SignInRefused(_))));
        for later in [302, 408, 429, 500, 503] {
            assert!(matches!(of(later), Err(DeliveryError::Later(_))), "{later}");
        }
    }
}
