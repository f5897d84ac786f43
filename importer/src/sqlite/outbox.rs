//! The outbox: what is to be told, and how far each delivery is (rule N5).
//!
//! A message is put here in the transaction that closes its run. Every attempt is noted before it is made, with the
//! moment of the next one, so that a process that dies while it sends neither loses the message nor sends it again at
//! once. Addresses and text are forgotten as soon as nothing more can come of them.

use std::fs::{File, OpenOptions, TryLockError};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use super::{Ledger, LedgerError, Tx};
use crate::domain::ids::SalesforceId;
use crate::domain::recipients::Addressee;

/// A delivery that waits is given up after this long.
const MOST_AGE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Deliveries that wait at a time. The oldest make room for new ones.
const MOST_WAITING: i64 = 1_000;

/// How long it is remembered what became of a delivery.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The way a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// By e-mail.
    Mail,
    /// To the webhook.
    Webhook,
}

impl Route {
    /// Its name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    fn from_name(name: &str) -> Self {
        if name == "webhook" { Self::Webhook } else { Self::Mail }
    }
}

/// A delivery on its way into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its id for all times: a mail that is sent again bears the same.
    pub message_id: String,
    /// The way it takes.
    pub route: Route,
    /// Who gets it.
    pub addressees: Vec<Addressee>,
}

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its number.
    pub id: i64,
    /// What makes it the same delivery when it is tried again.
    pub message_id: String,
    /// The way it takes.
    pub route: Route,
    /// Who gets it.
    pub addressees: Vec<Addressee>,
    /// When its message was made.
    pub made: Timestamp,
    /// The message, as JSON.
    pub letter: String,
    /// How often it was tried before.
    pub attempts: u32,
}

/// The outbox in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// Deliveries that wait.
    pub waiting: u64,
    /// When the oldest of them was made.
    pub oldest: Option<Timestamp>,
    /// Why the last attempt of one that waits failed.
    pub problem: Option<String>,
    /// Deliveries that were refused or given up within the last 90 days.
    pub undelivered: u64,
}

/// A delivery as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// The way it takes.
    pub route: &'static str,
    /// Who gets it.
    pub addressees: Vec<String>,
    /// When its message was made.
    pub made: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due: Timestamp,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// The right to send, until it is dropped or the process ends: two that send at a time would send twice.
#[derive(Debug)]
pub struct OutboxLock(#[expect(dead_code, reason = "held for its lock")] File);

impl Ledger {
    /// Takes the right to send, unless another process has it.
    pub fn lock_outbox(&self) -> Result<Option<OutboxLock>, LedgerError> {
        let mut name = self.lock_file.clone().into_os_string();
        name.push("-outbox");
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).write(true);
        let file = options.open(name).map_err(LedgerError::Lock)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(OutboxLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(LedgerError::Lock(error)),
        }
    }
}

