//! Showing and saving the settings, and the question that precedes the first import.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::super::Desk;
use super::super::door::{Fields, Visitor};
use super::super::pages::layout::{Page, Place};
use super::super::pages::settings::{self, Facts, MANAGER, was};
use super::super::pages::{activate as first_import, trouble::Trouble};
use super::super::plan as first_plan;
use super::super::tenant::{self, Age};
use super::done;
use crate::check::{Finding, Verdict};
use crate::config::{Entry, Origin, Proposal, Shape};
use crate::ports::timeout;
use crate::settings::{Objection, Review, SettingsError, needs_autotask, review};

/// Whoever saves is not kept waiting for Autotask longer.
const PATIENCE: Duration = Duration::from_secs(30);

async fn facts(desk: &Arc<Desk>) -> Result<Facts, Trouble> {
    let known = tenant::known(desk, Age::Any).await?;
    let mut resources = known.metadata.resources.clone();
    resources.sort_by(|a, b| (&a.last_name, &a.first_name).cmp(&(&b.last_name, &b.first_name)));
    let mut entries = desk.blocking(|desk| desk.settings.entries()).await?;
    for entry in entries.iter_mut().filter(|entry| entry.key.full_name() == MANAGER) {
        let name = entry.value.as_deref().and_then(|id| settings::name_of(id, &resources));
        entry.value = name.or_else(|| entry.value.take());
    }
    Ok(Facts { entries, resources, ..Facts::default() })
}

pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Page, Trouble> {
    let facts = facts(&desk).await?;
    Ok(settings::page(&visitor, &facts))
}

/// What somebody changed: what differs from what they saw. Nobody's newer value is overwritten by a field left alone.
fn changes(entries: &[Entry], fields: &Fields) -> Vec<Proposal> {
    let change = |entry: &Entry| {
        let (key, name) = (entry.key, entry.key.full_name());
        let typed = fields.one(&name);
        if !fields.has(&name) || !key.is_editable() {
            return None;
        }
        if key.shape == Shape::Secret {
            return (!typed.is_empty()).then(|| Proposal { key, value: Some(typed.to_owned()) });
        }
        if typed.trim() == fields.one(&was(&name)).trim() {
            return None;
        }
        let is_saved = matches!(entry.origin, Origin::Ledger(_));
        match typed.trim() {
            // The default holds again.
            "" if is_saved || key.default != Some("") => Some(Proposal { key, value: None }),
            "" => None,
            typed => Some(Proposal { key, value: Some(typed.to_owned()) }),
        }
    };
    entries.iter().filter_map(change).collect()
}

/// Has Autotask look at what only it can tell about.
pub(super) async fn ask_autotask(
    desk: &Arc<Desk>,
    proposed: &[Proposal],
) -> Result<Review, Trouble> {
    if !needs_autotask(proposed) {
        return Ok(Review::default());
    }
    let before = desk.blocking(|desk| Ok::<_, Trouble>(desk.settings.config_begun().ok())).await?;
    let unasked = |why: &str| Review {
        notes: vec![format!(
            "It is not known whether this fits: {why}; `importer check` looks again."
        )],
        ..Review::default()
    };
    let Some(importer) = desk.asker(proposed.to_vec()).await? else {
        return Ok(unasked("the settings are not complete, so Autotask could not be asked"));
    };
    let asking = review(&importer, before.as_ref(), proposed);
    let answer = timeout(desk.clock.as_ref(), PATIENCE, asking).await;
    Ok(answer.unwrap_or_else(|| unasked("Autotask does not answer")))
}

