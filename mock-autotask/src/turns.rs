//! Turns at the database: requests use it one after the other, and writes that would wait for one another anyway share
//! a commit.
//!
//! A request stands in line where it holds up no thread. A write lets others have their turn before it commits, and
//! leaves its transaction open if someone still stands in line then; whoever is last commits for all, and only then are
//! their answers sent. So what was answered is in the log, however many clients write at once. A request that leaves the
//! line early looks whether it would have been the one to commit.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::refusal::Refusal;
use crate::store::Tenant;

/// Writes that share one commit at most.
const LARGEST_GROUP: usize = 64;

/// A tenant, and the line before it.
#[derive(Debug)]
pub(crate) struct Turns {
    shared: Mutex<Shared>,
    line: tokio::sync::Mutex<()>,
    /// Requests that stand in line.
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct Shared {
    tenant: Tenant,
    /// Those whose writes are to be committed; a transaction is open while there are any.
    group: Vec<oneshot::Sender<Result<(), String>>>,
}

impl Shared {
    fn commit(&mut self) {
        if self.group.is_empty() {
            return;
        }
        let committed = self.tenant.commit().map_err(|error| error.to_string());
        for member in self.group.drain(..) {
            // Nobody listens where the client has gone.
            let _ = member.send(committed.clone());
        }
    }
}

impl Turns {
    pub(crate) fn new(tenant: Tenant) -> Self {
        Self {
            shared: Mutex::new(Shared { tenant, group: Vec::new() }),
            line: tokio::sync::Mutex::default(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// The database without standing in line, for as long as the guard lives; never across an await.
    pub(crate) fn tenant(&self) -> TenantGuard<'_> {
        let mut shared = self.lock();
        shared.commit();
        TenantGuard(shared)
    }

    /// Waits until it is this request's turn.
    pub(crate) async fn next(&self) -> Turn<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let waiting = Waiting(self);
        let place = self.line.lock().await;
        waiting.end();
        Turn { turns: self, joined: None, place: Some(place) }
    }

    fn commit_unless_someone_waits(&self) {
        let mut shared = self.lock();
        if self.waiting.load(Ordering::SeqCst) == 0 || shared.group.len() >= LARGEST_GROUP {
            shared.commit();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The database, locked.
#[derive(Debug)]
pub(crate) struct TenantGuard<'t>(MutexGuard<'t, Shared>);

impl Deref for TenantGuard<'_> {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.0.tenant
    }
}

impl DerefMut for TenantGuard<'_> {
    fn deref_mut(&mut self) -> &mut Tenant {
        &mut self.0.tenant
    }
}

/// A place in line, which may be given up.
struct Waiting<'t>(&'t Turns);

impl Waiting<'_> {
    fn end(self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        std::mem::forget(self);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        self.0.commit_unless_someone_waits();
    }
}

/// A request's turn. It ends when dropped; a write must be [`Self::finish`]ed before it is answered.
#[derive(Debug)]
pub(crate) struct Turn<'t> {
    turns: &'t Turns,
    joined: Option<oneshot::Receiver<Result<(), String>>>,
    place: Option<tokio::sync::MutexGuard<'t, ()>>,
}

impl Turn<'_> {
    /// The database for reading, for as long as the guard lives; never across an await.
    pub(crate) fn read(&self) -> TenantGuard<'_> {
        TenantGuard(self.turns.lock())
    }

    /// The database for a write that is committed when the turn is finished.
    pub(crate) fn write(&mut self) -> rusqlite::Result<TenantGuard<'_>> {
        let mut shared = self.turns.lock();
        if shared.group.is_empty() {
            shared.tenant.begin()?;
        }
        let (member, joined) = oneshot::channel();
        shared.group.push(member);
        self.joined = Some(joined);
        Ok(TenantGuard(shared))
    }

    /// Ends the turn and waits until what it wrote is committed.
    pub(crate) async fn finish(mut self) -> Result<(), Refusal> {
        let Some(joined) = self.joined.take() else { return Ok(()) };
        // Whoever has a write at hand at this moment may join before the commit.
        self.place = None;
        tokio::task::yield_now().await;
        drop(self);
        match joined.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => Err(Refusal::NotCommitted(reason)),
            Err(gone) => Err(Refusal::NotCommitted(gone.to_string())),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.commit_unless_someone_waits();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::entities::Entity;
    use crate::instance::circumstances;
    use crate::settings::Settings;
    use crate::store::{Author, Condition, OpenError};
    use crate::write::{self, Verb};

    fn turns(folder: &tempfile::TempDir) -> Turns {
        let path = folder.path().join("tenant.db");
        Turns::new(Tenant::open(Some(&path), |_| Ok::<(), OpenError>(())).unwrap())
    }

    /// What another connection sees, hence what is committed.
    fn committed(folder: &tempfile::TempDir) -> i64 {
        let path = folder.path().join("tenant.db");
        let tenant = Tenant::open(Some(&path), |_| Ok::<(), OpenError>(())).unwrap();
        tenant.count(Entity::Company, &Condition::default()).unwrap()
    }

    fn create(tenant: &mut Tenant) {
        let fields = json!({ "companyName": "Nord" });
        let settings = Settings::default();
        let circumstances = circumstances(&settings, 0, Author::Person, 4, None);
        let fields = fields.as_object().unwrap();
        write::apply_object(tenant, Entity::Company, None, Verb::Create, fields, &circumstances)
            .unwrap();
    }

    #[tokio::test]
    async fn a_write_alone_is_committed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let turns = turns(&folder);

        let mut turn = turns.next().await;
        create(&mut turn.write().unwrap());
        turn.finish().await.unwrap();

        assert_eq!(committed(&folder), 1);
    }

    #[tokio::test]
    async fn writes_in_line_share_the_last_ones_commit() {
        let folder = tempfile::tempdir().unwrap();
        let turns = Arc::new(turns(&folder));
        let mut first = turns.next().await;
        create(&mut first.write().unwrap());
        let second = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move {
                let mut turn = turns.next().await;
                create(&mut turn.write().unwrap());
                turn.finish().await
            }
        });
        tokio::task::yield_now().await;

        let first = tokio::spawn({
            // The turn borrows the line, so it is moved with its owner.
            let turns = Arc::clone(&turns);
            let joined = first.joined.take().unwrap();
            drop(first);
            assert_eq!(committed(&folder), 0, "the second is to commit");
            async move {
                let _turns = turns;
                joined.await.unwrap()
            }
        });

        assert_eq!(first.await.unwrap(), Ok(()));
        second.await.unwrap().unwrap();
        assert_eq!(committed(&folder), 2);
    }

    #[tokio::test]
    async fn who_leaves_the_line_commits_for_those_who_relied_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let turns = Arc::new(turns(&folder));
        let mut first = turns.next().await;
        create(&mut first.write().unwrap());
        let second = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move {
                turns.next().await;
                std::future::pending::<()>().await;
            }
        });
        tokio::task::yield_now().await;
        let joined = first.joined.take().unwrap();

        second.abort();
        let _ = second.await;
        drop(first);

        assert_eq!(joined.await.unwrap(), Ok(()));
        assert_eq!(committed(&folder), 1);
    }

    #[tokio::test]
    async fn who_does_not_stand_in_line_commits_first() {
        let folder = tempfile::tempdir().unwrap();
        let turns = turns(&folder);
        let mut turn = turns.next().await;
        create(&mut turn.write().unwrap());

        let count = turns.tenant().count(Entity::Company, &Condition::default()).unwrap();

        assert_eq!((count, committed(&folder)), (1, 1));
        turn.finish().await.unwrap();
    }
}
