//! Telling people of runs (rules N1 to N5, R10).
//!
//! Whether and about what is decided by [`crate::domain::notice`]. What is told is written as a `letter` and put
//! into the outbox in the transaction that closes the run, so a run that is closed is told and one that is not is
//! not. The `postman` delivers it afterwards, and no import waits for that.

mod html;
mod letter;
mod postman;
mod test;
mod text;
mod webhook;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use letter::{Csv, Letter, Line, List, News};
pub use postman::{Delivered, Postman};
pub(crate) use test::{check, send_test};
pub use webhook::Webhook;

use crate::config::{Config, Notifications};
use crate::domain::decision::{Detail, Outcome};
use crate::domain::ids::RunId;
use crate::domain::metadata::Metadata;
use crate::domain::model::{Kind, Resource};
use crate::domain::notice::{self, Facts, Reason, Trigger};
use crate::domain::recipients::{Addressee, Roster};
use crate::domain::report::RunReport;
use crate::smtp::is_address;
use crate::sqlite::{LedgerError, Listed, Outgoing, Refusals, Route, Tx};

/// Records of one list in a mail.
const LISTED: usize = 20;

/// Records read from the ledger at a time.
const AT_A_TIME: u32 = 500;

/// The outcomes that are listed, in this order.
const TOLD: [Outcome; 10] = [
    Outcome::Refused,
    Outcome::Created,
    Outcome::Linked,
    Outcome::Updated,
    Outcome::Held,
    Outcome::Deferred,
    Outcome::Duplicate,
    Outcome::Orphan,
    Outcome::UnMapped,
    Outcome::Gone,
];

/// Who hears of runs, and by which ways.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    notifications: Notifications,
    has_mailer: bool,
    has_webhook: bool,
    console: Option<String>,
}

impl Audience {
    /// The audience that the settings name.
    pub fn of(config: &Config) -> Self {
        let console = config.console_url.as_ref();
        Self {
            notifications: config.notifications.clone(),
            has_mailer: config.smtp.is_some(),
            has_webhook: config.webhook.is_some(),
            console: console.map(|url| url.to_string().trim_end_matches('/').to_owned()),
        }
    }

    /// Finds the recipients among Autotask's resources, remembers them for runs that do not get so far, and says
    /// what is wrong: with them, and with what was not delivered since it was last asked.
    pub fn read_recipients(
        &self,
        tx: &Tx<'_>,
        metadata: &Metadata,
        now: Timestamp,
    ) -> Result<Vec<String>, LedgerError> {
        self.keep_recipients(tx, metadata)?;
        tx.give_up_old(now)?;
        let mut warnings = self.roster(&metadata.resources).problems;
        for problem in tx.undelivered()? {
            warnings.push(format!("an earlier notification was not delivered: {problem}"));
        }
        Ok(warnings)
    }

    /// Remembers the recipients for runs that fail before they could be read.
    pub(crate) fn keep_recipients(
        &self,
        tx: &Tx<'_>,
        metadata: &Metadata,
    ) -> Result<(), LedgerError> {
        tx.keep_recipients(&self.roster(&metadata.resources).found)
    }

