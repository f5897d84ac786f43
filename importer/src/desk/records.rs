//! What a run did, or a plan would do, record by record, as people and programs read it (rules R1, R7, V4).
//!
//! A run may be about a million records. They are read from the ledger some at a time, and written as they come.

use std::fmt;
use std::io;

use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{Error as _, SerializeSeq, SerializeStruct};

use super::DeskError;
use crate::domain::decision::{Detail, Outcome, Write};
use crate::domain::fields::TargetField;
use crate::domain::ids::{RunId, SalesforceId};
use crate::domain::model::{Kind, Value};
use crate::domain::report::RunReport;
use crate::domain::rules::Rule;
use crate::sqlite::{Filter, Ledger, LedgerError, Listed, Mark};

/// Records read from the ledger at a time.
const AT_A_TIME: u32 = 500;

/// What a run decided about a record, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// Account or contact.
    pub kind: Kind,
    /// The Salesforce record.
    pub salesforce_id: SalesforceId,
    /// What became of it.
    pub outcome: Outcome,
    /// The Autotask record, if there is one.
    pub autotask_id: Option<i64>,
    /// The rule behind the outcome.
    pub rule: Rule,
    /// Why, in words.
    pub reason: String,
    /// What happened to its values.
    #[serde(flatten)]
    pub values: Detail,
}

impl From<Listed> for Record {
    fn from(listed: Listed) -> Self {
        let Listed { mention, target, detail } = listed;
        Self {
            kind: mention.kind,
            salesforce_id: mention.id,
            outcome: mention.outcome,
            autotask_id: target,
            rule: mention.rule,
            reason: mention.text,
            values: detail,
        }
    }
}

impl Record {
    /// The values that were replaced: there before, and something else, or nothing, after.
    pub fn overwritten(&self) -> impl Iterator<Item = (TargetField, &Value, Option<&Value>)> {
        self.values
            .written
            .iter()
            .filter_map(|(field, Write { was, now })| Some((*field, was.as_ref()?, now.as_ref())))
    }

    /// What was compared, remarked and written, a line each.
    pub(super) fn fmt_values(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Detail { remarks, compared, written } = &self.values;
        for (field, value) in compared {
            writeln!(f, "    compared by {}: {value:?}", field.api_name())?;
        }
        for remark in remarks {
            writeln!(f, "    {}: {remark}", remark.rule().id())?;
        }
        for (field, Write { was, now }) in written {
            let (was, now) = (shown(was.as_ref()), shown(now.as_ref()));
            writeln!(f, "    {}: {was} became {now}", field.api_name())?;
        }
        Ok(())
    }
}

/// A value in quotes, or that there is none.
fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("{:?}", value.to_string()))
}

/// Which records of a run are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All that did not stay as they were.
    All,
    /// Those with this outcome.
    Outcome(Outcome),
    /// The values that first linkings and updates replaced.
    Overwritten,
}

/// The records of a run.
#[derive(Debug)]
pub struct Records<'a> {
    ledger: &'a Ledger,
    selection: Selection,
    text: String,
    /// The run's counts.
    pub report: RunReport,
    /// When the details of the run went, if they did.
    pub erased: Option<Timestamp>,
}

/// Why records cannot be written down.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Nobody reads them.
    #[error("the records cannot be printed")]
    Output(#[from] io::Error),
}

impl<'a> Records<'a> {
    /// The records of a run that there was.
    pub fn of(ledger: &'a Ledger, run: RunId, selection: Selection) -> Result<Self, DeskError> {
        let (report, erased) = ledger.read(|tx| Ok((tx.report(run)?, tx.details_erased(run)?)))?;
        Ok(Self { ledger, selection, text: String::new(), report, erased })
    }

    /// Only those whose reason, or Salesforce id, has this text in it.
    #[must_use]
    pub fn mentioning(self, text: String) -> Self {
        Self { text, ..self }
    }

