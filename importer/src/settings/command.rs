//! `importer settings`: what is typed becomes a change of the settings, or a reason why not.

use std::io::{self, Write};
use std::sync::Arc;

use secrecy::ExposeSecret;

use super::{Settings, SettingsError, Shown, needs_autotask, review};
use crate::app::{Importer, StartError};
use crate::config::{Key, Proposal, Shape};
use crate::domain::report::RunState;
use crate::plan::Effort;
use crate::ports::{Clock, Observer};
use crate::progress::Silent;
use crate::prompt::Prompt;
use crate::sqlite::LedgerError;

/// Why the command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The settings cannot be changed so.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// It makes no sense, or nobody agreed. The text says what to do.
    #[error("{0}")]
    Refused(String),
    /// An importer cannot be put together, to see what it would do.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The ledger failed, or another import is running.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Nobody can be asked or told.
    #[error("the terminal cannot be used")]
    Output(#[from] io::Error),
}

/// What a change needs besides the settings.
pub struct Surroundings<'a> {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who watches the plan that precedes the first import.
    pub observer: Arc<dyn Observer>,
    /// Who is asked.
    pub prompt: &'a mut (dyn Prompt + Send),
    /// Where remarks go.
    pub remarks: &'a mut (dyn Write + Send),
}

/// All keys with their values.
pub fn show(settings: &Settings) -> Result<Shown, SettingsError> {
    Ok(Shown::of(settings.entries()?))
}

/// Sets a key, after all that can be looked at was; returns what to say about it. `agreed` stands for the yes before
/// the first import.
pub async fn set(
    settings: &Settings,
    key: &'static Key,
    value: Option<String>,
    agreed: bool,
    around: Surroundings<'_>,
) -> Result<String, CommandError> {
    let Surroundings { clock, observer, prompt, remarks } = around;
    // Nobody should be asked for a password that is then refused.
    settings.allows(key)?;
    let value = typed(key, value, prompt)?;
    let proposed = [Proposal { key, value: Some(value) }];
    settings.check(&proposed)?;
    if needs_autotask(&proposed) {
        ask_autotask(settings, &proposed, &clock, remarks).await?;
    }
    if settings.begins_imports(&proposed)? {
        let config = settings.config_with(&proposed)?;
        let importer = Importer::new(config, Arc::clone(&clock), observer)?;
        agree_to_first_import(&importer, agreed, prompt, remarks).await?;
    }
    settings.save(&proposed, clock.now())?;
    Ok(format!(
        "`{}` is set; a running `importer serve` takes it over at its next tick",
        key.full_name()
    ))
}

/// Has Autotask look at what only it can tell about.
async fn ask_autotask(
    settings: &Settings,
    proposed: &[Proposal],
    clock: &Arc<dyn Clock>,
    remarks: &mut (dyn Write + Send),
) -> Result<(), CommandError> {
    let before = settings.config().ok();
    let Some(importer) = settings.asker(proposed, Arc::clone(clock), Arc::new(Silent))? else {
        writeln!(
            remarks,
            "the settings are not complete, so Autotask could not be asked whether this fits; `importer check` looks \
             again"
        )?;
        return Ok(());
    };
    let review = review(&importer, before.as_ref(), proposed).await;
    for note in review.notes {
        writeln!(remarks, "{note}")?;
    }
    if review.objections.is_empty() {
        return Ok(());
    }
    Err(SettingsError::Wrong(review.objections).into())
}

/// Removes what is saved for a key; returns what to say about it.
pub fn unset(
    settings: &Settings,
    key: &'static Key,
    clock: &dyn Clock,
) -> Result<String, CommandError> {
    settings.save(&[Proposal { key, value: None }], clock.now())?;
    let name = key.full_name();
    Ok(match key.default {
        None => format!("`{name}` is not set any more; an import needs it"),
        Some("") => format!("`{name}` is not set any more"),
        Some(default) => format!("`{name}` is {default} again, its default"),
    })
}

/// The value that was typed, here or on the command line.
fn typed(
    key: &Key,
    value: Option<String>,
    prompt: &mut (dyn Prompt + Send),
) -> Result<String, CommandError> {
    let name = key.full_name();
    match (key.shape, value) {
        (Shape::Secret, Some(_)) => Err(CommandError::Refused(format!(
            "a secret does not belong on the command line, where others see it; `importer settings set {name}` \
             asks for it, or reads it from stdin"
        ))),
        (Shape::Secret, None) => Ok(prompt.ask_secret(&name)?.expose_secret().to_owned()),
        (_, Some(value)) => Ok(value),
        (_, None) if prompt.is_attended() => Ok(prompt.ask(&name, "")?),
        (_, None) => Err(CommandError::Refused(format!(
            "no value is given: `importer settings set {name} VALUE`"
        ))),
    }
}

/// Shows what the first import would do, and asks (rule S3).
async fn agree_to_first_import(
    importer: &Importer,
    agreed: bool,
    prompt: &mut (dyn Prompt + Send),
    remarks: &mut (dyn Write + Send),
) -> Result<(), CommandError> {
    let (plan, _) = importer.plan().await?;
    if plan.state != RunState::Planned {
        return Err(CommandError::Refused(format!(
            "nothing is set, as an import would not get far: {}",
            plan.failure.unwrap_or_else(|| plan.state.to_string())
        )));
    }
    writeln!(
        remarks,
        "The first import would do this:\n\n{plan}\n{}",
        Effort::of(&plan, &importer.ports.target.budget())
    )?;
    writeln!(
        remarks,
        "`importer plan` lists it record by record. Companies cannot be deleted through Autotask's API."
    )?;
    if agreed {
        return Ok(());
    }
    if !prompt.is_attended() {
        return Err(CommandError::Refused(
            "nothing is set, as nobody is there to agree; `--yes` agrees".to_owned(),
        ));
    }
    let minutes = importer.config().interval.as_secs() / 60;
    if prompt.confirm(&format!("Import so at the next tick, and then every {minutes} minutes?"))? {
        return Ok(());
    }
    Err(CommandError::Refused("nothing is set".to_owned()))
}
