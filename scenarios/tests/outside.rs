//! Importers from outside are told stories over the wire alone: our own program, which holds them, and a small one that
//! is wrong on purpose in one way at a time, which the stories find out.

use std::path::PathBuf;
use std::process::Command;

use scenarios::runner::{self, Arguments, Choice, Ending};

/// What lies beside the folder of this test's own, built if it is not there yet.
fn program(name: &str, target: &[&str]) -> PathBuf {
    let own = std::env::current_exe().expect("a test is a file");
    let folder = own.ancestors().nth(2).expect("tests lie two folders deep");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo).arg("build").args(target).status().expect("cargo runs");
        assert!(built.success() && program.exists(), "{} cannot be built", program.display());
    }
    program
}

/// The command of a program, as `--importer` takes it.
fn command(program: &std::path::Path, arguments: &str) -> String {
    let path = program.display().to_string();
    format!("{} {arguments}", shlex::try_quote(&path).expect("a path has no NUL"))
}

async fn told(importer: String, paths: &[&str]) -> (Ending, String) {
    let arguments = Arguments {
        choice: Choice {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            ..Choice::default()
        },
        importer: Some(importer),
        jobs: 4,
        ..Arguments::default()
    };
    let mut said = Vec::new();
    let ending = runner::run(&arguments, &mut said).await.expect("stories can be told");
    (ending, String::from_utf8(said).expect("what is said is text"))
}

/// The names of the stories that failed.
fn failed(said: &str) -> Vec<&str> {
    let lines = said.lines().filter(|line| line.starts_with("FAILED  "));
    let names = lines.filter_map(|line| line.rsplit_once(" (")?.0.splitn(3, "  ").nth(2));
    names.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_program_holds_what_can_be_seen_from_outside() {
    let folder = tempfile::tempdir().expect("there is room for a file");
    let settings = folder.path().join("importer.toml");
    std::fs::write(&settings, "").expect("there is room for a file");
    let quoted = shlex::try_quote(settings.to_str().expect("the path is text")).map(String::from);
    let arguments = format!("--config {} run", quoted.expect("a path has no NUL"));

    let (ending, said) =
        told(command(&program("importer", &["-p", "importer"]), &arguments), &[]).await;

    assert_eq!(ending, Ending::Held, "{said}");
    let held = said.lines().filter(|line| line.starts_with("held  ")).count();
    assert!(held >= 90, "only {held} stories were told:\n{said}");
    assert!(said.contains("not run, as it asks for the importer's own decisions:"), "{said}");
    assert!(
        said.contains("not run, as it needs a clock that importer and servers share:"),
        "{said}"
    );
}

fn wrong_importer(fault: &str) -> String {
    let program =
        program("examples/wrong_importer", &["-p", "scenarios", "--example", "wrong_importer"]);
    command(&program, fault)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_importer_that_gets_nothing_wrong_passes_from_outside() {
    let (ending, said) = told(wrong_importer("nothing"), &["built-in:wire.feature"]).await;

    assert_eq!(ending, Ending::Held, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mistake_of_a_wrong_importer_is_found_by_the_story_about_it() {
    let mistakes = [
        ("ignores-keys", "An account becomes the company of its name and address"),
        ("minds-case", "Capitals make no other company"),
        ("guesses", "Of two companies with one key none is taken"),
        ("adopts-orphans", "A contact comes into its account's company, an orphan nowhere"),
        ("rewrites-all", "Where nothing changed, nothing is written"),
        ("repeats-blindly", "A company whose answer was lost is made once"),
        ("forgets-unmapping", "A pair that somebody took apart stays apart"),
        ("hides-failure", "Without sign-in the run fails and writes nothing"),
        ("ignores-settings", "A setting that an importer is told is one it goes by"),
        ("mails-the-inactive", "Each recipient hears of an import, and none who is inactive"),
    ];
    for (fault, story) in mistakes {
        let (ending, said) = told(wrong_importer(fault), &["built-in:wire.feature"]).await;

        assert_eq!(ending, Ending::Failed, "{fault} was not found:\n{said}");
        assert!(failed(&said).contains(&story), "{fault} was found by others:\n{said}");
        assert!(failed(&said).len() <= 7, "{fault} brings everything down:\n{said}");
    }
}

#[tokio::test]
async fn a_command_that_cannot_be_started_is_the_environments_fault() {
    let arguments = Arguments {
        choice: Choice { paths: vec!["built-in:wire.feature".to_owned()], ..Choice::default() },
        importer: Some("no-such-importer-anywhere".to_owned()),
        ..Arguments::default()
    };

    let refused = runner::run(&arguments, &mut Vec::new()).await;

    assert!(refused.unwrap_err().to_string().contains("no-such-importer-anywhere"));
}