    /// Calls `each` with every record that is meant.
    pub fn for_each<E: From<LedgerError>>(
        &self,
        mut each: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let outcome = match self.selection {
            Selection::Outcome(outcome) => Some(outcome),
            Selection::All | Selection::Overwritten => None,
        };
        let (run, filter) = (self.report.run, Filter { outcome, text: &self.text });
        let mut after: Option<Mark> = None;
        loop {
            let page = self.ledger.read(|tx| tx.filtered(run, filter, after, AT_A_TIME))?;
            for record in page.records.into_iter().map(Record::from) {
                let is_meant = self.selection != Selection::Overwritten
                    || record.overwritten().next().is_some();
                if is_meant {
                    each(record)?;
                }
            }
            if page.next.is_none() {
                return Ok(());
            }
            after = page.next;
        }
    }

    /// Writes a line for each record, or for each value that was replaced.
    pub fn write_text(&self, out: &mut impl io::Write) -> Result<(), WriteError> {
        self.for_each(|record| {
            let Record { kind, salesforce_id, outcome, autotask_id, rule, reason, .. } = &record;
            let target = autotask_id.map(|id| format!(" → {id}")).unwrap_or_default();
            let source = kind.source_name();
            if self.selection == Selection::Overwritten {
                for (field, was, now) in record.overwritten() {
                    let (field, was, now) = (field.api_name(), shown(Some(was)), shown(now));
                    writeln!(
                        out,
                        "{source:<8}{salesforce_id}{target} {field}: {was} became {now}"
                    )?;
                }
                return Ok(());
            }
            let rule = rule.id();
            Ok(writeln!(out, "{outcome:<10} {source:<8}{salesforce_id}{target} {rule}: {reason}")?)
        })
    }

    /// Writes the same as CSV (RFC 4180).
    pub fn write_csv(&self, out: &mut impl io::Write) -> Result<(), WriteError> {
        let overwritten = self.selection == Selection::Overwritten;
        let columns = if overwritten {
            "kind,salesforce_id,autotask_id,field,was,now"
        } else {
            "kind,salesforce_id,outcome,autotask_id,rule,reason"
        };
        write!(out, "{columns}\r\n")?;
        self.for_each(|record| {
            let Record { kind, salesforce_id: id, outcome, autotask_id, rule, reason, .. } =
                &record;
            let target = autotask_id.map(|id| id.to_string()).unwrap_or_default();
            let source = kind.source_name();
            if overwritten {
                for (field, was, now) in record.overwritten() {
                    let now = now.map(|now| quoted(&now.to_string())).unwrap_or_default();
                    let (field, was) = (field.api_name(), quoted(&was.to_string()));
                    write!(out, "{source},{id},{target},{field},{was},{now}\r\n")?;
                }
                return Ok(());
            }
            let (rule, reason) = (rule.id(), quoted(reason));
            Ok(write!(out, "{source},{id},{outcome},{target},{rule},{reason}\r\n")?)
        })
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// As JSON: the run's report, and its records as they come.
impl Serialize for Records<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Records", 3)?;
        fields.serialize_field("run", &self.report)?;
        fields.serialize_field("details_erased", &self.erased)?;
        match self.selection {
            Selection::Overwritten => fields.serialize_field("overwritten", &Sequence(self))?,
            _ => fields.serialize_field("records", &Sequence(self))?,
        }
        fields.end()
    }
}

struct Sequence<'a>(&'a Records<'a>);

/// A value that was replaced.
#[derive(Serialize)]
struct Overwritten<'a> {
    kind: Kind,
    salesforce_id: SalesforceId,
    autotask_id: Option<i64>,
    field: &'static str,
    was: &'a Value,
    now: Option<&'a Value>,
}

/// What ends a sequence: the ledger, or whoever writes it down.
enum End<E> {
    Ledger(LedgerError),
    Serializer(E),
}

impl<E> From<LedgerError> for End<E> {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl Serialize for Sequence<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        let end = self.0.for_each(|record| {
            if self.0.selection != Selection::Overwritten {
                return sequence.serialize_element(&record).map_err(End::Serializer);
            }
            let Record { kind, salesforce_id, autotask_id, .. } = record;
            record.overwritten().try_for_each(|(field, was, now)| {
                let field = field.api_name();
                let line = Overwritten { kind, salesforce_id, autotask_id, field, was, now };
                sequence.serialize_element(&line).map_err(End::Serializer)
            })
        });
        match end {
            Ok(()) => sequence.end(),
            Err(End::Serializer(error)) => Err(error),
            Err(End::Ledger(error)) => Err(S::Error::custom(error)),
        }
    }
}
