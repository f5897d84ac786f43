//! A mock behind TLS, with certificates of an authority made for the occasion.
//!
//! [`Tls`] makes an authority, whose certificate a client is told to trust, and three certificates signed by it: a good
//! one, one that has expired, and one for another host. Which of them a new connection is shown can be changed while
//! the server runs, so a client's checks can be tested one after the other. Sessions are not resumed, or a client
//! would skip the check.
//!
//! Both mocks use it in the same way:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use mock_kit::{clock::{self, Clock}, server::{Server, Service}, tls::{Shown, Tls}};
//! # async fn start(service: Arc<dyn Service>) -> Result<(), Box<dyn std::error::Error>> {
//! let tls = Tls::new(&["localhost".to_owned(), "127.0.0.1".to_owned()], clock::system().now())?;
//! std::fs::write("ca.pem", tls.authority())?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let server = Server::start(tls.listener(listener), service)?; // server.url() begins with https://
//! tls.show(Shown::Expired);
//! # Ok(()) }
//! ```

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::server::{Listener, Wire};

/// How long a client may take to agree on a connection.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections that may be agreed upon at once; more wait in the listener's queue.
const MOST_HANDSHAKES: usize = 256;

/// Which certificate new connections are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shown {
    /// One that is in order.
    #[default]
    Good,
    /// One that expired yesterday.
    Expired,
    /// One for a host of another name.
    WrongHost,
}

impl Shown {
    const ALL: [Self; 3] = [Self::Good, Self::Expired, Self::WrongHost];

    const fn place(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Expired => 1,
            Self::WrongHost => 2,
        }
    }
}

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate could not be made, as for a host that is no name.
    #[error("a certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    /// rustls does not take what was made.
    #[error("the certificates cannot be used")]
    Rustls(#[from] rustls::Error),
    /// The present moment is beyond the calendar of certificates.
    #[error("the date is beyond the calendar")]
    Date(#[from] jiff::Error),
}

/// An authority and its certificates.
#[derive(Debug, Clone)]
pub struct Tls {
    authority: String,
    shelf: Arc<Shelf>,
    config: Arc<ServerConfig>,
}

/// The certificates, and which of them is shown.
#[derive(Debug)]
struct Shelf {
    certificates: [Arc<CertifiedKey>; 3],
    shown: AtomicU8,
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.certificates.get(usize::from(self.shown.load(Ordering::SeqCst))).cloned()
    }
}

impl Tls {
    /// Makes an authority, and certificates for these hosts: names or addresses.
    pub fn new(hosts: &[String], now: Timestamp) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, "Authority of a mock");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid(&mut params, now, -60, 3_650)?;
        let authority = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        let provider = Arc::new(ring::default_provider());
        let certificate = |shown| certificate(shown, hosts, now, &issuer, &provider).map(Arc::new);
        let [good, expired, wrong_host] = Shown::ALL.map(certificate);
        let shelf = Arc::new(Shelf {
            certificates: [good?, expired?, wrong_host?],
            shown: AtomicU8::new(0),
        });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Shelf>::clone(&shelf));
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { authority, shelf, config: Arc::new(config) })
    }

    /// The authority's certificate, in PEM: what a client has to trust.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Chooses the certificate that connections are shown from now on.
    pub fn show(&self, shown: Shown) {
        self.shelf.shown.store(shown.place(), Ordering::SeqCst);
    }

    /// Encrypts connections one by one, for servers whose clients ask for it in mid-conversation.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Puts a listener behind TLS.
    pub fn listener<L: Listener>(&self, inner: L) -> TlsListener<L> {
        TlsListener { inner, acceptor: self.acceptor(), pending: FuturesUnordered::new() }
    }
}

/// Lets a certificate hold from so many days after `now` until so many.
fn valid(
    params: &mut CertificateParams,
    now: Timestamp,
    from: i32,
    until: i32,
) -> Result<(), TlsError> {
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    let day = |days: i32| -> Result<_, jiff::Error> {
        let day = today.checked_add(days.days())?;
        Ok(rcgen::date_time_ymd(
            day.year().into(),
            day.month().unsigned_abs(),
            day.day().unsigned_abs(),
        ))
    };
    (params.not_before, params.not_after) = (day(from)?, day(until)?);
    Ok(())
}

