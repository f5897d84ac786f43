//! What the first import made of the records, by example: outcomes with their reasons, and remarks on values.

use std::collections::BTreeMap;
use std::io::Write;

use importer::app::Importer;
use importer::domain::decision::Outcome;
use importer::domain::model::Kind;
use importer::domain::report::RunReport;
use importer::domain::rules::Rule;

use super::{DemoError, PAGE};

/// Examples that are shown of each outcome.
const EXAMPLES: u32 = 3;

/// Shows some records of each outcome with the rule behind it and the reason.
pub(super) fn explain(
    importer: &Importer,
    report: &RunReport,
    out: &mut impl Write,
) -> Result<(), DemoError> {
    for outcome in Outcome::ALL {
        for kind in [Kind::Company, Kind::Contact] {
            let count = report.counts(kind).of(outcome);
            let named = importer
                .ledger
                .read(|tx| tx.decisions(report.run, kind, Some(outcome), None, EXAMPLES))?;
            if count == 0 || named.is_empty() {
                continue;
            }
            writeln!(out, "\n{count} {}s {outcome}, for example", kind.source_name())?;
            for listed in named {
                let mention = listed.mention;
                writeln!(out, "  {} {}: {}", mention.id, mention.rule.id(), mention.text)?;
            }
        }
    }
    Ok(())
}

/// Counts what the report remarks on values by rule, and shows some of it: what was cut, what was not found.
pub(super) fn remarks(
    importer: &Importer,
    report: &RunReport,
    out: &mut impl Write,
) -> Result<(), DemoError> {
    let mut remarked: BTreeMap<Rule, (u64, Vec<String>)> = BTreeMap::new();
    for kind in [Kind::Company, Kind::Contact] {
        let mut after = None;
        loop {
            let page =
                importer.ledger.read(|tx| tx.decisions(report.run, kind, None, after, PAGE))?;
            let Some(last) = page.last() else { break };
            after = Some(last.mention.id);
            for listed in &page {
                for remark in &listed.detail.remarks {
                    let (count, examples) = remarked.entry(remark.rule()).or_default();
                    *count += 1;
                    if examples.len() < EXAMPLES as usize {
                        examples.push(format!("{} {remark}", listed.mention.id));
                    }
                }
            }
        }
    }
    for (rule, (count, examples)) in remarked {
        writeln!(out, "\nremarks on values by rule {}: {count}, for example", rule.id())?;
        for example in examples {
            writeln!(out, "  {example}")?;
        }
    }
    Ok(())
}
