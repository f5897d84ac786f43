//! Who hears of imports: chosen from Autotask's resources, kept whatever becomes of them, and tried with a test.

use std::time::Duration;

use mock_autotask::{Effect, Entity, FaultRule};
use mock_kit::world::Size;
use serde_json::json;

use super::saving::{save, value};
use super::{PASSWORD, Service, stage};

const RECIPIENTS: &str = "notifications.recipients";

fn resource(service: &Service, first: &str) -> String {
    let record = json!({
        "firstName": first, "lastName": "Berg", "userName": first,
        "email": format!("{}@example.com", first.to_lowercase()),
    });
    service.stage.autotask.records().insert(Entity::Resource, &record).unwrap().to_string()
}

/// A service with a mail server, whose people's settings are in the ledger.
async fn service() -> Service {
    let (mut stage, clock) = stage(Size::of(4, 4)).await;
    stage.settings.in_ledger = true;
    for (name, value) in stage.edited() {
        save(&stage, &clock, name, Some(&value));
    }
    let console = format!(
        "password = \"{PASSWORD}\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\n\
         from = \"importer@example.com\"\n",
        stage.mail.port()
    );
    let mut service = Service::start(stage, clock, &console).await;
    service.client.sign_in(PASSWORD).await;
    service
}

/// The part of a page that is about one of the choices; none if it is not offered.
fn choice<'a>(page: &'a str, recipient: &str) -> Option<&'a str> {
    let start = page.split(&format!("id=\"to-{recipient}\"")).nth(1)?;
    start.split("</tr>").next()
}

