//! Who gets in, and what nobody else can do.

use std::time::Duration;

use http::Method;
use mock_kit::world::Size;

use super::client::Client;
use super::{PASSWORD, Service, stage};

/// Every page there is, and what a page may ask for.
const PAGES: [&str; 11] = [
    "/",
    "/runs",
    "/runs/1",
    "/runs/1/records.csv",
    "/record",
    "/attention",
    "/attention/held",
    "/mapping",
    "/notifications",
    "/settings",
    "/progress",
];

/// Everything that does something.
const DEEDS: [&str; 13] = [
    "/launch",
    "/runs/1/approve",
    "/record/link",
    "/record/unmap",
    "/record/remap",
    "/attention/retry",
    "/settings",
    "/settings/check",
    "/notifications",
    "/notifications/test",
    "/activate",
    "/activate/plan",
    "/sign-out",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_shown_or_done_before_somebody_signs_in() {
    let (stage, clock) = stage(Size::of(2, 2)).await;
    let mut service = Service::start(stage, clock, &format!("password = \"{PASSWORD}\"\n")).await;

    for path in PAGES {
        let answer = service.client.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with("/sign-in?next="), "{path}");
    }
    // A guest has a form's word, which is good for signing in alone.
    let word = service.client.word("/sign-in").await;
    for path in DEEDS {
        assert_eq!(service.client.post_bare(path, &[("word", &word)]).await.status, 403, "{path}");
    }
    assert_eq!(service.client.get("/nowhere").await.status, 404);
    assert!(service.runs().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_opens_a_session_that_signing_out_ends() {
    let (stage, clock) = stage(Size::of(2, 2)).await;
    let mut service = Service::start(stage, clock, &format!("password = \"{PASSWORD}\"\n")).await;
    let client = &mut service.client;

    let wrong = client.try_to_sign_in("correct horse").await;
    assert_eq!(wrong.status, 403);
    assert!(wrong.body.contains("That is not the password."));
    let word = client.word("/sign-in").await;
    let fields = [("word", word.as_str()), ("password", PASSWORD), ("next", "//evil.example")];
    let right = client.post_bare("/sign-in", &fields).await;
    assert_eq!((right.status, right.header("location")), (303, "/"), "nobody is led elsewhere");
    let cookie = right.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains("Secure"), "this is not TLS: {cookie}");
    let kept = client.cookies.clone();
    client.page("/").await;

    let out = client.post("/sign-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (303, "/sign-in"));
    client.cookies = kept;
    assert_eq!(client.get("/").await.status, 303, "the old cookie is worth nothing");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_password_the_token_of_this_start_lets_in() {
    let (stage, clock) = stage(Size::of(2, 2)).await;
    let mut service = Service::start(stage, clock, "").await;
    let token = service.token.clone().unwrap();

    assert_eq!(service.client.try_to_sign_in("").await.status, 403);
    service.client.sign_in(&token).await;

    assert!(!service.client.page("/settings").await.contains(&token));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cookies_travel_over_tls_alone_where_people_reach_it_so() {
    let (stage, clock) = stage(Size::of(2, 2)).await;
    let settings =
        format!("password = \"{PASSWORD}\"\npublic_url = \"https://importer.example.com\"\n");
    let mut service = Service::start(stage, clock, &settings).await;

    let answer = service.client.try_to_sign_in(PASSWORD).await;

    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-importer-session-"), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    service.client.also = vec![("Host", "importer.example.com".to_owned())];
    service.client.page("/").await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_tells_browsers_to_be_careful() {
    let mut service = Service::with_somebody(Size::of(2, 2)).await;

    for path in ["/", "/settings", "/nowhere", "/console.js", "/metrics", "/healthz", "/sign-in"] {
        let answer = service.client.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"),
            "{path}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        let inline = answer.body.contains("<script>") || answer.body.contains(" style=");
        assert!(!inline, "{path} has something inline, which its own policy forbids");
    }
    assert_eq!(service.client.get("/").await.header("cache-control"), "no-store");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_others_can_point_here_is_turned_away() {
    let mut service = Service::with_somebody(Size::of(2, 2)).await;

    service.client.also = vec![("Host", "rebound.evil.example".to_owned())];
    for path in ["/", "/sign-in", "/metrics", "/runs/1/records.csv"] {
        assert_eq!(service.client.get(path).await.status, 421, "{path}");
    }
    assert_eq!(service.client.get("/healthz").await.status, 200);
    service.client.also = vec![("Host", "localhost:8080".to_owned())];
    service.client.page("/").await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_not_the_consoles_own_does_nothing() {
    let mut service = Service::with_somebody(Size::of(2, 2)).await;
    let word = service.client.word("/").await;
    let mut other = Client::new(service.client.address);
    other.sign_in(PASSWORD).await;
    let others_word = other.word("/").await;

    for path in DEEDS {
        for fields in [&[][..], &[("word", "")], &[("word", others_word.as_str())]] {
            let answer = service.client.post_bare(path, fields).await;
            assert_eq!(answer.status, 403, "{path} {fields:?}");
        }
    }
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        service.client.also = vec![("Origin", origin.to_owned())];
        let answer = service.client.post_bare("/launch", &[("word", &word)]).await;
        assert_eq!(answer.status, 403, "{origin}");
    }
    assert!(service.runs().is_empty());

    service.client.also = vec![("Origin", format!("http://{}", service.client.address))];
    assert_eq!(service.client.post_bare("/launch", &[("word", &word)]).await.status, 303);
    service.until_ended(1).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_has_to_wait_and_waiting_helps() {
    let (stage, clock) = stage(Size::of(2, 2)).await;
    let mut service = Service::start(stage, clock, &format!("password = \"{PASSWORD}\"\n")).await;

    for _ in 0..5 {
        assert_eq!(service.client.try_to_sign_in("guess").await.status, 403);
    }
    let held_up = service.client.try_to_sign_in(PASSWORD).await;
    service.clock.advance(Duration::from_secs(1));

    assert_eq!((held_up.status, held_up.header("retry-after")), (429, "1"));
    service.client.sign_in(PASSWORD).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_too_long_or_none_is_refused() {
    let mut service = Service::with_somebody(Size::of(2, 2)).await;
    let word = service.client.word("/").await;

    let long = format!("word={word}&x={}", "x".repeat(70_000));
    assert_eq!(service.client.send(Method::POST, "/settings", Some(long)).await.status, 413);
    let answer = service.client.send(Method::POST, "/launch", None).await;
    assert_eq!(answer.status, 415, "no form at all");
    assert!(service.runs().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_nobody_uses_it() {
    let mut service = Service::with_somebody(Size::of(2, 2)).await;

    service.clock.advance(Duration::from_mins(119));
    service.client.page("/").await;
    service.clock.advance(Duration::from_hours(2));

    assert_eq!(service.client.get("/").await.status, 303);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_from_elsewhere_leads_whoever_is_signed_in_on() {
    let (stage, clock) = stage(Size::of(2, 2)).await;
    let mut service = Service::start(stage, clock, "").await;

    service.client.also = vec![("Sec-Fetch-Site", "cross-site".to_owned())];
    let doorstep = service.client.get("/runs?before=7").await;

    assert_eq!(doorstep.status, 200);
    assert!(doorstep.body.contains("0; url=/runs?before=7"), "{}", doorstep.body);
    service.stop().await;
}