    /// Those of the resources who get mail, and why others that were selected do not.
    pub fn roster<'a>(&self, known: &'a [Resource]) -> Roster<'a> {
        Roster::of(&self.notifications.recipients, known, is_address)
    }

    /// Whether anybody is selected.
    fn has_recipients(&self) -> bool {
        !self.notifications.recipients.is_empty()
    }

    /// Puts into the outbox what there is to tell of a run that has just been closed.
    ///
    /// `looked_at_all` says whether the run looked at every record there is, so that one that is not among its
    /// refusals is certainly not refused any more.
    pub fn conclude(
        &self,
        tx: &Tx<'_>,
        run: RunId,
        trigger: Trigger,
        looked_at_all: bool,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if self.is_deaf(tx)? {
            return tx.forget_names();
        }
        let report = tx.report(run)?;
        let came_to_its_end = report.state.came_to_its_end();
        let refusals = tx.refusals(run, looked_at_all && came_to_its_end)?;
        let facts = facts(&report, trigger, refusals);
        let (reasons, memory) = notice::decide(&facts, &tx.told()?, self.notifications.quiet, now);
        if !reasons.is_empty() {
            let news = self.news(tx, report, &facts, reasons)?;
            self.post(tx, run, &news, now)?;
            tx.remember_told(&memory)?;
            tx.told_refusals(run, looked_at_all && came_to_its_end)?;
        }
        tx.forget_names()
    }

    /// Whether nobody would hear: what nobody heard does not count as told.
    fn is_deaf(&self, tx: &Tx<'_>) -> Result<bool, LedgerError> {
        Ok(!self.has_webhook && self.addressees(tx)?.is_empty())
    }

    fn addressees(&self, tx: &Tx<'_>) -> Result<Vec<Addressee>, LedgerError> {
        if !self.has_mailer {
            return Ok(Vec::new());
        }
        Ok(self.roster(&tx.recipients()?).addressees)
    }

    fn post(
        &self,
        tx: &Tx<'_>,
        run: RunId,
        news: &News,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let installation = tx.installation()?;
        let addressees = self.addressees(tx)?;
        let groups: Vec<Vec<Addressee>> = match self.notifications.together {
            _ if addressees.is_empty() => Vec::new(),
            true => vec![addressees],
            false => addressees.into_iter().map(|one| vec![one]).collect(),
        };
        let mut deliveries: Vec<_> = groups
            .into_iter()
            .enumerate()
            .map(|(number, addressees)| Outgoing {
                message_id: format!("run-{run}.{}.{installation}", number + 1),
                route: Route::Mail,
                addressees,
            })
            .collect();
        if self.has_webhook {
            deliveries.push(Outgoing {
                message_id: format!("run-{run}.{installation}"),
                route: Route::Webhook,
                addressees: Vec::new(),
            });
        }
        let letter = serde_json::to_string(&news.letter())?;
        tx.post(&letter, &deliveries, now)
    }

    fn news(
        &self,
        tx: &Tx<'_>,
        report: RunReport,
        facts: &Facts,
        reasons: BTreeSet<Reason>,
    ) -> Result<News, LedgerError> {
        let (lists, csv) = lists(tx, &report)?;
        let link = self.console.as_ref().map(|console| format!("{console}/runs/{}", report.run));
        Ok(News {
            report,
            trigger: facts.trigger,
            reasons,
            no_longer_refused: facts.no_longer_refused,
            lists,
            csv,
            link,
        })
    }
}

fn facts(report: &RunReport, trigger: Trigger, refusals: Refusals) -> Facts {
    let written = [Outcome::Created, Outcome::Linked, Outcome::Updated];
    // A run that awaits approval lists what it would have done as if it were done.
    let counts = report.state.wrote();
    let written = written.map(|outcome| report.accounts.of(outcome) + report.contacts.of(outcome));
    Facts {
        trigger,
        state: report.state,
        failure: report.failure.clone(),
        written: if counts { written.into_iter().sum() } else { 0 },
        newly_refused: if counts { refusals.new } else { 0 },
        still_refused: if counts { refusals.still } else { 0 },
        no_longer_refused: refusals.over,
    }
}

/// The lists of a run, and all their records as CSV if they had to be cut.
fn lists(tx: &Tx<'_>, report: &RunReport) -> Result<(Vec<List>, Option<Csv>), LedgerError> {
    let mut lists = Vec::new();
    let mut csv = letter::CsvText::new();
    for outcome in TOLD {
        for kind in [Kind::Company, Kind::Contact] {
            let total = report.counts(kind).of(outcome);
            if total > 0 {
                let lines = read_list(tx, report.run, kind, outcome, &mut csv)?;
                lists.push(List { kind, outcome, lines, total });
            }
        }
    }
    let is_cut = lists.iter().any(|list| list.more() > 0);
    let all = lists.iter().map(|list| list.total).sum();
    Ok((lists, is_cut.then(|| csv.finish(all))))
}

/// The first records of a list; the CSV file gets all of them that it has room for.
fn read_list(
    tx: &Tx<'_>,
    run: RunId,
    kind: Kind,
    outcome: Outcome,
    csv: &mut letter::CsvText,
) -> Result<Vec<Line>, LedgerError> {
    let mut lines = Vec::new();
    let mut after = None;
    loop {
        let page = tx.named_decisions(run, kind, outcome, after, AT_A_TIME)?;
        let Some((last, _)) = page.last() else { return Ok(lines) };
        after = Some(last.mention.id);
        for (listed, name) in page {
            let line = line(listed, name);
            if !csv.is_full() {
                csv.add(kind, outcome, &line);
            }
            if lines.len() < LISTED {
                lines.push(line);
            }
        }
        if csv.is_full() && lines.len() == LISTED {
            return Ok(lines);
        }
    }
}

fn line(listed: Listed, name: String) -> Line {
    let Listed { mention, target, detail } = listed;
    let what = match mention.outcome {
        Outcome::Created => remarks(&detail),
        Outcome::Updated | Outcome::Linked => {
            let fields: Vec<_> = detail.written.keys().map(|field| field.api_name()).collect();
            let remarks = remarks(&detail);
            match (fields.is_empty(), remarks.is_empty()) {
                (false, false) => format!("{}; {remarks}", fields.join(", ")),
                _ => fields.join(", ") + &remarks,
            }
        }
        _ => format!("{} ({})", mention.text, mention.rule.id()),
    };
    Line { name, id: mention.id, target, what }
}

fn remarks(detail: &Detail) -> String {
    detail.remarks.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
