//! Who may sign in: whoever knows the password, or the token that was printed at the start.
//!
//! Only a hash is kept, and one attempt is looked at after the other, so that guessing costs time and no memory.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::random::{NoRandomness, random_hex};
use crate::config::ConsoleAccess;

/// What every argon2 hash begins with.
const HASHED: &str = "$argon2";

/// A longer one is none: nobody should be made to hash a novel.
const LONGEST_PASSWORD: usize = 1_024;

/// Why nobody could sign in.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hash in the settings is none.
    #[error("`console.password` begins with {HASHED} and is no argon2 hash")]
    NoHash,
    /// The password cannot be hashed.
    #[error("`console.password` cannot be used; it has 1 to {LONGEST_PASSWORD} bytes")]
    Unusable,
    /// There is no token.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// What is asked of whoever signs in.
pub(super) struct Credential {
    hash: String,
    /// One look at a time.
    turn: Mutex<()>,
}

impl Credential {
    /// The one that the settings name, or a new token, which is to be printed.
    pub(super) fn of(
        access: &ConsoleAccess,
    ) -> Result<(Self, Option<SecretString>), PasswordError> {
        let (hash, token) = match access.password.as_ref().map(ExposeSecret::expose_secret) {
            Some(hash) if hash.starts_with(HASHED) => {
                let hash = hash.trim();
                PasswordHash::new(hash).map_err(|_| PasswordError::NoHash)?;
                (hash.to_owned(), None)
            }
            Some(password) => (hashed(password)?, None),
            None => {
                let token = random_hex::<16>()?;
                (hashed(&token)?, Some(SecretString::from(token)))
            }
        };
        Ok((Self { hash, turn: Mutex::new(()) }, token))
    }

    /// Whether this is it. Takes a while, on a thread of its own.
    pub(super) async fn accepts(&self, password: SecretString) -> bool {
        let _turn = self.turn.lock().await;
        let hash = self.hash.clone();
        let look = move || {
            let password = password.expose_secret().as_bytes();
            password.len() <= LONGEST_PASSWORD
                && PasswordHash::new(&hash)
                    .is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
        };
        tokio::task::spawn_blocking(look).await.unwrap_or(false)
    }
}

fn hashed(password: &str) -> Result<String, PasswordError> {
    if password.len() > LONGEST_PASSWORD {
        return Err(PasswordError::Unusable);
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|_| PasswordError::Unusable)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(
        password: Option<&str>,
    ) -> Result<(Credential, Option<SecretString>), PasswordError> {
        let listen = ([127, 0, 0, 1], 0).into();
        let password = password.map(SecretString::from);
        Credential::of(&ConsoleAccess { listen, password, api_token: None })
    }

    #[tokio::test]
    async fn the_password_or_its_hash_lets_in_and_nothing_else_does() {
        let (plain, token) = credential(Some("correct horse")).unwrap();
        let (of_hash, _) = credential(Some(&plain.hash)).unwrap();

        for credential in [&plain, &of_hash] {
            assert!(credential.accepts("correct horse".into()).await);
            for wrong in ["", "correct horse ", "Correct horse", &plain.hash] {
                assert!(!credential.accepts(wrong.into()).await, "{wrong}");
            }
        }
        assert!(token.is_none());
        assert!(matches!(credential(Some("$argon2id$nonsense")), Err(PasswordError::NoHash)));
    }

    #[tokio::test]
    async fn without_a_password_each_start_has_a_token_of_its_own() {
        let (first, token) = credential(None).unwrap();
        let (second, _) = credential(None).unwrap();
        let token = token.unwrap();

        assert!(first.accepts(token.expose_secret().into()).await);
        assert!(!second.accepts(token.expose_secret().into()).await);
        assert!(!first.accepts("".into()).await);
    }
}
