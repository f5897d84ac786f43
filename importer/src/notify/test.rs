//! Whether people can be told: tried without telling them (rule S6), and with a test that they see.

use super::{Audience, Postman};
use crate::check::Findings;
use crate::domain::metadata::Metadata;
use crate::domain::recipients::{Addressee, Roster};
use crate::ports::{DeliveryError, Mail};

/// Looks at the recipients, and signs in to the mail server without sending anything.
pub(crate) async fn check(
    postman: &Postman,
    audience: &Audience,
    metadata: Option<&Metadata>,
    findings: &mut Findings,
) {
    let roster = metadata.map(|metadata| audience.roster(&metadata.resources));
    if let Some(roster) = &roster {
        tell_roster(roster, findings);
    }
    let Some(mailer) = &postman.mailer else {
        if audience.has_recipients() {
            findings.wrong(
                "recipients are selected, but [smtp] names no mail server: no e-mail is sent",
            );
        }
        return;
    };
    if !audience.has_recipients() {
        findings.note(
            "there is a mail server, but no recipients in [notifications]: no e-mail is sent",
        );
    }
    match mailer.greet().await {
        Ok(()) => findings.fine("the mail server takes the connection and the sign-in"),
        Err(error) => findings.wrong(advice(&error)),
    }
}

/// Sends a test to every recipient and to the webhook, at once and without the outbox.
pub(crate) async fn send_test(
    postman: &Postman,
    audience: &Audience,
    metadata: Option<&Metadata>,
    findings: &mut Findings,
) {
    let roster = metadata.map(|metadata| audience.roster(&metadata.resources)).unwrap_or_default();
    tell_roster(&roster, findings);
    match &postman.mailer {
        None => findings.note("[smtp] names no mail server: no e-mail is sent"),
        Some(_) if roster.addressees.is_empty() => {
            let text = "there is nobody to send an e-mail to: see `recipients` in [notifications]";
            findings.wrong_about("notifications.recipients", text);
        }
        Some(mailer) => {
            for (number, addressee) in roster.addressees.iter().enumerate() {
                let mail = test_mail(postman, number, addressee);
                match mailer.send(&mail).await {
                    Ok(()) => {
                        findings
                            .fine(format!("the mail server took a test for {}", addressee.email));
                    }
                    Err(error) => {
                        findings.wrong(format!("{}: {}", addressee.email, advice(&error)));
                    }
                }
            }
        }
    }
    if let Some(webhook) = &postman.webhook {
        let id = format!("test.{}", postman.clock.now().as_millisecond());
        match webhook.post(&id, "{\"event\":\"test\"}").await {
            Ok(()) => findings.fine("the webhook took a test"),
            Err(error) => findings.wrong(error.to_string()),
        }
    }
}

fn test_mail(postman: &Postman, number: usize, addressee: &Addressee) -> Mail {
    let written = postman.clock.now();
    let text = "This is a test: e-mails about imports from Salesforce reach you.";
    Mail {
        id: format!("test.{number}.{}", written.as_millisecond()),
        thread: "test".to_owned(),
        written,
        to: vec![addressee.clone()],
        subject: "Salesforce import: a test".to_owned(),
        text: format!("{text}\n"),
        html: format!("<!DOCTYPE html><html lang=\"en\"><body><p>{text}</p></body></html>"),
        attachment: None,
    }
}

fn tell_roster(roster: &Roster<'_>, findings: &mut Findings) {
    for problem in &roster.problems {
        findings.note(problem.clone());
    }
    if !roster.addressees.is_empty() {
        let names: Vec<_> = roster.addressees.iter().map(|one| one.name.as_str()).collect();
        findings.fine(format!("e-mails go to {}", names.join(", ")));
    }
}

/// What is wrong, and what to do about it.
fn advice(error: &DeliveryError) -> String {
    let remedy = match error {
        DeliveryError::Refused(_) => {
            "check `from` in [smtp], and whether this server may send for it"
        }
        DeliveryError::SignInRefused(_) => "check `user` and `password` in [smtp]",
        DeliveryError::Later(_) => {
            "check `host`, `port` and `encryption` in [smtp]; if an authority of your own made its certificate, \
             `ca_file` in [network] names that"
        }
    };
    format!("the mail server cannot be used: {error}; {remedy}")
}
