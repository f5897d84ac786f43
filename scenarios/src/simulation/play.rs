//! Takes a script through its course: deeds at their moments, then quiet, then everything is checked.

use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::clock::pass;
use super::journal::Book;
use super::oracle::{self, Violation};
use super::script::{Script, Step};
use super::world::{World, WorldError};

/// How long the importer is not there when things have been put in order: longer than the longest pause before a mail
/// or a refused parent is tried again.
const CLOSED: Duration = Duration::from_hours(25);

/// Longer than an import takes on servers that are in order.
const IMPORT: Duration = Duration::from_mins(10);

/// Between two imports.
const TICK: Duration = Duration::from_mins(20);

/// What came of a simulation.
#[derive(Debug)]
pub struct Played {
    /// What is not as it must be, as far as it was found at the first check that found something.
    pub violations: Vec<Violation>,
    /// Minutes of deeds until the check that was last.
    pub minutes: u64,
    /// Imports that ran.
    pub imports: u64,
    /// A number that the whole journal comes down to.
    pub digest: u64,
}

/// Plays a script to its end, or to the first check that finds something. Its journal goes into the book, if there is one.
pub fn play(script: &Script, book: Option<Book>) -> Result<Played, WorldError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        let world = World::begin(script, book)?;
        let log = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("importer=debug"))
            .with_ansi(false)
            .without_time()
            .with_writer(world.journal.clone())
            .finish();
        // The log of this thread alone: other simulations have journals of their own.
        let _logging = tracing::subscriber::set_default(log);
        course(world, script).await
    })
}

async fn course(mut world: World, script: &Script) -> Result<Played, WorldError> {
    let mut steps = script.steps.as_slice();
    let mut minutes = 0;
    let mut quiet = Duration::ZERO;
    let mut violations = Vec::new();
    // What is there at the beginning is there before the importer.
    perform_until(&mut world, &mut steps, 1, quiet).await;
    world.process.start();
    while violations.is_empty() && minutes < script.minutes {
        minutes = script.minutes.min(minutes + script.quiet_every.max(1));
        perform_until(&mut world, &mut steps, minutes * 60_000, quiet).await;
        wait_until(&mut world, quiet + Duration::from_mins(minutes)).await;
        let began = world.clock.passed();
        violations = settle_and_check(&mut world).await;
        quiet += world.clock.passed().saturating_sub(began);
    }
    world.journal.close().map_err(WorldError::Journal)?;
    let (imports, digest) = (oracle::imports(&world), world.journal.digest());
    Ok(Played { violations, minutes, imports, digest })
}

/// Does what is due before a moment, in milliseconds.
async fn perform_until(world: &mut World, steps: &mut &[Step], end: u64, quiet: Duration) {
    while let Some((step, rest)) = steps.split_first().filter(|(step, _)| step.at < end) {
        wait_until(world, quiet + Duration::from_millis(step.at)).await;
        world.perform(&step.deed).await;
        *steps = rest;
    }
}

/// Lets time pass to a moment. The journals of both servers hold so much only, so they are read now and then.
async fn wait_until(world: &mut World, moment: Duration) {
    while let Some(left) = moment.checked_sub(world.clock.passed()).filter(|left| !left.is_zero()) {
        pass(left.min(TICK)).await;
        world.collect();
    }
}

/// Puts everything in order, gives the importer time to finish what was left, and checks what came of it.
async fn settle_and_check(world: &mut World) -> Vec<Violation> {
    world.heal();
    world.process.stop(CLOSED);
    settle(world, CLOSED + IMPORT + TICK * 2).await;
    world.process.launch().await;
    settle(world, IMPORT + TICK).await;
    let before = world.memory.writes;
    settle(world, TICK).await;
    let mut violations = oracle::check(world);
    if world.memory.writes != before {
        violations.push(oracle::not_idle(world.memory.writes - before));
    }
    world.mailbox.empty();
    violations
}

async fn settle(world: &mut World, time: Duration) {
    let end = world.clock.passed() + time;
    wait_until(world, end).await;
}
