//! The API: what programs see and do is what people see and do, and looks as its description says.

use std::time::Duration;

use http::Method;
use importer::domain::decision::Outcome;
use importer::domain::report::RunState;
use mock_kit::world::Size;
use serde_json::{Value as Json, json};

use super::client::Answer;
use super::deeds::first;
use super::saving::save;
use super::{PASSWORD, Service, stage};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// `docs/openapi.json`, as the service hands it out.
struct Description(Json);

impl Description {
    async fn of(service: &mut Service) -> Self {
        let answer = service.client.get("/api/openapi.json").await;
        assert_eq!(answer.status, 200);
        Self(serde_json::from_str(&answer.body).unwrap())
    }

    /// Holds an answer against what is described of a way; returns it.
    fn fits(&self, method: &str, path: &str, answer: &Answer) -> Json {
        let way = &self.0["paths"][format!("/api/v1{path}")][method];
        let status = answer.status.to_string();
        let mut described = &way["responses"][&status];
        if let Some(name) = described["$ref"].as_str() {
            described = self.0.pointer(name.trim_start_matches('#')).unwrap();
        }
        let kind = answer.header("content-type");
        let schema = described["content"][kind]["schema"].clone();
        assert!(schema.is_object(), "{method} {path} {status} {kind} is not described: {answer:?}");
        let whole = json!({ "allOf": [schema], "components": self.0["components"] });
        let validator = jsonschema::draft202012::new(&whole).unwrap();
        let value: Json = serde_json::from_str(&answer.body).unwrap();
        let wrong: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{method} {path}: {wrong:#?}\n{value:#}");
        value
    }
}

/// A service with a token, which the client shows.
async fn service(size: Size, settings: &str) -> Service {
    let (mut stage, clock) = stage(size).await;
    stage.settings.in_ledger = true;
    for (name, value) in stage.edited() {
        save(&stage, &clock, name, Some(&value));
    }
    let console = format!("password = \"{PASSWORD}\"\napi_token = \"{TOKEN}\"\n{settings}");
    let mut service = Service::start(stage, clock, &console).await;
    service.client.also = vec![("Authorization", format!("Bearer {TOKEN}"))];
    service
}

async fn get(service: &mut Service, api: &Description, way: &str, path: &str) -> Json {
    let answer = service.client.call(Method::GET, path, None).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    api.fits("get", way, &answer)
}

async fn post(
    service: &mut Service,
    api: &Description,
    (way, path): (&str, &str),
    body: Option<Json>,
) -> (u16, Json) {
    let answer = service.client.call(Method::POST, path, body.as_ref()).await;
    let value = api.fits("post", way, &answer);
    (answer.status, value)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_is_openapi_and_every_schema_can_be_used() {
    let mut service = service(Size::default(), "").await;

    let api = Description::of(&mut service).await;

    assert_eq!(api.0["openapi"], "3.1.0");
    for name in api.0["components"]["schemas"].as_object().unwrap().keys() {
        let schema = json!({
            "$ref": format!("#/components/schemas/{name}"), "components": api.0["components"],
        });
        assert!(jsonschema::draft202012::new(&schema).is_ok(), "{name}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_is_answered_as_it_is_described() {
    let mut service = service(Size::of(150, 300), "").await;
    let api = Description::of(&mut service).await;
    let before = get(&mut service, &api, "/status", "/status").await;
    let (launched, begun) = post(&mut service, &api, ("/launch", "/launch"), None).await;
    service.until_ended(1).await;
    let held = first(&service, Outcome::Held).to_string();

    let status = get(&mut service, &api, "/status", "/status").await;
    let runs = get(&mut service, &api, "/runs", "/runs").await;
    let run = get(&mut service, &api, "/runs/{run}", "/runs/1").await;
    let records = "/runs/{run}/records";
    let of_outcome = get(&mut service, &api, records, "/runs/1/records?outcome=held").await;
    let record = get(&mut service, &api, "/records/{id}", &format!("/records/{held}")).await;
    let live = format!("/records/{}?live=true", first(&service, Outcome::Created));
    let live = get(&mut service, &api, "/records/{id}", &live).await;
    let waits = get(&mut service, &api, "/attention", "/attention").await;
    let mut lists = Vec::new();
    for path in ["/attention/held", "/attention/refused", "/attention/gone", "/attention/un-mapped"]
    {
        lists.push(get(&mut service, &api, path, path).await);
    }
    let settings = get(&mut service, &api, "/settings", "/settings").await;
    let recipients = get(&mut service, &api, "/recipients", "/recipients").await;
    let mapping = get(&mut service, &api, "/mapping", "/mapping?live=true").await;
    let outbox = get(&mut service, &api, "/outbox", "/outbox").await;

    assert_eq!((launched, &begun["run"]), (202, &json!(1)));
    assert!(before["last_import"].is_null() && before["active"] == false);
    assert_eq!(status["last_import"]["run"], 1);
    assert_eq!(runs["items"][0]["id"], 1);
    assert_eq!(run["state"], "completed");
    let items = of_outcome["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.iter().all(|item| item["outcome"] == "held"));
    assert_eq!(record["salesforce"]["id"], held);
    assert_eq!(record["live"]["state"], "not-asked");
    assert_eq!((&live["live"]["state"], &live["live"]["field"]), (&json!("there"), &json!("id")));
    assert_eq!(waits["held"], lists[0]["items"].as_array().unwrap().len());
    assert!(!lists[0]["items"][0]["candidates"].as_array().unwrap().is_empty());
    assert!(!settings.to_string().contains(&service.stage.settings.password));
    assert!(recipients["people"].as_array().unwrap().iter().any(|one| one["resource_id"] == 4));
    assert!(mapping["salesforce"]["read"].is_string(), "{mapping}");
    assert_eq!(outbox, json!([]));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_go_on_until_each_entry_came_once() {
    let mut service = service(Size::of(60, 90), "").await;
    let api = Description::of(&mut service).await;
    let way = "/runs/{run}/records";
    service.client.call(Method::POST, "/launch", None).await;
    service.until_ended(1).await;

    let whole = get(&mut service, &api, way, "/runs/1/records?limit=500").await;
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let part = get(&mut service, &api, way, &format!("/runs/1/records?limit=7{after}")).await;
        ids.extend(
            part["items"].as_array().unwrap().iter().map(|one| one["salesforce_id"].clone()),
        );
        match part["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }

    let all: Vec<_> =
        whole["items"].as_array().unwrap().iter().map(|one| one["salesforce_id"].clone()).collect();
    assert!(all.len() > 20, "{}", all.len());
    assert_eq!(ids, all);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_decide_as_people_do() {
    let mut service = service(Size::of(40, 80), "").await;
    let api = Description::of(&mut service).await;
    service.client.call(Method::POST, "/launch", None).await;
    service.until_ended(1).await;
    let held = first(&service, Outcome::Held);
    let created = first(&service, Outcome::Created);
    let candidates = get(&mut service, &api, "/attention/held", "/attention/held?limit=1").await;
    let candidate = candidates["items"][0]["candidates"][0].clone();

    let path = format!("/records/{held}/link");
    let link = ("/records/{id}/link", path.as_str());
    let nonsense = post(&mut service, &api, link, Some(json!({ "autotask_id": "many" }))).await;
    let unknown = post(&mut service, &api, link, Some(json!({ "autotask": 3 }))).await;
    let absent = post(&mut service, &api, link, Some(json!({ "autotask_id": 99_999_999 }))).await;
    let linked = post(&mut service, &api, link, Some(json!({ "autotask_id": candidate }))).await;
    let path = format!("/records/{created}/unmap");
    let apart = post(&mut service, &api, ("/records/{id}/unmap", &path), None).await;
    let waits = get(&mut service, &api, "/attention/un-mapped", "/attention/un-mapped").await;
    let path = format!("/records/{created}/remap");
    let remap = ("/records/{id}/remap", path.as_str());
    let again = post(&mut service, &api, remap, None).await;
    let twice = post(&mut service, &api, remap, None).await;
    let approve = post(&mut service, &api, ("/runs/{run}/approve", "/runs/1/approve"), None).await;
    let nobody = json!({ "reason": "no such reason" });
    let retry = ("/attention/refused/retry", "/attention/refused/retry");
    let retried = post(&mut service, &api, retry, Some(nobody)).await;
    let check = post(&mut service, &api, ("/check", "/check"), None).await;
    let test = ("/notifications/test", "/notifications/test");
    let test = post(&mut service, &api, test, None).await;

    assert_eq!((nonsense.0, unknown.0, absent.0), (400, 400, 409));
    assert_eq!((linked.0, &linked.1["autotask_id"]), (200, &candidate));
    assert_eq!((apart.0, &apart.1["cleared"]), (200, &json!(true)));
    assert_eq!(waits["items"][0]["salesforce_id"], created.as_str());
    assert_eq!((again.0, twice.0, approve.0, retried.0), (200, 409, 409, 409));
    assert!(check.1.as_array().unwrap().iter().all(|finding| finding["verdict"] != "wrong"));
    assert!(test.1.to_string().contains("no mail server"), "{}", test.1);
    service.client.call(Method::POST, "/launch", None).await;
    assert_eq!(service.until_ended(2).await.state, RunState::Completed);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_without_the_token_or_a_session_is_answered() {
    let mut service = service(Size::of(2, 2), "").await;
    let api = Description::of(&mut service).await;
    let paths = api.0["paths"].as_object().unwrap().clone();
    service.client.also.clear();

    for (path, ways) in &paths {
        let path = path.trim_start_matches("/api/v1");
        for method in ways.as_object().unwrap().keys() {
            let sent = method.to_uppercase().parse().unwrap();
            let answer = service.client.call(sent, path, None).await;
            assert_eq!(answer.status, 401, "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"importer\"");
            api.fits(method, path, &answer);
        }
    }
    service.client.also = vec![("Authorization", "Bearer wrong".to_owned())];
    for _ in 0..5 {
        assert_eq!(service.client.call(Method::GET, "/status", None).await.status, 401);
    }
    let slow = service.client.call(Method::GET, "/status", None).await;
    assert_eq!((slow.status, slow.header("retry-after")), (429, "1"));
    api.fits("get", "/status", &slow);
    service.client.also = vec![("Authorization", format!("bearer {TOKEN}"))];
    assert_eq!(service.client.call(Method::GET, "/status", None).await.status, 429);
    service.clock.advance(Duration::from_secs(2));
    assert_eq!(service.client.call(Method::GET, "/status", None).await.status, 200);
    assert!(service.runs().is_empty(), "nothing was launched");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_reads_and_its_deeds_carry_the_word_of_its_pages() {
    let mut service = service(Size::of(2, 2), "").await;
    let api = Description::of(&mut service).await;
    service.client.also.clear();
    service.client.sign_in(PASSWORD).await;
    let word = service.client.word("/").await;

    let reads = service.client.call(Method::GET, "/status", None).await;
    let bare = service.client.call(Method::POST, "/launch", None).await;
    service.client.also =
        vec![("X-Importer-Word", word.clone()), ("Origin", "http://evil.example".to_owned())];
    let elsewhere = service.client.call(Method::POST, "/launch", None).await;
    service.client.also = vec![("X-Importer-Word", word)];
    let form = service.client.post_bare("/api/v1/launch", &[("a", "b")]).await;
    let deed = service.client.call(Method::POST, "/launch", None).await;

    api.fits("get", "/status", &reads);
    for refused in [&bare, &elsewhere] {
        assert_eq!(refused.status, 403);
        api.fits("post", "/launch", refused);
    }
    assert_eq!(form.status, 415, "{}", form.body);
    assert_eq!(deed.status, 202, "{}", deed.body);
    service.until_ended(1).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_a_problem_and_no_page() {
    let mut service = service(Size::of(2, 2), "").await;
    let api = Description::of(&mut service).await;

    for (way, path, status) in [
        ("/runs/{run}", "/runs/7", 404),
        ("/runs/{run}", "/runs/x", 404),
        ("/runs", "/runs?limit=0", 400),
        ("/runs", "/runs?before=x", 400),
        ("/mapping", "/mapping?live=1", 400),
        ("/records/{id}", "/records/nonsense", 400),
        ("/records/{id}", "/records/company:7", 404),
        ("/attention/held", "/attention/held?after=1", 400),
    ] {
        let answer = service.client.call(Method::GET, path, None).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        api.fits("get", way, &answer);
    }
    for (method, path, status) in [(Method::GET, "/nowhere", 404), (Method::DELETE, "/runs", 405)] {
        let answer = service.client.call(method, path, None).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    service.stop().await;
}
