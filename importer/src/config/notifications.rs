//! The settings of e-mails and of the webhook.

use http::Uri;
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};

use super::read::{Found, LIST_DIVIDER, Values};
use super::{address, flag, number};
use crate::domain::ids::ResourceId;
use crate::domain::recipients::Recipient;
use crate::http::is_loopback;

/// Who hears of imports, and when not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notifications {
    /// Whether scheduled imports that found nothing new or updated are passed over in silence (rule N2).
    pub quiet: bool,
    /// Who gets an e-mail.
    pub recipients: Vec<Recipient>,
    /// Whether all recipients get one e-mail together.
    pub together: bool,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// It begins in the clear and is encrypted before anything else is said.
    StartTls,
    /// It is encrypted from the first byte on.
    Tls,
    /// Not at all; for this machine only.
    None,
}

/// The mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// Who signs in, and the password.
    pub login: Option<(String, SecretString)>,
    /// The sender.
    pub from: Mailbox,
}

/// Where news is posted.
#[derive(Debug, Clone)]
pub struct WebhookAccess {
    /// The address.
    pub url: Uri,
    /// What posts are signed with.
    pub secret: SecretString,
}

fn found(values: &Values, section: &'static str, name: &'static str) -> Option<Found> {
    values.found.get(&(section, name)).cloned()
}

pub(super) fn notifications(values: &mut Values) -> Option<Notifications> {
    let recipients = found(values, "notifications", "recipients")?;
    let items = recipients.text.split(LIST_DIVIDER).map(str::trim);
    let recipients = items.filter(|item| !item.is_empty()).map(recipient).collect();
    let (quiet, together) =
        (flag(values, "notifications", "quiet"), flag(values, "notifications", "together"));
    Some(Notifications { quiet: quiet?, recipients, together: together? })
}

/// Reads an id or a name.
fn recipient(text: &str) -> Recipient {
    match text.parse() {
        Ok(id) => Recipient::Id(ResourceId(id)),
        Err(_) => Recipient::Named(text.to_owned()),
    }
}

/// The mail server, if there is one. What is wrong with it is among the problems then.
pub(super) fn smtp(values: &mut Values) -> Option<Smtp> {
    let host = found(values, "smtp", "host")?;
    let encryption = found(values, "smtp", "encryption")?;
    let user = found(values, "smtp", "user")?;
    let password = found(values, "smtp", "password")?;
    let from = found(values, "smtp", "from")?;
    let port = found(values, "smtp", "port")?;
    let name = host.text.trim().to_owned();
    if name.is_empty() {
        return None;
    }
    let kind = match encryption.text.trim() {
        "starttls" => Some((Encryption::StartTls, 587)),
        "tls" => Some((Encryption::Tls, 465)),
        "none" if is_loopback(&name) => Some((Encryption::None, 25)),
        "none" => {
            let text = "`encryption`: \"none\" is for a mail server on this machine only; use \"starttls\" or \"tls\"";
            values.problem(encryption.place, text.to_owned());
            None
        }
        _ => {
            let text = "`encryption` must be \"starttls\", \"tls\" or \"none\"";
            values.problem(encryption.place, text.to_owned());
            None
        }
    };
    let port = match (port.text.trim(), kind) {
        ("", kind) => kind.map(|(_, port)| port),
        _ => number(values, "smtp", "port").and_then(|given| {
            let fits = u16::try_from(given).ok();
            if fits.is_none() {
                values.problem(port.place, "`port` must be at most 65535".to_owned());
            }
            fits
        }),
    };
    let sender = from.text.trim().parse::<Mailbox>().ok();
    if sender.is_none() {
        let text = "`from` must be the sender's e-mail address, importer@example.com for example";
        values.problem(from.place, text.to_owned());
    }
    let user = user.text.trim().to_owned();
    let (encryption, _) = kind?;
    Some(Smtp {
        host: name,
        port: port?,
        encryption,
        login: (!user.is_empty()).then(|| (user, SecretString::from(password.text))),
        from: sender?,
    })
}

