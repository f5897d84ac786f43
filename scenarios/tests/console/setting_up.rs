//! The first start, with next to nothing set: the console says what is missing, takes it, and imports begin.

use std::time::Duration;

use importer::domain::report::RunState;
use mock_kit::world::Size;

use super::saving::value;
use super::{PASSWORD, Service, stage};

/// A service that knows where Autotask is and where it listens.
async fn service() -> (Service, Vec<(&'static str, String)>) {
    let (mut stage, clock) = stage(Size::of(6, 9)).await;
    stage.settings.in_ledger = true;
    let toml = format!(
        "[ledger]\nfile = \"importer.db\"\n[autotask]\nurl = \"{}\"\n\
         [console]\nlisten = \"127.0.0.1:0\"\npassword = \"{PASSWORD}\"\n",
        stage.autotask.url()
    );
    let mut missing: Vec<_> = stage.edited();
    let variables = stage.variables();
    for (name, variable) in [
        ("autotask.user", "IMPORTER_AUTOTASK_USER"),
        ("autotask.secret", "IMPORTER_AUTOTASK_SECRET"),
        ("autotask.integration_code", "IMPORTER_AUTOTASK_INTEGRATION_CODE"),
    ] {
        let (_, value) = variables.iter().find(|(known, _)| *known == variable).unwrap();
        missing.push((name, value.clone()));
    }
    let mut service = Service::with_file(stage, clock, &toml).await;
    service.client.sign_in(PASSWORD).await;
    (service, missing)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_entered_and_imports_begin_without_a_restart() {
    let (mut service, missing) = service().await;
    let home = service.client.page("/").await;
    let settings = service.client.page("/settings").await;
    let ready = service.client.get("/readyz").await;
    let launch = service.client.post("/launch", &[]).await;

    for name in ["salesforce.user", "salesforce.password", "autotask.user", "autotask.secret"] {
        assert!(home.contains(&format!("href=\"/settings#{name}\"")), "{name}: {home}");
        assert!(settings.contains(&format!("id=\"{name}\"")), "{name}: {settings}");
    }
    assert_eq!(ready.status, 503);
    assert_eq!(
        ready.body,
        "these settings are missing or wrong: autotask.user, autotask.secret, \
         autotask.integration_code, salesforce.user, salesforce.password\n"
    );
    assert_eq!(launch.status, 503, "{}", launch.body);
    for page in ["/runs", "/attention", "/record", "/notifications", "/activate/plan", "/metrics"] {
        assert!(service.client.get(page).await.status < 500, "{page}");
    }

    let fields: Vec<_> = missing.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let saved = service.client.post("/settings", &fields).await;
    let ready = service.client.get("/readyz").await;

    assert_eq!(saved.status, 200, "{}", saved.body);
    assert!(saved.body.contains("Salesforce lets the user in"), "{}", saved.body);
    assert!(saved.body.contains("Autotask accepts the credentials"), "{}", saved.body);
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
    assert!(!service.client.page("/").await.contains("Nothing can be imported yet"));
    assert_eq!(service.import().await.state, RunState::Completed);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_active_service_begins_at_the_tick_after_the_last_value() {
    let (mut service, missing) = service().await;
    super::saving::save(&service.stage, &service.clock, "active", Some("true"));
    service.clock.advance(Duration::from_mins(20));
    for (name, value) in &missing {
        let fields = [(*name, value.as_str())];
        assert_eq!(service.client.post("/settings", &fields).await.status, 200, "{name}");
        assert!(service.runs().is_empty(), "nothing is imported before the next tick");
    }
    service.clock.advance(Duration::from_mins(20));

    assert_eq!(service.until_ended(1).await.state, RunState::Completed);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_are_refused_are_said_beside_the_field() {
    let (mut service, missing) = service().await;
    let fields: Vec<_> = missing
        .iter()
        .map(|(name, value)| {
            let is_password = *name == "salesforce.password";
            (*name, if is_password { "mistyped" } else { value.as_str() })
        })
        .collect();

    let saved = service.client.post("/settings", &fields).await;

    assert_eq!(saved.status, 200, "{}", saved.body);
    let field = saved.body.split("id=\"salesforce.password\"").nth(1).unwrap();
    let field = field.split("class=\"field\"").next().unwrap();
    assert!(field.contains("Salesforce refused the sign-in"), "{field}");
    assert!(!saved.body.contains("mistyped"), "{}", saved.body);
    let manager = value(&service, "default_account_manager");
    assert_eq!(manager.as_deref(), Some("Autotask Administrator"), "the rest is saved");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_manager_is_chosen_by_name_among_those_who_may_own_companies() {
    let (mut service, missing) = service().await;
    let fields: Vec<_> = missing.iter().map(|(name, value)| (*name, value.as_str())).collect();
    service.client.post("/settings", &fields).await;
    super::saving::save(&service.stage, &service.clock, "default_account_manager", Some("4"));

    let page = service.client.page("/settings").await;
    let by_name = [
        ("settings.default_account_manager", "API User"),
        ("was settings.default_account_manager", "Autotask Administrator"),
    ];
    let refused = service.client.post("/settings", &by_name).await;

    let choices = page.split("<datalist id=\"resources\">").nth(1).unwrap();
    let choices = choices.split("</datalist>").next().unwrap();
    assert!(choices.contains("value=\"Autotask Administrator\""), "{choices}");
    assert!(!choices.contains("API User"), "an API user may not own companies: {choices}");
    assert!(
        page.contains("value=\"Autotask Administrator\" autocomplete"),
        "the name of id 4: {page}"
    );
    assert!(page.contains("Autotask resource 4, Autotask Administrator"), "{page}");
    assert_eq!(refused.status, 422, "{}", refused.body);
    service.stop().await;
}
