//! How things are when a story begins.

use cucumber::{gherkin, given, when};
use mock_autotask::{Complaint, Effect, Entity, FaultRule, Limits};
use mock_salesforce::ObjectKind;

use super::{Done, Story, cells};
use crate::stage::SignIn;

/// Puts accounts into Salesforce: fields by their API names. `OwnerId` names a user, who is made when first
/// named; `ParentId` an account that was told of before.
///
/// ```gherkin
/// Given these Salesforce accounts
///   | Name      | BillingCity | OwnerId  |
///   | Nord GmbH | Berlin      | Ada Berg |
/// ```
#[given("these Salesforce accounts")]
#[when("these Salesforce accounts")]
fn salesforce_accounts(story: &mut Story, step: &gherkin::Step) -> Done {
    let rows = cells::rows(step, &|name| story.salesforce_id(name))?;
    rows.into_iter().try_for_each(|row| story.add_to_salesforce(ObjectKind::Account, row))
}

/// Puts contacts into Salesforce. `AccountId` names an account.
///
/// ```gherkin
/// Given these Salesforce contacts
///   | FirstName | LastName | AccountId |
///   | Ada       | Berg     | Nord GmbH |
/// ```
#[given("these Salesforce contacts")]
#[when("these Salesforce contacts")]
fn salesforce_contacts(story: &mut Story, step: &gherkin::Step) -> Done {
    let rows = cells::rows(step, &|name| story.salesforce_id(name))?;
    rows.into_iter().try_for_each(|row| story.add_to_salesforce(ObjectKind::Contact, row))
}

/// Puts companies into Autotask. A column with a blank in its name is a user-defined field, made when first
/// named.
///
/// ```gherkin
/// Given these Autotask companies
///   | known as | companyName | city   | phone   |
///   | nord     | Nord GmbH   | Berlin | 555-100 |
/// ```
#[given("these Autotask companies")]
#[when("these Autotask companies")]
async fn autotask_companies(story: &mut Story, step: &gherkin::Step) -> Done {
    add(story, Entity::Company, step).await
}

/// Puts contacts into Autotask. `companyID` names a company.
///
/// ```gherkin
/// Given these Autotask contacts
///   | companyID | firstName | lastName |
///   | Nord GmbH | Ada       | Berg     |
/// ```
#[given("these Autotask contacts")]
#[when("these Autotask contacts")]
async fn autotask_contacts(story: &mut Story, step: &gherkin::Step) -> Done {
    add(story, Entity::Contact, step).await
}

/// Puts resources into Autotask, people who can manage companies.
///
/// ```gherkin
/// Given these Autotask resources
///   | firstName | lastName | isActive |
///   | Ada       | Berg     | true     |
/// ```
#[given("these Autotask resources")]
async fn autotask_resources(story: &mut Story, step: &gherkin::Step) -> Done {
    add(story, Entity::Resource, step).await
}

/// Makes user-defined fields in Autotask.
///
/// ```gherkin
/// Given these Autotask user-defined fields
///   | name                  | udfType | dataType           | isActive |
///   | Salesforce Company ID | Company | Text (Single Line) | true     |
/// ```
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

/// Sets who manages companies whose owner is nobody in Autotask.
///
/// ```gherkin
/// Given the default account manager is "Ada Berg"
/// ```
#[given(expr = "the default account manager is {string}")]
#[when(expr = "the default account manager is {string}")]
fn default_account_manager(story: &mut Story, name: String) {
    story.stage.settings.default_account_manager = name;
}

/// From now on an import begins by itself every 20 minutes, at :00, :20 and :40, when minutes pass.
///
/// ```gherkin
/// Given the importer is active
/// When 20 minutes pass
/// ```
#[given("the importer is active")]
fn active(story: &mut Story) {
    story.is_active = true;
}

/// Leaves that setting empty.
///
/// ```gherkin
/// Given there is no default account manager
/// ```
#[given("there is no default account manager")]
fn no_default_account_manager(story: &mut Story) {
    story.stage.settings.default_account_manager.clear();
}

/// Takes what people edit out of `importer.toml` and saves it as `importer settings set` would.
///
/// ```gherkin
/// Given what people edit is left to the ledger
/// ```
#[given("what people edit is left to the ledger")]
fn left_to_ledger(story: &mut Story) -> Done {
    story.leave_to_ledger()
}

