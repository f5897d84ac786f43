//! The table of fields, held against what both systems say of theirs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;

use super::super::Desk;
use super::super::door::Visitor;
use super::super::pages::layout::Page;
use super::super::pages::mapping;
use super::super::pages::trouble::Trouble;
use super::super::tenant::{self, Age};
use super::{Asked, asked};
use crate::causes::in_one_line;
use crate::desk::{Freshness, MappingTable};
use crate::domain::agreement::SourceSchema;
use crate::domain::model::Kind;
use crate::ports::timeout;

/// Nobody waits longer for Salesforce.
const PATIENCE: Duration = Duration::from_secs(30);

type Schemas = BTreeMap<Kind, SourceSchema>;

/// The table; with `live`, both systems are asked now.
pub(in crate::console) async fn table(
    desk: &Arc<Desk>,
    live: bool,
) -> Result<MappingTable, Trouble> {
    let config = desk.blocking(|desk| desk.settings.config_begun()).await?;
    let salesforce = if live {
        salesforce(desk).await
    } else {
        (Freshness { read: None, problem: None }, Schemas::new())
    };
    // An import reads them too; what it read last is enough for a look.
    let known = tenant::known(desk, if live { Age::None } else { Age::Any }).await?;
    let (of_salesforce, schemas) = salesforce;
    let policies = &config.import.policies;
    Ok(MappingTable::of(policies, (of_salesforce, &schemas), (known.tenant, &known.metadata)))
}

/// What Salesforce says now, or why it does not.
async fn salesforce(desk: &Arc<Desk>) -> (Freshness, Schemas) {
    let failed =
        |problem: String| (Freshness { read: None, problem: Some(problem) }, Schemas::new());
    let Ok(importer) = desk.importer().await else {
        return failed("the settings are not complete yet".to_owned());
    };
    let now = desk.clock.now();
    match timeout(desk.clock.as_ref(), PATIENCE, importer.source_schemas()).await {
        None => failed(format!("no answer within {} seconds", PATIENCE.as_secs())),
        Some(Err(error)) => failed(in_one_line(&error)),
        Some(Ok(schemas)) => (Freshness { read: Some(now), problem: None }, schemas),
    }
}

pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    query: Asked,
) -> Result<Page, Trouble> {
    let table = table(&desk, asked(&query, "live") == "1").await?;
    Ok(mapping::page(&visitor, &table))
}
