//! Whether to try again, and after which pause: decisions only. The adapters wait.

use std::time::Duration;

/// What a failed attempt says about the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It may well succeed in a moment.
    Soon,
    /// The server named a pause.
    After(Duration),
    /// It would only fail again, or do something twice.
    Never,
}

/// How often and how patiently something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all.
    pub attempts: u32,
    /// The pause after the first; it doubles from one to the next.
    pub first_pause: Duration,
    /// No pause is longer, whatever the server names.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    /// Six attempts over about a minute: a restart of the other side is sat out, an outage is not.
    fn default() -> Self {
        Self {
            attempts: 6,
            first_pause: Duration::from_secs(2),
            longest_pause: Duration::from_mins(1),
        }
    }
}

impl RetryPolicy {
    /// Returns how long to wait once attempt number `made` has failed, or `None` to give up.
    pub fn pause_after(&self, made: u32, retry: Retry) -> Option<Duration> {
        let pause = match retry {
            Retry::Soon => self.first_pause.saturating_mul(1 << made.saturating_sub(1).min(16)),
            Retry::After(named) => named,
            Retry::Never => return None,
        };
        (made < self.attempts).then(|| pause.min(self.longest_pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 4,
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(3),
    };

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses: Vec<_> = (1..4).map(|made| POLICY.pause_after(made, Retry::Soon)).collect();

        assert_eq!(pauses, [1, 2, 3].map(|seconds| Some(Duration::from_secs(seconds))));
    }

    #[test]
    fn the_last_attempt_is_followed_by_none() {
        assert_eq!(POLICY.pause_after(4, Retry::Soon), None);
        assert_eq!(POLICY.pause_after(1, Retry::Never), None);
    }

    #[test]
    fn a_named_pause_is_kept_within_reason() {
        let named = |seconds| POLICY.pause_after(1, Retry::After(Duration::from_secs(seconds)));

        assert_eq!(named(2), Some(Duration::from_secs(2)));
        assert_eq!(named(3_600), Some(Duration::from_secs(3)));
    }
}
