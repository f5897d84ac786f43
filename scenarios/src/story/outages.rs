//! What goes wrong around the importer in a story: outages, a process that ends, clocks that differ, what somebody's user
//! does not see.

use std::time::Duration;

use cucumber::{gherkin, given, when};
use importer::run::{Reading, Trigger};
use jiff::ToSpan;
use mock_autotask::{Action, Effect, Entity, FaultRule};
use mock_kit::clock::{Clock, SystemClock};
use mock_salesforce::{FieldSettings, ObjectKind};

use super::given::next_create;
use super::{Done, Story, cells, said};

/// How often the end of a process is looked for.
const LOOK: Duration = Duration::from_millis(2);

/// From now on Autotask answers every call with HTTP's alone, as in an outage.
///
/// ```gherkin
/// When Autotask is down
/// ```
#[given("Autotask is down")]
#[when("Autotask is down")]
fn autotask_down(story: &mut Story) {
    let effect = Effect::Status { status: 503, body: String::new() };
    let rule = FaultRule { call: None, times: None, ..FaultRule::next("", effect) };
    story.spoil_autotask(rule);
}

/// Whatever went wrong with Autotask does so no longer.
///
/// ```gherkin
/// When Autotask is up again
/// ```
#[when("Autotask is up again")]
fn autotask_up(story: &mut Story) {
    story.stage.autotask.heal();
}

/// From now on Salesforce answers every call with HTTP's alone, as in an outage.
///
/// ```gherkin
/// When Salesforce is down
/// ```
#[given("Salesforce is down")]
#[when("Salesforce is down")]
fn salesforce_down(story: &mut Story) {
    let effect = mock_salesforce::Effect::Status { status: 503, body: String::new() };
    let rule = mock_salesforce::FaultRule::next("", effect);
    story.spoil_salesforce(mock_salesforce::FaultRule { call: None, times: None, ..rule });
}

/// Whatever went wrong with Salesforce does so no longer.
///
/// ```gherkin
/// When Salesforce is up again
/// ```
#[when("Salesforce is up again")]
fn salesforce_up(story: &mut Story) {
    story.stage.salesforce.heal();
}

/// Autotask answers the next change of a company or a contact with this error.
///
/// ```gherkin
/// Given Autotask refuses the next change of a company with "Data violation: no."
/// ```
#[given(expr = "Autotask refuses the next change of a {word} with {string}")]
#[when(expr = "Autotask refuses the next change of a {word} with {string}")]
fn change_refused(story: &mut Story, what: String, message: String) -> Done {
    let effect = Effect::Errors { status: 500, messages: vec![message] };
    story.spoil_autotask(FaultRule::next(change_of(&what)?, effect));
    Ok(())
}

/// The next change of a company or a contact takes effect, but the connection breaks before the answer.
///
/// ```gherkin
/// Given the answer to the next change of a company is lost
/// ```
#[given(expr = "the answer to the next change of a {word} is lost")]
#[when(expr = "the answer to the next change of a {word} is lost")]
fn change_lost(story: &mut Story, what: String) -> Done {
    story.spoil_autotask(FaultRule::next(change_of(&what)?, Effect::DropAfter));
    Ok(())
}

/// Autotask answers every change of a company or a contact that says this with HTTP's status alone, and does nothing; all
/// other calls are answered.
///
/// ```gherkin
/// When Autotask answers each change of a company that says "555-666" with HTTP status 502
/// ```
#[when(expr = "Autotask answers each change of a {word} that says {string} with HTTP status {int}")]
fn change_unanswered(story: &mut Story, what: String, says: String, status: u16) -> Done {
    let effect = Effect::Status { status, body: String::new() };
    let (times, containing) = (None, Some(says));
    let rule = FaultRule { times, containing, ..FaultRule::next(change_of(&what)?, effect) };
    story.spoil_autotask(rule);
    Ok(())
}

/// The security level of Autotask's API user has no right to make companies, or contacts.
///
/// ```gherkin
/// Given the Autotask user may not create a contact
/// ```
#[given(expr = "the Autotask user may not create a {word}")]
fn denied(story: &mut Story, what: String) -> Done {
    let entity = match what.as_str() {
        "company" => Entity::Company,
        "contact" => Entity::Contact,
        other => return Err(format!("{other:?} is neither company nor contact")),
    };
    story.stage.autotask.configure(|settings| {
        settings.denied.entry(entity).or_default().insert(Action::Create);
    });
    Ok(())
}

fn change_of(what: &str) -> Result<&'static str, String> {
    match what {
        "company" => Ok("PATCH Companies"),
        "contact" => Ok("PATCH Companies/{id}/Contacts"),
        other => Err(format!("{other:?} is neither company nor contact")),
    }
}

/// A minute later the importer runs, and its process is killed when Autotask has made that company or contact and has
/// not answered yet.
///
/// ```gherkin
/// When the importer is killed once Autotask has made the company "Nord GmbH"
/// ```
#[when(expr = "the importer is killed once Autotask has made the {word} {string}")]
async fn killed_after(story: &mut Story, what: String, name: String) -> Done {
    story.kill_at(next_create(&what, &name, Effect::HangAfter)?).await
}

