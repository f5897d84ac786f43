//! Asks a person at a terminal, or does without where there is none.

use std::io::{self, BufRead, IsTerminal, Write, stderr, stdin};

use console::Term;
use secrecy::SecretString;

/// Who answers questions.
pub trait Prompt {
    /// Whether somebody is there.
    fn is_attended(&self) -> bool;

    /// Asks for a text; an empty answer is `default`.
    fn ask(&mut self, question: &str, default: &str) -> io::Result<String>;

    /// Asks for a secret, which is not shown while it is typed. Where nobody is there, it is all that comes in.
    fn ask_secret(&mut self, question: &str) -> io::Result<SecretString>;

    /// Asks whether to go on; anything but a yes is a no.
    fn confirm(&mut self, question: &str) -> io::Result<bool> {
        let answer = self.ask(&format!("{question} [y/N]"), "")?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

/// The person who started the program. Questions go to stderr, so that results can be piped.
#[derive(Debug, Clone, Copy, Default)]
pub struct Person;

/// More than this is no secret.
const LONGEST: u64 = 64 * 1024;

impl Prompt for Person {
    fn is_attended(&self) -> bool {
        stdin().is_terminal() && stderr().is_terminal()
    }

    fn ask(&mut self, question: &str, default: &str) -> io::Result<String> {
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        write!(stderr(), "{question}{shown}: ")?;
        let mut answer = String::new();
        stdin().lock().read_line(&mut answer)?;
        let answer = answer.trim();
        Ok(if answer.is_empty() { default } else { answer }.to_owned())
    }

    fn ask_secret(&mut self, question: &str) -> io::Result<SecretString> {
        if self.is_attended() {
            write!(stderr(), "{question} (not shown): ")?;
            return Ok(Term::stderr().read_secure_line()?.into());
        }
        let mut text = String::new();
        io::Read::read_to_string(&mut io::Read::take(stdin().lock(), LONGEST), &mut text)?;
        // Whatever wrote it may have ended it as a line.
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(text.into())
    }
}
