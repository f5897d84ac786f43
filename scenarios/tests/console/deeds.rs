//! What people see and do: launch, look at runs, decide, and what the next import makes of it.

use http::Method;
use importer::domain::decision::Outcome;
use importer::domain::ids::{RunId, SalesforceId};
use importer::domain::model::Kind;
use importer::domain::report::RunState;
use mock_kit::world::Size;
use scenarios::rest::{id_of, udf_of};
use serde_json::json;

use super::{PASSWORD, Service};

const FIELD: &str = "Salesforce Company ID";

/// The first account of a run with this outcome.
pub(crate) fn first(service: &Service, outcome: Outcome) -> SalesforceId {
    let run = service.runs()[0].id;
    let read = |run: RunId| {
        service.importer.ledger.read(|tx| tx.decisions(run, Kind::Company, Some(outcome), None, 1))
    };
    read(run).unwrap().first().unwrap_or_else(|| panic!("no account is {outcome}")).mention.id
}

async fn carrying(service: &Service, id: SalesforceId) -> Vec<i64> {
    let rows = service.stage.rest().all("Companies").await.unwrap();
    rows.iter().filter(|row| udf_of(row, FIELD) == Some(id.as_str())).map(id_of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn launch_imports_at_once_and_a_second_one_is_told_of_the_first() {
    let mut service = Service::with_somebody(Size::of(600, 900)).await;
    let before = service.client.page("/").await;
    assert_eq!(before.matches("N/A").count(), 2, "neither a last nor a next import: {before}");

    let first = service.client.post("/launch", &[]).await;
    let word = service.client.word("/").await;
    let second = service.client.post_bare("/launch", &[("word", &word)]).await;
    let during = service.client.page("/").await;
    let events = service.client.get("/progress").await;

    assert_eq!((first.status, first.header("location")), (303, "/"));
    assert_eq!(second.status, 409, "{}", second.body);
    assert!(second.body.contains("Run 1 is under way; nothing was launched"), "{}", second.body);
    assert!(
        during.contains("data-live=\"/progress\"") && during.contains("<noscript>"),
        "{during}"
    );
    assert_eq!(events.header("content-type"), "text/event-stream");
    let phases = events.body.matches("\"phase\":").count();
    assert!(phases > 1, "the events follow the run: {}", events.body);
    assert!(events.body.ends_with("event: over\ndata: {}\n\n"), "{}", events.body);
    let run = service.until_ended(1).await;
    assert_eq!(run.state, RunState::Completed);
    // The clock moves on while the events wait for the run: perhaps by more than a session lasts.
    service.client.sign_in(PASSWORD).await;
    let after = service.client.page("/").await;
    assert!(
        after.contains("2026-01-05 09:00:00 UTC") && after.contains(">completed</span>"),
        "{after}"
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_shows_its_records_by_outcome_and_reason_and_as_csv() {
    let mut service = Service::with_somebody(Size::of(150, 300)).await;
    service.import().await;
    let held = first(&service, Outcome::Held);
    let created = first(&service, Outcome::Created);

    let runs = service.client.page("/runs").await;
    let all = service.client.page("/runs/1").await;
    let only_held = service.client.page("/runs/1?outcome=held").await;
    let by_text = service.client.page("/runs/1?text=SAME+KEY").await;
    let by_id = service.client.page(&format!("/runs/1?text={created}")).await;
    let csv = service.client.get("/runs/1/records.csv?outcome=held").await;

    assert!(runs.contains("href=\"/runs/1\""), "{runs}");
    assert!(!runs.contains("<svg"), "one run alone cannot be compared");
    assert!(only_held.contains(held.as_str()) && !only_held.contains(created.as_str()));
    assert!(by_text.contains(held.as_str()) && !by_text.contains(created.as_str()), "{by_text}");
    assert!(by_id.contains(&format!("/record?id={created}")), "{by_id}");
    assert!(csv.body.starts_with("kind,salesforce_id,outcome,autotask_id,rule,reason\r\n"));
    assert!(csv.body.contains(held.as_str()) && !csv.body.contains(created.as_str()));
    // Page by page, each record comes once.
    let mut pages = vec![all];
    while let Some(next) = next_page(pages.last().unwrap()) {
        pages.push(service.client.page(&next).await);
    }
    assert!(pages.len() > 2, "so many records are on several pages");
    let mut ids: Vec<_> = pages.iter().flat_map(|page| records(page)).collect();
    let listed = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), listed, "no record is on two pages");
    let whole = service.client.get("/runs/1/records.csv").await.body;
    assert_eq!(whole.lines().count() - 1, listed, "and none is left out");
    for (path, status) in [
        ("/runs/77", 404),
        ("/runs/x", 404),
        ("/runs/1?outcome=odd", 400),
        ("/runs/1?after=1", 400),
    ] {
        assert_eq!(service.client.get(path).await.status, status, "{path}");
    }
    service.stop().await;
}

fn next_page(page: &str) -> Option<String> {
    let address = page.split("rel=\"next\" href=\"").nth(1)?.split('"').next()?;
    Some(address.replace("&amp;", "&"))
}

fn records(page: &str) -> Vec<String> {
    let ids = page.split("href=\"/record?id=00").skip(1);
    ids.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_account_is_picked_and_the_next_import_links_it() {
    let mut service = Service::with_somebody(Size::of(40, 80)).await;
    service.import().await;
    let held = first(&service, Outcome::Held);

    let page = service.client.page("/attention").await;
    let form = page.split(&format!("name=\"id\" value=\"{held}\"")).nth(1).unwrap();
    let candidate = form.split("type=\"radio\" name=\"choice\" value=\"").nth(1).unwrap();
    let candidate = candidate.split('"').next().unwrap().to_owned();
    let fields = [("id", held.as_str()), ("choice", candidate.as_str())];
    let picked = service.client.post("/record/link", &fields).await;
    service.import().await;

    assert_eq!(picked.status, 200, "{}", picked.body);
    assert!(picked.body.contains(&format!("links {held} to Autotask company {candidate}")));
    assert_eq!(carrying(&service, held).await, [candidate.parse::<i64>().unwrap()]);
    let history = service.client.page(&format!("/record?id={held}")).await;
    assert!(history.contains(&format!("linked to company {candidate}")), "{history}");
    assert!(history.contains("run 1") && history.contains("run 2"), "{history}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_account_can_be_a_new_one_and_nonsense_is_refused() {
    let mut service = Service::with_somebody(Size::of(40, 80)).await;
    service.import().await;
    let held = first(&service, Outcome::Held);
    let id = held.as_str();

    for (choice, other, status, words) in [
        ("99999999", "", 409, "there is no company 99999999"),
        ("0", "", 400, "tenant&#39;s own"),
        ("other", "many", 400, "neither an Autotask id nor"),
        ("", "", 400, "neither an Autotask id nor"),
    ] {
        let fields = [("id", id), ("choice", choice), ("other", other)];
        let answer = service.client.post("/record/link", &fields).await;
        assert_eq!(answer.status, status, "{choice} {}", answer.body);
        assert!(answer.body.replace('\'', "&#39;").contains(words), "{}", answer.body);
    }
    let fields = [("id", id), ("choice", "new"), ("other", "")];
    assert_eq!(service.client.post("/record/link", &fields).await.status, 200);
    service.import().await;

    assert_eq!(carrying(&service, held).await.len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_is_taken_apart_and_made_eligible_again() {
    let mut service = Service::with_somebody(Size::of(40, 80)).await;
    service.import().await;
    let created = first(&service, Outcome::Created);
    let company = carrying(&service, created).await;

    let live = service.client.page(&format!("/record?id={created}&live=1")).await;
    let apart = service.client.post("/record/unmap", &[("id", created.as_str())]).await;
    let attention = service.client.page("/attention").await;
    let cleared = carrying(&service, created).await;
    let again = service.client.post("/record/remap", &[("id", created.as_str())]).await;
    service.import().await;

    assert!(live.contains(&format!("its user-defined field holds {created}")), "{live}");
    assert_eq!((apart.status, again.status), (200, 200), "{} {}", apart.body, again.body);
    assert!(attention.contains("Un-mapped: 1") && attention.contains(created.as_str()));
    assert!(cleared.is_empty());
    assert_eq!(carrying(&service, created).await, company, "the same company as before");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_records_are_shown_by_reason_and_tried_again() {
    let (mut stage, clock) = super::stage(Size::of(40, 80)).await;
    // Whoever owns the accounts in Salesforce is no resource of Autotask.
    stage.settings.default_account_manager.clear();
    let mut service = Service::signed_in(stage, clock).await;
    service.import().await;

    let page = service.client.page("/attention").await;
    let reason = page.split("action=\"/attention/retry\"").nth(1).unwrap();
    let reason =
        reason.split("name=\"reason\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let reason = reason
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("reason", &reason).finish();
    let before = service.client.page(&format!("/attention/refused?{query}")).await;
    let retried = service.client.post("/attention/retry", &[("reason", &reason)]).await;
    let after = service.client.page(&format!("/attention/refused?{query}")).await;

    assert!(before.contains("after <time"), "{before}");
    assert_eq!(retried.status, 200, "{}", retried.body);
    assert!(!after.contains("after <time") && after.contains("next import"), "{after}");
    assert_eq!(service.client.post("/attention/retry", &[("reason", "none")]).await.status, 409);
    let now = service.client.post("/attention/retry", &[("reason", &reason), ("now", "1")]).await;
    assert_eq!((now.status, now.header("location")), (303, "/"), "{}", now.body);
    service.until_ended(2).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_would_change_too_much_is_approved_here() {
    let (mut stage, clock) = super::stage(Size { accounts: 20, ..Size::default() }).await;
    stage.settings.more.insert("guard_records".to_owned(), "5".to_owned());
    let mut service = Service::signed_in(stage, clock).await;
    service.import().await;
    for row in service.stage.rest().all("Companies").await.unwrap() {
        if udf_of(&row, FIELD).is_some() {
            let fields = json!([{ "name": FIELD, "value": null }]);
            let body = json!({ "id": id_of(&row), "userDefinedFields": fields });
            service.stage.rest().send(Method::PATCH, "Companies", Some(&body)).await.unwrap();
        }
    }

    let waits = service.import().await;
    let attention = service.client.page("/attention").await;
    let approved = service.client.post("/runs/2/approve", &[]).await;
    let let_go = service.import().await;

    assert_eq!(waits.state, RunState::AwaitingApproval);
    assert!(attention.contains("Approve run 2"), "{attention}");
    assert_eq!(approved.status, 200, "{}", approved.body);
    assert_eq!(let_go.state, RunState::Completed);
    assert_eq!(service.client.post("/runs/1/approve", &[]).await.status, 409);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_records_hold_is_text_and_never_markup() {
    const NAME: &str = "<script>alert('x')</script> & \"Söhne\"";
    let mut service = Service::with_somebody(Size::default()).await;
    let id = service.stage.salesforce.org().insert_account(&json!({ "Name": NAME })).unwrap();
    service.import().await;

    let history = service.client.page(&format!("/record?id={id}")).await;
    let search = service.client.page("/runs/1?text=%3Cscript%3E%22%27").await;
    let typed = service.client.get("/record?id=%22%3E%3Cscript%3E").await;

    assert!(history.contains("&lt;script&gt;alert("), "{history}");
    for page in [&history, &search, &typed.body] {
        assert!(!page.contains("<script>"), "{page}");
    }
    assert_eq!(typed.status, 400);
    assert!(!typed.body.contains("value=\"\">"), "{}", typed.body);
    service.stop().await;
}
