//! JWT bearer assertions: three base64 parts, signed with RS256.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use super::public_key::PublicKey;
use super::{Refusal, refusal};

/// How far ahead an assertion may expire, in seconds.
const LONGEST_LIFE: i64 = 180;

/// What an assertion says.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    /// The app's client id.
    pub(super) iss: String,
    /// The user name.
    pub(super) sub: String,
    /// The host it is meant for.
    pub(super) aud: String,
    exp: i64,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
}

/// An assertion that can be read; whether it can be believed is another matter.
#[derive(Debug)]
pub(super) struct Assertion<'a> {
    pub(super) claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

/// Reads an assertion.
pub(super) fn read(text: &str) -> Option<Assertion<'_>> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: Header = decoded(header)?;
    let claims = decoded(claims)?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    (header.alg == "RS256").then_some(Assertion { claims, signed, signature })
}

fn decoded<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

impl Assertion<'_> {
    /// Whether the owner of the key signed it.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(self.signed.as_bytes(), &self.signature)
    }

    /// Refuses an assertion that has expired, or lives too long.
    pub(super) fn check_times(&self, now: Timestamp) -> Result<(), Refusal> {
        let left = self.claims.exp.saturating_sub(now.as_second());
        match left {
            ..=0 => Err(refusal("invalid_grant", "expired assertion").because("exp has passed")),
            1..=LONGEST_LIFE => Ok(()),
            _ => Err(refusal("invalid_grant", "invalid assertion")
                .because("exp is more than three minutes ahead")),
        }
    }
}
