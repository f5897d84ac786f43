//! What `packaging/` has is what the programs have: settings, arguments, credentials and metrics by their names.
//! `.ci/checks/packaging` has the tools of systemd and Prometheus look at it as well.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use importer::config::{Config, KEYS};
use importer::system_clock::SystemClock;
use mock_autotask::Limits;
use mock_kit::world::Size;
use regex::Regex;
use scenarios::service::Service;
use scenarios::stage::{Plan, Stage};
use serde_json::Value as Json;
use tempfile::TempDir;
use yaml_rust2::{Yaml, YamlLoader};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging")
}

fn read(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap()
}

fn yaml(file: &str) -> Yaml {
    YamlLoader::load_from_str(&read(file)).unwrap().remove(0)
}

/// What a pattern's first group finds.
fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// What a service answers at /metrics that has imported, has a limited hour, and cannot send its mail.
async fn given_metrics() -> String {
    let plan = Plan { seed: 3, size: Size::of(20, 20) };
    let mut stage = Stage::set(&plan, mock_kit::clock::system()).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    stage.autotask.configure(|settings| settings.limits = Limits::vendor());
    stage.mail.be_down(true);
    let service = Service::start(&stage, Arc::new(SystemClock)).await.unwrap();
    service.importer.import().await.unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = client.get(format!("{}/metrics", service.console).parse().unwrap()).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    service.stop().await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dashboard_and_alerts_ask_for_metrics_that_there_are() {
    let metrics = given_metrics().await;
    // For promtool.
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("metrics.txt"), &metrics).unwrap();
    let there = found(r"(?m)^(importer_[a-z_]+)[ {]", &metrics);

    let mut wanted = BTreeSet::new();
    for group in yaml("prometheus/importer.rules.yaml")["groups"].as_vec().unwrap() {
        for rule in group["rules"].as_vec().unwrap() {
            let named = found("(importer_[a-z_]+)", rule["expr"].as_str().unwrap());
            let is_about_target = rule["expr"].as_str().unwrap().starts_with("up{");
            assert!(is_about_target || !named.is_empty(), "{rule:?}");
            wanted.extend(named);
        }
    }
    let dashboard: Json = serde_json::from_str(&read("grafana/importer.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let named = found("(importer_[a-z_]+)", target["expr"].as_str().unwrap());
            assert!(!named.is_empty(), "{target}");
            wanted.extend(named);
        }
    }

    let missing: Vec<_> = wanted.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?} are not among {there:?}");
    assert!(wanted.len() >= 8, "{wanted:?}");
}

#[test]
fn the_dashboards_panels_lie_beside_each_other() {
    let dashboard: Json = serde_json::from_str(&read("grafana/importer.json")).unwrap();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();

    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
        let place = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(x < 24 && taken.insert((x, y)), "{panel}");
            }
        }
    }
}

#[test]
fn settings_that_are_named_exist() {
    let variables: BTreeSet<_> = KEYS.iter().map(importer::config::Key::variable).collect();

    for file in ["systemd/importer.service", "Dockerfile", "compose/compose.yaml"] {
        for name in found("(IMPORTER_[A-Z_]+)", &read(file)) {
            let key = name.strip_suffix("_FILE").unwrap_or(&name);
            assert!(variables.contains(&name) || variables.contains(key), "{file}: {name}");
        }
    }
    let text = read("compose/importer.toml");
    let config = Config::parse(&text, Path::new("/etc/importer/importer.toml"), &|_| None).unwrap();
    assert!(config.console.is_some() && config.ca_file.is_some());
}

#[test]
fn the_unit_hands_over_the_credentials_that_its_settings_name() {
    let unit = read("systemd/importer.service");
    let text = read("systemd/importer.toml");
    let loaded = found("(?m)^LoadCredential=([a-z-]+):", &unit);
    let named = found("/run/credentials/importer.service/([a-z-]+)\"", &text);
    assert_eq!(loaded, named);

    let credentials = TempDir::new().unwrap();
    for name in &named {
        fs::write(credentials.path().join(name), "a secret").unwrap();
    }
    let there = credentials.path().display().to_string();
    let text = text.replace("/run/credentials/importer.service", &there);
    let file = Path::new("/etc/importer/importer.toml");
    let lacks = Config::parse(&text, file, &|_| None).unwrap_err().to_string();

    // All that is missing is what the console or `importer settings set` sets.
    assert!(lacks.contains("salesforce") && !lacks.contains("autotask"), "{lacks}");
    let variables = |name: &str| {
        let known = [
            ("IMPORTER_SALESFORCE_USER", "integration@example.com"),
            ("IMPORTER_SALESFORCE_PASSWORD", "a secret"),
        ];
        known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    Config::parse(&text, file, &variables).unwrap();
}

#[test]
fn compose_starts_the_mocks_with_arguments_they_have() {
    let compose = yaml("compose/compose.yaml");
    let command = |service: &str| -> Vec<String> {
        let words = compose["services"][service]["command"].as_vec().unwrap();
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };

    let salesforce =
        mock_salesforce::cli::Arguments::try_parse_from(command("mock-salesforce")).unwrap();
    let autotask = mock_autotask::cli::Arguments::try_parse_from(command("mock-autotask")).unwrap();

    let settings = read("compose/importer.toml");
    for (hosts, listen) in
        [(&salesforce.tls_host, salesforce.listen), (&autotask.tls_host, autotask.listen)]
    {
        let address = format!("https://{}:{}", hosts[0], listen.port());
        assert!(settings.contains(&address), "{address} is not in the settings");
    }
    for (_, service) in compose["services"].as_hash().unwrap() {
        let bindings = service["ports"].as_vec().cloned().unwrap_or_default();
        let is_local = |port: &Yaml| port.as_str().unwrap().starts_with("127.0.0.1:");
        assert!(bindings.iter().all(is_local), "a demo is for this machine alone: {service:?}");
    }
}

#[test]
fn the_image_is_built_with_the_projects_own_compiler_and_runs_as_nobody() {
    let dockerfile = read("Dockerfile");
    let toolchain = fs::read_to_string(folder().join("../rust-toolchain.toml")).unwrap();
    let channel = found("channel = \"([0-9]+\\.[0-9]+)", &toolchain);

    assert_eq!(found("FROM rust:([0-9.]+)-slim", &dockerfile), channel);
    let last = dockerfile.rsplit("\nFROM ").next().unwrap();
    assert!(last.starts_with("scratch ") && last.contains("\nUSER 65532:65532\n"), "{last}");
    let programs = found(
        "-p ([a-z-]+)",
        dockerfile.lines().find(|line| line.starts_with("RUN cargo build")).unwrap(),
    );
    let expected = ["importer", "mock-autotask", "mock-salesforce"].map(str::to_owned);
    assert_eq!(programs, BTreeSet::from(expected));
}
