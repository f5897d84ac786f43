//! What a story leaves behind for those who look at it afterwards: the importer's runs with their requests and
//! decisions, and what the importer itself says about each record.

use std::collections::BTreeMap;
use std::sync::Arc;

use importer::app::Importer;
use importer::cli::RecordId;
use importer::progress::Silent;
use jiff::Timestamp;
use mock_kit::clock::{Clock, SystemClock};

use super::Story;
use crate::clock::ManualClock;

/// Requests of a run that are kept, the last ones.
const MOST_REQUESTS: usize = 200;

/// Records that are explained.
const MOST_EXPLAINED: usize = 40;

/// What a story leaves behind.
#[derive(Debug, Default)]
pub struct Evidence {
    /// The importer's runs, in their order.
    pub runs: Vec<RunSeen>,
    /// What the importer says about the story's records.
    pub explained: Vec<Explained>,
}

/// One run of the importer.
#[derive(Debug)]
pub struct RunSeen {
    /// When it began, on the machine's clock.
    pub machine_time: Timestamp,
    /// When it began, on the story's clock.
    pub began: Timestamp,
    /// When it ended, on the story's clock.
    pub ended: Timestamp,
    /// How it ended.
    pub outcome: String,
    /// What both systems were asked, the last requests of many.
    pub requests: Vec<Request>,
    /// Requests made before those.
    pub earlier_requests: usize,
    /// What was decided about records that did not stay as they were.
    pub decisions: Vec<Decision>,
    /// The e-mails that arrived.
    pub mails: Vec<Mail>,
    /// What an importer from outside printed last.
    pub output: Option<String>,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// When it came, on the story's clock.
    pub at: Timestamp,
    /// `Salesforce` or `Autotask`.
    pub system: &'static str,
    /// What was called.
    pub call: String,
    /// What it was about.
    pub about: String,
    /// The status, and what was refused or went wrong on purpose.
    pub answer: String,
    /// Whether it was refused or went wrong.
    pub is_bad: bool,
}

/// One e-mail.
#[derive(Debug)]
pub struct Mail {
    /// Whom it was for.
    pub to: String,
    /// Its subject.
    pub subject: String,
}

/// What was decided about a record.
#[derive(Debug)]
pub struct Decision {
    /// The name the story knows the record by, else its id.
    pub name: String,
    /// `account` or `contact`.
    pub kind: &'static str,
    /// What became of it.
    pub outcome: String,
    /// The rule.
    pub rule: &'static str,
    /// Why.
    pub text: String,
}

/// What the importer says about a record.
#[derive(Debug)]
pub struct Explained {
    /// The name the story knows the record by.
    pub name: String,
    /// The importer's words.
    pub text: String,
}

/// How things were when a run began.
#[derive(Debug)]
pub(super) struct Before {
    machine_time: Timestamp,
    story_time: Timestamp,
    salesforce: u64,
    autotask: u64,
    mails: usize,
}

impl Story {
    /// Looks at the clocks and the journals before a run.
    pub(super) fn look(&self) -> Before {
        Before {
            machine_time: SystemClock.now(),
            story_time: self.stage.autotask.now(),
            salesforce: self.stage.salesforce.journal().last().map_or(0, |entry| entry.number),
            autotask: self.stage.autotask.journal().last().map_or(0, |entry| entry.number),
            mails: self.stage.mail.taken().len(),
        }
    }

    /// Keeps what a run did that is over now.
    pub(super) fn keep(&mut self, before: &Before) {
        let mut requests = self.requests_since(before);
        let earlier_requests = requests.len().saturating_sub(MOST_REQUESTS);
        requests.drain(..earlier_requests);
        let (outcome, output) = match (&self.last_run, &self.outside_run, &self.refusal) {
            (Some(run), _, _) => (run.report.state.name().to_owned(), None),
            (None, Some(run), _) => (run.ended(), Some(run.output.clone())),
            (None, None, Some(refusal)) => (format!("refused to run: {refusal}"), None),
            (None, None, None) => ("it did not come to an end".to_owned(), None),
        };
        self.runs.push(RunSeen {
            machine_time: before.machine_time,
            began: before.story_time,
            ended: self.stage.autotask.now(),
            outcome,
            requests,
            earlier_requests,
            decisions: self.decisions(),
            mails: self.mails_since(before),
            output,
        });
    }