/// Gives the importer another password than Salesforce knows.
///
/// ```gherkin
/// Given the importer is told the Salesforce password "wrong"
/// ```
#[given(expr = "the importer is told the Salesforce password {string}")]
fn salesforce_password(story: &mut Story, password: String) {
    story.stage.settings.password = password;
}

/// Gives the importer another security token than Salesforce knows.
///
/// ```gherkin
/// Given the importer is told the Salesforce token "wrong"
/// ```
#[given(expr = "the importer is told the Salesforce token {string}")]
fn salesforce_token(story: &mut Story, token: String) {
    story.stage.settings.token = token;
}

/// Signs in to Salesforce by `password`, `client-credentials` or `jwt`.
///
/// ```gherkin
/// Given the importer signs in by "jwt"
/// ```
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

/// Gives the importer another client secret than Salesforce knows.
///
/// ```gherkin
/// Given the importer is told the Salesforce client secret "wrong"
/// ```
#[given(expr = "the importer is told the Salesforce client secret {string}")]
fn client_secret(story: &mut Story, secret: String) {
    story.stage.settings.client_secret = secret;
}

/// Sets the version instead of the one that goes with the way to sign in.
///
/// ```gherkin
/// Given the importer is told the API version "58.0"
/// ```
#[given(expr = "the importer is told the API version {string}")]
fn api_version(story: &mut Story, version: String) {
    story.stage.settings.api_version = Some(version);
}

/// As it is in new organizations.
///
/// ```gherkin
/// Given Salesforce has switched login() off
/// ```
#[given("Salesforce has switched login() off")]
fn login_off(story: &mut Story) {
    story.stage.salesforce.configure(|settings| settings.soap_login = false);
}

/// Gives the importer another secret than Autotask knows.
///
/// ```gherkin
/// Given the importer is told the Autotask secret "wrong"
/// ```
#[given(expr = "the importer is told the Autotask secret {string}")]
fn autotask_secret(story: &mut Story, secret: String) {
    story.stage.settings.secret = secret;
}

/// What goes wrong with the next create of a company or contact. Several creates are under way at a time, so a story
/// names the one it means: a contact by its last name.
pub(super) fn next_create(what: &str, name: &str, effect: Effect) -> Result<FaultRule, String> {
    let (call, containing) = match what {
        "company" => ("POST Companies", name),
        "contact" => ("POST Companies/{id}/Contacts", name.rsplit(' ').next().unwrap_or(name)),
        other => return Err(format!("{other:?} is neither company nor contact")),
    };
    Ok(FaultRule { containing: Some(containing.to_owned()), ..FaultRule::next(call, effect) })
}

/// The next create of that company or contact takes effect, but the connection breaks before the answer.
///
/// ```gherkin
/// Given the answer to the create of the company "Nord GmbH" is lost
/// ```
#[given(expr = "the answer to the create of the {word} {string} is lost")]
#[when(expr = "the answer to the create of the {word} {string} is lost")]
fn answer_lost(story: &mut Story, what: String, name: String) -> Done {
    story.spoil_autotask(next_create(&what, &name, Effect::DropAfter)?);
    Ok(())
}

/// The connection breaks before the next create of that company or contact takes effect.
///
/// ```gherkin
/// Given the create of the contact "Ada Berg" never reaches Autotask
/// ```
#[given(expr = "the create of the {word} {string} never reaches Autotask")]
#[when(expr = "the create of the {word} {string} never reaches Autotask")]
fn request_lost(story: &mut Story, what: String, name: String) -> Done {
    story.spoil_autotask(next_create(&what, &name, Effect::DropBefore)?);
    Ok(())
}

/// Autotask answers the next create of that company or contact with this error.
///
/// ```gherkin
/// Given Autotask refuses to create the company "Nord GmbH" with "Data violation: no."
/// ```
#[given(expr = "Autotask refuses to create the {word} {string} with {string}")]
#[when(expr = "Autotask refuses to create the {word} {string} with {string}")]
fn create_refused(story: &mut Story, what: String, name: String, message: String) -> Done {
    let effect = Effect::Errors { status: 500, messages: vec![message] };
    story.spoil_autotask(next_create(&what, &name, effect)?);
    Ok(())
}

