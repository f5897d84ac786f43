//! Whether Autotask answers more slowly than it did: from half of the hour's requests on it delays every answer, by
//! half a second and more, whoever made the requests. Arithmetic only.
//!
//! Only writes are timed, since a page of records takes longer anyhow.

use std::time::Duration;

/// How much slower than at its best it has to be: less than the least delay that is known of.
const SLOWER: u64 = 400;

/// Answers that are taken together. One slow answer says nothing.
const TOGETHER: u64 = 16;

/// What became of the server's pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has slowed down, to so long for an answer.
    Slow(Duration),
    /// It is as fast as before.
    Fast,
}

/// How long answers take.
#[derive(Debug, Default)]
pub(super) struct Latency {
    /// Answers timed so far.
    count: u64,
    /// The running mean of their milliseconds, 16 times over.
    sum: u64,
    /// The least that the mean has been, in milliseconds.
    best: Option<u64>,
    is_slow: bool,
}

impl Latency {
    /// Takes an answer's time; tells once if that makes a difference.
    pub(super) fn note(&mut self, took: Duration) -> Option<Turn> {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).min(600_000);
        self.count += 1;
        if self.count <= TOGETHER {
            self.sum += took;
        } else {
            // One that took much longer met something else than the delay.
            let mean = self.sum / TOGETHER;
            self.sum = self.sum - mean + took.min(mean + 4 * SLOWER);
        }
        if self.count < TOGETHER {
            return None;
        }
        let mean = self.sum / TOGETHER;
        let best = *self.best.insert(self.best.map_or(mean, |best| best.min(mean)));
        let was_slow = self.is_slow;
        if mean >= best + SLOWER {
            self.is_slow = true;
        } else if mean < best + SLOWER / 2 {
            self.is_slow = false;
        }
        match (was_slow, self.is_slow) {
            (false, true) => Some(Turn::Slow(Duration::from_millis(mean))),
            (true, false) => Some(Turn::Fast),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(latency: &mut Latency, times: u32, milliseconds: u64) -> Vec<Turn> {
        (0..times).filter_map(|_| latency.note(Duration::from_millis(milliseconds))).collect()
    }

    #[test]
    fn the_servers_delay_is_noticed_once_and_so_is_its_end() {
        let mut latency = Latency::default();

        assert_eq!(note(&mut latency, 50, 120), []);
        let slow = note(&mut latency, 100, 620);
        assert!(matches!(slow[..], [Turn::Slow(mean)] if mean.as_millis() >= 500), "{slow:?}");
        assert_eq!(note(&mut latency, 100, 1_120), [], "it was said");
        assert_eq!(note(&mut latency, 200, 130), [Turn::Fast]);
    }

    #[test]
    fn single_slow_answers_and_a_slow_network_are_no_sign() {
        let mut latency = Latency::default();
        assert_eq!(note(&mut latency, 50, 900), []);
        for _ in 0..20 {
            assert_eq!(note(&mut latency, 20, 900), []);
            assert_eq!(note(&mut latency, 1, 6_000), []);
        }
    }
}
