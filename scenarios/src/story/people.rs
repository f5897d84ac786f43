//! What a person at the command line asks and decides in a story, and what they are answered.

use std::sync::Arc;

use cucumber::{then, when};
use importer::app::Importer;
use importer::desk::{self, Choice, DeskError, RecordId};
use importer::domain::ids::SalesforceId;
use importer::progress::Silent;
use mock_autotask::Entity;

use super::run::{LastRun, contains, decisions};
use super::salesforce::unknown;
use super::{Done, Story, said};
use crate::clock::ManualClock;

/// Does what `importer plan` does: decides what an import would do, and writes nothing. What it found counts as the last
/// run.
///
/// ```gherkin
/// When somebody plans an import
/// Then the run counts 1 account as created
/// And Autotask receives no write
/// ```
#[when("somebody plans an import")]
async fn plans(story: &mut Story) -> Done {
    let before = story.stage.autotask.calls();
    let (report, copy) = story.own_importer()?.plan().await.map_err(said)?;
    let decisions = decisions(&copy.ledger, &report)?;
    let calls = story.calls_since(&before);
    story.last_run = Some(LastRun { report, decisions, calls });
    Ok(())
}

/// Does what `importer verify` does: compares all of both systems, and writes nothing.
///
/// ```gherkin
/// When somebody compares both systems
/// Then the answer says " 0 differences"
/// ```
#[when("somebody compares both systems")]
async fn verifies(story: &mut Story) -> Done {
    let verified = story.own_importer()?.verify().await.map_err(said)?;
    story.answer = verified.to_string();
    Ok(())
}

/// Does what `importer check` does: tries both connections and all that an import needs of them, and writes nothing.
///
/// ```gherkin
/// When somebody checks the connections
/// Then the answer says "Salesforce"
/// ```
#[when("somebody checks the connections")]
async fn checks(story: &mut Story) -> Done {
    let findings = story.own_importer()?.check().await;
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    story.answer = lines.join("\n");
    Ok(())
}

/// Does what `importer status` does.
///
/// ```gherkin
/// When somebody asks for the status
/// Then the answer says "N/A"
/// ```
#[when("somebody asks for the status")]
fn asks_for_status(story: &mut Story) -> Done {
    let importer = story.own_importer()?;
    let status = desk::status(&importer.ledger, importer.schedule(), None, story.clock.now());
    let status = status.map_err(said)?;
    story.answer = status.to_string();
    Ok(())
}

/// Does what `importer explain` does: why an account or a contact is, or is not, in Autotask.
///
/// ```gherkin
/// When somebody asks about the account "Nord GmbH"
/// Then the answer says "same key"
/// ```
#[when(expr = "somebody asks about the {word} {string}")]
async fn asks_about(story: &mut Story, what: String, name: String) -> Done {
    let id = RecordId::Salesforce(story.id_of(&what, &name)?);
    let explanation = story.own_importer()?.explain(id, false).await.map_err(said)?;
    story.answer = explanation.to_string();
    Ok(())
}

/// Does what `importer forget` does: erases what is kept of an account's or a contact's values.
///
/// ```gherkin
/// When somebody has the contact "Ada Berg" forgotten
/// ```
#[when(expr = "somebody has the {word} {string} forgotten")]
fn forgets(story: &mut Story, what: String, name: String) -> Done {
    let id = RecordId::Salesforce(story.id_of(&what, &name)?);
    let forgotten = desk::forget(&story.own_importer()?.ledger, id).map_err(said)?;
    story.answer = forgotten.to_string();
    Ok(())
}

/// Does what `importer unmap` does to an account or a contact: its pair is taken apart.
///
/// ```gherkin
/// When somebody un-maps the account "Nord GmbH"
/// ```
#[when(expr = "somebody un-maps the {word} {string}")]
async fn unmaps(story: &mut Story, what: String, name: String) -> Done {
    let id = RecordId::Salesforce(story.id_of(&what, &name)?);
    let apart = story.own_importer()?.unmap(id).await.map_err(said)?;
    story.answer = apart.to_string();
    Ok(())
}

