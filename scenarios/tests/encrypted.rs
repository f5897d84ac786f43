//! Encrypted connections: an authority has to be trusted by name, and without it nothing is sent, nor tried again.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::fs;
use std::sync::Arc;

use importer::app::Importer;
use importer::check::Verdict;
use importer::config::Config;
use importer::domain::report::RunState;
use importer::progress::Silent;
use importer::system_clock::SystemClock;
use mock_autotask::MockAutotask;
use mock_salesforce::MockSalesforce;
use tempfile::TempDir;

/// Both mocks over TLS, and settings that lead to them, in a folder.
async fn encrypted() -> (MockSalesforce, MockAutotask, String, TempDir) {
    let salesforce = MockSalesforce::start(mock_salesforce::Options {
        seed: 2,
        accounts: 3,
        contacts: 5,
        tls_hosts: Some(vec!["127.0.0.1".to_owned()]),
        ..mock_salesforce::Options::default()
    })
    .await
    .unwrap();
    let autotask = MockAutotask::start(mock_autotask::Options {
        tls_hosts: Some(vec!["127.0.0.1".to_owned()]),
        ..mock_autotask::Options::default()
    })
    .await
    .unwrap();
    let toml = format!(
        "[salesforce]\nurl = \"{}/services/Soap/u/64.0\"\nuser = \"integration@example.com\"\n\
         password = \"mock-password\"\nsecurity_token = \"MockSecurityToken\"\n\
         [autotask]\nurl = \"{}\"\nuser = \"api@example.com\"\nsecret = \"mock-secret\"\n\
         integration_code = \"MOCKINTEGRATIONCODE\"\n\
         [settings]\ndefault_account_manager = \"Autotask Administrator\"\n",
        salesforce.url(),
        autotask.url()
    );
    (salesforce, autotask, toml, tempfile::tempdir().unwrap())
}

fn importer(toml: &str, folder: &TempDir) -> Importer {
    let config = Config::parse(toml, &folder.path().join("importer.toml"), &|_| None).unwrap();
    Importer::new(config, Arc::new(SystemClock), Arc::new(Silent)).unwrap()
}

#[tokio::test]
async fn an_import_over_tls_trusts_the_named_authorities() {
    let (salesforce, autotask, toml, folder) = encrypted().await;
    assert!(salesforce.url().starts_with("https://") && autotask.url().starts_with("https://"));
    let authorities =
        format!("{}{}", salesforce.authority().unwrap(), autotask.authority().unwrap());
    fs::write(folder.path().join("ca.pem"), authorities).unwrap();

    let report =
        importer(&format!("{toml}[network]\nca_file = \"ca.pem\"\n"), &folder).import().await;

    let report = report.unwrap();
    assert_eq!(report.state, RunState::Completed, "{:?}", report.failure);
}

#[tokio::test]
async fn without_the_authority_nothing_is_sent_and_the_reason_is_plain() {
    let (salesforce, autotask, toml, folder) = encrypted().await;

    let findings = importer(&toml, &folder).check().await;

    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Wrong), "{findings:#?}");
    assert!(findings.iter().all(|finding| finding.text.contains("ca_file")), "{findings:#?}");
    assert!(salesforce.calls().is_empty() && autotask.calls().is_empty());
}
