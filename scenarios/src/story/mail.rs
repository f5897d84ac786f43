//! E-mails in a story: who is to get them, what the mail server does, and what arrived.

use std::sync::Arc;
use std::time::Duration;

use cucumber::{gherkin, given, then, when};
use importer::app::Importer;
use importer::progress::Silent;
use importer::run::{Reading, Trigger};
use mock_autotask::Entity;
use mock_salesforce::ObjectKind;

use super::{Done, Story, cells, said};
use crate::clock::ManualClock;
use crate::mail_sink::{Read, Taken};

/// The time between two scheduled imports.
const INTERVAL: Duration = Duration::from_mins(20);

/// Sets who gets e-mails: resources by name.
///
/// ```gherkin
/// Given the notification recipients are "Dana Default, Ada Berg"
/// ```
#[given(expr = "the notification recipients are {string}")]
#[when(expr = "the notification recipients are {string}")]
fn recipients(story: &mut Story, names: String) {
    story.stage.settings.recipients = names.split(", ").map(str::to_owned).collect();
}

/// Sends no e-mail of a scheduled import that found nothing new.
///
/// ```gherkin
/// Given notifications are quiet
/// ```
#[given("notifications are quiet")]
fn quiet(story: &mut Story) {
    story.stage.settings.quiet = true;
}

/// Sends one e-mail to all instead of one to each.
///
/// ```gherkin
/// Given all recipients get one e-mail together
/// ```
#[given("all recipients get one e-mail together")]
fn together(story: &mut Story) {
    story.stage.settings.together = true;
}

/// It breaks every connection.
///
/// ```gherkin
/// Given the mail server is down
/// ```
#[given("the mail server is down")]
#[when("the mail server is down")]
fn down(story: &mut Story) {
    story.stage.mail.be_down(true);
}

/// It takes mails again.
///
/// ```gherkin
/// When the mail server is up again
/// ```
#[when("the mail server is up again")]
fn up(story: &mut Story) {
    story.stage.mail.be_down(false);
}

/// The mail is taken, and its acceptance is lost.
///
/// ```gherkin
/// Given the mail server drops the connection after taking the next mail
/// ```
#[given("the mail server drops the connection after taking the next mail")]
#[when("the mail server drops the connection after taking the next mail")]
fn drops(story: &mut Story) {
    story.stage.mail.drop_after_next_mail();
}

/// Answers so every time, in place of accepting the address.
///
/// ```gherkin
/// Given the mail server answers "550 no such user" to the recipient "ada@example.com"
/// ```
#[given(expr = "the mail server answers {string} to the recipient {string}")]
#[when(expr = "the mail server answers {string} to the recipient {string}")]
fn answers_recipient(story: &mut Story, reply: String, address: String) {
    story.stage.mail.answer_recipient(&address, &reply);
}

/// Answers so once, to the next SMTP command of that name.
///
/// ```gherkin
/// Given the mail server answers "451 later" to the next DATA
/// ```
#[given(expr = "the mail server answers {string} to the next {word}")]
#[when(expr = "the mail server answers {string} to the next {word}")]
fn answers_next(story: &mut Story, reply: String, command: String) {
    story.stage.mail.answer_next(&command, &reply);
}

/// What an administrator edits in Autotask: a table of fields and their new values.
///
/// ```gherkin
/// When the Autotask resource "Ada Berg" changes
///   | isActive | false |
/// ```
#[when(expr = "the Autotask resource {string} changes")]
async fn resource_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_autotask(Entity::Resource, &name, fields).await
}

/// The one in the importer's settings, that is.
///
/// ```gherkin
/// When Autotask's secret becomes wrong
/// ```
#[when("Autotask's secret becomes wrong")]
fn secret_becomes_wrong(story: &mut Story) {
    story.stage.settings.secret.push('x');
}

/// After it had become wrong.
///
/// ```gherkin
/// When Autotask's secret becomes right
/// ```
#[when("Autotask's secret becomes right")]
fn secret_becomes_right(story: &mut Story) {
    story.stage.settings.secret.pop();
}

