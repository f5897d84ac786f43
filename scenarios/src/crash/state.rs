//! What there is at an end, so that two ends can be compared: Autotask's records and what the ledger knows.

use std::collections::BTreeMap;

use importer::domain::ids::SalesforceId;
use importer::domain::model::Kind;
use importer::sqlite::Ledger;
use serde_json::Value as Json;

use super::Trouble;
use crate::rest::{COMPANY_ID, CONTACT_ID, Row, id_of, udf_of};
use crate::stage::Stage;

/// What there is at an end: a line for each record, and how often it is there.
pub type State = BTreeMap<String, u32>;

/// Each of Autotask's records without its id and its times, and what the ledger knows of each of these Salesforce
/// records. Records are referred to by what they say, since their ids depend on the order of creates that are under way
/// at the same time.
pub(super) async fn state(
    stage: &Stage,
    ledger: &Ledger,
    accounts: &[String],
    contacts: &[String],
) -> Result<State, Trouble> {
    let rest = stage.rest();
    let mut named = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (entity, kind, field) in
        [("Companies", Kind::Company, COMPANY_ID), ("Contacts", Kind::Contact, CONTACT_ID)]
    {
        let rows = rest.all(entity).await?;
        for row in &rows {
            let words = ["companyName", "lastName"].map(|name| text(row, name)).concat();
            let carried = udf_of(row, field).unwrap_or("nothing");
            named.insert((kind, id_of(row)), format!("{words} carrying {carried}"));
        }
        for row in rows {
            let text = without_ids(row, &named)?;
            *found.entry(format!("{entity} {text}")).or_default() += 1;
        }
    }
    for (kind, ids) in [(Kind::Company, accounts), (Kind::Contact, contacts)] {
        for id in ids {
            let text = standing(ledger, kind, id.parse()?, &named)?;
            *found.entry(format!("the ledger of {kind} {id}: {text}")).or_default() += 1;
        }
    }
    Ok(found)
}

/// How two ends differ; nothing if they do not.
pub(super) fn difference(expected: &State, found: &State) -> Result<(), Trouble> {
    let differing = |these: &State, those: &State| {
        let rows = these.iter().filter(|(row, count)| those.get(*row) != Some(count));
        rows.map(|(row, _)| row.clone()).collect::<Vec<_>>()
    };
    let (missing, extra) = (differing(expected, found), differing(found, expected));
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    Err(format!("missing {missing:#?}, extra {extra:#?}").into())
}

/// What the ledger knows of a record, apart from times.
fn standing(
    ledger: &Ledger,
    kind: Kind,
    id: SalesforceId,
    named: &BTreeMap<(Kind, i64), String>,
) -> Result<String, Trouble> {
    let standing = ledger.read(|tx| tx.standing(kind, id))?;
    let open = if standing.uncertain { ", and whether it was created is open" } else { "" };
    let name = |target: &i64| {
        named
            .get(&(kind, *target))
            .cloned()
            .unwrap_or_else(|| "a record that is not there".to_owned())
    };
    let apart: Vec<_> = standing.unmapped.iter().map(|pair| name(&pair.autotask_id)).collect();
    Ok(format!(
        "linked to {:?}, taken apart from {apart:?}, awaits {:?}{open}",
        standing.link.as_ref().map(name),
        standing.awaits_parent
    ))
}

fn without_ids(mut row: Row, named: &BTreeMap<(Kind, i64), String>) -> Result<String, Trouble> {
    row.remove("id");
    for reference in ["companyID", "parentCompanyID"] {
        if let Some(company) = row.get_mut(reference)
            && let Some(name) = company.as_i64().and_then(|id| named.get(&(Kind::Company, id)))
        {
            *company = name.clone().into();
        }
    }
    row.retain(|name, _| {
        let name = name.to_lowercase();
        !name.contains("date") && !name.contains("location")
    });
    Ok(serde_json::to_string(&row)?)
}

fn text(row: &Row, name: &str) -> String {
    row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}
