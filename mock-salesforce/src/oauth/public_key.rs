//! RSA public keys, from the PEM of a key or of a certificate.
//!
//! Only as much of DER is read as leads to the key; what it says about itself otherwise (who issued it, until when) is
//! of no concern to Salesforce either, which asks for the key's owner alone.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

/// A key that assertions are verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

/// The text holds no RSA public key.
#[derive(Debug, thiserror::Error)]
#[error("there is no RSA public key here: the PEM of a PUBLIC KEY or a CERTIFICATE is wanted")]
pub struct BadKey;

impl PublicKey {
    /// Reads the PEM of a public key or of a certificate.
    pub fn from_pem(pem: &str) -> Result<Self, BadKey> {
        let key = block(pem, "PUBLIC KEY").and_then(|der| key_of_info(&der));
        let key =
            key.or_else(|| block(pem, "CERTIFICATE").and_then(|der| key_of_certificate(&der)));
        key.map(Self).ok_or(BadKey)
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(message, signature)
            .is_ok()
    }
}

fn block(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (encoded, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let encoded: String = encoded.split_whitespace().collect();
    BASE64_STANDARD.decode(encoded).ok()
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const EXPLICIT_0: u8 = 0xa0;

/// One value of DER: its tag, its content and what follows it.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (figures, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if figures.len() > 4 {
            return None;
        }
        (figures.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn sequence(der: &[u8]) -> Option<&[u8]> {
    value(der).filter(|(tag, ..)| *tag == SEQUENCE).map(|(_, content, _)| content)
}

/// The key in a `SubjectPublicKeyInfo`.
fn key_of_info(der: &[u8]) -> Option<Vec<u8>> {
    let (_, _algorithm, rest) = value(sequence(der)?)?;
    let (tag, bits, _) = value(rest)?;
    let (unused, key) = bits.split_first()?;
    (tag == BIT_STRING && *unused == 0 && sequence(key).is_some()).then(|| key.to_vec())
}

/// The key in a certificate: the seventh part of what is signed, after an optional version.
fn key_of_certificate(der: &[u8]) -> Option<Vec<u8>> {
    let mut rest = sequence(sequence(der)?)?;
    if let (EXPLICIT_0, _, after) = value(rest)? {
        rest = after;
    }
    for _serial_algorithm_issuer_validity_subject in 0..5 {
        (_, _, rest) = value(rest)?;
    }
    key_of_info(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_a_certificate_for_it_hold_the_same() {
        let key = PublicKey::from_pem(include_str!("../../tests/fixtures/jwt-public.pem")).unwrap();
        let certificate =
            PublicKey::from_pem(include_str!("../../tests/fixtures/jwt-certificate.pem")).unwrap();

        assert_eq!(key, certificate);
    }

    #[test]
    fn anything_else_is_no_key() {
        for pem in [
            "",
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----",
        ] {
            assert!(PublicKey::from_pem(pem).is_err(), "{pem}");
        }
    }
}
