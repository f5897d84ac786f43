//! Mails over SMTP.
//!
//! One connection for each mail: there are few, and a server that is restarted is no special case. Whether a mail is
//! refused for good or may be tried again is read from the server's reply; where the reply was lost, it is sent again
//! with the same Message-ID, by which the reader's server tells that it has it already.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{self};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::config::{Encryption, Smtp};
use crate::http::TlsError;
use crate::ports::{Clock, DeliveryError, Mail, Mailer, timeout};

/// How long one mail may take, from dialling to the server's last reply: RFC 5321 lets servers think for ten minutes
/// about the end of a mail, but no one mail may hold the others up for so long.
const LIMIT: Duration = Duration::from_mins(2);

/// Sends mails through one server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: Smtp,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer").field("server", &self.server).finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// A mailer for this server, which trusts the machine's authorities and those in `extra`.
    pub fn new(
        server: Smtp,
        extra: Option<&Path>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TlsError> {
        let tls = match server.encryption {
            Encryption::None => Tls::None,
            Encryption::StartTls => Tls::Required(tls_parameters(&server.host, extra)?),
            Encryption::Tls => Tls::Wrapper(tls_parameters(&server.host, extra)?),
        };
        let mut transport =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
                .port(server.port)
                .tls(tls)
                // Time limits run on the clock port.
                .timeout(None);
        if let Some((user, password)) = &server.login {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self { transport: transport.build(), server, clock })
    }

    fn tell(&self, error: &smtp::Error) -> DeliveryError {
        let words = format!("{}:{}: {}", self.server.host, self.server.port, words(error));
        match error.status().map(u16::from) {
            Some(530 | 534 | 535 | 538) => DeliveryError::SignInRefused(words),
            // The classes before are about the command, not about the mail: a server that is set up wrongly.
            Some(550..=559) => DeliveryError::Refused(words),
            _ => DeliveryError::Later(words),
        }
    }

    async fn in_time<T>(
        &self,
        exchange: impl Future<Output = Result<T, smtp::Error>>,
    ) -> Result<T, DeliveryError> {
        match timeout(self.clock.as_ref(), LIMIT, exchange).await {
            Some(Ok(done)) => Ok(done),
            Some(Err(error)) => Err(self.tell(&error)),
            None => Err(DeliveryError::Later(format!(
                "{}:{}: no answer within {} seconds",
                self.server.host,
                self.server.port,
                LIMIT.as_secs()
            ))),
        }
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let message = message(mail, &self.server.from)
            .map_err(|error| DeliveryError::Refused(error.to_string()))?;
        self.in_time(self.transport.send(message)).await.map(|_| ())
    }

    async fn greet(&self) -> Result<(), DeliveryError> {
        if self.in_time(self.transport.test_connection()).await? {
            return Ok(());
        }
        let server = format!("{}:{}", self.server.host, self.server.port);
        Err(DeliveryError::Later(format!("{server}: it takes connections and does not answer")))
    }
}

/// Whether a text is an e-mail address.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

fn tls_parameters(host: &str, extra: Option<&Path>) -> Result<TlsParameters, TlsError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    for certificate in extra.map(certificates).transpose()?.unwrap_or_default() {
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|error| TlsError::Store(Box::new(error)))
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, TlsError> {
    let name = || file.display().to_string();
    let pem = fs::read(file)
        .map_err(|cause| TlsError::Certificates { file: name(), cause: Box::new(cause) })?;
    let read = Certificate::from_pem(&pem);
    read.map(|one| vec![one])
        .map_err(|cause| TlsError::Certificates { file: name(), cause: Box::new(cause) })
}

/// The chain of causes without doubles: lettre's errors repeat their causes.
fn words(error: &smtp::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    // A server's reply can be of any length, and of several lines.
    crate::domain::recipients::one_line(&text).chars().take(300).collect()
}

fn message(mail: &Mail, from: &Mailbox) -> Result<Message, Box<dyn std::error::Error>> {
    let domain = from.email.domain();
    let thread = format!("<{}@{domain}>", mail.thread);
    let written = Duration::from_secs(mail.written.as_second().max(0).cast_unsigned());
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(mail.subject.clone())
        .date(UNIX_EPOCH + written)
        .message_id(Some(format!("<{}@{domain}>", mail.id)))
        .in_reply_to(thread.clone())
        .references(thread);
    for one in &mail.to {
        let name = Some(one.name.clone()).filter(|name| !name.is_empty());
        builder = builder.to(Mailbox::new(name, one.email.parse()?));
    }
    for (name, value) in [
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Precedence", "bulk"),
    ] {
        let name = HeaderName::new_from_ascii_str(name);
        builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    // An equals sign and an underscore stand side by side in no encoded body, so boundaries need not be random.
    let boundary = |level: u8| format!("=_{level}_{}", mail.id);
    let bodies = MultiPart::alternative()
        .boundary(boundary(1))
        .singlepart(SinglePart::plain(mail.text.clone()))
        .singlepart(SinglePart::html(mail.html.clone()));
    let Some(file) = &mail.attachment else { return Ok(builder.multipart(bodies)?) };
    let kind = ContentType::parse("text/csv; charset=utf-8")?;
    let file = Attachment::new(file.name.clone()).body(file.text.clone(), kind);
    let whole = MultiPart::mixed().boundary(boundary(2)).multipart(bodies).singlepart(file);
    Ok(builder.multipart(whole)?)
}