/// Puts so many accounts into Salesforce: "Account 001" and so on.
///
/// ```gherkin
/// Given 30 more Salesforce accounts
/// ```
#[given(expr = "{int} more Salesforce accounts")]
#[when(expr = "{int} more Salesforce accounts")]
fn more_accounts(story: &mut Story, number: usize) -> Done {
    let before = story.accounts.keys().filter(|name| name.starts_with("Account ")).count();
    (before + 1..=before + number).try_for_each(|number| {
        let name = ("Name".to_owned(), Some(format!("Account {number:03}")));
        story.add_to_salesforce(ObjectKind::Account, vec![name])
    })
}

/// One after the other, 20 minutes apart.
///
/// ```gherkin
/// When 3 scheduled imports run
/// ```
#[when(expr = "{int} scheduled imports run")]
async fn scheduled_imports(story: &mut Story, imports: u32) -> Done {
    for _ in 0..imports {
        story.clock.advance(INTERVAL);
        story.run_as(Trigger::Scheduled, Reading::Changes).await?;
    }
    Ok(())
}

/// A process that starts now sends what is due in the outbox.
///
/// ```gherkin
/// When the importer delivers what waits
/// ```
#[when("the importer delivers what waits")]
async fn delivers(story: &mut Story) -> Done {
    importer(story)?.deliver().await.map_err(said)
}

/// An importer as a process that is started now would have it.
fn importer(story: &Story) -> Result<Importer, String> {
    let clock = Arc::<ManualClock>::clone(&story.clock);
    story.stage.importer(clock, Arc::new(Silent)).map_err(said)
}

/// The mails that arrived for an address, the first first.
fn mails_to(story: &Story, address: &str) -> Vec<Taken> {
    let taken = story.stage.mail.taken();
    taken.into_iter().filter(|mail| mail.to.iter().any(|to| to == address)).collect()
}

fn last_mail_to(story: &Story, address: &str) -> Result<Read, String> {
    let mails = mails_to(story, address);
    let last = mails.last().ok_or_else(|| format!("{address} has received no e-mail"))?;
    last.read().map_err(said)
}

/// E-mails since the story's beginning.
///
/// ```gherkin
/// Then "dana@example.com" has received 1 e-mail
/// ```
#[then(expr = "{string} has received {int} e-mail(s)")]
fn has_received(story: &mut Story, address: String, count: usize) -> Done {
    let mails = mails_to(story, &address);
    if mails.len() == count {
        return Ok(());
    }
    let subjects: Vec<_> =
        mails.iter().filter_map(|mail| Some(mail.read().ok()?.subject)).collect();
    Err(format!("{address} has received {} e-mails, not {count}: {subjects:?}", mails.len()))
}

/// The subject to the letter.
///
/// ```gherkin
/// Then the last e-mail to "dana@example.com" has the subject "Salesforce import: 1 created"
/// ```
#[then(expr = "the last e-mail to {string} has the subject {string}")]
fn has_subject(story: &mut Story, address: String, subject: String) -> Done {
    let mail = last_mail_to(story, &address)?;
    if mail.subject == subject { Ok(()) } else { Err(format!("the subject is {:?}", mail.subject)) }
}

/// In its text and, with markup escaped, in its HTML.
///
/// ```gherkin
/// Then the last e-mail to "dana@example.com" says "Nord GmbH"
/// ```
#[then(expr = "the last e-mail to {string} says {string}")]
fn says(story: &mut Story, address: String, words: String) -> Done {
    let mail = last_mail_to(story, &address)?;
    let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if !mail.text.contains(&words) {
        return Err(format!("{words:?} is not in its text: {}", mail.text));
    }
    if !mail.html.contains(&escaped) {
        return Err(format!("{escaped:?} is not in its HTML: {}", mail.html));
    }
    Ok(())
}

/// What must not stand there.
///
/// ```gherkin
/// Then the HTML of the last e-mail to "dana@example.com" lacks "<script>"
/// ```
#[then(expr = "the HTML of the last e-mail to {string} lacks {string}")]
fn html_lacks(story: &mut Story, address: String, words: String) -> Done {
    let mail = last_mail_to(story, &address)?;
    if mail.html.is_empty() || mail.html.contains(&words) {
        return Err(format!("{words:?} is in its HTML, or it has none: {}", mail.html));
    }
    Ok(())
}

