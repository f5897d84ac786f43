//! Sessions: who is signed in, and until when.
//!
//! A session lives for two hours after its last use, on the mock's clock. Sessions are kept in memory: after a restart
//! of the mock every client signs in again, as it must expect at any time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How long a session lives without being used.
pub(crate) const LIFE_TIME: SignedDuration = SignedDuration::from_secs(7_200);

/// The characters of a session id's secret half.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// How long the secret half is.
const SECRET_LENGTH: usize = 96;

/// Sessions kept at once; the one unused for longest makes room.
const MOST_SESSIONS: usize = 10_000;

/// What a session is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Every call.
    Api,
    /// Setting a new password, as the old one has expired.
    SetPassword,
    /// Nothing here: it was opened for an app without the scope `api`.
    OtherThanApi,
}

/// One signed-in client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    /// The user's record number.
    pub(crate) user: i64,
    /// What it is good for.
    pub(crate) rights: Rights,
    last_used: Timestamp,
}

/// Why there is no session of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSession {
    /// It was never opened, or has been closed.
    Unknown,
    /// It was not used for too long.
    Expired,
}

impl NoSession {
    /// The reason, for the journal.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => {
                "no session of that id is open: it never was, or it was logged out or ended"
            }
            Self::Expired => "the session was not used for two hours",
        }
    }
}

/// All sessions of a mock.
#[derive(Debug)]
pub(crate) struct Sessions {
    open: BTreeMap<String, Session>,
    random: ChaCha8Rng,
}

impl Sessions {
    pub(crate) fn new(seed: u64) -> Self {
        Self { open: BTreeMap::new(), random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Opens a session and returns its id, which begins with the short id of the organization.
    pub(crate) fn open(
        &mut self,
        organization: &str,
        user: i64,
        rights: Rights,
        now: Timestamp,
    ) -> String {
        self.open.retain(|_, session| session.is_alive(now));
        if self.open.len() >= MOST_SESSIONS
            && let Some(oldest) = self
                .open
                .iter()
                .min_by_key(|(_, session)| session.last_used)
                .map(|(id, _)| id.clone())
        {
            self.open.remove(&oldest);
        }
        let secret = (0..SECRET_LENGTH)
            .map(|_| char::from(ALPHABET[self.random.random_range(0..ALPHABET.len())]));
        let id: String = organization.chars().chain(['!']).chain(secret).collect();
        self.open.insert(id.clone(), Session { user, rights, last_used: now });
        id
    }

    /// The session of that id, whose life is thereby prolonged; an error if there is none or it has ended.
    pub(crate) fn used(&mut self, id: &str, now: Timestamp) -> Result<Session, NoSession> {
        let session = self.open.get_mut(id).ok_or(NoSession::Unknown)?;
        if !session.is_alive(now) {
            self.open.remove(id);
            return Err(NoSession::Expired);
        }
        session.last_used = now;
        Ok(*session)
    }

    /// Ends a session.
    pub(crate) fn close(&mut self, id: &str) {
        self.open.remove(id);
    }

    /// Gives back their full rights to sessions that were opened with an expired password.
    pub(crate) fn renew_passwords(&mut self) {
        for session in self.open.values_mut() {
            if session.rights == Rights::SetPassword {
                session.rights = Rights::Api;
            }
        }
    }

    /// Ends all sessions, as an administrator or an outage may.
    pub(crate) fn close_all(&mut self) {
        self.open.clear();
    }
}

impl Session {
    fn is_alive(&self, now: Timestamp) -> bool {
        now.duration_since(self.last_used) < LIFE_TIME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_session_lives_for_two_hours_after_its_last_use() {
        let mut sessions = Sessions::new(1);
        let id = sessions.open("00D5g0000000001", 1, Rights::Api, at(0));

        assert!(sessions.used(&id, at(7_199)).is_ok());
        assert!(sessions.used(&id, at(14_398)).is_ok());
        assert_eq!(sessions.used(&id, at(21_598)), Err(NoSession::Expired));
    }

    #[test]
    fn ids_have_the_recorded_form_and_come_from_the_seed() {
        let id = Sessions::new(1).open("00D5g0000000001", 1, Rights::Api, at(0));

        assert_eq!(id.len(), 15 + 1 + 96);
        assert!(id.starts_with("00D5g0000000001!"));
        assert_eq!(id, Sessions::new(1).open("00D5g0000000001", 1, Rights::Api, at(0)));
        assert_ne!(id, Sessions::new(2).open("00D5g0000000001", 1, Rights::Api, at(0)));
    }

    #[test]
    fn a_closed_session_is_gone() {
        let mut sessions = Sessions::new(1);
        let id = sessions.open("o", 1, Rights::Api, at(0));

        sessions.close(&id);

        assert_eq!(sessions.used(&id, at(1)), Err(NoSession::Unknown));
    }
}
