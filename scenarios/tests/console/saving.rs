//! The settings: shown, checked, saved, and the question before the first import.

use std::sync::Arc;
use std::time::Duration;

use importer::config::{Key, Proposal};
use importer::domain::report::RunState;
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::stage::Stage;

use super::{PASSWORD, Service, stage};

/// Saves a setting as another process would.
pub(crate) fn save(stage: &Stage, clock: &ManualClock, name: &str, value: Option<&str>) {
    let key = Key::named(name).unwrap();
    let proposal = Proposal { key, value: value.map(str::to_owned) };
    stage.people_settings().unwrap().save(&[proposal], clock.now()).unwrap();
}

/// A service whose people's settings are in the ledger.
async fn service(size: Size) -> Service {
    let (mut stage, clock) = stage(size).await;
    stage.settings.in_ledger = true;
    for (name, value) in stage.edited() {
        save(&stage, &clock, name, Some(&value));
    }
    Service::signed_in(stage, Arc::clone(&clock)).await
}

pub(crate) fn value(service: &Service, name: &str) -> Option<String> {
    let entries = service.stage.people_settings().unwrap().entries().unwrap();
    let key = Key::named(name).unwrap();
    entries.into_iter().find(|entry| entry.key == key).unwrap().value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_changes_is_saved_and_what_they_leave_alone_is_not() {
    let mut service = service(Size::of(4, 4)).await;
    let page = service.client.page("/settings").await;
    // Meanwhile somebody else changes another field.
    save(&service.stage, &service.clock, "guard_percent", Some("40"));

    let fields = [
        ("settings.interval_minutes", "30"),
        ("was settings.interval_minutes", "20"),
        ("settings.guard_percent", "50"),
        ("was settings.guard_percent", "50"),
        ("notifications.quiet", "true"),
        ("was notifications.quiet", "false"),
        ("salesforce.password", ""),
    ];
    let saved = service.client.post("/settings", &fields).await;
    let emptied = [("settings.interval_minutes", ""), ("was settings.interval_minutes", "30")];
    let shown = value(&service, "interval_minutes");
    let default = service.client.post("/settings", &emptied).await;

    assert!(page.contains("Do not generate e-mail notifications unless new or updated"), "{page}");
    assert_eq!(saved.status, 200, "{}", saved.body);
    assert!(saved.body.contains("Saved. A running service takes it over at its next tick."));
    assert_eq!(shown.as_deref(), Some("30"));
    assert_eq!(value(&service, "guard_percent").as_deref(), Some("40"), "nobody's value is lost");
    assert_eq!(value(&service, "notifications.quiet").as_deref(), Some("true"));
    assert_eq!(default.status, 200, "{}", default.body);
    assert_eq!(value(&service, "interval_minutes").as_deref(), Some("20"), "the default");
    assert_eq!(service.import().await.state, RunState::Completed, "the password is still there");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_stands_beside_the_field_and_nothing_is_saved() {
    let mut service = service(Size::of(4, 4)).await;

    let fields = [
        ("settings.interval_minutes", "soon"),
        ("was settings.interval_minutes", "20"),
        ("settings.guard_percent", "40"),
        ("was settings.guard_percent", "50"),
        ("salesforce.url", "http://salesforce.example"),
        ("was salesforce.url", ""),
        ("salesforce.password", "typed secret"),
    ];
    let wrong = service.client.post("/settings", &fields).await;
    let manager = [
        ("settings.default_account_manager", "No One"),
        ("was settings.default_account_manager", ""),
    ];
    let nobody = service.client.post("/settings", &manager).await;

    assert_eq!(wrong.status, 422, "{}", wrong.body);
    let field = wrong.body.split("id=\"settings.interval_minutes\"").nth(1).unwrap();
    let field = field.split("class=\"field\"").next().unwrap();
    assert!(field.contains("must be a whole number from 1 up"), "{field}");
    assert!(field.contains("value=\"soon\"") && field.contains("aria-invalid=\"true\""), "{field}");
    assert!(wrong.body.contains("is not encrypted"), "all that is wrong is told: {}", wrong.body);
    assert!(!wrong.body.contains("typed secret"), "what was typed as a secret is not shown");
    assert_eq!(nobody.status, 422, "Autotask was asked: {}", nobody.body);
    assert!(nobody.body.contains("No One"), "{}", nobody.body);
    assert_eq!(value(&service, "guard_percent").as_deref(), Some("50"), "all or nothing");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_file_has_is_shown_and_cannot_be_changed_here() {
    let mut service = Service::with_somebody(Size::of(4, 4)).await;

    let page = service.client.page("/settings").await;
    let fields = [("salesforce.user", "other@example.com"), ("was salesforce.user", "")];
    let refused = service.client.post("/settings", &fields).await;
    let fields = [("autotask.threads", "3"), ("was autotask.threads", "2")];
    let not_here = service.client.post("/settings", &fields).await;

    assert!(page.contains("managed in ") && page.contains("importer.toml, line "), "{page}");
    assert!(!page.contains("<input type=\"text\" id=\"salesforce.user\""), "{page}");
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("is managed in"), "{}", refused.body);
    assert!(not_here.body.contains("Nothing was changed."), "{}", not_here.body);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_shows_a_secret() {
    for in_ledger in [false, true] {
        let mut service = if in_ledger {
            service(Size::of(40, 80)).await
        } else {
            Service::with_somebody(Size::of(40, 80)).await
        };
        service.import().await;

        for path in [
            "/",
            "/runs",
            "/runs/1",
            "/record",
            "/attention",
            "/notifications",
            "/settings",
            "/metrics",
            "/activate",
        ] {
            let page = service.client.page(path).await;
            let stage = &service.stage.settings;
            for secret in [stage.password.as_str(), &stage.token, &stage.secret, PASSWORD] {
                assert!(!page.contains(secret), "{path} shows {secret}");
            }
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::disallowed_methods,
    reason = "the plan is made by another task, on a clock of its own"
)]
async fn active_is_set_once_somebody_agrees_to_what_the_first_import_would_do() {
    let mut service = service(Size::of(40, 80)).await;

    let fields = [
        ("settings.active", "true"),
        ("was settings.active", "false"),
        ("settings.guard_percent", "40"),
        ("was settings.guard_percent", "50"),
    ];
    let asked = service.client.post("/settings", &fields).await;
    let mut page = service.client.page("/activate").await;
    while page.contains("Both systems are being read") {
        tokio::time::sleep(Duration::from_millis(20)).await;
        page = service.client.page("/activate").await;
    }
    let number = page.split("name=\"plan\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let number = number.to_owned();
    let other = service.client.post("/activate", &[("plan", "77")]).await;
    let before = value(&service, "active");
    save(&service.stage, &service.clock, "guard_percent", Some("41"));
    let outdated = service.client.post("/activate", &[("plan", &number)]).await;
    save(&service.stage, &service.clock, "guard_percent", Some("40"));

    assert_eq!((asked.status, asked.header("location")), (303, "/activate"), "{}", asked.body);
    assert!(page.contains("The first import would do this") && page.contains("created"), "{page}");
    assert_eq!((other.status, outdated.status), (409, 409), "{}", outdated.body);
    assert_eq!(before.as_deref(), Some("false"), "nobody agreed yet");
    assert!(service.runs().is_empty(), "nothing was imported");
    service.client.post("/activate/plan", &[]).await;
    let mut page = service.client.page("/activate").await;
    while page.contains("Both systems are being read") {
        tokio::time::sleep(Duration::from_millis(20)).await;
        page = service.client.page("/activate").await;
    }
    let number = page.split("name=\"plan\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let number = number.to_owned();
    let agreed = service.client.post("/activate", &[("plan", &number)]).await;
    assert_eq!(agreed.status, 200, "{}", agreed.body);
    assert_eq!(value(&service, "active").as_deref(), Some("true"));
    let status = service.client.page("/").await;
    assert!(status.contains("2026-01-05 09:20:00 UTC"), "the next tick: {status}");
    service.clock.advance(Duration::from_mins(20));
    service.until_ended(1).await;
    service.stop().await;
}
