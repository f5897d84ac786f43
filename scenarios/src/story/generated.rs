//! Worlds that a seed generates, and what must become of them.

use cucumber::{given, then};
use mock_autotask::generated_resource_id;
use mock_kit::world::{Size, World};

use super::{Done, Story, said};
use crate::truth::{Terms, Truth};

/// The most records of a kind that a story may ask for.
const MOST: u64 = 5_000;

/// Differences that a failure shows.
const DIFFERENCES_SHOWN: usize = 20;

/// Fills both systems with a world that comes from the seed: companies that are there already, duplicates, orphans,
/// odd values, parents and owners. It stands for itself and comes first in a story; the default account manager is one
/// of its resources.
///
/// ```gherkin
/// Given a generated world of 60 accounts and 180 contacts
/// ```
#[given(expr = "a generated world of {int} accounts and {int} contacts")]
async fn generated_world(story: &mut Story, accounts: u64, contacts: u64) -> Done {
    if accounts.max(contacts) > MOST {
        return Err(format!("a story's world has at most {MOST} accounts and {MOST} contacts"));
    }
    let world = World::new(story.circumstances.seed, Size::of(accounts, contacts));
    let set = story.circumstances.set(world.size(), story.mocks_clock());
    let mut stage = set.await.map_err(said)?;
    let manager = world.resources().last().map(|resource| resource.index);
    stage.settings.default_account_manager =
        manager.map(|index| generated_resource_id(index).to_string()).unwrap_or_default();
    story.stage = stage;
    story.truth = Some(Truth::new(world, Terms { default_manager: manager }));
    Ok(())
}

/// Compares every company and contact, field by field, with what the rules make of the generated world. That is worked
/// out without the importer.
///
/// ```gherkin
/// Then Autotask holds what the rules ask for
/// ```
#[then("Autotask holds what the rules ask for")]
async fn holds_what_the_rules_ask_for(story: &mut Story) -> Done {
    let truth = story.truth.as_ref().ok_or("the story has no generated world")?;
    let findings = truth.check(&story.stage.rest()).await.map_err(said)?;
    if findings.count == 0 {
        return Ok(());
    }
    let shown = findings.differences.iter().take(DIFFERENCES_SHOWN).map(ToString::to_string);
    let shown = shown.collect::<Vec<_>>().join("\n  ");
    Err(format!(
        "{} differences from what the rules ask for, among them\n  {shown}",
        findings.count
    ))
}
