//! Requests per hour, slower answers, concurrent calls.

use std::time::Duration;

use jiff::SignedDuration;
use mock_autotask::{Effect, FaultRule, Limits, Options};
use mock_kit::clock::Clock;
use serde_json::json;

use crate::support::{Stage, stage, stage_with};

async fn limited() -> Stage {
    stage_with(Options { limits: Limits::vendor(), ..Options::default() }).await
}

#[tokio::test]
async fn threshold_information_counts_itself_and_every_call_of_the_hour() {
    let stage = limited().await;
    for _ in 0..3 {
        stage.client.get("Companies/0").await.ok();
    }
    stage.client.get("zoneInformation?user=api@example.com").await.ok();
    stage.client.with("Secret", "wrong").get("Companies/0").await;

    let answer = stage.client.get("ThresholdInformation").await.ok();

    assert_eq!(
        answer,
        json!({
            "externalRequestThreshold": 10_000,
            "requestThresholdTimeframe": 60,
            "currentTimeframeRequestCount": 4,
        })
    );
    stage.clock.advance(SignedDuration::from_mins(61));
    let later = stage.client.get("ThresholdInformation").await.ok();
    assert_eq!(later["currentTimeframeRequestCount"], 1);
}

#[tokio::test]
async fn without_limits_no_hour_is_ever_used_up() {
    let stage = stage().await;

    let answer = stage.client.get("ThresholdInformation").await.ok();

    assert_eq!(answer["externalRequestThreshold"], i32::MAX);
}

#[tokio::test]
async fn beyond_the_hours_requests_everything_is_refused_until_usage_falls() {
    let stage = limited().await;
    stage.mock.configure(|settings| settings.limits.other_requests = 9_999);
    stage.client.get("Companies/0").await.ok();

    let refused = stage.client.get("Companies/0").await;
    let threshold = stage.client.get("ThresholdInformation").await;
    let zone = stage.client.get("zoneInformation?user=api@example.com").await;

    assert_eq!(refused.status, 429);
    assert!(refused.json()["errors"][0].as_str().unwrap().contains("10000"));
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(threshold.status, 429);
    assert_eq!(zone.status, 200);
    stage.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(stage.client.get("Companies/0").await.status, 200);
}

#[tokio::test]
async fn answers_slow_down_at_half_of_the_hours_requests_and_again_at_three_quarters() {
    let stage = limited().await;
    let mut pauses = Vec::new();
    for others in [0, 4_998, 4_999, 7_498, 7_499] {
        stage.mock.configure(|settings| settings.limits.other_requests = others);
        let before = stage.clock.now();
        stage.client.get("Companies/0").await.ok();
        pauses.push(stage.clock.now().duration_since(before).as_millis());
        stage.clock.advance(SignedDuration::from_mins(61));
    }

    assert_eq!(pauses, [0, 0, 500, 500, 1_000]);
}

/// Starts a call that takes its time, and waits until the mock works on it.
async fn start_slow_call(stage: &Stage, path: &str) -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt;
    let mut stream = stage.client.connect().await;
    let request = stage.client.request("GET", &format!("/ATServicesRest/V1.0/{path}"), "");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test waits for the server, not for a mock's time"
)]
async fn the_fourth_call_at_once_on_an_endpoint_is_refused() {
    // The machine's clock: a clock moved by hand lets no call take time.
    let mock = mock_autotask::MockAutotask::start(Options {
        limits: Limits::vendor(),
        ..Options::default()
    })
    .await
    .unwrap();
    let client = crate::support::Client::new(&mock);
    let rule = FaultRule {
        containing: Some("slow".to_owned()),
        times: None,
        ..FaultRule::next("GET Companies/{id}", Effect::Delay { milliseconds: 3_600_000 })
    };
    mock.spoil(rule);
    let clock = crate::support::ManualClock::at("2026-11-23T12:00:00Z");
    let stage = Stage { mock, clock, client };
    let mut slow = Vec::new();
    for _ in 0..3 {
        slow.push(start_slow_call(&stage, "Companies/0?slow").await);
    }
    for _ in 0..500 {
        if stage.mock.requests_last_hour() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    let fourth = stage.client.get("Companies/0").await;
    let metadata = stage.client.get("Companies/entityInformation/fields").await;
    let contacts = stage.client.get("Companies/0/Contacts").await;
    let zone = stage.client.get("zoneInformation?user=api@example.com").await;

    assert_eq!(fourth.status, 429);
    assert!(
        fourth.json()["errors"][0]
            .as_str()
            .unwrap()
            .contains("thread threshold of 3 threads has been exceeded")
    );
    assert_eq!(metadata.status, 429, "metadata calls count too");
    assert_eq!(contacts.status, 200, "a child route counts on the child");
    assert_eq!(zone.status, 200);
    drop(slow);
    stage.mock.advance_clock(3_600);
    for _ in 0..500 {
        if stage.client.get("Companies/0").await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the slots were never freed");
}

#[tokio::test]
async fn limits_are_switched_over_the_control_plane() {
    let stage = stage().await;

    let on = stage.client.control("PATCH", "settings", &json!({ "limits": "vendor" })).await.ok();
    let some = stage
        .client
        .control("PATCH", "settings", &json!({ "limits": { "requestsPerHour": 1 } }))
        .await
        .ok();
    stage.client.get("Companies/0").await.ok();

    assert_eq!(on["limits"]["requestsPerHour"], 10_000);
    assert_eq!(on["limits"]["threads"], 3);
    assert_eq!(some["limits"]["threads"], serde_json::Value::Null);
    assert_eq!(stage.client.get("Companies/0").await.status, 429);
    assert_eq!(stage.client.control("DELETE", "requests", &json!(null)).await.status, 204);
    assert_eq!(stage.client.get("Companies/0").await.status, 200);
    stage.client.control("PATCH", "settings", &json!({ "limits": "off" })).await.ok();
    assert_eq!(stage.client.get("Companies/0").await.status, 200);
    assert_eq!(
        stage.client.control("PATCH", "settings", &json!({ "limits": "none" })).await.status,
        404
    );
}
