//! What machines ask: is it alive, is all well, how much of everything. Nothing of this names a record or a person.

use std::fmt::{Display, Write};
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::{SignedDuration, Timestamp};

use super::Desk;
use super::pages::trouble::Trouble;
use crate::app::{Answers, Importer};
use crate::config::{Config, ConfigError, Key, Origin};
use crate::domain::budget::Budget;
use crate::domain::decision::Outcome;
use crate::domain::ids::RunId;
use crate::domain::model::Kind;
use crate::domain::report::{Requests, RunReport, RunState};
use crate::sqlite::{LedgerError, Queue};

/// The service answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether imports are completed as they should be.
pub(super) async fn readyz(State(desk): State<Arc<Desk>>) -> Response {
    let looked = desk
        .blocking(|desk| {
            #[expect(
                clippy::redundant_closure_for_method_calls,
                reason = "the method itself is not general enough in its lifetime"
            )]
            let last = desk.ledger.read(|tx| tx.last_completed())?;
            Ok::<_, LedgerError>((last, desk.settings.config().map_err(|error| unusable(&error))))
        })
        .await;
    let answer = match looked {
        Err(_) => Err("the ledger cannot be used".to_owned()),
        Ok((_, Err(why))) => Err(why),
        Ok((last, Ok(config))) => readiness(last, desk.began, &config, desk.clock.now()),
    };
    match answer {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

/// What is wrong with the settings, in the keys' names: values are nobody's business here.
fn unusable(error: &ConfigError) -> String {
    let mut keys: Vec<_> = match error {
        ConfigError::Wrong { problems, .. } => {
            problems.iter().filter_map(|problem| problem.about).map(Key::full_name).collect()
        }
        _ => Vec::new(),
    };
    keys.dedup();
    match &keys[..] {
        [] => "the settings cannot be used".to_owned(),
        keys => format!("these settings are missing or wrong: {}", keys.join(", ")),
    }
}

/// While it is active, an import has to be completed within an hour, or three ticks where they are far apart: since the
/// last one, else since the service began, and not before somebody made it active.
fn readiness(
    last: Option<Timestamp>,
    began: Timestamp,
    config: &Config,
    now: Timestamp,
) -> Result<(), String> {
    if !config.active {
        return Ok(());
    }
    let ticks =
        SignedDuration::try_from(config.interval.saturating_mul(3)).unwrap_or(SignedDuration::MAX);
    let patience = ticks.max(SignedDuration::from_hours(1));
    let active_since = match Key::named("active").map(|key| config.origin(key)) {
        Some(Origin::Ledger(since)) => since,
        _ => Timestamp::MIN,
    };
    let since = last.unwrap_or(began).max(active_since);
    if now.duration_since(since) <= patience {
        return Ok(());
    }
    Err(format!("no import was completed since {since}"))
}

/// Figures for Prometheus.
pub(super) async fn metrics(State(desk): State<Arc<Desk>>) -> Result<Response, Trouble> {
    let importer = desk.launcher.importer();
    let now = desk.clock.now();
    let figures = desk.blocking(move |desk| figures(desk, &importer, now)).await?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], figures.text())
        .into_response())
}

struct Figures {
    runs: Vec<(RunState, u64)>,
    last: Option<RunReport>,
    requests: Requests,
    open: Vec<(Outcome, u64)>,
    completed: Option<Timestamp>,
    running: Option<RunId>,
    active: Option<bool>,
    queue: Queue,
    answers: Answers,
    budget: Budget,
    now: Timestamp,
}

fn figures(desk: &Desk, importer: &Importer, now: Timestamp) -> Result<Figures, LedgerError> {
    let budget = importer.ports.target.budget();
    let answers = importer.answers.clone();
    let running = desk.ledger.under_way()?;
    let active = desk.settings.config().ok().map(|config| config.active);
    desk.ledger.read(|tx| {
        let mut requests = tx.all_requests()?;
        if let Some(progress) = running.map(|run| tx.progress(run)).transpose()?.flatten() {
            requests.salesforce += progress.requests.salesforce;
            requests.autotask += progress.requests.autotask;
        }
        let open =
            [Outcome::Held, Outcome::Refused, Outcome::Deferred, Outcome::Gone, Outcome::UnMapped];
        Ok(Figures {
            runs: tx.runs_by_state()?,
            last: tx.last_ended_import()?.map(|run| tx.report(run)).transpose()?,
            requests,
            open: open
                .into_iter()
                .map(|outcome| Ok((outcome, tx.count_open(outcome)?)))
                .collect::<Result<_, LedgerError>>()?,
            completed: tx.last_completed()?,
            running,
            active,
            queue: tx.queue()?,
            answers,
            budget,
            now,
        })
    })
}

