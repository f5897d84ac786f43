//! How things are when a story begins.

use cucumber::{gherkin, given, when};
use mock_autotask::{Complaint, Effect, Entity, FaultRule, Limits};
use mock_salesforce::ObjectKind;

use super::{Done, Story, cells};
use crate::stage::SignIn;

#[given("these Salesforce accounts")]
#[when("these Salesforce accounts")]
fn salesforce_accounts(story: &mut Story, step: &gherkin::Step) -> Done {
    let rows = cells::rows(step, &|name| story.salesforce_id(name))?;
    rows.into_iter().try_for_each(|row| story.add_to_salesforce(ObjectKind::Account, row))
}

#[given("these Salesforce contacts")]
#[when("these Salesforce contacts")]
fn salesforce_contacts(story: &mut Story, step: &gherkin::Step) -> Done {
    let rows = cells::rows(step, &|name| story.salesforce_id(name))?;
    rows.into_iter().try_for_each(|row| story.add_to_salesforce(ObjectKind::Contact, row))
}

#[given("these Autotask companies")]
#[when("these Autotask companies")]
async fn autotask_companies(story: &mut Story, step: &gherkin::Step) -> Done {
    add(story, Entity::Company, step).await
}

#[given("these Autotask contacts")]
#[when("these Autotask contacts")]
async fn autotask_contacts(story: &mut Story, step: &gherkin::Step) -> Done {
    add(story, Entity::Contact, step).await
}

#[given("these Autotask resources")]
async fn autotask_resources(story: &mut Story, step: &gherkin::Step) -> Done {
    add(story, Entity::Resource, step).await
}

#[given("these Autotask user-defined fields")]
async fn autotask_udfs(story: &mut Story, step: &gherkin::Step) -> Done {
    add(story, Entity::UserDefinedFieldDefinition, step).await
}

async fn add(story: &mut Story, entity: Entity, step: &gherkin::Step) -> Done {
    for row in cells::rows(step, &|name| story.salesforce_id(name))? {
        story.add_to_autotask(entity, row).await?;
    }
    Ok(())
}

#[given(expr = "the default account manager is {string}")]
#[when(expr = "the default account manager is {string}")]
fn default_account_manager(story: &mut Story, name: String) {
    story.stage.settings.default_account_manager = name;
}

#[given("there is no default account manager")]
fn no_default_account_manager(story: &mut Story) {
    story.stage.settings.default_account_manager.clear();
}

#[given("what people edit is left to the ledger")]
fn left_to_ledger(story: &mut Story) -> Done {
    story.leave_to_ledger()
}

#[given(expr = "the importer is told the Salesforce password {string}")]
fn salesforce_password(story: &mut Story, password: String) {
    story.stage.settings.password = password;
}

#[given(expr = "the importer is told the Salesforce token {string}")]
fn salesforce_token(story: &mut Story, token: String) {
    story.stage.settings.token = token;
}

#[given(expr = "the importer signs in by {string}")]
fn sign_in(story: &mut Story, way: String) -> Done {
    story.stage.settings.sign_in = match way.as_str() {
        "password" => SignIn::Password,
        "client-credentials" => SignIn::ClientCredentials,
        "jwt" => SignIn::Jwt,
        other => return Err(format!("there is no sign-in by {other:?}")),
    };
    Ok(())
}

#[given(expr = "the importer is told the Salesforce client secret {string}")]
fn client_secret(story: &mut Story, secret: String) {
    story.stage.settings.client_secret = secret;
}

#[given(expr = "the importer is told the API version {string}")]
fn api_version(story: &mut Story, version: String) {
    story.stage.settings.api_version = Some(version);
}

#[given("Salesforce has switched login() off")]
fn login_off(story: &mut Story) {
    story.stage.salesforce.configure(|settings| settings.soap_login = false);
}

#[given(expr = "the importer is told the Autotask secret {string}")]
fn autotask_secret(story: &mut Story, secret: String) {
    story.stage.settings.secret = secret;
}

