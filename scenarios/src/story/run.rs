//! One run of the importer in a story, and what it says about it.

use std::collections::BTreeMap;
use std::time::Duration;

use importer::app::Importer;
use importer::domain::ids::SalesforceId;
use importer::domain::model::Kind;
use importer::domain::report::RunReport;
use importer::run::{Reading, Trigger};
use importer::sqlite::{Ledger, Listed};
use mock_kit::clock::{Clock, SystemClock};
use mock_salesforce::ObjectKind;

use super::retold::Ended;
use super::{Done, Story, said};

/// Decisions that are read from the ledger at a time.
const PAGE: u32 = 500;

/// How long a run may really be silent, whatever the story's clock says.
const LONGEST_SILENCE: Duration = Duration::from_mins(1);

/// What came of the last run.
#[derive(Debug)]
pub(super) struct LastRun {
    pub(super) report: RunReport,
    /// What was decided about each record that did not stay as it was.
    pub(super) decisions: BTreeMap<SalesforceId, Listed>,
    /// The calls Autotask received in it, by name.
    pub(super) calls: BTreeMap<String, u64>,
}

impl Story {
    /// Imports once, as somebody asked for, a minute after what the story told last.
    pub(super) async fn run(&mut self, reading: Reading) -> Done {
        self.clock.advance(Duration::from_mins(1));
        self.run_as(Trigger::Manual, reading).await
    }

    /// Imports once and tells people, as `importer run` does and, with the schedule's trigger, the service.
    pub(super) async fn run_as(&mut self, trigger: Trigger, reading: Reading) -> Done {
        let before = self.look();
        let done = match self.circumstances.black_box {
            None => self.run_here(trigger, reading).await,
            Some(_) => self.run_outside().await,
        };
        self.keep(&before);
        done
    }

    /// Imports once in this process.
    async fn run_here(&mut self, trigger: Trigger, reading: Reading) -> Done {
        let before = self.stage.autotask.calls();
        let importer = self.own_importer()?;
        self.last_run = None;
        let is_first = importer
            .ledger
            .read(|tx| Ok(tx.marks()?.watermark.is_none() && tx.handover()?.is_none()))
            .map_err(said)?;
        let retold = self.circumstances.retold.clone();
        let ended = match &retold {
            None => self.import_and_deliver(&importer, trigger, reading).await?,
            Some(retold) => self.import_retold(retold, trigger, reading).await?,
        };
        let report = match ended {
            Ok(report) => report,
            Err(refusal) => {
                self.refusal = Some(said(refusal));
                return Ok(());
            }
        };
        let decisions = decisions(&importer.ledger, &report)?;
        let calls = self.calls_since(&before);
        self.last_run = Some(LastRun { report, decisions, calls });
        self.check_faults()?;
        // An import that was started again need not read what the one before it has read.
        self.check_sums(!self.is_retold() && is_first || reading == Reading::Full)
    }

    /// Imports, and sends what is to be told of it.
    pub(super) async fn import_and_deliver(
        &self,
        importer: &Importer,
        trigger: Trigger,
        reading: Reading,
    ) -> Result<Ended, String> {
        let ended = self.unless_stuck(importer.import_as(trigger, reading)).await?;
        importer.deliver().await.map_err(said)?;
        Ok(ended)
    }

    /// Awaits a run. On its own clock a run that hangs would hang for ever, and how long one really takes is the
    /// machine's affair; so it is ended once no request has come for a while.
    pub(super) async fn unless_stuck<T>(&self, run: impl Future<Output = T>) -> Result<T, String> {
        let mut run = std::pin::pin!(run);
        loop {
            let before = self.requests();
            tokio::select! {
                biased;
                ended = &mut run => return Ok(ended),
                () = SystemClock.sleep(LONGEST_SILENCE) => {}
            }
            if self.requests() == before {
                return Err(format!(
                    "the importer has not come to an end, and made no request for {LONGEST_SILENCE:?}"
                ));
            }
        }
    }

