//! The mock behind TLS, and the certificates that go wrong.

use std::sync::Arc;

use mock_salesforce::{MockSalesforce, Options, Shown};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::ENVELOPE;

async fn start() -> MockSalesforce {
    let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let options = Options { tls_hosts: Some(hosts.into()), ..Options::default() };
    MockSalesforce::start(options).await.unwrap()
}

/// Signs in over TLS as a client that trusts the mock's authority; the answer, or why there is no connection.
async fn sign_in(mock: &MockSalesforce) -> Result<String, String> {
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
    let body = format!(
        "{ENVELOPE}<e:Body><login><username>integration@example.com</username><password>mock-passwordMockSecurityToken</password></login></e:Body></e:Envelope>"
    );
    let request = format!(
        "POST /services/Soap/u/58.0 HTTP/1.1\r\nHost: localhost:8443\r\nContent-Type: text/xml\r\nSOAPAction: \"\"\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    Ok(answer)
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_signs_in_and_is_sent_to_https() {
    let mock = start().await;

    let answer = sign_in(&mock).await.unwrap();

    assert!(mock.url().starts_with("https://127.0.0.1:"));
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let server_url = answer.split("<serverUrl>").nth(1).unwrap();
    assert!(server_url.starts_with("https://localhost:8443/services/Soap/u/58.0/00D"), "{answer}");
    assert!(answer.contains("<metadataServerUrl>https://localhost:8443/"));
}

#[tokio::test]
async fn an_expired_certificate_and_one_of_another_host_are_shown_when_chosen() {
    let mock = start().await;

    mock.configure(|settings| settings.certificate = Shown::Expired);
    let expired = sign_in(&mock).await;
    mock.configure(|settings| settings.certificate = Shown::WrongHost);
    let wrong_host = sign_in(&mock).await;
    mock.reset().unwrap();
    let good = sign_in(&mock).await;

    assert!(expired.as_ref().is_err_and(|error| error.contains("expired")), "{expired:?}");
    assert!(
        wrong_host.as_ref().is_err_and(|error| error.contains("not valid for name")),
        "{wrong_host:?}"
    );
    assert!(good.is_ok());
}

#[tokio::test]
async fn without_tls_there_is_no_authority() {
    let mock = MockSalesforce::start(Options::default()).await.unwrap();

    assert!(mock.url().starts_with("http://127.0.0.1:"));
    assert_eq!(mock.authority(), None);
}