pub(super) async fn save(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Trouble> {
    let before = facts(&desk).await?;
    let mut proposed = changes(&before.entries, &fields);
    if proposed.is_empty() {
        let notes = vec!["Nothing was changed.".to_owned()];
        return Ok(settings::page(&visitor, &Facts { notes, ..before }).into_response());
    }
    let checked = proposed.clone();
    let begins = desk
        .blocking(move |desk| {
            desk.settings.check(&checked)?;
            desk.settings.begins_imports(&checked)
        })
        .await;
    let wrong = |objections: Vec<Objection>, facts: Facts| {
        let wrong: BTreeMap<_, _> =
            objections.into_iter().map(|Objection { key, text }| (key.full_name(), text)).collect();
        let page = settings::page(&visitor, &Facts { wrong, typed: fields.clone(), ..facts });
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let begins = match begins {
        Ok(begins) => begins,
        Err(trouble) => match desk.settings.check(&proposed) {
            Err(SettingsError::Wrong(objections)) => return wrong(objections, before),
            _ => return Err(trouble.leading("/settings", "To the settings")),
        },
    };
    let review = ask_autotask(&desk, &proposed).await?;
    if !review.objections.is_empty() {
        return wrong(review.objections, before);
    }
    if begins {
        // Somebody has to agree to that first, on a page of its own.
        proposed.retain(|proposal| proposal.key.full_name() != "settings.active");
    }
    let (saving, now) = (proposed.clone(), desk.clock.now());
    desk.blocking(move |desk| desk.settings.save(&saving, now)).await?;
    if proposed.iter().any(|proposal| proposal.key.section == "autotask") {
        tenant::forget(&desk).await;
    }
    tracing::info!("somebody saved settings on the console");
    if begins {
        first_plan::begin(&desk)
            .map_err(|trouble| trouble.leading("/settings", "To the settings"))?;
        return Ok(Redirect::to("/activate").into_response());
    }
    let mut notes = vec!["Saved. A running service takes it over at its next tick.".to_owned()];
    notes.extend(review.notes);
    let is_access =
        |proposal: &Proposal| ["salesforce", "autotask"].contains(&proposal.key.section);
    let findings = if proposed.iter().any(is_access) || needs_autotask(&proposed) {
        try_both(&desk).await
    } else {
        Vec::new()
    };
    let facts = facts(&desk).await?;
    Ok(settings::page(&visitor, &Facts { notes, findings, ..facts }).into_response())
}

/// Tries both connections with what is saved (rule S6). Settings that are not complete are no more than that.
pub(in crate::console) async fn try_both(desk: &Arc<Desk>) -> Vec<Finding> {
    let note =
        |text: &str| vec![Finding { verdict: Verdict::Note, text: text.to_owned(), about: None }];
    let Ok(importer) = desk.importer().await else {
        return note("the settings are not complete yet, so the connections were not tried");
    };
    let checking = importer.check();
    let found = timeout(desk.clock.as_ref(), PATIENCE, checking).await;
    found.unwrap_or_else(|| note("the check took too long; `importer check` waits for its end"))
}

pub(super) async fn check(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(typed): Extension<Fields>,
) -> Result<Page, Trouble> {
    let findings = try_both(&desk).await;
    let facts = facts(&desk).await?;
    Ok(settings::page(&visitor, &Facts { typed, findings, ..facts }))
}

pub(super) async fn activate(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Page, Trouble> {
    let plan = desk.first_plan().clone();
    let config = desk.blocking(|desk| desk.settings.config_with(&first_plan::activation())).await?;
    Ok(first_import::page(&visitor, &plan, config.interval.as_secs() / 60))
}

pub(super) async fn plan(State(desk): State<Arc<Desk>>) -> Result<Redirect, Trouble> {
    first_plan::begin(&desk)?;
    Ok(Redirect::to("/activate"))
}

pub(super) async fn agree(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Result<Page, Trouble> {
    let number = fields.one("plan").to_owned();
    desk.blocking(move |desk| first_plan::agree(desk, &number)).await?;
    tracing::info!("somebody agreed on the console to imports that are made by themselves");
    let text = "Imports are active: the next tick is the first import.";
    Ok(done(&visitor, Place::Settings, text, &[("/", "To the first page")]))
}
