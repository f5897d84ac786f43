//! Choosing who hears of imports, and a test whether they do (rules N1, N4).

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::super::Desk;
use super::super::door::{Fields, Visitor};
use super::super::pages::layout::Page;
use super::super::pages::notifications::{self, Facts};
use super::super::pages::trouble::Trouble;
use super::super::tenant::{self, Age};
use super::settings::ask_autotask;
use crate::check::Finding;
use crate::config::{Key, Proposal};
use crate::desk;
use crate::ports::timeout;
use crate::settings::SettingsError;

/// Whoever sends a test is not kept waiting for a mail server longer.
const PATIENCE: Duration = Duration::from_mins(1);

fn key() -> Result<&'static Key, Trouble> {
    Key::named("notifications.recipients")
        .ok_or_else(|| Trouble::missing("There is no such setting."))
}

/// What is saved, and who that is; what somebody has chosen since, if they have.
async fn facts(desk: &Arc<Desk>, fields: &Fields, age: Age) -> Result<Facts, Trouble> {
    let key = key()?;
    let (config, origin) = desk
        .blocking(move |desk| {
            let config = desk.settings.config_begun()?;
            let origin = config.origin(key);
            Ok::<_, SettingsError>((config, origin))
        })
        .await?;
    let known = tenant::known(desk, age).await?;
    let saved = config.notifications.recipients;
    let mut people = desk::people(&saved, &known.metadata.resources);
    let was = saved.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let were: Vec<_> = people.iter().map(|one| one.selected).collect();
    if fields.has("chosen") && !origin.is_managed() {
        for one in &mut people {
            one.selected = fields.all("to").any(|to| to == one.recipient);
        }
    }
    let is_changed = people.iter().zip(were).any(|(one, was)| one.selected != was);
    Ok(Facts {
        people,
        was,
        is_changed,
        filter: fields.one("filter").trim().to_owned(),
        tenant: known.tenant,
        managed: origin.is_managed().then(|| origin.to_string()),
        sends_mail: config.smtp.is_some(),
        ..Facts::default()
    })
}

pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    RawQuery(query): RawQuery,
) -> Result<Page, Trouble> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let age = if fields.one("anew") == "1" { Age::None } else { Age::Recent };
    let facts = facts(&desk, &fields, age).await?;
    Ok(notifications::page(&visitor, &facts))
}

pub(super) async fn save(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Trouble> {
    let refused = |status, wrong: Vec<String>, facts| {
        let page = notifications::page(&visitor, &Facts { wrong, ..facts });
        Ok((status, page).into_response())
    };
    let before = facts(&desk, &fields, Age::Recent).await?;
    if let Some(origin) = &before.managed {
        let text = format!("Who hears of imports is managed in {origin}: change it there.");
        return Err(Trouble::refused(text).leading("/notifications", "Back"));
    }
    if fields.one("was") != before.was {
        let text = "Somebody else has changed this meanwhile; nothing was saved. Your selection is still shown: save \
                    again if it is to hold.";
        return refused(StatusCode::CONFLICT, vec![text.to_owned()], before);
    }
    if !before.is_changed {
        let notes = vec!["Nothing was changed.".to_owned()];
        return Ok(notifications::page(&visitor, &Facts { notes, ..before }).into_response());
    }
    let chosen = before.people.iter().filter(|one| one.selected);
    let chosen = chosen.map(|one| one.recipient.as_str()).collect::<Vec<_>>().join(", ");
    let value = (!chosen.is_empty()).then_some(chosen);
    let proposed = vec![Proposal { key: key()?, value }];
    let review = ask_autotask(&desk, &proposed).await?;
    if !review.objections.is_empty() {
        let wrong = review.objections.into_iter().map(|objection| objection.text).collect();
        return refused(StatusCode::UNPROCESSABLE_ENTITY, wrong, before);
    }
    let now = desk.clock.now();
    desk.blocking(move |desk| desk.settings.save(&proposed, now)).await?;
    tracing::info!("somebody changed on the console who hears of imports");
    let facts = facts(&desk, &Fields::default(), Age::Recent).await?;
    let mut notes = vec!["Saved. It holds for imports that begin from now on.".to_owned()];
    notes.extend(review.notes);
    Ok(notifications::page(&visitor, &Facts { notes, ..facts }).into_response())
}

pub(super) async fn test(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Result<Page, Trouble> {
    let findings =
        tested(&desk).await.map_err(|trouble| trouble.leading("/notifications", "Back"))?;
    let facts = facts(&desk, &fields, Age::Recent).await?;
    Ok(notifications::page(&visitor, &Facts { findings, ..facts }))
}

/// Sends a test to those who are saved.
pub(in crate::console) async fn tested(desk: &Arc<Desk>) -> Result<Vec<Finding>, Trouble> {
    let importer = desk.importer().await?;
    let testing = importer.test_notifications();
    timeout(desk.clock.as_ref(), PATIENCE, testing).await.ok_or_else(|| {
        let text = "The test did not come to an end within a minute. A part of the e-mails may have been sent.";
        Trouble::new(StatusCode::GATEWAY_TIMEOUT, text)
    })
}
