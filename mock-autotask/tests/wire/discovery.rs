//! Zone discovery, versions, and how forgiving paths are.

use mock_autotask::Options;
use serde_json::json;

use crate::support::{V1, stage, stage_with};

#[tokio::test]
async fn the_zone_of_the_user_is_this_server_and_needs_no_credentials() {
    let stage = stage().await;
    let mut anyone = stage.client.clone();
    anyone.headers.clear();

    let answer = anyone.get("zoneInformation?user=API%40example.com").await;

    let host = &stage.client.address;
    assert_eq!(
        answer.ok(),
        json!({
            "zoneName": "Mock Zone",
            "url": format!("http://{host}/ATServicesRest/"),
            "webUrl": format!("http://{host}/"),
            "ci": 30595,
        })
    );
}

#[tokio::test]
async fn a_wrong_zone_refuses_calls_and_names_the_right_one() {
    let (wrong, right) = (stage().await, stage().await);
    let server = format!("http://{}", right.client.address);
    wrong.mock.configure(|settings| settings.zone_url = Some(server.clone()));

    let refused = wrong.client.get("Companies/0").await;
    let zone = wrong.client.get("zoneInformation?user=api%40example.com").await.ok();

    assert_eq!((refused.status, refused.body.len()), (401, 0));
    assert_eq!(zone["url"], format!("{server}/ATServicesRest/"));
    assert_eq!(right.client.get("Companies/0").await.status, 200);
}

#[tokio::test]
async fn the_zone_is_named_as_the_client_reached_it() {
    let stage = stage().await;
    let request = format!(
        "GET {V1}ZoneInformation?user=api@example.com HTTP/1.1\r\nHost: mock.example:8443\r\nConnection: close\r\n\r\n"
    );

    let answer = stage.client.raw(request.as_bytes()).await.unwrap();

    assert_eq!(answer.ok()["url"], "http://mock.example:8443/ATServicesRest/");
}

#[tokio::test]
async fn an_unknown_or_missing_user_has_no_zone() {
    let stage = stage().await;
    for path in
        ["zoneInformation?user=nobody@example.com", "zoneInformation?user=", "zoneInformation"]
    {
        let answer = stage.client.get(path).await;
        assert_eq!(answer.error(), "Zone information could not be determined", "{path}");
    }
}

#[tokio::test]
async fn versions_are_told_to_anyone() {
    let stage = stage().await;
    let mut anyone = stage.client.clone();
    anyone.headers.clear();

    let answer = anyone.send("GET", "/atservicesrest/versioninformation", b"").await;

    assert_eq!(answer.ok(), json!({ "apiVersions": ["V1.0"] }));
}

#[tokio::test]
async fn the_version_call_probes_credentials() {
    let stage = stage().await;

    let version = stage.client.get("Version").await.ok();

    for field in ["majorVersion", "minorVersion", "build", "customerType"] {
        assert!(!version[field].is_null(), "{field}");
    }
    assert_eq!(stage.client.with("Secret", "wrong").get("Version").await.status, 401);
}

#[tokio::test]
async fn paths_are_taken_in_any_case_with_or_without_a_trailing_slash() {
    let stage = stage().await;
    for path in [
        "/ATServicesRest/V1.0/Companies/0",
        "/atservicesrest/v1.0/companies/0/",
        "/ATSERVICESREST/v1.0/COMPANIES/0",
        "/ATServicesRest//v1.0/Companies/0",
    ] {
        let answer = stage.client.send("GET", path, b"").await;
        assert_eq!(answer.ok()["item"]["id"], 0, "{path}");
    }
    let upper = stage.client.get("Companies/entityInformation/fields").await;
    let lower = stage.client.get("companies/entityinformation/Fields/").await;
    assert_eq!(upper.ok(), lower.ok());
}

#[tokio::test]
async fn tenants_of_different_seeds_are_different_databases() {
    let number = async |seed: u64| {
        let stage = stage_with(Options { seed, ..Options::default() }).await;
        stage.client.get("zoneInformation?user=api@example.com").await.ok()["ci"].clone()
    };

    assert_eq!(number(7).await, number(7).await);
    assert_ne!(number(7).await, number(8).await);
}
