//! The plan that precedes the first import: made once somebody asks for *active*, in the background, as it may take
//! minutes (rule S3).

use std::sync::Arc;

use super::Desk;
use super::pages::trouble::Trouble;
use crate::app::Importer;
use crate::config::{Config, Key, Proposal, Saved};
use crate::domain::report::{RunReport, RunState};
use crate::plan::Effort;
use crate::ports::Clock;
use crate::progress::Silent;

/// How far the plan is.
#[derive(Debug, Clone, Default)]
pub(super) enum FirstPlan {
    /// Nobody asked.
    #[default]
    None,
    /// It is being made.
    Going {
        /// Tells plans apart.
        number: u64,
    },
    /// It could not be made.
    Failed {
        /// Tells plans apart.
        number: u64,
        /// Why.
        why: String,
    },
    /// Somebody can agree to it.
    Ready {
        /// Tells plans apart.
        number: u64,
        /// What would happen.
        report: Box<RunReport>,
        /// What that takes.
        effort: Effort,
        /// What was saved when it was made: it is about nothing else.
        saved: Saved,
    },
}

impl FirstPlan {
    fn number(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Going { number } | Self::Failed { number, .. } | Self::Ready { number, .. } => {
                *number
            }
        }
    }
}

/// That imports are to be made by themselves.
pub(super) fn activation() -> Vec<Proposal> {
    let key = Key::named("active");
    key.map(|key| Proposal { key, value: Some("true".to_owned()) }).into_iter().collect()
}

/// Begins to plan, unless that is being done.
pub(super) fn begin(desk: &Arc<Desk>) -> Result<(), Trouble> {
    let config = desk.settings.config_with(&activation())?;
    let number = {
        let mut plan = desk.first_plan();
        if matches!(*plan, FirstPlan::Going { .. }) {
            return Ok(());
        }
        let number = plan.number() + 1;
        *plan = FirstPlan::Going { number };
        number
    };
    let (desk, clock) = (Arc::downgrade(desk), Arc::clone(&desk.clock));
    tokio::spawn(async move {
        let plan = planned(number, config, clock).await;
        // The service may have ended meanwhile.
        if let Some(desk) = desk.upgrade() {
            *desk.first_plan() = plan;
        }
    });
    Ok(())
}

async fn planned(number: u64, config: Config, clock: Arc<dyn Clock>) -> FirstPlan {
    let failed = |why| FirstPlan::Failed { number, why };
    let saved = config.saved().clone();
    let importer = match Importer::new(config, clock, Arc::new(Silent)) {
        Ok(importer) => importer,
        Err(error) => return failed(error.to_string()),
    };
    match importer.plan().await {
        Err(error) => failed(error.to_string()),
        Ok((report, _)) if report.state != RunState::Planned => {
            failed(report.failure.unwrap_or_else(|| report.state.to_string()))
        }
        Ok((report, _)) => {
            let effort = Effort::of(&report, &importer.ports.target.budget());
            FirstPlan::Ready { number, report: Box::new(report), effort, saved }
        }
    }
}

/// Makes imports active, as somebody agreed to the plan of this number.
pub(super) fn agree(desk: &Desk, number: &str) -> Result<(), Trouble> {
    let outdated = || {
        Trouble::refused("This plan is out of date; nothing was set. Look again at what the first import would do.")
            .leading("/activate", "To the plan")
    };
    let now = desk.settings.config_with(&activation())?;
    {
        let plan = desk.first_plan();
        let FirstPlan::Ready { number: current, saved, .. } = &*plan else {
            return Err(outdated());
        };
        if number.parse() != Ok(*current) || saved != now.saved() {
            return Err(outdated());
        }
    }
    desk.settings.save(&activation(), desk.clock.now())?;
    *desk.first_plan() = FirstPlan::None;
    Ok(())
}