    /// Requests that both systems have received so far.
    fn requests(&self) -> u64 {
        let autotask: u64 = self.stage.autotask.calls().values().sum();
        autotask + self.stage.salesforce.calls().values().sum::<u64>()
    }

    /// The calls that Autotask received since then, by name.
    pub(super) fn calls_since(&self, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let calls = self.stage.autotask.calls().into_iter().map(|(call, count)| {
            let earlier = before.get(&call).copied().unwrap_or_default();
            (call, count.saturating_sub(earlier))
        });
        calls.filter(|(_, count)| *count > 0).collect()
    }

    /// The calls that Autotask received in the last run, whoever ran.
    pub(super) fn last_calls(&self) -> Result<&BTreeMap<String, u64>, String> {
        match &self.outside_run {
            Some(run) => Ok(&run.calls),
            None => Ok(&self.last_run()?.calls),
        }
    }

    /// A fault that never happened proves nothing, so a story with one fails.
    pub(super) fn check_faults(&self) -> Done {
        let happened = self.stage.salesforce.spoilt_calls() + self.stage.autotask.spoilt_calls();
        if happened >= self.planted {
            return Ok(());
        }
        Err(format!("the story planted {} faults, {happened} happened", self.planted))
    }

    /// What a story that has come to its end planted and never saw happen.
    pub(crate) fn outstanding(&self) -> Done {
        self.check_faults()?;
        match self.stage.mail.outstanding().first() {
            Some(fault) => Err(format!("the mail server was to give {fault}, and had no occasion")),
            None => Ok(()),
        }
    }

    /// R1: every record looked at has one outcome, and all are looked at by a run that reads everything. Holds after
    /// every run that could go on, so every story checks it.
    fn check_sums(&self, reads_all: bool) -> Done {
        let run = self.last_run()?;
        if run.report.failure.is_some() {
            return Ok(());
        }
        let org = self.stage.salesforce.org();
        for (object, kind) in
            [(ObjectKind::Account, Kind::Company), (ObjectKind::Contact, Kind::Contact)]
        {
            let name = kind.source_name();
            let counted = run.report.counts(kind).total();
            let read = match kind {
                Kind::Company => run.report.read.accounts,
                Kind::Contact => run.report.read.contacts,
            };
            if read != counted {
                return Err(format!("{read} {name}s were read, the report counts {counted}"));
            }
            let there = org.count(object).map_err(said)?;
            if reads_all && there != counted {
                return Err(format!("Salesforce has {there} {name}s, the report counts {counted}"));
            }
        }
        Ok(())
    }

    pub(super) fn last_run(&self) -> Result<&LastRun, String> {
        self.last_run.as_ref().ok_or_else(|| match &self.refusal {
            None => "the importer has not run yet".to_owned(),
            Some(refusal) => format!("the importer refused to run: {refusal}"),
        })
    }
}

/// The writes among calls.
pub(super) fn writes(calls: &BTreeMap<String, u64>) -> u64 {
    let is_write = |call: &str| {
        ["POST ", "PATCH ", "PUT ", "DELETE "].iter().any(|verb| call.starts_with(verb))
    };
    calls.iter().filter(|(call, _)| is_write(call)).map(|(_, count)| count).sum()
}

/// What a run decided about each record that did not stay as it was.
pub(super) fn decisions(
    ledger: &Ledger,
    report: &RunReport,
) -> Result<BTreeMap<SalesforceId, Listed>, String> {
    let mut decisions = BTreeMap::new();
    for kind in [Kind::Company, Kind::Contact] {
        let mut after = None;
        loop {
            let page = ledger
                .read(|tx| tx.decisions(report.run, kind, None, after, PAGE))
                .map_err(said)?;
            let Some(last) = page.last() else { break };
            after = Some(last.mention.id);
            decisions.extend(page.into_iter().map(|listed| (listed.mention.id, listed)));
        }
    }
    Ok(decisions)
}

/// Whether a text has this part.
pub(super) fn contains(text: &str, part: &str) -> Done {
    if text.contains(part) { Ok(()) } else { Err(format!("{part:?} is not in {text:?}")) }
}