impl Tx<'_> {
    /// What sets this ledger's messages apart from those of others.
    pub fn installation(&self) -> Result<String, LedgerError> {
        self.0.execute(
            "INSERT OR IGNORE INTO meta VALUES ('installation', lower(hex(randomblob(8))))",
            (),
        )?;
        let sql = "SELECT value FROM meta WHERE name = 'installation'";
        Ok(self.0.query_row(sql, (), |row| row.get(0))?)
    }

    /// Puts a message into the outbox.
    pub fn post(
        &self,
        letter: &str,
        deliveries: &[Outgoing],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let made = now.as_millisecond();
        self.0.execute("INSERT INTO message (made, letter) VALUES (?1, ?2)", (made, letter))?;
        let message = self.0.last_insert_rowid();
        for delivery in deliveries {
            self.insert(message, delivery, made)?;
        }
        self.give_up_old(now)
    }

    fn insert(&self, message: i64, delivery: &Outgoing, due: i64) -> Result<(), LedgerError> {
        self.0
            .prepare_cached(
                "INSERT INTO delivery (message, message_id, route, addressees, state, due)
                 VALUES (?1, ?2, ?3, ?4, 'waiting', ?5)",
            )?
            .execute((
                message,
                &delivery.message_id,
                delivery.route.name(),
                serde_json::to_string(&delivery.addressees)?,
                due,
            ))?;
        Ok(())
    }

    /// Ends deliveries that waited too long or are too many, and forgets what became of those of long ago.
    pub fn give_up_old(&self, now: Timestamp) -> Result<(), LedgerError> {
        let ago = |age| now.saturating_sub(age).map_or(0, Timestamp::as_millisecond);
        self.0.execute(
            "UPDATE delivery SET state = 'expired', ended = ?2, addressees = '[]',
                    problem = 'it waited for too long; ' || coalesce(problem, 'it was never tried')
             WHERE state = 'waiting' AND message IN (SELECT id FROM message WHERE made < ?1)",
            (ago(MOST_AGE), now.as_millisecond()),
        )?;
        self.0.execute(
            "UPDATE delivery SET state = 'expired', ended = ?2, addressees = '[]',
                    problem = 'too many others waited; ' || coalesce(problem, 'it was never tried')
             WHERE id IN (SELECT id FROM delivery WHERE state = 'waiting'
                          ORDER BY id DESC LIMIT -1 OFFSET ?1)",
            (MOST_WAITING, now.as_millisecond()),
        )?;
        self.0.execute("DELETE FROM delivery WHERE ended < ?1", (ago(KEPT),))?;
        self.forget_letters()
    }

    /// Ends the deliveries of messages that name this record.
    pub(super) fn give_up_naming(&self, id: SalesforceId) -> Result<(), LedgerError> {
        self.0.execute(
            "UPDATE delivery SET state = 'expired', addressees = '[]', ended = due,
                    problem = 'it named a record that was to be forgotten'
             WHERE state = 'waiting' AND message IN (SELECT id FROM message WHERE instr(letter, ?1) > 0)",
            (id,),
        )?;
        self.forget_letters()
    }

    /// Forgets the messages that nobody waits for.
    fn forget_letters(&self) -> Result<(), LedgerError> {
        self.0.execute(
            "DELETE FROM message WHERE NOT EXISTS
                 (SELECT 1 FROM delivery WHERE message = message.id AND state = 'waiting')",
            (),
        )?;
        Ok(())
    }

    /// The delivery that has been due the longest.
    pub fn next_parcel(&self, now: Timestamp) -> Result<Option<Parcel>, LedgerError> {
        let mut statement = self.0.prepare_cached(
            "SELECT delivery.id, message_id, route, addressees, made, letter, attempts
             FROM delivery JOIN message ON message.id = delivery.message
             WHERE state = 'waiting' AND due <= ?1 ORDER BY due, delivery.id LIMIT 1",
        )?;
        let mut rows = statement.query((now.as_millisecond(),))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Parcel {
            id: row.get(0)?,
            message_id: row.get(1)?,
            route: Route::from_name(&row.get::<_, String>(2)?),
            addressees: addressees(row, 3)?,
            made: moment(row, 4)?,
            letter: row.get(5)?,
            attempts: row.get(6)?,
        }))
    }

    /// When the next delivery is due.
    pub fn next_due(&self) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT min(due) FROM delivery WHERE state = 'waiting'";
        let due: Option<i64> = self.0.query_row(sql, (), |row| row.get(0))?;
        Ok(due.map(|due| Timestamp::from_millisecond(due).unwrap_or(Timestamp::MAX)))
    }

    /// Notes an attempt that is about to be made, and when the next one is due if nothing more is heard of it.
    pub fn attempt(&self, id: i64, next: Timestamp) -> Result<(), LedgerError> {
        let sql = "UPDATE delivery SET attempts = attempts + 1, due = ?2 WHERE id = ?1";
        self.0.execute(sql, (id, next.as_millisecond()))?;
        Ok(())
    }

    /// Notes why an attempt failed. All that waits for the same route waits with it.
    pub fn postpone(&self, id: i64, problem: &str, next: Timestamp) -> Result<(), LedgerError> {
        self.0.execute("UPDATE delivery SET problem = ?2 WHERE id = ?1", (id, problem))?;
        self.0.execute(
            "UPDATE delivery SET due = max(due, ?2) WHERE state = 'waiting'
             AND route = (SELECT route FROM delivery WHERE id = ?1)",
            (id, next.as_millisecond()),
        )?;
        Ok(())
    }

    /// Notes that a delivery was accepted.
    pub fn accepted(&self, id: i64, now: Timestamp) -> Result<(), LedgerError> {
        self.end(id, "accepted", None, now)
    }

    /// Notes that a delivery was refused for good.
    pub fn refused(&self, id: i64, problem: &str, now: Timestamp) -> Result<(), LedgerError> {
        self.end(id, "refused", Some(problem), now)
    }

    fn end(
        &self,
        id: i64,
        state: &str,
        problem: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.0.execute(
            "UPDATE delivery SET state = ?2, problem = ?3, ended = ?4, addressees = '[]' WHERE id = ?1",
            (id, state, problem, now.as_millisecond()),
        )?;
        self.forget_letters()
    }

    /// Puts one delivery for each addressee in the place of one to all: the server refused it for one of them, and
    /// does not say that the others may have it.
    pub fn split(&self, parcel: &Parcel, now: Timestamp) -> Result<(), LedgerError> {
        let sql = "SELECT message FROM delivery WHERE id = ?1";
        let message: i64 = self.0.query_row(sql, (parcel.id,), |row| row.get(0))?;
        for (number, addressee) in parcel.addressees.iter().enumerate() {
            let single = Outgoing {
                message_id: format!("{}.{}", number + 1, parcel.message_id),
                route: parcel.route,
                addressees: vec![addressee.clone()],
            };
            self.insert(message, &single, now.as_millisecond())?;
        }
        self.0.execute("DELETE FROM delivery WHERE id = ?1", (parcel.id,))?;
        Ok(())
    }

    /// What was refused or given up and has not been reported yet. Asking counts as reporting.
    pub fn undelivered(&self) -> Result<Vec<String>, LedgerError> {
        let condition = "state IN ('refused', 'expired') AND reported = 0";
        let sql = format!(
            "SELECT coalesce(problem, '') FROM delivery WHERE {condition} ORDER BY id LIMIT 5"
        );
        let problems =
            self.0.prepare(&sql)?.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
        self.0.execute(&format!("UPDATE delivery SET reported = 1 WHERE {condition}"), ())?;
        Ok(problems)
    }

    /// The outbox in numbers.
    pub fn queue(&self) -> Result<Queue, LedgerError> {
        let (waiting, oldest): (i64, Option<i64>) = self.0.query_row(
            "SELECT count(*), min(made) FROM delivery JOIN message ON message.id = delivery.message
             WHERE state = 'waiting'",
            (),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let problem = self
            .0
            .query_row(
                "SELECT problem FROM delivery WHERE state = 'waiting' AND problem IS NOT NULL
                 ORDER BY due DESC LIMIT 1",
                (),
                |row| row.get(0),
            )
            .optional()?;
        let ended = "SELECT count(*) FROM delivery WHERE state IN ('refused', 'expired')";
        let undelivered: i64 = self.0.query_row(ended, (), |row| row.get(0))?;
        Ok(Queue {
            waiting: waiting.cast_unsigned(),
            oldest: oldest.and_then(|made| Timestamp::from_millisecond(made).ok()),
            problem,
            undelivered: undelivered.cast_unsigned(),
        })
    }

    /// The deliveries that wait, the next first.
    pub fn pending(&self, most: u32) -> Result<Vec<Pending>, LedgerError> {
        let mut statement = self.0.prepare(
            "SELECT route, addressees, made, attempts, due, problem
             FROM delivery JOIN message ON message.id = delivery.message
             WHERE state = 'waiting' ORDER BY due, delivery.id LIMIT ?1",
        )?;
        let mut rows = statement.query((most,))?;
        let mut waiting = Vec::new();
        while let Some(row) = rows.next()? {
            waiting.push(Pending {
                route: Route::from_name(&row.get::<_, String>(0)?).name(),
                addressees: addressees(row, 1)?.into_iter().map(|one| one.email).collect(),
                made: moment(row, 2)?,
                attempts: row.get(3)?,
                due: moment(row, 4)?,
                problem: row.get(5)?,
            });
        }
        Ok(waiting)
    }
}

fn addressees(row: &Row<'_>, column: usize) -> Result<Vec<Addressee>, LedgerError> {
    Ok(serde_json::from_str(&row.get::<_, String>(column)?)?)
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_millisecond(row.get(column)?).unwrap_or(Timestamp::MAX))
}
