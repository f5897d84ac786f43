//! What a story ends with.

use cucumber::{gherkin, then};
use importer::domain::decision::Outcome;
use importer::domain::model::Kind;
use importer::sqlite::Listed;
use jiff::SignedDuration;
use mock_autotask::Entity;

use super::run::{contains, writes};
use super::salesforce::unknown;
use super::{Done, Story, cells};

/// Compares all companies with the table, which must name each. Fields without a column and the order do not
/// matter.
///
/// ```gherkin
/// Then Autotask has these companies
///   | companyName | Salesforce Company ID   |
///   | Nord GmbH   | (the id of "Nord GmbH") |
/// ```
#[then("Autotask has these companies")]
async fn has_companies(story: &mut Story, step: &gherkin::Step) -> Done {
    has(story, Entity::Company, step).await
}

/// Compares all contacts with the table, which must name each.
///
/// ```gherkin
/// Then Autotask has these contacts
///   | firstName | lastName | companyID |
///   | Ada       | Berg     | Nord GmbH |
/// ```
#[then("Autotask has these contacts")]
async fn has_contacts(story: &mut Story, step: &gherkin::Step) -> Done {
    has(story, Entity::Contact, step).await
}

/// Compares all user-defined fields with the table, which must name each.
///
/// ```gherkin
/// Then Autotask has these user-defined fields
///   | name                  | udfType | isActive |
///   | Salesforce Company ID | Company | true     |
/// ```
#[then("Autotask has these user-defined fields")]
async fn has_udfs(story: &mut Story, step: &gherkin::Step) -> Done {
    has(story, Entity::UserDefinedFieldDefinition, step).await
}

async fn has(story: &Story, entity: Entity, step: &gherkin::Step) -> Done {
    let rows = cells::rows(step, &|name| story.salesforce_id(name))?;
    let headings =
        step.table.as_ref().and_then(|table| table.rows.first()).ok_or("the table is empty")?;
    story.check_autotask(entity, headings, &rows).await
}

/// There is none but the tenant's own.
///
/// ```gherkin
/// Then Autotask has no companies
/// ```
#[then("Autotask has no companies")]
async fn has_no_companies(story: &mut Story) -> Done {
    story.check_autotask(Entity::Company, &["companyName".to_owned()], &[]).await
}

/// There is none.
///
/// ```gherkin
/// Then Autotask has no contacts
/// ```
#[then("Autotask has no contacts")]
async fn has_no_contacts(story: &mut Story) -> Done {
    story
        .check_autotask(Entity::Contact, &["firstName".to_owned(), "lastName".to_owned()], &[])
        .await
}

/// The last run's outcome for an account: created, linked, updated, unchanged, duplicate, held, orphan,
/// deferred, un-mapped, gone or refused.
///
/// ```gherkin
/// Then the account "Nord GmbH" is created
/// ```
#[then(expr = "the account {string} is {word}")]
fn account_is(story: &mut Story, name: String, outcome: String) -> Done {
    check_outcome(story, Kind::Company, &name, &outcome, None)
}

/// The last run's outcome for a contact.
///
/// ```gherkin
/// Then the contact "Ada Berg" is orphan
/// ```
#[then(expr = "the contact {string} is {word}")]
fn contact_is(story: &mut Story, name: String, outcome: String) -> Done {
    check_outcome(story, Kind::Contact, &name, &outcome, None)
}

/// The outcome for an account, and the rule it follows from.
///
/// ```gherkin
/// Then the account "Nord GmbH" is held by rule C3
/// ```
#[then(expr = "the account {string} is {word} by rule {word}")]
fn account_is_by(story: &mut Story, name: String, outcome: String, rule: String) -> Done {
    check_outcome(story, Kind::Company, &name, &outcome, Some(&rule))
}