/// A table of names and values; an empty cell means that there is no such field.
///
/// ```gherkin
/// Then the last e-mail to "dana@example.com" has these header fields
///   | Auto-Submitted | auto-generated |
/// ```
#[then(expr = "the last e-mail to {string} has these header fields")]
fn has_headers(story: &mut Story, address: String, step: &gherkin::Step) -> Done {
    let mail = last_mail_to(story, &address)?;
    for (name, expected) in cells::fields(step, &|_| None)? {
        let found = mail.headers.get(&name);
        if found != expected.as_ref() {
            return Err(format!("{name} is {found:?}, not {expected:?}: {:?}", mail.headers));
        }
    }
    Ok(())
}

/// How many records its attachment lists.
///
/// ```gherkin
/// Then the last e-mail to "dana@example.com" brings a CSV file of 32 records
/// ```
#[then(expr = "the last e-mail to {string} brings a CSV file of {int} records")]
fn brings_csv(story: &mut Story, address: String, records: usize) -> Done {
    let mail = last_mail_to(story, &address)?;
    let name = format!("run-{}.csv", story.last_run()?.report.run);
    let file = mail.attachments.get(&name);
    let text = file.ok_or_else(|| format!("it brings {:?}", mail.attachments))?;
    let found = text.lines().count().saturating_sub(1);
    if found == records { Ok(()) } else { Err(format!("the file has {found} records: {text}")) }
}

/// Mails that were sent again.
///
/// ```gherkin
/// Then the 2 e-mails to "dana@example.com" are one by their Message-ID
/// ```
#[then(expr = "the {int} e-mails to {string} are one by their Message-ID")]
fn one_message_id(story: &mut Story, count: usize, address: String) -> Done {
    let ids = message_ids(&mails_to(story, &address))?;
    if ids.len() == count && ids.iter().all(|id| *id == ids[0]) {
        return Ok(());
    }
    Err(format!("the Message-IDs are {ids:?}"))
}

/// Whoever they went to.
///
/// ```gherkin
/// Then all e-mails have Message-IDs of their own and belong to one thread
/// ```
#[then("all e-mails have Message-IDs of their own and belong to one thread")]
fn one_thread(story: &mut Story) -> Done {
    let taken = story.stage.mail.taken();
    let mut ids = message_ids(&taken)?;
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if all < 2 || ids.len() != all {
        return Err(format!("{all} e-mails have the Message-IDs {ids:?}"));
    }
    let threads = headers(&taken, "References")?;
    if threads.iter().all(|thread| *thread == threads[0] && !ids.contains(thread)) {
        return Ok(());
    }
    Err(format!("they refer to {threads:?}"))
}

fn message_ids(mails: &[Taken]) -> Result<Vec<String>, String> {
    headers(mails, "Message-ID")
}

fn headers(mails: &[Taken], name: &str) -> Result<Vec<String>, String> {
    let header = |mail: &Taken| {
        let found = mail.read().map_err(said)?.headers.remove(name);
        found.ok_or_else(|| format!("an e-mail has no {name}"))
    };
    mails.iter().map(header).collect()
}

/// What the outbox holds.
///
/// ```gherkin
/// Then 1 e-mail waits to be sent
/// ```
#[then(expr = "{int} e-mail(s) wait(s) to be sent")]
fn wait(story: &mut Story, count: usize) -> Done {
    let waiting = importer(story)?.ledger.write(|tx| tx.pending(1_000)).map_err(said)?;
    if waiting.len() == count { Ok(()) } else { Err(format!("{waiting:?} wait")) }
}

/// Among the notes about the whole of the last run.
///
/// ```gherkin
/// Then the run warns "is inactive in Autotask"
/// ```
#[then(expr = "the run warns {string}")]
fn warns(story: &mut Story, words: String) -> Done {
    let warnings = &story.last_run()?.report.warnings;
    if warnings.iter().any(|warning| warning.contains(&words)) {
        return Ok(());
    }
    Err(format!("no warning says so: {warnings:?}"))
}
