//! What happens in a story.

use cucumber::{gherkin, given, when};
use mock_autotask::Entity;
use mock_salesforce::ObjectKind;

use super::{Done, Story, cells, said};

#[when("the importer runs")]
async fn the_importer_runs(story: &mut Story) -> Done {
    story.run().await
}

#[when("the importer runs again")]
async fn the_importer_runs_again(story: &mut Story) -> Done {
    story.run().await
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

#[when("the importer's ledger is lost")]
fn ledger_is_lost(story: &mut Story) -> Done {
    story.stage.lose_ledger().map_err(said)
}