fn is_ticked(page: &str, recipient: &str) -> bool {
    choice(page, recipient).is_some_and(|line| line.split('>').next().unwrap().contains("checked"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recipients_are_found_chosen_and_saved() {
    let mut service = service().await;
    let (ada, ben) = (resource(&service, "Ada"), resource(&service, "Ben"));

    let page = service.client.page("/notifications").await;
    let found =
        service.client.page(&format!("/notifications?chosen=1&was=&to={ada}&filter=BEN")).await;
    let fields =
        [("chosen", "1"), ("was", ""), ("to", ada.as_str()), ("to", &ben), ("filter", "ben")];
    let saved = service.client.post("/notifications", &fields).await;
    let again = service.client.page("/notifications").await;

    assert!(page.contains("Autotask Administrator"), "{page}");
    assert!(choice(&page, &ada).is_some() && !is_ticked(&page, &ada), "{page}");
    assert!(choice(&found, &ben).is_some() && choice(&found, &ada).is_none(), "{found}");
    assert!(
        found.contains(&format!("type=\"hidden\" name=\"to\" value=\"{ada}\"")),
        "what was ticked before stays chosen: {found}"
    );
    assert_eq!(saved.status, 200, "{}", saved.body);
    assert_eq!(value(&service, RECIPIENTS), Some(format!("{ada}, {ben}")));
    assert!(is_ticked(&again, &ada) && is_ticked(&again, &ben), "{again}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_made_inactive_stays_listed_and_gets_no_test() {
    let mut service = service().await;
    let (ada, ben) = (resource(&service, "Ada"), resource(&service, "Ben"));
    save(&service.stage, &service.clock, RECIPIENTS, Some(&format!("Ada Berg, {ben}, 77")));
    let ben_id = ben.parse().unwrap();
    let left = json!({ "isActive": false });
    service.stage.autotask.records().update(Entity::Resource, ben_id, &left).unwrap();

    let page = service.client.page("/notifications").await;
    let kept =
        [("Ada Berg", "active"), (ben.as_str(), "inactive: gets no e-mail"), ("77", "not known")];
    for (recipient, words) in kept {
        assert!(is_ticked(&page, recipient), "{recipient}: {page}");
        assert!(choice(&page, recipient).unwrap().contains(words), "{recipient}: {page}");
    }
    assert!(choice(&page, &ada).is_none(), "Ada is listed once, as she is named: {page}");
    let tested = service.client.post("/notifications/test", &[]).await;
    let fields = [("chosen", "1"), ("was", &format!("Ada Berg, {ben}, 77")), ("to", ben.as_str())];
    let saved = service.client.post("/notifications", &fields).await;

    assert_eq!(tested.status, 200, "{}", tested.body);
    assert!(
        tested.body.contains("the mail server took a test for ada@example.com"),
        "{}",
        tested.body
    );
    assert!(tested.body.contains("is inactive in Autotask and gets no e-mail"), "{}", tested.body);
    let taken = service.stage.mail.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].to, ["ada@example.com"]);
    assert_eq!(saved.status, 200, "who is inactive may stay: {}", saved.body);
    assert_eq!(value(&service, RECIPIENTS).as_deref(), Some(ben.as_str()));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_autotask_the_selected_can_be_seen_and_removed() {
    let mut service = service().await;
    let ada = resource(&service, "Ada");
    save(&service.stage, &service.clock, RECIPIENTS, Some(&format!("{ada}, 77")));
    let down = Effect::Status { status: 401, body: String::new() };
    service.stage.autotask.spoil(FaultRule {
        call: None,
        times: None,
        ..FaultRule::next("", down)
    });

    let page = service.client.page("/notifications").await;
    let asked = service.stage.autotask.calls().values().sum::<u64>();
    service.client.page("/notifications").await;
    let asked_again = service.stage.autotask.calls().values().sum::<u64>();
    let was = format!("{ada}, 77");
    let fields = [("chosen", "1"), ("was", was.as_str())];
    let removed = service.client.post("/notifications", &fields).await;
    service.stage.autotask.heal();
    let kept = service.client.page("/notifications").await;
    let anew = service.client.page("/notifications?anew=1").await;
    service.clock.advance(Duration::from_mins(11));

    assert!(page.contains("Autotask cannot be asked at this moment"), "{page}");
    assert!(is_ticked(&page, &ada) && is_ticked(&page, "77"), "{page}");
    assert_eq!(asked, asked_again, "what was refused is not tried with every page");
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(value(&service, RECIPIENTS), None);
    assert!(kept.contains("cannot be asked") && !anew.contains("cannot be asked"), "{anew}");
    assert!(choice(&anew, &ada).is_some(), "{anew}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_or_out_of_date_is_not_saved() {
    let mut service = service().await;
    let (ada, ben) = (resource(&service, "Ada"), resource(&service, "Ben"));
    service.client.page("/notifications").await;
    save(&service.stage, &service.clock, RECIPIENTS, Some(&ben));

    let fields = [("chosen", "1"), ("was", ""), ("to", ada.as_str())];
    let late = service.client.post("/notifications", &fields).await;
    let after = value(&service, RECIPIENTS);
    let fields = [("chosen", "1"), ("was", ben.as_str()), ("to", ben.as_str())];
    let same = service.client.post("/notifications", &fields).await;

    assert_eq!(late.status, 409, "{}", late.body);
    assert!(is_ticked(&late.body, &ada) && !is_ticked(&late.body, &ben), "{}", late.body);
    assert_eq!(after.as_deref(), Some(ben.as_str()));
    assert!(same.body.contains("Nothing was changed."), "{}", same.body);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recipients_of_the_file_are_shown_and_cannot_be_changed_here() {
    let (mut stage, clock) = stage(Size::of(2, 2)).await;
    stage.settings.recipients = vec!["Autotask Administrator".to_owned()];
    let mut service = Service::signed_in(stage, clock).await;

    let page = service.client.page("/notifications").await;
    let fields = [("chosen", "1"), ("was", ""), ("to", "4")];
    let refused = service.client.post("/notifications", &fields).await;

    assert!(page.contains("The recipients are managed in ") && page.contains("selected"), "{page}");
    assert!(!page.contains("type=\"checkbox\""), "{page}");
    assert_eq!(refused.status, 409, "{}", refused.body);
    service.stop().await;
}
