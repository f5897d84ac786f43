//! What happens in a story.

use std::time::Duration;

use cucumber::{gherkin, given, when};
use importer::run::{Reading, Trigger};
use mock_autotask::Entity;
use mock_salesforce::ObjectKind;

use super::{Done, Story, cells, said};

/// A minute later, the importer is started and runs to its end.
///
/// ```gherkin
/// When the importer runs
/// ```
#[when("the importer runs")]
async fn the_importer_runs(story: &mut Story) -> Done {
    story.run(Reading::Sweep).await
}

/// The same once more: a new process that knows of the earlier run by its ledger alone.
///
/// ```gherkin
/// When the importer runs
/// And the importer runs again
/// ```
#[when("the importer runs again")]
async fn the_importer_runs_again(story: &mut Story) -> Done {
    story.run(Reading::Sweep).await
}

/// The same as the service does it when an import is due: it reads only what changed.
///
/// ```gherkin
/// When a scheduled import runs
/// ```
#[when("a scheduled import runs")]
async fn a_scheduled_import_runs(story: &mut Story) -> Done {
    story.clock.advance(Duration::from_mins(1));
    story.run_as(Trigger::Scheduled, Reading::Changes).await
}

/// The same as `importer run --full` does it: it reads both systems whole.
///
/// ```gherkin
/// When the importer compares everything
/// ```
#[when("the importer compares everything")]
async fn the_importer_compares_everything(story: &mut Story) -> Done {
    story.run(Reading::Full).await
}

/// Somebody edits an account: a table of fields and their new values, without headings.
///
/// ```gherkin
/// When the Salesforce account "Nord GmbH" changes
///   | Phone | 555-200 |
/// ```
#[given(expr = "the Salesforce account {string} changes")]
#[when(expr = "the Salesforce account {string} changes")]
fn account_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_salesforce(ObjectKind::Account, &name, fields)
}

/// Somebody edits a contact.
///
/// ```gherkin
/// When the Salesforce contact "Ada Berg" changes
///   | AccountId | Nord GmbH |
/// ```
#[when(expr = "the Salesforce contact {string} changes")]
fn contact_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_salesforce(ObjectKind::Contact, &name, fields)
}

/// Somebody edits a company in Autotask. An empty cell clears the field.
///
/// ```gherkin
/// When the Autotask company "Nord GmbH" changes
///   | Salesforce Company ID | |
/// ```
#[when(expr = "the Autotask company {string} changes")]
async fn company_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_autotask(Entity::Company, &name, fields).await
}

/// Somebody edits a contact in Autotask.
///
/// ```gherkin
/// When the Autotask contact "Ada Berg" changes
///   | title | CEO |
/// ```
#[when(expr = "the Autotask contact {string} changes")]
async fn person_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_autotask(Entity::Contact, &name, fields).await
}

/// Somebody deletes an account, with its contacts, into the recycle bin.
///
/// ```gherkin
/// When the Salesforce account "Nord GmbH" is deleted
/// ```
#[when(expr = "the Salesforce account {string} is deleted")]
fn account_is_deleted(story: &mut Story, name: String) -> Done {
    story.delete_in_salesforce(ObjectKind::Account, &name)
}

/// Somebody deletes a contact into the recycle bin.
///
/// ```gherkin
/// When the Salesforce contact "Ada Berg" is deleted
/// ```
#[when(expr = "the Salesforce contact {string} is deleted")]
fn contact_is_deleted(story: &mut Story, name: String) -> Done {
    story.delete_in_salesforce(ObjectKind::Contact, &name)
}

/// Somebody takes an account out of the recycle bin, with the contacts that were deleted with it.
///
/// ```gherkin
/// When the Salesforce account "Nord GmbH" is restored
/// ```
#[when(expr = "the Salesforce account {string} is restored")]
fn account_is_restored(story: &mut Story, name: String) -> Done {
    story.restore_in_salesforce(ObjectKind::Account, &name)
}

/// Somebody merges the first account into the second, which stays.
///
/// ```gherkin
/// When the Salesforce account "Nord AG" is merged into "Nord GmbH"
/// ```
#[when(expr = "the Salesforce account {string} is merged into {string}")]
fn account_is_merged(story: &mut Story, loser: String, winner: String) -> Done {
    story.merge_in_salesforce(ObjectKind::Account, &loser, &winner)
}

