//! Assertions: short-lived statements of who wants a token, signed with the key whose certificate the app has.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

/// How long an assertion is good for, in seconds. Salesforce accepts at most three minutes ahead of its own clock and
/// nothing that has passed: half of that lets this machine's clock be a minute and a half off, either way.
const LIFE: i64 = 90;

/// An RSA key that assertions are signed with.
#[derive(Clone)]
pub struct SigningKey(Arc<KeyPair>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

/// Why a text is no key to sign with. The text itself is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It needs a passphrase.
    #[error(
        "the private key is protected by a passphrase, which nobody is there to type; \
         `openssl pkey -in KEY -out NEW` takes it off, and the file's permissions then protect it"
    )]
    Protected,
    /// It is what the app has, not what proves who asks.
    #[error(
        "this is a certificate or a public key, which belongs into Salesforce's app; wanted is the private key it \
         was made with, in PEM"
    )]
    Public,
    /// It is a key of another kind.
    #[error(
        "this is no RSA key, and Salesforce takes no other; `openssl genrsa -out KEY 2048` makes one"
    )]
    NotRsa,
    /// It is too short, or not whole.
    #[error("the RSA key is damaged or has fewer than 2048 bits")]
    Unusable,
    /// It is nothing that is known.
    #[error(
        "there is no private key here: wanted is PEM, which begins with -----BEGIN PRIVATE KEY----- or \
         -----BEGIN RSA PRIVATE KEY-----"
    )]
    NotPem,
}

impl SigningKey {
    /// Reads an unprotected RSA key in PEM, as PKCS#8 or PKCS#1.
    pub fn from_pem(pem: &str) -> Result<Self, BadKey> {
        if pem.contains("ENCRYPTED") {
            return Err(BadKey::Protected);
        }
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(key)) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            Ok(PrivateKeyDer::Pkcs1(key)) => KeyPair::from_der(key.secret_pkcs1_der()),
            Ok(_) => return Err(BadKey::NotRsa),
            Err(_) if ["CERTIFICATE-", "PUBLIC KEY-"].iter().any(|label| pem.contains(label)) => {
                return Err(BadKey::Public);
            }
            Err(_) => return Err(BadKey::NotPem),
        };
        key.map(|key| Self(Arc::new(key))).map_err(|error| match error.to_string().as_str() {
            "WrongAlgorithm" => BadKey::NotRsa,
            _ => BadKey::Unusable,
        })
    }

    /// The assertion that `client_id` wants a token of `audience` for `user`.
    pub(crate) fn assertion(
        &self,
        client_id: &str,
        user: &str,
        audience: &str,
        now: Timestamp,
    ) -> String {
        let claims = json!({
            "iss": client_id,
            "sub": user,
            "aud": audience,
            "exp": now.as_second().saturating_add(LIFE),
        });
        let encode = |part: &str| BASE64_URL_SAFE_NO_PAD.encode(part);
        let signed =
            format!("{}.{}", encode(r#"{"alg":"RS256","typ":"JWT"}"#), encode(&claims.to_string()));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("the signature has the length of the key's modulus");
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key in one of its forms.
    macro_rules! key {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/keys/", $name, ".pem"))
        };
    }

    fn assertion(pem: &str) -> String {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let key = SigningKey::from_pem(pem).unwrap();
        key.assertion("the app", "user@example.com", "https://login.salesforce.com", now)
    }

    #[test]
    fn an_assertion_says_who_asks_for_whom_where_and_how_long_it_is_good() {
        let text = assertion(key!("rsa"));

        let [header, claims, _] = text.split('.').collect::<Vec<_>>()[..] else { panic!("{text}") };
        let decoded = |part| String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
        assert_eq!(decoded(header).unwrap(), r#"{"alg":"RS256","typ":"JWT"}"#);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&decoded(claims).unwrap()).unwrap(),
            json!({
                "iss": "the app",
                "sub": "user@example.com",
                "aud": "https://login.salesforce.com",
                "exp": 1_772_366_490,
            })
        );
    }

    #[test]
    fn both_forms_of_a_key_sign_alike_and_their_public_key_says_so() {
        use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

        let text = assertion(key!("rsa"));

        assert_eq!(text, assertion(key!("rsa-pkcs1")));
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let public = SigningKey::from_pem(key!("rsa")).unwrap().0.public().as_ref().to_vec();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(public.verify(signed.as_bytes(), &signature).is_ok());
    }

    #[test]
    fn what_is_no_key_says_what_it_is() {
        for (text, why) in [
            ("", BadKey::NotPem),
            ("secret text", BadKey::NotPem),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", BadKey::NotPem),
            (key!("rsa-public"), BadKey::Public),
            (key!("rsa-encrypted"), BadKey::Protected),
            (key!("rsa-pkcs1-encrypted"), BadKey::Protected),
            (key!("ec"), BadKey::NotRsa),
            (key!("rsa-1024"), BadKey::Unusable),
            ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", BadKey::Public),
        ] {
            let found = SigningKey::from_pem(text).err();

            assert_eq!(found, Some(why), "{text}");
            assert!(!why.to_string().contains("MIIE") && !why.to_string().contains("secret text"));
        }
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let key = SigningKey::from_pem(key!("rsa")).unwrap();

        assert_eq!(format!("{key:?}"), "SigningKey(***)");
    }
}
