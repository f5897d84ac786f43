//! Draws what goes wrong on the way to the vendors and at their end.

use mock_autotask::Effect as AutotaskEffect;
use mock_kit::faults::FaultRule;
use mock_salesforce::Effect as SalesforceEffect;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Calls that something is about, or any.
const AUTOTASK_CALLS: &[&str] = &[
    "POST Companies",
    "POST Companies",
    "POST Companies/{id}/Contacts",
    "POST Companies/{id}/Contacts",
    "PATCH Companies",
    "PATCH Companies/{id}/Contacts",
    "QUERY Companies/query",
    "QUERY Contacts/query",
];
const SALESFORCE_CALLS: &[&str] = &["login", "query", "query", "queryMore"];

/// Faults of the vendor's that pass, and what is said with them.
const SALESFORCE_FAULTS: &[&str] = &[
    "SERVER_UNAVAILABLE",
    "REQUEST_LIMIT_EXCEEDED",
    "INVALID_SESSION_ID",
    "INVALID_QUERY_LOCATOR",
    "UNKNOWN_EXCEPTION",
    "QUERY_TIMEOUT",
];

/// Something that goes wrong in Autotask.
pub(super) fn autotask(random: &mut ChaCha8Rng) -> mock_autotask::FaultRule {
    let effect = match random.random_range(0..13) {
        0 => AutotaskEffect::Errors { status: 500, messages: vec!["Something failed.".to_owned()] },
        1 => AutotaskEffect::Status { status: gateway(random), body: "<h1>Bad</h1>".to_owned() },
        2 => AutotaskEffect::Status { status: 429, body: String::new() },
        3 => AutotaskEffect::Status { status: 401, body: String::new() },
        4 => AutotaskEffect::Delay { milliseconds: random.random_range(1_000..200_000) },
        5 => AutotaskEffect::DropBefore,
        6 => AutotaskEffect::DropAfter,
        7 => AutotaskEffect::DropThenApply { milliseconds: random.random_range(100..300_000) },
        8 => AutotaskEffect::HangBefore,
        9 => AutotaskEffect::HangAfter,
        10 => AutotaskEffect::Truncate { bytes: random.random_range(0..200) },
        11 => AutotaskEffect::Garble,
        _ => AutotaskEffect::Slow { bytes_per_second: random.random_range(5..2_000) },
    };
    rule(random, AUTOTASK_CALLS, effect)
}

/// Something that goes wrong in Salesforce.
pub(super) fn salesforce(random: &mut ChaCha8Rng) -> mock_salesforce::FaultRule {
    let effect = match random.random_range(0..8) {
        0 | 1 => {
            let code = SALESFORCE_FAULTS.choose(random).copied().unwrap_or_default().to_owned();
            SalesforceEffect::Fault { code, message: "it failed".to_owned() }
        }
        2 => SalesforceEffect::Status { status: gateway(random), body: "<h1>Bad</h1>".to_owned() },
        3 => SalesforceEffect::Delay { milliseconds: random.random_range(1_000..200_000) },
        4 => SalesforceEffect::DropBefore,
        5 => SalesforceEffect::Truncate { bytes: random.random_range(0..2_000) },
        6 => SalesforceEffect::Garble,
        _ => SalesforceEffect::Slow { bytes_per_second: random.random_range(50..5_000) },
    };
    rule(random, SALESFORCE_CALLS, effect)
}

fn gateway(random: &mut ChaCha8Rng) -> u16 {
    [500, 502, 503, 504].choose(random).copied().unwrap_or(503)
}

fn rule<E>(random: &mut ChaCha8Rng, calls: &[&str], effect: E) -> FaultRule<E> {
    let call = calls.choose(random).filter(|_| random.random_range(0..10) < 7);
    FaultRule {
        call: call.map(|&call| call.to_owned()),
        containing: None,
        after: random.random_range(0..6),
        times: Some([1, 1, 1, 2, 5].choose(random).copied().unwrap_or(1)),
        percent: None,
        effect,
    }
}
