//! The mock behind TLS, and the certificates that go wrong.

use std::sync::Arc;

use mock_autotask::{MockAutotask, Options, Shown};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::V1;

async fn start() -> MockAutotask {
    let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    MockAutotask::start(Options { tls_hosts: Some(hosts.into()), ..Options::default() })
        .await
        .unwrap()
}

/// Asks for the zone over TLS as a client that trusts the mock's authority; the answer, or why there is no connection.
async fn discover(mock: &MockAutotask) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    let authority = mock.authority().unwrap();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    let address = mock.url().trim_start_matches("https://").to_owned();
    let stream = TcpStream::connect(&address).await.unwrap();
    let connecting = TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("localhost").unwrap(), stream);
    let mut stream = connecting.await.map_err(|error| error.to_string())?;
    let request = format!(
        "GET {V1}zoneInformation?user=api@example.com HTTP/1.1\r\nHost: localhost:8443\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    Ok(answer)
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_sent_to_https() {
    let mock = start().await;

    let answer = discover(&mock).await.unwrap();

    assert!(mock.url().starts_with("https://127.0.0.1:"));
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains(r#""url":"https://localhost:8443/ATServicesRest/""#), "{answer}");
}

#[tokio::test]
async fn an_expired_certificate_and_one_of_another_host_are_shown_when_chosen() {
    let mock = start().await;

    mock.configure(|settings| settings.certificate = Shown::Expired);
    let expired = discover(&mock).await;
    mock.configure(|settings| settings.certificate = Shown::WrongHost);
    let wrong_host = discover(&mock).await;
    mock.reset().unwrap();
    let good = discover(&mock).await;

    assert!(expired.as_ref().is_err_and(|error| error.contains("expired")), "{expired:?}");
    assert!(
        wrong_host.as_ref().is_err_and(|error| error.contains("not valid for name")),
        "{wrong_host:?}"
    );
    assert!(good.is_ok());
}
