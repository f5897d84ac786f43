//! What Autotask says of its people and fields: read when a page needs it, and kept for a while, as each look costs
//! requests of the hour. That there was no answer is kept just as long: credentials that were refused are not tried
//! again with every page (rule R5).

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Desk;
use super::pages::trouble::Trouble;
use crate::causes::in_one_line;
use crate::desk::Freshness;
use crate::domain::metadata::Metadata;
use crate::ports::timeout;

/// How long an answer is good for.
const KEPT: SignedDuration = SignedDuration::from_mins(10);

/// No page waits longer for Autotask.
const PATIENCE: Duration = Duration::from_secs(20);

/// How new what is known has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Whatever is known will do.
    Any,
    /// A few minutes old at most.
    Recent,
    /// Read now.
    None,
}

/// What is known of the tenant.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// What it accepts; nothing if that was never read.
    pub(super) metadata: Arc<Metadata>,
    /// Since when that is known, and why it is no newer.
    pub(super) tenant: Freshness,
    /// When Autotask was last asked, by an import or here.
    asked: Timestamp,
}

/// What is known of the tenant, of this age at most as far as Autotask answers.
pub(super) async fn known(desk: &Arc<Desk>, age: Age) -> Result<Known, Trouble> {
    let mut kept = desk.tenant.lock().await;
    let now = desk.clock.now();
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself is not general enough in its lifetime"
    )]
    let of_import = desk.blocking(|desk| desk.ledger.read(|tx| tx.known_metadata())).await?;
    if let Some(import) = of_import
        && kept.as_ref().is_none_or(|kept| kept.asked < import.read)
    {
        let tenant = Freshness { read: Some(import.read), problem: None };
        let metadata = Arc::new(import.metadata);
        *kept = Some(Known { metadata, tenant, asked: import.read });
    }
    let is_enough = |known: &&Known| match age {
        Age::Any => true,
        Age::Recent => now.duration_since(known.asked) < KEPT,
        Age::None => false,
    };
    if let Some(known) = kept.as_ref().filter(is_enough) {
        return Ok(known.clone());
    }
    let known = match ask(desk).await? {
        Ok(metadata) => {
            let tenant = Freshness { read: Some(now), problem: None };
            Known { metadata: Arc::new(metadata), tenant, asked: now }
        }
        Err(problem) => {
            let (metadata, read) =
                kept.take().map_or_else(Default::default, |kept| (kept.metadata, kept.tenant.read));
            Known { metadata, tenant: Freshness { read, problem: Some(problem) }, asked: now }
        }
    };
    *kept = Some(known.clone());
    Ok(known)
}

/// Has what follows ask Autotask, as other settings hold now.
pub(super) async fn forget(desk: &Desk) {
    *desk.tenant.lock().await = None;
}

/// Asks Autotask; or says why it does not tell.
async fn ask(desk: &Arc<Desk>) -> Result<Result<Metadata, String>, Trouble> {
    let Some(importer) = desk.asker(Vec::new()).await? else {
        return Ok(Err("its access is not set yet".to_owned()));
    };
    let answer = timeout(desk.clock.as_ref(), PATIENCE, importer.ports.target.metadata()).await;
    Ok(match answer {
        None => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
        Some(answer) => answer.map_err(|error| in_one_line(&error)),
    })
}