/// Somebody merges the first contact into the second, which stays.
///
/// ```gherkin
/// When the Salesforce contact "A. Berg" is merged into "Ada Berg"
/// ```
#[when(expr = "the Salesforce contact {string} is merged into {string}")]
fn contact_is_merged(story: &mut Story, loser: String, winner: String) -> Done {
    story.merge_in_salesforce(ObjectKind::Contact, &loser, &winner)
}

/// Sets a key of the table `[settings]`, from the next run on.
///
/// ```gherkin
/// Given the setting "moved_contacts" is "recreate"
/// ```
#[given(expr = "the setting {string} is {string}")]
#[when(expr = "the setting {string} is {string}")]
fn setting_is(story: &mut Story, name: String, value: String) {
    story.stage.settings.more.insert(name, value);
}

/// Somebody deletes a company in Autotask.
///
/// ```gherkin
/// When the Autotask company "Nord GmbH" is deleted
/// ```
#[when(expr = "the Autotask company {string} is deleted")]
async fn company_is_deleted(story: &mut Story, name: String) -> Done {
    story.delete_in_autotask(Entity::Company, &name).await
}

/// Somebody deletes a contact in Autotask.
///
/// ```gherkin
/// When the Autotask contact "Ada Berg" is deleted
/// ```
#[when(expr = "the Autotask contact {string} is deleted")]
async fn person_is_deleted(story: &mut Story, name: String) -> Done {
    story.delete_in_autotask(Entity::Contact, &name).await
}

/// Puts an empty organization in Salesforce's place, with the same credentials. The ledger stays.
///
/// ```gherkin
/// When the importer is pointed at another Salesforce organization
/// ```
#[when("the importer is pointed at another Salesforce organization")]
async fn another_organization(story: &mut Story) -> Done {
    let clock = story.mocks_clock();
    story.planted = story.planted.saturating_sub(story.stage.salesforce.spoilt_calls());
    story.stage.replace_salesforce(clock).await.map_err(said)
}

/// Puts an empty database in Autotask's place, with the same credentials. The ledger stays.
///
/// ```gherkin
/// When the importer is pointed at another Autotask database
/// ```
#[when("the importer is pointed at another Autotask database")]
async fn another_database(story: &mut Story) -> Done {
    let clock = story.mocks_clock();
    story.planted = story.planted.saturating_sub(story.stage.autotask.spoilt_calls());
    story.stage.replace_autotask(clock).await.map_err(said)
}

/// Sets a key as `importer settings set` does, with a yes to what the first import would do. A refusal fails
/// the story.
///
/// ```gherkin
/// When somebody sets "default_account_manager" to "Ada Berg"
/// ```
#[when(expr = "somebody sets {string} to {string}")]
async fn somebody_sets(story: &mut Story, name: String, value: String) -> Done {
    story.set(&name, value).await?.map_err(|refusal| format!("it is refused: {refusal}"))
}

/// The same, and the refusal is what the story is about.
///
/// ```gherkin
/// When somebody tries to set "default_account_manager" to "No Body"
/// ```
#[when(expr = "somebody tries to set {string} to {string}")]
async fn somebody_tries_to_set(story: &mut Story, name: String, value: String) -> Done {
    story.refusal = story.set(&name, value).await?.err();
    Ok(())
}

/// Lets time pass for the importer and both systems. An active importer imports whenever it is due meanwhile.
///
/// ```gherkin
/// When 20 minutes pass
/// ```
#[when(expr = "{int} minutes pass")]
async fn minutes_pass(story: &mut Story, minutes: u32) -> Done {
    story.let_pass(minutes).await
}

/// Lets time pass until the clock, by UTC, shows this the next time. An active importer imports whenever it is due
/// meanwhile.
///
/// ```gherkin
/// Given it is 09:40
/// ```
#[given(expr = "it is {word}")]
#[when(expr = "it is {word}")]
async fn it_is(story: &mut Story, time: String) -> Done {
    story.let_pass_until(&time).await
}

/// Takes all away that the importer keeps; the next run begins with nothing.
///
/// ```gherkin
/// When the importer's ledger is lost
/// ```
#[when("the importer's ledger is lost")]
fn ledger_is_lost(story: &mut Story) -> Done {
    story.stage.lose_ledger().map_err(said)
}