/// A minute later the importer runs, and its process is killed when it has sent the create of that company or contact,
/// which never takes effect.
///
/// ```gherkin
/// When the importer is killed before Autotask makes the company "Nord GmbH"
/// ```
#[when(expr = "the importer is killed before Autotask makes the {word} {string}")]
async fn killed_before(story: &mut Story, what: String, name: String) -> Done {
    story.kill_at(next_create(&what, &name, Effect::HangBefore)?).await
}

/// A minute later the importer runs, and its process is killed when it has sent its next change of a company or contact,
/// which takes effect.
///
/// ```gherkin
/// When the importer is killed while it changes a company
/// ```
#[when(expr = "the importer is killed while it changes a {word}")]
async fn killed_changing(story: &mut Story, what: String) -> Done {
    story.kill_at(FaultRule::next(change_of(&what)?, Effect::HangAfter)).await
}

/// Salesforce's clock is so much ahead of the importer's.
///
/// ```gherkin
/// Given Salesforce's clock is 30 minutes ahead
/// ```
#[given(expr = "Salesforce's clock is {int} minutes ahead")]
fn salesforce_ahead(story: &mut Story, minutes: u32) {
    story.stage.salesforce.advance_clock(minutes.saturating_mul(60));
}

/// Autotask's clock is so much ahead of the importer's.
///
/// ```gherkin
/// Given Autotask's clock is 30 minutes ahead
/// ```
#[given(expr = "Autotask's clock is {int} minutes ahead")]
fn autotask_ahead(story: &mut Story, minutes: u32) {
    story.stage.autotask.advance_clock(minutes.saturating_mul(60));
}

/// Somebody edited an account so long ago, and it can be seen only now: a long transaction ended. A table of fields and
/// their new values, without headings.
///
/// ```gherkin
/// When a change of the Salesforce account "Nord GmbH" of 5 minutes ago is committed
///   | Phone | 555-200 |
/// ```
#[when(expr = "a change of the Salesforce account {string} of {int} minutes ago is committed")]
fn committed_late(story: &mut Story, name: String, minutes: u32, step: &gherkin::Step) -> Done {
    let mut fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    let then = story.stage.salesforce.now().saturating_sub(i64::from(minutes).minutes());
    let then = then.map_err(said)?.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    fields.push(("SystemModstamp".to_owned(), Some(then)));
    story.change_in_salesforce(ObjectKind::Account, &name, fields)
}

/// The profile of the importer's Salesforce user hides a field of accounts or contacts.
///
/// ```gherkin
/// Given the Salesforce user does not see the field "Fax" of accounts
/// ```
#[given(expr = "the Salesforce user does not see the field {string} of {word}")]
#[when(expr = "the Salesforce user does not see the field {string} of {word}")]
fn hidden_field(story: &mut Story, field: String, what: String) -> Done {
    story.show_field(&what, &field, false)
}

/// A field of accounts or contacts can be seen again.
///
/// ```gherkin
/// When the Salesforce user sees the field "Fax" of accounts again
/// ```
#[when(expr = "the Salesforce user sees the field {string} of {word} again")]
fn visible_field(story: &mut Story, field: String, what: String) -> Done {
    story.show_field(&what, &field, true)
}

/// Autotask's answer to where the database lives names this server.
///
/// ```gherkin
/// Given Autotask says that the database lives at "https://autotask.example.org"
/// ```
#[given(expr = "Autotask says that the database lives at {string}")]
fn zone_elsewhere(story: &mut Story, address: String) {
    story.stage.autotask.configure(|settings| settings.zone_url = Some(address));
}

impl Story {
    fn show_field(&self, what: &str, field: &str, visible: bool) -> Done {
        let object = match what {
            "accounts" => ObjectKind::Account,
            "contacts" => ObjectKind::Contact,
            other => return Err(format!("{other:?} are neither accounts nor contacts")),
        };
        let settings = FieldSettings { visible: Some(visible), ..FieldSettings::default() };
        self.stage.salesforce.org().set_field(object, field, &settings).map_err(said)
    }

    /// Runs the importer and ends it once this fault, after which no answer comes, has happened.
    async fn kill_at(&mut self, fault: FaultRule) -> Done {
        self.spoil_autotask(fault);
        self.clock.advance(Duration::from_mins(1));
        let before = self.faults_of_autotask();
        let importer = self.own_importer()?;
        let run = importer.import_as(Trigger::Manual, Reading::Sweep);
        let killed = async {
            while self.faults_of_autotask() == before {
                SystemClock.sleep(LOOK).await;
            }
        };
        tokio::select! {
            biased;
            () = killed => {}
            ended = run => {
                let ended = ended.map_or_else(said, |report| report.state.name().to_owned());
                return Err(format!("the importer came to its end before it could be killed: {ended}"));
            }
        }
        self.last_run = None;
        self.refusal = Some("it was killed".to_owned());
        Ok(())
    }

    /// Calls of Autotask that have gone wrong on purpose so far.
    pub(super) fn faults_of_autotask(&self) -> usize {
        let journal = self.stage.autotask.journal();
        journal.iter().filter(|entry| entry.effect.is_some()).count()
    }
}
