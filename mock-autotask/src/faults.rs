//! What goes wrong on purpose. Which calls it happens to, [`mock_kit::faults`] decides; the effects are carried out
//! where the exchange is, in `exchange`.

use serde::{Deserialize, Serialize};

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "effect",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Effect {
    /// An `errors` array of the vendor's instead of an answer; nothing is done.
    Errors {
        /// The status.
        #[serde(default = "vendors_error")]
        status: u16,
        /// The messages.
        messages: Vec<String>,
    },
    /// An answer of the web server's alone, without `errors`; nothing is done.
    Status {
        /// The status.
        status: u16,
        /// The body, as HTML.
        #[serde(default)]
        body: String,
    },
    /// The call is carried out later, on the mock's clock, and occupies its endpoint meanwhile.
    Delay {
        /// How much later.
        milliseconds: u64,
    },
    /// The connection is closed before anything is done.
    DropBefore,
    /// The call is carried out, and the connection closed without an answer.
    DropAfter,
    /// The connection is closed at once, and the call carried out later, on the mock's clock.
    DropThenApply {
        /// How much later.
        milliseconds: u64,
    },
    /// No answer comes, and nothing is done; the connection stays open until the client gives up.
    HangBefore,
    /// The call is carried out, but no answer comes; the connection stays open until the client gives up.
    HangAfter,
    /// The answer is cut off.
    Truncate {
        /// What is sent of it.
        bytes: usize,
    },
    /// The answer is JSON no longer.
    Garble,
    /// The answer comes slowly, on the mock's clock.
    Slow {
        /// How slowly.
        bytes_per_second: u32,
    },
}

/// The status of most of the vendor's refusals.
fn vendors_error() -> u16 {
    500
}

/// When something goes wrong, and what.
pub type FaultRule = mock_kit::faults::FaultRule<Effect>;

/// A rule that has been set, and what it has done so far.
pub type ActiveRule = mock_kit::faults::ActiveRule<Effect>;

/// The rules of a mock, in the order they were set.
pub(crate) type Faults = mock_kit::faults::Faults<Effect>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_in_json_as_they_are_read() {
        let json = r#"{"call":"POST Companies","times":2,"effect":"truncate","bytes":10}"#;

        let rule: FaultRule = serde_json::from_str(json).unwrap();

        assert_eq!(rule.effect, Effect::Truncate { bytes: 10 });
        assert_eq!(
            serde_json::from_str::<FaultRule>(&serde_json::to_string(&rule).unwrap()).unwrap(),
            rule
        );
        assert!(serde_json::from_str::<FaultRule>(r#"{"effect":"explode"}"#).is_err());
    }
}