/// The webhook, if there is one.
pub(super) fn webhook(values: &mut Values) -> Option<WebhookAccess> {
    let url = found(values, "webhook", "url")?;
    let secret = found(values, "webhook", "secret")?;
    if url.text.trim().is_empty() {
        return None;
    }
    let address = address(values, "webhook", "url");
    let secret = SecretString::from(secret.text);
    if secret.expose_secret().is_empty() {
        let text = "[webhook] has a `url` and no `secret`: posts are signed, so it needs one";
        values.problem(url.place, text.to_owned());
        return None;
    }
    Some(WebhookAccess { url: address?, secret })
}

/// The console's address, if it is given.
pub(super) fn console_url(values: &mut Values) -> Option<Uri> {
    let found = found(values, "console", "public_url")?;
    let text = found.text.trim();
    if text.is_empty() {
        return None;
    }
    // It is for people's browsers, in a network that this machine need not know: plain http is theirs to choose.
    let address = text.parse::<Uri>().ok().filter(|uri| {
        uri.host().is_some_and(|host| !host.is_empty())
            && matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.query().is_none()
    });
    if address.is_none() {
        let text = "`public_url` must be an address such as https://importer.example.com";
        values.problem(found.place, text.to_owned());
    }
    address
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, ConfigError};

    const ACCESS: &str = "[salesforce]\nuser = \"u\"\npassword = \"p\"\n\
                          [autotask]\nuser = \"u\"\nsecret = \"s\"\nintegration_code = \"c\"\n";

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::parse(&format!("{ACCESS}{text}"), Path::new("importer.toml"), &variables)
    }

    fn problems(text: &str) -> String {
        parse(text, &[]).unwrap_err().to_string()
    }

    #[test]
    fn nothing_is_sent_anywhere_unless_the_settings_say_so() {
        let config = parse("", &[]).unwrap();

        assert!(config.smtp.is_none() && config.webhook.is_none() && config.console_url.is_none());
        assert_eq!(config.notifications, Notifications::default());
    }

    #[test]
    fn recipients_are_ids_or_names_in_the_file_and_in_the_environment() {
        let expected =
            [Recipient::Id(ResourceId(29_682_885)), Recipient::Named("Dana Default".to_owned())];
        let file = "[notifications]\nquiet = true\nrecipients = [29682885, \" Dana Default\"]\n";
        let variables = [("IMPORTER_NOTIFICATIONS_RECIPIENTS", "29682885, Dana Default")];

        let config = parse(file, &[]).unwrap();
        assert!(config.notifications.quiet);
        assert_eq!(config.notifications.recipients, expected);
        assert_eq!(parse("", &variables).unwrap().notifications.recipients, expected);
    }

    #[test]
    fn the_port_follows_the_encryption_unless_it_is_given() {
        let smtp = |more: &str| {
            let text = format!("[smtp]\nhost = \"localhost\"\nfrom = \"i@example.com\"\n{more}");
            parse(&text, &[]).unwrap().smtp.unwrap()
        };

        assert_eq!((smtp("").port, smtp("").encryption), (587, Encryption::StartTls));
        assert_eq!(smtp("encryption = \"tls\"\n").port, 465);
        assert_eq!(smtp("encryption = \"none\"\n").port, 25);
        assert_eq!(smtp("port = 2525\n").port, 2525);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_would_be_right() {
        let smtp = "[smtp]\nhost = \"mail.example.com\"\nfrom = \"i@example.com\"\n";
        let cases = [
            (format!("{smtp}encryption = \"none\""), "this machine only"),
            (format!("{smtp}encryption = \"ssl\""), "must be \"starttls\""),
            (format!("{smtp}port = 70000"), "at most 65535"),
            ("[smtp]\nhost = \"mail.example.com\"".to_owned(), "`from` must be"),
            ("[notifications]\nquiet = \"yes\"".to_owned(), "`quiet` must be true or false"),
            ("[notifications]\nrecipients = \"Dana\"".to_owned(), "a list in square brackets"),
            ("[notifications]\nrecipients = [true]".to_owned(), "texts in quotes or whole numbers"),
            ("[webhook]\nurl = \"https://example.com/x\"".to_owned(), "no `secret`"),
            ("[webhook]\nurl = \"http://example.com/x\"\nsecret = \"x\"".to_owned(), "https"),
            ("[console]\npublic_url = \"importer\"".to_owned(), "`public_url` must be"),
        ];

        for (text, words) in cases {
            let problems = problems(&text);
            assert!(problems.contains(words), "{text}: {problems}");
        }
    }
}
