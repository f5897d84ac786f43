//! The mapping table, held against both systems as far as they tell (rules V1, V3, V7).

use std::collections::BTreeMap;

use serde::Serialize;

use super::Freshness;
use crate::app::Importer;
use crate::domain::agreement::{self, Line, SourceSchema};
use crate::domain::metadata::Metadata;
use crate::domain::model::Kind;
use crate::domain::policy::{Policies, Policy};
use crate::ports::SourceError;

/// The table, and how new what it was held against is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MappingTable {
    /// Who wins when an existing record is linked first.
    pub first_link: Policy,
    /// What is known of Autotask.
    pub autotask: Freshness,
    /// What is known of Salesforce.
    pub salesforce: Freshness,
    /// The fields.
    pub fields: Vec<Line>,
}

impl MappingTable {
    /// The table under these policies.
    pub fn of(
        policies: &Policies,
        (salesforce, schemas): (Freshness, &BTreeMap<Kind, SourceSchema>),
        (autotask, metadata): (Freshness, &Metadata),
    ) -> Self {
        let metadata = autotask.read.is_some().then_some(metadata);
        Self {
            first_link: policies.first_link,
            fields: agreement::lines(policies, |kind| schemas.get(&kind).cloned(), metadata),
            autotask,
            salesforce,
        }
    }
}

impl Importer {
    /// The fields of both kinds of record that the Salesforce user sees.
    pub async fn source_schemas(&self) -> Result<BTreeMap<Kind, SourceSchema>, SourceError> {
        let mut schemas = BTreeMap::new();
        for kind in [Kind::Company, Kind::Contact] {
            schemas.insert(kind, self.ports.source.schema(kind).await?);
        }
        Ok(schemas)
    }
}
