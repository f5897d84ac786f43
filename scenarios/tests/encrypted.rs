//! Encrypted connections: an authority has to be trusted by name, and without it nothing is sent, nor tried again; nor
//! is anything with a certificate that has expired or is another host's. Proxies of the environment are gone through.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::sync::{Arc, Mutex};

use importer::app::Importer;
use importer::check::Verdict;
use importer::config::Config;
use importer::domain::report::RunState;
use importer::progress::Silent;
use importer::system_clock::SystemClock;
use mock_autotask::MockAutotask;
use mock_salesforce::{MockSalesforce, Shown};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

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
    let toml = settings(&salesforce.url(), &autotask.url());
    (salesforce, autotask, toml, tempfile::tempdir().unwrap())
}

fn settings(salesforce: &str, autotask: &str) -> String {
    format!(
        "[salesforce]\nurl = \"{salesforce}/services/Soap/u/64.0\"\nuser = \"integration@example.com\"\n\
         password = \"mock-password\"\nsecurity_token = \"MockSecurityToken\"\n\
         [autotask]\nurl = \"{autotask}\"\nuser = \"api@example.com\"\nsecret = \"mock-secret\"\n\
         integration_code = \"MOCKINTEGRATIONCODE\"\n\
         [settings]\ndefault_account_manager = \"Autotask Administrator\"\n"
    )
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

/// What `check` says of both connections when each server shows this certificate.
async fn checked_with(shown: Shown) -> Vec<String> {
    let (salesforce, autotask, toml, folder) = encrypted().await;
    let authorities =
        format!("{}{}", salesforce.authority().unwrap(), autotask.authority().unwrap());
    fs::write(folder.path().join("ca.pem"), authorities).unwrap();
    let importer = importer(&format!("{toml}[network]\nca_file = \"ca.pem\"\n"), &folder);
    salesforce.configure(|settings| settings.certificate = shown);
    autotask.configure(|settings| settings.certificate = shown);

    let findings = importer.check().await;

    let is_fine = shown == Shown::Good;
    assert_eq!(salesforce.calls().is_empty(), !is_fine, "{shown:?}: {findings:#?}");
    assert_eq!(autotask.calls().is_empty(), !is_fine, "{shown:?}: {findings:#?}");
    let wrong = findings.into_iter().filter(|finding| finding.verdict == Verdict::Wrong);
    wrong.map(|finding| finding.text).collect()
}

#[tokio::test]
async fn an_expired_certificate_and_one_of_another_host_are_not_accepted() {
    for (shown, reason) in [(Shown::Expired, "xpired"), (Shown::WrongHost, "not valid for name")] {
        let wrong = checked_with(shown).await;

        assert_eq!(wrong.len(), 2, "{shown:?}: {wrong:?}");
        for text in wrong {
            assert!(text.contains(reason), "{shown:?}: {text}");
        }
    }
    assert_eq!(checked_with(Shown::Good).await, Vec::<String>::new());
}

/// A proxy that opens tunnels to servers it knows under names of its own, for who signs in.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start(servers: Vec<(&'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (seen, servers) = (Arc::clone(&asked), Arc::new(servers));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (seen, servers) = (Arc::clone(&seen), Arc::clone(&servers));
                tokio::spawn(async move { tunnel(client, &seen, &servers).await });
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn tunnel(
    mut client: TcpStream,
    asked: &Mutex<Vec<String>>,
    servers: &[(&'static str, String)],
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    asked.lock().unwrap().push(head.clone());
    let destination = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    let server = servers.iter().find(|(name, _)| destination == format!("{name}:443"));
    let signed_in = head.to_lowercase().contains("proxy-authorization: basic dxnlcjpwcm94evbhc3m=");
    let (Some((_, server)), true) = (server, signed_in) else {
        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await.ok()?;
        return None;
    };
    let mut server = TcpStream::connect(server).await.ok()?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok()?;
    Some(())
}

const SALESFORCE: &str = "login.salesforce.test";
const AUTOTASK: &str = "webservices.autotask.test";

/// The importer as a program in a network where both vendors are behind a proxy; how it ended, or nothing if it was
/// about to try again for a minute.
async fn through_proxy(variables: &[(&str, &str)]) -> (Option<i32>, String, Vec<String>) {
    let salesforce = MockSalesforce::start(mock_salesforce::Options {
        seed: 2,
        accounts: 3,
        contacts: 5,
        tls_hosts: Some(vec![SALESFORCE.to_owned()]),
        ..mock_salesforce::Options::default()
    });
    let autotask = MockAutotask::start(mock_autotask::Options {
        tls_hosts: Some(vec![AUTOTASK.to_owned()]),
        ..mock_autotask::Options::default()
    });
    let (salesforce, autotask) = (salesforce.await.unwrap(), autotask.await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let authorities =
        format!("{}{}", salesforce.authority().unwrap(), autotask.authority().unwrap());
    fs::write(folder.path().join("ca.pem"), authorities).unwrap();
    let toml = settings(&format!("https://{SALESFORCE}"), &format!("https://{AUTOTASK}"));
    let file = folder.path().join("importer.toml");
    fs::write(&file, format!("{toml}[network]\nca_file = \"ca.pem\"\n")).unwrap();
    let host = |url: String| url.trim_start_matches("https://").to_owned();
    let servers = vec![(SALESFORCE, host(salesforce.url())), (AUTOTASK, host(autotask.url()))];
    let proxy = Proxy::start(servers).await;
    let mut importer = program::command(&file, &["run"]);
    importer.env("RUST_LOG", "trace");
    for (name, value) in variables {
        importer.env(name, value.replace("PROXY", &proxy.address));
    }
    let mut importer = importer.spawn().unwrap();
    let mut lines = BufReader::new(importer.stderr.take().unwrap()).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        said = said + &line + "\n";
        if line.contains("trying again") {
            return (None, said, proxy.asked());
        }
    }
    (importer.wait().await.unwrap().code(), said, proxy.asked())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_of_the_environment_is_used_for_both_vendors() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let (code, said, asked) = through_proxy(&[(name, "http://user:proxyPass@PROXY")]).await;

        assert_eq!(code, Some(0), "{name}: {said}");
        for host in [SALESFORCE, AUTOTASK] {
            let connect = format!("CONNECT {host}:443 ");
            assert!(asked.iter().any(|head| head.starts_with(&connect)), "{name}: {asked:?}");
        }
        // What is inside the tunnel is encrypted; what is outside tells the proxy nothing else.
        let all = asked.concat();
        assert!(!all.contains("mock-secret") && !all.contains("Soap"), "{all}");
        assert!(!said.contains("proxyPass") && !said.contains("dXNlcjpwcm94eVBhc3M="), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_is_told_of_without_its_password() {
    let proxy = ("HTTPS_PROXY", "http://user:wrongProxyPass@PROXY");
    let (code, said, asked) = through_proxy(&[proxy]).await;

    assert_eq!(code, None, "{said}");
    assert!(!asked.is_empty());
    assert!(!said.contains("wrongProxyPass"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_need_no_proxy_are_dialled_directly() {
    let proxy = ("HTTPS_PROXY", "http://user:proxyPass@PROXY");
    let (code, said, asked) = through_proxy(&[proxy, ("NO_PROXY", ".salesforce.test")]).await;

    // There is no such host outside of the proxy.
    assert_eq!(code, None, "{said}");
    assert!(said.contains("no connection to login.salesforce.test"), "{said}");
    assert!(!asked.iter().any(|head| head.contains(SALESFORCE)), "{asked:?}");
}