/// The outcome for a contact, and the rule it follows from.
///
/// ```gherkin
/// Then the contact "Ada Berg" is deferred by rule K3
/// ```
#[then(expr = "the contact {string} is {word} by rule {word}")]
fn contact_is_by(story: &mut Story, name: String, outcome: String, rule: String) -> Done {
    check_outcome(story, Kind::Contact, &name, &outcome, Some(&rule))
}

/// What the last run gives as the reason for an account's outcome.
///
/// ```gherkin
/// Then the reason for the account "Nord GmbH" contains "same key"
/// ```
#[then(expr = "the reason for the account {string} contains {string}")]
fn account_reason(story: &mut Story, name: String, text: String) -> Done {
    let listed = decision(story, Kind::Company, &name)?;
    contains(listed.map_or("", |listed| &listed.mention.text), &text)
}

/// What the last run gives as the reason for a contact's outcome.
///
/// ```gherkin
/// Then the reason for the contact "Ada Berg" contains "no account"
/// ```
#[then(expr = "the reason for the contact {string} contains {string}")]
fn contact_reason(story: &mut Story, name: String, text: String) -> Done {
    let listed = decision(story, Kind::Contact, &name)?;
    contains(listed.map_or("", |listed| &listed.mention.text), &text)
}

/// What the report of the last run remarks on an account's values.
///
/// ```gherkin
/// Then the report remarks on the account "Nord GmbH" "city cut to 30 characters"
/// ```
#[then(expr = "the report remarks on the account {string} {string}")]
fn account_remark(story: &mut Story, name: String, text: String) -> Done {
    contains(&remarks(decision(story, Kind::Company, &name)?), &text)
}

/// What the report of the last run remarks on a contact's values.
///
/// ```gherkin
/// Then the report remarks on the contact "Ada Berg" "title cut to 50 characters"
/// ```
#[then(expr = "the report remarks on the contact {string} {string}")]
fn contact_remark(story: &mut Story, name: String, text: String) -> Done {
    contains(&remarks(decision(story, Kind::Contact, &name)?), &text)
}

/// How the last run ended: completed, completed with errors, awaiting approval or failed.
///
/// ```gherkin
/// Then the run is "completed with errors"
/// ```
#[then(expr = "the run is {string}")]
fn run_is(story: &mut Story, state: String) -> Done {
    if let Some(run) = &story.outside_run {
        if run.state() == state {
            return Ok(());
        }
        return Err(format!("the run is {}, not {state:?}", run.ended()));
    }
    let report = &story.last_run()?.report;
    // Some states say more behind a colon; R1 knows those before it.
    let name = report.state.name();
    if name == state || name.split(':').next() == Some(state.as_str()) {
        return Ok(());
    }
    let why = report.failure.as_deref().unwrap_or_default();
    Err(format!("the run is {name:?}, not {state:?} {why}"))
}

/// Why the last run failed.
///
/// ```gherkin
/// Then the reason for the run's failure contains "Salesforce"
/// ```
#[then(expr = "the reason for the run's failure contains {string}")]
fn failure_contains(story: &mut Story, text: String) -> Done {
    contains(story.last_run()?.report.failure.as_deref().unwrap_or_default(), &text)
}

/// There is not even a run to report.
///
/// ```gherkin
/// Then the importer refuses to run, because "belongs to"
/// ```
#[then(expr = "the importer refuses to run, because {string}")]
fn refuses_to_run(story: &mut Story, text: String) -> Done {
    match (&story.last_run, &story.refusal) {
        (None, Some(refusal)) => contains(refusal, &text),
        _ => Err("the importer ran".to_owned()),
    }
}

/// Why what somebody tried to set last is refused.
///
/// ```gherkin
/// Then that is refused, because "is managed in"
/// ```
#[then(expr = "that is refused, because {string}")]
fn setting_is_refused(story: &mut Story, text: String) -> Done {
    match &story.refusal {
        Some(refusal) => contains(refusal, &text),
        None => Err("it was not refused".to_owned()),
    }
}