/// Does what `importer remap` does to an account or a contact: the next import decides about it anew.
///
/// ```gherkin
/// When somebody re-maps the account "Nord GmbH"
/// ```
#[when(expr = "somebody re-maps the {word} {string}")]
fn remaps(story: &mut Story, what: String, name: String) -> Done {
    let id = RecordId::Salesforce(story.id_of(&what, &name)?);
    let remapped = desk::remap(&story.own_importer()?.ledger, id).map_err(said)?;
    story.answer = remapped.to_string();
    Ok(())
}

/// Does what `importer link` does: says which Autotask company an account is, or which Autotask contact a contact is, by
/// the names the story has for them. A refusal fails the story.
///
/// ```gherkin
/// When somebody links the account "Nord GmbH" to "by hand"
/// ```
#[when(expr = "somebody links the {word} {string} to {string}")]
async fn links(story: &mut Story, what: String, name: String, target: String) -> Done {
    let chosen = story.link(&what, &name, &target).await?.map_err(said)?;
    story.answer = chosen.to_string();
    Ok(())
}

/// The same, and the refusal is what the story is about.
///
/// ```gherkin
/// When somebody tries to link the account "Nord GmbH" to "closed"
/// Then that is refused, because "is inactive"
/// ```
#[when(expr = "somebody tries to link the {word} {string} to {string}")]
async fn tries_to_link(story: &mut Story, what: String, name: String, target: String) -> Done {
    story.refusal = story.link(&what, &name, &target).await?.err().map(said);
    Ok(())
}

/// Does what `importer link ID new` does: says that an account or a contact is none of those in Autotask.
///
/// ```gherkin
/// When somebody says that the account "Nord GmbH" is a new one
/// ```
#[when(expr = "somebody says that the {word} {string} is a new one")]
async fn is_new(story: &mut Story, what: String, name: String) -> Done {
    let id = story.id_of(&what, &name)?;
    let chosen = story.own_importer()?.link(id, Choice::New).await.map_err(said)?;
    story.answer = chosen.to_string();
    Ok(())
}

/// Does what `importer approve` does to the last run.
///
/// ```gherkin
/// When somebody approves that run
/// ```
#[when("somebody approves that run")]
fn approves(story: &mut Story) -> Done {
    let run = story.last_run()?.report.run;
    let ledger = story.own_importer()?.ledger;
    let approved = desk::approve(&ledger, run.0, story.clock.now()).map_err(said)?;
    story.answer = approved.to_string();
    Ok(())
}

/// What the last command printed.
///
/// ```gherkin
/// Then the answer says "missing"
/// ```
#[then(expr = "the answer says {string}")]
fn answer_says(story: &mut Story, text: String) -> Done {
    contains(&story.answer, &text)
}

/// What the last command did not print.
///
/// ```gherkin
/// Then the answer lacks "Ada Berg"
/// ```
#[then(expr = "the answer lacks {string}")]
fn answer_lacks(story: &mut Story, text: String) -> Done {
    if story.answer.is_empty() {
        return Err("nobody has asked for anything".to_owned());
    }
    if story.answer.contains(&text) {
        return Err(format!("{text:?} is in {:?}", story.answer));
    }
    Ok(())
}

impl Story {
    /// The importer as a newly started command has it.
    pub(super) fn own_importer(&self) -> Result<Importer, String> {
        let clock = Arc::<ManualClock>::clone(&self.clock);
        self.stage.importer(clock, Arc::new(Silent)).map_err(said)
    }

    /// The Salesforce id of what a step calls `account` or `contact`.
    fn id_of(&self, what: &str, name: &str) -> Result<SalesforceId, String> {
        let known = match what {
            "account" => &self.accounts,
            "contact" => &self.contacts,
            other => return Err(format!("{other:?} is neither account nor contact")),
        };
        let id = known.get(name).ok_or_else(|| unknown(name))?;
        id.parse().map_err(said)
    }

    /// Says which Autotask record a held one is, or why that is refused.
    async fn link(
        &self,
        what: &str,
        name: &str,
        target: &str,
    ) -> Result<Result<desk::Chosen, DeskError>, String> {
        let id = self.id_of(what, name)?;
        let entity = if what == "account" { Entity::Company } else { Entity::Contact };
        let target = self.autotask_id(entity, target).await?;
        Ok(self.own_importer()?.link(id, Choice::This(target)).await)
    }
}
