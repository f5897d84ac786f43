//! The truth: what the generator planted, and the rules ask for, against what the importer did.

use std::collections::BTreeMap;
use std::io::{self, Write};

use importer::app::Importer;
use importer::domain::decision::Outcome;
use importer::domain::model::Kind;
use importer::domain::report::RunReport;
use mock_salesforce::{generated_account_id, generated_contact_id};

use super::{DemoError, PAGE};
use crate::stage::Stage;
use crate::truth::Truth;

/// Differences that are shown of all.
const DIFFERENCES_SHOWN: usize = 50;

/// Compares what became of each record in the first run with what the rules ask for.
pub(super) fn compare_outcomes(
    truth: &Truth,
    importer: &Importer,
    report: &RunReport,
    out: &mut impl Write,
) -> Result<bool, DemoError> {
    let size = truth.world().size();
    let mut wrong = 0_usize;
    for (kind, count) in [(Kind::Company, size.accounts), (Kind::Contact, size.contacts)] {
        let mut decided = BTreeMap::new();
        let mut after = None;
        for index in 0..count {
            let (id, expected) = match kind {
                Kind::Company => (generated_account_id(index), truth.account(index)),
                Kind::Contact => (generated_contact_id(index), truth.contact(index)),
            };
            if decided.is_empty() {
                // Ids sort as the generator counts, so the next page has the next records.
                let page =
                    importer.ledger.read(|tx| tx.decisions(report.run, kind, None, after, PAGE))?;
                after = page.last().map(|listed| listed.mention.id).or(after);
                decided = page
                    .into_iter()
                    .map(|listed| (listed.mention.id.to_string(), listed.mention))
                    .collect();
            }
            let found = decided.remove(&id);
            let name = found.as_ref().map_or("missing", |mention| mention.outcome.name());
            if name == expected.name() {
                continue;
            }
            wrong += 1;
            if wrong <= DIFFERENCES_SHOWN {
                let text = found.map(|mention| mention.text).unwrap_or_default();
                let source = kind.source_name();
                writeln!(out, "WRONG: {source} {id} must be {expected:?}, it is {name}: {text}")?;
            }
        }
        wrong += decided.len();
    }
    match wrong {
        0 => writeln!(
            out,
            "What became of each record is what the planted data and the rules ask for."
        )?,
        _ => writeln!(out, "WRONG: {wrong} records became something else than the rules ask for.")?,
    }
    Ok(wrong == 0)
}

/// Compares the first run's counts.
pub(super) fn compare_counts(
    truth: &Truth,
    report: &RunReport,
    out: &mut impl Write,
) -> io::Result<bool> {
    let mut agree = true;
    let sides = [(Kind::Company, truth.account_counts()), (Kind::Contact, truth.contact_counts())];
    for (kind, expected) in sides {
        for outcome in Outcome::ALL {
            let (expected, found) = (
                expected.get(outcome.name()).copied().unwrap_or_default(),
                report.counts(kind).of(outcome),
            );
            if expected != found {
                agree = false;
                let source = kind.source_name();
                writeln!(
                    out,
                    "WRONG: {expected} {source}s must be {outcome}, the report says {found}"
                )?;
            }
        }
    }
    if agree {
        writeln!(
            out,
            "The report's counts are those that the planted data and the rules ask for."
        )?;
    }
    Ok(agree)
}

/// Compares Autotask, read over REST.
pub(super) async fn compare_values(
    truth: &Truth,
    stage: &Stage,
    out: &mut (impl Write + Send),
) -> Result<bool, DemoError> {
    let findings = truth.check(&stage.rest()).await?;
    let (companies, contacts) = (findings.companies, findings.contacts);
    if findings.count == 0 {
        writeln!(
            out,
            "Autotask's {companies} companies and {contacts} contacts, read over REST, hold what the rules ask for, \
             record by record and field by field."
        )?;
        return Ok(true);
    }
    writeln!(
        out,
        "WRONG: {} differences among {companies} companies and {contacts} contacts:",
        findings.count
    )?;
    for difference in findings.differences.iter().take(DIFFERENCES_SHOWN) {
        writeln!(out, "  {difference}")?;
    }
    Ok(false)
}