/// Writes figures down, each family with what it is.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP importer_{name} {help}\n# TYPE importer_{name} {kind}\n");
    }

    /// Labels are names of the importer's own, which need no escaping.
    fn figure(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "importer_{name}{labels} {value}");
    }

    fn single(&mut self, name: &str, help: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.family(name, "gauge", help);
            self.figure(name, "", value);
        }
    }
}

impl Figures {
    fn text(&self) -> String {
        let mut sheet = Sheet::default();
        sheet.family("runs", "gauge", "Runs that the ledger knows, by their state.");
        for (state, runs) in &self.runs {
            sheet.figure("runs", &format!("{{state=\"{state}\"}}"), runs);
        }
        sheet.family("requests_total", "counter", "Requests of all runs, by system.");
        sheet.figure("requests_total", "{system=\"salesforce\"}", self.requests.salesforce);
        sheet.figure("requests_total", "{system=\"autotask\"}", self.requests.autotask);
        if let Some(last) = &self.last {
            sheet.family(
                "last_run_records",
                "gauge",
                "Records of the last import, by kind and outcome.",
            );
            for kind in [Kind::Company, Kind::Contact] {
                for outcome in Outcome::ALL {
                    let labels =
                        format!("{{kind=\"{}\",outcome=\"{outcome}\"}}", kind.source_name());
                    sheet.figure("last_run_records", &labels, last.counts(kind).of(outcome));
                }
            }
        }
        sheet.family(
            "waiting_records",
            "gauge",
            "Records that are not linked, or not as they should be, by outcome.",
        );
        for (outcome, records) in &self.open {
            sheet.figure("waiting_records", &format!("{{outcome=\"{outcome}\"}}"), records);
        }
        self.add_answers(&mut sheet);
        self.add_queue(&mut sheet);
        self.add_states(&mut sheet);
        sheet.0
    }

    fn add_answers(&self, sheet: &mut Sheet) {
        sheet.family(
            "responses_total",
            "counter",
            "Requests since the service began, by system and class of the answer's status; none where there was no answer.",
        );
        let systems =
            [("salesforce", &self.answers.salesforce), ("autotask", &self.answers.autotask)];
        for (system, tally) in systems {
            for (class, requests) in tally.classes() {
                let labels = format!("{{system=\"{system}\",status=\"{class}\"}}");
                sheet.figure("responses_total", &labels, requests);
            }
        }
    }

    fn add_queue(&self, sheet: &mut Sheet) {
        let Queue { waiting, oldest, undelivered, problem } = &self.queue;
        sheet.single(
            "notifications_waiting",
            "Notifications that wait to be delivered.",
            Some(waiting),
        );
        let failing = Some(u8::from(problem.is_some()));
        sheet.single(
            "notifications_failing",
            "Whether an attempt to deliver one of them failed.",
            failing,
        );
        let age = oldest.map(|made| self.now.duration_since(made).as_secs());
        sheet.single(
            "notifications_oldest_age_seconds",
            "Time since the oldest that waits was written.",
            age,
        );
        sheet.single(
            "notifications_undelivered",
            "Notifications that were refused or given up within the last 90 days.",
            Some(undelivered),
        );
    }

    fn add_states(&self, sheet: &mut Sheet) {
        let active = self.active.map(u8::from);
        sheet.single("active", "Whether imports are made as scheduled.", active);
        let running = Some(u8::from(self.running.is_some()));
        sheet.single("running", "Whether an import is under way, in any process.", running);
        let age = self.completed.map(|ended| self.now.duration_since(ended).as_secs());
        sheet.single(
            "last_completed_import_age_seconds",
            "Time since an import was completed.",
            age,
        );
        let ended = self.completed.map(Timestamp::as_second);
        sheet.single(
            "last_completed_import_timestamp_seconds",
            "When an import was completed last.",
            ended,
        );
        // A tenant without a limit names a number that says nothing, and before the first request there is none.
        let Budget { used, allowed, limit, .. } = &self.budget;
        if (1..100_000_000).contains(allowed) {
            let room = Some(self.budget.room());
            sheet.single(
                "autotask_hour_left",
                "Requests that imports may still send this hour.",
                room,
            );
            sheet.single(
                "autotask_hour_used",
                "Requests of the hour that count, those of others included.",
                Some(used),
            );
            sheet.single(
                "autotask_hour_limit",
                "Requests at which Autotask refuses everybody.",
                Some(limit),
            );
        }
    }
}