    fn requests_since(&self, before: &Before) -> Vec<Request> {
        let salesforce = self.stage.salesforce.journal().into_iter();
        let salesforce = salesforce.filter(|entry| entry.number > before.salesforce).map(|entry| {
            let refusal = [entry.fault, entry.reason].into_iter().flatten();
            let effect = entry.effect.map(|effect| format!("{effect:?}"));
            let system = "Salesforce";
            request(entry.at, system, (entry.call, entry.about), entry.status, refusal, effect)
        });
        let autotask = self.stage.autotask.journal().into_iter();
        let autotask = autotask.filter(|entry| entry.number > before.autotask).map(|entry| {
            let refusal = entry.errors.into_iter().chain(entry.warning);
            let effect = entry.effect.map(|effect| format!("{effect:?}"));
            let system = "Autotask";
            request(entry.at, system, (entry.call, entry.about), entry.status, refusal, effect)
        });
        let mut requests: Vec<_> = salesforce.chain(autotask).collect();
        // Stable: requests to one system stay in the order they came in.
        requests.sort_by_key(|request| request.at);
        requests
    }

    fn mails_since(&self, before: &Before) -> Vec<Mail> {
        let mails = self.stage.mail.taken().into_iter().skip(before.mails);
        let mails = mails.map(|mail| Mail {
            to: mail.to.join(", "),
            subject: mail.read().map_or_else(|_| "unreadable".to_owned(), |read| read.subject),
        });
        mails.collect()
    }

    fn decisions(&self) -> Vec<Decision> {
        let names: BTreeMap<&str, &str> = [&self.accounts, &self.contacts]
            .into_iter()
            .flatten()
            .map(|(name, id)| (id.as_str(), name.as_str()))
            .collect();
        let decisions = self.last_run.iter().flat_map(|run| &run.decisions);
        let decisions = decisions.map(|(id, listed)| Decision {
            name: names.get(id.as_str()).map_or_else(|| id.to_string(), ToString::to_string),
            kind: listed.mention.kind.source_name(),
            outcome: listed.mention.outcome.to_string(),
            rule: listed.mention.rule.id(),
            text: listed.mention.text.clone(),
        });
        decisions.collect()
    }

    /// What the story leaves behind.
    pub async fn evidence(&mut self) -> Evidence {
        Evidence { runs: std::mem::take(&mut self.runs), explained: self.explained().await }
    }

    async fn explained(&self) -> Vec<Explained> {
        let mut explained = Vec::new();
        if self.last_run.is_none() {
            return explained;
        }
        let clock = Arc::<ManualClock>::clone(&self.clock);
        let Ok(importer) = self.stage.importer(clock, Arc::new(Silent)) else { return explained };
        for (name, id) in self.accounts.iter().chain(&self.contacts).take(MOST_EXPLAINED) {
            if let Some(text) = explain(&importer, id).await {
                explained.push(Explained { name: name.clone(), text });
            }
        }
        explained
    }
}

/// What the importer says about a record, from its ledger alone: a story that is over makes no more requests.
async fn explain(importer: &Importer, id: &str) -> Option<String> {
    let id = RecordId::Salesforce(id.parse().ok()?);
    let explanation = importer.explain(id, true).await.ok()?;
    Some(explanation.to_string().trim_end().to_owned())
}

fn request(
    at: Timestamp,
    system: &'static str,
    (call, about): (String, String),
    status: Option<u16>,
    refusal: impl Iterator<Item = String>,
    effect: Option<String>,
) -> Request {
    let refusal: Vec<_> = refusal.collect();
    let is_bad =
        status.is_none_or(|status| status >= 400) || !refusal.is_empty() || effect.is_some();
    let status = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let on_purpose = effect.map(|effect| format!("on purpose: {effect}"));
    let answer: Vec<_> = std::iter::once(status).chain(refusal).chain(on_purpose).collect();
    Request { at, system, call, about, answer: answer.join(", "), is_bad }
}