fn certificate(
    shown: Shown,
    hosts: &[String],
    now: Timestamp,
    issuer: &Issuer<'_, KeyPair>,
    provider: &rustls::crypto::CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let key = KeyPair::generate()?;
    let elsewhere = ["elsewhere.invalid".to_owned()];
    let mut params =
        CertificateParams::new(if shown == Shown::WrongHost { &elsewhere } else { hosts })?;
    params.distinguished_name.push(DnType::CommonName, "A mock");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let (from, until) = if shown == Shown::Expired { (-30, -1) } else { (-1, 365) };
    valid(&mut params, now, from, until)?;
    let certificate = params.signed_by(&key, issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok(CertifiedKey::from_der(vec![certificate.der().clone()], key, provider)?)
}

type Handshake = BoxFuture<'static, io::Result<(Box<dyn Wire>, SocketAddr)>>;

/// A listener behind TLS. A client that takes its time over the handshake keeps no other waiting.
pub struct TlsListener<L> {
    inner: L,
    acceptor: TlsAcceptor,
    pending: FuturesUnordered<Handshake>,
}

#[async_trait]
impl<L: Listener> Listener for TlsListener<L> {
    async fn accept(&mut self) -> io::Result<(Box<dyn Wire>, SocketAddr)> {
        loop {
            let room = self.pending.len() < MOST_HANDSHAKES;
            let (wire, peer) = tokio::select! {
                biased;
                Some(done) = self.pending.next() => match done {
                    Ok(connection) => return Ok(connection),
                    Err(error) => {
                        tracing::debug!(%error, "a connection was not agreed upon");
                        continue;
                    }
                },
                accepted = self.inner.accept(), if room => accepted?,
            };
            self.pending.push(Box::pin(handshake(self.acceptor.clone(), wire, peer)));
        }
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.inner.address()
    }

    fn scheme(&self) -> &'static str {
        "https"
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client's silence lasts in real time, whatever a mock's clock says"
)]
async fn handshake(
    acceptor: TlsAcceptor,
    wire: Box<dyn Wire>,
    peer: SocketAddr,
) -> io::Result<(Box<dyn Wire>, SocketAddr)> {
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(wire)).await??;
    Ok((Box::new(stream), peer))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsConnector;

    use super::*;
    use crate::clock;

    async fn listener(tls: &Tls) -> TlsListener<TcpListener> {
        tls.listener(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn connector(tls: &Tls) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(tls.authority().as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }

    /// What a client that checks certificates says about connecting.
    async fn connect(
        connector: &TlsConnector,
        address: SocketAddr,
        host: &'static str,
    ) -> Result<String, String> {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from(host).unwrap();
        let mut stream =
            connector.connect(name, stream).await.map_err(|error| error.to_string())?;
        let mut greeting = String::new();
        stream.read_to_string(&mut greeting).await.map_err(|error| error.to_string())?;
        Ok(greeting)
    }

    async fn greet(mut listener: TlsListener<TcpListener>) {
        loop {
            let (mut wire, _) = listener.accept().await.unwrap();
            wire.write_all(b"hello").await.unwrap();
            wire.shutdown().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_client_takes_the_good_certificate_and_sees_what_is_wrong_with_the_others() {
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let tls = Tls::new(&hosts, clock::system().now()).unwrap();
        let listener = listener(&tls).await;
        assert_eq!(listener.scheme(), "https");
        let address = listener.address().unwrap();
        let server = tokio::spawn(greet(listener));
        let connector = connector(&tls);

        let good = connect(&connector, address, "localhost").await;
        let by_address = connect(&connector, address, "127.0.0.1").await;
        tls.show(Shown::Expired);
        let expired = connect(&connector, address, "localhost").await;
        tls.show(Shown::WrongHost);
        let wrong_host = connect(&connector, address, "localhost").await;
        tls.show(Shown::Good);
        let good_again = connect(&connector, address, "localhost").await;

        assert_eq!(
            [&good, &by_address, &good_again].map(|greeting| greeting.as_deref()),
            [Ok("hello"); 3]
        );
        assert!(expired.as_ref().is_err_and(|error| error.contains("expired")), "{expired:?}");
        assert!(
            wrong_host.as_ref().is_err_and(|error| error.contains("not valid for name")),
            "{wrong_host:?}"
        );
        server.abort();
    }

    #[tokio::test]
    async fn an_authority_of_another_mock_is_not_trusted() {
        let now = clock::system().now();
        let (mine, other) = (
            Tls::new(&["localhost".into()], now).unwrap(),
            Tls::new(&["localhost".into()], now).unwrap(),
        );
        let listener = listener(&mine).await;
        let address = listener.address().unwrap();
        let server = tokio::spawn(greet(listener));

        let refused = connect(&connector(&other), address, "localhost").await;

        assert!(refused.is_err(), "{refused:?}");
        server.abort();
    }

    #[tokio::test]
    async fn silent_clients_and_plain_ones_keep_nobody_waiting() {
        let tls = Tls::new(&["localhost".to_owned()], clock::system().now()).unwrap();
        let listener = listener(&tls).await;
        let address = listener.address().unwrap();
        let server = tokio::spawn(greet(listener));
        let silent = TcpStream::connect(address).await.unwrap();
        let mut plain = TcpStream::connect(address).await.unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();

        let greeting = connect(&connector(&tls), address, "localhost").await;

        assert_eq!(greeting.as_deref(), Ok("hello"));
        drop(silent);
        server.abort();
    }
}
