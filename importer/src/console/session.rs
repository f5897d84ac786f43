//! Who is signed in, and what proves that a form is the console's own.
//!
//! A session's token is known to the browser alone; here is its digest. A form carries a word that follows from the
//! cookie and from a key which goes with the process: nobody who cannot read the cookie can make one.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ring::{digest, hmac};

use super::random::{NoRandomness, hex, random_hex};

/// A session ends when it has not been used for so long …
const IDLE: SignedDuration = SignedDuration::from_hours(2);

/// … and in any case after so long.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// Sessions at a time; of more, the one used longest ago ends.
const MOST_SESSIONS: usize = 64;

type Digest = [u8; 32];

/// The sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions(BTreeMap<Digest, Session>);

#[derive(Debug, Clone, Copy)]
struct Session {
    began: Timestamp,
    used: Timestamp,
}

impl Session {
    fn is_over(self, now: Timestamp) -> bool {
        now.duration_since(self.used) >= IDLE || now.duration_since(self.began) >= LONGEST
    }
}

impl Sessions {
    /// Begins one; its token is for the cookie.
    pub(super) fn begin(&mut self, now: Timestamp) -> Result<String, NoRandomness> {
        self.0.retain(|_, session| !session.is_over(now));
        while self.0.len() >= MOST_SESSIONS {
            let oldest = self.0.iter().min_by_key(|(_, session)| session.used);
            let Some(oldest) = oldest.map(|(digest, _)| *digest) else { break };
            self.0.remove(&oldest);
        }
        let token = random_hex::<32>()?;
        self.0.insert(digest_of(&token), Session { began: now, used: now });
        Ok(token)
    }

    /// Whether there is one with this token. It counts as used.
    pub(super) fn uses(&mut self, token: &str, now: Timestamp) -> bool {
        let digest = digest_of(token);
        match self.0.get_mut(&digest) {
            Some(session) if !session.is_over(now) => {
                session.used = now;
                true
            }
            Some(_) => {
                self.0.remove(&digest);
                false
            }
            None => false,
        }
    }

    /// Ends one.
    pub(super) fn end(&mut self, token: &str) {
        self.0.remove(&digest_of(token));
    }
}

fn digest_of(token: &str) -> Digest {
    let mut bytes = Digest::default();
    bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    bytes
}

/// Makes and checks the words of forms.
#[derive(Debug)]
pub(super) struct FormKey(hmac::Key);

impl FormKey {
    /// A key of this process.
    pub(super) fn new() -> Result<Self, NoRandomness> {
        let random = ring::rand::SystemRandom::new();
        hmac::Key::generate(hmac::HMAC_SHA256, &random).map(Self).map_err(|_| NoRandomness)
    }

    /// The word for the forms of whoever has this cookie.
    pub(super) fn word(&self, cookie: &str) -> String {
        hex(hmac::sign(&self.0, cookie.as_bytes()).as_ref())
    }

    /// Whether a form's word is the one for this cookie.
    pub(super) fn fits(&self, cookie: &str, word: &str) -> bool {
        is_same(&self.word(cookie), word)
    }
}

/// Whether two secrets are one. Comparing their digests tells nobody how much of one is right.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    digest_of(one) == digest_of(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[test]
    fn a_session_ends_unused_after_two_hours_and_in_any_case_after_twelve() {
        let mut sessions = Sessions::default();
        let (idle, busy) = (sessions.begin(at(0)).unwrap(), sessions.begin(at(0)).unwrap());

        for hour in 1..12 {
            assert!(sessions.uses(&busy, at(60 * hour)));
        }

        assert!(!sessions.uses(&idle, at(120)));
        assert!(!sessions.uses(&busy, at(12 * 60)));
        assert!(!sessions.uses("", at(0)));
    }

    #[test]
    fn a_session_that_was_ended_is_over_and_no_more_than_so_many_are_kept() {
        let mut sessions = Sessions::default();
        let first = sessions.begin(at(0)).unwrap();
        sessions.end(&first);
        assert!(!sessions.uses(&first, at(0)));

        let oldest = sessions.begin(at(1)).unwrap();
        let others: Vec<_> = (0..MOST_SESSIONS).map(|_| sessions.begin(at(2)).unwrap()).collect();

        assert!(!sessions.uses(&oldest, at(3)));
        assert!(others.iter().all(|token| sessions.uses(token, at(3))));
    }

    #[test]
    fn a_forms_word_fits_one_cookie_and_one_process() {
        let (key, other) = (FormKey::new().unwrap(), FormKey::new().unwrap());
        let word = key.word("cookie");

        assert!(key.fits("cookie", &word));
        assert!(!key.fits("another", &word));
        assert!(!key.fits("cookie", ""));
        assert!(!other.fits("cookie", &word));
    }
}
