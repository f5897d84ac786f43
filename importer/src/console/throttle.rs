//! How often somebody may try to sign in: after a few wrong passwords, less and less often.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};

/// Wrong passwords without a pause.
const FREE: u32 = 5;

/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// How long wrong passwords are remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// Addresses that are remembered; of more, the one that tried longest ago is forgotten.
const MOST_ADDRESSES: usize = 4_096;

/// Attempts by address.
#[derive(Debug, Default)]
pub(super) struct Throttle(BTreeMap<IpAddr, Attempts>);

#[derive(Debug, Clone, Copy)]
struct Attempts {
    wrong: u32,
    last: Timestamp,
}

impl Attempts {
    fn pause(self) -> SignedDuration {
        let Some(beyond) = self.wrong.checked_sub(FREE) else { return SignedDuration::ZERO };
        SignedDuration::from_secs(1_i64.checked_shl(beyond.min(32)).unwrap_or(i64::MAX))
            .min(LONGEST)
    }
}

impl Throttle {
    /// Counts an attempt, as a wrong one until it is known to be right; or says how long to wait for the next.
    pub(super) fn attempt(&mut self, from: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        self.0.retain(|_, attempts| now.duration_since(attempts.last) < REMEMBERED);
        let from = network(from);
        if let Some(left) = self.pause(from, now) {
            return Err(left);
        }
        let before = self.0.get(&from).copied();
        if before.is_none() && self.0.len() >= MOST_ADDRESSES {
            let oldest = self.0.iter().min_by_key(|(_, attempts)| attempts.last);
            if let Some(oldest) = oldest.map(|(address, _)| *address) {
                self.0.remove(&oldest);
            }
        }
        let wrong = before.map_or(1, |attempts| attempts.wrong.saturating_add(1));
        self.0.insert(from, Attempts { wrong, last: now });
        Ok(())
    }

    /// How long this address still has to wait, if it has to.
    pub(super) fn pause(&self, from: IpAddr, now: Timestamp) -> Option<SignedDuration> {
        let attempts = self.0.get(&network(from))?;
        let left = attempts.pause() - now.duration_since(attempts.last);
        left.is_positive().then_some(left)
    }

    /// Forgets the attempts of somebody who knew the password.
    pub(super) fn succeeded(&mut self, from: IpAddr) {
        self.0.remove(&network(from));
    }
}

/// What counts as one address: whoever has one of IPv6 has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn five_are_free_and_then_the_pauses_double() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            assert_eq!(throttle.attempt(HERE, at(0)), Ok(()));
        }

        assert_eq!(throttle.attempt(HERE, at(0)), Err(SignedDuration::from_secs(1)));
        assert_eq!(throttle.attempt(HERE, at(1)), Ok(()));
        assert_eq!(throttle.attempt(HERE, at(2)), Err(SignedDuration::from_secs(1)));
        assert_eq!(throttle.attempt(HERE, at(3)), Ok(()));
        assert_eq!(throttle.attempt(HERE, at(3)), Err(SignedDuration::from_secs(4)));
        assert_eq!(throttle.attempt("10.0.0.9".parse().unwrap(), at(3)), Ok(()));
    }

    #[test]
    fn the_right_password_and_an_hour_make_good_for_all() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            throttle.attempt(HERE, at(0)).unwrap();
        }
        throttle.succeeded(HERE);
        for _ in 0..5 {
            throttle.attempt(HERE, at(0)).unwrap();
        }

        assert!(throttle.attempt(HERE, at(0)).is_err());
        assert!(throttle.attempt(HERE, at(3_600)).is_ok());
        assert!(throttle.attempt(HERE, at(3_600)).is_ok());
    }

    #[test]
    fn a_network_is_one_and_what_is_remembered_is_bounded() {
        let mut throttle = Throttle::default();
        for host in 0..5_u16 {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 7, 0, 0, 0, host);
            throttle.attempt(address.into(), at(0)).unwrap();
        }
        assert!(throttle.attempt("2001:db8:0:7::99".parse().unwrap(), at(0)).is_err());

        for number in 0..10_000_u32 {
            throttle.attempt(IpAddr::V4(number.into()), at(1)).unwrap();
        }
        assert_eq!(throttle.0.len(), MOST_ADDRESSES);
    }
}