/// What goes wrong with the next create of a company or contact. Several creates are under way at a time, so a story
/// names the one it means: a contact by its last name.
fn next_create(what: &str, name: &str, effect: Effect) -> Result<FaultRule, String> {
    let (call, containing) = match what {
        "company" => ("POST Companies", name),
        "contact" => ("POST Companies/{id}/Contacts", name.rsplit(' ').next().unwrap_or(name)),
        other => return Err(format!("{other:?} is neither company nor contact")),
    };
    Ok(FaultRule { containing: Some(containing.to_owned()), ..FaultRule::next(call, effect) })
}

#[given(expr = "the answer to the create of the {word} {string} is lost")]
#[when(expr = "the answer to the create of the {word} {string} is lost")]
fn answer_lost(story: &mut Story, what: String, name: String) -> Done {
    story.spoil_autotask(next_create(&what, &name, Effect::DropAfter)?);
    Ok(())
}

#[given(expr = "the create of the {word} {string} never reaches Autotask")]
fn request_lost(story: &mut Story, what: String, name: String) -> Done {
    story.spoil_autotask(next_create(&what, &name, Effect::DropBefore)?);
    Ok(())
}

#[given(expr = "Autotask refuses to create the {word} {string} with {string}")]
#[when(expr = "Autotask refuses to create the {word} {string} with {string}")]
fn create_refused(story: &mut Story, what: String, name: String, message: String) -> Done {
    let effect = Effect::Errors { status: 500, messages: vec![message] };
    story.spoil_autotask(next_create(&what, &name, effect)?);
    Ok(())
}

#[given(expr = "Salesforce answers the next {word} with the fault {string}")]
fn salesforce_fault(story: &mut Story, call: String, code: String) {
    let message = format!("{code} on purpose");
    let effect = mock_salesforce::Effect::Fault { code, message };
    story.spoil_salesforce(mock_salesforce::FaultRule::next(&call, effect));
}

#[given(expr = "Salesforce answers the next {word} with HTTP status {int}")]
fn salesforce_status(story: &mut Story, call: String, status: u16) {
    let effect = mock_salesforce::Effect::Status { status, body: String::new() };
    story.spoil_salesforce(mock_salesforce::FaultRule::next(&call, effect));
}

#[given(expr = "Salesforce's answer to the next {word} is cut off after {int} bytes")]
fn salesforce_cut_off(story: &mut Story, call: String, bytes: usize) {
    let effect = mock_salesforce::Effect::Truncate { bytes };
    story.spoil_salesforce(mock_salesforce::FaultRule::next(&call, effect));
}

#[given(expr = "Autotask answers the next query with HTTP status {int}")]
fn autotask_status(story: &mut Story, status: u16) {
    let effect = Effect::Status { status, body: String::new() };
    story.spoil_autotask(FaultRule::next("QUERY Companies/query", effect));
}

#[given(expr = "there are {int} Salesforce contacts of the account {string}")]
fn many_contacts(story: &mut Story, count: u32, account: String) -> Done {
    (1..=count).try_for_each(|number| {
        let fields = [
            ("FirstName", "Number".to_owned()),
            ("LastName", format!("N{number:04}")),
            ("AccountId", account.clone()),
        ];
        let row = fields.map(|(name, value)| (name.to_owned(), Some(value)));
        story.add_to_salesforce(ObjectKind::Contact, row.into())
    })
}

#[given(expr = "Autotask takes {int} requests an hour")]
fn requests_an_hour(story: &mut Story, count: u32) {
    let limits = Limits { requests_per_hour: Some(count), ..Limits::vendor() };
    story.stage.autotask.configure(|settings| settings.limits = limits);
}

#[given(expr = "other integrations make {int} of them")]
fn others_requests(story: &mut Story, count: u32) {
    story.stage.autotask.configure(|settings| settings.limits.other_requests = count);
}

#[given(expr = "Autotask refuses the next {int} queries, as the hour is used up")]
fn hour_used_up(story: &mut Story, count: u32) {
    let messages = vec![Complaint::TooManyRequests(10_000).to_string()];
    for _ in 0..count {
        let effect = Effect::Errors { status: 429, messages: messages.clone() };
        story.spoil_autotask(FaultRule::next("QUERY Companies/query", effect));
    }
}

#[given(expr = "Salesforce takes {int} requests a day")]
fn requests_a_day(story: &mut Story, count: u64) {
    story.stage.salesforce.configure(|settings| settings.daily_requests = Some(count));
}