/// How many accounts had this outcome in the last run.
///
/// ```gherkin
/// Then the run counts 1 account as refused
/// ```
#[then(expr = "the run counts {int} account(s) as {word}")]
fn counts_accounts(story: &mut Story, count: u64, outcome: String) -> Done {
    check_count(story, Kind::Company, count, &outcome)
}

/// How many contacts had this outcome in the last run.
///
/// ```gherkin
/// Then the run counts 2 contacts as created
/// ```
#[then(expr = "the run counts {int} contact(s) as {word}")]
fn counts_contacts(story: &mut Story, count: u64, outcome: String) -> Done {
    check_count(story, Kind::Contact, count, &outcome)
}

/// How many records the last run read from Salesforce.
///
/// ```gherkin
/// Then the run reads 1 account and 0 contacts
/// ```
#[then(expr = "the run reads {int} account(s) and {int} contact(s)")]
fn reads(story: &mut Story, accounts: u64, contacts: u64) -> Done {
    let read = story.last_run()?.report.read;
    if (read.accounts, read.contacts) == (accounts, contacts) {
        return Ok(());
    }
    Err(format!("the run read {} accounts and {} contacts", read.accounts, read.contacts))
}

/// How many requests the last run made, as its report has it.
///
/// ```gherkin
/// Then the run takes at most 4 requests to Salesforce and 3 to Autotask
/// ```
#[then(expr = "the run takes at most {int} requests to Salesforce and {int} to Autotask")]
fn takes_at_most(story: &mut Story, salesforce: u64, autotask: u64) -> Done {
    let run = story.last_run()?;
    let taken = run.report.requests;
    if taken.salesforce <= salesforce && taken.autotask <= autotask {
        return Ok(());
    }
    Err(format!(
        "it took {} to Salesforce and {} to Autotask: {:?}",
        taken.salesforce, taken.autotask, run.calls
    ))
}

/// Nothing was written in the last run, not even in vain.
///
/// ```gherkin
/// Then Autotask receives no write
/// ```
#[then("Autotask receives no write")]
fn receives_no_write(story: &mut Story) -> Done {
    let calls = story.last_calls()?;
    match writes(calls) {
        0 => Ok(()),
        writes => Err(format!("Autotask received {writes} writes: {calls:?}")),
    }
}

/// So many writes came in the last run, refused ones included.
///
/// ```gherkin
/// Then Autotask receives 1 write
/// ```
#[then(expr = "Autotask receives {int} write(s)")]
fn receives_writes(story: &mut Story, count: u64) -> Done {
    let calls = story.last_calls()?;
    match writes(calls) {
        writes if writes == count => Ok(()),
        writes => Err(format!("Autotask received {writes} writes, not {count}: {calls:?}")),
    }
}

/// How long the last run took on the story's clock.
///
/// ```gherkin
/// Then the run takes at least 60 minutes
/// ```
#[then(expr = "the run takes at least {int} minutes")]
fn takes_at_least(story: &mut Story, minutes: i64) -> Done {
    let took = duration(story)?;
    if took >= SignedDuration::from_mins(minutes) {
        return Ok(());
    }
    Err(format!("the run takes {took:#}, not {minutes} minutes"))
}

/// How long the last run took on the story's clock.
///
/// ```gherkin
/// Then the run takes less than 1 minutes
/// ```
#[then(expr = "the run takes less than {int} minutes")]
fn takes_less_than(story: &mut Story, minutes: i64) -> Done {
    let took = duration(story)?;
    if took < SignedDuration::from_mins(minutes) {
        return Ok(());
    }
    Err(format!("the run takes {took:#}, not less than {minutes} minutes"))
}

fn duration(story: &Story) -> Result<SignedDuration, String> {
    let report = &story.last_run()?.report;
    Ok(report.ended.duration_since(report.started))
}

