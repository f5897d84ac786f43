//! Importers that live through hours of edits, faults and crashes keep all invariants; the same seed takes the same
//! course, and an importer that breaks an invariant is found, and found again in a small simulation.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use mock_autotask::{Effect, FaultRule};
use scenarios::simulation::{Deed, Extent, Object, Script, Step, play, shrink};
use serde_json::json;

/// Small enough to be played often without optimisation; `.ci/run` plays larger ones.
const EXTENT: Extent = Extent { minutes: 100, accounts: 4 };

/// Smaller simulations that are tried.
const ATTEMPTS: u32 = 100;

/// The invariants that a simulation breaks.
fn broken(script: &Script) -> Vec<&'static str> {
    let played = play(script, None).unwrap();
    played.violations.iter().map(|violation| violation.invariant).collect()
}

#[test]
fn the_same_seed_takes_the_same_course() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 1_000..1_003 {
        let script = Script::draw(seed, EXTENT);

        let [(one, journal), (other, again)] = [(); 2].map(|()| {
            let file = folder.path().join("journal.txt");
            let played = play(&script, Some(Box::new(fs::File::create(&file).unwrap()))).unwrap();
            (played, fs::read_to_string(&file).unwrap())
        });

        let differing = journal.lines().zip(again.lines()).find(|(one, other)| one != other);
        assert_eq!(differing, None, "seed {seed}");
        assert_eq!(journal, again, "seed {seed}");
        assert!(journal.lines().count() > 100, "seed {seed}: {journal}");
        assert_eq!(one.digest, other.digest, "seed {seed}");
        assert!(one.imports > 7, "seed {seed} has {} imports", one.imports);
    }
}

#[test]
fn a_script_is_read_as_it_is_written() {
    let script = Script::draw(7, EXTENT);

    let text = serde_json::to_string(&script).unwrap();

    assert_eq!(serde_json::from_str::<Script>(&text).unwrap(), script);
    assert_ne!(Script::draw(8, EXTENT).steps, script.steps);
}

#[test]
fn all_invariants_hold() {
    for seed in 0..8 {
        let played = play(&Script::draw(seed, EXTENT), None).unwrap();

        let found: Vec<_> = played.violations.iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "seed {seed}: {}", found.join("\n"));
    }
}

/// A simulation in which a create takes effect four minutes after its connection was dropped, and somebody launches an
/// import meanwhile: one that does not wait until then creates again.
fn late(seed: u64) -> Script {
    let mut script = Script::draw(seed, EXTENT);
    let minute = |minute: u64, deed| Step { at: minute * 60_000, deed };
    let fields = json!({ "Name": "Late Ltd", "Phone": "+44 20 7946 0000" });
    let fields = fields.as_object().cloned().unwrap();
    let effect = Effect::DropThenApply { milliseconds: 4 * 60_000 };
    script.steps.extend([
        minute(
            50,
            Deed::SalesforceCreate { key: "late".to_owned(), object: Object::Account, fields },
        ),
        minute(51, Deed::AutotaskFault { rule: FaultRule::next("POST Companies", effect) }),
        minute(61, Deed::Launch),
    ]);
    script.steps.sort_by_key(|step| step.at);
    script
}

#[test]
fn an_importer_that_creates_twice_is_found_in_a_small_simulation_that_can_be_replayed() {
    let impatient = |seed| {
        let settings = BTreeMap::from([("autotask.settle_seconds".to_owned(), json!(1))]);
        Script { settings, ..late(seed) }
    };
    let twice = |script: &Script| broken(script).contains(&"one-record");
    let found = (0..10).map(impatient).find(twice).expect("one of the seeds finds it");

    let smallest = shrink(&found, ATTEMPTS, twice);
    let replayed = serde_json::from_str(&serde_json::to_string(&smallest).unwrap()).unwrap();

    assert!(twice(&replayed), "{smallest:#?}");
    assert!(smallest.steps.len() <= 5, "{} steps are left", smallest.steps.len());
    let patient = Script { settings: BTreeMap::new(), ..smallest };
    assert_eq!(broken(&patient), Vec::<&str>::new());
}

#[test]
fn a_replay_file_that_is_not_there_is_the_environments_fault_and_one_that_is_wrong_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.json");
    let replayed = |bytes: Option<&[u8]>| {
        if let Some(bytes) = bytes {
            fs::write(&wrong, bytes).unwrap();
        }
        simulated(&["--replay", wrong.to_str().unwrap()]).0
    };

    assert_eq!(replayed(None), Some(3), "as `scenarios run` of a missing file");
    assert_eq!(replayed(Some(b"{ \"seed\": 1 }")), Some(2), "as `scenarios run` of a wrong story");
    assert_eq!(replayed(Some(b"\xff\xfe")), Some(2));
}

#[test]
fn settings_that_no_importer_could_go_by_are_refused_and_break_no_invariant() {
    for wrong in
        ["settings.actve=true", "settings.active=false", "settings.quiet=null", "no.such=1"]
    {
        let (code, said) = simulated(&["--seeds", "1", "--minutes", "20", "--set", wrong]);

        assert_eq!(code, Some(2), "{wrong}: {said}");
        assert!(said.contains("the importer cannot go by these settings"), "{wrong}: {said}");
        assert!(!said.contains("seed 1"), "{wrong}: {said}");
    }
}

#[test]
fn a_journal_that_cannot_be_written_is_the_environments_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("missing").join("journal.txt");

    let (code, said) = simulated(&["--seeds", "1", "--journal", file.to_str().unwrap()]);

    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the journal cannot be written"), "{said}");
}

#[test]
fn a_folder_for_failures_that_cannot_be_made_is_the_environments_fault() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "").unwrap();

    let (code, said) =
        simulated(&["--seeds", "1", "--minutes", "20", "--folder", taken.to_str().unwrap()]);

    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("taken"), "{said}");
}

/// The exit code of `scenarios simulate`, and what it says of errors.
fn simulated(arguments: &[&str]) -> (Option<i32>, String) {
    let simulate =
        Command::new(env!("CARGO_BIN_EXE_scenarios")).arg("simulate").args(arguments).output();
    let output = simulate.unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}