/// The next call of that name (`login`, `query`, `queryMore`, …) gets a SOAP fault with this code.
///
/// ```gherkin
/// Given Salesforce answers the next query with the fault "INVALID_SESSION_ID"
/// ```
#[given(expr = "Salesforce answers the next {word} with the fault {string}")]
#[when(expr = "Salesforce answers the next {word} with the fault {string}")]
fn salesforce_fault(story: &mut Story, call: String, code: String) {
    let message = format!("{code} on purpose");
    let effect = mock_salesforce::Effect::Fault { code, message };
    story.spoil_salesforce(mock_salesforce::FaultRule::next(&call, effect));
}

/// The next call of that name gets an answer of HTTP's alone, as in an outage.
///
/// ```gherkin
/// Given Salesforce answers the next query with HTTP status 503
/// ```
#[given(expr = "Salesforce answers the next {word} with HTTP status {int}")]
#[when(expr = "Salesforce answers the next {word} with HTTP status {int}")]
fn salesforce_status(story: &mut Story, call: String, status: u16) {
    let effect = mock_salesforce::Effect::Status { status, body: String::new() };
    story.spoil_salesforce(mock_salesforce::FaultRule::next(&call, effect));
}

/// The connection breaks in the middle of the answer.
///
/// ```gherkin
/// Given Salesforce's answer to the next query is cut off after 900 bytes
/// ```
#[given(expr = "Salesforce's answer to the next {word} is cut off after {int} bytes")]
#[when(expr = "Salesforce's answer to the next {word} is cut off after {int} bytes")]
fn salesforce_cut_off(story: &mut Story, call: String, bytes: usize) {
    let effect = mock_salesforce::Effect::Truncate { bytes };
    story.spoil_salesforce(mock_salesforce::FaultRule::next(&call, effect));
}

/// The next query of companies gets an answer of HTTP's alone.
///
/// ```gherkin
/// Given Autotask answers the next query with HTTP status 503
/// ```
#[given(expr = "Autotask answers the next query with HTTP status {int}")]
#[when(expr = "Autotask answers the next query with HTTP status {int}")]
fn autotask_status(story: &mut Story, status: u16) {
    let effect = Effect::Status { status, body: String::new() };
    story.spoil_autotask(FaultRule::next("QUERY Companies/query", effect));
}

/// Puts so many contacts into an account: "Number N0001" and so on.
///
/// ```gherkin
/// Given there are 40 Salesforce contacts of the account "Nord GmbH"
/// ```
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

/// Limits the requests of all integrations together, with the vendor's delays and its limit of three at a time.
///
/// ```gherkin
/// Given Autotask takes 60 requests an hour
/// ```
#[given(expr = "Autotask takes {int} requests an hour")]
fn requests_an_hour(story: &mut Story, count: u32) {
    let limits = Limits { requests_per_hour: Some(count), ..Limits::vendor() };
    story.stage.autotask.configure(|settings| settings.limits = limits);
}

/// Has others use up so many requests in every hour.
///
/// ```gherkin
/// Given Autotask takes 60 requests an hour
/// And other integrations make 20 of them
/// ```
#[given(expr = "other integrations make {int} of them")]
fn others_requests(story: &mut Story, count: u32) {
    story.stage.autotask.configure(|settings| settings.limits.other_requests = count);
}

/// Autotask refuses so many queries of companies, whoever used the hour up.
///
/// ```gherkin
/// Given Autotask refuses the next 2 queries, as the hour is used up
/// ```
#[given(expr = "Autotask refuses the next {int} queries, as the hour is used up")]
#[when(expr = "Autotask refuses the next {int} queries, as the hour is used up")]
fn hour_used_up(story: &mut Story, count: u32) {
    let messages = vec![Complaint::TooManyRequests(10_000).to_string()];
    for _ in 0..count {
        let effect = Effect::Errors { status: 429, messages: messages.clone() };
        story.spoil_autotask(FaultRule::next("QUERY Companies/query", effect));
    }
}

/// Limits the requests of the organization.
///
/// ```gherkin
/// Given Salesforce takes 3 requests a day
/// ```
#[given(expr = "Salesforce takes {int} requests a day")]
fn requests_a_day(story: &mut Story, count: u64) {
    story.stage.salesforce.configure(|settings| settings.daily_requests = Some(count));
}