/// The most requests in any hour of the whole story, refused ones included.
///
/// ```gherkin
/// Then no hour of the importer has more than 45 requests to Autotask
/// ```
#[then(expr = "no hour of the importer has more than {int} requests to Autotask")]
fn no_hour_has_more(story: &mut Story, most: usize) -> Done {
    let journal = story.stage.autotask.journal();
    if journal.first().is_some_and(|entry| entry.number > 1) {
        return Err("Autotask received more than its journal holds".to_owned());
    }
    // Asking for the zone is no request of the database's.
    let mut counted: Vec<_> = journal
        .iter()
        .filter(|entry| entry.call != "ZoneInformation")
        .map(|entry| entry.at)
        .collect();
    counted.sort_unstable();
    let hour = SignedDuration::from_hours(1);
    let within = |from: usize| {
        counted[from..].iter().take_while(|at| at.duration_since(counted[from]) < hour).count()
    };
    match (0..counted.len()).map(within).max().unwrap_or(0) {
        found if found <= most => Ok(()),
        found => Err(format!("an hour has {found} requests, more than {most}")),
    }
}

fn decision<'s>(story: &'s Story, kind: Kind, name: &str) -> Result<Option<&'s Listed>, String> {
    let id = known_id(story, kind, name)?;
    let id = id.parse().map_err(|_| format!("{id} is no Salesforce id"))?;
    Ok(story.last_run()?.decisions.get(&id))
}

fn known_id<'s>(story: &'s Story, kind: Kind, name: &str) -> Result<&'s str, String> {
    let known = if kind == Kind::Company { &story.accounts } else { &story.contacts };
    known.get(name).map(String::as_str).ok_or_else(|| unknown(name))
}

fn check_outcome(story: &Story, kind: Kind, name: &str, outcome: &str, rule: Option<&str>) -> Done {
    let expected = outcome_named(outcome)?;
    if story.is_retold() {
        return story.check_standing(kind, known_id(story, kind, name)?, expected, rule);
    }
    // Records that stay as they are get no decision of their own in the ledger; the sums are checked apart.
    let Some(listed) = decision(story, kind, name)? else {
        return match (expected, rule) {
            (Outcome::Unchanged, None | Some(UNCHANGED)) => came_to_its_end(story),
            (Outcome::Unchanged, Some(rule)) => {
                Err(format!("{name:?} is unchanged by rule {UNCHANGED}, not by rule {rule}"))
            }
            _ => Err(format!("{name:?} is unchanged, not {outcome}")),
        };
    };
    let mention = &listed.mention;
    if mention.outcome == expected && rule.is_none_or(|rule| mention.rule.id() == rule) {
        return Ok(());
    }
    let rule = rule.map(|rule| format!(" by rule {rule}")).unwrap_or_default();
    Err(format!(
        "{name:?} is {} by rule {}, not {outcome}{rule}: {}",
        mention.outcome,
        mention.rule.id(),
        mention.text
    ))
}

/// The rule by which a record stays as it is where nothing about it changed.
const UNCHANGED: &str = "V5";

/// Whether the last run looked at all it had to look at.
fn came_to_its_end(story: &Story) -> Done {
    match &story.last_run()?.report {
        report if report.failure.is_none() => Ok(()),
        report => Err(format!("the run is {:?} and left nothing unchanged", report.state.name())),
    }
}

fn outcome_named(name: &str) -> Result<Outcome, String> {
    Outcome::from_name(name).ok_or_else(|| {
        let known = Outcome::ALL.map(Outcome::name).join(", ");
        format!("{name:?} is no outcome; they are {known}")
    })
}

fn check_count(story: &Story, kind: Kind, count: u64, outcome: &str) -> Done {
    let found = story.last_run()?.report.counts(kind).of(outcome_named(outcome)?);
    if found == count {
        return Ok(());
    }
    Err(format!("the run counts {found} {}s as {outcome}, not {count}", kind.source_name()))
}

fn remarks(listed: Option<&Listed>) -> String {
    let remarks = listed.map(|listed| listed.detail.remarks.as_slice()).unwrap_or_default();
    remarks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
