//! Connections: TCP, a proxy where the environment names one, TLS.
//!
//! [`Connector`] hides what kind of connection it makes, so that nothing else has a type parameter for it and a
//! simulated network fits in its place.

use std::fmt;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tower::Service;

use super::is_loopback;
use crate::ports::Cause;

type Dial = dyn Fn(Uri) -> BoxFuture<'static, io::Result<Wire>> + Send + Sync;

/// Makes connections.
#[derive(Clone)]
pub struct Connector(Arc<Dial>);

impl Connector {
    /// A connector that dials with this function.
    pub fn new(
        dial: impl Fn(Uri) -> BoxFuture<'static, io::Result<Wire>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(dial))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl Service<Uri> for Connector {
    type Response = Wire;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Wire>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        (self.0)(destination)
    }
}

/// What a connection can do.
trait Duplex: Read + Write + Send + Unpin {}
impl<T: Read + Write + Send + Unpin> Duplex for T {}

/// A connection of any kind.
pub struct Wire(Box<dyn Duplex>);

impl Wire {
    /// Hides the kind of a connection.
    pub fn new(connection: impl Read + Write + Send + Unpin + 'static) -> Self {
        Self(Box::new(connection))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// The certificates of an authority could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read as certificates.
    #[error("{file} holds no certificates in PEM form")]
    Certificates {
        /// The file.
        file: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The machine's certificate store cannot be used.
    #[error("the machine's certificate authorities cannot be used")]
    Store(#[source] Cause),
}

/// The connector for real networks: TLS checked against the machine's authorities and those in `extra`, through the
/// proxy that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name. Plain HTTP reaches this machine only.
pub fn tls_connector(extra: Option<&Path>) -> Result<Connector, TlsError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(Duration::from_secs(20)));
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls_config(extra)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(Proxied { rules: Arc::new(Matcher::from_env()), tcp });
    Ok(Connector::new(move |destination| {
        let mut https = https.clone();
        Box::pin(async move {
            std::future::poll_fn(|context| https.poll_ready(context))
                .await
                .map_err(io::Error::other)?;
            https.call(destination).await.map(Wire::new).map_err(io::Error::other)
        })
    }))
}

fn tls_config(extra: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let store = |error: rustls::Error| TlsError::Store(Box::new(error));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(
        extra.map(certificates).transpose()?.unwrap_or_default(),
        Arc::clone(&provider),
    )
    .map_err(store)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(store)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unusable =
        |cause: Cause| TlsError::Certificates { file: file.display().to_string(), cause };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|cause| unusable(Box::new(cause)))?;
    if certificates.is_empty() {
        return Err(unusable("there is none".into()));
    }
    Ok(certificates)
}

/// TCP, directly or through a proxy's tunnel.
#[derive(Clone)]
struct Proxied {
    rules: Arc<Matcher>,
    tcp: HttpConnector,
}

impl Service<Uri> for Proxied {
    type Response = TokioIo<TcpStream>;
    type Error = Cause;
    type Future = BoxFuture<'static, Result<Self::Response, Cause>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let here = is_loopback(destination.host().unwrap_or_default());
        let encrypted = destination.scheme_str() == Some("https");
        if let Some(proxy) = self.rules.intercept(&destination).filter(|_| !here) {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
            if let Some(login) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(login.clone());
            }
            return Box::pin(async move { tunnel.call(destination).await.map_err(Into::into) });
        }
        let direct = self.tcp.call(destination);
        Box::pin(async move {
            let connection = direct.await?;
            let peer = connection.inner().peer_addr()?;
            if !encrypted && !peer.ip().is_loopback() {
                return Err("plain http is spoken to this machine only".into());
            }
            Ok(connection)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.pem");
        let letter = folder.path().join("letter.pem");
        std::fs::write(&letter, "no certificate at all").unwrap();
        let broken = folder.path().join("broken.pem");
        std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
            .unwrap();

        for file in [missing, letter, broken] {
            let error = tls_connector(Some(&file)).unwrap_err();

            assert!(matches!(error, TlsError::Certificates { .. }), "{error:?}");
            assert!(error.to_string().contains(&file.display().to_string()), "{error}");
        }
    }
}
