//! What happens in a story.

use std::sync::Arc;
use std::time::Duration;

use cucumber::{gherkin, given, when};
use importer::run::{Reading, Trigger};
use mock_autotask::Entity;
use mock_salesforce::ObjectKind;

use super::{Done, Story, cells, said};
use crate::clock::ManualClock;

#[when("the importer runs")]
async fn the_importer_runs(story: &mut Story) -> Done {
    story.run(Reading::Sweep).await
}

#[when("the importer runs again")]
async fn the_importer_runs_again(story: &mut Story) -> Done {
    story.run(Reading::Sweep).await
}

#[when("a scheduled import runs")]
async fn a_scheduled_import_runs(story: &mut Story) -> Done {
    story.clock.advance(Duration::from_mins(1));
    story.run_as(Trigger::Scheduled, Reading::Changes).await
}

#[when("the importer compares everything")]
async fn the_importer_compares_everything(story: &mut Story) -> Done {
    story.run(Reading::Full).await
}

#[given(expr = "the Salesforce account {string} changes")]
#[when(expr = "the Salesforce account {string} changes")]
fn account_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_salesforce(ObjectKind::Account, &name, fields)
}

#[when(expr = "the Salesforce contact {string} changes")]
fn contact_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_salesforce(ObjectKind::Contact, &name, fields)
}

#[when(expr = "the Autotask company {string} changes")]
async fn company_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_autotask(Entity::Company, &name, fields).await
}

#[when(expr = "the Autotask contact {string} changes")]
async fn person_changes(story: &mut Story, name: String, step: &gherkin::Step) -> Done {
    let fields = cells::fields(step, &|name| story.salesforce_id(name))?;
    story.change_in_autotask(Entity::Contact, &name, fields).await
}

#[when(expr = "the Salesforce account {string} is deleted")]
fn account_is_deleted(story: &mut Story, name: String) -> Done {
    story.delete_in_salesforce(ObjectKind::Account, &name)
}

#[when(expr = "the Salesforce contact {string} is deleted")]
fn contact_is_deleted(story: &mut Story, name: String) -> Done {
    story.delete_in_salesforce(ObjectKind::Contact, &name)
}

#[when(expr = "the Salesforce account {string} is restored")]
fn account_is_restored(story: &mut Story, name: String) -> Done {
    story.restore_in_salesforce(ObjectKind::Account, &name)
}

#[when(expr = "the Salesforce account {string} is merged into {string}")]
fn account_is_merged(story: &mut Story, loser: String, winner: String) -> Done {
    story.merge_in_salesforce(ObjectKind::Account, &loser, &winner)
}

#[when(expr = "the Salesforce contact {string} is merged into {string}")]
fn contact_is_merged(story: &mut Story, loser: String, winner: String) -> Done {
    story.merge_in_salesforce(ObjectKind::Contact, &loser, &winner)
}

#[given(expr = "the setting {string} is {string}")]
#[when(expr = "the setting {string} is {string}")]
fn setting_is(story: &mut Story, name: String, value: String) {
    story.stage.settings.more.insert(name, value);
}

#[when(expr = "the Autotask company {string} is deleted")]
async fn company_is_deleted(story: &mut Story, name: String) -> Done {
    story.delete_in_autotask(Entity::Company, &name).await
}

#[when(expr = "the Autotask contact {string} is deleted")]
async fn person_is_deleted(story: &mut Story, name: String) -> Done {
    story.delete_in_autotask(Entity::Contact, &name).await
}

#[when("the importer is pointed at another Salesforce organization")]
async fn another_organization(story: &mut Story) -> Done {
    let clock = Arc::<ManualClock>::clone(&story.clock);
    story.stage.replace_salesforce(clock).await.map_err(said)
}

#[when("the importer is pointed at another Autotask database")]
async fn another_database(story: &mut Story) -> Done {
    let clock = Arc::<ManualClock>::clone(&story.clock);
    story.stage.replace_autotask(clock).await.map_err(said)
}

#[when(expr = "somebody sets {string} to {string}")]
async fn somebody_sets(story: &mut Story, name: String, value: String) -> Done {
    story.set(&name, value).await?.map_err(|refusal| format!("it is refused: {refusal}"))
}

#[when(expr = "somebody tries to set {string} to {string}")]
async fn somebody_tries_to_set(story: &mut Story, name: String, value: String) -> Done {
    story.refusal = story.set(&name, value).await?.err();
    Ok(())
}

#[when(expr = "{int} minutes pass")]
fn minutes_pass(story: &mut Story, minutes: u64) {
    story.clock.advance(Duration::from_mins(minutes));
}

#[when("the importer's ledger is lost")]
fn ledger_is_lost(story: &mut Story) -> Done {
    story.stage.lose_ledger().map_err(said)
}
