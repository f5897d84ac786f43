//! What machines ask.

use std::time::Duration;

use mock_autotask::Limits;
use mock_kit::world::Size;

use super::{Service, stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_tell_runs_outcomes_requests_and_age() {
    let mut service = Service::with_somebody(Size::of(40, 80)).await;
    let limits = Limits { requests_per_hour: Some(10_000), ..Limits::vendor() };
    service.stage.autotask.configure(|settings| settings.limits = limits);
    let before = service.client.page("/metrics").await;
    service.import().await;
    service.clock.advance(Duration::from_secs(90));
    service.client.cookies.clear();

    let after = service.client.get("/metrics").await;

    assert!(!before.contains("importer_last_completed_import_age_seconds "), "{before}");
    assert_eq!(after.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let figure = |name: &str| -> f64 {
        let line = after.body.lines().find(|line| line.starts_with(&format!("importer_{name} ")));
        let value = line.and_then(|line| line.rsplit(' ').next());
        value
            .and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("{name}: {}", after.body))
    };
    let state = service.runs()[0].state;
    assert!((figure(&format!("runs{{state=\"{state}\"}}")) - 1.0).abs() < 0.1);
    assert!(figure("last_run_records{kind=\"account\",outcome=\"created\"}") > 0.0);
    assert!(figure("waiting_records{outcome=\"held\"}") > 0.0);
    assert!(figure("requests_total{system=\"salesforce\"}") > 1.0);
    assert!(figure("requests_total{system=\"autotask\"}") > 10.0);
    assert!(figure("responses_total{system=\"salesforce\",status=\"2xx\"}") > 1.0);
    assert!(figure("responses_total{system=\"autotask\",status=\"2xx\"}") > 10.0);
    assert!(figure("notifications_waiting").abs() < 0.1);
    assert!(figure("notifications_undelivered").abs() < 0.1);
    assert!(figure("autotask_hour_left") > 1_000.0);
    assert!(figure("last_completed_import_age_seconds") >= 90.0);
    assert!(figure("active").abs() < 0.1 && figure("running").abs() < 0.1);
    for line in after.body.lines() {
        assert!(
            line.starts_with("# HELP ")
                || line.starts_with("# TYPE ")
                || line.split(' ').count() >= 2
        );
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_active_service_that_completes_nothing_for_an_hour_is_not_ready() {
    let (mut stage, clock) = stage(Size::of(2, 2)).await;
    stage.settings.in_ledger = true;
    for (name, value) in stage.edited() {
        super::saving::save(&stage, &clock, name, Some(&value));
    }
    super::saving::save(&stage, &clock, "salesforce.password", Some("wrong"));
    let mut service = Service::start(stage, clock, "").await;

    service.clock.advance(Duration::from_hours(3));
    let idle = service.client.get("/readyz").await.status;
    super::saving::save(&service.stage, &service.clock, "active", Some("true"));
    let early = service.client.get("/readyz").await.status;
    service.clock.advance(Duration::from_mins(61));
    let late = service.client.get("/readyz").await;

    assert_eq!((idle, early), (200, 200), "not active, and active for a moment only");
    assert_eq!(late.status, 503);
    assert!(
        late.body.starts_with("no import was completed since 2026-01-05T12:00:00Z"),
        "{}",
        late.body
    );
    assert_eq!(service.client.get("/healthz").await.status, 200);
    service.stop().await;
}
