//! Processes of the importer in a story: one that is under way while something else happens, and one that is not there for a
//! while.

use std::sync::Arc;
use std::time::Duration;

use cucumber::when;
use importer::progress::Silent;
use importer::run::{Reading, Trigger};
use importer::schedule::Schedule;
use mock_autotask::{Effect, FaultRule};
use mock_kit::clock::{Clock, SystemClock};

use super::given::next_create;
use super::schedule::INTERVAL;
use super::{Done, Story, said};
use crate::clock::ManualClock;

/// How often the beginning of something is looked for.
const LOOK: Duration = Duration::from_millis(2);

/// A minute later the importer runs, and stays under way: Autotask makes that company or contact and does not answer.
///
/// ```gherkin
/// When the importer runs and waits for the answer to the create of the company "Nord GmbH"
/// ```
#[when(expr = "the importer runs and waits for the answer to the create of the {word} {string}")]
async fn waits(story: &mut Story, what: String, name: String) -> Done {
    story.begin_and_wait(next_create(&what, &name, Effect::HangAfter)?).await
}

/// The process of the import that is under way ends at once.
///
/// ```gherkin
/// When the import that is under way is killed
/// ```
#[when("the import that is under way is killed")]
async fn killed(story: &mut Story) -> Done {
    if story.under_way.is_empty() {
        return Err("no import is under way".to_owned());
    }
    story.under_way.shutdown().await;
    Ok(())
}

/// No import begins by itself until the process is started again.
///
/// ```gherkin
/// Given the importer is active
/// When the importer's process is stopped
/// ```
#[when("the importer's process is stopped")]
fn stopped(story: &mut Story) -> Done {
    if !story.is_active {
        return Err("the importer is not active, so no process of it goes on".to_owned());
    }
    story.is_active = false;
    Ok(())
}

/// From now on imports begin by themselves again; where some were missed, one begins at once.
///
/// ```gherkin
/// When the importer's process is started again
/// ```
#[when("the importer's process is started again")]
async fn started_again(story: &mut Story) -> Done {
    story.is_active = true;
    let last = story.own_importer()?.ledger.read(|tx| tx.last_import()).map_err(said)?;
    if Schedule::every(INTERVAL).is_overdue(last, story.clock.now()) {
        story.run_as(Trigger::Scheduled, Reading::Changes).await?;
    }
    Ok(())
}

impl Story {
    /// Has an import begin, and returns once this fault, after which no answer comes, has happened to it.
    async fn begin_and_wait(&mut self, fault: FaultRule) -> Done {
        self.spoil_autotask(fault);
        self.clock.advance(Duration::from_mins(1));
        let before = self.faults_of_autotask();
        let clock = Arc::<ManualClock>::clone(&self.clock);
        let importer = self.stage.importer(clock, Arc::new(Silent)).map_err(said)?;
        self.under_way.spawn(async move {
            // How it would end is nobody's concern: no answer comes.
            let _ = importer.import_as(Trigger::Manual, Reading::Sweep).await;
        });
        while self.faults_of_autotask() == before {
            if self.under_way.try_join_next().is_some() {
                return Err("the import came to its end before it had to wait".to_owned());
            }
            SystemClock.sleep(LOOK).await;
        }
        Ok(())
    }
}
